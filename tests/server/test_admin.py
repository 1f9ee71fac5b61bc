"""What a test can do to a mock while it runs."""

from __future__ import annotations

import json

import httpx
import pytest
import pytest_asyncio

from rasa_mock.assembly import Wanted, make_application, read_parts
from rasa_mock.files.bot import load_bot
from rasa_mock.similar import similar
from tests.run.bots import write_bot

NOON = 1_700_000_000.0
DOMAIN = """
    intents: [greet, act, later, due]
    slots:
      mood:
        type: text
        mappings: [{type: custom}]
    responses:
      utter_greet: [{text: one}, {text: two}, {text: three}, {text: four}]
      utter_due: [{text: "it is time"}]
    actions: [action_x, action_later]
    session_config: {session_expiration_time: 60}
"""
RULES = """
    rules:
      - rule: greet
        steps: [{intent: greet}, {action: utter_greet}]
      - rule: act
        steps: [{intent: act}, {action: action_x}]
      - rule: later
        steps: [{intent: later}, {action: action_later}]
      - rule: due
        steps: [{intent: due}, {action: utter_due}]
"""
REST = "/webhooks/rest/webhook"


@pytest.fixture(scope="module")
def bot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bot")
    return load_bot(write_bot(folder, domain=DOMAIN, rules=RULES), similar=similar)


class Mock:
    """Speaks to one application in process."""

    def __init__(self, client):
        self.client = client

    async def say(self, text, sender="me"):
        said = {"sender": sender, "message": text}
        answer = await self.client.post(REST, json=said)
        return [message.get("text") for message in answer.json()]

    async def do(self, method, path, body=None, *, status=None):
        content = None if body is None else json.dumps(body)
        answer = await self.client.request(method, f"/__mock__{path}", content=content)
        if status is None:
            assert answer.status_code in (200, 204), answer.text
        else:
            assert answer.status_code == status, answer.text
        is_json = "json" in answer.headers.get("content-type", "")
        return answer.json() if is_json else None

    async def events(self, sender="me"):
        answer = await self.client.get(
            f"/conversations/{sender}/tracker?include_events=ALL"
        )
        return answer.json()["events"]

    async def starts(self):
        return [
            event["timestamp"]
            for event in await self.events()
            if event["event"] == "session_started"
        ]


@pytest_asyncio.fixture
async def mock(bot):
    wanted = Wanted(bot=bot, admin=True)
    app = make_application(wanted, read_parts(wanted))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://rasa") as client:
        yield Mock(client)


pytestmark = pytest.mark.asyncio


# Who may.


async def test_it_is_off_unless_asked_for(bot):
    wanted = Wanted(bot=bot)
    app = make_application(wanted, read_parts(wanted))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://rasa") as client:
        assert (await client.get("/__mock__/health")).status_code == 404


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({}, "", 401),
        ({"Authorization": "Bearer thecat"}, "", 200),
        ({"X-Mock-Token": "thecat"}, "", 200),
        ({}, "?token=thecat", 200),
        ({"Authorization": "Bearer thedog"}, "?token=thecat", 401),
        ({"Authorization": "Basic thecat"}, "", 401),
        ({"X-Mock-Token": "api"}, "", 401),
        ({}, "?token=api", 401),
        ({"X-Mock-Token": "thecat", "Origin": "http://evil.example"}, "", 403),
        ({"X-Mock-Token": "thecat", "Origin": "http://rasa"}, "", 200),
    ],
    ids=str,
)
async def test_it_has_a_token_of_its_own(bot, headers, query, status):
    wanted = Wanted(bot=bot, admin=True, admin_token="thecat", auth_token="api")
    assert "thecat" not in repr(wanted)
    app = make_application(wanted, read_parts(wanted))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://rasa") as client:
        answer = await client.get(f"/__mock__/health{query}", headers=headers)
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:5005", 200),
        ("localhost:5005", 200),
        ("[::1]:5005", 200),
        ("rasa", 200),
        ("evil.example:5005", 403),
        ("127.0.0.1.evil.example", 403),
    ],
)
async def test_a_name_that_was_pointed_here_is_refused(mock, host, status):
    answer = await mock.client.get("/__mock__/health", headers={"Host": host})
    assert answer.status_code == status


# Conversations.


async def test_conversations_are_listed_and_forgotten(mock):
    for sender in ("a", "b/c", "d%2Fe"):
        await mock.say("/greet", sender=sender)
    assert sorted(await mock.do("GET", "/conversations")) == ["a", "b/c", "d%2Fe"]
    await mock.do("DELETE", "/conversations/b%2Fc")
    await mock.do("DELETE", "/conversations/d%252Fe")
    await mock.do("DELETE", "/conversations/nobody", status=404)
    assert await mock.do("GET", "/conversations") == ["a"]
    assert await mock.do("DELETE", "/conversations") == {"forgotten": 1}
    assert await mock.do("GET", "/conversations") == []


async def test_a_reset_undoes_everything(mock):
    await mock.do("PUT", "/stubs/action_x", {"responses": [{"text": "stub"}]})
    await mock.do("PUT", "/clock", {"now": NOON, "frozen": True})
    await mock.do("POST", "/script", {"turns": [["utter_due"]]})
    await mock.do("PUT", "/nlu", {"text": "yo", "parse_data": {"intent": {}}})
    await mock.say("/act")
    await mock.do("POST", "/reset")
    assert await mock.do("GET", "/stubs") == {}
    clock = await mock.do("GET", "/clock")
    assert clock["frozen"] is False
    assert clock["now"] > NOON + 1e6
    assert await mock.do("GET", "/script") == {"all": 0, "senders": {}}
    assert await mock.do("GET", "/conversations") == []
    assert await mock.do("GET", "/journal") == []
    assert await mock.do("GET", "/findings") == []
    assert await mock.say("/greet") == ["one"]


# Time and chance.


async def test_a_frozen_clock_stands_still(mock):
    await mock.do("PUT", "/clock", {"now": NOON, "frozen": True})
    assert await mock.do("GET", "/clock") == {"now": NOON, "frozen": True}
    await mock.say("/greet")
    assert {event["timestamp"] for event in await mock.events()} == {NOON}
    await mock.do("POST", "/clock/advance", {"seconds": 5})
    assert (await mock.do("GET", "/clock"))["now"] == NOON + 5
    shown = await mock.do("PUT", "/clock", {"frozen": False})
    assert shown["frozen"] is False
    assert NOON + 5 <= shown["now"] < NOON + 60


def reminder(seconds, name="r"):
    from datetime import datetime, timezone

    at = datetime.fromtimestamp(NOON + seconds, tz=timezone.utc)
    return {
        "event": "reminder",
        "intent": "due",
        "name": name,
        "date_time": at.isoformat(),
        "entities": None,
        "kill_on_user_msg": False,
    }


async def test_reminders_fire_at_their_time_while_it_passes(mock):
    await mock.do("PUT", "/clock", {"now": NOON, "frozen": True})
    events = [reminder(100, "b"), reminder(50, "a"), reminder(500, "c")]
    await mock.do("PUT", "/stubs/action_later", {"events": events})
    await mock.say("/later")
    assert (await mock.do("POST", "/clock/advance", {"seconds": 10}))["fired"] == []
    shown = await mock.do("POST", "/clock/advance", {"seconds": 200})
    assert shown["fired"] == ["a", "b"]
    assert shown["now"] == NOON + 210
    fired = [event for event in await mock.events() if event["event"] == "user"]
    assert [event["timestamp"] - NOON for event in fired] == [0, 50, 100]
    said = [event["text"] for event in await mock.events() if event["event"] == "bot"]
    assert said == ["it is time"] * 2
    await mock.do("DELETE", "/conversations/me")
    assert (await mock.do("POST", "/clock/advance", {"seconds": 900}))["fired"] == []


async def test_sessions_expire_while_time_passes(mock):
    await mock.do("PUT", "/clock", {"now": NOON, "frozen": True})
    await mock.say("/greet")
    await mock.do("POST", "/clock/advance", {"seconds": 3599})
    await mock.say("/greet")
    starts = [
        each for each in await mock.events() if each["event"] == "session_started"
    ]
    assert len(starts) == 1
    await mock.do("POST", "/clock/advance", {"seconds": 3601})
    await mock.say("/greet")
    starts = [
        each for each in await mock.events() if each["event"] == "session_started"
    ]
    assert starts[-1]["timestamp"] == NOON + 7200


async def test_the_same_seed_makes_the_same_choices(mock):
    def ids(events):
        return [each["message_id"] for each in events if each["event"] == "user"]

    told = []
    for seed in (7, 7, 8, "seven"):
        await mock.do("DELETE", "/conversations")
        await mock.do("PUT", "/seed", {"seed": seed})
        said = [await mock.say("/greet") for _ in range(8)]
        told.append((said, ids(await mock.events())))
    assert told[0] == told[1]
    assert len({json.dumps(each) for each in told}) == 3
    await mock.do("PUT", "/seed", {"seed": None})
    assert await mock.say("/greet") == ["one"]


# Stubs.


async def test_a_stub_answers_an_action(mock):
    slot = {"event": "slot", "name": "mood", "value": "fine"}
    stub = {"events": [slot], "responses": [{"text": "stubbed"}]}
    await mock.do("PUT", "/stubs/action_x", stub)
    assert await mock.do("GET", "/stubs") == {"action_x": [stub]}
    assert await mock.say("/act") == ["stubbed"]
    answer = await mock.client.get("/conversations/me/tracker")
    assert answer.json()["slots"]["mood"] == "fine"
    await mock.do("DELETE", "/stubs/action_x")
    assert await mock.say("/act") == []


async def test_stubs_are_used_up_in_order_and_for_whom_they_are(mock):
    stubs = [
        {"responses": [{"text": "first"}], "times": 1},
        {"responses": [{"text": "yours"}], "sender": "you"},
        {"responses": [{"text": "then"}], "times": 2},
    ]
    await mock.do("PUT", "/stubs/action_x", {"sequence": stubs})
    assert await mock.say("/act") == ["first"]
    assert await mock.say("/act", sender="you") == ["yours"]
    assert [await mock.say("/act") for _ in range(3)] == [["then"], ["then"], []]
    assert [each.get("times") for each in (await mock.do("GET", "/stubs"))["action_x"]]


async def test_each_of_a_sequence_is_for_one_call_and_the_last_one_stays(mock):
    stubs = [{"responses": [{"text": text}]} for text in ("first", "then")]
    await mock.do("PUT", "/stubs/action_x", {"sequence": stubs})
    said = [await mock.say("/act") for _ in range(3)]
    assert said == [["first"], ["then"], ["then"]]


@pytest.mark.parametrize(
    ("stub", "found"),
    [
        ({"fault": "500"}, "failed to execute"),
        ({"fault": "timeout"}, ""),
        ({"fault": "cut"}, "connect"),
        ({"fault": "refused"}, "connect"),
        ({"fault": "bad_json"}, ""),
        ({"fault": "empty"}, ""),
        ({"status": 503}, "failed to execute"),
        ({"body": "no json"}, ""),
        ({"fault": "500", "delay": 0.01}, "failed to execute"),
    ],
    ids=str,
)
async def test_an_action_can_be_made_to_fail(mock, stub, found):
    await mock.do("PUT", "/stubs/action_x", stub)
    assert await mock.say("/act") == []
    kinds = [event["event"] for event in await mock.events()]
    assert kinds[-2:] == ["action", "action"], "Rasa logs the action, and listens"
    (finding,) = await mock.do("GET", "/findings")
    assert (finding["rule"], finding["action"]) == ("RM654", "action_x")
    assert finding["sender"] == "me"
    assert found.lower() in finding["message"].lower()
    assert await mock.say("/greet") == ["one"], "and the conversation goes on"


async def test_a_rejection_is_no_failure(mock):
    await mock.do("PUT", "/stubs/action_x", {"fault": "rejected"})
    await mock.say("/act")
    kinds = [event["event"] for event in await mock.events()]
    assert "action_execution_rejected" in kinds


# Scripts.


async def test_a_turn_can_be_scripted(mock):
    turns = [
        {"responses": [{"text": "scripted"}, {"response": "utter_due"}]},
        ["utter_greet", "utter_due"],
        {"actions": ["utter_due", "action_listen"]},
    ]
    await mock.do("POST", "/script", {"turns": turns})
    assert await mock.do("GET", "/script") == {"all": 7, "senders": {}}
    assert await mock.say("anything") == ["scripted", "it is time"]
    assert await mock.say("/greet") == ["one", "it is time"]
    assert await mock.say("/greet") == ["it is time"]
    assert await mock.say("/greet") == ["one"]
    names = [each.get("policy") for each in await mock.events() if "policy" in each]
    assert names.count("scripted") == 7


async def test_a_scripted_turn_names_responses_and_says_texts(mock):
    slot = {"event": "slot", "name": "mood", "value": "fine"}
    turns = [{"responses": ["it is ten", "utter_due"], "events": [slot]}]
    await mock.do("POST", "/script", {"turns": turns})
    assert await mock.say("anything") == ["it is ten", "it is time"]


async def test_a_script_can_be_for_one_conversation(mock):
    body = {"sender": "you", "turns": [["utter_due"]]}
    await mock.do("POST", "/script", body)
    assert await mock.say("/greet") == ["one"]
    assert await mock.say("/greet", sender="you") == ["it is time"]
    await mock.do("POST", "/script", body)
    await mock.do("DELETE", "/script")
    assert await mock.say("/greet", sender="you") == ["one"]


async def test_a_text_can_be_given_a_meaning(mock):
    parse_data = {"intent": {"name": "greet", "confidence": 1.0}}
    await mock.do("PUT", "/nlu", {"text": "yo man", "parse_data": parse_data})
    assert await mock.say("yo man") == ["one"]
    await mock.do("PUT", "/nlu", {"text": "yo man", "parse_data": None})
    assert await mock.say("yo man") == []


# The journal.


async def test_the_journal_knows_requests_and_calls(mock):
    await mock.do("PUT", "/stubs/action_x", {"responses": [{"text": "x"}]})
    await mock.say("/act")
    await mock.client.get("/conversations/me/tracker?token=hunter2")
    await mock.client.get("/nowhere")
    call, said, looked, lost = await mock.do("GET", "/journal")
    assert (call["kind"], call["action"], call["sender"]) == ("call", "action_x", "me")
    assert call["message"] == {"text": "/act", "intent": "act"}
    assert call["answer"]["responses"] == [{"text": "x"}]
    assert said["body"] == {"sender": "me", "message": "/act"}
    assert (said["method"], said["path"], said["status"]) == ("POST", REST, 200)
    assert looked["params"] == {"token": "***"}
    assert lost["status"] == 404
    assert "hunter" not in json.dumps(await mock.do("GET", "/journal"))
    assert await mock.do("GET", "/journal?kind=call&action=action_x") == [call]
    assert await mock.do("GET", "/journal?kind=request&status=404") == [lost]
    assert await mock.do("GET", "/journal/unmatched") == [lost]
    await mock.do("DELETE", "/journal")
    assert await mock.do("GET", "/journal") == []


async def test_a_call_that_nobody_answers_is_unmatched(mock):
    await mock.say("/act")
    (call,) = await mock.do("GET", "/journal/unmatched")
    assert call["action"] == "action_x"


async def test_it_can_be_verified_what_arrived_and_how_often(mock):
    stub = {"events": [{"event": "slot", "name": "mood", "value": "fine"}]}
    await mock.do("PUT", "/stubs/action_x", stub)
    await mock.say("/act")
    await mock.say("/act")

    async def ok(**wanted):
        return (await mock.do("POST", "/verify", wanted))["ok"]

    assert await ok(action="action_x")
    assert await ok(action="action_x", times=2)
    assert await ok(action="action_x", slots={"mood": None}, times=1)
    assert await ok(action="action_x", slots={"mood": "fine"}, times=1)
    assert await ok(action="action_later", times=0)
    assert await ok(action="action_x", times={"at_least": 1, "at_most": 3})
    assert not await ok(action="action_x", times={"at_most": 1})
    assert await ok(kind="request", path=REST, body={"message": "/act"}, times=2)
    assert await ok(kind="request", path_matches="rest/.*hook$", method="POST")
    assert await ok(action="action_x", only=True)
    assert not await ok(action="action_later", times=0, only=True)


async def test_near_misses_say_what_was_different(mock):
    await mock.do("PUT", "/stubs/action_x", {})
    await mock.say("/act")
    await mock.say("/later", sender="you")
    wanted = {"action": "action_x", "sender": "you", "message": {"intent": "act"}}
    told = await mock.do("POST", "/verify", wanted)
    assert (told["ok"], told["count"]) == (False, 0)
    assert told["expected"] == {"at_least": 1, "at_most": None}
    first, second = told["near_misses"]
    assert first["differences"] == [{"field": "sender", "expected": "you", "got": "me"}]
    assert [each["field"] for each in second["differences"]] == ["action", "message"]
    too_many = await mock.do("POST", "/verify", {"action": "action_x", "times": 0})
    assert too_many["too_many"] == [first["entry"]["id"]]
    others = await mock.do("POST", "/verify", {"action": "action_x", "only": True})
    assert [each["action"] for each in others["not_expected"]] == ["action_later"]


# Snapshots.


async def test_a_snapshot_brings_everything_back(mock, bot):
    await mock.do("PUT", "/clock", {"now": NOON, "frozen": True})
    await mock.do("PUT", "/seed", {"seed": 3})
    later = {"events": [reminder(100)]}
    await mock.do("PUT", "/stubs/action_later", later)
    await mock.do("PUT", "/stubs/action_x", {"responses": [{"text": "x"}], "times": 2})
    await mock.say("/later")
    await mock.say("/act")
    await mock.do("POST", "/script", {"turns": [{"responses": [{"text": "hi"}]}]})
    await mock.do("POST", "/script", {"sender": "you", "turns": [["utter_due"]]})
    before = await mock.events()
    kept = json.loads(json.dumps(await mock.do("GET", "/snapshot")))

    async def same_again(other):
        assert await other.do("GET", "/clock") == {"now": NOON, "frozen": True}
        assert await other.events() == before
        assert await other.say("anything") == ["hi"]
        assert await other.say("/greet", sender="you") == ["it is time"]
        assert [await other.say("/act") for _ in range(2)] == [["x"], []]
        shown = await other.do("POST", "/clock/advance", {"seconds": 200})
        assert shown["fired"] == ["r"]

    await same_again(mock)
    await mock.say("/greet", sender="somebody else")
    await mock.do("PUT", "/snapshot", kept)
    assert await mock.do("GET", "/conversations") == ["me"]
    await same_again(mock)
    wanted = Wanted(bot=bot, admin=True)
    app = make_application(wanted, read_parts(wanted))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://rasa") as client:
        await Mock(client).do("PUT", "/snapshot", kept)
        await same_again(Mock(client))


# What is wrong.


@pytest.mark.parametrize(
    ("method", "path", "body", "message"),
    [
        ("PUT", "/clock", [], "expected an object"),
        ("PUT", "/clock", {"now": "noon"}, "expected a number"),
        ("PUT", "/clock", {"frozen": 1}, "expected true or false"),
        ("PUT", "/clock", {"noww": 1}, "expected now, frozen, got 'noww'"),
        ("POST", "/clock/advance", {"seconds": -1}, "expected 0 to 1e+11"),
        ("POST", "/clock/advance", {}, "expected a number, got None"),
        ("PUT", "/seed", {"seed": [1]}, "expected a number or text"),
        ("PUT", "/stubs/a", 5, "expected an object or a list of events"),
        ("PUT", "/stubs/a", {"event": []}, "expected one of events, responses"),
        ("PUT", "/stubs/a", {"events": 5}, "expected a list"),
        ("PUT", "/stubs/a", {"fault": "boom"}, "expected one of 500, rejected"),
        ("PUT", "/stubs/a", {"delay": "1"}, "expected a number"),
        ("PUT", "/stubs/a", {"times": 1.5}, "expected a whole number"),
        ("PUT", "/stubs/a", {"sequence": []}, "expected stubs"),
        ("PUT", "/stubs/a", {"status": 0}, "expected 100 to 599, got 0"),
        ("PUT", "/stubs/a", {"sender": 5}, "expected the id of a sender"),
        ("PUT", "/nlu", {"text": "a", "parse_data": {"intent": "x"}}, "got 'x'"),
        ("POST", "/script", {"turns": "x"}, "expected a list of turns"),
        ("POST", "/script", {"turns": [["no_action"]]}, "no action 'no_action'"),
        ("POST", "/script", {"turns": [{"responses": 5}]}, "expected a list, got 5"),
        ("POST", "/script", {"turns": [{"texts": []}]}, "expected a turn with"),
        ("PUT", "/nlu", {"text": 5}, "expected a text"),
        ("POST", "/verify", {}, "expected call or request"),
        ("POST", "/verify", {"action": "a", "path": "b"}, "got 'path'"),
        ("POST", "/verify", {"action": "a", "times": -1}, "at_least and at_most"),
        ("POST", "/verify", {"kind": "request", "path_matches": "("}, ""),
        ("PUT", "/snapshot", {}, "expected a snapshot"),
        ("PUT", "/snapshot", {"format": "rasa-mock-snapshot"}, "expected version 1"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_said(mock, method, path, body, message):
    await mock.say("/greet")
    told = await mock.do(method, path, body, status=400)
    assert message in told["message"]
    assert await mock.say("/greet") == ["one"]


@pytest.mark.parametrize(
    "broken",
    [
        {"stubs": 5},
        {"stubs": {"action_x": 5}},
        {"clock": {}},
        {"clock": {"now": "noon", "frozen": True}},
        {"conversations": {"me": [5]}},
        {"conversations": {"me": [{"event": "nope"}]}},
        {"reminders": [{}]},
        {"scripts": {"all": [], "senders": []}},
        {"nlu": []},
        {"seed": {}},
    ],
    ids=str,
)
async def test_a_damaged_snapshot_changes_nothing(mock, broken):
    await mock.do("PUT", "/clock", {"now": NOON, "frozen": True})
    await mock.do("PUT", "/stubs/action_x", {"responses": [{"text": "stubbed"}]})
    await mock.do("POST", "/script", {"sender": "you", "turns": [["utter_due"]]})
    await mock.say("/greet")
    before = await mock.do("GET", "/snapshot")
    told = await mock.do("PUT", "/snapshot", {**before, **broken}, status=400)
    assert told["reason"] == "BadRequest"
    assert await mock.do("GET", "/snapshot") == before


async def test_what_is_no_json_is_said_as_json(mock):
    answer = await mock.client.put("/__mock__/clock", content=b"{now")
    assert answer.status_code == 400
    assert answer.json()["message"] == "expected JSON in the body, got b'{now'"


async def test_other_methods_and_paths_are_refused(mock):
    await mock.do("PATCH", "/clock", status=405)
    await mock.do("GET", "/nothing", status=404)
