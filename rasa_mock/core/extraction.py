"""Slots filled from a user's message: what `action_extract_slots` finds.

`candidates` yields, slot by slot in the domain's order, the slot events that the
predefined mappings make, and the names of the actions that custom mappings want run.
Running those actions and `action_validate_slot_mappings` is the business of
`rasa_mock.core.turns`.

Imitates `ActionExtractSlots` (rasa/core/actions/action.py), `SlotMapping`
(rasa/shared/core/slot_mappings.py) and the unique entity rule of `FormAction`
(rasa/core/actions/forms.py) of Rasa 3.6.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rasa_mock.core.defaults import AUTOMATIC_SLOTS
from rasa_mock.core.domain import Domain
from rasa_mock.core.slots import Slot
from rasa_mock.core.state import Wire
from rasa_mock.core.tracker import Tracker


class Found(NamedTuple):
    """A slot event that a `mapping` makes, or the `action` that a custom one wants."""

    event: Wire | None = None
    action: str | None = None
    mapping: Mapping[str, Any] | None = None


def slot_event(name: str, value: Any) -> Wire:
    """Make a `slot` event as it is before it is logged."""
    return {"event": "slot", "name": name, "value": value}


def candidates(tracker: Tracker, domain: Domain) -> Iterator[Found]:
    """Yield what the latest message fills, in the order in which Rasa finds it."""
    for name in domain.user_slots:
        if name not in AUTOMATIC_SLOTS:
            yield from _of_slot(domain.slots[name], tracker, domain=domain)


def _of_slot(slot: Slot, tracker: Tracker, *, domain: Domain) -> Iterator[Found]:
    for mapping in slot.mappings:
        if not _applies(mapping, slot, tracker=tracker, domain=domain):
            continue
        values = _values(mapping, tracker)
        if values:
            value = values if slot.is_list else values[-1]
            if value is not None or tracker.slots.get(slot.name) is not None:
                event = slot_event(slot.name, value)
                yield Found(event=event, mapping=mapping)
                return
        if mapping["type"] == "custom" and mapping.get("action"):
            yield Found(action=mapping["action"], mapping=mapping)


def _applies(
    mapping: Mapping[str, Any], slot: Slot, *, tracker: Tracker, domain: Domain
) -> bool:
    return (
        _is_known(mapping, domain)
        and intent_is_desired(mapping, tracker, domain=domain)
        and _conditions_hold(mapping, slot, tracker=tracker)
        and _is_unique(mapping, slot, tracker=tracker, domain=domain)
    )


def _is_known(mapping: Mapping[str, Any], domain: Domain) -> bool:
    """Tell whether the domain has the entity or intent of a mapping."""
    if mapping["type"] == "from_entity":
        return mapping.get("entity") in domain.entities
    if mapping["type"] == "from_intent":
        names = _listed(mapping.get("intent"))
        return all(name in domain.intents for name in names if name)
    return True


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def intent_is_desired(
    mapping: Mapping[str, Any], tracker: Tracker, *, domain: Domain
) -> bool:
    """Tell whether a mapping takes messages of the latest intent."""
    wanted = _listed(mapping.get("intent"))
    blocked = _listed(mapping.get("not_intent"))
    form = domain.forms.get(tracker.active_loop_name)
    conditions = mapping.get("conditions")
    if form is not None and (
        not conditions
        or any(each.get("active_loop") == form.name for each in conditions)
    ):
        blocked += form.ignored_intents
    intent = (tracker.latest_message.get("intent") or {}).get("name")
    return (not wanted and intent not in blocked) or intent in wanted


def _conditions_hold(
    mapping: Mapping[str, Any], slot: Slot, *, tracker: Tracker
) -> bool:
    conditions = mapping.get("conditions")
    if not conditions or mapping["type"] == "from_trigger_intent":
        return True
    loop = tracker.active_loop
    requested = tracker.requested_slot
    if loop.get("rejected") and requested == slot.name:
        return False
    return any(
        _holds(each, tracker.active_loop_name, requested=requested)
        for each in conditions
    )


def _holds(condition: Mapping[str, Any], loop: Any, *, requested: Any) -> bool:
    wanted = condition.get("active_loop")
    if wanted is None:
        return loop is None
    asked = condition.get("requested_slot")
    return bool(wanted == loop and (not asked or asked == requested))


def _is_unique(
    mapping: Mapping[str, Any], slot: Slot, *, tracker: Tracker, domain: Domain
) -> bool:
    """Tell whether no other slot of the active form would take the same entity.

    Only asked of slots that the form wants but does not ask for at the moment.
    """
    form = domain.forms.get(tracker.active_loop_name)
    if (
        mapping["type"] != "from_entity"
        or form is None
        or slot.name not in form.required_slots
        or tracker.requested_slot == slot.name
    ):
        return True
    keys = Counter(
        _key(each)
        for name in form.required_slots
        if name in domain.slots
        for each in domain.slots[name].mappings
        if each["type"] == "from_entity"
    )
    return keys[_key(mapping)] == 1


def _key(mapping: Mapping[str, Any]) -> str:
    return json.dumps(mapping, sort_keys=True, default=str)


def _values(mapping: Mapping[str, Any], tracker: Tracker) -> Sequence[Any]:
    """Return the values that a predefined mapping takes; none for a custom one."""
    kind = mapping["type"]
    if kind == "from_entity":
        return entity_values(tracker, mapping)
    if kind == "from_text":
        message = tracker.latest_user_event
        return [None if message is None else message["text"]]
    if kind == "from_intent":
        return [mapping.get("value")]
    if kind == "from_trigger_intent" and _triggers(mapping, tracker.active_loop_name):
        return [mapping.get("value")]
    return ()


def _triggers(mapping: Mapping[str, Any], loop: Any) -> bool:
    conditions = mapping.get("conditions")
    if not loop or not conditions:
        return bool(loop)
    return any(each.get("active_loop") == loop for each in conditions)


def entity_values(tracker: Tracker, wanted: Mapping[str, Any]) -> list[Any]:
    """Return the values of the latest message's entities of that name, role and group.

    A role or group that is not wanted must not be there.
    """
    return [
        entity.get("value")
        for entity in tracker.latest_message["entities"]
        if entity.get("entity") == wanted.get("entity")
        and entity.get("role") == wanted.get("role")
        and entity.get("group") == wanted.get("group")
    ]
