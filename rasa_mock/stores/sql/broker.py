"""The event broker in SQL: a row an event, in a table of Rasa's.

Imitates `SQLEventBroker` of rasa/core/brokers/sql.py (Rasa 3.6).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from rasa_mock.stores.sources import Options
from rasa_mock.stores.sql.database import Database
from rasa_mock.stores.sql.opening import url_of

METADATA = sa.MetaData()
EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender_id", sa.String(255)),
    sa.Column("data", sa.Text),
)
DEFAULT_DB = "events.db"


class SqlBroker:
    """See `Broker`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.create(METADATA)

    @property
    def name(self) -> str:
        return self._database.name

    def publish(self, event: Mapping[str, Any]) -> None:
        row = {"sender_id": event.get("sender_id"), "data": json.dumps(event)}
        with self._database.writing() as connection:
            connection.execute(sa.insert(EVENTS).values(row))

    def close(self) -> None:
        self._database.close()


def open_sql_broker(options: Options) -> SqlBroker:
    """Open the broker; its database is `events.db` unless told."""
    url = url_of({"db": DEFAULT_DB, **options})
    return SqlBroker(Database(url, wal=False))
