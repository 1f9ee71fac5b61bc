"""One exchange with an action server, described once for every driver.

A generator yields the HTTP requests to send and is sent the replies; what it returns is
the reply that counts.  So redirects and retries are decided here, and drivers only
carry bytes.  Three things can make one call more than one request:

1. Redirects, as aiohttp 3.9.5 follows them: 301 and 302 turn a POST into a GET without
   a body, 303 anything; 307 and 308 repeat the request.  The tenth redirect is one too
   many.  Without a `Location` the redirect itself is the reply.  Credentials in a URL
   and the endpoint's own `Authorization` go to the same origin only, but `basic_auth`,
   being the session's, goes everywhere.  Cookies are sent back.
2. Status 449, the question for the domain, if the request says how to answer it.
3. A connection that was closed while idle: that is the transport's business, not ours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rasa_mock.core import heading
from rasa_mock.core.cookies import Cookie, cookie_header, cookies_set
from rasa_mock.core.failures import FAILURES
from rasa_mock.core.headers import Header, Headers
from rasa_mock.core.urls import (
    SCHEMES,
    joined_url,
    origin,
    public_url,
    split_credentials,
    url_problem,
    with_path,
)
from rasa_mock.core.wire import CONTENT_TYPE, ActionRequest, Reply, json_text

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from rasa_mock.core.endpoint import Endpoint

    Exchange = Generator[ActionRequest, Reply, Reply]

MAX_REDIRECTS = 10
REDIRECTS = (301, 302, 303, 307, 308)
NEEDS_DOMAIN = 449


def exchange(request: ActionRequest, *, endpoint: Endpoint) -> Exchange:
    """Describe one call: yields requests, is sent replies, returns the last reply."""
    reply = yield from _follow(request, endpoint)
    if reply.status == NEEDS_DOMAIN and request.with_domain is not None:
        reply = yield from _follow(request.with_domain, endpoint)
    return reply


def get_request(endpoint: Endpoint, path: str) -> ActionRequest:
    """Build a GET for the endpoint's URL with its path replaced (`/health`)."""
    url, sender = heading.start(endpoint, with_path(endpoint.url, path))
    headers = heading.head(endpoint, url=url, sender=sender, content_type=None)
    return ActionRequest(method="GET", url=url, headers=tuple(headers))


def post_request(endpoint: Endpoint, payload: Any) -> ActionRequest:
    """Build a POST of a JSON value to an endpoint that is no action server."""
    return post_bytes(endpoint, json_text(payload).encode("ascii"))


def post_bytes(endpoint: Endpoint, body: bytes) -> ActionRequest:
    """Build a POST of bytes that are JSON, or not."""
    url, sender = heading.start(endpoint)
    headers = heading.head(endpoint, url=url, sender=sender, content_type=CONTENT_TYPE)
    framing = heading.framing(body, chunked=False)
    return ActionRequest(method="POST", url=url, headers=(*headers, framing), body=body)


def leads_on(status: int, headers: Mapping[str, str]) -> bool:
    """Say whether a reply is only a redirect, so that its body does not matter."""
    return status in REDIRECTS and bool(_location(headers))


def failed(kind: str, *, url: str, reason: str = "") -> Reply:
    """Make the reply for a call that brought none; `url` is shown without secrets."""
    failure = FAILURES[kind]
    why = f" ({reason})" if reason else ""
    return Reply(
        failure=kind, detail=f"{failure.text}: {public_url(url)}{why}; {failure.hint}"
    )


class _NoWay(Exception):
    """A redirect leads nowhere: the kind of failure, and the reason."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


def _follow(request: ActionRequest, endpoint: Endpoint) -> Exchange:
    first, trip = request, None
    for redirects in range(1, MAX_REDIRECTS + 1):
        reply = yield request
        if reply.failure is not None or reply.status not in REDIRECTS:
            return reply
        if redirects == MAX_REDIRECTS:
            break
        if not _location(reply.headers):
            return reply
        try:
            trip = trip or _Trip(
                endpoint=endpoint, first=first, sender=heading.start(endpoint)[1]
            )
            trip = trip.onward(reply, url=request.url)
            request = trip.request(request, status=reply.status)
        except _NoWay as error:
            return _broken(error.kind, reply, url=request.url, reason=error.reason)
    reason = f"{MAX_REDIRECTS} of them, the last to {_location(reply.headers)!r}"
    return _broken("redirect_loop", reply, url=first.url, reason=reason)


def _broken(kind: str, reply: Reply, *, url: str, reason: str) -> Reply:
    failure = failed(kind, url=url, reason=reason)
    return replace(reply, failure=kind, detail=failure.detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trip:
    """What changes from one request to the next while redirects are followed."""

    endpoint: Endpoint
    first: ActionRequest
    sender: heading.Sender
    url: str = ""
    cookies: tuple[Cookie, ...] = ()

    def onward(self, reply: Reply, *, url: str) -> _Trip:
        """Take the redirect in `reply`, which came from `url`."""
        target, credentials = _target(reply, url=url)
        headers = self.sender.own_headers
        authorization = self.sender.authorization
        if origin(url) != origin(target):
            headers = {k: v for k, v in headers.items() if k.lower() != "authorization"}
            authorization = ""
        owned = Headers(headers)
        if credentials and (authorization or "authorization" in owned):
            raise _NoWay("bad_redirect", "it brings credentials of its own")
        authorization = authorization or heading.authorization_of(
            self.endpoint, credentials
        )
        set_lines = [v for k, v in _pairs(reply.headers) if k.lower() == "set-cookie"]
        cookies = (*self.cookies, *cookies_set(set_lines, url=url))
        return replace(
            self,
            url=target,
            cookies=cookies,
            sender=heading.Sender(
                own_headers=headers,
                authorization=authorization,
                cookie=cookie_header(cookies, url=target, own=owned.get("cookie", "")),
            ),
        )

    def request(self, last: ActionRequest, *, status: int) -> ActionRequest:
        """Build the request that follows `last` after a redirect with `status`."""
        becomes_get = status == 303 or (status in (301, 302) and last.method == "POST")
        method = "GET" if becomes_get else last.method
        has_body = last.method == "POST" and not becomes_get
        headers = heading.head(
            self.endpoint,
            url=self.url,
            sender=self.sender,
            content_type=CONTENT_TYPE if self.first.method == "POST" else None,
            deflated=has_body and bool(last.chunks),
        )
        if not has_body:
            return ActionRequest(method=method, url=self.url, headers=tuple(headers))
        framing = heading.framing(last.body, chunked=bool(last.chunks))
        return replace(last, url=self.url, headers=(*headers, framing))


def _target(reply: Reply, *, url: str) -> tuple[str, tuple[str, str] | None]:
    """Find where a redirect leads, and the credentials that its URL brings."""
    location = _location(reply.headers)
    try:
        target = joined_url(url, location)
        scheme = origin(target)[0]
    except ValueError as error:
        raise _NoWay("bad_url", f"redirected to {location!r}: {error}") from error
    if scheme not in SCHEMES:
        raise _NoWay("bad_redirect", f"{location!r} is neither http nor https")
    problem = url_problem(target)
    if problem is not None:
        raise _NoWay("bad_redirect", f"{location!r} names no host")
    return split_credentials(target)


def _location(headers: Mapping[str, str]) -> str:
    return headers.get("location") or headers.get("uri") or ""


def _pairs(headers: Mapping[str, str]) -> tuple[Header, ...]:
    return headers.pairs if isinstance(headers, Headers) else tuple(headers.items())
