"""The door of the pytest plugin: it lets in the hooks, the options and the fixtures.

They are in `rasa_mock.testing`, apart from the mock Rasa, which is known up here only.
Loaded in every pytest run of every project that has rasa-mock installed, also in those
that never use it: nothing heavy is imported.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rasa_mock.mock_rasa import MockRasa

# The entry point's name, and the one under which a conftest.py or `-p` names us.
NAMES = ("rasa_mock", __name__)


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Let in the other parts; the options are theirs."""
    _leave_as_we_are(pluginmanager.rewrite_hook)
    from rasa_mock.testing import fixtures, hooks

    for part in (hooks, fixtures):
        pluginmanager.register(part, part.__name__)


def _leave_as_we_are(hook: Any) -> None:
    """Keep pytest from rewriting the asserts of all our modules: it gains nothing.

    Each would be parsed and compiled again in every run that may not write bytecode;
    what pip compiled serves.  There is no public way; without it all is just slower.
    """
    marked = getattr(hook, "_must_rewrite", None)
    if isinstance(marked, set):
        marked.discard("rasa_mock")
        hook.mark_rewrite()  # forget which modules are marked


def pytest_plugin_registered(
    plugin: object, manager: pytest.PytestPluginManager
) -> None:
    """Let us be loaded once, however often and by whatever name we are asked for."""
    if plugin is sys.modules[__name__]:
        for name in NAMES:
            if manager.get_plugin(name) is None:
                manager.set_blocked(name)


# A mock Rasa for the tests of those who call one.


@pytest.fixture(scope="session")
def mock_rasa_server(pytestconfig: pytest.Config) -> Iterator[MockRasa]:
    """Serve the bot whose folder rasa_bot names; a conftest.py may override it."""
    from rasa_mock.mock_rasa import MockRasa
    from rasa_mock.testing.options import said_plainly, workbench_of
    from rasa_mock.testing.talks import ConversationFactory

    with said_plainly():
        workbench = workbench_of(pytestconfig)
        known = ConversationFactory(workbench=workbench, server=lambda: None)
        mock = MockRasa(known.folder())
    with mock:
        yield mock


@pytest.fixture
def mock_rasa(mock_rasa_server: MockRasa) -> MockRasa:
    """Talk to a mock Rasa on a port: mock_rasa.url, .send("hi"), .stub(...), .verify().

    One server for all tests; at the start of each it is as new.
    """
    mock_rasa_server.reset()
    return mock_rasa_server
