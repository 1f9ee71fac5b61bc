"""Differences between JSON values, as strict as between texts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasa_mock.core.diff import ABSENT, differences, shown

NAN = float("nan")


def found(expected, got, **options):
    return [
        (difference.pointer, difference.expected, difference.got)
        for difference in differences(expected, got, **options)
    ]


DIFFERENT = {
    "true is not 1": (1, True, [("", 1, True)]),
    "1 is not 1.0": (1, 1.0, [("", 1, 1.0)]),
    "0.0 is not -0.0": (0.0, -0.0, [("", 0.0, -0.0)]),
    "null is not absent": ({"a": None}, {}, [("/a", None, ABSENT)]),
    "more than expected": ({}, {"a": None}, [("/a", ABSENT, None)]),
    "a longer list": ([1], [1, 2], [("/1", ABSENT, 2)]),
    "a shorter list": ([1, 2], [1], [("/1", 2, ABSENT)]),
    "a list is no object": ([], {}, [("", [], {})]),
    "the innermost place": (
        {"a": [{"b": 1}, 2]},
        {"a": [{"b": 3}, 4]},
        [("/a/0/b", 1, 3), ("/a/1", 2, 4)],
    ),
    "a pointer is escaped": ({"a/b~c": 1}, {"a/b~c": 2}, [("/a~1b~0c", 1, 2)]),
}


@pytest.mark.parametrize(
    ("expected", "got", "listed"), DIFFERENT.values(), ids=DIFFERENT
)
def test_these_differ(expected, got, listed):
    assert found(expected, got) == listed


@pytest.mark.parametrize("value", [NAN, [NAN], {"a": {"b": [1, None, "x", 1.5]}}])
def test_a_value_does_not_differ_from_its_copy(value):
    assert found(value, json.loads(json.dumps(value))) == []


def test_the_order_of_keys_counts_if_asked_for():
    one, other = {"x": {"a": 1, "b": 2}}, {"x": {"b": 2, "a": 1}}
    assert found(one, other) == []
    assert found(one, other, ordered=True) == [("/x", ["a", "b"], ["b", "a"])]


def test_a_missing_key_is_not_an_order():
    assert found({"a": 1}, {"b": 1}, ordered=True) == [
        ("/a", 1, ABSENT),
        ("/b", ABSENT, 1),
    ]


def test_depth_is_no_limit():
    deep = other = 1
    for _ in range(5000):
        deep, other = [deep], [other]
    assert found(deep, other) == []


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(values, values)
def test_values_differ_exactly_when_their_texts_do(one, other):
    texts = [json.dumps(value, sort_keys=True) for value in (one, other)]
    assert (found(one, other) == []) == (texts[0] == texts[1])


def test_values_are_shown_on_one_line():
    assert shown({"a": "ü\n"}) == '{"a": "ü\\n"}'
    assert shown(ABSENT) == "(absent)"
    assert shown("x" * 200, width=10) == '"xxxxxxxx…'
