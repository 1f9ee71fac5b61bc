"""Every route of the table: what it answers, and each odd habit, on and off."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from rasa_mock.files.bot import load_bot
from rasa_mock.resources import fixture_folder
from rasa_mock.run.api.oddities import EXACT, ODDITIES, SANE
from rasa_mock.run.api.table import ROUTES, Finder, open_source
from rasa_mock.server import create_app
from rasa_mock.server.workshop import FileWorkshop
from rasa_mock.similar import similar
from tests.server.asking import Asking

BOT = fixture_folder() / "conformance" / "bot"
PRO = "rasa-pro-3.21"
NLU = (BOT / "data" / "nlu.yml").read_text()
STORIES = (BOT / "data" / "stories.yml").read_text()
GREET = {"event": "user", "text": "hi", "parse_data": {"intent": {"name": "greet"}}}


@pytest.fixture(scope="module")
def bot():
    return load_bot(BOT, similar=similar)


@pytest.fixture
def ask(bot):
    return Asking(create_app(bot, workshop=FileWorkshop()))


@pytest.fixture
def sane(bot):
    return Asking(create_app(bot, workshop=FileWorkshop(), fidelity=SANE))


@pytest.fixture
def pro(bot):
    return Asking(create_app(bot, workshop=FileWorkshop(), profile=PRO))


def refusal(answer):
    body = answer.json()
    assert set(body) == {
        *("version", "status", "message", "reason", "details", "help", "code")
    }
    assert body["status"] == "failure"
    assert body["code"] == answer.status_code
    return answer.status_code, body["reason"], body["message"]


# The table.


def test_the_table_has_the_19_routes_of_open_source():
    assert len(open_source()) == 19
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r.method} {r.path}")
def test_a_route_is_found_by_its_own_path(route):
    profile = route.profiles[0] if route.profiles else "rasa-3.6"
    path = re.sub(r"{\w+}", "a/b%2Fc", route.path)
    found = Finder(profile)(route.method, path)
    assert found.route is route
    assert found.names == ("a/b%2Fc",) * route.path.count("{")


def test_open_source_has_no_route_of_pro(ask):
    assert ask("GET", "/flows").status_code == 404
    assert ask("DELETE", "/conversations/me/tracker").status_code == 405


@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if route.model],
    ids=lambda r: f"{r.method} {r.path}",
)
def test_without_a_model_a_route_that_needs_one_conflicts(route, bot):
    profile = route.profiles[0] if route.profiles else "rasa-3.6"
    ask = Asking(create_app(bot, profile=profile))
    assert ask("DELETE", "/model").status_code == 204
    answer = ask(route.method, route.path.replace("{conversation_id}", "me"))
    assert refusal(answer)[:2] == (409, "Conflict")


@pytest.mark.parametrize(
    "path", [r.path for r in ROUTES if r.exists and not r.profiles]
)
def test_a_route_that_needs_a_conversation_does_not_make_one(path, ask):
    route = next(r for r in ROUTES if r.path == path)
    body = {"name": "action_trivial"}
    answer = ask(route.method, path.replace("{conversation_id}", "new"), json=body)
    assert refusal(answer) == (404, "Not found", "Conversation ID not found.")
    assert ask.agent.shelf.names() == []


def test_without_the_api_there_are_the_root_and_the_channels_only(bot):
    ask = Asking(create_app(bot, enable_api=False))
    assert ask("GET", "/").status_code == 200
    assert ask.say("/greet") == ["Hey there!"]
    assert ask("GET", "/version").status_code == 404
    assert ask("GET", "/conversations/me/tracker").status_code == 404


# What concerns the bot.


def test_the_root_says_hello_in_text(ask):
    answer = ask("GET", "/")
    assert answer.text == "Hello from Rasa: 3.6.21"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_the_version_is_that_of_the_profile(ask, pro):
    told = {"version": "3.6.21", "minimum_compatible_version": "3.6.21"}
    assert ask("GET", "/version").json() == told
    assert pro("GET", "/version").json()["version"] == "3.21.0"


def test_the_status_names_the_model(ask, bot):
    assert ask("GET", "/status").json() == {
        "model_file": "model.tar.gz",
        "model_id": bot.ids["model_id"],
        "num_active_training_jobs": 0,
    }


def test_the_status_of_pro_tells_the_engine(pro):
    assert {"worker_pid", "engine_version"} <= set(pro("GET", "/status").json())


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "application/json"),
        ("application/x-yaml", "application/x-yaml"),
        ("text/yml", "application/x-yaml"),
    ],
)
def test_the_domain_comes_as_it_is_accepted(ask, bot, accept, kind):
    answer = ask("GET", "/domain", headers={"accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == kind
    if kind == "application/json":
        assert answer.json() == bot.domain.as_dict()
    else:
        assert answer.text.startswith("version: '3.1'\nsession_config:\n")


def test_other_types_of_the_domain_are_not_acceptable(ask):
    answer = ask("GET", "/domain", headers={"accept": "text/html"})
    assert refusal(answer)[:2] == (406, "NotAcceptable")


def test_a_text_is_parsed(ask):
    answer = ask("POST", "/model/parse", json={"text": "/greet", "message_id": "m"})
    assert answer.json() == {
        "text": "/greet",
        "intent": {"name": "greet", "confidence": 1.0},
        "entities": [],
        "intent_ranking": [{"name": "greet", "confidence": 1.0}],
    }


@pytest.mark.parametrize(
    ("mode", "place"),
    [
        ("WIT", ("intents", 0, "name")),
        ("luis", ("prediction", "topIntent")),
        ("DIALOGFLOW", ("queryResult", "intent", "name")),
    ],
)
def test_parse_data_in_the_words_of_other_services(ask, mode, place):
    said = {"text": '/greet{"name": "Ann"}'}
    answer = ask("POST", f"/model/parse?emulation_mode={mode}", json=said)
    value = answer.json()
    for key in place:
        value = value[key]
    assert value == "greet"


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"params": {"emulation_mode": "ALEXA"}, "json": {"text": "x"}}, 400),
        ({}, 400),
        ({"json": {}}, 500),
        ({"json": []}, 500),
        ({"json": {"text": 5}}, 500),
        ({"json": {"text": None}}, 500),
    ],
    ids=["emulation", "empty body", "no text", "list", "number", "null"],
)
def test_what_cannot_be_parsed(ask, options, status):
    assert refusal(ask("POST", "/model/parse", **options))[0] == status


def test_what_comes_after_no_event_is_to_listen(ask):
    body = ask("POST", "/model/predict", json=[]).json()
    best = max(body["scores"], key=lambda each: each["score"])
    assert best["action"] == "action_listen"
    assert body["tracker"]["sender_id"] == "default"


def test_an_object_is_no_list_of_events_to_predict_after(ask):
    answer = ask("POST", "/model/predict", json={"event": "restart"})
    assert refusal(answer)[:2] == (400, "BadRequest")


# Models.


def test_a_model_is_trained_at_once_and_can_be_loaded(ask, bot, tmp_path):
    whole = "\n".join(
        (BOT / name).read_text()
        for name in ("domain.yml", "config.yml", "data/nlu.yml", "data/rules.yml")
    ).replace('version: "3.1"\n', "")
    whole = whole.replace("Hey there!", "Hey you!")
    answer = ask("POST", "/model/train", content=whole)
    assert answer.status_code == 200, answer.text
    name = answer.headers["filename"]
    assert name.endswith(".tar.gz")
    assert answer.content[:2] == b"\x1f\x8b"
    assert ask.say("/greet") == ["Hey there!"]
    assert (
        ask("PUT", "/model", json={"model_file": f"models/{name}"}).status_code == 204
    )
    assert ask.say("/greet") == ["Hey you!"]
    assert ask("GET", "/status").json()["model_file"] == name
    # Whoever kept the file can give it to another server.
    kept = tmp_path / "kept.tar.gz"
    kept.write_bytes(answer.content)
    other = Asking(create_app(bot, workshop=FileWorkshop()))
    assert other.say("/greet") == ["Hey there!"]
    assert other("PUT", "/model", json={"model_file": str(kept)}).status_code == 204
    assert other.say("/greet") == ["Hey you!"]


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", 400, "BadRequest"),
        (b"slots: {a: {type: nonsense, mappings: []}}", 400, "InvalidDomainError"),
        (b"nlu: 5", 500, "TrainingError"),
        (b"a: [", 400, "InvalidDomainError"),
        (b"\xff", 400, "BadRequest"),
    ],
    ids=["empty", "domain", "nlu", "no yaml", "no utf-8"],
)
def test_training_data_that_rasa_refuses(ask, body, status, reason):
    answer = ask("POST", "/model/train", content=body)
    assert refusal(answer)[:2] == (status, reason)
    assert "rasa_mock_" not in answer.text


def test_a_bot_is_tested_with_stories(ask):
    answer = ask("POST", "/model/test/stories?e2e=true", content=STORIES)
    body = answer.json()
    assert body["is_end_to_end_evaluation"] is True
    assert body["accuracy"] == 1.0
    total = body["report"]["conversation_accuracy"]["total"]
    assert body["report"]["conversation_accuracy"]["correct"] == total > 0
    wrong = STORIES.replace("search_venues", "search_concerts", 3)
    assert ask("POST", "/model/test/stories", content=wrong).json()["accuracy"] < 1.0


def test_a_bot_is_tested_with_examples(ask):
    body = ask("POST", "/model/test/intents", content=NLU).json()
    intents = body["intent_evaluation"]
    assert intents["accuracy"] == 1.0
    assert intents["errors"] == []
    assert len(intents["predictions"]) > 20
    entities = body["entity_evaluation"]
    assert all(0 <= each["f1_score"] <= 1 for each in entities.values())
    other = 'version: "3.1"\nnlu:\n- intent: deny\n  examples: |\n    - hello\n'
    body = ask("POST", "/model/test/intents", content=other).json()
    errors = body["intent_evaluation"]["errors"]
    assert [error["intent_prediction"]["name"] for error in errors] == ["greet"]


@pytest.mark.parametrize("path", ["/model/test/stories", "/model/test/intents"])
@pytest.mark.parametrize(("body", "status"), [(b"", 400), (b"5", 500), (b"a: [", 500)])
def test_what_a_bot_cannot_be_tested_with(ask, path, body, status):
    assert refusal(ask("POST", path, content=body))[0] == status


@pytest.mark.parametrize(
    "body",
    [
        {"model_file": "/no/such/model.tar.gz"},
        {"model_file": __file__},
        {},
        {"model_server": 5},
    ],
    ids=["no such file", "no model", "nothing", "server"],
)
def test_a_model_that_is_not_there_cannot_be_loaded(ask, body):
    assert refusal(ask("PUT", "/model", json=body))[:2] == (400, "BadRequest")
    assert ask.say("/greet") == ["Hey there!"]


def test_a_bot_without_a_model_says_nothing_until_one_is_loaded(ask):
    assert ask("DELETE", "/model").status_code == 204
    assert ask.say("/greet") == []
    assert ask("PUT", "/model", json={"model_file": str(BOT)}).status_code == 204
    assert ask.say("/greet") == ["Hey there!"]


@pytest.mark.parametrize("path", ["/model/train", "/model/test/intents"])
def test_with_a_callback_url_the_answer_comes_later(ask, path):
    posted = []

    async def post(url, body):
        posted.append((url, body))

    ask.agent.post_later = post

    async def both():
        where = f"{path}?callback_url=http://me/done"
        answer = await ask.ask("POST", where, content=NLU)
        await ask.agent.settle()
        return answer

    answer = asyncio.run(both())
    assert (answer.status_code, answer.content) == (204, b"")
    [(url, body)] = posted
    assert url == "http://me/done"
    if path == "/model/train":
        assert body[:2] == b"\x1f\x8b"
    else:
        assert json.loads(body)["intent_evaluation"]["accuracy"] == 1.0


# Conversations.


def test_a_conversation_that_is_looked_at_begins(ask):
    body = ask("GET", "/conversations/new/tracker").json()
    assert [event["event"] for event in body["events"]] == [
        *("action", "session_started", "action")
    ]
    assert ask.agent.shelf.names() == ["new"]


def test_events_are_shown_as_asked_for(ask):
    ask.say("/greet")
    shown = {
        each: ask("GET", f"/conversations/me/tracker?include_events={each}").json()
        for each in ("none", "ALL", "Applied", "AFTER_RESTART")
    }
    assert shown["none"]["events"] is None
    assert len(shown["ALL"]["events"]) >= len(shown["Applied"]["events"]) > 3
    answer = ask("GET", "/conversations/me/tracker?include_events=some")
    assert refusal(answer)[2].endswith("NONE, APPLIED, AFTER_RESTART, ALL")


def test_a_conversation_as_it_was_then(ask):
    event = {"event": "slot", "name": "location", "value": "Rome", "timestamp": 5}
    ask(
        "PUT",
        "/conversations/me/tracker/events",
        json=[event, event | {"timestamp": 7}],
    )
    body = ask("GET", "/conversations/me/tracker?until=6").json()
    assert [event["timestamp"] for event in body["events"]] == [5]


def test_events_are_added_with_their_own_time(ask):
    event = {"event": "slot", "name": "location", "value": "Rome", "timestamp": 5}
    body = ask("POST", "/conversations/h/tracker/events", json=event).json()
    assert body["slots"]["location"] == "Rome"
    assert body["latest_event_time"] == 5


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("body", ["null", '""', "5", "{}", '[{"event": "nope"}]'])
def test_what_is_no_event_is_refused(ask, method, body):
    answer = ask(method, "/conversations/h/tracker/events", content=body)
    assert refusal(answer)[:2] == (400, "BadRequest")
    assert answer.json()["help"].endswith("/pages/http-api")


def test_a_message_without_parse_data_cannot_be_added(ask):
    event = {"event": "user", "text": "hi"}
    answer = ask("POST", "/conversations/h/tracker/events", json=event)
    assert refusal(answer)[:2] == (500, "ConversationError")


def test_no_events_empty_a_conversation_and_looking_begins_it_anew(ask):
    ask.say("/greet")
    body = ask("PUT", "/conversations/me/tracker/events", json=[]).json()
    assert (body["events"], body["followup_action"]) == ([], "action_listen")
    assert len(ask("GET", "/conversations/me/tracker").json()["events"]) == 3


def test_a_story_is_written_until_a_time_or_session_by_session(ask):
    ask.say("/greet")
    first = ask("GET", "/conversations/me/story")
    assert first.headers["content-type"] == "text/plain; charset=utf-8"
    assert first.text == (
        'version: "3.1"\nstories:\n- story: me\n  steps:\n  - intent: greet\n'
        "    user: |-\n      /greet\n  - action: utter_greet\n"
    )
    ask.say("/session_start")
    both = ask("GET", "/conversations/me/story?all_sessions=true").text
    assert "- story: me, story 1" in both
    none = ask("GET", "/conversations/me/story?until=1").text
    assert none == 'version: "3.1"\nstories: []\n'


def test_an_unknown_action_lists_those_that_there_are(ask):
    ask.say("/greet")
    answer = ask("POST", "/conversations/me/execute", json={"name": "nope"})
    status, reason, message = refusal(answer)
    assert (status, reason) == (500, "ConversationError")
    assert "Cannot access action 'nope'" in message
    assert "\n\t - action_listen\n" in message


@pytest.mark.parametrize("route", ["execute", "trigger_intent"])
@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": None}])
def test_what_is_run_or_triggered_needs_a_name(ask, route, body):
    ask.say("/greet")
    answer = ask("POST", f"/conversations/me/{route}", json=body)
    assert refusal(answer)[:2] == (400, "BadRequest")
    assert answer.json()["details"] == {"parameter": "name", "in": "body"}


def test_a_triggered_intent_is_answered(ask):
    body = {"name": "greet", "entities": []}
    told = ask("POST", "/conversations/t/trigger_intent", json=body).json()
    assert [message["text"] for message in told["messages"]] == ["Hey there!"]
    assert told["tracker"]["latest_message"]["text"] == "EXTERNAL: greet"


def test_a_prediction_is_sorted_by_score_and_name(ask):
    ask("POST", "/conversations/p/messages", json={"text": "/greet", "sender": "user"})
    body = ask("POST", "/conversations/p/predict").json()
    marks = [(-each["score"], each["action"]) for each in body["scores"]]
    assert marks == sorted(marks)
    assert body["scores"][0]["action"] == "utter_greet"


@pytest.mark.parametrize("sender", ["bot", None])
def test_messages_of_the_user_only_are_logged(ask, sender):
    said = {"text": "x", "sender": sender}
    answer = ask("POST", "/conversations/p/messages", json=said)
    assert refusal(answer)[:2] == (400, "BadRequest")


def test_a_message_needs_a_text_or_parse_data(ask):
    path = "/conversations/p/messages"
    answer = ask("POST", path, json={"sender": "user"})
    assert refusal(answer)[:2] == (500, "ConversationError")
    data = {"intent": {"name": "greet"}, "entities": []}
    answer = ask("POST", path, json={"sender": "user", "parse_data": data})
    assert answer.status_code == 200


def test_a_refusal_taken_for_an_accident_says_nothing(ask):
    answer = ask("POST", "/conversations/me/tracker/events", json=[])
    assert answer.json()["message"] == "An unexpected error occurred. Error: "


def test_a_message_that_is_logged_is_not_answered(ask):
    said = {"text": "/greet", "sender": "user"}
    body = ask("POST", "/conversations/p/messages", json=said).json()
    assert body["events"][-1]["event"] == "user"
    assert body["latest_message"]["intent"]["name"] == "greet"


# Rasa Pro.


def test_pro_forgets_a_conversation(pro):
    pro.say("/greet")
    assert pro("DELETE", "/conversations/me/tracker").status_code == 204
    answer = pro("DELETE", "/conversations/me/tracker")
    assert refusal(answer)[:2] == (404, "Not found")


def test_pro_looks_without_starting_a_session(pro):
    body = pro("GET", "/conversations/new/tracker?start_session=false").json()
    assert body["events"] == []


def test_pro_lists_the_conversations_of_a_user(pro):
    pro.say("/greet", sender="ann")
    body = pro("GET", "/users/ann/trackers?limit=5&offset=0").json()
    assert [each["sender_id"] for each in body["conversations"]] == ["ann"]
    assert (body["limit"], body["offset"]) == (5, 0)
    assert pro("GET", "/users/ann/trackers?limit=x").status_code == 400


@pytest.mark.parametrize("path", ["/flows", "/data"])
def test_pro_tells_what_it_is_made_of(pro, path):
    answer = pro("GET", path)
    assert answer.status_code == 200
    answer.json()


def test_pro_tells_what_the_bot_can_do(pro):
    assert pro("GET", "/conversations/me/capabilities").json() == {"flows": []}


# The odd habits: what Rasa does, and what happens without.


def said(answer):
    """Return status and body, as far as they differ."""
    return answer.status_code, answer.text


def events(*listed):
    return {"json": list(listed)}


SLOT = {"event": "slot", "name": "location", "value": "Rome"}
WRONG_TYPES = [
    ("/conversations/me/messages", {"sender": "user", "text": 5}),
    ("/conversations/me/messages", {"sender": "user", "parse_data": ["greet"]}),
    ("/conversations/me/trigger_intent", {"name": ["greet"]}),
    ("/conversations/me/trigger_intent", {"name": "greet", "entities": ["city"]}),
    ("/conversations/me/execute", {"name": {"utter_greet": 1}}),
    ("/model/parse", {"text": {"a": 1}}),
]
HABITS = {
    "ids_stay_encoded": lambda ask: ask("GET", "/conversations/a%20b/tracker").json()[
        "sender_id"
    ],
    "empty_events_crash": lambda ask: refusal(
        ask("POST", "/conversations/me/tracker/events", json=[])
    )[0],
    "one_event_crashes": lambda ask: (
        ask("PUT", "/conversations/me/tracker/events", json=SLOT).status_code
    ),
    "tracker_before_execute": lambda ask: (
        ask.say("/greet"),
        ask("POST", "/conversations/me/execute", json={"name": "utter_greet"}).json()[
            "tracker"
        ]["latest_action_name"],
    )[1],
    "intent_as_function": lambda ask: refusal(
        ask("POST", "/conversations/me/trigger_intent", json={"name": "nope"})
    )[2],
    "no_text_crashes": lambda ask: refusal(ask("POST", "/model/parse", json={}))[0],
    "wrong_types_crash": lambda ask: [
        ask("POST", path, json=body).status_code for path, body in WRONG_TYPES
    ],
    "no_object_crashes": lambda ask: (
        ask("POST", "/webhooks/rest/webhook", content="[]").status_code
    ),
    "any_type_refused": lambda ask: ask("GET", "/domain").status_code,
    "bad_until_ignored": lambda ask: (
        ask("GET", "/conversations/me/tracker?until=x").status_code
    ),
    "failures_are_silent": lambda ask: (
        ask("POST", "/webhooks/rest/webhook", json={"message": 5}).status_code
    ),
    "errors_as_pages": lambda ask: ask("GET", "/nope").headers["content-type"],
    "slashes_escaped": lambda ask: ask(
        "POST", "/model/parse", json={"text": "/greet é"}
    ).content[:22],
    "cors_headers_always": lambda ask: ask("GET", "/").headers.get(
        "access-control-expose-headers"
    ),
    "head_refused": lambda ask: ask("HEAD", "/").status_code,
}
EXPECTED = {
    "ids_stay_encoded": ("a%20b", "a b"),
    "empty_events_crash": (500, 400),
    "one_event_crashes": (500, 200),
    "tracker_before_execute": ("action_listen", "utter_greet"),
    "intent_as_function": (
        (
            "The intent <function create_app.<locals>.trigger_intent at "
            "0x7efc10b6e560> does not exist in the domain."
        ),
        "The intent nope does not exist in the domain.",
    ),
    "no_text_crashes": (500, 400),
    "wrong_types_crash": ([500] * len(WRONG_TYPES), [400] * len(WRONG_TYPES)),
    "no_object_crashes": (500, 400),
    "any_type_refused": (406, 200),
    "bad_until_ignored": (200, 400),
    "failures_are_silent": (200, 400),
    "errors_as_pages": ("text/html; charset=utf-8", "application/json"),
    "slashes_escaped": (b'{"text":"\\/greet \\u00e9', '{"text":"/greet é","in'),
    "cors_headers_always": ("filename", None),
    "head_refused": (405, 200),
}


def test_each_odd_habit_is_looked_at():
    assert set(HABITS) == set(EXPECTED) == {oddity.name for oddity in ODDITIES}


@pytest.mark.parametrize("name", HABITS)
def test_a_habit_is_kept_at_exact_fidelity_and_dropped_at_sane(name, ask, sane):
    exact, other = EXPECTED[name]
    if name == "slashes_escaped":
        exact, other = exact[:22], other.encode()[:22]
    assert HABITS[name](ask) == exact
    assert HABITS[name](sane) == other


def test_an_unknown_fidelity_is_refused(bot):
    with pytest.raises(Exception, match="expected exact or sane"):
        create_app(bot, fidelity="loose")
    assert EXACT == "exact"


# Pages of the framework.


@pytest.mark.parametrize(
    ("headers", "content", "kind"),
    [
        ({"accept": "text/html"}, b"", "text/html; charset=utf-8"),
        ({"accept": "application/json"}, b"", "application/json"),
        (
            {"accept": "*/*", "content-type": "application/json"},
            b"",
            "application/json",
        ),
        ({"accept": ""}, b"", "text/plain; charset=utf-8"),
        ({"accept": "*/*"}, b'{"a": 1}', "application/json"),
        ({"accept": "*/*"}, b"{}", "text/html; charset=utf-8"),
        ({"accept": "*/*"}, b"[", "text/html; charset=utf-8"),
    ],
)
def test_a_page_comes_as_sanic_would_send_it(ask, headers, content, kind):
    answer = ask("GET", "/nope", headers=headers, content=content)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == kind
    assert "Requested URL /nope not found" in answer.text.replace("\\/", "/")


def test_a_page_quotes_a_path_without_its_markup(ask):
    answer = ask("GET", "/<script>alert(1)</script>", headers={"accept": "text/html"})
    assert "<script" not in answer.text


def test_a_wrong_method_names_the_right_ones(ask, sane):
    path, as_json = "/webhooks/rest/webhook", {"accept": "application/json"}
    page = ask("GET", path, headers={"accept": "text/html"})
    assert (page.status_code, page.headers["allow"]) == (405, "POST")
    assert sane("GET", path, headers=as_json).headers["allow"] == "POST"
    answer = ask("GET", path, headers=as_json)
    assert answer.status_code == 405
    assert "allow" not in answer.headers, "as was recorded"
    assert answer.json() == {
        "description": "Method Not Allowed",
        "status": 405,
        "message": "Method GET not allowed for URL /webhooks/rest/webhook",
    }


def test_deep_json_is_no_reason_to_fall(ask):
    answer = ask("POST", "/model/parse", content="[" * 100_000)
    assert answer.status_code == 400
