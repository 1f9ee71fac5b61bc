"""The tests of a contract: what each calls, and what it says of the answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rasa_mock.core.findings import Finding, gather, serious
from rasa_mock.generate.cases import Case, Studio
from rasa_mock.reports.reproduce import folded
from rasa_mock.rules.catalogue import selected
from rasa_mock.run.dress import Dress
from rasa_mock.run.events import ActionStarted, Evidence, FindingRaised
from rasa_mock.run.harness import check as check_all
from rasa_mock.run.judged import ActionRun, Call
from rasa_mock.run.plan import own_settings, prepare
from rasa_mock.testing.wording import (
    answer_lines,
    explained,
    finding_lines,
    headline,
    in_short,
    outcome_line,
    paragraph,
    request_lines,
)

if TYPE_CHECKING:
    from rasa_mock.core.outcome import Outcome
    from rasa_mock.core.wire import Reply
    from rasa_mock.run.plan import Prepared
    from rasa_mock.testing.contract import BoundContract


class ContractFailed(AssertionError):
    """A contract test's findings; `properties` are for reports."""

    def __init__(self, text: str, *, properties: Sequence[tuple[str, str]]) -> None:
        super().__init__(text)
        self.properties = properties


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The findings are those that the configuration expects; a test then xfails."""

    reason: str


@dataclass(slots=True, kw_only=True)
class ContractTest:
    """One test; `name` is its stable, readable id."""

    bound: BoundContract
    action: str
    title: str
    skip: str | None = None

    @property
    def name(self) -> str:
        """What the test is called."""
        return f"{self.action}[{self.title}]"

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def findings(self) -> list[Seen]:
        """Make the calls and return what is wrong."""
        raise NotImplementedError

    def check(self) -> Expected | None:
        """Make the calls; raise ContractFailed for findings that count.

        Returns `Expected` where all of these are expected by the configuration.
        """
        __tracebackhide__ = True
        threshold = self.bound.settings.fail_on
        wrong = [
            each
            for each in self.findings()
            if serious(each.finding.severity, threshold=threshold)
            and not self.bound.bench.plan.known(each.finding)
        ]
        unexpected = [each for each in wrong if not self.is_expected(each.finding)]
        if unexpected:
            raise ContractFailed(
                self.failure(unexpected), properties=self.properties(unexpected)
            )
        if not wrong:
            return None
        rules = ", ".join(dict.fromkeys(each.finding.rule for each in wrong))
        return Expected(reason=f"{rules}: expected by the configuration")

    def is_expected(self, finding: Finding) -> bool:
        """Tell whether the configuration expects a finding."""
        own = own_settings(self.bound.bench.plan, finding.action)
        pairs = [*self.bound.settings.xfail, *((finding.action, r) for r in own.xfail)]
        return any(
            action in ("", finding.action) and finding.rule.startswith(rule)
            for action, rule in pairs
        )

    def failure(self, wrong: Sequence[Seen]) -> str:
        """Say what is wrong: findings, request, answer, how to see it again."""
        findings = [each.finding for each in wrong]
        parts: list[Sequence[str]] = [[headline(findings, place=self.name)]]
        for lines, group in groupby(wrong, key=self._seen_in):
            told = [finding_lines(each.finding) for each in group]
            parts += [[f"  {line}" for line in each] for each in told]
            parts.append(lines)
        parts.append([f"more:     {explained(findings)}"])
        return paragraph(*parts)

    def _seen_in(self, seen: Seen) -> list[str]:
        """Say in which call a finding was seen, and how to see it again."""
        again = folded(self.again(seen.finding), indent=10).lstrip()
        return [*seen.lines(), f"again:    {again}"]

    def again(self, finding: Finding) -> list[str]:
        """Return the command that shows a finding outside pytest."""
        return self.bound.reproduction().command(finding)

    def properties(self, wrong: Sequence[Seen]) -> list[tuple[str, str]]:
        """Return what a report in a CI carries besides the text."""
        first = wrong[0].finding
        return [
            ("rasa_action", self.action),
            ("rasa_case", self.title),
            ("rasa_rules", " ".join(dict.fromkeys(s.finding.rule for s in wrong))),
            ("rasa_seed", str(self.bound.settings.seed)),
            ("rasa_again", folded(self.again(first), width=10_000)),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A finding, and the call that showed it, if a single one did."""

    finding: Finding
    sent: Prepared | None = None
    reply: Reply | None = None
    outcome: Outcome | None = None
    evidence: Evidence | None = None

    def lines(self) -> list[str]:
        """Say what was sent and what came back."""
        if self.evidence is not None:
            shown = self.evidence
            return [f"answer:   status {shown.status}", f"  {in_short(shown.body)}"]
        if self.sent is None or self.reply is None:
            return []
        lines = request_lines(self.sent.request, self.sent.tracker)
        lines += answer_lines(self.reply)
        return [*lines, outcome_line(self.outcome)] if self.outcome else lines


@dataclass(slots=True, kw_only=True)
class KindTest(ContractTest):
    """The cases of one kind."""

    studio: Studio
    rows: Sequence[tuple[Any, int]]

    @property
    def cases(self) -> Iterator[Case]:
        """The cases, made one by one."""
        slots = own_settings(self.bound.bench.plan, self.action).slots
        dress = Dress(slots=slots)
        for kind, number in self.rows:
            made = self.studio.make(kind, number)
            yield dress.put_on(made, domain=self.bound.domain)

    def findings(self) -> list[Seen]:
        """Call the action with each case and judge the answers."""
        plan, bench = self.bound.bench.plan, self.bound.bench
        record = ActionRun(action=self.action)
        shown: dict[str, Seen] = {}
        for sent in prepare(plan, self.action, cases=self.cases):
            reply = plan.client.call(sent.request)
            called = record.take(Call(sent=sent, reply=reply), plan=plan)
            if called.exchange is not None:
                bench.observe(called.exchange)
            outcome = called.exchange.outcome if called.exchange else None
            for finding in record.findings:
                shown.setdefault(
                    finding.case or "",
                    Seen(finding=finding, sent=sent, reply=reply, outcome=outcome),
                )
        ignored = tuple(own_settings(plan, self.action).ignore) or "-"
        kept = [each for each in record.findings if not each.rule.startswith(ignored)]
        return [
            replace(shown[finding.case or ""], finding=finding)
            for finding in gather(kept, calls=len(self.rows))
        ]


@dataclass(slots=True, kw_only=True)
class TogetherTest(ContractTest):
    """What only the calls of an action together show."""

    def findings(self) -> list[Seen]:
        """Make all calls of the action and those of its behaviour."""
        plan = replace(
            self.bound.bench.plan,
            actions=(self.action,),
            behaviour=True,
            shrink=False,
        )
        several = {r.id for r in selected() if r.each in ("action", "behaviour")}
        return [
            Seen(finding=event.finding)
            for event in check_all(plan)
            if isinstance(event, FindingRaised) and event.finding.rule in several
        ]


@dataclass(slots=True, kw_only=True)
class WholeTest(ContractTest):
    """All that `rasa-mock check` finds, each mistake once."""

    def findings(self) -> list[Seen]:
        """Make all calls."""
        names = self.bound.wanted_actions()
        plan = replace(
            self.bound.bench.plan, actions=names, behaviour=True, shrink=False
        )
        return [
            Seen(finding=event.finding, evidence=event.evidence)
            for event in check_all(plan)
            if isinstance(event, FindingRaised)
        ]


@dataclass(slots=True, kw_only=True)
class ServerTest(ContractTest):
    """What server and domain say of each other."""

    def findings(self) -> list[Seen]:
        """Ask the server for its actions, and for one that nobody has."""
        plan = replace(self.bound.bench.plan, behaviour=True, shrink=False)
        found: list[Seen] = []
        for event in check_all(plan):
            if isinstance(event, ActionStarted):
                break
            if isinstance(event, FindingRaised):
                found.append(Seen(finding=event.finding))
        return found
