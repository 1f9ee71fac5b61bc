"""Conversation tests as pytest items, and coverage over all kinds of tests.

Pytest is run in a process of its own, once for many questions.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from rasa_mock.run.coverage import read_coverage
from tests.run.e2e.pizza import write_pizza_bot, write_tests

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ("-p", "rasa_mock.pytest_plugin")
CASES = """
fixtures: [{club: [{member: true}]}]
test_cases:
- test_case: order a pizza
  fixtures: [club]
  steps: [{user: pizza}, {user: small}, {bot: That is 7.5}]
- test_case: ask for more
  steps: [{user: hi}, {bot: Goodbye}]
- test_case: be nice
  steps:
  - user: hi
    assertions: [{generative_response_is_grounded: {threshold: 0.5}}]
"""
STORIES = """
version: "3.1"
stories:
- story: greeting
  steps:
  - user: hi
    intent: greet
  - action: utter_greet
- story: by text
  steps: [{user: hi}, {bot: Hello!}]
"""
UNIT = """
def test_a_price(rasa):
    rasa.run("action_price", slots={"size": "large"}).assert_slots(price=9.5)


def test_a_talk(conversation):
    conversation.send("hi")
"""


def run_pytest(folder, *words):
    # What else is installed here makes each start slow, and is not the question.
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_ADDOPTS"):
        environment.pop(name, None)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *PLUGIN, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A project with a bot, its actions, and tests of all kinds."""
    folder = write_pizza_bot(tmp_path_factory.mktemp("pizza"))
    write_tests(folder, CASES, name="e2e.yml")
    write_tests(folder, STORIES, name="test_stories.yml")
    write_tests(folder, UNIT, name="test_unit.py")
    (folder / "other.yml").write_text("test_cases: no business of ours: {\n")
    (folder / "pytest.ini").write_text(
        "[pytest]\ntestpaths = tests\nrasa_domain = domain.yml\n"
        "rasa_actions = actions\n"
    )
    return folder


@pytest.fixture(scope="module")
def one_process(folder):
    words = ("-v", "--rasa-cov-json=one.json", "--rasa-cov-html=one.html")
    return run_pytest(folder, *words, "--junitxml=junit.xml")


@pytest.fixture(scope="module")
def two_processes(folder):
    pytest.importorskip("xdist")
    words = (
        "-p",
        "xdist",
        "-n2",
        "--rasa-cov-json=two.json",
        "--rasa-cov-fail-under=90",
    )
    return run_pytest(folder, *words, "--deselect", "tests/e2e.yml::ask for more")


def test_each_case_is_an_item_with_an_outcome_of_its_own(one_process):
    out = one_process.stdout
    assert one_process.returncode == 1, out
    assert "tests/e2e.yml::order a pizza PASSED" in out
    assert "tests/e2e.yml::ask for more FAILED" in out
    assert "tests/e2e.yml::be nice NOT JUDGED" in out
    assert "tests/test_stories.yml::greeting PASSED" in out
    assert "tests/test_stories.yml::by text NOT JUDGED" in out
    assert "1 failed, 4 passed, 2 not judged" in out
    assert "tests/e2e.yml::be nice: generative_response_is_grounded" in out


def test_a_failure_is_explained_without_a_traceback(one_process):
    out = one_process.stdout
    assert 'e2e.yml:8: bot: expected "Goodbye", got "Hello!"' in out
    assert "- bot: Goodbye" in out
    assert "Traceback" not in out
    assert "items.py" not in out


def test_junit_has_the_cases_and_why_one_is_not_judged(one_process, folder):
    assert one_process.returncode == 1
    cases = ET.parse(folder / "junit.xml").getroot().iter("testcase")  # noqa: S314
    found = {case.get("name"): case for case in cases}
    skipped = found["be nice"].find("skipped")
    assert skipped is not None
    assert "generative_response_is_grounded" in (skipped.get("message") or "")
    assert found["ask for more"].find("failure") is not None


def test_coverage_counts_unit_tests_and_conversations(one_process, folder):
    coverage = read_coverage(folder / "one.json")
    # Rasa validates twice when a form begins.
    assert coverage.hits["actions"] == {"action_price": 2, "validate_pizza_form": 3}
    assert coverage.never_called == ["action_never"]
    assert coverage.covered("slots") == ["size", "price", "member"]
    assert coverage.missing("responses") == ["utter_unused"]
    assert coverage.covered("form_steps") == ["pizza_form: size"]
    assert "actions never called: action_never" in one_process.stdout
    page = (folder / "one.html").read_text(encoding="utf-8")
    assert "<li><code>action_never</code></li>" in page


def test_coverage_is_the_same_in_two_processes(one_process, two_processes, folder):
    one, two = (json.loads((folder / f).read_text()) for f in ("one.json", "two.json"))
    assert one["summary"] == two["summary"]
    # One conversation less says hello.
    assert one["hits"]["responses"].pop("utter_greet") == 3
    assert two["hits"]["responses"].pop("utter_greet") == 2
    assert one["hits"] == two["hits"]
    assert "2 not judged" in two_processes.stdout


def test_too_little_coverage_fails_a_run_in_which_all_passes(two_processes):
    assert "failed," not in two_processes.stdout
    assert "expected at least 90 percent, got 81.8" in two_processes.stdout
    assert two_processes.returncode == 1


def test_a_case_is_chosen_by_its_node_id(folder):
    done = run_pytest(folder, "tests/e2e.yml::order a pizza", "-q")
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout


def test_what_is_wrong_with_a_file_is_an_error_of_collection(folder, tmp_path):
    bad = {
        "key": "test_cases: [{test_case: a, step: []}]",
        "fixture": "test_cases: [{test_case: a, fixtures: [x], steps: [{user: a}]}]",
        "slot": "test_cases: [{test_case: a, steps: [{slot_was_set: [siz]}]}]",
    }
    write_pizza_bot(tmp_path)
    for name, text in bad.items():
        write_tests(tmp_path, text, name=f"{name}.yml")
    done = run_pytest(tmp_path, "tests", "--rasa-cov-fail-under=x")
    assert (done.returncode, "expected a number from 0 to 100" in done.stderr) == (
        4,
        True,
    )
    done = run_pytest(tmp_path, "tests")
    assert done.returncode == 2
    assert "key.yml:1: unknown key 'step' in a test case; did you mean 'steps'?" in (
        done.stdout
    )
    assert "fixture.yml:1: unknown fixture 'x'" in done.stdout
    assert "slot.yml:1: the domain has no slot 'siz'; did you mean 'size'?" in (
        done.stdout
    )
    assert "Traceback" not in done.stdout


def test_a_file_without_a_bot_is_left_alone_unless_it_is_asked_for(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "some.yml").write_text("test_cases: [{test_case: a}]\n")
    assert run_pytest(tmp_path).returncode == 5
    done = run_pytest(tmp_path, "some.yml")
    assert (done.returncode, "no bot to talk to" in done.stdout) == (2, True)


OWN = """
import pytest
from actions import Price, Validate


@pytest.fixture(scope="session")
def action_server():
    return [Price, Validate]


def run(self, dispatcher, tracker, domain):
    return [{"event": "slot", "name": "price", "value": 1, "timestamp": None}]


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    monkeypatch.setattr(Price, "run", run)
"""


def test_a_project_s_own_server_and_fixtures_are_used(tmp_path):
    write_pizza_bot(tmp_path)
    text = (
        "test_cases: [{test_case: a, steps: [{user: pizza}, {user: small}, {bot: X}]}]"
    )
    write_tests(tmp_path, text.replace("X", "That is 1"))
    (tmp_path / "conftest.py").write_text(OWN)
    done = run_pytest(tmp_path, "tests")
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout
