"""All 122 recorded answers, from a real socket through the real client to the outcome.

A listener sends what Rasa was sent, byte for byte; `PORT` in the recording is its port.
The way through the client is part of the test: redirects, slowness, broken answers.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from base64 import b64decode
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from rasa_mock.clients.http import AsyncHttpClient, HttpClient
from rasa_mock.clock import parse_date
from rasa_mock.core.domain import Domain
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.outcome import interpret
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import build_request

ROOT = Path(__file__).resolve().parents[2]
PROTOCOL = json.loads(
    (ROOT / "fixtures/conformance/action_protocol.json").read_text(encoding="utf-8")
)
CASES = {case["id"]: case for case in PROTOCOL["responses"]}
SETUP = PROTOCOL["response_setup"]

NOW = 1700000000.125
OUTSIDE = {
    "now": NOW,
    "new_id": lambda: "00000000-0000-1000-8000-000000000000",
    "parse_date": parse_date,
}
OSLO = b'{"events": [{"event": "slot", "name": "location", "value": "Oslo"}]}'
MOVED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
)


def redirect(status: int, path: str) -> bytes:
    return (
        f"HTTP/1.1 {status} X\r\nLocation: {path}\r\nContent-Length: 0\r\n"
        "Connection: close\r\n\r\n"
    ).encode()


REDIRECTS = {
    "redirect_302_ok": {"/webhook": redirect(302, "/moved"), "/moved": MOVED + OSLO},
    "redirect_307_ok": {"/webhook": redirect(307, "/moved"), "/moved": MOVED + OSLO},
    "redirect_308_ok": {"/webhook": redirect(308, "/moved"), "/moved": MOVED + OSLO},
    "redirect_loop": {"/webhook": redirect(302, "/webhook")},
}
"""The recording has the requests only, not the answers that led to them."""

ELSEWHERE = {
    "connection_refused": "http://127.0.0.1:{closed_port}/webhook",
    "unknown_host": "http://no-such-host.invalid/webhook",
}


class Listener(threading.Thread):
    """A socket that sends the answer for the path asked for, then closes.

    It sends nothing for `slow` until it is closed itself.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.answers: Mapping[str, bytes] = {}
        self.seen: list[str] = []
        self.is_slow = False
        self.released = threading.Event()

    def play(self, answers: Mapping[str, bytes], *, is_slow: bool) -> None:
        self.answers, self.is_slow, self.seen = answers, is_slow, []

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                self.answer(connection)

    def answer(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        with connection.makefile("rb") as stream:
            line = stream.readline().decode().strip()
            length = 0
            while header := stream.readline().strip():
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            stream.read(length)
        self.seen.append(line)
        if self.is_slow:
            self.released.wait(10)
        try:
            connection.sendall(self.answers[line.split()[1]])
        except OSError:
            assert self.is_slow  # the client has given up

    def close(self) -> None:
        self.released.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.join(10)


@pytest.fixture
def listener():
    listener = Listener()
    listener.start()
    yield listener
    listener.close()
    assert not listener.is_alive()


@pytest.fixture(scope="module")
def domain():
    return Domain.from_dict(SETUP["domain"])


def closed_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return server.getsockname()[1]


def call_in_a_thread(endpoint, request, **options):
    with HttpClient(endpoint, **options) as client:
        return client.call(request)


def call_with_asyncio(endpoint, request, **options):
    async def call():
        async with AsyncHttpClient(endpoint, **options) as client:
            return await client.call(request)

    return asyncio.run(call())


CALLS = {"thread": call_in_a_thread, "asyncio": call_with_asyncio}


def outcome_of(case, *, domain, listener, call):
    template = ELSEWHERE.get(case["id"], "http://127.0.0.1:{port}/webhook")
    url = template.format(port=listener.port, closed_port=closed_port())
    is_slow = case["id"] == "slow"
    raw = b64decode(case.get("raw_response_base64", ""))
    listener.play(REDIRECTS.get(case["id"], {"/webhook": raw}), is_slow=is_slow)
    tracker = Tracker.from_events(
        SETUP["sender_id"], SETUP["tracker_events"], domain=domain, **OUTSIDE
    )
    endpoint = Endpoint(url=url, timeout=0.5 if is_slow else 20.0)
    request = build_request(
        endpoint, action=SETUP["action"], tracker=tracker, domain=domain
    )
    reply = call(endpoint, request)
    return interpret(
        reply, action=SETUP["action"], tracker=tracker, domain=domain, **OUTSIDE
    )


def as_recorded(value):
    """Write a value as the recording does, which has NaN as text."""
    return json.loads(json.dumps(value), parse_constant=str)


def rasas_words(error):
    """Cut an error's message where jsonschema's schema, a URL or aiohttp begins."""
    message = error["message"]
    for end in ("\n\nFailed validating", " at 'http", " Error: "):
        message = message.partition(end)[0]
    return message


def error_of(outcome, *, phase):
    error = outcome.error
    return error if error is not None and error.phase == phase else None


def processor_as_recorded(outcome):
    """Say what became of the turn; the recording leaves out the loop's trigger."""
    tracker = outcome.tracker
    loop = {k: v for k, v in tracker.active_loop.items() if k != "trigger_message"}
    return as_recorded(
        {
            "predict_again": outcome.predict_again,
            "new_events": outcome.events,
            "applied_count": len(tracker.applied_events()),
            "slots": tracker.slots,
            "paused": tracker.paused,
            "followup_action": tracker.followup_action,
            "active_loop": loop,
            "latest_action_name": tracker.latest_action_name,
            "messages": outcome.messages,
        }
    )


@pytest.mark.parametrize("how", CALLS)
@pytest.mark.parametrize("case_id", CASES)
def test_a_recorded_answer(case_id, how, listener, domain):
    case = CASES[case_id]
    outcome = outcome_of(case, domain=domain, listener=listener, call=CALLS[how])
    assert listener.seen == case["requests_seen"]

    run_error = error_of(outcome, phase="run")
    if "error" in case["run"]:
        expected = case["run"]["error"]
        assert run_error.rasa_class == expected["class"]
        assert run_error.message.startswith(rasas_words(expected))
    else:
        assert run_error is None
        assert as_recorded(outcome.returned) == case["run"]["events"]

    processor = dict(case["processor"])
    expected = processor.pop("error", None)
    processor_error = error_of(outcome, phase="processor")
    if expected is None:
        assert processor_error is None
    else:
        assert processor_error.rasa_class == expected["class"]
        assert processor_error.message == expected["message"]
    assert processor_as_recorded(outcome) == {"predict_again": None, **processor}


def test_no_recorded_answer_is_left_out():
    assert len(CASES) == 122
    without_answer = {key for key, case in CASES.items() if not _raw(case)}
    assert without_answer == {*REDIRECTS, *ELSEWHERE, "closed_without_answer"}


def _raw(case):
    return case.get("raw_response_base64")
