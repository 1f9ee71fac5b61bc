"""The catalogue behind a real rasa-sdk, checked by URL from the command line's side."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from rasa_mock.clients.process import ActionServerProcess
from tests.servers.catalogue.bot import domain_of
from tests.servers.catalogue.served import SERVED_RIGHT, SERVED_WRONG

ROOT = Path(__file__).resolve().parents[2]
# The others are judged in process: the server adds nothing to what they answer.
EVERY = 7
# What rasa-sdk itself drops before it answers: on the wire nothing of it is left.
DROPPED = ("action_nameless_event",)
WRONG = [row for row in SERVED_WRONG[::EVERY] if row.name not in DROPPED]
RIGHT = SERVED_RIGHT[::EVERY]


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    """Check a sample of both by URL; return the findings by action."""
    folder = tmp_path_factory.mktemp("catalogue")
    domain, report = folder / "domain.yml", folder / "report.ndjson"
    domain.write_text(json.dumps(domain_of([*SERVED_WRONG, *SERVED_RIGHT])))
    package = "tests.servers.catalogue.served"
    found = defaultdict(list)
    with ActionServerProcess(package, cwd=ROOT) as server:
        command = [sys.executable, "-m", "rasa_mock", "check", server.url]
        command += ["--domain", str(domain), "--report", f"ndjson={report}"]
        # What several calls show is looked for where it would be a false alarm.
        for rows, words in ((WRONG, ["--no-behaviour"]), (RIGHT, [])):
            words += [f"--action={row.name}" for row in rows]
            ended = subprocess.run(
                [*command, *words], cwd=ROOT, check=False, capture_output=True
            )
            assert ended.stderr == b""
            for line in report.read_text().splitlines():
                event = json.loads(line)
                if event["type"] == "finding" and event["severity"] != "info":
                    found[event["action"]].append(event["rule"])
    return found


@pytest.mark.parametrize("row", WRONG, ids=lambda row: row.name)
def test_a_wrong_action_is_found(row, findings) -> None:
    assert row.rule in findings[row.name]


@pytest.mark.parametrize("row", RIGHT, ids=lambda row: row.name)
def test_a_right_action_is_left_alone(row, findings) -> None:
    assert findings[row.name] == []
