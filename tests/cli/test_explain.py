"""`rasa-mock explain`, by the real command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rasa_mock.cli.explain import explained, explanation, listing
from rasa_mock.core.notes import NOTES
from rasa_mock.rules.catalogue import all_rules

ROOT = Path(__file__).resolve().parents[2]


def explain(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "rasa_mock", "explain", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("rule_id", ["RM206", "rm206", " RM206 "])
def test_a_rule_is_explained(rule_id) -> None:
    done = explain(rule_id)
    assert done.returncode == 0
    for part in (
        "slot event without a value",
        '{"event": "slot", "name": "city"}',
        "ValidationError",
        "to do",
        "right",
    ):
        assert part in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    ("wrong", "nearest"), [("RM2006", "RM206"), ("RM999", "RM"), ("slot", "RM")]
)
def test_an_unknown_rule_names_the_nearest(wrong, nearest) -> None:
    done = explain(wrong)
    assert done.returncode == 2
    assert repr(wrong) in done.stderr
    assert f"the nearest is {nearest}" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_rule_all_are_listed() -> None:
    done = explain()
    assert done.returncode == 0
    for rule in all_rules():
        assert f"{rule.id}  {rule.severity:<7}  {rule.title}" in done.stdout
    assert max(map(len, listing())) <= 100


@pytest.mark.parametrize("kind", NOTES.values(), ids=lambda kind: kind.rule)
def test_what_conversations_show_is_explained_too(kind) -> None:
    text = "\n".join(explained(kind.rule.lower()))
    assert kind.title in text
    assert "in Rasa" in text
    assert any(kind.rule in line for line in listing())


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_every_rule_can_be_explained(rule) -> None:
    text = "\n".join(explanation(rule))
    assert rule.title in text
    assert "in Rasa" in text
    assert "right" in text
    assert len(text) < 10_000
