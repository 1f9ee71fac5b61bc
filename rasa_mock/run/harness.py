"""Contract-check an action server: generate, call, validate, apply, judge.

`check` yields the events of a run (`rasa_mock.run.events`) and knows neither reports
nor the command line.  Calls are made one after the other, an action at a time, so that
a server with a state of its own sees the same order in every run.  Judging in the time
that a call takes was tried, in a second thread: handing over cost more than it gained.

What the tested server does wrong is a finding.  A server that is not there, or goes
away midway, is the end of the run.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from rasa_mock.clock import parse_date
from rasa_mock.config import ActionConfig
from rasa_mock.core.findings import Finding, count_by_severity, gather, serious
from rasa_mock.core.outcome import interpret
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import RequestBuilder
from rasa_mock.errors import UsageError
from rasa_mock.generate.cases import Case, case_for, studio_for, tracker_for
from rasa_mock.generate.material import NOTHING, Material
from rasa_mock.rules.answer import read_answer
from rasa_mock.rules.base import ActionRecord, Answered, Exchange, ServerRecord
from rasa_mock.rules.judge import (
    RuleSet,
    answered,
    judge,
    judge_action,
    judge_behaviour,
    judge_server,
)
from rasa_mock.run.contact import Contact, check_first_call, is_gone, make_contact
from rasa_mock.run.dress import Dress
from rasa_mock.run.events import (
    ActionCalled,
    ActionFinished,
    ActionStarted,
    FindingRaised,
    RunEvent,
    RunFinished,
    RunStarted,
)
from rasa_mock.run.evidence import Shown, shown_by
from rasa_mock.run.markers import MarkedDomain
from rasa_mock.run.probes import NO_ACTION, Probe, Tools, opening_kind
from rasa_mock.run.shrink import Shrinking, in_words
from rasa_mock.schema.validate import validate

if TYPE_CHECKING:
    from rasa_mock.clients.base import ActionClient
    from rasa_mock.core.domain import Domain
    from rasa_mock.core.outcome import Outcome
    from rasa_mock.core.wire import ActionRequest, Endpoint, Reply
    from rasa_mock.schema.registry import Registry

# What Rasa would name a reminder without a name; the same in every run.
REMINDER_ID = "00000000-0000-1000-8000-000000000000"
# One call that ends so says enough: the others would take their time and say the same.
GIVE_UP = {
    "timeout": "the first call was not answered in time",
    "too_large": "the first answer was too large",
    "redirect_loop": "the first call was redirected in a circle",
    "bad_redirect": "the first call was redirected to nowhere",
}
# So many findings of an action are shrunk, where its calls are quicker than this.
MOST_SHRUNK = 3
QUICK = 0.3
# Who calls the action that does not exist.
NOBODY = "rasa-mock"
NOT_THERE = "the server has no such action"
LOST = (
    "refused",
    "unreachable",
    "unknown_host",
    "disconnected",
    "incomplete",
    "timeout",
)


def never(_finding: Finding) -> bool:
    """Know no finding."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to check and how.

    `actions` (None: all) and `case` (None: all) choose; `seed`, `cases`, `locale` and
    `now` make the same cases again.  `witness_header` names the header in which a
    server that we started says what its actions did.  `behaviour` asks for the calls
    of `rasa_mock.run.probes`, too; `shrink` makes the cases of findings
    small; `slow` is how many seconds a call may take.
    The run ends after `max_time` seconds, or `stop_after` findings of the severity
    `fail_on` that are not `known`.  `per_action` is from the configuration.
    """

    client: ActionClient
    endpoint: Endpoint
    domain: Domain
    registry: Registry
    rules: RuleSet
    actions: Sequence[str] | None = None
    case: str | None = None
    seed: int = 0
    cases: int = 20
    material: Material = NOTHING
    locale: str = "en_US"
    now: float = 1_700_000_000.0
    behaviour: bool = False
    shrink: bool = False
    slow: float | None = None
    max_time: float | None = None
    stop_after: int | None = None
    fail_on: str = "warning"
    per_action: Mapping[str, ActionConfig] = field(default_factory=dict)
    known: Callable[[Finding], bool] = never
    witness_header: str | None = None
    notes: Sequence[str] = field(default_factory=tuple)


def check(plan: Plan) -> Iterator[RunEvent]:
    """Check the actions of a server and yield what happens.

    Raises UsageError for an action or case that does not exist, ActionServerError where
    the server cannot be used from the start.
    """
    started = time.perf_counter()
    contact = make_contact(plan.client)
    names = chosen_actions(plan, listed=contact.listed)
    yield RunStarted(
        url=plan.endpoint.url,
        actions=names,
        seed=plan.seed,
        cases=plan.cases,
        locale=plan.locale,
        profile=plan.registry.profile,
        notes=plan.notes,
    )
    run = _Run(plan=plan, contact=contact)
    server = ServerRecord(
        domain=plan.domain,
        listed=contact.listed,
        health=contact.health if plan.behaviour else None,
        unknown=run.ask_for_unknown() if contact.doubt is None else None,
    )
    for finding in judge_server(server, rules=plan.rules):
        if not finding.action or finding.action in names:
            yield run.raise_finding(finding)
    try:
        for number, name in enumerate(names):
            run.stopped = run.reason_to_stop(left=len(names) - number)
            if run.stopped is not None:
                break
            yield from run.check_action(name)
            if run.lost is not None:
                break
    except KeyboardInterrupt:
        # What is known is worth reporting; whoever drives the run ends it then.
        run.interrupted = True
        yield from run.leave()
    yield RunFinished(
        actions=run.actions,
        calls=run.calls + run.probed,
        counts=count_by_severity(run.findings),
        elapsed=time.perf_counter() - started,
        lost=run.lost,
        stopped="interrupted" if run.interrupted else run.stopped,
        known=sum(finding.known for finding in run.findings),
        interrupted=run.interrupted,
    )


def chosen_actions(plan: Plan, *, listed: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names to check: the domain's, then those that only the server has."""
    everything = dict.fromkeys([*plan.domain.server_actions, *(listed or ())])
    for name in plan.per_action:
        if name not in everything:
            raise UsageError(_no_action(name, tuple(everything), where="configuration"))
    skipped = {name for name, own in plan.per_action.items() if own.skip}
    known = tuple(
        name
        for name in everything
        if name not in skipped or name in (plan.actions or ())
    )
    if plan.actions is None:
        if not known:
            raise UsageError(
                "nothing to check: the domain lists no action, and the server does not "
                "say which it has; add them under actions: in the domain"
            )
        return known
    for name in plan.actions:
        if name not in known:
            raise UsageError(_no_action(name, known))
    return tuple(name for name in known if name in plan.actions)


def _no_action(name: str, known: Sequence[str], *, where: str = "") -> str:
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "add it to the domain"
    place = f" ([action.{name}] in the {where})" if where else ""
    return f"neither the domain nor the server has an action {name!r}{place}; {hint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One case, ready to be sent."""

    case: Case
    tracker: Tracker
    request: ActionRequest


def prepare(plan: Plan, action: str, cases: Iterable[Case]) -> Iterator[Prepared]:
    """Yield each case of an action with its tracker and its request."""
    builder = RequestBuilder(
        plan.endpoint, domain=plan.domain, profile=plan.registry.profile
    )
    for case in cases:
        tracker = tracker_for(case, plan.domain)
        request = builder.build(action, tracker)
        yield Prepared(case=case, tracker=tracker, request=request)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """The cases of one action: how many, and each made when it is its turn."""

    count: int
    made: Iterator[Case]


def cases_of(plan: Plan, action: str) -> Cases:
    """Plan the cases to call an action with."""
    how: dict[str, Any] = {
        "domain": plan.domain,
        "registry": plan.registry,
        "seed": plan.seed,
        "locale": plan.locale,
        "now": plan.now,
        "material": plan.material,
    }
    dress = Dress(slots=_own(plan, action).slots)
    if plan.case is not None:
        case = case_for(action, plan.case, **how)
        return Cases(count=1, made=iter([dress.put_on(case, domain=plan.domain)]))
    studio = studio_for(action, **how)
    planned = list(studio.planned(plan.cases))
    made = (
        dress.put_on(studio.make(kind, n), domain=plan.domain) for kind, n in planned
    )
    return Cases(count=len(planned), made=made)


def _own(plan: Plan, action: str) -> ActionConfig:
    return plan.per_action.get(action) or ActionConfig()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """What was sent, and what came back."""

    sent: Prepared
    reply: Reply


@dataclass(slots=True, kw_only=True)
class _Run:
    """What a run has seen so far."""

    plan: Plan
    contact: Contact
    actions: int = 0
    calls: int = 0
    findings: list[Finding] = field(default_factory=list)
    lost: str | None = None
    probed: int = 0
    tools: Tools | None = None
    marked: MarkedDomain | None = None
    began: float = field(default_factory=time.monotonic)
    record: _ActionRun | None = None
    stopped: str | None = None
    interrupted: bool = False

    def reason_to_stop(self, *, left: int) -> str | None:
        """Say why no further action is checked; None if there is no reason."""
        plan, rest = self.plan, f"{left} actions were not checked"
        if plan.max_time is not None and self.elapsed >= plan.max_time:
            return f"--max-time {plan.max_time:g} is over: {rest}"
        new = [
            finding
            for finding in self.findings
            if not finding.known and serious(finding.severity, threshold=plan.fail_on)
        ]
        if plan.stop_after is not None and len(new) >= plan.stop_after:
            return f"--stop-after {plan.stop_after} is reached: {rest}"
        return None

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.began

    def leave(self) -> Iterator[RunEvent]:
        """Yield what is known about the action that was interrupted."""
        if self.record is not None:
            for finding in self.record.gathered(self.plan):
                shown = self.record.shown.get(finding.case or "")
                yield self.raise_finding(finding, shown)

    def probe(self, action: str) -> Probe | None:
        """Begin the calls that show how an action behaves, if they are asked for."""
        plan = self.plan
        if not plan.behaviour or not plan.rules.behaviour:
            return None
        if self.tools is None or self.marked is None:
            self.tools = Tools(
                client=plan.client,
                endpoint=plan.endpoint,
                domain=plan.domain,
                now=time.time(),
                profile=plan.registry.profile,
            )
            self.marked = MarkedDomain(
                plan.domain,
                markers=self.tools.markers,
                profile=plan.registry.profile,
            )
        probe = Probe(tools=self.tools, action=action, builder=self.tools.builder())
        opening = opening_case(plan, action)
        if opening is not None:
            probe.open_with(opening, domain=self.marked)
        return probe

    def ask_for_unknown(self) -> Reply | None:
        """Call an action that does not exist, if such calls are asked for."""
        plan = self.plan
        if not plan.behaviour:
            return None
        tracker = Tracker.from_events(
            NOBODY,
            [],
            domain=plan.domain,
            now=plan.now,
            new_id=_reminder_id,
            parse_date=parse_date,
        )
        builder = RequestBuilder(
            plan.endpoint, domain=plan.domain, profile=plan.registry.profile
        )
        self.probed += 1
        return plan.client.call(builder.build(NO_ACTION, tracker))

    def raise_finding(
        self, finding: Finding, shown: Shown | None = None
    ) -> FindingRaised:
        """Count a finding and make the event of it."""
        if self.plan.known(finding):
            finding = replace(finding, known=True)
        self.findings.append(finding)
        if shown is None:
            return FindingRaised(finding=finding)
        return FindingRaised(
            finding=finding, request=shown.request, evidence=shown.evidence
        )

    def check_action(self, action: str) -> Iterator[RunEvent]:
        """Call one action with all its cases and judge the answers."""
        started = time.perf_counter()
        cases = cases_of(self.plan, action)
        yield ActionStarted(action=action, cases=cases.count)
        self.actions += 1
        record = self.record = _ActionRun(action=action, probe=self.probe(action))
        for call in self._calls(action, cases.made, record=record):
            self.calls += 1
            yield record.take(call, plan=self.plan)
        if self.lost is None and self.reason_to_stop(left=0) is None:
            record.behave(self.plan)
            self.lost = record.gone(self.plan)
        probed = record.probe.calls if record.probe is not None else 0
        self.probed += probed
        gathered = record.gathered(self.plan)
        if self.plan.shrink and self.lost is None:
            gathered = [*self.shrunk(gathered, record)]
        self.record = None
        for finding in gathered:
            yield self.raise_finding(finding, record.shown.get(finding.case or ""))
        yield ActionFinished(
            action=action,
            calls=len(record.answers),
            counts=count_by_severity(gathered),
            elapsed=time.perf_counter() - started,
            skipped=cases.count - len(record.answers),
            reason=record.reason,
            probes=probed,
        )

    def _calls(
        self, action: str, cases: Iterator[Case], *, record: _ActionRun
    ) -> Iterator[_Call]:
        """Make the calls in order, one after the other."""
        for sent in prepare(self.plan, action, cases):
            call = _Call(sent=sent, reply=self.plan.client.call(sent.request))
            over = self._ends(call, record) or self._is_late(record)
            yield call
            if over:
                break

    def shrunk(
        self, findings: Iterable[Finding], record: _ActionRun
    ) -> Iterator[Finding]:
        """Yield the findings, each with the smallest case that shows it."""
        tried = 0
        for finding in findings:
            case = record.cases.get(finding.case or "")
            worth = finding.severity != "info" and finding.reachable
            if (
                case is None
                or not worth
                or tried >= MOST_SHRUNK
                or self._is_late(record)
            ):
                yield finding
                continue
            tried += 1
            yield self._shrunk(finding, case, record)

    def _shrunk(self, finding: Finding, case: Case, record: _ActionRun) -> Finding:
        def shows(smaller: Case) -> bool:
            (sent,) = prepare(self.plan, case.action, [smaller])
            reply = self.plan.client.call(sent.request)
            exchange = exchange_of(_Call(sent=sent, reply=reply), plan=self.plan)
            found = judge(exchange, rules=self.plan.rules)
            if not any(each.key == finding.key for each in found):
                return False
            record.shown[case.id] = shown_by(exchange, request=sent.request)
            return True

        shrinking = Shrinking(shows=shows)
        smallest = shrinking.shrink(case)
        self.probed += shrinking.calls
        words = in_words(case, smallest, kept=shrinking.kept)
        return replace(finding, size=len(smallest.events), shrunk=words)

    def _is_late(self, record: _ActionRun) -> bool:
        """Tell whether the time for the whole run is over, and note it."""
        limit = self.plan.max_time
        if limit is not None and self.elapsed >= limit:
            record.reason = f"--max-time {limit:g} is over"
        return bool(record.reason)

    def _ends(self, call: _Call, record: _ActionRun) -> bool:
        """Tell whether no further case of the action is worth a call, and note why."""
        reply = call.reply
        if self.calls == 0:
            check_first_call(reply, contact=self.contact)
        if reply.failure in LOST and is_gone(self.plan.client):
            case = call.sent.case
            self.lost = (
                f"the server went away in case {case.id} of {case.action}: "
                f"{reply.detail or reply.failure}"
            )
            record.reason = "the server went away"
        elif reply.failure in GIVE_UP:
            record.reason = GIVE_UP[reply.failure]
        elif reply.status == 404:
            record.reason = NOT_THERE
        return bool(record.reason)


@dataclass(slots=True, kw_only=True)
class _ActionRun:
    """The calls of one action so far."""

    action: str
    answers: list[Answered] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    shown: dict[str, Shown] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    reason: str = ""
    probe: Probe | None = None

    def behave(self, plan: Plan) -> None:
        """Make the calls that show how the action behaves, and judge them."""
        if self.probe is None or self.reason or not self.answers:
            return
        seen = self.probe.finish()
        if self.probe.broken is not None and is_gone(plan.client):
            return
        found = judge_behaviour(seen, rules=plan.rules, seed=plan.seed)
        self.findings += found
        cases = {finding.case for finding in found}
        for each in self.probe.seen:
            if each.case.id in cases:
                shown = Shown(request=each.request)
                self.shown.setdefault(each.case.id, shown)

    def gone(self, plan: Plan) -> str | None:
        """Say that the server went away in the calls after the cases, if it did."""
        reply = self.probe.broken if self.probe is not None else None
        if reply is None or not is_gone(plan.client):
            return None
        return (
            f"the server went away in the calls after the cases of {self.action}: "
            f"{reply.detail or reply.failure}"
        )

    def take(self, call: _Call, *, plan: Plan) -> ActionCalled:
        """Judge one call and say that it was made."""
        exchange = exchange_of(call, plan=plan)
        if self.probe is not None:
            self.probe.take(call.sent.case, call.sent.request, call.reply)
        found = judge(exchange, rules=plan.rules)
        self.answers.append(answered(exchange))
        if found:
            self.findings += found
            if (call.reply.elapsed or 0.0) < QUICK:
                self.cases[call.sent.case.id] = call.sent.case
            self.shown[call.sent.case.id] = shown_by(
                exchange, request=call.sent.request
            )
        return ActionCalled(
            action=self.action,
            case=call.sent.case.id,
            status=call.reply.status,
            failure=call.reply.failure,
            elapsed=call.reply.elapsed,
            findings=len(found),
        )

    def gathered(self, plan: Plan) -> list[Finding]:
        """Return the mistakes of the action, one finding each."""
        record = ActionRecord(
            action=self.action, domain=plan.domain, calls=self.answers
        )
        over_all = judge_action(record, rules=plan.rules) if self.answers else []
        own = _own(plan, self.action)
        wanted = [
            finding
            for finding in [*self.findings, *over_all]
            if not finding.rule.startswith(tuple(own.ignore) or ("-",))
        ]
        return gather(wanted, calls=len(self.answers))


def exchange_of(call: _Call, *, plan: Plan) -> Exchange:
    """Put together what the rules look at."""
    case, reply = call.sent.case, call.reply
    answer = read_answer(reply)
    readable = (
        answer.trouble is None and reply.status is not None and reply.status < 400
    )
    return Exchange(
        action=case.action,
        domain=plan.domain,
        before=call.sent.tracker,
        reply=reply,
        answer=answer,
        outcome=_interpreted(plan, case, tracker=call.sent.tracker, reply=reply),
        issues=validate("action_response", answer.document, registry=plan.registry)
        if readable
        else (),
        known_events=plan.registry.event_types,
        unknown_events=plan.registry.unknown_events,
        witness=_read_witness(reply, header=plan.witness_header),
        case=case.id,
        seed=case.seed,
        reachable=case.reachable,
        size=len(case.events),
        limit=plan.slow,
    )


def opening_case(plan: Plan, action: str) -> Case | None:
    """Make the case whose texts are marked for the first call of an action."""
    how: dict[str, Any] = {
        "domain": plan.domain,
        "registry": plan.registry,
        "seed": plan.seed,
        "locale": plan.locale,
        "now": plan.now,
        "material": plan.material,
    }
    if plan.case is not None:
        return case_for(action, plan.case, **how)
    studio = studio_for(action, **how)
    kinds = {kind.name: kind for kind, _ in studio.planned(plan.cases)}
    name = opening_kind([name for name, kind in kinds.items() if kind.reachable])
    return None if name is None else studio.make(kinds[name], 1)


def _interpreted(plan: Plan, case: Case, *, tracker: Tracker, reply: Reply) -> Outcome:
    return interpret(
        reply,
        action=case.action,
        tracker=tracker,
        domain=plan.domain,
        now=case.now,
        new_id=_reminder_id,
        parse_date=parse_date,
    )


def _reminder_id() -> str:
    return REMINDER_ID


def _read_witness(reply: Reply, *, header: str | None) -> Mapping[str, Any]:
    """Read what the server's process noted about the call; empty if it did not."""
    text = reply.headers.get(header) if header else None
    if not text:
        return {}
    try:
        note = json.loads(text)
    except ValueError:
        return {}
    return note if isinstance(note, dict) else {}
