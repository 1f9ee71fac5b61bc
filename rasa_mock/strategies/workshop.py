"""What strategies draw from: a domain as the generator sees it, arranged once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

from rasa_mock.core.domain import Domain
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.wire import RequestBuilder
from rasa_mock.errors import UsageError
from rasa_mock.files.domain import load_domain
from rasa_mock.generate.cases import DEFAULT_NOW, Studio, studio_for
from rasa_mock.generate.cast import Cast, cast_of
from rasa_mock.generate.kinds import DEFAULT_COUNT, Kind
from rasa_mock.generate.provider import made_by
from rasa_mock.generate.sample import sample_domain
from rasa_mock.resources import DEFAULT_PROFILE
from rasa_mock.schema.registry import Registry

NOWHERE = Endpoint(url="http://localhost:5055/webhook")
NOW = DEFAULT_NOW
KEPT = 16
# Too long to be drawn: a case with hundreds of events, a text of thousands of letters.
TOO_LONG = ("long-history", "text-long", "slots-long", "answer-long")
AnyDomain = Domain | Mapping[str, Any] | str | Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """A domain, the schemas of a profile, and what was arranged of them so far."""

    domain: Domain
    registry: Registry
    cast: Cast
    locale: str
    builder: RequestBuilder
    studios: dict[str, Studio] = field(default_factory=dict)
    kinds: dict[str, list[Kind]] = field(default_factory=dict)

    def studio(self, action: str) -> Studio:
        """Return where the cases of an action are made."""
        if action not in self.studios:
            self.studios[action] = studio_for(
                action,
                domain=self.domain,
                registry=self.registry,
                locale=self.locale,
                now=NOW,
            )
        return self.studios[action]

    def kinds_of(self, action: str) -> list[Kind]:
        """List the reachable kinds of case of an action, long ones aside."""
        if action not in self.kinds:
            planned = self.studio(action).planned(DEFAULT_COUNT)
            kinds = {kind.name: kind for kind, _ in planned if kind.reachable}
            self.kinds[action] = [
                kind
                for name, kind in kinds.items()
                if not any(mark in name for mark in TOO_LONG)
            ]
        return self.kinds[action]

    def actions(self, action: str | None) -> tuple[str, ...]:
        """List the actions to draw from; raises UsageError if there is none."""
        known = self.domain.server_actions
        if action is None:
            if not known:
                message = "the domain lists no action: say which one, action=..."
                raise UsageError(message)
            return known
        names = {*known, *self.domain.action_names}
        if action not in names and action.removeprefix("validate_") == action:
            near = get_close_matches(action, sorted(names), n=1)
            hint = f"did you mean {near[0]!r}?" if near else "add it to the domain"
            message = f"the domain has no action {action!r}; {hint}"
            raise UsageError(message)
        return (action,)


def workshop_for(
    domain: AnyDomain | None, *, profile: str = DEFAULT_PROFILE, locale: str = "en_US"
) -> Workshop:
    """Arrange a domain: an object, what its file holds, or the path of one.

    Raises DataError for a domain that Rasa would refuse, UsageError for an unknown
    profile or locale.
    """
    made_by(locale)
    if domain is None:
        return _sample(profile, locale)
    if isinstance(domain, Domain):
        return _arranged(domain, profile, locale=locale)
    if isinstance(domain, Mapping):
        read = Domain.from_dict(dict(domain), profile=profile)
    else:
        read = load_domain(domain, profile=profile)
    return _arranged(read, profile, locale=locale)


@lru_cache(maxsize=KEPT)
def _sample(profile: str, locale: str) -> Workshop:
    return _arranged(sample_domain(profile), profile, locale=locale)


@lru_cache(maxsize=KEPT)
def _arranged(domain: Domain, profile: str, *, locale: str) -> Workshop:
    return Workshop(
        domain=domain,
        registry=Registry.load(profile),
        cast=cast_of(domain, locale),
        locale=locale,
        builder=RequestBuilder(NOWHERE, domain=domain, profile=profile),
    )
