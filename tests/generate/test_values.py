"""Small parts: choices, pools, kinds of value, values of slots and entities."""

from __future__ import annotations

import json

import pytest

from rasa_mock.core.domain import Domain
from rasa_mock.errors import UsageError
from rasa_mock.generate.cast import cast_of
from rasa_mock.generate.messages import (
    any_mention,
    duckling_info,
    found_entities,
    sentence,
    slash_data,
    slash_text,
)
from rasa_mock.generate.parse_data import tokens
from rasa_mock.generate.phrases import related_intents
from rasa_mock.generate.provider import METHODS, POOL_SIZE, drawn, pool
from rasa_mock.generate.rng import Rng, derive
from rasa_mock.generate.slot_values import (
    EDGES,
    as_number,
    edge_value,
    fits,
    has_edge,
    slot_value,
)
from rasa_mock.generate.values import KINDS, NAMES, kind_of, make


def test_the_stream_of_a_seed_never_changes():
    """The suite runs on every Python: all of them must draw the same."""
    rng = Rng(42, "action_x", "first-1")
    drawn_now = (
        derive(42, "action_x", "first-1"),
        [rng.below(1000) for _ in range(5)],
        rng.between(-3, 3),
        rng.pick("abcdef"),
        rng.chance(0.5),
        rng.hex(),
        rng.sample(range(10), 4),
    )
    assert drawn_now == (
        17317877512890134444,
        [390, 773, 875, 594, 892],
        -2,
        "d",
        False,
        "4beb478e58882db3fa9f0d5cfe78ef83",
        [1, 3, 7, 0],
    )


def test_streams_differ_by_every_part_of_their_key():
    keys = [(1, "a"), (1, "b"), (2, "a"), ("1a",), ("1", "a", ""), (1, "a", 0)]
    assert len({derive(*key) for key in keys}) == len(keys)
    assert derive(1, "a") == derive("1", "a")


def test_choices_stay_within_their_bounds():
    rng = Rng("bounds")
    assert {rng.below(3) for _ in range(200)} == {0, 1, 2}
    assert {rng.between(-1, 1) for _ in range(200)} == {-1, 0, 1}
    assert {rng.pick("xy") for _ in range(50)} == {"x", "y"}
    assert not any(rng.chance(0) for _ in range(50))
    assert all(rng.chance(1) for _ in range(50))
    assert all(len(rng.hex(8)) == 8 for _ in range(50))
    assert sorted(rng.sample("abc", 5)) == ["a", "b", "c"]


@pytest.mark.parametrize("locale", ["en_US", "zh_CN", "de_DE", "ar_SA", "ja_JP"])
def test_every_kind_has_a_pool_in_every_locale(locale):
    for kind in METHODS:
        values = pool(locale, kind)
        assert len(values) == POOL_SIZE
        assert all(value and "\n" not in value for value in values)


def test_drawn_values_are_json(registry):
    for method in ("pyint", "pydecimal", "date_object", "pydict", "pyset", "boolean"):
        arguments = {"value_types": ["str"]} if method in ("pydict", "pyset") else {}
        json.dumps(drawn("en_US", method, arguments=arguments))


def test_an_unknown_locale_is_refused():
    with pytest.raises(UsageError, match=r"unknown locale 'klingon': .* zh_CN"):
        pool("klingon", "city")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("city", "city"),
        ("departure_city", "city"),
        ("fromcity", "city"),
        ("homeTown", "city"),
        ("location", "city"),
        ("email", "email"),
        ("contactEmail", "email"),
        ("phone_number", "phone"),
        ("amount-of-money", "amount"),
        ("num_people", "number"),
        ("tickets", "number"),
        ("date_of_birth", "date"),
        ("arrival_time", "date"),
        ("time", "time"),
        ("first_name", "first_name"),
        ("name", "name"),
        ("customer_id", "code"),
        ("feedback", "sentence"),
        ("problem_description", "sentence"),
        ("confirm", "yes_no"),
        ("出发城市", "city"),
        ("手机号码", "phone"),
        ("cuisine", "word"),
        ("last_context", "word"),
        ("update", "word"),
        ("", "word"),
    ],
)
def test_a_name_tells_the_kind_of_value(name, kind):
    assert kind_of(name) == kind


def test_the_table_of_names_has_only_kinds_that_can_be_made():
    assert {kind for kind, _ in NAMES} <= KINDS
    for kind in KINDS:
        json.dumps(make(kind, locale="en_US", rng=Rng(kind)))


SLOTS = {
    "text": {"type": "text", "mappings": [{"type": "from_text"}]},
    "found": {"type": "text", "mappings": [{"type": "from_entity", "entity": "e"}]},
    "yes": {"type": "bool", "mappings": [{"type": "custom"}]},
    "one": {
        "type": "categorical",
        "values": ["Low", "High"],
        "mappings": [{"type": "custom"}],
    },
    "range": {
        "type": "float",
        "min_value": -2,
        "max_value": 2,
        "mappings": [{"type": "custom"}],
    },
    "above": {
        "type": "float",
        "min_value": 1,
        "max_value": 2.5,
        "mappings": [{"type": "custom"}],
    },
    "free": {"type": "float", "mappings": [{"type": "custom"}]},
    "many": {"type": "list", "mappings": [{"type": "custom"}]},
    "any": {"type": "any", "mappings": [{"type": "custom"}]},
}
FITS = {
    "text": lambda value: isinstance(value, str) and value,
    "found": lambda value: isinstance(value, str) and value,
    "yes": lambda value: isinstance(value, bool),
    "one": lambda value: value in ("Low", "High"),
    "range": lambda value: -2 <= value <= 2,
    "above": lambda value: 1 <= value <= 2.5,
    "free": lambda value: isinstance(value, (int, float)),
    "many": lambda value: isinstance(value, list) and value,
    "any": lambda value: value is not None,
}
AT_EDGE = {
    "text": {"empty", "long", "chinese", "rtl", "emoji", "markup", "null"},
    "found": {"long", "chinese", "rtl", "emoji", "markup", "null"},
    "yes": {"empty", "null"},
    "one": {"min", "max", "null"},
    "range": {"empty", "min", "max", "null"},
    "above": {"min", "max", "null"},
    "free": {"empty", "null"},
    "many": {"empty", "long", "chinese", "rtl", "emoji", "markup", "null"},
    "any": {"empty", "long", "chinese", "rtl", "emoji", "markup", "null"},
}


@pytest.fixture(scope="module")
def parts():
    domain = Domain.from_dict({"entities": ["e"], "slots": SLOTS})
    return cast_of(domain).slots


@pytest.mark.parametrize("name", list(SLOTS))
def test_ordinary_values_fit_the_slot(parts, name):
    for seed in range(50):
        value = slot_value(parts[name], locale="en_US", rng=Rng(seed))
        assert FITS[name](value), value


@pytest.mark.parametrize("name", list(SLOTS))
def test_a_slot_has_the_edges_that_it_can_hold(parts, name):
    edges = {edge for edge in EDGES if has_edge(parts[name], edge)}
    assert edges == AT_EDGE[name]


@pytest.mark.parametrize(
    ("name", "edge", "value"),
    [
        ("text", "empty", ""),
        ("yes", "empty", False),
        ("range", "empty", 0),
        ("range", "min", -2),
        ("range", "max", 2),
        ("one", "max", "High"),
        ("many", "empty", []),
        ("any", "null", None),
    ],
)
def test_values_at_the_edge(parts, name, edge, value):
    assert edge_value(parts[name], edge) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("book a table", ["book", "a", "table"]),
        ("it's 4:30, ok?", ["it", "s", "4", "30", "ok"]),
        ("你好 world", ["你", "好", "world"]),
        ("", [""]),
        ("🎉", [""]),
    ],
)
def test_tokens_are_the_words_of_a_message(text, words):
    assert [text[start:end] for start, end in tokens(text)] == words


def test_an_intent_message_has_one_entity_per_value():
    values = {"city": ["Rom", "Ulm"], "n": 0}
    text = slash_text("go", values)
    data = slash_data(
        intent="go", text=text, values=values, message_id="m", metadata={}
    )
    assert text == '/go{"city": ["Rom", "Ulm"], "n": 0}'
    assert data["entities"] == [
        {
            "entity": name,
            "value": value,
            "start": 3,
            "end": len(text),
            "extractor": "RegexMessageHandler",
        }
        for name, value in (("city", "Rom"), ("city", "Ulm"), ("n", 0))
    ]
    assert data["intent_ranking"] == [{"name": "go", "confidence": 1.0}]


@pytest.mark.parametrize(
    ("dimension", "value", "keys"),
    [
        ("number", 4, {"value", "type"}),
        ("amount-of-money", 20, {"value", "type", "unit"}),
        ("duration", 2, {"value", "type", "unit", "hour", "normalized"}),
        ("time", "2026-01-01T10:00:00.000+00:00", {"values", "value", "grain", "type"}),
        ("time", {"from": "a", "to": "b"}, {"values", "from", "to", "type"}),
    ],
)
def test_duckling_says_more_about_a_value(dimension, value, keys):
    assert duckling_info(dimension, value).keys() == keys


def test_roles_and_groups_are_reported_with_their_confidence(travel):
    cast = cast_of(travel)
    labelled = set()
    for seed in range(60):
        rng = Rng(seed)
        mentions = (any_mention(cast, rng=rng),)
        text, starts = sentence(cast, "inform", mentions=mentions, rng=rng)
        (entity,) = found_entities(mentions, starts, rng=rng)
        assert text[entity["start"] : entity["end"]] == mentions[0].written
        if entity["entity"] == "city":
            labelled.add((entity.get("role"), entity.get("group")))
    assert {role for role, _ in labelled} == {"from", "to", None}
    assert {group for _, group in labelled} == {"1", "2", None}


def test_an_entity_of_a_categorical_slot_has_its_values(travel):
    cast = cast_of(travel)
    assert cast.entities["class"].values == ("First", "Second")
    assert cast.entities["number"].slot.name == "passengers"


@pytest.mark.parametrize(
    ("action", "intents"),
    [
        ("action_search_concerts", ("search_concerts",)),
        ("booking_form", ("book_concert",)),
        ("action_react_to_reminder", ("EXTERNAL_reminder",)),
        ("action_unheard_of", ()),
    ],
)
def test_an_intent_that_sounds_alike_leads_to_an_action(action, intents):
    known = ("greet", "search_concerts", "book_concert", "EXTERNAL_reminder")
    assert related_intents(known, action) == intents


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("4", 4), ("2.5", 2.5), ("many", "many"), ("inf", "inf"), ("nan", "nan")),
        *((None, None), ("1e999", "1e999"), ("", "")),
    ],
)
def test_a_number_is_read_where_there_is_one(text, number):
    assert as_number(text) == number


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("one", "High", True),
        ("one", "high", False),
        ("range", 0, True),
        ("range", 3, False),
        ("range", True, False),
        ("free", "4", False),
        ("yes", "yes", False),
        ("many", ["a"], True),
        ("any", {"a": 1}, True),
    ],
)
def test_a_value_fits_a_slot_or_not(parts, name, value, expected):
    assert fits(parts[name], value) is expected


BUTTONS = {
    "intents": ["inform", "affirm"],
    "entities": ["priority"],
    "responses": {
        "utter_ask_priority": [
            {
                "text": "how urgent?",
                "buttons": [
                    {"title": "low", "payload": '/inform{"priority": "low"}'},
                    {"title": "high", "payload": '/inform{{"priority": "high"}}'},
                    {"title": "yes", "payload": "/affirm"},
                    {"title": "odd", "payload": '/inform{"priority": '},
                    {"title": "else", "payload": '/inform{"colour": "red"}'},
                    {"title": "web", "url": "http://127.0.0.1"},
                ],
            }
        ]
    },
}


def test_buttons_tell_what_users_send():
    cast = cast_of(Domain.from_dict(BUTTONS))
    pressed = [tuple(button) for button in cast.buttons["utter_ask_priority"]]
    assert pressed == [
        ('/inform{"priority": "low"}', "inform", {"priority": "low"}),
        ('/inform{"priority": "high"}', "inform", {"priority": "high"}),
        ("/affirm", "affirm", {}),
    ]
    assert cast.entities["priority"].values == ("low", "high")
