"""A provider for users' own Faker: trackers, events, requests, answers of a bot.

    fake = Faker()
    fake.add_provider(rasa_mock.faker.Provider)
    fake.rasa_tracker()

Everything is a function of the Faker's seed.  Without a domain a small one of our own
is used; `Provider.rasa_domain` sets another one for all calls, `domain=` for one: a
path, a Domain, or what its file holds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from faker.providers import BaseProvider

from rasa_mock.core.domain import Domain
from rasa_mock.errors import UsageError
from rasa_mock.generate.cases import DEFAULT_NOW, sender
from rasa_mock.generate.cast import cast_of
from rasa_mock.generate.corpus import Recipe, items
from rasa_mock.generate.provider import DEFAULT_LOCALE
from rasa_mock.generate.rng import Rng
from rasa_mock.generate.sample import sample_domain
from rasa_mock.generate.slot_values import slot_value
from rasa_mock.resources import DEFAULT_PROFILE
from rasa_mock.schema.registry import Registry

Json = dict[str, Any]
AnyDomain = Domain | Mapping[str, Any] | str | Path
SEED_BITS = 64


class Provider(BaseProvider):
    """Adds `rasa_tracker`, `rasa_event`, `rasa_request`, `rasa_response` and more."""

    rasa_domain: AnyDomain | None = None
    rasa_locale: str = DEFAULT_LOCALE
    rasa_profile: str = DEFAULT_PROFILE

    def rasa_tracker(
        self,
        *,
        domain: AnyDomain | None = None,
        action: str | None = None,
        events: int | None = None,
    ) -> Json:
        """Return a tracker as Rasa sends it, reachable by a dialogue.

        It is the one with which `action` is called, any of the domain's if None, and
        has about so many `events`.
        """
        return self._made("trackers", domain=domain, action=action, size=events)

    def rasa_request(
        self,
        *,
        domain: AnyDomain | None = None,
        action: str | None = None,
        events: int | None = None,
    ) -> Json:
        """Return the body of a request to an action server."""
        return self._made("requests", domain=domain, action=action, size=events)

    def rasa_response(
        self, *, domain: AnyDomain | None = None, action: str | None = None
    ) -> Json:
        """Return an answer of an action server: its events and responses."""
        return self._made("responses", domain=domain, action=action)

    def rasa_event(
        self, event_type: str | None = None, *, domain: AnyDomain | None = None
    ) -> Json:
        """Return an event of a type such as `slot`, as Rasa sends it in a tracker.

        Any type if None.  Raises UsageError for one that the profile does not have.
        """
        types = (event_type,) if event_type is not None else ()
        return self._made("events", domain=domain, types=types)

    def rasa_conversation(self, *, domain: AnyDomain | None = None) -> Json:
        """Return a whole conversation: its `events`, and its `turns` in short."""
        return self._made("conversations", domain=domain)

    def rasa_sender_id(self) -> str:
        """Return the id of a user, as channels have them."""
        return sender(Rng(self._seed()))

    def rasa_intent(self, *, domain: AnyDomain | None = None) -> str:
        """Return the name of an intent that users say."""
        intents = cast_of(self._known(domain), self.rasa_locale).intents
        if not intents:
            message = "the domain has no intent: add some under intents:"
            raise UsageError(message)
        return Rng(self._seed()).pick(intents)

    def rasa_slot_value(self, name: str, *, domain: AnyDomain | None = None) -> Any:
        """Return a value that a slot of the domain is meant for."""
        cast = cast_of(self._known(domain), self.rasa_locale)
        if name not in cast.slots:
            expected = ", ".join(cast.slots) or "one that the domain has"
            message = f"no such slot: {name!r}; expected {expected}"
            raise UsageError(message)
        rng = Rng(self._seed())
        return slot_value(cast.slots[name], locale=self.rasa_locale, rng=rng)

    def _made(
        self,
        kind: str,
        *,
        domain: AnyDomain | None,
        action: str | None = None,
        types: tuple[str, ...] = (),
        size: int | None = None,
    ) -> Json:
        """Make one document; which of the first few kinds is the seed's choice."""
        seed = self._seed()
        known = self._known(domain)
        recipe = Recipe(
            kind=kind,
            domain=known,
            registry=Registry.load(self.rasa_profile),
            seed=seed,
            locale=self.rasa_locale,
            now=DEFAULT_NOW,
            actions=(action,) if action is not None else (),
            types=types,
            size=size,
        )
        place = Rng(seed, "place").below(1 if types else recipe.count)
        item = next(islice(items(recipe), place, None))
        made: Json = json.loads(json.dumps(item.document))
        return made

    def _seed(self) -> int:
        return int(self.generator.random.getrandbits(SEED_BITS))

    def _known(self, domain: AnyDomain | None) -> Domain:
        given = self.rasa_domain if domain is None else domain
        if given is None:
            return sample_domain(self.rasa_profile)
        if isinstance(given, Domain):
            return given
        if isinstance(given, Mapping):
            return Domain.from_dict(dict(given), profile=self.rasa_profile)
        return self._read(given)

    def _read(self, path: str | Path) -> Domain:
        """Read a domain: what has files does that (`rasa_mock.faker`)."""
        message = f"expected a Domain, or what its file holds, got {path!r}"
        raise UsageError(message)
