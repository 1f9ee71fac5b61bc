"""Action servers over HTTP, for threads and for asyncio.

Both clients carry the requests that `core.exchange` asks for and hand back what came:
they know no redirect, no retry with the domain, no meaning of a status.  Whatever goes
wrong on the way becomes a `Reply` with a `failure`.  Headers are written as they stand
in the request, and httpx adds none: its own client is not used, only its seam for
transports, so that `httpx.MockTransport`, `ASGITransport` and the like can be given.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import httpx

from rasa_mock.clients.base import ACTIONS, action_names
from rasa_mock.clients.connection import MISHAPS, Call
from rasa_mock.clients.mishaps import BadAnswer, HeaderTooLarge
from rasa_mock.clients.reading import MAX_BYTES, Reading
from rasa_mock.clients.transport import (
    CALL,
    CONNECTION,
    TARGET,
    AsyncDeadlineTransport,
    DeadlineTransport,
    tls_context,
)
from rasa_mock.core.encoding import BadEncoding, TooLarge
from rasa_mock.core.exchange import exchange, get_request
from rasa_mock.core.urls import place_of, url_problem
from rasa_mock.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from typing_extensions import Self

    from rasa_mock.core.endpoint import Endpoint
    from rasa_mock.core.exchange import Exchange
    from rasa_mock.core.urls import Place
    from rasa_mock.core.wire import ActionRequest, Reply


class HttpClient:
    """Calls an action server over connections that it keeps open.

    `faithful` opens a new connection for each request, as Rasa does.  `max_bytes`
    bounds an answer, raw and decoded.  `timeout` in seconds is for one call with all
    that belongs to it; the endpoint's own is the default.  Raises UsageError for a URL
    that cannot be called and DataError for a `cafile` that cannot be read.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        faithful: bool = False,
        max_bytes: int = MAX_BYTES,
        timeout: float | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        _check_endpoint(endpoint)
        self.endpoint = endpoint
        self._max_bytes = max_bytes
        self._timeout = endpoint.timeout if timeout is None else timeout
        self._transport = transport or DeadlineTransport(
            cafile=endpoint.cafile, keep_alive=not faithful
        )

    def call(self, request: ActionRequest) -> Reply:
        """Send a request and give what came back; never raises for what went wrong."""
        return self._drive(exchange(request, endpoint=self.endpoint))

    def call_while(
        self, request: ActionRequest, *, work: Callable[[], object]
    ) -> Reply:
        """Do the same, and `work` (which must not raise) while the server is busy.

        `elapsed` is without the time of `work` if the answer was there before its end.
        """
        return self._drive(exchange(request, endpoint=self.endpoint), meanwhile=work)

    def get(self, path: str) -> Reply:
        """Ask for the endpoint's URL with its path replaced, such as `/health`."""
        request = get_request(self.endpoint, path)
        return self._drive(exchange(request, endpoint=self.endpoint))

    def list_actions(self) -> tuple[str, ...] | None:
        """Give the names that the server reports, or None if it reports none."""
        return action_names(self.get(ACTIONS))

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _drive(
        self, steps: Exchange, *, meanwhile: Callable[[], object] | None = None
    ) -> Reply:
        begun = time.monotonic()
        call = Call.lasting(self._timeout, meanwhile=meanwhile)
        attempts = 0
        try:
            request = next(steps)
            while True:
                attempts += 1
                request = steps.send(self._send(request, call))
        except StopIteration as stop:
            reply: Reply = stop.value
            elapsed = time.monotonic() - begun - call.aside
            return replace(reply, elapsed=elapsed, attempts=attempts)

    def _send(self, request: ActionRequest, call: Call) -> Reply:
        reading = Reading(url=request.url, call=call, max_bytes=self._max_bytes)
        try:
            response = self._transport.handle_request(_http_request(request, call))
            try:
                if reading.begin(*_head(response), extensions=response.extensions):
                    for data in cast("httpx.SyncByteStream", response.stream):
                        reading.feed(data)
                    reading.end()
            except BadAnswer:
                response.extensions[CONNECTION].close()
                raise
            finally:
                response.close()
            return reading.reply()
        except MISTAKES as error:
            return reading.broken(error)


class AsyncHttpClient:
    """The same for asyncio and trio; many calls may be under way at once."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        faithful: bool = False,
        max_bytes: int = MAX_BYTES,
        timeout: float | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        _check_endpoint(endpoint)
        self.endpoint = endpoint
        self._max_bytes = max_bytes
        self._timeout = endpoint.timeout if timeout is None else timeout
        self._transport = transport or AsyncDeadlineTransport(
            cafile=endpoint.cafile, keep_alive=not faithful
        )

    async def call(self, request: ActionRequest) -> Reply:
        """Send a request and give what came back; never raises for what went wrong."""
        return await self._drive(exchange(request, endpoint=self.endpoint))

    async def get(self, path: str) -> Reply:
        """Ask for the endpoint's URL with its path replaced, such as `/health`."""
        request = get_request(self.endpoint, path)
        return await self._drive(exchange(request, endpoint=self.endpoint))

    async def list_actions(self) -> tuple[str, ...] | None:
        """Give the names that the server reports, or None if it reports none."""
        return action_names(await self.get(ACTIONS))

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _drive(self, steps: Exchange) -> Reply:
        begun = time.monotonic()
        call = Call.lasting(self._timeout)
        attempts = 0
        try:
            request = next(steps)
            while True:
                attempts += 1
                request = steps.send(await self._send(request, call))
        except StopIteration as stop:
            reply: Reply = stop.value
            elapsed = time.monotonic() - begun
            return replace(reply, elapsed=elapsed, attempts=attempts)

    async def _send(self, request: ActionRequest, call: Call) -> Reply:
        reading = Reading(url=request.url, call=call, max_bytes=self._max_bytes)
        try:
            response = await self._transport.handle_async_request(
                _http_request(request, call)
            )
            try:
                if reading.begin(*_head(response), extensions=response.extensions):
                    async for data in cast("httpx.AsyncByteStream", response.stream):
                        reading.feed(data)
                    reading.end()
            except BadAnswer:
                await response.extensions[CONNECTION].close()
                raise
            finally:
                await response.aclose()
            return reading.reply()
        except MISTAKES as error:
            return reading.broken(error)


class _Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The body of a request, in the pieces in which it is to be sent."""

    def __init__(self, request: ActionRequest) -> None:
        self._pieces = request.chunks or ((request.body,) if request.body else ())

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


MISTAKES = (
    *MISHAPS,
    httpx.HTTPError,
    httpx.InvalidURL,
    OSError,
    UnicodeError,
    TooLarge,
    BadEncoding,
    HeaderTooLarge,
    BadAnswer,
)


def _check_endpoint(endpoint: Endpoint) -> None:
    problem = url_problem(endpoint.url)
    if problem is not None:
        raise UsageError(problem)
    if endpoint.cafile is not None and endpoint.url.lower().startswith("https:"):
        tls_context(endpoint.cafile)


def _http_request(request: ActionRequest, call: Call) -> httpx.Request:
    call.begin()
    url, place = _parsed(request.url)
    return httpx.Request(
        request.method,
        url,
        headers=[(k.encode("ascii"), v.encode("utf-8")) for k, v in request.headers],
        stream=_Pieces(request),
        extensions={CALL: call, TARGET: place},
    )


@lru_cache(maxsize=64)
def _parsed(url: str) -> tuple[httpx.URL, Place]:
    return httpx.URL(url), place_of(url)


def _head(response: httpx.Response) -> tuple[int, list[tuple[bytes, bytes]]]:
    return response.status_code, response.headers.raw
