"""The events of one conversation and the state they have led to.

`log` appends an event and applies it; `undo` and `rewind` are carried out here, since
they need the whole list.  Reading events is the business of `rasa_mock.core.events`,
showing what came out that of `rasa_mock.core.tracker`.

Imitates `update`, `replay_events`, `copy`, `recreate_from_dialogue` and
`get_trackers_for_conversation_sessions` of `rasa.shared.core.trackers` (Rasa 3.6).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from rasa_mock.core.applied import Applied
from rasa_mock.core.events import OPEN_SOURCE, Vocabulary
from rasa_mock.core.state import (
    SESSION_START,
    Message,
    SlotBook,
    Sparse,
    State,
    Wire,
    cannot_apply,
    ignore,
)
from rasa_mock.core.story import make_steps
from rasa_mock.errors import DataError


class Export(NamedTuple):
    """What an `export` event appends to the file at `path`: one story's steps."""

    path: Any
    steps: list[Wire]


class History:
    """A list of events as Rasa writes them, with the state they add up to.

    `limit` bounds the list: then the oldest events are forgotten, but what they have
    done to the state stays until it is replayed.
    """

    __slots__ = (
        "applied",
        "book",
        "events",
        "exports",
        "limit",
        "restart",
        "scanned",
        "state",
        "vocabulary",
    )

    def __init__(
        self,
        book: SlotBook,
        *,
        limit: int | None = None,
        vocabulary: Vocabulary = OPEN_SOURCE,
    ) -> None:
        self.book = book
        self.vocabulary = vocabulary
        self.limit = limit
        self.events: list[Wire] = []
        self.exports: list[Export] = []
        self.restart = -1
        self.scanned = 0
        self.state = State(book)
        self.applied = self._applied()

    def _applied(self) -> Applied:
        effects = self.vocabulary.effects
        return Applied(self.events, book=self.book, effects=effects)

    def log(self, event: Wire) -> None:
        """Append an event as Rasa writes it, then apply it; the dict is kept.

        Raises DataError (phase `apply`); the event has then been appended.
        """
        self.events.append(event)
        if self.limit is not None:
            self.forget()
        effect = self.vocabulary.effects.get(event["event"], ignore)
        if effect is not None:
            effect(self.state, event)
        elif isinstance(event, Sparse):
            self.export(event)
        else:
            self.replay()

    def export(self, event: Sparse) -> None:
        """Note the story that Rasa would now append to a file.

        Rasa appends it again at each replay in which the event still counts.
        """
        path = event.unwritten.get("path")
        if not path:
            return
        if not isinstance(path, (str, int)):
            kind = type(path).__name__
            expected = "string, bytes, os.PathLike or integer"
            raise cannot_apply(
                TypeError(f"stat: path should be {expected}, not {kind}")
            )
        try:
            steps = make_steps(self.events)
        except (LookupError, TypeError, AttributeError) as error:
            raise cannot_apply(error) from error
        self.exports.append(Export(path=path, steps=steps))

    def forget(self) -> None:
        """Drop the oldest events over the limit."""
        surplus = 0 if self.limit is None else len(self.events) - self.limit
        if surplus > 0:
            del self.events[:surplus]
            self.restart, self.scanned = -1, 0
            self.applied = self._applied()

    def replay(self) -> None:
        """Reset the state and apply the events that count."""
        try:
            self.state = self.applied.replayed()
        except DataError:
            self.state = self.applied.reached()
            raise
        if self.exports:
            for position in self.applied.positions:
                event = self.events[position]
                if isinstance(event, Sparse):
                    self.export(event)

    def restore(self, events: Iterable[Wire]) -> None:
        """Take over stored events: all of them first, then one replay."""
        self.events.extend(events)
        self.forget()
        self.replay()

    def copy(self) -> History:
        """Return an independent history in the same state."""
        twins: dict[int, Any] = {}
        twin = self._twin(self.book.copy())
        twin.events.extend(_copy_events(self.events, twins))
        twin.exports.extend(self.exports)
        state = self.state.snapshot()
        state.book = twin.book
        if state.message is not None:
            state.message = _copy_message(state.message, twins)
        loop = state.loop
        if loop is not None:
            trigger = twins.get(id(loop.trigger_message), loop.trigger_message)
            state.loop = loop._replace(trigger_message=trigger)
        twin.state = state
        return twin

    def branch(self) -> History:
        """Return a history that goes on from here; cheap, however long this one is.

        Only the latest message is copied, which an `entities` event would make grow.
        """
        twins: dict[int, Any] = {}
        twin = self._twin(self.book.copy())
        twin.events.extend(self.events)
        twin.restart, twin.scanned = self.restart, self.scanned
        state = self.state.snapshot()
        state.book = twin.book
        message, loop = state.message, state.loop
        if message is not None:
            state.message = _copy_message(message, twins)
            for position in range(len(twin.events) - 1, -1, -1):
                if twin.events[position] is message:
                    twin.events[position] = state.message
                    break
        if loop is not None:
            trigger = twins.get(id(loop.trigger_message), loop.trigger_message)
            state.loop = loop._replace(trigger_message=trigger)
        twin.state = state
        return twin

    def last_restart(self) -> int:
        """Return the position of the last `restart`, -1 if there is none."""
        events = self.events
        for position in range(self.scanned, len(events)):
            if events[position]["event"] == "restart":
                self.restart = position
        self.scanned = len(events)
        return self.restart

    def is_as_folded(self) -> bool:
        """Tell whether applying all events anew would come to the same state.

        After a replay some messages may be left out of it; once there is a new message
        that does not matter any more.
        """
        if self.limit is not None or self.last_restart() >= 0:
            return False
        return self._has_latest_message() and self._has_latest_trigger()

    def _has_latest_message(self) -> bool:
        for event in reversed(self.events):
            if event["event"] == "user":
                return event is self.state.message
        return False

    def _has_latest_trigger(self) -> bool:
        """Tell whether the loop was started by the message before its event."""
        loop = self.state.loop
        if loop is None:
            return True
        is_before = False
        for event in reversed(self.events):
            if event["event"] == "active_loop":
                is_before = True
            elif is_before and event["event"] == "user":
                return event["parse_data"] is loop.trigger_message
        return True

    def _twin(self, book: SlotBook) -> History:
        return History(book, limit=self.limit, vocabulary=self.vocabulary)

    def last_session(self) -> History | None:
        """Return the events from the last `action_session_start` on, applied anew.

        None if they are all there is.  Slots that exist are those of this history,
        even without a domain.
        """
        events = self.events
        position = len(events) - 1
        while position > 0 and not _starts_session(events[position]):
            position -= 1
        if position <= 0:
            return None
        twin = self._twin(self.book.copy(is_open=False))
        for event in _copy_events(events[position:], {}):
            twin.log(event)
        return twin


def _starts_session(event: Wire) -> bool:
    return bool(event["event"] == "action" and event["name"] == SESSION_START)


def _copy_events(events: list[Wire], twins: dict[int, Any]) -> list[Wire]:
    """Copy the messages among the events: the others never change."""
    return [
        _copy_message(event, twins) if isinstance(event, Message) else event
        for event in events
    ]


def _copy_message(message: Message, twins: dict[int, Any]) -> Message:
    """Copy a message, which later events can make grow; note the copies by id."""
    if id(message) in twins:
        known: Message = twins[id(message)]
        return known
    parse_data = dict(message["parse_data"])
    entities = message.entities.copy()
    if parse_data["entities"] is message.entities:
        parse_data["entities"] = entities
    twin = Message(message)
    twin["parse_data"] = parse_data
    twin.entities = entities
    twin.by_text = message.by_text
    twins[id(message)] = twin
    twins[id(message["parse_data"])] = parse_data
    return twin
