"""What goes wrong with stores: told clearly, nothing lost, the rest still served."""

from __future__ import annotations

import json
import logging
import os
import socket
import sqlite3
import ssl
import sys
import threading
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event as sa_event

from rasa_mock.errors import StoreError, StoreUnreachable, UsageError
from rasa_mock.stores.base import Turn
from rasa_mock.stores.brokers import FileBroker
from rasa_mock.stores.registry import open_store
from rasa_mock.stores.spill import SpillingStore
from rasa_mock.testing.store_samples import events_of, user
from tests.servers.databases import DURABLE, RedisServer, free_port

LAYOUTS = ("history", "rasa")
CERTIFICATES = Path(__file__).parents[1] / "clients" / "tls"


def one(text):
    return Turn(events=[user(text, at=1.0)])


def texts(store, sender="anna"):
    return [event["text"] for event in events_of(store.retrieve_full(sender))]


@pytest.fixture
def redis_url(redis_server):
    redis_server.client().flushall()
    return redis_server.url


# What can be told at the start.


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("redis://127.0.0.1:{port}", "cannot connect to redis://127.0.0.1:{port}/0"),
        ("redis+cluster://127.0.0.1:{port}", "cannot (connect|use)"),
        ("postgresql://u:secret@127.0.0.1:{port}/x", "cannot connect.*nothing listens"),
        ("sqlite:{folder}/no/where.db", "unable to open.*check that its folder exists"),
        ("sqlite:{folder}/text.db", "file is not a database"),
    ],
    ids=["redis", "cluster", "postgres", "no folder", "another file"],
)
@pytest.mark.filterwarnings("ignore")
def test_what_cannot_be_reached_fails_at_the_start(source, message, tmp_path):
    (tmp_path / "text.db").write_text("not a database, " * 100)
    port = free_port()
    with pytest.raises(StoreUnreachable, match=message.format(port=port)) as caught:
        open_store(source.format(port=port, folder=tmp_path))
    assert "secret" not in str(caught.value)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("redish://x", "unknown tracker store 'redish:'.*did you mean 'redis:'"),
        ("conversations", "unknown tracker store 'conversations'"),
        ("redis://h/zero", "expected the number of a database, got 'zero'"),
        ("redis+ring://h", "expected redis\\+cluster://"),
        ("memory:?layout=both", "unknown layout 'both'"),
        ("memory:?record_exp=soon", "expected a number as record_exp"),
        ({"type": "mongod"}, "no tracker store of type 'mongod' here: it could not be"),
        ({"type": "dynamo"}, "no tracker store of type 'dynamo' here"),
        ({"type": "redis", "port": "x"}, "expected a number as port, got 'x'"),
        ({"type": "redis", "deployment_mode": "sentinel"}, "deployment_mode"),
        ({"type": "sql", "dialect": "no such"}, "there is no SQL dialect"),
    ],
    ids=str,
)
def test_a_source_that_cannot_be_meant_is_refused(source, message):
    with pytest.raises(UsageError, match=message):
        open_store(source)


def test_a_wrong_password_of_redis_is_told_as_such(tmp_path):
    with RedisServer(tmp_path, requirepass="right") as server:
        where = f"127.0.0.1:{server.port}"
        store = open_store(f"redis://:right@{where}")
        store.save("anna", one("hi"))
        assert "right" not in store.name
        store.close()
        for secret in (":wrong@", "", "nobody:wrong@"):
            with pytest.raises(StoreUnreachable, match="password"):
                open_store(f"redis://{secret}{where}")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_database_that_redis_does_not_have_is_told(redis_url, layout):
    with pytest.raises(StoreUnreachable, match="check the number of the database"):
        open_store(f"{redis_url}/99", layout=layout)


def test_wrong_passwords_and_databases_of_postgres_are_told(postgres):
    uri = postgres.get_uri()
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS bot")
        connection.execute("CREATE ROLE bot LOGIN PASSWORD 'right'")
        [(path,)] = connection.execute("SHOW hba_file").fetchall()
        rules = Path(path).read_text(encoding="utf-8")
        Path(path).write_text(f"local all bot scram-sha-256\n{rules}", encoding="utf-8")
        connection.execute("SELECT pg_reload_conf()")
    folder = uri.partition("host=")[2]
    for secret in ("bot:wrong", "bot"):
        with pytest.raises(StoreUnreachable, match="password"):
            open_store(f"postgresql://{secret}@/postgres?host={folder}")
    with pytest.raises(StoreUnreachable, match="check the name of the database"):
        open_store(f"postgresql://postgres@/nowhere?host={folder}")


def test_redis_can_be_reached_by_tls(redis_server):
    redis_server.client().flushall()
    with tls_proxy(redis_server.port) as port:
        source = {
            "type": "redis",
            "url": "localhost",
            "port": port,
            "use_ssl": True,
            "ssl_ca_certs": str(CERTIFICATES / "localhost.pem"),
        }
        store = open_store(source)
        assert store.name.startswith("rediss://")
        store.save("anna", one("hi"))
        assert texts(store) == ["hi"]
        store.close()
        with pytest.raises(StoreUnreachable, match="certificate verify failed"):
            open_store(f"rediss://localhost:{port}")


class tls_proxy:  # noqa: N801 - a context manager
    """Speaks TLS in front of a server that does not."""

    def __init__(self, port):
        self.port = port
        self.threads = []

    def __enter__(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(
            CERTIFICATES / "localhost.pem", CERTIFICATES / "localhost.key"
        )
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.context = context
        self._start(self._accept)
        return self.listening.getsockname()[1]

    def __exit__(self, *_):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        for thread in self.threads:
            thread.join(10)

    def _start(self, work, *values):
        thread = threading.Thread(target=work, args=values, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _accept(self):
        while True:
            try:
                plain, _ = self.listening.accept()
            except OSError:
                return
            try:
                client = self.context.wrap_socket(plain, server_side=True)
            except OSError:
                plain.close()
                continue
            server = socket.create_connection(("127.0.0.1", self.port))
            self._start(self._pump, client, server)
            self._start(self._pump, server, client)

    @staticmethod
    def _pump(source, target):
        try:
            with suppress(OSError):
                while data := source.recv(65536):
                    target.sendall(data)
        finally:
            for each in (source, target):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()


# What goes wrong later.


def test_a_redis_that_goes_away_keeps_the_turn_for_later(tmp_path):
    with RedisServer(tmp_path, **DURABLE) as server:
        store = SpillingStore(open_store(server.url), folder=tmp_path / "spill")
        store.save("anna", one("before"), expected=0)
        server.kill()
        with pytest.raises(StoreUnreachable, match="1 events of the turn wait") as lost:
            store.save("anna", one("during"), expected=1)
        with pytest.raises(StoreUnreachable, match="still waits"):
            store.retrieve("anna")
        with pytest.raises(StoreUnreachable):
            store.save("bob", one("bob's"), expected=0)
        [line, other] = store.file.path.read_text(encoding="ascii").splitlines()
        assert json.loads(line)["events"] == list(one("during").events)
        assert json.loads(other)["sender_id"] == "bob"
        assert lost.value.spilled == str(store.file.path)
        server.start()
        assert texts(store) == ["before", "during"]
        assert texts(store, "bob") == ["bob's"]
        assert store.file.is_empty()
        store.close()


def test_a_turn_that_waits_survives_a_restart_and_is_not_doubled(tmp_path, redis_url):
    folder = tmp_path / "spill"
    before = SpillingStore(open_store(redis_url), folder=folder)
    before.save("anna", one("before"), expected=0)
    turn = one("maybe")
    before._spill(spilled("anna", turn, expected=1), StoreError("no answer"))
    # The store had taken it after all, but nobody heard.
    before.store.save("anna", turn, expected=1)
    before.close()
    after = SpillingStore(open_store(redis_url), folder=folder)
    assert texts(after) == ["before", "maybe"]
    after.close()


def spilled(sender_id, turn, *, expected):
    from rasa_mock.stores.spill import Spilled

    return Spilled(sender_id=sender_id, turn=turn, expected=expected)


def test_where_nothing_can_be_kept_the_events_are_in_the_log(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    store = SpillingStore(open_store("memory:"), folder=tmp_path / "file")
    error = store._spill(spilled("anna", one("hi"), expected=0), StoreError("full"))
    assert "nor could its 1 events be kept" in str(error)
    assert json.dumps(list(one("hi").events)) in caplog.text


def test_a_redis_without_memory_says_so_and_keeps_the_turn(tmp_path, redis_server):
    client = redis_server.client()
    client.flushall()
    store = SpillingStore(open_store(redis_server.url), folder=tmp_path)
    store.save("anna", one("before"), expected=0)
    client.config_set("maxmemory", "100kb")
    try:
        with pytest.raises(StoreError, match="out of memory") as lost:
            store.save("anna", one("during"), expected=1)
        assert lost.value.spilled
        # Reading goes on, of all but the conversation whose turn waits.
        store.store.retrieve("anna")
        assert [item.sender_id for item in store.keys().items] == ["anna"]
    finally:
        client.config_set("maxmemory", "0")
    assert texts(store) == ["before", "during"]
    store.close()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_full_disk_loses_nothing(tmp_path, layout):
    inner = open_store(f"sqlite:{tmp_path / 'store.db'}", layout=layout)
    store = SpillingStore(inner, folder=tmp_path / "spill")
    store.save("anna", one("before"), expected=0)
    limit = {"pages": 40}

    def small(connection, *_):
        connection.execute(f"PRAGMA max_page_count={limit['pages']}").close()

    sa_event.listen(inner._database.engine, "checkout", small)
    with pytest.raises(StoreError, match="full") as lost:
        store.save("anna", one("x" * 1_000_000), expected=1)
    assert lost.value.spilled
    assert texts(inner) == ["before"]
    with pytest.raises(StoreError, match="still waits"):
        store.retrieve("anna")
    store.save("bob", one("small"), expected=0)
    limit["pages"] = 100_000
    assert [len(text) for text in texts(store)] == [6, 1_000_000]
    assert texts(store, "bob") == ["small"]
    store.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")  # noqa: PTH110
def test_a_full_disk_under_the_events_is_told():
    broker = FileBroker(Path("/dev/full"))
    with pytest.raises(StoreError, match="No space left"):
        broker.publish({"sender_id": "anna"})
    with pytest.raises(OSError, match="No space left"):
        broker.close()


# Records that are not ours, or cannot be read.


def test_another_kind_of_key_under_our_name_is_told_and_left(redis_url, redis_server):
    client = redis_server.client()
    key = "rasa-mock:{conversation:anna}:events"
    client.set(key, "mine")
    store = open_store(redis_url)
    with pytest.raises(StoreError, match="who writes under this prefix"):
        store.save("anna", one("hi"))
    assert client.get(key) == b"mine"
    client.delete(key)
    client.set("rasa-mock:{conversation:bob}:state", "mine")
    client.zadd("rasa-mock:index", {"bob": 1.0})
    store.save("anna", one("hi"))
    page = store.keys()
    assert [item.sender_id for item in page.items] == ["anna"]
    assert [problem.place for problem in page.problems] == ["bob"]
    with pytest.raises(StoreError, match="something else"):
        store.retrieve("bob")
    store.close()


def test_another_kind_of_key_under_rasas_prefix_is_told_and_left(
    redis_url, redis_server
):
    client = redis_server.client()
    client.hset("tracker:bob", "mine", "1")
    client.set("tracker:text", "no JSON")
    client.set("tracker:list", "[1, 2]")
    store = open_store(redis_url, layout="rasa")
    store.save("anna", one("hi"))
    page = store.keys()
    assert [item.sender_id for item in page.items] == ["anna", "list", "text"]
    assert [problem.place for problem in page.problems] == ["bob"]
    found = store.keys(query_of(intent="inform"))
    assert [item.sender_id for item in found.items] == ["anna"]
    assert sorted(problem.place for problem in found.problems) == [
        "bob",
        "list",
        "text",
    ]
    for name in ("bob", "list", "text"):
        with pytest.raises(StoreError):
            store.retrieve(name)
        with pytest.raises(StoreError):
            store.save(name, one("hi"))
    assert client.get("tracker:text") == b"no JSON"
    assert client.hgetall("tracker:bob") == {b"mine": b"1"}
    store.close()


def query_of(**values):
    from rasa_mock.stores.base import Query

    return Query(**values)


def test_corrupt_events_are_skipped_counted_shown_and_left(tmp_path):
    path = tmp_path / "store.db"
    store = open_store(f"sqlite:{path}")
    turn = Turn(events=[user(text, at=1.0) for text in "abc"])
    store.save("anna", turn)
    broken = ('{"event": "user"', "[1]")
    with closing(sqlite3.connect(path)) as connection, connection:
        for position, text in enumerate(broken):
            connection.execute(
                "UPDATE rasa_mock_events SET data = ? WHERE position = ?",
                (text, position),
            )
    connection.close()
    stored = store.retrieve_full("anna")
    assert [event["text"] for event in stored.events] == ["c"]
    assert [problem.place for problem in stored.problems] == ["anna[0]", "anna[1]"]
    assert "not JSON" in stored.problems[0].message
    assert "not an event: '[1]'" in stored.problems[1].message
    store.save("anna", one("d"), expected=3)
    assert len(store.retrieve_full("anna").problems) == 2
    store.close()


def test_a_newer_format_is_not_touched(redis_url, redis_server, tmp_path, postgres):
    path = tmp_path / "store.db"
    for url in (redis_url, f"sqlite:{path}"):
        store = open_store(url)
        store.save("anna", one("hi"))
        store.save("bob", one("hi"))
        state = "rasa-mock:{conversation:anna}:state"
        redis_server.client().hset(state, "format", "99")
        with closing(sqlite3.connect(path)) as connection, connection:
            if url.startswith("sqlite"):
                connection.execute(
                    "UPDATE rasa_mock_conversations SET format = 99"
                    " WHERE sender = 'anna'"
                )
        connection.close()
        message = r"format 99 of the layout 'history': .* use a newer rasa_mock"
        with pytest.raises(StoreError, match=message):
            store.retrieve("anna")
        with pytest.raises(StoreError, match=message):
            store.save("anna", one("more"))
        assert texts(store, "bob") == ["hi"]
        problems = [problem.message for problem in store.keys().problems]
        assert problems == ["written in format 99"]
        store.close()


def test_a_store_for_reading_writes_nothing(tmp_path, redis_url):
    path = tmp_path / "store.db"
    open_store(f"sqlite:{path}").close()
    for url in (redis_url, f"sqlite:{path}"):
        store = open_store(url, read_only=True)
        with pytest.raises(UsageError, match="opened for reading only"):
            store.save("anna", one("hi"))
        store.close()
    with pytest.raises(StoreUnreachable, match="no such file"):
        open_store(f"sqlite:{tmp_path / 'none.db'}", read_only=True)
    assert not (tmp_path / "none.db").exists()


def test_a_secret_is_in_no_name_and_no_message(postgres):
    uri = postgres.get_uri().replace("postgres:@", "postgres:s3cret@")
    store = open_store(uri)
    assert "s3cret" not in store.name
    store.close()


def test_libraries_that_are_not_there_are_named_with_their_extra(monkeypatch):

    for module in [
        name for name in sys.modules if name.startswith("rasa_mock.stores.r")
    ]:
        if module.startswith("rasa_mock.stores.redis"):
            monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(UsageError, match=r"pip install 'rasa-mock\[redis\]'"):
        open_store("redis://localhost")


def test_what_waited_is_told_when_it_is_stored(tmp_path, caplog):
    store = SpillingStore(open_store("memory:"), folder=tmp_path)
    store._spill(spilled("anna", one("late"), expected=0), StoreError("down"))
    with caplog.at_level(logging.WARNING):
        assert texts(store) == ["late"]
    assert "stored 1 turns that had waited" in caplog.text


def test_options_of_ours_reach_no_driver(tmp_path):
    options = "layout=history&variables=true&redact=email,phone&redact_events=true"
    store = open_store(f"sqlite:{tmp_path / 'store.db'}?{options}&timeout=5")
    store.save("anna", one("hi"))
    assert texts(store) == ["hi"]
    assert "redact" not in store.name
    store.close()
