"""The server that words the bot's responses, if endpoints.yml names one (`nlg`).

What it is asked, and what Rasa makes of its answer.  How the request travels is the
business of `clients`; where responses are worded by the domain, that is `core.nlg`.

Imitates `CallbackNaturalLanguageGenerator` (rasa/core/nlg/callback.py) and
`get_response_variation_id` (rasa/core/nlg/generator.py) of Rasa 3.6.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rasa_mock.core import nlg
from rasa_mock.core.answer import failed
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import Reply

TAKEN = ("self", "utter_action", "tracker", "output_channel", "domain_responses")
"""Parameters of Rasa's generator: a key of an item with such a name collides."""

REQUEST_ERROR = "ClientResponseError"
INVALID = "NLG web endpoint returned an invalid response."
JSON_TYPE = "application/json"

# Key of an answer -> the types that it may have, and of the items if it is a list.
OBJECTS: tuple[type, ...] = (list, type(None))
SHAPES: Mapping[str, tuple[tuple[type, ...], str]] = {
    "text": ((str,), "a string"),
    "id": ((str, type(None)), "a string or null"),
    "buttons": (OBJECTS, "an array of objects or null"),
    "elements": (OBJECTS, "an array of objects or null"),
    "attachment": ((dict, type(None)), "an object or null"),
    "image": ((str, type(None)), "a string or null"),
    "custom": ((dict,), "an object"),
}


def question(
    wanted: nlg.Wanted,
    *,
    tracker: Tracker,
    output_channel: str | None,
    responses: nlg.Responses,
) -> dict[str, Any]:
    """Return the JSON object that the server is sent.

    Raises TypeError or AttributeError where Rasa stumbles.
    """
    nlg.check_arguments(wanted.arguments, {"generate": TAKEN})
    if output_channel is None:
        raise AttributeError(nlg.NO_CHANNEL)
    arguments = {k: v for k, v in wanted.arguments.items() if k != "response_id"}
    return {
        "response": wanted.name,
        "id": variation_id(
            wanted.name,
            responses=responses,
            slots=tracker.slots,
            output_channel=output_channel,
        ),
        "arguments": arguments,
        "tracker": tracker.current_state(verbosity="ALL"),
        "channel": {"name": output_channel},
    }


def variation_id(
    name: Any,
    *,
    responses: nlg.Responses,
    slots: Mapping[str, Any],
    output_channel: str,
) -> Any:
    """Return the id of the variation that the domain would choose, if it has ids."""
    if name not in responses:
        return None
    suitable = nlg.suitable_variations(
        responses[name], slots=slots, output_channel=output_channel
    )
    ids = [each.get("id") for each in suitable if each.get("id")]
    return suitable[0].get("id") if suitable and len(set(ids)) == len(ids) else None


def read_draft(reply: Reply) -> dict[str, Any]:
    """Read the server's answer; raise DataError, phase `run`, where Rasa fails."""
    if reply.failure is not None or reply.status is None:
        raise failed("ClientConnectorError", reply.detail or "the server is not there")
    if reply.status >= 400:
        body = reply.body.decode("utf-8", "replace")
        raise failed(REQUEST_ERROR, f"{reply.status}, body='{body}'")
    draft = _json_of(reply)
    if not isinstance(draft, dict):
        raise failed("RasaException", INVALID)
    for key, value in draft.items():
        types, expected = SHAPES.get(key, ((object,), ""))
        if not _fits(value, types):
            message = f"expected {expected} as {key}, got {value!r}"
            raise failed("RasaException", f"{message}: no valid NLG response")
    return draft


def _json_of(reply: Reply) -> Any:
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON_TYPE and not (kind.startswith("application/") and "+json" in kind):
        return None
    if not reply.body.strip():
        return None
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError) as error:
        raise failed(type(error).__name__, str(error)) from error


def _fits(value: Any, types: tuple[type, ...]) -> bool:
    items = value if types is OBJECTS and isinstance(value, list) else ()
    return isinstance(value, types) and all(isinstance(each, dict) for each in items)
