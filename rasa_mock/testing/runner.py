"""`rasa.run(...)`: call one action in a situation, judge and apply the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from rasa_mock import clock
from rasa_mock.core.findings import SEVERITIES, serious
from rasa_mock.core.profile import find_profile
from rasa_mock.core.wire import ActionRequest, Reply
from rasa_mock.errors import DataError, UsageError
from rasa_mock.generate.cases import Case
from rasa_mock.public import Tracker
from rasa_mock.rules.judge import judge
from rasa_mock.run.judged import Call, exchange_of
from rasa_mock.run.plan import Prepared, own_settings
from rasa_mock.testing.bench import Bench
from rasa_mock.testing.result import ActionFailed, ActionResult, Events
from rasa_mock.testing.servers import is_action
from rasa_mock.testing.settings import IN_PROCESS
from rasa_mock.testing.situation import CHANNEL, SENDER, Situation, events_of
from rasa_mock.testing.wording import failure

CHECKED = "error"
# A call as a generator: it yields the request and is sent the reply.
Steps = Generator[ActionRequest, Reply, ActionResult]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One call: the action, the situation or the tracker, what to put up with."""

    action: Any
    situation: Situation = field(default_factory=lambda: Situation(action=""))
    tracker: Tracker | None = None
    check: bool | str = True
    ignore: Sequence[str] = ()

    @property
    def threshold(self) -> str:
        """The severity from which a finding raises; `never` for none.

        Raises UsageError for a severity that does not exist.
        """
        if isinstance(self.check, bool):
            return CHECKED if self.check else "never"
        if self.check not in SEVERITIES:
            raise UsageError(
                f"expected check to be True, False or one of {', '.join(SEVERITIES)}, "
                f"got {self.check!r}"
            )
        return self.check


class Rasa:
    """Calls actions as Rasa does; the fixture `rasa`.

    `run` waits for the action; in an asynchronous test `arun` lets it share the test's
    own loop.  `again` is the command that repeats the test, for failures.
    """

    def __init__(self, bench: Callable[[], Bench], *, again: str = "") -> None:
        self._make = bench
        self._bench: Bench | None = None
        self._again = again

    @property
    def bench(self) -> Bench:
        """Domain and server; opened when an action is first called."""
        if self._bench is None:
            self._bench = self._make()
        return self._bench

    def run(
        self,
        action: Any,
        *,
        slots: Mapping[str, Any] | None = None,
        text: str | None = None,
        intent: str | None = None,
        entities: Sequence[Mapping[str, Any]] = (),
        events: Sequence[Mapping[str, Any]] = (),
        channel: str | None = CHANNEL,
        metadata: Mapping[str, Any] | None = None,
        active_loop: str | None = None,
        requested_slot: str | None = None,
        candidates: Mapping[str, Any] | None = None,
        sender_id: str = SENDER,
        tracker: Tracker | None = None,
        check: bool | str = True,
        ignore: Sequence[str] = (),
    ) -> ActionResult:
        """Call an action, by name, or an action object or class of rasa-sdk.

        The situation is made of what is given (`rasa_mock.testing.situation`), or is
        that of a `tracker`.  The answer is judged by the rules of `rasa-mock check`,
        but for those that begin as one of `ignore`, and applied as Rasa would.  With
        `check` findings of severity error raise ActionFailed; "warning" or "info" are
        stricter, False puts up with anything.  Raises UsageError for a name that
        neither the domain nor the server has.
        """
        __tracebackhide__ = True
        situation = Situation(
            action="",
            slots=slots or {},
            text=text,
            intent=intent,
            entities=entities,
            events=events,
            channel=channel,
            metadata=metadata or {},
            active_loop=active_loop,
            requested_slot=requested_slot,
            candidates=candidates,
            sender_id=sender_id,
        )
        order = Order(
            action=action,
            situation=situation,
            tracker=tracker,
            check=check,
            ignore=ignore,
        )
        with closing(self._steps(order)) as steps:
            request = next(steps)
            return _ended(steps, self.bench.server.client.call(request))

    def arun(self, action: Any, **given: Any) -> Awaitable[ActionResult]:
        """Do the same in the loop that runs; awaited, it takes what `run` takes.

        Raises UsageError in a test that is not asynchronous.
        """
        __tracebackhide__ = True
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise UsageError(
                "rasa.arun is for tests that are `async def`, with pytest-asyncio or "
                "anyio; call rasa.run(...) here, which waits for async actions, too"
            ) from None
        return self._arun(action, given)

    async def _arun(self, action: Any, given: dict[str, Any]) -> ActionResult:
        __tracebackhide__ = True
        own = {key: given.pop(key) for key in OF_THE_CALL if key in given}
        if given.get("metadata", ...) is None:
            del given["metadata"]
        situation = Situation(action="", **{**given, "slots": given.get("slots") or {}})
        order = Order(action=action, situation=situation, **own)
        with closing(self._steps(order)) as steps:
            request = next(steps)
            client: Any = self.bench.server.client
            if hasattr(client, "acall"):
                return _ended(steps, await client.acall(request))
            return _ended(steps, await asyncio.to_thread(client.call, request))

    def _steps(self, order: Order) -> Steps:
        """Yield the request; given the reply, return the result."""
        __tracebackhide__ = True
        threshold = order.threshold
        self._check(order.action)
        with self._lent(order.action) as name:
            sent = self._prepared(name, order)
            reply = yield sent.request
        result = self._result(sent, reply, ignored=tuple(order.ignore))
        wrong = [
            finding
            for finding in result.findings
            if serious(finding.severity, threshold=threshold)
        ]
        if wrong:
            raise ActionFailed(
                failure(result, wrong, again=self._again)
            ) from result.raised
        return result

    @contextmanager
    def _lent(self, action: Any) -> Iterator[str]:
        """Give the action's name, and lend the action itself to the server."""
        server = self.bench.server
        if isinstance(action, str):
            yield action
        elif server.mode == IN_PROCESS:
            client: Any = server.client
            with client.lent(action) as name:
                yield name
        elif isinstance(action, type):
            yield action().name()
        else:
            raise UsageError(
                "an action object can be run in process only; give its name, or run "
                "the tests with --rasa-server-mode=inprocess"
            )

    def _check(self, action: Any) -> None:
        """Raise UsageError for what nobody can run."""
        __tracebackhide__ = True
        if is_action(action):
            return
        if not isinstance(action, str):
            raise UsageError(
                "expected the name of an action, or an action of rasa-sdk, got "
                f"{action!r}"
            )
        bench = self.bench
        known = {*bench.domain.server_actions, *bench.domain.action_names}
        if action not in known:
            known |= {*(bench.server.actions or ())}
        if action not in known:
            near = get_close_matches(action, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "add it to the domain"
            raise UsageError(
                f"neither the domain nor the server has an action {action!r}; {hint}"
            )

    def _prepared(self, action: str, order: Order) -> Prepared:
        """Make the tracker and the request."""
        __tracebackhide__ = True
        bench, now = self.bench, clock.system_now()
        situation = replace(order.situation, action=action)
        tracker = order.tracker or self._tracker(situation, now)
        case = Case(
            id="run",
            action=action,
            kind="run",
            index=1,
            events=tracker.events,
            reachable=True,
            seed=bench.plan.seed,
            channel=situation.channel,
            sender_id=tracker.sender_id,
            now=now,
            known_events=bench.known_events,
            profile=tracker.profile,
        )
        request = bench.builder.build(action, tracker)
        return Prepared(case=case, tracker=tracker, request=request)

    def _tracker(self, situation: Situation, now: float) -> Tracker:
        __tracebackhide__ = True
        bench = self.bench
        situation.check(bench.domain)
        profile = find_profile(bench.plan.registry.profile)
        events = events_of(situation, bench.cast, profile=profile, now=now)
        try:
            return Tracker.from_events(
                situation.sender_id,
                events,
                domain=bench.domain,
                now=now,
                known_events=bench.known_events,
                profile=profile,
            )
        except DataError as error:
            raise UsageError(
                _unreadable(events[error.index or 0], error, types=bench.event_types)
            ) from None

    def _result(
        self, sent: Prepared, reply: Reply, *, ignored: tuple[str, ...]
    ) -> ActionResult:
        """Judge and apply an answer."""
        bench = self.bench
        exchange = exchange_of(Call(sent=sent, reply=reply), plan=bench.plan)
        bench.observe(exchange)
        ignored += tuple(own_settings(bench.plan, sent.case.action).ignore)
        return ActionResult(
            action=sent.case.action,
            before=sent.tracker,
            outcome=exchange.outcome,
            events=Events(exchange.answer.events),
            responses=[*exchange.answer.responses],
            findings=[
                finding
                for finding in judge(exchange, rules=bench.plan.rules)
                if not finding.rule.startswith(ignored or "-")
            ],
            request=sent.request,
            reply=reply,
            raised=getattr(bench.server.client, "raised", None),
        )


def _unreadable(
    event: Mapping[str, Any], error: DataError, *, types: Sequence[str]
) -> str:
    """Say at which event Rasa fails, without what we added to it."""
    own = {k: v for k, v in event.items() if k not in ("timestamp", "metadata")}
    kind = str(event.get("event"))
    near = [] if kind in types else get_close_matches(kind, types, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"Rasa fails at {own!r}: {error.message}{hint}"


OF_THE_CALL = ("tracker", "check", "ignore")


def _ended(steps: Steps, reply: Reply) -> ActionResult:
    """Hand the reply over and return the result."""
    __tracebackhide__ = True
    try:
        steps.send(reply)
    except StopIteration as stop:
        result: ActionResult = stop.value
        return result
    message = "a call has one request"
    raise AssertionError(message)
