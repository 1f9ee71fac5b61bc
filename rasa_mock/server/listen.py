"""Listening on a port: uvicorn, and the habits that a test server needs beyond it.

The only user of uvicorn.  Four things differ from its own ways:

- The socket is made with its protocol named (`IPPROTO_TCP`).  One that is not gets no
  TCP_NODELAY from asyncio, and every answer takes 44 ms.
- A client that has closed its half of the connection still gets its answer.
- Headers that do not end are cut off.
- A connection on which no request is complete within a minute is closed.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from rasa_mock.errors import UsageError

# Sanic's, as Rasa sets them.
KEEP_ALIVE_SECONDS = 120
REQUEST_SECONDS = 60.0
BACKLOG = 2048
# A head that does not end is not kept; one that ends may still be too large
# (`server.limits`).
MOST_HEAD = 256 * 1024
HEAD_TOO_LARGE = b"HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Certificate and key, as files; `ca` checks the certificates of clients.

    Without `key` it is in the file of the certificate.
    """

    certificate: str
    key: str | None = None
    ca: str | None = None
    password: str | None = None


def bind(host: str, port: int) -> socket.socket:
    """Take a port, 0 for any that is free; raise UsageError if that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listening.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"cannot listen on {host}:{port}: {reason.lower()}; choose another --port "
            "(0 takes a free one) or another --interface"
        ) from error
    listening.settimeout(0)
    return listening


def address_of(listening: socket.socket, *, secure: bool = False) -> str:
    """Return the URL of a socket that listens."""
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if secure else 'http'}://{shown}:{port}"


class Protocol(HttpToolsProtocol):
    """One connection."""

    _patience: asyncio.TimerHandle | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Lines of access have the query, and the query has tokens.
        self.access_log = False

    # How many bytes of a head have come that is not yet complete.
    _head_bytes = 0
    _in_head = False

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._head_bytes = self._head_bytes + len(data) if self._in_head else 0
        if self._head_bytes > MOST_HEAD and not self.transport.is_closing():
            self.transport.write(HEAD_TOO_LARGE)
            self.transport.close()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._begin_waiting()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._begin_waiting()

    def on_message_complete(self) -> None:
        self._stop_waiting()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio allows it
        """Keep the connection while the client waits for its answer."""
        cycle: Any = self.cycle
        if cycle is None or cycle.response_complete or cycle.more_body:
            return False
        cycle.keep_alive = False
        return True

    def _begin_waiting(self) -> None:
        self._stop_waiting()
        self._patience = self.loop.call_later(REQUEST_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


class Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, *, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop when the process is told to; that is no failure, unless it was Ctrl-C.

        Uvicorn would let SIGTERM kill the process once all is over.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {each: signal.signal(each, self.handle_exit) for each in signals}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
        if signal.SIGINT in self._captured_signals:
            raise KeyboardInterrupt

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Have endless answers ended first: uvicorn waits for all that are open."""
        state = getattr(self.config.app, "state", None)
        for stop in getattr(state, "at_shutdown", ()):
            stop()
        await super().shutdown(sockets=sockets)


def make_server(
    app: Any, *, tls: Tls | None = None, on_ready: Callable[[], None] = lambda: None
) -> Server:
    """Return a server for an ASGI application; run it with a socket of `bind`."""
    options: dict[str, Any] = {}
    if tls is not None:
        options = {
            "ssl_certfile": tls.certificate,
            "ssl_keyfile": tls.key,
            "ssl_ca_certs": tls.ca,
            "ssl_keyfile_password": tls.password,
        }
    config = uvicorn.Config(
        app,
        http=Protocol,
        # What speaks WebSocket takes its time to import.
        ws="auto" if _has_sockets(app) else "none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        backlog=BACKLOG,
        **options,
    )
    return Server(config, on_ready=on_ready)


def _has_sockets(app: Any) -> bool:
    """Tell whether an application may have routes for WebSockets."""
    routes = getattr(app, "routes", None)
    return routes is None or any(
        type(route).__name__ == "WebSocketRoute" for route in routes
    )
