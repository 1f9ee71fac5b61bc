"""The numbers that Rasa Pro gives to the sessions of a conversation.

A session begins with the very first event, the slot of the session's metadata,
`action_session_start`, `session_started` (unless one of the two before has just begun
one), `resume`, or a message after the user had gone quiet.  If that event has a
`session_id` in its metadata that one is taken; otherwise a new one is made, but only
live: what is replayed has what it has.  Later live events get the number of their
session.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rasa_mock.core.defaults import SESSION_START_METADATA_SLOT
from rasa_mock.core.state import SESSION_START, State

KEY = "session_id"
Wire = dict[str, Any]


class SessionIds:
    """The current session's id and when the conversation began, event by event."""

    __slots__ = ("_just_begun", "current", "started")

    def __init__(self) -> None:
        self.current: str | None = None
        self.started: float | None = None
        self._just_begun = False

    def note(self, event: Wire, *, inactive: bool) -> bool:
        """Take in an event as it is; say whether a session begins with it."""
        is_first = self.started is None
        if is_first:
            self.started = event["timestamp"]
        begins = is_first or self._begins(event, inactive=inactive)
        self._just_begun = _announces(event)
        given = (event.get("metadata") or {}).get(KEY)
        if begins and isinstance(given, str) and given:
            self.current = given
        return begins

    def number(self, event: Wire, *, inactive: bool, new_id: Callable[[], str]) -> None:
        """Take in a live event, and write the session's id into it if it has none."""
        before = self.current
        begins = self.note(event, inactive=inactive)
        metadata = event.get("metadata") or {}
        given = metadata.get(KEY)
        if begins and self.current == before and not (isinstance(given, str) and given):
            self.current = new_id()
        if not given and self.current is not None:
            _put_metadata(event, {**metadata, KEY: self.current})

    def shown(self, state: State) -> Wire:
        """Return what Rasa Pro writes into a tracker beyond Rasa 3.6."""
        return {
            "inactive": state.inactive,
            "terminated": state.terminated,
            "stack": state.stack,
            "user_id": None,
            "conversation_started_timestamp": self.started,
            "current_session_id": self.current,
        }

    def _begins(self, event: Wire, *, inactive: bool) -> bool:
        kind = event["event"]
        if kind == "session_started":
            return not self._just_begun
        if kind == "user":
            return inactive
        return kind == "resume" or _announces(event)


def _put_metadata(event: Wire, metadata: Wire) -> None:
    """Write the metadata in place; where there was none it comes third."""
    if "metadata" not in event:
        rest = {k: event.pop(k) for k in list(event) if k not in ("event", "timestamp")}
        event["metadata"] = metadata
        event.update(rest)
    event["metadata"] = metadata


def _announces(event: Wire) -> bool:
    """Tell whether an event comes before `session_started` and begins the session."""
    if event["event"] == "action":
        return bool(event.get("name") == SESSION_START)
    is_slot = event["event"] == "slot"
    return is_slot and event.get("name") == SESSION_START_METADATA_SLOT
