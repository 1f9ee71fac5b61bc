"""Who answers the actions of a conversation: stubs, an action server, or nobody.

A stub is data, or a function that is given the request as the JSON object that an
action server gets.  What it gives may be a list of events, an object with `events` and
`responses`, a `Reply` as it is, or nothing.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from rasa_mock.core.commands import CallAction
from rasa_mock.core.domain import Domain
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.profile import RASA_3_6, Named, find_profile
from rasa_mock.core.wire import RASA_VERSION, ActionRequest, Reply, RequestBuilder

if TYPE_CHECKING:
    from rasa_mock.core.findings import Finding
    from rasa_mock.run.referee import Referee

Json = dict[str, Any]
Stub = Callable[[Json], Any] | Mapping[str, Any] | list[Any] | Reply | None

JSON_HEADERS = {"Content-Type": "application/json"}
NOTHING = Reply(
    status=200, headers=JSON_HEADERS, body=b'{"events": [], "responses": []}'
)


class Caller(Protocol):
    """What carries a request: any client of `rasa_mock.clients`."""

    def call(self, request: ActionRequest) -> Reply:
        """Send a request and give what came back."""
        ...


class AsyncCaller(Protocol):
    """The same for asyncio."""

    def call(self, request: ActionRequest) -> Awaitable[Reply]:
        """Send a request and give what came back."""
        ...


@dataclass(slots=True, kw_only=True)
class Answers:
    """Answers each action: by its stub, else live, else with nothing.

    `live` is the client of an action server at `endpoint`.  `unanswered` names the
    actions for which there was neither; `found` is what is wrong with live answers.
    """

    domain: Domain
    stubs: Mapping[str, Stub] = field(default_factory=dict)
    live: Caller | None = None
    endpoint: Endpoint = field(
        default_factory=lambda: Endpoint(url="http://localhost:5055/webhook")
    )
    profile: Named = RASA_3_6
    unanswered: list[str] = field(default_factory=list)
    # Whether replies keep the request that they answer, and headers for each request.
    keeps: bool = False
    headers: Callable[[], Sequence[tuple[str, str]]] | None = None
    # Whether live answers are judged by the rules.
    judges: bool = False
    found: list[Finding] = field(default_factory=list)
    _referee: Referee | None = None
    _builder: RequestBuilder | None = None
    _document: Json | None = None

    def __call__(self, command: CallAction) -> Reply:
        """Answer one action."""
        if command.action in self.stubs:
            return self._by_stub(self.stubs[command.action], command)
        if self.live is None:
            self.unanswered.append(command.action)
            return NOTHING
        request = self.request(command)
        reply = self.kept(self.live.call(request), request)
        if self.judges:
            self.found += self._judged(command, reply)
        return reply

    def _judged(self, command: CallAction, reply: Reply) -> list[Finding]:
        if self._referee is None:
            # Who talks to stubs only does not pay for the rules and the schemas.
            from rasa_mock.run.referee import Referee

            self._referee = Referee.of(
                self.domain, profile=find_profile(self.profile).name
            )
        return self._referee.judge(command, reply)

    def request(self, command: CallAction) -> ActionRequest:
        """Make the request that an action server gets."""
        if self._builder is None:
            self._builder = RequestBuilder(
                self.endpoint,
                domain=self.domain,
                reuse_events=True,
                profile=self.profile,
            )
        request = self._builder.build(command.action, command.tracker)
        more = self.headers() if self.headers is not None else ()
        return _with_headers(request, more) if more else request

    def kept(self, reply: Reply, request: ActionRequest) -> Reply:
        """Return a reply with its request, if somebody wants it."""
        return replace(reply, sent=request) if self.keeps else reply

    def _by_stub(self, stub: Stub, command: CallAction) -> Reply:
        try:
            return reply_of(stub(self._payload(command)) if callable(stub) else stub)
        except Exception as error:  # noqa: BLE001  a stub may fail as a server does
            said = {"error": f"{type(error).__name__}: {error}"}
            return Reply(
                status=500, headers=JSON_HEADERS, body=json.dumps(said).encode()
            )

    def _payload(self, command: CallAction) -> Json:
        """Return the object that an action server is sent; the domain is shared."""
        if self._document is None:
            self._document = self.domain.as_dict()
        return {
            "next_action": command.action,
            "sender_id": command.tracker.sender_id,
            "tracker": command.tracker.current_state(),
            "domain": self._document,
            "version": RASA_VERSION,
        }


@dataclass(slots=True, kw_only=True)
class AsyncAnswers:
    """The same for asyncio, with a client of its own; without both, `nobody`."""

    known: Answers
    live: AsyncCaller | None = None
    nobody: Callable[[CallAction], Awaitable[Reply]] | None = None

    async def __call__(self, command: CallAction) -> Reply:
        """Answer one action."""
        if command.action in self.known.stubs:
            return self.known(command)
        if self.live is not None:
            request = self.known.request(command)
            return self.known.kept(await self.live.call(request), request)
        return NOTHING if self.nobody is None else await self.nobody(command)


def _with_headers(
    request: ActionRequest, more: Sequence[tuple[str, str]]
) -> ActionRequest:
    """Return a request with more headers, also for its second try."""
    again = request.with_domain
    return replace(
        request,
        headers=(*request.headers, *more),
        with_domain=None if again is None else _with_headers(again, more),
    )


def reply_of(value: Any) -> Reply:
    """Make the reply that a stub's result stands for."""
    if isinstance(value, Reply):
        return value
    if value is None:
        return NOTHING
    if isinstance(value, list):
        value = {"events": value}
    body = {"events": [], "responses": [], **value}
    return Reply(status=200, headers=JSON_HEADERS, body=json.dumps(body).encode())
