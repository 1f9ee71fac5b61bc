"""The predicates that Rasa Pro writes as text: `slots.age > 18 and not slots.minor`.

A small reading of pypred's language: `and`, `or`, `not`, parentheses, comparisons
(`=`, `is`, `!=`, `is not`, `<`, `<=`, `>`, `>=`), `contains`, `matches`, texts in
quotes, numbers, `true`, `false`, `null`, `undefined`, `empty`, and dotted names.

Imitates pypred as `rasa.shared.nlu` of Rasa Pro uses it: what cannot be compared does
not hold, and a text that is no predicate holds nowhere.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

TOKEN = re.compile(
    r"""\s*(?:(?P<text>'[^']*'|"[^"]*")|(?P<number>-?\d+(?:\.\d+)?(?![\w.]))"""
    r"""|(?P<sign>!=|<=|>=|==|[=<>()])|(?P<word>[\w.\-]+))"""
)
CONSTANTS: Mapping[str, Any] = {
    "true": True,
    "false": False,
    "null": None,
    "undefined": None,
    "empty": "",
}
Compare = Callable[[Any, Any], bool]
COMPARISONS: Mapping[str, Compare] = {
    "=": operator.eq,
    "==": operator.eq,
    "is": operator.eq,
    "!=": operator.ne,
    "is not": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "contains": operator.contains,
    "matches": lambda value, pattern: re.search(pattern, value) is not None,
}


class BadPredicate(ValueError):
    """A text that is no predicate."""


def holds(predicate: str, names: Mapping[str, Any]) -> bool:
    """Tell whether a predicate is true of the names; a bad one is true of nothing."""
    try:
        return _Reader(predicate, names).read()
    except BadPredicate:
        return False


def tokens(predicate: str) -> list[tuple[str, str]]:
    """Return the kind and text of each token; raise BadPredicate for what is none."""
    found, place = [], 0
    text = predicate.rstrip()
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise BadPredicate(f"{text[place:]!r} is no part of a predicate")
        kind = match.lastgroup or ""
        found.append((kind, match[kind]))
        place = match.end()
    return found


class _Reader:
    """Reads one predicate from left to right, and its value with it."""

    def __init__(self, predicate: str, names: Mapping[str, Any]) -> None:
        self.tokens = tokens(predicate)
        self.names = names
        self.place = 0

    def read(self) -> bool:
        value = self.either()
        if self.place < len(self.tokens):
            raise BadPredicate(f"{self.tokens[self.place][1]!r} was not expected")
        return value

    def taken(self, *words: str) -> bool:
        """Take the next token if it is one of the words."""
        if self.place < len(self.tokens):
            kind, text = self.tokens[self.place]
            if kind in ("word", "sign") and text.lower() in words:
                self.place += 1
                return True
        return False

    def either(self) -> bool:
        value = self.both()
        while self.taken("or"):
            value = self.both() or value
        return value

    def both(self) -> bool:
        value = self.negated()
        while self.taken("and"):
            value = self.negated() and value
        return value

    def negated(self) -> bool:
        if self.taken("not"):
            return not self.negated()
        if self.taken("("):
            value = self.either()
            if not self.taken(")"):
                raise BadPredicate("a parenthesis is not closed")
            return value
        return self.compared()

    def compared(self) -> bool:
        left = self.value()
        for sign in ("is", *(word for word in COMPARISONS if " " not in word)):
            if self.taken(sign):
                name = "is not" if sign == "is" and self.taken("not") else sign
                return _compared(COMPARISONS[name], left, right=self.value())
        return bool(left)

    def value(self) -> Any:
        if self.place >= len(self.tokens):
            raise BadPredicate("the predicate ends too early")
        kind, text = self.tokens[self.place]
        self.place += 1
        if kind == "text":
            return text[1:-1]
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind == "word":
            return (
                CONSTANTS[text.lower()]
                if text.lower() in CONSTANTS
                else self.named(text)
            )
        raise BadPredicate(f"{text!r} was not expected")

    def named(self, dotted: str) -> Any:
        value: Any = self.names
        for part in dotted.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value


def _compared(compare: Compare, left: Any, *, right: Any) -> bool:
    try:
        return bool(compare(left, right))
    except (TypeError, re.error):
        return False
