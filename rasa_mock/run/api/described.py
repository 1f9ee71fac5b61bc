"""What goes into each route and comes out of it, as JSON Schema: the tables.

`rasa_mock.run.api.openapi` makes a document of them and of the table of routes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rasa_mock.core.tracker import VERBOSITIES
from rasa_mock.run.api.base import JSON_TYPE
from rasa_mock.run.api.bot import BINARY_TYPE, YAML_TYPE
from rasa_mock.run.api.emulation import EMULATIONS

Schema = Mapping[str, Any]

TEXT = "text/plain"
STREAM = "text/event-stream"

ANYTHING: Schema = {}
STRING: Schema = {"type": "string"}
OBJECT: Schema = {"type": "object"}


def ref(name: str) -> Schema:
    """Refer to a schema of SCHEMAS."""
    return {"$ref": f"#/components/schemas/{name}"}


def listed(items: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def record(required: str, **properties: Schema) -> Schema:
    """Return the schema of an object; `required` names keys, separated by blanks."""
    keys = required.split()
    return {"type": "object", "required": keys, "properties": properties}


SCHEMAS: Mapping[str, Schema] = {
    "Event": record(
        "event", event=STRING, timestamp={"type": ["number", "null"]}, metadata=ANYTHING
    ),
    "Tracker": record(
        "sender_id slots latest_message latest_event_time followup_action paused "
        "events latest_input_channel active_loop latest_action latest_action_name",
        sender_id=STRING,
        slots=OBJECT,
        latest_message=OBJECT,
        latest_event_time={"type": ["number", "null"]},
        followup_action={"type": ["string", "null"]},
        paused={"type": "boolean"},
        events={"type": ["array", "null"], "items": ref("Event")},
        active_loop=OBJECT,
        latest_action=OBJECT,
    ),
    "Message": record(
        "recipient_id",
        recipient_id=STRING,
        text=ANYTHING,
        image=ANYTHING,
        buttons=ANYTHING,
        attachment=ANYTHING,
        custom=ANYTHING,
    ),
    "Turn": record("tracker", tracker=ref("Tracker"), messages=listed(ref("Message"))),
    "Prediction": record(
        "scores policy confidence tracker",
        scores=listed(record("action score", action=STRING, score={"type": "number"})),
        policy={"type": ["string", "null"]},
        confidence={"type": ["number", "null"]},
        tracker=ref("Tracker"),
    ),
    # What Rasa's API answers when it refuses, and what its web framework does.
    "Refusal": record(
        "version status message reason details help code",
        version=STRING,
        status={"const": "failure"},
        message=STRING,
        reason=STRING,
        details=OBJECT,
        help={"type": ["string", "null"]},
        code={"type": "integer"},
    ),
    "Page": record(
        "description status message",
        description=STRING,
        status={"type": "integer"},
        message=STRING,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a route takes and gives.

    `body` is its schema by content type, `example` one that is right; `gives` are
    schemas of a right answer by content type, none with 204.  `refuses` are the
    statuses beyond those that follow from the row of the table.
    """

    body: Mapping[str, Schema] | None = None
    example: Any = None
    gives: Mapping[str, Schema] | None = None
    refuses: tuple[int, ...] = ()


def _json(schema: Schema) -> Mapping[str, Schema]:
    return {JSON_TYPE: schema}


EVENTS: Schema = {"anyOf": [ref("Event"), listed(ref("Event"))]}
SLOT = {"event": "slot", "name": "mood", "value": "fine"}
TRACKER = _json(ref("Tracker"))
TURN = _json(ref("Turn"))

DETAILS: Mapping[tuple[str, str], Described] = {
    ("GET", "/"): Described(gives={TEXT: STRING}),
    ("GET", "/version"): Described(
        gives=_json(record("version minimum_compatible_version", version=STRING))
    ),
    ("GET", "/status"): Described(
        gives=_json(
            record(
                "model_file model_id num_active_training_jobs",
                model_file=STRING,
                model_id=STRING,
                num_active_training_jobs={"type": "integer"},
            )
        )
    ),
    ("GET", "/conversations/{id}/tracker"): Described(
        gives=TRACKER, refuses=(400, 500)
    ),
    ("POST", "/conversations/{id}/tracker/events"): Described(
        body=_json(EVENTS), example=SLOT, gives=TRACKER, refuses=(400, 500)
    ),
    ("PUT", "/conversations/{id}/tracker/events"): Described(
        body=_json(listed(ref("Event"))),
        example=[SLOT],
        gives=TRACKER,
        refuses=(400, 500),
    ),
    ("GET", "/conversations/{id}/story"): Described(
        gives={TEXT: STRING}, refuses=(400, 500)
    ),
    ("POST", "/conversations/{id}/execute"): Described(
        body=_json(
            record(
                "name",
                name=STRING,
                policy={"type": ["string", "null"]},
                confidence={"type": ["number", "null"]},
            )
        ),
        example={"name": "action_listen"},
        gives=TURN,
        refuses=(400, 500),
    ),
    ("POST", "/conversations/{id}/trigger_intent"): Described(
        body=_json(record("name", name=STRING, entities={"type": ["array", "object"]})),
        example={"name": "greet", "entities": []},
        gives=TURN,
        refuses=(400, 404, 500),
    ),
    ("POST", "/conversations/{id}/predict"): Described(
        gives=_json(ref("Prediction")), refuses=(500,)
    ),
    ("POST", "/conversations/{id}/messages"): Described(
        body=_json(
            record(
                "text sender", text=STRING, sender={"const": "user"}, parse_data=OBJECT
            )
        ),
        example={"text": "hello", "sender": "user"},
        gives=TRACKER,
        refuses=(400, 500),
    ),
    ("POST", "/model/train"): Described(
        body={YAML_TYPE: STRING, JSON_TYPE: OBJECT},
        gives={BINARY_TYPE: ANYTHING},
        refuses=(204, 400, 500),
    ),
    ("POST", "/model/test/stories"): Described(
        body={YAML_TYPE: STRING}, gives=_json(OBJECT), refuses=(400, 500)
    ),
    ("POST", "/model/test/intents"): Described(
        body={YAML_TYPE: STRING},
        gives=_json(OBJECT),
        refuses=(204, 400, 409, 500),
    ),
    ("POST", "/model/predict"): Described(
        body=_json(listed(ref("Event"))),
        example=[SLOT],
        gives=_json(ref("Prediction")),
        refuses=(400, 500),
    ),
    ("POST", "/model/parse"): Described(
        body=_json(record("text", text=STRING, message_id=STRING)),
        example={"text": "hello"},
        gives=_json({"type": ["object", "array"]}),
        refuses=(400, 500),
    ),
    ("PUT", "/model"): Described(
        body=_json(
            record("", model_file=STRING, model_server=OBJECT, remote_storage=STRING)
        ),
        refuses=(400, 500),
    ),
    ("DELETE", "/model"): Described(),
    ("GET", "/domain"): Described(
        gives={JSON_TYPE: OBJECT, YAML_TYPE: STRING}, refuses=(406, 500)
    ),
    ("DELETE", "/conversations/{id}/tracker"): Described(refuses=(404,)),
    ("GET", "/conversations/{id}/capabilities"): Described(gives=_json(OBJECT)),
    ("GET", "/users/{id}/trackers"): Described(
        gives=_json(
            record("conversations limit offset", conversations=listed(ref("Tracker")))
        ),
        refuses=(400,),
    ),
    ("GET", "/flows"): Described(gives=_json(listed(OBJECT))),
    ("GET", "/data"): Described(gives=_json(OBJECT)),
}
"""Method and path of a route (its id as `{id}`) -> what goes in and comes out."""

FLAG: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
MODES = [mode for mode in EMULATIONS if mode]
PARAMETERS: Mapping[str, Schema] = {
    "include_events": {"type": "string", "enum": list(VERBOSITIES)},
    "until": {"type": "number"},
    "output_channel": STRING,
    "execute_side_effects": FLAG,
    "all_sessions": FLAG,
    "emulation_mode": {"type": "string", "enum": MODES},
    "e2e": FLAG,
    "limit": WHOLE,
    "offset": WHOLE,
}
"""Query parameters -> their schemas; others are texts."""

STATUSES: Mapping[int, str] = {
    200: "As it should be.",
    204: "Done; there is nothing to say.",
    400: "The request cannot be understood.",
    401: "Token or JWT is missing or wrong.",
    403: "The user of the JWT may not do this.",
    404: "There is no such thing.",
    405: "The path does not have this method.",
    406: "Nothing of what is accepted can be given.",
    409: "No model is loaded.",
    413: "The request is too large.",
    500: "It failed; so does Rasa.",
}
REFUSAL = {"oneOf": [ref("Refusal"), ref("Page")]}
CHANNEL_BODY = record(
    "",
    sender={"type": ["string", "null"]},
    message={"type": ["string", "null"]},
    input_channel={"type": ["string", "null"]},
    metadata={"type": ["object", "null"]},
)
SAID = {"sender": "me", "message": "/greet"}
ALIVE = Described(gives=_json(record("status", status={"const": "ok"})))
WEBHOOKS: Mapping[str, Mapping[tuple[str, str], Described]] = {
    "rest": {
        ("POST", "/webhook"): Described(
            body=_json(CHANNEL_BODY),
            example=SAID,
            gives={JSON_TYPE: listed(ref("Message")), STREAM: STRING},
            refuses=(400, 500),
        )
    },
    "callback": {
        ("POST", "/webhook"): Described(
            body=_json(CHANNEL_BODY),
            example=SAID,
            gives={TEXT: STRING},
            refuses=(400, 500),
        )
    },
    "collect": {
        ("POST", "/webhook"): Described(
            body=_json(CHANNEL_BODY),
            example=SAID,
            gives=_json(listed(ref("Message"))),
            refuses=(400, 500),
        ),
        ("GET", "/messages"): Described(gives=_json(listed(ref("Message")))),
        ("DELETE", "/messages"): Described(),
    },
}
"""Channel -> what it has below `/webhooks/<channel>`, its health not counted."""
