# ruff: noqa: E501  the files of the bots are easier to read with a line a slot
"""Reading a bot's folder: what it may hold, and what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from rasa_mock.errors import DataError
from rasa_mock.files.bot import load_bot
from rasa_mock.files.training_data import marked_entities, plain_text
from rasa_mock.similar import similar
from tests.run.bots import talk_to, write_bot

DOMAIN = """
version: "3.1"
intents: [greet, ask, yes_please, no_thanks, bye]
entities: [{city: {roles: [from, to], groups: [a]}}]
slots:
  vip: {type: bool, mappings: [{type: custom}]}
  town: {type: text, mappings: [{type: from_entity, entity: city}]}
forms: {empty_form: {required_slots: []}}
responses:
  utter_greet: [{text: hello}]
  utter_yes: [{text: fine}]
  utter_vip: [{text: dear}]
  utter_bye: [{text: bye}]
"""
NLU = """
version: "3.1"
nlu:
  - intent: greet
    examples: |
      - hello
  - intent: bye
    examples:
      - text: |
          see you
"""
RULES = """
version: "3.1"
rules:
  - rule: greet
    steps:
      - intent: greet
      - action: utter_greet
"""


def read(folder, **files: str) -> Any:
    files = {"domain": DOMAIN, "nlu": NLU, "rules": RULES, **files}
    return load_bot(write_bot(folder, **files), similar=similar)


def test_files_may_be_split_over_folders(tmp_path):
    bot = read(tmp_path)
    (tmp_path / "data" / "more").mkdir()
    (tmp_path / "data" / "nlu.yml").rename(tmp_path / "data" / "more" / "a.yaml")
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain.yml").rename(tmp_path / "domain" / "one.yml")
    again = load_bot(tmp_path, similar=similar)
    assert again.interpreter.parse("hello") == bot.interpreter.parse("hello")
    assert again.domain.action_names == bot.domain.action_names


STORIES = """
version: "3.1"
stories:
  - story: start
    steps:
      - or:
          - intent: ask
          - intent: yes_please
      - action: utter_yes
      - checkpoint: asked
  - story: for all
    steps:
      - checkpoint: asked
      - intent: no_thanks
      - action: utter_bye
  - story: for some
    steps:
      - checkpoint: asked
        slot_was_set:
          - vip: true
      - intent: bye
      - action: utter_vip
"""


@pytest.mark.parametrize("first", ["/ask", "/yes_please"])
def test_stories_go_on_at_checkpoints_and_or_stands_for_both(tmp_path, first):
    folder = write_bot(tmp_path, domain=DOMAIN, nlu=NLU, rules=RULES, stories=STORIES)
    chat = talk_to(folder)
    assert chat.send(first).texts == ["fine"]
    assert chat.send("/no_thanks").texts == ["bye"]


def test_a_checkpoint_asks_for_its_slots(tmp_path):
    folder = write_bot(tmp_path, domain=DOMAIN, nlu=NLU, rules=RULES, stories=STORIES)
    chat = talk_to(folder)
    chat.send("/ask")
    assert chat.send("/bye").texts == []


def test_entities_of_a_story_fill_slots(tmp_path):
    stories = """
    version: "3.1"
    stories:
      - story: town
        steps:
          - intent: ask
            entities: [{city: Rome}]
          - action: utter_yes
    """
    folder = write_bot(tmp_path, domain=DOMAIN, nlu=NLU, rules=RULES, stories=stories)
    assert talk_to(folder).send('/ask{"city": "Oslo"}').texts == ["fine"]
    assert talk_to(folder).send("/ask").texts == []


@pytest.mark.parametrize(
    ("example", "text", "entities"),
    [
        ("to [Rome](city)", "to Rome", [("city", "Rome", 3, 7, None)]),
        ("to [NY](city:New York)", "to NY", [("city", "New York", 3, 5, None)]),
        (
            'to [Rome]{"entity": "city", "role": "to"} now',
            "to Rome now",
            [("city", "Rome", 3, 7, "to")],
        ),
        (
            '[X][{"entity": "a"}, {"entity": "b", "value": "Y"}]',
            "X",
            [("a", "X", 0, 1, None), ("b", "Y", 0, 1, None)],
        ),
        ("nothing [here]", "nothing [here]", []),
    ],
)
def test_entities_are_marked_in_examples(example, text, entities):
    assert plain_text(example) == text
    keys = ("entity", "value", "start", "end")
    assert [
        (*(entity[key] for key in keys), entity.get("role"))
        for entity in marked_entities(example)
    ] == entities


# Bad input.


@pytest.mark.parametrize(
    ("files", "place", "said"),
    [
        (
            {"rules": RULES + "  - rule: wrong\n    steps:\n      - intent: greet\n"
             "      - action: action_nope\n"},
            "rules.yml:11",
            "the action 'action_nope' in the rule 'wrong' is not in the domain",
        ),
        (
            {"rules": RULES + "  - rule: two\n    steps:\n      - intent: greet\n"
             "      - action: utter_greet\n      - intent: bye\n"
             "      - action: utter_bye\n"},
            "rules.yml:8",
            "more than one message",
        ),
        (
            {"rules": RULES, "stories": "stories:\n  - story: against\n    steps:\n"
             "      - intent: greet\n      - action: utter_bye\n"},
            "stories.yml:2",
            "contradicts 'greet'",
        ),
        ({"stories": "stories: [\n"}, "stories.yml", "expected"),
        ({"stories": "stories: {a: 1}\n"}, "stories.yml:1", "expected a list"),
        (
            {"config": "policies:\n  - name: RulePolicy\n"
             "    core_fallback_action_name: action_nope\n"},
            "config.yml:2",
            "action_nope",
        ),
        ({"config": "pipeline: 5\n"}, "config.yml:1", "expected a list"),
        (
            {"nlu": 'nlu:\n  - intent: greet\n    examples: |\n      - a [b]{"c}\n'},
            "nlu.yml:2",
            "cannot read the entity",
        ),
        (
            {"nlu": "nlu:\n  - intent: greet\n    examples: '- a(b'\n"},
            "config.yml",
            "not a regular expression",
        ),
    ],
    ids=["action", "rule of two turns", "contradiction", "yaml", "no list", "fallback",
         "pipeline", "entity", "keyword"],
)  # fmt: skip
def test_what_rasa_would_not_train_is_refused_with_its_place(
    tmp_path, files, place, said
):
    with pytest.raises(DataError) as caught:
        read(tmp_path, **files)
    assert place in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"config": "pipeline: [{name: my.Part}]\npolicies: [{name: RulePolicy}]\n"},
         "config.yml:1: unknown component 'my.Part'"),
        ({"config": "policies:\n  - name: RulePolicy\n  - name: Own\n"},
         "config.yml:3: unknown policy 'Own'"),
        ({"config": "policies: [{name: TEDPolicy}]\n"}, "TEDPolicy is not imitated"),
        ({"rules": RULES.replace("intent: greet", "intent: nope")},
         "rules.yml:6: the intent 'nope' in the rule 'greet' is not in the domain"),
        ({"stories": "stories:\n  - story: s\n    steps:\n      - slot_was_set: [x: 1]\n"
          "      - intent: bye\n      - action: utter_bye\n"}, "the slot 'x'"),
        ({"stories": "stories:\n  - story: s\n    steps:\n      - user: hi\n"
          "      - bot: hello\n"}, "is learned end to end"),
        ({"stories": "stories:\n  - story: s\n    steps:\n      - checkpoint: a\n"
          "      - intent: bye\n      - action: utter_bye\n"}, "the checkpoint 'a'"),
        ({"stories": "stories:\n  - story: s\n    steps: []\n"}, "has no steps"),
        ({"stories": "stories:\n  - story: s\n    steps: [what, {actoin: x}]\n"},
         "expected a step"),
        ({}, "the form 'empty_form' has no required slots"),
    ],
    ids=["component", "policy", "TED", "intent", "slot", "end to end", "checkpoint",
         "no steps", "not a step", "empty form"],
)  # fmt: skip
def test_what_rasa_would_only_warn_of_is_a_notice(tmp_path, files, said):
    notices = [str(notice) for notice in read(tmp_path, **files).notices]
    assert [notice for notice in notices if said in notice], notices


def test_rules_in_a_circle_end_with_a_finding(tmp_path):
    rules = """
    version: "3.1"
    rules:
      - rule: there
        steps: [{intent: ask}, {action: utter_yes}, {action: utter_vip}]
        wait_for_user_input: false
      - rule: back
        steps: [{action: utter_vip}, {action: utter_yes}]
        wait_for_user_input: false
      - rule: and there
        steps: [{action: utter_yes}, {action: utter_vip}]
        wait_for_user_input: false
    """
    chat = talk_to(write_bot(tmp_path, domain=DOMAIN, nlu=NLU, rules=rules))
    turn = chat.send("/ask")
    assert [finding.rule for finding in turn.findings] == ["RM652"]
    assert len(turn.texts) == 10
    assert chat.send("/ask").error is None
