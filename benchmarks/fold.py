"""Folding wire events into a tracker: plain, and with a rewind after each tenth."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.harness import Figure, at_least, at_most, seconds_each
from benchmarks.payloads import NOW, domain, events, events_with_rewinds
from rasa_mock import Tracker

EVENTS = 1000


def figures() -> Iterator[Figure]:
    """Yield events a second, and how much dearer rewinds make a stream."""
    plain, rewound, known = events(EVENTS), events_with_rewinds(EVENTS), domain()
    taken = seconds_each(
        {
            "plain": lambda: Tracker.from_events("a", plain, domain=known, now=NOW),
            "rewinds": lambda: Tracker.from_events("a", rewound, domain=known, now=NOW),
            "update": lambda: _update(plain, domain=known),
        }
    )
    yield Figure(
        name="fold 1,000 wire events (from_events)",
        value=EVENTS / taken["plain"],
        unit="events/s",
        bar=at_least(500_000),
        rasa="27,000",
    )
    yield Figure(
        name="the same, one by one (update)",
        value=EVENTS / taken["update"],
        unit="events/s",
        rasa="27,000",
    )
    yield Figure(
        name="with a rewind after each 10th event",
        value=taken["rewinds"] / taken["plain"],
        unit="x the plain stream",
        bar=at_most(3),
        rasa="112",
    )


def _update(plain: list[dict], *, domain: object) -> None:
    tracker = Tracker("a", domain=domain, now=NOW)
    for event in plain:
        tracker.update(event)
