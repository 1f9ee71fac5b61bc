"""The layout `rasa` in Redis: one text a conversation, rewritten at every save.

Rasa reads and writes it in two steps, and loses what came in between; here the text is
exchanged only if it is still the one that was read.  Variables stand under a key of
ours beside it, which no pattern of Rasa's finds.

Imitates `RedisTrackerStore` of rasa/core/tracker_store.py (Rasa 3.6).
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha1
from typing import Any

from rasa_mock.errors import StoreError, UsageError
from rasa_mock.stores.base import (
    EVERYTHING,
    PAGE,
    RASA,
    Json,
    Page,
    Problem,
    Query,
    Session,
    Stored,
    Summary,
    Turn,
    names_of,
    stamped,
    stamped_records,
)
from rasa_mock.stores.codec import (
    decode_dialogue,
    encode,
    encode_dialogue,
    sorted_records,
)
from rasa_mock.stores.log import (
    check_version,
    conflict,
    last_session_in,
    moment_of,
    sessions_in,
)
from rasa_mock.stores.redis import scripts
from rasa_mock.stores.redis.connection import Connection
from rasa_mock.stores.redis.names import KeyNames, as_text


class RedisRasa:
    """See `TrackerStore`; `record_exp` is how many seconds a conversation is kept."""

    layout = RASA
    blocking = True
    live = False
    newest_first = False

    def __init__(
        self,
        connection: Connection,
        *,
        names: KeyNames,
        record_exp: float | None = None,
        read_only: bool = False,
        now: Callable[[], float] = clock.time,
    ) -> None:
        self._connection = connection
        self._redis = connection.client
        self._names = names
        self._record_exp = record_exp
        self._read_only = read_only
        self._now = now
        self._swap = self._redis.register_script(scripts.SWAP)

    @property
    def name(self) -> str:
        return self._connection.name

    # Reading.

    def retrieve(self, sender_id: str) -> Stored | None:
        return last_session_in(self.retrieve_full(sender_id))

    def retrieve_full(self, sender_id: str) -> Stored | None:
        _, events = self._get(sender_id)
        if events is None:
            return None
        return Stored(sender_id=sender_id, events=events, version=len(events))

    def _get(self, sender_id: str) -> tuple[bytes, list[Json] | None]:
        """Return the text of a conversation and its events; None if there is none."""
        key = self._names.rasa_tracker(sender_id)
        with self._connection.told():
            text = self._redis.get(key)
        if text is None:
            return b"", None
        events = decode_dialogue(text, place=as_text(key))
        if isinstance(events, Problem):
            raise StoreError(
                f"{self.name}: the key {events.place!r} is {events.message}; it is "
                "left as it is"
            )
        return text, events

    def at(
        self, sender_id: str, *, time: float | None = None, index: int | None = None
    ) -> Stored | None:
        return moment_of(self.retrieve_full(sender_id), time=time, index=index)

    def sessions(self, sender_id: str) -> list[Session]:
        return sessions_in(self.retrieve_full(sender_id))

    def version(self, sender_id: str) -> int | None:
        full = self.retrieve_full(sender_id)
        return None if full is None else full.version

    # Writing.

    def save(self, sender_id: str, turn: Turn, *, expected: int | None = None) -> int:
        self._check_writable()
        while True:
            old, known = self._get(sender_id)
            before = known or []
            check_version(sender_id, version=len(before), expected=expected)
            new = _unknown(turn.events, before) if turn.replace else turn.events
            events = [*before, *new]
            if self._exchange(sender_id, old, encode_dialogue(sender_id, events)):
                break
            if expected is not None:
                raise conflict(sender_id, version="other", expected=expected)
        self._write_variables(sender_id, stamped(turn, start=len(before)))
        return len(events)

    def _exchange(self, sender_id: str, old: bytes, new: str) -> bool:
        seen = sha1(old, usedforsecurity=False).hexdigest() if old else ""
        life = "" if self._record_exp is None else int(self._record_exp)
        with self._connection.told():
            key = self._names.rasa_tracker(sender_id)
            return bool(self._swap(keys=[key], args=[seen, new, life]))

    def delete(self, sender_id: str) -> bool:
        self._check_writable()
        with self._connection.told():
            self._redis.delete(self._aside(sender_id))
            return bool(self._redis.delete(self._names.rasa_tracker(sender_id)))

    def expire(self, sender_id: str, *, seconds: float | None) -> bool:
        self._check_writable()
        with self._connection.told():
            if not self._redis.exists(self._names.rasa_tracker(sender_id)):
                return False
            for key in (self._names.rasa_tracker(sender_id), self._aside(sender_id)):
                if seconds is None:
                    self._redis.persist(key)
                else:
                    self._redis.pexpire(key, int(seconds * 1000))
        return True

    def _check_writable(self) -> None:
        if self._read_only:
            raise UsageError(f"{self.name} was opened for reading only")

    # Variables.

    def _aside(self, sender_id: str) -> bytes:
        return self._names.ours(sender_id, "variables")

    def save_variables(
        self, sender_id: str, records: Sequence[Json], *, turn: int
    ) -> None:
        self._check_writable()
        with self._connection.told():
            known = self._redis.exists(self._names.rasa_tracker(sender_id))
        if not known:
            raise UsageError(f"no conversation {sender_id!r} to keep variables of")
        self._write_variables(sender_id, stamped_records(records, start=turn))

    def _write_variables(self, sender_id: str, records: list[Json]) -> None:
        if not records:
            return
        key = self._aside(sender_id)
        with self._connection.told():
            self._redis.rpush(key, *[encode(record) for record in records])
            if self._record_exp is not None:
                self._redis.expire(key, int(self._record_exp))

    def variables(
        self, sender_id: str, *, first: int = 0, end: int | None = None
    ) -> list[Json]:
        key = self._aside(sender_id)
        with self._connection.told():
            texts = self._redis.lrange(key, 0, -1)
        records = sorted_records((as_text(key), text) for text in texts)
        return [
            record
            for record in records
            if record["turn"] >= first and (end is None or record["turn"] < end)
        ]

    # The list.

    def keys(
        self, query: Query = EVERYTHING, *, limit: int = PAGE, after: str | None = None
    ) -> Page:
        pattern = self._names.rasa_pattern()
        with self._connection.told():
            found = set(self._redis.scan_iter(match=pattern, count=1000))
        senders = sorted(
            sender
            for sender in map(self._names.rasa_sender, found)
            if query.fits(sender, updated=None) and (after is None or sender > after)
        )
        items: list[Summary] = []
        problems: list[Problem] = []
        for item in self._described(senders, query):
            if isinstance(item, Problem):
                problems.append(item)
            elif len(items) == limit:
                return Page(
                    items=items, next=items[-1].sender_id, problems=tuple(problems)
                )
            else:
                items.append(item)
        return Page(items=items, problems=tuple(problems))

    def _described(
        self, senders: Sequence[str], query: Query
    ) -> Iterator[Summary | Problem]:
        """Describe conversations; one that has to be searched is read."""
        for first in range(0, len(senders), PAGE):
            part = senders[first : first + PAGE]
            pipeline = self._redis.pipeline(transaction=False)
            for sender in part:
                pipeline.strlen(self._names.rasa_tracker(sender))
            with self._connection.told():
                lengths = pipeline.execute(raise_on_error=False)
            for sender, length in zip(part, lengths, strict=True):
                if isinstance(length, Exception):
                    yield Problem(place=sender, message=str(length))
                else:
                    yield from self._searched(sender, query, mark=str(length))

    def _searched(
        self, sender: str, query: Query, *, mark: str
    ) -> Iterator[Summary | Problem]:
        if not query.names and query.since is None and query.until is None:
            yield Summary(sender_id=sender, mark=mark)
            return
        try:
            full = self.retrieve_full(sender)
        except StoreError as error:
            yield Problem(place=sender, message=str(error))
            return
        if full is None:
            return
        updated = full.events[-1].get("timestamp") if full.events else None
        names = names_of(full.events, self.variables(sender) if query.finding else ())
        if query.names <= names and query.fits(sender, updated=updated):
            yield Summary(
                sender_id=sender, mark=mark, version=full.version, updated=updated
            )

    def close(self) -> None:
        self._connection.close()


def _unknown(events: Iterable[Json], known: list[Json]) -> list[Json]:
    """Return the events that are not known, as Rasa merges two trackers."""
    merged: list[Any] = list(known)
    new = []
    for event in events:
        if event not in merged:
            merged.append(event)
            new.append(event)
    return new
