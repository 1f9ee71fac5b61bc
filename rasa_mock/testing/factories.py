"""Trackers, events and requests for tests: Faker-driven, from a seed for each test.

The same test gets the same values in every run and process, whatever else runs; another
`--rasa-seed` gives others.  What is made is what `rasa-mock generate` makes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rasa_mock.core.domain import Domain
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.wire import RequestBuilder
from rasa_mock.generate.cases import Case
from rasa_mock.generate.cast import cast_of
from rasa_mock.generate.corpus import (
    Recipe,
    called,
    cases_in_turn,
    event_types,
    items,
)
from rasa_mock.generate.kinds import DEFAULT_COUNT
from rasa_mock.generate.rng import Rng, derive
from rasa_mock.generate.slot_values import slot_value
from rasa_mock.public import Tracker
from rasa_mock.testing.bench import material_of, registry_of
from rasa_mock.testing.settings import Settings
from rasa_mock.testing.situation import check_name

Json = dict[str, Any]
NOWHERE = Endpoint(url="http://localhost:5055/webhook")


@dataclass(slots=True, kw_only=True)
class Factory:
    """What the three factories of one test share; each value has its own seed."""

    domain: Domain
    settings: Settings
    test: str
    made: int = field(default=0)

    def recipe(self, kind: str, **more: Any) -> Recipe:
        """Return a recipe for one thing, with the next seed."""
        self.made += 1
        return Recipe(
            kind=kind,
            domain=self.domain,
            registry=registry_of(self.settings),
            count=1,
            seed=derive(self.settings.seed, self.test, kind, self.made),
            locale=self.settings.locale,
            material=material_of(self.settings),
            **more,
        )

    def case(
        self,
        action: str | None,
        *,
        slots: Mapping[str, Any] | None,
        size: int | None,
        sender_id: str | None,
    ) -> Case:
        """Make one reachable state in which an action is called."""
        __tracebackhide__ = True
        for slot in slots or ():
            check_name(slot, self.domain.slots, kind="slot")
        known = {*self.domain.server_actions, *self.domain.action_names}
        if action is not None:
            check_name(action, sorted(known), kind="action")
        recipe = self.recipe("requests", size=size)
        rng = Rng(recipe.seed)
        name = action or rng.pick(called(recipe))
        studio, case = next(cases_in_turn(replace(recipe, actions=(name,))))
        if size is None:
            rows = [row for row in studio.planned(DEFAULT_COUNT) if row[0].reachable]
            case = studio.make(*rng.pick(rows))
        if sender_id is not None:
            case = replace(case, sender_id=sender_id)
        return replace(case, events=[*_with_slots(case.events, slots or {})])

    def tracker(self, case: Case) -> Tracker:
        """Fold the events of a case."""
        return Tracker.from_events(
            case.sender_id,
            case.events,
            domain=self.domain,
            now=case.now,
            known_events=case.known_events,
            profile=case.profile,
        )


def _with_slots(events: Sequence[Json], slots: Mapping[str, Any]) -> Iterator[Json]:
    """Set slots before the last message; what the message fills is replaced, too."""
    said = [n for n, event in enumerate(events) if event["event"] == "user"]
    last = said[-1] if said else len(events)
    when = events[last - 1]["timestamp"] if events and last else 0.0
    yield from events[:last]
    for name, value in slots.items():
        yield {"event": "slot", "timestamp": when, "name": name, "value": value}
    for event in events[last:]:
        mine = event["event"] == "slot" and event["name"] in slots
        yield {**event, "value": slots[event["name"]]} if mine else event


@dataclass(frozen=True, slots=True)
class TrackerFactory:
    """Makes trackers; the fixture `tracker_factory`."""

    factory: Factory

    def __call__(
        self,
        action: str | None = None,
        *,
        slots: Mapping[str, Any] | None = None,
        size: int | None = None,
        sender_id: str | None = None,
    ) -> Tracker:
        """Make a tracker that a dialogue can reach, as it is when an action is called.

        Without `action` that of some action of the domain.  `slots` are set in it;
        `size` is how many events it has, about.  Raises UsageError for names that the
        domain lacks.
        """
        __tracebackhide__ = True
        made = self.factory
        return made.tracker(
            made.case(action, slots=slots, size=size, sender_id=sender_id)
        )


@dataclass(frozen=True, slots=True)
class EventFactory:
    """Makes single events; the fixture `event_factory`."""

    factory: Factory

    def __call__(self, type: str | None = None, /, **fields: Any) -> Json:  # noqa: A002
        """Make an event of a type, as it stands in trackers; `fields` replace its own.

        Raises UsageError for a type that the profile does not have.
        """
        __tracebackhide__ = True
        recipe = self.factory.recipe("events")
        name = type or Rng(recipe.seed).pick(event_types(recipe))
        (item,) = items(replace(recipe, types=(name,)))
        event: Json = {**item.document, **fields}
        if name == "slot" and "name" in fields and "value" not in fields:
            event["value"] = self._value(recipe, fields["name"])
        return event

    def _value(self, recipe: Recipe, name: str) -> Any:
        cast = cast_of(recipe.domain, recipe.locale, material=recipe.material)
        check_name(name, cast.slots, kind="slot")
        return slot_value(cast.slots[name], locale=cast.locale, rng=Rng(recipe.seed))


@dataclass(frozen=True, slots=True)
class PayloadFactory:
    """Makes requests; the fixture `payload`."""

    factory: Factory

    def __call__(
        self,
        action: str | None = None,
        *,
        slots: Mapping[str, Any] | None = None,
        size: int | None = None,
        sender_id: str | None = None,
    ) -> Json:
        """Make the JSON object that Rasa sends to run an action, in some state.

        Raises UsageError for names that the domain lacks.
        """
        __tracebackhide__ = True
        made = self.factory
        case = made.case(action, slots=slots, size=size, sender_id=sender_id)
        builder = RequestBuilder(NOWHERE, domain=made.domain, profile=case.profile)
        document: Json = json.loads(builder.build(case.action, made.tracker(case)).body)
        return document
