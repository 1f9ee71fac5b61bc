"""`rasa-mock shell` in a pipe, as a user sees it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from rasa_mock.resources import fixture_folder

BOT = str(fixture_folder() / "conformance" / "bot")


def shell(*arguments, said):
    return subprocess.run(
        [sys.executable, "-m", "rasa_mock", "shell", *arguments],
        input="".join(f"{line}\n" for line in said),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_bot_answers_with_buttons_and_slots():
    done = shell(BOT, said=["book a concert", ":slots", ":quit", "hello"])
    assert done.returncode == 0
    assert "bot> Which genre do you like?" in done.stdout
    assert '1: Jazz (/inform{"genre": "jazz"})' in done.stdout
    assert 'requested_slot: "genre"' in done.stdout
    assert "Hey there!" not in done.stdout


def test_a_message_is_taken_back_and_the_conversation_saved(tmp_path):
    path = tmp_path / "tracker.json"
    done = shell(BOT, said=["hello", "book a concert", ":undo", f":save {path}"])
    assert done.returncode == 0
    state = json.loads(path.read_text(encoding="utf-8"))
    assert state["latest_message"]["text"] == "hello"
    assert state["active_loop"] == {}


def test_a_stub_answers_for_the_server(tmp_path):
    stubs = tmp_path / "stubs.yml"
    stubs.write_text(
        "action_tell_weather: {responses: [{text: sunny}], events: [{event: undo}]}\n",
        encoding="utf-8",
    )
    done = shell(BOT, "--stub", str(stubs), said=["how is the weather"])
    assert "bot> sunny" in done.stdout
    assert "RM651 error" in done.stdout


def test_an_action_server_that_is_down_is_a_finding_and_no_end():
    done = shell(BOT, "--url", "http://127.0.0.1:9/webhook", said=["hello", "bye"])
    assert done.returncode == 0
    assert "RM655 error" in done.stdout
    assert "bot> Goodbye :(" in done.stdout


@pytest.mark.parametrize("prefix", [":", "/"])
def test_commands_have_a_prefix_that_no_intent_has(prefix):
    done = shell(BOT, said=[f"{prefix}help", ":nope", "/greet"])
    assert ":save FILE" in done.stdout
    assert "unknown command ':nope'" in done.stderr
    assert "bot> Hey there!" in done.stdout


def test_a_folder_that_is_no_bot_is_refused(tmp_path):
    done = shell(str(tmp_path), said=[])
    assert done.returncode == 2
    assert "no domain here" in done.stderr
    assert "Traceback" not in done.stderr
