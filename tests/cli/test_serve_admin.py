"""`rasa-mock serve --admin`: who may have it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import httpx
import pytest
from click.testing import CliRunner

from rasa_mock.cli.main import cli
from tests.run.bots import write_bot

DOMAIN = """
    intents: [greet]
    responses: {utter_greet: [{text: hello}]}
"""
RULES = """
    rules:
      - rule: greet
        steps: [{intent: greet}, {action: utter_greet}]
"""
PATIENCE = 60
EVERYWHERE = "0.0.0.0"  # noqa: S104  refused


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_bot(tmp_path_factory.mktemp("bot"), domain=DOMAIN, rules=RULES)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--interface", EVERYWHERE], f"--admin on {EVERYWHERE} needs --admin-token"),
        (["--workers", "2"], "--admin steers one process"),
    ],
    ids=["everywhere", "workers"],
)
def test_what_would_be_dangerous_or_pointless_is_refused(folder, options, message):
    command = ["serve", str(folder), "--port", "0", "--admin", *options]
    done = CliRunner().invoke(cli, command, standalone_mode=False)
    assert message in str(done.exception)
    assert getattr(done.exception, "exit_code", None) == 2


def test_the_admin_api_is_served_with_its_token(folder, tmp_path):
    ready = tmp_path / "ready"
    served = subprocess.Popen(
        [
            *(sys.executable, "-m", "rasa_mock", "serve", str(folder), "--port", "0"),
            *("--ready-file", str(ready), "--admin"),
        ],
        env={**os.environ, "RASA_MOCK_ADMIN_TOKEN": "thecat"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        until = time.monotonic() + PATIENCE
        while not ready.exists() and time.monotonic() < until:
            assert served.poll() is None, served.stdout.read()
            time.sleep(0.05)
        url = f"{ready.read_text().strip()}/__mock__/clock"
        assert httpx.get(url, trust_env=False).status_code == 401
        headers = {"X-Mock-Token": "thecat"}
        frozen = {"now": 1_700_000_000, "frozen": True}
        told = httpx.put(url, json=frozen, headers=headers, trust_env=False)
        assert told.json() == frozen
    finally:
        served.send_signal(signal.SIGTERM)
        output, _ = served.communicate(timeout=PATIENCE)
    assert served.returncode == 0
    assert "thecat" not in output
