"""Wrong answers of an action server, each labelled with the rule that it breaks.

A rule's own wrong example is told of the user's domain (`renaming`), laid over a right
answer in a reachable state of one of its actions, and judged by that rule.  What the
rule does not find is never returned: the label is proven, not promised.  Rules that no
single answer can break (a behaviour over several calls, a server that is not there) are
listed with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rasa_mock.core.domain import Domain
from rasa_mock.core.findings import Finding
from rasa_mock.core.wire import Reply
from rasa_mock.generate.cases import (
    DEFAULT_NOW,
    Case,
    Studio,
    studio_for,
    tracker_for,
)
from rasa_mock.generate.corpus import asked_in
from rasa_mock.generate.material import NOTHING, Material
from rasa_mock.generate.provider import DEFAULT_LOCALE
from rasa_mock.generate.replies import right_answer
from rasa_mock.rules.base import ActionRecord, Example, Exchange, Rule
from rasa_mock.rules.catalogue import all_rules
from rasa_mock.rules.judge import answered, judge, judge_action, rule_set
from rasa_mock.run.judged import exchange_in
from rasa_mock.run.renaming import LACKS, Renaming, renamings
from rasa_mock.schema.registry import Registry

Json = dict[str, Any]
# More is no fixture.
LARGEST = 100_000
JSON_TYPE = "application/json"
# So many actions and kinds of case are tried for one rule.
ACTIONS_TRIED = 3
KINDS_TRIED = 3
# Of so many wrong answers the one is taken that breaks the fewest other rules.
PROOFS = 4
NOTHING_SAID: Json = {"events": [], "responses": []}
LATER = 0.000_25
# What no single answer shows: by what the rule is given, and by its example.
OVER_CALLS = "it shows over several calls only"
NO_ANSWER = "there is no answer to write down: the call fails"
INSIDE = "it is seen inside the server's process only"
TOO_SLOW = "it is about the time that an answer takes"
EXPECTED = "it is about what the configuration expects"
TOO_LARGE = "its answer is too large for a fixture"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A wrong answer: the rule that finds it, what it answers, and what is found.

    `also` are the ids of the other rules that find something in it.
    """

    rule: Rule
    finding: Finding
    case: Case
    reply: Reply
    also: tuple[str, ...] = ()

    def document(self) -> Any:
        """Return the body as JSON; None if it is not JSON at all."""
        try:
            return json.loads(self.reply.body, parse_constant=_refuse)
        except ValueError:
            return None


def _refuse(name: str) -> Any:
    raise ValueError(name)


@dataclass(slots=True, kw_only=True)
class Forger:
    """Makes wrong answers for one domain; see `forge`."""

    domain: Domain
    registry: Registry
    seed: int = 0
    locale: str = DEFAULT_LOCALE
    now: float = DEFAULT_NOW
    material: Material = NOTHING
    actions: Sequence[str] = ()
    _studios: dict[str, Studio] = field(default_factory=dict)

    def forge(self, rule: Rule, *, turn: int = 0) -> Wrong | str:
        """Make an answer that breaks a rule, or say why there is none.

        `turn` counts the answers for the same rule: each is given in another case.
        """
        reason = _never(rule)
        if reason is not None:
            return reason
        callers = self._callers(rule)
        lacking = {} if callers else {rule.wrong.action: None}
        best: Wrong | None = None
        for made in self._tries(rule, callers, turn=turn, lacking=lacking):
            if best is None or len(made.also) < len(best.also):
                best = made
            if not best.also:
                break
        if best is not None:
            return best
        words = sorted({LACKS.get(name, name) for name in lacking})
        lack = f"the domain has {' and '.join(words)}" if words else "nothing shows it"
        return f"{lack}, so no answer breaks it"

    def _callers(self, rule: Rule) -> list[str]:
        """List the actions for which the answer may be wrong, likely ones first."""
        known = list(self.actions or self.domain.server_actions)
        named = rule.wrong.action
        if named.startswith("validate_trip_form"):
            chosen = [n for n in known if n.removeprefix("validate_") in _forms(self)]
        elif named.startswith("action_ask_"):
            chosen = [n for n in known if n in self._studio(n).cast.asks.values()]
        elif named:
            chosen = [named]
        else:
            plain = [n for n in known if self._studio(n).role.name == "plain"]
            chosen = plain or known
        return chosen[:ACTIONS_TRIED]

    def _studio(self, action: str) -> Studio:
        if action not in self._studios:
            self._studios[action] = studio_for(
                action,
                domain=self.domain,
                registry=self.registry,
                seed=self.seed,
                locale=self.locale,
                now=self.now,
                material=self.material,
            )
        return self._studios[action]

    def _tries(
        self,
        rule: Rule,
        callers: Sequence[str],
        *,
        turn: int,
        lacking: dict[str, None],
    ) -> Iterator[Wrong]:
        """Yield the answers that are wrong, first those for which the domain has all.

        Then the others: an event with a wrong key is wrong whatever it names.
        """
        wild: list[tuple[Case, Renaming]] = []
        found = 0
        for case, renaming in self._told(callers, turn=turn):
            lacks = renaming.lacking(_all_of(rule.wrong))
            lacking.update(dict.fromkeys(lacks))
            if lacks:
                wild.append((case, renaming))
                continue
            for wrong in self._proofs(rule, case, renaming=renaming):
                found += 1
                yield wrong
            if found >= PROOFS:
                return
        for case, renaming in wild[: 0 if found else PROOFS]:
            yield from self._proofs(rule, case, renaming=renaming)

    def _told(
        self, callers: Sequence[str], *, turn: int
    ) -> Iterator[tuple[Case, Renaming]]:
        for action in callers:
            studio = self._studio(action)
            form = next(iter(studio.role.forms), None)
            for case in self._cases(studio, turn=turn):
                for renaming in renamings(studio.cast, action=action, form=form):
                    yield case, renaming

    def _proofs(self, rule: Rule, case: Case, *, renaming: Renaming) -> Iterator[Wrong]:
        for body in self._bodies(rule.wrong, case, renaming=renaming):
            wrong = self._proven(rule, case, body=body, renaming=renaming)
            if wrong is not None:
                yield wrong

    def _cases(self, studio: Studio, *, turn: int) -> Iterator[Case]:
        """Yield a few short reachable cases, other ones each turn."""
        planned = [(kind, n) for kind, n in studio.planned(20) if kind.reachable]
        short = [pair for pair in planned if "long" not in pair[0].name]
        start = turn * KINDS_TRIED % max(len(short), 1)
        chosen = (short[start:] + short[:start])[:KINDS_TRIED]
        for kind, number in chosen:
            yield studio.make(kind, number + turn // max(len(short), 1))

    def _bodies(
        self, example: Example, case: Case, *, renaming: Renaming
    ) -> Iterator[bytes]:
        """Yield the example's answer: beside a right one, alone, with worse values."""
        if example.body is not None:
            text = example.body.decode("utf-8", errors="surrogateescape")
            yield renaming.text(text).encode("utf-8", errors="surrogateescape")
            return
        events = renaming.value(list(example.events))
        responses = renaming.value(list(example.responses))
        right = self._right(case)
        for told in (events, renaming.out_of_range(events)):
            for beside in (right, NOTHING_SAID):
                answer = {
                    "events": [*beside["events"], *told],
                    "responses": [*beside["responses"], *responses],
                }
                yield json.dumps(answer).encode()

    def _right(self, case: Case) -> Json:
        studio = self._studio(case.action)
        tracker = tracker_for(case, self.domain)
        return right_answer(asked_in(studio, case, tracker=tracker))

    def _proven(
        self, rule: Rule, case: Case, *, body: bytes, renaming: Renaming
    ) -> Wrong | None:
        """Judge an answer by the rule; None if that finds nothing.

        The state is that of the case, or the one that the example asks for.
        """
        example = rule.wrong
        reply = Reply(
            status=example.status,
            headers={"Content-Type": example.content_type},
            body=body,
        )
        if len(body) > LARGEST:
            return None
        before = renaming.value(list(example.before))
        for state in (case, *([_after(case, before)] if before else [])):
            exchange = self._exchange(state, reply)
            found = _found(exchange, [rule])
            if found:
                others = {each.rule for each in _found(exchange, all_rules())}
                also = tuple(sorted(others - {rule.id}))
                return Wrong(
                    rule=rule, finding=found[0], case=state, reply=reply, also=also
                )
        return None

    def _exchange(self, case: Case, reply: Reply) -> Exchange:
        return exchange_in(
            case,
            tracker_for(case, self.domain),
            reply=reply,
            domain=self.domain,
            registry=self.registry,
        )


def breaks(
    rule: Rule, case: Case, *, reply: Reply, domain: Domain, registry: Registry
) -> bool:
    """Tell whether a rule finds something in a reply in the state of a case."""
    tracker = tracker_for(case, domain)
    exchange = exchange_in(case, tracker, reply=reply, domain=domain, registry=registry)
    return bool(_found(exchange, [rule]))


def _found(exchange: Exchange, rules: Sequence[Rule]) -> list[Finding]:
    """Judge by the rules for one call, and by those for all calls of an action.

    Of the latter only those count that need no second call: which say the same of any
    number of answers like this one.
    """
    chosen = rule_set(rules)
    found = judge(exchange, rules=chosen)
    if chosen.action and len(rules) == 1:
        record = ActionRecord(
            action=exchange.action, domain=exchange.domain, calls=[answered(exchange)]
        )
        found += judge_action(record, rules=chosen)
    return found


def _never(rule: Rule) -> str | None:
    """Say why no single answer can break a rule; None if one can."""
    example = rule.wrong
    if rule.each in ("server", "behaviour"):
        return OVER_CALLS
    if example.failure is not None:
        return NO_ANSWER
    if example.witness:
        return INSIDE
    if example.elapsed is not None:
        return TOO_SLOW
    if example.rejects:
        return EXPECTED
    size = len(json.dumps([*example.events, *example.responses], default=str))
    return TOO_LARGE if size > LARGEST else None


def _forms(forger: Forger) -> Mapping[str, Any]:
    return forger.domain.forms


def _all_of(example: Example) -> Any:
    body = None if example.body is None else example.body.decode("utf-8", "replace")
    return [*example.events, *example.responses, *example.before, body]


def _after(case: Case, before: Sequence[Mapping[str, Any]]) -> Case:
    """Let events follow those of a case, a moment later each."""
    last = case.events[-1]["timestamp"] if case.events else case.now - 1
    added = [
        {"timestamp": last + LATER * (place + 1), **event}
        for place, event in enumerate(before)
    ]
    return replace(case, events=[*case.events, *added])
