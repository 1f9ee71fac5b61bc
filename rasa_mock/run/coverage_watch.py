"""Observers that fill a `Coverage`: of calls of actions, and of turns of conversations.

A call counts for its action if the server answered it (404 means that the action is
not there); for the types of the events that it returned, the slots that these set, the
responses that it named; for the step of the form that it validated.  A turn counts for
the slots that were set in it, the responses that were uttered, the form steps that were
asked for.  An action that a stub has answered was not called.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rasa_mock.core.defaults import REQUESTED_SLOT
from rasa_mock.core.notes import NOTES
from rasa_mock.rules.answer import read_answer
from rasa_mock.run.coverage import (
    ACTIONS,
    ERRORS,
    EVENTS,
    FORM_STEPS,
    RESPONSES,
    SLOTS,
    STUBBED,
    Coverage,
    step_name,
)

if TYPE_CHECKING:
    from rasa_mock.core.domain import Domain
    from rasa_mock.core.wire import ActionRequest, Reply
    from rasa_mock.rules.base import Exchange
    from rasa_mock.run.turn_results import TurnResult

Json = Mapping[str, Any]
VALIDATES = "validate_"
NOT_THERE = 404
REJECTS = 400
UNANSWERED = NOTES["unanswered"].rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of an action, as far as it counts.

    `loop` and `requested` are the active form and its requested slot before it.
    """

    action: str
    reply: Reply
    loop: Any
    requested: Any
    events: Sequence[Any]
    responses: Sequence[Any]
    unusable: bool = False

    @property
    def trouble(self) -> str | None:
        """What went wrong, in a word or two; None if nothing did."""
        if self.reply.failure is not None:
            return self.reply.failure
        status = self.reply.status or 0
        if status >= REJECTS:
            return "rejects" if status == REJECTS else f"status {status}"
        return "unusable answer" if self.unusable else None


@dataclass(slots=True, kw_only=True)
class Watch:
    """Tells a `Coverage` of what it sees."""

    coverage: Coverage
    _known: Domain | None = None

    def _expect(self, domain: Domain | None) -> None:
        """Take note of what there is to exercise, once for a domain."""
        if domain is not None and domain is not self._known:
            self.coverage.expect(domain)
            self._known = domain

    def exchange(self, exchange: Exchange) -> None:
        """Take note of a call that was judged: of a test, or of a check."""
        self._expect(exchange.domain)
        before = exchange.before
        self.call(
            Call(
                action=exchange.action,
                reply=exchange.reply,
                loop=before.active_loop_name,
                requested=before.slots.get(REQUESTED_SLOT),
                events=exchange.answer.events,
                responses=exchange.answer.responses,
                unusable=exchange.outcome.kind == "failed",
            )
        )

    def sent(self, request: ActionRequest, reply: Reply) -> None:
        """Take note of a call as it went over the wire."""
        tracker = request.payload.get("tracker") or {}
        answer = read_answer(reply)
        self.call(
            Call(
                action=str(request.payload.get("next_action")),
                reply=reply,
                loop=(tracker.get("active_loop") or {}).get("name"),
                requested=(tracker.get("slots") or {}).get(REQUESTED_SLOT),
                events=answer.events,
                responses=answer.responses,
                unusable=answer.trouble is not None,
            )
        )

    def call(self, call: Call) -> None:
        """Count a call."""
        hit = self.coverage.hit
        if call.trouble is not None:
            hit(ERRORS, f"{call.action}: {call.trouble}")
        if call.reply.failure is None and call.reply.status != NOT_THERE:
            hit(ACTIONS, call.action)
        if call.action == f"{VALIDATES}{call.loop}" and call.requested:
            hit(FORM_STEPS, step_name(call.loop, call.requested))
        if call.trouble is not None:
            return
        for event in _objects(call.events):
            hit(EVENTS, str(event.get("event")))
            if event.get("event") == "slot":
                self._slot(call, event)
        for response in _objects(call.responses):
            name = response.get("response") or response.get("template")
            if name:
                hit(RESPONSES, str(name))

    def _slot(self, call: Call, event: Json) -> None:
        name, value = event.get("name"), event.get("value")
        if value is not None:
            self.coverage.hit(SLOTS, str(name))
        elif call.action.startswith(VALIDATES) and name != REQUESTED_SLOT:
            self.coverage.hit(ERRORS, f"{call.action}: refuses {name}")

    def turn(self, turn: TurnResult) -> None:
        """Count what happened in a turn, whoever answered its actions."""
        hit = self.coverage.hit
        self._expect(turn.snapshot.source.domain)
        loop = _loop_before(turn)
        for event in turn.events:
            kind = event["event"]
            if kind == "active_loop":
                loop = event["name"]
            elif kind == "bot":
                name = (event.get("metadata") or {}).get("utter_action")
                if name:
                    hit(RESPONSES, str(name))
            elif kind == "slot" and event["name"] == REQUESTED_SLOT:
                if loop and event["value"]:
                    hit(FORM_STEPS, step_name(loop, event["value"]))
            elif kind == "slot" and event["value"] is not None:
                hit(SLOTS, str(event["name"]))


def _objects(values: Sequence[Any]) -> Iterator[Json]:
    return (value for value in values if isinstance(value, Mapping))


def _loop_before(turn: TurnResult) -> Any:
    """Name the form that was active when a turn began."""
    snapshot = turn.snapshot
    begin = snapshot.length - len(turn.events)
    for event in reversed(snapshot.events[:begin]):
        if event["event"] == "active_loop":
            return event["name"]
    return None


@dataclass(slots=True, kw_only=True)
class ConversationWatch:
    """Observes conversations (`run.conversation.Observer`) one turn after another.

    An action that was neither called nor left unanswered was answered by a stub, and
    so is every action if the server `is_fake`.
    """

    watch: Watch
    is_fake: bool = False
    _called: Counter[str] = field(default_factory=Counter)

    def call(self, request: ActionRequest, reply: Reply) -> None:
        """Take note of a call of the action server."""
        if self.is_fake:
            return
        self.watch.sent(request, reply)
        self._called[str(request.payload.get("next_action"))] += 1

    def turn(self, turn: TurnResult) -> None:
        """Take note of a turn, and of the actions that stubs have answered in it."""
        self.watch.turn(turn)
        nobody = {each.action for each in turn.findings if each.rule == UNANSWERED}
        stubbed = Counter(turn.calls) - self._called
        self._called.clear()
        for name, times in stubbed.items():
            if name not in nobody:
                self.watch.coverage.hit(STUBBED, name, times=times)
