"""Open a store in SQL: its database, and the layout that is asked for or found."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from rasa_mock.errors import UsageError
from rasa_mock.stores.base import HISTORY, LAYOUTS, RASA, TrackerStore
from rasa_mock.stores.sources import OUR_OPTIONS, Options, Tell, number, without_options
from rasa_mock.stores.sql.database import Database, database_url, with_driver
from rasa_mock.stores.sql.history import SqlHistory
from rasa_mock.stores.sql.rasa import SqlRasa
from rasa_mock.stores.sql.tables import CONVERSATIONS, RASA_EVENTS


def open_sql(
    options: Options,
    *,
    layout: str,
    read_only: bool,
    record_exp: float | None,
    now: Callable[[], float],
    tell: Tell,
) -> TrackerStore:
    """Open the store; see `rasa_mock.stores.registry`."""
    database = Database(
        url_of(options),
        wal=layout == HISTORY,
        read_only=read_only,
        login_db=options.get("login_db"),
    )
    if layout not in LAYOUTS:
        layout = _layout_in(database)
    if layout == HISTORY:
        return SqlHistory(database, record_exp=record_exp, now=now)
    if record_exp is not None:
        tell("record_exp is ignored, as Rasa does with SQL: use layout: history")
    return SqlRasa(database, now=now)


def _layout_in(database: Database) -> str:
    """Tell which layout is there; the one of this house where there is none."""
    if database.has_table(CONVERSATIONS.name):
        return HISTORY
    return RASA if database.has_table(RASA_EVENTS.name) else HISTORY


def url_of(options: Options) -> URL:
    """Return the URL of a database from a URL or the options of an endpoints file."""
    given = str(options.get("url") or options.get("host") or "")
    if "dialect" not in options and ":" in given:
        return _parsed(without_options(given, OUR_OPTIONS))
    try:
        return database_url(
            dialect=options.get("dialect") or "sqlite",
            host=given or None,
            port=number(options, "port"),
            db=str(options.get("db") or "rasa.db"),
            username=options.get("username"),
            password=options.get("password"),
            query=options.get("query"),
        )
    except (ArgumentError, TypeError) as error:
        raise UsageError(
            f"cannot read the options of the SQL store: {error}"
        ) from error


def _parsed(url: str) -> URL:
    """Read a URL; of a file also the short form, `sqlite:name.db`."""
    scheme, _, rest = url.partition(":")
    if not rest.startswith("//"):
        url = f"{scheme}:///{rest}"
    try:
        return with_driver(make_url(url))
    except (ArgumentError, ValueError) as error:
        raise UsageError(f"cannot read the URL of a database: {error}") from error
