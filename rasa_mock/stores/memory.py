"""Conversations in the memory of this process: gone with it, and quick.

In the layout `history` everything is kept.  In the layout `rasa` a save leaves the last
session only, as `InMemoryTrackerStore` of rasa/core/tracker_store.py (Rasa 3.6) does.
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from threading import RLock

from rasa_mock.errors import UsageError
from rasa_mock.stores.base import (
    EVERYTHING,
    HISTORY,
    PAGE,
    RASA,
    Json,
    Page,
    Query,
    Session,
    Stored,
    Summary,
    Turn,
    names_of,
    stamped,
    stamped_records,
)
from rasa_mock.stores.codec import encode, sorted_out, sorted_records
from rasa_mock.stores.log import (
    Log,
    Start,
    check_moment,
    check_version,
    cut_at,
    sessions_of,
    span_at,
)


@dataclass(slots=True, kw_only=True)
class _Entry:
    """A conversation; of its log the first `dropped` events are gone."""

    log: Log = field(default_factory=Log)
    starts: list[Start] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    dropped: int = 0
    variables: list[tuple[int, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    updated: float = 0.0
    number: int = 0
    expires: float | None = None

    def drop(self, position: int) -> None:
        """Forget the events before a position."""
        del self.events[: position - self.dropped]
        self.dropped = position


class MemoryStore:
    """See `TrackerStore`.

    `record_exp` is how many seconds a conversation is kept; of more than `most` the one
    that was silent longest is forgotten.
    """

    blocking = False
    live = False
    newest_first = True

    def __init__(
        self,
        *,
        layout: str = HISTORY,
        record_exp: float | None = None,
        most: int | None = None,
        now: Callable[[], float] = clock.time,
    ) -> None:
        self.layout = layout
        self._most = most
        self._record_exp = record_exp
        self._now = now
        self._entries: dict[str, _Entry] = {}
        self._saves = 0
        self._lock = RLock()

    @property
    def name(self) -> str:
        return "memory:"

    # Reading.

    def retrieve(self, sender_id: str) -> Stored | None:
        with self._lock:
            entry = self._entry(sender_id)
            if entry is None:
                return None
            return _read(sender_id, entry, start=entry.log.session)

    def retrieve_full(self, sender_id: str) -> Stored | None:
        with self._lock:
            entry = self._entry(sender_id)
            if entry is None:
                return None
            return _read(sender_id, entry, start=entry.log.base)

    def at(
        self, sender_id: str, *, time: float | None = None, index: int | None = None
    ) -> Stored | None:
        check_moment(time=time, index=index)
        if time is not None or index is None:
            return cut_at(self.retrieve_full(sender_id), time=time or 0.0)
        with self._lock:
            entry = self._entry(sender_id)
            if entry is None:
                return None
            start, end = span_at(
                index, log=entry.log, starts=entry.starts, first=entry.dropped
            )
            return _read(sender_id, entry, start=start, end=end) if end else None

    def sessions(self, sender_id: str) -> list[Session]:
        with self._lock:
            entry = self._entry(sender_id)
            if entry is None:
                return []
            return sessions_of(entry.starts, log=entry.log, first=entry.dropped)

    def version(self, sender_id: str) -> int | None:
        with self._lock:
            entry = self._entry(sender_id)
            return None if entry is None else entry.log.version

    # Writing.

    def save(self, sender_id: str, turn: Turn, *, expected: int | None = None) -> int:
        texts = [encode(event) for event in turn.events]
        with self._lock:
            entry = self._entry(sender_id) or _Entry()
            before = entry.log
            check_version(sender_id, version=before.version, expected=expected)
            self._entries.pop(sender_id, None)
            self._make_room()
            self._entries[sender_id] = entry
            if self.layout == RASA:
                entry.drop(before.version if turn.replace else before.session)
            entry.log, starts = before.grown(turn)
            entry.starts += starts
            entry.events += texts
            records = stamped(turn, start=before.version)
            entry.variables += [(before.version, encode(record)) for record in records]
            entry.names |= names_of(turn.events, records)
            self._touch(entry)
            if self._record_exp is not None:
                entry.expires = entry.updated + self._record_exp
            return entry.log.version

    def _make_room(self) -> None:
        while self._most is not None and len(self._entries) >= self._most:
            del self._entries[next(iter(self._entries))]

    def _touch(self, entry: _Entry) -> None:
        self._saves += 1
        entry.number = self._saves
        entry.updated = self._now()

    def delete(self, sender_id: str) -> bool:
        with self._lock:
            known = self._entry(sender_id) is not None
            self._entries.pop(sender_id, None)
            return known

    def expire(self, sender_id: str, *, seconds: float | None) -> bool:
        with self._lock:
            entry = self._entry(sender_id)
            if entry is None:
                return False
            entry.expires = None if seconds is None else self._now() + seconds
            return True

    # Variables.

    def save_variables(
        self, sender_id: str, records: Sequence[Json], *, turn: int
    ) -> None:
        written = stamped_records(records, start=turn)
        with self._lock:
            entry = self._entry(sender_id)
            if entry is None:
                raise UsageError(f"no conversation {sender_id!r} to keep variables of")
            entry.variables += [(turn, encode(record)) for record in written]
            entry.names |= names_of((), written)
            self._entries[sender_id] = self._entries.pop(sender_id)
            self._touch(entry)

    def variables(
        self, sender_id: str, *, first: int = 0, end: int | None = None
    ) -> list[Json]:
        with self._lock:
            entry = self._entry(sender_id)
            kept = [] if entry is None else list(entry.variables)
        chosen = [
            (sender_id, text)
            for turn, text in kept
            if turn >= first and (end is None or turn < end)
        ]
        return sorted_records(chosen)

    # The list.

    def keys(
        self, query: Query = EVERYTHING, *, limit: int = PAGE, after: str | None = None
    ) -> Page:
        with self._lock:
            below = self._saves + 1 if after is None else int(after)
            now, names = self._now(), query.names
            found = (
                (sender_id, entry)
                for sender_id, entry in self._newest(below)
                if names <= entry.names
                and (entry.expires is None or now < entry.expires)
                and query.fits(sender_id, updated=entry.updated)
            )
            page = list(islice(found, limit + 1))
            items = [_summary(*pair) for pair in page[:limit]]
            more = len(page) > limit > 0
            return Page(
                items=items, next=str(page[limit - 1][1].number) if more else None
            )

    def _newest(self, below: int) -> Iterator[tuple[str, _Entry]]:
        """Yield conversations whose last change is before one, the latest first.

        The dictionary is in the order of changes: who is changed goes to its end.
        """
        for sender_id in reversed(self._entries):
            entry = self._entries[sender_id]
            if entry.number < below:
                yield sender_id, entry

    def close(self) -> None:
        """Do nothing: what is kept stays as long as the store."""

    def _entry(self, sender_id: str) -> _Entry | None:
        """Return a conversation that has not ended."""
        entry = self._entries.get(sender_id)
        if entry is None or entry.expires is None or self._now() < entry.expires:
            return entry
        del self._entries[sender_id]
        return None


def _read(
    sender_id: str, entry: _Entry, *, start: int, end: int | None = None
) -> Stored:
    first = max(start, entry.dropped)
    stop = entry.log.version if end is None else end
    texts = entry.events[first - entry.dropped : stop - entry.dropped]
    events, problems = sorted_out(
        (f"{sender_id}[{position}]", text) for position, text in enumerate(texts, first)
    )
    return Stored(
        sender_id=sender_id,
        events=events,
        first=first,
        version=entry.log.version,
        problems=problems,
    )


def _summary(sender_id: str, entry: _Entry) -> Summary:
    return Summary(
        sender_id=sender_id,
        mark=str(entry.number),
        version=entry.log.version,
        updated=entry.updated,
    )
