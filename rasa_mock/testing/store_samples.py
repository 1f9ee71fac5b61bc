"""What the contract of tracker stores is written with: events, ids, and comparing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from rasa_mock.errors import StoreError
from rasa_mock.stores.base import Json, Stored

SENDER = "anna"
ODD_SENDERS = (
    *("a b", "a/b?c#d", "колесо", "用户", "🙂", "'; DROP TABLE events; --", '"', "%_*"),
    *("{a}", "}", "a:b", "tracker:a", "..", "a\\b", "\\u0000", "x" * 200, "A", "a"),
)
"""Ids of senders that have to stay apart."""

# Texts that have to come back as they are.
TEXTS = (
    "héllo",
    "你好",
    "🙂👍🏽",
    "\u202eabc",
    "line\nbreak\ttab",
    '{"a": 1}',
    "\u0000",
)


def session_start(at: float) -> list[Json]:
    """Return the two events with which Rasa begins a session."""
    return [
        {"event": "action", "timestamp": at, "name": "action_session_start"},
        {"event": "session_started", "timestamp": at + 0.25},
    ]


def user(text: str, *, at: float, intent: str = "inform") -> Json:
    """Return the event of a message."""
    parse_data = {"intent": {"name": intent, "confidence": 1.0}, "text": text}
    return {"event": "user", "timestamp": at, "text": text, "parse_data": parse_data}


def listen(at: float) -> Json:
    """Return the event with which a turn ends."""
    return {"event": "action", "timestamp": at, "name": "action_listen"}


def events_of(stored: Stored | None) -> list[Json]:
    """Return the events of a conversation; raise where there is none."""
    if stored is None:
        raise AssertionError("expected a conversation, got None")
    if stored.problems:
        raise AssertionError(f"records that cannot be read: {stored.problems}")
    return stored.events


def same(got: Any, expected: Any, *, what: str = "value") -> None:
    """Raise AssertionError where two values differ, and say where."""
    if got == expected and type(got) is type(expected):
        return
    raise AssertionError(f"{what}: {_difference(got, expected)}")


def _difference(got: Any, expected: Any) -> str:
    if isinstance(got, list) and isinstance(expected, list):
        for index, pair in enumerate(zip(got, expected, strict=False)):
            if pair[0] != pair[1]:
                return f"at {index} expected {_short(pair[1])}, got {_short(pair[0])}"
        return f"expected {len(expected)} items, got {len(got)}"
    return f"expected {_short(expected)}, got {_short(got)}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=repr)
    return text if len(text) < 500 else text[:500] + "..."


def raises(kind: type[Exception], call: Callable[[], Any]) -> None:
    """Raise AssertionError unless a call raises an error of that kind."""
    try:
        value = call()
    except kind:
        return
    raise AssertionError(f"expected {kind.__name__}, got {_short(value)}")


def is_told(call: Callable[[], Stored | None]) -> bool:
    """Tell whether a call says that something cannot be read."""
    try:
        stored = call()
    except StoreError:
        return True
    return stored is not None and bool(stored.problems)
