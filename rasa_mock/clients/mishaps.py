"""What an exception on the way means: its kind among FAILURES, and the plain reason.

Looks at the chain of causes down to the operating system's own error.  httpcore, httpx
and anyio call their exceptions by the same names, and names are all that is used.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from typing import TYPE_CHECKING

from rasa_mock.core.encoding import BadEncoding, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rasa_mock.clients.connection import Call

SHOWN_BYTES = 40
TLS_ALERT = b"\x15\x03"
# Where h11 gives up on headers that do not end, all but one read of it.
H11_LIMIT = 90 * 1024
UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT)


class HeaderTooLarge(Exception):
    """A header is longer than Rasa's HTTP client takes."""


class BadAnswer(Exception):
    """An answer that h11 takes and Rasa's HTTP client does not."""


def mishap(error: BaseException, *, call: Call, in_body: bool) -> tuple[str, str]:
    """Give the kind of failure and its reason for an exception during `call`."""
    names = {cls.__name__ for cls in type(error).__mro__}
    causes = list(_causes(error))
    numbers = {cause.errno for cause in causes if isinstance(cause, OSError)}
    if numbers & set(UNREACHABLE):
        return "unreachable", _plain(causes)
    if "TimeoutException" in names:
        return "timeout", _progress(call)
    for kind, types in _BY_TYPE:
        if any(isinstance(cause, types) for cause in causes):
            return kind, _plain(causes)
    for name, kind in _BY_NAME.items():
        if name in names:
            return kind, _plain(causes)
    broke_rules = "RemoteProtocolError" in names
    if in_body:
        return _in_body(str(error), broke_rules=broke_rules)
    return _before_body(str(error), call=call, broke_rules=broke_rules)


_BY_TYPE: tuple[tuple[str, type[BaseException] | tuple[type[BaseException], ...]], ...]
_BY_TYPE = (
    ("too_large", TooLarge),
    ("bad_encoding", BadEncoding),
    ("header_too_large", HeaderTooLarge),
    ("not_http", BadAnswer),
    ("tls", ssl.SSLError),
    ("unknown_host", (socket.gaierror, UnicodeError)),
    ("refused", ConnectionRefusedError),
)
_BY_NAME = {
    "InvalidURL": "bad_url",
    "UnsupportedProtocol": "bad_url",
    "LocalProtocolError": "bad_request",
    "ConnectError": "unreachable",
}


def _in_body(text: str, *, broke_rules: bool) -> tuple[str, str]:
    if broke_rules and "peer closed" not in text:
        return "not_http", text
    return "incomplete", "the connection was closed before the end"


def _before_body(text: str, *, call: Call, broke_rules: bool) -> tuple[str, str]:
    if not broke_rules or "disconnected" in text:
        came = f"after {call.received} bytes of it" if call.received else ""
        return "disconnected", came
    if call.head_size is None and call.received > H11_LIMIT:
        return "header_too_large", f"{call.received:,} bytes of them, and no end"
    if call.head.startswith(TLS_ALERT):
        return "not_http", "it speaks TLS: write https instead of http"
    return "not_http", f"it begins with {call.head[:SHOWN_BYTES]!r}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk from an exception to what caused it, through groups, too."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop()
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [cause.__context__, cause.__cause__]
        waiting += getattr(cause, "exceptions", ())


def _plain(causes: list[BaseException]) -> str:
    """Say why in the words of the operating system or of TLS, where it was they."""
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
        if isinstance(cause, ssl.SSLError):
            return _TLS_REASONS.get(cause.reason or "", cause.reason or str(cause))
        if isinstance(cause, socket.gaierror) and cause.strerror:
            return cause.strerror
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno)
        if isinstance(cause, UnicodeError):
            return "that is no host name"
    return str(causes[0])


_TLS_REASONS = {
    "WRONG_VERSION_NUMBER": "the server speaks plain text, not TLS",
    "RECORD_LAYER_FAILURE": "the server speaks plain text, not TLS",
}


def _progress(call: Call) -> str:
    came = f"{call.received} bytes" if call.received else "no byte"
    return f"{came} of it within {call.seconds:g} s"
