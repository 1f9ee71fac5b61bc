"""Connections whose patience ends at a moment, not some seconds after the last byte.

httpcore's streams know timeouts for single reads only: a server that sends one byte a
second never meets one, least of all in its headers.  So each read and write here gets a
`Call`, a moment in time, and is given what is left of it.  On the way a `Call` notes
what happened: whether a connection was made, what came first, how much came.  The only
user of httpcore, of which the streams are used and nothing above them: its pools and
its way to h11 cost more than all the rest of a call.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar, cast

import httpcore

from rasa_mock.clients.http11 import MAX_HEAD, BrokenByServer, BrokenRules, Line

if TYPE_CHECKING:
    import ssl
    from collections.abc import (
        AsyncIterable,
        AsyncIterator,
        Callable,
        Generator,
        Iterable,
        Iterator,
    )

    from typing_extensions import Self

    from rasa_mock.clients.http11 import Answer, Head
    from rasa_mock.core.urls import Place

T = TypeVar("T")
S = TypeVar("S", httpcore.NetworkStream, httpcore.AsyncNetworkStream)

# Servers close idle connections after five seconds and more (Node, uvicorn: five).
IDLE_SECONDS = 4.0
HEAD_BEGINS = b"HTTP/"
HEAD_ENDS = b"\r\n\r\n"
PIECE = 64 * 1024
# Linux only: acknowledge what came at once.
QUICKACK = getattr(socket, "TCP_QUICKACK", None)

# What goes wrong on the way, all of it.
MISHAPS = (httpcore.NetworkError, httpcore.TimeoutException, BrokenRules)
# What a connection says that the server had closed while it was idle.
GONE = (httpcore.ReadError, httpcore.WriteError, BrokenByServer)


class Call(float):
    """The moment (`time.monotonic`) when a call must be over, and what came of it.

    `connected`: a connection was made for it.  `received`: bytes that came.  `head`:
    the first of them, up to the end of the headers.  `tail`: the last four.
    `meanwhile` is done once, when the server has something to do; it must not raise.
    `aside` is the time that it took, in seconds, if the answer was there before its
    end: nobody can say how much of that was the server's, so none is.
    """

    __slots__ = (
        "aside",
        "connected",
        "head",
        "head_size",
        "meanwhile",
        "received",
        "seconds",
        "tail",
    )
    seconds: float
    meanwhile: Callable[[], object] | None
    aside: float

    @classmethod
    def lasting(
        cls, seconds: float, *, meanwhile: Callable[[], object] | None = None
    ) -> Call:
        """Begin a call that may take so many seconds."""
        call = cls(time.monotonic() + seconds)
        call.seconds = seconds
        call.meanwhile = meanwhile
        call.aside = 0.0
        call.begin()
        return call

    def begin(self) -> None:
        """Forget what came for the request before."""
        self.connected = False
        self.head = b""
        self.head_size: int | None = None
        self.received = 0
        self.tail = b""

    def left(self, error: type[httpcore.TimeoutException]) -> float:
        """Give the seconds that are left; raise `error` when it is over."""
        left = self - time.monotonic()
        if left <= 0:
            raise error("no time is left")
        return left

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
                raise BrokenByServer("not HTTP")


def _may_be_http(head: bytes) -> bool:
    begun = head.lstrip(b"\r\n")[: len(HEAD_BEGINS)]
    return HEAD_BEGINS.startswith(begun)


class _Kept(Generic[S]):
    """A connection for one request after the other."""

    def __init__(self, stream: S) -> None:
        self._stream: S = stream
        self._line = Line()
        self._waiting = b""
        self._expires = 0.0
        self._is_closed = False

    def _acknowledge(self) -> None:
        """Let the server go on that sends head and body by two writes.

        Nagle's algorithm holds the second back until the first is acknowledged, which
        takes 40 ms of its own accord.  Python's http.server is of that kind.
        """
        if QUICKACK is not None:
            with suppress(OSError):
                connected = self._stream.get_extra_info("socket")
                connected.setsockopt(socket.IPPROTO_TCP, QUICKACK, 1)

    def rest(self) -> bool:
        """Begin to wait for the next request; False if there can be none."""
        self._expires = time.monotonic() + IDLE_SECONDS
        return not self._is_closed and self._line.renew()

    def is_fresh(self) -> bool:
        """Say whether the server may still be there."""
        # While nothing is asked, what can be read is the end.
        over = self._stream.get_extra_info("is_readable")
        return not over and time.monotonic() <= self._expires


class Connection(_Kept[httpcore.NetworkStream]):
    """One connection, for threads."""

    @classmethod
    def open(cls, place: Place, *, call: Call, context: ssl.SSLContext | None) -> Self:
        """Connect within the time of `call`, with TLS if there is a `context`."""
        left = call.left(httpcore.ConnectTimeout)
        stream = httpcore.SyncBackend().connect_tcp(
            place.host, place.port, timeout=left
        )
        call.connected = True
        if context is not None:
            left = call.left(httpcore.ConnectTimeout)
            stream = stream.start_tls(context, server_hostname=place.host, timeout=left)
        return cls(stream)

    def ask(self, head: Head, *, body: Iterable[bytes], call: Call) -> Answer:
        """Send a request and return status and headers of the answer."""
        # Some servers answer and close before they have read it all: look for it.
        with suppress(httpcore.WriteError):
            self._write(self._line.request(head), call)
            for piece in body:
                self._write(self._line.data(piece), call)
            self._write(self._line.end(), call)
        with suppress(httpcore.WriteError):
            self._flush(call)
        if call.meanwhile is not None:
            self._work(call.meanwhile, call)
        return self._read(self._line.answer(), call)

    def _work(self, work: Callable[[], object], call: Call) -> None:
        call.meanwhile = None
        begun = time.monotonic()
        work()
        if self._stream.get_extra_info("is_readable"):
            call.aside = time.monotonic() - begun

    def body(self, call: Call) -> Iterator[bytes]:
        """Yield the pieces of the answer's body."""
        while (piece := self._read(self._line.piece(), call)) is not None:
            yield piece

    def close(self) -> None:
        """Close it, whatever is under way."""
        self._is_closed = True
        self._stream.close()

    def _write(self, data: bytes, call: Call) -> None:
        # Head and body come one by one; together they cost one system call.
        self._waiting += data
        if len(self._waiting) > PIECE:
            self._flush(call)

    def _flush(self, call: Call) -> None:
        waiting, self._waiting = self._waiting, b""
        for piece in _pieces(waiting):
            self._stream.write(piece, call.left(httpcore.WriteTimeout))

    def _read(self, steps: Generator[None, bytes, T], call: Call) -> T:
        try:
            next(steps)
            while True:
                data = self._stream.read(PIECE, call.left(httpcore.ReadTimeout))
                self._acknowledge()
                call.note(data)
                steps.send(data)
        except StopIteration as stop:
            return cast("T", stop.value)


class AsyncConnection(_Kept[httpcore.AsyncNetworkStream]):
    """The same for asyncio and trio."""

    @classmethod
    async def open(
        cls, place: Place, *, call: Call, context: ssl.SSLContext | None
    ) -> Self:
        """Connect within the time of `call`, with TLS if there is a `context`."""
        left = call.left(httpcore.ConnectTimeout)
        stream = await httpcore.AnyIOBackend().connect_tcp(
            place.host, place.port, timeout=left
        )
        call.connected = True
        if context is not None:
            left = call.left(httpcore.ConnectTimeout)
            stream = await stream.start_tls(
                context, server_hostname=place.host, timeout=left
            )
        return cls(stream)

    async def ask(
        self, head: Head, *, body: AsyncIterable[bytes], call: Call
    ) -> Answer:
        """Send a request and return status and headers of the answer."""
        # Some servers answer and close before they have read it all: look for it.
        with suppress(httpcore.WriteError):
            await self._write(self._line.request(head), call)
            async for piece in body:
                await self._write(self._line.data(piece), call)
            await self._write(self._line.end(), call)
        with suppress(httpcore.WriteError):
            await self._flush(call)
        return await self._read(self._line.answer(), call)

    async def body(self, call: Call) -> AsyncIterator[bytes]:
        """Yield the pieces of the answer's body."""
        while (piece := await self._read(self._line.piece(), call)) is not None:
            yield piece

    async def close(self) -> None:
        """Close it, whatever is under way."""
        self._is_closed = True
        await self._stream.aclose()

    async def _write(self, data: bytes, call: Call) -> None:
        self._waiting += data
        if len(self._waiting) > PIECE:
            await self._flush(call)

    async def _flush(self, call: Call) -> None:
        waiting, self._waiting = self._waiting, b""
        for piece in _pieces(waiting):
            await self._stream.write(piece, call.left(httpcore.WriteTimeout))

    async def _read(self, steps: Generator[None, bytes, T], call: Call) -> T:
        try:
            next(steps)
            while True:
                data = await self._stream.read(PIECE, call.left(httpcore.ReadTimeout))
                self._acknowledge()
                call.note(data)
                steps.send(data)
        except StopIteration as stop:
            return cast("T", stop.value)


def _pieces(buffer: bytes) -> Iterator[bytes]:
    """Cut what is to be written, so that a slow reader meets the end of a call, too."""
    for start in range(0, len(buffer), PIECE):
        yield buffer[start : start + PIECE]
