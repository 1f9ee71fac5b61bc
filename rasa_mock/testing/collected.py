"""What can be said of tests when they are collected: that they cannot work, and why."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rasa_mock.errors import UsageError
from rasa_mock.testing.workbench import Workbench

FIXTURES = "rasa_mock.testing.fixtures"
DOMAIN = "rasa_domain"
ANYIO = "anyio_backend"
# pytest-asyncio puts this mark on the fixtures that it awaits.
AWAITED = "_force_asyncio_fixture"


def check_tests(tests: Sequence[Any], *, workbench: Workbench) -> None:
    """Look at the tests that use our fixtures.

    Raises UsageError or DataError if no domain is configured, or two are; if the
    configuration is wrong; if a test uses an async fixture which nobody awaits.
    """
    settings = workbench.settings
    for test in tests:
        fixtures = _fixtures(test)
        if DOMAIN in fixtures and _is_ours(fixtures[DOMAIN]):
            settings.own_domain()
        for name in _never_awaited(test, fixtures):
            raise UsageError(
                f"{test.nodeid} is a plain function and uses {name!r}, an async "
                "fixture which nobody awaits; decorate it with "
                "@pytest_asyncio.fixture (or set asyncio_mode = auto), or make a plain "
                "fixture of it"
            )


def _fixtures(test: Any) -> Mapping[str, Any]:
    """Return the fixture functions that a test gets, by name."""
    info = getattr(test, "_fixtureinfo", None)
    found = getattr(info, "name2fixturedefs", {})
    return {name: defs[-1].func for name, defs in found.items() if defs}


def _is_ours(function: Any) -> bool:
    return getattr(inspect.unwrap(function), "__module__", "") == FIXTURES


def _never_awaited(test: Any, fixtures: Mapping[str, Any]) -> Iterator[str]:
    function = getattr(test, "function", None)
    config = test.config
    if inspect.iscoroutinefunction(function) or ANYIO in fixtures:
        return
    mode = config.getoption("asyncio_mode", None) or _ini(config, "asyncio_mode")
    for name, fixture in fixtures.items():
        is_async = inspect.iscoroutinefunction(fixture) or inspect.isasyncgenfunction(
            fixture
        )
        if is_async and not hasattr(fixture, AWAITED) and mode != "auto":
            yield name


def _ini(config: Any, name: str) -> Any:
    try:
        return config.getini(name)
    except (KeyError, ValueError):
        return None
