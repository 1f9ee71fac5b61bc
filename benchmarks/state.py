"""The tracker's state as JSON: what every action request carries."""

from __future__ import annotations

import json
from collections.abc import Iterator

import orjson

from benchmarks.harness import Figure, at_most, seconds_each
from benchmarks.payloads import tracker

EVENTS = 1000


def figures() -> Iterator[Figure]:
    """Yield milliseconds for the state of 1,000 events and its JSON."""
    held = tracker(EVENTS)
    taken = seconds_each(
        {
            "orjson": lambda: orjson.dumps(held.current_state()),
            "json": lambda: json.dumps(held.current_state()),
        }
    )
    yield Figure(
        name="state + JSON of 1,000 events (orjson)",
        value=taken["orjson"] * 1000,
        unit="ms",
        bar=at_most(1),
        rasa="2.9",
    )
    yield Figure(
        name="the same in Rasa's own bytes (json.dumps)",
        value=taken["json"] * 1000,
        unit="ms",
    )
