"""Where two JSON values differ, as strictly as two texts would.

1, 1.0 and true are three different values here, NaN equals NaN, and the order of keys
counts if asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


class _Absent:
    def __repr__(self) -> str:
        return "(absent)"


ABSENT: Any = _Absent()
"""Stands for a member or item that one of the two values does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place where two values differ; `pointer` is a JSON pointer to it."""

    pointer: str
    expected: Any
    got: Any


def differences(
    expected: Any, got: Any, *, pointer: str = "", ordered: bool = False
) -> Iterator[Difference]:
    """Yield the innermost places where `got` differs from `expected`, in order.

    With `ordered` objects that differ in the order of their keys only differ, too.
    """
    todo = [(pointer, expected, got)]
    while todo:
        place, left, right = todo.pop()
        pairs = _pairs(left, right)
        if pairs is None:
            if not _same(left, right):
                yield Difference(pointer=place, expected=left, got=right)
            continue
        if ordered and isinstance(left, dict) and list(left) != list(right):
            keys = (list(left), list(right))
            if set(left) == set(right):
                yield Difference(pointer=place, expected=keys[0], got=keys[1])
        todo += [(f"{place}/{_token(key)}", *pair) for key, *pair in reversed(pairs)]


def _pairs(left: Any, right: Any) -> list[tuple[Any, Any, Any]] | None:
    """Pair the members of two objects or the items of two arrays."""
    if isinstance(left, dict) and isinstance(right, dict):
        keys = [*left, *(key for key in right if key not in left)]
        return [(key, left.get(key, ABSENT), right.get(key, ABSENT)) for key in keys]
    if isinstance(left, list) and isinstance(right, list):
        length = max(len(left), len(right))
        return [(n, _item(left, n), _item(right, n)) for n in range(length)]
    return None


def _item(values: list[Any], index: int) -> Any:
    return values[index] if index < len(values) else ABSENT


def _same(left: Any, right: Any) -> bool:
    if left is right:
        return True
    if isinstance(left, float) and isinstance(right, float):
        return repr(left) == repr(right)
    return type(left) is type(right) and bool(left == right)


def _token(key: object) -> str:
    """Escape one name for a JSON pointer (RFC 6901)."""
    return str(key).replace("~", "~0").replace("/", "~1")


def shown(value: Any, *, width: int = 100) -> str:
    """Show a value on one line, cut to `width` characters."""
    text = repr(value) if value is ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= width else f"{text[: width - 1]}…"
