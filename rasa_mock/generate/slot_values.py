"""Values for a slot: ordinary ones, and those at the edge of what it may hold.

A value respects the slot's type, categories, range and how it is filled: a text slot
that only an entity fills is never empty, one that takes the whole message may be.
Values that no dialogue gives the slot are in `wrong_value`.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

from rasa_mock.generate.cast import SlotPart
from rasa_mock.generate.messages import number_within
from rasa_mock.generate.rng import Rng
from rasa_mock.generate.values import NUMERIC_KINDS, TEXTS, make, make_text

# Edges that make sense for a slot of a type; `None` in a table means: has no such edge.
EDGES = ("empty", "min", "max", "long", "chinese", "rtl", "emoji", "markup", "null")
_FALSY = {"bool": False, "float": 0, "list": [], "any": ""}


def slot_value(part: SlotPart, *, locale: str, rng: Rng) -> Any:
    """Return an ordinary value of the slot, as an action would set it."""
    options = part.values or _known(part)
    if part.is_list and not part.examples:
        return [
            make(part.kind, locale=locale, rng=rng) for _ in range(1 + rng.below(3))
        ]
    if part.type == "bool":
        return rng.chance(0.5)
    if options:
        value = rng.pick(options)
        return [value] if part.is_list else value
    if part.type == "float":
        return _number(part, locale=locale, rng=rng)
    if part.type == "any":
        return make(part.kind, locale=locale, rng=rng)
    return make_text(part.kind, locale=locale, rng=rng)


def _known(part: SlotPart) -> tuple[Any, ...]:
    """List the values of the training data, for a slot that takes them as they are."""
    return part.examples if part.type in ("text", "list", "any") else ()


def _number(part: SlotPart, *, locale: str, rng: Rng) -> Any:
    if part.low is not None:
        return number_within(part.low, part.high, rng=rng)
    kind = part.kind if part.kind in NUMERIC_KINDS else "number"
    return make(kind, locale=locale, rng=rng)


def has_edge(part: SlotPart, edge: str) -> bool:
    """Say whether the slot can legally be at this edge."""
    if edge == "null":
        return True
    if edge in ("min", "max"):
        return part.low is not None or bool(part.values)
    if edge == "empty":
        return _may_be_empty(part)
    return part.type in ("text", "any", "list")


def _may_be_empty(part: SlotPart) -> bool:
    if part.type == "float":
        return part.low is None or part.low <= 0 <= (part.high or 0)
    if part.type == "bool":
        return True
    return part.type in ("text", "any", "list") and not _only_from_entities(part)


def _only_from_entities(part: SlotPart) -> bool:
    return bool(part.rules) and all(r.type == "from_entity" for r in part.rules)


def edge_value(part: SlotPart, edge: str) -> Any:
    """Return the slot's value at an edge that it has."""
    if edge == "null":
        return None
    if edge == "min":
        return part.values[0] if part.values else part.low
    if edge == "max":
        return part.values[-1] if part.values else part.high
    if edge == "empty":
        return _FALSY.get(part.type, "")
    return [TEXTS[edge]] if part.is_list else TEXTS[edge]


def wrong_value(part: SlotPart) -> Any:
    """Return a value of a type that nothing in a dialogue gives this slot."""
    if part.values:
        return "__not_listed__"
    if part.type == "float":
        return "many" if part.high is None else part.high + 1_000_000
    if part.type == "bool":
        return "maybe"
    return {"unexpected": [1, None, {"deep": True}]}


def fits(part: SlotPart, value: Any) -> bool:
    """Say whether a value is one that the slot is meant for."""
    if part.values:
        return value in part.values
    if part.type == "float":
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return is_number and (
            part.low is None or part.low <= value <= (part.high or value)
        )
    kind = _MEANT_FOR.get(part.type)
    return kind is None or isinstance(value, kind)


_MEANT_FOR = {"bool": bool, "list": list, "text": str}


def as_number(value: Any) -> Any:
    """Read a text as a number; anything else stays as it is."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value
    if not isfinite(number):
        return value
    return int(number) if number == int(number) else number
