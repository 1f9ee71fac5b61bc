# ruff: noqa: E501  the files of the bot are easier to read with a line a slot
"""What long random conversations with trained bots showed: small things, one each."""

from __future__ import annotations

import pytest

from tests.run.bots import CONFIG, log, talk_to, write_bot

DOMAIN = """
version: "3.1"
intents: [greet, book, inform, nothing, human, deny, thank, why, {tell: {use_entities: []}}]
entities: [order, size]
slots:
  size: {type: text, mappings: [{type: from_entity, entity: size}]}
  name_of: {type: text, mappings: [{type: from_text, conditions: [{active_loop: table_form, requested_slot: name_of}]}]}
  said: {type: any, mappings: [{type: from_text, intent: why}]}
forms:
  table_form: {required_slots: [size, name_of]}
responses:
  utter_ask_size: [{text: "size?"}]
  utter_ask_name_of: [{text: "name?"}]
  utter_human: [{text: "a human"}]
  utter_bye: [{text: "bye"}]
  utter_no: [{text: "no!"}]
  utter_thanks: [{text: "thanks"}]
  utter_default: [{text: "default"}]
actions: [action_look, action_say, action_start]
"""
RULES = """
version: "3.1"
rules:
  - rule: book
    steps: [{intent: book}, {action: table_form}, {active_loop: table_form}]
  - rule: nothing
    steps: [{intent: nothing}, {action: utter_no}, {action: action_look}]
  - rule: thank
    steps: [{intent: thank}, {action: utter_thanks}]
  - rule: say
    steps: [{intent: inform}, {action: action_say}]
"""
STORIES = """
version: "3.1"
stories:
  - story: human
    steps: [{intent: human}, {action: utter_human}, {intent: deny}, {action: utter_bye}]
  - story: tell
    steps: [{intent: tell, entities: [{size: "4"}]}, {action: utter_bye}]
"""
NLU = """
version: "3.1"
nlu:
  - {intent: inform, examples: "- order [AB12](order)\\n- for [4](size)"}
  - {regex: size, examples: "- \\\\d+"}
  - {regex: order, examples: "- [A-Z]{2}\\\\d{2}"}
"""


@pytest.fixture
def bot(tmp_path):
    config = CONFIG.format(memory="AugmentedMemoizationPolicy")
    return write_bot(
        tmp_path, domain=DOMAIN, rules=RULES, stories=STORIES, nlu=NLU, config=config
    )


def looking(seen):
    def look(request):
        seen.append(request["tracker"])

    return look


def test_an_executed_action_sees_the_latest_message_inside_a_form(bot):
    seen = []
    chat = talk_to(bot, stubs={"action_look": looking(seen)})
    chat.send("/book")
    chat.send('/inform{"size": 4}')
    chat.execute("action_look")
    assert seen[-1]["latest_message"]["text"] == '/inform{"size": 4}'


def test_an_action_after_a_restart_from_outside_sees_the_followup(bot):
    domain = (bot / "domain.yml").read_text(encoding="utf-8")
    changed = domain.replace("actions: [", "actions: [action_session_start, ")
    (bot / "domain.yml").write_text(changed, encoding="utf-8")
    seen = []
    chat = talk_to(bot, stubs={"action_session_start": looking(seen)})
    chat.send("/thank")
    chat.inject([{"event": "restart"}])
    chat.send("/thank")
    assert seen[-1]["followup_action"] == "action_session_start"


def test_a_requested_slot_that_is_an_object_fails_the_form_and_not_the_turn(bot):
    chat = talk_to(bot)
    chat.send("/book")
    chat.set_slots(requested_slot={"k": 1})
    turn = chat.send("/inform")
    assert turn.error is None
    assert turn.actions == ["table_form", "action_listen"]
    assert [finding.rule for finding in turn.findings] == ["RM654"]


def test_a_rejection_counts_until_an_action_runs_whatever_comes_after_it(bot):
    rejects = [
        {"event": "action_execution_rejected", "name": "action_look"},
        {"event": "slot", "name": "size", "value": "x"},
    ]
    turn = talk_to(bot, stubs={"action_look": rejects}).send("/nothing")
    assert turn.calls == ["action_look"]
    assert turn.texts == ["no!", "default"]


def test_a_rejection_of_what_is_no_action_loses_the_turn(bot):
    rejects = [{"event": "action_execution_rejected", "name": "nobody"}]
    turn = talk_to(bot, stubs={"action_look": rejects}).send("/nothing")
    assert turn.error is not None
    assert turn.error.rasa_class == "ActionNotFoundException"
    assert turn.texts == ["no!"]


def test_augmented_memory_goes_back_to_a_listen_not_to_any_action(bot):
    chat = talk_to(bot)
    for text in ("/human", "/human", "/thank"):
        chat.send(text)
    assert chat.send("/deny").texts == ["bye"]


def test_from_text_takes_the_text_of_the_event_not_that_of_its_parse_data(bot):
    said = {
        "event": "user",
        "text": "outside",
        "parse_data": {"intent": {"name": "why"}, "entities": [], "text": "inside"},
    }
    turn = talk_to(bot, stubs={"action_say": [said]}).send("/inform")
    assert "slot said='outside'" in log(turn.events)


def test_regular_expressions_are_tried_by_name_and_not_as_they_stand(bot):
    entities = talk_to(bot).setup.bot.interpreter.parse("order AB12")["entities"]
    assert [(each["entity"], each["value"]) for each in entities] == [
        ("order", "AB12"),
        ("size", "12"),
    ]


def test_a_loop_that_ran_before_it_was_started_keeps_its_trigger(bot):
    seen = []
    domain = (bot / "domain.yml").read_text(encoding="utf-8")
    changed = domain.replace("actions: [", "actions: [validate_table_form, ")
    (bot / "domain.yml").write_text(changed, encoding="utf-8")
    chat = talk_to(bot, stubs={"validate_table_form": looking(seen)})
    chat.send("/thank")
    chat.inject([{"event": "action", "name": "table_form"}])
    chat.inject([{"event": "action", "name": "action_listen"}])
    chat.send("/book")
    chat.send('/inform{"size": 4}')
    assert seen[-1]["active_loop"]["trigger_message"]["text"] == "/book"


@pytest.mark.parametrize("text", ["/tell", '/tell{"size": 4}'])
def test_a_story_with_entities_that_its_intent_does_not_use_never_fits(bot, text):
    assert talk_to(bot).send(text).texts == ["default"]
