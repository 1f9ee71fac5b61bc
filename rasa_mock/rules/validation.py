"""RM402 to RM408: the actions that judge or set what was extracted.

`validate_<form>` and `action_validate_slot_mappings` are sent the candidates as the
last events of the tracker; an action of a custom mapping sets its slot.  Whether a
value fits its slot is for `rasa_mock.rules.slots`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rasa_mock.core.defaults import REQUESTED_SLOT, VALIDATE_PREFIX
from rasa_mock.rules.answer import shown
from rasa_mock.rules.base import ActionRecord, Draft, Example, Exchange, Place, rule
from rasa_mock.rules.names import meant
from rasa_mock.rules.nothing import WORDS
from rasa_mock.rules.roles import (
    VALIDATE_MAPPINGS,
    candidates,
    event_names,
    is_validation,
    mapped_slots,
    slots_set,
    validated_form,
)

VALIDATE = "validate_trip_form"
ASKED = (
    {"event": "action", "name": "trip_form"},
    {"event": "active_loop", "name": "trip_form"},
    {"event": "slot", "name": REQUESTED_SLOT, "value": "city"},
    {"event": "action", "name": "action_listen"},
    {
        "event": "user",
        "text": "Rom",
        "parse_data": {"intent": {"name": "inform", "confidence": 0.9}},
    },
    {"event": "slot", "name": REQUESTED_SLOT, "value": "city"},
    {"event": "action", "name": "trip_form"},
)
ANSWERED = (*ASKED, {"event": "slot", "name": "city", "value": "Rom"})
ROME = {"event": "slot", "name": "city", "value": "Rome"}
GOOD = Example(action=VALIDATE, before=ANSWERED, events=[ROME])


def _validating(*events: Mapping[str, Any], before: Any = ANSWERED) -> Example:
    return Example(action=VALIDATE, before=before, events=events)


@rule(
    "RM402",
    "warning",
    title="event that is dropped while slots are extracted",
    wrong=Example(
        action=VALIDATE_MAPPINGS, events=[{"event": "followup", "name": "utter_greet"}]
    ),
    right=Example(action=VALIDATE_MAPPINGS, events=[ROME]),
    each="event",
)
def dropped_in_extraction(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """action_validate_slot_mappings, or a mapping's action, returns more than slots.

    They run before anything is predicted, and only their slot and bot events count.
    """
    name = place.value.get("event")
    extracts = exchange.action == VALIDATE_MAPPINGS or mapped_slots(
        exchange.action, exchange.domain
    )
    if not extracts or name in ("slot", "bot") or not isinstance(name, str):
        return
    yield Draft(
        message=f"{exchange.action} returns {name}, which Rasa drops here",
        pointer=place.pointer,
        subject=name,
        expected="slot events and messages only",
        got=shown(dict(place.value)),
        hint="return it from an action that is predicted, "
        "for example by a rule with slot_was_set",
        rasa="only slot and bot events of the answer are used; the rest is dropped",
    )


# What a form's validation may say beside the slots.
SAID = ("slot", "bot", "action_execution_rejected", "active_loop")


@rule(
    "RM403",
    "warning",
    title="form's validation returns more than slots",
    wrong=_validating(ROME, {"event": "followup", "name": "utter_greet"}),
    right=_validating({"event": "action_execution_rejected", "name": "trip_form"}),
    each="event",
)
def more_than_slots(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """validate_<form> returns an event that interferes with the running form.

    It may set slots, reject the form, or end it (requested_slot null, active_loop
    null).  A followup is right only where the answer ends the form as well: otherwise
    form and followup call each other.
    """
    form = validated_form(exchange.action, exchange.domain)
    name = place.value.get("event")
    if form is None or not isinstance(name, str):
        return
    if name == "active_loop":
        if place.value.get("name") in (None, form.name):
            return
    elif name in SAID or (name == "followup" and _ends_form(exchange)):
        return
    yield Draft(
        message=f"{exchange.action} returns {name} {shown(place.value.get('name'))}"
        if place.value.get("name")
        else f"{exchange.action} returns {name}",
        pointer=place.pointer,
        subject=name,
        expected="slots of the form; null for what is to be asked again",
        got=shown(dict(place.value)),
        hint="do it in the action that follows the form, or end the form with "
        "SlotSet('requested_slot', None)",
        rasa="it is logged as part of the form's run"
        + (
            "; the form is still active, so form and followup call each other"
            if name == "followup"
            else ", in the middle of which the form goes on"
        ),
    )


def _ends_form(exchange: Exchange) -> bool:
    if slots_set(exchange).get(REQUESTED_SLOT, "") is None:
        return True
    return any(
        isinstance(e, dict) and e.get("event") == "active_loop" and not e.get("name")
        for e in exchange.answer.events
    )


@rule(
    "RM404",
    "warning",
    title="validation sets a slot of another form",
    wrong=_validating(ROME, {"event": "slot", "name": "day", "value": "Monday"}),
    right=_validating(ROME, {"event": "slot", "name": "subscribed", "value": True}),
    each="event",
    of=("slot",),
)
def slot_of_another_form(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """validate_<form> sets a slot that only another form asks for."""
    form = validated_form(exchange.action, exchange.domain)
    name = place.value.get("name")
    if form is None or not isinstance(name, str) or name in form.required_slots:
        return
    others = [
        f.name for f in exchange.domain.forms.values() if name in f.required_slots
    ]
    value = place.value.get("value")
    if not others or value is None or _belongs(exchange, name, form=form.name):
        return
    yield Draft(
        message=f"{exchange.action} sets {name!r}, a slot of {others[0]}",
        pointer=place.pointer,
        subject=name,
        expected=f"slots of {form.name}: {', '.join(form.required_slots) or 'none'}",
        got=name,
        hint=f"let validate_{others[0]} set it, or add it to the slots of {form.name}",
        rasa=f"{others[0]} will not ask for it any more",
    )


def _belongs(exchange: Exchange, slot_name: str, *, form: str) -> bool:
    """Tell whether a form may ask for a slot: by a mapping, or it does already."""
    slot = exchange.domain.slots.get(slot_name)
    if slot_name in candidates(exchange) or slot is None:
        return True
    if exchange.before.slots.get(REQUESTED_SLOT) == slot_name:
        return True
    return any(
        condition.get("active_loop") == form
        for mapping in slot.mappings
        for condition in mapping.get("conditions") or ()
        if isinstance(condition, Mapping)
    )


@rule(
    "RM405",
    "warning",
    title="no verdict on a candidate in any call",
    wrong=_validating(),
    right=GOOD,
    each="action",
)
def no_verdict(record: ActionRecord) -> Iterator[Draft]:
    """A validation is sent what was extracted and never says whether it is right.

    What it does not mention counts as valid.  A slot that is missing in some answers
    only is left alone.
    """
    if not is_validation(record.action, record.domain):
        return
    form = validated_form(record.action, record.domain)
    sent: dict[str, int] = {}
    judged: set[str] = set()
    for call in record.calls:
        exchange = call.exchange
        if exchange is None or not exchange.reachable or not call.usable:
            continue
        names = event_names(exchange)
        if "action_execution_rejected" in names or _ends_form(exchange):
            judged.update(candidates(exchange))
        judged.update(slots_set(exchange))
        for name in candidates(exchange):
            sent[name] = sent.get(name, 0) + 1
    for name, times in sent.items():
        if name in judged or (form and name not in form.required_slots):
            continue
        if form is None and judged:
            continue  # a validation of mappings may be meant for some slots only
        yield Draft(
            message=f"{name!r} was to be validated in {times} calls, no answer has it",
            pointer="/events",
            subject=name,
            expected=f"a slot event of {name!r}: the value, or null to ask again",
            got="no slot event of it",
            hint=f"return SlotSet({name!r}, value), or leave the action out if every "
            "value is right",
            rasa="a candidate that is not mentioned counts as valid",
            action=record.action,
        )


# Texts that are what is left of a missing value.
NOT_A_VALUE = ("", "invalid", *WORDS)


@rule(
    "RM406",
    "warning",
    title="candidate refused with something other than null",
    wrong=_validating({"event": "slot", "name": "city", "value": ""}),
    right=_validating({"event": "slot", "name": "city", "value": None}),
    each="event",
    of=("slot",),
)
def refused_without_null(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A validation replaces a candidate by "", false or a word for nothing.

    Only null makes the form ask again; everything else is a value.
    """
    name, value = place.value.get("name"), place.value.get("value")
    if not isinstance(name, str) or not is_validation(exchange.action, exchange.domain):
        return
    form = validated_form(exchange.action, exchange.domain)
    held = candidates(exchange)
    of_form = form is not None and name in form.required_slots
    if name not in held and not of_form:
        return
    if not _is_no_value(exchange, name, value=value) or (
        name in held and held[name] == value
    ):
        return
    yield Draft(
        message=f"{exchange.action} sets {name!r} to {shown(value)}, which is a value "
        "like any other",
        pointer=f"{place.pointer}/value",
        subject=name,
        expected="null, if the user is to be asked again",
        got=shown(value),
        hint=f'return {{"{name}": None}}',
        rasa=f"the form takes {name!r} as filled and goes on to its next question",
    )


def _is_no_value(exchange: Exchange, name: str, *, value: Any) -> bool:
    slot = exchange.domain.slots.get(name)
    if value is False:
        return slot is not None and slot.type not in ("bool", "any")
    return isinstance(value, str) and value.strip() in NOT_A_VALUE


@rule(
    "RM407",
    "warning",
    title="end of the form that is thrown away",
    wrong=_validating(
        {"event": "slot", "name": REQUESTED_SLOT, "value": None}, before=ASKED
    ),
    right=_validating(
        {"event": "slot", "name": REQUESTED_SLOT, "value": None},
        {"event": "slot", "name": "city", "value": None},
        before=ASKED,
    ),
)
def end_thrown_away(exchange: Exchange) -> Iterator[Draft]:
    """validate_<form> ends the form in a turn in which nothing was extracted.

    Where the message filled no slot of the form and the validation sets none but
    requested_slot, Rasa takes the form's run as rejected and its events are lost.
    """
    form = validated_form(exchange.action, exchange.domain)
    given = slots_set(exchange)
    if form is None or exchange.before.active_loop_name != form.name:
        return
    if set(given) != {REQUESTED_SLOT} or given[REQUESTED_SLOT] is not None:
        return
    if set(event_names(exchange)) != {"slot"} or candidates(exchange):
        return
    if not exchange.before.slots.get(REQUESTED_SLOT) or not _just_heard(exchange):
        return
    yield Draft(
        message=f"{exchange.action} ends the form with requested_slot alone, "
        "in a turn without a candidate",
        pointer="/events",
        subject=REQUESTED_SLOT,
        expected="a slot of the form among the events, or a rejection",
        got="requested_slot: null alone",
        hint="return a slot of the form as well (null is enough)",
        rasa="the form's run is rejected, its events are lost, and the form stays",
    )


def _just_heard(exchange: Exchange) -> bool:
    """Tell whether the form runs right after the user's message."""
    for event in reversed(exchange.before.events):
        if event["event"] == "user":
            return True
        if event["event"] == "bot" or (
            event["event"] == "action"
            and event.get("name") != exchange.action.removeprefix(VALIDATE_PREFIX)
        ):
            return False
    return False


@rule(
    "RM408",
    "error",
    title="form asks for a slot that the domain lacks",
    wrong=_validating(
        ROME, {"event": "slot", "name": REQUESTED_SLOT, "value": "passport"}
    ),
    right=_validating(ROME, {"event": "slot", "name": REQUESTED_SLOT, "value": "day"}),
    each="event",
    of=("slot",),
)
def asks_for_unknown_slot(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """requested_slot is set to a name that is no slot of the domain.

    An overridden `required_slots` that adds such a name does the same.
    """
    value = place.value.get("value")
    if place.value.get("name") != REQUESTED_SLOT or value is None:
        return
    if isinstance(value, str) and value in exchange.domain.slots:
        return
    yield Draft(
        message=f"requested_slot is set to {shown(value)}, which is no slot",
        pointer=f"{place.pointer}/value",
        subject=str(value),
        expected="a slot of the form, or null",
        got=shown(value),
        hint=meant(
            str(value),
            exchange.domain.user_slots,
            otherwise="add it to slots: in the domain, with its mappings",
        ),
        rasa="nothing can ever fill it: the form waits for it in silence, for ever",
    )
