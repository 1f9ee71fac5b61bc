"""Play a test case on the fake core: session, fixtures, steps, one turn after another.

The conversation is fresh, and is driven turn by turn; what the case expects is compared
with the events of each turn.  If any step has assertions, only assertions count, as
with Rasa.  The first assertion that is not true ends the case; wrong steps of a case
without assertions are gathered, all of them.

Unlike Rasa, turns are known by their order and not by their text, and stubs may stand
beside a live action server: an action without a stub is called there.  An action that
nobody answers ends the case.

Imitates `E2ETestRunner` (rasa/e2e_test/e2e_test_runner.py, Rasa Pro 3.21).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rasa_mock.core.e2e import USER, Assertion, Case, SlotValue, Step
from rasa_mock.core.event_shapes import EVENTS
from rasa_mock.core.findings import Finding
from rasa_mock.core.pro_shapes import PRO_EVENTS
from rasa_mock.run.conversation import Conversation, Setup
from rasa_mock.run.e2e.assertions import CHECKS, LOOK_BACK, UNJUDGED, Miss
from rasa_mock.run.e2e.results import CaseResult, Failure, Unjudged
from rasa_mock.run.e2e.steps import check_step
from rasa_mock.run.e2e.told import json_text, tell
from rasa_mock.run.turn_results import TurnResult

Wire = Mapping[str, Any]

# What only Rasa Pro knows is taken as it is, so that assertions can find it.
PRO_ONLY = frozenset(PRO_EVENTS) - frozenset(EVENTS)
GIVE_AN_ANSWER = (
    "stub it (stub_custom_actions in the file, or --stub), or give the action server "
    "(--url, --actions)"
)
HAPPENED = "this happened in the turn:"


def play(case: Case, *, setup: Setup) -> CaseResult:
    """Play a case in a conversation of its own; `setup` says with what.

    The stubs of the case go before those of the setup, and these before its server.
    """
    began = time.perf_counter()
    player = _Player(case=case, conversation=_conversation(case, setup))
    player.play()
    return CaseResult(
        name=case.name,
        path=case.path,
        line=case.line,
        failures=player.failures,
        unjudged=player.unjudged,
        findings=player.findings,
        difference=player.difference,
        steps=case.source.get("steps", ()),
        elapsed=time.perf_counter() - began,
    )


def _conversation(case: Case, setup: Setup) -> Conversation:
    now = setup.now() if callable(setup.now) else setup.now
    return Conversation(
        replace(
            setup,
            sender_id=f"{case.name}_{now:.0f}",
            stubs={**setup.stubs, **case.stubs},
            known_events=PRO_ONLY,
        )
    )


@dataclass(slots=True, kw_only=True)
class _Player:
    """Goes through the steps of a case; `events` are those since the last message.

    `before` is what happened before the first message; `is_over` says that the rest of
    the case means nothing any more.
    """

    case: Case
    conversation: Conversation
    before: list[Wire] = field(default_factory=list)
    events: list[Wire] = field(default_factory=list)
    is_first: bool = True
    is_over: bool = False
    # Whether what happened since the last message was told with a failure.
    is_told: bool = False
    failures: list[Failure] = field(default_factory=list)
    unjudged: list[Unjudged] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    difference: list[str] = field(default_factory=list)

    def play(self) -> None:
        """Play the whole case."""
        self._open()
        for step in self.case.steps:
            if self.is_over:
                self.difference += [f"  {line}" for line in _shown(step)]
            elif step.kind == USER:
                self._say(step)
            else:
                self._compare(step)

    def _open(self) -> None:
        """Start the session and set the fixtures' slots."""
        self._take(self.conversation.start(), line=self.case.line)
        if self.case.fixtures and not self.is_over:
            slots = [
                {"event": "slot", "name": slot.name, "value": slot.value}
                for slot in self.case.fixtures
            ]
            self._take(self.conversation.inject(slots), line=self.case.line)
        self.before = list(self.events)

    def _say(self, step: Step) -> None:
        """Send a message; check its assertions."""
        self.difference += [f"  {line}" for line in _shown(step)]
        if not step.text:
            return
        self.events, self.is_told = [], False
        turn = self.conversation.send(step.text, metadata=step.metadata or None)
        self._take(turn, line=step.line)
        if not self.is_over:
            self._judge(step)
        self.is_first = False

    def _take(self, turn: TurnResult, *, line: int | None) -> None:
        """Take note of a turn; one that is lost, or not answered, ends the case."""
        self.events += turn.events
        self.findings += [each for each in turn.findings if each.severity != "info"]
        setup = self.conversation.setup
        nobody = [
            name
            for name in dict.fromkeys(turn.calls)
            if setup.action_client is None and name not in setup.stubs
        ]
        for name in nobody:
            message = f"nobody answers the action {name!r}: {GIVE_AN_ANSWER}"
            self._fail("action", message, line=line)
        if turn.error is not None:
            message = f"Rasa loses this turn: {turn.error.message}"
            self._fail("turn", message, line=line)
        self.is_over = bool(nobody) or turn.error is not None

    def _fail(
        self, key: str, message: str, *, line: int | None, seen: Sequence[Wire] = ()
    ) -> None:
        self.failures.append(
            Failure(key=key, message=message, line=line, seen=tuple(tell(seen)))
        )
        self.difference.append(f"- {message}")

    # Assertions.

    def _judge(self, step: Step) -> None:
        """Check the assertions of a step, up to the first that is not true."""
        seen = [*self.before, *self.events] if self.is_first else self.events
        begin = len(seen) - len(self.events)
        floor = 0
        for assertion in step.assertions:
            if assertion.key in UNJUDGED:
                self._leave(assertion)
                continue
            start = floor if assertion.key in LOOK_BACK else max(floor, begin)
            try:
                place = CHECKS[assertion.key](assertion, seen[start:])
            except Miss as miss:
                self._miss(assertion, str(miss), seen=seen)
                return
            if step.ordered and place is not None:
                floor = start + place + 1

    def _leave(self, assertion: Assertion) -> None:
        """Note an assertion that nobody can judge here."""
        key = assertion.key
        self.unjudged.append(
            Unjudged(key=key, reason=UNJUDGED[key], line=assertion.line)
        )

    def _miss(
        self, assertion: Assertion, message: str, *, seen: Sequence[Wire]
    ) -> None:
        self.is_over = True
        happened = tuple(tell(seen))
        self.failures.append(
            Failure(
                key=assertion.key,
                message=f"{assertion.key}: {message}",
                line=assertion.line,
                is_assertion=True,
                seen=(HAPPENED, *happened),
            )
        )
        self.difference.append(f"- {assertion.key}: {message}")
        self.difference += [f"+ {line}" for line in happened]

    # Steps.

    def _compare(self, step: Step) -> None:
        """Check a step that says what the bot does, slot by slot, if these count."""
        for part in [replace(step, slots=(slot,)) for slot in step.slots] or [step]:
            self._compare_one(part)

    def _compare_one(self, step: Step) -> None:
        wrong = [] if self.case.has_assertions else check_step(step, self.events)
        sign = "-" if wrong else " "
        self.difference += [f"{sign} {line}" for line in _shown(step)]
        if not wrong:
            return
        happened = [] if self.is_told else [*tell(self.events)]
        self.is_told = True
        for message in wrong:
            seen = [HAPPENED, *happened] if happened else []
            self.failures.append(
                Failure(key=step.kind, message=message, line=step.line, seen=seen)
            )
            self.difference += [f"+ {line}" for line in happened]
            happened = []


def _shown(step: Step) -> Iterator[str]:
    """Yield a step as the file has it, in short."""
    if not step.slots:
        yield f"{step.kind}: {step.text}"
    for slot in step.slots:
        yield f"{step.kind}: {_slot(slot)}"


def _slot(slot: SlotValue) -> str:
    return f"{slot.name}: {json_text(slot.value)}" if slot.has_value else slot.name
