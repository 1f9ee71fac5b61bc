"""Time travel: what each event of a conversation changes in the tracker.

The events are folded once.  For each event there are only the parts of the state that
it changes, so that a page can go to any moment by putting them together.  A part is
`slot:NAME` or one of `PARTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rasa_mock import clock
from rasa_mock.core.domain import Domain
from rasa_mock.core.profile import RASA_3_6, Named
from rasa_mock.core.tracker import Tracker
from rasa_mock.errors import DataError

Json = dict[str, Any]
Change = tuple[str, Any]

SLOT = "slot:"
SET = "slot"
MESSAGE = "latest_message"
EVENT = "event"
"""A latest message that is just that of an event is written as its index."""

PARTS: Mapping[str, Callable[[Tracker], Any]] = {
    "active_loop": lambda tracker: tracker.active_loop.get("name"),
    "stack": lambda tracker: tracker.stack,
    "latest_action_name": lambda tracker: tracker.latest_action_name,
    "followup_action": lambda tracker: tracker.followup_action,
    "paused": lambda tracker: tracker.paused,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A conversation through time.

    `initial` is the state before the first event, `changes` has a list for each event,
    `notes` what is odd about some, by index.  `state` is the tracker's at the end.
    """

    initial: Json
    changes: list[list[Change]]
    notes: list[tuple[int, str]] = field(default_factory=list)
    state: Json = field(default_factory=dict)


def fold(
    sender_id: str,
    events: Iterable[Json],
    *,
    domain: Domain | None = None,
    profile: Named = RASA_3_6,
) -> Folded:
    """Fold events as Rasa does; one that Rasa cannot use changes nothing and is noted.

    Without a domain every slot exists once it is set.
    """
    tracker = Tracker(
        sender_id,
        domain=domain,
        now=0.0,
        new_id=clock.new_uuid,
        parse_date=clock.parse_date,
        profile=profile,
    )
    watch = _Watch(tracker)
    initial = watch.shown()
    changes: list[list[Change]] = []
    notes: list[tuple[int, str]] = []
    for index, event in enumerate(events):
        length = len(tracker.events)
        try:
            if not tracker.update(event):
                notes.append((index, "Rasa leaves this event out"))
        except DataError as error:
            notes.append((index, f"{error.rasa_class or 'error'}: {error.message}"))
        name = event.get("name")
        if event["event"] == SET and name in tracker.unknown_slots:
            notes.append((index, f"the domain has no slot {name!r}"))
        if len(tracker.events) > length:
            watch.owners[id(tracker.events[-1])] = index
        changes.append(watch.changes())
    state = tracker.current_state("NONE")
    return Folded(initial=initial, changes=changes, notes=notes, state=state)


class _Watch:
    """Sees what has changed in a tracker since it last looked.

    `owners` maps the identity of events to their indexes.
    """

    def __init__(self, tracker: Tracker) -> None:
        self.owners: dict[int, int] = {}
        self._tracker = tracker
        self._parts = {name: look(tracker) for name, look in PARTS.items()}
        self._filled = tracker.history.state.snapshot().filled
        self._message = self._mark()
        self._seen: Any = None

    def shown(self) -> Json:
        """Return all parts as they were when it last looked."""
        slots = {f"{SLOT}{name}": value for name, value in self._tracker.slots.items()}
        return {**slots, **self._parts, MESSAGE: self._tracker.latest_message}

    def changes(self) -> list[Change]:
        """Return the parts that are not as they were."""
        found = self._slots()
        state = self._tracker.history.state
        seen = (state.loop, state.stack, state.action, state.followup, state.paused)
        if seen != self._seen:
            self._seen = seen
            found += self._other_parts()
        mark = self._mark()
        if mark != self._message:
            self._message = mark
            found.append((MESSAGE, self._latest()))
        return found

    def _other_parts(self) -> list[Change]:
        now = {name: look(self._tracker) for name, look in PARTS.items()}
        before, self._parts = self._parts, now
        return [(name, now[name]) for name in now if not _same(now[name], before[name])]

    def _slots(self) -> list[Change]:
        state, before = self._tracker.history.state, self._filled
        if state.filled is before:
            return []
        # From now on a slot that is set makes a new dict.
        after = self._filled = state.snapshot().filled
        initial = self._tracker.history.book.initial
        absent = object()
        found: list[Change] = []
        for name in {**before, **after}:
            value = after.get(name, initial.get(name))
            is_new = name not in before and initial.get(name) is None
            old = before.get(name, absent if is_new else initial.get(name))
            if not _same(value, old):
                found.append((f"{SLOT}{name}", value))
        return found

    def _mark(self) -> tuple[int, int]:
        message = self._tracker.history.state.message
        if message is None:
            return 0, len(self._tracker.history.state.stray)
        return id(message), len(message.entities or ())

    def _latest(self) -> Any:
        message = self._tracker.history.state.message
        owner = self.owners.get(id(message))
        if message is None or owner is None:
            return self._tracker.latest_message
        if message.entities != message["parse_data"].get("entities", []):
            return self._tracker.latest_message
        return {EVENT: owner}


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same; 1, 1.0 and true are not."""
    return one is other or (type(one) is type(other) and bool(one == other))
