"""The JSON in stores: as Rasa writes it, and the denser form of the layout `history`.

What cannot be read becomes a `Problem`.  Text is ASCII with escapes, so that any event
(half a surrogate pair, a NUL) fits into any database.

Imitates `TrackerStore.serialise_tracker` of rasa/core/tracker_store.py and
`Dialogue.as_dict` of rasa/shared/core/conversation.py (Rasa 3.6).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from rasa_mock.stores.base import Json, Problem

SHOWN = 80
"""Characters of a broken record that a problem shows."""


# `json.dumps` would make an encoder anew for each event.
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def encode(value: Any) -> str:
    """Write one value of the layout `history`."""
    return _ENCODER.encode(value)


def encode_as_rasa(value: Any) -> str:
    """Write one value as Rasa does."""
    return json.dumps(value)


def encode_dialogue(sender_id: str, events: Sequence[Json]) -> str:
    """Write a conversation as Rasa's Redis store does."""
    return json.dumps({"events": list(events), "name": sender_id})


def decode_dialogue(text: str | bytes, *, place: str) -> list[Json] | Problem:
    """Read the events of a conversation that Rasa has written."""
    value = decode(text, place=place)
    if isinstance(value, Problem):
        return value
    events = value.get("events") if isinstance(value, dict) else None
    if not isinstance(events, list) or not all(map(is_event, events)):
        return _problem(text, place=place, why="not a conversation of Rasa's")
    return events


def decode(text: str | bytes, *, place: str) -> Any:
    """Read one value; a Problem where it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        return _problem(text, place=place, why=f"not JSON ({error})")


def decode_event(text: str | bytes, *, place: str) -> Json | Problem:
    """Read one event; a Problem where it is none."""
    value = decode(text, place=place)
    if isinstance(value, Problem) or is_event(value):
        return value  # type: ignore[no-any-return]
    return _problem(text, place=place, why="not an event")


def is_event(value: Any) -> bool:
    """Tell whether a value can be an event at all."""
    return isinstance(value, dict) and isinstance(value.get("event"), str)


def sorted_out(
    texts: Iterable[tuple[str, str | bytes]],
) -> tuple[list[Json], tuple[Problem, ...]]:
    """Part events, given by place and text, from what cannot be read."""
    events: list[Json] = []
    problems: list[Problem] = []
    for index, (place, text) in enumerate(texts):
        value = decode_event(text, place=place)
        if isinstance(value, Problem):
            problems.append(replace(value, index=index))
        else:
            events.append(value)
    return events, tuple(problems)


def sorted_records(texts: Iterable[tuple[str, str | bytes]]) -> list[Json]:
    """Read records of variables; one that cannot be read says so in its place."""
    records: list[Json] = []
    for place, text in texts:
        value = decode(text, place=place)
        if isinstance(value, dict):
            records.append(value)
            continue
        problem = value if isinstance(value, Problem) else None
        message = problem.message if problem else "not a record"
        records.append({"kind": "problem", "turn": 0, "index": 0, "message": message})
    return records


def _problem(text: str | bytes, *, place: str, why: str) -> Problem:
    head = text[:SHOWN]
    shown = head.decode("utf-8", "replace") if isinstance(head, bytes) else head
    return Problem(place=place, message=f"{why}: {shown!r}")


def storable(text: str) -> str:
    r"""Write an id so that every database can keep it; different ids stay different.

    NUL and halves of surrogate pairs become escapes, and a backslash is doubled.
    """
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(
        f"\\u{ord(sign):04x}" if sign == "\0" or "\ud800" <= sign <= "\udfff" else sign
        for sign in text.replace("\\", "\\\\")
    )


def restored(text: str) -> str:
    """Read an id that `storable` wrote."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(
        lambda found: "\\" if found[0] == "\\\\" else chr(int(found[1], 16)), text
    )


_ESCAPE = re.compile(r"\\\\|\\u([0-9a-f]{4})")
