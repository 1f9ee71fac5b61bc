"""Events are published as Rasa does, one JSON object each; none is dropped in silence.

RabbitMQ is stood in for by a connection that notes what pika is told.  With
RASA_MOCK_RABBITMQ (a URL of a broker) the last tests talk to a real one.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing

import pika
import pytest
from pika import exceptions

from rasa_mock.errors import StoreError, StoreUnreachable, UsageError
from rasa_mock.stores.brokers import KeepingBroker, open_broker
from rasa_mock.stores.rabbitmq import RabbitBroker

EVENTS = [
    {"sender_id": "anna", "event": "user", "timestamp": 1.5, "text": "grüß dich 🙂"},
    {"sender_id": "bob", "event": "action", "timestamp": 2.5, "name": "action_listen"},
]


def test_the_file_has_a_line_an_event_as_rasa_writes_it(tmp_path):
    path = tmp_path / "rasa_event.log"
    for _ in range(2):  # a restart goes on with the file
        broker = open_broker({"type": "file", "path": str(path)})
        for event in EVENTS:
            broker.publish(event)
        broker.close()
    lines = path.read_text(encoding="ascii").splitlines()
    assert lines == [json.dumps(event) for event in EVENTS] * 2


def test_the_table_has_a_row_an_event(tmp_path):
    broker = open_broker({"type": "SQL", "db": str(tmp_path / "events.db")})
    for event in EVENTS:
        broker.publish(event)
    broker.close()
    with closing(sqlite3.connect(tmp_path / "events.db")) as connection, connection:
        rows = connection.execute("SELECT id, sender_id, data FROM events").fetchall()
    connection.close()
    assert rows == [
        (number, event["sender_id"], json.dumps(event))
        for number, event in enumerate(EVENTS, 1)
    ]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"type": "kafka"}, "there is no event broker of type 'kafka' here"),
        ({"type": "pikka"}, "did you mean 'pika'"),
        ("amqp:/x", "cannot connect"),
    ],
    ids=["kafka", "misspelt", "half a URL"],
)
def test_another_broker_is_refused_with_what_there_is(source, message):
    with pytest.raises((UsageError, StoreError), match=message):
        open_broker(source)


def test_a_file_in_no_folder_fails_at_the_start(tmp_path):
    with pytest.raises(StoreUnreachable, match="cannot write events"):
        open_broker({"type": "file", "path": str(tmp_path / "no" / "where.log")})


class Channel:
    """Notes what it is told; `broken` makes the next publishing fail."""

    def __init__(self) -> None:
        self.told = []
        self.broken = 0

    def __getattr__(self, name):
        return lambda *values, **more: self.told.append((name, *values, more))

    def basic_publish(self, exchange, key, body, properties):
        if self.broken:
            self.broken -= 1
            raise exceptions.StreamLostError("gone")
        self.told.append(("basic_publish", exchange, key, body, properties))


class Connection:
    is_open = True

    def __init__(self, channel) -> None:
        self.used = channel
        self.closed = False

    def channel(self):
        return self.used

    def close(self):
        self.closed = True


def rabbit(channel, **options):
    made = []

    def connect():
        made.append(Connection(channel))
        return made[-1]

    return RabbitBroker(connect, name="amqp://here", **options), made


def test_rabbitmq_has_rasas_exchange_and_durable_queues():
    channel = Channel()
    rabbit(channel, queues=("a", "b"))
    assert channel.told == [
        ("exchange_declare", "rasa-exchange", {"exchange_type": "fanout"}),
        ("queue_declare", "a", {"durable": True}),
        ("queue_bind", "a", "rasa-exchange", {"routing_key": ""}),
        ("queue_declare", "b", {"durable": True}),
        ("queue_bind", "b", "rasa-exchange", {"routing_key": ""}),
        ("confirm_delivery", {}),
    ]


@pytest.mark.parametrize("environment", [None, "production"])
def test_a_message_has_rasas_payload_and_lasts(monkeypatch, environment):
    monkeypatch.delenv("RASA_ENVIRONMENT", raising=False)
    if environment:
        monkeypatch.setenv("RASA_ENVIRONMENT", environment)
    channel = Channel()
    broker, _ = rabbit(channel)
    broker.publish(EVENTS[0])
    _, exchange, key, body, properties = channel.told[-1]
    assert (exchange, key) == ("rasa-exchange", "")
    assert body.decode() == json.dumps(EVENTS[0])
    assert properties.delivery_mode == 2
    assert properties.app_id == environment
    headers = {"RASA_ENVIRONMENT": environment} if environment else None
    assert properties.headers == headers
    assert len(properties.message_id) == 32


def test_a_lost_connection_is_made_anew_and_loses_nothing():
    channel = Channel()
    broker, made = rabbit(channel)
    channel.broken = 1
    broker.publish(EVENTS[0])
    assert len(made) == 2
    assert channel.told[-1][3] == json.dumps(EVENTS[0]).encode()


def test_what_cannot_be_published_waits_in_order(caplog):
    channel = Channel()
    broker = KeepingBroker(rabbit(channel)[0])
    channel.broken = 2
    broker.publish(EVENTS[0])
    assert [dict(event) for event in broker.waiting] == EVENTS[:1]
    assert "1 events wait to be published" in caplog.text
    broker.publish(EVENTS[1])
    assert not broker.waiting
    bodies = [each[3] for each in channel.told if each[0] == "basic_publish"]
    assert [json.loads(body) for body in bodies] == EVENTS


def test_what_was_never_published_is_in_the_log_at_the_end(caplog):
    channel = Channel()
    broker = KeepingBroker(rabbit(channel)[0])
    channel.broken = 100
    broker.publish(EVENTS[0])
    broker.close()
    assert json.dumps(EVENTS[0]) in caplog.text


REAL = os.environ.get("RASA_MOCK_RABBITMQ")
needs_rabbitmq = pytest.mark.skipif(not REAL, reason="RASA_MOCK_RABBITMQ names no URL")


@needs_rabbitmq
def test_a_real_rabbitmq_has_the_events_in_every_queue():
    broker = open_broker(f"{REAL}?queues=rasa_a,rasa_b&exchange_name=rasa-test")
    for event in EVENTS:
        broker.publish(event)
    broker.close()
    connection = pika.BlockingConnection(pika.URLParameters(REAL))
    channel = connection.channel()
    for queue in ("rasa_a", "rasa_b"):
        found = [channel.basic_get(queue, auto_ack=True) for _ in EVENTS]
        assert [json.loads(body) for _, _, body in found] == EVENTS
        assert {properties.delivery_mode for _, properties, _ in found} == {2}
        channel.queue_delete(queue)
    channel.exchange_delete("rasa-test")
    connection.close()


@needs_rabbitmq
def test_a_real_rabbitmq_refuses_a_wrong_password():
    parameters = pika.URLParameters(REAL)
    options = {"url": parameters.host, "port": parameters.port}
    with pytest.raises(StoreUnreachable, match="username and password"):
        open_broker({"type": "pika", **options, "username": "guest", "password": "x"})
