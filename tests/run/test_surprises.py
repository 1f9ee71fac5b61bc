# ruff: noqa: E501, RUF001  the files of the bots are easier to read with a line a slot
"""What surprised in real Rasa's conversations (part M of the protocol), one by one."""

from __future__ import annotations

import pytest

from rasa_mock.core.nlu import parse_intent_message
from rasa_mock.core.wire import Reply
from rasa_mock.errors import DataError
from rasa_mock.run.drivers import drive
from tests.run.bots import CONFIG, NOON, log, talk_to, write_bot

DOMAIN = """
version: "3.1"
intents: [greet, book, inform, help_me, agree, city, stop_it, ring, twin, dishes, safe, remind]
entities: [size, town, allergy]
slots:
  name_of:
    type: text
    influence_conversation: false
    mappings:
      - {type: from_text, conditions: [{active_loop: table_form, requested_slot: name_of}]}
  party:
    type: any
    mappings: [{type: from_entity, entity: size, conditions: [{active_loop: table_form}]}]
  agreed:
    type: bool
    influence_conversation: false
    mappings:
      - {type: from_intent, intent: agree, value: true, conditions: [{active_loop: null}]}
  from_town: {type: text, influence_conversation: false, mappings: [{type: from_entity, entity: town, conditions: [{active_loop: trip_form}]}]}
  to_town: {type: text, influence_conversation: false, mappings: [{type: from_entity, entity: town, conditions: [{active_loop: trip_form}]}]}
  allergy: {type: text, mappings: [{type: from_entity, entity: allergy}]}
  member: {type: bool, mappings: [{type: custom}]}
forms:
  table_form: {required_slots: [party, name_of]}
  trip_form: {required_slots: [from_town, to_town]}
responses:
  utter_greet:
    - text: "hello"
    - {text: "hello collector", channel: collector}
    - {text: "hello slack", channel: slack}
  utter_help: [{text: "help"}]
  utter_default: [{text: "default"}]
  utter_ask_name_of: [{text: "name?"}]
  utter_ask_from_town: [{text: "from?"}]
  utter_ask_to_town:
    - text: "to?"
      condition: [{type: slot, name: agreed, value: true}]
  utter_done: [{text: "done {party} {name_of}"}]
  utter_safe: [{text: "all is safe"}]
  utter_unsafe: [{text: "not safe"}]
  utter_member: [{text: "member"}]
actions: [action_ask_party, action_ring, action_pause, action_reject, action_switch, validate_table_form]
session_config: {session_expiration_time: 60, carry_over_slots_to_new_session: true}
"""
RULES = """
version: "3.1"
rules:
  - rule: greet
    conversation_start: true
    steps: [{intent: greet}, {action: utter_greet}]
  - rule: book
    steps: [{intent: book}, {action: table_form}, {active_loop: table_form}]
  - rule: trip
    steps: [{intent: city}, {action: trip_form}, {active_loop: trip_form}]
  - rule: help inside
    condition: [{active_loop: table_form}]
    steps: [{intent: help_me}, {action: utter_help}, {action: action_listen}]
  - rule: ring
    steps: [{intent: ring}, {action: action_ring}]
  - rule: pause
    steps: [{intent: stop_it}, {action: action_pause}]
  - rule: switch
    steps: [{intent: twin}, {action: action_switch}]
  - rule: done
    condition: [{active_loop: table_form}]
    steps:
      - {action: table_form}
      - active_loop: null
      - slot_was_set: [{requested_slot: null}]
      - action: utter_done
  - rule: member
    condition: [{slot_was_set: [{member: true}]}]
    steps: [{intent: agree}, {action: utter_member}]
"""
STORIES = """
version: "3.1"
stories:
  - story: safe
    steps: [{intent: dishes}, {action: utter_safe}, {intent: safe}, {action: utter_safe}]
"""
NLU = """
version: "3.1"
nlu:
  - {intent: greet, examples: "- hello"}
  - {intent: book, examples: "- book"}
  - {intent: city, examples: "- trip"}
  - {intent: help_me, examples: "- help"}
  - {intent: agree, examples: "- agree"}
  - {intent: ring, examples: "- ring"}
  - {intent: stop_it, examples: "- stop"}
  - {intent: twin, examples: "- twin"}
  - {intent: dishes, examples: "- dishes"}
  - {intent: safe, examples: "- safe"}
"""


@pytest.fixture
def bot(tmp_path):
    return write_bot(tmp_path, domain=DOMAIN, rules=RULES, stories=STORIES, nlu=NLU)


def status(code, name):
    body = f'{{"action_name": "{name}", "error": "e"}}'.encode()
    headers = {"Content-Type": "application/json"}
    return Reply(status=code, headers=headers, body=body)


def slot(name, value):
    return {"event": "slot", "name": name, "value": value}


# Forms.


def test_2_the_activating_intent_inside_the_form_is_not_understood(bot):
    chat = talk_to(bot)
    chat.send("/book")
    assert chat.send("/book").texts == ["default"]


def test_3_a_raw_value_stays_where_the_validation_fails(bot):
    answers = iter([[], [], status(500, "validate_table_form")])
    stubs = {"validate_table_form": lambda _request: next(answers)}
    chat = talk_to(bot, stubs=stubs)
    chat.send("/book")
    turn = chat.send('/inform{"size": 13}')
    assert (turn.messages, turn.slots["party"]) == ([], 13)
    assert turn.actions == ["table_form", "action_listen"]


def test_5_a_custom_question_sees_the_slot_asked_before(bot):
    seen = []

    def ask(request):
        seen.append(request["tracker"]["slots"]["requested_slot"])
        return {"responses": [{"text": "how many?"}]}

    chat = talk_to(bot, stubs={"action_ask_party": ask})
    assert chat.send("book").texts == ["how many?"]
    assert seen == [None]


def test_6_a_town_that_two_slots_could_take_fills_neither_or_the_one_asked_for(bot):
    chat = talk_to(bot)
    turn = chat.send('/city{"town": "Rome"}')
    assert (turn.slots["from_town"], turn.texts) == (None, ["from?"])
    turn = chat.send('/inform{"town": ["Oslo", "Bonn"]}')
    assert (turn.slots["from_town"], turn.slots["to_town"]) == ("Bonn", None)


def test_7_from_text_takes_the_raw_text(bot):
    chat = talk_to(bot)
    chat.send("book")
    chat.send('/inform{"size": 2}')
    assert chat.send('/inform{"x": 1}').slots["name_of"] == '/inform{"x": 1}'


def test_8_from_intent_outside_of_forms_does_nothing_inside(bot):
    chat = talk_to(bot)
    chat.send("book")
    assert chat.send("agree").slots["agreed"] is None


def test_9_a_form_without_validation_rejects_and_may_ask_in_silence(bot):
    chat = talk_to(bot)
    chat.send("/city")
    assert log(chat.send("/inform").events)[1] == "rejected trip_form"
    turn = chat.send('/inform{"town": "Rome"}')
    assert (turn.messages, turn.slots["requested_slot"]) == ([], "to_town")


def test_11_another_form_is_run_at_once_when_the_loop_changes(bot):
    switch = {"action_switch": [{"event": "active_loop", "name": "trip_form"}]}
    chat = talk_to(bot, stubs=switch)
    assert chat.send("twin").texts == ["from?"]


# Policies.


def test_13_plain_memoization_fits_at_the_start_and_not_later(bot):
    assert talk_to(bot).send("dishes").texts == ["all is safe"]
    chat = talk_to(bot)
    chat.send("dishes")
    chat.send("safe")
    assert chat.send("dishes").texts == ["default"]


def test_13_augmented_memoization_fits_later_too(bot):
    config = CONFIG.format(memory="AugmentedMemoizationPolicy")
    (bot / "config.yml").write_text(config, encoding="utf-8")
    chat = talk_to(bot)
    chat.send("dishes")
    chat.send("safe")
    assert chat.send("dishes").texts == ["all is safe"]
    assert chat.send("safe").texts == ["all is safe"]


def test_16_a_greeting_after_a_restart_is_a_start_again(bot):
    chat = talk_to(bot)
    assert chat.send("hello").texts == ["hello collector"]
    assert chat.send("hello").texts == ["default"]
    chat.send("/restart")
    assert chat.send("hello").texts == ["hello collector"]


@pytest.mark.parametrize("value", [True, 1, "true"])
def test_17_a_rule_for_true_fires_for_what_counts_as_true(bot, value):
    chat = talk_to(bot)
    chat.set_slots(member=value)
    assert chat.send("agree").texts == ["member"]


def test_18_the_fallback_takes_the_slots_of_its_turn_back(bot):
    chat = talk_to(bot)
    turn = chat.send('/inform{"allergy": "nuts"}')
    assert (turn.texts, turn.slots["allergy"]) == (["default"], None)


# Sessions.


def custom_start(bot):
    domain = (bot / "domain.yml").read_text(encoding="utf-8")
    changed = domain.replace("actions: [", "actions: [action_session_start, ")
    (bot / "domain.yml").write_text(changed, encoding="utf-8")
    start = {
        "events": [
            {"event": "session_started"},
            {"event": "action", "name": "action_listen"},
        ],
        "responses": [{"response": "utter_help"}],
    }
    return {"action_session_start": start}


def test_21_a_custom_session_start_that_speaks_fails_without_a_channel(bot):
    stubs = custom_start(bot)
    assert talk_to(bot, stubs=stubs).send("hello").texts[0] == "help"
    turn = talk_to(bot, stubs=stubs).trigger("ring")
    assert log(turn.events)[:2] == [
        "action action_session_start",
        "user EXTERNAL: ring",
    ]
    assert turn.texts == ["default"]


def test_22_metadata_reaches_the_slot_only_when_a_session_starts_by_itself(bot):
    chat = talk_to(bot)
    turn = chat.send("hello", metadata={"a": 1})
    assert turn.slots["session_started_metadata"] == {"a": 1}
    chat = talk_to(bot)
    chat.send("hello")
    turn = chat.send("/session_start", metadata={"a": 1})
    assert turn.slots["session_started_metadata"] is None


def test_23_the_requested_slot_is_carried_over_and_the_loop_is_not(bot):
    chat = talk_to(bot)
    chat.send("book")
    chat.advance(seconds=3700)
    turn = chat.send("agree")
    assert turn.slots["requested_slot"] == "party"
    assert turn.tracker.active_loop == {}


def test_24_a_session_without_a_message_that_counts_does_not_expire(bot):
    chat = talk_to(bot)
    chat.send("/inform")
    chat.advance(seconds=100_000)
    assert "action_session_start" not in chat.send("dishes").actions


def test_24_a_pause_does_not_survive_a_session_start(bot):
    chat = talk_to(bot, stubs={"action_pause": [{"event": "pause"}]})
    chat.send("hello")
    chat.send("stop")
    assert chat.send("ring").messages == []
    chat.advance(seconds=3700)
    assert chat.send("hello").texts == ["hello collector"]


def test_25_without_expiry_a_session_start_still_resets(bot):
    domain = (bot / "domain.yml").read_text(encoding="utf-8")
    domain = domain.replace("session_expiration_time: 60", "session_expiration_time: 0")
    domain = domain.replace("new_session: true", "new_session: false")
    (bot / "domain.yml").write_text(domain, encoding="utf-8")
    chat = talk_to(bot)
    chat.send("hello")
    chat.set_slots(allergy="nuts")
    chat.advance(seconds=1_000_000)
    assert "action_session_start" not in chat.send("ring").actions
    assert chat.send("/session_start").slots["allergy"] is None


@pytest.mark.parametrize(("store", "sessions"), [("memory", 1), ("sql", 2)])
def test_26_memory_keeps_the_last_session_and_sql_keeps_all(bot, store, sessions):
    chat = talk_to(bot, store=store)
    chat.send("hello")
    chat.advance(seconds=3700)
    chat.send("ring")
    chat.send("ring")
    starts = [e for e in chat.tracker.events if e["event"] == "session_started"]
    assert len(starts) == sessions


# API and channel.


def test_28_the_channel_is_called_collector_whatever_the_message_says(bot):
    chat = talk_to(bot)
    assert chat.send("hello", input_channel="slack").texts == ["hello collector"]


def test_30_a_form_that_is_executed_does_not_listen(bot):
    chat = talk_to(bot)
    chat.send("hello")
    assert chat.execute("table_form").actions == ["table_form"]
    assert chat.tracker.active_loop_name == "table_form"


def test_31_a_list_in_an_external_intent_is_one_value(bot):
    chat = talk_to(bot)
    turn = chat.trigger("inform", {"town": ["a", "b"]})
    (message,) = [event for event in turn.events if event["event"] == "user"]
    assert message["parse_data"]["entities"] == [
        {"entity": "town", "value": ["a", "b"]}
    ]
    assert chat.trigger("restart").actions[0] == "action_restart"


@pytest.mark.parametrize(
    ("text", "intent", "values"),
    [
        ("/greet@1.5", ("greet", 1.0), []),
        ("/greet@0.5", ("greet", 0.5), []),
        ("/greet@1.2.3", ("greet", 0.0), []),
        (
            ' /inform {"town": ["a", null, 3], "nope": 1} x',
            ("inform", 1.0),
            ["a", None, 3],
        ),
        ("/greet{bad", ("greet", 1.0), []),
        ("/greet[1]", None, None),
        ("/Greet", None, None),
        ("/greet there", None, None),
        ("//greet", None, None),
        ("/", None, None),
        ("hello /greet", None, None),
    ],
)
def test_32_messages_that_name_their_intent(bot, text, intent, values):
    domain = talk_to(bot).setup.bot.domain
    told = parse_intent_message(text, domain)
    if intent is None:
        assert told is None
        return
    assert told is not None
    assert (told["intent"]["name"], told["intent"]["confidence"]) == intent
    assert [entity["value"] for entity in told["entities"]] == values


def test_35_after_a_pause_the_listen_is_missing_and_restart_is_answered(bot):
    chat = talk_to(bot, stubs={"action_pause": [{"event": "pause"}]})
    chat.send("hello")
    assert chat.send("stop").actions == ["action_pause"]
    assert chat.send("ring").actions == []


def test_36_an_action_that_rejects_in_a_followup_leaves_silence(bot):
    stubs = {
        "action_ring": [{"event": "followup", "name": "action_reject"}],
        "action_reject": status(400, "action_reject"),
    }
    chat = talk_to(bot, stubs=stubs)
    chat.send("hello")
    turn = chat.send("ring")
    assert turn.messages == []
    assert log(turn.events)[-2:] == ["rejected action_reject", "action action_listen"]


def test_37_a_reminder_of_the_same_name_replaces_the_first(bot):
    def remind(_request):
        return [
            {
                "event": "reminder",
                "intent": "ring",
                "name": "same",
                "kill_on_user_msg": False,
                "date_time": f"2023-11-14T22:{minute}:00+00:00",
            }
            for minute in (20, 30)
        ]

    chat = talk_to(bot, now=NOON, stubs={"action_switch": remind, "action_ring": []})
    chat.send("hello")
    chat.send("twin")
    assert len(chat.waiting) == 1
    assert chat.advance(seconds=600).actions == []
    assert chat.advance(seconds=600).actions == ["action_ring", "action_listen"]


CHINESE = """
version: "3.1"
nlu:
  - {intent: 问候, examples: "- 你好"}
  - {intent: 买票, examples: "- 我要买票"}
  - intent: 网络
    examples: |
      - WIFI密码
      - wifi密码
"""


def test_39_keywords_are_whole_words_and_have_their_case(tmp_path):
    domain = 'version: "3.1"\nintents: [问候, 买票, 网络]\nresponses: {utter_a: [{text: a}]}\n'
    folder = write_bot(
        tmp_path, domain=domain, nlu=CHINESE.replace("      - WIFI密码\n", "")
    )
    parse = talk_to(folder).setup.bot.interpreter.parse
    named = {text: parse(text)["intent"]["name"] for text in SAID}
    assert named == SAID
    assert parse("你好")["text_tokens"] == [[0, 2]]


SAID = {
    "你好！": "问候",
    "我要买票，去北京": "买票",
    "你好北京": None,
    "WIFI密码": None,
    "wifi密码": "网络",
}


# What was missing, in the order of the list.


def asleep(bot):
    """Let the help inside the form end without asking again."""
    chat = talk_to(bot)
    chat.send("book")
    assert chat.send("help").texts == ["help"]
    return chat


def test_1_after_a_help_that_listens_the_next_answer_does_not_reach_the_form(bot):
    chat = asleep(bot)
    turn = chat.send('/inform{"size": 2}')
    assert turn.texts[0] == "default"
    assert "table_form" not in turn.actions[: turn.actions.index("action_listen")]


def test_4_a_validation_that_asks_for_nothing_ends_the_form_early(bot):
    stop = [{"event": "slot", "name": "requested_slot", "value": None}]
    answers = iter([[], [], stop])
    stubs = {"validate_table_form": lambda _request: next(answers)}
    chat = talk_to(bot, stubs=stubs)
    chat.send("book")
    turn = chat.send('/inform{"size": 2}')
    assert turn.tracker.active_loop == {}
    assert turn.texts == ["done 2 None"]


def test_10_a_form_may_ask_for_a_slot_that_its_domain_does_not_require(bot):
    ask = [{"event": "slot", "name": "requested_slot", "value": "to_town"}]
    chat = talk_to(bot, stubs={"validate_table_form": ask})
    assert chat.send("book").slots["requested_slot"] == "to_town"


def with_dishes(bot, *, memory):
    config = CONFIG.format(memory=memory)
    (bot / "config.yml").write_text(config, encoding="utf-8")
    stories = """
version: "3.1"
stories:
  - story: knows the allergy
    steps: [{slot_was_set: [{allergy: nuts}]}, {intent: safe}, {action: utter_unsafe}]
  - story: knows nothing
    steps: [{intent: dishes}, {action: utter_safe}, {intent: safe}, {action: utter_safe}]
"""
    (bot / "data" / "stories.yml").write_text(stories, encoding="utf-8")


MEMORIES = ["MemoizationPolicy", "AugmentedMemoizationPolicy"]


@pytest.mark.parametrize("memory", MEMORIES)
def test_12_a_story_that_begins_with_a_slot_does_not_fit_in_mid_conversation(
    bot, memory
):
    with_dishes(bot, memory=memory)
    chat = talk_to(bot)
    chat.send("hello")
    chat.set_slots(allergy="nuts")
    assert chat.send("safe").texts == ["default"]


def test_12_augmented_memory_forgets_what_was_set_before_its_cut(bot):
    with_dishes(bot, memory="AugmentedMemoizationPolicy")
    chat = talk_to(bot)
    chat.set_slots(allergy="nuts")
    chat.send("hello")
    assert chat.send("dishes").texts == ["all is safe"]
    assert chat.send("safe").texts == ["all is safe"]


@pytest.mark.parametrize(
    ("value", "fits"),
    [(5, True), ("5", True), (5.0, True), (5.0000001, False), (7, False)],
    ids=str,
)
def test_14_a_float_slot_fits_by_its_feature(bot, value, fits):
    domain = (bot / "domain.yml").read_text(encoding="utf-8")
    slot_line = (
        "  price: {type: float, max_value: 10, mappings: [{type: custom}]}\nforms:"
    )
    (bot / "domain.yml").write_text(
        domain.replace("forms:", slot_line, 1), encoding="utf-8"
    )
    stories = """
version: "3.1"
stories:
  - story: price
    steps: [{intent: safe}, {slot_was_set: [{price: 5.0}]}, {action: utter_safe}]
"""
    (bot / "data" / "stories.yml").write_text(stories, encoding="utf-8")
    chat = talk_to(bot)
    mind = chat.setup.bot.ensemble.start()
    tracker = chat.tracker
    for event in (
        {"event": "action", "name": "action_session_start"},
        {"event": "session_started"},
        {"event": "action", "name": "action_listen"},
        {
            "event": "user",
            "text": "safe",
            "parse_data": {"intent": {"name": "safe"}, "entities": []},
        },
        slot("price", value),
    ):
        tracker.update(event)
    assert (mind.predict(tracker).action == "utter_safe") is fits


def test_15_a_form_in_no_story_hides_its_turns(bot):
    chat = talk_to(bot)
    (ran,) = [
        event
        for event in chat.send("book").events
        if event["event"] == "action" and event["name"] == "table_form"
    ]
    assert ran["hide_rule_turn"] is True


def test_19_without_a_listen_one_message_gives_two_fallbacks(bot):
    chat = talk_to(bot)
    chat.send("hello")
    chat.execute("action_ring")
    turn = chat.send("/inform")
    assert turn.texts == ["default", "default"]


def test_20_after_a_session_start_that_failed_the_form_answers_all_the_same(bot):
    stubs = custom_start(bot)
    chat = talk_to(bot, stubs=stubs)
    chat.send("book")
    chat.advance(seconds=3700)
    turn = chat.trigger("ring")
    assert turn.actions[0] == "action_session_start"
    assert "session_started" not in [event["event"] for event in turn.events]


def test_29_ids_are_compared_as_they_are_written(bot):
    chat = talk_to(bot, sender_id="旅客甲")
    chat.send("hello")
    assert chat.tracker.sender_id == "旅客甲"


def test_33_quick_replies_come_as_buttons(bot):
    replies = {"text": "pick", "quick_replies": [{"title": "a", "payload": "/a"}]}
    stubs = {"action_ring": {"responses": [replies]}}
    (message,) = talk_to(bot, stubs=stubs).send("ring").messages
    assert message["buttons"] == [{"title": "a", "payload": "/a"}]


def test_33_responses_are_filled_before_the_events_of_their_answer(bot):
    answer = {
        "events": [slot("party", 4)],
        "responses": [{"response": "utter_done"}],
    }
    turn = talk_to(bot, stubs={"action_ring": answer}).send("ring")
    assert turn.texts == ["done None None"]
    assert turn.slots["party"] == 4


def test_34_without_a_suitable_variation_the_action_is_logged_and_nothing_said(bot):
    chat = talk_to(bot)
    chat.send("hello")
    turn = chat.execute("utter_ask_to_town")
    assert (turn.messages, turn.actions) == ([], ["utter_ask_to_town"])
    assert [finding.rule for finding in turn.findings] == ["RM656"]


def test_38_a_slot_needs_a_latin_letter_in_its_name(bot):
    domain = (bot / "domain.yml").read_text(encoding="utf-8")
    changed = domain.replace("  allergy: {type", "  日期: {type", 1)
    (bot / "domain.yml").write_text(changed, encoding="utf-8")
    with pytest.raises(DataError, match="日期"):
        talk_to(bot)
    (bot / "domain.yml").write_text(
        changed.replace("日期", "day日期"), encoding="utf-8"
    )
    assert "day日期" in talk_to(bot).slots


def test_40_settings_that_a_classifier_does_not_know_are_no_error(bot):
    config = CONFIG.format(memory="MemoizationPolicy").replace(
        "- name: KeywordIntentClassifier",
        "- {name: LogisticRegressionClassifier, C: 7}",
    )
    (bot / "config.yml").write_text(config, encoding="utf-8")
    assert talk_to(bot).send("hello").texts == ["hello collector"]


@pytest.mark.parametrize(("store", "count"), [("memory", 1), ("sql", 8)])
def test_27_fewer_events_than_are_stored_replace_in_memory_only(bot, store, count):
    setup = talk_to(bot, store=store)
    setup.send("hello")
    stage, processor = setup._stage, setup._processor
    before = len(setup.tracker.events)
    assert before == 8
    drive(
        processor.replace("default", [slot("allergy", "nuts")]),
        stage=stage,
        answer=setup._answers,
    )
    assert len(setup.tracker.events) == count
