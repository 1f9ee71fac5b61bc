"""The witness inside a rasa-sdk server: what it tells, and that it changes nothing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import AllSlotsReset, SlotSet
from rasa_sdk.interfaces import ActionExecutionRejection

from rasa_mock.clients import witness
from rasa_mock.clients.process import ActionServerProcess
from rasa_mock.clients.witness import Watched, WatchedCoroutine, tell

WRONG_ACTIONS = Path(__file__).resolve().parent.parent / "servers" / "wrong_actions"
MODULE = "rasa_mock.clients.witness"


class Does(Action):
    """An action that does and returns what it is told."""

    def __init__(self, function) -> None:
        self.function = function

    def name(self):
        return "action_x"

    def run(self, dispatcher, tracker, domain):
        return self.function(tracker)


def fresh_tracker() -> Tracker:
    state = {"sender_id": "s", "slots": {"city": None, "cart": ["tea"]}, "events": []}
    return Tracker.from_dict(state)


class Response:
    def __init__(self) -> None:
        self.headers = {}


def note_of(call):
    """Run an action under watch and return what the answer's header says."""
    try:
        call(None, fresh_tracker(), {})
    except Exception as error:  # noqa: BLE001 - whatever the action raises
        raised = error
    else:
        raised = None
    response = Response()
    tell(None, response)
    return json.loads(response.headers.get(witness.HEADER, "{}")), raised


def told(function):
    return note_of(Watched(Does(function).run).run)[0]


def sets_a_slot(tracker):
    tracker.slots["city"] = "Rome"
    return []


def sets_and_returns(tracker):
    tracker.slots["city"] = "Rome"
    return [SlotSet("city", "Rome")]


def sets_and_resets(tracker):
    tracker.slots["city"] = "Rome"
    return [AllSlotsReset()]


def changes_a_list(tracker):
    tracker.get_slot("cart").append("milk")
    return []


def adds_an_event(tracker):
    tracker.events.append(SlotSet("city", "Rome"))
    return []


def adds_and_returns_it(tracker):
    event = SlotSet("city", "Rome")
    tracker.events.append(event)
    tracker.slots["city"] = "Rome"
    return [event]


TOLD = {
    "a list of events": (lambda _: [SlotSet("city", "Rome")], {"returned": "list"}),
    "an empty list": (lambda _: [], {"returned": "list"}),
    "a tuple": (lambda _: (SlotSet("city", "Rome"),), {"returned": "tuple"}),
    "None": (lambda _: None, {"returned": "NoneType", "shown": "None", "empty": True}),
    "a string": (
        lambda _: "slot",
        {"returned": "str", "shown": "'slot'", "empty": False},
    ),
    "an event alone": (
        lambda _: {"event": "reset_slots"},
        {"returned": "dict", "shown": "{'event': 'reset_slots'}", "empty": False},
    ),
    "a string in the list": (
        lambda _: [SlotSet("city", "Rome"), "slot"],
        {
            "returned": "list",
            "dropped": [{"index": 1, "type": "str", "shown": "'slot'"}],
        },
    ),
    "a list in the list": (
        lambda _: [[]],
        {
            "returned": "list",
            "dropped": [{"index": 0, "type": "list", "shown": "[]"}],
        },
    ),
    "a slot changed": (
        sets_a_slot,
        {"returned": "list", "changed": {"slots": {"city": '"Rome"'}}},
    ),
    "a slot changed and returned": (sets_and_returns, {"returned": "list"}),
    "a slot changed and all reset": (sets_and_resets, {"returned": "list"}),
    "a list in a slot changed": (
        changes_a_list,
        {"returned": "list", "changed": {"slots": {"cart": '["tea", "milk"]'}}},
    ),
    "an event added": (
        adds_an_event,
        {"returned": "list", "changed": {"events": ["slot"]}},
    ),
    "an event added and returned": (adds_and_returns_it, {"returned": "list"}),
}


@pytest.mark.parametrize(("function", "expected"), TOLD.values(), ids=TOLD)
def test_what_an_action_really_did(function, expected) -> None:
    assert told(function) == expected


def test_an_exception_is_told_with_the_line_of_the_action_and_passed_on() -> None:
    def fails(_tracker):
        raise KeyError("city")

    note, error = note_of(Watched(Does(fails).run).run)
    assert isinstance(error, KeyError)
    assert note["raised"]["type"] == "KeyError"
    assert note["raised"]["where"].startswith("test_witness.py:")
    assert note["raised"]["where"].endswith(" in fails")


def test_a_rejection_is_none_of_its_business() -> None:
    def rejects(_tracker):
        raise ActionExecutionRejection("action_x")

    note, error = note_of(Watched(Does(rejects).run).run)
    assert note == {}
    assert isinstance(error, ActionExecutionRejection)


@pytest.mark.parametrize("kind", [Watched, WatchedCoroutine])
def test_asynchronous_actions_are_watched_as_well(kind) -> None:
    class Slow(Action):
        def name(self):
            return "action_slow"

        async def run(self, dispatcher, tracker, domain):
            await asyncio.sleep(0)
            tracker.slots["city"] = "Rome"

    note = asyncio.run(note_of_awaited(kind(Slow().run)))
    assert note["returned"] == "NoneType"
    assert note["changed"] == {"slots": {"city": '"Rome"'}}


async def note_of_awaited(watched):
    await watched.run(None, fresh_tracker(), {})
    response = Response()
    tell(None, response)
    return json.loads(response.headers[witness.HEADER])


def test_a_validation_action_may_change_the_tracker() -> None:
    class ValidateTrip(FormValidationAction):
        def name(self):
            return "validate_trip_form"

    before = Watched(ValidateTrip().run).before(fresh_tracker())
    assert before is None


@pytest.fixture(scope="module")
def watched():
    with ActionServerProcess("actions", cwd=WRONG_ACTIONS, module=MODULE) as server:
        yield server.url


@pytest.fixture(scope="module")
def plain():
    with ActionServerProcess("actions", cwd=WRONG_ACTIONS) as server:
        yield server.url


def post(url, action):
    tracker = {"sender_id": "s", "slots": {"city": None}, "events": []}
    body = {"next_action": action, "tracker": tracker, "domain": {"version": "3.1"}}
    return httpx.post(url, json=body, timeout=20)


ACTIONS = ["action_good", "action_rejects", "action_raises", "action_nowhere"]
ACTIONS += ["action_string_as_event", "action_date_as_slot_value", ""]


@pytest.mark.parametrize("action", ACTIONS)
def test_status_and_body_are_those_of_the_plain_server(watched, plain, action) -> None:
    ours, theirs = post(watched, action), post(plain, action)
    assert (ours.status_code, ours.content) == (theirs.status_code, theirs.content)
    names = {name.lower() for name in ours.headers} - {witness.HEADER.lower()}
    assert names == {name.lower() for name in theirs.headers}


def test_a_note_belongs_to_one_answer_and_does_not_stay(watched) -> None:
    with httpx.Client() as client:
        url = watched
        tracker = {"sender_id": "s", "slots": {}, "events": []}
        body = {"next_action": "action_returns_none", "tracker": tracker, "domain": {}}
        body["domain"] = {"version": "3.1"}
        first = client.post(url, json=body)
        second = client.post(url, json={**body, "next_action": "action_nowhere"})
    assert witness.HEADER in first.headers
    assert witness.HEADER not in second.headers
