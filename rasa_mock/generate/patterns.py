"""Texts that a regular expression matches, made from the expression.

The parser of the standard library says what an expression consists of; one function
per operation writes a text for it.  Look-arounds are passed over, so every text is
tried in the end, and only those that match are kept: an expression for which none can
be made gives an empty result, never a wrong one.
"""

from __future__ import annotations

import re
import string
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from rasa_mock.generate.rng import Rng

PARSER = "re._parser" if sys.version_info >= (3, 11) else "sre_parse"
# How many more than the least a repetition writes, and when it is too many.
EXTRA = 3
TOO_MANY = 64
TRIES = 4
WORD = string.ascii_letters + string.digits + "_"
VISIBLE = string.ascii_letters + string.digits + "-.,:_ "
CATEGORIES: Mapping[str, str] = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_NOT_DIGIT": string.ascii_letters,
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_SPACE": string.ascii_letters + string.digits,
    "CATEGORY_WORD": WORD,
    "CATEGORY_NOT_WORD": " -.,:",
}


def matching(pattern: str, rng: Rng, *, count: int = 16) -> tuple[str, ...]:
    """Return up to `count` different texts that match the whole pattern.

    Empty for an expression that is none, or for which no text was found.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compiled = re.compile(pattern)
            parsed = import_module(PARSER).parse(pattern)
        except (re.error, RecursionError, OverflowError):
            return ()
    found: dict[str, None] = {}
    for _ in range(count * TRIES):
        text = _text(parsed, rng)
        is_line = bool(text) and text == text.strip() and text.isprintable()
        if is_line and compiled.fullmatch(text):
            found[text] = None
        if len(found) == count:
            break
    return tuple(found)


def _text(parsed: Any, rng: Rng) -> str:
    try:
        return _Writer(rng).write(parsed)
    except (LookupError, ValueError, RecursionError):
        return ""


class _Writer:
    """Writes one text; remembers what its groups have matched."""

    def __init__(self, rng: Rng) -> None:
        self.rng = rng
        self.groups: dict[int, str] = {}

    def write(self, items: Any) -> str:
        return "".join(
            OPERATIONS[str(name)](self, argument) for name, argument in items
        )

    def literal(self, code: int) -> str:
        return chr(code)

    def other(self, code: int) -> str:
        return self.rng.pick([sign for sign in VISIBLE if sign != chr(code)])

    def anything(self, _argument: None) -> str:
        return self.rng.pick(string.ascii_lowercase)

    def one_of(self, items: Sequence[tuple[Any, Any]]) -> str:
        negated = str(items[0][0]) == "NEGATE"
        signs = [sign for name, value in items for sign in _signs(str(name), value)]
        if negated:
            signs = [sign for sign in VISIBLE if sign not in signs]
        return self.rng.pick(signs) if signs else ""

    def branch(self, argument: tuple[Any, Sequence[Any]]) -> str:
        return self.write(self.rng.pick(argument[1]))

    def group(self, argument: tuple[Any, ...]) -> str:
        text = self.write(argument[-1])
        if argument[0] is not None:
            self.groups[argument[0]] = text
        return text

    def repeat(self, argument: tuple[int, int, Any]) -> str:
        least, most, items = argument
        if least > TOO_MANY:
            raise ValueError(least)
        times = self.rng.between(least, min(most, least + EXTRA))
        return "".join(self.write(items) for _ in range(times))

    def again(self, number: int) -> str:
        return self.groups[number]

    def nothing(self, _argument: Any) -> str:
        return ""


def _signs(name: str, value: Any) -> str:
    """List the characters of one item of a set, a few of a long range."""
    if name == "LITERAL":
        return chr(value)
    if name == "RANGE":
        low, high = value
        return "".join(map(chr, range(low, min(high, low + 255) + 1)))
    return CATEGORIES[str(value)] if name == "CATEGORY" else ""


OPERATIONS: Mapping[str, Callable[[_Writer, Any], str]] = {
    "LITERAL": _Writer.literal,
    "NOT_LITERAL": _Writer.other,
    "ANY": _Writer.anything,
    "IN": _Writer.one_of,
    "BRANCH": _Writer.branch,
    "SUBPATTERN": _Writer.group,
    "MAX_REPEAT": _Writer.repeat,
    "MIN_REPEAT": _Writer.repeat,
    "POSSESSIVE_REPEAT": _Writer.repeat,
    "ATOMIC_GROUP": _Writer.write,
    "GROUPREF": _Writer.again,
    "AT": _Writer.nothing,
    "ASSERT": _Writer.nothing,
    "ASSERT_NOT": _Writer.nothing,
}
