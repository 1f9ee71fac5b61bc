"""Contract tests: what `rasa-mock check` does, one test an action and kind of case.

    contract = rasa_mock.contract(domain="domain.yml", server="actions")

    @contract.parametrize()
    def test_contract(case):
        case.check()

Each test makes the calls of its kind and fails for what the rules say of the answers.
Two more see what no single call shows: one an action over all its calls (determinism,
leaks, retry), and one for what server and domain say of each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rasa_mock.errors import UsageError
from rasa_mock.generate.cases import studio_for
from rasa_mock.reports.reproduce import Reproduction
from rasa_mock.run.baseline import read_baseline
from rasa_mock.testing.bench import Bench, domain_of, material_of, registry_of
from rasa_mock.testing.case_titles import titles
from rasa_mock.testing.contract_tests import (
    ContractTest,
    KindTest,
    ServerTest,
    TogetherTest,
    WholeTest,
)
from rasa_mock.testing.settings import URL, near
from rasa_mock.testing.situation import check_name

if TYPE_CHECKING:
    from rasa_mock.core.domain import Domain
    from rasa_mock.testing.settings import Settings
    from rasa_mock.testing.workbench import Workbench

Test = TypeVar("Test", bound=Callable[..., Any])
ARGUMENT = "case"
ATTRIBUTE = "rasa_contract"
TOGETHER = "all calls together"
SERVER = "server"
AGREES = "agrees with the domain"
# What a contract may set in place of the configuration.
OWN_SETTINGS = ("seed", "cases", "select", "ignore", "fail_on", "profile", "locale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What is to be tested: a domain and a server; None stands for the configured ones.

    Make one with `rasa_mock.contract`.
    """

    domain: Any = None
    server: Any = None
    actions: Sequence[str] | None = None
    own: Mapping[str, Any] = field(default_factory=dict)

    def parametrize(self) -> Callable[[Test], Test]:
        """Make a test of a function that takes `case`, one an action and kind of case.

        The pytest plugin does it when the function is collected.
        """

        def decorate(function: Test) -> Test:
            setattr(function, ATTRIBUTE, self)
            return function

        return decorate

    def bound(self, workbench: Workbench) -> BoundContract:
        """Fill in what is configured."""
        settings = replace(workbench.settings, **self.own)
        return BoundContract(contract=self, workbench=workbench, settings=settings)


def contract(
    domain: Any = None,
    *,
    server: Any = None,
    actions: Sequence[str] | None = None,
    **own: Any,
) -> Contract:
    """Describe a contract to test: `@contract(...).parametrize()`.

    `domain` is a path or an object; `server` a URL, a rasa-sdk package, or actions;
    what is left out is configured.  `actions` are the only ones to test.  More
    settings: seed, cases, select, ignore, fail_on, profile, locale.
    """
    unknown = [name for name in own if name not in OWN_SETTINGS]
    if unknown:
        raise UsageError(
            f"unknown setting {unknown[0]!r}: expected one of {', '.join(OWN_SETTINGS)}"
        )
    return Contract(domain=domain, server=server, actions=actions, own=own)


@dataclass(slots=True, kw_only=True)
class BoundContract:
    """A contract with all that is configured; files are read when they are needed."""

    contract: Contract
    workbench: Workbench
    settings: Settings
    _domain: Domain | None = None
    _bench: Bench | None = None

    @property
    def domain(self) -> Domain:
        """The domain, read once."""
        if self._domain is None:
            own = self.contract.domain
            if isinstance(own, str | Path):
                own = self.settings.folder / own
            self._domain = (
                self.workbench.domain
                if own is None
                else domain_of(own, profile=self.settings.profile)
            )
        return self._domain

    @property
    def bench(self) -> Bench:
        """Domain and server; opened when the first test of the contract runs."""
        if self._bench is None:
            own = self.contract.server
            server = self.workbench.server if own is None else own
            bench = self.workbench.make_bench(
                self.settings, domain=self.domain, server=server
            )
            known = self.settings.project.options.get("baseline")
            if known is not None:
                baseline = read_baseline(Path(known))
                bench.plan = replace(bench.plan, known=baseline.knows)
            self._bench = bench
        return self._bench

    def tests(self) -> Iterator[ContractTest]:
        """Yield the tests: of each action, each kind of case; then of the server.

        Calls nobody.  Raises UsageError for an action that does not exist.
        """
        own = self.settings.per_action
        for action in self.actions():
            skipped = action in self.settings.skip
            for each in self._tests_of(action):
                if skipped or (action in own and own[action].skip):
                    reason = own[action].reason if action in own else ""
                    each.skip = reason or "the configuration skips it"
                yield each
        if self.contract.actions is None:
            yield ServerTest(bound=self, action=SERVER, title=AGREES)

    def check(self, *actions: str) -> None:
        """Make all calls of some actions, or of all; raise ContractFailed.

        What the configuration skips or expects is put up with.
        """
        __tracebackhide__ = True
        named = actions or self.contract.actions
        bound = replace(self, contract=replace(self.contract, actions=named))
        title = ", ".join(named) if named else "all actions"
        WholeTest(bound=bound, action=title, title=TOGETHER).check()

    def actions(self) -> tuple[str, ...]:
        """Return the names of the actions to test."""
        known = self.domain.server_actions
        named = self.contract.actions
        for name in named or ():
            check_name(name, known, kind="action")
        if not known:
            raise UsageError(
                "no contract to test: the domain lists no action; add them under "
                "actions: in the domain"
            )
        return known if named is None else tuple(named)

    def wanted_actions(self) -> list[str]:
        """Return the names of the actions to test, but for those that are skipped."""
        own, skip = self.settings.per_action, self.settings.skip
        known = self.actions()
        if self.contract.actions is not None:
            return [*known]
        return [n for n in known if n not in skip and not (n in own and own[n].skip)]

    def _tests_of(self, action: str) -> Iterator[ContractTest]:
        studio = studio_for(
            action,
            domain=self.domain,
            registry=registry_of(self.settings),
            seed=self.settings.seed,
            locale=self.settings.locale,
            material=material_of(self.settings),
        )
        planned = [*studio.planned(self.settings.cases)]
        for name, words in titles(kind.name for kind, _ in planned).items():
            rows = [(kind, number) for kind, number in planned if kind.name == name]
            yield KindTest(
                bound=self, action=action, title=words, studio=studio, rows=rows
            )
        yield TogetherTest(bound=self, action=action, title=TOGETHER)

    def reproduction(self) -> Reproduction:
        """Return what repeats a call outside pytest, as far as it can be named."""
        server, settings = self.bench.server, self.settings
        own = self.contract.server
        own = None if own is self.workbench.opened_server else own
        package = settings.actions if own is None else own
        target = [server.url or ""]
        if server.mode != URL:
            named = isinstance(package, str)
            target = ["--actions", str(package) if named else "PACKAGE"]
        domain = self.contract.domain
        if not isinstance(domain, str | Path):
            domain = settings.domain or "DOMAIN"
        arguments = [*target, "--domain", near(domain)]
        return Reproduction(arguments=arguments, url=server.url or "")
