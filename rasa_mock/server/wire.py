"""Requests and answers between ASGI and the routes.

A path is taken as it came, before it was decoded; JSON is written as ujson writes it
for Rasa, or plainly as UTF-8.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from rasa_mock.run.api.base import JSON_TYPE, Answer, Request

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

try:
    import orjson
except ImportError:  # the extra `fast` is not there
    _dumps: Callable[[Any], bytes] | None = None
else:
    _dumps = orjson.dumps

NO_CONTENT = 204
DISCONNECT = "http.disconnect"


class ClientGone(Exception):
    """The client went before it had said everything."""


async def read_request(scope: Scope, receive: Receive) -> Request:
    """Read a request to its end."""
    return Request(
        method=scope["method"],
        path=raw_path(scope),
        params=_params(scope["query_string"]),
        headers=headers_of(scope["headers"]),
        body=await _body(receive),
    )


def raw_path(scope: Scope) -> str:
    """Return the path as the client wrote it."""
    raw = scope.get("raw_path")
    if raw is None:
        path: str = scope["path"]
        return path
    return str(raw.partition(b"?")[0].decode("latin-1"))


def headers_of(raw: Any) -> dict[str, str]:
    """Return headers as texts; ASGI has their names in lower case."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}


def _params(query: bytes) -> Mapping[str, str]:
    """Return the first value of each parameter."""
    if not query:
        return {}
    params: dict[str, str] = {}
    for name, value in parse_qsl(query.decode("latin-1"), max_num_fields=None):
        params.setdefault(name, value)
    return params


async def _body(receive: Receive) -> bytes:
    message = await receive()
    if message["type"] == DISCONNECT:
        raise ClientGone
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    pieces = [body]
    while message.get("more_body"):
        message = await receive()
        if message["type"] == DISCONNECT:
            raise ClientGone
        pieces.append(message.get("body", b""))
    return b"".join(pieces)


async def send_answer(
    answer: Answer,
    send: Send,
    *,
    as_ujson: bool,
    headers: Sequence[tuple[bytes, bytes]],
    without_body: bool = False,
) -> None:
    """Send an answer, with these headers beside its own."""
    body = encode(answer, as_ujson=as_ujson)
    # An answer without content says neither its length nor its type.
    raw = list(headers)
    if answer.status != NO_CONTENT:
        raw += [
            (b"content-length", b"%d" % len(body)),
            (b"content-type", answer.content_type.encode("latin-1")),
        ]
    if answer.headers:
        raw += encoded(answer.headers)
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if without_body else body})


def encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Return headers as ASGI has them."""
    return [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in headers.items()
    ]


def encode(answer: Answer, *, as_ujson: bool) -> bytes:
    """Return the bytes of a body."""
    if answer.status == NO_CONTENT:
        return b""
    if answer.content_type == JSON_TYPE:
        return json_bytes(answer.body, as_ujson=as_ujson)
    if isinstance(answer.body, bytes):
        return answer.body
    return str(answer.body).encode("utf-8", "surrogatepass")


def json_bytes(value: Any, *, as_ujson: bool) -> bytes:
    """Write JSON; as ujson does it is ASCII, and has a backslash before each slash."""
    quick = _quick(value)
    if quick is not None and (quick.isascii() or not as_ujson):
        return quick.replace(b"/", b"\\/") if as_ujson else quick
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=as_ujson)
    if as_ujson:
        return text.replace("/", "\\/").encode("ascii")
    # Half a pair of surrogates is no UTF-8; it is escaped, as any JSON may be.
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")


def _quick(value: Any) -> bytes | None:
    """Write it with orjson, if that is there and can; it writes NaN as null."""
    if _dumps is None:
        return None
    try:
        return _dumps(value)
    except TypeError:
        return None
