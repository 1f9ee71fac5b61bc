"""Contract-check an action server: generate, call, validate, apply, judge.

`check` yields the events of a run (`rasa_mock.run.events`) and knows neither reports
nor the command line.  The calls of an action are made one after the other, and so are
the actions unless the plan has several `workers`; then several actions are called side
by side, and what is yielded is what would be yielded without.

What the tested server does wrong is a finding.  A server that is not there, or goes
away midway, is the end of the run.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rasa_mock.clock import parse_date
from rasa_mock.core.findings import Finding, count_by_severity, serious
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import RequestBuilder
from rasa_mock.rules.base import ServerRecord
from rasa_mock.rules.judge import judge_server
from rasa_mock.run.checking import ActionCheck, Shared, finding_raised
from rasa_mock.run.contact import make_contact
from rasa_mock.run.events import FindingRaised, RunEvent, RunFinished, RunStarted
from rasa_mock.run.judged import reminder_id
from rasa_mock.run.markers import MarkedDomain
from rasa_mock.run.plan import Plan, chosen_actions
from rasa_mock.run.probes import NO_ACTION, Tools
from rasa_mock.run.side_by_side import SideBySide
from rasa_mock.run.traffic import Traffic

if TYPE_CHECKING:
    from rasa_mock.core.wire import Reply

# Who calls the action that does not exist.
NOBODY = "rasa-mock"


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
    traffic = Traffic(client=plan.client)
    plan = replace(plan, client=traffic)
    run = _Run(shared=Shared(plan=plan, contact=contact, traffic=traffic), names=names)
    server = run.server()
    for finding in judge_server(server, rules=plan.rules):
        if not finding.action or finding.action in names:
            yield run.note(finding_raised(finding, plan=plan))
    try:
        yield from run.actions()
    except KeyboardInterrupt:
        # What is known is worth reporting; whoever drives the run ends it then.
        run.interrupted = True
        yield from run.leave()
    finally:
        run.end()
    yield run.finished(elapsed=time.perf_counter() - started)


@dataclass(slots=True, kw_only=True)
class _Run:
    """What a run has seen so far; `done` are the actions whose turn it was."""

    shared: Shared
    names: Sequence[str]
    asked: int = 0
    done: int = 0
    findings: list[Finding] = field(default_factory=list)
    lost: str | None = None
    stopped: str | None = None
    interrupted: bool = False
    checks: list[ActionCheck] = field(default_factory=list)
    crew: SideBySide[RunEvent] | None = None

    @property
    def plan(self) -> Plan:
        """The plan of the run."""
        return self.shared.plan

    def actions(self) -> Iterator[RunEvent]:
        """Check one action after the other, or several at once, and yield in order."""
        if self.plan.behaviour and self.plan.rules.behaviour:
            self._prepare_probes()
        self.checks = [
            ActionCheck(shared=self.shared, action=name, number=number)
            for number, name in enumerate(self.names)
        ]
        # Where a call must not be slow, nobody is to wait for another one.
        if self.plan.workers > 1 and self.plan.slow is None:
            jobs = [each.events for each in self.checks]
            self.crew = SideBySide(jobs=jobs, workers=self.plan.workers)
            self.crew.start()
        for each in self.checks:
            self.stopped = self.reason_to_stop(left=len(self.names) - each.number)
            if self.stopped is not None:
                return
            self.done += 1
            items = each.events() if self.crew is None else self.crew.items(each.number)
            yield from map(self.note, items)
            self.lost = each.lost
            if self.lost is not None:
                return

    def _prepare_probes(self) -> None:
        plan, traffic = self.plan, self.shared.traffic
        self.shared.tools = tools = Tools(
            client=traffic,
            alone=traffic.alone,
            endpoint=plan.endpoint,
            domain=plan.domain,
            now=time.time(),
            profile=plan.registry.profile,
        )
        self.shared.marked = MarkedDomain(
            plan.domain, markers=tools.markers, profile=plan.registry.profile
        )

    def note(self, event: RunEvent) -> RunEvent:
        """Take note of an event that is handed on."""
        if isinstance(event, FindingRaised):
            self.findings.append(event.finding)
        return event

    def reason_to_stop(self, *, left: int) -> str | None:
        """Say why no further action is checked; None if there is no reason."""
        plan = self.plan
        rest = "1 action was" if left == 1 else f"{left} actions were"
        rest += " not checked"
        if plan.max_time is not None and self.shared.elapsed >= plan.max_time:
            return f"--max-time {plan.max_time:g} is over: {rest}"
        new = [
            finding
            for finding in self.findings
            if not finding.known and serious(finding.severity, threshold=plan.fail_on)
        ]
        if plan.stop_after is not None and len(new) >= plan.stop_after:
            return f"--stop-after {plan.stop_after} is reached: {rest}"
        return None

    def leave(self) -> Iterator[RunEvent]:
        """Yield what is known about the actions that were interrupted."""
        self.end()
        for each in self.checks[max(self.done - 1, 0) :]:
            if self.crew is not None:
                for event in self.crew.ready(each.number):
                    if isinstance(event, FindingRaised):
                        yield self.note(event)
            yield from map(self.note, each.known())

    def end(self) -> None:
        """Let no further call be made."""
        self.shared.halt.set()
        if self.crew is not None:
            self.crew.no_more()

    def finished(self, *, elapsed: float) -> RunFinished:
        """Return the last event of the run."""
        done = self.checks if self.interrupted else self.checks[: self.done]
        return RunFinished(
            actions=self.done,
            calls=self.asked + sum(each.calls + each.probed for each in done),
            counts=count_by_severity(self.findings),
            elapsed=elapsed,
            lost=self.lost,
            stopped="interrupted" if self.interrupted else self.stopped,
            known=sum(finding.known for finding in self.findings),
            interrupted=self.interrupted,
        )

    def server(self) -> ServerRecord:
        """Return what the server says of itself, and to an unknown action."""
        contact = self.shared.contact
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
        self.asked += 1
        return plan.client.call(builder.build(NO_ACTION, tracker))
