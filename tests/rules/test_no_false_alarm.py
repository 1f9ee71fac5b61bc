"""What is right, however odd it looks, draws no finding above `info`.

The list is made of what naive rules flag wrongly in real action servers, and of every
event that the helpers of rasa-sdk write.
"""

from __future__ import annotations

import datetime as dt

import pytest
from rasa_sdk import events as sdk

from rasa_mock.core.findings import SEVERITIES
from rasa_mock.rules import examples
from rasa_mock.rules.base import Example
from rasa_mock.rules.catalogue import all_rules
from rasa_mock.rules.examples import exchange_of
from rasa_mock.rules.judge import judge, rule_set

RULES = rule_set(all_rules())
PARSE_DATA = {
    "intent": {"name": "greet", "confidence": 1.0},
    "entities": [{"entity": "city", "value": "Rome"}],
}
WHEN = dt.datetime(2030, 1, 1, 9, 0, tzinfo=dt.timezone.utc)
BLANK = {
    "text": None,
    "buttons": [],
    "elements": [],
    "custom": {},
    "template": None,
    "response": None,
    "image": None,
    "attachment": None,
}


def slot(name, value):
    return {"event": "slot", "timestamp": None, "name": name, "value": value}


def alarms(example: Example):
    found = judge(exchange_of(example), rules=RULES)
    assert {finding.severity for finding in found} <= set(SEVERITIES)
    return [(f.rule, f.message) for f in found if f.severity != "info"]


SDK_EVENTS = [
    sdk.SlotSet("city", "Rome"),
    sdk.AllSlotsReset(),
    sdk.Restarted(),
    sdk.ConversationPaused(),
    sdk.ConversationResumed(),
    sdk.FollowupAction("action_listen"),
    sdk.UserUtteranceReverted(),
    sdk.ActionExecuted("utter_greet"),
    sdk.ActionExecutionRejected(examples.ACTION),
    sdk.ActiveLoop("trip_form"),
    sdk.ActiveLoop(None),
    sdk.LoopInterrupted(is_interrupted=True),
    sdk.BotUttered("Hello"),
    sdk.BotUttered("Hello", data={"buttons": None}),
    sdk.BotUttered(data={"custom": {"card": 1}}),
    sdk.UserUttered("/greet", parse_data=PARSE_DATA),
    sdk.UserUttered("/greet", parse_data=PARSE_DATA, input_channel="rest"),
    sdk.ReminderScheduled("EXTERNAL_reminder", WHEN),
    sdk.ReminderScheduled(
        "EXTERNAL_reminder", WHEN, name="r", kill_on_user_message=False
    ),
    sdk.ReminderCancelled(),
    sdk.ReminderCancelled(name="r"),
    sdk.StoryExported(),
    sdk.AgentUttered("I take over"),
]


@pytest.mark.parametrize("event", SDK_EVENTS, ids=lambda event: event["event"])
def test_every_event_as_rasa_sdk_writes_it(event) -> None:
    assert alarms(Example(events=[event])) == []


RIGHT_EVENTS = {
    "null in a text slot": [slot("city", None)],
    "null in a float slot": [slot("temperature", None)],
    "null in a bool slot": [slot("subscribed", None)],
    "null in a categorical slot": [slot("cuisine", None)],
    "null in a list slot": [slot("dishes", None)],
    "an int in a float slot": [slot("temperature", 21)],
    "a float slot without a stated range": [slot("rating", 25.0)],
    "a category in other letters": [slot("cuisine", "ThAi")],
    "an empty list": [slot("dishes", [])],
    "an empty text": [slot("city", "")],
    "a slot set twice": [slot("city", "Rome"), slot("city", "Oslo")],
    "reset_slots before slots": [{"event": "reset_slots"}, slot("city", "Rome")],
    "the form's next question": [slot("requested_slot", "city")],
    "the end of a form": [
        {"event": "active_loop", "name": None},
        slot("requested_slot", None),
    ],
    "a followup to itself": [{"event": "followup", "name": examples.ACTION}],
    "a followup to a form": [{"event": "followup", "name": "trip_form"}],
    "a followup to a response": [{"event": "followup", "name": "utter_greet"}],
    "a followup to a default action": [{"event": "followup", "name": "action_restart"}],
    "the injection of a user message": [
        {"event": "action", "name": "action_listen"},
        {"event": "user", "text": "/greet", "parse_data": PARSE_DATA},
    ],
    "rewind, listen, user": [
        {"event": "rewind"},
        {"event": "action", "name": "action_listen"},
        {"event": "user", "text": "/greet", "parse_data": PARSE_DATA},
    ],
    "restart and followup": [
        {"event": "restart"},
        {"event": "followup", "name": "action_session_start"},
    ],
    "a session start by hand": [
        {"event": "session_started"},
        slot("city", "Rome"),
        {"event": "action", "name": "action_listen"},
    ],
    "no timestamp": [{"event": "slot", "name": "city", "value": "Rome"}],
    "keys of one's own": [{**slot("city", "Rome"), "source": "crm"}],
    "a reminder of an external intent": [
        {
            "event": "reminder",
            "intent": "EXTERNAL_reminder",
            "date_time": "2030-01-01T09:00:00+00:00",
            "entities": None,
            "name": "r",
            "kill_on_user_msg": True,
        }
    ],
    "text that looks like a template": [slot("city", "{city} and {{more}}")],
    "no event at all": [],
}


@pytest.mark.parametrize("events", RIGHT_EVENTS.values(), ids=RIGHT_EVENTS)
def test_right_events(events) -> None:
    assert alarms(Example(events=events)) == []


RIGHT_MESSAGES = {
    "as rasa-sdk writes a text": {**BLANK, "text": "Hello"},
    "as rasa-sdk writes a response": {
        **BLANK,
        "template": "utter_greet",
        "response": "utter_greet",
        "name": "Ann",
    },
    "as Node and Go write a text": {"text": "Hello"},
    "a retrieval response": {**BLANK, "response": "utter_faq/ask_name"},
    "literal braces": {**BLANK, "text": "use {curly} braces {}"},
    "the word None": {**BLANK, "text": "None of our shops is open"},
    "an image alone": {**BLANK, "image": "http://127.0.0.1/i.png"},
    "an attachment object": {**BLANK, "attachment": {"type": "video", "payload": {}}},
    "custom alone": {**BLANK, "custom": {"card": 1}},
    "elements alone": {**BLANK, "elements": [{"title": "one"}]},
    "quick replies": {
        "text": "?",
        "quick_replies": [{"title": "Yes", "payload": "/greet"}],
    },
    "a quick reply that asks for the place": {
        "text": "Where?",
        "quick_replies": [{"content_type": "location"}],
    },
    "a button that opens a page": {
        **BLANK,
        "text": "?",
        "buttons": [{"title": "Go", "type": "web_url", "url": "http://x.invalid"}],
    },
    "a button that sends plain text": {
        **BLANK,
        "text": "?",
        "buttons": [{"title": "Yes", "payload": "yes please"}],
    },
    "two paragraphs": {**BLANK, "text": "one\n\ntwo"},
    "variables for a channel": {**BLANK, "text": "hi", "button_type": "vertical"},
}


@pytest.mark.parametrize("message", RIGHT_MESSAGES.values(), ids=RIGHT_MESSAGES)
def test_right_messages(message) -> None:
    assert alarms(Example(responses=[message])) == []


def test_what_rasa_extracted_may_be_handed_back() -> None:
    """So does a validation action that has no method for the slot."""
    candidate = slot("temperature", "warm")
    assert alarms(Example(events=[candidate])) == [
        ("RM303", "the float slot 'temperature' is set to a string: \"warm\"")
    ]
    exchange = exchange_of(Example(events=[candidate]))
    exchange.before.update(candidate)
    found = judge(exchange, rules=RULES)
    assert [(f.rule, f.severity) for f in found] == [("RM303", "info")]


WRONG_BOT_EVENTS = {
    "a button without a payload": ({"buttons": [{"title": "Yes"}]}, "RM504"),
    "a button without a title": ({"buttons": [{"payload": "/greet"}]}, "RM505"),
    "a card's button without a payload": (
        {"elements": [{"title": "one", "buttons": [{"title": "Buy"}]}]},
        "RM504",
    ),
    "custom that is no object": ({"custom": "card"}, "RM507"),
}


@pytest.mark.parametrize(
    ("data", "rule"), WRONG_BOT_EVENTS.values(), ids=WRONG_BOT_EVENTS
)
def test_a_bot_event_is_looked_at_like_a_message(data, rule) -> None:
    event = {"event": "bot", "text": "Hello", "data": data}
    in_event = {name for name, _ in alarms(Example(events=[event]))}
    in_message = {
        name for name, _ in alarms(Example(responses=[{"text": "a", **data}]))
    }
    assert rule in in_event
    assert rule in in_message


RIGHT_ANSWERS = {
    "nothing": Example(),
    "an empty object": Example(body=b"{}"),
    "events alone": Example(body=b'{"events": []}'),
    "a key of one's own": Example(body=b'{"events": [], "trace": "a1"}'),
    "status 201": Example(status=201),
    "a charset": Example(content_type="application/json; charset=utf-8"),
    "another charset": Example(
        content_type="application/json; charset=iso-8859-1",
        body='{"responses": [{"text": "Grüße"}]}'.encode("latin-1"),
    ),
    "a JSON type with a suffix": Example(content_type="application/vnd.acme+json"),
    "a rejection": Example(
        status=400, body=b'{"error": "no", "action_name": "action_example"}'
    ),
    "a rejection without a reason": Example(
        status=400, body=b'{"action_name": "action_example"}'
    ),
    "a rejection declared as text": Example(
        status=400,
        content_type="text/plain",
        body=b'{"error": "no", "action_name": "action_example"}',
    ),
    "None from run": Example(witness={"returned": "NoneType", "empty": True}),
    "a tuple from run": Example(witness={"returned": "tuple"}),
    "a view of a dict from run": Example(witness={"returned": "dict_values"}),
}


@pytest.mark.parametrize("example", RIGHT_ANSWERS.values(), ids=RIGHT_ANSWERS)
def test_right_answers(example) -> None:
    assert alarms(example) == []


DROPPED_BY_THE_SDK = {
    "a text": ("str", "RM201"),
    "a function that was not called": ("function", "RM201"),
    "a class": ("type", "RM201"),
    "a list": ("list", "RM202"),
    "an object without a name": ("dict", "RM204"),
}


@pytest.mark.parametrize(
    ("kind", "rule"), DROPPED_BY_THE_SDK.values(), ids=DROPPED_BY_THE_SDK
)
def test_what_rasa_sdk_drops_is_named(kind, rule) -> None:
    dropped = [{"index": 0, "type": kind, "shown": "what it was"}]
    seen = Example(witness={"returned": "list", "dropped": dropped})
    assert [name for name, _ in alarms(seen)] == [rule]
