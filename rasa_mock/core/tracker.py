"""The tracker: a conversation as a list of events and the state they add up to.

The rules, in the order in which they matter:

1. An event is first read (`core.events`): unknown fields are dropped, defaults filled
   in, old names replaced.  Some vanish without a word, some cannot be read.
2. It is then appended to `events` and only then applied (`core.state`).  So an event
   that cannot be applied stays in the list.  Nothing ever leaves the list, unless
   `max_event_history` bounds it: then the oldest go.
3. `restart` and `session_started` reset the state, not the list.
4. `undo` and `rewind` reset the state and apply again, from the start, the events that
   still count (`core.applied`); what they took back has no influence any more.
5. The same walk decides `applied_events`.  It also leaves out runs of an active loop
   that simply went on, so a replayed state can differ from the one that grew live.
6. `stored` is the tracker as a store gives it back: written as JSON, read, and then
   replayed (rule 4) instead of updated event by event.

The first state and the one after a reset: every slot has its initial value, no message
(one that is empty), no action, no loop, not paused, and `action_listen` to follow.

Imitates `rasa.shared.core.trackers.DialogueStateTracker` of Rasa 3.6.  No clock and no
randomness here: times, names of reminders and the parser of dates come in as arguments.
The dicts in `events`, `current_state` and the like are the tracker's own, not copies:
read them, do not change them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rasa_mock.core.applied import Applied
from rasa_mock.core.domain import Domain
from rasa_mock.core.events import EFFECTS, READERS, DateParser, Source, read_event
from rasa_mock.core.state import SESSION_START, Event, SlotBook, State, empty_message
from rasa_mock.errors import DataError, UsageError

Now = float | Callable[[], float]


class Tracker:
    """One conversation; build it with `from_events`, let it grow with `update`."""

    __slots__ = (
        "_applied",
        "_book",
        "_events",
        "_source",
        "_state",
        "domain",
        "max_event_history",
        "sender_id",
    )

    def __init__(
        self,
        sender_id: str,
        *,
        domain: Domain | None = None,
        now: Now,
        new_id: Callable[[], str],
        parse_date: DateParser,
        max_event_history: int | None = None,
    ) -> None:
        self.sender_id = sender_id
        self.domain = domain
        self.max_event_history = max_event_history
        self._source = Source(now=_clock(now), new_id=new_id, parse_date=parse_date)
        self._book = SlotBook(None if domain is None else domain.slots)
        self._events: list[dict[str, Any]] = []
        self._state = State(self._book)
        self._applied = Applied(self._events, book=self._book)

    @classmethod
    def from_events(
        cls,
        sender_id: str,
        events: Iterable[Mapping[str, Any]],
        *,
        domain: Domain | None = None,
        now: Now,
        new_id: Callable[[], str],
        parse_date: DateParser,
        max_event_history: int | None = None,
    ) -> Tracker:
        """Fold wire events into a new tracker.

        `now` is seconds since the epoch, or a callable that gives them.  Raises
        DataError where Rasa fails, with `rasa_class`, `phase`, the event's `index` and
        the `tracker` as it was then.
        """
        tracker = cls(
            sender_id,
            domain=domain,
            now=now,
            new_id=new_id,
            parse_date=parse_date,
            max_event_history=max_event_history,
        )
        tracker._fold(events)
        return tracker

    @classmethod
    def from_store(
        cls,
        sender_id: str,
        events: Iterable[Mapping[str, Any]],
        *,
        domain: Domain | None = None,
        now: Now,
        new_id: Callable[[], str],
        parse_date: DateParser,
        max_event_history: int | None = None,
    ) -> Tracker:
        """Make the tracker that a store of Rasa makes of the events it kept.

        They are not applied one by one: those that still count are, once all are there
        (rule 6).  Raises DataError as `from_events` does, with no `index` if applying
        fails.
        """
        tracker = cls(
            sender_id,
            domain=domain,
            now=now,
            new_id=new_id,
            parse_date=parse_date,
            max_event_history=max_event_history,
        )
        for event in events:
            written = read_event(event, tracker._source)
            if written is not None:
                tracker._events.append(written)
        tracker._forget_oldest()
        tracker._replay()
        return tracker

    def update(self, event: Mapping[str, Any]) -> bool:
        """Append one wire event and apply it; False where Rasa skips it silently.

        Raises DataError where Rasa cannot read the event (phase `deserialise`) or
        apply it (phase `apply`; it is then in `events` all the same).
        """
        written = read_event(event, self._source)
        if written is None:
            return False
        self.log(written)
        return True

    def _fold(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Update with many events; the loop is `update` written out, for speed."""
        source = self._source
        append = self._events.append
        is_bounded = self.max_event_history is not None
        index = -1
        try:
            for index, raw in enumerate(events):
                try:
                    parse, effect = READERS[raw["event"]]
                except (KeyError, TypeError):
                    self.update(raw)
                    continue
                event = parse(raw, source)
                if effect is None or is_bounded:
                    self.log(event)
                else:
                    append(event)
                    effect(self._state, event)
        except DataError as error:
            error.index = index
            error.tracker = self
            raise

    def log(self, event: dict[str, Any]) -> None:
        """Append an event that `read_event` made and apply it; the dict is kept."""
        self._events.append(event)
        if self.max_event_history is not None:
            self._forget_oldest()
        effect = EFFECTS[event["event"]]
        if effect is None:
            self._replay()
        else:
            effect(self._state, event)

    def _forget_oldest(self) -> None:
        limit = self.max_event_history
        surplus = 0 if limit is None else len(self._events) - limit
        if surplus > 0:
            del self._events[:surplus]
            self._applied = Applied(self._events, book=self._book)

    def _replay(self) -> None:
        try:
            self._state = self._applied.replayed()
        except DataError:
            self._state = self._applied.reached()
            raise

    # What others ask.

    @property
    def events(self) -> list[dict[str, Any]]:
        """All events, as Rasa writes them."""
        return self._events

    def applied_events(self) -> list[dict[str, Any]]:
        """Return the events that still count, as Rasa's `applied_events`."""
        events = self._events
        return [events[position] for position in self._applied.follow()]

    def events_after_restart(self) -> list[dict[str, Any]]:
        """Return the events after the last `restart`; all of them if there is none."""
        events = self._events
        for position in range(len(events) - 1, -1, -1):
            if events[position]["event"] == "restart":
                return events[position + 1 :]
        return list(events)

    def current_state(self, verbosity: str = "ALL") -> dict[str, Any]:
        """Return what Rasa sends to an action server as `tracker`.

        `verbosity` says which events are in it: `ALL`, `AFTER_RESTART`, `APPLIED`, or
        `NONE` (then `events` is null).
        """
        if verbosity not in _VERBOSITIES:
            expected = ", ".join(_VERBOSITIES)
            raise UsageError(
                f"unknown verbosity {verbosity!r}: expected one of {expected}"
            )
        events = self._events
        return {
            "sender_id": self.sender_id,
            "slots": self.slots,
            "latest_message": self.latest_message,
            "latest_event_time": events[-1]["timestamp"] if events else None,
            "followup_action": self._state.followup,
            "paused": self._state.paused,
            "events": _VERBOSITIES[verbosity](self),
            "latest_input_channel": self.latest_input_channel,
            "active_loop": self.active_loop,
            "latest_action": self._state.action,
            "latest_action_name": self._state.action_name,
        }

    @property
    def slots(self) -> dict[str, Any]:
        """Value of every slot, in the domain's order."""
        return {**self._book.initial, **self._state.filled}

    @property
    def slots_set(self) -> tuple[str, ...]:
        """Names of the slots set since the last reset, in the order of first setting."""
        return tuple(self._state.filled)

    @property
    def requested_slot(self) -> Any:
        """The slot that the active form asks for."""
        return self.slots.get("requested_slot")

    @property
    def latest_message(self) -> dict[str, Any]:
        """NLU parse data of the latest message, with all its entities."""
        message = self._state.message or empty_message()
        return {**message["parse_data"], "entities": message.unwritten}

    @property
    def latest_bot_utterance(self) -> dict[str, Any]:
        """Text, data and metadata of the latest `bot` event."""
        bot = self._state.bot
        if bot is None:
            return {"text": None, "data": {}, "metadata": {}}
        return {name: bot[name] for name in ("text", "data", "metadata")}

    @property
    def latest_action(self) -> dict[str, Any]:
        """Name or text of the latest action, as an object; empty if there is none."""
        return self._state.action

    @property
    def latest_action_name(self) -> Any:
        """Name, or else text, of the latest action."""
        return self._state.action_name

    @property
    def latest_input_channel(self) -> Any:
        """Channel of the last `user` event, even one that was taken back."""
        for event in reversed(self._events):
            if event["event"] == "user":
                return event["input_channel"]
        return None

    @property
    def active_loop(self) -> dict[str, Any]:
        """The active loop as Rasa writes it; empty if there is none."""
        loop = self._state.loop
        return {} if loop is None else loop._asdict()

    @property
    def active_loop_name(self) -> Any:
        """Name of the active loop."""
        loop = self._state.loop
        return None if loop is None else loop.known_name

    @property
    def followup_action(self) -> Any:
        """The action that is forced to run next."""
        return self._state.followup

    @property
    def paused(self) -> bool:
        """Whether the bot has stopped answering."""
        return self._state.paused

    @property
    def exports(self) -> tuple[str, ...]:
        """Paths to which Rasa would have written stories."""
        return tuple(self._book.exports)

    # Other trackers made from this one.

    def copy(self) -> Tracker:
        """Return an independent tracker in the same state."""
        twin = self._blank(self._book.copy())
        twins: dict[int, Any] = {}
        twin._events.extend(
            _copy_message(event, twins)
            if isinstance(event, Event) and event["event"] == "user"
            else event
            for event in self._events
        )
        state = self._state.snapshot()
        state.book = twin._book
        if state.message is not None:
            state.message = _copy_message(state.message, twins)
        loop = state.loop
        if loop is not None:
            trigger = twins.get(id(loop.trigger_message), loop.trigger_message)
            state.loop = loop._replace(trigger_message=trigger)
        twin._state = state
        return twin

    def last_session(self) -> Tracker:
        """Return the tracker of the last session, as a store retrieves it.

        Sessions start at `action_session_start`; with fewer than two it is this one.
        """
        starts = [
            position
            for position, event in enumerate(self._events)
            if position
            and event.get("name") == SESSION_START
            and event["event"] == "action"
        ]
        if not starts:
            return self
        twin = self._blank(self._book.copy(is_open=False))
        for event in self._events[starts[-1] :]:
            twin.log(event)
        return twin

    def _blank(self, book: SlotBook) -> Tracker:
        twin = type(self).__new__(type(self))
        twin.sender_id = self.sender_id
        twin.domain = self.domain
        twin.max_event_history = self.max_event_history
        twin._source = self._source
        twin._book = book
        twin._events = []
        twin._state = State(book)
        twin._applied = Applied(twin._events, book=book)
        return twin


def _copy_message(message: Event, twins: dict[int, Any]) -> Event:
    """Copy a message, which later events can make grow; note the copies by id."""
    if id(message) in twins:
        known: Event = twins[id(message)]
        return known
    parse_data = dict(message["parse_data"])
    entities = message.unwritten.copy()
    if parse_data["entities"] is message.unwritten:
        parse_data["entities"] = entities
    twin = Event(message)
    twin["parse_data"] = parse_data
    twin.unwritten = entities
    twins[id(message)] = twin
    twins[id(message["parse_data"])] = parse_data
    return twin


def _clock(now: Now) -> Callable[[], float]:
    if callable(now):
        return now
    return lambda: now


_VERBOSITIES: Mapping[str, Callable[[Tracker], list[dict[str, Any]] | None]] = {
    "ALL": lambda tracker: list(tracker.events),
    "AFTER_RESTART": Tracker.events_after_restart,
    "APPLIED": Tracker.applied_events,
    "NONE": lambda tracker: None,
}
