"""Event types that a project adds: a file in a folder is all it takes."""

from __future__ import annotations

import json

import pytest

from rasa_mock.core.domain import Domain
from rasa_mock.errors import DataError
from rasa_mock.generate.cases import cases_for, tracker_for
from rasa_mock.generate.cast import cast_of
from rasa_mock.generate.conversation import Conversation
from rasa_mock.generate.from_schema import SOURCES, Sampler
from rasa_mock.generate.rng import Rng
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.validate import validate

PAYMENT = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Payment requested",
    "type": "object",
    "required": ["event", "amount", "currency", "slot", "value"],
    "properties": {
        "event": {"const": "payment_requested"},
        "timestamp": {"type": ["number", "null"]},
        "metadata": {"type": ["object", "null"]},
        "amount": {"type": "number", "minimum": 1, "maximum": 5},
        "currency": {"enum": ["EUR", "CNY"]},
        "slot": {"type": "string", "x-rasa": {"from": "slot_name"}},
        "value": {"x-rasa": {"from": "slot_value"}},
        "payer": {"type": "string", "x-rasa": {"faker": "name"}},
        "lines": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["sku"],
                "properties": {"sku": {"type": "string", "minLength": 3}},
            },
        },
    },
    "additionalProperties": False,
}
ROLES = ("action_show_trip", "validate_trip_form", "action_validate_slot_mappings")


def registry_with(folder, document):
    events = folder / "events"
    events.mkdir(exist_ok=True)
    name = document["properties"]["event"]["const"]
    (events / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    return Registry.load(folder=folder)


def woven(cases, name="payment_requested"):
    return [event for case in cases for event in case.events if event["event"] == name]


@pytest.mark.parametrize("action", ROLES)
def test_a_new_event_type_is_generated_in_trackers(tmp_path, travel, problems, action):
    registry = registry_with(tmp_path, PAYMENT)
    cases = cases_for(action, domain=travel, registry=registry)

    found = woven(cases)
    assert len(found) > 5
    assert {event["currency"] for event in found} == {"EUR", "CNY"}
    assert all(1 <= event["amount"] <= 5 for event in found)
    assert all(event["slot"] in travel.slots for event in found)
    for case in cases:
        assert problems(case, domain=travel, registry=registry) == []
        assert tracker_for(case, travel).events == case.events
        times = [event["timestamp"] for event in case.events]
        assert times == sorted(times)


def test_nothing_else_changes_by_it(tmp_path, travel):
    registry = registry_with(tmp_path, PAYMENT)
    with_it = cases_for("validate_trip_form", domain=travel, registry=registry)
    without = cases_for("validate_trip_form", domain=travel)
    for new, old in zip(with_it, without, strict=True):
        own = [event for event in new.events if event["event"] != "payment_requested"]
        assert own == old.events
        # Candidates stay last, the session's start stays together.
        assert new.events[-1] == old.events[-1]
        assert new.events[:3] == old.events[:3]


@pytest.mark.parametrize(
    "hints",
    [{"tracked": False}, {"generate": False}, {"alias_of": "slot"}],
    ids=lambda hints: next(iter(hints)),
)
def test_what_its_schema_rules_out_is_not_generated(tmp_path, travel, hints):
    registry = registry_with(tmp_path, {**PAYMENT, "x-rasa": hints})
    assert woven(cases_for("action_show_trip", domain=travel, registry=registry)) == []


def test_its_schema_says_where_and_how_often(tmp_path, travel):
    hints = {"generate": {"after": ["bot"], "share": 1}}
    registry = registry_with(tmp_path, {**PAYMENT, "x-rasa": hints})
    followers = set()
    for case in cases_for("action_show_trip", domain=travel, registry=registry):
        pairs = zip(case.events, case.events[1:], strict=False)
        followers |= {
            before["event"]
            for before, event in pairs
            if event["event"] == "payment_requested"
        }
    assert followers == {"bot"}


@pytest.mark.parametrize("seed", range(25))
def test_any_event_type_of_the_profile_can_be_made_from_its_schema(
    travel, registry, seed
):
    conversation = Conversation(cast_of(travel), Rng(seed))
    for name in registry.event_types:
        sampler = Sampler(registry.definitions, conversation)
        made = sampler.event(registry.definitions[f"event_{name}"])
        made |= {"event": name, "timestamp": 1.5}
        if made.get("metadata") is None:
            made["metadata"] = {}
        form = registry.event_types[name]
        if form.tracked:
            found = validate("tracked_event", made, registry=registry)
            assert found == [], (name, made, found)


VALUES = {
    "const": ({"const": 7}, lambda value: value == 7),
    "enum": ({"enum": ["a"], "type": "string"}, lambda value: value == "a"),
    "default": ({"default": {"a": 1}}, lambda value: value == {"a": 1}),
    "examples": ({"examples": [3], "type": "number"}, lambda value: value == 3),
    "integer": (
        {"type": "integer", "minimum": -3, "exclusiveMaximum": 0},
        lambda value: value in (-3, -2, -1),
    ),
    "multiple": (
        {"type": "integer", "multipleOf": 5, "minimum": 1, "maximum": 20},
        lambda value: value in (5, 10, 15, 20),
    ),
    "number": (
        {"type": "number", "minimum": 0, "maximum": 1},
        lambda value: 0 <= value <= 1,
    ),
    "text": (
        {"type": "string", "minLength": 30, "maxLength": 31},
        lambda value: 30 <= len(value) <= 31,
    ),
    "boolean": ({"type": "boolean"}, lambda value: value in (True, False)),
    "date": ({"type": "string", "format": "date"}, lambda value: len(value) == 10),
    "uuid": ({"type": "string", "format": "uuid"}, lambda value: len(value) == 36),
    "array": (
        {"type": "array", "minItems": 2, "maxItems": 2, "items": {"const": 0}},
        lambda value: value == [0, 0],
    ),
    "anyOf": (
        {"anyOf": [{"const": 1}, {"const": 2}]},
        lambda value: value in (1, 2),
    ),
    "allOf": (
        {"allOf": [{"type": "integer"}, {"minimum": 5}, {"maximum": 5}]},
        lambda value: value == 5,
    ),
    "ref": ({"$ref": "#/$defs/seven"}, lambda value: value == 7),
    "nullable": (
        {"type": ["null", "boolean"]},
        lambda value: value in (None, True, False),
    ),
    "faker": (
        {"x-rasa": {"faker": "pyint", "args": {"max_value": 3}}},
        lambda value: value in range(4),
    ),
    "faker-decimal": (
        {"x-rasa": {"faker": "pydecimal", "args": {"right_digits": 1}}},
        lambda value: isinstance(value, float),
    ),
}


@pytest.mark.parametrize(("schema", "fits"), VALUES.values(), ids=list(VALUES))
def test_values_are_made_as_the_vocabulary_says(travel, schema, fits):
    definitions = {"seven": {"const": 7}}
    for seed in range(30):
        conversation = Conversation(cast_of(travel), Rng(seed))
        value = Sampler(definitions, conversation).value(schema)
        assert fits(value), value
        json.dumps(value)


@pytest.mark.parametrize("source", list(SOURCES))
@pytest.mark.parametrize("document", [{}, None], ids=["bare", "travel"])
def test_every_source_gives_a_value_in_any_domain(travel, source, document):
    domain = travel if document is None else Domain.from_dict(document)
    conversation = Conversation(cast_of(domain), Rng(1))
    value = Sampler({}, conversation).value({"x-rasa": {"from": source}})
    json.dumps(value)
    assert value is not None or (source == "slot_value" and domain is not travel)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"x-rasa": {"from": "moon"}}, "unknown source 'moon' in x-rasa.from"),
        ({"x-rasa": {"faker": "moon_phase"}}, "faker cannot make 'moon_phase'"),
        ({"x-rasa": {"faker": "name", "args": {"a": 1}}}, "faker cannot make 'name'"),
        ({"$ref": "#/$defs/nowhere"}, "leads nowhere"),
    ],
)
def test_a_schema_that_cannot_be_followed_says_so(travel, schema, message):
    conversation = Conversation(cast_of(travel), Rng(1))
    with pytest.raises(DataError, match=message):
        Sampler({}, conversation).value(schema)
