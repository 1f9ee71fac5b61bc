"""What can go wrong on the way to an action server and back, each a value.

Each row is an answer of a bare socket and the failure that comes of it; what real Rasa
(aiohttp 3.9.5) makes of the same bytes was measured and stands in FAILURES.
"""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import time
import tracemalloc
import zlib
from pathlib import Path

import pytest

from rasa_mock.clients.base import raise_for_failure
from rasa_mock.clients.http import HttpClient
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.failures import FAILURES
from rasa_mock.core.wire import Reply
from rasa_mock.errors import BadReply, DataError, TimedOut, Unreachable, UsageError
from tests.clients.conftest import NoDomain
from tests.clients.listener import JSON_OK, OK, Answer

MEGABYTE = 1024 * 1024
# Seconds: well below the time-out of a call that has one of five.
PROMPT = 4
CLOSING = JSON_OK + b"Connection: close\r\n"
CHUNKED = JSON_OK + b"Transfer-Encoding: chunked\r\n\r\n"
# Made for these tests: vouches for localhost and 127.0.0.1, for a hundred years.
TLS = Path(__file__).parent / "tls"


def reset(connection: socket.socket) -> None:
    """Close with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def then_reset(data: bytes) -> Answer:
    def answer(connection: socket.socket) -> None:
        connection.sendall(data)
        time.sleep(0.05)
        reset(connection)

    return answer


def endless(begin: bytes, piece: bytes) -> Answer:
    """Send for as long as anybody reads."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(begin)
        while True:
            connection.sendall(piece)

    return answer


def dripping(begin: bytes, piece: bytes) -> Answer:
    """Send one piece every 20 ms, for a minute."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(begin)
        for _ in range(3000):
            connection.sendall(piece)
            time.sleep(0.02)

    return answer


def hanging(connection: socket.socket) -> None:
    connection.recv(1)  # until the client gives up


def gzipped(data: bytes) -> bytes:
    body = gzip.compress(data)
    head = b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    return JSON_OK + head + body


BROKEN: dict[str, tuple[Answer, str, str]] = {
    "closed at once": (b"", "disconnected", "without an answer"),
    "closed in the headers": (
        b"HTTP/1.1 200 OK\r\nCont", "disconnected", "after 21 bytes"
    ),
    "reset at once": (reset, "disconnected", "without an answer"),
    "reset in the headers": (
        then_reset(b"HTTP/1.1 200"), "disconnected", "without an answer"
    ),
    "half a body": (
        CLOSING + b"Content-Length: 100\r\n\r\n{", "incomplete", "Content-Length"
    ),
    "reset in the body": (
        then_reset(JSON_OK + b"Content-Length: 100\r\n\r\n{"), "incomplete", "broke off"
    ),
    "half a chunk": (CHUNKED + b"5\r\n{", "incomplete", "broke off"),
    "no last chunk": (CHUNKED + b"2\r\n{}\r\n", "incomplete", "broke off"),
    "half an error": (
        b"HTTP/1.1 500 X\r\nConnection: close\r\nContent-Length: 9\r\n\r\n{",
        "incomplete",
        "broke off",
    ),
    "a chunk without a size": (CHUNKED + b"zz\r\n{}\r\n", "not_http", "chunk"),
    "not HTTP": (b"hello\r\n\r\n", "not_http", "b'hello"),
    "another protocol": (b"SSH-2.0-OpenSSH_9\r\n", "not_http", "b'SSH-2.0"),
    "another protocol, waiting": (
        dripping(b"220 mail.example ESMTP\r\n", b""), "not_http", "b'220 mail"
    ),
    "bytes": (bytes(range(256)), "not_http", "begins with"),
    "a bare page": (b"<html></html>", "not_http", "b'<html>"),
    "HTTP/2": (b"HTTP/2 200 OK\r\n\r\n", "not_http", "HTTP/2"),
    "TLS": (b"\x15\x03\x01\x00\x02\x02\x46", "not_http", "write https"),
    "a header without a colon": (JSON_OK + b"foo\r\n\r\n{}", "not_http", "begins with"),
    "NUL in a header": (JSON_OK + b"X: a\0b\r\n\r\n{}", "not_http", "begins with"),
    "a length that is no number": (
        JSON_OK + b"Content-Length: x\r\n\r\n{}", "not_http", "begins with"
    ),
    "two lengths": (
        JSON_OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        "not_http",
        "more than one header",
    ),
    "a length and chunks": (
        JSON_OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "not_http",
        "more than one header",
    ),
    "more than the length says": (
        JSON_OK + b"Content-Length: 2\r\n\r\n{}garbage", "not_http", "7 bytes follow"
    ),
    "more than the chunks": (
        CHUNKED + b"2\r\n{}\r\n0\r\n\r\ngarbage", "not_http", "follow the end"
    ),
    "204 with a body": (
        b"HTTP/1.1 204 X\r\nContent-Length: 2\r\n\r\n{}", "not_http", "2 bytes follow"
    ),
    "status 1000": (b"HTTP/1.1 1000 X\r\n\r\n", "not_http", "1000"),
    "a header of 8191 bytes": (
        JSON_OK + b"X: %s\r\nContent-Length: 2\r\n\r\n{}" % (b"x" * 8191),
        "header_too_large",
        "8,191 bytes",
    ),
    "a name of 8191 bytes": (
        JSON_OK + b"%s: 1\r\nContent-Length: 2\r\n\r\n{}" % (b"x" * 8191),
        "header_too_large",
        "8,191 bytes",
    ),
    "a reason of 9000 bytes": (
        b"HTTP/1.1 200 %s\r\nContent-Length: 2\r\n\r\n{}" % (b"x" * 9000),
        "header_too_large",
        "9,000 bytes",
    ),
    "endless headers": (
        endless(JSON_OK, b"X: %s\r\n" % (b"y" * 1000)), "header_too_large", "no end"
    ),
    "one endless header": (
        endless(JSON_OK + b"X: ", b"y" * 1000), "header_too_large", "no end"
    ),
    "not gzip": (
        JSON_OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        "bad_encoding",
        "incorrect header check",
    ),
    "half of deflate": (
        JSON_OK + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(b"{}" * 99)[:9],
        "bad_encoding",
        "breaks off",
    ),
    "brotli": (
        JSON_OK + b"Content-Encoding: br\r\nContent-Length: 1\r\n\r\n!",
        "bad_encoding",
        "br",
    ),
    "hanging": (hanging, "timeout", "no byte of it within 0.3 s"),
    "dripping headers": (dripping(JSON_OK, b"X: y\r\n"), "timeout", "within 0.3 s"),
    "dripping body": (
        dripping(JSON_OK + b"Content-Length: 99999\r\n\r\n", b" "),
        "timeout",
        "within 0.3 s",
    ),
    "dripping chunks": (dripping(CHUNKED, b"1\r\n \r\n"), "timeout", "within 0.3 s"),
    "endless 100 Continue": (
        dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "timeout", "within 0.3 s"
    ),
    "redirect to another scheme": (
        b"HTTP/1.1 307 X\r\nLocation: ftp://host/x\r\n\r\n", "bad_redirect", "ftp:"
    ),
    "redirect to nobody": (
        b"HTTP/1.1 307 X\r\nLocation: http:///x\r\n\r\n", "bad_redirect", "no host"
    ),
    "redirect to nonsense": (
        b"HTTP/1.1 307 X\r\nLocation: http://[::1/x\r\n\r\n", "bad_url", "[::1"
    ),
    "redirect to a closed port": (
        b"HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:1/x\r\n\r\n",
        "refused",
        "http://127.0.0.1:1/x",
    ),
    "redirect loop": (
        b"HTTP/1.1 302 X\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
        "redirect_loop",
        "10 of them",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "failure", "words"), BROKEN.values(), ids=BROKEN.keys()
)
def test_a_broken_answer_is_a_failure_in_plain_words(
    answer, failure, words, listen, call
):
    listener = listen(answer)
    begun = time.monotonic()
    reply = call(Endpoint(url=listener.url, timeout=0.3 if "time" in failure else 5))
    assert (reply.failure, reply.elapsed < PROMPT) == (failure, True), reply.detail
    assert words in reply.detail
    assert reply.detail.startswith(FAILURES[failure].text)
    assert reply.detail.endswith(FAILURES[failure].hint)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    ("url", "failure", "words"),
    [
        ("http://127.0.0.1:1/webhook", "refused", "Connection refused"),
        ("http://localhost:1/webhook", "refused", "Connection refused"),
        ("http://[::1]:1/webhook", "refused", "http://[::1]:1/webhook"),
        ("http://no-such-host.invalid/webhook", "unknown_host", "no-such-host.invalid"),
        ("http://a..b/webhook", "unknown_host", "a..b"),
        (f"http://{'a' * 70}.example/webhook", "unknown_host", "aaaa"),
    ],
)
def test_an_address_where_nobody_is_is_a_failure(url, failure, words, call):
    reply = call(Endpoint(url=url, timeout=5))
    assert reply.failure == failure, reply.detail
    assert words in reply.detail


WRONG_URLS = [
    *("", "webhook", "localhost:5055/webhook", "http://", "http:///webhook"),
    *("http://host:99999/", "http://host:x/", "http://[::1/", "ftp://host/"),
]


@pytest.mark.parametrize("url", WRONG_URLS)
def test_a_url_that_is_none_is_a_usage_error_from_the_start(url):
    with pytest.raises(UsageError, match="expected something like http://"):
        HttpClient(Endpoint(url=url))


def test_a_header_that_is_none_is_a_failure(listen, call):
    reply = call(Endpoint(url=listen(OK).url, headers={"X Y": "1"}))
    assert (reply.failure, reply.status) == ("bad_request", None)
    assert "correct the headers" in reply.detail


def test_a_message_shows_no_secret(call):
    reply = call(
        Endpoint(url="http://ann:geheim@127.0.0.1:1/w?key=geheim", token="geheim")
    )
    assert "geheim" not in reply.detail
    assert "http://127.0.0.1:1/w" in reply.detail


BOMBS: dict[str, tuple[bytes, bytes]] = {
    "endless": (JSON_OK + b"\r\n", b" " * 65536),
    "ten gigabytes": (JSON_OK + b"Content-Length: 10737418240\r\n\r\n", b" " * 65536),
    "endless chunks": (CHUNKED, b"10000\r\n" + b" " * 65536 + b"\r\n"),
    "deflate bomb": (
        JSON_OK
        + b"Content-Encoding: deflate\r\n\r\n"
        + zlib.compress(bytes(50 * MEGABYTE)),
        b"",
    ),
    "gzip bomb": (gzipped(bytes(50 * MEGABYTE)), b""),
    "gzip that gives nothing": (
        JSON_OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10],
        b"\0\0\0\xff\xff" * 10_000,  # empty stored blocks
    ),
}


@pytest.mark.parametrize(("begin", "piece"), BOMBS.values(), ids=BOMBS.keys())
def test_an_answer_without_measure_ends_with_bounded_memory(begin, piece, listen, call):
    listener = listen(endless(begin, piece) if piece else begin)
    endpoint = Endpoint(url=listener.url, timeout=10)
    call(endpoint, max_bytes=1)  # everything is imported, every cache is warm
    tracemalloc.start()
    try:
        reply = call(endpoint, max_bytes=MEGABYTE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (reply.status, reply.failure) == (200, "too_large")
    assert "more than 1,048,576 bytes" in reply.detail
    assert len(reply.body) <= 4096
    assert peak < 6 * MEGABYTE


def test_chunks_of_one_byte_cannot_take_forever(listen, call):
    listener = listen(endless(CHUNKED, b"1\r\n \r\n" * 1000))
    reply = call(Endpoint(url=listener.url, timeout=20), max_bytes=10_000)
    assert (reply.status, reply.failure) == (200, "too_large")


def test_the_limit_is_exact(listen, call):
    body = b" " * 1000
    listener = listen(JSON_OK + b"Content-Length: 1000\r\n\r\n" + body)
    endpoint = Endpoint(url=listener.url)
    assert call(endpoint, max_bytes=1000).body == body
    assert call(endpoint, max_bytes=999).failure == "too_large"


def test_the_end_of_a_redirect_loop_keeps_what_arrived(listen, call):
    listener = listen(b"HTTP/1.1 302 X\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")
    reply = call(Endpoint(url=listener.url))
    assert (reply.status, reply.headers["location"]) == (302, "/x")
    assert len(listener.requests) == 10


def test_a_server_that_reads_nothing_meets_the_deadline(listen, call):
    class Large(NoDomain):
        def as_dict(self):
            return {"x": "y" * (20 * MEGABYTE)}

    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/webhook"
        reply = call(Endpoint(url=url, timeout=0.3), domain=Large())
    assert reply.failure == "timeout", reply.detail
    assert reply.elapsed < PROMPT


@pytest.mark.parametrize(
    ("failure", "exception"),
    [
        ("bad_url", UsageError),
        ("refused", Unreachable),
        ("unknown_host", Unreachable),
        ("tls", Unreachable),
        ("timeout", TimedOut),
        ("not_http", BadReply),
        ("incomplete", BadReply),
    ],
)
def test_who_needs_the_server_gets_an_exception(failure, exception):
    with pytest.raises(exception, match="the words"):
        raise_for_failure(Reply(failure=failure, detail="the words"))
    raise_for_failure(Reply(status=500))


def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "localhost.pem", TLS / "localhost.key")
    return context


def test_a_certificate_nobody_vouches_for_is_a_failure(listen, call):
    reply = call(Endpoint(url=listen(OK, tls=server_tls()).url))
    assert (reply.failure, reply.status) == ("tls", None)
    assert "self-signed certificate" in reply.detail
    assert "cafile" in reply.detail


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_cafile_vouches_for_the_server(host, listen, calls):
    listener = listen(OK, tls=server_tls())
    url = listener.url.replace("127.0.0.1", host)
    replies = calls(Endpoint(url=url, cafile=str(TLS / "localhost.pem")), times=2)
    assert [reply.status for reply in replies] == [200, 200], replies[0].detail
    assert listener.connections == 1


def test_a_redirect_to_tls_uses_the_cafile_too(listen, call):
    secure = listen(OK, tls=server_tls())
    plain = listen(b"HTTP/1.1 307 X\r\nLocation: %s\r\n\r\n" % secure.url.encode())
    endpoint = Endpoint(url=plain.url, cafile=str(TLS / "localhost.pem"))
    assert call(endpoint).status == 200
    assert call(Endpoint(url=plain.url)).failure == "tls"


def test_tls_to_a_server_that_speaks_plain_text_is_a_failure(listen, call):
    listener = listen(OK, greeting=b"HTTP/1.1 400 no\r\n\r\n")
    reply = call(Endpoint(url=listener.url.replace("http:", "https:")))
    assert reply.failure == "tls"
    assert "plain text, not TLS" in reply.detail


@pytest.mark.parametrize(
    ("content", "rasa_class"), [(None, "FileNotFoundException"), ("no PEM", "SSLError")]
)
def test_a_cafile_that_is_none_is_told_from_the_start(content, rasa_class, tmp_path):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content, encoding="ascii")
    with pytest.raises(DataError, match="PEM") as caught:
        HttpClient(Endpoint(url="https://localhost/", cafile=str(path)))
    assert (caught.value.rasa_class, caught.value.path) == (rasa_class, str(path))
