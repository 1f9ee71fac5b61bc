"""Where conversations stay between turns: as Rasa's stores give them back.

Two kinds, which differ in what a later turn sees.  In memory Rasa keeps what was saved
last, and gives back the last session of it, its events applied anew; what was before
that session is gone with the next save.  With SQL it only ever adds events, and gives
back those since the last `session_started`.

Imitates `InMemoryTrackerStore` and `SQLTrackerStore` of rasa/core/tracker_store.py
(Rasa 3.6).  Real stores, which others can read, are the business of `stores`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from rasa_mock.core.state import SESSION_START
from rasa_mock.core.tracker import Tracker

Wire = dict[str, Any]
NewTracker = Callable[[str], Tracker]

# Events that leave something behind which a store does not keep.
LOSSY = frozenset({"entities", "export"})


class Shelf(Protocol):
    """Keeps conversations by the id of their sender."""

    def load(self, sender_id: str, *, everything: bool) -> Tracker | None:
        """Return a conversation, or None; the tracker may be changed."""
        ...

    def save(self, tracker: Tracker) -> None:
        """Keep a conversation as it is now."""
        ...

    def delete(self, sender_id: str) -> bool:
        """Forget a conversation; tell whether it was there."""
        ...

    def names(self) -> list[str]:
        """Return the ids of all senders, in the order in which they came."""
        ...

    def fork(self, *, new_tracker: NewTracker) -> Shelf:
        """Return an independent copy, whose trackers are made by `new_tracker`."""
        ...


@dataclass(slots=True, kw_only=True)
class _Entry:
    """A conversation in memory: the tracker that was saved, and how long it was then.

    `checked` is how many of its events are known to come back as they are.
    """

    tracker: Tracker
    length: int
    checked: int = 0


@dataclass(slots=True, kw_only=True)
class MemoryShelf:
    """Rasa's store in memory.

    The tracker itself is kept and brought into the state that Rasa's would be in; a
    copy is made only where a turn was lost, or a new session has started.
    """

    new_tracker: NewTracker
    entries: dict[str, _Entry] = field(default_factory=dict)
    # Keep so many; the one that was not saved for longest goes first.
    most: int | None = None

    def load(self, sender_id: str, *, everything: bool) -> Tracker | None:
        """Return the last session, or all that was saved."""
        entry = self.entries.get(sender_id)
        if entry is None:
            return None
        tracker = entry.tracker
        if everything:
            return self._restored(sender_id, tracker.events[: entry.length])
        if len(tracker.events) != entry.length or _has_lost(entry):
            tracker = self._restored(sender_id, tracker.events[: entry.length])
        else:
            tracker.history.replay()
        if _starts_again(tracker, since=entry.checked):
            tracker = tracker.last_session()
        self.entries[sender_id] = _Entry(
            tracker=tracker, length=len(tracker.events), checked=len(tracker.events)
        )
        return tracker

    def save(self, tracker: Tracker) -> None:
        """Keep the tracker."""
        known = self.entries.get(tracker.sender_id)
        checked = known.checked if known and known.tracker is tracker else 0
        if self.most is not None:
            self.entries.pop(tracker.sender_id, None)
            while len(self.entries) >= self.most:
                del self.entries[next(iter(self.entries))]
        self.entries[tracker.sender_id] = _Entry(
            tracker=tracker, length=len(tracker.events), checked=checked
        )

    def delete(self, sender_id: str) -> bool:
        """Forget a conversation."""
        return self.entries.pop(sender_id, None) is not None

    def names(self) -> list[str]:
        """Return the ids of all senders."""
        return list(self.entries)

    def fork(self, *, new_tracker: NewTracker) -> MemoryShelf:
        """Return an independent copy."""
        twin = MemoryShelf(new_tracker=new_tracker, most=self.most)
        for name, entry in self.entries.items():
            events = copy.deepcopy(entry.tracker.events[: entry.length])
            tracker = twin._restored(name, events)
            twin.entries[name] = _Entry(tracker=tracker, length=entry.length)
        return twin

    def _restored(self, sender_id: str, events: list[Wire]) -> Tracker:
        tracker = self.new_tracker(sender_id)
        tracker.restore(events)
        return tracker


def _has_lost(entry: _Entry) -> bool:
    """Tell whether among the new events is one that a store does not fully keep."""
    new = entry.tracker.events[entry.checked : entry.length]
    return any(event["event"] in LOSSY for event in new)


def _starts_again(tracker: Tracker, *, since: int) -> bool:
    """Tell whether a session starts after the first event."""
    return any(_starts_session(event) for event in tracker.events[max(since, 1) :])


def _starts_session(event: Wire) -> bool:
    return bool(event["event"] == "action" and event["name"] == SESSION_START)


@dataclass(slots=True, kw_only=True)
class SqlShelf:
    """What Rasa keeps in a database: rows of events, to which it only adds."""

    new_tracker: NewTracker
    rows: dict[str, list[Wire]] = field(default_factory=dict)

    def load(self, sender_id: str, *, everything: bool) -> Tracker | None:
        """Return the events since the last `session_started`, or all of them."""
        rows = self.rows.get(sender_id, [])
        chosen = rows if everything else _last_session(rows)
        if not chosen:
            return None
        tracker = self.new_tracker(sender_id)
        tracker.extend(chosen)
        return tracker

    def save(self, tracker: Tracker) -> None:
        """Add the events that are not yet among the rows of the session, by number."""
        rows = self.rows.setdefault(tracker.sender_id, [])
        rows += copy.deepcopy(tracker.events[len(_last_session(rows)) :])

    def delete(self, sender_id: str) -> bool:
        """Forget a conversation."""
        return self.rows.pop(sender_id, None) is not None

    def names(self) -> list[str]:
        """Return the ids of all senders."""
        return list(self.rows)

    def fork(self, *, new_tracker: NewTracker) -> SqlShelf:
        """Return an independent copy."""
        return SqlShelf(new_tracker=new_tracker, rows=copy.deepcopy(self.rows))


def _last_session(rows: list[Wire]) -> list[Wire]:
    """Return the rows not older than the latest `session_started`, as Rasa asks."""
    starts = [row["timestamp"] for row in rows if row["event"] == "session_started"]
    if not starts:
        return rows
    latest = max(starts)
    return [row for row in rows if row["timestamp"] >= latest]


SHELVES: Mapping[str, Callable[[NewTracker], Shelf]] = {
    "memory": lambda new_tracker: MemoryShelf(new_tracker=new_tracker),
    "sql": lambda new_tracker: SqlShelf(new_tracker=new_tracker),
}
"""Kinds of shelves by the name of Rasa's store."""
