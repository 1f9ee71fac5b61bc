"""The same reply, made of by Rasa 2.8, Rasa 3.6 and Rasa Pro 3.21."""

from __future__ import annotations

import json

import pytest

from rasa_mock import Domain, Reply, Tracker, UsageError, interpret
from rasa_mock.core import tracker as core
from rasa_mock.core.predicates import holds

PRO = "rasa-pro-3.21"
PROFILES = ("rasa-2.8", "rasa-3.6", PRO)
DOMAIN = {
    "responses": {
        "utter_hi": [{"text": "from the domain"}],
        "utter_never": [
            {"text": "x", "condition": [{"type": "slot", "name": "a", "value": "no"}]}
        ],
    }
}


def outcome_of(body, profile, *, status=200, content_type="application/json", **given):
    domain = Domain.from_dict(given.pop("document", DOMAIN), profile=profile)
    tracker = Tracker.from_events(
        "ann", given.pop("events", []), domain=domain, now=1.0, profile=profile
    )
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": content_type} if content_type else {}
    reply = Reply(status=status, headers=headers, body=raw)
    return interpret(reply, action="action_x", tracker=tracker, now=2.0, **given)


def summary(outcome):
    return outcome.kind, [event["event"] for event in outcome.events]


@pytest.mark.parametrize(
    ("profile", "expected"),
    [("rasa-2.8", "failed"), ("rasa-3.6", "failed"), (PRO, "applied")],
)
@pytest.mark.parametrize("content_type", ["text/plain", None])
def test_a_body_that_is_not_declared_as_json(profile, expected, content_type):
    body = {"events": [{"event": "restart"}]}
    outcome = outcome_of(body, profile, content_type=content_type)
    assert summary(outcome) == (expected, ["action"])


@pytest.mark.parametrize("profile", PROFILES)
def test_json_that_is_none_fails_everywhere(profile):
    assert outcome_of(b"{", profile).kind == "failed"
    assert outcome_of(b"", profile).kind == "failed"


@pytest.mark.parametrize(
    ("profile", "rasa_class"),
    [("rasa-3.6", "RasaException"), (PRO, "DomainNotFound")],
)
def test_a_question_for_the_domain(profile, rasa_class):
    outcome = outcome_of({"error": "no domain"}, profile, status=449)
    assert outcome.kind == "retry_with_domain"
    assert outcome.error.rasa_class == rasa_class


def test_a_server_can_ask_pro_for_the_domain_with_status_200():
    assert outcome_of({"missing_domain": True}, PRO).kind == "retry_with_domain"
    assert outcome_of({"missing_domain": True}, "rasa-3.6").kind == "applied"


def test_pro_notes_with_the_action_how_it_went():
    (action,) = outcome_of({}, PRO).events
    assert action["metadata"]["execution_success"] is True
    (action,) = outcome_of({"events": 1}, PRO).events
    assert action["metadata"]["execution_success"] is False
    assert "not of type" in action["metadata"]["execution_error_message"]
    (plain,) = outcome_of({}, "rasa-3.6").events
    assert "metadata" not in plain


def test_a_rejection_is_one_everywhere():
    for profile in PROFILES:
        outcome = outcome_of({"action_name": "action_x"}, profile, status=400)
        assert summary(outcome) == ("rejected", ["action_execution_rejected"])


def test_a_failure_puts_a_pattern_on_the_stack_of_a_bot_with_flows():
    frame = {"frame_id": "A", "type": "flow", "flow_id": "f", "step_id": "s"}
    push = json.dumps([{"op": "add", "path": "/0", "value": frame}])
    events = [{"event": "stack", "update": push, "timestamp": 1.0}]
    outcome = outcome_of({"events": 1}, PRO, events=events)
    assert [event["event"] for event in outcome.events] == ["action", "stack"]
    assert [frame["type"] for frame in outcome.tracker.stack] == [
        *("flow", "pattern_internal_error"),
    ]
    assert outcome.tracker.stack[-1]["flow_id"] == "pattern_internal_error"


TEXTS = [
    ({"text": "own", "response": "utter_hi"}, ["own", "own", "from the domain"]),
    ({"template": "utter_hi"}, ["from the domain", None, None]),
    ({"response": "", "text": "own"}, ["own", "own", "no event"]),
    ({"response": "utter_none", "text": "own"}, ["no event", "no event", "no event"]),
]


@pytest.mark.parametrize(
    ("item", "profile", "text"),
    [
        (item, profile, text)
        for item, texts in TEXTS
        for profile, text in zip(PROFILES, texts, strict=True)
    ],
)
def test_what_an_item_of_an_answer_says(item, profile, text):
    outcome = outcome_of({"responses": [item]}, profile)
    said = [event["text"] for event in outcome.events if event["event"] == "bot"]
    assert said == ([] if text == "no event" else [text])


def test_pro_says_something_where_no_variation_is_suitable():
    body = {"responses": [{"response": "utter_never"}]}
    assert outcome_of(body, "rasa-3.6").messages == []
    (message,) = outcome_of(body, PRO).messages
    assert message["text"].startswith("Sorry")
    document = {
        "responses": {
            **DOMAIN["responses"],
            "utter_internal_error_rasa": [{"text": "oh"}],
        }
    }
    (message,) = outcome_of(body, PRO, document=document).messages
    assert message["text"] == "oh"


def test_pro_says_which_action_a_message_comes_from():
    outcome = outcome_of({"responses": [{"text": "x"}]}, PRO)
    assert outcome.events[-1]["metadata"]["utter_source"] == "action_x"


@pytest.mark.parametrize(
    ("event", "open_source", "pro"),
    [
        ({"event": "flow_started", "flow_id": "f"}, "failed", "applied"),
        ({"event": "flow_started", "flow_id": 4}, "failed", "failed"),
        (
            {
                "event": "agent_completed",
                "agent_id": "a",
                "flow_id": "f",
                "status": None,
            },
            "failed",
            "failed",
        ),
        (
            {"event": "session_paused", "reason": "r", "timestamp": 1.0},
            "failed",
            "applied",
        ),
        (
            {"event": "session_paused", "reason": "r", "timestamp": None},
            "failed",
            "failed",
        ),
        ({"event": "no_such_thing"}, "failed", "failed"),
        ({"event": "action"}, "failed", "applied"),
        ({"event": "user", "text": "x"}, "failed", "failed"),
    ],
    ids=lambda value: value["event"] if isinstance(value, dict) else "",
)
def test_what_becomes_of_an_event(event, open_source, pro):
    body = {"events": [event, {"event": "pause"}]}
    assert outcome_of(body, "rasa-3.6").kind == open_source
    outcome = outcome_of(body, PRO)
    assert outcome.kind == pro
    if pro == "applied":
        assert outcome.events[-1]["event"] == "pause"


def test_what_pro_cannot_read_is_left_out():
    outcome = outcome_of({"events": [{"event": "stack"}, {"event": "pause"}]}, PRO)
    assert summary(outcome) == ("applied", ["action", "pause"])


def test_the_profile_may_be_told_to_interpret():
    tracker = Tracker.from_events("ann", [], now=1.0)
    reply = Reply(
        status=200,
        headers={"Content-Type": "application/json"},
        body=b'{"events": [{"event": "inactive"}]}',
    )
    outcome = interpret(reply, action="a", tracker=tracker, profile=PRO)
    assert outcome.kind == "applied"
    assert outcome.tracker.current_state()["inactive"] is True
    with pytest.raises(UsageError, match="unknown profile 'rasa-pro'"):
        interpret(reply, action="a", tracker=tracker, profile="rasa-pro")


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ("slots.age > 18", True),
        ("slots.age >= 19 and not slots.minor", True),
        ("slots.city is 'Rome' or slots.city = \"Oslo\"", True),
        ("slots.city is not 'Oslo'", False),
        ("slots.city matches '^O'", True),
        ("slots.list contains 'a'", True),
        ("slots.nothing is null", True),
        ("not (slots.age > 18)", False),
        ("slots.city > 4", False),
        ("slots.age >", False),
        ("(slots.age", False),
        ("slots.age ?? 4", False),
    ],
)
def test_predicates(predicate, expected):
    slots = {"age": 19, "minor": False, "city": "Oslo", "list": ["a"]}
    assert holds(predicate, {"slots": slots}) is expected


def test_a_variation_may_have_a_predicate_as_its_condition():
    document = {
        "slots": {"gold": {"type": "bool"}},
        "responses": {
            "utter_a": [{"text": "gold", "condition": "slots.gold"}, {"text": "base"}]
        },
    }
    body = {"responses": [{"response": "utter_a"}]}
    events = [{"event": "slot", "name": "gold", "value": True, "timestamp": 1.0}]
    (message,) = outcome_of(body, PRO, document=document, events=events).messages
    assert message["text"] == "gold"
    (message,) = outcome_of(body, PRO, document=document).messages
    assert message["text"] == "base"


def test_a_session_that_the_answer_starts_is_named_by_who_asks():
    """A generated tracker has no names to give: whoever judges the answer has."""

    def nobody():
        raise AssertionError("the tracker that was sent is asked for a name")

    domain = Domain.from_dict(DOMAIN, profile=PRO)
    tracker = core.Tracker.from_events(
        "ann", [], domain=domain, now=1.0, new_id=nobody, parse_date=str, profile=PRO
    )
    reply = Reply(
        status=200,
        headers={"Content-Type": "application/json"},
        body=b'{"events": [{"event": "session_started"}]}',
    )
    outcome = interpret(
        reply,
        action="action_session_start",
        tracker=tracker,
        now=2.0,
        new_id=lambda: "n",
    )
    state = outcome.tracker.current_state()
    assert state["current_session_id"] == "n"
