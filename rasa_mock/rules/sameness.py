"""Are two answers the same, apart from what may differ: times, ids, random numbers.

A server may draw an order number, stamp a time, or shuffle its words; none of that is
a mistake.  What counts is which events come, for which names, and the values that are
neither an id nor a time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Any

# Keys of events that Rasa or the server stamp.
STAMPS = ("timestamp", "message_id", "input_id", "metadata")
ID = re.compile(
    r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}"
    r"|\b(?=[0-9a-z_-]*[0-9])[0-9a-z_-]{6,}\b|[0-9]+",
    re.IGNORECASE,
)
TIME_WORDS = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b"
    r"|\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\b|\b[ap]m\b",
    re.IGNORECASE,
)
# A name with one of these words holds something that is new with each call.
NEW_EACH_TIME = frozenset(
    {
        *("id", "ids", "uuid", "guid", "number", "no", "nr", "num", "code", "ref"),
        *("reference", "token", "key", "ticket", "order", "booking", "confirmation"),
        *("otp", "pin", "seed", "random", "nonce", "hash", "session", "trace"),
        *("transaction", "invoice", "tracking", "time", "date", "datetime"),
        *("timestamp", "stamp", "at", "now", "when", "today", "created", "updated"),
        *("expires", "url", "link", "dice", "roll"),
    }
)
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_a-zA-Z]+")
A_DAY = 86_400.0
SHORTEST_TOKEN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How two lists of events differ.

    `what` is "events" (other types or names), "order", "value" (a value that is
    neither an id nor a time), "number" (a number that looks drawn) or "count".
    """

    what: str
    name: str
    pointer: str
    values: tuple[Any, ...]


def shape(event: Any) -> tuple[str, ...]:
    """Return what kind of event it is, and for which name."""
    if not isinstance(event, dict):
        return (type(event).__name__,)
    kind = str(event.get("event"))
    named = str(event.get("name")) if kind in ("slot", "action", "followup") else ""
    return (kind, named)


def difference(answers: Sequence[Sequence[Any]], *, now: float) -> Difference | None:
    """Return the most telling difference among lists of events, None if there is none.

    `now` is seconds since the epoch: a number near it is a time.
    """
    shapes = [tuple(map(shape, events)) for events in answers]
    if len(set(shapes)) > 1:
        return _of_shapes(shapes)
    found = [
        difference
        for index, column in enumerate(zip_longest(*answers))
        if (difference := _in_place(column, f"/events/{index}", now=now)) is not None
    ]
    order = ("count", "value", "number")
    return min(found, key=lambda each: order.index(each.what), default=None)


def _of_shapes(shapes: Sequence[tuple[tuple[str, ...], ...]]) -> Difference:
    if len({tuple(sorted(each)) for each in shapes}) == 1:
        return Difference(what="order", name="order", pointer="/events", values=())
    texts = [", ".join(" ".join(one).strip() for one in each) for each in shapes]
    values = tuple(dict.fromkeys(text or "no events" for text in texts))
    return Difference(what="events", name="events", pointer="/events", values=values)


def _in_place(column: Sequence[Any], pointer: str, *, now: float) -> Difference | None:
    if not all(isinstance(event, dict) for event in column):
        return None
    keys = dict.fromkeys(key for event in column for key in event if key not in STAMPS)
    for key in keys:
        values = [event.get(key) for event in column]
        name = str(column[0].get("name") or key) if key == "value" else str(key)
        what = _differs(values, name=name, now=now)
        if what is not None:
            return Difference(
                what=what, name=name, pointer=f"{pointer}/{key}", values=_unique(values)
            )
    return None


def _differs(values: Sequence[Any], *, name: str, now: float) -> str | None:
    if len({as_text(value) for value in values}) == 1:
        return None
    if _renewed(name):
        return None
    if all(_is_number(value) for value in values):
        return _numbers(values, now=now)
    if all(isinstance(value, str) for value in values):
        return None if _drawn(values) else "value"
    return "value" if len({masked(as_text(v)) for v in values}) > 1 else None


def _numbers(values: Sequence[float], *, now: float) -> str | None:
    if all(_is_time(value, now=now) for value in values):
        return None
    steps = {round(b - a, 9) for a, b in pairwise(values[1:])}
    if len(values) > 3 and len(steps) == 1 and 0 not in steps:
        return "count"
    return "number"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_time(value: float, *, now: float) -> bool:
    return any(abs(value / unit - now) < A_DAY for unit in (1.0, 1e3, 1e6, 1e9))


def _drawn(values: Sequence[str]) -> bool:
    """Tell whether texts differ only in digits, ids and times, or are drawn tokens."""
    if len({masked(value) for value in values}) == 1:
        return True
    tokens = all(
        len(v) >= SHORTEST_TOKEN and " " not in v and not v.islower() for v in values
    )
    alike = len({len(value) for value in values}) == 1
    return tokens and alike and len(set(values)) == len(values)


def _renewed(name: str) -> bool:
    return any(word.lower() in NEW_EACH_TIME for word in WORD.findall(name))


def masked(text: str) -> str:
    """Take ids, digits and the words of dates out of a text."""
    return TIME_WORDS.sub("#", ID.sub("#", text))


def as_text(value: Any) -> str:
    """Write a value so that equal values are equal texts."""
    try:
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return repr(value)


def _unique(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple({as_text(value): value for value in values}.values())
