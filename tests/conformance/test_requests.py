"""All 25 recorded requests of real Rasa, byte for byte, on a real socket.

The request is built from the recorded domain, events and endpoint, and sent by the real
client; the listener is a bare socket, so the request line, the headers' order and
spelling, the sizes of chunks and the body are what was really written.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rasa_mock.clients.http import AsyncHttpClient, HttpClient
from rasa_mock.clock import new_uuid, parse_date
from rasa_mock.core.domain import Domain
from rasa_mock.core.endpoint import COMPRESS_VARIABLE, Endpoint
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import ActionRequest, Reply, RequestBuilder, build_request
from rasa_mock.errors import DataError
from tests.clients.listener import OK, Listener

ROOT = Path(__file__).resolve().parents[2]
PROTOCOL = json.loads(
    (ROOT / "fixtures/conformance/action_protocol.json").read_text(encoding="utf-8")
)
SENT = [case for case in PROTOCOL["requests"] if case["http"] is not None]
REFUSED = [case for case in PROTOCOL["requests"] if case["http"] is None]
SLOT_TYPES = {
    "oracle_slots.PlainSlot": lambda value: value,
    "oracle_slots.UpperSlot": lambda value: (
        value.upper() if isinstance(value, str) else value
    ),
}


def endpoint_of(case: dict[str, Any], *, port: int) -> Endpoint:
    mapping = json.loads(json.dumps(case["endpoint"]).replace("PORT", str(port)))
    return Endpoint.from_dict(
        mapping, compress=case["env"].get(COMPRESS_VARIABLE, False)
    )


def tracker_of(case: dict[str, Any]) -> Tracker:
    return Tracker.from_events(
        case["sender_id"],
        case["tracker_events"],
        domain=domain_of(case),
        now=1700000000.125,
        new_id=new_uuid,
        parse_date=parse_date,
    )


def domain_of(case: dict[str, Any]) -> Domain:
    return Domain.from_dict(case["domain"], slot_types=SLOT_TYPES)


def request_of(case: dict[str, Any], endpoint: Endpoint) -> ActionRequest:
    return build_request(
        endpoint,
        action=case["action"],
        tracker=tracker_of(case),
        domain=domain_of(case),
    )


def send(request: ActionRequest, endpoint: Endpoint, *, faithful: bool) -> Reply:
    with HttpClient(endpoint, faithful=faithful) as client:
        return client.call(request)


def send_async(request: ActionRequest, endpoint: Endpoint, *, faithful: bool) -> Reply:
    async def run() -> Reply:
        async with AsyncHttpClient(endpoint, faithful=faithful) as client:
            return await client.call(request)

    return asyncio.run(run())


def unchunked(raw: bytes) -> Iterator[bytes]:
    while raw:
        size, _, raw = raw.partition(b"\r\n")
        length = int(size, 16)
        assert raw[length : length + 2] == b"\r\n"
        if length:
            yield raw[:length]
        raw = raw[length + 2 :]


def test_there_are_25_requests():
    assert (len(SENT), len(REFUSED)) == (24, 1)


@pytest.mark.parametrize("faithful", [False, True], ids=["kept", "faithful"])
@pytest.mark.parametrize("sender", [send, send_async], ids=["threads", "asyncio"])
@pytest.mark.parametrize("case", SENT, ids=lambda case: case["id"])
def test_the_bytes_on_the_wire_are_those_of_real_rasa(case, sender, faithful):
    with closing(Listener([OK])) as listener:
        endpoint = endpoint_of(case, port=listener.port)
        reply = sender(request_of(case, endpoint), endpoint, faithful=faithful)
        (raw,) = listener.requests
    assert (reply.status, reply.body) == (200, b"{}")

    head, _, body = raw.partition(b"\r\n\r\n")
    request_line, *header_lines = head.decode().split("\r\n")
    recorded = case["http"]
    port = str(listener.port)
    assert request_line == recorded["request_line"]
    assert [line.replace(port, "PORT").split(": ", 1) for line in header_lines] == (
        recorded["headers"]
    )
    text = body
    if "chunk_sizes" in recorded:
        chunks = list(unchunked(body))
        assert [len(chunk) for chunk in chunks] == recorded["chunk_sizes"]
        text = b"".join(chunks)
        assert text == base64.b64decode(recorded["body_base64"])
    else:
        assert len(body) == recorded["body_bytes"]
        assert body == json.dumps(recorded["body"]).encode()
        assert body.decode("ascii").startswith(recorded["body_text_head"])


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["id"])
def test_what_rasa_refuses_to_send_is_refused_in_its_words(case):
    with pytest.raises(DataError) as caught:
        request_of(case, endpoint_of(case, port=1))
    error = case["outcome"]["error"]
    assert caught.value.rasa_class == error["class"]
    assert caught.value.phase == error["phase"]
    assert caught.value.message == error["message"]


@pytest.mark.parametrize("case", SENT, ids=lambda case: case["id"])
def test_a_builder_which_reuses_texts_builds_the_same(case):
    endpoint = endpoint_of(case, port=1)
    builder = RequestBuilder(endpoint, domain=domain_of(case), reuse_events=True)
    tracker = tracker_of(case)
    first, again = (builder.build(case["action"], tracker) for _ in range(2))
    assert first == again == request_of(case, endpoint)
