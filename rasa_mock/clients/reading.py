"""Taking in one answer, within limits, and telling whether Rasa's client would.

aiohttp is stricter than h11 in what matters here: headers of more than 8190 bytes, two
headers that say where the body ends, and bytes after that end, which would else be
taken for the beginning of the next answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rasa_mock.clients.http11 import MAX_HEAD
from rasa_mock.clients.mishaps import BadAnswer, HeaderTooLarge, mishap
from rasa_mock.core.encoding import BodyReader, TooLarge
from rasa_mock.core.exchange import failed, leads_on
from rasa_mock.core.headers import Headers
from rasa_mock.core.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rasa_mock.clients.connection import Call

MAX_BYTES = 10 * 1024 * 1024
"""An answer, decoded or not, may be this large unless told otherwise."""

MAX_HEADER = 8190
# So much of a body is kept where the call failed in the middle of it.
KEPT_OF_FAILED = 4096
NO_BODY = (204, 304)


class Reading:
    """One answer while it comes in; ends as a `Reply`, whatever happens."""

    __slots__ = ("_body", "_call", "_headers", "_max_bytes", "_status", "_url")

    def __init__(self, *, url: str, call: Call, max_bytes: int) -> None:
        self._url = url
        self._call = call
        self._max_bytes = max_bytes
        self._status: int | None = None
        self._headers = Headers()
        self._body: BodyReader | None = None

    def begin(
        self,
        status: int,
        headers: Iterable[tuple[bytes, bytes]],
        *,
        extensions: Mapping[str, Any],
    ) -> bool:
        """Take status and headers; say whether the body is wanted."""
        pairs = list(headers)
        self._status = status
        self._headers = Headers((_text(k), _text(v)) for k, v in pairs)
        _check_sizes([extensions.get("reason_phrase", b""), *sum(pairs, ())])
        _check_framing(self._call.head)
        last = {name.lower(): value for name, value in self._headers.pairs}
        encoding = last.get("content-encoding", "")
        self._body = BodyReader(encoding, max_bytes=self._max_bytes)
        return not leads_on(status, self._headers)

    def feed(self, data: bytes) -> None:
        """Take a piece of the body."""
        if self._body is not None:
            self._body.feed(data)
        # Chunks of one byte each cost six on the wire, and much time.
        if self._call.received > self._max_bytes + MAX_HEAD:
            raise TooLarge

    def end(self) -> None:
        """Check that the answer ends where it says it does."""
        surplus = self._surplus()
        if surplus:
            raise BadAnswer(f"{surplus} bytes follow the end of the answer")

    def reply(self) -> Reply:
        """Give what was read, all of it."""
        body = b"" if self._body is None else self._body.finish()
        return Reply(status=self._status, headers=self._headers, body=body)

    def broken(self, error: BaseException) -> Reply:
        """Give what was read until `error`."""
        kind, reason = mishap(error, call=self._call, in_body=self._body is not None)
        if kind == "too_large":
            reason = f"more than {self._max_bytes:,} bytes"
        begun = self._body.so_far(at_most=KEPT_OF_FAILED) if self._body else b""
        failure = failed(kind, url=self._url, reason=reason)
        return Reply(
            status=self._status,
            headers=self._headers,
            body=begun,
            failure=kind,
            detail=failure.detail,
        )

    def _surplus(self) -> int:
        """Count the bytes that came after the end, where that can be told."""
        call = self._call
        if call.head_size is None or self._body is None or _is_interim(call.head):
            return 0
        if "transfer-encoding" in self._headers:
            return 0 if call.tail == b"\r\n\r\n" else 1
        return call.received - call.head_size - self._body.raw


def _check_framing(head: bytes) -> None:
    """Refuse an answer that says twice where its body ends (h11 would pick one)."""
    lower = head.lower()
    if sum(lower.count(name) for name in FRAMING) > 1:
        raise BadAnswer("more than one header says where the body ends")


FRAMING = (b"\r\ncontent-length:", b"\r\ntransfer-encoding:")


def _is_interim(head: bytes) -> bool:
    """Say whether the head is that of a 1xx answer, which another one follows."""
    return head[8:10] == b" 1"


def _check_sizes(words: list[bytes]) -> None:
    largest = max(words, key=len)
    if len(largest) > MAX_HEADER:
        raise HeaderTooLarge(f"{len(largest):,} bytes in one")


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
