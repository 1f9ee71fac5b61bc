"""The actions, one by one: each call is judged as rasa-mock check would judge it."""

import httpx
import pytest
from actions.parcels import CARRIER


def test_a_parcel_is_found(rasa):
    result = rasa.run(
        "action_track_parcel",
        slots={"parcel": "AB1234"},
        text="where is my parcel?",
        intent="track_parcel",
    )
    result.assert_slots(parcel_state="on_its_way")
    result.assert_utters("utter_parcel_state")
    assert result.texts == ["Parcel AB1234 is on_its_way."]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(200, text="no JSON"),
        httpx.Response(200, json={"state": "eaten"}),
    ],
    ids=["error", "nonsense", "unknown state"],
)
def test_a_carrier_in_trouble_is_said_politely(rasa, carrier, answer):
    carrier.get(f"{CARRIER}/CD5678").mock(return_value=answer)
    result = rasa.run("action_track_parcel", slots={"parcel": "CD5678"})
    result.assert_utters("utter_try_later").assert_slots(parcel_state=None)


def test_a_carrier_that_does_not_answer_is_said_politely(rasa, carrier):
    carrier.get(f"{CARRIER}/CD5678").mock(side_effect=httpx.ConnectTimeout)
    rasa.run("action_track_parcel", slots={"parcel": "CD5678"}).assert_utters(
        "utter_try_later"
    )


@pytest.mark.asyncio
async def test_an_asynchronous_test_shares_its_loop_with_the_action(rasa):
    result = await rasa.arun("action_track_parcel", slots={"parcel": "AB1234"})
    result.assert_events({"event": "slot", "name": "parcel_state"})


def test_the_form_takes_a_number_however_it_is_written(rasa):
    result = rasa.run(
        "validate_parcel_form", requested_slot="parcel", slots={"parcel": "ab-12 34"}
    )
    result.assert_slots(parcel="AB1234").assert_utters()


def test_the_form_asks_again(rasa):
    result = rasa.run("validate_parcel_form", text="dunno", requested_slot="parcel")
    result.assert_slots(parcel=None).assert_utters("utter_no_such_number")


def test_the_reminder_is_set(rasa):
    result = rasa.run(
        "action_remind_of_pickup", slots={"parcel": "AB1234"}, sender_id="ann"
    )
    result.assert_events({"event": "reminder", "name": "pickup-ann"})


def test_without_a_parcel_there_is_nothing_to_remind_of(rasa):
    rasa.run("action_remind_of_pickup").assert_rejected()


def test_the_whole_conversation(conversation):
    assert conversation.send("/track_parcel").texts == ["What is the parcel's number?"]
    turn = conversation.send("ab1234")
    assert turn.texts == ["Parcel AB1234 is on_its_way."]
    assert conversation.slots["parcel_state"] == "on_its_way"
