"""`rasa.run`: the situation that is sent, the result, and what a failure says."""

from __future__ import annotations

import asyncio
import re
from unittest.mock import ANY

import pytest
from rasa_sdk.events import FollowupAction, SlotSet

from rasa_mock.core.tracker import Tracker as CoreTracker
from rasa_mock.errors import UsageError
from rasa_mock.testing.comparing import compared
from rasa_mock.testing.result import ActionFailed


def seen(shop_rasa, **situation):
    """Return what the action saw of the situation."""
    return shop_rasa.run("action_mirror", **situation).responses[0]["custom"]


def test_a_result_has_all_that_came_of_the_call(shop_rasa):
    result = shop_rasa.run("action_price", slots={"fruit": "apple"})
    assert result.slots["price"] == 1.5
    assert result.before.slots["price"] is None
    assert result.texts == ["That is 1.5 euros."]
    assert result.messages == [{"recipient_id": "default", "text": ANY}]
    assert result.events == [SlotSet("price", 1.5)]
    assert [e["event"] for e in result.outcome.events] == ["action", "bot", "slot"]
    assert (result.followup, result.rejected, result.error) == (None, False, None)
    assert result.findings == []


def test_the_action_sees_what_the_test_says(shop_rasa):
    assert seen(
        shop_rasa,
        slots={"fruit": "pear", "note": "fragile"},
        text="two pears",
        intent="order",
        entities=[{"entity": "fruit", "value": "pear"}],
        channel="facebook",
        metadata={"page": "p1"},
    ) == {
        "slots": {
            "fruit": "pear",
            "amount": None,
            "price": None,
            "note": "fragile",
            "requested_slot": None,
            "session_started_metadata": {"page": "p1"},
        },
        "channel": "facebook",
        "intent": "order",
        "entities": ["pear"],
        "loop": None,
        "metadata": {"page": "p1"},
    }


SITUATIONS = {
    "nothing": {},
    "slots": {"slots": {"fruit": "pear", "amount": 3}},
    "message": {"text": "hello there", "intent": "greet"},
    "entity": {"intent": "order", "entities": [{"entity": "fruit", "value": "pear"}]},
    "intent message": {"text": '/order{"fruit": "pear"}'},
    "form": {"active_loop": "order_form"},
    "form step": {"active_loop": "order_form", "requested_slot": "amount"},
    "metadata": {"metadata": {"a": 1}, "channel": "telegram"},
    "history": {"events": [SlotSet("fruit", "apple"), {"event": "pause"}]},
    "own session": {
        "events": [
            {"event": "action", "name": "action_session_start"},
            {"event": "session_started"},
            {"event": "action", "name": "action_listen"},
        ]
    },
}


@pytest.mark.parametrize("action", ["action_mirror", "validate_order_form"])
@pytest.mark.parametrize("name", SITUATIONS)
def test_every_situation_is_the_state_of_its_own_events(shop_rasa, name, action):
    """Folding the events once more gives what was sent, and Rasa's schema takes it."""
    from rasa_mock.schema.registry import Registry
    from rasa_mock.schema.validate import validate

    result = shop_rasa.run(action, check=False, **SITUATIONS[name])
    sent = result.request.payload
    again = CoreTracker.from_events(
        sent["sender_id"],
        sent["tracker"]["events"],
        domain=shop_rasa.bench.domain,
        now=0.0,
        new_id=str,
        parse_date=lambda text, _now: text,
    )
    assert again.current_state() == sent["tracker"]
    registry = Registry.load("rasa-3.6")
    assert list(validate("action_request", sent, registry=registry)) == []
    times = [event["timestamp"] for event in sent["tracker"]["events"]]
    assert times == sorted(times)


def test_a_message_fills_slots_but_never_one_that_the_test_gives(shop_rasa):
    entities = [{"entity": "fruit", "value": "pear"}]
    filled = seen(shop_rasa, intent="order", entities=entities)
    assert filled["slots"]["fruit"] == "pear"
    given = seen(shop_rasa, entities=entities, slots={"fruit": "apple"})
    assert given["slots"]["fruit"] == "apple"


def test_an_intent_message_is_read_as_rasa_reads_it(shop_rasa):
    read = seen(shop_rasa, text='/order{"fruit": "pear"}')
    assert (read["intent"], read["entities"]) == ("order", ["pear"])
    assert read["slots"]["fruit"] == "pear"


def test_a_form_is_active_and_asks_for_its_first_empty_slot(shop_rasa):
    asked = seen(shop_rasa, active_loop="order_form", slots={"fruit": "pear"})
    assert asked["loop"] == "order_form"
    assert asked["slots"]["requested_slot"] == "amount"


@pytest.mark.parametrize(
    ("situation", "validated"),
    [
        ({"slots": {"fruit": "PEAR", "amount": "3"}}, {"fruit": "pear", "amount": 3.0}),
        (
            {"slots": {"fruit": "PEAR", "amount": "3"}, "requested_slot": "amount"},
            {"amount": 3.0},
        ),
        ({"candidates": {"amount": "many"}}, {"amount": None}),
        ({"text": "7", "requested_slot": "amount"}, {"amount": 7.0}),
    ],
    ids=["activation", "step", "candidates", "answer"],
)
def test_a_validation_action_is_shown_what_it_is_to_validate(
    shop_rasa, situation, validated
):
    result = shop_rasa.run("validate_order_form", **situation)
    assert {event["name"]: event["value"] for event in result.events} == validated


def test_findings_of_severity_error_raise_with_all_that_helps(shop_rasa):
    with pytest.raises(ActionFailed) as failed:
        shop_rasa.run("action_wrong", slots={"fruit": "pear"}, text="hi")
    text = str(failed.value)
    for part in (
        " in the answer of action_wrong",
        "error RM2",
        "/events/1",
        "Rasa:",
        "do:",
        "request:  action_wrong for 'default'",
        "slots:    {'fruit': 'pear'}",
        "message:  'hi'",
        '"name":"prize"',
        "again:    pytest this",
        "rasa-mock explain RM2",
    ):
        assert part in text, part


def test_what_the_action_raised_is_the_cause(shop_rasa):
    with pytest.raises(ActionFailed) as failed:
        shop_rasa.run("action_broken")
    assert repr(failed.value.__cause__) == "LookupError('no price list')"
    assert '"request_body": "..."' in str(failed.value)


def test_a_test_may_put_up_with_findings(shop_rasa):
    result = shop_rasa.run("action_wrong", check=False)
    assert {finding.severity for finding in result.findings} >= {"error"}
    rules = {f.rule for f in result.findings if f.severity == "error"}
    assert shop_rasa.run("action_wrong", ignore=[*rules]).findings == []


def test_a_test_may_be_stricter(shop_rasa):
    from shop_actions import Price

    text_for_number = Price(price=lambda _fruit: "1.5")
    warned = shop_rasa.run(text_for_number).findings
    assert {finding.severity for finding in warned} == {"warning"}
    with pytest.raises(ActionFailed, match="RM303"):
        shop_rasa.run(text_for_number, check="warning")


def test_a_rejection_is_a_result_and_no_failure(shop_rasa):
    result = shop_rasa.run("action_refuse").assert_rejected()
    assert result.rejected
    with pytest.raises(AssertionError, match="expected a rejection, got 'applied'"):
        shop_rasa.run("action_price").assert_rejected()


def test_a_followup_is_told(shop_rasa):
    result = shop_rasa.run("action_next").assert_followup("action_price")
    assert result.events == [FollowupAction("action_price")]
    with pytest.raises(AssertionError, match="expected None, got 'action_price'"):
        result.assert_followup(None)


def test_an_action_object_can_be_run_in_place_of_the_package_s(shop_rasa):
    from shop_actions import Price

    result = shop_rasa.run(Price(price=lambda _fruit: 9.0), slots={"fruit": "pear"})
    result.assert_slots(price=9.0)
    assert shop_rasa.run(Price, slots={"fruit": "pear"}).slots["price"] == 2.0


def test_a_tracker_may_be_given_whole(shop_rasa, bench):
    from rasa_mock.public import Tracker

    tracker = Tracker.from_events(
        "ann", [SlotSet("fruit", "apple")], domain=bench.domain, now=1.0
    )
    result = shop_rasa.run("action_price", tracker=tracker)
    assert result.request.payload["sender_id"] == "ann"
    result.assert_slots(price=1.5)


def test_asynchronous_tests_await_in_their_own_loop(shop_rasa):
    async def test():
        beside = shop_rasa.run("action_slowly")
        within = await shop_rasa.arun("action_slowly", slots={"fruit": "pear"})
        return beside.texts, within.texts, within.slots["fruit"]

    assert asyncio.run(test()) == (["done"], ["done"], "pear")


BAD_CALLS = {
    "action": (("action_prise",), {}, "did you mean 'action_price'?"),
    "no action": ((7,), {}, "expected the name of an action.*got 7"),
    "slot": (("action_price",), {"slots": {"friut": 1}}, "did you mean 'fruit'?"),
    "candidate": (("action_price",), {"candidates": {"friut": 1}}, "'friut'"),
    "requested slot": (("action_price",), {"requested_slot": "a"}, "no slot 'a'"),
    "intent": (("action_price",), {"intent": "ordre"}, "did you mean 'order'?"),
    "form": (("action_price",), {"active_loop": "form"}, "no form 'form'"),
    "entity": (("action_price",), {"entities": [{"fruit": "pear"}]}, "'entity': NAME"),
    "check": (("action_price",), {"check": "fatal"}, "got 'fatal'"),
    "slots": (("action_price",), {"slots": ["fruit"]}, "slots as {NAME: VALUE}, got"),
    "entities": (("action_price",), {"entities": ["fruit"]}, "entities as .{'entity'"),
    "one event": (("action_price",), {"events": {"event": "slot"}}, "events as .{'ev"),
    "event": (("action_price",), {"events": [{"event": "slott"}]}, "mean 'slot'?"),
    "text": (("action_price",), {"text": 5}, "expected text as a text, got 5"),
}


@pytest.mark.parametrize("name", BAD_CALLS)
def test_a_name_that_nobody_has_is_said_with_the_nearest(shop_rasa, name):
    action, situation, said = BAD_CALLS[name]
    with pytest.raises(UsageError, match=said):
        shop_rasa.run(*action, **situation)


def test_an_event_that_rasa_cannot_read_is_said(shop_rasa):
    with pytest.raises(UsageError, match=r"Rasa fails at .*'reminder'.*string format"):
        shop_rasa.run("action_price", events=[{"event": "reminder", "date_time": "x"}])


def test_arun_in_a_plain_test_says_what_to_do(shop_rasa):
    with pytest.raises(UsageError, match=r"call rasa.run\(...\) here"):
        shop_rasa.arun("action_price")


# Assertions.


def test_slots_are_compared_in_rasas_terms(shop_rasa):
    result = shop_rasa.run("action_price", slots={"fruit": "apple"})
    assert result.assert_slots(price=1.5, fruit="apple") is result
    with pytest.raises(AssertionError) as failed:
        result.assert_slots(price="1.5", fruit="pear")
    assert str(failed.value).splitlines() == [
        "action_price left other slots than expected:",
        "  slot price: expected '1.5', got 1.5",
        "  slot fruit: expected 'pear', got 'apple'",
    ]
    with pytest.raises(UsageError, match="did you mean 'price'"):
        result.assert_slots(prize=1.0)


SAID = {
    "a response": ("utter_price",),
    "a text": ("That is 1.5 euros.",),
    "a pattern": (re.compile(r"\d euros"),),
    "an object": ({"response": "utter_price", "text": ANY, "buttons": None},),
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_can_be_expected_as(shop_rasa, name):
    shop_rasa.run("action_price", slots={"fruit": "apple"}).assert_utters(*SAID[name])


def test_what_is_said_is_all_and_in_order(shop_rasa):
    result = shop_rasa.run("action_price", slots={"fruit": "apple"})
    shop_rasa.run("action_next").assert_utters()
    with pytest.raises(AssertionError) as failed:
        result.assert_utters("utter_prise", "utter_bye")
    said = "utter_price ('That is 1.5 euros.')"
    assert str(failed.value).splitlines()[1:] == [
        f"  message 0: expected 'utter_prise', got {said}",
        "  message 1: expected 'utter_bye', got nothing",
    ]
    with pytest.raises(AssertionError, match="unexpected utter_price"):
        result.assert_utters()


def test_events_are_compared_without_times_and_ids(shop_rasa):
    result = shop_rasa.run("action_price", slots={"fruit": "apple"})
    result.assert_events(SlotSet("price", 1.5, timestamp=7.0))
    result.assert_events("slot")
    result.assert_events({"event": "slot", "name": "price"})
    with pytest.raises(AssertionError) as failed:
        result.assert_events(SlotSet("price", "1.5"), "followup")
    assert str(failed.value).splitlines() == [
        "action_price returned other events:",
        "  event 0: slot price: expected '1.5', got 1.5",
        "  event 1: expected followup, got nothing",
    ]
    with pytest.raises(AssertionError, match=r"unexpected slot price = 1\.5"):
        result.assert_events()


def test_equal_results_are_equal_whatever_their_times(shop_rasa):
    one, other = (
        shop_rasa.run("action_price", slots={"fruit": "apple"}) for _ in range(2)
    )
    assert one == other
    assert one != shop_rasa.run("action_price", slots={"fruit": "pear"})
    assert one != "another thing"


def test_a_failed_comparison_shows_what_differs(shop_rasa):
    apple, pear = (
        shop_rasa.run("action_price", slots={"fruit": fruit})
        for fruit in ("apple", "pear")
    )
    price = "slot price: expected 2.0, got 1.5"
    assert price in compared(apple, pear)
    assert price in compared(apple.tracker, pear.tracker)
    assert price in compared(apple.slots, {**pear.slots})
    assert "event 0: slot price: expected 2.0, got 1.5" in compared(
        apple.events, [*pear.events]
    )
    assert compared(apple.slots, 7) is None


@pytest.mark.parametrize(
    ("expected", "got", "equal"),
    [
        (30, 30.0, True),
        (30.0, "30", False),
        (True, 1, False),
        (1, True, False),
        (ANY, True, True),
        (["a", 1], ["a", 1.0], True),
        ({"a": [True]}, {"a": [1]}, False),
        (None, False, False),
        (pytest.approx(0.3), 0.1 + 0.2, True),
    ],
)
def test_values_are_the_same_as_json_has_them(expected, got, equal):
    from rasa_mock.testing.differences import same

    assert same(expected, got) is equal
