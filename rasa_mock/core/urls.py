"""URLs as Rasa's HTTP client (aiohttp, through yarl) puts them on the wire.

Quoting, query strings, the `Host` header and redirect targets; no I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit, urlunsplit

DEFAULT_PORTS = {"http": "80", "https": "443"}
_QUERY_SAFE = "?/:@!$'()*,"
_PATH_SAFE = "/:@!$'()*,+&=;%"
_WHOLE_QUERY_SAFE = _QUERY_SAFE + "+&=;%"


def quoted_url(url: str, params: Mapping[str, Any]) -> str:
    """Quote `url` and add `params` to its query; credentials in it are kept."""
    parts = urlsplit(url)
    query = quote(parts.query, safe=_WHOLE_QUERY_SAFE)
    if params:
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        pairs += [(name, str(value)) for name, value in params.items()]
        query = "&".join(f"{_query_word(n)}={_query_word(v)}" for n, v in pairs)
    path = quote(parts.path, safe=_PATH_SAFE) or "/"
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))


def split_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    """Cut `user:password@` out of `url`: the URL without it, and the pair or None."""
    parts = urlsplit(url)
    credentials, found, place = parts.netloc.rpartition("@")
    if not found:
        return url, None
    name, _, password = credentials.partition(":")
    return urlunsplit(parts._replace(netloc=place)), (name, password)


def host_header(url: str) -> str:
    """Give the value of `Host`: lower case, without a default port."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    host, _, port = place.rpartition(":") if _has_port(place) else (place, "", "")
    host = host.lower().rstrip(".")
    return host if port in ("", DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{port}"


def _has_port(place: str) -> bool:
    return ":" in place.rpartition("]")[2]


def _query_word(text: str) -> str:
    return quote_plus(text, safe=_QUERY_SAFE)
