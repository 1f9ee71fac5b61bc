"""Cookies that a server sets on the way through redirects, as aiohttp keeps them.

They live for one call only, since Rasa opens a new session for each.  Not here: expiry
by date, which no redirect outlasts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

IP_ADDRESS = re.compile(r"[\d.]+|.*:.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """One cookie; `host` begins with a dot where subdomains get it, too."""

    name: str
    value: str
    host: str
    path: str
    secure: bool

    def suits(self, url: str) -> bool:
        """Say whether it is sent to `url`."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if self.secure and parts.scheme != "https":
            return False
        in_domain = self.host.startswith(".") and f".{host}".endswith(self.host)
        return (in_domain or host == self.host) and _path_suits(parts.path, self.path)


def cookies_set(lines: Iterable[str], *, url: str) -> list[Cookie]:
    """Read the `Set-Cookie` lines of an answer from `url`; numeric hosts set none."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if IP_ADDRESS.fullmatch(host):
        return []
    found = (_read_cookie(line, host=host, path=parts.path) for line in lines)
    return [cookie for cookie in found if cookie is not None]


def cookie_header(cookies: Iterable[Cookie], *, url: str, own: str = "") -> str:
    """Give the `Cookie` header for `url`; `own` is the one that the endpoint sets."""
    pairs = dict(_pairs(own))
    pairs |= {cookie.name: cookie.value for cookie in cookies if cookie.suits(url)}
    return "; ".join(f"{name}={value}" for name, value in sorted(pairs.items()))


def _read_cookie(line: str, *, host: str, path: str) -> Cookie | None:
    pair, _, rest = line.partition(";")
    pairs = _pairs(pair)
    attributes = {name.lower(): value for name, value in _pairs(rest)}
    flags = {word.strip().lower() for word in rest.split(";")}
    if not pairs:
        return None
    domain = attributes.get("domain", "").lower().lstrip(".")
    if domain and not f".{host}".endswith(f".{domain}"):
        return None
    own_path = attributes.get("path", "")
    (name, value) = pairs[0]
    return Cookie(
        name=name,
        value=value,
        host=f".{domain}" if domain else host,
        path=own_path if own_path.startswith("/") else path.rpartition("/")[0] or "/",
        secure="secure" in flags,
    )


def _pairs(text: str) -> list[tuple[str, str]]:
    words = (word.partition("=") for word in text.split(";"))
    return [(name.strip(), value.strip()) for name, equals, value in words if equals]


def _path_suits(path: str, own: str) -> bool:
    path = path or "/"
    return path == own or path.startswith(own if own.endswith("/") else f"{own}/")
