"""`rasa-mock check --baseline`: fail on what is new, and say what is gone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOMAIN = """\
version: "3.1"
slots:
  city: {type: text, mappings: [{type: custom}]}
actions: [action_one, action_two]
"""
ACTIONS = """\
from rasa_sdk import Action
from rasa_sdk.events import SlotSet


class One(Action):
    def name(self):
        return "action_one"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text="one")
        return [SlotSet("%s", "Rome")]


class Two(Action):
    def name(self):
        return "action_two"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text="two")
        return [SlotSet("%s", "Rome")]
"""
CONFIG = 'domain = "domain.yml"\nactions = "actions"\ncases = 1\nbehaviour = false\n'


def check(*words: str, cwd: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "rasa_mock", "check", "--cases", "1", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def bot(tmp_path: Path) -> Path:
    (tmp_path / "domain.yml").write_text(DOMAIN)
    (tmp_path / "rasa_mock.toml").write_text(CONFIG)
    sets(tmp_path, one="town", two="city")
    return tmp_path


def sets(bot: Path, *, one: str, two: str) -> None:
    (bot / "actions.py").write_text(ACTIONS % (one, two))


def entries(bot: Path) -> list[tuple[str, str, str]]:
    document = json.loads((bot / "known.json").read_text("utf-8"))
    assert (document["format"], document["version"]) == ("rasa-mock baseline", 1)
    assert all(each["message"] for each in document["findings"])
    return [(e["rule"], e["action"], e["subject"]) for e in document["findings"]]


def test_a_run_fails_on_what_is_new_and_names_what_is_gone(bot: Path) -> None:
    assert check(cwd=bot)[0] == 1
    code, said = check("--baseline", "known.json", "--update-baseline", cwd=bot)
    assert code == 0
    assert "1 finding written to known.json" in said
    (known,) = entries(bot)
    assert known[1:] == ("action_one", "town")

    code, said = check("--baseline", "known.json", cwd=bot)
    assert code == 0
    assert "1 of them in the baseline" in said
    assert "no longer found" not in said

    sets(bot, one="city", two="village")
    code, said = check("--baseline", "known.json", cwd=bot)
    assert code == 1
    assert f"no longer found: {known[0]} action_one town" in said

    # A run over one action says nothing about the others, and keeps their entries.
    words = ("--baseline", "known.json", "--action", "action_two")
    assert "no longer found" not in check(*words, cwd=bot)[1]
    assert check(*words, "--update-baseline", cwd=bot)[0] == 0
    assert [entry[1:] for entry in entries(bot)] == [
        ("action_one", "town"),
        ("action_two", "village"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no such baseline; write it with --update-baseline"),
        ("{", "the baseline is broken"),
        ("", "the baseline is broken"),
        ("[]", "this is no baseline"),
        ('{"format": "rasa-mock baseline", "version": 99}', "has version 99"),
        ('{"format": "rasa-mock baseline", "version": "1"}', "version is '1'"),
        ('{"format": "rasa-mock baseline", "version": true}', "version is True"),
        ('{"format": "rasa-mock baseline", "version": 1}', "no list of findings"),
        (
            '{"format": "rasa-mock baseline", "version": 1, "findings": [{}]}',
            "expected rule, action and subject",
        ),
    ],
)
def test_a_baseline_that_cannot_be_used(bot: Path, text: str | None, said: str) -> None:
    if text is not None:
        (bot / "known.json").write_text(text)
    code, told = check("--baseline", "known.json", cwd=bot)
    assert code == 2
    assert said in told
    assert "known.json" in told
    assert "Checking" not in told


def test_a_baseline_that_cannot_be_written_is_told_before_the_run(bot: Path) -> None:
    words = ("--baseline", "nowhere/known.json", "--update-baseline")
    code, told = check(*words, cwd=bot)
    assert code == 2
    assert "cannot write the baseline 'nowhere/known.json'" in told
    assert "Checking" not in told


def test_a_run_that_cannot_begin_leaves_no_baseline_behind(bot: Path) -> None:
    words = ("http://127.0.0.1:1", "--baseline", "known.json", "--update-baseline")
    assert check(*words, cwd=bot)[0] == 3
    assert not (bot / "known.json").exists()
