"""What the tests of one pytest run share: settings, domain, server; opened once.

It knows pytest only as the giver of options.  Each of pytest-xdist's processes has one
of its own.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rasa_mock.core.domain import Domain
from rasa_mock.testing.bench import Bench, Observer, domain_of, make_bench
from rasa_mock.testing.factories import Factory
from rasa_mock.testing.servers import ActionServer, open_server, server_of
from rasa_mock.testing.settings import (
    SUBPROCESS,
    URL,
    Row,
    Settings,
    near,
    read_settings,
)

if TYPE_CHECKING:
    import pytest

    from rasa_mock.run.coverage_watch import Watch


YAML = (".yml", ".yaml")


class Workbench:
    """Made when it is first asked for; `close` stops what was started.

    `observers` are told of every call of an action that a test makes.
    """

    def __init__(self, config: pytest.Config, *, options: Sequence[Row]) -> None:
        self.config = config
        self.options = options
        self.observers: list[Observer] = []
        # What counts for the coverage, if that is asked for.
        self.watch: Watch | None = None
        self._benches: dict[tuple[int, int], Bench] = {}
        self._servers: list[ActionServer] = []
        # By id of a value; what the id belongs to has to live as long as the key.
        self._opened: dict[int, tuple[Any, ActionServer]] = {}

    @cached_property
    def settings(self) -> Settings:
        """What is configured; raises UsageError or DataError for what is wrong."""
        return read_settings(self.config, rows=self.options)

    def configure(self) -> None:
        """Check what can be checked before anything is collected.

        A random seed is drawn here, so that all processes of pytest-xdist have it.
        """
        settings = self.settings
        if settings.contract:
            wanted = str(self.contract_file())
            if not any(_names(arg, wanted) for arg in self.config.args):
                self.config.args.append(wanted)
        if self.config.getoption("rasa_seed") or self.config.getini("rasa_seed"):
            self.config.option.rasa_seed = [str(settings.seed)]

    def header(self) -> str:
        """Say what the tests are run with; enough to run them so again."""
        settings = self.settings
        parts = [f"seed {settings.seed}", settings.profile]
        if settings.domain is not None:
            parts.append(f"domain {near(settings.domain)}")
        if settings.url is not None or settings.actions is not None:
            named = settings.url if settings.server_mode() == URL else settings.actions
            parts.append(f"action server {named} ({settings.server_mode()})")
        return f"rasa-mock: {', '.join(parts)}"

    @cached_property
    def domain(self) -> Domain:
        """The domain that is configured."""
        settings = self.settings
        return domain_of(settings.own_domain(), profile=settings.profile)

    @cached_property
    def server(self) -> ActionServer:
        """The action server that is configured; started when it is first asked for."""
        server = open_server(self.settings)
        self._servers.append(server)
        return server

    def check_server(self) -> None:
        """Open the configured server, but for one that would have to be started.

        Raises UsageError if none is configured or its package cannot be imported,
        ActionServerError if nobody answers at the URL.
        """
        if self.settings.server_mode() != SUBPROCESS:
            self.bench()

    @property
    def opened_server(self) -> ActionServer | None:
        """The configured server, if it was asked for."""
        found: ActionServer | None = self.__dict__.get("server")
        return found

    def bench(self, domain: Any = None, server: Any = None) -> Bench:
        """Return a bench with a project's own domain and server, or the configured."""
        if domain is None:
            domain = self.domain
        if server is None:
            server = self.server
        key = (id(domain), id(server))
        if key not in self._benches:
            self._benches[key] = self._make(domain, server)
        return self._benches[key]

    def opened(self, value: Any) -> ActionServer:
        """Return the server that a project's own fixture stands for."""
        if isinstance(value, ActionServer):
            return value
        if id(value) not in self._opened:
            server = server_of(value, self.settings)
            self._servers.append(server)
            self._opened[id(value)] = (value, server)
        return self._opened[id(value)][1]

    def _make(self, domain: Any, server: Any) -> Bench:
        own = domain_of(domain, profile=self.settings.profile)
        bench = self.make_bench(self.settings, domain=own, server=server)
        bench.kept = (domain, server)
        return bench

    def make_bench(self, settings: Settings, *, domain: Domain, server: Any) -> Bench:
        """Return a bench with settings of its own."""
        return make_bench(
            settings,
            domain=domain,
            server=self.opened(server),
            observers=self.observers,
        )

    def contract_file(self) -> Path:
        """Return the file from which contract tests are collected: the domain.

        Of a domain in a folder it is the first of its files.
        """
        path = self.settings.own_domain()
        if path.is_file():
            return path
        found = (each for suffix in YAML for each in path.rglob(f"*{suffix}"))
        return min(found, default=path)

    def has_server(self, request: pytest.FixtureRequest) -> bool:
        """Tell whether there is an action server: configured, or a project's own."""
        settings = self.settings
        if settings.actions is not None or settings.url is not None:
            return True
        found = getattr(request, "_arg2fixturedefs", {}).get("action_server", ())
        return len(found) > 1

    def factory(self, domain: Any, test: str) -> Factory:
        """Return what makes values for one test."""
        own = domain_of(domain, profile=self.settings.profile)
        return Factory(domain=own, settings=self.settings, test=test)

    def again(self, nodeid: str) -> str:
        """Return the command that repeats a test."""
        words = ["pytest", nodeid]
        if self.settings.seed:
            words += ["--rasa-seed", str(self.settings.seed)]
        return shlex.join(words)

    def close(self) -> None:
        """Stop what was started."""
        while self._servers:
            self._servers.pop().close()


def _names(argument: str, file: str) -> bool:
    """Tell whether an argument of pytest is a file, or a test in it."""
    return Path(argument.partition("::")[0]).absolute() == Path(file).absolute()
