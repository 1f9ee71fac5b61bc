"""Generating the trackers in which actions are called."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import count, islice

from benchmarks.harness import Figure, at_least, seconds
from benchmarks.payloads import NOW, domain
from rasa_mock import Tracker
from rasa_mock.core.domain import Domain
from rasa_mock.generate.cases import cases_for, tracker_for
from rasa_mock.generate.corpus import Recipe, items
from rasa_mock.generate.rng import Rng
from rasa_mock.generate.trackers import tracker_events
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.validate import validate

ACTIONS = ("action_tell_weather", "validate_weather_form")
EVENTS = 50
CHECKED = 50


def figures() -> Iterator[Figure]:
    """Yield trackers of 50 events a second, and the cases that a check calls with."""
    known = domain()
    taken = seconds(partial(_tracker, count(), domain=known))
    yield Figure(
        name=f"events, folding and state of {EVENTS} events",
        value=1 / taken,
        unit="trackers/s",
        bar=at_least(3000),
    )
    yield _requests(known)
    for action in ACTIONS:
        cases = _cases(action, domain=known)
        taken = seconds(partial(_cases, action, domain=known))
        yield Figure(name=f"cases for {action}", value=cases / taken, unit="cases/s")


def _tracker(seeds: Iterator[int], *, domain: Domain) -> dict[str, object]:
    """Make a conversation of 50 events and the state that they add up to."""
    events = tracker_events(domain, Rng(next(seeds)), n=EVENTS, now=NOW)
    return Tracker.from_events("user", events, domain=domain).current_state()


def _requests(domain: Domain) -> Figure:
    """Make requests as `rasa-mock generate` does, and see that they are right."""
    recipe = Recipe(
        kind="requests",
        domain=domain,
        registry=Registry.load(),
        count=10_000_000,
        size=EVENTS,
    )
    stream = items(recipe)
    for item in islice(stream, CHECKED):
        faults = validate("action_request", item.document, registry=recipe.registry)
        if faults or len(item.document["tracker"]["events"]) != EVENTS:
            raise RuntimeError(f"{item.id} is not what is to be measured: {faults}")
    return Figure(
        name=f"requests of {EVENTS} events, as text",
        value=1 / seconds(partial(next, stream)),
        unit="requests/s",
        bar=at_least(500),
    )


def _cases(action: str, *, domain: Domain) -> int:
    """Make cases and fold them into trackers; return how many."""
    cases = cases_for(action, domain=domain)
    return len([tracker_for(case, domain) for case in cases])
