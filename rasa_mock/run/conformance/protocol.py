"""Recordings of the raw protocol: requests as Rasa writes them, answers it took.

Both go over a real socket and through the real client.  `PORT` in a recording stands
for the port of the recorder's listener.  Some answers were recorded without their
bytes, because there were none or several: what the server must have done then follows
from the requests that it saw.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator

from rasa_mock.core.diff import Difference, differences
from rasa_mock.core.endpoint import COMPRESS_VARIABLE, USER_AGENT, Endpoint
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import RASA_VERSION, Reply, build_request
from rasa_mock.errors import DataError
from rasa_mock.run.conformance.actions import (
    compare_processor,
    compare_run,
    judge,
    judged,
    recorded_run,
)
from rasa_mock.run.conformance.base import (
    Json,
    Tools,
    compare,
    make_domain,
    make_tracker,
    need,
    not_understood,
)
from rasa_mock.run.conformance.listener import (
    HEAD_END,
    HOST,
    Answer,
    Listener,
    chunks_of,
)

PORT = "PORT"
URL = f"http://{HOST}:{PORT}/webhook"
NOTHING = b'{"events": [], "responses": []}'
# The answer that comes too late was recorded with a short timeout, too.
PATIENCE = 1.0

SETUP_KEYS = (
    *("about", "rasa_version", "aiohttp", "request_timeout_s"),
    *("no_endpoint_configured", "requests", "responses", "response_setup"),
)
REQUEST_KEYS = (
    *("id", "endpoint", "env", "action", "sender_id", "domain", "tracker_events"),
    *("outcome", "http"),
)
# `status`, `headers` and `body_text` only describe the bytes of the answer.
ANSWER_KEYS = (
    *("id", "about", "raw_response_base64", "status", "headers", "body_text"),
    *("requests_seen", "run", "processor"),
)


def check_setup(document: Json) -> Iterator[Difference]:
    """Yield where the settings of the recorded Rasa differ from the defaults here."""
    yield from not_understood(document, SETUP_KEYS)
    try:
        Endpoint.from_dict({})
    except DataError as error:
        refused: Json = {"error": {"phase": error.phase, "class": error.rasa_class}}
    else:
        refused = {}
    got = {
        "rasa_version": RASA_VERSION,
        "aiohttp": USER_AGENT.rpartition("/")[2],
        "request_timeout_s": int(Endpoint(url=URL).timeout),
        "no_endpoint_configured": refused,
    }
    expected = {name: document[name] for name in got if name in document}
    if "no_endpoint_configured" in expected:
        name = "no_endpoint_configured"
        expected[name] = recorded_run(expected[name])
    yield from compare(expected, got)


def check_request(case: Json, tools: Tools) -> Iterator[Difference]:
    """Yield where the request that is sent here differs from the recorded one."""
    need(case, *REQUEST_KEYS)
    yield from not_understood(case, REQUEST_KEYS)
    tracker = make_tracker(
        case, case["tracker_events"], domain=make_domain(case["domain"])
    )
    with Listener(lambda _port: [_answer(200, NOTHING)]) as listener:
        compress = case["env"].get(COMPRESS_VARIABLE, False)
        endpoint = Endpoint.from_dict(
            _with_port(case["endpoint"], listener.port), compress=compress
        )
        try:
            reply = _call(tools, endpoint, action=case["action"], tracker=tracker)
        except DataError as error:
            outcome: Json = {"error": {"phase": "run", "class": error.rasa_class}}
        else:
            outcome = judged(judge(reply, action=case["action"], tracker=tracker))
    got = [describe(raw, port=listener.port) for raw in listener.requests]
    yield from differences(recorded_run(case["outcome"]), outcome, pointer="/outcome")
    if case["http"] is None or len(got) != 1:
        yield from differences(
            [] if case["http"] is None else [case["http"]], got, pointer="/http"
        )
        return
    yield from compare(_deflated_alike(case["http"], got[0]), got[0], pointer="/http")


def describe(raw: bytes, *, port: int) -> Json:
    """Describe a raw request as the recordings do."""
    head, _, body = raw.partition(HEAD_END)
    line, *lines = head.decode("latin-1").split("\r\n")
    headers = [list(_header(line, port=port)) for line in lines]
    described: Json = {"request_line": line, "headers": headers}
    names = {name.lower(): value for name, value in headers}
    if names.get("transfer-encoding") == "chunked":
        chunks = list(chunks_of(body))
        described["chunk_sizes"] = [len(chunk) for chunk in chunks]
        body = b"".join(chunks)
    described["body_bytes"] = len(body)
    if names.get("content-encoding") == "deflate":
        described["body_base64"] = base64.b64encode(body).decode()
        body = zlib.decompress(body)
        described["deflate_format"] = "zlib (RFC 1950)"
        described["plain_bytes"] = len(body)
    text = body.decode()
    described["body_text_head"] = text[:160]
    described["body"] = json.loads(text)
    described["key_order"] = list(described["body"])
    described["ascii_only"] = text.isascii()
    return described


def _header(line: str, *, port: int) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name, value.replace(f"{HOST}:{port}", f"{HOST}:{PORT}")


def _deflated_alike(recorded: Json, got: Json) -> Json:
    """Take over the compressed bytes if they hold the same text.

    What they look like depends on the release of zlib, but not how many chunks there
    are, nor the first of them, which is the header of the format.
    """
    names = ("body_base64", "body_bytes", "chunk_sizes")
    if not all(name in recorded and name in got for name in names):
        return recorded
    bodies = [base64.b64decode(each["body_base64"]) for each in (recorded, got)]
    sizes, ours = recorded["chunk_sizes"], got["chunk_sizes"]
    if (
        len(bodies[0]) == recorded["body_bytes"] == sum(sizes)
        and zlib.decompress(bodies[0]) == zlib.decompress(bodies[1])
        and (len(sizes), sizes[0]) == (len(ours), ours[0])
    ):
        return {**recorded, **{name: got[name] for name in names}}
    return recorded


def check_answer(case: Json, *, setup: Json, tools: Tools) -> Iterator[Difference]:
    """Yield where Rasa's reaction to an answer differs from what comes out here.

    `setup` is the conversation in which all answers were recorded.
    """
    need(case, "id", "requests_seen", "run", "processor")
    need(setup, "domain", "tracker_events", "action", "sender_id")
    yield from not_understood(case, ANSWER_KEYS)
    domain = make_domain(setup["domain"])
    tracker = make_tracker(setup, setup["tracker_events"], domain=domain)
    with Listener(lambda port: answers_of(case, port=port)) as listener:
        url = _url_of(case).replace(PORT, str(listener.port))
        endpoint = Endpoint(url=url, timeout=PATIENCE)
        reply = _call(tools, endpoint, action=setup["action"], tracker=tracker)
    outcome = judge(reply, action=setup["action"], tracker=tracker)
    seen = [raw.partition(b"\r\n")[0].decode("latin-1") for raw in listener.requests]
    yield from differences(case["requests_seen"], seen, pointer="/requests_seen")
    yield from compare_run(case["run"], outcome)
    yield from compare_processor(case["processor"], outcome)


def answers_of(case: Json, *, port: int) -> list[Answer]:
    """Return what the server says to the requests of a recorded case, in order."""
    late = case["run"].get("error", {}).get("class") == "TimeoutError"
    if "raw_response_base64" in case:
        raw = base64.b64decode(case["raw_response_base64"])
        return [Answer(data=raw.replace(b"PORT", b"%d" % port), late=late)]
    steps = [_redirect(case, line) for line in case["requests_seen"][1:]]
    if not steps:
        return [Answer(late=late)]
    if "events" in case["run"]:
        said = {"events": case["run"]["events"], "responses": []}
        steps.append(_answer(200, json.dumps(said).encode()))
    return steps


def _redirect(case: Json, next_request: str) -> Answer:
    """Send the client where it went next, with the method that it then used."""
    method, target, _ = next_request.split(" ")
    named = re.search(r"\d{3}", case["id"])
    status = int(named[0]) if named else 302 if method == "GET" else 307
    return _answer(status, b"", extra=f"Location: {target}\r\n")


def _answer(status: int, body: bytes, *, extra: str = "") -> Answer:
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{extra}"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return Answer(data=head.encode() + body)


def _url_of(case: Json) -> str:
    """Return the URL of a case; where nobody was reached it stands in the error."""
    if case["requests_seen"]:
        return URL
    message = case["run"].get("error", {}).get("message", "")
    named = re.search(r"server at '([^'\s]+?)'?\.", message)
    if named is None:
        raise DataError(
            f"not a recorded case: {case['id']!r} has no requests, and its error does "
            "not name the URL"
        )
    return named[1]


def _with_port(endpoint: Json, port: int) -> Json:
    return {**endpoint, "url": endpoint["url"].replace(PORT, str(port))}


def _call(tools: Tools, endpoint: Endpoint, *, action: str, tracker: Tracker) -> Reply:
    if tracker.domain is None:
        raise DataError("not a recorded case: expected a domain, got null")
    request = build_request(
        endpoint, action=action, tracker=tracker, domain=tracker.domain
    )
    client = tools.open_client(endpoint)
    try:
        return client.call(request)
    finally:
        client.close()
