"""Threads for tests in the same process: a server on a free port, or a loop alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from rasa_mock.errors import UsageError
from rasa_mock.server.listen import Tls, address_of, bind, make_server

T = TypeVar("T")

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
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server = make_server(app, tls=tls, on_ready=self._begin)
        self._thread = threading.Thread(
            target=self._run, name=f"mock Rasa on {self.address}", daemon=True
        )
        self._error: BaseException | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop that it runs in."""
        if self._loop is None:
            raise UsageError("the server is not started")
        return self._loop

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

    def _begin(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready.set()

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        except BaseException as error:  # noqa: BLE001  told to whoever started it
            self._error = error
        finally:
            self._ready.set()


class LoopThread:
    """An event loop in a thread of its own, for those who cannot wait for theirs."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self.loop.run_forever, name="mock Rasa", daemon=True
        )
        self._thread.start()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Let something be done there, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def stop(self) -> None:
        """End the loop and the thread."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(STOP_SECONDS)
        self.loop.close()
