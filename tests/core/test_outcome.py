"""What becomes of a turn: one reply, one tracker, Rasa's reaction."""

from __future__ import annotations

import itertools
import json

import pytest

from rasa_mock.clock import parse_date
from rasa_mock.core.domain import Domain
from rasa_mock.core.outcome import interpret
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import FAILURES, Reply

NOW = 1700000000.125
OUTSIDE = {"now": NOW, "new_id": lambda: "new-id", "parse_date": parse_date}
DOMAIN = Domain.from_dict(
    {
        "version": "3.1",
        "intents": ["greet"],
        "slots": {
            "city": {"type": "text", "mappings": [{"type": "custom"}]},
            "list": {"type": "list", "mappings": [{"type": "custom"}]},
        },
        "actions": ["action_x"],
        "forms": {"trip_form": {"required_slots": ["city"]}},
        "responses": {
            "utter_city": [{"text": "You are in {city}."}, {"text": "{city}!"}]
        },
    }
)
HISTORY = [
    {"event": "action", "name": "action_session_start", "timestamp": 1.0},
    {"event": "session_started", "timestamp": 2.0},
    {"event": "action", "name": "action_listen", "timestamp": 3.0},
    {
        "event": "user",
        "text": "hi",
        "parse_data": {"intent": {"name": "greet"}, "entities": []},
        "timestamp": 4.0,
    },
    {"event": "slot", "name": "city", "value": "Rome", "timestamp": 5.0},
]
ACTION = {
    "event": "action",
    "timestamp": NOW,
    "name": "action_x",
    "policy": "RulePolicy",
    "confidence": 1.0,
    "action_text": None,
    "hide_rule_turn": False,
}


def conversation(events=HISTORY, **options):
    return Tracker.from_events("u", events, domain=DOMAIN, **OUTSIDE, **options)


def answer(*events, responses=(), status=200):
    body = json.dumps({"events": events, "responses": list(responses)}).encode()
    return Reply(status=status, headers={"Content-Type": "application/json"}, body=body)


def play(reply, *, tracker=None, **options):
    tracker = conversation() if tracker is None else tracker
    before = json.dumps(tracker.current_state())
    outcome = interpret(
        reply, **{"action": "action_x", "tracker": tracker, **OUTSIDE, **options}
    )
    assert json.dumps(tracker.current_state()) == before
    return outcome


def slot(name, value, **more):
    return {"event": "slot", "name": name, "value": value, **more}


def names(outcome):
    return [event["event"] for event in outcome.events]


def test_an_empty_answer_logs_the_action():
    outcome = play(answer())
    assert (outcome.kind, outcome.error) == ("applied", None)
    assert outcome.events == [ACTION]
    assert outcome.returned == []
    assert outcome.messages == []
    assert outcome.tracker.latest_action_name == "action_x"
    assert outcome.predict_again is True


def test_bot_messages_come_before_events_and_all_get_the_time_of_logging():
    reply = answer(
        slot("city", "Oslo", timestamp=7.5, metadata={"k": 1}, extra=1),
        {"event": "bot", "text": "second"},
        responses=[{"text": "first"}],
    )
    outcome = play(reply)
    assert names(outcome) == ["action", "bot", "slot", "bot"]
    assert {event["timestamp"] for event in outcome.events} == {NOW}
    assert [event["timestamp"] for event in outcome.returned] == [NOW, 7.5, NOW]
    assert outcome.events[2] == {
        "event": "slot",
        "timestamp": NOW,
        "metadata": {"k": 1},
        "name": "city",
        "value": "Oslo",
    }
    assert [message["text"] for message in outcome.messages] == ["first", "second"]
    assert outcome.tracker.events[-4:] == outcome.events


def test_responses_are_filled_before_the_events_are_applied():
    outcome = play(answer(slot("city", "Oslo"), responses=[{"response": "utter_city"}]))
    assert outcome.messages == [{"recipient_id": "u", "text": "You are in Rome."}]
    assert outcome.tracker.slots["city"] == "Oslo"


def test_choose_takes_another_variation():
    reply = answer(responses=[{"response": "utter_city"}])
    outcome = play(reply, choose=lambda variations: variations[-1])
    assert outcome.messages == [{"recipient_id": "u", "text": "Rome!"}]


def test_a_bounded_tracker_fills_responses_from_what_it_still_knows():
    reply = answer(responses=[{"response": "utter_city"}])
    roomy = conversation(max_event_history=5)
    assert play(reply, tracker=roomy).messages[0]["text"] == "You are in Rome."
    forgetful = conversation(max_event_history=1)
    forgetful.update({"event": "pause", "timestamp": 6.0})
    assert forgetful.slots["city"] == "Rome"
    assert play(reply, tracker=forgetful).messages[0]["text"] == "You are in None."


def test_the_domain_passed_in_has_the_responses():
    other = Domain.from_dict({"responses": {"utter_city": [{"text": "other"}]}})
    reply = answer(responses=[{"response": "utter_city"}])
    assert play(reply, domain=other).messages[0]["text"] == "other"


def test_without_any_domain_named_responses_are_unknown():
    tracker = Tracker.from_events("u", HISTORY, **OUTSIDE)
    reply = answer(
        slot("anything", 1), responses=[{"response": "utter_city"}, {"text": "t"}]
    )
    outcome = play(reply, tracker=tracker)
    assert outcome.messages == [{"recipient_id": "u", "text": "t"}]
    assert outcome.tracker.slots["anything"] == 1


def test_the_prediction_is_logged_with_the_action():
    outcome = play(answer(), policy="TEDPolicy", confidence=0.5, hide_rule_turn=True)
    prediction = {"policy": "TEDPolicy", "confidence": 0.5, "hide_rule_turn": True}
    assert outcome.events == [{**ACTION, **prediction}]


def test_the_clock_is_asked_for_every_event():
    ticks = itertools.count(100.0)
    outcome = play(answer(slot("city", 1), {"event": "pause"}), now=lambda: next(ticks))
    times = [event["timestamp"] for event in outcome.events]
    assert times == sorted(times)
    assert len(set(times)) == 3


def test_a_nameless_reminder_gets_one_new_name():
    reply = answer({"event": "reminder", "intent": "greet", "date_time": "2030-01-01"})
    outcome = play(reply)
    assert outcome.returned[0]["name"] == outcome.events[1]["name"] == "new-id"
    assert outcome.events[1]["date_time"] == "2030-01-01T00:00:00"


@pytest.mark.parametrize("action", ["action_listen", "action_session_start"])
def test_after_listening_nothing_is_predicted(action):
    assert play(answer(), action=action).predict_again is False


# Answers that change how the action is logged, or what follows.


@pytest.mark.parametrize("name", ["action_x", "other", None])
def test_a_returned_rejection_keeps_the_action_out_of_the_log(name):
    rejection = {"event": "action_execution_rejected", "name": name}
    outcome = play(answer(slot("city", "Oslo"), rejection, responses=[{"text": "t"}]))
    assert outcome.kind == "applied"
    assert names(outcome) == ["bot", "slot", "action_execution_rejected"]
    assert outcome.tracker.latest_action_name == "action_listen"
    assert outcome.messages == [{"recipient_id": "u", "text": "t"}]


SPECIAL = [
    (
        "undo takes the action back",
        [{"event": "undo"}],
        "latest_action_name",
        "action_listen",
    ),
    ("restart", [{"event": "restart"}], "followup_action", "action_session_start"),
    ("session", [{"event": "session_started"}], "followup_action", "action_listen"),
    ("followup", [{"event": "followup", "name": "nope"}], "followup_action", "nope"),
    ("pause", [{"event": "pause"}], "paused", True),
    (
        "unknown loop",
        [{"event": "active_loop", "name": "nope"}],
        "active_loop_name",
        "nope",
    ),
    (
        "legacy form",
        [{"event": "form", "name": "trip_form"}],
        "active_loop_name",
        "trip_form",
    ),
    (
        "another action",
        [{"event": "action", "name": "other"}],
        "latest_action_name",
        "other",
    ),
    ("unknown slot", [slot("nope", 1)], "latest_action_name", "action_x"),
    (
        "rewind takes the slot back",
        [slot("city", 1), {"event": "rewind"}],
        "slots",
        {
            "city": None,
            "list": None,
            "requested_slot": None,
            "session_started_metadata": None,
        },
    ),
    (
        "a list slot wraps",
        [slot("list", "x")],
        "slots",
        {
            "city": "Rome",
            "list": ["x"],
            "requested_slot": None,
            "session_started_metadata": None,
        },
    ),
]


@pytest.mark.parametrize(
    ("events", "attribute", "value"),
    [row[1:] for row in SPECIAL],
    ids=[row[0] for row in SPECIAL],
)
def test_returned_events_have_their_effect(events, attribute, value):
    outcome = play(answer(*events))
    assert outcome.kind == "applied"
    assert getattr(outcome.tracker, attribute) == value
    assert outcome.predict_again is True


# Answers that are lost.


def test_a_rejection_by_status_logs_that_the_running_action_was_rejected():
    reply = Reply(status=400, body=b'{"action_name": "other", "error": "not now"}')
    outcome = play(reply)
    assert outcome.kind == "rejected"
    assert outcome.error.rasa_class == "ActionExecutionRejection"
    assert (outcome.error.message, outcome.error.phase) == ("not now", "run")
    assert outcome.events == [
        {
            "event": "action_execution_rejected",
            "timestamp": NOW,
            "name": "action_x",
            "policy": "RulePolicy",
            "confidence": 1.0,
        }
    ]
    assert outcome.tracker.latest_action_name == "action_listen"
    assert outcome.predict_again is True


def test_a_server_that_asks_for_the_domain_is_told_apart():
    outcome = play(Reply(status=449, body=b'{"error": "domain"}'))
    assert outcome.kind == "retry_with_domain"
    assert (outcome.error.rasa_class, outcome.error.phase) == ("RasaException", "run")
    assert outcome.events == [ACTION]


GOOD = slot("city", "Oslo")
SAID = {"text": "said"}
LOST = [
    ("an unknown event", answer(GOOD, {"event": "nope"}), "ValidationError"),
    ("an event without its name", answer(GOOD, {"a": 1}), "ValidationError"),
    ("no response object", answer(GOOD, responses=[SAID, None]), "ValidationError"),
    (
        "a user event without parse data",
        answer(GOOD, {"event": "user"}),
        "AttributeError",
    ),
    ("an action without name", answer(GOOD, {"event": "action"}), "ValueError"),
    ("a reminder without date", answer(GOOD, {"event": "reminder"}), "TypeError"),
    (
        "a bad date",
        answer(GOOD, {"event": "reminder", "date_time": "x"}),
        "ParserError",
    ),
    (
        "buttons that are a number",
        answer(GOOD, responses=[{"buttons": 5}]),
        "TypeError",
    ),
    (
        "a colliding key",
        answer(GOOD, responses=[SAID, {"response": "utter_city", "tracker": 1}]),
        "TypeError",
    ),
    ("no JSON", Reply(status=200, body=b"{}"), "ValidationError"),
    ("an error status", Reply(status=500, body=b"{}"), "RasaException"),
    ("a 400 without action name", Reply(status=400, body=b"{}"), "KeyError"),
    (
        "depth",
        Reply(
            status=200,
            headers={"Content-Type": "application/json"},
            body=b"[" * 100_000,
        ),
        "RecursionError",
    ),
]


@pytest.mark.parametrize(
    ("reply", "rasa_class"), [row[1:] for row in LOST], ids=[row[0] for row in LOST]
)
def test_one_mistake_loses_the_whole_answer(reply, rasa_class):
    outcome = play(reply)
    assert outcome.kind == "failed"
    assert (outcome.error.rasa_class, outcome.error.phase) == (rasa_class, "run")
    assert outcome.events == [ACTION]
    assert (outcome.returned, outcome.messages) == ([], [])
    assert outcome.tracker.slots["city"] == "Rome"
    assert outcome.predict_again is True


@pytest.mark.parametrize("failure", FAILURES)
def test_no_reply_at_all_is_like_an_empty_one(failure):
    outcome = play(Reply(failure=failure))
    assert outcome.kind == "failed"
    assert outcome.error.message
    assert outcome.events == [ACTION]


# Turns that are lost.


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


LOST_TURNS = [
    (
        "text is a number",
        answer(responses=[SAID, {"text": 5}, SAID]),
        "AttributeError",
        ["action", "bot", "bot", "bot"],
    ),
    (
        "metadata collides",
        answer(
            {"event": "bot", "text": "t", "metadata": {"recipient_id": 1}},
            responses=[SAID],
        ),
        "TypeError",
        ["action", "bot", "bot"],
    ),
    (
        "a reminder's name is a number",
        answer(
            {"event": "reminder", "name": 5, "date_time": "2030-01-01"},
            responses=[SAID],
        ),
        "TypeError",
        ["action", "bot", "reminder"],
    ),
    (
        "a reminder's intent is an object",
        answer(
            {"event": "reminder", "intent": {}, "date_time": "2030-01-01"},
            responses=[SAID],
        ),
        "TypeError",
        ["action", "bot", "reminder"],
    ),
]


@pytest.mark.parametrize(
    ("reply", "rasa_class", "logged"),
    [row[1:] for row in LOST_TURNS],
    ids=[row[0] for row in LOST_TURNS],
)
def test_what_fails_after_logging_loses_the_turn(reply, rasa_class, logged):
    outcome = play(reply)
    assert outcome.kind == "failed"
    assert (outcome.error.rasa_class, outcome.error.phase) == (rasa_class, "processor")
    assert names(outcome) == logged
    assert outcome.messages == [{"recipient_id": "u", "text": "said"}]
    assert outcome.tracker.events[-1] == outcome.events[-1]
    assert outcome.predict_again is None


def test_a_value_too_deep_to_copy_loses_the_turn_before_it_is_logged():
    assert play(answer(slot("city", nested(400)))).kind == "applied"
    outcome = play(answer(slot("city", nested(600)), responses=[SAID]))
    assert (outcome.error.rasa_class, outcome.error.phase) == (
        "RecursionError",
        "processor",
    )
    assert names(outcome) == ["action"]
    assert outcome.messages == []
    assert outcome.tracker.slots["city"] == "Rome"


@pytest.mark.parametrize("name", ["", None])
def test_a_reminder_may_lack_a_name(name):
    reply = answer({"event": "reminder", "name": name, "date_time": "2030-01-01"})
    assert play(reply).error is None
