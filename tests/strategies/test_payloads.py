"""Strategies for payloads: always right, shrinking to few events, quick enough."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from hypothesis import HealthCheck, find, given, settings

from rasa_mock import Reply, Tracker, interpret
from rasa_mock.errors import UsageError
from rasa_mock.files.domain import load_domain
from rasa_mock.run.wrong_items import still_wrong
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.validate import validate
from rasa_mock.strategies import (
    action_requests,
    action_responses,
    events,
    trackers,
    wrong_responses,
)
from rasa_mock.strategies.workshop import NOW

WEATHER = "examples/weather/domain.yml"
# No database: a test leaves nothing behind.  A loaded machine is no failure.
QUICK = settings(max_examples=16, database=None, deadline=None, derandomize=True)
PROFILES = ("rasa-2.8", "rasa-3.6", "rasa-pro-3.21")


def holds(strategy, check):
    seen = []

    @QUICK
    @given(strategy)
    def run(value):
        seen.append(value)
        check(value)

    run()
    return seen


def smallest(strategy, condition):
    return find(
        strategy,
        condition,
        settings=settings(QUICK, max_examples=500),
    )


def right_by(kind, profile="rasa-3.6"):
    registry = Registry.load(profile)

    def check(document):
        found = validate(kind, document, registry=registry)
        assert [str(i) for i in found if not i.pointer.startswith("/domain")] == []

    return check


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("returned", [False, True], ids=["tracked", "returned"])
def test_events_are_right_by_their_schema(profile, returned):
    kind = "event" if returned else "tracked_event"
    seen = holds(events(profile=profile, returned=returned), right_by(kind, profile))
    assert len({event["event"] for event in seen}) > 5


def test_events_have_the_types_that_are_asked_for():
    seen = holds(events(types=["slot", "followup"], returned=True), lambda _: None)
    assert {event["event"] for event in seen} == {"slot", "followup"}


def test_slots_are_those_of_the_domain():
    def check(event):
        assert event["name"] in ("location", "temperature")
        kind = str if event["name"] == "location" else (int, float)
        assert event["value"] is None or isinstance(event["value"], kind)

    holds(events(domain=WEATHER, types=["slot"]), check)


@pytest.mark.parametrize("profile", PROFILES)
def test_trackers_are_right_by_the_schema(profile):
    holds(trackers(profile=profile), right_by("tracker", profile))


def test_trackers_that_no_dialogue_produces_are_taken_by_rasa_too():
    def check(state):
        assert state["events"][0]
        assert isinstance(state["slots"], dict)

    holds(trackers(WEATHER, reachable=False), check)


@pytest.mark.parametrize("profile", PROFILES)
def test_requests_are_right_by_the_schema(profile):
    seen = holds(action_requests(profile=profile), right_by("action_request", profile))
    assert len({request["next_action"] for request in seen}) == 3


def test_requests_call_the_action_that_is_asked_for():
    def check(request):
        assert request["next_action"] == "validate_weather_form"
        assert request["tracker"]["active_loop"].get("name") in (None, "weather_form")

    holds(action_requests(WEATHER, action="validate_weather_form"), check)


def test_a_test_may_change_what_it_is_given():
    def check(request):
        assert request["domain"]["slots"]
        request["domain"]["slots"].clear()

    holds(action_requests(WEATHER), check)


def test_right_answers_are_right():
    check = right_by("action_response")
    holds(action_responses(WEATHER), check)


def test_wrong_answers_break_the_rule_that_they_are_labelled_with():
    registry, domain = Registry.load(), load_domain(WEATHER)

    def check(document):
        assert still_wrong(document, domain=domain, registry=registry, now=NOW)

    seen = holds(wrong_responses(WEATHER), check)
    assert len({document["rule"] for document in seen}) > 5


def test_wrong_answers_alone_are_answers():
    def check(answer):
        assert isinstance(answer, dict)
        assert "rule" not in answer

    holds(action_responses(WEATHER, valid=False), check)


def test_both_sorts_of_answers_are_drawn():
    seen = holds(action_responses(WEATHER, valid=None), lambda _: None)
    verdicts = {bool(validate("action_response", answer)) for answer in seen}
    assert verdicts == {True, False}


# Shrinking.


@pytest.mark.parametrize(
    ("condition", "most"),
    [
        (lambda state: state["slots"]["location"] is not None, 10),
        (lambda state: any(e["event"] == "restart" for e in state["events"]), 12),
    ],
    ids=["an entity's slot", "restart"],
)
def test_a_tracker_shrinks_to_few_events(condition, most):
    assert len(smallest(trackers(WEATHER), condition)["events"]) <= most


def test_a_request_shrinks_to_few_events():
    def said_twice(request):
        events = request["tracker"]["events"]
        return sum(event["event"] == "user" for event in events) == 2

    found = smallest(action_requests(WEATHER), said_twice)
    assert len(found["tracker"]["events"]) <= 20


def test_an_answer_shrinks_to_one_event():
    found = smallest(action_responses(WEATHER), lambda answer: answer["events"])
    assert len(found["events"]) == 1


# Cost, and what is missing.


def test_200_requests_need_no_patience_and_raise_no_health_check():
    """The bar is 10 s; what is counted here is this process's own time."""
    seen = []

    @settings(max_examples=200, database=None, deadline=None, suppress_health_check=[])
    @given(action_requests(WEATHER))
    def run(request):
        seen.append(request)

    began = time.process_time()
    run()
    assert len(seen) == 200
    assert time.process_time() - began < 10
    assert HealthCheck.too_slow  # none was suppressed above


def test_without_hypothesis_it_says_what_to_install():
    program = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "import importlib.util as util\n"
        "real = util.find_spec\n"
        "util.find_spec = lambda n, *a: None if n == 'hypothesis' else real(n, *a)\n"
        "from rasa_mock.errors import UsageError\n"
        "try:\n    import rasa_mock.strategies\n"
        "except UsageError as error:\n    print(error)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "pip install 'rasa-mock[strategies]'" in result.stdout


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: events(types=["slots"]), "no event type 'slots'"),
        (lambda: events(profile="rasa-9"), "unknown profile 'rasa-9'"),
        (
            lambda: action_requests(WEATHER, action="action_tell_wether"),
            "did you mean 'action_tell_weather'",
        ),
        (lambda: action_requests({"intents": ["a"]}), "lists no action"),
        (lambda: trackers(WEATHER, locale="xx"), "unknown locale 'xx'"),
        (lambda: wrong_responses(WEATHER, rules=["RM999"]), "no rule 'RM999'"),
    ],
    ids=["event type", "profile", "action", "no action", "locale", "rule"],
)
def test_bad_arguments_are_refused_at_once(make, message):
    with pytest.raises(UsageError, match=message):
        make()


def test_a_reply_of_an_answer_is_taken_by_rasa():
    def check(answer):
        body = json.dumps(answer).encode()
        reply = Reply(
            status=200, headers={"Content-Type": "application/json"}, body=body
        )
        tracker = Tracker.from_events("x", [])
        assert interpret(reply, action="action_x", tracker=tracker).error is None

    holds(action_responses(), check)
