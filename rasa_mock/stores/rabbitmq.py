"""The event broker in RabbitMQ, by pika: one connection, kept, and made anew once lost.

A fanout exchange and the durable queues that are bound to it; messages are persistent,
and confirmed before they count as published.

Imitates `PikaEventBroker` of rasa/core/brokers/pika.py (Rasa 3.6).
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import pika
from pika import exceptions

from rasa_mock.errors import StoreError, StoreUnreachable, UsageError
from rasa_mock.stores.sources import Options, number, without_options

EXCHANGE = "rasa-exchange"
QUEUE = "rasa_core_events"
ENVIRONMENT = "RASA_ENVIRONMENT"
PORT = 5672
HEARTBEAT_SECONDS = 60
PATIENCE_SECONDS = 10

Connect = Callable[[], Any]


class RabbitBroker:
    """See `Broker`; `connect` makes a connection of pika's blocking kind."""

    def __init__(
        self,
        connect: Connect,
        *,
        name: str,
        queues: tuple[str, ...] = (QUEUE,),
        exchange: str = EXCHANGE,
    ) -> None:
        self._connect = connect
        self._name = name
        self._queues = queues
        self._exchange = exchange
        self._connection: Any = None
        self._channel: Any = None
        self._open()

    @property
    def name(self) -> str:
        return self._name

    def _open(self) -> None:
        try:
            self._connection = self._connect()
            channel = self._connection.channel()
            channel.exchange_declare(self._exchange, exchange_type="fanout")
            for queue in self._queues:
                channel.queue_declare(queue, durable=True)
                channel.queue_bind(queue, self._exchange, routing_key="")
            channel.confirm_delivery()
        except (exceptions.AMQPError, OSError) as error:
            said = str(error) or type(error).__name__
            raise StoreUnreachable(
                f"cannot connect to {self._name}: {said}; is RabbitMQ running there, "
                "and are username and password right?"
            ) from error
        self._channel = channel

    def publish(self, event: Mapping[str, Any]) -> None:
        try:
            self._send(event)
        except (exceptions.AMQPError, OSError):
            # A connection that nobody used for long is closed by the other side.
            self._open()
            try:
                self._send(event)
            except (exceptions.AMQPError, OSError) as error:
                said = str(error) or type(error).__name__
                raise StoreError(f"{self._name} failed: {said}") from error

    def _send(self, event: Mapping[str, Any]) -> None:
        environment = os.environ.get(ENVIRONMENT)
        properties = pika.BasicProperties(
            message_id=uuid.uuid4().hex,
            app_id=environment,
            headers={ENVIRONMENT: environment} if environment else None,
            delivery_mode=pika.DeliveryMode.Persistent.value,
        )
        body = json.dumps(event).encode("ascii")
        self._channel.basic_publish(self._exchange, "", body, properties)

    def close(self) -> None:
        if self._connection is not None and self._connection.is_open:
            self._connection.close()


def open_rabbitmq(options: Options) -> RabbitBroker:
    """Open the broker of a URL or of the options of an endpoints file."""
    url = str(options.get("url") or "localhost")
    address = (
        without_options(url, ("queues", "exchange_name"))
        if url.startswith(("amqp://", "amqps://"))
        else _address(url, options)
    )
    try:
        parameters = pika.URLParameters(address)
    except ValueError as error:
        raise UsageError(f"cannot read the URL of RabbitMQ: {error}") from error
    parameters.heartbeat = HEARTBEAT_SECONDS
    parameters.blocked_connection_timeout = PATIENCE_SECONDS
    parameters.socket_timeout = PATIENCE_SECONDS
    given = options.get("queues") or options.get("queue") or QUEUE
    queues = given.split(",") if isinstance(given, str) else list(given)
    return RabbitBroker(
        lambda: pika.BlockingConnection(parameters),
        name=f"amqp://{parameters.host}:{parameters.port}",
        queues=tuple(str(queue) for queue in queues),
        exchange=options.get("exchange_name") or EXCHANGE,
    )


def _address(host: str, options: Options) -> str:
    username = quote(str(options.get("username") or "guest"), safe="")
    password = quote(str(options.get("password") or "guest"), safe="")
    port = number(options, "port", default=PORT)
    return f"amqp://{username}:{password}@{host}:{port}/%2F"
