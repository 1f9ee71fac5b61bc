"""Which pages of other origins may read answers in a browser: none, unless asked.

The same goes for WebSockets, which browsers open to any origin: a page of an origin
that was not let in is refused there.

`--cors '*'` lets every origin in, with credentials, as with Rasa: the answer names the
origin that asked.  Several origins are named one by one.

Imitates `configure_cors` of rasa/server.py with sanic-cors (Rasa 3.6).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rasa_mock.server.limits import App, Message, Receive, Scope, Send

ANY = "*"
METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
Headers = list[tuple[bytes, bytes]]


class Cors:
    """ASGI middleware that adds the headers of CORS, and answers `OPTIONS`.

    `origins` are origins, regular expressions that match origins, or `*`.
    """

    def __init__(self, app: App, *, origins: Sequence[str]) -> None:
        self._app = app
        self._origins = tuple(origin for origin in origins if origin)

    async def __call__(self, scope: Scope, receive: Receive, send: Send, /) -> None:
        """Answer a request for permission, or pass the request on."""
        if scope["type"] == "websocket" and not self._may_connect(scope):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http" or not self._origins:
            await self._app(scope, receive, send)
            return
        headers = self._headers(scope)
        if scope["method"] == "OPTIONS":
            length = [(b"content-length", b"0")]
            start = {"type": "http.response.start", "status": 200}
            await send({**start, "headers": headers + length})
            await send({"type": "http.response.body", "body": b""})
            return

        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *headers]}
            await send(message)

        await self._app(scope, receive, send_more)

    def _headers(self, scope: Scope) -> Headers:
        """Return the headers for a request; none for an origin that may not."""
        origin = _header(scope, b"origin")
        allowed = self._allowed(origin)
        if allowed is None:
            return []
        headers = {
            "access-control-allow-origin": allowed,
            "access-control-expose-headers": "filename",
            "access-control-allow-credentials": "true",
        }
        if allowed != ANY:
            headers["vary"] = "Origin"
        wanted = _header(scope, b"access-control-request-method").upper()
        if scope["method"] == "OPTIONS" and wanted in METHODS.split(", "):
            asked = _header(scope, b"access-control-request-headers")
            headers["access-control-allow-methods"] = METHODS
            if asked:
                headers["access-control-allow-headers"] = _sorted(asked.split(","))
        return [(name.encode(), value.encode()) for name, value in headers.items()]

    def _may_connect(self, scope: Scope) -> bool:
        """Tell whether a page may open a WebSocket; programs name no origin."""
        origin = _header(scope, b"origin")
        host = origin.partition("://")[2]
        return (
            not origin
            or host.lower() == _header(scope, b"host").lower()
            or self._allowed(origin) is not None
        )

    def _allowed(self, origin: str) -> str | None:
        if not origin:
            return ANY if ANY in self._origins else None
        is_let_in = any(_fits(origin, pattern) for pattern in self._origins)
        return origin if is_let_in else None


def _fits(origin: str, pattern: str) -> bool:
    if pattern == ANY or origin.lower() == pattern.lower():
        return True
    if not any(character in pattern for character in "*\\]?$^[+("):
        return False
    try:
        return re.fullmatch(pattern, origin, flags=re.IGNORECASE) is not None
    except re.error:
        return False


def _header(scope: Scope, name: bytes) -> str:
    found = (value for key, value in scope["headers"] if key == name)
    text: str = next(found, b"").decode("latin-1")
    return text


def _sorted(names: Iterable[str]) -> str:
    return ", ".join(sorted(name.strip() for name in names if name.strip()))
