"""Requests that are too large, and pages of other origins."""

from __future__ import annotations

import asyncio
import json

import pytest

from rasa_mock.server.cors import Cors
from rasa_mock.server.limits import Limits


async def echo(scope, receive, send):
    """Answer with the size of the body."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client is gone")
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    start = {"type": "http.response.start", "status": 200, "headers": []}
    await send(start)
    await send({"type": "http.response.body", "body": str(size).encode()})


def ask(app, *pieces, method="POST", path=b"/", headers=()):
    """Send one request; return status, headers and body."""
    sent = []
    waiting = [
        {
            "type": "http.request",
            "body": piece,
            "more_body": number < len(pieces),
        }
        for number, piece in enumerate(pieces, 1)
    ] or [{"type": "http.request", "body": b""}]

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "raw_path": path,
        "query_string": b"",
        "headers": [(k.encode(), v.encode()) for k, v in headers],
    }
    asyncio.run(app(scope, receive, send))
    start, *bodies = sent
    assert [message["type"] for message in sent[1:]] == ["http.response.body"]
    found = {key.decode(): value.decode() for key, value in start["headers"]}
    return start["status"], found, bodies[0]["body"]


SMALL = Limits(echo, max_body=10, max_headers=100)


@pytest.mark.parametrize(
    ("pieces", "headers", "expected"),
    [
        ([b"0123456789"], [], 200),
        ([b"01234", b"56789"], [], 200),
        ([b"01234", b"567890"], [], 413),
        ([b"0" * 11], [("content-length", "5")], 413),
        ([b"0", *[b"1"] * 20], [("transfer-encoding", "chunked")], 413),
        ([b""], [("content-length", "11")], 413),
        ([b""], [("content-length", "9" * 90)], 413),
        ([b"0"], [("content-length", "rubbish")], 200),
        ([b"0"], [("x", "y" * 200)], 413),
        ([b"0"], [("x", "y")] * 30, 413),
    ],
    ids=str,
)
def test_what_is_too_large_is_refused_whatever_it_says(pieces, headers, expected):
    status, found, body = ask(SMALL, *pieces, headers=headers)
    assert status == expected
    if expected == 413:
        assert found["connection"] == "close"
        assert json.loads(body)["message"].endswith("exceeds the size limit")


def test_a_long_target_counts_as_header():
    assert ask(SMALL, path=b"/" * 200)[0] == 413
    assert ask(Limits(echo), path=b"/" * 10_000)[0] == 200


ASKING = [("origin", "https://a.example")]
PREFLIGHT = [
    *ASKING,
    ("access-control-request-method", "POST"),
    ("access-control-request-headers", "X-B, content-type"),
]
ALLOWED = "access-control-allow-origin"


@pytest.mark.parametrize("headers", [[], ASKING, PREFLIGHT], ids=len)
def test_without_cors_no_origin_is_let_in(headers):
    for origins in ([], [""]):
        app = Cors(echo, origins=origins)
        _, found, _ = ask(app, headers=headers)
        assert not any(name.startswith("access-control") for name in found)


@pytest.mark.parametrize(
    ("origins", "expected"),
    [
        (["*"], "https://a.example"),
        (["https://a.example"], "https://a.example"),
        (["https://b.example", "HTTPS://A.example"], "https://a.example"),
        ([r"https://.*\.example"], "https://a.example"),
        (["https://b.example"], None),
        (["https://a.example.evil.org"], None),
        (["a.example"], None),
        (["https://a("], None),
    ],
    ids=str,
)
def test_an_origin_is_let_in_that_was_named(origins, expected):
    app = Cors(echo, origins=origins)
    status, found, body = ask(app, b"abc", headers=ASKING)
    assert (status, body) == (200, b"3")
    assert found.get(ALLOWED) == expected
    if expected:
        assert found["vary"] == "Origin"
        assert found["access-control-allow-credentials"] == "true"


def test_nobody_is_let_in_whose_name_only_begins_like_that():
    app = Cors(echo, origins=[r"https://a\.example"])
    evil = [("origin", "https://a.example.evil.org")]
    assert ALLOWED not in ask(app, headers=evil)[1]


def test_a_browser_may_ask_before():
    app = Cors(echo, origins=["*"])
    status, found, body = ask(app, method="OPTIONS", headers=PREFLIGHT)
    assert (status, body) == (200, b"")
    assert found["access-control-allow-methods"].startswith("DELETE, GET")
    assert found["access-control-allow-headers"] == "X-B, content-type"


def test_a_program_that_names_no_origin_gets_its_answer():
    app = Cors(echo, origins=["*"])
    assert ask(app)[1][ALLOWED] == "*"
