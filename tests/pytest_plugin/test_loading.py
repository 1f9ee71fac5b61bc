"""The plugin, however it is named: by its entry point, a conftest.py, `-p`, or not."""

from __future__ import annotations

import pytest
from _pytest.assertion.rewrite import AssertionRewritingHook

from rasa_mock import pytest_plugin, testing

USES = "def test_it(rasa):\n    rasa.run('action_price')\n"
NAMED = 'pytest_plugins = ["rasa_mock.pytest_plugin"]\n'


def test_a_conftest_may_name_what_is_installed(run, project):
    project.makeconftest(NAMED)
    run(USES).assert_outcomes(passed=1)


def test_an_option_may_name_what_is_installed(run):
    run(USES, "-p", "rasa_mock.pytest_plugin").assert_outcomes(passed=1)


def test_it_can_be_turned_off(run, project):
    project.makefile(".ini", pytest="[pytest]\n")
    result = run(USES, "-p", "no:rasa_mock", "-p", "no:asyncio", "--fixtures")
    assert not [line for line in result.outlines if line.startswith("rasa")]
    result = run("def test_it(): pass", "-p", "no:rasa_mock", "-p", "no:asyncio")
    result.assert_outcomes(passed=1)


def test_turned_off_and_named_by_a_conftest_it_is_there(run, project):
    project.makeconftest(NAMED)
    run(USES, "-p", "no:rasa_mock").assert_outcomes(passed=1)


def test_it_is_there_for_a_suite_that_never_uses_it(run, project):
    """Nothing is read, so nothing can be wrong."""
    scope = "asyncio_default_fixture_loop_scope = function\n"
    project.makefile(".ini", pytest=f"[pytest]\n{scope}")
    (project.path / "rasa_mock.toml").write_text("no TOML")
    result = run("def test_it(): pass")
    result.assert_outcomes(passed=1)
    assert not [line for line in result.outlines if line.startswith("rasa-mock:")]


@pytest.mark.parametrize("name", ["payload", "rasa", "conversation"])
def test_fixtures_of_a_project_go_before_ours(run, project, name):
    (project.path / "rasa_mock.toml").write_text("no TOML")
    project.makefile(
        ".ini", pytest="[pytest]\nasyncio_default_fixture_loop_scope = function\n"
    )
    run(
        f"""
import pytest

@pytest.fixture
def {name}():
    return "the project's own"

def test_it({name}):
    assert {name} == "the project's own"
"""
    ).assert_outcomes(passed=1)


def test_our_modules_are_loaded_as_they_were_compiled(pytestconfig):
    """Where bytecode may not be written, rewriting asserts costs each run anew."""
    name = "rasa_mock.testing.hooks"
    hook = AssertionRewritingHook(pytestconfig)
    hook.mark_rewrite("rasa_mock_of_others")
    hook._must_rewrite.add("rasa_mock")  # as pytest does for an installed plugin
    assert hook.find_spec(name, testing.__path__) is not None
    pytest_plugin._leave_as_we_are(hook)
    assert hook.find_spec(name, testing.__path__) is None
    assert hook._must_rewrite == {"rasa_mock_of_others"}
