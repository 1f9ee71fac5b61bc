"""Slots as Rasa 2.8 and Rasa Pro 3.21 declare them, where that differs from Rasa 3.6.

Both take slots without mappings.  Rasa 2.8 has `auto_fill`.  Rasa Pro has keys of its
own, floats without bounds, and categorical slots that look at what they are given: a
value that differs only in case is stored as configured, and a `strict_categorical` one
takes no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rasa_mock.core.profile import Profile
from rasa_mock.core.slots import Converter, Slot, build_slot

STRICT = "strict_categorical"
DIALECT_KEYS = (
    "allow_llm_set",
    "auto_fill",
    "shared_for_coexistence",
    "validation",
)


class InvalidSlotValueError(ValueError):
    """A strict categorical slot was given a value that is not in its list."""


def build_slot_for(
    name: str,
    settings: Any,
    *,
    slot_types: Mapping[str, Converter],
    profile: Profile,
) -> Slot:
    """Build a slot as the profile's Rasa does; raises DataError where it refuses."""
    if profile.slots_need_mappings or not isinstance(settings, dict):
        return build_slot(name, settings, slot_types=slot_types)
    plain = {key: settings[key] for key in settings if key not in DIALECT_KEYS}
    if plain.get("mappings", ()) is None:
        del plain["mappings"]
    if not profile.calm:
        return build_slot(name, plain, slot_types=slot_types)
    kind = plain.get("type")
    if kind == STRICT:
        plain["type"] = "categorical"
    slot = build_slot(name, plain, slot_types=slot_types)
    slot = replace(
        slot,
        type=str(kind),
        shared_for_coexistence=bool(settings.get("shared_for_coexistence")),
        min_value=plain.get("min_value"),
        max_value=plain.get("max_value"),
    )
    if not slot.values:
        return slot
    listed = [value for value in plain.get("values") or () if isinstance(value, str)]
    return replace(slot, converter=_spelling(name, listed, strict=kind == STRICT))


def _spelling(
    name: str, listed: Sequence[str], *, strict: bool
) -> Callable[[Any], Any]:
    """Make what stores a value in the configured spelling."""
    known = {value.lower(): value for value in listed}

    def convert(value: Any) -> Any:
        if value is None or (not strict and not isinstance(value, str)):
            return value
        found = known.get(value.lower())
        if found is None and strict:
            raise InvalidSlotValueError(
                f"{value!r} is no value of the slot {name!r}: {', '.join(listed)}"
            )
        return value if found is None else found

    return convert
