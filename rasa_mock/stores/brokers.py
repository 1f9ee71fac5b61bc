"""Event brokers: where every stored event is published, as JSON with its sender's id.

    file:rasa_event.log                            a line an event
    sqlite:events.db  postgresql://...             a row an event
    amqp://user:password@host:5672/?queues=a,b     RabbitMQ

What cannot be published waits, in order, and is published with the next event; nothing
is dropped in silence, and a turn is not lost because its events were not heard.

Imitates rasa/core/brokers/{broker,file,sql,pika}.py of Rasa 3.6.
"""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from rasa_mock.errors import StoreError, StoreUnreachable
from rasa_mock.stores.sources import Kind, Options, find_kind, needed

LOG = logging.getLogger("rasa_mock.stores")
DEFAULT_FILE = "rasa_event.log"

Event = Mapping[str, Any]


class Broker(Protocol):
    """Publishes events; one JSON object each."""

    @property
    def name(self) -> str:
        """The broker as people know it, without the password."""
        ...

    def publish(self, event: Event) -> None:
        """Publish one event; raise StoreError if that fails."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


class FileBroker:
    """Writes a line an event."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = path.open("a", encoding="utf-8")
        except OSError as error:
            raise StoreUnreachable(f"cannot write events to {path}: {error}") from error

    @property
    def name(self) -> str:
        return f"file:{self._path}"

    def publish(self, event: Event) -> None:
        try:
            self._file.write(json.dumps(event) + "\n")
            self._file.flush()
        except (OSError, ValueError) as error:
            raise StoreError(f"cannot write events to {self._path}: {error}") from error

    def close(self) -> None:
        self._file.close()


class KeepingBroker:
    """A broker whose failures cost no event: what fails waits for the next one."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.waiting: deque[Event] = deque()
        self._lock = Lock()

    @property
    def name(self) -> str:
        return self.broker.name

    def publish(self, event: Event) -> None:
        with self._lock:
            self.waiting.append(event)
            try:
                self._publish_all()
            except StoreError as error:
                left = len(self.waiting)
                LOG.warning("%d events wait to be published: %s", left, error)

    def _publish_all(self) -> None:
        while self.waiting:
            self.broker.publish(self.waiting[0])
            self.waiting.popleft()

    def close(self) -> None:
        """Try once more, and say what was never published."""
        with self._lock:
            try:
                self._publish_all()
            except StoreError as error:
                for event in self.waiting:
                    LOG.critical("never published (%s): %s", error, json.dumps(event))
        self.broker.close()


def open_broker(source: str | Mapping[str, Any]) -> Broker:
    """Open the broker of a URL, or of the `event_broker` of an endpoints file.

    Raises StoreUnreachable where nothing answers, UsageError where the source cannot be
    meant.
    """
    kind, options = find_kind(source, kinds=KINDS, what="event broker")
    return KeepingBroker(kind.make(options))


def _open_file(options: Options) -> Broker:
    path = options.get("path") or str(options.get("url") or "").removeprefix("file:")
    return FileBroker(Path(path or DEFAULT_FILE))


def _open_sql(options: Options) -> Broker:
    with needed("sql"):
        from rasa_mock.stores.sql.broker import open_sql_broker
    return open_sql_broker(options)


def _open_rabbitmq(options: Options) -> Broker:
    with needed("rabbitmq"):
        from rasa_mock.stores.rabbitmq import open_rabbitmq
    return open_rabbitmq(options)


KINDS: tuple[Kind[Callable[[Options], Broker]], ...] = (
    Kind(types=("file",), schemes=("file",), make=_open_file),
    Kind(
        types=("sql",),
        schemes=("sqlite", "postgresql", "postgres", "mysql", "mariadb", "mssql"),
        make=_open_sql,
    ),
    Kind(
        types=("pika",),
        schemes=("amqp", "amqps"),
        make=_open_rabbitmq,
        options=("queues", "exchange_name"),
    ),
)
"""The kinds of brokers."""
