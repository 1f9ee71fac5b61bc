"""httpx transports over the connections of `clients.connection`.

Pools, TLS settings as Rasa has them, and one silent reconnection.  Proxies of the
environment are not used, since Rasa does not use them either.
"""

from __future__ import annotations

import ssl
from errno import ENOENT
from typing import TYPE_CHECKING, Any

import httpx

from rasa_mock.clients.connection import (
    GONE,
    Call,
    open_async_pool,
    open_pool,
    pool_request,
)
from rasa_mock.core.urls import place_of
from rasa_mock.errors import DataError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

# The extension of a request that says exactly where it goes; httpx would requote it.
TARGET = "place"


class DeadlineTransport(httpx.BaseTransport):
    """Connections that end their patience with the call; see `clients.connection`.

    A kept connection that turns out to be closed, before a byte came over it, is
    replaced without a word: the server had closed it while nobody looked.
    """

    def __init__(self, *, cafile: str | None = None, keep_alive: bool = True) -> None:
        self._cafile = cafile
        self._keep_alive = keep_alive
        self._pools: dict[str, Any] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        wanted, call = _pool_request(request)
        pool = self._pools.get(request.url.scheme) or self._open(request.url.scheme)
        while True:
            try:
                response = pool.handle_request(wanted)
                break
            except GONE:
                if call is None or call.connected or call.received:
                    raise
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=response.extensions,
        )

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()

    def _open(self, scheme: str) -> Any:
        context = tls_context(self._cafile) if scheme == "https" else None
        return self._pools.setdefault(
            scheme, open_pool(context, keep_alive=self._keep_alive)
        )


class AsyncDeadlineTransport(httpx.AsyncBaseTransport):
    """The same for asyncio and trio."""

    def __init__(self, *, cafile: str | None = None, keep_alive: bool = True) -> None:
        self._cafile = cafile
        self._keep_alive = keep_alive
        self._pools: dict[str, Any] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        wanted, call = _pool_request(request)
        pool = self._pools.get(request.url.scheme) or self._open(request.url.scheme)
        while True:
            try:
                response = await pool.handle_async_request(wanted)
                break
            except GONE:
                if call is None or call.connected or call.received:
                    raise
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_AsyncBody(response),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()

    def _open(self, scheme: str) -> Any:
        context = tls_context(self._cafile) if scheme == "https" else None
        return self._pools.setdefault(
            scheme, open_async_pool(context, keep_alive=self._keep_alive)
        )


class _Body(httpx.SyncByteStream):
    def __init__(self, response: Any) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._response.iter_stream())

    def close(self) -> None:
        self._response.close()


class _AsyncBody(httpx.AsyncByteStream):
    def __init__(self, response: Any) -> None:
        self._response = response

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._response.aiter_stream())

    async def aclose(self) -> None:
        await self._response.aclose()


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


def _pool_request(request: httpx.Request) -> tuple[Any, Call | None]:
    call = request.extensions.get("timeout", {}).get("read")
    place = request.extensions.get(TARGET) or place_of(str(request.url))
    wanted = pool_request(
        request.method,
        place,
        headers=request.headers.raw,
        stream=request.stream,
        call=call,
    )
    return wanted, call if isinstance(call, Call) else None
