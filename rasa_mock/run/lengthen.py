"""Make a conversation long: turns of small talk before what it already holds."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rasa_mock.generate.cases import Case

Event = dict[str, Any]
LISTEN = "action_listen"
# Seconds between two events that were put in.
STEP = 1.0


def lengthened(case: Case, *, count: int) -> Case:
    """Return the case with turns put in front, so that it has `count` events or more.

    The turns say the first user message again, without what it may have set; they stand
    where the bot first listens, so the state at the end is the same.
    """
    start = next(
        (n + 1 for n, event in enumerate(case.events) if event.get("name") == LISTEN), 0
    )
    block = [*_turn(case.events, start)]
    missing = count - len(case.events)
    times = -(-missing // len(block)) if block and missing > 0 else 0
    front = [*case.events[:start], *(block * times)]
    first = case.events[start]["timestamp"] if start < len(case.events) else case.now
    # Events are read and never changed, so their parts may be shared.
    early = [
        {**event, "timestamp": first - (len(front) - index) * STEP}
        for index, event in enumerate(front)
    ]
    return replace(case, events=[*early, *case.events[start:]])


def _turn(events: list[Event], start: int) -> Iterator[Event]:
    """Yield one turn of small talk in the way in which this conversation is written."""
    user = next((event for event in events if event["event"] == "user"), None)
    listen = events[start - 1] if start else None
    if user is None or listen is None:
        return
    said = deepcopy(user)
    said.update(text="hello", metadata=listen.get("metadata", {}))
    parsed = {**said.get("parse_data", {}), "entities": [], "text": "hello"}
    said["parse_data"] = parsed
    yield said
    yield {
        "event": "bot",
        "timestamp": 0.0,
        "metadata": listen.get("metadata", {}),
        "text": "Hello, how can I help you?",
        "data": dict.fromkeys(PARTS),
    }
    yield {**listen, "timestamp": 0.0}


PARTS = ("elements", "quick_replies", "buttons", "attachment", "image", "custom")
