"""`MockRasa` for tests: on a port, in process, and behind respx."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest
import respx

import rasa_mock
from rasa_mock import MockRasa, UsageError
from rasa_mock.files.bot import load_bot
from rasa_mock.respx import mock_rasa
from rasa_mock.server.logged import log_seen
from rasa_mock.similar import similar
from tests.run.bots import write_bot
from tests.servers.stub import stub

__all__ = ["stub"]

NOON = 1_700_000_000.0
DOMAIN = """
    intents: [greet, act]
    slots:
      mood:
        type: text
        mappings: [{type: custom}]
    responses:
      utter_greet: [{text: one}, {text: two}]
    actions: [action_x]
"""
RULES = """
    rules:
      - rule: greet
        steps: [{intent: greet}, {action: utter_greet}]
      - rule: act
        steps: [{intent: act}, {action: action_x}]
"""
MOOD = {"event": "slot", "name": "mood", "value": "fine"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_bot(tmp_path_factory.mktemp("bot"), domain=DOMAIN, rules=RULES)


@pytest.fixture(scope="module")
def bot(folder):
    return load_bot(folder, similar=similar)


@pytest.fixture(scope="module")
def served(bot):
    with MockRasa(bot) as mock:
        yield mock


@pytest.fixture
def mock(served):
    served.reset()
    return served


def texts(messages):
    return [message.get("text") for message in messages]


def test_it_is_a_real_server_on_a_free_port(mock):
    said = {"sender": "me", "message": "/greet"}
    url = f"{mock.url}/webhooks/rest/webhook"
    answer = httpx.post(url, json=said, trust_env=False)
    assert texts(answer.json()) == ["one"]
    state = httpx.get(f"{mock.url}/conversations/me/tracker", trust_env=False).json()
    assert state["sender_id"] == "me"
    assert mock.tracker("me")["latest_message"]["text"] == "/greet"


def test_it_lets_go_of_its_port(folder):
    with MockRasa(str(folder)) as mock:
        assert texts(mock.send("/greet")) == ["one"]
        port = int(mock.url.rpartition(":")[2])
    with pytest.raises(UsageError, match="not started"):
        assert mock.url
    with socket.socket() as again:
        again.bind(("127.0.0.1", port))
    with mock:
        assert texts(mock.send("/greet")) == ["one"], "and can be started again"


def test_actions_answer_as_they_are_told(mock):
    mock.stub("action_x", events=[MOOD], responses=[{"text": "x"}])
    assert texts(mock.send("/act", sender="me")) == ["x"]
    assert mock.slots("me")["mood"] == "fine"
    mock.stub("action_x", [MOOD], {"responses": [{"text": "then"}]})
    assert [texts(mock.send("/act")) for _ in range(3)] == [[], ["then"], ["then"]]
    mock.stub("action_x", lambda request: [{**MOOD, "value": request["sender_id"]}])
    mock.send("/act", sender="you")
    assert mock.slots("you")["mood"] == "you"
    mock.unstub("action_x")
    assert mock.send("/act") == []
    mock.stub("action_x", fault="500", times=1)
    mock.send("/act")
    (finding,) = mock.findings
    assert finding["rule"] == "RM654"


def test_what_arrived_can_be_verified(mock):
    mock.stub("action_x")
    mock.send("/act", sender="me")
    mock.verify(action="action_x", sender="me", times=1, only=True)
    assert [call["sender"] for call in mock.calls("action_x")] == ["me"]
    with pytest.raises(AssertionError) as caught:
        mock.verify(action="action_x", sender="you")
    assert str(caught.value) == (
        "expected at least 1, got 0: action='action_x', sender='you'\n"
        "  near miss #1 action_x: sender was 'me'"
    )
    with pytest.raises(AssertionError, match=r"expected 0 times, got 1"):
        mock.verify(action="action_x", times=0)
    with pytest.raises(AssertionError, match=r"not expected: #1 action_x"):
        mock.verify(action="action_y", times=0, only=True)
    mock.reset()
    with pytest.raises(AssertionError, match="nothing of that kind arrived"):
        mock.verify(action="action_x")


def test_time_chance_and_turns_are_in_the_hands_of_the_test(mock):
    mock.freeze(NOON)
    mock.send("/greet")
    assert {event["timestamp"] for event in mock.tracker()["events"]} == {NOON}
    mock.advance(3601)
    assert mock.now == NOON + 3601
    mock.run_clock()
    mock.script(["utter_greet"], {"responses": [{"text": "scripted"}]}, sender="me")
    assert texts(mock.send("what?", sender="me")) == ["one"]
    assert texts(mock.send("what?", sender="me")) == ["scripted"]
    mock.understand("yo", "greet")
    assert texts(mock.send("yo")) == ["one"]
    mock.seed(1)
    chosen = [texts(mock.send("/greet"))[0] for _ in range(20)]
    assert set(chosen) == {"one", "two"}
    kept = mock.snapshot()
    mock.reset()
    assert mock.trigger("greet", sender="me")["messages"][0]["text"] == "one"
    mock.restore(kept)
    assert mock.tracker()["latest_message"]["text"] == "/greet"


def test_a_real_action_server_is_called(bot, stub):
    stub.answer = lambda _request: {"responses": [{"text": "live"}], "events": []}
    with MockRasa(bot, action_server=stub.url) as mock:
        assert texts(mock.send("/act")) == ["live"]
        mock.stub("action_x", responses=[{"text": "stubbed"}])
        assert texts(mock.send("/act")) == ["stubbed"]
    assert len(stub.calls) == 1


def test_the_answers_of_a_real_action_server_are_judged(bot, stub):
    wrong = {"event": "slot", "name": "no_such_slot", "value": 1}
    stub.answer = lambda _request: {"responses": [], "events": [wrong]}
    with MockRasa(bot, action_server=stub.url) as mock:
        mock.send("/act", sender="me")
        (finding,) = [each for each in mock.findings if each["rule"].startswith("RM3")]
        assert "no_such_slot" in finding["message"]
        assert (finding["action"], finding["sender"]) == ("action_x", "me")
        mock.stub("action_x", [wrong])
        mock.reset()
        mock.stub("action_x", [wrong])
        mock.send("/act")
        assert mock.findings == [], "what a test says is its own business"


def test_a_streamed_answer_is_in_the_journal(mock):
    said = {"sender": "me", "message": "/greet"}
    url = f"{mock.url}/webhooks/rest/webhook?stream=true"
    assert httpx.post(url, json=said, trust_env=False).text.count("\n") == 1
    mock.verify(kind="request", params={"stream": "true"}, status=200, times=1)


def test_the_admin_api_needs_the_token(mock):
    url = f"{mock.url}/__mock__/health"
    assert httpx.get(url, trust_env=False).status_code == 401
    headers = {"Authorization": f"Bearer {mock.admin_token}"}
    assert httpx.get(url, headers=headers, trust_env=False).status_code == 200


def test_without_a_port_it_answers_in_process(bot):
    mock = MockRasa(bot, stubs={"action_x": {"responses": [{"text": "x"}]}})
    assert texts(mock.send("/act")) == ["x"]
    mock.freeze(NOON)
    assert mock.advance(5) == []
    mock.reset()
    mock.stop()


@pytest.mark.asyncio
async def test_an_asynchronous_client_may_use_the_application_itself(bot):
    mock = MockRasa(bot)
    mock.stub("action_x", responses=[{"text": "x"}])
    transport = httpx.ASGITransport(app=mock.asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://rasa") as client:
        said = {"sender": "me", "message": "/act"}
        answer = await client.post("/webhooks/rest/webhook", json=said)
        assert texts(answer.json()) == ["x"]
        await mock.control.advance(10)
        with pytest.raises(UsageError, match="event loop is running"):
            mock.advance(10)
    mock.verify(action="action_x", times=1)


def test_without_a_bot_it_does_as_it_is_told():
    with MockRasa() as mock:
        assert mock.send("hello") == []
        mock.script({"responses": [{"text": "hi"}]}, {"responses": [{"text": "bye"}]})
        assert [texts(mock.send("hello")) for _ in range(2)] == [["hi"], ["bye"]]
    with rasa_mock.respx.mock_rasa() as rasa:
        rasa.script({"responses": [{"text": "hi"}]})
        answer = httpx.post("http://localhost:5005/webhooks/rest/webhook", json=SAID)
        assert texts(answer.json()) == ["hi"]
        assert httpx.get("http://localhost:5005/version").json()["version"] == "3.6.21"


def test_options_that_do_not_exist_are_refused(bot):
    with pytest.raises(UsageError, match="no_such"):
        MockRasa(bot, no_such=1)


def test_the_name_is_imported_when_it_is_used():
    assert rasa_mock.MockRasa is MockRasa
    assert "MockRasa" in dir(rasa_mock)


# respx.

URL = "http://rasa.example:5005/webhooks/rest/webhook"
SAID = {"sender": "me", "message": "/greet"}


def test_code_that_calls_rasa_with_httpx_is_answered(bot):
    with mock_rasa(bot, base_url="http://rasa.example:5005") as rasa:
        assert texts(httpx.post(URL, json=SAID).json()) == ["one"]
        answer = httpx.get("http://rasa.example:5005/conversations/me/tracker?a=b")
        assert answer.json()["sender_id"] == "me"
        assert httpx.get("http://rasa.example:5005/nope").status_code == 404
        assert httpx.get("http://rasa.example:5005/").text.startswith("Hello from Rasa")
        assert rasa.route.call_count == 4
        rasa.stub("action_x", responses=[{"text": "x"}])
        assert texts(rasa.send("/act")) == ["x"]
        rasa.verify(kind="request", path="/webhooks/rest/webhook", times=2)
        with pytest.raises(respx.models.AllMockedAssertionError):
            httpx.get("http://elsewhere.example/")


@pytest.mark.asyncio
async def test_asynchronous_code_is_answered_too(bot):
    with mock_rasa(bot, base_url="http://rasa.example:5005/bots/one/") as rasa:
        async with httpx.AsyncClient(
            base_url="http://rasa.example:5005/bots/one"
        ) as client:
            said = [
                client.post("/webhooks/rest/webhook", json={**SAID, "sender": str(n)})
                for n in range(5)
            ]
            answers = await asyncio.gather(*said)
            assert [texts(answer.json()) for answer in answers] == [["one"]] * 5
            stream = await client.post("/webhooks/rest/webhook?stream=true", json=SAID)
            assert stream.text.count("\n") == 1
        assert rasa.freeze(NOON) is None


def test_a_router_of_ones_own_has_other_routes_too(bot):
    with respx.mock as router:
        router.get("http://other.example/").respond(json={"a": 1})
        with mock_rasa(bot, base_url="http://rasa.example:5005", router=router):
            assert texts(httpx.post(URL, json=SAID).json()) == ["one"]
            assert httpx.get("http://other.example/").json() == {"a": 1}


def test_a_base_url_that_is_none_is_refused(bot):
    with (
        pytest.raises(UsageError, match="expected a URL like"),
        mock_rasa(bot, base_url="x"),
    ):
        pass


@pytest.mark.parametrize("fidelity", ["exact", "sane"])
@pytest.mark.parametrize("sender", ["a/b?c", "旅客", "50%41", "a\nb"])
def test_an_intent_is_triggered_in_the_conversation_that_is_meant(
    bot, fidelity, sender
):
    mock = MockRasa(bot, fidelity=fidelity, auth_token="s3cret")
    mock.send("/greet", sender=sender)
    told = mock.trigger("greet", sender=sender)
    assert told["messages"] == [{"recipient_id": sender, "text": "one"}]
    users = [e for e in mock.tracker(sender)["events"] if e["event"] == "user"]
    assert [event["text"] for event in users] == ["/greet", "EXTERNAL: greet"]
    mock.stop()


def test_an_option_that_there_is_not_is_refused(bot):
    with pytest.raises(UsageError, match="no option 'auth_tokn'; did you mean 'auth_"):
        MockRasa(bot, auth_tokn="s3cret")
    with pytest.raises(UsageError, match="the path of a file as endpoints, got dict"):
        MockRasa(bot, endpoints={"nlg": {"url": "http://localhost"}})
    with pytest.raises(UsageError, match="expected stubs by the names of actions"):
        MockRasa(bot, stubs=[{}])


def test_a_request_may_have_its_query_in_the_path(bot):
    mock = MockRasa(bot, auth_token="s3cret")
    assert mock.request("GET", "/status?token=s3cret").status == 200
    path = "/conversations/旅客/tracker?token=s3cret"
    told = mock.request("GET", path).json()
    assert told["sender_id"] == "%E6%97%85%E5%AE%A2"
    mock.stop()


def test_what_takes_too_long_is_given_up(bot):
    with MockRasa(bot, response_timeout=0.2) as mock:
        mock.stub("action_x", delay=600, responses=[{"text": "too late"}])
        # The channel says what was said so far, as with Rasa; the API does not.
        assert mock.send("/act") == []
        path = "/conversations/you/trigger_intent"
        told = mock.request("POST", path, body={"name": "act"})
        assert told.status == 503
        assert "Response Timeout" in told.body.decode()
        mock.unstub()
        assert mock.send("/greet")[0]["text"] == "one", "and the turn is free again"


def test_lines_of_the_log_have_no_queries_and_hold_ids_together(bot, caplog):
    with MockRasa(bot, stubs={"action_x": {}}) as mock:
        mock.control.agent.observers.append(log_seen)
        with caplog.at_level("DEBUG", logger="rasa_mock.seen"):
            mock.send("/act", sender="a\nERROR: b")
            mock.request("GET", "/nope", params={"token": "s3cret"})
    lines = [line.partition(" in ")[0] for line in caplog.messages]
    assert lines[0] == "'a\\nERROR: b': action_x answered 200"
    assert lines[1].startswith("'a\\nERROR: b': action action_session_start, ")
    assert lines[2:] == ["POST /webhooks/rest/webhook: 200", "GET /nope: 404"]
