"""A real HTTP server for one test: what it answers is a function of the request.

Take the fixture: `from tests.servers.stub import stub`.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

UNKNOWN = "action_that_does_not_exist"


class Stub:
    """What a stub server answers, and what it was asked."""

    def __init__(self) -> None:
        self.calls = []
        self.bodies = []
        self.headers = []
        self.paths = []
        self.listed = None
        self.answer = lambda _request: {"events": [], "responses": []}
        self.healthy = True
        # Set by an answer: it does not arrive; the server goes for good with `dies`.
        self.drops = False
        self.dies = False

    def reply(self, request):
        """Return status, content type and body for a request of an action."""
        if request.get("next_action") == UNKNOWN:
            return 404, "application/json", b'{"error": "no such action"}'
        self.calls.append(request)
        answer = self.answer(request)
        if isinstance(answer, tuple):
            status, body = answer
            return status, "application/json", body
        return 200, "application/json", json.dumps(answer).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # head and body in one packet, or each answer takes 40 ms

    def do_GET(self) -> None:
        stub = self.server.stub
        if self.path == "/actions" and stub.listed is not None:
            listed = [{"name": name} for name in stub.listed]
            self._write(200, "application/json", json.dumps(listed).encode())
        elif self.path == "/health" and stub.healthy:
            self._write(200, "application/json", b'{"status": "ok"}')
        else:
            self._write(404, "text/plain", b"not found")

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        self.server.stub.bodies.append(body)
        self.server.stub.headers.append(dict(self.headers))
        self.server.stub.paths.append(self.path)
        reply = self.server.stub.reply(json.loads(body))
        if self.server.stub.dies:
            threading.Thread(target=self.server.shutdown, daemon=True).start()
            self.server.socket.close()
        if self.server.stub.drops or self.server.stub.dies:
            self.server.stub.drops = False
            self.close_connection = True
            return
        self._write(*reply)

    def _write(self, status, content_type, body) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_args) -> None:
        pass


@contextmanager
def serving(stub):
    """Serve on a free port of 127.0.0.1; `stub.url` is the webhook."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.stub = stub
    stub.url = f"http://127.0.0.1:{server.server_address[1]}/webhook"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    stub.stop = lambda: _stop(server, thread)
    yield stub
    _stop(server, thread)


@pytest.fixture
def stub():
    """Serve for one test."""
    with serving(Stub()) as running:
        yield running


def _stop(server, thread) -> None:
    server.shutdown()
    thread.join()
    server.server_close()
