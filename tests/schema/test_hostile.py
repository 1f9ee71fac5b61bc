"""Documents that no parser would return, or that are far too large: never a crash."""

from __future__ import annotations

import datetime as dt
import enum
import math
from collections import OrderedDict
from decimal import Decimal
from typing import Any

import pytest

from rasa_mock.schema.registry import KINDS
from rasa_mock.schema.validate import LIMIT, is_valid, validate
from rasa_mock.schema.values import MAX_DEPTH, Purity, impurities, purity
from rasa_mock.schema.wording import describe

ENGINES = ["portable", "auto"]


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


def answer(value: Any) -> dict[str, Any]:
    return {"events": [{"event": "slot", "name": "a", "value": value}]}


class Text(str):
    __slots__ = ()


class Colour(str, enum.Enum):
    RED = "red"


CYCLE: dict[str, Any] = {}
CYCLE.update(left=CYCLE, right=[CYCLE, CYCLE])
DOUBLED: Any = [1]
for _ in range(60):
    DOUBLED = [DOUBLED, DOUBLED]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, Purity.PLAIN),
        ({"a": [1, 1.5, "x", True, None, {}]}, Purity.PLAIN),
        (2**70, Purity.PLAIN),
        ((), Purity.ODD),
        ({"a": (1, 2)}, Purity.ODD),
        (OrderedDict(a=1), Purity.PLAIN),
        (Text("x"), Purity.ODD),
        ({"a": Colour.RED}, Purity.ODD),
        (math.nan, Purity.FAULTY),
        ([-math.inf], Purity.FAULTY),
        ({1: 2}, Purity.FAULTY),
        ({"a": {None: 1}}, Purity.FAULTY),
        ({"a": [{1, 2}]}, Purity.FAULTY),
        (b"x", Purity.FAULTY),
        (Decimal(1), Purity.FAULTY),
        ((math.nan,), Purity.FAULTY),
        (nested(MAX_DEPTH - 2), Purity.PLAIN),
        (nested(100_000), Purity.DEEP),
        (CYCLE, Purity.DEEP),
        (DOUBLED, Purity.PLAIN),
    ],
    ids=lambda value: value.name if isinstance(value, Purity) else describe(value),
)
def test_purity(value: Any, expected: Purity):
    assert purity(value) is expected


def test_impurities_are_found_where_they_are():
    document = {"a": [1, math.nan], "b": {2: 3}, "c": ({"d": {4}},)}
    assert list(impurities(document)) == [
        (("a", 1), "nan"),
        (("b",), "the key 2, a value of the Python type int"),
        (("c", 0, "d"), "a value of the Python type set"),
    ]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", [*KINDS, "slot"])
@pytest.mark.parametrize(
    "document",
    [
        *(None, 0, math.nan, "", [], (), {}, {1: 2}, set(), b"", 10**5_000),
        pytest.param(object(), id="an object"),
        *(nested(100_000), {"events": nested(100_000)}, CYCLE, [[]] * 1000),
        {"event": "x" * 1_000_000},
        {"event": {"event": "slot"}},
        {"event": "\ud800", "\ud800": 1},
        {"tracker": {"events": 5}, "events": {"0": {}}},
        {"events": [None, 5, "x", [], {}, {"event": None}, {"event": math.nan}]},
        dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc),
    ],
    ids=describe,
)
def test_whatever_it_is_there_are_issues_and_no_exception(
    kind: str, document: Any, engine: str
):
    issues = validate(kind, document, engine=engine)
    for issue in issues:
        assert len(issue.message) < 400
        assert issue.expected
        assert issue.got
    if kind not in ("response", "action_response", "domain"):
        assert issues


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("value", "pointer", "keyword"),
    [
        (math.nan, "/events/0/value", "json"),
        ([1, math.inf], "/events/0/value/1", "json"),
        ({1, 2}, "/events/0/value", "json"),
        ({"a": {5: 1}}, "/events/0/value/a", "json"),
        (nested(1_000), "", "depth"),
    ],
    ids=["NaN", "Infinity", "a set", "a key that is a number", "nested deep"],
)
def test_what_json_cannot_say_is_a_fault_anywhere(
    value: Any, pointer: str, keyword: str, engine: str
):
    (issue,) = validate("action_response", answer(value), engine=engine)
    assert (issue.pointer, issue.keyword) == (pointer, keyword)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "value",
    [(1, 2), OrderedDict(a=1), Text("x"), Colour.RED, 10**30, "\ud800", nested(400)],
    ids=describe,
)
def test_what_json_can_say_is_none(value: Any, engine: str):
    assert validate("action_response", answer(value), engine=engine) == []
    assert is_valid("action_response", answer(value), engine=engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_events_may_stand_in_a_tuple(engine: str):
    right = {"events": ({"event": "restart"},), "responses": ()}
    wrong = {"events": ({"event": "restart"}, {"event": "slot"})}
    assert validate("action_response", right, engine=engine) == []
    found = validate("action_response", wrong, engine=engine)
    assert {issue.pointer for issue in found} == {"/events/1"}


def test_the_faults_of_one_document_are_limited_and_it_says_so():
    document = {"events": [{"event": "slot", "name": "a"}] * (LIMIT + 5)}
    issues = validate("action_response", document)
    assert len(issues) == LIMIT + 1
    assert issues[-1].keyword == "limit"
    exact = {"events": document["events"][:LIMIT]}
    assert len(validate("action_response", exact)) == LIMIT


def test_a_million_events_are_checked():
    pytest.importorskip("jsonschema_rs")
    events = [{"event": "restart"}] * 1_000_000
    assert validate("action_response", {"events": events}, engine="auto") == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "true"),
        (10**400, "a very large number"),
        ("x" * 100, repr("x" * 45 + "...") + " (a string)"),
        ([1, 2], "an array of 2"),
        ({}, "an empty object"),
        (dict.fromkeys("abcd"), "an object with 'a', 'b', 'c' and 1 more"),
        ({"k" * 99: 1}, f"an object with {'k' * 45 + '...'!r}"),
    ],
    ids=str,
)
def test_values_are_described_in_a_few_words(value: Any, words: str):
    assert describe(value) == words
