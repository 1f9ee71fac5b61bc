"""The layout `rasa` is what a real Rasa 3.6.21 wrote, byte for byte, and is read back.

The recordings have what Rasa kept in Redis (three configurations) and in SQLite, and
the tracker that Rasa itself made of it.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from rasa_mock import Domain
from rasa_mock.clock import new_uuid, parse_date
from rasa_mock.core.tracker import Tracker
from rasa_mock.files.endpoints import parse_endpoints
from rasa_mock.run.store_shelf import StoreShelf
from rasa_mock.stores.base import Turn
from rasa_mock.stores.registry import open_store

RECORDED = Path("fixtures/conformance/stores")
REDIS = ("redis_default", "redis_exp_prefix", "redis_bad_prefix")
CASES = ("talk", "restart", "old_session")


def recording(name):
    return json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def domain():
    return Domain.load("fixtures/conformance/bot/domain.yml")


def shelf_over(store, domain):
    def new_tracker(sender_id):
        return Tracker(
            sender_id, domain=domain, now=0.0, new_id=new_uuid, parse_date=parse_date
        )

    return StoreShelf(store=store, new_tracker=new_tracker)


def turns_of(events):
    """Cut events behind each listen, as Rasa saves them."""
    turn = []
    for event in events:
        turn.append(event)
        if event.get("name") == "action_listen":
            yield turn
            turn = []
    if turn:
        yield turn


def redis_store(recorded, server, *, told=None):
    """Open the store that the recorded endpoints.yml names, on our own server."""
    section = parse_endpoints(recorded["endpoints"]).tracker_store
    options = {**section.options, "port": server.port, "layout": "rasa"}
    return open_store(
        {"type": section.type, **options}, tell=([] if told is None else told).append
    )


@pytest.mark.parametrize("name", REDIS)
@pytest.mark.parametrize("case", CASES)
def test_redis_has_the_same_key_text_and_life(name, case, redis_server):
    recorded = recording(name)
    [(key, kept)] = recorded["cases"][case]["redis"].items()
    db = 2 if name == "redis_exp_prefix" else 0
    client = redis_server.client(db)
    client.flushall()
    store = redis_store(recorded, redis_server)
    for events in turns_of(kept["value"]["events"]):
        store.save(kept["value"]["name"], Turn(events=events))
    assert client.keys("*") == [key.encode()]
    text = client.get(key).decode()
    assert text == json.dumps(kept["value"])
    assert len(text) == kept["bytes"]
    assert text.startswith(kept["value_text_head"])
    assert client.ttl(key) == pytest.approx(kept["ttl_s"], abs=5)
    store.close()


@pytest.mark.parametrize("name", REDIS)
def test_every_text_that_rasa_wrote_on_the_way_has_our_length(name, redis_server):
    """The recorder counted a backslash twice, as MONITOR shows it."""
    recorded = recording(name)
    case = recorded["cases"]["talk"]
    [(key, kept)] = case["redis"].items()
    db = 2 if name == "redis_exp_prefix" else 0
    client = redis_server.client(db)
    client.flushall()
    store = redis_store(recorded, redis_server)
    lengths = [
        each["length"] for each in case["commands"] if each["command"].startswith("SET")
    ]
    ours = []
    life = " EX 30000" if name == "redis_exp_prefix" else ""
    for events in [[], *exchanges_of(kept["value"]["events"])]:
        store.save(kept["value"]["name"], Turn(events=events))
        text = client.get(key).decode()
        ours.append(len(f"SET {key} {text}{life}") + text.count("\\"))
    assert ours == lengths
    store.close()


def exchanges_of(events):
    """Cut events before each message but the first."""
    begins = [n for n, event in enumerate(events) if event["event"] == "user"][1:]
    borders = [0, *begins, len(events)]
    return [events[a:b] for a, b in pairwise(borders)]


def test_a_prefix_with_other_signs_is_ignored_and_told(redis_server):
    told = []
    redis_store(recording("redis_bad_prefix"), redis_server, told=told).close()
    assert told == [
        "key_prefix 'my-bot' is ignored, as Rasa does: expected letters and digits only"
    ]


@pytest.mark.parametrize("name", REDIS)
@pytest.mark.parametrize("case", CASES)
def test_what_rasa_wrote_to_redis_makes_rasas_tracker(name, case, redis_server, domain):
    recorded = recording(name)
    found = recorded["cases"][case]
    [(key, kept)] = found["redis"].items()
    client = redis_server.client(2 if name == "redis_exp_prefix" else 0)
    client.flushall()
    client.set(key, json.dumps(kept["value"]))
    store = redis_store(recorded, redis_server)
    sender = kept["value"]["name"]
    assert [item.sender_id for item in store.keys().items] == [sender]
    tracker = shelf_over(store, domain).load(sender, everything=True)
    assert tracker.current_state("ALL") == found["tracker_ALL"]
    store.close()


@pytest.mark.parametrize("case", CASES)
def test_sqlite_has_the_same_table_and_rows(case, tmp_path):
    recorded = recording("sqlite")
    rows = recorded["cases"][case]["rows"]
    store = open_store(f"sqlite:{tmp_path / 'rasa.db'}", layout="rasa")
    sender = rows[0]["sender_id"]
    for events in turns_of([json.loads(row["data"]) for row in rows]):
        store.save(sender, Turn(events=events))
    store.close()
    with closing(sqlite3.connect(tmp_path / "rasa.db")) as connection, connection:
        connection.row_factory = sqlite3.Row
        schema = connection.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_master"
        )
        assert [dict(row) for row in schema] == recorded["schema"]
        pragma = connection.execute("PRAGMA table_info(events)")
        assert [dict(row) for row in pragma] == recorded["pragma_events"]
        ours = [dict(row) for row in connection.execute("SELECT * FROM events")]
    connection.close()
    first = rows[0]["id"]
    assert ours == [{**row, "id": row["id"] - first + 1} for row in rows]


@pytest.mark.parametrize("case", CASES)
def test_what_rasa_wrote_to_sqlite_makes_rasas_tracker(case, tmp_path, domain):
    """The table is made by the recorded statement, and opened for reading only."""
    recorded = recording("sqlite")
    found = recorded["cases"][case]
    with closing(sqlite3.connect(tmp_path / "rasa.db")) as connection, connection:
        for each in recorded["schema"]:
            connection.execute(each["sql"])
        columns = [column["name"] for column in recorded["pragma_events"]]
        marks = ", ".join("?" * len(columns))
        connection.executemany(
            f"INSERT INTO events VALUES ({marks})",  # noqa: S608 - question marks
            [[row[name] for name in columns] for row in found["rows"]],
        )
    connection.close()
    before = (tmp_path / "rasa.db").read_bytes()
    url = f"sqlite:{tmp_path / 'rasa.db'}"
    store = open_store(url, layout="auto", read_only=True)
    assert store.layout == "rasa"
    sender = found["rows"][0]["sender_id"]
    tracker = shelf_over(store, domain).load(sender, everything=True)
    assert tracker.current_state("ALL") == found["tracker_ALL"]
    last = shelf_over(store, domain).load(sender, everything=False)
    assert last.events[0]["event"] == "session_started"
    store.close()
    assert (tmp_path / "rasa.db").read_bytes() == before
