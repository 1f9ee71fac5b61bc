"""Both clients on real sockets, when all goes well or nearly so."""

from __future__ import annotations

import asyncio
import gzip
import json
import signal
import socket
import ssl
import threading
import time
import zlib

import httpx
import pytest

from rasa_mock.clients.base import action_names
from rasa_mock.clients.connection import IDLE_SECONDS
from rasa_mock.clients.http import AsyncHttpClient, HttpClient
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.wire import Reply
from tests.clients.conftest import NoDomain, request_for
from tests.clients.listener import JSON_OK, OK, OK_CLOSE

CHUNKED = JSON_OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP = JSON_OK + b"Content-Encoding: gzip\r\n\r\n"
DEFLATED = JSON_OK + b"Content-Encoding: deflate\r\n\r\n"
GET_HEADERS = ["Host", "Accept", "Accept-Encoding", "User-Agent"]


def head_of(raw: bytes) -> list[str]:
    return raw.partition(b"\r\n\r\n")[0].decode().split("\r\n")


def test_a_connection_is_kept_for_the_next_call(listen, calls):
    listener = listen(OK)
    replies = calls(Endpoint(url=listener.url), times=5)
    assert [reply.status for reply in replies] == [200] * 5
    assert (len(listener.requests), listener.connections) == (5, 1)


def test_faithful_opens_a_connection_for_each_request_as_rasa_does(listen, calls):
    listener = listen(OK)
    replies = calls(Endpoint(url=listener.url), times=3, faithful=True)
    assert [reply.status for reply in replies] == [200] * 3
    assert (len(listener.requests), listener.connections) == (3, 3)
    assert not any(
        line.startswith("Connection") for line in head_of(listener.requests[0])
    )


def test_a_server_that_closes_after_each_answer_is_fine(listen, calls):
    listener = listen(OK_CLOSE)
    assert [r.status for r in calls(Endpoint(url=listener.url), times=3)] == [200] * 3
    assert listener.connections == 3


def hang_up(connection: socket.socket) -> None:
    """Close after the request came, without an answer."""


def test_a_kept_connection_that_the_server_closes_is_replaced_without_a_word(
    listen, calls
):
    listener = listen(OK, hang_up, OK)
    replies = calls(Endpoint(url=listener.url), times=2)
    assert [(reply.status, reply.failure) for reply in replies] == [(200, None)] * 2
    assert (len(listener.requests), listener.connections) == (3, 2)
    assert listener.requests[1] == listener.requests[2]


PAUSE = 0.3


def called_while(listener, work, *, times=1):
    endpoint = Endpoint(url=listener.url)
    request = request_for(endpoint, domain=None)
    with HttpClient(endpoint) as client:
        return [client.call_while(request, work=work) for _ in range(times)]


def test_work_that_ends_after_the_answer_came_is_not_time_of_the_server(listen):
    answered = threading.Event()

    def answer(connection):
        connection.sendall(OK)
        answered.set()

    def work():
        assert answered.wait(10)
        time.sleep(PAUSE)

    (reply,) = called_while(listen(answer), work)
    assert (reply.status, reply.failure) == (200, None)
    assert reply.elapsed < PAUSE


def test_work_that_ends_before_the_answer_comes_takes_no_time_of_its_own(listen):
    worked = threading.Event()

    def answer(connection):
        assert worked.wait(10)
        time.sleep(PAUSE)
        connection.sendall(OK)

    (reply,) = called_while(listen(answer), worked.set)
    assert reply.elapsed >= PAUSE


def test_work_is_done_once_for_each_call_also_over_a_connection_that_was_gone(listen):
    done = []
    listener = listen(OK, hang_up, OK)
    replies = called_while(listener, lambda: done.append(len(done)), times=2)
    assert [reply.status for reply in replies] == [200, 200]
    assert done == [0, 1]


def test_a_new_connection_that_the_server_closes_is_a_failure(listen, call):
    listener = listen(hang_up)
    assert call(Endpoint(url=listener.url)).failure == "disconnected"
    assert len(listener.requests) == 1


def test_a_kept_connection_that_breaks_in_an_answer_is_a_failure(listen, calls):
    listener = listen(OK, lambda connection: connection.sendall(b"HTTP/1.1 2"), OK)
    replies = calls(Endpoint(url=listener.url), times=2)
    assert [reply.failure for reply in replies] == [None, "disconnected"]
    assert len(listener.requests) == 2


def test_bytes_after_an_answer_are_not_blamed_on_the_next_one(listen, calls):
    listener = listen(OK + b"garbage", OK)
    replies = calls(Endpoint(url=listener.url), times=2)
    assert [reply.failure for reply in replies] == ["not_http", None]
    assert listener.connections == 2


def test_idle_connections_end_before_servers_close_them():
    assert IDLE_SECONDS < 5


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (JSON_OK + b"Content-Length: 4\r\n\r\nbody", b"body"),
        (JSON_OK + b"Connection: close\r\n\r\nbody", b"body"),
        (CHUNKED + b"2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n", b"body"),
        (b"HTTP/1.0 200 OK\r\n\r\nbody", b"body"),
        (b"HTTP/1.1 200\r\nContent-Length: 4\r\n\r\nbody", b"body"),
        (b"HTTP/1.1 200 OK\nContent-Length: 4\n\nbody", b"body"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"{}"),
        (b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + OK, b"{}"),
        (JSON_OK + b"X: " + b"x" * 8190 + b"\r\nContent-Length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 204 OK\r\n\r\n", b""),
        (GZIP + gzip.compress(b"body", mtime=0), b"body"),
        (DEFLATED + zlib.compress(b"body"), b"body"),
        (JSON_OK + b"Content-Encoding: zstd\r\n\r\nbody", b"body"),
    ],
)  # fmt: skip
def test_answers_that_rasa_reads_are_read(answer, body, listen, call):
    reply = call(Endpoint(url=listen(answer).url))
    assert (reply.failure, reply.body) == (None, body), reply.detail


def test_the_headers_of_an_answer_keep_their_spelling(listen, call):
    lines = [b"x-ONE: \xc3\xa9", b"X-One: \xe9", b"Content-Length: 0"]
    answer = b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b"", b""])
    headers = call(Endpoint(url=listen(answer).url)).headers
    assert headers.pairs == (("x-ONE", "é"), ("X-One", "é"), ("Content-Length", "0"))
    assert headers["X-ONE"] == "é"


def test_a_redirect_is_followed_over_the_wire(listen, call):
    moved = b"HTTP/1.1 302 X\r\nLocation: http://127.0.0.1:PORT/m?y\r\n\r\nignored"
    listener = listen(moved, OK)
    reply = call(Endpoint(url=listener.url, compress=True))
    assert reply.status == 200
    line, *headers = head_of(listener.requests[1])
    assert line == "GET /m?y HTTP/1.1"
    assert [header.partition(":")[0] for header in headers] == [
        *("Host", "Content-Type", "Accept", "Accept-Encoding", "User-Agent")
    ]
    assert listener.requests[1].endswith(b"\r\n\r\n")


def test_the_endless_body_of_a_redirect_is_not_read(listen, call):
    def moved(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 307 X\r\nLocation: /m\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    assert call(Endpoint(url=listen(moved, OK).url)).status == 200


def test_a_server_that_asks_for_the_domain_gets_it(listen, call):
    asks = b"HTTP/1.1 449 X\r\nContent-Length: 2\r\n\r\n{}"
    listener = listen(asks, OK)
    assert call(Endpoint(url=listener.url, domain_digest=True)).status == 200
    bodies = [json.loads(raw.partition(b"\r\n\r\n")[2]) for raw in listener.requests]
    assert ["domain" in body for body in bodies] == [False, True]
    assert bodies[0]["domain_digest"] == bodies[1]["domain_digest"]


def test_the_timeout_is_that_of_the_endpoint_unless_another_is_given(listen, call):
    def slow(connection: socket.socket) -> None:
        time.sleep(0.3)
        connection.sendall(OK)

    listener = listen(slow)
    assert Endpoint(url=listener.url).timeout == 300
    assert call(Endpoint(url=listener.url, timeout=0.1)).failure == "timeout"
    assert call(Endpoint(url=listener.url, timeout=5), timeout=0.1).failure == "timeout"
    reply = call(Endpoint(url=listener.url, timeout=0.1), timeout=5)
    assert reply.status == 200
    assert 0.3 <= reply.elapsed < 5


def test_redirects_share_one_deadline(listen, call):
    def slow(connection: socket.socket) -> None:
        time.sleep(0.15)
        connection.sendall(b"HTTP/1.1 307 X\r\nLocation: /m\r\n\r\n")

    reply = call(Endpoint(url=listen(slow).url, timeout=0.5))
    assert reply.failure == "timeout"
    assert reply.elapsed < 4


def test_proxies_of_the_environment_are_not_used(listen, call, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert call(Endpoint(url=listen(OK).url)).status == 200


def test_plain_http_makes_no_tls_settings(listen, call, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("TLS settings cost 20 ms and are of no use here")

    monkeypatch.setattr(ssl, "SSLContext", refuse)
    monkeypatch.setattr(ssl, "create_default_context", refuse)
    assert call(Endpoint(url=listen(OK).url, cafile="no-such-file")).status == 200


def test_a_large_answer_is_read_whole(listen, call):
    body = b"0123456789" * 500_000
    listener = listen(JSON_OK + b"Content-Length: 5000000\r\n\r\n" + body)
    assert call(Endpoint(url=listener.url)).body == body


def test_a_large_request_is_sent_whole(listen, call):
    class Large(NoDomain):
        def as_dict(self):
            return {"x": "y" * 5_000_000}

    listener = listen(OK)
    endpoint = Endpoint(url=listener.url)
    assert call(endpoint, domain=Large()).status == 200
    sent = listener.requests[0].partition(b"\r\n\r\n")[2]
    assert sent == request_for(endpoint, domain=Large()).body


def test_an_answer_to_half_a_request_is_read(listen, call):
    """A server may refuse what is too large for it without reading it."""

    class Large(NoDomain):
        def as_dict(self):
            return {"x": "y" * 300_000}

    refusal = b"HTTP/1.1 413 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    listener = listen(OK, greeting=refusal)
    assert call(Endpoint(url=listener.url), domain=Large()).status == 413


def test_threads_may_share_a_client(listen):
    listener = listen(OK)
    endpoint = Endpoint(url=listener.url)
    request = request_for(endpoint, domain=None)
    statuses: list[int | None] = []
    with HttpClient(endpoint) as client:

        def work() -> None:
            statuses.extend(client.call(request).status for _ in range(10))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses == [200] * 80
    assert listener.connections <= 8


def test_many_calls_may_be_under_way_at_once(listen):
    def slow(connection: socket.socket) -> None:
        time.sleep(0.3)
        connection.sendall(OK)

    listener = listen(slow)
    endpoint = Endpoint(url=listener.url)
    request = request_for(endpoint, domain=None)

    async def run() -> list[Reply]:
        async with AsyncHttpClient(endpoint) as client:
            return await asyncio.gather(*(client.call(request) for _ in range(20)))

    begun = time.monotonic()
    assert [reply.status for reply in asyncio.run(run())] == [200] * 20
    assert time.monotonic() - begun < 3


def test_control_c_leaves_no_connection_behind(listen):
    def interrupt(connection: socket.socket) -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        closed.append(connection.recv(1))

    closed: list[bytes] = []
    endpoint = Endpoint(url=listen(interrupt).url, timeout=20)
    request = request_for(endpoint, domain=None)
    with HttpClient(endpoint) as client, pytest.raises(KeyboardInterrupt):
        client.call(request)
    for _ in range(100):
        if closed:
            break
        time.sleep(0.02)
    assert closed == [b""]


def test_a_cancelled_call_leaves_no_connection_behind(listen):
    def note(connection: socket.socket) -> None:
        closed.append(connection.recv(1))

    closed: list[bytes] = []
    endpoint = Endpoint(url=listen(note).url, timeout=20)
    request = request_for(endpoint, domain=None)

    async def run() -> None:
        async with AsyncHttpClient(endpoint) as client:
            task = asyncio.create_task(client.call(request))
            await asyncio.sleep(0.2)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            for _ in range(100):
                if closed:
                    break
                await asyncio.sleep(0.02)

    asyncio.run(run())
    assert closed == [b""]


def answer_to(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"method": request.method, "url": str(request.url)})


def test_any_httpx_transport_can_stand_in_for_the_network(call):
    endpoint = Endpoint(url="http://nowhere.invalid/webhook")
    reply = call(endpoint, transport=httpx.MockTransport(answer_to))
    assert json.loads(reply.body) == {"method": "POST", "url": endpoint.url}
    assert reply.headers["Content-Type"] == "application/json"


def fail(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("slow")


def test_what_such_a_transport_raises_is_a_failure(call):
    endpoint = Endpoint(url="http://nowhere.invalid/webhook")
    reply = call(endpoint, transport=httpx.MockTransport(fail))
    assert reply.failure == "timeout"


def test_health_and_actions_stand_beside_the_webhook(listen):
    body = b'[{"name":"action_a"}]'
    names = JSON_OK + b"Content-Length: %d\r\n\r\n" % len(body) + body
    listener = listen(OK, names, names)
    endpoint = Endpoint(url=listener.url + "?x=1", token="t")
    with HttpClient(endpoint) as client:
        assert client.get("/health").status == 200
        assert client.list_actions() == ("action_a",)

    async def run() -> tuple[str, ...] | None:
        async with AsyncHttpClient(endpoint) as client:
            return await client.list_actions()

    assert asyncio.run(run()) == ("action_a",)
    lines = [head_of(raw) for raw in listener.requests]
    assert [line[0] for line in lines] == [
        "GET /health?token=t HTTP/1.1",
        *["GET /actions?token=t HTTP/1.1"] * 2,
    ]
    assert [header.partition(":")[0] for header in lines[0][1:]] == GET_HEADERS


@pytest.mark.parametrize(
    ("reply", "names"),
    [
        (Reply(status=200, body=b'[{"name": "a"}, {"name": "b", "x": 1}]'), ("a", "b")),
        (Reply(status=200, body=b"[]"), ()),
        (Reply(status=404, body=b'[{"name": "a"}]'), None),
        (Reply(status=200, body=b"<html>"), None),
        (Reply(status=200, body=b'{"name": "a"}'), None),
        (Reply(status=200, body=b'["a"]'), None),
        (Reply(status=200, body=b'[{"name": 1}]'), None),
        (Reply(status=200, body=b"[" * 100_000), None),
        (Reply(status=200, body=b"\xff"), None),
        (Reply(failure="refused"), None),
    ],
)
def test_only_a_list_of_names_is_a_list_of_names(reply, names):
    assert action_names(reply) == names
