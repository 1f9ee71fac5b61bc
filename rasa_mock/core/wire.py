"""The words on the wire: what Rasa sends to an action server, and what comes back.

Here live the plain values `ActionRequest` and `Reply`, and the request byte for byte as
the Rasa of a profile writes it (`rasa.core.actions.action.RemoteAction`, through
aiohttp).  How a
request travels is the business of `core.exchange` and of `clients`; what Rasa makes of
a reply is in `core.outcome`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from operator import is_
from typing import TYPE_CHECKING, Any, Protocol

from rasa_mock.core import heading
from rasa_mock.core.encoding import deflated
from rasa_mock.core.endpoint import Endpoint, read_compress
from rasa_mock.core.failures import FAILURES, Failure
from rasa_mock.core.headers import Header, Headers
from rasa_mock.core.layouts import SendsDomain, domain_digest, laid_out
from rasa_mock.core.profile import RASA_3_6, Named, find_profile

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
    "SendsDomain",
    "build_request",
    "domain_digest",
]

RASA_VERSION = RASA_3_6.version
CONTENT_TYPE = "application/json"
# Actions with this prefix get the domain even where `enable_selective_domain` is set.
NEEDS_DOMAIN_PREFIX = "validate_"
# What an endpoint may ask for beyond the fields of its profile.
LATER_FIELDS = ("domain_digest",)
# So many texts of events does a builder keep before it starts anew.
KEPT_TEXTS = 50_000


class SendsState(Protocol):
    """What a tracker must offer to be sent: `core.tracker.Tracker` does."""

    @property
    def sender_id(self) -> str: ...
    def current_state(self) -> dict[str, Any]: ...


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
    `elapsed` is in seconds, for all `attempts` together (redirects, the retry with the
    domain).  `sent` is the request, where somebody keeps it.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=Headers)
    body: bytes = b""
    failure: str | None = None
    detail: str = ""
    elapsed: float | None = None
    attempts: int = field(default=1, compare=False)
    sent: ActionRequest | None = field(default=None, compare=False, repr=False)

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
        "_head",
        "_headers",
        "_known_texts",
        "_need_domain",
        "_profile",
        "_url",
        "_version",
    )

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        domain: SendsDomain,
        version: str | None = None,
        reuse_events: bool = False,
        profile: Named = RASA_3_6,
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
        self._profile = find_profile(profile)
        self._version = version or self._profile.version
        self._need_domain = domain.send_domain_actions
        self._domain = laid_out(domain, layout=self._profile.domain_layout)
        self._domain_text = json_text(self._domain)
        digested = endpoint.domain_digest or self._profile.domain_digest
        self._digest = domain_digest(self._domain) if digested else None
        self._known_texts: dict[tuple[int, int], tuple[Any, str]] | None = None
        # The events that were sent before, up to the latest message, and their text.
        self._head: tuple[list[dict[str, Any]], str] = ([], "")
        if reuse_events:
            self._known_texts = {}

    def build(self, action: str, tracker: SendsState) -> ActionRequest:
        """Build the request with which Rasa runs `action` in the state of `tracker`.

        Raises DataError with Rasa's class for what cannot be written as JSON.
        """
        state = tracker.current_state()
        if self._endpoint.active_form:
            state = with_active_form(state)
        values = {
            "next_action": action,
            "sender_id": tracker.sender_id,
            "tracker": state,
            "version": self._version,
            "domain": self._domain,
            "domain_digest": self._digest,
        }
        texts = {
            "next_action": json_text(action),
            "sender_id": json_text(tracker.sender_id),
            "tracker": self._state_text(state),
            "version": json_text(self._version),
            "domain": self._domain_text,
            "domain_digest": json_text(self._digest),
        }
        return self._with_or_without_domain(values, texts)

    def _with_or_without_domain(
        self, values: dict[str, Any], texts: dict[str, str]
    ) -> ActionRequest:
        if self._digest is None:
            del values["domain_digest"]
        sends_domain = self._sends_domain(values["next_action"])
        if self._digest is None and sends_domain:
            return self._encoded(values, texts)
        bare = {name: values[name] for name in values if name != "domain"}
        second = None
        if self._digest is not None:
            # Rasa Pro asks `enable_selective_domain` for the second try, too.
            second = self._encoded(values if sends_domain else bare, texts)
        elif self._endpoint.retry_with_domain:
            second = self._encoded(values, texts)
        return self._encoded(bare, texts, with_domain=second)

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
        size = self._size_of_head(events)
        if len(known) + len(events) - size > KEPT_TEXTS:
            known.clear()
        texts = [self._head[1]] if size else []
        for position in range(size, len(events)):
            event = events[position]
            key = (id(event), _growth(event))
            if key not in known:
                # Keeping the event keeps its id from being given to another one.
                known[key] = (event, json_text(event))
            texts.append(known[key][1])
        self._keep_head(events, texts, size=size)
        return "[" + ", ".join(texts) + "]"

    def _size_of_head(self, events: list[dict[str, Any]]) -> int:
        """Return how many events are still those of the head, all of it or none.

        An `entities` event after it may have made one of its messages grow.
        """
        head = self._head[0]
        size = len(head)
        if size > len(events) or not all(map(is_, head, events)):
            return 0
        tail = events[size:]
        return 0 if any(event.get("event") == "entities" for event in tail) else size

    def _keep_head(
        self, events: list[dict[str, Any]], texts: list[str], *, size: int
    ) -> None:
        """Keep the text of all events before the latest message, in one piece."""
        cut = len(events) - 1
        while cut > size and events[cut].get("event") != "user":
            cut -= 1
        if cut > size:
            pieces = texts[: cut - size + (1 if size else 0)]
            self._head = (events[:cut], ", ".join(pieces))

    def _encoded(
        self,
        values: dict[str, Any],
        texts: dict[str, str],
        *,
        with_domain: ActionRequest | None = None,
    ) -> ActionRequest:
        fields = self._profile.request_fields
        order = [name for name in (*fields, *LATER_FIELDS) if name in values]
        payload = {name: values[name] for name in order}
        lines = (f'"{name}": {texts[name]}' for name in payload)
        body = ("{" + ", ".join(lines) + "}").encode("ascii")
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


def with_active_form(state: dict[str, Any]) -> dict[str, Any]:
    """Add what servers of rasa-sdk 1.x read: the active loop under its old name."""
    loop = state["active_loop"]
    form = dict(loop)
    if loop:
        form = {
            "name": loop["name"],
            "validate": not loop["is_interrupted"],
            "rejected": loop["rejected"],
            "trigger_message": loop["trigger_message"],
        }
    return {**state, "active_form": form}


def build_request(
    endpoint: Endpoint,
    *,
    action: str,
    tracker: SendsState,
    domain: SendsDomain,
    version: str | None = None,
    profile: Named = RASA_3_6,
) -> ActionRequest:
    """Build one request; `RequestBuilder` builds many at a fraction of the cost.

    Raises DataError with `rasa_class` where Rasa fails before it sends anything.
    """
    builder = RequestBuilder(endpoint, domain=domain, version=version, profile=profile)
    return builder.build(action, tracker)


def json_text(value: Any) -> str:
    """Write JSON as Rasa does, with `json.dumps` and its defaults."""
    try:
        return _encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise heading.refused(type(error).__name__, str(error)) from error


# Without the check for circles: a circle ends in RecursionError.
_encode = json.JSONEncoder(check_circular=False).encode
