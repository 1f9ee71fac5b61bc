"""URLs as Rasa's HTTP client (aiohttp, through yarl) puts them on the wire.

A URL is requoted: what need not be escaped is unescaped, what must be is escaped, dots
in the path are resolved, the fragment goes.  Parameters are added to the query.  Here
too: the `Host` header, credentials in a URL, and where a redirect leads.  No I/O.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urljoin, urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMES = ("http", "https")
DEFAULT_PORTS = {"http": 80, "https": 443}
# Where rasa-sdk listens.
WEBHOOK = "/webhook"

# What stands unescaped (besides letters, digits and -._~), and which of that keeps an
# escape that it already has, because the bare character would mean something else.
_ALWAYS = "!$'()*,"
_PATH_SAFE, _PATH_KEPT = _ALWAYS + "+&=;@:/", "/+"
_QUERY_SAFE, _QUERY_KEPT = _ALWAYS + "+&=;?/:@ ", "+&=; "
_WORD_SAFE = _ALWAYS + "?/:@ "
_ESCAPE_OR_PERCENT = re.compile(r"%([0-9a-fA-F]{2})?")


class Place(NamedTuple):
    """Where a URL leads: what a connection is made to, and what is asked for there."""

    scheme: str
    host: str
    port: int
    target: str


def url_problem(url: str) -> str | None:
    """Say why `url` cannot be called, or None if it can."""
    expected = "expected something like http://localhost:5055/webhook"
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        return f"{expected}, got {url!r} ({error})"
    if parts.scheme not in SCHEMES or not host or port == 0:
        return f"{expected}, got {url!r}"
    return None


def place_of(url: str) -> Place:
    """Take apart a URL that has no problem."""
    parts = urlsplit(url)
    return Place(
        scheme=parts.scheme,
        host=parts.hostname or "",
        port=parts.port or DEFAULT_PORTS[parts.scheme],
        target=f"{parts.path}?{parts.query}" if parts.query else parts.path or "/",
    )


def quoted_url(url: str, params: Mapping[str, Any] | None = None) -> str:
    """Requote `url` and add `params` to its query; credentials in it are kept."""
    parts = urlsplit(url)
    query = _requoted(parts.query, safe=_QUERY_SAFE, kept=_QUERY_KEPT)
    if params:
        pairs = parse_qsl(parts.query, keep_blank_values=True) + _pairs(params)
        query = "&".join(f"{_word(name)}={_word(value)}" for name, value in pairs)
    path = _requoted(parts.path, safe=_PATH_SAFE, kept=_PATH_KEPT)
    path = _without_dots(path) if parts.netloc else path
    netloc = _ascii_netloc(parts.netloc)
    return urlunsplit((parts.scheme, netloc, path or "/", query.replace(" ", "+"), ""))


def split_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    """Cut `user:password@` out of `url`: the URL without it, and the pair or None."""
    parts = urlsplit(url)
    credentials, _, place = parts.netloc.rpartition("@")
    if not credentials:
        return urlunsplit(parts._replace(netloc=place)), None
    name, _, password = credentials.partition(":")
    bare = urlunsplit(parts._replace(netloc=place))
    return bare, (unquote(name), unquote(password))


def host_header(url: str) -> str:
    """Give the value of `Host`: lower case, without a default port."""
    scheme, netloc = urlsplit(url)[:2]
    host, colon, port = _split_port(netloc.rpartition("@")[2])
    host = host.lower().rstrip(".")
    is_default = port in ("", str(DEFAULT_PORTS.get(scheme)))
    return host if is_default else host + colon + port


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Give scheme, host and port: credentials are sent on to the same origin only."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)


def joined_url(url: str, location: str) -> str:
    """Find where the `Location` of a redirect leads, seen from `url`."""
    target = location if urlsplit(location).scheme else urljoin(url, location)
    return quoted_url(target)


def with_path(url: str, path: str) -> str:
    """Replace the path of `url`; the query goes, as for Rasa's health check."""
    return urlunsplit(urlsplit(url)._replace(path=path, query="", fragment=""))


def public_url(url: str) -> str:
    """Give `url` for messages: without credentials and query, where secrets stand."""
    parts = urlsplit(url)
    return urlunsplit(
        (parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", "")
    )


def _pairs(params: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, str(item))
        for name, value in params.items()
        for item in (value if isinstance(value, list | tuple) else [value])
    ]


def _word(text: str) -> str:
    return quote(text, safe=_WORD_SAFE)


def _requoted(text: str, *, safe: str, kept: str) -> str:
    """Escape what must be; undo escapes that need not be, but for `kept` characters."""

    def escape(match: re.Match[str]) -> str:
        if match[1] is None:
            return "%25"
        character = chr(int(match[1], 16))
        bare = character.isascii() and (character.isalnum() or character in "-._~")
        if bare or (character in safe and character not in kept):
            return character
        return f"%{match[1].upper()}"

    return quote(_ESCAPE_OR_PERCENT.sub(escape, text), safe=safe + "%")


def _without_dots(path: str) -> str:
    """Resolve `.` and `..` in a path (RFC 3986, 5.2.4)."""
    if "." not in path:
        return path
    prefix = "/" if path.startswith("/") else ""
    segments = path[len(prefix) :].split("/")
    resolved: list[str] = []
    for segment in segments:
        if segment == "..":
            del resolved[-1:]
        elif segment != ".":
            resolved.append(segment)
    if segments[-1] in (".", ".."):
        resolved.append("")
    return prefix + "/".join(resolved)


def _ascii_netloc(netloc: str) -> str:
    """Write the host in lower case and, if it has other letters, in IDNA."""
    credentials, at, place = netloc.rpartition("@")
    host, colon, port = _split_port(place)
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            host = quote(host)  # no such host: looking it up will say so
    return credentials + at + host.lower() + colon + port


def _split_port(place: str) -> tuple[str, str, str]:
    """Split `host:port`, minding the colons of IPv6: host, colon or none, port."""
    if ":" in place.rpartition("]")[2]:
        return place.rpartition(":")
    return place, "", ""


def with_webhook(url: str) -> str:
    """Give a URL without a path the one of rasa-sdk's webhook."""
    parts = urlsplit(url)
    return url if parts.path.strip("/") else urlunsplit(parts._replace(path=WEBHOOK))
