"""Asks an ASGI application without a socket: one request, one answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlencode

# What a path may have unquoted.
SAFE = "/%:@!$&'()*+,;=~"
JSON_HEADERS = ((b"host", b"localhost"), (b"content-type", b"application/json"))


@dataclass(slots=True, kw_only=True)
class Told:
    """What an application answered."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """Read the body; nothing is None."""
        return json.loads(self.body) if self.body else None


async def ask(
    app: Any,
    method: str,
    *,
    path: str,
    params: Mapping[str, str] | None = None,
    query: bytes = b"",
    body: Any = None,
    headers: Iterable[tuple[bytes, bytes]] = JSON_HEADERS,
    literal: bool = False,
) -> Told:
    """Send one request; `body` is JSON, or bytes as they are.

    `path` is quoted and may have a query, unless it is `literal`: then it is taken as
    no client could send it, with all that is in it.
    """
    content = body if isinstance(body, bytes) else b""
    if body is not None and not isinstance(body, bytes):
        content = json.dumps(body).encode()
    scope = {
        **_asked(
            path, query=query or urlencode(params or {}).encode(), literal=literal
        ),
        "method": method,
        "headers": [(name.lower(), value) for name, value in headers],
    }
    told = Told()
    waiting = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if waiting:
            return waiting.pop()
        # This client waits for its answer.
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            told.status = message["status"]
            told.headers = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in message["headers"]
            }
        elif message["type"] == "http.response.body":
            told.body += message.get("body", b"")

    await app(scope, receive, send)
    return told


def _asked(path: str, *, query: bytes, literal: bool) -> dict[str, Any]:
    """Return what a scope has but for method and headers."""
    raw = None
    if not literal:
        path, _, asked = path.partition("?")
        quoted, query = quote(path, safe=SAFE), query or asked.encode()
        path, raw = unquote(quoted), quoted.encode("ascii")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "path": path,
        "raw_path": raw,
        "query_string": query,
        "root_path": "",
        "client": ("127.0.0.1", 0),
        "server": ("localhost", 80),
    }
