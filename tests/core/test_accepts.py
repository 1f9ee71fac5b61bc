"""The verdict of Rasa's schema: tables, the recordings, and jsonschema itself."""

from __future__ import annotations

import gzip
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from rasa_mock.core import accepts
from rasa_mock.core.event_shapes import ANY_EVENT, EVENTS, OBJECT, Shape


def user(parse_data):
    return {"event": "user", "parse_data": parse_data}


def entity(**fields):
    return {"event": "entities", "entities": [{"entity": "e", "value": 1, **fields}]}


def selector(value):
    return user({"response_selector": value})


ACCEPTED = [
    {"event": "slot", "name": "s", "value": None},
    {"event": "slot", "name": "s", "value": math.nan, "timestamp": math.nan},
    {"event": "slot", "name": "s", "value": {}, "more": 1, "metadata": {"k": []}},
    {"event": "pause", "timestamp": None, "metadata": None},
    {"event": "pause", "timestamp": -1},
    {"event": "bot", "text": 5, "data": "x"},
    {"event": "reminder"},
    {"event": "active_loop", "name": []},
    {"event": "user"},
    {"event": "user", "text": None, "message_id": None, "input_channel": None},
    user({}),
    user({"intent": {}, "entities": [], "intent_ranking": [{}]}),
    user({"metadata": 5, "message_id": 5}),
    entity(start=0, end=1.0, confidence=math.inf, role=None, group="g"),
    {"event": "action"},
    {"event": "action", "name": None, "confidence": None, "hide_rule_turn": False},
    selector({"all_retrieval_intents": []}),
    selector({"all_retrieval_intents": [], "faq": 5}),
    selector({"all_retrieval_intents": {}}),
    selector({"faq": {"response": {"responses": [{"text": 5}]}}}),
    selector({"faq": {}, "-": 5, "all_retrieval_intents": {}}),
]

REFUSED = [
    (5, "type"),
    (None, "type"),
    ("slot", "type"),
    ([], "type"),
    (["event"], "type"),
    (True, "type"),
    ({}, "required"),
    ({"name": "s"}, "required"),
    ({"event": None}, "type"),
    ({"event": ["slot"]}, "type"),
    ({"event": {"slot": 1}}, "type"),
    ({"event": "nope"}, "oneOf"),
    ({"event": ""}, "oneOf"),
    ({"event": "topic"}, "oneOf"),
    ({"event": "Slot", "name": "s", "value": 1}, "oneOf"),
    ({"event": "stack", "update": "[]"}, "oneOf"),
    ({"event": "pause", "timestamp": "now"}, "type"),
    ({"event": "pause", "timestamp": True}, "type"),
    ({"event": "pause", "metadata": []}, "type"),
    ({"event": "nope", "metadata": []}, "type"),
    ({"event": "slot", "name": "s"}, "oneOf"),
    ({"event": "slot", "value": 1}, "oneOf"),
    ({"event": "slot", "name": None, "value": 1}, "oneOf"),
    ({"event": "action", "confidence": True}, "oneOf"),
    ({"event": "action", "hide_rule_turn": None}, "oneOf"),
    ({"event": "action", "hide_rule_turn": 0}, "oneOf"),
    ({"event": "entities"}, "oneOf"),
    ({"event": "entities", "entities": None}, "oneOf"),
    (entity(start=1.5), "oneOf"),
    (entity(start=True), "oneOf"),
    (entity(end=None), "oneOf"),
    (entity(confidence=None), "oneOf"),
    (entity(entity=None), "oneOf"),
    (user(None), "oneOf"),
    (user({"intent": None}), "oneOf"),
    (user({"intent": {"name": None}}), "oneOf"),
    (user({"intent": {"confidence": "high"}}), "oneOf"),
    (user({"entities": [{"entity": "e"}]}), "oneOf"),
    (user({"text": 5}), "oneOf"),
    (selector({}), "oneOf"),
    (selector(5), "oneOf"),
    (selector({"faq": {"response": {"responses": [{"text": "t"}]}}}), "oneOf"),
    (selector({"all_retrieval_intents": {}, "faq": 5}), "oneOf"),
    (selector({"-": 5}), "oneOf"),
    (selector({"é": 5, "all_retrieval_intents": 5}), "oneOf"),
]


@pytest.mark.parametrize("event", ACCEPTED, ids=repr)
def test_an_event_that_the_schema_accepts(event):
    assert accepts.verdict([event]) == []
    assert accepts.reported({"events": [event]}) is None


@pytest.mark.parametrize(("event", "keyword"), REFUSED, ids=repr)
def test_an_event_that_the_schema_refuses(event, keyword):
    assert accepts.verdict([{"event": "pause"}, event]) == [(1, keyword)]
    assert accepts.reported({"events": [event]}) is not None


NONE_FITS = " is not valid under any of the given schemas"

REPORTED = [
    ("null", None, "", "type", "None is not of type 'object'"),
    ("list", [], "", "type", "[] is not of type 'object'"),
    ("events null", {"events": None}, "/events", "type", "None is not of type 'array'"),
    (
        "responses object, events wrong, too",
        {"events": [5], "responses": {}},
        "/responses",
        "type",
        "{} is not of type 'array'",
    ),
    (
        "response null",
        {"responses": [{}, None]},
        "/responses/1",
        "type",
        "None is not of type 'object'",
    ),
    (
        "unknown event",
        {"events": [{"event": "nope"}]},
        "/events/0",
        "oneOf",
        f"{{'event': 'nope'}}{NONE_FITS}",
    ),
    (
        "no event key",
        {"events": [{"name": "x"}]},
        "/events/0",
        "required",
        "'event' is a required property",
    ),
    (
        "a wrong type beats a missing key",
        {"events": [{"name": "x"}, None]},
        "/events/1",
        "type",
        "None is not of type 'object'",
    ),
    (
        "metadata",
        {"events": [{"event": "pause", "metadata": ["l"]}]},
        "/events/0/metadata",
        "type",
        "['l'] is not of type 'object', 'null'",
    ),
    (
        "one deep error is named",
        {"events": [{"event": "user", "parse_data": {"entities": [{"value": 1}]}}]},
        "/events/0/parse_data/entities/0",
        "required",
        "'entity' is a required property",
    ),
    (
        "of two equally deep ones none is",
        {"events": [user({"intent": None, "entities": None})]},
        "/events/0",
        "oneOf",
        f"{user({'intent': None, 'entities': None})!r}{NONE_FITS}",
    ),
    (
        "the event before the deep error",
        {
            "events": [
                user({"intent": {"name": None}}),
                {"event": "pause", "metadata": 5},
            ]
        },
        "/events/0/parse_data/intent/name",
        "type",
        "None is not of type 'string'",
    ),
]


@pytest.mark.parametrize(
    ("body", "pointer", "keyword", "message"),
    [row[1:] for row in REPORTED],
    ids=[row[0] for row in REPORTED],
)
def test_the_error_that_rasa_reports(body, pointer, keyword, message):
    found = accepts.reported(body)
    assert "".join(f"/{part}" for part in found.path) == pointer
    assert (found.keyword, found.message) == (keyword, message)


@pytest.mark.parametrize("body", [{}, {"events": []}, {"responses": [], "events": []}])
def test_an_empty_answer_is_fine(body):
    assert accepts.reported({**body, "extra": 1, "event": 5}) is None


def test_the_verdict_on_all_recorded_event_lists(root):
    path = root / "fixtures" / "conformance" / "corpus_public.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        cases = [json.loads(line) for line in lines]
    wrong = [
        case["id"]
        for case in cases
        if list(map(list, accepts.verdict(case["events"])))
        != case["expected"]["schema"]["errors"]
    ]
    assert len(cases) == 1500
    assert wrong == []


# The same tables as a JSON schema: jsonschema must find the same errors in everything.


def as_schema(shape: Shape, **more):
    schema = {**more}
    if shape.types:
        schema["type"] = list(shape.types)
    if shape.properties:
        schema["properties"] = {
            **schema.get("properties", {}),
            **{name: as_schema(each) for name, each in shape.properties.items()},
        }
    if shape.patterns:
        schema["patternProperties"] = {
            pattern.pattern: as_schema(each) for pattern, each in shape.patterns
        }
    if shape.items:
        schema["items"] = as_schema(shape.items)
    if shape.required:
        schema["required"] = list(shape.required)
    if shape.one_of:
        schema["oneOf"] = [as_schema(each) for each in shape.one_of]
    return schema


def answer_schema():
    alternatives = [
        as_schema(shape, properties={"event": {"const": name}})
        for name, shape in EVENTS.items()
    ]
    event = {**as_schema(ANY_EVENT), "oneOf": alternatives}
    return {
        "type": "object",
        "properties": {
            "events": {"type": "array", "items": event},
            "responses": {"type": "array", "items": as_schema(OBJECT)},
        },
    }


VALIDATOR = Draft202012Validator(answer_schema())

SCALARS = st.sampled_from(
    [None, True, False, 0, 1, 1.0, 1.5, math.nan, "", "text", "slot"]
)
ODD = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["event", "name", "value", "-"]), inner, max_size=2
        )
    ),
    max_leaves=4,
)


def fields_of(shape: Shape):
    """Draw objects with the properties of a shape, right ones, odd ones, or none."""
    names = {**dict.fromkeys(shape.required), **shape.properties}
    return st.fixed_dictionaries(
        {},
        optional={
            name: ODD if inner is None else values_of(inner)
            for name, inner in names.items()
        },
    )


def values_of(shape: Shape):
    if shape.one_of:
        both = ({"properties": {}}, {"all_retrieval_intents": []})
        faq = values_of(shape.one_of[1].patterns[0][1])
        keys = st.sampled_from(["faq", "-", "all_retrieval_intents"])
        return (
            ODD | st.dictionaries(keys, faq | ODD, max_size=2) | st.sampled_from(both)
        )
    if shape.properties:
        return ODD | fields_of(shape)
    if shape.items:
        return ODD | st.lists(values_of(shape.items), max_size=2)
    return ODD


EVENT = st.one_of(
    ODD,
    *(
        st.builds(
            lambda common, own, name=name: {**common, **own, "event": name},
            fields_of(ANY_EVENT),
            fields_of(shape),
        )
        for name, shape in EVENTS.items()
        if name in ("user", "action", "slot", "entities", "pause")
    ),
    fields_of(ANY_EVENT),
)
BODY = ODD | st.fixed_dictionaries(
    {},
    optional={
        "events": ODD | st.lists(EVENT, max_size=3),
        "responses": ODD | st.lists(ODD, max_size=2),
    },
)


@given(BODY)
def test_jsonschema_finds_the_same_errors(body):
    expected = [
        (tuple(error.absolute_path), error.validator)
        for error in VALIDATOR.iter_errors(body)
    ]
    found = list(accepts.violations(body))
    assert [(each.path, each.keyword) for each in found] == expected
    assert (accepts.reported(body) is None) == (not expected)


@given(st.lists(EVENT, max_size=3))
def test_the_verdict_is_the_first_error_of_each_event(events):
    first: dict[int, str] = {}
    for error in VALIDATOR.iter_errors({"events": events}):
        first.setdefault(error.absolute_path[1], error.validator)
    assert accepts.verdict(events) == list(first.items())
