"""Tell JSON values from Python values that only look like them.

jsonschema and jsonschema-rs disagree about what JSON cannot say: NaN is a number to one
of them, a tuple an array to the other, a set makes the second raise.  A document is
looked through once, without recursion, before either sees it, so both see the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from math import isfinite
from typing import Any

#: Deeper than any conversation; Python's own recursion limit is not far beyond.
MAX_DEPTH = 500
#: Above this many containers on one level, shared ones are looked at only once.
CROWD = 2_000

_CONTAINERS = (dict, list, tuple)

Path = tuple[str | int, ...]


class Purity(Enum):
    """What a document is made of."""

    PLAIN = "what a JSON parser returns, and subclasses of dict"
    ODD = "Python values that stand for JSON: tuples, subclasses of str or list"
    FAULTY = "something that JSON cannot say: NaN, a set, a key that is not a string"
    DEEP = "nested deeper than MAX_DEPTH, or without end"


def purity(document: Any) -> Purity:
    """Return the worst that is in a document, in time linear in its size."""
    level, worst = [[document]], Purity.PLAIN
    for _ in range(MAX_DEPTH):
        if not level:
            return worst
        try:
            level = _plain_below(level)
        except TypeError:
            level, found = _below(level)
            if found is Purity.FAULTY:
                return found
            worst = Purity.ODD
        if len(level) > CROWD:
            level = list({id(value): value for value in level}.values())
    return Purity.DEEP


def _plain_below(level: list[Any]) -> list[Any]:  # noqa: C901 -- the hot loop
    """Return the containers in those of `level`; TypeError if anything is not plain.

    It sees every value of every document, so it calls nothing.
    """
    below: list[Any] = []
    for container in level:
        values = container
        if isinstance(container, dict):
            "".join(container)  # TypeError if a key is not a string
            values = container.values()
        for value in values:
            kind = type(value)
            if kind is str or kind is int or value is None:
                continue
            if kind is dict or kind is list:
                if value:
                    below.append(value)
            elif kind is float:
                if value - value != 0:  # NaN and the infinities
                    raise TypeError
            elif kind is not bool:
                if not issubclass(kind, dict):  # the tracker's own user events
                    raise TypeError
                below.append(value)
    return below


def _below(level: list[Any]) -> tuple[list[Any], Purity]:
    """Return the containers in those of `level`, and the worst of what they hold."""
    below: list[Any] = []
    for container in level:
        is_object = isinstance(container, dict)
        if is_object and not all(isinstance(key, str) for key in container):
            return below, Purity.FAULTY
        for value in container.values() if is_object else container:
            if isinstance(value, _CONTAINERS):
                below.append(value)
            elif _is_faulty(value):
                return below, Purity.FAULTY
    return below, Purity.ODD


def _is_faulty(value: Any) -> bool:
    if isinstance(value, float):
        return not isfinite(value)
    return not (value is None or isinstance(value, (str, int)))


def impurities(document: Any) -> Iterator[tuple[Path, str]]:
    """Yield where a document holds what JSON cannot say, and what that is.

    A container that stands in several places is reported in the first one only.
    """
    stack: list[tuple[Path, Any]] = [((), document)]
    seen: set[int] = set()
    while stack:
        path, value = stack.pop()
        if isinstance(value, _CONTAINERS):
            if id(value) not in seen:
                seen.add(id(value))
                yield from _odd_keys(path, value)
                stack.extend(_children(path, value))
        elif _is_faulty(value):
            yield path, repr(value) if isinstance(value, float) else _type_name(value)


def _odd_keys(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    for key in value if isinstance(value, dict) else ():
        if not isinstance(key, str):
            yield path, f"the key {key!r:.60}, {_type_name(key)}"


def _children(path: Path, value: Any) -> list[tuple[Path, Any]]:
    """Return the entries, last first, as a stack wants them."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    children = [
        ((*path, key if isinstance(key, int) else str(key)), entry)
        for key, entry in entries
    ]
    return children[::-1]


def _type_name(value: Any) -> str:
    return f"a value of the Python type {type(value).__name__}"
