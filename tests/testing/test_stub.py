"""The fake action server: what it answers, records, and says at the end."""

from __future__ import annotations

import json

import httpx
import pytest
import respx

from rasa_mock import Conversation
from rasa_mock.clients.http import HttpClient
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.wire import RequestBuilder
from rasa_mock.errors import UsageError
from rasa_mock.files.domain import load_domain
from rasa_mock.public import Tracker
from rasa_mock.testing.stub import RasaStub

URL = "http://actions.test:5055/webhook"


@pytest.fixture
def stub():
    stub = RasaStub()
    yield stub
    stub.close()


def payload(action, **slots):
    return {"next_action": action, "sender_id": "ann", "tracker": {"slots": slots}}


def on_a_port(stub, body):
    return httpx.post(stub.url, json=body)


def on_routes(stub, body):
    with respx.mock as router:
        stub.mount(router, url=URL)
        return httpx.post(URL, json=body)


WAYS = [on_a_port, on_routes]
ANSWERS = {
    "events": (
        "answer",
        {"events": [{"event": "pause"}]},
        (200, {"events": [{"event": "pause"}], "responses": []}),
    ),
    "slots and responses": (
        "answer",
        {"slots": {"a": 1}, "utters": "utter_b"},
        (
            200,
            {
                "events": [{"event": "slot", "name": "a", "value": 1}],
                "responses": [{"response": "utter_b"}],
            },
        ),
    ),
    "a function": (
        "answer",
        {"using": lambda request: [{"event": "pause", "by": request["sender_id"]}]},
        (200, {"events": [{"event": "pause", "by": "ann"}], "responses": []}),
    ),
    "status and body": ("answer", {"status": 503, "body": ["x"]}, (503, ["x"])),
    "an exception": (
        "fail",
        {"error": ValueError("no")},
        (500, {"error": "no", "request_body": payload("action_x")}),
    ),
    "a rejection": (
        "reject",
        {},
        (
            400,
            {
                "error": "Custom action 'action_x' rejected execution.",
                "action_name": "action_x",
            },
        ),
    ),
}


@pytest.mark.parametrize("way", WAYS, ids=["port", "respx"])
@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_comes_as_it_was_told(stub, way, name):
    method, told, (status, body) = ANSWERS[name]
    getattr(stub, method)("action_x", **told)
    reply = way(stub, payload("action_x"))
    assert (reply.status_code, reply.json()) == (status, body)
    assert stub.problems() == []


@pytest.mark.parametrize("way", WAYS, ids=["port", "respx"])
def test_an_unexpected_call_gets_rasa_sdks_404_and_is_told(stub, way):
    stub.answer("action_x")
    reply = way(stub, payload("action_y", fruit="pear", note=None))
    assert reply.status_code == 404
    assert reply.json()["action_name"] == "action_y"
    assert stub.problems() == [
        "answers that nobody asked for:",
        "  action_x (used 0 of 1 times)",
        "  take them out, or set rasa_stub.allow_unused = True",
        "calls that nobody expected:",
        "  action_y for 'ann', slots {'fruit': 'pear'}",
        "  add rasa_stub.answer(...), or set rasa_stub.allow_unexpected = True",
        "all calls in order: action_y",
    ]
    with pytest.raises(AssertionError, match="calls that nobody expected"):
        stub.assert_as_expected()
    stub.allow_unused = stub.allow_unexpected = True
    assert stub.problems() == []


def test_several_answers_come_in_their_order_and_the_last_one_stays(stub):
    for number in (1, 2):
        stub.answer("action_x", body=number)
    bodies = [stub.respond(payload("action_x")).body for _ in range(4)]
    assert bodies == [b"1", b"2", b"2", b"2"]


def test_an_answer_may_be_bounded_or_have_a_condition(stub):
    stub.answer("action_x", body="once", times=1)
    stub.answer("action_x", body="pear", when=lambda r: bool(r["tracker"]["slots"]))
    asked = [payload("action_x"), payload("action_x", fruit=1), payload("action_x")]
    assert [stub.respond(each).body for each in asked[:2]] == [b'"once"', b'"pear"']
    assert stub.respond(asked[2]).status == 404


def test_calls_are_recorded_and_can_be_asserted(stub):
    stub.answer("action_x")
    stub.respond(payload("action_x", fruit="pear"))
    (call,) = stub.calls
    assert (call.action, call.sender_id, call.slots) == (
        "action_x",
        "ann",
        {"fruit": "pear"},
    )
    stub.assert_called("action_x", times=1, slots={"fruit": "pear"}, sender_id="ann")
    stub.assert_not_called("action_y")
    with pytest.raises(AssertionError, match="fruit: expected 'apple', got 'pear'"):
        stub.assert_called("action_x", slots={"fruit": "apple"})
    with pytest.raises(AssertionError, match="calls: expected 2, got 1"):
        stub.assert_called("action_x", times=2)
    with pytest.raises(AssertionError, match="calls: expected at least 1, got 0"):
        stub.assert_called("action_y")


def test_a_delay_beyond_the_clients_patience_is_its_timeout(stub):
    stub.answer("action_x", delay=30)
    with respx.mock as router:
        stub.mount(router, url=URL)
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(URL, json=payload("action_x"), timeout=1)


def test_a_delay_on_the_port_takes_its_time(stub):
    stub.answer("action_x", delay=0.3)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(stub.url, json=payload("action_x"), timeout=0.05)


def test_our_own_client_calls_it_as_rasa_would(stub, shop):
    """Compressed and in chunks, too."""
    domain = load_domain(shop / "domain.yml")
    tracker = Tracker.from_events("ann", [], domain=domain, now=1.0)
    stub.answer("action_price", slots={"price": 2.0})
    for compress in (False, True):
        endpoint = Endpoint(url=stub.url, compress=compress)
        request = RequestBuilder(endpoint, domain=domain).build("action_price", tracker)
        with HttpClient(endpoint) as client:
            assert json.loads(client.call(request).body)["events"][0]["value"] == 2.0
            assert client.list_actions() == ("action_price",)
            assert client.get("/health").status == 200
    assert [call.payload["domain"]["entities"] for call in stub.calls]


def test_it_is_the_action_server_of_a_conversation_without_any_network(stub, root):
    stub.answer("action_tell_weather", slots={"temperature": 3.5})
    talk = Conversation(root / "examples" / "weather", action_client=stub)
    talk.send("/greet")
    assert talk.execute("action_tell_weather").slots["temperature"] == 3.5


@pytest.mark.parametrize("body", [b"[]", b"{", b""])
def test_a_body_that_is_no_request_is_refused(stub, body):
    assert httpx.post(stub.url, content=body).status_code == 400
    assert stub.calls == []


def test_an_answer_needs_an_actions_name(stub):
    with pytest.raises(UsageError, match="expected an action's name, got 7"):
        stub.answer(7)


def test_a_closed_port_is_opened_anew(stub):
    first = stub.url
    stub.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(first)
    stub.reset()
    assert httpx.get(stub.url.replace("/webhook", "/health")).status_code == 200
