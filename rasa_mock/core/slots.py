"""Slots: their types, settings, and what setting a value really stores.

Imitates `rasa.shared.core.slots` of Rasa 3.6.  Rasa converts next to nothing: only a
`list` slot wraps a single value, and a custom class may do as it likes; no type checks
the values set.  How slots become features for machine learning is not imitated.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rasa_mock.core.defaults import OTHER_CATEGORY
from rasa_mock.core.refusals import pointer_token, reading, refuse

Converter = Callable[[Any], Any]

MODULE = "rasa.shared.core.slots"
DOCS = "https://rasa.com/docs/rasa/domain#slots"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One slot as the domain declares it; its values live in the tracker.

    `type` is as written (`"text"`, or the path of a class).  `values` are the
    categories as Rasa compares them: in lower case, with its hidden one at the end.
    """

    name: str
    type: str
    converter: Converter
    mappings: tuple[Mapping[str, Any], ...] = ()
    initial_value: Any = None
    influence_conversation: bool = True
    values: tuple[str, ...] = ()
    min_value: float | None = None
    max_value: float | None = None
    is_list: bool = False
    is_custom: bool = False
    shared_for_coexistence: bool = False

    def convert(self, value: Any) -> Any:
        """Return what Rasa stores when `value` is set."""
        return self.converter(value)

    def reset_value(self) -> Any:
        """Return what Rasa stores on reset: the initial value, set like any other."""
        return self.converter(self.initial_value)


def keep(value: Any) -> Any:
    """Store the value as it is, of whatever type."""
    return value


def wrap_in_list(value: Any) -> Any:
    """Wrap a single value; falsy ones (`""`, 0, null, `{}`) are kept as they are."""
    return [value] if value and not isinstance(value, list) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotType:
    """One row of the table of slot types: a class in Rasa's module."""

    class_name: str
    converter: Converter = keep
    influences: bool = True
    own_keys: tuple[str, ...] = ()
    # The class whose constructor Python names when it complains about an argument.
    constructor: str = "Slot"
    is_custom: bool = False


SLOT_TYPES: Mapping[str, SlotType] = {
    "text": SlotType(class_name="TextSlot"),
    "bool": SlotType(class_name="BooleanSlot"),
    "list": SlotType(class_name="ListSlot", converter=wrap_in_list),
    "float": SlotType(
        class_name="FloatSlot",
        constructor="FloatSlot",
        own_keys=("max_value", "min_value"),
    ),
    "categorical": SlotType(
        class_name="CategoricalSlot",
        constructor="CategoricalSlot",
        own_keys=("values",),
    ),
    "any": SlotType(class_name="AnySlot", constructor="AnySlot", influences=False),
}

_BY_CLASS = {row.class_name: row for row in SLOT_TYPES.values()}

_COMMON_KEYS = (
    "mappings",
    "initial_value",
    "value_reset_delay",
    "influence_conversation",
)

FLOAT_RANGE = (0.0, 1.0)


def build_slot(
    name: str,
    settings: Mapping[str, Any],
    *,
    slot_types: Mapping[str, Converter],
) -> Slot:
    """Build the slot `name` from its settings in the domain, as Rasa does.

    `slot_types` gives the conversion of each custom class that can be imported, by
    the path written in the domain.  Raises DataError where Rasa refuses the slot.
    """
    pointer = f"/slots/{pointer_token(name)}"
    with reading(pointer, expected="a mapping with a slot's settings", got=settings):
        keywords = dict(settings)
        type_name = keywords.pop("type", None)
        row = resolve_type(type_name, slot_types=slot_types)
        _check_keywords(row, keywords)
        _CHECKS.get(row.class_name, _accept)(name, keywords)
        low, high = FLOAT_RANGE if row.class_name == "FloatSlot" else (None, None)
        return Slot(
            name=name,
            type=type_name,
            converter=row.converter,
            mappings=tuple(keywords.get("mappings", ())),
            initial_value=keywords.get("initial_value"),
            influence_conversation=keywords.get(
                "influence_conversation", row.influences
            ),
            values=_categories(row, keywords.get("values")),
            min_value=keywords.get("min_value", low),
            max_value=keywords.get("max_value", high),
            is_list=row.class_name == "ListSlot",
            is_custom=row.is_custom,
        )


def resolve_type(type_name: Any, *, slot_types: Mapping[str, Converter]) -> SlotType:
    """Find the row of a slot type by short name, Rasa's class path or custom path."""
    if isinstance(type_name, str):
        if type_name in SLOT_TYPES:
            return SLOT_TYPES[type_name]
        if type_name in slot_types:
            converter = slot_types[type_name]
            return SlotType(class_name=type_name, converter=converter, is_custom=True)
    # A type that is no text stumbles here, as it does in Rasa.
    module, _, class_name = type_name.rpartition(".") if "." in type_name else ("",) * 3
    if module == MODULE and class_name in _BY_CLASS:
        return _BY_CLASS[class_name]
    raise refuse(
        "InvalidSlotTypeException",
        f"Failed to find slot type, '{type_name}' is neither a known type nor "
        "user-defined. If you are creating your own slot type, make sure its module "
        f"path is correct. You can find all build in types at {DOCS}",
    )


def _check_keywords(row: SlotType, keywords: Mapping[str, Any]) -> None:
    """Refuse the settings that the constructor of the class does not take."""
    if row.is_custom:
        return
    constructor = f"{row.constructor}.__init__()"
    for key in keywords:
        if key in ("self", "name"):
            raise TypeError(f"{constructor} got multiple values for argument {key!r}")
        if key not in _COMMON_KEYS and key not in row.own_keys:
            raise TypeError(f"{constructor} got an unexpected keyword argument {key!r}")


def _check_any(name: str, keywords: Mapping[str, Any]) -> None:
    if keywords.get("influence_conversation", False):
        raise refuse(
            "InvalidSlotConfigError",
            "An AnySlot cannot be featurized. Please use a different slot type for "
            f"slot '{name}' instead. If you need to featurize a data type which is not "
            "supported out of the box, implement a custom slot type by subclassing "
            f"'Slot'. See the documentation for more information: {DOCS}",
        )


def _check_float(name: str, keywords: Mapping[str, Any]) -> None:
    low = keywords.get("min_value", FLOAT_RANGE[0])
    high = keywords.get("max_value", FLOAT_RANGE[1])
    if low >= high:
        raise refuse(
            "InvalidSlotConfigError",
            f"Float slot ('{name}') created with an invalid range using min ({low}) "
            f"and max ({high}) values. Make sure min is smaller than max.",
        )
    initial = keywords.get("initial_value")
    if initial is not None:
        # Outside the range Rasa only warns; what cannot be compared stumbles.
        bool(low <= initial <= high)


def _check_categorical(_name: str, keywords: Mapping[str, Any]) -> None:
    # Rasa looks for null among the values: text instead of a list stumbles here.
    values = keywords.get("values")
    if values:
        operator.contains(values, None)


def _accept(_name: str, _keywords: Mapping[str, Any]) -> None:
    """Check nothing: the class takes any value of its settings."""


_CHECKS: Mapping[str, Callable[[str, Mapping[str, Any]], None]] = {
    "AnySlot": _check_any,
    "CategoricalSlot": _check_categorical,
    "FloatSlot": _check_float,
}


def _categories(row: SlotType, values: Any) -> tuple[str, ...]:
    if row.class_name != "CategoricalSlot":
        return ()
    listed = [str(value).lower() for value in values or () if value is not None]
    return tuple(listed if OTHER_CATEGORY in listed else [*listed, OTHER_CATEGORY])
