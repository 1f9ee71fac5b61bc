"""The promise: 24 of 24 wrong actions, each with its own rule, and no false alarm.

The actions are those that were measured with real Rasa, which noticed 8, and with a
generic API fuzzer, which noticed 4.  They run in a real rasa-sdk server, and the check
is the real command.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from rasa_mock.clients.process import ActionServerProcess

FOLDER = Path(__file__).resolve().parent.parent / "servers" / "wrong_actions"
RIGHT = ("action_good", "action_rejects")
WRONG = {
    "action_unknown_event_name": "RM203",
    "action_slot_without_value": "RM206",
    "action_slot_without_name": "RM205",
    "action_timestamp_is_a_word": "RM207",
    "action_raises": "RM105",
    "action_date_as_slot_value": "RM106",
    "action_reminder_with_bad_date": "RM212",
    "action_user_without_text": "RM211",
    "action_slot_not_in_domain": "RM301",
    "action_followup_to_unknown_action": "RM213",
    "action_list_in_list": "RM202",
    "action_string_as_event": "RM201",
    "action_text_in_float_slot": "RM303",
    "action_text_in_bool_slot": "RM304",
    "action_unlisted_category": "RM305",
    "action_float_beyond_maximum": "RM306",
    "action_text_in_list_slot": "RM307",
    "action_unknown_response": "RM502",
    "action_changes_tracker_slots": "RM308",
    "action_returns_none": "RM218",
    "action_active_loop_of_unknown_form": "RM214",
    "action_event_of_unknown_action": "RM215",
    "action_bot_event_with_nothing": "RM216",
    "action_button_without_payload": "RM504",
}
# From outside these four answer alike, with nothing: rasa-sdk hides what happened.
HIDDEN = {
    "action_list_in_list",
    "action_string_as_event",
    "action_changes_tracker_slots",
    "action_returns_none",
}
SILENT = "RM220"


def check(*arguments, report):
    """Run the command in the bot's folder; return exit code and findings by action."""
    command = [sys.executable, "-m", "rasa_mock", "check", *arguments]
    command += ["--domain", "domain.yml", "--report", f"ndjson={report}"]
    root = str(FOLDER.parents[2])
    done = subprocess.run(
        command,
        cwd=FOLDER,
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    found = defaultdict(dict)
    for line in report.read_text().splitlines():
        event = json.loads(line)
        if event["type"] == "finding":
            found[event["action"]][event["rule"]] = event
    return done.returncode, found


@pytest.fixture(scope="module")
def by_package(tmp_path_factory):
    report = tmp_path_factory.mktemp("report") / "findings.ndjson"
    return check("--actions", "actions", report=report)


@pytest.fixture(scope="module")
def by_url(tmp_path_factory):
    report = tmp_path_factory.mktemp("report") / "findings.ndjson"
    with ActionServerProcess("actions", cwd=FOLDER) as server:
        return check(server.url, report=report)


def test_the_server_has_24_wrong_actions_and_each_has_its_own_rule() -> None:
    assert len(WRONG) == len(set(WRONG.values())) == 24


@pytest.mark.parametrize("action", WRONG)
def test_each_wrong_action_is_caught_by_its_own_rule(by_package, action) -> None:
    _, found = by_package
    assert WRONG[action] in found[action]


@pytest.mark.parametrize("action", WRONG)
def test_a_wrong_action_is_accused_of_nothing_else(by_package, action) -> None:
    _, found = by_package
    others = [f for f in found[action].values() if f["rule"] != WRONG[action]]
    assert [f for f in others if f["severity"] != "info"] == []


@pytest.mark.parametrize("action", RIGHT)
def test_the_right_ones_are_left_alone(by_package, by_url, action) -> None:
    for _, found in (by_package, by_url):
        assert found.get(action, {}) == {}


@pytest.mark.parametrize("action", sorted(WRONG.keys() - HIDDEN))
def test_what_shows_on_the_wire_is_caught_by_url_as_well(by_url, action) -> None:
    _, found = by_url
    assert WRONG[action] in found[action]


@pytest.mark.parametrize("action", sorted(HIDDEN))
def test_what_rasa_sdk_hides_is_named_by_url_as_what_it_may_be(by_url, action) -> None:
    _, found = by_url
    assert list(found[action]) == [SILENT]
    assert "--actions" in found[action][SILENT]["hint"]


def test_findings_make_the_exit_code_1(by_package, by_url) -> None:
    assert by_package[0] == by_url[0] == 1


@pytest.mark.parametrize("action", WRONG)
def test_each_finding_says_what_rasa_makes_of_it_and_how_to_see_it_again(
    by_package, action
) -> None:
    finding = by_package[1][action][WRONG[action]]
    assert "Rasa" in finding["rasa"]
    assert finding["hint"]
    assert (
        f"--action {action} --seed 0 --case {finding['case']}" in finding["reproduce"]
    )
    assert finding["count"] == finding["calls"] >= 20
