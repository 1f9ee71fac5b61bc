"""RM3xx: values that do not fit their slots.

Rasa checks none of this: it stores what it is given.  null empties any slot and is
always right; a slot of a custom class may take what it likes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rasa_mock.core.slots import Slot
from rasa_mock.rules.answer import json_type, shown
from rasa_mock.rules.base import Draft, Example, Exchange, Place, Setting, rule
from rasa_mock.rules.names import meant


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _severity(exchange: Exchange, setting: Setting) -> str | None:
    """Make it only worth knowing where the slot has this very value already.

    A validation action without a method for a slot hands back what Rasa extracted.
    """
    held = exchange.before.slots.get(setting.slot.name)
    same = type(held) is type(setting.value) and held == setting.value
    return "info" if same else None


def _misfit(
    exchange: Exchange, setting: Setting, *, expected: str, hint: str, rasa: str
) -> Draft:
    slot, value = setting.slot, setting.value
    return Draft(
        message=f"the {slot.type} slot {slot.name!r} is set to "
        f"{json_type(value)}: {shown(value)}",
        pointer=setting.pointer,
        subject=slot.name,
        expected=expected,
        got=shown(value),
        hint=hint,
        rasa=rasa,
        severity=_severity(exchange, setting),
    )


def _setting(name: str, *, value: Any) -> Example:
    return Example(events=[{"event": "slot", "name": name, "value": value}])


@rule(
    "RM301",
    "error",
    title="slot that the domain lacks",
    wrong=_setting("town", value="Rome"),
    right=_setting("city", value="Rome"),
    each="event",
    of=("slot",),
)
def unknown_slot(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A slot event names a slot that is not in the domain, so the value is lost."""
    name = place.value.get("name")
    if not isinstance(name, str) or name in exchange.domain.slots:
        return
    yield Draft(
        message=f"there is no slot {name!r} in the domain",
        pointer=f"{place.pointer}/name",
        subject=name,
        expected="a slot of the domain",
        got=name,
        hint=meant(
            name, exchange.domain.slots, otherwise="add it to slots: in the domain"
        ),
        rasa="the event is logged, the value is lost; one error line in Rasa's log",
    )


@rule(
    "RM302",
    "warning",
    title="text slot set to something else",
    wrong=_setting("city", value=True),
    right=_setting("city", value="Rome"),
    each="slot",
    of=("text",),
)
def no_text(exchange: Exchange, setting: Setting) -> Iterator[Draft]:
    """A slot of type text is set to a number, a boolean, a list or an object."""
    if not isinstance(setting.value, str):
        yield _misfit(
            exchange,
            setting,
            expected="a string or null",
            hint="convert it with str(), or give the slot the type any",
            rasa="it is stored as it is; a message shows Python's spelling of it",
        )


@rule(
    "RM303",
    "warning",
    title="float slot set to something else",
    wrong=_setting("temperature", value="warm"),
    right=_setting("temperature", value=21),
    each="slot",
    of=("float",),
)
def no_number(exchange: Exchange, setting: Setting) -> Iterator[Draft]:
    """A slot of type float is set to a string, a boolean, a list or an object."""
    if not _is_number(setting.value):
        yield _misfit(
            exchange,
            setting,
            expected="a number or null",
            hint="convert it with float(), and ask again where that fails",
            rasa="it is stored as it is; stories and rules see what float() makes of "
            "it, and 0 where that fails",
        )


@rule(
    "RM304",
    "warning",
    title="bool slot set to something else",
    wrong=_setting("subscribed", value="yes"),
    right=_setting("subscribed", value=False),
    each="slot",
    of=("bool",),
)
def no_boolean(exchange: Exchange, setting: Setting) -> Iterator[Draft]:
    """A slot of type bool is set to something other than true or false."""
    if not isinstance(setting.value, bool):
        yield _misfit(
            exchange,
            setting,
            expected="true, false or null",
            hint="return True or False, not a word for it",
            rasa="it is stored as it is; stories and rules see true only for "
            "true, 1 and the words 'true' and '1'",
        )


@rule(
    "RM305",
    "warning",
    title="category that the slot does not list",
    wrong=_setting("cuisine", value="polish"),
    right=_setting("cuisine", value="Thai"),
    each="slot",
    of=("categorical",),
)
def unlisted_category(exchange: Exchange, setting: Setting) -> Iterator[Draft]:
    """A categorical slot is set to a value that is not among its `values`.

    Upper and lower case do not matter to Rasa.
    """
    slot, value = setting.slot, setting.value
    if str(value).lower() in slot.values:
        return
    listed = [name for name in slot.values if name != "__other__"]
    yield Draft(
        message=f"the categorical slot {slot.name!r} does not list {shown(value)}",
        pointer=setting.pointer,
        subject=slot.name,
        expected=f"one of {', '.join(listed)}, or null",
        got=shown(value),
        hint=meant(
            str(value).lower(), listed, otherwise="add it to the slot's values:"
        ),
        rasa="it is stored as it is; for stories and rules it counts as the hidden "
        "value __other__",
        severity=_severity(exchange, setting),
    )


@rule(
    "RM306",
    "warning",
    title="number outside the slot's range",
    wrong=_setting("temperature", value=451.0),
    right=_setting("temperature", value=60.0),
    each="slot",
    of=("float",),
)
def out_of_range(exchange: Exchange, setting: Setting) -> Iterator[Draft]:
    """A float slot is set to a number beyond the `min_value` or `max_value` it states.

    A slot that states neither has the range 0 to 1 in Rasa; that is left alone, for
    hardly anybody means it.
    """
    slot, value = setting.slot, setting.value
    if not _is_number(value):
        return
    low, high = _stated_range(exchange, slot)
    if (low is None or value >= low) and (high is None or value <= high):
        return
    stated = [
        f"{n} {v}" for n, v in (("at least", low), ("at most", high)) if v is not None
    ]
    yield Draft(
        message=f"the float slot {slot.name!r} is set to {shown(value)}, "
        f"outside its range",
        pointer=setting.pointer,
        subject=slot.name,
        expected=f"{' and '.join(stated)}, or null",
        got=shown(value),
        hint="check the unit, or widen min_value and max_value in the domain",
        rasa="it is stored as it is; stories and rules see it cut to the range",
        severity=_severity(exchange, setting),
    )


def _stated_range(exchange: Exchange, slot: Slot) -> tuple[float | None, float | None]:
    """Return min_value and max_value as far as the domain file states them."""
    section = exchange.domain.document.get("slots")
    stated = section.get(slot.name) if isinstance(section, Mapping) else None
    stated = stated if isinstance(stated, Mapping) else {}
    return (
        slot.min_value if "min_value" in stated else None,
        slot.max_value if "max_value" in stated else None,
    )


@rule(
    "RM307",
    "warning",
    title="list slot set to a single value",
    wrong=_setting("dishes", value="curry"),
    right=_setting("dishes", value=["curry"]),
    each="slot",
    of=("list",),
)
def no_list(exchange: Exchange, setting: Setting) -> Iterator[Draft]:
    """A slot of type list is set to something that is no list."""
    if not isinstance(setting.value, list):
        stored = shown(setting.slot.convert(setting.value))
        yield _misfit(
            exchange,
            setting,
            expected="a list or null",
            hint="return a list, also for one value",
            rasa=f"the slot then holds {stored}",
        )


@rule(
    "RM308",
    "warning",
    title="slot changed in tracker.slots but not returned",
    wrong=Example(
        witness={"returned": "list", "changed": {"slots": {"city": "'Rome'"}}}
    ),
    right=Example(witness={"returned": "list"}),
)
def changed_in_place(exchange: Exchange) -> Iterator[Draft]:
    """The action changed a value in tracker.slots and returned no event for it.

    The tracker is a copy of Rasa's: what is not returned is forgotten when the action
    ends.  Only seen with --actions, where we look into the server's process.
    """
    changed = exchange.witness.get("changed", {}).get("slots", {})
    for name, value in changed.items():
        yield Draft(
            message=f"tracker.slots[{name!r}] was changed to {value}, "
            f"and no event was returned for it",
            subject=str(name),
            expected=f"SlotSet({name!r}, ...) among the returned events",
            got="a change that only this process saw",
            hint=f"return [SlotSet({name!r}, value)]",
            rasa=f"the slot {name!r} keeps its old value in Rasa",
        )


@rule(
    "RM309",
    "warning",
    title="event added to tracker.events but not returned",
    wrong=Example(witness={"returned": "list", "changed": {"events": ["slot"]}}),
    right=Example(witness={"returned": "list"}),
)
def added_in_place(exchange: Exchange) -> Iterator[Draft]:
    """The action appended events to tracker.events and did not return them.

    The tracker is a copy of Rasa's: what is not returned is forgotten when the action
    ends.  Only seen with --actions, where we look into the server's process.
    """
    for name in exchange.witness.get("changed", {}).get("events", ()):
        yield Draft(
            message=f"a {name} event was added to tracker.events, but not returned",
            subject=str(name),
            expected="the event in the list that run returns",
            got="a change that only this process saw",
            hint="return the event instead",
            rasa="the event never reaches Rasa",
        )
