"""A served bot keeps its conversations, tells of a store that fails, and publishes."""

from __future__ import annotations

import json

import httpx
import pytest

from rasa_mock.assembly import Wanted, make_application, read_parts
from rasa_mock.resources import fixture_folder
from rasa_mock.stores.registry import open_store
from tests.server.served import running
from tests.servers.databases import DURABLE, RedisServer

BOT = fixture_folder() / "conformance" / "bot"
STUBS = {"action_remember_context": {}, "action_validate_slot_mappings": {}}


def application(folder, endpoints, **wanted):
    path = folder / "endpoints.yml"
    path.write_text(endpoints, encoding="utf-8")
    wish = Wanted(
        bot=BOT, endpoints=path, stubs=STUBS, spill=folder / "spill", **wanted
    )
    return make_application(wish, read_parts(wish))


def say(url, text, sender="anna"):
    body = {"sender": sender, "message": text}
    return httpx.post(f"{url}/webhooks/rest/webhook", json=body, timeout=60)


def test_a_restarted_server_goes_on_and_all_is_published(tmp_path):
    endpoints = f"""
tracker_store:
  type: SQL
  dialect: sqlite
  db: {tmp_path}/store.db
event_broker:
  type: file
  path: {tmp_path}/events.log
"""
    for _ in range(2):
        with running(application(tmp_path, endpoints)) as (url, *_):
            assert say(url, "hi").json()[0]["text"] == "Hey there!"
            seen = httpx.get(f"{url}/conversations/anna/tracker").json()["events"]
    store = open_store(f"sqlite:{tmp_path / 'store.db'}", read_only=True)
    events = store.retrieve_full("anna").events
    kinds = {record["kind"] for record in store.variables("anna")}
    store.close()
    assert events == seen
    assert [event["text"] for event in events if event["event"] == "user"] == ["hi"] * 2
    lines = (tmp_path / "events.log").read_text(encoding="ascii").splitlines()
    assert [json.loads(line) for line in lines] == [
        {"sender_id": "anna", **event} for event in events
    ]
    assert "parse" in kinds


@pytest.mark.parametrize("layout", ["history", "rasa"])
def test_a_redis_that_goes_away_is_told_and_no_event_is_lost(tmp_path, layout):
    with RedisServer(tmp_path, **DURABLE) as redis:
        endpoints = f"""
tracker_store:
  type: redis
  url: 127.0.0.1
  port: {redis.port}
  layout: {layout}
lock_store:
  type: redis
  url: 127.0.0.1
  port: {redis.port}
"""
        app = application(tmp_path, endpoints)
        with running(app) as (url, *_):
            assert say(url, "hi").status_code == 200
            before = app.state.store.retrieve_full("anna").events
            redis.kill()
            failed = httpx.get(f"{url}/conversations/anna/tracker", timeout=60)
            assert failed.status_code == 500
            assert "cannot connect to redis" in failed.text
            assert "Traceback" not in failed.text
            unheard = say(url, "hi")
            assert unheard.status_code == 500
            assert "cannot connect to redis" in unheard.text
            redis.start()
            assert say(url, "hi").json()[0]["text"] == "Hey there!"
            after = app.state.store.retrieve_full("anna").events
            assert after[: len(before)] == before
            texts = [event["text"] for event in after if event["event"] == "user"]
            assert texts == ["hi", "hi"]


def test_a_turn_that_could_not_be_saved_comes_back_once_the_store_does(tmp_path):
    """The store fails behind the answer of the bot: its events wait in a file."""
    app = application(tmp_path, "", tracker_store=f"sqlite:{tmp_path / 'store.db'}")
    store = app.state.store
    with running(app) as (url, *_):
        say(url, "hi")
        with store.store._database.engine.connect() as connection:
            # A reader's lock would do no harm; this one keeps writers out.
            connection.exec_driver_sql("PRAGMA query_only = ON")
            spoilt = connection.connection.dbapi_connection
        assert say(url, "hi").status_code in (200, 500)
        waiting = list((tmp_path / "spill").glob("*.ndjson"))
        assert len(waiting) == 1
        spoilt.execute("PRAGMA query_only = OFF").close()
        assert say(url, "hi").json()[0]["text"] == "Hey there!"
        texts = [
            event["text"]
            for event in store.retrieve_full("anna").events
            if event["event"] == "user"
        ]
        assert texts == ["hi"] * 3
        assert not list((tmp_path / "spill").glob("*.ndjson"))


def test_without_a_store_everything_stays_in_memory_and_nothing_is_written(tmp_path):
    app = application(tmp_path, "", max_conversations=2)
    with running(app) as (url, *_):
        for sender in ("a", "b", "c"):
            say(url, "hi", sender)
        assert [item.sender_id for item in app.state.store.keys().items] == ["c", "b"]
    assert [path.name for path in tmp_path.iterdir()] == ["endpoints.yml"]
