"""A server that says prepared bytes over a real socket and keeps what it was asked.

It knows no HTTP beyond where a request ends: what it answers may be anything, nothing,
or late.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self  # in typing from Python 3.11 on

HOST = "127.0.0.1"
HEAD_END = b"\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
PATIENCE = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is said to one request: bytes, then the connection is closed.

    `late` waits before that until the other side has given up.
    """

    data: bytes = b""
    late: bool = False


class Listener:
    """Answers requests one after the other, each on a connection of its own.

    `port` is where it listens; `requests` are the raw requests so far.  The last
    answer is repeated for all further requests.
    """

    def __init__(self, answers: Callable[[int], Sequence[Answer]]) -> None:
        self._socket = socket.create_server((HOST, 0))
        self.port: int = self._socket.getsockname()[1]
        self.requests: list[bytes] = []
        try:
            self._answers = answers(self.port)
        except BaseException:
            self._socket.close()
            raise
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(PATIENCE)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(PATIENCE)
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        request = read_request(connection)
        if not request:
            return
        number = len(self.requests)
        self.requests.append(request)
        answer = self._answers[min(number, len(self._answers) - 1)]
        if answer.late:
            connection.recv(1)
        connection.sendall(answer.data)
        # Closing with unread bytes would reset the connection and lose the answer.
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)


def read_request(connection: socket.socket) -> bytes:
    """Read one request, up to the end of its body; empty if there is none."""
    data = b""
    while not is_whole(data):
        part = connection.recv(65536)
        if not part:
            break
        data += part
    return data


def is_whole(data: bytes) -> bool:
    """Tell whether a request has arrived completely."""
    head, found, body = data.partition(HEAD_END)
    if not found:
        return False
    if re.search(rb"(?im)^transfer-encoding:\s*chunked", head):
        return body.endswith(LAST_CHUNK)
    length = re.search(rb"(?im)^content-length:\s*(\d+)", head)
    return len(body) >= int(length[1]) if length else True


def chunks_of(body: bytes) -> Iterator[bytes]:
    """Take the chunks out of a body sent with `Transfer-Encoding: chunked`."""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size.partition(b";")[0], 16)
        if length == 0:
            return
        yield rest[:length]
        body = rest[length + 2 :]
