"""Cases: valid, reproducible, enough of them, and what their ids promise."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rasa_mock.core.domain import Domain
from rasa_mock.errors import UsageError
from rasa_mock.generate.cases import case_for, cases_for, tracker_for

NOW = 1_700_000_000.125


def as_bytes(case):
    return json.dumps([case.id, case.sender_id, case.events], ensure_ascii=False)


def test_every_request_fits_the_schema(domain, registry, problems, actions_of):
    for action in actions_of(domain):
        for case in cases_for(action, domain=domain, registry=registry, now=NOW):
            found = problems(case, domain=domain, registry=registry)
            assert found == [], (action, case.id, found[:2])


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**64), which=st.integers(0, 100), data=st.data())
def test_any_seed_gives_requests_that_fit_the_schema(
    travel, registry, problems, actions_of, seed, which, data
):
    actions = actions_of(travel)
    action = actions[which % len(actions)]
    cases = cases_for(action, domain=travel, registry=registry, seed=seed)
    case = data.draw(st.sampled_from(cases), label="case")
    assert problems(case, domain=travel, registry=registry) == []
    assert tracker_for(case, travel).events == case.events


def test_the_tracker_holds_the_events_as_they_are(domain, actions_of):
    for action in actions_of(domain):
        for case in cases_for(action, domain=domain, seed=7):
            tracker = tracker_for(case, domain)
            assert tracker.events == case.events, (action, case.id)
            assert tracker.sender_id == case.sender_id


def test_twenty_reachable_cases_at_least_with_ids_of_their_own(domain, actions_of):
    for action in actions_of(domain):
        cases = cases_for(action, domain=domain)
        ids = [case.id for case in cases]
        assert sum(case.reachable for case in cases) >= 20, action
        assert len(set(ids)) == len(ids)
        assert all(case.id == f"{case.kind}-{case.index}" for case in cases)
        assert all(re.fullmatch(r"[\w-]+-\d+", name) for name in ids), ids


@pytest.mark.parametrize(("count", "reachable"), [(3, 3), (20, 20), (60, 60)])
def test_as_many_cases_as_asked_for(travel, count, reachable):
    cases = cases_for("action_show_trip", domain=travel, count=count)
    assert sum(case.reachable for case in cases) >= reachable
    assert count >= 20 or len(cases) == count


def test_the_first_cases_stay_the_same_when_more_are_asked_for(travel):
    few = cases_for("validate_trip_form", domain=travel, count=25)
    many = cases_for("validate_trip_form", domain=travel, count=70)
    more = {case.id: as_bytes(case) for case in many}
    assert {case.id: as_bytes(case) for case in few}.items() <= more.items()


def test_a_case_alone_is_the_case_among_its_siblings(travel, actions_of):
    for action in actions_of(travel):
        for case in cases_for(action, domain=travel, seed=3)[::7]:
            alone = case_for(action, case.id, domain=travel, seed=3)
            assert as_bytes(alone) == as_bytes(case)


def test_a_case_alone_does_not_depend_on_how_many_there_were(travel):
    case = cases_for("action_show_trip", domain=travel, count=90)[-1]
    assert case.index > 1
    alone = case_for("action_show_trip", case.id, domain=travel)
    assert as_bytes(alone) == as_bytes(case)


def test_seeds_differ_and_so_do_actions(travel):
    def first(action, seed):
        return as_bytes(cases_for(action, domain=travel, seed=seed)[0])

    made = {
        first(action, seed)
        for action in ("action_book_trip", "action_show_trip")
        for seed in range(10)
    }
    assert len(made) == 20


SCRIPT = """
import hashlib, json, sys
from rasa_mock.core.domain import Domain
from rasa_mock.generate.cases import cases_for
domain = Domain.from_dict(json.load(sys.stdin))
digest = hashlib.sha256()
for action in domain.server_actions:
    for case in cases_for(action, domain=domain, seed=11, locale="zh_CN"):
        digest.update(json.dumps([case.id, case.sender_id, case.events]).encode())
print(digest.hexdigest())
"""


def test_the_same_seed_gives_the_same_bytes_in_every_process(travel):
    document = json.dumps(travel.as_dict())
    digests = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            input=document,
            env={
                "PYTHONHASHSEED": salt,
                "PYTHONPATH": ":".join(filter(None, sys.path)),
            },
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for salt in ("0", "1", "4242")
    }
    assert len(digests) == 1


def test_bytes_do_not_depend_on_what_was_made_before(travel):
    fresh = Domain.from_dict(travel.as_dict())
    cases_for("action_book_trip", domain=fresh, seed=99, locale="de_DE")
    after = cases_for("action_book_trip", domain=fresh, seed=1)
    again = cases_for("action_book_trip", domain=travel, seed=1)
    assert [as_bytes(case) for case in after] == [as_bytes(case) for case in again]


def test_cases_do_not_share_what_could_be_changed(travel):
    first = cases_for("action_book_trip", domain=travel)
    kept = [as_bytes(case) for case in first]
    for case in cases_for("action_book_trip", domain=travel):
        for event in case.events:
            event.setdefault("metadata", {})["changed"] = True
            parsed = event.get("parse_data")
            if parsed:
                parsed["intent"]["name"] = "changed"
                parsed["entities"].append("changed")
                for ranked in parsed.get("intent_ranking", ()):
                    ranked["name"] = "changed"
            event.get("data", {})["changed"] = True
    assert [as_bytes(c) for c in cases_for("action_book_trip", domain=travel)] == kept


def test_times_rise_and_end_right_before_now(domain, actions_of):
    for action in actions_of(domain):
        for case in cases_for(action, domain=domain, now=NOW):
            times = [event["timestamp"] for event in case.events]
            assert times == sorted(times), case.id
            assert all(time < NOW for time in times), case.id
            if times and not case.kind.startswith("expired"):
                assert NOW - times[-1] < 1, case.id


def test_users_never_meet_in_one_conversation_id(travel, actions_of):
    ids = [
        case.sender_id
        for action in actions_of(travel)
        for case in cases_for(action, domain=travel)
    ]
    assert len(set(ids)) == len(ids)
    assert any(not sender.isascii() for sender in ids)
    # An id may become the name of a file in a server.
    assert not any(part in sender for sender in ids for part in ("/", "..", "\\", "\0"))


@pytest.mark.parametrize("case_id", ["nope-1", "first-0", "first", "first-x", ""])
def test_an_unknown_case_names_those_there_are(travel, case_id):
    with pytest.raises(UsageError, match=f"no case '{case_id}': expected .* first-1"):
        case_for("action_book_trip", case_id, domain=travel)


def test_an_unknown_locale_is_a_usage_error(travel):
    with pytest.raises(UsageError, match="unknown locale 'xx_YY'"):
        cases_for("action_book_trip", domain=travel, locale="xx_YY")


def test_a_locale_gives_values_of_its_language(travel):
    cases = cases_for("action_show_trip", domain=travel, locale="zh_CN", seed=2)
    cities = {
        event["value"]
        for case in cases
        if case.reachable and not case.kind.startswith("slots-")
        for event in case.events
        if event["event"] == "slot" and event["name"] == "from_city" and event["value"]
    }
    assert cities
    assert all(re.search(r"[\u4e00-\u9fff]", city) for city in cities), cities
