"""The calls of one action as they are judged, and what is gathered of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rasa_mock.clock import parse_date
from rasa_mock.core.findings import Finding, gather
from rasa_mock.core.outcome import interpret
from rasa_mock.core.tracker import Tracker
from rasa_mock.generate.cases import Case, case_for, studio_for
from rasa_mock.rules.answer import read_answer
from rasa_mock.rules.base import ActionRecord, Answered, Exchange
from rasa_mock.rules.judge import (
    answered,
    judge,
    judge_action,
    judge_behaviour,
)
from rasa_mock.run.case_kinds import opening_kind
from rasa_mock.run.contact import is_gone
from rasa_mock.run.dress import Dress
from rasa_mock.run.events import (
    ActionCalled,
)
from rasa_mock.run.evidence import Shown, shown_by
from rasa_mock.run.plan import (
    Plan,
    Prepared,
    own_settings,
)
from rasa_mock.run.probes import Probe
from rasa_mock.schema.validate import validate

if TYPE_CHECKING:
    from rasa_mock.core.domain import Domain
    from rasa_mock.core.outcome import Outcome
    from rasa_mock.core.wire import Reply
    from rasa_mock.schema.registry import Registry


# A finding whose call was not quicker than this is not shrunk.
QUICK = 0.3
# What Rasa would name a reminder without a name; the same in every run.
REMINDER_ID = "00000000-0000-1000-8000-000000000000"
# The events that make an older message the latest again; JSON may write them with \u.
GOING_BACK = (b"undo", b"rewind", b"\\u")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What was sent, and what came back."""

    sent: Prepared
    reply: Reply


@dataclass(slots=True, kw_only=True)
class ActionRun:
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
        if self.probe.broken is not None and not is_gone(plan.client):
            # It started anew midway, and is back: what it said before proves nothing.
            seen = self.probe.finish_again()
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

    def take(self, call: Call, *, plan: Plan) -> ActionCalled:
        """Judge one call and say that it was made."""
        exchange = exchange_of(call, plan=plan)
        if self.probe is not None:
            self.probe.take(call.sent.case, request=call.sent.request, reply=call.reply)
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
            exchange=exchange,
        )

    def gathered(self, plan: Plan) -> list[Finding]:
        """Return the mistakes of the action, one finding each."""
        own = own_settings(plan, self.action)
        record = ActionRecord(
            action=self.action,
            domain=plan.domain,
            calls=self.answers,
            rejects=own.rejects,
        )
        over_all = judge_action(record, rules=plan.rules) if self.answers else []
        wanted = [
            finding
            for finding in [*self.findings, *over_all]
            if not finding.rule.startswith(tuple(own.ignore) or ("-",))
        ]
        return gather(wanted, calls=len(self.answers))


def exchange_of(call: Call, *, plan: Plan) -> Exchange:
    """Put together what the rules look at."""
    return exchange_in(
        call.sent.case,
        call.sent.tracker,
        reply=call.reply,
        domain=plan.domain,
        registry=plan.registry,
        witness=_read_witness(call.reply, header=plan.witness_header),
        limit=plan.slow,
    )


def exchange_in(
    case: Case,
    tracker: Tracker,
    *,
    reply: Reply,
    domain: Domain,
    registry: Registry,
    witness: Mapping[str, Any] | None = None,
    limit: float | None = None,
) -> Exchange:
    """Put together what the rules look at, of a reply in the state of a case."""
    answer = read_answer(reply)
    readable = (
        answer.trouble is None and reply.status is not None and reply.status < 400
    )
    return Exchange(
        action=case.action,
        domain=domain,
        before=tracker,
        reply=reply,
        answer=answer,
        outcome=_interpreted(case, tracker, reply=reply, domain=domain),
        issues=validate("action_response", answer.document, registry=registry)
        if readable
        else (),
        known_events=registry.event_types,
        unknown_events=registry.unknown_events,
        witness=witness or {},
        case=case.id,
        seed=case.seed,
        reachable=case.reachable,
        size=len(case.events),
        limit=limit,
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
    dress = Dress(slots=own_settings(plan, action).slots)
    if plan.case is not None:
        case = case_for(action, plan.case, **how)
        return dress.put_on(case, domain=plan.domain)
    studio = studio_for(action, **how)
    kinds = {kind.name: kind for kind, _ in studio.planned(plan.cases)}
    name = opening_kind([name for name, kind in kinds.items() if kind.reachable])
    if name is None:
        return None
    return dress.put_on(studio.make(kinds[name], 1), domain=plan.domain)


def _interpreted(
    case: Case, tracker: Tracker, *, reply: Reply, domain: Domain
) -> Outcome:
    return interpret(
        reply,
        action=case.action,
        tracker=tracker,
        domain=domain,
        now=case.now,
        new_id=reminder_id,
        parse_date=parse_date,
        twin=twin_for(reply),
    )


def reminder_id() -> str:
    """Name a reminder without a name as in every run."""
    return REMINDER_ID


def twin_for(reply: Reply) -> Callable[[Tracker], Tracker]:
    """Choose how the tracker goes on that an answer is tried on.

    A branch is cheap and shares older messages, which an answer may reach, too.
    """
    is_packed = "Content-Encoding" in reply.headers
    goes_back = is_packed or any(name in reply.body for name in GOING_BACK)
    return Tracker.copy if goes_back else Tracker.branch


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
