"""The words on the wire: what Rasa sends to an action server, and what comes back.

Here lives the request, byte for byte as Rasa 3.6.21 writes it through aiohttp 3.9.5
(`rasa.core.actions.action.RemoteAction` and `rasa.utils.endpoints.EndpointConfig`),
and the plain values `Endpoint`, `ActionRequest` and `Reply`.  How the request travels
is the business of `core.exchange` and of `clients`; what Rasa makes of a reply is in
`core.outcome`.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote

from rasa_mock.core.headers import Headers, has_header, put_header
from rasa_mock.core.urls import host_header, quoted_url, split_credentials
from rasa_mock.errors import DataError

RASA_VERSION = "3.6.21"
USER_AGENT = "Python/3.10 aiohttp/3.9.5"
COMPRESS_VARIABLE = "COMPRESS_ACTION_SERVER_REQUEST"
TRUE_WORDS = ("true", "1")
FALSE_WORDS = ("false", "0")
# Actions with this prefix get the domain even where `enable_selective_domain` is set.
NEEDS_DOMAIN_PREFIX = "validate_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One way in which a call brings no reply.

    `error` says what Rasa 3.6.21 makes of it: "connection" (it says that it could not
    connect), "status" (it says "a non 200 status code of" `status`), or the class name
    of the exception that passes through it untouched.
    """

    text: str
    error: str
    status: int | None = None


# `bad_url`, `tls`, ... : the values of `Reply.failure`.
FAILURES: dict[str, Failure] = {
    "refused": Failure(text="nothing listens there", error="connection"),
    "unknown_host": Failure(text="the host name is unknown", error="connection"),
    "unreachable": Failure(text="there is no way to the host", error="connection"),
    "tls": Failure(text="no TLS connection came about", error="connection"),
    "disconnected": Failure(
        text="the server closed the connection without an answer", error="connection"
    ),
    "timeout": Failure(text="no answer in time", error="TimeoutError"),
    "not_http": Failure(text="the answer is not HTTP", error="status", status=0),
    "incomplete": Failure(text="the answer broke off", error="status"),
    "bad_encoding": Failure(
        text="the answer's Content-Encoding is wrong", error="status"
    ),
    "too_large": Failure(text="the answer is larger than the limit", error="status"),
    "redirect_loop": Failure(text="too many redirects", error="status", status=0),
    "bad_redirect": Failure(text="the redirect leads nowhere", error="status"),
    "bad_url": Failure(text="the URL cannot be called", error="status"),
}


class SendsState(Protocol):
    """What a tracker must offer to be sent: `core.tracker.Tracker` does."""

    @property
    def sender_id(self) -> str: ...
    def current_state(self) -> dict[str, Any]: ...


class SendsDomain(Protocol):
    """What a domain must offer to be sent: `core.domain.Domain` does."""

    @property
    def send_domain_actions(self) -> frozenset[str]: ...
    def as_dict(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where the action server is and how it wants to be asked (endpoints.yml).

    `enable_selective_domain` is used by its truth, as Rasa does: the string "false" is
    true.  `compress` is a bool, or the raw value of the environment variable
    COMPRESS_ACTION_SERVER_REQUEST.  `timeout` is the time in seconds for one whole
    call.
    """

    url: str
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    basic_auth: Mapping[str, str] = field(default_factory=dict)
    token: str | None = None
    token_name: str = "token"  # noqa: S105 - a parameter name
    cafile: str | None = None
    enable_selective_domain: Any = False
    compress: bool | str = False
    timeout: float = 300.0
    user_agent: str = USER_AGENT

    @classmethod
    def from_dict(
        cls, mapping: Mapping[str, Any], *, compress: bool | str = False
    ) -> Endpoint:
        """Read `action_endpoint` of endpoints.yml; keys unknown to Rasa are ignored."""
        url = mapping.get("url")
        if not isinstance(url, str) or not url:
            raise DataError(
                f"expected the URL of the action server, got {url!r}; "
                "set it to something like http://localhost:5055/webhook",
                pointer="/url",
            )
        known = {name: mapping[name] for name in _ENDPOINT_KEYS if mapping.get(name)}
        return cls(url=url, compress=compress, **known)


_ENDPOINT_KEYS = (
    *("params", "headers", "basic_auth", "token", "token_name", "cafile"),
    *("enable_selective_domain", "timeout"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequest:
    """One HTTP request, ready to be written.

    `body` is what goes over the wire (perhaps deflated) and `payload` the JSON object
    in it.  `chunks` is `body` cut as aiohttp cuts it where the request is sent with
    `Transfer-Encoding: chunked`, else empty.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    payload: dict[str, Any] = field(default_factory=dict)
    chunks: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back: an HTTP answer, or the `failure` that took its place.

    `body` is decoded (gzip, deflate); `failure` is a key of FAILURES
    and `detail` says in plain words what happened, where, and what to do.  A failure
    in the middle of an answer keeps the status, headers and bytes that arrived.
    `elapsed` is in seconds.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=Headers)
    body: bytes = b""
    failure: str | None = None
    detail: str = ""
    elapsed: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.headers, Headers):
            object.__setattr__(self, "headers", Headers(self.headers))


def build_request(
    endpoint: Endpoint,
    *,
    action: str,
    tracker: SendsState,
    domain: SendsDomain,
    version: str = RASA_VERSION,
) -> ActionRequest:
    """Build the request with which Rasa runs `action` in the state of `tracker`.

    Raises DataError with `rasa_class` where Rasa fails before it sends anything.
    """
    payload = action_payload(
        endpoint, action=action, tracker=tracker, domain=domain, version=version
    )
    body = json.dumps(payload).encode("ascii")
    return encode_request(endpoint, payload=payload, body=body)


def action_payload(
    endpoint: Endpoint,
    *,
    action: str,
    tracker: SendsState,
    domain: SendsDomain,
    version: str = RASA_VERSION,
) -> dict[str, Any]:
    """Make the JSON object of a request, its keys in Rasa's order."""
    payload: dict[str, Any] = {
        "next_action": action,
        "sender_id": tracker.sender_id,
        "tracker": tracker.current_state(),
        "version": version,
    }
    if sends_domain(endpoint, action=action, domain=domain):
        payload["domain"] = domain.as_dict()
    return payload


def sends_domain(endpoint: Endpoint, *, action: str, domain: SendsDomain) -> bool:
    """Say whether Rasa puts the domain into a request for `action`."""
    return (
        not endpoint.enable_selective_domain
        or action in domain.send_domain_actions
        or action.startswith(NEEDS_DOMAIN_PREFIX)
    )


def encode_request(
    endpoint: Endpoint, *, payload: dict[str, Any], body: bytes
) -> ActionRequest:
    """Wrap the JSON text `body` of `payload` into the HTTP request for `endpoint`."""
    url, credentials = split_credentials(quoted_url(endpoint.url, query_of(endpoint)))
    headers = _general_headers(endpoint, url=url)
    authorization = _authorization(endpoint, credentials)
    if authorization:
        put_header(headers, "Authorization", authorization)
    chunks: tuple[bytes, ...] = ()
    if read_compress(endpoint.compress):
        chunks = deflated(body)
        body = b"".join(chunks)
        put_header(headers, "Content-Encoding", "deflate")
        put_header(headers, "Transfer-Encoding", "chunked")
    else:
        put_header(headers, "Content-Length", str(len(body)))
    return ActionRequest(
        method="POST",
        url=url,
        headers=tuple(headers),
        body=body,
        payload=payload,
        chunks=chunks,
    )


def query_of(endpoint: Endpoint) -> dict[str, Any]:
    """Join the endpoint's `params` and its token, as `combine_parameters` does."""
    params = dict(endpoint.params)
    if endpoint.token:
        params[endpoint.token_name] = endpoint.token
    return params


def read_compress(setting: bool | str) -> bool:  # noqa: FBT001 - the value itself
    """Read COMPRESS_ACTION_SERVER_REQUEST as `rasa.utils.common` does."""
    if isinstance(setting, bool):
        return setting
    if setting.lower() in TRUE_WORDS:
        return True
    if setting.lower() in FALSE_WORDS:
        return False
    raise DataError(
        f"Invalid value `{setting}` for variable `{COMPRESS_VARIABLE}`. "
        f"Available values are `{TRUE_WORDS + FALSE_WORDS}`",
        rasa_class="RasaException",
        phase="run",
    )


def deflated(body: bytes) -> tuple[bytes, ...]:
    """Compress `body` (zlib) into the pieces that aiohttp writes.

    The first is what the compressor gives up by itself: for short bodies only the two
    bytes of its header.  The second is the rest.
    """
    compressor = zlib.compressobj()
    pieces = (compressor.compress(body), compressor.flush())
    return tuple(piece for piece in pieces if piece)


def _general_headers(endpoint: Endpoint, *, url: str) -> list[tuple[str, str]]:
    """List the headers that do not depend on the body, in aiohttp's order."""
    own: list[tuple[str, str]] = list(endpoint.headers.items())
    for name, value in {"Content-Type": "application/json", **endpoint.headers}.items():
        put_header(own, name, value)
    headers = [("Host", host_header(url))]
    for name, value in own:
        if name.lower() == "host":
            put_header(headers, name, value)
        else:
            headers.append((name, value))
    for name, value in _AUTOMATIC_HEADERS:
        if not has_header(headers, name):
            headers.append((name, value or endpoint.user_agent))
    return headers


_AUTOMATIC_HEADERS = (
    ("Accept", "*/*"),
    ("Accept-Encoding", "gzip, deflate"),
    ("User-Agent", None),
)


def _authorization(endpoint: Endpoint, credentials: tuple[str, str] | None) -> str:
    if endpoint.basic_auth:
        auth = endpoint.basic_auth
        name, password = auth["username"], auth["password"]
    elif credentials:
        name, password = (unquote(part) for part in credentials)
    else:
        return ""
    return "Basic " + b64encode(f"{name}:{password}".encode("latin-1")).decode()
