"""Open a tracker store by its URL, or by what the section of an endpoints file says.

    memory:                                        gone with the process
    sqlite:conversations.db  sqlite:////abs.db     a file
    postgresql://user:password@host:5432/name      and whatever SQLAlchemy knows
    redis://:password@host:6379/0?key_prefix=bot1  rediss:// with TLS
    redis+cluster://host1:6379,host2:6379

Options follow the question mark, as in an endpoints file.  `layout` is `history` (what
is kept is never overwritten), `rasa` (as Rasa's store of that kind) or `auto`
(whichever is there).  `record_exp` is how many seconds a conversation is kept.  The
libraries of a store are loaded when it is opened.
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rasa_mock.errors import UsageError
from rasa_mock.stores.base import HISTORY, LAYOUTS, TrackerStore
from rasa_mock.stores.memory import MemoryStore
from rasa_mock.stores.sources import (
    OUR_OPTIONS,
    Kind,
    Options,
    Tell,
    find_kind,
    log_warning,
    needed,
    number,
    truth,
)

AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How a store is to be opened, whatever its kind."""

    layout: str = HISTORY
    read_only: bool = False
    record_exp: float | None = None
    now: Callable[[], float] = clock.time
    tell: Tell = log_warning


def open_store(
    source: str | Mapping[str, Any] | None,
    *,
    layout: str | None = None,
    read_only: bool = False,
    now: Callable[[], float] = clock.time,
    tell: Tell = log_warning,
) -> TrackerStore:
    """Open the store of a URL, or of the `tracker_store` of an endpoints file.

    Without a source, or a type in it, conversations stay in memory.  `layout` goes
    before the one that the source names.  Raises StoreUnreachable where nothing
    answers, UsageError where the source cannot be meant.
    """
    kind, options = find_kind(source, kinds=KINDS, what="tracker store")
    named = options.pop("layout", None)
    layout = layout or named or HISTORY
    if layout not in (*LAYOUTS, AUTO):
        expected = ", ".join((*LAYOUTS, AUTO))
        raise UsageError(f"unknown layout {layout!r}: expected one of {expected}")
    opening = Opening(
        layout=layout,
        read_only=read_only,
        record_exp=number(options, "record_exp"),
        now=now,
        tell=tell,
    )
    return kind.make(options, opening)


def _open_memory(options: Options, opening: Opening) -> TrackerStore:
    layout = HISTORY if opening.layout == AUTO else opening.layout
    return MemoryStore(
        layout=layout,
        record_exp=opening.record_exp,
        most=number(options, "max_conversations"),
        now=opening.now,
    )


def _open_sql(options: Options, opening: Opening) -> TrackerStore:
    with needed("sql"):
        from rasa_mock.stores.sql.opening import open_sql
    return open_sql(
        options,
        layout=opening.layout,
        read_only=opening.read_only,
        record_exp=opening.record_exp,
        now=opening.now,
        tell=opening.tell,
    )


def _open_redis(options: Options, opening: Opening) -> TrackerStore:
    with needed("redis"):
        from rasa_mock.stores.redis.opening import open_redis
    return open_redis(
        options,
        layout=opening.layout,
        read_only=opening.read_only,
        record_exp=opening.record_exp,
        now=opening.now,
        tell=opening.tell,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a source says about what is recorded beside events.

    `variables` is None where it says nothing, `redact` are rules, which hold for the
    events as well with `events`.
    """

    variables: bool | None = None
    redact: tuple[str, ...] = ()
    events: bool = False


def recording_of(source: str | Mapping[str, Any] | None) -> Recorded:
    """Read what a source says about variables: `variables`, `redact`, `redact_events`.

    Raises UsageError for what is no truth value or no list of rules.
    """
    _, options = find_kind(source, kinds=KINDS, what="tracker store")
    rules = options.get("redact") or ()
    if isinstance(rules, str):
        rules = rules.split(",")
    if not isinstance(rules, list | tuple):
        raise UsageError(f"expected a list of rules for 'redact', got {rules!r}")
    return Recorded(
        variables=truth(options, "variables") if "variables" in options else None,
        redact=tuple(map(str, rules)),
        events=truth(options, "redact_events"),
    )


Make = Callable[[Options, Opening], TrackerStore]

KINDS: tuple[Kind[Make], ...] = (
    Kind(
        types=("memory",),
        schemes=("memory",),
        make=_open_memory,
        options=(*OUR_OPTIONS, "max_conversations"),
    ),
    Kind(
        types=("sql",),
        schemes=("sqlite", "postgresql", "postgres", "mysql", "mariadb", "mssql"),
        make=_open_sql,
        options=OUR_OPTIONS,
    ),
    Kind(
        types=("redis",),
        schemes=("redis", "rediss"),
        make=_open_redis,
        options=(
            *OUR_OPTIONS,
            *("key_prefix", "socket_timeout"),
            *("ssl_certfile", "ssl_keyfile", "ssl_ca_certs"),
        ),
    ),
)
"""The kinds of stores; the first is taken where none is named."""
