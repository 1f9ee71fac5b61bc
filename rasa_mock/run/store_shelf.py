"""Conversations of a bot in a tracker store: trackers here, JSON there.

What a turn has added is appended to the store, and nothing else is written.  Of the
conversations that were used last the trackers are kept, and used again as long as the
store has the version that they were saved with: so a turn costs no more in a long
conversation.  Only the layout `history` tells its version without being read.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Any
from weakref import WeakKeyDictionary

from rasa_mock.core.tracker import Tracker
from rasa_mock.errors import UsageError
from rasa_mock.run.shelves import MemoryShelf, NewTracker
from rasa_mock.stores.base import HISTORY, Saved, Stored, TrackerStore, Turn, append

Wire = dict[str, Any]
Publish = Callable[[Mapping[str, Any]], None]
Records = Callable[[Tracker, int], Sequence[Wire]]
Written = Callable[[Tracker, Sequence[Wire]], Sequence[Wire]]

MOST_WARM = 1_000
"""Conversations whose trackers are kept ready, unless told."""

MOST_LISTED = 1_000
"""Conversations that are asked for at once when all are listed."""


def unheard(_event: Mapping[str, Any]) -> None:
    """Publish nothing."""


def unseen(_tracker: Tracker, _since: int) -> Sequence[Wire]:
    """Say nothing of how a turn came about."""
    return ()


def as_they_are(_tracker: Tracker, events: Sequence[Wire]) -> Sequence[Wire]:
    """Write events as they are."""
    return events


@dataclass(slots=True, kw_only=True)
class _Known:
    """How much of a tracker is in the store: its first `length` events.

    `version` is that of the store then.
    """

    length: int
    version: int


@dataclass(slots=True, kw_only=True)
class StoreShelf:
    """A `Shelf` over a `TrackerStore`.

    `forgets` makes what a turn sees that of Rasa's store in memory, where all but the
    last session is gone with the next save; what is in the store stays there.
    `publish` is given each event that was stored, as a broker of Rasa's sends it.
    `records` is asked at each save for what is to be kept beside the tracker's events
    from a position on, and then `written` for how those events are to be written down;
    `others` counts the events that other writers put in between.
    """

    store: TrackerStore
    new_tracker: NewTracker
    forgets: bool = False
    publish: Publish = unheard
    records: Records = unseen
    written: Written = as_they_are
    most_warm: int = MOST_WARM
    others: int = 0
    _warm: MemoryShelf = field(init=False)
    _versions: OrderedDict[str, int] = field(init=False, default_factory=OrderedDict)
    _known: WeakKeyDictionary[Tracker, _Known] = field(
        init=False, default_factory=WeakKeyDictionary
    )
    _absent: set[str] = field(init=False, default_factory=set)
    _lock: RLock = field(init=False, default_factory=RLock)

    def __post_init__(self) -> None:
        self._warm = MemoryShelf(new_tracker=self.new_tracker)

    # Loading.

    def load(self, sender_id: str, *, everything: bool) -> Tracker | None:
        """Return a conversation, or None; the tracker may be changed."""
        if everything and not (self.forgets and sender_id in self._versions):
            return self._remember(sender_id, self.store.retrieve_full(sender_id))
        warm = self._load_warm(sender_id, everything=everything)
        if warm is not None:
            return warm
        return self._remember(sender_id, self.store.retrieve(sender_id))

    def _load_warm(self, sender_id: str, *, everything: bool) -> Tracker | None:
        """Return the tracker that is kept ready, if nobody else has written since."""
        if sender_id not in self._versions:
            return None
        version = self.store.version(sender_id)
        with self._lock:
            if version is None or self._versions.get(sender_id) != version:
                self._forget(sender_id)
                return None
            self._versions.move_to_end(sender_id)
            tracker = self._warm.load(sender_id, everything=everything)
            if tracker is not None:
                self._note(tracker, version=version)
            return tracker

    def _remember(self, sender_id: str, stored: Stored | None) -> Tracker | None:
        if stored is None:
            self._absent.add(sender_id)
            return None
        tracker = self.new_tracker(sender_id)
        if self.store.live:
            tracker.extend(stored.events)
        else:
            tracker.restore(stored.events)
        self._note(tracker, version=stored.version)
        return tracker

    def _note(self, tracker: Tracker, *, version: int) -> None:
        self._known[tracker] = _Known(length=len(tracker.events), version=version)

    # Saving.

    def save(self, tracker: Tracker) -> None:
        """Append what is new in a tracker; one that was never loaded replaces all.

        Raises StoreError if that fails; the tracker's new events are then still new.
        """
        sender_id = tracker.sender_id
        known = self._known.get(tracker)
        is_new = known is None and (not tracker.events or sender_id in self._absent)
        if known is None:
            version = 0 if is_new else self.store.version(sender_id) or 0
            known = _Known(length=0, version=version)
            replaces = not is_new
        else:
            replaces = False
        new = tracker.events[known.length :]
        records = self.records(tracker, known.length)
        new = list(self.written(tracker, new))
        turn = Turn(events=new, variables=records, replace=replaces)
        if new or turn.variables or known.version == 0:
            saved = append(self.store, sender_id, turn=turn, expected=known.version)
        else:
            saved = Saved(start=known.version, version=known.version)
        self._keep(tracker, saved)
        for event in new:
            self.publish({"sender_id": sender_id, **event})

    def _keep(self, tracker: Tracker, saved: Saved) -> None:
        sender_id = tracker.sender_id
        self._absent.discard(sender_id)
        self._note(tracker, version=saved.version)
        self.others += saved.others
        with self._lock:
            if self.store.layout != HISTORY:
                return
            if saved.others or self.most_warm < 1:
                self._forget(sender_id)
                return
            self._warm.save(tracker)
            self._versions[sender_id] = saved.version
            self._versions.move_to_end(sender_id)
            while len(self._versions) > self.most_warm:
                self._forget(next(iter(self._versions)))

    def _forget(self, sender_id: str) -> None:
        self._versions.pop(sender_id, None)
        self._warm.entries.pop(sender_id, None)

    # All conversations.

    @property
    def blocking(self) -> bool:
        """Whether a caller has to wait for a disk or a network."""
        return self.store.blocking

    def delete(self, sender_id: str) -> bool:
        """Forget a conversation; tell whether it was there."""
        with self._lock:
            self._forget(sender_id)
        return self.store.delete(sender_id)

    def names(self) -> list[str]:
        """Return the ids of all senders, as the store lists them."""
        page = self.store.keys(limit=MOST_LISTED)
        found = [item.sender_id for item in page.items]
        while page.next is not None:
            page = self.store.keys(limit=MOST_LISTED, after=page.next)
            found += [item.sender_id for item in page.items]
        return found[::-1] if self.store.newest_first else found

    def fork(self, *, new_tracker: NewTracker) -> StoreShelf:
        """Refuse: a store is shared, and a copy of it would not be."""
        raise UsageError(
            f"cannot fork a conversation that is kept in {self.store.name}: hold it in "
            "memory"
        )
