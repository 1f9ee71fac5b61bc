"""A Redis server or cluster: how to reach it, and what its errors mean.

Imitates the options of `RedisTrackerStore` of rasa/core/tracker_store.py (Rasa 3.6),
and `deployment_mode` and `endpoints` of Rasa Pro.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import redis
from redis import exceptions
from redis.backoff import ExponentialBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.retry import Retry

from rasa_mock.errors import StoreError, StoreUnreachable, UsageError

PORT = 6379
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
RETRIES = 2

# What a server says first -> what to look at.
REFUSALS: Mapping[str, str] = {
    "WRONGPASS": "check username and password",
    "invalid username-password": "check username and password",
    "NOAUTH": "a password is needed",
    "Authentication required": "a password is needed",
    "AUTH": "check username and password",
    "DB index is out of range": "check the number of the database",
    "invalid DB index": "check the number of the database",
    "SELECT is not allowed in cluster mode": "a cluster has database 0 only",
}
# Likewise, where the connection is good and the command fails.
FAILURES: Mapping[str, str] = {
    "OOM": "the server is out of memory (maxmemory)",
    "MISCONF": "the server cannot write to its disk",
    "READONLY": "the server is a replica that cannot be written to",
    "WRONGTYPE": "a key of ours holds something else: who writes under this prefix?",
    "LOADING": "the server is still reading its data, try again",
    "CLUSTERDOWN": "the cluster is down",
}


class Connection:
    """A client of one Redis, and the name it goes by in messages."""

    def __init__(self, client: Any, *, name: str, is_cluster: bool = False) -> None:
        self.client = client
        self.name = name
        self.is_cluster = is_cluster

    def check(self) -> None:
        """Raise StoreUnreachable unless the server answers."""
        with self.told():
            self.client.ping()

    def close(self) -> None:
        """Close all connections."""
        self.client.close()

    @contextmanager
    def told(self) -> Iterator[None]:
        """Say what went wrong in the words of this house."""
        try:
            yield
        except (exceptions.RedisError, exceptions.RedisClusterException) as error:
            raise self._translated(error) from error
        except OSError as error:
            message = f"cannot connect to {self.name}: {error}"
            raise StoreUnreachable(message) from error

    def _translated(self, error: Exception) -> StoreError:
        said = " ".join(str(error).split()) or type(error).__name__
        for key, advice in FAILURES.items():
            if key in said:
                return StoreError(f"{self.name} failed: {said}; {advice}")
        for key, advice in REFUSALS.items():
            if key in said:
                return StoreUnreachable(f"{self.name} refuses: {said}; {advice}")
        if isinstance(error, exceptions.ConnectionError | exceptions.TimeoutError):
            return StoreUnreachable(
                f"cannot connect to {self.name}: {said}; is Redis running there?"
            )
        if isinstance(error, exceptions.RedisClusterException):
            return StoreUnreachable(f"cannot use the cluster {self.name}: {said}")
        return StoreError(f"{self.name} failed: {said}")


def connect(
    *,
    host: str = "localhost",
    port: int = PORT,
    db: int = 0,
    username: str | None = None,
    password: str | None = None,
    use_ssl: bool = False,
    ssl_certfile: str | None = None,
    ssl_keyfile: str | None = None,
    ssl_ca_certs: str | None = None,
    socket_timeout: float = ANSWER_SECONDS,
    nodes: tuple[str, ...] | None = None,
) -> Connection:
    """Connect to a server, or to the cluster of `nodes` (each `host:port`)."""
    options: dict[str, Any] = {
        "username": username or None,
        "password": password or None,
        "socket_timeout": socket_timeout,
        "socket_connect_timeout": CONNECT_SECONDS,
        # A turn that was written is not written again, so a save may be tried anew.
        "retry": Retry(ExponentialBackoff(cap=0.2, base=0.02), RETRIES),
    }
    if use_ssl:
        options |= {
            "ssl": True,
            "ssl_certfile": ssl_certfile,
            "ssl_keyfile": ssl_keyfile,
            "ssl_ca_certs": ssl_ca_certs,
        }
    scheme = "rediss" if use_ssl else "redis"
    if nodes is None:
        name = f"{scheme}://{host}:{port}/{db}"
        client = redis.Redis(host=host, port=port, db=db, **options)
        connection = Connection(client, name=name)
    else:
        connection = _connect_cluster(nodes or (f"{host}:{port}",), scheme, options)
    connection.check()
    return connection


def _connect_cluster(
    nodes: tuple[str, ...], scheme: str, options: dict[str, Any]
) -> Connection:
    parts = [node.rpartition(":") for node in nodes]
    startup = [
        ClusterNode(host or port, int(port) if host else PORT)  # type: ignore[no-untyped-call]
        for host, _, port in parts
    ]
    name = f"{scheme}+cluster://{','.join(nodes)}"
    connection = Connection(None, name=name, is_cluster=True)
    with connection.told():
        connection.client = RedisCluster(startup_nodes=startup, **options)
    return connection


def host_of(url: str) -> tuple[str, int | None]:
    """Read the `url` of an endpoints file, in which Rasa expects a host."""
    if "://" not in url:
        host, separator, port = url.rpartition(":")
        return (host, int(port)) if separator and port.isdigit() else (url, None)
    split = urlsplit(url)
    if split.scheme not in ("redis", "rediss"):
        raise UsageError(
            "expected a host or redis://host as url of Redis, got "
            f"{without_secret(url)!r}"
        )
    return split.hostname or "localhost", split.port


def without_secret(url: str) -> str:
    """Return a URL with asterisks in place of its password."""
    split = urlsplit(url)
    if split.password is None:
        return url
    netloc = split.netloc.replace(f":{split.password}@", ":***@")
    return urlunsplit(split._replace(netloc=netloc))
