"""The pytest fixture `mock_rasa`, in a project of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.run.bots import write_bot

DOMAIN = """
    intents: [greet]
    responses: {utter_greet: [{text: hello}]}
    actions: [action_x]
"""
RULES = """
    rules:
      - rule: greet
        steps: [{intent: greet}, {action: action_x}, {action: utter_greet}]
"""
TESTS = """
import urllib.request

def test_it_is_served(mock_rasa):
    with urllib.request.urlopen(mock_rasa.url) as answer:
        assert answer.read().startswith(b"Hello from Rasa")
    mock_rasa.stub("action_x", responses=[{"text": "stubbed"}])
    assert [each["text"] for each in mock_rasa.send("/greet")] == ["stubbed", "hello"]
    mock_rasa.verify(action="action_x", times=1)

def test_each_test_has_it_as_new(mock_rasa):
    assert mock_rasa.journal() == []
    assert [each["text"] for each in mock_rasa.send("/greet")] == ["hello"]
"""


def run(folder, *options):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )


@pytest.fixture
def project(tmp_path, root, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(root))
    (tmp_path / "bot").mkdir()
    write_bot(tmp_path / "bot", domain=DOMAIN, rules=RULES)
    (tmp_path / "test_it.py").write_text(TESTS)
    return tmp_path


def test_the_fixture_serves_the_configured_bot_as_new_for_each_test(project):
    only = ("-p", "no:asyncio", "-p", "no:rasa_mock", "-p", "rasa_mock.pytest_plugin")
    done = run(project, *only, "--rasa-bot=bot", "-W", "error")
    assert "2 passed" in done.stdout, done.stdout + done.stderr
