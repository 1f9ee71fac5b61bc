"""Records of variables in SQL: the same table beside either layout."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from rasa_mock.stores.base import Json
from rasa_mock.stores.codec import encode, sorted_records
from rasa_mock.stores.sql.database import Database
from rasa_mock.stores.sql.tables import ASIDE, VARIABLES


class Aside:
    """Variables of conversations; their senders' ids come as they are stored."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_there = False

    def is_there(self, connection: sa.Connection) -> bool:
        """Tell whether the table is there."""
        if not self._is_there:
            self._is_there = sa.inspect(connection).has_table(VARIABLES.name)
        return self._is_there

    def make(self) -> None:
        """Make the table if it is not there; not within a transaction."""
        if not self._is_there:
            self._database.create(ASIDE)
            self._is_there = True

    def write(
        self, connection: sa.Connection, key: str, *, records: Sequence[Json]
    ) -> None:
        """Add records within a transaction."""
        rows = [
            {"sender": key, "turn": record["turn"], "data": encode(record)}
            for record in records
        ]
        if rows:
            connection.execute(sa.insert(VARIABLES), rows)

    def read(self, key: str, *, first: int, end: int | None) -> list[Json]:
        """Return the records of turns in a range."""
        table = VARIABLES.c
        chosen = sa.select(table.id, table.data).where(
            table.sender == key, table.turn >= first
        )
        if end is not None:
            chosen = chosen.where(table.turn < end)
        with self._database.reading() as connection:
            if not self.is_there(connection):
                return []
            rows = connection.execute(chosen.order_by(table.id)).all()
        return sorted_records((f"{VARIABLES.name}.id={row[0]}", row[1]) for row in rows)

    def delete(self, connection: sa.Connection, key: str) -> None:
        """Forget the records of a conversation, within a transaction."""
        if self.is_there(connection):
            connection.execute(sa.delete(VARIABLES).where(VARIABLES.c.sender == key))
