"""Check one action: its cases, the calls that show how it behaves, its findings.

An `ActionCheck` is one action's part of a run and knows nothing of the others, so that
several may be under way at once (`rasa_mock.run.harness` puts them in order).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from threading import Event, Lock
from typing import TYPE_CHECKING

from rasa_mock.core.findings import Finding, count_by_severity
from rasa_mock.generate.cases import Case
from rasa_mock.rules.judge import judge
from rasa_mock.run.contact import Contact, check_first_call, is_gone
from rasa_mock.run.events import ActionFinished, ActionStarted, FindingRaised, RunEvent
from rasa_mock.run.evidence import Shown, shown_by
from rasa_mock.run.judged import ActionRun, Call, exchange_of, opening_case
from rasa_mock.run.plan import Plan, Prepared, cases_of, own_settings, prepare
from rasa_mock.run.probes import Probe, Tools
from rasa_mock.run.shrink import Shrinking, in_words

if TYPE_CHECKING:
    from rasa_mock.run.markers import MarkedDomain
    from rasa_mock.run.traffic import Traffic

# One call that ends so says enough: the others would take their time and say the same.
GIVE_UP = {
    "timeout": "the first call was not answered in time",
    "too_large": "the first answer was too large",
    "redirect_loop": "the first call was redirected in a circle",
    "bad_redirect": "the first call was redirected to nowhere",
}
# So many findings of an action are shrunk.
MOST_SHRUNK = 3
NOT_THERE = "the server has no such action"
NO_MORE = "the run has ended"
LOST = (
    "refused",
    "unreachable",
    "unknown_host",
    "disconnected",
    "incomplete",
    "timeout",
)


@dataclass(slots=True, kw_only=True)
class Shared:
    """What the actions of a run share.

    `halt` asks all of them to end; cases are made one at a time (`making`), since what
    is made up for a locale comes from one place.
    """

    plan: Plan
    contact: Contact
    traffic: Traffic
    tools: Tools | None = None
    marked: MarkedDomain | None = None
    began: float = field(default_factory=time.monotonic)
    halt: Event = field(default_factory=Event)
    making: Lock = field(default_factory=Lock)

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.began


@dataclass(slots=True, kw_only=True)
class ActionCheck:
    """One action of a run, the `number`th, and what it has come to so far."""

    shared: Shared
    action: str
    number: int
    calls: int = 0
    probed: int = 0
    lost: str | None = None
    record: ActionRun | None = None

    @property
    def plan(self) -> Plan:
        """The plan of the run."""
        return self.shared.plan

    @property
    def is_first(self) -> bool:
        """Whether no call of the run came before."""
        return self.number == 0 and self.calls == 0

    def events(self) -> Iterator[RunEvent]:
        """Call the action with all its cases, judge the answers, yield what happens."""
        started = time.perf_counter()
        cases = cases_of(self.plan, self.action)
        yield ActionStarted(action=self.action, cases=cases.count)
        record = ActionRun(action=self.action, probe=self.probe())
        self.record = record
        for call in self._calls(cases.made, record=record):
            self.calls += 1
            yield record.take(call, plan=self.plan)
        if self.lost is None and not self._is_over():
            record.behave(self.plan)
            self.lost = record.gone(self.plan)
        probed = record.probe.calls if record.probe is not None else 0
        self.probed += probed
        gathered = record.gathered(self.plan)
        if self.plan.shrink and self.lost is None:
            gathered = [*self.shrunk(gathered, record)]
        self.record = None
        for finding in gathered:
            yield self._raised(finding, record)
        yield ActionFinished(
            action=self.action,
            calls=len(record.answers),
            counts=count_by_severity(gathered),
            elapsed=time.perf_counter() - started,
            skipped=cases.count - len(record.answers),
            reason=record.reason,
            probes=probed,
        )

    def known(self) -> Iterator[FindingRaised]:
        """Yield what is known about the action when the run is interrupted."""
        record = self.record
        if record is not None:
            for finding in record.gathered(self.plan):
                yield self._raised(finding, record)

    def _raised(self, finding: Finding, record: ActionRun) -> FindingRaised:
        shown = record.shown.get(finding.case or "")
        return finding_raised(finding, plan=self.plan, shown=shown)

    def probe(self) -> Probe | None:
        """Begin the calls that show how the action behaves, if they are asked for."""
        tools, marked = self.shared.tools, self.shared.marked
        if tools is None or marked is None:
            return None
        tools = tools.for_action(self.number)
        probe = Probe(tools=tools, action=self.action, builder=tools.builder())
        with self.shared.making:
            opening = opening_case(self.plan, self.action)
        if opening is not None:
            probe.open_with(opening, domain=marked)
        return probe

    def _calls(self, cases: Iterator[Case], *, record: ActionRun) -> Iterator[Call]:
        """Make the calls in order, one after the other."""
        made = prepare(self.plan, self.action, cases=cases)
        ahead = Ahead(made, making=self.shared.making)
        for sent in ahead:
            reply = self.shared.traffic.call_while(sent.request, work=ahead.make)
            call = Call(sent=sent, reply=reply)
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
            spent = tried >= MOST_SHRUNK or self._is_late(record)
            if case is None or not worth or spent:
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

        granted = own_settings(self.plan, case.action).slots
        shrinking = Shrinking(shows=shows, granted=frozenset(granted))
        smallest = shrinking.shrink(case)
        self.probed += shrinking.calls
        words = in_words(case, smallest, kept=shrinking.kept)
        return replace(finding, size=len(smallest.events), shrunk=words)

    def _is_over(self) -> bool:
        """Tell whether the time for the whole run is over, or the run itself."""
        limit = self.plan.max_time
        late = limit is not None and self.shared.elapsed >= limit
        return late or self.shared.halt.is_set()

    def _is_late(self, record: ActionRun) -> bool:
        """Tell whether no more calls are to be made, and note why."""
        limit = self.plan.max_time
        if self.shared.halt.is_set():
            record.reason = NO_MORE
        elif limit is not None and self.shared.elapsed >= limit:
            record.reason = f"--max-time {limit:g} is over"
        return bool(record.reason)

    def _ends(self, call: Call, record: ActionRun) -> bool:
        """Tell whether no further case of the action is worth a call, and note why."""
        reply = call.reply
        if self.is_first:
            check_first_call(reply, contact=self.shared.contact)
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


class Ahead:
    """Cases in their order; `make` makes the next one before it is asked for.

    While the server answers one case there is time for it.  In a second thread it was
    tried, too: handing over cost more than it gained.
    """

    def __init__(self, cases: Iterator[Prepared], *, making: Lock) -> None:
        self._cases = cases
        self._making = making
        self._made: Prepared | None = None
        self._broken: Exception | None = None

    def make(self) -> None:
        """Make the next case; what is wrong with it is raised when its turn comes."""
        try:
            self._made = self._next()
        except Exception as error:  # noqa: BLE001
            self._broken = error

    def __iter__(self) -> Iterator[Prepared]:
        while (case := self._made or self._next()) is not None:
            self._made = None
            yield case
            if self._broken is not None:
                raise self._broken

    def _next(self) -> Prepared | None:
        with self._making:
            return next(self._cases, None)


def finding_raised(
    finding: Finding, *, plan: Plan, shown: Shown | None = None
) -> FindingRaised:
    """Make the event of a finding; one of the baseline is `known`."""
    if plan.known(finding):
        finding = replace(finding, known=True)
    if shown is None:
        return FindingRaised(finding=finding)
    return FindingRaised(
        finding=finding, request=shown.request, evidence=shown.evidence
    )
