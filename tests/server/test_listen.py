"""Sockets: how fast, how patient, and what happens to clients that misbehave."""

from __future__ import annotations

import asyncio
import json
import socket
import time

import pytest

from rasa_mock.errors import UsageError
from rasa_mock.files.bot import load_bot
from rasa_mock.resources import fixture_folder
from rasa_mock.run.answers import reply_of
from rasa_mock.server import create_app, listen
from rasa_mock.server.listen import address_of, bind
from rasa_mock.similar import similar
from tests.server.served import PATIENCE, running

WEBHOOK = "/webhooks/rest/webhook"


@pytest.fixture(scope="module")
def app():
    bot = load_bot(fixture_folder() / "conformance" / "bot", similar=similar)

    async def answers(_command):
        await asyncio.sleep(0.05)
        return reply_of(None)

    return create_app(bot, answers=answers)


@pytest.fixture(scope="module")
def address(app):
    with running(app) as (url, _loop):
        yield "127.0.0.1", int(url.rpartition(":")[2])


def request(path="/version", body=b"", *, method="GET", length=None):
    size = len(body) if length is None else length
    head = f"{method} {path} HTTP/1.1\r\nHost: rasa\r\nContent-Length: {size}\r\n\r\n"
    return head.encode() + body


def talk(sock):
    """Read one answer with a Content-Length; give status and body."""
    with sock.makefile("rb") as stream:
        status = int(stream.readline().split()[1])
        size = 0
        while (line := stream.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                size = int(value)
        return status, stream.read(size)


def connect(address):
    return socket.create_connection(address, timeout=PATIENCE)


def test_a_bound_socket_does_not_wait_for_more_to_send(address):
    """Without its protocol named, asyncio's socket took 44 ms for each answer."""
    with connect(address) as sock:
        seconds = []
        for _ in range(15):
            begun = time.perf_counter()
            sock.sendall(request())
            assert talk(sock)[0] == 200
            seconds.append(time.perf_counter() - begun)
    # Nagle's algorithm costs 40 ms each time, a loaded machine not even mostly.
    assert min(seconds) < 0.03


def test_a_socket_names_its_protocol():
    with bind("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP
        assert address_of(listening).startswith("http://127.0.0.1:")


def test_a_port_that_is_taken_is_named():
    with bind("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(UsageError, match=f":{port}: address already in"):
            bind("127.0.0.1", port)


def test_a_host_that_is_not_ours_is_named():
    with pytest.raises(UsageError, match="cannot listen on 192"):
        bind("192.0.2.1", 0)


def test_a_client_that_has_closed_its_half_is_answered(address, app):
    body = json.dumps({"sender": "half", "message": "/greet"}).encode()
    with connect(address) as sock:
        sock.sendall(request(WEBHOOK, body, method="POST"))
        sock.shutdown(socket.SHUT_WR)
        status, answer = talk(sock)
        assert (status, json.loads(answer)[0]["text"]) == (200, "Hey there!")
        assert sock.recv(1) == b""


def test_a_client_that_goes_away_loses_its_answer_and_not_its_turn(address, app):
    body = json.dumps({"sender": "gone", "message": "/greet"}).encode()
    with connect(address) as sock:
        sock.sendall(request(WEBHOOK, body, method="POST"))
    shelf = app.state.agent.shelf
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        tracker = shelf.load("gone", everything=True)
        if tracker is not None and len(tracker.events) > 5:
            break
        time.sleep(0.02)
    assert [e["text"] for e in tracker.events if e["event"] == "bot"] == ["Hey there!"]


def test_half_a_body_makes_no_turn(address, app):
    body = json.dumps({"sender": "cut", "message": "/greet"}).encode()
    with connect(address) as sock:
        whole = request(WEBHOOK, body[:10], method="POST", length=len(body))
        sock.sendall(whole)
    with connect(address) as sock:
        sock.sendall(request())
        assert talk(sock)[0] == 200
    assert app.state.agent.shelf.load("cut", everything=True) is None


def test_a_slow_client_keeps_nobody_else_waiting(address):
    body = json.dumps({"sender": "slow", "message": "/greet"}).encode()
    whole = request(WEBHOOK, body, method="POST")
    with connect(address) as slow:
        for at in range(len(whole) - 1):
            slow.sendall(whole[at : at + 1])
            if at % 50 == 0:
                with connect(address) as sock:
                    sock.sendall(request())
                    assert talk(sock)[0] == 200
        slow.sendall(whole[-1:])
        assert talk(slow)[0] == 200


def test_a_client_that_says_nothing_is_let_go(app, monkeypatch):
    monkeypatch.setattr(listen, "REQUEST_SECONDS", 0.05)
    with running(app) as (url, _loop):
        with connect(("127.0.0.1", int(url.rpartition(":")[2]))) as sock:
            assert sock.recv(1) == b""
        with connect(("127.0.0.1", int(url.rpartition(":")[2]))) as sock:
            sock.sendall(b"GET /version HTTP/1.1\r\nHo")
            assert sock.recv(1) == b""


def test_many_idle_connections_are_kept(address):
    idle = [connect(address) for _ in range(300)]
    try:
        for sock in (idle[0], idle[-1]):
            sock.sendall(request())
            assert talk(sock)[0] == 200
    finally:
        for sock in idle:
            sock.close()


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
    ids=["TLS", "words", "version", "negative", "letters", "control"],
)
def test_what_is_no_http_is_refused(address, data):
    with connect(address) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        said = sock.makefile("rb").read()
    assert said == b"" or b" 400 " in said.splitlines()[0]
    with connect(address) as sock:
        sock.sendall(request())
        assert talk(sock)[0] == 200


@pytest.mark.parametrize(
    "sender",
    [
        "a/b",
        "..",
        "../../etc/passwd",
        "%2F",
        "a\x00b",
        "a\nb",
        "\U0001f600",
        "x" * 10_000,
    ],
    ids=["slash", "dots", "path", "percent", "nul", "newline", "emoji", "long"],
)
def test_the_id_of_a_sender_is_data(address, sender):
    body = json.dumps({"sender": sender, "message": "/greet"}).encode()
    with connect(address) as sock:
        sock.sendall(request(WEBHOOK, body, method="POST"))
        status, answer = talk(sock)
    assert status == 200
    assert json.loads(answer) == [{"recipient_id": sender, "text": "Hey there!"}]


def test_pipelined_requests_are_answered_in_their_order(address):
    with connect(address) as sock:
        sock.sendall(request("/") + request("/version"))
        assert talk_raw(sock, 2) == [b"Hello from Rasa: 3.6.21", b"{"]


def talk_raw(sock, number):
    """Read answers from one stream; give the beginnings of their bodies."""
    stream, bodies = sock.makefile("rb"), []
    for _ in range(number):
        size = 0
        stream.readline()
        while (line := stream.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                size = int(value)
        body = stream.read(size)
        bodies.append(body[:1] if body[:1] == b"{" else body)
    return bodies
