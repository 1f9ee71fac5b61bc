"""`rasa_mock.trace` in actions of a real rasa-sdk server, and in this process."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

import rasa_mock
from rasa_mock.clients.http import HttpClient
from rasa_mock.clients.process import ActionServerProcess
from rasa_mock.core.domain import Domain
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.traced import ASKS, TELLS, entries_of
from rasa_mock.core.wire import build_request
from rasa_mock.public import Tracker
from rasa_mock.tracing import recorded

ACTIONS = """
import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import rasa_mock
from rasa_mock import trace
from rasa_sdk import Action


class Base(Action):
    def name(self):
        return "action_" + type(self).__name__.lower()


class Threaded(Base):
    def run(self, dispatcher, tracker, domain):
        thread = threading.Thread(target=trace, args=("thread", tracker.sender_id))
        thread.start()
        thread.join()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(trace, "pool", tracker.sender_id).result()
        return []


class Plain(Base):
    def run(self, dispatcher, tracker, domain):
        rasa_mock.trace("sender", tracker.sender_id)
        rasa_mock.trace("odd", object)
        dispatcher.utter_message(text="hi")
        return []


class Waits(Base):
    async def run(self, dispatcher, tracker, domain):
        trace("before", tracker.sender_id)
        await asyncio.sleep(0.05)
        trace("after", tracker.sender_id)
        await asyncio.to_thread(trace, "elsewhere", tracker.sender_id)
        return []


class Raises(Base):
    def run(self, dispatcher, tracker, domain):
        trace("last words", 1)
        raise ValueError("no")
"""
DOMAIN = Domain.from_dict({"version": "3.1"})


@pytest.fixture(scope="module", params=["rasa_sdk", "rasa_mock.clients.witness"])
def server(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("traced")
    (folder / "traced_actions.py").write_text(ACTIONS)
    with ActionServerProcess(
        "traced_actions", cwd=folder, module=request.param
    ) as running:
        yield running.url


def called(url, action, *, sender="me", asks=True):
    """Call an action; return the reply."""
    endpoint = Endpoint(url=url, headers={ASKS: "1"} if asks else {})
    with closing(HttpClient(endpoint)) as client:
        return client.call(asked(endpoint, action, sender=sender))


def asked(endpoint, action, *, sender):
    tracker = Tracker.from_events(sender, [], domain=DOMAIN)
    return build_request(endpoint, action=action, tracker=tracker, domain=DOMAIN)


def traced(reply):
    return [(entry["name"], entry["value"]) for entry in entries_of(reply.headers)]


def test_a_thread_that_traces_before_anybody_else_is_followed(server):
    reply = called(server, "action_threaded", sender="ann")
    assert traced(reply) == [("thread", "ann"), ("pool", "ann")]


def test_the_payload_is_the_same_with_and_without_a_recorder(server):
    with_it = called(server, "action_plain")
    without = called(server, "action_plain", asks=False)
    assert traced(with_it) == [("sender", "me"), ("odd", "<class 'object'>")]
    assert with_it.body == without.body
    assert json.loads(without.body)["responses"][0]["text"] == "hi"
    assert not [name for name in without.headers if TELLS.lower() in name.lower()]


@pytest.mark.parametrize("action", ["action_plain", "action_threaded"])
def test_every_call_over_one_connection_has_its_own(server, action):
    endpoint = Endpoint(url=server, headers={ASKS: "1"})
    with closing(HttpClient(endpoint)) as client:
        for sender in ("ann", "bob", "eve"):
            reply = client.call(asked(endpoint, action, sender=sender))
            told = [value for _, value in traced(reply)]
            assert (told[0], len(told)) == (sender, 2)


def test_calls_at_the_same_time_have_each_their_own(server):
    senders = [f"user {number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        replies = list(
            pool.map(lambda name: called(server, "action_waits", sender=name), senders)
        )
    for sender, reply in zip(senders, replies, strict=True):
        assert traced(reply) == [
            ("before", sender),
            ("after", sender),
            ("elsewhere", sender),
        ]


def test_what_was_traced_before_an_exception_is_known(server):
    reply = called(server, "action_raises")
    assert reply.status == 500
    assert traced(reply) == [("last words", 1)]


def test_without_a_recorder_nothing_happens():
    assert rasa_mock.trace("x", object()) is None


def test_a_block_records_what_its_threads_trace():
    with recorded() as entries:
        rasa_mock.trace("x", [1])
        thread = threading.Thread(target=rasa_mock.trace, args=("y", 2))
        thread.start()
        thread.join()
    rasa_mock.trace("z", 3)
    assert entries == [{"name": "x", "value": [1]}, {"name": "y", "value": 2}]


def test_a_call_that_traces_without_end_is_bounded():
    with recorded() as entries:
        for number in range(1500):
            rasa_mock.trace("n", number)
    assert len(entries) == 1001
    assert entries[-1] == {"left_out": 500}


def test_a_span_of_opentelemetry_gets_an_event():
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    tracer = sdk.TracerProvider().get_tracer("test")
    with tracer.start_as_current_span("action") as span:
        rasa_mock.trace("city", "Oslo")
    (event,) = span.events
    assert (event.name, dict(event.attributes)) == ("city", {"value": '"Oslo"'})
