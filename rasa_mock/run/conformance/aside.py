"""What is set aside when a conversation is compared with a recording, and why.

Everything else has to agree: which actions are called, in which order, with which
tracker, what the user gets, and the tracker at the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Json = dict[str, Any]

DROPPED = ("timestamp", "latest_event_time", "message_id", "model_id")
GENERATED = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


class Aside(NamedTuple):
    """One thing that is not compared."""

    what: str
    why: str


SET_ASIDE: tuple[Aside, ...] = (
    Aside("timestamp, latest_event_time", "the time of the recording"),
    Aside("message_id, generated names of reminders", "drawn anew in every run"),
    Aside("model_id", "the name of a trained model; nothing is trained here"),
    Aside(
        "confidences of a trained classifier, and all of its intent_ranking but the "
        "first name",
        "what only training gives, and different from run to run; the confidence of "
        "nlu_fallback, of keywords and of /intent messages is compared",
    ),
    Aside("confidence_entity", "what only a trained extractor knows"),
    Aside("version", "the release that was recorded"),
    Aside(
        "status and body of requests that never reach a conversation (wrong route, "
        "wrong method, no JSON, /status, /domain, ...)",
        "the business of the HTTP server, not of the conversation",
    ),
    Aside(
        "the wording of errors of the HTTP API",
        "they quote Python; the status is compared",
    ),
    Aside("the text of GET .../story", "written by the server, from the tracker"),
    Aside(
        "what follows after the fourth call where Rasa never ended",
        "the recording was cut there; that it would not end is compared",
    ),
)


def comparable(value: Any) -> Any:
    """Return a JSON value without what is set aside."""
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {
        key: comparable(item)
        for key, item in value.items()
        if key not in DROPPED and key != "confidence_entity"
    }
    for key, reduce in REDUCED.items():
        if key in kept:
            reduce(kept)
    return kept


def _parse_data(data: Json) -> None:
    """Keep of a trained classifier's result the intent and the first of the ranking."""
    ranking = data["intent_ranking"]
    if len(ranking) < 2:
        return
    data["intent_ranking"] = [item.get("name") for item in ranking[:1]]
    intent = data.get("intent") or {}
    if intent.get("name") != "nlu_fallback":
        intent.pop("confidence", None)


def _reminder(event: Json) -> None:
    if GENERATED.fullmatch(str(event.get("name"))):
        event["name"] = "(generated)"


REDUCED: Mapping[str, Callable[[Json], None]] = {
    "intent_ranking": _parse_data,
    "kill_on_user_msg": _reminder,
}
