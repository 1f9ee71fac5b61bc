# ruff: noqa: E501  the files of the bots are easier to read with a line a slot
"""What real Rasa did with a small bot (part L of the protocol), event by event."""

from __future__ import annotations

import pytest

from tests.run.bots import log, talk_to, write_bot

DOMAIN = """
version: "3.1"
intents: [greet, run_x, book, faq, inform, never]
entities:
  - city: {roles: [from]}
  - num
slots:
  t: {type: text, influence_conversation: false, mappings: [{type: from_entity, entity: city}]}
  l: {type: list, influence_conversation: false, mappings: [{type: from_entity, entity: city}]}
  n: {type: any, mappings: [{type: from_entity, entity: num}]}
  a: {type: any, mappings: [{type: custom, action: action_fill_a}]}
  b: {type: any, mappings: [{type: custom}]}
  fromcity:
    type: text
    influence_conversation: false
    mappings:
      - {type: from_text, intent: inform, conditions: [{active_loop: trip_form, requested_slot: fromcity}]}
  pax:
    type: any
    mappings:
      - {type: from_entity, entity: num, conditions: [{active_loop: trip_form}]}
forms:
  trip_form: {required_slots: [fromcity, pax], ignored_intents: [faq]}
responses:
  utter_greet: [{text: "hi"}]
  utter_faq: [{text: "faq"}]
  utter_default: [{text: "default"}]
  utter_restart: [{text: "restarted"}]
  utter_ask_fromcity: [{text: "from where?"}]
  utter_ask_pax: [{text: "how many?"}]
  utter_submit: [{text: "done {fromcity} {pax}"}]
actions: [action_x, action_fu, action_fill_a, validate_trip_form, action_validate_slot_mappings]
"""
RULES = """
version: "3.1"
rules:
  - rule: greet
    steps: [{intent: greet}, {action: utter_greet}]
  - rule: run
    steps: [{intent: run_x}, {action: action_x}]
  - rule: book
    steps: [{intent: book}, {action: trip_form}, {active_loop: trip_form}]
  - rule: faq
    steps: [{intent: faq}, {action: utter_faq}]
  - rule: submit
    condition: [{active_loop: trip_form}]
    steps:
      - action: trip_form
      - active_loop: null
      - slot_was_set: [{requested_slot: null}]
      - action: utter_submit
"""
NLU = """
version: "3.1"
nlu:
  - intent: greet
    examples: "- hello"
  - intent: run_x
    examples: "- runx"
  - intent: book
    examples: "- book"
  - intent: faq
    examples: "- faq"
  - intent: inform
    examples: |
      - London
      - Paris
  - intent: never
    examples: "- never"
"""
FALLBACK = ["action action_default_fallback", "bot default", "rewind"]
LISTEN = "action action_listen"


@pytest.fixture
def bot(tmp_path):
    return write_bot(tmp_path, domain=DOMAIN, rules=RULES, nlu=NLU)


def after_user(turn):
    """Return what follows the user's message."""
    lines = log(turn.events)
    return lines[
        next(i for i, line in enumerate(lines) if line.startswith("user")) + 1 :
    ]


def answering(*events):
    return {"action_x": {"events": list(events)}}


@pytest.mark.parametrize(
    ("events", "then"),
    [
        ([], [LISTEN]),
        (
            [{"event": "followup", "name": "action_fu"}],
            ["followup action_fu", "action action_fu", *FALLBACK, LISTEN],
        ),
        (
            [{"event": "followup", "name": "action_listen"}],
            ["followup action_listen", LISTEN],
        ),
        ([{"event": "followup", "name": "nope"}], ["followup nope", LISTEN]),
        (
            [{"event": "followup", "name": "utter_faq"}],
            ["followup utter_faq", "action utter_faq", "bot faq", *FALLBACK, LISTEN],
        ),
        ([{"event": "rewind"}], ["rewind", LISTEN]),
        ([{"event": "pause"}], ["pause"]),
        ([{"event": "resume"}], ["resume", LISTEN]),
        (
            [{"event": "restart"}],
            ["restart", "action action_session_start", "session_started", LISTEN],
        ),
        (
            [{"event": "slot", "name": "t", "value": "z"}, {"event": "reset_slots"}],
            ["slot t='z'", "reset_slots", LISTEN],
        ),
        ([{"event": "session_started"}], ["session_started", LISTEN]),
        (
            [{"event": "active_loop", "name": "trip_form"}],
            [
                "loop trip_form",
                "action trip_form",
                "slot requested_slot='fromcity'",
                "bot from where?",
                LISTEN,
            ],
        ),
        ([{"event": "active_loop", "name": None}], ["loop None", LISTEN]),
        ([{"event": "action"}], [LISTEN]),
        (
            [{"event": "action", "name": "action_fu"}],
            ["action action_fu", *FALLBACK, LISTEN],
        ),
        ([{"event": "user"}], [LISTEN]),
        ([{"event": "slot", "name": "t"}], [LISTEN]),
        ([{"event": "agent", "text": "hi"}], ["agent", LISTEN]),
        ([{"event": "slot", "name": "zz", "value": 1}], ["slot zz=1", LISTEN]),
        ([{"event": "followup"}], ["followup None", LISTEN]),
    ],
    ids=lambda value: (
        value[0].get("event", "") if value and isinstance(value[0], dict) else ""
    ),
)
def test_what_an_event_leads_to(bot, events, then):
    chat = talk_to(bot, stubs=answering(*events))
    chat.send("hello")
    assert after_user(chat.send("runx")) == ["feat", "action action_x", *then]


@pytest.mark.parametrize(
    "event",
    [
        {"event": "undo"},
        {"event": "action", "name": "action_listen"},
        {"event": "action_execution_rejected"},
        {"event": "action_execution_rejected", "name": "action_fu"},
    ],
    ids=["undo", "listen", "rejection without name", "rejection of another"],
)
def test_a_turn_without_end_is_ended_and_found(bot, event):
    chat = talk_to(bot, stubs=answering(event))
    chat.send("hello")
    turn = chat.send("runx")
    assert [finding.rule for finding in turn.findings if finding.rule == "RM651"]
    assert chat.send("hello").error is None


def test_a_rejection_of_its_own_leads_to_the_fallback(bot):
    event = {"event": "action_execution_rejected", "name": "action_x"}
    chat = talk_to(bot, stubs=answering(event))
    assert after_user(chat.send("runx")) == [
        "rejected action_x",
        "feat",
        *FALLBACK,
        LISTEN,
    ]


def test_a_returned_message_runs_into_the_limit(bot):
    event = {
        "event": "user",
        "text": "hello",
        "parse_data": {
            "intent": {"name": "greet", "confidence": 1.0},
            "entities": [{"entity": "city", "value": "rome"}],
        },
    }
    chat = talk_to(bot, stubs=answering(event))
    turn = chat.send("runx")
    assert "slot t='rome'" in log(turn.events)
    assert turn.tracker.latest_action_name


def test_an_unknown_form_loses_the_turn(bot):
    chat = talk_to(bot, stubs=answering({"event": "active_loop", "name": "nope_form"}))
    chat.send("hello")
    before = len(chat.tracker.events)
    turn = chat.send("runx")
    assert turn.error is not None
    assert len(chat.tracker.events) == before
    assert chat.send("hello").texts == ["hi"]


# The form.


def booked(bot, **stubs):
    chat = talk_to(bot, stubs=stubs)
    return chat, chat.send("book")


def test_a_form_starts_with_two_validations(bot):
    _, turn = booked(bot)
    assert turn.calls == [
        "action_fill_a",
        "action_validate_slot_mappings",
        "action_fill_a",
        "action_validate_slot_mappings",
        "validate_trip_form",
        "validate_trip_form",
    ]
    assert after_user(turn) == [
        "feat",
        "action trip_form",
        "loop trip_form",
        "slot requested_slot='fromcity'",
        "bot from where?",
        LISTEN,
    ]


def test_a_form_is_left_for_a_question_and_asks_again(bot):
    chat, _ = booked(bot)
    turn = chat.send("faq")
    assert after_user(turn) == [
        "rejected trip_form",
        "feat",
        "action utter_faq",
        "bot faq",
        "action trip_form",
        "slot requested_slot='fromcity'",
        "bot from where?",
        LISTEN,
    ]
    assert turn.calls[-2:] == ["validate_trip_form", "validate_trip_form"]


def test_a_form_is_filled_to_the_end(bot):
    chat, _ = booked(bot)
    assert after_user(chat.send("Paris")) == [
        "slot fromcity='Paris'",
        "feat",
        "action trip_form",
        "slot requested_slot='pax'",
        "bot how many?",
        LISTEN,
    ]
    assert after_user(chat.send("never")) == [
        "rejected trip_form",
        "feat",
        *FALLBACK,
        LISTEN,
    ]
    assert after_user(chat.send('/inform{"num":"3"}')) == [
        "slot n='3'",
        "slot pax='3'",
        "feat",
        "action trip_form",
        "slot requested_slot=None",
        "loop None",
        "action utter_submit",
        "bot done Paris 3",
        LISTEN,
    ]


def validating(reply):
    return {"validate_trip_form": reply}


SLOT = {"event": "slot", "name": "fromcity", "value": "L"}
ASKED = [
    "slot fromcity='London'",
    "feat",
    "action trip_form",
]


@pytest.mark.parametrize(
    ("events", "then"),
    [
        (
            [{**SLOT, "value": None}],
            [
                "slot fromcity=None",
                "slot requested_slot='fromcity'",
                "bot from where?",
                LISTEN,
            ],
        ),
        (
            [SLOT],
            ["slot fromcity='L'", "slot requested_slot='pax'", "bot how many?", LISTEN],
        ),
        (
            [SLOT, {"event": "slot", "name": "requested_slot", "value": None}],
            [
                "slot fromcity='L'",
                "slot requested_slot=None",
                "slot requested_slot=None",
                "loop None",
                "action utter_submit",
                "bot done L None",
                LISTEN,
            ],
        ),
        (
            [SLOT, {"event": "slot", "name": "requested_slot", "value": "zzz"}],
            ["slot fromcity='L'", "slot requested_slot='zzz'", LISTEN],
        ),
        (
            [{"event": "active_loop", "name": None}],
            [
                "loop None",
                "slot requested_slot=None",
                "loop None",
                "action utter_submit",
                "bot done London None",
                LISTEN,
            ],
        ),
    ],
    ids=["rejected", "replaced", "stopped", "another slot", "loop ended"],
)
def test_what_a_validation_leads_to(bot, events, then):
    answers = iter([[], [], events])
    chat, _ = booked(bot, validate_trip_form=lambda _request: next(answers))
    turn = chat.send("London")
    shown = [
        line.replace("bot done L null", "bot done L None") for line in after_user(turn)
    ]
    assert shown == [*ASKED, *then]


def reply(status):
    from rasa_mock.core.wire import Reply

    body = b'{"action_name": "validate_trip_form", "error": "e"}'
    return Reply(status=status, headers={"Content-Type": "application/json"}, body=body)


@pytest.mark.parametrize(
    ("status", "then"),
    [
        (400, ["rejected trip_form", "feat", *FALLBACK, LISTEN]),
        (500, ["feat", "action trip_form", LISTEN]),
    ],
)
def test_what_a_failing_validation_leads_to(bot, status, then):
    answers = iter([[], [], reply(status)])
    chat, _ = booked(bot, validate_trip_form=lambda _request: next(answers))
    assert after_user(chat.send("London")) == ["slot fromcity='London'", *then]


def test_slots_are_validated_before_they_are_logged(bot):
    answer = {
        "events": [
            {"event": "slot", "name": "t", "value": "VAL"},
            {"event": "followup", "name": "action_fu"},
        ],
        "responses": [{"text": "vsm"}],
    }
    chat = talk_to(bot, stubs={"action_validate_slot_mappings": answer})
    assert after_user(chat.send('/greet{"city":"Rome"}'))[:3] == [
        "bot vsm",
        "slot t='VAL'",
        "slot l=['Rome']",
    ]


def test_a_slot_validation_without_json_loses_the_turn(bot):
    from rasa_mock.core.wire import Reply

    html = Reply(
        status=200, headers={"Content-Type": "application/json"}, body=b"nojson"
    )
    chat = talk_to(bot, stubs={"action_validate_slot_mappings": html})
    turn = chat.send('/greet{"city":"Rome"}')
    assert turn.error is not None
    assert chat.tracker.events == []
