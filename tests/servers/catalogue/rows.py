"""How the catalogue is written: a row is an action, its answer, and the rule it breaks.

An answer is a function of the request's tracker, or a value: a list of events, or a
`Said` where there is more than that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Events = Sequence[Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Said:
    """One answer: events and messages, or the bare status and body."""

    events: Events = ()
    responses: Sequence[Any] = ()
    status: int = 200
    body: bytes | None = None
    content_type: str = "application/json"

    @property
    def is_plain(self) -> bool:
        """Whether an action of rasa-sdk can say it."""
        usual = self.content_type == "application/json"
        return usual and self.status == 200 and self.body is None

    def written(self) -> bytes:
        """Return the body."""
        if self.body is not None:
            return self.body
        answer = {"events": list(self.events), "responses": list(self.responses)}
        return json.dumps(answer).encode()


Answer = Said | Events | Callable[[Mapping[str, Any]], "Said | Events"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """One action; `rule` is what is to be found, None where nothing is."""

    name: str
    answer: Answer
    rule: str | None = None
    domain: Mapping[str, Any] = field(default_factory=dict)

    def say(self, tracker: Mapping[str, Any]) -> Said:
        """Return what the action answers in a state."""
        answer = self.answer(tracker) if callable(self.answer) else self.answer
        return answer if isinstance(answer, Said) else Said(events=answer)


def event(kind: str, /, **fields: Any) -> dict[str, Any]:
    """Write an event as rasa-sdk does."""
    return {"event": kind, "timestamp": None, **fields}


def slot(name: str, value: Any) -> dict[str, Any]:
    """Write a slot event."""
    return event("slot", name=name, value=value)


def followup(name: Any) -> dict[str, Any]:
    """Write a followup event."""
    return event("followup", name=name)


def say(*items: Any, events: Events = ()) -> Said:
    """Answer with messages."""
    return Said(responses=items, events=events)


def text(words: Any, **parts: Any) -> dict[str, Any]:
    """Write a message as rasa-sdk does."""
    return {
        "text": words,
        "buttons": [],
        "elements": [],
        "custom": {},
        "template": None,
        "response": None,
        "image": None,
        "attachment": None,
        **parts,
    }


def response(name: Any, **parts: Any) -> dict[str, Any]:
    """Write a message that names a response, as rasa-sdk does."""
    return text(None, template=name, response=name, **parts)


def button(title: Any = "Yes", payload: Any = "/affirm", **keys: Any) -> Said:
    """Answer with a text and one button; None leaves a key out."""
    given = {"title": title, "payload": payload, **keys}
    shown = {key: value for key, value in given.items() if value is not None}
    return say(text("Choose", buttons=[shown]))


def candidates(tracker: Mapping[str, Any]) -> dict[str, Any]:
    """Return the trailing slots of a tracker, as rasa-sdk finds them."""
    found: dict[str, Any] = {}
    for item in reversed(tracker["events"]):
        if item["event"] != "slot":
            break
        found.setdefault(item["name"], item["value"])
    found.pop("requested_slot", None)
    return found


def accept(tracker: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the candidates as they are."""
    return [slot(name, value) for name, value in candidates(tracker).items()]


def mapped(name: str, **mapping: Any) -> dict[str, Any]:
    """Write a domain's part: a text slot with one mapping."""
    return {"slots": {name: {"type": "text", "mappings": [mapping]}}}
