"""How large a request may be: what is larger is refused before it is kept.

A body is counted while it arrives, so a wrong or missing `Content-Length` helps nobody.
The limit of the body is that of Rasa's web framework; that of the headers is larger
than there (8 KiB), so that the id of a conversation may be long.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
Page = Callable[[Scope, str], tuple[bytes, Headers]]
"""Makes body and headers of a refusal, from a request and what is wrong with it."""

MAX_BODY = 100_000_000
MAX_HEADERS = 64 * 1024

BODY_TOO_LARGE = "Request body exceeds the size limit"
HEADERS_TOO_LARGE = "Request header exceeds the size limit"


def json_page(_scope: Scope, message: str) -> tuple[bytes, Headers]:
    """Say it in JSON."""
    page = {"description": "Request Entity Too Large", "status": 413}
    body = json.dumps({**page, "message": message}).encode()
    return body, [(b"content-type", b"application/json")]


class Limits:
    """ASGI middleware that answers 413 to what is too large, and closes."""

    def __init__(
        self,
        app: App,
        *,
        max_body: int = MAX_BODY,
        max_headers: int = MAX_HEADERS,
        page: Page = json_page,
    ) -> None:
        self._app = app
        self._page = page
        self._max_body = max_body
        self._max_headers = max_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send, /) -> None:
        """Pass a request on, unless it is too large."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _size_of_headers(scope) > self._max_headers:
            await _refuse(send, self._page(scope, HEADERS_TOO_LARGE))
        elif _announced(scope) > self._max_body:
            await _refuse(send, self._page(scope, BODY_TOO_LARGE))
        else:
            counted = _Counted(receive, send, limit=self._max_body, page=self._page)
            await counted.run(self._app, scope)


class _Counted:
    """One request whose body is counted as it comes."""

    def __init__(self, receive: Receive, send: Send, *, limit: int, page: Page) -> None:
        self._receive = receive
        self._send = send
        self._left = limit
        self._answering = False
        self._refused = False
        self._page = page

    async def run(self, app: App, scope: Scope) -> None:
        self._scope = scope
        try:
            await app(scope, self.receive, self.send)
        except Exception:
            # The application has lost its client in the middle of a body.
            if not self._refused:
                raise

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] != "http.request":
            return message
        self._left -= len(message.get("body", b""))
        if self._left >= 0:
            return message
        if not self._refused and not self._answering:
            self._refused = True
            await _refuse(self._send, self._page(self._scope, BODY_TOO_LARGE))
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if self._refused:
            return
        self._answering = True
        await self._send(message)


def _size_of_headers(scope: Scope) -> int:
    target = len(scope.get("raw_path") or b"") + len(scope.get("query_string") or b"")
    return target + sum(len(name) + len(value) + 4 for name, value in scope["headers"])


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            # A number of more digits than that is too large, whatever it says.
            return int(value[:20])
    return 0


async def _refuse(send: Send, page: tuple[bytes, Headers]) -> None:
    body, headers = page
    headers = [
        *headers,
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
