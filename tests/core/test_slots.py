"""Slots: what setting a value stores, and which settings are refused."""

from __future__ import annotations

from typing import Any

import pytest

from rasa_mock.core.slots import Slot, build_slot
from rasa_mock.errors import DataError

CUSTOM = {"my.module.UpperSlot": str.upper}


def make(type_name: Any, **settings: Any) -> Slot:
    return build_slot(
        "x", {"type": type_name, "mappings": [], **settings}, slot_types=CUSTOM
    )


AS_IT_IS = [None, "", "a", 0, 1.5, True, False, [], ["a"], {}, {"a": 1}]


@pytest.mark.parametrize("value", AS_IT_IS, ids=repr)
@pytest.mark.parametrize("type_name", ["text", "bool", "float", "categorical", "any"])
def test_most_types_store_anything_as_it_is(type_name: str, value: Any) -> None:
    assert make(type_name).convert(value) is value


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("a", ["a"]),
        (1, [1]),
        (True, [True]),
        ({"a": 1}, [{"a": 1}]),
        (["a"], ["a"]),
        ([], []),
        (None, None),
        ("", ""),
        (0, 0),
        (False, False),
        ({}, {}),
    ],
    ids=repr,
)
@pytest.mark.parametrize("type_name", ["list", "rasa.shared.core.slots.ListSlot"])
def test_a_list_slot_wraps_what_is_something_and_no_list(
    type_name: str, value: Any, stored: Any
) -> None:
    slot = make(type_name, initial_value=value)
    assert slot.is_list
    assert slot.convert(value) == stored
    assert slot.reset_value() == stored
    assert slot.initial_value == value


def test_a_custom_class_converts_as_it_likes() -> None:
    slot = make("my.module.UpperSlot", initial_value="low", own_setting=1)
    assert (slot.convert("abc"), slot.reset_value()) == ("ABC", "LOW")
    assert slot.is_custom
    assert slot.influence_conversation


@pytest.mark.parametrize(
    ("values", "compared"),
    [
        (None, ("__other__",)),
        ([], ("__other__",)),
        (["Low", "HIGH"], ("low", "high", "__other__")),
        ([None, 1, True], ("1", "true", "__other__")),
        (["__other__", "a"], ("__other__", "a")),
    ],
)
def test_categories_are_compared_in_lower_case(values: Any, compared: Any) -> None:
    assert make("categorical", values=values).values == compared


@pytest.mark.parametrize(
    ("type_name", "influences"),
    [("text", True), ("list", True), ("float", True), ("any", False)],
)
def test_all_types_but_any_influence_the_conversation(
    type_name: str, influences: bool
) -> None:
    assert make(type_name).influence_conversation is influences
    assert make(type_name, influence_conversation=False).influence_conversation is False


def test_a_float_slot_has_a_range() -> None:
    slot, wide = make("float"), make("float", min_value=-5, max_value=50)
    assert (slot.min_value, slot.max_value) == (0.0, 1.0)
    assert (wide.min_value, wide.max_value) == (-5, 50)
    assert make("float", initial_value=7).reset_value() == 7


@pytest.mark.parametrize(
    ("type_name", "settings", "rasa_class"),
    [
        ("any", {"influence_conversation": True}, "InvalidSlotConfigError"),
        ("float", {"min_value": 1}, "InvalidSlotConfigError"),
        ("float", {"max_value": "x"}, "TypeError"),
        ("float", {"initial_value": "x"}, "TypeError"),
        ("categorical", {"values": "abc"}, "TypeError"),
        ("text", {"values": ["a"]}, "TypeError"),
        ("text", {"auto_fill": True}, "TypeError"),
        ("text", {"name": "y"}, "TypeError"),
        (None, {}, "TypeError"),
        (5, {}, "TypeError"),
        ("unfeaturized", {}, "InvalidSlotTypeException"),
        ("rasa.core.slots.TextSlot", {}, "InvalidSlotTypeException"),
        ("rasa.shared.core.slots.Unknown", {}, "InvalidSlotTypeException"),
    ],
)
def test_settings_that_rasa_refuses(
    type_name: Any, settings: dict[str, Any], rasa_class: str
) -> None:
    with pytest.raises(DataError) as caught:
        make(type_name, **settings)
    assert caught.value.rasa_class == rasa_class
    assert caught.value.phase == "domain"
