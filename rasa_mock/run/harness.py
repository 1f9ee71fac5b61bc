"""Contract-check an action server: generate, call, validate, apply, judge.

`check` yields the events of a run (`rasa_mock.run.events`) and knows neither reports
nor the command line.  Calls are made one after the other, an action at a time, so that
a server with a state of its own sees the same order in every run.  Judging in the time
that a call takes was tried, in a second thread: handing over cost more than it gained.

What the tested server does wrong is a finding.  A server that is not there, or goes
away midway, is the end of the run.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rasa_mock.clock import parse_date
from rasa_mock.core.findings import Finding, count_by_severity, serious
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import RequestBuilder
from rasa_mock.generate.cases import Case
from rasa_mock.rules.base import ServerRecord
from rasa_mock.rules.judge import (
    judge,
    judge_server,
)
from rasa_mock.run.contact import Contact, check_first_call, is_gone, make_contact
from rasa_mock.run.events import (
    ActionFinished,
    ActionStarted,
    FindingRaised,
    RunEvent,
    RunFinished,
    RunStarted,
)
from rasa_mock.run.evidence import Shown, shown_by
from rasa_mock.run.judged import (
    ActionRun,
    Call,
    exchange_of,
    opening_case,
    reminder_id,
)
from rasa_mock.run.markers import MarkedDomain
from rasa_mock.run.plan import (
    Plan,
    cases_of,
    chosen_actions,
    prepare,
)
from rasa_mock.run.probes import NO_ACTION, Probe, Tools
from rasa_mock.run.shrink import Shrinking, in_words

if TYPE_CHECKING:
    from rasa_mock.core.wire import Reply


# One call that ends so says enough: the others would take their time and say the same.
GIVE_UP = {
    "timeout": "the first call was not answered in time",
    "too_large": "the first answer was too large",
    "redirect_loop": "the first call was redirected in a circle",
    "bad_redirect": "the first call was redirected to nowhere",
}
# So many findings of an action are shrunk.
MOST_SHRUNK = 3
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
    server = run.server()
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
    record: ActionRun | None = None
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

    def server(self) -> ServerRecord:
        """Return what the server says of itself, and to an unknown action."""
        contact = self.contact
        return ServerRecord(
            domain=self.plan.domain,
            listed=contact.listed,
            health=contact.health if self.plan.behaviour else None,
            unknown=self.ask_for_unknown() if contact.doubt is None else None,
        )

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
            new_id=reminder_id,
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
        record = self.record = ActionRun(action=action, probe=self.probe(action))
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
        self, action: str, cases: Iterator[Case], *, record: ActionRun
    ) -> Iterator[Call]:
        """Make the calls in order, one after the other."""
        for sent in prepare(self.plan, action, cases=cases):
            call = Call(sent=sent, reply=self.plan.client.call(sent.request))
            over = self._ends(call, record) or self._is_late(record)
            yield call
            if over:
                break

    def shrunk(
        self, findings: Iterable[Finding], record: ActionRun
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

    def _shrunk(self, finding: Finding, case: Case, record: ActionRun) -> Finding:
        def shows(smaller: Case) -> bool:
            (sent,) = prepare(self.plan, case.action, cases=[smaller])
            reply = self.plan.client.call(sent.request)
            exchange = exchange_of(Call(sent=sent, reply=reply), plan=self.plan)
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

    def _is_late(self, record: ActionRun) -> bool:
        """Tell whether the time for the whole run is over, and note it."""
        limit = self.plan.max_time
        if limit is not None and self.elapsed >= limit:
            record.reason = f"--max-time {limit:g} is over"
        return bool(record.reason)

    def _ends(self, call: Call, record: ActionRun) -> bool:
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
