"""HTTP headers: a read-only mapping, and a list that is edited as aiohttp does.

Order and spelling are kept, because a request must be Rasa's byte for byte; names
are compared without regard to case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


class Headers(Mapping[str, str]):
    """Headers in the order received; look-ups ignore case and give the first value."""

    __slots__ = ("_first", "pairs")

    def __init__(
        self, headers: Mapping[str, str] | Iterable[tuple[str, str]] = ()
    ) -> None:
        items = headers.items() if isinstance(headers, Mapping) else headers
        self.pairs: tuple[tuple[str, str], ...] = tuple(items)
        self._first: dict[str, str] = {}
        for name, value in self.pairs:
            self._first.setdefault(name.lower(), value)

    def __getitem__(self, name: str) -> str:
        return self._first[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._first

    def __iter__(self) -> Iterator[str]:
        return iter(self._first)

    def __len__(self) -> int:
        return len(self._first)

    def __repr__(self) -> str:
        return f"Headers({list(self.pairs)!r})"

    def __reduce__(self) -> tuple[type[Headers], tuple[Any, ...]]:
        return Headers, (self.pairs,)


def has_header(headers: Iterable[tuple[str, str]], name: str) -> bool:
    """Say whether `name` is among `headers`."""
    return any(known.lower() == name.lower() for known, _ in headers)


def put_header(headers: list[tuple[str, str]], name: str, value: str) -> None:
    """Set a header where its name first stands, else at the end; drop doubles."""
    places = [
        i for i, (known, _) in enumerate(headers) if known.lower() == name.lower()
    ]
    if not places:
        headers.append((name, value))
        return
    headers[places[0]] = (name, value)
    for place in reversed(places[1:]):
        del headers[place]
