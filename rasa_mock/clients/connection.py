"""Connections whose patience ends at a moment, not some seconds after the last byte.

httpcore knows timeouts for single reads only: a server that sends one byte a second
never meets one, least of all in its headers.  So a `Call`, a moment in time, is handed
to httpcore in the place of each timeout, and the streams here, which get it back for
every read and write, make of it what is left.  On the way a `Call` notes what happened:
whether a connection was made, what came first, how much came.  The only user of
httpcore; what is said over a connection is not decided here.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Iterator

    from rasa_mock.core.urls import Place

# Servers close idle connections after five seconds and more (Node, uvicorn: five).
IDLE_SECONDS = 4.0
MAX_CONNECTIONS = 100
HEAD_BEGINS = b"HTTP/"
HEAD_ENDS = b"\r\n\r\n"
# h11 gives up on headers larger than 100 kB; more than that need not be kept.
MAX_HEAD = 100 * 1024
PIECE = 64 * 1024

# What goes wrong on the way, all of it.
MISHAPS = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
)
# What a connection says that the server had closed while it was idle.
GONE = (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError)


class Call(float):
    """The moment (`time.monotonic`) when a call must be over, and what came of it.

    `connected`: a connection was made for it.  `received`: bytes that came.  `head`:
    the first of them, up to the end of the headers.  `tail`: the last four.
    """

    __slots__ = ("connected", "head", "head_size", "received", "seconds", "tail")
    seconds: float

    @classmethod
    def lasting(cls, seconds: float) -> Call:
        """Begin a call that may take so many seconds."""
        call = cls(time.monotonic() + seconds)
        call.seconds = seconds
        call.begin()
        return call

    def begin(self) -> None:
        """Forget what came for the request before."""
        self.connected = False
        self.head = b""
        self.head_size: int | None = None
        self.received = 0
        self.tail = b""

    def left(self) -> float:
        """Give the seconds that are left; negative when it is over."""
        return self - time.monotonic()

    def note(self, data: bytes) -> None:
        """Take note of bytes that came; raise if they cannot begin an HTTP answer."""
        self.received += len(data)
        self.tail = (self.tail + data[-4:])[-4:]
        if self.head_size is None and len(self.head) < MAX_HEAD:
            self.head += data
            end = self.head.find(HEAD_ENDS)
            if end >= 0:
                self.head_size = end + len(HEAD_ENDS)
                self.head = self.head[: self.head_size]
            # A parser would wait for the end of the line, and longer, for nothing.
            if not _may_be_http(self.head):
                raise httpcore.RemoteProtocolError("not HTTP")


def _may_be_http(head: bytes) -> bool:
    begun = head.lstrip(b"\r\n")[: len(HEAD_BEGINS)]
    return HEAD_BEGINS.startswith(begun)


def open_pool(
    context: ssl.SSLContext | None, *, keep_alive: bool
) -> httpcore.ConnectionPool:
    """Open a pool of connections; without `keep_alive` each request gets a new one."""
    return httpcore.ConnectionPool(
        ssl_context=context,
        max_connections=MAX_CONNECTIONS,
        max_keepalive_connections=MAX_CONNECTIONS if keep_alive else 0,
        keepalive_expiry=IDLE_SECONDS,
        network_backend=_Backend(),
    )


def open_async_pool(context: ssl.SSLContext | None, *, keep_alive: bool) -> AsyncPool:
    """Open a pool for asyncio or trio; else as `open_pool`, without an upper limit."""
    return AsyncPool(context, keep_alive=keep_alive)


class AsyncPool:
    """Keeps connections that are idle, by where they lead.

    In place of httpcore's own: that one looks at all connections for each request, so
    with 50 calls at once most of its time goes into that.
    """

    def __init__(self, context: ssl.SSLContext | None, *, keep_alive: bool) -> None:
        self._context = context
        self._keep_alive = keep_alive
        self._idle: dict[str, list[httpcore.AsyncHTTPConnection]] = {}

    async def handle_async_request(self, request: httpcore.Request) -> Any:
        """Send a request over a connection that is free, or a new one."""
        while True:
            connection = await self._take(request.url.origin)
            try:
                response = await connection.handle_async_request(request)
            except httpcore.ConnectionNotAvailable:
                await connection.aclose()
                continue
            except BaseException:
                await connection.aclose()
                raise
            return httpcore.Response(
                response.status,
                headers=response.headers,
                content=_Lent(
                    self,
                    connection,
                    answer=response,
                    place=str(request.url.origin),
                ),
                extensions=response.extensions,
            )

    async def _take(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        idle = self._idle.get(str(origin), [])
        while idle:
            connection = idle.pop()
            if connection.is_available() and not connection.has_expired():
                return connection
            await connection.aclose()
        return httpcore.AsyncHTTPConnection(
            origin,
            ssl_context=self._context,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=_AsyncBackend(),
        )

    async def give_back(
        self, connection: httpcore.AsyncHTTPConnection, *, place: str
    ) -> None:
        """Keep a connection for the next request, if it can be used again."""
        if self._keep_alive and connection.is_idle():
            self._idle.setdefault(place, []).append(connection)
        else:
            await connection.aclose()

    async def aclose(self) -> None:
        """Close what is idle."""
        for connections in self._idle.values():
            for connection in connections:
                await connection.aclose()
        self._idle.clear()


class _Lent:
    """The body of an answer; its connection goes back when it is closed."""

    def __init__(
        self,
        pool: AsyncPool,
        connection: httpcore.AsyncHTTPConnection,
        *,
        answer: Any,
        place: str,
    ) -> None:
        self._pool = pool
        self._connection = connection
        self._answer = answer
        self._place = place

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._answer.stream:
            yield data

    async def aclose(self) -> None:
        await self._answer.aclose()
        await self._pool.give_back(self._connection, place=self._place)


def pool_request(
    method: str,
    place: Place,
    *,
    headers: list[tuple[bytes, bytes]],
    stream: Any,
    call: Call | None,
) -> httpcore.Request:
    """Build what a pool sends: all of `headers`, nothing else, in time for `call`."""
    timeouts = {"connect": call, "read": call, "write": call}
    return httpcore.Request(
        method,
        httpcore.URL(
            scheme=place.scheme, host=place.host, port=place.port, target=place.target
        ),
        headers=headers,
        content=stream,
        extensions={"timeout": timeouts} if call is not None else {},
    )


def _left(
    timeout: float | None, error: type[httpcore.TimeoutException]
) -> float | None:
    if not isinstance(timeout, Call):
        return timeout
    left = timeout.left()
    if left <= 0:
        raise error("no time is left")
    return left


def _with_rest(options: dict[str, Any]) -> dict[str, Any]:
    """Replace a call among the options of httpcore by what is left of it."""
    left = _left(options.get("timeout"), httpcore.ConnectTimeout)
    return {**options, "timeout": left}


def _note_connection(options: dict[str, Any]) -> None:
    call = options.get("timeout")
    if isinstance(call, Call):
        call.connected = True


def _pieces(buffer: bytes) -> Iterator[bytes]:
    """Cut what is to be written, so that a slow reader meets the end of a call, too."""
    for start in range(0, len(buffer), PIECE):
        yield buffer[start : start + PIECE]


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._waiting = b""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        # Some servers answer and close before they have read it all: look for it.
        with suppress(httpcore.WriteError):
            self._flush(timeout)
        data = self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))
        if isinstance(timeout, Call):
            timeout.note(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # Head and body come one by one; together they cost one system call.
        self._waiting += buffer
        if len(self._waiting) > PIECE:
            self._flush(timeout)

    def _flush(self, timeout: float | None) -> None:
        waiting, self._waiting = self._waiting, b""
        for piece in _pieces(waiting):
            self._stream.write(piece, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, *args: Any, **options: Any) -> httpcore.NetworkStream:
        options = _with_rest(options)
        return _Stream(self._stream.start_tls(*args, **options))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._backend = httpcore.SyncBackend()

    def connect_tcp(self, *args: Any, **options: Any) -> httpcore.NetworkStream:
        stream = self._backend.connect_tcp(*args, **_with_rest(options))
        _note_connection(options)
        return _Stream(stream)


class _AsyncStream(httpcore.AsyncNetworkStream):
    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._waiting = b""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        # Some servers answer and close before they have read it all: look for it.
        with suppress(httpcore.WriteError):
            await self._flush(timeout)
        data = await self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))
        if isinstance(timeout, Call):
            timeout.note(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # Head and body come one by one; together they cost one system call.
        self._waiting += buffer
        if len(self._waiting) > PIECE:
            await self._flush(timeout)

    async def _flush(self, timeout: float | None) -> None:
        waiting, self._waiting = self._waiting, b""
        for piece in _pieces(waiting):
            await self._stream.write(piece, _left(timeout, httpcore.WriteTimeout))

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, *args: Any, **options: Any
    ) -> httpcore.AsyncNetworkStream:
        options = _with_rest(options)
        return _AsyncStream(await self._stream.start_tls(*args, **options))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _AsyncBackend(httpcore.AsyncNetworkBackend):
    def __init__(self) -> None:
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self, *args: Any, **options: Any
    ) -> httpcore.AsyncNetworkStream:
        stream = await self._backend.connect_tcp(*args, **_with_rest(options))
        _note_connection(options)
        return _AsyncStream(stream)
