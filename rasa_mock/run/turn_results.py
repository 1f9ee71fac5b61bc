"""What came of one turn of a conversation, and the tracker as it was then."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rasa_mock.core.findings import Finding
from rasa_mock.core.state import State
from rasa_mock.core.tracker import Tracker
from rasa_mock.errors import DataError
from rasa_mock.run.variables import TurnLog

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A tracker at one moment, copied only when somebody asks for it.

    `source` may have grown since; of its `events`, which keep their places, `length`
    were there, and added up to `state`.
    """

    source: Tracker
    events: list[Json]
    length: int
    state: State

    @classmethod
    def of(cls, tracker: Tracker) -> Snapshot:
        """Note how a tracker is now."""
        history = tracker.history
        return cls(
            source=tracker,
            events=history.events,
            length=len(history.events),
            state=history.state.snapshot(),
        )

    def slots(self) -> Json:
        """Return the value of every slot."""
        return {**self.state.book.initial, **self.state.filled}

    def tracker(self) -> Tracker:
        """Return a tracker in that state."""
        twin = self.source.branch()
        del twin.events[:]
        twin.events.extend(self.events[: self.length])
        twin.history.state = self.state.snapshot()
        twin.history.restart, twin.history.scanned = -1, 0
        return twin


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TurnResult:
    """What came of one turn.

    `messages` is what the user got, `events` what was logged, `actions` the names that
    were run, `calls` those that were asked of the action server or a stub.  `error` is
    why the turn was lost.
    """

    messages: list[Json]
    events: list[Json]
    actions: list[str]
    calls: list[str]
    findings: list[Finding]
    error: DataError | None = None
    snapshot: Snapshot
    log: TurnLog | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        """Say in short what came of it, what went wrong first: tests show this."""
        wrong = [
            f"{f.rule}: {f.message}" for f in self.findings if f.severity != "info"
        ]
        parts = {
            "error": None if self.error is None else self.error.message,
            "findings": wrong,
            "messages": [each.get("text", each) for each in self.messages],
            "actions": self.actions,
        }
        told = [f"{name}={value!r}" for name, value in parts.items() if value]
        return f"TurnResult({', '.join(told)})"

    @property
    def variables(self) -> list[Json]:
        """What was computed on the way (docs/variables.md); none unless recorded."""
        return [] if self.log is None else self.log.told

    @property
    def slots(self) -> Json:
        """Value of every slot after the turn."""
        return self.snapshot.slots()

    @property
    def tracker(self) -> Tracker:
        """The conversation as it was after the turn; a copy."""
        return self.snapshot.tracker()

    @property
    def texts(self) -> list[str]:
        """The texts among the messages."""
        return [message["text"] for message in self.messages if "text" in message]
