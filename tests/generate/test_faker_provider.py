"""The provider that users add to a Faker of their own."""

from __future__ import annotations

import json

import pytest
from faker import Faker

import rasa_mock.faker
from rasa_mock.core.domain import Domain
from rasa_mock.errors import UsageError
from rasa_mock.schema.validate import validate

OWN = Domain.from_dict(
    {
        "intents": ["order"],
        "slots": {"size": {"type": "categorical", "values": ["s", "xl"]}},
        "actions": ["action_order"],
    }
    | {"version": "2.0"},
    profile="rasa-2.8",
)


@pytest.fixture
def fake():
    fake = Faker()
    fake.seed_instance(3)
    fake.add_provider(rasa_mock.faker.Provider)
    return fake


@pytest.mark.parametrize(
    ("method", "schema"),
    [
        ("rasa_tracker", "tracker"),
        ("rasa_request", "action_request"),
        ("rasa_response", "action_response"),
        ("rasa_event", "tracked_event"),
    ],
)
def test_what_it_makes_is_right_by_the_schema(fake, method, schema):
    for _ in range(8):
        made = getattr(fake, method)()
        assert [
            str(i) for i in validate(schema, made) if "/domain" not in i.pointer
        ] == []


def test_an_event_has_the_type_that_is_asked_for(fake):
    made = [fake.rasa_event("slot") for _ in range(5)]
    assert {event["event"] for event in made} == {"slot"}
    assert len({str(event) for event in made}) > 1


def test_the_same_seed_makes_the_same(fake):
    first = [fake.rasa_tracker(), fake.rasa_sender_id(), fake.rasa_intent()]
    fake.seed_instance(3)
    assert [fake.rasa_tracker(), fake.rasa_sender_id(), fake.rasa_intent()] == first


def test_what_it_makes_is_the_users_own(fake):
    fake.rasa_event("user")["parse_data"].clear()
    fake.seed_instance(3)
    first = fake.rasa_event("user")
    assert first["parse_data"]["intent"]


def test_a_tracker_has_as_many_events_as_are_asked_for(fake):
    tracker = fake.rasa_tracker(action="action_book", events=50)
    assert len(tracker["events"]) == 50


def test_it_takes_a_domain(fake):
    class Ours(rasa_mock.faker.Provider):
        rasa_domain = OWN
        rasa_profile = "rasa-2.8"

    fake.add_provider(Ours)
    assert fake.rasa_intent() == "order"
    assert fake.rasa_slot_value("size") in ("s", "xl")
    assert fake.rasa_request()["next_action"] == "action_order"
    assert fake.rasa_conversation()["events"]


def test_a_domain_may_be_a_path_or_what_its_file_holds(fake, tmp_path):
    written = {"actions": ["action_x"], "slots": {}}
    (tmp_path / "domain.yml").write_text(json.dumps(written))
    for domain in (str(tmp_path / "domain.yml"), tmp_path / "domain.yml", written):
        assert fake.rasa_request(domain=domain)["next_action"] == "action_x"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda fake: fake.rasa_event("slots"), "no event type 'slots'"),
        (lambda fake: fake.rasa_slot_value("town"), "no such slot: 'town'; expected"),
        (
            lambda fake: fake.rasa_intent(domain=Domain.from_dict({})),
            "has no intent",
        ),
        (lambda fake: fake.rasa_request(domain=5), "expected as domain a path"),
    ],
    ids=["event type", "slot", "intent", "domain"],
)
def test_what_there_is_not_is_refused(fake, call, message):
    with pytest.raises(UsageError, match=message):
        call(fake)
