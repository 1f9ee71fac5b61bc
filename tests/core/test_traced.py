"""What is traced: cut to a size, put into headers and back."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from rasa_mock.core.traced import HEADER_LENGTH, entries_of, entry_of, headers_of


class Spoilt:
    def __repr__(self):
        raise RuntimeError("no words")


def nested(depth):
    return [nested(depth - 1)] if depth else "bottom"


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -7, 1.5, "", "Zürich 你好 🌧", [], {}, [1, [2, {"a": None}]]],
    ids=repr,
)
def test_json_stays_as_it_is(value):
    assert entry_of("x", value) == {"name": "x", "value": value}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (date(2026, 1, 2), "datetime.date(2026, 1, 2)"),
        (Decimal("1.10"), "Decimal('1.10')"),
        (float("nan"), "nan"),
        (b"bytes", "b'bytes'"),
        (Spoilt(), "<Spoilt, whose repr raises RuntimeError>"),
        (10**5000, "an integer of 16610 bits"),
        ("x" * 3000, "x" * 2000 + "... (3,000 characters)"),
        ({1: "a"}, {"1": "a"}),
        (set(range(5000)), "<set of 5,000>"),
        ((1, date(2026, 1, 2)), [1, "datetime.date(2026, 1, 2)"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_large_or_no_json_is_summed_up(value, shown):
    assert entry_of("x", value) == {"name": "x", "value": shown, "summary": True}


def test_a_container_is_cut_in_width_and_depth_and_as_a_whole():
    assert entry_of("x", list(range(1000)))["value"] == list(range(100))
    assert "bottom" not in json.dumps(entry_of("x", nested(20)))
    wide = entry_of("x", [[0] * 100] * 100)
    assert wide["summary"] is True
    assert len(json.dumps(wide)) < 5000


def test_an_object_that_contains_itself_has_an_end():
    endless: list = []
    endless.append(endless)
    assert entry_of("x", endless)["summary"] is True


def test_a_value_is_kept_as_it_was():
    basket = ["apple"]
    entry = entry_of("basket", basket)
    basket.append("pear")
    assert entry["value"] == ["apple"]


@pytest.mark.parametrize("count", [1, 3, 400])
def test_headers_bring_back_what_they_carry(count):
    entries = [entry_of(f"n{i}", "a b  c 你 " * 5) for i in range(count)]
    headers = headers_of(entries)
    assert all(value == value.strip() and value.isascii() for value in headers.values())
    assert max(map(len, headers.values())) <= HEADER_LENGTH
    assert entries_of({name.lower(): text for name, text in headers.items()}) == entries


def test_what_does_not_fit_is_counted():
    entries = [entry_of("long", "x" * 1999) for _ in range(100)]
    back = entries_of(headers_of(entries))
    assert back[-1] == {"left_out": 100 - (len(back) - 1)}
    assert len(back) > 20


def test_one_large_value_after_another_leaves_headers_that_can_be_read():
    long = entry_of("long", [" " * 1999 + "x"] * 90)
    back = entries_of(headers_of([entry_of("a", 1), long]))
    assert back == [{"name": "a", "value": 1}, {"left_out": 1}]


@pytest.mark.parametrize("text", ["", "[", "7", "null", '["x"]', '{"name": 1}'])
def test_spoilt_headers_carry_nothing(text):
    assert entries_of({"x-rasa-mock-trace-1": text}) == []
