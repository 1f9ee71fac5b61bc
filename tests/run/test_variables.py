"""What a turn computed, kept beside its events: what is recorded, redacted, cut."""

from __future__ import annotations

import json

import pytest

import rasa_mock
from rasa_mock import Conversation
from rasa_mock.errors import UsageError
from rasa_mock.run.records import Limits, finished, slot_records
from rasa_mock.run.redaction import Redaction
from tests.run.bots import write_bot

DOMAIN = """
version: "3.1"
intents: [greet, give_iban, forget]
entities: [iban]
slots:
  iban:
    type: text
    mappings: [{type: from_entity, entity: iban}]
  city:
    type: text
    initial_value: Oslo
    mappings: [{type: custom}]
responses:
  utter_greet: [{text: hello}]
actions: [action_city, action_forget]
"""
RULES = """
version: "3.1"
rules:
- rule: say hello
  steps: [{intent: greet}, {action: utter_greet}]
- rule: take it
  steps: [{intent: give_iban}, {action: action_city}]
- rule: forget it
  steps: [{intent: forget}, {action: action_forget}]
"""
IBAN = "DE89370400440532013000"
SAID = "it is de89 3704 0044 0532 0130 00, write to bob@example.com"
PARSED = {
    "intent": {"name": "give_iban", "confidence": 0.9},
    "intent_ranking": [
        {"name": "give_iban", "confidence": 0.9},
        {"name": "greet", "confidence": 0.1},
    ],
    "entities": [
        {
            "entity": "iban",
            "value": IBAN,
            "start": 6,
            "end": 33,
            "extractor": "RegexEntityExtractor",
        }
    ],
    "text": SAID,
}


@pytest.fixture(scope="module")
def bot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bot")
    return write_bot(folder, domain=DOMAIN, rules=RULES)


def go_to_town(request):
    rasa_mock.trace("asked for", request["tracker"]["slots"]["iban"])
    return {
        "events": [{"event": "slot", "name": "city", "value": "Bergen"}],
        "responses": [{"text": f"got {IBAN.lower()}"}],
    }


def chat_with(bot, **more):
    stubs = {
        "action_city": go_to_town,
        "action_forget": [{"event": "reset_slots"}],
    }
    return Conversation(bot, **{"stubs": stubs, "record": True, **more})


def by_kind(records):
    kinds = {}
    for record in records:
        kinds.setdefault(record["kind"], []).append(record)
    return kinds


def test_a_turn_tells_what_was_computed_in_it(bot):
    turn = chat_with(bot).send(SAID, parse_data=PARSED)
    told = by_kind(turn.variables)
    at = {name: turn.events[records[0]["offset"]] for name, records in told.items()}

    [parse] = told["parse"]
    assert parse["parse_data"] == PARSED
    assert at["parse"]["event"] == "user"

    first, last = told["prediction"]
    assert (first["action"], first["policy"]) == ("action_city", "RulePolicy")
    assert first["reason"] == "rule 'take it' (data/rules.yml:6)"
    [rules] = [each for each in first["candidates"] if each["policy"] == "RulePolicy"]
    assert rules["scores"]["action_city"] == 1.0
    assert rules["reason"] == first["reason"]
    assert last["action"] == "action_listen"

    for kind in ("prediction", "call", "trace"):
        assert at[kind].get("name") == "action_city", kind
    [call] = told["call"]
    assert (call["action"], call["status"], call["failure"]) == (
        "action_city",
        200,
        None,
    )
    assert call["request"]["tracker"]["slots"]["iban"] == IBAN
    assert call["request"]["tracker"]["events"] == {"left_out": 6}
    assert call["response"]["events"][0]["value"] == "Bergen"
    assert call["response_bytes"] > 0

    [trace] = told["trace"]
    assert (trace["action"], trace["name"], trace["value"]) == (
        "action_city",
        "asked for",
        IBAN,
    )

    filled, set_by_action = told["slot"]
    assert (filled["name"], filled["before"], filled["after"]) == ("iban", None, IBAN)
    assert filled["cause"] == "mapping from_entity iban"
    assert filled["mapping"] == {"type": "from_entity", "entity": "iban"}
    assert (set_by_action["before"], set_by_action["after"]) == ("Oslo", "Bergen")
    assert set_by_action["cause"] == "action action_city"

    [whole] = told["turn"]
    assert whole["steps"] == 2
    assert whole["elapsed"] > 0


def test_nothing_of_it_is_in_the_events(bot):
    events = chat_with(bot).send(SAID, parse_data=PARSED).events
    assert "asked for" not in json.dumps(events)


def test_a_reset_tells_of_every_slot_that_it_changed(bot):
    chat = chat_with(bot)
    chat.send(SAID, parse_data=PARSED)
    turn = chat.send("/forget")
    changes = {
        each["name"]: (each["before"], each["after"], each["cause"])
        for each in turn.variables
        if each["kind"] == "slot"
    }
    assert changes == {
        "iban": (IBAN, None, "reset_slots"),
        "city": ("Bergen", "Oslo", "reset_slots"),
    }


def test_slots_from_the_api_and_from_outside_say_so(bot):
    chat = chat_with(bot)
    [slot] = by_kind(chat.set_slots(city="Rome").variables)["slot"]
    assert (slot["cause"], slot["before"], slot["after"]) == ("api", "Oslo", "Rome")
    triggered = chat.trigger("give_iban", {"iban": IBAN})
    first = by_kind(triggered.variables)["slot"][0]
    assert first["cause"] == "mapping from_entity iban of an intent from outside"


def test_a_reminder_that_fills_a_slot_is_named(bot):
    reminder = {
        "event": "reminder",
        "name": "pay again",
        "intent": "give_iban",
        "entities": {"iban": IBAN},
        "date_time": "2030-01-01T00:00:00+00:00",
        "kill_on_user_msg": False,
    }
    chat = chat_with(bot, now=1893455990.0, stubs={"action_forget": [reminder]})
    chat.send("/forget")
    turn = chat.advance(seconds=60)
    [slot] = by_kind(turn.variables)["slot"]
    assert slot["cause"] == "mapping from_entity iban of the reminder pay again"


def test_what_is_wrong_is_told_as_findings(bot):
    turn = chat_with(bot, stubs={}).send("/give_iban")
    [finding] = by_kind(turn.variables)["finding"]
    assert (finding["rule"], finding["action"]) == ("RM659", "action_city")


def test_a_turn_that_is_lost_tells_what_led_to_it(bot):
    rejected = [{"event": "action_execution_rejected", "name": "action_nobody"}]
    turn = chat_with(bot, stubs={"action_city": rejected}).send("/give_iban")
    assert turn.error is not None
    told = by_kind(turn.variables)
    assert told["finding"][-1]["rule"] == "RM658"
    assert told["call"][0]["action"] == "action_city"
    assert all(each["lost"] for each in (*told["call"], *told["prediction"]))


def test_without_recording_there_are_none(bot):
    assert Conversation(bot).send("/greet").variables == []


# Redaction.


def test_what_rules_name_is_nowhere_in_the_records(bot):
    chat = chat_with(bot, redact=["email", "slot:iban"])
    written = json.dumps(chat.send(SAID, parse_data=PARSED).variables)
    for secret in (IBAN, IBAN.lower(), "de89 3704", "bob@example.com"):
        assert secret not in written
    assert "[email]" in written
    assert "[slot:iban]" in written
    assert '"Bergen"' in written
    later = chat.send(f"again {IBAN}", parse_data={"intent": {"name": "greet"}})
    assert IBAN not in json.dumps(later.variables)
    # The conversation itself goes on with what was said.
    assert chat.slots["iban"] == IBAN


@pytest.mark.parametrize(
    ("rule", "text", "left"),
    [
        ("email", "to bob.b+x@mail.example.org!", "to [email]!"),
        ("phone", "call +49 (170) 123-4567 now", "call [phone] now"),
        ("phone", "call 030/1234567", "call [phone]"),
        ("phone", "on 2026-11-22 at 10", "on 2026-11-22 at 10"),
        ("phone", "room 1234", "room 1234"),
        ("iban", "DE89 3704 0044 0532 0130 00 it is", "[iban] it is"),
        ("iban", "de89370400440532013000", "[iban]"),
        ("iban", "at 10 they left", "at 10 they left"),
        ("card", "4111 1111 1111 1111.", "[card]."),
    ],
)
def test_patterns_find_what_they_are_for(rule, text, left):
    redaction = Redaction.of([rule])
    tracker = rasa_mock.Tracker.from_events("me", [], domain=None)
    secrets = redaction.secrets_of(tracker)
    assert redaction.cleaned({"a": [text]}, secrets=secrets) == {"a": [left]}


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (["mail"], "unknown rule of redaction 'mail'"),
        (["slot:"], "unknown rule of redaction 'slot:'"),
        (["slot:ibn"], "did you mean 'iban'?"),
    ],
)
def test_a_rule_that_cannot_hold_is_refused(bot, rules, said):
    with pytest.raises(UsageError, match="redact") as refused:
        chat_with(bot, redact=rules)
    assert said in str(refused.value)


# Sizes.


def test_what_is_too_large_is_cut_and_marked():
    long = {"kind": "trace", "offset": 3, "name": "x", "value": "a" * 50_000}
    many = {"kind": "call", "offset": 4, "action": "b", "response": [["c" * 900] * 99]}
    odd = {"kind": "trace", "offset": 5, "name": "y", "value": float("nan")}
    small = {"kind": "turn", "offset": 0}
    limits = Limits(record=10_000, turn=12_000)
    cut = list(finished([long, many, odd, small], limits=limits))
    assert [each.get("cut") for each in cut] == [True, True, True, None]
    assert cut[0]["value"].endswith("(50,000 characters)")
    assert cut[1] == {"kind": "call", "offset": 4, "action": "b", "cut": True}
    assert cut[2]["value"] == "nan"
    assert len(json.dumps(cut)) < 12_000


def test_a_turn_that_computes_without_end_keeps_a_part(bot):
    def tell(_request):
        for number in range(3_000):
            rasa_mock.trace(f"number {number}", number)
        return []

    turn = chat_with(bot, stubs={"action_city": tell}).send("/give_iban")
    told = by_kind(turn.variables)
    assert len(turn.variables) < 1_100
    assert told["turn"][0]["left_out"] > 0


def test_records_name_the_conversation_by_nothing_that_grows(bot):
    """A turn's records cost what the turn is worth, however long the conversation."""
    chat = chat_with(bot)
    sizes = []
    for _ in range(30):
        turn = chat.send("/give_iban")
        sizes.append(len(json.dumps(turn.variables)))
    assert sizes[-1] < sizes[2] * 1.2


def test_an_unknown_cause_is_the_action_before():
    events = [
        {"event": "action", "name": "action_x"},
        {"event": "slot", "name": "a", "value": 1},
    ]
    [record] = slot_records(events, before={}, after={}, initial={}, causes={})
    assert record["cause"] == "action action_x"
