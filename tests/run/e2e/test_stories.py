"""Test stories of Open Source: what is compared, and what nobody can judge."""

from __future__ import annotations

import shutil

import pytest

from rasa_mock.errors import DataError
from rasa_mock.resources import fixture_folder
from rasa_mock.testing.scripts import make_setup, read_bot, read_scripts
from tests.run.e2e.pizza import write_pizza_bot, write_tests


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_pizza_bot(tmp_path_factory.mktemp("pizza"))


@pytest.fixture(scope="module")
def bot(folder):
    return read_bot(folder, beside=folder)


@pytest.fixture
def play(folder, bot):
    """Return a function that plays the stories of a text: name -> result."""

    def run(text):
        path = write_tests(folder, text, name="test_stories.yml")
        setup = make_setup(bot)
        scripts = read_scripts(path, bot=bot).scripts
        return {script.name: script.play(setup=setup) for script in scripts}

    return run


def one(play, steps):
    lines = "".join(f"  - {step}\n" for step in steps)
    (result,) = play(f"stories:\n- story: one\n  steps:\n{lines}").values()
    return result


PIZZA = [
    "{user: pizza, intent: order}",
    "action: pizza_form",
    "active_loop: pizza_form",
    "slot_was_set: [{requested_slot: size}]",
    '{user: "a [large](size) one", intent: inform}',
    "action: pizza_form",
    "active_loop: null",
    "slot_was_set: [{requested_slot: null}]",
    "action: action_price",
    "action: utter_price",
]


def test_a_form_is_told_from_its_first_question_to_the_end(play):
    assert [*one(play, PIZZA).explain()] == []


def test_messages_may_be_written_as_intents_with_entities_or_without_a_text(play):
    slash = """{user: '/inform{"size": "large"}', intent: inform}"""
    assert one(play, [*PIZZA[:4], slash, *PIZZA[5:]]).outcome == "passed"
    bare = "{intent: inform, entities: [{size: large}]}"
    assert one(play, [*PIZZA[:4], bare, *PIZZA[5:]]).outcome == "passed"


@pytest.mark.parametrize("entities", ["[{size: large}]", "[size]"])
def test_entities_may_be_listed_beside_the_text(entities, play):
    beside = f"{{user: a large one, intent: inform, entities: {entities}}}"
    assert one(play, [*PIZZA[:4], beside, *PIZZA[5:]]).outcome == "passed"
    wrong = beside.replace("large}", "small}").replace("[size]", "[color]")
    assert one(play, [*PIZZA[:4], wrong, *PIZZA[5:]]).outcome == "failed"


WRONG = {
    "intent": (
        ["{user: hi, intent: order}", *PIZZA[1:4]],
        "intent of 'hi': expected order, got greet",
    ),
    "entity": (
        [*PIZZA[:4], "{user: a large one, intent: inform}", *PIZZA[5:]],
        "entities of 'a large one': expected []",
    ),
    "action": (
        ["{user: hi, intent: greet}", "action: utter_price"],
        "action: expected utter_price, got utter_greet (RulePolicy)",
    ),
    "one action too few": (
        ["{user: hi, intent: greet}"],
        "action: expected action_listen, got utter_greet",
    ),
    "one action too many": (
        ["{user: hi, intent: greet}", "action: utter_greet", "action: utter_price"],
        "action: expected utter_price, got action_listen",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_differs_is_told(name, play):
    steps, message = WRONG[name]
    result = one(play, steps)
    assert result.outcome == "failed"
    assert message in result.failures[0].message
    assert any("# predicted:" in line for line in result.difference)


def test_each_failure_has_the_line_of_its_step_also_beyond_a_checkpoint(play):
    (result,) = play(
        """\
stories:
- story: begin
  steps:
  - user: hi
    intent: order
  - action: utter_price
  - checkpoint: met
- story: end
  steps:
  - checkpoint: met
  - user: pizza
    intent: order
  - action: utter_greet
"""
    ).values()
    lines = [
        each.line for each in result.failures if "action_listen" not in each.message
    ]
    assert lines == [4, 6, 13]


def test_a_name_may_look_like_that_of_a_joined_story(play):
    (name,) = play("stories: [{story: a + b, steps: [{intent: greet}]}]")
    assert name == "a + b"


def test_a_form_that_should_not_come_may_have_been_rejected(play):
    greets = ["{user: hi, intent: greet}", "action: utter_greet", "action: pizza_form"]
    assert [*one(play, [*PIZZA[:4], *greets]).explain()] == []


def test_alternatives_and_checkpoints_make_stories_of_their_own(play):
    results = play(
        """
        stories:
        - story: begin
          steps:
          - or: [{intent: greet}, {intent: greet}]
          - action: utter_greet
          - checkpoint: greeted
        - story: end
          steps:
          - checkpoint: greeted
          - intent: order
          - action: pizza_form
          - active_loop: pizza_form
        """
    )
    assert list(results) == ["begin + end", "begin + end (2)"]
    assert {result.outcome for result in results.values()} == {"passed"}


def test_what_goes_by_a_text_alone_is_not_judged(play):
    result = one(play, ["user: hello", "bot: Hello!"])
    assert (result.outcome, result.unjudged_keys) == ("not judged", "user, bot")
    assert [each.line for each in result.unjudged] == [4, 5]


def test_what_a_trained_policy_would_predict_is_not_judged(play, folder):
    config = folder / "config.yml"
    before = config.read_text(encoding="utf-8")
    path = write_tests(
        folder,
        "stories:\n- story: a\n  steps:\n  - intent: thank\n  - action: utter_price\n"
        "- story: b\n  steps:\n  - intent: greet\n  - action: utter_greet\n",
        name="test_stories.yml",
    )
    config.write_text(before + "- name: TEDPolicy\n", encoding="utf-8")
    try:
        trained = read_bot(folder, beside=folder)
    finally:
        config.write_text(before, encoding="utf-8")
    setup = make_setup(trained)
    scripts = read_scripts(path, bot=trained).scripts
    outcomes = [script.play(setup=setup).outcome for script in scripts]
    assert outcomes == ["not judged", "passed"]


BAD = {
    "a key of a step": ("- user: hi\n    intnt: greet", 5, "did you mean 'intent'?"),
    "a kind of step": ("- actoin: utter_greet", 4, "did you mean 'action'?"),
    "an action": ("- intent: greet\n  - action: utter_gret", 5, "'utter_gret'"),
    "a form": (
        "- active_loop: piza_form",
        4,
        "did you mean 'pizza_form'?",
    ),
    "a slot": ("- slot_was_set: [{siz: 1}]", 4, "no slot 'siz'; did you mean 'size'?"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_with_its_line(name, folder, bot):
    steps, line, message = BAD[name]
    text = f"stories:\n- story: a\n  steps:\n  {steps}\n"
    path = write_tests(folder, text, name="test_stories.yml")
    with pytest.raises(DataError) as caught:
        read_scripts(path, bot=bot)
    assert message in caught.value.message
    assert (caught.value.line, caught.value.path) == (line, str(path))


def test_what_a_bot_has_learned_by_heart_it_can_tell(tmp_path):
    """The recorded bot's own stories: each is memorised, so each has to pass."""
    known = fixture_folder() / "conformance" / "bot"
    path = tmp_path / "test_stories.yml"
    shutil.copy(known / "data" / "stories.yml", path)
    learned = read_bot(known, beside=known)
    results = [
        script.play(setup=make_setup(learned))
        for script in read_scripts(path, bot=learned).scripts
    ]
    assert len(results) == 6
    assert [line for result in results for line in result.explain()] == []


def test_rules_in_a_test_are_left_out_and_told(folder, bot):
    text = "stories:\n- story: a\n  steps: [{intent: greet}]\nrules: [{rule: b}]\n"
    path = write_tests(folder, text, name="test_stories.yml")
    (note, *_) = read_scripts(path, bot=bot).notes
    assert "no steps" in note or "rules are training data" in note
