"""`rasa-mock check` as its users call it: the real command, real sockets."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.servers.stub import stub

__all__ = ["stub"]

ROOT = Path(__file__).resolve().parents[2]
BASH, CURL = shutil.which("bash"), shutil.which("curl")
WEATHER = ROOT / "examples" / "weather"
DOMAIN = """\
version: "3.1"
intents:
  - greet
slots:
  city:
    type: text
    mappings:
      - type: custom
  size:
    type: shop.slots.SizeSlot
    mappings:
      - type: custom
actions:
  - action_one
  - action_two
"""
FINE = {"responses": [{"text": "hi"}]}
UNKNOWN_SLOT = {"events": [{"event": "slot", "name": "town", "value": 1}]}
WRONG_TYPE = {"events": [{"event": "slot", "name": "city", "value": 1}]}


@pytest.fixture
def bot(tmp_path):
    (tmp_path / "domain.yml").write_text(DOMAIN)
    return tmp_path


def run(arguments, *, cwd, binary=False):
    return subprocess.run(
        [sys.executable, "-m", "rasa_mock", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=not binary,
        timeout=90,
        check=False,
    )


def check(bot, *arguments, **how):
    return run(["check", "--domain", "domain.yml", *arguments], cwd=bot, **how)


def findings(path):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [line for line in lines if line["type"] == "finding"]


def test_a_server_without_mistakes(bot, stub) -> None:
    stub.answer = lambda _request: FINE
    done = check(bot, stub.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 errors, 0 warnings, 0 info" in done.stdout
    assert "shop.slots.SizeSlot" in done.stdout, "a slot class that is not known here"


EXIT_CODES = [
    (UNKNOWN_SLOT, "error", 1),
    (UNKNOWN_SLOT, "never", 0),
    (WRONG_TYPE, "error", 0),
    (WRONG_TYPE, "warning", 1),
    ({}, "warning", 0),
    ({}, "info", 1),
]


@pytest.mark.parametrize(("answer", "fail_on", "code"), EXIT_CODES)
def test_the_exit_code_is_a_matter_of_severity(
    bot, stub, answer, fail_on, code
) -> None:
    stub.answer = lambda _request: answer
    done = check(bot, stub.url, "--action", "action_one", "--fail-on", fail_on)
    assert done.returncode == code


def test_warnings_fail_by_default(bot, stub) -> None:
    stub.answer = lambda _request: WRONG_TYPE
    assert check(bot, stub.url, "--action", "action_one").returncode == 1


def test_one_action_and_one_case(bot, stub) -> None:
    stub.answer = lambda _request: FINE
    check(bot, stub.url, "--action", "action_two", "--case", "turn-1")
    assert [call["next_action"] for call in stub.calls] == ["action_two"]


def test_more_cases(bot, stub) -> None:
    stub.answer = lambda _request: FINE
    check(bot, stub.url, "--action", "action_two", "--cases", "60")
    assert len(stub.calls) >= 60


def test_the_seed_is_printed_and_makes_the_same_requests(bot, stub) -> None:
    stub.answer = lambda _request: FINE
    for seed in ("5", "5", "6"):
        # How often a probe asks depends on the times that it takes.
        words = ["--action", "action_one", "--seed", seed, "--no-behaviour"]
        done = check(bot, stub.url, *words)
        assert f"seed {seed}" in done.stdout
    third = len(stub.bodies) // 3
    assert stub.bodies[:third] == stub.bodies[third : 2 * third]
    assert stub.bodies[:third] != stub.bodies[2 * third :]


def test_the_request_that_is_shown_is_the_one_that_is_sent(bot, stub) -> None:
    stub.answer = lambda _request: FINE
    chosen = ["--action", "action_one", "--case", "turn-2", "--seed", "3"]
    check(bot, stub.url, *chosen)
    shown = check(bot, stub.url, *chosen, "--show-request", binary=True)
    assert [shown.stdout] == stub.bodies
    assert len(stub.calls) == 1, "showing calls nothing"


def test_a_finding_is_reproduced_by_its_command_and_by_curl(bot, stub) -> None:
    stub.answer = lambda request: (
        UNKNOWN_SLOT if request["tracker"]["latest_input_channel"] else FINE
    )
    report = bot / "out.ndjson"
    done = check(bot, stub.url, "--report", f"ndjson={report}", "--seed", "11")
    first, _second = findings(report)
    sent = stub.bodies.copy()

    stub.bodies.clear()
    words = shlex.split(first["reproduce"])
    assert words[0] == "rasa-mock"
    assert run(words[1:], cwd=bot).returncode == 1
    (again,) = stub.bodies
    assert again in sent

    if not (BASH and CURL):
        pytest.skip("the first half holds; the second needs bash and curl")
    stub.bodies.clear()
    subprocess.run(
        [BASH, "-c", pipeline(done.stdout)], cwd=bot, env=environment(bot), check=True
    )
    assert stub.bodies == [again]


def pipeline(console):
    """Return the first command with curl as a user would copy it."""
    lines = console.splitlines()
    end = next(n for n, line in enumerate(lines) if line.strip().startswith("curl"))
    while lines[end].endswith("\\"):
        end += 1
    pipe = next(n for n in range(end, 0, -1) if lines[n].endswith("|"))
    start = pipe
    while lines[start - 1].endswith("\\"):
        start -= 1
    return "\n".join(lines[start : end + 1])


def environment(bot):
    """Put a `rasa-mock` of this checkout on the path."""
    script = bot / "bin" / "rasa-mock"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m rasa_mock "$@"\n')
    script.chmod(0o755)
    path = f"{script.parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PYTHONPATH": str(ROOT), "PATH": path}


def test_headers_and_token_are_sent_and_not_shown(bot, stub) -> None:
    stub.answer = lambda _request: UNKNOWN_SLOT
    secret = ["--header", "X-Key: s3cret", "--token", "t0ken"]
    done = check(bot, stub.url, "--action", "action_one", *secret)
    assert stub.headers[0]["X-Key"] == "s3cret"
    assert stub.paths[0] == "/webhook?token=t0ken"
    assert "s3cret" not in done.stdout
    assert "t0ken" not in done.stdout


def test_a_url_without_a_path_is_that_of_the_webhook(bot, stub) -> None:
    stub.answer = lambda _request: FINE
    check(bot, stub.url.removesuffix("/webhook"), "--action", "action_one")
    assert set(stub.paths) == {"/webhook"}


@pytest.mark.parametrize("chosen", [["--select", "RM5"], ["--ignore", "rm301"]])
def test_rules_can_be_chosen(bot, stub, chosen) -> None:
    stub.answer = lambda _request: UNKNOWN_SLOT
    assert check(bot, stub.url, *chosen).returncode == 0


def test_a_slow_action_is_not_waited_for(bot, stub) -> None:
    import threading

    release = threading.Event()
    stub.answer = lambda _request: release.wait(20) and FINE
    report = bot / "out.ndjson"
    chosen = ["--action", "action_one", "--timeout", "0.4"]
    done = check(bot, stub.url, *chosen, "--report", f"ndjson={report}")
    release.set()
    assert done.returncode == 1
    assert [f["rule"] for f in findings(report)] == ["RM102"]


def test_an_event_type_of_a_schema_folder_is_known(bot, stub) -> None:
    events = bot / "schemas" / "events"
    events.mkdir(parents=True)
    (events / "coupon.json").write_text(
        json.dumps(
            {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "title": "Coupon",
                "description": "A coupon was given.",
                "type": "object",
                "properties": {
                    "event": {"const": "coupon"},
                    "percent": {"type": "integer", "maximum": 50},
                },
                "required": ["event", "percent"],
                "examples": [{"event": "coupon", "percent": 10}],
            }
        )
    )
    chosen = ["--action", "action_one", "--schemas", "schemas"]
    stub.answer = lambda _request: {"events": [{"event": "coupon", "percent": 10}]}
    done = check(bot, stub.url, *chosen)
    assert "RM203" not in done.stdout
    stub.answer = lambda _request: {"events": [{"event": "coupon", "percent": "ten"}]}
    done = check(bot, stub.url, *chosen)
    assert "coupon: expected a whole number" in " ".join(done.stdout.split())
    assert check(bot, stub.url, "--action", "action_one").stdout.count("RM203") == 1


def test_reports_to_files_and_to_standard_output(bot, stub) -> None:
    stub.answer = lambda _request: UNKNOWN_SLOT
    reports = ["--report", "junit=out.xml", "--report", "ndjson=-"]
    done = check(bot, stub.url, *reports)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[0]["type"] == "run_started"
    assert "Checking" in done.stderr
    suites = ET.fromstring((bot / "out.xml").read_text())  # noqa: S314 - our own
    assert [suite.get("name") for suite in suites] == ["action_one", "action_two"]


@pytest.mark.parametrize("package", ["actions", str(WEATHER / "actions")])
def test_a_package_by_name_and_by_path(package, tmp_path) -> None:
    report = tmp_path / "out.ndjson"
    cwd = WEATHER if package == "actions" else tmp_path
    domain = WEATHER / "domain.yml"
    chosen = ["--actions", package, "--domain", domain, "--report", f"ndjson={report}"]
    done = run(["check", *chosen], cwd=cwd)
    assert done.stderr == ""
    assert [f for f in findings(report) if f["severity"] != "info"] == []
    assert done.returncode == 0


def test_without_observation_nothing_is_seen_inside(tmp_path) -> None:
    folder = ROOT / "tests" / "servers" / "wrong_actions"
    report = tmp_path / "out.ndjson"
    chosen = ["--actions", "actions", "--action", "action_returns_none"]
    done = check(folder, *chosen, "--no-observe", "--report", f"ndjson={report}")
    assert [f["rule"] for f in findings(report)] == ["RM220"]
    assert done.returncode == 0


def test_the_answer_of_the_server_may_be_anything_at_all(bot, stub) -> None:
    """Half characters, steering codes and the like neither crash nor steer."""
    body = b'{"responses": [{"response": "utter_\\ud800\\u001b[2J\\u2028"}]}'
    stub.answer = lambda _request: (200, body)
    done = check(bot, stub.url, "--action", "action_one", binary=True)
    assert done.returncode == 1
    assert b"RM502" in done.stdout
    assert b"\x1b" not in done.stdout
    assert done.stderr == b""
