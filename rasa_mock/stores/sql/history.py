"""The layout `history` in SQL: events are only ever added, each once.

One row a conversation says how long it is and where tracker and session begin; a save
raises its version in the same transaction in which it adds the events, so that of two
writers one has to wait and then learns that it came second.
"""

from __future__ import annotations

import json
import time as clock
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from rasa_mock.errors import StoreConflict, StoreError, UsageError
from rasa_mock.stores.base import (
    EVERYTHING,
    HISTORY,
    PAGE,
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
from rasa_mock.stores.codec import encode, restored, sorted_out, storable
from rasa_mock.stores.log import (
    FORMAT,
    Log,
    Start,
    check_format,
    check_moment,
    check_version,
    conflict,
    cut_at,
    sessions_of,
    span_at,
)
from rasa_mock.stores.sql import tables
from rasa_mock.stores.sql.aside import Aside
from rasa_mock.stores.sql.database import Database
from rasa_mock.stores.sql.tables import CONVERSATIONS, EVENTS, NAMES, STARTS

Row = Any  # SQLAlchemy 2.0 and 2.1 give a row's type other parameters


class SqlHistory:
    """See `TrackerStore`; `record_exp` is how many seconds a conversation is kept."""

    layout = HISTORY
    blocking = True
    live = False
    newest_first = True

    def __init__(
        self,
        database: Database,
        *,
        record_exp: float | None = None,
        now: Callable[[], float] = clock.time,
    ) -> None:
        self._database = database
        self._record_exp = record_exp
        self._now = now
        self._aside = Aside(database)
        if database.read_only:
            _expect_tables(database)
        else:
            database.create(tables.HISTORY)
            self._aside.make()

    @property
    def name(self) -> str:
        return self._database.name

    # Reading.

    def retrieve(self, sender_id: str) -> Stored | None:
        return self._read(sender_id, lambda log: log.session)

    def retrieve_full(self, sender_id: str) -> Stored | None:
        return self._read(sender_id, lambda log: log.base)

    def _read(self, sender_id: str, start: Callable[[Log], int]) -> Stored | None:
        with self._database.reading() as connection:
            log = self._log(connection, sender_id)
            if log is None:
                return None
            return _events(
                connection, sender_id, log=log, start=start(log), end=log.version
            )

    def at(
        self, sender_id: str, *, time: float | None = None, index: int | None = None
    ) -> Stored | None:
        check_moment(time=time, index=index)
        if time is not None or index is None:
            return cut_at(self.retrieve_full(sender_id), time=time or 0.0)
        with self._database.reading() as connection:
            log = self._log(connection, sender_id)
            if log is None:
                return None
            starts = _starts(connection, storable(sender_id))
            first, end = span_at(index, log=log, starts=starts)
            if not end:
                return None
            return _events(connection, sender_id, log=log, start=first, end=end)

    def sessions(self, sender_id: str) -> list[Session]:
        with self._database.reading() as connection:
            log = self._log(connection, sender_id)
            if log is None:
                return []
            return sessions_of(_starts(connection, storable(sender_id)), log=log)

    def version(self, sender_id: str) -> int | None:
        with self._database.reading() as connection:
            log = self._log(connection, sender_id)
        return None if log is None else log.version

    def _log(self, connection: sa.Connection, sender_id: str) -> Log | None:
        """Read the state of a conversation that has not ended."""
        row = connection.execute(KNOWN, {"key": storable(sender_id)}).first()
        if row is None or self._has_ended(row):
            return None
        check_format(sender_id, found=row.format)
        return _log_of(row)

    def _has_ended(self, row: Row) -> bool:
        return row.expires is not None and row.expires <= self._now()

    # Writing.

    def save(self, sender_id: str, turn: Turn, *, expected: int | None = None) -> int:
        if expected is not None:
            return self._append(sender_id, turn, expected=expected)
        while True:
            # Without an expected version another writer's events may go first.
            with suppress(StoreConflict):
                return self._append(sender_id, turn, expected=None)

    def _append(self, sender_id: str, turn: Turn, *, expected: int | None) -> int:
        key = storable(sender_id)
        events = [encode(event) for event in turn.events]
        with self._database.writing() as connection:
            before = self._begin(connection, sender_id, expected=expected)
            after, starts = before.grown(turn)
            self._raise_version(connection, sender_id, before=before, after=after)
            rows = [
                {"sender": key, "position": position, "data": data}
                for position, data in enumerate(events, before.version)
            ]
            if rows:
                connection.execute(sa.insert(EVENTS), rows)
            if starts:
                connection.execute(
                    sa.insert(STARTS), [_start_row(key, start) for start in starts]
                )
            records = stamped(turn, start=before.version)
            self._aside.write(connection, key, records=records)
            _add_names(connection, key, names_of(turn.events, records))
        return after.version

    def _begin(
        self, connection: sa.Connection, sender_id: str, *, expected: int | None
    ) -> Log:
        """Lock a conversation, made if need be; return its state."""
        key = storable(sender_id)
        row = connection.execute(LOCKED, {"key": key}).first()
        if row is not None and self._has_ended(row):
            self._remove(connection, key)
            row = None
        if row is not None:
            check_format(sender_id, found=row.format)
        log = Log() if row is None else _log_of(row)
        check_version(sender_id, version=log.version, expected=expected)
        if row is None:
            values = {"sender": key, "format": FORMAT, **_columns(log), "updated": 0.0}
            try:
                connection.execute(sa.insert(CONVERSATIONS).values(values))
            except exc.IntegrityError as error:
                raise conflict(sender_id, version="new", expected=0) from error
        return log

    def _raise_version(
        self, connection: sa.Connection, sender_id: str, *, before: Log, after: Log
    ) -> None:
        now = self._now()
        changes: dict[str, Any] = {**_columns(after), "updated": now}
        if self._record_exp is not None:
            changes["expires"] = now + self._record_exp
        done = connection.execute(
            sa.update(CONVERSATIONS)
            .where(CONVERSATIONS.c.sender == storable(sender_id))
            .where(CONVERSATIONS.c.version == before.version)
            .values(changes)
        )
        if done.rowcount != 1:
            raise conflict(sender_id, version="more", expected=before.version)

    def delete(self, sender_id: str) -> bool:
        with self._database.writing() as connection:
            return self._remove(connection, storable(sender_id))

    def _remove(self, connection: sa.Connection, key: str) -> bool:
        for table in (EVENTS, STARTS, NAMES):
            connection.execute(sa.delete(table).where(table.c.sender == key))
        self._aside.delete(connection, key)
        done = connection.execute(
            sa.delete(CONVERSATIONS).where(CONVERSATIONS.c.sender == key)
        )
        return done.rowcount > 0

    def expire(self, sender_id: str, *, seconds: float | None) -> bool:
        end = None if seconds is None else self._now() + seconds
        with self._database.writing() as connection:
            if self._log(connection, sender_id) is None:
                return False
            connection.execute(
                sa.update(CONVERSATIONS)
                .where(CONVERSATIONS.c.sender == storable(sender_id))
                .values(expires=end)
            )
            return True

    # Variables.

    def save_variables(
        self, sender_id: str, records: Sequence[Json], *, turn: int
    ) -> None:
        key = storable(sender_id)
        written = stamped_records(records, start=turn)
        with self._database.writing() as connection:
            if self._log(connection, sender_id) is None:
                raise UsageError(f"no conversation {sender_id!r} to keep variables of")
            self._aside.write(connection, key, records=written)
            _add_names(connection, key, names_of((), written))
            connection.execute(
                sa.update(CONVERSATIONS)
                .where(CONVERSATIONS.c.sender == key)
                .values(updated=self._now())
            )

    def variables(
        self, sender_id: str, *, first: int = 0, end: int | None = None
    ) -> list[Json]:
        return self._aside.read(storable(sender_id), first=first, end=end)

    # The list.

    def keys(
        self, query: Query = EVERYTHING, *, limit: int = PAGE, after: str | None = None
    ) -> Page:
        chosen = _listed(query, now=self._now(), after=after).limit(limit + 1)
        with self._database.reading() as connection:
            rows = connection.execute(chosen).all()
        items = [_summary(row) for row in rows[:limit]]
        problems = tuple(
            Problem(place=item.sender_id, message=f"written in format {row.format}")
            for item, row in zip(items, rows, strict=False)
            if row.format > FORMAT
        )
        more = len(rows) > limit > 0
        last = rows[limit - 1] if more else None
        following = None if last is None else json.dumps([last.updated, last.sender])
        return Page(items=items, next=following, problems=problems)

    def close(self) -> None:
        self._database.close()


KNOWN = sa.select(CONVERSATIONS).where(CONVERSATIONS.c.sender == sa.bindparam("key"))
LOCKED = KNOWN.with_for_update()


def _expect_tables(database: Database) -> None:
    if not database.has_table(CONVERSATIONS.name):
        raise StoreError(
            f"{database.name} has no table {CONVERSATIONS.name!r}: is it a store of "
            "rasa_mock, or one of Rasa's (layout=rasa)?"
        )


def _log_of(row: Row) -> Log:
    return Log(version=row.version, base=row.base, session=row.session)


def _columns(log: Log) -> dict[str, int]:
    return {"version": log.version, "base": log.base, "session": log.session}


def _start_row(key: str, start: Start) -> dict[str, Any]:
    return {
        "sender": key,
        "position": start.position,
        "time": start.time,
        "tracker": start.tracker,
    }


def _starts(connection: sa.Connection, key: str) -> list[Start]:
    chosen = sa.select(STARTS).where(STARTS.c.sender == key).order_by(STARTS.c.position)
    return [
        Start(position=row.position, time=row.time, tracker=row.tracker)
        for row in connection.execute(chosen)
    ]


def _events(
    connection: sa.Connection, sender_id: str, *, log: Log, start: int, end: int
) -> Stored:
    columns = EVENTS.c
    chosen = (
        sa.select(columns.position, columns.data)
        .where(columns.sender == storable(sender_id))
        .where(columns.position >= start, columns.position < end)
        .order_by(columns.position)
    )
    rows = connection.execute(chosen).all()
    events, problems = sorted_out((f"{sender_id}[{row[0]}]", row[1]) for row in rows)
    return Stored(
        sender_id=sender_id,
        events=events,
        first=start,
        version=log.version,
        problems=problems,
    )


def _add_names(connection: sa.Connection, key: str, names: set[str]) -> None:
    """Add what can be asked for; the conversation is locked, so nobody else does."""
    if not names:
        return
    wanted = {storable(name) for name in names}
    columns = NAMES.c
    known = connection.execute(
        sa.select(columns.name).where(columns.sender == key, columns.name.in_(wanted))
    )
    new = sorted(wanted - set(known.scalars()))
    if new:
        rows = [{"sender": key, "name": name} for name in new]
        connection.execute(sa.insert(NAMES), rows)


def _listed(query: Query, *, now: float, after: str | None) -> sa.Select[Any]:
    """Ask for conversations, the one that changed last first."""
    table = CONVERSATIONS.c
    chosen = sa.select(CONVERSATIONS).where(
        sa.or_(table.expires.is_(None), table.expires > now)
    )
    if query.search:
        chosen = chosen.where(
            table.sender.icontains(storable(query.search), autoescape=True)
        )
    if query.since is not None:
        chosen = chosen.where(table.updated >= query.since)
    if query.until is not None:
        chosen = chosen.where(table.updated <= query.until)
    for name in query.names:
        having = sa.select(NAMES.c.sender).where(NAMES.c.name == storable(name))
        chosen = chosen.where(table.sender.in_(having))
    if after is not None:
        updated, sender = json.loads(after)
        chosen = chosen.where(
            sa.or_(
                table.updated < updated,
                sa.and_(table.updated == updated, table.sender > sender),
            )
        )
    return chosen.order_by(table.updated.desc(), table.sender)


def _summary(row: Row) -> Summary:
    return Summary(
        sender_id=restored(row.sender),
        mark=f"{row.version}:{row.updated!r}",
        version=row.version,
        updated=row.updated,
    )
