"""Trackers, events and requests: valid, reachable, the same for the same test."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rasa_mock.errors import UsageError
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.validate import validate
from rasa_mock.testing.factories import (
    EventFactory,
    Factory,
    PayloadFactory,
    TrackerFactory,
)
from rasa_mock.testing.settings import Settings


@pytest.fixture
def factory(bench):
    return Factory(domain=bench.domain, settings=bench.settings, test="test_x")


def issues(kind, document):
    return list(validate(kind, document, registry=Registry.load("rasa-3.6")))


def test_a_payload_is_a_valid_request(factory):
    make = PayloadFactory(factory)
    for _ in range(20):
        assert issues("action_request", make()) == []


def test_a_payload_has_what_the_test_asks_for(factory):
    make = PayloadFactory(factory)
    for action in ("action_price", "validate_order_form"):
        made = make(action, slots={"fruit": "pear", "note": "n"}, sender_id="ann")
        assert (made["next_action"], made["sender_id"]) == (action, "ann")
        assert made["tracker"]["slots"]["fruit"] == "pear"
        assert made["tracker"]["slots"]["note"] == "n"
    assert len(make("action_price", size=60)["tracker"]["events"]) == 60


def test_a_tracker_is_what_a_dialogue_reaches(factory):
    tracker = TrackerFactory(factory)("action_price", slots={"fruit": "apple"})
    assert tracker.slots["fruit"] == "apple"
    assert issues("tracker", tracker.current_state()) == []
    tracker.update({"event": "slot", "name": "price", "value": 1.0})
    assert tracker.slots["price"] == 1.0


def test_an_event_has_its_type_and_the_tests_fields(factory):
    make = EventFactory(factory)
    slot = make("slot", name="amount")
    assert slot["name"] == "amount"
    assert isinstance(slot["value"], (int, float))
    assert make("reminder", name="r1")["name"] == "r1"
    for _ in range(20):
        assert issues("tracked_event", make()) == []


def test_the_same_test_gets_the_same_values_and_another_seed_others(bench):
    def made(test="test_x", seed=0):
        settings = replace(bench.settings, seed=seed)
        factory = Factory(domain=bench.domain, settings=settings, test=test)
        return [PayloadFactory(factory)() for _ in range(3)], EventFactory(factory)()

    assert made() == made()
    assert made() != made(test="test_y")
    assert made() != made(seed=1)
    one, other, _ = made()[0]
    assert one != other


def test_names_that_the_domain_lacks_are_said(factory):
    with pytest.raises(UsageError, match="no slot 'friut'"):
        PayloadFactory(factory)(slots={"friut": 1})
    with pytest.raises(UsageError, match="no slot 'friut'"):
        EventFactory(factory)("slot", name="friut")
    with pytest.raises(UsageError, match="did you mean 'action_price'"):
        PayloadFactory(factory)("action_prise")
    with pytest.raises(UsageError, match="no event type 'slott'"):
        EventFactory(factory)("slott")


def test_no_action_no_payload(bench, shop):
    from rasa_mock.core.domain import Domain

    empty = Domain.from_dict({"intents": ["greet"]})
    factory = Factory(domain=empty, settings=Settings(folder=shop), test="t")
    with pytest.raises(UsageError, match="add some under actions:"):
        PayloadFactory(factory)()
