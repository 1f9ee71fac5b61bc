"""A database: how to reach it, to read and to write in it, and what its errors mean.

Imitates the options of `SQLTrackerStore` of rasa/core/tracker_store.py (Rasa 3.6):
`get_db_url`, `create_engine_kwargs` and the environment that they read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import RLock
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc, pool
from sqlalchemy.engine import URL, make_url

from rasa_mock.errors import StoreError, StoreUnreachable, UsageError

BUSY_SECONDS = 30.0
"""How long a writer waits for another one of the same SQLite file."""

READING = "rasa_mock_reading"

# Where the driver has to be named, since SQLAlchemy's default may be an older one.
DRIVERS: Mapping[str, str] = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}

# What a server says when it is not the statement that is wrong -> what to look at.
REFUSALS: Mapping[str, str] = {
    "password authentication failed": "check username and password",
    "no password supplied": "a password is needed",
    "does not exist": "check the name of the database",
    "refused": "nothing listens there: is the database running?",
    "unable to open database file": "check that its folder exists and can be written",
    "file is not a database": "it is another kind of file",
    "timeout": "it does not answer",
    "could not translate host name": "check the name of the host",
    "failed to resolve host": "check the name of the host",
}


def database_url(
    *,
    dialect: str = "sqlite",
    host: str | None = None,
    port: int | None = None,
    db: str = "rasa.db",
    username: str | None = None,
    password: str | None = None,
    query: Mapping[str, Any] | None = None,
) -> URL:
    """Put a URL together from the options of an endpoints file."""
    if host and "://" in host:
        return with_driver(make_url(host))
    name, separator, given = (host or "").rpartition(":")
    if separator and given.isdigit() and port is None:
        host, port = name, int(given)
    url = URL.create(
        dialect,
        username=username or None,
        password=password or None,
        host=host or None,
        port=port,
        database=db,
        query=dict(query or {}),
    )
    return with_driver(url)


def with_driver(url: URL) -> URL:
    """Name the driver where SQLAlchemy would take an older one."""
    return url.set(drivername=DRIVERS.get(url.drivername, url.drivername))


class Database:
    """Connections to one database; `wal` makes a SQLite file quick to append to."""

    def __init__(
        self,
        url: URL,
        *,
        wal: bool = True,
        read_only: bool = False,
        login_db: str | None = None,
    ) -> None:
        self.url = url
        self.read_only = read_only
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._wal = wal and not read_only
        self.name = url.render_as_string(hide_password=True)
        # A database in memory has one connection for all threads.
        self._alone: AbstractContextManager[Any] = nullcontext()
        if self.is_sqlite and self._in_memory:
            self._alone = RLock()
        if login_db:
            self._create_database(login_db)
        self.engine = self._make_engine()
        with self.reading() as connection:
            connection.execute(sa.text("SELECT 1"))

    # Reading and writing.

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection to read with; nothing is written."""
        with self._alone, self._told(), self.engine.connect() as connection:
            yield connection.execution_options(**{READING: True})

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a connection in a transaction, which ends with the block."""
        if self.read_only:
            raise UsageError(f"{self.name} was opened for reading only")
        with self._alone, self._told(), self.engine.begin() as connection:
            yield connection

    def create(self, metadata: sa.MetaData) -> None:
        """Make the tables that are not there yet."""
        with self._told():
            try:
                metadata.create_all(self.engine)
            except (exc.IntegrityError, exc.ProgrammingError):
                # Another process may have made them between the look and the making.
                metadata.create_all(self.engine)

    def has_table(self, table: str) -> bool:
        """Tell whether a table is there."""
        with self.reading() as connection:
            return sa.inspect(connection).has_table(table)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what went wrong in the words of this house."""
        try:
            yield
        except exc.SQLAlchemyError as error:
            raise self._translated(error) from error
        except UnicodeEncodeError as error:
            raise StoreError(
                f"cannot store this text in {self.name}: {error}"
            ) from error

    def _translated(self, error: exc.SQLAlchemyError) -> StoreError:
        origin = getattr(error, "orig", None) or error
        said = " ".join(str(origin).split())
        advice = next((tip for key, tip in REFUSALS.items() if key in said), None)
        if isinstance(error, exc.DBAPIError) and error.connection_invalidated:
            return StoreUnreachable(f"lost the connection to {self.name}: {said}")
        if advice is None or isinstance(error, exc.ProgrammingError):
            return StoreError(f"{self.name} failed: {said}")
        return StoreUnreachable(f"cannot connect to {self.name}: {said}; {advice}")

    # Making connections.

    def _make_engine(self) -> sa.Engine:
        with self._told():
            try:
                engine = sa.create_engine(self._file_url(), **self._options())
            except ModuleNotFoundError as error:
                raise UsageError(
                    f"no driver for {self.name}: install {error.name}"
                ) from error
            except exc.NoSuchModuleError as error:
                dialect = self.url.drivername
                raise UsageError(f"there is no SQL dialect {dialect!r}") from error
        if self.is_sqlite:
            event.listen(engine, "connect", self._prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _options(self) -> dict[str, Any]:
        if self.is_sqlite:
            options: dict[str, Any] = {"connect_args": {"timeout": BUSY_SECONDS}}
            if self._in_memory:
                # All threads share the one connection, or each would have its own data.
                options["poolclass"] = pool.StaticPool
                options["connect_args"]["check_same_thread"] = False
            return options
        options = {"pool_pre_ping": True}
        if self.url.get_backend_name() == "postgresql":
            options["pool_size"] = int(os.environ.get("SQL_POOL_SIZE", "50"))
            options["max_overflow"] = int(os.environ.get("SQL_MAX_OVERFLOW", "100"))
            schema = os.environ.get("POSTGRESQL_SCHEMA")
            arguments: dict[str, Any] = {"connect_timeout": 10}
            if schema:
                arguments["options"] = f"-csearch_path={schema}"
            options["connect_args"] = arguments
        return options

    @property
    def _in_memory(self) -> bool:
        return not self.url.database or self.url.database == ":memory:"

    def _file_url(self) -> URL:
        """Return the URL, of a SQLite file one that does not make the file anew."""
        if not self.is_sqlite or not self.read_only or self._in_memory:
            return self.url
        path = Path(str(self.url.database)).absolute()
        if not path.exists():
            raise StoreUnreachable(f"cannot connect to {self.name}: no such file")
        return self.url.set(
            database=f"file:{path}", query={"mode": "ro", "uri": "true"}
        )

    def _prepare_sqlite(self, connection: Any, _record: Any) -> None:
        # Transactions are begun by `_begin_sqlite`, not by the driver.
        connection.isolation_level = None
        if self._wal and not self._in_memory:
            connection.execute("PRAGMA journal_mode=WAL").close()
        connection.execute("PRAGMA synchronous=FULL").close()

    def _create_database(self, login_db: str) -> None:
        """Make the database if it is not there, as Rasa does with `login_db`."""
        name = self.url.database
        login = sa.create_engine(
            self.url.set(database=login_db),
            isolation_level="AUTOCOMMIT",
            poolclass=pool.NullPool,
        )
        known = sa.text("SELECT 1 FROM pg_database WHERE datname = :name")
        with self._told(), login.connect() as connection:
            if connection.execute(known, {"name": name}).first() is None:
                quoted = login.dialect.identifier_preparer.quote(str(name))
                connection.execute(sa.text(f"CREATE DATABASE {quoted}"))


def _begin_sqlite(connection: sa.Connection) -> None:
    """Begin a transaction; one that writes locks the file at once, so none is lost."""
    is_reading = connection.get_execution_options().get(READING)
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")
