"""What a document has to look like, written as a value: small checks that say where.

A check is given a value and its spot in the document, and raises DataError with path,
line and pointer where the value does not fit; an unknown key is answered with the
nearest known one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from rasa_mock.errors import DataError
from rasa_mock.files.yaml import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place in a document."""

    document: Document
    pointer: str = ""

    def __truediv__(self, key: str | int) -> Spot:
        escaped = str(key).replace("~", "~0").replace("/", "~1")
        return Spot(document=self.document, pointer=f"{self.pointer}/{escaped}")

    @property
    def line(self) -> int | None:
        """The line on which it stands."""
        return self.document.line_of(self.pointer)

    def wrong(self, message: str) -> DataError:
        """Make the error for what stands there."""
        return self.document.locate(DataError(message, pointer=self.pointer))


Check = Callable[[Any, Spot], None]


def nearest(name: Any, known: Sequence[str]) -> str:
    """Say which of the known names is meant, as the end of a message."""
    near = get_close_matches(str(name), known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def shown(value: Any) -> str:
    """Show a value in a message, cut if it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def anything(_value: Any, _spot: Spot) -> None:
    """Take every value."""


def not_null(value: Any, spot: Spot) -> None:
    """Take every value but null."""
    if value is None:
        raise spot.wrong("expected a value, got null")


def of_type(expected: str, *types: type) -> Check:
    """Take values of these types; true and false are no numbers."""

    def check(value: Any, spot: Spot) -> None:
        if not isinstance(value, types) or (
            isinstance(value, bool) and bool not in types
        ):
            raise spot.wrong(f"expected {expected}, got {shown(value)}")

    return check


text = of_type("a text", str)
number = of_type("a number", int, float)
flag = of_type("true or false", bool)
mapping = of_type("an object", dict)


def pattern(value: Any, spot: Spot) -> None:
    """Take a regular expression."""
    text(value, spot)
    try:
        re.compile(value)
    except re.error as error:
        message = f"no regular expression: {value!r} ({error}); correct it"
        raise spot.wrong(message) from None


def one_of(*known: str) -> Check:
    """Take one of these texts."""

    def check(value: Any, spot: Spot) -> None:
        if value not in known:
            expected = " or ".join(map(repr, known))
            hint = nearest(value, known)
            raise spot.wrong(f"expected {expected}, got {shown(value)}{hint}")

    return check


def list_of(item: Check, *, of: str, least: int = 0, most: int | None = None) -> Check:
    """Take a list in which every item passes a check; `of` names the items."""

    def check(value: Any, spot: Spot) -> None:
        if not isinstance(value, list):
            raise spot.wrong(f"expected a list of {of}, got {shown(value)}")
        if len(value) < least or (most is not None and len(value) > most):
            number = f"at least {least}" if len(value) < least else f"at most {most}"
            raise spot.wrong(f"expected {number} {of}, got {len(value)}")
        for index, each in enumerate(value):
            item(each, spot / index)

    return check


def table_of(value_check: Check, *, of: str, name: str | None = None) -> Check:
    """Take an object whose names match a pattern and whose values pass a check."""

    def check(value: Any, spot: Spot) -> None:
        if not isinstance(value, dict):
            raise spot.wrong(f"expected an object of {of}, got {shown(value)}")
        for key, each in value.items():
            if name is not None and not re.fullmatch(name, str(key)):
                raise (spot / key).wrong(
                    f"expected a name of Latin letters, digits and _, got {key!r}"
                )
            value_check(each, spot / key)

    return check


def record(
    noun: str,
    *,
    needed: Mapping[str, Check] | None = None,
    optional: Mapping[str, Check] | None = None,
    any_of: Sequence[str] = (),
) -> Check:
    """Take an object with these keys and no others; of `any_of` at least one."""
    needed, optional = needed or {}, optional or {}
    known = {**needed, **optional}

    def check(value: Any, spot: Spot) -> None:
        if not isinstance(value, dict):
            keys = ", ".join(known)
            raise spot.wrong(f"expected {noun} with {keys}, got {shown(value)}")
        for key in value:
            if key not in known:
                raise (spot / key).wrong(unknown_key(key, known, noun=noun))
        for key in needed:
            if key not in value:
                raise spot.wrong(f"expected {key!r} in {noun}")
        if any_of and not set(any_of) & set(value):
            raise spot.wrong(f"expected one of {', '.join(any_of)} in {noun}")
        for key, each in value.items():
            known[key](each, spot / key)

    return check


def unknown_key(key: Any, known: Mapping[str, Any], *, noun: str) -> str:
    """Say that a key is not known, which is the nearest, and which are known."""
    hint = nearest(key, tuple(known))
    return f"unknown key {key!r} in {noun}{hint or ': expected ' + ', '.join(known)}"


def either(expected: str, *checks: tuple[type, Check]) -> Check:
    """Take a value by the check for its type."""

    def check(value: Any, spot: Spot) -> None:
        for kind, own in checks:
            if isinstance(value, kind):
                own(value, spot)
                return
        raise spot.wrong(f"expected {expected}, got {shown(value)}")

    return check
