"""Call an action in ways that show how it behaves over several calls.

A bounded number of calls for each action, beside its cases (protocol of one action):

1. Before its cases, one call with marked texts, a marked sender and a marked domain.
   No later answer may hold any of these marks.
2. After its cases: the same requests again, right after one another; two users one
   after the other and, if the action takes its time, at once; odd sender ids; a
   conversation of a thousand events; GET /health while a slow call is under way.

What the calls showed is a `Behaviour`, which `rasa_mock.rules.behaviour` judges.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rasa_mock.core.profile import RASA_3_6, Named
from rasa_mock.core.wire import RequestBuilder
from rasa_mock.generate.cases import tracker_for
from rasa_mock.rules.answer import read_answer
from rasa_mock.rules.behaviour import differs
from rasa_mock.rules.observed import (
    Behaviour,
    Edge,
    Growth,
    Leak,
    Repeat,
    Told,
    Wait,
)
from rasa_mock.run.case_kinds import Seen, edge_of, error_of, only_own, rank
from rasa_mock.run.lengthen import lengthened
from rasa_mock.run.markers import Mark, MarkedDomain, Markers, marked_case, place_of
from rasa_mock.run.timings import SLOW_ENOUGH, TOO_SLOW, Stopwatch

if TYPE_CHECKING:
    from rasa_mock.clients.base import ActionClient
    from rasa_mock.core.domain import Domain
    from rasa_mock.core.wire import ActionRequest, Endpoint, Reply
    from rasa_mock.generate.cases import Case

REPEATS = 4
OTHER_CASES = 2
WAITS = 0.005
MANY_EVENTS = 1_000
MOST_LEAKS = 3
SHORTEST_SENDER = 8
ODD_SENDERS = (
    ("the sender id is a path", "../users/{}/x"),
    ("the sender id has quotes and signs of URLs", 'o\'brien "{}" & ?a=b#c;--%00'),
    ("the sender id is in other scripts, with emoji", "用户 مرحبا 🎉 {}"),
    ("the sender id is very long", "{}" + "x" * 500),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the probes of a run share; `now` is in seconds since the epoch.

    `alone` gives a client with which nobody else calls at the same time.
    """

    client: ActionClient
    alone: Callable[[], AbstractContextManager[ActionClient]] | None = None
    endpoint: Endpoint
    domain: Domain
    now: float
    profile: Named = RASA_3_6
    markers: Markers = field(default_factory=Markers)

    def for_action(self, number: int) -> Tools:
        """Return the tools with markers of an action's own."""
        return replace(self, markers=self.markers.for_action(number))

    def builder(self) -> RequestBuilder:
        """Return what builds requests with the domain as it is."""
        return RequestBuilder(self.endpoint, domain=self.domain, profile=self.profile)


@dataclass(slots=True, kw_only=True)
class Probe:
    """The probes of one action."""

    tools: Tools
    action: str
    builder: RequestBuilder
    calls: int = 0
    seen: list[Seen] = field(default_factory=list)
    leaks: list[Leak] = field(default_factory=list)
    senders: dict[str, str] = field(default_factory=dict)
    opening: Seen | None = None
    broken: Reply | None = None
    client: ActionClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.tools.client

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Call with nobody beside us until the end of the block."""
        if self.tools.alone is None:
            yield
            return
        before = self.client
        with self.tools.alone() as client:
            self.client = client
            try:
                yield
            finally:
                self.client = before

    # Before and during the cases.

    def open_with(self, case: Case, *, domain: MarkedDomain) -> None:
        """Make the first call of the action: everything in it is marked."""
        marked = marked_case(case, domain=self.tools.domain, markers=self.tools.markers)
        builder = RequestBuilder(
            self.tools.endpoint, domain=domain, profile=self.tools.profile
        )
        request = builder.build(self.action, tracker_for(marked, self.tools.domain))
        self.opening = self._call(marked, request)

    def take(self, case: Case, *, request: ActionRequest, reply: Reply) -> Told:
        """Look at a call of one of the cases; kept for what comes after."""
        told = self._told(reply)
        self._search(case, request, reply=reply)
        if case.reachable:
            self.seen.append(Seen(case=case, request=request, reply=reply, told=told))
        return told

    # After the cases.

    def finish(self) -> Behaviour:
        """Make the calls that come after the cases and say what all of them showed."""
        base = self._base()
        edges = [*self._edges()]
        if base is None:
            return self._behaviour(edges=edges, works=False)
        repeats = [*self._repeats(base)]
        quick = self._quickest(base)
        self._strangers(base, waits=quick >= WAITS)
        if quick < TOO_SLOW:
            edges += self._odd_senders(base)
        growth = None
        with self._alone():
            watch = Stopwatch(client=self.client)
            if quick < TOO_SLOW:
                growth, edge = self._long(base, watch)
                edges.append(edge)
            wait = self._wait(watch)
        self.calls += watch.calls
        return self._behaviour(edges=edges, repeats=repeats, growth=growth, wait=wait)

    def finish_again(self) -> Behaviour:
        """Forget the call that was not answered, and make all of them once more."""
        self.broken = None
        return self.finish()

    def _behaviour(self, **given: Any) -> Behaviour:
        given["leaks"] = self.leaks[:MOST_LEAKS]
        return Behaviour(
            action=self.action, domain=self.tools.domain, now=self.tools.now, **given
        )

    def _base(self) -> Seen | None:
        """Choose the call to repeat: from the middle of a conversation, with events."""
        usable = [seen for seen in self.seen if seen.told.kind == "applied"]
        return min(
            usable,
            key=lambda seen: (not seen.told.events, rank(seen.case)),
            default=None,
        )

    def _quickest(self, base: Seen) -> float:
        return min(
            seen.reply.elapsed or 0.0 for seen in self.seen if seen.case is base.case
        )

    def _edges(self) -> Iterator[Edge]:
        """Yield the unusual states among the cases, unless ordinary ones failed too."""
        failing = [seen for seen in self.seen if seen.told.error]
        ordinary = [seen for seen in self.seen if edge_of(seen.case) is None]
        if any(seen.told.error for seen in ordinary if seen.case.kind != "fresh"):
            return
        for seen in failing:
            name = edge_of(seen.case)
            if name is not None:
                yield Edge(name=name, case=seen.case.id, error=seen.told.error)

    def _repeats(self, base: Seen) -> Iterator[Repeat]:
        slow = (base.reply.elapsed or 0.0) >= TOO_SLOW
        yield self._repeat(base, times=2 if slow else REPEATS)
        if slow:
            return
        if self.opening is not None and self.opening.told.kind == "applied":
            # Its marks are in it, so its own answer may hold them.
            yield self._repeat(self.opening, times=2)
        others = [
            seen
            for seen in self.seen
            if seen is not base and seen.told.kind == "applied" and seen.told.events
        ]
        for seen in others[:: max(1, len(others) // OTHER_CASES)][:OTHER_CASES]:
            yield self._repeat(seen, times=2)

    def _repeat(self, seen: Seen, *, times: int) -> Repeat:
        again = [self._call(seen.case, seen.request).told for _ in range(times)]
        repeat = Repeat(case=seen.case.id, first=seen.told, again=again)
        if not differs(repeat, now=self.tools.now):
            return repeat
        case = replace(seen.case, sender_id=self._new_sender())
        request = self._build(case)
        return replace(repeat, fresh=[self._call(case, request).told for _ in range(2)])

    def _new_sender(self) -> str:
        call = self.tools.markers.call()
        return self.tools.markers.new("sender id", sender="new", call=call)

    def _strangers(self, base: Seen, *, waits: bool) -> None:
        """Let two users call, one after the other and at once, one of them again."""
        one, other = self._marked(base.case), self._marked(base.case)
        bare = self._bare()
        self._call(one, self._build(one))
        self._call(other, self._build(other))
        if bare is not None:
            self._call(bare, self._build(bare))
        later = self._marked(base.case, sender=one.sender_id)
        self._call(later, self._build(later))
        if waits and (base.reply.elapsed or 0.0) < TOO_SLOW:
            with self._alone():
                self._at_once(self._marked(base.case), self._marked(base.case))

    def _marked(self, case: Case, *, sender: str | None = None) -> Case:
        return marked_case(
            case,
            domain=self.tools.domain,
            markers=self.tools.markers,
            sender=sender,
        )

    def _bare(self) -> Case | None:
        """Return the case with the fewest slots set, for a user of its own."""
        least = min(self.seen, key=lambda seen: len(seen.case.events), default=None)
        if least is None:
            return None
        return replace(least.case, sender_id=self._new_sender())

    def _at_once(self, one: Case, other: Case) -> None:
        """Call for two users at the same time, each from a thread of its own."""
        requests = [self._build(one), self._build(other)]
        replies: list[Reply | None] = [None, None]

        def call(index: int) -> None:
            replies[index] = self.client.call(requests[index])

        threads = [
            threading.Thread(target=call, args=(n,), daemon=True) for n in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.calls += 2
        for case, request, reply in zip((one, other), requests, replies, strict=True):
            if reply is not None:
                self._search(case, request, reply=reply, at_once=True)

    def _odd_senders(self, base: Seen) -> Iterator[Edge]:
        for name, pattern in ODD_SENDERS:
            sender = pattern.format(self._new_sender())
            case = replace(base.case, sender_id=sender)
            told = self._call(case, self._build(case)).told
            yield Edge(name=name, case=base.case.id, error=told.error)

    def _long(self, base: Seen, watch: Stopwatch) -> tuple[Growth, Edge]:
        """Call with a conversation of a thousand events."""
        long = lengthened(base.case, count=MANY_EVENTS)
        request = self._build(long)
        seen = self._call(long, request)
        edge = Edge(
            name=f"the conversation has {len(long.events)} events",
            case=base.case.id,
            error=seen.told.error,
        )
        first = Growth(
            few=len(base.case.events),
            short=self._quickest(base),
            many=len(long.events),
            long=seen.reply.elapsed or 0.0,
        )
        growth = watch.growth(
            short=base.request,
            long=request,
            carried=lambda: self.builder.build(
                NO_ACTION, tracker_for(long, self.tools.domain)
            ),
            first=first,
        )
        return growth, edge

    def _wait(self, watch: Stopwatch) -> Wait | None:
        """Ask for /health while the slowest case is under way."""
        slowest = max(self.seen, key=lambda seen: seen.reply.elapsed or 0.0)
        took = slowest.reply.elapsed or 0.0
        if took < SLOW_ENOUGH or slowest.reply.failure is not None:
            return None
        return watch.wait(slowest.request)

    # One call.

    def _build(self, case: Case) -> ActionRequest:
        return self.builder.build(self.action, tracker_for(case, self.tools.domain))

    def _call(self, case: Case, request: ActionRequest) -> Seen:
        reply = self.client.call(request)
        self.calls += 1
        if reply.failure in LOST:
            self.broken = reply
        self._search(case, request, reply=reply)
        told = self._told(reply)
        return Seen(case=case, request=request, reply=reply, told=told)

    def _told(self, reply: Reply) -> Told:
        answer = read_answer(reply)
        error = error_of(reply, answer.get("error"))
        if error:
            return Told(kind="failed", status=reply.status, error=error)
        rejected = reply.status == 400 and answer.get("action_name")
        usable = reply.status == 200 and isinstance(answer.document, dict)
        kind = "applied" if usable else "rejected" if rejected else "failed"
        return Told(
            kind=kind, status=reply.status, events=answer.events if usable else ()
        )

    def _search(
        self, case: Case, request: ActionRequest, *, reply: Reply, at_once: bool = False
    ) -> None:
        """Look in an answer for what this request did not hold."""
        if reply.failure is not None or len(self.leaks) >= MOST_LEAKS:
            return
        for mark in self.tools.markers.found(reply.body):
            if mark.word.encode() not in request.body.lower():
                self._leak(case, mark, reply=reply, at_once=at_once)
        for sender, owner in self.senders.items():
            word = sender.encode()
            known = owner == case.id or word not in reply.body or word in request.body
            if not known:
                mark = Mark(word=sender, what="sender id", sender=sender, call=0)
                self._leak(case, mark, reply=reply, at_once=at_once)
        if case.sender_id.isascii() and len(case.sender_id) >= SHORTEST_SENDER:
            self.senders.setdefault(case.sender_id, case.id)

    def _leak(self, case: Case, mark: Mark, *, reply: Reply, at_once: bool) -> None:
        document = read_answer(reply).document
        pointer = place_of(document, lambda text: mark.word in text.lower())
        if mark.sender == "domain":
            owner = "domain"
        elif mark.sender == case.sender_id:
            # A server may well remember what its user said before; what it must not do
            # is to answer with that in the place of what is said now.
            if self.tools.markers.found(only_own(reply.body, case)):
                return
            owner = "call"
        else:
            owner = "sender"
        leak = Leak(
            owner=owner,
            what=mark.what,
            pointer=pointer,
            case=case.id,
            at_once=at_once,
        )
        self.leaks.append(leak)


LOST = ("refused", "unreachable", "disconnected", "incomplete")
NO_ACTION = "action_that_does_not_exist"
