"""What an action told by `rasa_mock.trace`: made small, and put into headers and back.

An entry is `{"name", "value"}`; `"summary": true` marks a value that was cut, or was no
JSON.  Entries travel in headers of the answer, beside the payload, which Rasa reads.
Nothing of them is in an answer unless the request asked for it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

Json = dict[str, Any]

ASKS = "X-Rasa-Mock-Recorder"
"""Header of a request whose sender wants to have what the action traces."""

TELLS = "X-Rasa-Mock-Trace"
"""Headers of the answer: this name and a number from 1; their texts are one JSON."""

TOLD = TELLS.lower()
LONGEST_TEXT = 2_000
MOST_ITEMS = 100
DEEPEST = 8
# Values in one entry, of all depths together.
MOST_VALUES = 1_000
# Characters of a header, and how many there are: aiohttp and h11 take little more.
HEADER_LENGTH = 6_000
MOST_HEADERS = 9


class _Summary:
    """Copies a value as JSON, of what is too much the beginning."""

    def __init__(self) -> None:
        self.cut = False
        self.left = MOST_VALUES

    def of(self, value: Any, depth: int = 0) -> Any:
        self.left -= 1
        if value is None or isinstance(value, bool | int):
            return self._number(value)
        if isinstance(value, float):
            return value if value - value == 0 else self._text(repr(value), cut=True)
        if isinstance(value, str):
            return self._text(value, cut=False)
        if isinstance(value, Mapping | list | tuple) and depth < DEEPEST:
            return self._container(value, depth)
        if isinstance(value, bytes):
            return self._text(repr(value[:LONGEST_TEXT]), cut=True)
        return self._text(_described(value), cut=True)

    def _number(self, value: Any) -> Any:
        # Python refuses to write integers of more than 4,300 digits.
        if isinstance(value, int) and value.bit_length() > LONGEST_TEXT:
            return self._text(f"an integer of {value.bit_length()} bits", cut=True)
        return value

    def _text(self, text: str, *, cut: bool) -> str:
        if len(text) > LONGEST_TEXT:
            text, cut = f"{text[:LONGEST_TEXT]}... ({len(text):,} characters)", True
        self.cut |= cut
        return text

    def _container(self, value: Any, depth: int) -> Any:
        most = max(0, min(MOST_ITEMS, self.left))
        self.cut |= len(value) > most
        if isinstance(value, Mapping):
            names = list(value)[:most]
            self.cut |= not all(isinstance(name, str) for name in names)
            return {
                self._text(str(name), cut=False): self.of(value[name], depth + 1)
                for name in names
            }
        return [self.of(item, depth + 1) for item in value[:most]]


def _described(value: Any) -> str:
    """Write down what is no JSON, or too deep; its own words may fail."""
    try:
        if isinstance(value, Collection):
            return f"<{type(value).__name__} of {len(value):,}>"
        return repr(value)
    except Exception as error:  # noqa: BLE001 - anybody's __repr__
        return f"<{type(value).__name__}, whose repr raises {type(error).__name__}>"


def entry_of(name: str, value: Any) -> Json:
    """Return the entry of a variable, as it is now; never raises for a value."""
    summary = _Summary()
    entry: Json = {"name": str(name)[:LONGEST_TEXT], "value": summary.of(value)}
    return {**entry, "summary": True} if summary.cut else entry


def headers_of(entries: Sequence[Json]) -> Json:
    """Return the headers that carry entries; what does not fit is left out at the end.

    Then the last entry is `{"left_out": how many}`.
    """
    room = HEADER_LENGTH * (MOST_HEADERS - 1) - len('{"left_out": 1000000}') - 2
    texts: list[str] = []
    for entry in entries:
        text = json.dumps(entry)
        if len(text) + 2 > room:
            break
        room -= len(text) + 2
        texts.append(text)
    if len(texts) < len(entries):
        texts.append(json.dumps({"left_out": len(entries) - len(texts)}))
    parts = _parts(f"[{', '.join(texts)}]")
    return {f"{TELLS}-{number}": part for number, part in enumerate(parts, 1)}


def _parts(whole: str) -> Iterator[str]:
    """Split a text where no blank is on either side: they are stripped on the way."""
    while len(whole) > HEADER_LENGTH:
        end = HEADER_LENGTH
        while " " in whole[end - 1 : end + 1]:
            end -= 1
        yield whole[:end]
        whole = whole[end:]
    yield whole


def entries_of(headers: Mapping[str, str]) -> list[Json]:
    """Return the entries that the headers of an answer carry; none if they are spoilt.

    `headers` has names in any case.
    """
    if not any(name.lower().startswith(TOLD) for name in headers):
        return []
    found = {name.lower(): value for name, value in headers.items()}
    names = (f"{TELLS}-{number}".lower() for number in range(1, MOST_HEADERS + 1))
    whole = "".join(found.get(name, "") for name in names)
    try:
        entries = json.loads(whole) if whole else []
    except ValueError:
        return []
    if not isinstance(entries, list):
        return []
    return [entry for entry in entries if isinstance(entry, dict)]
