"""HTTP headers: a read-only mapping, and the list that aiohttp makes of them.

Order and spelling are kept, because a request must be Rasa's byte for byte; names
are compared without regard to case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Header = tuple[str, str]


class Headers(Mapping[str, str]):
    """Headers in the order received; look-ups ignore case and give the first value."""

    __slots__ = ("_first", "pairs")

    def __init__(self, headers: Mapping[str, str] | Iterable[Header] = ()) -> None:
        items = headers.items() if isinstance(headers, Mapping) else headers
        self.pairs: tuple[Header, ...] = tuple(items)
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

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Headers):
            return self.pairs == other.pairs
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.pairs)

    def __repr__(self) -> str:
        return f"Headers({list(self.pairs)!r})"

    def __reduce__(self) -> tuple[type[Headers], tuple[Any, ...]]:
        return Headers, (self.pairs,)


def has_header(headers: Iterable[Header], name: str) -> bool:
    """Say whether `name` is among `headers`."""
    return any(known.lower() == name.lower() for known, _ in headers)


def put_header(headers: list[Header], header: Header) -> None:
    """Set a header where its name first stands, else at the end; drop doubles."""
    name = header[0].lower()
    places = [i for i, (known, _) in enumerate(headers) if known.lower() == name]
    if not places:
        headers.append(header)
        return
    headers[places[0]] = header
    for place in reversed(places[1:]):
        del headers[place]


def drop_header(headers: list[Header], name: str) -> None:
    """Take `name` out of `headers`, however often it is in there."""
    headers[:] = [pair for pair in headers if pair[0].lower() != name.lower()]
