"""A server in a thread of its own, on a free port: for tests in the same process."""

from __future__ import annotations

import threading
from typing import Any

from rasa_mock.errors import UsageError
from rasa_mock.server.listen import Tls, address_of, bind, make_server

READY_SECONDS = 60.0
STOP_SECONDS = 30.0


class Background:
    """An ASGI application that is served beside; `address` is its URL."""

    def __init__(
        self,
        app: Any,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: Tls | None = None,
    ) -> None:
        self._socket = bind(host, port)
        self.address = address_of(self._socket, secure=tls is not None)
        self._ready = threading.Event()
        self._server = make_server(app, tls=tls, on_ready=self._ready.set)
        self._thread = threading.Thread(
            target=self._run, name=f"mock Rasa on {self.address}", daemon=True
        )
        self._error: BaseException | None = None

    def start(self) -> None:
        """Begin to serve; return when requests are taken."""
        self._thread.start()
        if not self._ready.wait(READY_SECONDS) or self._error is not None:
            self.stop()
            raise UsageError(f"the server did not start: {self._error}")

    def stop(self) -> None:
        """Let what is under way end, and stop serving."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)
        self._socket.close()

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        except BaseException as error:  # noqa: BLE001  told to whoever started it
            self._error = error
        finally:
            self._ready.set()
