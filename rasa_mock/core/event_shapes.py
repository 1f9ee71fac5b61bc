"""The JSON schema by which Rasa checks events, as tables.

Each event of the wire is a row of EVENTS; what all have in common is ANY_EVENT.  The
verdict by these tables is in core.accepts.  They are as loose as Rasa's schema is: what
a *right* event looks like stands in schemas/.

Imitates rasa/shared/utils/schemas/events.py, and the types as jsonschema sees them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the schema asks of one value; empty fields ask nothing.

    `patterns` are the shapes of all properties whose name the expression finds;
    exactly one of the shapes in `one_of` has to fit.
    """

    types: tuple[str, ...] = ()
    properties: Mapping[str, Shape] = field(default_factory=dict)
    patterns: tuple[tuple[re.Pattern[str], Shape], ...] = ()
    items: Shape | None = None
    required: tuple[str, ...] = ()
    one_of: tuple[Shape, ...] = ()


def is_number(value: Any) -> bool:
    """Tell whether jsonschema calls a value a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return is_number(value) and (isinstance(value, int) or value.is_integer())


FITS_TYPES: Mapping[tuple[str, ...], Callable[[Any], bool]] = {
    (): lambda value: True,  # noqa: ARG005
    ("array",): lambda value: isinstance(value, list),
    ("boolean",): lambda value: isinstance(value, bool),
    ("integer",): _is_integer,
    ("number",): is_number,
    ("number", "null"): lambda value: value is None or is_number(value),
    ("object",): lambda value: isinstance(value, dict),
    ("object", "null"): lambda value: value is None or isinstance(value, dict),
    ("string",): lambda value: isinstance(value, str),
    ("string", "null"): lambda value: value is None or isinstance(value, str),
}
"""A test for each list of types that the schema has."""

STRING = Shape(types=("string",))
NUMBER = Shape(types=("number",))
INTEGER = Shape(types=("integer",))
OBJECT = Shape(types=("object",))
TEXT = Shape(types=("string", "null"))
FLAG = Shape(types=("boolean",))

ENTITIES = Shape(
    types=("array",),
    items=Shape(
        types=("object",),
        properties={
            "start": INTEGER,
            "end": INTEGER,
            "entity": STRING,
            "confidence": NUMBER,
            "extractor": TEXT,
            "role": TEXT,
            "group": TEXT,
        },
        required=("entity", "value"),
    ),
)
INTENT = Shape(types=("object",), properties={"name": STRING, "confidence": NUMBER})
TEXTS = Shape(
    types=("array",), items=Shape(types=("object",), properties={"text": STRING})
)
SELECTED_RESPONSE = Shape(
    types=("object",),
    properties={
        "responses": TEXTS,
        "response_templates": TEXTS,
        "confidence": NUMBER,
        "intent_response_key": STRING,
        "utter_action": STRING,
        "template_name": STRING,
    },
)
SELECTED_RANKING = Shape(
    types=("array",),
    items=Shape(
        types=("object",),
        properties={"id": NUMBER, "confidence": NUMBER, "intent_response_key": STRING},
    ),
)
RETRIEVAL_INTENT = Shape(
    types=("object",),
    properties={"response": SELECTED_RESPONSE, "ranking": SELECTED_RANKING},
)
RESPONSE_SELECTOR = Shape(
    types=("object",),
    one_of=(
        Shape(properties={"all_retrieval_intents": Shape(types=("array",))}),
        Shape(patterns=((re.compile(r"[\w/]"), RETRIEVAL_INTENT),)),
    ),
)
PARSE_DATA = Shape(
    types=("object",),
    properties={
        "text": TEXT,
        "intent_ranking": Shape(types=("array",), items=INTENT),
        "intent": INTENT,
        "entities": ENTITIES,
        "response_selector": RESPONSE_SELECTOR,
    },
)

ANYTHING = Shape()
"""Most events: nothing beyond their name is looked at."""

EVENTS: Mapping[str, Shape] = {
    "user": Shape(
        properties={
            "text": TEXT,
            "input_channel": TEXT,
            "message_id": TEXT,
            "parse_data": PARSE_DATA,
        }
    ),
    "action": Shape(
        properties={
            "policy": TEXT,
            "confidence": Shape(types=("number", "null")),
            "name": TEXT,
            "hide_rule_turn": FLAG,
            "action_text": TEXT,
        }
    ),
    "slot": Shape(properties={"name": STRING}, required=("name", "value")),
    "entities": Shape(properties={"entities": ENTITIES}, required=("entities",)),
    "user_featurization": ANYTHING,
    "cancel_reminder": ANYTHING,
    "reminder": ANYTHING,
    "action_execution_rejected": ANYTHING,
    "form_validation": ANYTHING,
    "loop_interrupted": ANYTHING,
    "form": ANYTHING,
    "active_loop": ANYTHING,
    "reset_slots": ANYTHING,
    "resume": ANYTHING,
    "pause": ANYTHING,
    "followup": ANYTHING,
    "export": ANYTHING,
    "restart": ANYTHING,
    "undo": ANYTHING,
    "rewind": ANYTHING,
    "bot": ANYTHING,
    "session_started": ANYTHING,
    "agent": ANYTHING,
}
"""The alternatives of the event schema, in its order.

Each fixes the event's name, so at most one can fit an event that has a name."""

ANY_EVENT = Shape(
    types=("object",),
    properties={
        "event": STRING,
        "timestamp": Shape(types=("number", "null")),
        "metadata": Shape(types=("object", "null")),
    },
    required=("event",),
)
