"""What a turn wants done: the effects that `rasa_mock.core.turns` yields.

A driver executes each command and sends its result back into the turn.  Commands are
plain values, so that a turn can be driven by a synchronous loop, an asynchronous one,
or a recording.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rasa_mock.core import channel
from rasa_mock.core.state import Wire
from rasa_mock.core.tracker import Tracker


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAction:
    """Run an action on the action server in the state of `tracker`; result: a Reply."""

    action: str
    tracker: Tracker


@dataclass(frozen=True, slots=True, kw_only=True)
class AskNlg:
    """Ask the server that words responses; result: a Reply."""

    question: Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """Give messages to the user's channel, in order; no result."""

    messages: Sequence[Wire]
    channel: str = channel.NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleReminder:
    """Trigger the intent of a `reminder` event at its time; no result."""

    reminder: Wire
    sender_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelReminders:
    """Cancel the reminders of a sender that fit; no result.

    Without name, intent and entities all of them fit.
    """

    sender_id: str
    name: Any = None
    intent: Any = None
    entities: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadTracker:
    """Get a conversation from the store; result: a Tracker, None if it is unknown.

    Only its last session, as stores of Rasa have it, unless `everything` is asked for.
    """

    sender_id: str
    everything: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveTracker:
    """Put a conversation into the store; no result."""

    tracker: Tracker


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteTracker:
    """Take a conversation out of the store; result: whether it was there."""

    sender_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTrackers:
    """Tell which conversations the store has; result: their sender ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Tell what happened that Rasa only logs, or hides; no result.

    `kind` is a key of `rasa_mock.core.notes.NOTES`.
    """

    kind: str
    message: str
    action: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """Tell what was computed on the way; no result.

    Yielded only if somebody wants to know.  `tracker` is the conversation, whose next
    event it belongs to.  What `data` has depends on `kind`, a key of `COMPUTED`.
    """

    kind: str
    tracker: Tracker
    data: Mapping[str, Any] = field(default_factory=dict)


COMPUTED: Mapping[str, str] = {
    "begun": "a conversation was loaded; nothing has been added to it",
    "reminded": "a `reminder` fires",
    "parsing": "a message is about to be parsed",
    "parsed": "`text` and its `parse_data`",
    "predicting": "the next action is about to be chosen",
    "predicted": "the `choice` that was made",
    "caused": "what the `events`, which are to be logged or have been, come from: "
    "`cause`",
}


Command = (
    CallAction
    | AskNlg
    | Deliver
    | ScheduleReminder
    | CancelReminders
    | LoadTracker
    | SaveTracker
    | DeleteTracker
    | ListTrackers
    | Note
    | Computed
)

T = TypeVar("T")
Effects = Generator[Command, Any, T]
