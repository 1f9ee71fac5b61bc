"""`rasa-mock doctor` on a real rasa-sdk server, and on what is none."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rasa_mock.cli.doctor import listening_addresses
from rasa_mock.clients.process import ActionServerProcess

WEATHER = Path(__file__).parents[2] / "examples" / "weather"


def doctor(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "rasa_mock", "doctor", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "COLUMNS": "80"},
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def weather() -> Iterator[str]:
    with ActionServerProcess("actions", cwd=WEATHER) as server:
        yield server.url


class NotAnActionServer(BaseHTTPRequestHandler):
    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"hi")

    do_GET = do_POST = answer  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def stranger() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), NotAnActionServer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/webhook"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_healthy_server_is_told_in_plain_words(weather: str) -> None:
    code, said = doctor(weather, "--domain", str(WEATHER / "domain.yml"))
    assert code == 0
    for line in (
        "is it reachable? yes",
        "is it an action server? yes",
        "which actions has it? 4: action_tell_weather",
        "on 127.0.0.1 only",
        "does it take compressed requests? yes",
        "yes: without it validate_weather_form gets 449",
        "rasa-sdk, 3.9 or newer",
        "does it work with Rasa Pro 3.21? yes",
    ):
        assert line in said
    assert all(len(line) <= 80 for line in said.splitlines())


def test_an_action_of_the_domain_that_the_server_lacks_is_bad(
    weather: str, tmp_path: Path
) -> None:
    domain = tmp_path / "domain.yml"
    domain.write_text('version: "3.1"\nactions: [action_nowhere]\n')
    code, said = doctor(weather, "--domain", str(domain))
    assert code == 1
    assert "does it have the domain's actions? no: action_nowhere" in said


def test_what_is_no_action_server_is_doubted(stranger: str) -> None:
    code, said = doctor(stranger)
    assert "perhaps: an unknown action gets 200" in said
    assert "name one with --action" in said
    assert code == 0


def test_a_server_that_does_not_understand_the_action_is_bad(stranger: str) -> None:
    code, said = doctor(stranger, "--action", "action_x")
    assert code == 1
    assert "does it work with Rasa 3.6.21? no" in said


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("http://127.0.0.1:1", 3, "nothing listens there"),
        ("http://no.such.host.invalid", 3, "is it reachable?"),
        ("localhost:5055", 2, "cannot call the URL"),
    ],
)
def test_a_server_that_is_not_there(url: str, code: int, words: str) -> None:
    got, said = doctor(url)
    assert got == code
    assert words in said


def test_of_other_machines_nothing_is_told() -> None:
    assert list(listening_addresses("http://192.0.2.1:5055/webhook")) == []
