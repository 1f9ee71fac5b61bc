"""The shape that Rasa demands of a domain file before it looks at what it says.

Imitates `rasa/shared/utils/schemas/domain.yml` and the schema of responses of Rasa
3.6, and pykwalify, which applies them, with its oddities: an item of a list may be
null where text is expected, a number may be a text that reads as one, and names are
searched for a Latin letter.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rasa_mock.core.profile import RASA_3_6, Profile
from rasa_mock.errors import DataError
from rasa_mock.files.yaml import OpenText

REFUSED = "YamlValidationException"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One violation: where, and what is wrong."""

    pointer: str
    message: str


Problems = Iterator[Problem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """A value of one kind; null passes, as far as pykwalify cares."""

    expected: str
    accepts: Callable[[Any], bool]

    def check(self, value: Any, pointer: str) -> Problems:
        """Yield what is wrong with the value."""
        if value is not None and not self.accepts(value):
            yield _problem(pointer, f"expected {self.expected}", got=value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of which each item fits one of the rules; null passes unless told."""

    items: tuple[Rule, ...] = ()
    nullable: bool = True
    check_item: Callable[[Any, str], Problems] | None = None

    def check(self, value: Any, pointer: str) -> Problems:
        """Yield what is wrong with the list and its items."""
        if value is None and self.nullable:
            return
        if not isinstance(value, list):
            yield _problem(pointer, "expected a list", got=value)
            return
        for index, item in enumerate(value):
            here = f"{pointer}/{index}"
            if self.check_item is not None:
                yield from self.check_item(item, here)
            found = [list(rule.check(item, here)) for rule in self.items]
            if all(found):
                yield from (problem for problems in found for problem in problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A mapping: rules by key, a rule for every other name, or anything (`is_open`).

    `named` is a rule for the keys in which a Latin letter is found; with it the other
    keys are refused.
    """

    keys: Mapping[str, Rule] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    named: Rule | None = None
    any_name: bool = False
    is_open: bool = False

    def check(self, value: Any, pointer: str) -> Problems:
        """Yield what is wrong with the mapping and its values."""
        if not isinstance(value, dict):
            yield _problem(pointer, "expected a mapping", got=value)
            return
        for key in self.required:
            if key not in value:
                hint = HINTS.get(key, "add it")
                yield Problem(pointer=pointer, message=f"key {key!r} missing; {hint}")
        for key, item in value.items():
            yield from self._check_entry(key, item, pointer=f"{pointer}/{_token(key)}")

    def _check_entry(self, key: Any, item: Any, *, pointer: str) -> Problems:
        if key in self.keys:
            if item is None and key in self.required:
                yield _problem(pointer, "expected a value", got=item)
            else:
                yield from self.keys[key].check(item, pointer)
        elif self.named is not None:
            if self.any_name or re.search("[A-Za-z]", str(key)):
                yield from self.named.check(item, pointer)
            else:
                yield _problem(
                    pointer, "expected a name with a letter of A to Z", got=key
                )
        elif not self.is_open:
            known = ", ".join(self.keys)
            yield _problem(pointer, f"expected one of the keys {known}", got=key)


Rule = Scalar | Listing | Mapped


def _problem(pointer: str, expected: str, *, got: Any) -> Problem:
    return Problem(pointer=pointer, message=f"{expected}, got {reprlib.repr(got)}")


def _token(key: Any) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


def _is_text(value: Any) -> bool:
    # Where text is demanded, Rasa does not take an unquoted `${NAME}`.
    return isinstance(value, (str, bytes)) and not isinstance(value, OpenText)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_number(value: Any) -> bool:
    """Tell whether it is a number or reads as one."""
    if isinstance(value, bool):
        return False
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):
        return isinstance(value, int)
    return True


def _is_duration(value: Any) -> bool:
    """Tell whether it is a number from 0 (of a text, the length counts)."""
    return _is_number(value) and (_is_text(value) or value >= 0)


def _is_anything(_value: Any) -> bool:
    return True


def _says_something(item: Any, pointer: str) -> Problems:
    """Demand `text` or `custom` of each variation of a response."""
    if not isinstance(item, dict):
        return
    if item.get("text") is None and not item.get("custom"):
        yield _problem(pointer, "expected the key 'text' or 'custom'", got=item)


# Required key -> what to do where it is missing.
HINTS = {
    "mappings": "since Rasa 3.0 every slot needs a list of mappings, "
    "for instance '- type: custom'",
    "type": "add the type of the slot, for instance 'type: text'",
}

TEXT = Scalar(expected="text", accepts=_is_text)
FLAG = Scalar(expected="true or false", accepts=_is_bool)
NUMBER = Scalar(expected="a number", accepts=_is_number)
DURATION = Scalar(expected="a number from 0", accepts=_is_duration)
ANYTHING = Scalar(expected="anything", accepts=_is_anything)
TEXTS = Listing(items=(TEXT,))
ANY_MAPPING = Mapped(is_open=True)
CHOICES = Listing(items=(Mapped(keys={"title": TEXT, "payload": TEXT}, is_open=True),))

VARIATION = Mapped(
    keys={
        "id": TEXT,
        "text": TEXT,
        "image": TEXT,
        "custom": ANY_MAPPING,
        "buttons": CHOICES,
        "button_type": TEXT,
        "quick_replies": CHOICES,
        "attachment": ANY_MAPPING,
        # pykwalify gives up on a list of mappings of which nothing is said.
        "elements": Listing(items=(ANYTHING,)),
        "channel": TEXT,
        "metadata": ANYTHING,
        "condition": Listing(
            items=(Mapped(keys={"type": TEXT, "name": TEXT, "value": ANYTHING}),)
        ),
    }
)

CONDITION = Mapped(keys={"active_loop": TEXT, "requested_slot": TEXT})

SLOT_MAPPING = Mapped(
    keys={
        "type": TEXT,
        "intent": ANYTHING,
        "not_intent": ANYTHING,
        "entity": TEXT,
        "role": TEXT,
        "group": TEXT,
        "value": ANYTHING,
        "action": TEXT,
        "conditions": Listing(items=(CONDITION,)),
    },
    is_open=True,
)

SLOT = Mapped(
    keys={
        "influence_conversation": FLAG,
        "type": ANYTHING,
        "values": Listing(items=(ANYTHING,)),
        "min_value": NUMBER,
        "max_value": NUMBER,
        "initial_value": ANYTHING,
        "mappings": Listing(items=(SLOT_MAPPING,)),
    },
    required=("type", "mappings"),
    is_open=True,
)


def _with_parts(whole: Mapped, **parts: Rule) -> Mapped:
    return replace(whole, keys={**whole.keys, **parts})


DOMAIN = Mapped(
    keys={
        "version": TEXT,
        "intents": Listing(items=(ANY_MAPPING, TEXT)),
        "entities": Listing(
            items=(Mapped(keys={"roles": TEXTS, "groups": TEXTS}, is_open=True), TEXT)
        ),
        "actions": Listing(
            items=(TEXT, Mapped(named=Mapped(keys={"send_domain": FLAG})))
        ),
        "responses": Mapped(
            named=Listing(
                items=(VARIATION,), nullable=False, check_item=_says_something
            ),
            any_name=True,
        ),
        "slots": Mapped(named=SLOT, is_open=True),
        "forms": Mapped(
            named=Mapped(keys={"required_slots": TEXTS, "ignored_intents": ANYTHING})
        ),
        "config": Mapped(keys={"store_entities_as_slots": FLAG}, is_open=True),
        "session_config": Mapped(
            keys={
                "session_expiration_time": DURATION,
                "carry_over_slots_to_new_session": FLAG,
            },
            is_open=True,
        ),
    },
    is_open=True,
)


# In the dialects of Rasa 2.8 and Rasa Pro a slot needs no mappings; in that of Rasa Pro
# the conditions of responses and mappings may be sentences of its own.
LOOSE_SLOT = replace(SLOT, required=("type",))
LOOSE_MAPPING = replace(
    SLOT_MAPPING,
    keys={**SLOT_MAPPING.keys, "conditions": Listing(items=(ANY_MAPPING, TEXT))},
)
LOOSE_VARIATION = replace(
    VARIATION, keys={**VARIATION.keys, "condition": ANYTHING}, is_open=True
)
RASA_2 = _with_parts(
    DOMAIN,
    slots=Mapped(named=LOOSE_SLOT, is_open=True),
    forms=Mapped(named=Mapped(is_open=True)),
)
CALM = _with_parts(
    DOMAIN,
    slots=Mapped(
        named=replace(
            LOOSE_SLOT,
            keys={**SLOT.keys, "mappings": Listing(items=(LOOSE_MAPPING,))},
        ),
        is_open=True,
    ),
    responses=Mapped(
        named=Listing(
            items=(LOOSE_VARIATION,), nullable=False, check_item=_says_something
        ),
        any_name=True,
    ),
)


def check_domain_shape(value: Any, *, profile: Profile = RASA_3_6) -> None:
    """Raise DataError (`YamlValidationException`) for the first wrong shape.

    The message says how many more there are.
    """
    rule = DOMAIN
    if not profile.slots_need_mappings:
        rule = CALM if profile.calm else RASA_2
    if value is None:
        # Rasa takes an empty file for an empty domain; nobody means that.
        value = "an empty file"
    problems = list(rule.check(value, ""))
    if problems:
        first, more = problems[0], len(problems) - 1
        others = f" (and {more} more)" if more else ""
        raise DataError(
            first.message + others,
            pointer=first.pointer,
            rasa_class=REFUSED,
            phase="domain",
        )
