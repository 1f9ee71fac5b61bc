"""Open a store in Redis: the connection, and the layout that is asked for or found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from rasa_mock.errors import UsageError
from rasa_mock.stores.base import HISTORY, LAYOUTS, RASA, TrackerStore
from rasa_mock.stores.redis.connection import (
    ANSWER_SECONDS,
    PORT,
    Connection,
    connect,
    host_of,
)
from rasa_mock.stores.redis.history import RedisHistory
from rasa_mock.stores.redis.names import KeyNames, key_names
from rasa_mock.stores.redis.rasa import RedisRasa
from rasa_mock.stores.sources import Options, Tell, number, truth

CLUSTER = "cluster"


def open_redis(
    options: Options,
    *,
    layout: str,
    read_only: bool,
    record_exp: float | None,
    now: Callable[[], float],
    tell: Tell,
) -> TrackerStore:
    """Open the store; see `rasa_mock.stores.registry`."""
    connection = open_connection(options)
    names = key_names(options.get("key_prefix"), tell=tell)
    if layout not in LAYOUTS:
        layout = _layout_in(connection, names)
    made = RedisHistory if layout == HISTORY else RedisRasa
    return made(
        connection, names=names, record_exp=record_exp, read_only=read_only, now=now
    )


def _layout_in(connection: Connection, names: KeyNames) -> str:
    """Tell which layout is there; the one of this house where there is none."""
    client = connection.client
    with connection.told():
        if client.exists(names.index()):
            return HISTORY
        found = next(client.scan_iter(match=names.rasa_pattern(), count=1000), None)
    return HISTORY if found is None else RASA


def open_connection(options: Options, *, db: int = 0) -> Connection:
    """Connect to the Redis of a URL or of the options of an endpoints file."""
    url = str(options.get("url") or options.get("host") or "localhost")
    given = _of_url(url) if "://" in url else _of_options(url, options)
    given.setdefault("db", number(options, "db", default=db))
    for name in ("ssl_certfile", "ssl_keyfile", "ssl_ca_certs"):
        given[name] = options.get(name)
    given["socket_timeout"] = number(options, "socket_timeout", default=ANSWER_SECONDS)
    for name in ("username", "password"):
        if options.get(name) is not None:
            given[name] = str(options[name])
    return connect(**given)


def _of_url(url: str) -> dict[str, Any]:
    scheme, _, rest = url.partition("://")
    scheme, _, mode = scheme.partition("+")
    authority, _, path = rest.partition("?")[0].partition("/")
    secret, _, hosts = authority.rpartition("@")
    username, _, password = secret.partition(":")
    given: dict[str, Any] = {
        "use_ssl": scheme == "rediss",
        "username": unquote(username) or None,
        "password": unquote(password) or None,
    }
    if path:
        if not path.isdigit():
            raise UsageError(f"expected the number of a database, got {path!r}")
        given["db"] = int(path)
    if mode == CLUSTER:
        return given | {"nodes": tuple(hosts.split(","))}
    if mode:
        raise UsageError(f"expected redis+cluster://, got {scheme}+{mode}://")
    host, port = host_of(f"{scheme}://{hosts}")
    return given | {"host": host, "port": port or PORT}


def _of_options(url: str, options: Options) -> dict[str, Any]:
    host, port = host_of(url)
    given: dict[str, Any] = {
        "host": host,
        "port": number(options, "port", default=port or PORT),
        "use_ssl": truth(options, "use_ssl"),
    }
    mode = options.get("deployment_mode") or "standard"
    if mode == CLUSTER:
        nodes = options.get("endpoints") or [f"{host}:{given['port']}"]
        return given | {"nodes": tuple(str(node) for node in nodes)}
    if mode != "standard":
        raise UsageError(
            f"deployment_mode {mode!r} is not known here: expected standard or cluster"
        )
    return given
