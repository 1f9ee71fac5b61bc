"""The layout `rasa` in SQL: Rasa's own table, row for row as Rasa writes it.

What Rasa does not have, variables and an end of conversations, stands in tables beside
it, which are made when they are first needed; `keys` and `at` ask Rasa's table.

Imitates `SQLTrackerStore` of rasa/core/tracker_store.py (Rasa 3.6).
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from rasa_mock.errors import StoreError, UsageError
from rasa_mock.stores.base import (
    EVERYTHING,
    PAGE,
    RASA,
    Json,
    Page,
    Query,
    Session,
    Stored,
    Summary,
    Turn,
    since_session_started,
    stamped,
    stamped_records,
)
from rasa_mock.stores.codec import encode, encode_as_rasa, sorted_out, storable
from rasa_mock.stores.log import check_version, moment_of, sessions_in
from rasa_mock.stores.sql import tables
from rasa_mock.stores.sql.aside import Aside
from rasa_mock.stores.sql.database import Database
from rasa_mock.stores.sql.tables import EXPIRY, RASA_EVENTS, VARIABLES

Row = Any  # SQLAlchemy 2.0 and 2.1 give a row's type other parameters
EVENTS = RASA_EVENTS.c


class SqlRasa:
    """See `TrackerStore`."""

    layout = RASA
    blocking = True
    live = True
    newest_first = True

    def __init__(
        self, database: Database, *, now: Callable[[], float] = clock.time
    ) -> None:
        self._database = database
        self._now = now
        self._aside = Aside(database)
        if not database.read_only:
            database.create(tables.RASA)
        elif not database.has_table(RASA_EVENTS.name):
            raise StoreError(f"{database.name} has no table 'events': is it Rasa's?")

    @property
    def name(self) -> str:
        return self._database.name

    # Reading.

    def retrieve(self, sender_id: str) -> Stored | None:
        full = self.retrieve_full(sender_id)
        if full is None:
            return None
        events = since_session_started(full.events)
        first = full.events.index(events[0]) if events else 0
        return replace(full, events=events, first=first)

    def retrieve_full(self, sender_id: str) -> Stored | None:
        with self._database.reading() as connection:
            rows = self._rows(connection, sender_id)
        if not rows:
            return None
        events, problems = sorted_out((f"events.id={row.id}", row.data) for row in rows)
        return Stored(
            sender_id=sender_id, events=events, version=len(rows), problems=problems
        )

    def _rows(self, connection: sa.Connection, sender_id: str) -> list[Row]:
        if self._has_ended(connection, sender_id):
            return []
        chosen = sa.select(EVENTS.id, EVENTS.data).where(EVENTS.sender_id == sender_id)
        return list(connection.execute(chosen.order_by(EVENTS.id)).all())

    def at(
        self, sender_id: str, *, time: float | None = None, index: int | None = None
    ) -> Stored | None:
        return moment_of(self.retrieve_full(sender_id), time=time, index=index)

    def sessions(self, sender_id: str) -> list[Session]:
        return sessions_in(self.retrieve_full(sender_id))

    def version(self, sender_id: str) -> int | None:
        with self._database.reading() as connection:
            count = self._count(connection, sender_id)
        return count or None

    def _count(self, connection: sa.Connection, sender_id: str) -> int:
        if self._has_ended(connection, sender_id):
            return 0
        counted = sa.select(sa.func.count()).where(EVENTS.sender_id == sender_id)
        return int(connection.execute(counted).scalar_one())

    # Writing.

    def save(self, sender_id: str, turn: Turn, *, expected: int | None = None) -> int:
        if turn.variables:
            self._aside.make()
        with self._database.writing() as connection:
            self._lock(connection, sender_id)
            if self._has_ended(connection, sender_id):
                self._remove(connection, sender_id)
            count = self._count(connection, sender_id)
            check_version(sender_id, version=count, expected=expected)
            new = list(turn.events)
            if turn.replace:
                new = new[self._session_length(connection, sender_id) :]
            if new:
                rows = [_row(sender_id, event) for event in new]
                connection.execute(sa.insert(RASA_EVENTS), rows)
            self._aside.write(
                connection, storable(sender_id), records=stamped(turn, start=count)
            )
        return count + len(new)

    def _session_length(self, connection: sa.Connection, sender_id: str) -> int:
        """Count what Rasa takes for stored: it adds only the events after as many."""
        texts = ((str(row.id), row.data) for row in self._rows(connection, sender_id))
        return len(since_session_started(sorted_out(texts)[0]))

    def _lock(self, connection: sa.Connection, sender_id: str) -> None:
        """Let writers of a conversation wait for each other; a SQLite file has one."""
        if connection.dialect.name == "postgresql":
            key = sa.func.hashtextextended(sender_id, 0)
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))

    def delete(self, sender_id: str) -> bool:
        with self._database.writing() as connection:
            return self._remove(connection, sender_id)

    def _remove(self, connection: sa.Connection, sender_id: str) -> bool:
        done = connection.execute(
            sa.delete(RASA_EVENTS).where(EVENTS.sender_id == sender_id)
        )
        key = storable(sender_id)
        if self._aside.is_there(connection):
            self._aside.delete(connection, key)
            connection.execute(sa.delete(EXPIRY).where(EXPIRY.c.sender == key))
        return done.rowcount > 0

    def expire(self, sender_id: str, *, seconds: float | None) -> bool:
        if self.version(sender_id) is None:
            return False
        self._aside.make()
        key = storable(sender_id)
        with self._database.writing() as connection:
            connection.execute(sa.delete(EXPIRY).where(EXPIRY.c.sender == key))
            if seconds is not None:
                end = self._now() + seconds
                values = {"sender": key, "expires": end}
                connection.execute(sa.insert(EXPIRY).values(values))
        return True

    def _has_ended(self, connection: sa.Connection, sender_id: str) -> bool:
        if not self._aside.is_there(connection):
            return False
        due = (
            sa.select(EXPIRY.c.expires)
            .where(EXPIRY.c.sender == storable(sender_id))
            .where(EXPIRY.c.expires <= self._now())
        )
        return connection.execute(due).first() is not None

    # Variables.

    def save_variables(
        self, sender_id: str, records: Sequence[Json], *, turn: int
    ) -> None:
        if self.version(sender_id) is None:
            raise UsageError(f"no conversation {sender_id!r} to keep variables of")
        self._aside.make()
        written = stamped_records(records, start=turn)
        with self._database.writing() as connection:
            self._aside.write(connection, storable(sender_id), records=written)

    def variables(
        self, sender_id: str, *, first: int = 0, end: int | None = None
    ) -> list[Json]:
        return self._aside.read(storable(sender_id), first=first, end=end)

    # The list.

    def keys(
        self, query: Query = EVERYTHING, *, limit: int = PAGE, after: str | None = None
    ) -> Page:
        chosen = _listed(query, after=after).limit(limit + 1)
        with self._database.reading() as connection:
            if self._aside.is_there(connection):
                ended = sa.select(EXPIRY.c.sender).where(
                    EXPIRY.c.expires <= self._now()
                )
                chosen = chosen.where(EVENTS.sender_id.not_in(ended))
            rows = connection.execute(chosen).all()
        more = len(rows) > limit > 0
        return Page(
            items=[_summary(row) for row in rows[:limit]],
            next=str(rows[limit - 1].newest) if more else None,
        )

    def close(self) -> None:
        self._database.close()


NEWEST = sa.func.max(EVENTS.id)
LATEST = sa.func.max(EVENTS.timestamp)

# Kind of name -> the column that has it, and the type of the events that count.
NAMED: Mapping[str, tuple[Any, str]] = {
    "intent": (EVENTS.intent_name, "user"),
    "action": (EVENTS.action_name, "action"),
}


def _listed(query: Query, *, after: str | None) -> sa.Select[Any]:
    """Ask for conversations, the one that changed last first."""
    chosen = sa.select(
        EVENTS.sender_id,
        sa.func.count().label("version"),
        NEWEST.label("newest"),
        LATEST.label("updated"),
    ).group_by(EVENTS.sender_id)
    if query.search:
        chosen = chosen.where(EVENTS.sender_id.icontains(query.search, autoescape=True))
    if query.since is not None:
        chosen = chosen.having(query.since <= LATEST)
    if query.until is not None:
        chosen = chosen.having(query.until >= LATEST)
    for kind, (column, event) in NAMED.items():
        name = getattr(query, kind)
        if name:
            having = sa.select(EVENTS.sender_id).where(
                column == name, EVENTS.type_name == event
            )
            chosen = chosen.where(EVENTS.sender_id.in_(having))
    if query.finding:
        having = sa.select(VARIABLES.c.sender).where(
            VARIABLES.c.data.contains(encode(query.finding), autoescape=True),
            VARIABLES.c.data.contains('"kind":"finding"', autoescape=True),
        )
        chosen = chosen.where(EVENTS.sender_id.in_(having))
    if after is not None:
        chosen = chosen.having(int(after) > NEWEST)
    return chosen.order_by(NEWEST.desc())


def _row(sender_id: str, event: Json) -> dict[str, Any]:
    """Return the row of an event, as Rasa makes it."""
    intent = ((event.get("parse_data") or {}).get("intent") or {}).get("name")
    return {
        "sender_id": sender_id,
        "type_name": event["event"],
        "timestamp": event.get("timestamp"),
        "intent_name": intent,
        "action_name": event.get("name"),
        "data": encode_as_rasa(event),
    }


def _summary(row: Row) -> Summary:
    return Summary(
        sender_id=row.sender_id,
        mark=f"{row.version}:{row.newest}",
        version=row.version,
        updated=row.updated,
    )
