"""A small project with a bot and its actions, in which pytest is run."""

from __future__ import annotations

import shutil
from importlib import import_module

import pytest

INI = """
[pytest]
rasa_domain = domain.yml
rasa_actions = shop_actions
asyncio_default_fixture_loop_scope = function
"""


# Imported once; what a run inside a test imports by itself is forgotten after it.
USED_INSIDE = (
    *("rasa_sdk.endpoint", "rasa_mock.clients.inprocess"),
    *("rasa_mock.testing.collected", "rasa_mock.testing.comparing"),
    *("rasa_mock.testing.contract_items", "rasa_mock.testing.factories"),
    *("rasa_mock.testing.runner", "rasa_mock.testing.stub", "rasa_mock.testing.talks"),
)


@pytest.fixture(scope="session")
def imported():
    """Import what runs inside tests use."""
    for name in USED_INSIDE:
        import_module(name)


@pytest.fixture
def project(pytester, root, imported):
    """Return a pytester whose folder is a project with domain, actions and ini file."""
    shop = root / "tests" / "testing" / "shop"
    shutil.copytree(shop, pytester.path, dirs_exist_ok=True)
    pytester.makefile(".ini", pytest=INI)
    return pytester


@pytest.fixture
def run(project):
    """Return a function that runs pytest in the project; text is a test file."""

    def call(text="", *options):
        if text:
            project.makepyfile(text)
        return project.runpytest_inprocess("-p", "no:cacheprovider", *options)

    return call
