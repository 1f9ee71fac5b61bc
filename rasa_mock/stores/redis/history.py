"""The layout `history` in Redis: one list of events a conversation, only added to.

Five keys a conversation: `state` (a hash: format, version, base, session, updated),
`events`, `starts` and `variables` (lists of JSON), `names` (a set); and `index`, a
sorted set of all senders by the time of their last change, beside it a set of senders
for each name.  In a cluster, where no command reaches several nodes, such sets are not
kept, and a search by names looks at every conversation.
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from rasa_mock.errors import StoreConflict, UsageError
from rasa_mock.stores.base import (
    EVERYTHING,
    HISTORY,
    PAGE,
    Json,
    Page,
    Query,
    Session,
    Stored,
    Turn,
    names_of,
    stamped,
    stamped_records,
)
from rasa_mock.stores.codec import decode, encode, sorted_out, sorted_records
from rasa_mock.stores.log import (
    FORMAT,
    Log,
    Start,
    check_format,
    check_moment,
    conflict,
    cut_at,
    sessions_of,
    span_at,
)
from rasa_mock.stores.redis import scripts
from rasa_mock.stores.redis.connection import Connection
from rasa_mock.stores.redis.listing import FIELDS, Listing, state_of
from rasa_mock.stores.redis.names import KeyNames, as_bytes, as_text

PARTS = ("state", "events", "starts", "variables", "names")


class RedisHistory:
    """See `TrackerStore`; `record_exp` is how many seconds a conversation is kept."""

    layout = HISTORY
    blocking = True
    live = False
    newest_first = True

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
        self._append = self._redis.register_script(scripts.APPEND)
        self._listing = Listing(connection, names)

    @property
    def name(self) -> str:
        return self._connection.name

    # Reading.

    def retrieve(self, sender_id: str) -> Stored | None:
        return self._read(sender_id, lambda log: (log.session, log.version))

    def retrieve_full(self, sender_id: str) -> Stored | None:
        return self._read(sender_id, lambda log: (log.base, log.version))

    def at(
        self, sender_id: str, *, time: float | None = None, index: int | None = None
    ) -> Stored | None:
        check_moment(time=time, index=index)
        if time is not None or index is None:
            return cut_at(self.retrieve_full(sender_id), time=time or 0.0)
        starts = self._starts(sender_id)
        return self._read(sender_id, lambda log: span_at(index, log=log, starts=starts))

    def _read(
        self, sender_id: str, span: Callable[[Log], tuple[int, int]]
    ) -> Stored | None:
        with self._connection.told():
            log = self._log(sender_id)
            if log is None:
                return None
            start, end = span(log)
            if not end and log.version:
                return None
            key = self._names.ours(sender_id, "events")
            texts = self._redis.lrange(key, start, end - 1) if end > start else []
        events, problems = sorted_out(
            (f"{as_text(key)}[{position}]", text)
            for position, text in enumerate(texts, start)
        )
        return Stored(
            sender_id=sender_id,
            events=events,
            first=start,
            version=log.version,
            problems=problems,
        )

    def sessions(self, sender_id: str) -> list[Session]:
        with self._connection.told():
            log = self._log(sender_id)
        return [] if log is None else sessions_of(self._starts(sender_id), log=log)

    def version(self, sender_id: str) -> int | None:
        with self._connection.told():
            log = self._log(sender_id)
        return None if log is None else log.version

    def _log(self, sender_id: str) -> Log | None:
        fields = self._redis.hmget(self._names.ours(sender_id, "state"), FIELDS)
        state = state_of(fields)
        if state is None:
            return None
        check_format(sender_id, found=state.format)
        return state.log

    def _starts(self, sender_id: str) -> list[Start]:
        key = self._names.ours(sender_id, "starts")
        with self._connection.told():
            texts = self._redis.lrange(key, 0, -1)
        rows = (decode(text, place=as_text(key)) for text in texts)
        return [
            Start(position=row[0], time=row[1], tracker=bool(row[2]))
            for row in rows
            if isinstance(row, list)
        ]

    # Writing.

    def save(self, sender_id: str, turn: Turn, *, expected: int | None = None) -> int:
        self._check_writable()
        if expected is not None:
            return self._append_turn(sender_id, turn, expected=expected)
        while True:
            # Without an expected version another writer's events may go first.
            with suppress(StoreConflict):
                version = self.version(sender_id) or 0
                return self._append_turn(sender_id, turn, expected=version)

    def _append_turn(self, sender_id: str, turn: Turn, *, expected: int) -> int:
        after, starts = Log(version=expected).grown(turn)
        records = stamped(turn, start=expected)
        lists: list[list[Any]] = [
            [encode(event) for event in turn.events],
            [encode([start.position, start.time, start.tracker]) for start in starts],
            [encode(record) for record in records],
            [as_bytes(name) for name in sorted(names_of(turn.events, records))],
        ]
        now, names = self._now(), lists[-1]
        heading = [
            *(FORMAT, expected, after.version, repr(now), self._life()),
            after.base if turn.replace else "",
            after.session if starts else "",
            *map(len, lists),
        ]
        items = [item for items in lists for item in items]
        self._run(sender_id, [*heading, *items, as_bytes(sender_id)], names)
        if self._connection.is_cluster:
            self._list(sender_id, now)
        return after.version

    def _having(self, name: bytes) -> bytes:
        return self._names.having(as_text(name))

    def _life(self) -> int | str:
        return "" if self._record_exp is None else int(self._record_exp * 1000)

    def _run(self, sender_id: str, arguments: list[Any], names: list[bytes]) -> None:
        keys = [self._names.ours(sender_id, part) for part in PARTS]
        if not self._connection.is_cluster:
            keys += [self._names.index(), *map(self._having, names)]
        with self._connection.told():
            said, number = self._append(keys=keys, args=arguments)
        if said == b"format":
            check_format(sender_id, found=int(number))
        if said == b"conflict":
            raise conflict(sender_id, version=number, expected=int(arguments[1]))

    def _list(self, sender_id: str, now: float) -> None:
        with self._connection.told():
            self._redis.zadd(self._names.index(), {as_bytes(sender_id): now})

    def delete(self, sender_id: str) -> bool:
        self._check_writable()
        keys = [self._names.ours(sender_id, part) for part in PARTS]
        with self._connection.told():
            self._redis.zrem(self._names.index(), as_bytes(sender_id))
            for name in self._redis.smembers(keys[-1]):
                self._redis.srem(self._having(name), as_bytes(sender_id))
            return bool(self._redis.delete(*keys))

    def expire(self, sender_id: str, *, seconds: float | None) -> bool:
        self._check_writable()
        keys = [self._names.ours(sender_id, part) for part in PARTS]
        with self._connection.told():
            if not self._redis.exists(keys[0]):
                return False
            for key in keys:
                if seconds is None:
                    self._redis.persist(key)
                else:
                    self._redis.pexpire(key, int(seconds * 1000))
        return True

    def _check_writable(self) -> None:
        if self._read_only:
            raise UsageError(f"{self.name} was opened for reading only")

    # Variables.

    def save_variables(
        self, sender_id: str, records: Sequence[Json], *, turn: int
    ) -> None:
        self._check_writable()
        version = self.version(sender_id)
        if version is None:
            raise UsageError(f"no conversation {sender_id!r} to keep variables of")
        written = stamped_records(records, start=turn)
        texts = [encode(record) for record in written]
        names = [as_bytes(name) for name in sorted(names_of((), written))]
        while True:
            with suppress(StoreConflict):
                counts = (0, 0, len(texts), len(names))
                now = repr(self._now())
                head = [FORMAT, version, version, now, "", "", "", *counts]
                arguments = [*head, *texts, *names, as_bytes(sender_id)]
                self._run(sender_id, arguments, names)
                return
            version = self.version(sender_id) or 0

    def variables(
        self, sender_id: str, *, first: int = 0, end: int | None = None
    ) -> list[Json]:
        key = self._names.ours(sender_id, "variables")
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
        return self._listing.page(query, limit=limit, after=after)

    def close(self) -> None:
        self._connection.close()
