"""Fixtures for items that are no Python functions, as pytest gives them to doctests.

The only module that reaches into pytest: there is no public way to this.
"""

# ruff: noqa: SLF001 - see above

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from _pytest import fixtures

if TYPE_CHECKING:
    import pytest


def _no_test() -> None:
    """Take no fixtures."""


def request_of(item: pytest.Item) -> Any:
    """Return what gives fixtures to an item; those with autouse are set up.

    To be called when the item is set up, so that they are torn down with it.
    """
    known: Any = item
    manager: Any = known.session._fixturemanager
    known.obj, known.funcargs = None, {}
    known._fixtureinfo = manager.getfixtureinfo(node=item, func=_no_test, cls=None)
    known.fixturenames = known._fixtureinfo.names_closure
    # pytest 7 has one class for all requests.
    make: Any = getattr(fixtures, "TopRequest", fixtures.FixtureRequest)
    request = make(item, _ispytest=True)
    request._fillfixtures()
    return request


def is_overridden(name: str, item: pytest.Item) -> bool:
    """Tell whether a project has a fixture of its own in place of a plugin's."""
    manager: Any = item.session._fixturemanager
    try:
        found = manager.getfixturedefs(name, item)
    except (AttributeError, TypeError):
        found = manager.getfixturedefs(name, item.nodeid)  # so pytest 7 asks
    return len(found or ()) > 1
