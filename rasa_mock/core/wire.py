"""The words on the wire: what Rasa sends to an action server, and what comes back.

Here live the plain values `ActionRequest` and `Reply`, and the request byte for byte as
Rasa 3.6.21 writes it (`rasa.core.actions.action.RemoteAction`, through aiohttp).  How a
request travels is the business of `core.exchange` and of `clients`; what Rasa makes of
a reply is in `core.outcome`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from rasa_mock.core import heading
from rasa_mock.core.encoding import deflated
from rasa_mock.core.endpoint import Endpoint, read_compress
from rasa_mock.core.failures import FAILURES, Failure
from rasa_mock.core.headers import Header, Headers

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "FAILURES",
    "ActionRequest",
    "Endpoint",
    "Failure",
    "Headers",
    "Reply",
    "RequestBuilder",
    "build_request",
]

RASA_VERSION = "3.6.21"
CONTENT_TYPE = "application/json"
# Actions with this prefix get the domain even where `enable_selective_domain` is set.
NEEDS_DOMAIN_PREFIX = "validate_"
# So many texts of events does a builder keep before it starts anew.
KEPT_TEXTS = 4_000


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
class ActionRequest:
    """One HTTP request, ready to be written.

    `body` is what goes over the wire (perhaps deflated) and `payload` the JSON object
    in it: read it, do not change it.  `chunks` is `body` cut as aiohttp cuts it where
    the request is sent with `Transfer-Encoding: chunked`, else empty.  `with_domain` is
    the request for a server that answers this one with 449.
    """

    method: str
    url: str
    headers: tuple[Header, ...]
    body: bytes = b""
    payload: dict[str, Any] = field(default_factory=dict)
    chunks: tuple[bytes, ...] = ()
    with_domain: ActionRequest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back: an HTTP answer, or the `failure` that took its place.

    `body` is decoded (gzip, deflate).  `failure` is a key of FAILURES, and `detail`
    says in plain words what happened, where, and what to do.  A failure in the middle
    of an answer keeps the status, the headers and the beginning of what arrived.
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


class RequestBuilder:
    """Builds many requests to one endpoint with one domain.

    URL, headers and the JSON text of the domain are made once.  With `reuse_events` the
    JSON texts of events are kept, too, for trackers which grow from call to call: an
    event that was sent must not be changed afterwards, except that a message may gain
    entities, as the tracker lets it.
    """

    __slots__ = (
        "_compress",
        "_digest",
        "_domain",
        "_domain_text",
        "_endpoint",
        "_headers",
        "_known_texts",
        "_need_domain",
        "_url",
        "_version",
    )

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        domain: SendsDomain,
        version: str = RASA_VERSION,
        reuse_events: bool = False,
    ) -> None:
        self._endpoint = endpoint
        self._compress = read_compress(endpoint.compress)
        heading.check_framing(endpoint.headers, compress=self._compress)
        self._url, sender = heading.start(endpoint)
        self._headers = heading.head(
            endpoint,
            url=self._url,
            sender=sender,
            content_type=CONTENT_TYPE,
            deflated=self._compress,
        )
        self._version = version
        self._need_domain = domain.send_domain_actions
        self._domain = domain.as_dict()
        self._domain_text = json_text(self._domain)
        self._digest = domain_digest(self._domain) if endpoint.domain_digest else None
        self._known_texts: dict[tuple[int, int], tuple[Any, str]] | None = None
        if reuse_events:
            self._known_texts = {}

    def build(self, action: str, tracker: SendsState) -> ActionRequest:
        """Build the request with which Rasa runs `action` in the state of `tracker`.

        Raises DataError with Rasa's class for what cannot be written as JSON.
        """
        state = tracker.current_state()
        payload = {
            "next_action": action,
            "sender_id": tracker.sender_id,
            "tracker": state,
            "version": self._version,
        }
        texts = [
            f'"next_action": {json_text(action)}',
            f'"sender_id": {json_text(tracker.sender_id)}',
            f'"tracker": {self._state_text(state)}',
            f'"version": {json_text(self._version)}',
        ]
        return self._with_or_without_domain(payload, texts)

    def _with_or_without_domain(
        self, payload: dict[str, Any], texts: list[str]
    ) -> ActionRequest:
        full = {**payload, "domain": self._domain}
        full_texts = [*texts, f'"domain": {self._domain_text}']
        if self._digest is not None:
            digest = f'"domain_digest": {json_text(self._digest)}'
            payload["domain_digest"] = full["domain_digest"] = self._digest
            texts, full_texts = [*texts, digest], [*full_texts, digest]
        elif self._sends_domain(payload["next_action"]):
            return self._encoded(full, full_texts)
        second = None
        if self._digest is not None or self._endpoint.retry_with_domain:
            second = self._encoded(full, full_texts)
        return self._encoded(payload, texts, with_domain=second)

    def _sends_domain(self, action: str) -> bool:
        return (
            not self._endpoint.enable_selective_domain
            or action in self._need_domain
            or action.startswith(NEEDS_DOMAIN_PREFIX)
        )

    def _state_text(self, state: dict[str, Any]) -> str:
        if self._known_texts is None:
            return json_text(state)
        texts = [
            f"{json_text(key)}: "
            + (self._events_text(value) if key == "events" else json_text(value))
            for key, value in state.items()
        ]
        return "{" + ", ".join(texts) + "}"

    def _events_text(self, events: list[dict[str, Any]]) -> str:
        known = self._known_texts
        if known is None or not isinstance(events, list):
            return json_text(events)
        if len(known) + len(events) > KEPT_TEXTS:
            known.clear()
        texts = []
        for event in events:
            key = (id(event), _growth(event))
            if key not in known:
                # Keeping the event keeps its id from being given to another one.
                known[key] = (event, json_text(event))
            texts.append(known[key][1])
        return "[" + ", ".join(texts) + "]"

    def _encoded(
        self,
        payload: dict[str, Any],
        texts: list[str],
        *,
        with_domain: ActionRequest | None = None,
    ) -> ActionRequest:
        body = ("{" + ", ".join(texts) + "}").encode("ascii")
        chunks = deflated(body) if self._compress else ()
        framing = heading.framing(body, chunked=self._compress)
        return ActionRequest(
            method="POST",
            url=self._url,
            headers=(*self._headers, framing),
            body=b"".join(chunks) or body,
            payload=payload,
            chunks=chunks,
            with_domain=with_domain,
        )


def _growth(event: dict[str, Any]) -> int:
    """Count what an event may still gain: the entities of a message."""
    parse_data = event.get("parse_data")
    entities = parse_data.get("entities") if isinstance(parse_data, dict) else None
    return len(entities) if isinstance(entities, list) else 0


def build_request(
    endpoint: Endpoint,
    *,
    action: str,
    tracker: SendsState,
    domain: SendsDomain,
    version: str = RASA_VERSION,
) -> ActionRequest:
    """Build one request; `RequestBuilder` builds many at a fraction of the cost.

    Raises DataError with `rasa_class` where Rasa fails before it sends anything.
    """
    builder = RequestBuilder(endpoint, domain=domain, version=version)
    return builder.build(action, tracker)


def json_text(value: Any) -> str:
    """Write JSON as Rasa does, with `json.dumps` and its defaults."""
    try:
        return _encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise heading.refused(type(error).__name__, str(error)) from error


# Without the check for circles: a circle ends in RecursionError.
_encode = json.JSONEncoder(check_circular=False).encode


def domain_digest(domain: Mapping[str, Any]) -> str:
    """Give a digest that is equal for equal domains; servers take it as it is."""
    text = json.dumps(domain, sort_keys=True)
    return hashlib.md5(text.encode("ascii"), usedforsecurity=False).hexdigest()
