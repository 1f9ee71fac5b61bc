"""Judge an exchange: run the rules over it and say what real Rasa makes of it.

The rules are sorted once, by what they look at; events are dispatched by their type.
What Rasa does with the answer is not written down anywhere here: it is read from the
`Outcome` that `core.outcome.interpret` computed for this very answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rasa_mock.core.defaults import KNOWLEDGE_BASE_SLOTS
from rasa_mock.core.findings import Finding
from rasa_mock.core.slots import SLOT_TYPES, Slot
from rasa_mock.rules.base import (
    EACH,
    ActionRecord,
    Answered,
    Draft,
    Exchange,
    Place,
    Rule,
    ServerRecord,
    Setting,
)

if TYPE_CHECKING:
    from rasa_mock.core.outcome import Outcome
    from rasa_mock.rules.observed import Behaviour

# A state that no dialogue produces proves no mistake.
UNREACHABLE_SEVERITY = "info"
UNREACHABLE_NOTE = " (in a state that no dialogue produces)"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Rules, sorted by what they look at; make one with `rule_set`."""

    rules: tuple[Rule, ...]
    answer: tuple[Rule, ...]
    any_event: tuple[Rule, ...]
    event: Mapping[str, tuple[Rule, ...]]
    slot: Mapping[str, tuple[Rule, ...]]
    response: tuple[Rule, ...]
    message: tuple[Rule, ...]
    action: tuple[Rule, ...]
    server: tuple[Rule, ...]
    behaviour: tuple[Rule, ...] = ()


def rule_set(rules: Iterable[Rule]) -> RuleSet:
    """Sort rules by what they look at."""
    ordered = tuple(rules)
    by = {each: tuple(r for r in ordered if r.each == each) for each in EACH}
    return RuleSet(
        rules=ordered,
        answer=by["answer"],
        any_event=tuple(rule for rule in by["event"] if not rule.of),
        event=_by_type(by["event"]),
        slot=_by_type(by["slot"]),
        response=by["response"],
        message=by["message"],
        action=by["action"],
        server=by["server"],
        behaviour=by["behaviour"],
    )


def _by_type(rules: Sequence[Rule]) -> dict[str, tuple[Rule, ...]]:
    names = {name for rule in rules for name in rule.of}
    return {name: tuple(r for r in rules if name in r.of) for name in sorted(names)}


def judge(exchange: Exchange, *, rules: RuleSet) -> list[Finding]:
    """Return what is wrong with one call, in the order of rules and places."""
    return [
        _finding(rule, draft, exchange=exchange)
        for rule, drafts in _drafts(exchange, rules)
        for draft in drafts
    ]


def _drafts(
    exchange: Exchange, rules: RuleSet
) -> Iterator[tuple[Rule, Iterable[Draft]]]:
    for rule in rules.answer:
        yield rule, rule.check(exchange)
    for place in places(exchange.answer.events, "/events"):
        name = place.value.get("event")
        own = rules.event.get(name, ()) if isinstance(name, str) else ()
        for rule in (*rules.any_event, *own):
            yield rule, rule.check(exchange, place)
    for setting in settings(exchange):
        for rule in rules.slot.get(type_of(setting.slot), ()):
            yield rule, rule.check(exchange, setting)
    for place in places(exchange.answer.responses, "/responses"):
        for rule in (*rules.response, *rules.message):
            yield rule, rule.check(exchange, place)
    for place in bot_messages(exchange.answer.events):
        for rule in rules.message:
            yield rule, rule.check(exchange, place)


def places(items: Sequence[Any], pointer: str) -> Iterator[Place]:
    """Yield the items of a list that are objects, each with its pointer."""
    for index, item in enumerate(items):
        if isinstance(item, dict):
            yield Place(value=item, index=index, pointer=f"{pointer}/{index}")


def bot_messages(events: Sequence[Any]) -> Iterator[Place]:
    """Yield what the bot events say, as a message would hold it."""
    for place in places(events, "/events"):
        data = place.value.get("data")
        if place.value.get("event") == "bot":
            parts = data if isinstance(data, dict) else {}
            yield Place(
                value={**parts, "text": place.value.get("text")},
                index=place.index,
                pointer=f"{place.pointer}/data",
            )


def settings(exchange: Exchange) -> Iterator[Setting]:
    """Yield the known slots that the answer sets to something other than null.

    A slot of a custom class may take what it likes and is left out; so are those of
    the knowledge base, which rasa-sdk fills as it likes, whatever type a domain gives.
    """
    slots = exchange.domain.slots
    for index, event in enumerate(exchange.answer.events):
        if not isinstance(event, dict) or event.get("event") != "slot":
            continue
        name, value = event.get("name"), event.get("value")
        slot = slots.get(name) if isinstance(name, str) else None
        if slot is None or value is None or slot.is_custom:
            continue
        if name not in KNOWLEDGE_BASE_SLOTS:
            yield Setting(slot=slot, value=value, pointer=f"/events/{index}/value")


def type_of(slot: Slot) -> str:
    """Return the short name of a slot's type, also for the path of Rasa's class."""
    return CLASSES.get(slot.type.rpartition(".")[2], slot.type)


CLASSES = {row.class_name: name for name, row in SLOT_TYPES.items()}


def judge_action(record: ActionRecord, *, rules: RuleSet) -> list[Finding]:
    """Return what only all calls of an action together show."""
    return [
        _summary(rule, draft, action=record.action)
        for rule in rules.action
        for draft in rule.check(record)
    ]


def judge_server(record: ServerRecord, *, rules: RuleSet) -> list[Finding]:
    """Return what the server says about itself that the domain contradicts."""
    return [
        _summary(rule, draft, action=draft.action)
        for rule in rules.server
        for draft in rule.check(record)
    ]


def judge_behaviour(
    seen: Behaviour, *, rules: RuleSet, seed: int | None = None
) -> list[Finding]:
    """Return what several calls of an action show together."""
    found = [
        _summary(rule, draft, action=seen.action)
        for rule in rules.behaviour
        for draft in rule.check(seen)
    ]
    return [replace(finding, seed=seed) for finding in found]


def answered(exchange: Exchange) -> Answered:
    """Keep of an exchange what the rules over all calls need."""
    return Answered(
        case=exchange.case,
        usable=exchange.outcome.kind == "applied",
        events=len(exchange.answer.events),
        responses=len(exchange.answer.responses),
        rejected=exchange.outcome.kind == "rejected",
        witness=exchange.witness,
        exchange=exchange,
    )


def _summary(rule: Rule, draft: Draft, *, action: str) -> Finding:
    return Finding(
        rule=rule.id,
        severity=draft.severity or rule.severity,
        title=rule.title,
        action=action,
        message=draft.message,
        pointer=draft.pointer,
        subject=draft.subject,
        expected=draft.expected,
        got=draft.got,
        rasa=draft.rasa,
        hint=draft.hint,
        case=draft.case or None,
    )


def _finding(rule: Rule, draft: Draft, *, exchange: Exchange) -> Finding:
    severity = draft.severity or rule.severity
    note = "" if exchange.reachable else UNREACHABLE_NOTE
    return Finding(
        rule=rule.id,
        severity=severity if exchange.reachable else UNREACHABLE_SEVERITY,
        title=rule.title,
        action=exchange.action,
        message=draft.message + note,
        pointer=draft.pointer,
        subject=draft.subject,
        expected=draft.expected,
        got=draft.got,
        rasa=consequence(
            exchange.outcome, action=exchange.action, otherwise=draft.rasa
        ),
        hint=draft.hint,
        case=exchange.case,
        seed=exchange.seed,
        reachable=exchange.reachable,
        size=exchange.size,
    )


def consequence(outcome: Outcome, *, action: str, otherwise: str = "") -> str:
    """Say what real Rasa makes of an answer; `otherwise` is said where it takes it."""
    rasa, error = outcome.tracker.profile.title, outcome.error
    if outcome.kind == "rejected":
        return otherwise or (
            f"{rasa} takes it as a rejection of {action} and predicts another action"
        )
    if error is None:
        return f"{rasa} accepts it{f': {otherwise}' if otherwise else ' silently'}"
    if error.phase == "run":
        return (
            f"{rasa} cannot use the answer ({error.rasa_class}): all its events and "
            f"messages are lost, {action} counts as done, the conversation goes on"
        )
    return (
        f"{rasa} fails ({error.rasa_class}) while it logs or sends: the turn is not "
        "saved, even what the user said is lost"
    )
