"""The tracker: a conversation as a list of events and the state they add up to.

The rules, in the order in which they matter:

1. An event is first read (`core.events`): unknown fields are dropped, defaults filled
   in, old names replaced.  Some vanish without a word, some cannot be read.
2. It is then appended to `events`, and only then applied (`core.history`,
   `core.state`).  So an event that cannot be applied stays in the list.  Nothing ever
   leaves the list, unless `max_event_history` bounds it: then the oldest go.
3. `restart` and `session_started` reset the state, not the list.
4. `undo` and `rewind` reset the state and apply again, from the start, the events that
   still count (`core.applied`); what they took back has no influence any more, except
   that entities which an `entities` event has added to a message stay there.
5. The same walk decides `applied_events`.  It also leaves out runs of an active loop
   that just went on, so a replayed state can differ from the one that grew live.
6. `from_store` makes the tracker that a store gives back: all events first, then one
   replay (rule 4).  `last_session` is what a store gives back by default.

The first state, and the one after a reset: every slot has its initial value, no message
(that is, an empty one), no action, no loop, not paused, `action_listen` to follow.

Imitates `rasa.shared.core.trackers.DialogueStateTracker` of Rasa 3.6; with a profile of
Rasa Pro its events, its further fields and its session ids as well.  No clock and no
randomness here: times, names of reminders and the parser of dates come in as arguments.
What `events`, `current_state` and the like return shares its dicts with the tracker:
read them, do not change them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

from rasa_mock.core.domain import Domain
from rasa_mock.core.events import DateParser, Source, read_event
from rasa_mock.core.history import Export, History
from rasa_mock.core.profile import RASA_3_6, Named, find_profile
from rasa_mock.core.session_ids import SessionIds
from rasa_mock.core.state import SlotBook, no_parse_data
from rasa_mock.errors import DataError, UsageError

Now = float | Callable[[], float]
Wire = dict[str, Any]
# typing.Self, which Python 3.10 lacks; core imports nothing but the standard library.
Self = TypeVar("Self", bound="Tracker")


class Tracker:
    """One conversation; build it with `from_events`, let it grow with `update`.

    `history` is the engine below: its events and state, without the views.
    """

    def __init__(
        self,
        sender_id: str,
        *,
        domain: Domain | None = None,
        now: Now,
        new_id: Callable[[], str],
        parse_date: DateParser,
        max_event_history: int | None = None,
        known_events: Collection[str] = (),
        profile: Named = RASA_3_6,
    ) -> None:
        if max_event_history is not None and max_event_history < 0:
            raise UsageError(
                f"max_event_history is {max_event_history!r}: expected 0 or more"
            )
        self.profile = find_profile(profile)
        self.sender_id = sender_id
        self.domain = domain
        self.max_event_history = max_event_history
        self.source = Source(
            now=_clock(now),
            new_id=new_id,
            parse_date=parse_date,
            known=frozenset(known_events),
            vocabulary=self.profile.vocabulary,
        )
        book = SlotBook(None if domain is None else domain.slots)
        words = self.source.vocabulary
        self.history = History(book, limit=max_event_history, vocabulary=words)
        self.sessions = SessionIds() if self.profile.session_ids else None

    @classmethod
    def from_events(
        cls: type[Self],
        sender_id: str,
        events: Iterable[Mapping[str, Any]],
        *,
        domain: Domain | None = None,
        now: Now,
        new_id: Callable[[], str],
        parse_date: DateParser,
        max_event_history: int | None = None,
        known_events: Collection[str] = (),
        profile: Named = RASA_3_6,
    ) -> Self:
        """Fold wire events into a new tracker.

        `now` is seconds since the epoch, or a callable that gives them; `known_events`
        names event types besides Rasa's own, which are kept as they are.  Raises
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
            known_events=known_events,
            profile=profile,
        )
        tracker.extend(events)
        return tracker

    @classmethod
    def from_store(
        cls: type[Self],
        sender_id: str,
        events: Iterable[Mapping[str, Any]],
        *,
        domain: Domain | None = None,
        now: Now,
        new_id: Callable[[], str],
        parse_date: DateParser,
        max_event_history: int | None = None,
        known_events: Collection[str] = (),
        profile: Named = RASA_3_6,
    ) -> Self:
        """Make the tracker that a store of Rasa makes of the events it kept (rule 6).

        Raises DataError as `from_events` does, but without `index` and `tracker`.
        """
        tracker = cls(
            sender_id,
            domain=domain,
            now=now,
            new_id=new_id,
            parse_date=parse_date,
            max_event_history=max_event_history,
            known_events=known_events,
            profile=profile,
        )
        tracker.restore(events)
        return tracker

    def restore(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Take over stored events as `from_store` does."""
        read = (read_event(event, self.source) for event in events)
        kept = [event for event in read if event is not None]
        if self.sessions is not None:
            for event in kept:
                self.sessions.note(event, inactive=False)
        self.history.restore(kept)

    def update(self, event: Mapping[str, Any]) -> bool:
        """Append one wire event and apply it; False where Rasa skips it silently.

        Raises DataError where Rasa cannot read the event (phase `deserialise`) or
        apply it (phase `apply`; it is then in `events` all the same).
        """
        written = read_event(event, self.source)
        if written is None or self.history.state.terminated:
            return False
        self.log(written)
        return True

    def extend(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Update with many wire events, up to the first that Rasa fails at.

        Raises DataError with the `index` of that event, and this `tracker`.
        """
        history, source = self.history, self.source
        readers, sessions = source.vocabulary.readers, self.sessions
        append = history.events.append
        index = -1
        try:
            # This is `update` for each of them, written out for speed.
            for index, raw in enumerate(events):  # noqa: B007  the handler uses it
                try:
                    parse, effect = readers[raw["event"]]
                except (KeyError, TypeError):
                    parse = None
                if parse is None or sessions is not None:
                    self._replay(raw)
                    continue
                event = parse(raw, source)
                if effect is None or history.limit is not None:
                    history.log(event)
                else:
                    append(event)
                    effect(history.state, event)
        except DataError as error:
            error.index = index
            error.tracker = self
            raise

    def log(self, event: Wire, *, new_id: Callable[[], str] | None = None) -> None:
        """Append what `read_event` made and apply it; `new_id` names new sessions."""
        state = self.history.state
        if self.sessions is not None and not state.terminated:
            name = new_id or self.source.new_id
            self.sessions.number(event, inactive=state.inactive, new_id=name)
        if not state.terminated:
            self.history.log(event)

    def _replay(self, raw: Mapping[str, Any]) -> None:
        """Take one event of the past: no session is made for it."""
        event, state = read_event(raw, self.source), self.history.state
        if event is not None and not state.terminated:
            if self.sessions is not None:
                self.sessions.note(event, inactive=state.inactive)
            self.history.log(event)

    def copy(self: Self) -> Self:
        """Return an independent tracker in the same state."""
        twin = copy.copy(self)
        twin.sessions = copy.copy(self.sessions)
        twin.history = self.history.copy()
        return twin

    def branch(self: Self) -> Self:
        """Return a tracker that goes on from here; cheaper than `copy`.

        It shares all messages but the latest with this one: an event that would change
        an older message changes it in both.
        """
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        if self.sessions is not None:
            twin.sessions = copy.copy(self.sessions)
        twin.history = self.history.branch()
        return twin

    def last_session(self: Self) -> Self:
        """Return the tracker of the last session; this one if there is no other."""
        session = self.history.last_session()
        if session is None:
            return self
        twin = copy.copy(self)
        twin.history = session
        return twin

    # The events.

    @property
    def events(self) -> list[Wire]:
        """All events, as Rasa writes them."""
        return self.history.events

    def applied_events(self) -> list[Wire]:
        """Return the events that still count, as Rasa's `applied_events`."""
        events = self.history.events
        return [events[position] for position in self.history.applied.follow()]

    def events_after_restart(self) -> list[Wire]:
        """Return the events after the last `restart`; all of them if there is none."""
        return self.history.events[self.history.last_restart() + 1 :]

    @property
    def exports(self) -> tuple[Export, ...]:
        """The stories that Rasa would have written to files, in order."""
        return tuple(self.history.exports)

    # The state.

    def current_state(self, verbosity: str = "ALL") -> Wire:
        """Return what Rasa sends to an action server as `tracker`.

        `verbosity` says which events are in it: `ALL`, `AFTER_RESTART`, `APPLIED`, or
        `NONE` (then `events` is null).
        """
        if verbosity not in VERBOSITIES:
            expected = ", ".join(VERBOSITIES)
            raise UsageError(
                f"unknown verbosity {verbosity!r}: expected one of {expected}"
            )
        events, state = self.history.events, self.history.state
        shown = {
            "sender_id": self.sender_id,
            "slots": self.slots,
            "latest_message": self.latest_message,
            "latest_event_time": events[-1]["timestamp"] if events else None,
            "followup_action": state.followup,
            "paused": state.paused,
            "events": VERBOSITIES[verbosity](self),
            "latest_input_channel": self.latest_input_channel,
            "active_loop": self.active_loop,
            "latest_action": state.action,
            "latest_action_name": state.action_name,
        }
        if self.sessions is None:
            return shown
        shown |= self.sessions.shown(state)
        return {name: shown[name] for name in self.profile.tracker_fields}

    @property
    def slots(self) -> dict[str, Any]:
        """Value of every slot, in the domain's order."""
        return {**self.history.book.initial, **self.history.state.filled}

    @property
    def slots_set(self) -> tuple[str, ...]:
        """Names of the slots set since the last reset, first set first."""
        return tuple(self.history.state.filled)

    @property
    def unknown_slots(self) -> tuple[Any, ...]:
        """Names that `slot` events have tried to set and no slot has: Rasa logs it."""
        return tuple(self.history.book.unknown)

    @property
    def requested_slot(self) -> Any:
        """The slot that the active form asks for."""
        return self.slots.get("requested_slot")

    @property
    def latest_message(self) -> Wire:
        """NLU parse data of the latest message, with all its entities."""
        state = self.history.state
        if state.message is None:
            return {**no_parse_data(), "entities": list(state.stray)}
        return {**state.message["parse_data"], "entities": state.message.entities}

    @property
    def latest_user_event(self) -> Wire | None:
        """The latest `user` event that still counts."""
        return self.history.state.message

    @property
    def latest_bot_utterance(self) -> Wire:
        """Text, data and metadata of the latest `bot` event."""
        bot = self.history.state.bot
        if bot is None:
            return {"text": None, "data": {}, "metadata": {}}
        return {name: bot[name] for name in ("text", "data", "metadata")}

    @property
    def latest_action(self) -> Wire:
        """Name or text of the latest action, as an object; empty if there is none."""
        return self.history.state.action

    @property
    def latest_action_name(self) -> Any:
        """Name, or else text, of the latest action."""
        return self.history.state.action_name

    @property
    def latest_input_channel(self) -> Any:
        """Channel of the last `user` event, even one that was taken back."""
        for event in reversed(self.history.events):
            if event["event"] == "user":
                return event["input_channel"]
        return None

    @property
    def active_loop(self) -> Wire:
        """The active loop as Rasa writes it; empty if there is none."""
        loop = self.history.state.loop
        return {} if loop is None else loop._asdict()

    @property
    def active_loop_name(self) -> Any:
        """Name of the active loop."""
        loop = self.history.state.loop
        return None if loop is None else loop.known_name

    @property
    def followup_action(self) -> Any:
        """The action that is forced to run next."""
        return self.history.state.followup

    @property
    def stack(self) -> list[Any]:
        """The dialogue stack of Rasa Pro, the bottom first."""
        return self.history.state.stack

    @property
    def paused(self) -> bool:
        """Whether the bot has stopped answering."""
        return self.history.state.paused


def _clock(now: Now) -> Callable[[], float]:
    if callable(now):
        return now
    return lambda: now


VERBOSITIES: Mapping[str, Callable[[Tracker], list[Wire] | None]] = {
    "ALL": lambda tracker: list(tracker.events),
    "AFTER_RESTART": Tracker.events_after_restart,
    "APPLIED": Tracker.applied_events,
    "NONE": lambda _tracker: None,
}
