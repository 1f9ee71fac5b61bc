"""Variables of turns through `serve`: from a real action server into real stores."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from rasa_mock.clients.process import ActionServerProcess
from rasa_mock.core.traced import ASKS
from rasa_mock.errors import StoreError, UsageError
from rasa_mock.mock_rasa import MockRasa
from rasa_mock.stores.registry import open_store
from tests.run.bots import write_bot
from tests.server.served import Served
from tests.servers.stub import stub

__all__ = ["stub"]

DOMAIN = """
version: "3.1"
intents: [pay]
entities: [iban]
slots:
  iban:
    type: text
    mappings: [{type: from_entity, entity: iban}]
  paid:
    type: bool
    mappings: [{type: custom}]
actions: [action_pay]
"""
RULES = """
version: "3.1"
rules:
- rule: pay
  steps: [{intent: pay}, {action: action_pay}]
"""
ACTIONS = """
import rasa_mock
from rasa_sdk import Action
from rasa_sdk.events import SlotSet


class Pay(Action):
    def name(self):
        return "action_pay"

    def run(self, dispatcher, tracker, domain):
        rasa_mock.trace("attempts", 3)
        rasa_mock.trace("for", tracker.get_slot("iban"))
        dispatcher.utter_message(text="paid; ask bob@example.com")
        return [SlotSet("paid", True)]
"""
IBAN = "DE89370400440532013000"
SAID = f'/pay{{"iban": "{IBAN}"}}'


@pytest.fixture(scope="module")
def bot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bot")
    return write_bot(folder, domain=DOMAIN, rules=RULES)


@pytest.fixture(scope="module")
def actions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("paying")
    (folder / "paying_actions.py").write_text(ACTIONS)
    with ActionServerProcess("paying_actions", cwd=folder) as server:
        yield server.url


@pytest.fixture(scope="module")
def served(bot, actions, tmp_path_factory):
    """Serve with a store whose variables and events are redacted."""
    folder = tmp_path_factory.mktemp("served")
    endpoints = folder / "endpoints.yml"
    endpoints.write_text(f"action_endpoint: {{url: {actions}}}")
    url = f"sqlite:{folder / 'talks.db'}"
    options = (
        *("--endpoints", endpoints, "--tracker-store", url),
        *("--redact", "email", "--redact", "slot:iban", "--redact-events"),
    )
    with Served(bot, *options, folder=folder) as server:
        server.store = url
        server.folder = folder
        yield server


def say(served, sender):
    said = {"sender": sender, "message": SAID}
    return served.client.post("/webhooks/rest/webhook", json=said).json()


def kinds(records):
    found = {}
    for record in records:
        found.setdefault(record["kind"], []).append(record)
    return found


def test_a_real_action_traces_into_a_store(served):
    [message] = say(served, "ann")
    assert message["text"] == "paid; ask bob@example.com"
    with closing(open_store(served.store)) as store:
        told = kinds(store.variables("ann"))
        events = store.retrieve_full("ann").events
    assert [(each["name"], each["value"]) for each in told["trace"]] == [
        ("attempts", 3),
        ("for", "[slot:iban]"),
    ]
    [call] = told["call"]
    assert call["url"].endswith("/webhook")
    assert (call["status"], call["attempts"]) == (200, 1)
    assert call["request_bytes"] > 1_000
    assert call["response"]["events"][0]["name"] == "paid"
    assert [each["name"] for each in told["slot"]] == ["iban", "paid"]
    assert told["slot"][1]["cause"] == "action action_pay"
    assert events[told["slot"][1]["index"]]["name"] == "paid"
    assert [each["action"] for each in told["prediction"]] == [
        "action_pay",
        "action_listen",
    ]
    assert told["turn"][0]["steps"] == 2


def test_what_is_redacted_is_nowhere_in_what_is_written(served):
    say(served, "bob")
    [again] = say(served, "bob")
    assert again["text"].endswith("bob@example.com")
    written = b"".join(
        path.read_bytes() for path in served.folder.glob("talks.db*") if path.is_file()
    )
    assert b"[slot:iban]" in written
    assert IBAN.encode() not in written
    assert b"bob@example.com" not in written


def test_the_action_server_is_sent_the_same_but_for_a_header(bot, stub):
    for record in (True, False):
        with MockRasa(bot, action_server=stub.url, record=record) as mock:
            mock.send(SAID, sender="ann")
            assert bool(mock.asgi.state.store.variables("ann")) is record
    recorded, plain = stub.headers
    assert set(recorded) - set(plain) == {ASKS}
    first, second = (steady(json.loads(body)) for body in stub.bodies)
    assert first == second


def steady(value):
    """Leave out what differs from run to run: times and ids."""
    if isinstance(value, dict):
        return {
            key: steady(each)
            for key, each in value.items()
            if key not in ("timestamp", "message_id", "latest_event_time")
        }
    return [steady(each) for each in value] if isinstance(value, list) else value


def test_a_turn_that_is_lost_is_recorded_all_the_same(bot, stub):
    rejected = {"event": "action_execution_rejected", "name": "action_nobody"}
    stub.answer = lambda _request: {"events": [rejected], "responses": []}
    with MockRasa(bot, action_server=stub.url) as mock:
        mock.send(SAID, sender="ann")
        told = kinds(mock.asgi.state.store.variables("ann"))
    assert told["call"][0]["response"]["events"] == [rejected]
    assert told["finding"][-1]["rule"] == "RM658"


def test_events_that_rasa_would_read_are_not_redacted(bot, tmp_path):
    with pytest.raises(UsageError, match="cannot redact events in the layout 'rasa'"):
        MockRasa(
            bot,
            tracker_store=f"sqlite:{tmp_path / 'talks.db'}?layout=rasa",
            redact=["email"],
            redact_events=True,
        )


def test_endpoints_say_what_is_recorded(bot, tmp_path, stub):
    endpoints = tmp_path / "endpoints.yml"
    store = "type: memory, redact: [slot:iban]"
    endpoints.write_text(
        f"action_endpoint: {{url: {stub.url}}}\ntracker_store: {{{store}}}\n"
    )
    with MockRasa(bot, endpoints=endpoints) as mock:
        mock.send(SAID, sender="ann")
        written = json.dumps(mock.asgi.state.store.variables("ann"))
        events = json.dumps(mock.asgi.state.store.retrieve_full("ann").events)
    assert IBAN not in written
    assert "[slot:iban]" in written
    # The events are as Rasa has them.
    assert IBAN in events


def test_a_turn_that_waits_for_its_store_has_its_records_once(bot, stub, monkeypatch):
    with MockRasa(bot, action_server=stub.url) as mock:
        store, agent = mock.asgi.state.store, mock.control.agent
        save, kept = store.save, []

        def fail(sender_id, turn, *, expected=None):
            if not turn.events:
                return save(sender_id, turn, expected=expected)
            kept.append(turn)
            raise StoreError("the disk is full")

        monkeypatch.setattr(type(store), "save", staticmethod(fail))
        mock.send(SAID, sender="ann")
        told = store.variables("ann")
        assert list(agent.shelf.records.__self__._of) == []
    assert {"turn", "call"} <= {each["kind"] for each in kept[0].variables}
    assert told == []


def test_what_a_broker_gets_is_redacted_as_the_events_are(bot):
    sent = []
    with MockRasa(bot, redact=["slot:iban"], redact_events=True) as mock:
        mock.control.agent.shelf.publish = sent.append
        mock.stub("action_pay", responses=[{"text": f"from {IBAN}"}])
        mock.send(SAID, sender="ann")
        assert mock.slots("ann")["iban"] == IBAN
    written = json.dumps(sent)
    assert "[slot:iban]" in written
    assert IBAN not in written
