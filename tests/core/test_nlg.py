"""Bot events from an answer's responses; each row was checked against real Rasa."""

from __future__ import annotations

import math

import pytest

from rasa_mock.core import nlg

NOW = 1700000000.125
SLOTS = {"name": "Ann", "n": 3.5, "unset": None, "list": ["a", 1], "logged in": "Yes"}
NO_DATA = dict.fromkeys(nlg.DATA_KEYS)


def say(items, responses=None, **options):
    return nlg.utter(items, responses=responses or {}, slots=SLOTS, now=NOW, **options)


def say_one(item, responses=None, **options):
    (event,) = say([item], responses, **options)
    return event


TEXTS = [
    ("Hi {name}!", "Hi Ann!"),
    ("{n} {list} {unset}", "3.5 ['a', 1] None"),
    ("{logged in}", "Yes"),
    ("no placeholder", "no placeholder"),
    ("{nope}", "{nope}"),
    ("{name} and {nope}", "{name} and {nope}"),
    ("{{name}}", "{name}"),
    ("{{name}} {n}", "{{name}} {n}"),
    ("{{ {n} }}", "{ 3.5 }"),
    ("{name.upper}", "{name.upper}"),
    ("{n!r} {n:>5}", "{n!r} {n:>5}"),
    ("{0}", "{0}"),
    ("{ name }", "{ name }"),
    ("{list[0]}", "{list[0]}"),
    ("{na\nme}", "{na\nme}"),
    ("0[ {n}", "0[ {n}"),
    ("0[ {{x}}", "0[ {x}"),
]


@pytest.mark.parametrize(("template", "filled"), TEXTS, ids=[row[0] for row in TEXTS])
def test_placeholders_are_filled_as_rasa_does(template, filled):
    event = say_one({"response": "utter_x"}, {"utter_x": [{"text": template}]})
    assert event["text"] == filled


@pytest.mark.parametrize("template", ["a } b", "a { b", "{} {n}"])
def test_a_text_that_python_cannot_format_loses_the_answer(template):
    with pytest.raises((ValueError, IndexError)):
        say([{"response": "utter_x"}], {"utter_x": [{"text": template}]})


def test_all_strings_inside_are_filled_but_keys_and_elements_are_not():
    variation = {
        "image": "{n}.png",
        "attachment": {"src": ["{name}", {"deep": "{nope}{n}"}]},
        "custom": {"{n}": "{n}", "rest": [1, None, "{list}"]},
        "buttons": [{"title": "{name}", "payload": '/i{{"e": "{n}"}}'}],
        "quick_replies": ["{n}"],
        "elements": [{"title": "{n}"}],
        "metadata": {"m": "{n}"},
    }
    event = say_one({"response": "utter_x"}, {"utter_x": [variation]})
    assert event["data"] == {
        "image": "3.5.png",
        "attachment": {"src": ["Ann", {"deep": "{nope}{n}"}]},
        "custom": {"{n}": "3.5", "rest": [1, None, "['a', 1]"]},
        "buttons": [{"title": "Ann", "payload": '/i{"e": "3.5"}'}],
        "quick_replies": ["3.5"],
        "elements": [{"title": "{n}"}],
    }
    assert event["metadata"] == {"metadata": {"m": "{n}"}, "utter_action": "utter_x"}


def test_the_items_own_keys_fill_before_the_slots_even_falsy_ones():
    responses = {"utter_x": [{"text": "{name} {n} {template} {empty}"}]}
    item = {
        "response": "utter_x",
        "name": "Bob",
        "n": None,
        "template": "t",
        "empty": "",
    }
    event = say_one(item, responses)
    assert event["text"] == "Bob None t "
    assert event["metadata"] == {
        "utter_action": "utter_x",
        "name": "Bob",
        "template": "t",
    }


def test_without_slots_and_arguments_nothing_is_filled():
    (event,) = nlg.utter(
        [{"response": "utter_x"}],
        responses={"utter_x": [{"text": "{{x}} {y}"}]},
        slots={},
        now=NOW,
    )
    assert event["text"] == "{{x}} {y}"


def condition(name, value):
    return [{"type": "slot", "name": name, "value": value}]


DEFAULT = {"text": "default"}
HERE = {"text": "here", "channel": "collector"}
SLACK = {"text": "slack", "channel": "slack"}
IF_ANN = {"text": "if Ann", "condition": condition("name", "aNN")}
IF_ANN_HERE = {**IF_ANN, "text": "if Ann here", "channel": "collector"}
IF_BOB = {"text": "if Bob", "condition": condition("name", "Bob")}
CHOICES = [
    (
        "conditional for the channel",
        [DEFAULT, HERE, IF_ANN, IF_ANN_HERE],
        "if Ann here",
    ),
    ("default for the channel", [DEFAULT, IF_ANN, HERE], "here"),
    ("conditional", [DEFAULT, SLACK, IF_ANN], "if Ann"),
    ("default", [SLACK, IF_BOB, DEFAULT], "default"),
    (
        "an empty condition never holds",
        [{"text": "x", "condition": []}, DEFAULT],
        "default",
    ),
    (
        "an unknown slot is null",
        [{"text": "x", "condition": condition("?", None)}],
        "x",
    ),
    (
        "numbers compare by value",
        [{"text": "x", "condition": condition("n", 3.5)}],
        "x",
    ),
    (
        "all must hold",
        [
            {"text": "x", "condition": condition("n", 3.5) + condition("name", "B")},
            DEFAULT,
        ],
        "default",
    ),
    ("only another channel's", [SLACK], None),
    ("only a condition that fails", [IF_BOB], None),
    ("no variation at all", [], None),
]


@pytest.mark.parametrize(
    ("variations", "text"),
    [row[1:] for row in CHOICES],
    ids=[row[0] for row in CHOICES],
)
def test_the_variation_that_is_said(variations, text):
    events = say([{"response": "utter_x"}], {"utter_x": variations})
    assert [event["text"] for event in events] == ([] if text is None else [text])


def test_choose_picks_among_the_equally_suitable_only():
    seen = []

    def last(variations):
        seen.extend(variations)
        return variations[-1]

    variations = [{"text": "one"}, SLACK, {"text": "two"}]
    event = say_one({"response": "utter_x"}, {"utter_x": variations}, choose=last)
    assert event["text"] == "two"
    assert seen == [{"text": "one"}, {"text": "two"}]


def test_another_channel_gets_its_own_variation():
    event = say_one(
        {"response": "utter_x"}, {"utter_x": [DEFAULT, SLACK]}, output_channel="slack"
    )
    assert event["text"] == "slack"
    assert event["metadata"]["channel"] == "slack"


def test_an_unknown_response_is_left_out_and_the_rest_is_said():
    texts = [e["text"] for e in say([{"response": "utter_nope"}, {"text": "after"}])]
    assert texts == ["after"]


ITEMS = [
    ("empty", {}, None, {}, {}),
    ("text", {"text": "t"}, "t", {}, {}),
    (
        "falsy values vanish",
        {"text": "", "a": 0, "b": False, "c": [], "d": None},
        None,
        {},
        {},
    ),
    ("falsy response", {"response": "", "text": "t"}, "t", {}, {}),
    ("NaN is not falsy", {"custom": math.inf}, None, {"custom": math.inf}, {}),
    (
        "other keys",
        {"text": "t", "template": "x", "q": {"a": 1}},
        "t",
        {},
        {"template": "x", "q": {"a": 1}},
    ),
    ("metadata", {"metadata": {"m": 1}}, None, {}, {"metadata": {"m": 1}}),
    (
        "image is an attachment",
        {"image": "i"},
        None,
        {"image": "i", "attachment": "i"},
        {},
    ),
    (
        "attachment wins",
        {"image": "i", "attachment": "a"},
        None,
        {"image": "i", "attachment": "a"},
        {},
    ),
    (
        "buttons as object",
        {"buttons": {"title": "a"}},
        None,
        {"buttons": ["title"]},
        {},
    ),
    ("buttons as text", {"buttons": "ab"}, None, {"buttons": ["a", "b"]}, {}),
    ("text of any type", {"text": 5}, 5, {}, {}),
]


@pytest.mark.parametrize(
    ("item", "text", "data", "metadata"),
    [row[1:] for row in ITEMS],
    ids=[row[0] for row in ITEMS],
)
def test_an_item_without_response_becomes_a_bot_event(item, text, data, metadata):
    event = say_one(item)
    assert event == {
        "event": "bot",
        "timestamp": NOW,
        "metadata": metadata,
        "text": text,
        "data": {**NO_DATA, **data},
    }
    last = "metadata" if not metadata else "data"
    assert list(event)[-1] == last  # Rasa writes empty metadata at the end


def test_the_item_wins_over_the_response_and_adds_its_buttons():
    responses = {
        "utter_x": [{"text": "t", "image": "i", "buttons": [{"title": "one"}]}]
    }
    item = {"response": "utter_x", "text": "mine", "image": "", "buttons": ["two"]}
    event = say_one(item, responses)
    assert event["text"] == "mine"
    assert event["data"]["image"] == "i"
    assert event["data"]["buttons"] == [{"title": "one"}, "two"]


def test_neither_the_domain_nor_the_answer_is_changed():
    responses = {"utter_x": [{"buttons": [{"title": "{n}"}], "metadata": {"k": []}}]}
    items = [{"response": "utter_x", "buttons": ["two"], "foo": 1}]
    event = say(items, responses)[0]
    event["metadata"]["metadata"]["k"].append(1)
    assert responses == {
        "utter_x": [{"buttons": [{"title": "{n}"}], "metadata": {"k": []}}]
    }
    assert items == [{"response": "utter_x", "buttons": ["two"], "foo": 1}]


STUMBLES = [
    ({"buttons": 5}, TypeError, "'int' object is not iterable"),
    ({"buttons": True}, TypeError, "'bool' object is not iterable"),
    ({"response": ["x"]}, TypeError, "unhashable type: 'list'"),
    ({"response": {"x": 1}}, TypeError, "unhashable type: 'dict'"),
    ({"response": "utter_x", "tracker": 1}, TypeError, "argument 'tracker'"),
    ({"response": "utter_x", "filled_slots": 0}, TypeError, "argument 'filled_slots'"),
    ({"response": "nope", "utter_action": 1}, TypeError, "argument 'utter_action'"),
    ({"response": "utter_null", "buttons": [1]}, AttributeError, "'extend'"),
    ({"response": "utter_no_type"}, KeyError, "'type'"),
]


@pytest.mark.parametrize(
    ("item", "error", "message"), STUMBLES, ids=[str(row[0]) for row in STUMBLES]
)
def test_rasa_stumbles_over_an_item(item, error, message):
    responses = {
        "utter_x": [DEFAULT],
        "utter_null": [{"text": "t", "buttons": None}],
        "utter_no_type": [{"text": "t", "condition": [{"name": "n", "value": 3.5}]}],
    }
    with pytest.raises(error, match=message):
        say([{"text": "before"}, item], responses)


@pytest.mark.parametrize("name", [5, True, "nope"])
def test_a_response_of_another_type_is_just_unknown(name):
    assert say([{"response": name}], {"utter_x": [DEFAULT]}) == []
