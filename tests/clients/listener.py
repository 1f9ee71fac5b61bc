"""A server that is a bare socket: it records what comes and plays what it is given.

No HTTP library stands between the test and the bytes.  An answer is bytes, to be sent
as they are (`PORT` in them is the listener's own), or a function of the connection.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

Answer = bytes | Callable[[socket.socket], None]

JSON_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
OK = JSON_OK + b"Content-Length: 2\r\n\r\n{}"
OK_CLOSE = JSON_OK + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Listener:
    """Answers the n-th request with the n-th answer, and all later ones with the last.

    `requests` are the raw requests, `connections` counts those that were made.  A
    `greeting` is sent as soon as somebody connects.
    """

    def __init__(
        self,
        answers: Sequence[Answer],
        *,
        tls: ssl.SSLContext | None = None,
        greeting: bytes = b"",
    ) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.connections = 0
        self._tls = tls
        self._greeting = greeting
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._open: list[socket.socket] = []
        self._over = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self.port}/webhook"

    def close(self) -> None:
        self._over.set()
        for connection in [self._socket, *self._open]:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(
                target=self._serve, args=(connection,), daemon=True
            ).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            connection.sendall(self._greeting)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                while self._serve_one(connection):
                    pass

    def _serve_one(self, connection: socket.socket) -> bool:
        """Serve one request; True if another may come on the same connection."""
        request = read_request(connection)
        if not request:
            return False
        self.requests.append(request)
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if callable(answer):
            answer(connection)
            return False
        connection.sendall(answer.replace(b"PORT", str(self.port).encode()))
        return b"\r\nContent-Length" in answer and b"Connection: close" not in answer


def read_request(connection: socket.socket) -> bytes:
    """Read one request to its end."""
    raw = b""
    while not _complete(raw):
        data = connection.recv(65536)
        if not data:
            return b""
        raw += data
    return raw


def _complete(raw: bytes) -> bool:
    head, ends, body = raw.partition(b"\r\n\r\n")
    if not ends:
        return False
    if b"\r\ntransfer-encoding: chunked" in head.lower():
        return body.endswith(b"0\r\n\r\n")
    length = LENGTH.search(head)
    return len(body) >= (int(length[1]) if length else 0)
