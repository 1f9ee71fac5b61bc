"""Write JSON for people: short things on one line, the rest indented."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

WIDTH = 80


def to_text(value: Any, *, width: int = WIDTH) -> str:
    """Return JSON text that ends with a newline, in lines of `width` where they can be.

    A long string is never broken.
    """
    return _text(value, indent=0, used=0, width=width) + "\n"


def _text(value: Any, *, indent: int, used: int, width: int) -> str:
    """Return the text of a value that stands behind `used` columns of its line."""
    flat = json.dumps(value, ensure_ascii=False)
    if used + len(flat) < width or not isinstance(value, (dict, list)) or not value:
        return flat
    inner = indent + 2
    lines = []
    for label, each in _entries(value):
        text = _text(each, indent=inner, used=inner + len(label), width=width)
        lines.append(" " * inner + label + text)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return "\n".join([opening, ",\n".join(lines), " " * indent + closing])


def _entries(value: dict[str, Any] | list[Any]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield f"{json.dumps(key, ensure_ascii=False)}: ", each
    else:
        for each in value:
            yield "", each
