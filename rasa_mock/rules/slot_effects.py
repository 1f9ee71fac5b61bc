"""RM310 to RM312: slots whose values do not stay, lead nowhere, or are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rasa_mock.core.defaults import REQUESTED_SLOT
from rasa_mock.core.slots import SLOT_TYPES, Slot
from rasa_mock.rules.answer import shown
from rasa_mock.rules.base import (
    ActionRecord,
    Answered,
    Draft,
    Example,
    Exchange,
    Place,
    Setting,
    rule,
)
from rasa_mock.rules.names import meant
from rasa_mock.rules.nothing import ALSO_MEANT, WORDS
from rasa_mock.rules.roles import is_validation, mapped_slots, slots_set


def _setting(name: str, *, value: Any) -> Example:
    return Example(events=[{"event": "slot", "name": name, "value": value}])


@rule(
    "RM310",
    "warning",
    title="requested_slot that no form asks for",
    wrong=_setting(REQUESTED_SLOT, value="dishes"),
    right=_setting(REQUESTED_SLOT, value="city"),
    each="event",
    of=("slot",),
)
def requested_elsewhere(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """requested_slot is set to a slot that is not among those of the form.

    A form's own validation may add slots to it; what the domain lacks altogether is
    RM408.
    """
    wanted = place.value.get("value")
    if place.value.get("name") != REQUESTED_SLOT or not isinstance(wanted, str):
        return
    domain = exchange.domain
    if wanted not in domain.slots or is_validation(exchange.action, domain):
        return
    form = domain.forms.get(exchange.outcome.tracker.active_loop_name or "")
    forms = [form] if form else list(domain.forms.values())
    slots = [name for each in forms for name in each.required_slots]
    if wanted in slots or not forms or _asked_by_mapping(domain.slots[wanted]):
        return
    name = form.name if form else "a form"
    yield Draft(
        message=f"requested_slot is set to {wanted!r}, which is no slot of {name}",
        pointer=f"{place.pointer}/value",
        subject=wanted,
        expected=f"one of {', '.join(slots)}, or null",
        got=wanted,
        hint=meant(wanted, slots, otherwise=f"add it to required_slots of {name}"),
        rasa=f"{name} asks for its own next slot instead",
        severity="info" if _of_any_form(wanted, exchange) else None,
    )


def _of_any_form(slot: str, exchange: Exchange) -> bool:
    """Tell whether the slot is right as long as another form is active."""
    return any(slot in f.required_slots for f in exchange.domain.forms.values())


def _asked_by_mapping(slot: Slot) -> bool:
    return any(
        isinstance(condition, Mapping) and condition.get("active_loop")
        for mapping in slot.mappings
        for condition in mapping.get("conditions") or ()
    )


@rule(
    "RM311",
    "warning",
    title="value that the next message overwrites",
    wrong=_setting("note", value="call back"),
    right=_setting("day", value="Monday"),
    each="slot",
    of=tuple(SLOT_TYPES),
)
def overwritten(exchange: Exchange, setting: Setting) -> Iterator[Draft]:
    """An action sets a slot whose mapping fills it from every message.

    from_text and from_intent without an intent and without conditions do so; with
    `not_intent`, or while no form is active, it is nearly every message.
    """
    action, domain, slot = exchange.action, exchange.domain, setting.slot
    if is_validation(action, domain) or slot.name in mapped_slots(action, domain):
        return
    always = next((m for m in slot.mappings if _always_fills(m)), None)
    if always is None or exchange.before.slots.get(slot.name) == setting.value:
        return
    yield Draft(
        message=f"the slot {slot.name!r} is set to {shown(setting.value)}, but its "
        f"mapping {always['type']} fills it from {_how_often(always)} message",
        pointer=setting.pointer,
        subject=slot.name,
        expected="a slot with a custom mapping, or a condition on the mapping",
        got=f"a mapping {always['type']} without an intent or a form",
        hint="give the mapping an intent or a condition such as active_loop, or use "
        "another slot",
        rasa="the user's next message overwrites the value",
    )


def _always_fills(mapping: Mapping[str, Any]) -> bool:
    if mapping.get("type") not in ("from_text", "from_intent"):
        return False
    conditions = mapping.get("conditions")
    outside = conditions and all(
        isinstance(each, Mapping) and each.get("active_loop", "") is None
        for each in conditions
    )
    return not mapping.get("intent") and (not conditions or bool(outside))


def _how_often(mapping: Mapping[str, Any]) -> str:
    limits = mapping.get("not_intent") or mapping.get("conditions")
    return "nearly every" if limits else "every"


# What stands for no value, and what stands for one that has no words.
NO_VALUES = (*WORDS, "<nil>", "[object Object]")


@rule(
    "RM312",
    "warning",
    title="word for nothing in a slot",
    wrong=_setting("city", value="undefined"),
    right=_setting("city", value=None),
    each="action",
)
def word_for_nothing(record: ActionRecord) -> Iterator[Draft]:
    """A text slot is set to the word "null", "undefined" or "None".

    `str(None)`, an f-string or a template writes it where a value is missing.  "None"
    may be meant; it counts only if other calls set the slot to other texts.  What a
    validation hands back is RM406.
    """
    found: dict[str, dict[str, Answered]] = {}
    for call in record.calls:
        if call.exchange and call.exchange.reachable and call.usable:
            for name, value in _texts_set(call.exchange):
                found.setdefault(name, {}).setdefault(value, call)
    for name, calls in found.items():
        # What people write as well counts where other calls set the slot otherwise.
        meant = ALSO_MEANT if len(calls) == 1 else ()
        words = (value for value in calls if value in NO_VALUES and value not in meant)
        word = next(words, None)
        if word is not None:
            yield _no_value(record, name, word=word, call=calls[word])


def _texts_set(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Yield name and value of each text slot that is set to what nobody had said."""
    domain, before = exchange.domain, exchange.before
    if is_validation(exchange.action, domain):
        return
    given = (before.latest_message.get("text"), *before.slots.values())
    for name, value in slots_set(exchange).items():
        slot = domain.slots.get(name)
        if slot is None or slot.type != "text" or not isinstance(value, str):
            continue
        if value not in given:
            yield name, value


def _no_value(record: ActionRecord, name: str, *, word: str, call: Answered) -> Draft:
    return Draft(
        message=f"the slot {name!r} is set to the word {shown(word)}",
        pointer="/events",
        subject=name,
        expected="a value, or null where there is none",
        got=shown(word),
        hint=f"SlotSet({name!r}, None) empties a slot; do not make a text of nothing",
        rasa="the slot counts as filled, and messages show the word",
        action=record.action,
        case=call.case or "",
    )
