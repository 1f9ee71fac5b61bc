"""Which slots a message fills: Rasa's `action_extract_slots`, by the mappings.

Imitates `rasa.core.actions.action.ActionExtractSlots` and
`rasa.shared.core.slot_mappings` (protocol D.2, D.3).  A custom action behind a mapping
is only named here: what it sets is its own affair.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from rasa_mock.generate.cast import Cast, Rule, SlotPart


class Listening(Protocol):
    """What extraction looks at; a `Conversation` has it all."""

    @property
    def intent(self) -> str | None: ...
    @property
    def text(self) -> str | None: ...
    @property
    def entities(self) -> Sequence[dict[str, Any]]: ...
    @property
    def loop(self) -> str | None: ...
    @property
    def requested(self) -> str | None: ...
    @property
    def rejected(self) -> bool: ...


class Heard(NamedTuple):
    """A message that might be said, and the loop that would be active then."""

    intent: str | None
    text: str | None
    entities: Sequence[dict[str, Any]]
    loop: str | None = None
    requested: str | None = None
    rejected: bool = False


def candidates(cast: Cast, heard: Listening) -> Iterator[tuple[SlotPart, Rule, Any]]:
    """Yield the slots that the message fills, in Rasa's order, with rule and value.

    The value is None for a rule whose custom action is to be run.
    """
    for position in _positions(cast, heard):
        part = cast.fillable[position]
        for rule in part.rules:
            values = _values(cast, part, rule=rule, heard=heard)
            if values:
                value = values if part.is_list else values[-1]
                yield part, rule, value
                break


def _positions(cast: Cast, heard: Listening) -> Sequence[int]:
    """List the slots that the message may fill, by place in `cast.fillable`."""
    by_intent = cast.by_intent.get(heard.intent or "")
    if not by_intent and not heard.entities:
        return cast.always
    if not by_intent and not cast.always and len(heard.entities) == 1:
        return cast.by_entity.get(heard.entities[0]["entity"], ())
    found = {*cast.always, *(by_intent or ())}
    for entity in heard.entities:
        found.update(cast.by_entity.get(entity["entity"], ()))
    return sorted(found)


def _values(cast: Cast, part: SlotPart, *, rule: Rule, heard: Listening) -> list[Any]:
    values = _offered(rule, heard)
    if not values or not intent_allows(cast, rule, heard=heard):
        return []
    if rule.conditions and not _conditions_hold(rule, part.name, heard=heard):
        return []
    if rule.shared_in and _is_ambiguous(cast, part.name, rule=rule, heard=heard):
        return []
    return values


def _offered(rule: Rule, heard: Listening) -> list[Any]:
    """List the values that the message has for a rule, its filters aside."""
    if rule.type == "from_entity":
        return [
            entity.get("value")
            for entity in heard.entities
            if entity["entity"] == rule.entity
            and entity.get("role") == rule.role
            and entity.get("group") == rule.group
        ]
    if rule.type == "from_text":
        return [heard.text]
    if rule.type == "from_intent":
        return [rule.value]
    if rule.type == "from_trigger_intent":
        return [rule.value] if heard.loop else []
    return [None] if rule.action else []


def intent_allows(cast: Cast, rule: Rule, *, heard: Listening) -> bool:
    """Say whether the message's intent lets a mapping fill its slot."""
    if rule.intents:
        return heard.intent in rule.intents
    if heard.intent in rule.not_intents:
        return False
    form = cast.domain.forms.get(heard.loop) if heard.loop else None
    if form is None or heard.intent not in form.ignored_intents:
        return True
    loops = [condition.get("active_loop") for condition in rule.conditions]
    return bool(loops) and heard.loop not in loops


def _conditions_hold(rule: Rule, slot: str, *, heard: Listening) -> bool:
    if rule.type == "from_trigger_intent":
        return any(c.get("active_loop") == heard.loop for c in rule.conditions)
    if heard.rejected and heard.requested == slot:
        return False
    return any(
        condition.get("active_loop") == heard.loop
        and condition.get("requested_slot") in (None, heard.requested)
        for condition in rule.conditions
    )


def _is_ambiguous(cast: Cast, slot: str, *, rule: Rule, heard: Listening) -> bool:
    """Say whether another slot of the active form wants the same entity."""
    if heard.loop not in rule.shared_in or heard.requested == slot:
        return False
    form = cast.domain.forms.get(heard.loop) if heard.loop else None
    return form is not None and slot in form.required_slots
