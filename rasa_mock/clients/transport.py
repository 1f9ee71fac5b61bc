"""httpx transports over the connections of `clients.connection`.

Pools, TLS settings as Rasa has them, and one silent reconnection.  Proxies of the
environment are not used, since Rasa does not use them either.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from errno import ENOENT
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import httpx

from rasa_mock.clients.connection import GONE, AsyncConnection, Call, Connection
from rasa_mock.errors import DataError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from rasa_mock.clients.http11 import Answer, Head
    from rasa_mock.core.urls import Place

C = TypeVar("C", Connection, AsyncConnection)

# The extensions of a request: where exactly it goes, which httpx would quote anew, and
# the call that it belongs to; of an answer: what it came over.
TARGET = "place"
CALL = "call"
CONNECTION = "connection"


class DeadlineTransport(httpx.BaseTransport):
    """Connections that end their patience with the call; see `clients.connection`.

    A kept connection that turns out to be closed, before a byte came over it, is
    replaced without a word: the server had closed it while nobody looked.
    """

    def __init__(self, *, cafile: str | None = None, keep_alive: bool = True) -> None:
        self._idle: _Idle[Connection] = _Idle(cafile=cafile, keep_alive=keep_alive)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        place, call = _wanted(request)
        while True:
            connection = self._take(place) or Connection.open(
                place, call=call, context=self._idle.context(place)
            )
            try:
                answer = connection.ask(
                    _head(request, place),
                    body=cast("httpx.SyncByteStream", request.stream),
                    call=call,
                )
            except GONE:
                connection.close()
                if call.connected or call.received:
                    raise
            except BaseException:
                connection.close()
                raise
            else:
                break
        body = _Body(connection, call=call, back=partial(self._idle.put, place))
        return _response(answer, body=body, connection=connection)

    def close(self) -> None:
        for connection in self._idle.all():
            connection.close()

    def _take(self, place: Place) -> Connection | None:
        while (connection := self._idle.take(place)) is not None:
            if connection.is_fresh():
                return connection
            connection.close()
        return None


class AsyncDeadlineTransport(httpx.AsyncBaseTransport):
    """The same for asyncio and trio."""

    def __init__(self, *, cafile: str | None = None, keep_alive: bool = True) -> None:
        self._idle: _Idle[AsyncConnection] = _Idle(cafile=cafile, keep_alive=keep_alive)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        place, call = _wanted(request)
        while True:
            connection = await self._take(place) or await AsyncConnection.open(
                place, call=call, context=self._idle.context(place)
            )
            try:
                answer = await connection.ask(
                    _head(request, place),
                    body=cast("httpx.AsyncByteStream", request.stream),
                    call=call,
                )
            except GONE:
                await connection.close()
                if call.connected or call.received:
                    raise
            except BaseException:
                await connection.close()
                raise
            else:
                break
        body = _AsyncBody(connection, call=call, back=partial(self._idle.put, place))
        return _response(answer, body=body, connection=connection)

    async def aclose(self) -> None:
        for connection in self._idle.all():
            await connection.close()

    async def _take(self, place: Place) -> AsyncConnection | None:
        while (connection := self._idle.take(place)) is not None:
            if connection.is_fresh():
                return connection
            await connection.close()
        return None


class _Idle(Generic[C]):
    """Connections that nobody uses, by where they lead, and how to open others."""

    def __init__(self, *, cafile: str | None, keep_alive: bool) -> None:
        self._cafile = cafile
        self._keep_alive = keep_alive
        self._waiting: dict[Place, list[C]] = {}
        self._context: ssl.SSLContext | None = None

    def context(self, place: Place) -> ssl.SSLContext | None:
        """Give the settings of TLS where it is to be spoken."""
        if place.scheme != "https":
            return None
        if self._context is None:
            self._context = tls_context(self._cafile)
            self._context.set_alpn_protocols(["http/1.1"])
        return self._context

    def take(self, place: Place) -> C | None:
        """Give the one that was used last."""
        waiting = self._waiting.get(_origin(place))
        # Another thread may be quicker.
        with suppress(IndexError):
            return waiting.pop() if waiting else None
        return None

    def put(self, place: Place, connection: C) -> bool:
        """Keep a connection for the next request, if it can be used again."""
        kept = self._keep_alive and connection.rest()
        if kept:
            self._waiting.setdefault(_origin(place), []).append(connection)
        return kept

    def all(self) -> Iterator[C]:
        """Give up all of them."""
        while self._waiting:
            yield from self._waiting.popitem()[1]


def _origin(place: Place) -> Place:
    return place._replace(target="")


class _Body(httpx.SyncByteStream):
    """The body of an answer; its connection goes back when it is closed."""

    def __init__(
        self, connection: Connection, *, call: Call, back: Callable[[Connection], bool]
    ) -> None:
        self._connection = connection
        self._call = call
        self._back = back

    def __iter__(self) -> Iterator[bytes]:
        return self._connection.body(self._call)

    def close(self) -> None:
        if not self._back(self._connection):
            self._connection.close()


class _AsyncBody(httpx.AsyncByteStream):
    def __init__(
        self,
        connection: AsyncConnection,
        *,
        call: Call,
        back: Callable[[AsyncConnection], bool],
    ) -> None:
        self._connection = connection
        self._call = call
        self._back = back

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._connection.body(self._call)

    async def aclose(self) -> None:
        if not self._back(self._connection):
            await self._connection.close()


def _wanted(request: httpx.Request) -> tuple[Place, Call]:
    return request.extensions[TARGET], request.extensions[CALL]


def _head(request: httpx.Request, place: Place) -> Head:
    return request.method, place.target, request.headers.raw


def _response(answer: Answer, *, body: Any, connection: Any) -> httpx.Response:
    return httpx.Response(
        answer.status_code,
        headers=answer.headers.raw_items(),
        stream=body,
        extensions={"reason_phrase": answer.reason, CONNECTION: connection},
    )


def tls_context(cafile: str | None) -> ssl.SSLContext:
    """Make the TLS settings that Rasa uses: the system's authorities, or `cafile`."""
    try:
        return ssl.create_default_context(cafile=cafile)
    except OSError as error:
        raise DataError(
            f"expected the certificates of authorities in PEM format: {error}",
            path=cafile,
            rasa_class="FileNotFoundException" if error.errno == ENOENT else "SSLError",
            phase="run",
        ) from error
