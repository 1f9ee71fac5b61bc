"""Where an action is called and judged: one domain, one server, one set of rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rasa_mock.core.domain import Domain
from rasa_mock.core.wire import RequestBuilder
from rasa_mock.errors import UsageError
from rasa_mock.files.any_domain import load_any_domain
from rasa_mock.files.nlu import read_metadata, read_nlu
from rasa_mock.generate.cast import Cast
from rasa_mock.generate.described import cast_for
from rasa_mock.generate.material import Material
from rasa_mock.generate.weave import foreigners
from rasa_mock.rules.base import Exchange
from rasa_mock.rules.catalogue import selected
from rasa_mock.rules.judge import rule_set
from rasa_mock.run.plan import Plan
from rasa_mock.schema.registry import Registry
from rasa_mock.testing.servers import ActionServer
from rasa_mock.testing.settings import Settings

Observer = Callable[[Exchange], None]


def domain_of(value: Any, *, profile: str) -> Domain:
    """Make a domain of a path, of an object, or of a domain as it is."""
    if isinstance(value, Domain):
        return value
    if isinstance(value, str | Path):
        if not Path(value).exists():
            raise UsageError(f"the domain {str(value)!r} does not exist")
        return load_any_domain(Path(value), notes=[], profile=profile)
    if isinstance(value, dict):
        return Domain.from_dict(value, profile=profile)
    raise UsageError(
        "expected of the fixture rasa_domain a path, an object or a Domain, got "
        f"{value!r}"
    )


def registry_of(settings: Settings) -> Registry:
    """Return the schemas of the profile, with those of the project."""
    folders = settings.project.options.get("schemas", ())
    return Registry.load(settings.profile, folders=folders)


def material_of(settings: Settings) -> Material:
    """Read what the project knows better than the generator."""
    options = settings.project.options
    nlu, metadata = options.get("nlu"), options.get("metadata")
    return Material(
        nlu=read_nlu([Path(each) for each in nlu], tell=_keep_quiet) if nlu else None,
        metadata=read_metadata(Path(metadata)) if metadata else (),
        channels=tuple(options.get("channels", ())),
    )


def _keep_quiet(_note: str) -> None:
    """Leave out what `rasa-mock check` notes about training data."""


@dataclass(slots=True, kw_only=True)
class Bench:
    """A domain and a server, with all that calls and judges; `plan` is a check's.

    `observers` are told of every call.
    """

    settings: Settings
    server: ActionServer
    plan: Plan
    observers: Sequence[Observer] = ()
    _builder: RequestBuilder | None = field(default=None)
    _cast: Cast | None = field(default=None)
    _known_events: tuple[str, ...] | None = field(default=None)
    kept: Any = None

    @property
    def domain(self) -> Domain:
        """The bot's domain."""
        return self.plan.domain

    @property
    def builder(self) -> RequestBuilder:
        """What writes requests."""
        if self._builder is None:
            self._builder = RequestBuilder(
                self.plan.endpoint,
                domain=self.plan.domain,
                profile=self.plan.registry.profile,
            )
        return self._builder

    @property
    def cast(self) -> Cast:
        """What conversations are made of."""
        if self._cast is None:
            self._cast = cast_for(
                self.plan.domain,
                self.plan.locale,
                registry=self.plan.registry,
                seed=self.plan.seed,
                material=self.plan.material,
            )
        return self._cast

    @property
    def event_types(self) -> tuple[str, ...]:
        """The types of events that the profile's Rasa logs."""
        return tuple(self.plan.registry.event_types)

    @property
    def known_events(self) -> tuple[str, ...]:
        """The event types that the project adds to Rasa's own."""
        if self._known_events is None:
            self._known_events = foreigners(self.plan.registry).names
        return self._known_events

    def observe(self, exchange: Exchange) -> None:
        """Tell of a call."""
        for observer in self.observers:
            observer(exchange)


def make_bench(
    settings: Settings,
    *,
    domain: Domain,
    server: ActionServer,
    observers: Sequence[Observer] = (),
) -> Bench:
    """Put a bench together.

    Raises UsageError for a rule that does not exist, DataError for a bad file.
    """
    for own in settings.per_action.values():
        selected(ignore=own.ignore)
    rules = rule_set(selected(select=settings.select, ignore=settings.ignore))
    plan = Plan(
        client=server.client,
        endpoint=server.endpoint,
        domain=domain,
        registry=registry_of(settings),
        rules=rules,
        seed=settings.seed,
        cases=settings.cases,
        locale=settings.locale,
        material=material_of(settings),
        slow=settings.project.options.get("slow"),
        fail_on=settings.fail_on,
        per_action=settings.per_action,
        witness_header=server.witness_header,
    )
    return Bench(settings=settings, server=server, plan=plan, observers=observers)
