"""Generating the trackers in which actions are called."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks.harness import Figure, at_least, seconds
from benchmarks.payloads import domain
from rasa_mock.core.domain import Domain
from rasa_mock.generate.cases import cases_for, tracker_for

CASES = 200
ACTIONS = ("action_tell_weather", "validate_weather_form")
EVENTS = 50  # what a tracker counts as: some are shorter, some longer


def figures() -> Iterator[Figure]:
    """Yield trackers of 50 events a second: all events made, cut into fifties."""
    known = domain()
    for action in ACTIONS:
        made = _generate(action, domain=known)
        taken = seconds(partial(_generate, action, domain=known))
        yield Figure(
            name=f"trackers of {EVENTS} events ({action})",
            value=made / EVENTS / taken,
            unit="trackers/s",
            bar=at_least(3000),
        )


def _generate(action: str, *, domain: Domain) -> int:
    """Make cases and fold them into trackers; return the number of events."""
    cases = cases_for(action, domain=domain, count=CASES)
    return sum(len(tracker_for(case, domain).events) for case in cases)
