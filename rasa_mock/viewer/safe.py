"""What goes out to a page: JSON that any browser reads, without secrets, bounded.

A value that is too large to be sent along is replaced by its size, and the beginning of
a text; it can be asked for by itself.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

LARGEST = 16_000
"""Characters of a value of a record that is sent along with its conversation."""

CUT = "$cut"
HEAD = 1_000
"""Characters that are sent of a text which is too large."""

MASK = "***"

_SECRET_NAMES = re.compile(
    r"^(proxy-)?authorization$|^(set-)?cookie$|^x-mock-token$|api[-_]?key$|"
    r"^(auth|admin|access|refresh|bearer|id)?[-_]?token$|^password$|secret",
    re.IGNORECASE,
)
_IN_URL = re.compile(
    r"(?P<query>[?&](?:token|auth_token|access_token|api_?key|password|secret)=)"
    r"[^&#\s\"']*",
    re.IGNORECASE,
)
_USER_INFO = re.compile(
    r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)[^/@\s\"']+@", re.IGNORECASE
)


def to_json(value: Any) -> str:
    """Write a value as JSON in ASCII; what JSON does not have becomes text."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), separators=(",", ":"), default=str)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def without_secrets(value: Any) -> Any:
    """Return a record with tokens and passwords masked: headers, queries, user info."""
    if isinstance(value, Mapping):
        return {
            key: MASK
            if _is_secret(key) and isinstance(item, str)
            else without_secrets(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_secrets(item) for item in value]
    return masked(value) if isinstance(value, str) else value


def _is_secret(key: Any) -> bool:
    return isinstance(key, str) and _SECRET_NAMES.search(key) is not None


def masked(text: str) -> str:
    """Return a text whose URLs have neither tokens nor passwords."""
    if "=" in text:
        text = _IN_URL.sub(rf"\g<query>{MASK}", text)
    return _USER_INFO.sub(rf"\g<scheme>{MASK}@", text) if "://" in text else text


def bounded(record: Json, *, largest: int = LARGEST) -> Json:
    """Return a record whose large values are replaced by their sizes."""
    return {key: _bounded(value, largest=largest) for key, value in record.items()}


def _bounded(value: Any, *, largest: int) -> Any:
    if not isinstance(value, str | list | dict):
        return value
    size = len(value) if isinstance(value, str) else len(json.dumps(value))
    if size <= largest:
        return value
    return {CUT: size, "head": value[:HEAD]} if isinstance(value, str) else {CUT: size}
