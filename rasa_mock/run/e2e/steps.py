"""The steps of a case without assertions: what the bot says, and what slots become.

A check looks at the events since the user's last message, uses none of them up, and
takes no heed of their order.  A row of `CHECKS` a kind of step.

Imitates `E2ETestRunner` (rasa/e2e_test/e2e_test_runner.py, Rasa Pro 3.21).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rasa_mock.core.e2e import BOT, SLOT_WAS_NOT_SET, SLOT_WAS_SET, UTTER, Step
from rasa_mock.run.e2e.told import json_text

Wire = Mapping[str, Any]
Check = Callable[[Step, Sequence[Wire]], Iterator[str]]


def check_step(step: Step, events: Sequence[Wire]) -> list[str]:
    """Return what of a step is not true, a message each; empty if all of it is."""
    return list(CHECKS[step.kind](step, events))


def _bot(step: Step, events: Sequence[Wire]) -> Iterator[str]:
    texts = [event.get("text") for event in events if event["event"] == "bot"]
    if step.text not in texts:
        said = ", ".join(json_text(text) for text in texts) or "nothing"
        yield f"bot: expected {json_text(step.text)}, got {said}"


def _utter(step: Step, events: Sequence[Wire]) -> Iterator[str]:
    names = [
        (event.get("metadata") or {}).get("utter_action")
        for event in events
        if event["event"] == "bot"
    ]
    if step.text not in names:
        said = ", ".join(str(name or "a text without a name") for name in names)
        yield f"utter: expected {step.text}, got {said or 'nothing'}"


def _was_set(step: Step, events: Sequence[Wire]) -> Iterator[str]:
    for slot in step.slots:
        values = _values(slot.name, events)
        if slot.value in values if slot.has_value else values:
            continue
        wanted = json_text(slot.value) if slot.has_value else "any value"
        got = ", ".join(map(json_text, values)) or "no slot event"
        yield f"slot {slot.name}: expected {wanted}, got {got}"


def _was_not_set(step: Step, events: Sequence[Wire]) -> Iterator[str]:
    for slot in step.slots:
        values = _values(slot.name, events)
        if slot.value in values if slot.has_value else values:
            wanted = f"not {json_text(slot.value)}" if slot.has_value else "not set"
            got = ", ".join(map(json_text, values))
            yield f"slot {slot.name}: expected {wanted}, got {got}"


def _values(name: str, events: Sequence[Wire]) -> list[Any]:
    return [
        event["value"]
        for event in events
        if event["event"] == "slot" and event["name"] == name
    ]


CHECKS: Mapping[str, Check] = {
    BOT: _bot,
    UTTER: _utter,
    SLOT_WAS_SET: _was_set,
    SLOT_WAS_NOT_SET: _was_not_set,
}
