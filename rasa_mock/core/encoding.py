"""Compressed bodies: requests as aiohttp deflates them, replies inflated with a limit.

The limit is on what comes out as well as on what goes in: a few kilobytes of deflate
can hold gigabytes.
"""

from __future__ import annotations

import zlib
from typing import Any

GZIP_BITS = 16 + zlib.MAX_WBITS
ZLIB_METHOD = 8


class TooLarge(Exception):
    """A body has more bytes than allowed."""


class BadEncoding(Exception):
    """A body is not compressed in the way its header says."""


def deflated(body: bytes) -> tuple[bytes, ...]:
    """Compress `body` (zlib) into the pieces that aiohttp writes.

    The first is what the compressor gives up by itself: for short bodies only the two
    bytes of its header.  The second is the rest.
    """
    compressor = zlib.compressobj()
    pieces = (compressor.compress(body), compressor.flush())
    return tuple(piece for piece in pieces if piece)


class BodyReader:
    """Gathers a body piece by piece, decoding it as aiohttp 3.9.5 does.

    Knows `gzip` and `deflate` (zlib or bare); other names pass as they are, but `br`,
    which Rasa does not ask for and cannot read.  A gzip body may end early, and what
    follows its end is ignored.
    """

    __slots__ = ("_decoded", "_encoding", "_inflater", "_max_bytes", "raw")

    def __init__(self, encoding: str, *, max_bytes: int) -> None:
        self._encoding = encoding.strip().lower()
        self._inflater: Any = None
        self._max_bytes = max_bytes
        self._decoded = bytearray()
        self.raw = 0
        if self._encoding == "br":
            raise BadEncoding("Rasa's HTTP client did not ask for br")

    def feed(self, data: bytes) -> None:
        """Take the next bytes from the wire; raise TooLarge or BadEncoding."""
        self.raw += len(data)
        if self._encoding not in ("gzip", "deflate"):
            self._keep(data)
        elif data:
            self._inflate(data)
        if self.raw > self._max_bytes:
            raise TooLarge

    def finish(self) -> bytes:
        """Give the whole decoded body."""
        cut = self._inflater is not None and not self._inflater.eof
        if self._encoding == "deflate" and cut:
            raise BadEncoding("the deflate stream breaks off")
        return self.so_far()

    def so_far(self, *, at_most: int | None = None) -> bytes:
        """Give what was decoded until now, or its first `at_most` bytes."""
        return bytes(self._decoded[:at_most])

    def _keep(self, data: bytes) -> None:
        self._decoded += data
        if len(self._decoded) > self._max_bytes:
            raise TooLarge

    def _inflate(self, data: bytes) -> None:
        if self._inflater is None:
            self._inflater = zlib.decompressobj(self._window_bits(data))
        try:
            while data and not self._inflater.eof:
                room = self._max_bytes - len(self._decoded) + 1
                self._keep(self._inflater.decompress(data, room))
                data = self._inflater.unconsumed_tail
        except zlib.error as error:
            raise BadEncoding(str(error).rpartition(": ")[2]) from error

    def _window_bits(self, data: bytes) -> int:
        """Tell zlib's wrapping from bare deflate by the first byte, as aiohttp does."""
        if self._encoding == "gzip":
            return GZIP_BITS
        return zlib.MAX_WBITS if data[0] & 0xF == ZLIB_METHOD else -zlib.MAX_WBITS
