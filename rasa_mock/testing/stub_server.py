"""The port of a fake action server: HTTP/1.1 on 127.0.0.1, a thread for each call."""

from __future__ import annotations

import json
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rasa_mock.core.wire import Reply

HOST = "127.0.0.1"
LONGEST_BODY = 100_000_000


class Responder(Protocol):
    """What answers."""

    def respond(
        self, payload: dict[str, Any], *, headers: Mapping[str, str]
    ) -> Reply: ...
    def get(self, path: str) -> Reply: ...


class StubServer:
    """Serves a responder until it is closed."""

    def __init__(self, responder: Responder) -> None:
        class Handler(_Handler):
            to = responder

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.daemon = True
        self._thread.start()

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    def close(self) -> None:
        """Close the port; calls under way are not waited for."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    to: Responder
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # head and body in one packet, or each answer takes 40 ms

    def do_GET(self) -> None:
        """Answer a question about the server itself."""
        self._write(self.to.get(self.path.partition("?")[0]))

    def do_POST(self) -> None:
        """Answer a call of an action."""
        try:
            payload = json.loads(self._body())
        except (ValueError, zlib.error):
            payload = None
        if not isinstance(payload, dict):
            error = b'{"error": "Invalid body request"}'
            self._send(400, error, content_type="application/json")
            return
        self._write(self.to.respond(payload, headers=dict(self.headers)))

    def _body(self) -> bytes:
        if "chunked" in (self.headers.get("Transfer-Encoding") or ""):
            body = b"".join(self._chunks())
        else:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(min(length, LONGEST_BODY))
        deflated = self.headers.get("Content-Encoding") == "deflate"
        return zlib.decompress(body) if deflated else body

    def _chunks(self) -> list[bytes]:
        found = []
        while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
            found.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return found

    def _write(self, reply: Reply) -> None:
        content_type = reply.headers.get("Content-Type", "application/json")
        self._send(reply.status or 500, reply.body, content_type=content_type)

    def _send(self, status: int, body: bytes, *, content_type: str) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()
        except ConnectionError:
            # The client has lost patience, as it is told to by a test of its timeout.
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing: the calls are recorded."""
