"""The run as a stream of events, against a server on a real socket."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest

from rasa_mock.clients.http import HttpClient
from rasa_mock.core.domain import Domain
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.errors import Unreachable, UsageError
from rasa_mock.rules.catalogue import all_rules
from rasa_mock.rules.judge import rule_set
from rasa_mock.run.events import (
    ActionCalled,
    ActionFinished,
    ActionStarted,
    FindingRaised,
    RunFinished,
    RunStarted,
)
from rasa_mock.run.harness import check
from rasa_mock.run.plan import Plan, cases_of, prepare
from rasa_mock.schema.registry import Registry

DOMAIN = {
    "version": "3.1",
    "intents": ["greet"],
    "slots": {"city": {"type": "text", "mappings": [{"type": "custom"}]}},
    "responses": {"utter_greet": [{"text": "hi"}]},
    "actions": ["action_a", "action_b"],
}
SLOT = {"event": "slot", "name": "city", "value": "Rome"}


@pytest.fixture
def plan_for():
    """Make plans whose clients are closed at the end of the test."""
    clients = []

    def make(url, **given) -> Plan:
        endpoint = Endpoint(url=url, timeout=given.pop("timeout", 5.0))
        clients.append(HttpClient(endpoint))
        how = {
            "client": clients[-1],
            "endpoint": endpoint,
            "domain": Domain.from_dict(DOMAIN),
            "registry": Registry.load(),
            "rules": rule_set(all_rules()),
        }
        return Plan(**{**how, **given})

    yield make
    for client in clients:
        client.close()


def found(events):
    return [event.finding for event in events if isinstance(event, FindingRaised)]


def test_a_run_begins_goes_through_the_actions_and_ends(stub, plan_for) -> None:
    stub.answer = lambda _request: {"events": [SLOT]}
    events = list(check(plan_for(stub.url)))
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunFinished)
    started = [e.action for e in events if isinstance(e, ActionStarted)]
    finished = [e.action for e in events if isinstance(e, ActionFinished)]
    assert started == finished == ["action_a", "action_b"]
    calls = [e for e in events if isinstance(e, ActionCalled)]
    assert len(calls) == len(stub.calls) == events[-1].calls
    assert found(events) == []


def test_every_action_is_called_at_least_twenty_times_in_reachable_states(
    stub, plan_for
) -> None:
    plan = plan_for(stub.url)
    cases = list(cases_of(plan, "action_a").made)
    assert len([case for case in cases if case.reachable]) >= 20
    list(check(plan))
    called = [call["next_action"] for call in stub.calls]
    assert called == ["action_a"] * len(cases) + ["action_b"] * len(cases)


def test_calls_are_made_one_after_the_other_in_the_order_of_the_cases(
    stub, plan_for
) -> None:
    plan = plan_for(stub.url, actions=["action_a"])
    cases = [e.case for e in check(plan) if isinstance(e, ActionCalled)]
    assert cases == [case.id for case in list(cases_of(plan, "action_a").made)]
    senders = [call["sender_id"] for call in stub.calls]
    assert senders == [case.sender_id for case in list(cases_of(plan, "action_a").made)]


def test_the_same_seed_makes_the_same_bytes_alone_or_among_others(
    stub, plan_for
) -> None:
    whole = plan_for(stub.url, seed=7)
    among = list(
        prepare(whole, "action_b", cases=list(cases_of(whole, "action_b").made))
    )
    for prepared in among:
        alone = plan_for(stub.url, seed=7, case=prepared.case.id)
        (again,) = prepare(
            alone, "action_b", cases=list(cases_of(alone, "action_b").made)
        )
        assert again.request.body == prepared.request.body


def test_another_seed_makes_other_requests(stub, plan_for) -> None:
    bodies = [
        [p.request.body for p in prepare(plan, "action_a", cases=cases)]
        for plan in (plan_for(stub.url, seed=1), plan_for(stub.url, seed=2))
        for cases in [list(cases_of(plan, "action_a").made)]
    ]
    assert bodies[0] != bodies[1]


def test_actions_side_by_side_yield_the_same_in_the_same_order(stub, plan_for) -> None:
    names = [f"action_{letter}" for letter in "abcdef"]
    domain = Domain.from_dict({**DOMAIN, "actions": names})
    wrong = {"events": [{**SLOT, "name": "town"}], "responses": []}
    right = {"events": [SLOT], "responses": []}
    met = threading.Barrier(3, timeout=30)
    together = []

    def answer(request):
        if together and request["next_action"] in together:
            together.remove(request["next_action"])
            met.wait()
        return wrong if request["next_action"] in names[1::2] else right

    stub.answer = answer
    plan = plan_for(stub.url, domain=domain, behaviour=True, shrink=True)
    alone = [told(event) for event in check(plan)]
    together += names[:3]
    beside = [told(event) for event in check(replace(plan, workers=3))]
    assert together == []
    assert beside == alone
    assert [each[1] for each in alone if each[0] == "FindingRaised"] == names[1::2]


def told(event):
    """Say what an event of a run says, but for times and how often time was taken."""
    if isinstance(event, FindingRaised):
        return "FindingRaised", event.finding.action, event.finding, event.request
    if isinstance(event, ActionCalled):
        return "ActionCalled", event.action, event.case, event.findings
    if isinstance(event, ActionFinished):
        return "ActionFinished", event.action, event.calls, event.counts
    if isinstance(event, RunFinished):
        return "RunFinished", event.actions, event.counts
    return (type(event).__name__,)


@pytest.mark.parametrize(("slow", "meets"), [(None, True), (5.0, False)])
def test_nobody_calls_beside_another_where_a_call_has_a_limit(
    stub, plan_for, slow, meets
) -> None:
    came, met = threading.Event(), []

    def answer(request):
        if request["next_action"] == "action_b":
            came.set()
        elif not met:
            met.append(came.wait(30 if meets else 0.3))
        return {"events": [SLOT], "responses": []}

    stub.answer = answer
    [*check(plan_for(stub.url, workers=2, slow=slow, timeout=60))]
    assert met == [meets]


def test_one_mistake_in_many_calls_is_one_finding_with_a_count(stub, plan_for) -> None:
    wrong = {"event": "slot", "name": "town", "value": 1}
    stub.answer = lambda request: {
        "events": [wrong if request["tracker"]["latest_message"]["text"] else SLOT]
    }
    events = list(check(plan_for(stub.url, actions=["action_a"])))
    (finding,) = found(events)
    calls = [e for e in events if isinstance(e, ActionCalled)]
    assert finding.rule == "RM301"
    assert finding.count == len([e for e in calls if e.findings])
    assert 1 < finding.count < finding.calls == len(calls)


def test_the_finding_comes_with_the_request_that_shows_it(stub, plan_for) -> None:
    stub.answer = lambda _request: {"events": [{"event": "slott"}]}
    (raised,) = [
        event
        for event in check(plan_for(stub.url, actions=["action_a"]))
        if isinstance(event, FindingRaised)
    ]
    sent = json.loads(raised.request.body)
    again = plan_for(stub.url, case=raised.finding.case, seed=raised.finding.seed)
    (prepared,) = prepare(
        again, "action_a", cases=list(cases_of(again, "action_a").made)
    )
    assert sent == json.loads(prepared.request.body)


def test_an_action_that_the_server_lacks_is_called_once(stub, plan_for) -> None:
    stub.answer = lambda _request: (404, b'{"error": "no", "action_name": "a"}')
    events = list(check(plan_for(stub.url)))
    assert [f.rule for f in found(events)] == ["RM801", "RM801"]
    assert len(stub.calls) == 2
    finished = [e for e in events if isinstance(e, ActionFinished)]
    assert all(e.skipped > 0 and "no such action" in e.reason for e in finished)


def test_an_action_that_only_the_server_has_is_named_and_checked_too(
    stub, plan_for
) -> None:
    stub.listed = ["action_a", "action_b", "action_c"]
    stub.answer = lambda _request: {"responses": [{"text": "hi"}]}
    events = list(check(plan_for(stub.url)))
    assert [(f.rule, f.action) for f in found(events)] == [("RM802", "action_c")]
    assert {call["next_action"] for call in stub.calls} == {
        "action_a",
        "action_b",
        "action_c",
    }


def test_a_server_without_health_and_actions_is_checked_all_the_same(
    stub, plan_for
) -> None:
    stub.healthy = False
    stub.answer = lambda _request: {"responses": [{"text": "hi"}]}
    assert found(list(check(plan_for(stub.url)))) == []


def test_an_action_with_neither_events_nor_messages_is_only_mentioned(
    stub, plan_for
) -> None:
    (finding,) = found(list(check(plan_for(stub.url, actions=["action_a"]))))
    assert (finding.rule, finding.severity) == ("RM220", "info")


def test_after_a_call_without_an_answer_the_next_action_is_checked(
    stub, plan_for
) -> None:
    def slow(request):
        if request["next_action"] == "action_a":
            release.wait(3)
        return {"responses": [{"text": "hi"}]}

    import threading

    release = threading.Event()
    stub.answer = slow
    events = list(check(plan_for(stub.url, timeout=0.4)))
    release.set()
    assert [(f.rule, f.action) for f in found(events)] == [("RM102", "action_a")]
    assert [call["next_action"] for call in stub.calls].count("action_a") == 1
    assert events[-1].lost is None


def test_a_server_that_goes_away_midway_ends_the_run_and_names_the_case(
    stub, plan_for
) -> None:
    plan = plan_for(stub.url)
    events = []
    for event in check(plan):
        events.append(event)
        if isinstance(event, ActionStarted) and event.action == "action_b":
            stub.stop()
            plan.client.close()
    cases = list(cases_of(plan, "action_b").made)
    assert cases[0].id in events[-1].lost
    assert "action_b" in events[-1].lost
    called = [e for e in events if isinstance(e, ActionCalled)]
    assert called[-1].failure == "refused"
    assert [e.action for e in events if isinstance(e, ActionFinished)] == [
        "action_a",
        "action_b",
    ]


@pytest.mark.parametrize("call", ["first", "odd sender"])
def test_a_server_that_goes_away_between_the_cases_ends_the_run(
    stub, plan_for, call
) -> None:
    """The probes come before and after the cases; these two have a sender of theirs."""

    def answer(request):
        odd = request["sender_id"].startswith("../")
        if call == "first" or odd:
            stub.dies = True
        return {"events": [SLOT], "responses": []}

    stub.answer = answer
    *_, finished = check(plan_for(stub.url, behaviour=True))
    assert finished.lost is not None
    assert "action_a" in finished.lost
    assert finished.actions == 1


def test_a_server_that_starts_anew_between_the_cases_is_checked_on(
    stub, plan_for
) -> None:
    def answer(request):
        if request["sender_id"].startswith("../") and not stub.restarted:
            stub.restarted = True
            stub.drops = True
        return {"events": [SLOT], "responses": []}

    stub.restarted, stub.answer = False, answer
    events = [*check(plan_for(stub.url, behaviour=True))]
    assert stub.restarted
    assert found(events) == []
    assert events[-1].lost is None
    assert events[-1].actions == 2


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_known_is_told_of_an_interrupted_run(
    stub, plan_for, monkeypatch, workers
) -> None:
    stub.answer = lambda _: {"events": [{**SLOT, "name": "town"}], "responses": []}
    plan = plan_for(stub.url, workers=workers)
    call, calls = plan.client.call, []

    def interrupted(request, **_):
        calls.append(request)
        if len(calls) >= 5:
            raise KeyboardInterrupt
        return call(request)

    monkeypatch.setattr(plan.client, "call", interrupted)
    monkeypatch.setattr(plan.client, "call_while", interrupted)
    events = [*check(plan)]
    told_of = found(events)
    assert {finding.rule for finding in told_of} == {"RM301"}
    judged = sum(finding.calls for finding in told_of)
    assert judged == 4 if workers == 1 else 0 < judged <= 4
    assert events[-1].interrupted
    assert events[-1].stopped == "interrupted"


def test_nothing_listens_there(stub, plan_for) -> None:
    stub.stop()
    with pytest.raises(Unreachable, match="nothing listens"):
        list(check(plan_for(stub.url)))


def test_an_unknown_action_is_named_with_the_nearest(stub, plan_for) -> None:
    with pytest.raises(UsageError, match="did you mean 'action_a'"):
        list(check(plan_for(stub.url, actions=["action_aa"])))


def test_a_domain_without_actions_and_a_silent_server_leave_nothing(
    stub, plan_for
) -> None:
    empty = Domain.from_dict({"version": "3.1"})
    with pytest.raises(UsageError, match="nothing to check"):
        list(check(plan_for(stub.url, domain=empty)))


def test_a_rule_that_is_left_out_finds_nothing(stub, plan_for) -> None:
    stub.answer = lambda _request: {"events": [{**SLOT, "name": "town"}]}
    rules = rule_set([rule for rule in all_rules() if rule.id != "RM301"])
    assert found(list(check(plan_for(stub.url, rules=rules)))) == []
