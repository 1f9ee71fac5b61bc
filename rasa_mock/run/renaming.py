"""A rule's example told of another domain: its slots, forms, intents and responses.

The rules' examples play in a small bot (`rules.examples.DOMAIN`).  `renamings` gives
the ways in which its names can stand for those of a user's domain; what an example
names and the domain has no counterpart of is `lacking`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rasa_mock.core import nlg
from rasa_mock.generate.cast import Cast, SlotPart
from rasa_mock.generate.slot_values import wrong_value
from rasa_mock.rules import examples

# What the examples name as something that no domain has.
STRANGERS = ("town",)
# So many slots are tried for one slot of an example.
TRIED = 4
Fits = Callable[[SlotPart], bool]


def _is_ranged(part: SlotPart) -> bool:
    return part.type == "float" and part.high is not None


def _takes_any_message(part: SlotPart) -> bool:
    return any(r.type == "from_text" and not r.conditions for r in part.rules)


# A slot of the examples -> which slots can stand for it, and what they are called.
SLOTS: Mapping[str, tuple[str, Fits]] = {
    "temperature": ("float slot with a range", _is_ranged),
    "rating": ("float slot", lambda part: part.type == "float"),
    "subscribed": ("bool slot", lambda part: part.type == "bool"),
    "cuisine": ("categorical slot", lambda part: part.type == "categorical"),
    "dishes": ("list slot", lambda part: part.is_list),
    "note": ("slot with an unconditional mapping from_text", _takes_any_message),
    "day": ("text slot", lambda part: part.type == "text"),
    "city": ("text slot", lambda part: part.type == "text"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Renaming:
    """Names of the examples' bot, and what stands for them in the user's domain."""

    names: Mapping[str, str]
    wrong_values: Mapping[str, Any]
    # Names for which something of another kind stands, for want of the right kind.
    guessed: frozenset[str] = frozenset()

    def text(self, text: str) -> str:
        """Replace whole names in a text of JSON."""
        return _NAMES.sub(
            lambda found: json.dumps(self.names.get(found[0], found[0]))[1:-1], text
        )

    def value(self, value: Any) -> Any:
        """Replace names anywhere in a JSON value, in keys, too."""
        return json.loads(self.text(json.dumps(value)))

    def lacking(self, value: Any) -> list[str]:
        """List the names in a JSON value that nothing of their kind stands for."""
        found = dict.fromkeys(_NAMES.findall(json.dumps(value)))
        return [n for n in found if n not in self.names or n in self.guessed]

    def out_of_range(self, events: Any) -> Any:
        """Give slots values that no dialogue gives them, in place of the examples'."""
        return [
            {**event, "value": self.wrong_values[event["name"]]}
            if _sets_slot(event) and event["name"] in self.wrong_values
            else event
            for event in events
        ]


def _sets_slot(event: Any) -> bool:
    return isinstance(event, dict) and event.get("event") == "slot" and "name" in event


def renamings(cast: Cast, *, action: str, form: str | None) -> Iterator[Renaming]:
    """Yield the ways to tell an example of an action, called in a form or outside."""
    wrong = {name: wrong_value(part) for name, part in cast.slots.items()}
    for turn in range(TRIED):
        slots = _slots(cast, form=form, turn=turn)
        others = [n for n in cast.slots if n not in _asked_for(cast)]
        guessed = frozenset(n for n in SLOTS if n not in slots) if others else ()
        names = {
            "action_example": action,
            **_strangers(cast),
            **slots,
            **{name: others[turn % len(others)] for name in guessed},
            **_forms(cast, form=form),
            **_intents(cast),
        }
        for responses in _responses(cast, turn=turn):
            kept = {"city": slots["city"]} if form and "city" in slots else {}
            yield Renaming(
                names={**names, **responses, **kept},
                wrong_values=wrong,
                guessed=frozenset(guessed),
            )


def _strangers(cast: Cast) -> dict[str, str]:
    """Name what the domain is not to have: `town`, unless it does have that."""
    known = {*cast.domain.slots, *cast.domain.entities}
    return {
        name: f"{name}_that_is_nowhere" if name in known else name for name in STRANGERS
    }


def _asked_for(cast: Cast) -> set[str]:
    return {name for form in cast.forms.values() for name in form.required_slots}


def _slots(cast: Cast, *, form: str | None, turn: int) -> dict[str, str]:
    wanted = cast.forms[form].required_slots if form else ()
    names: dict[str, str] = {}
    for name, (_, fits) in SLOTS.items():
        parts = [part for part in cast.slots.values() if fits(part)]
        if name == "city" and form:
            parts = [part for part in parts if part.name in wanted] or parts
        elif form and name != "note":
            parts = [part for part in parts if part.name not in wanted]
        if parts:
            names[name] = parts[turn % len(parts)].name
    return names


def _forms(cast: Cast, *, form: str | None) -> dict[str, str]:
    ordered = [*([form] if form else []), *(n for n in cast.forms if n != form)]
    found = dict(zip(("trip_form", "hotel_form"), ordered, strict=False))
    if "trip_form" in found:
        found["validate_trip_form"] = f"validate_{found['trip_form']}"
    asking = [name for name in cast.asks.values() if name and name.startswith("action")]
    return {**found, **({"action_ask_city": asking[0]} if asking else {})}


def _intents(cast: Cast) -> dict[str, str]:
    if not cast.intents:
        return {}
    return {
        "greet": cast.intents[0],
        "inform": cast.intents[-1],
        "EXTERNAL_reminder": (cast.external or cast.intents)[0],
    }


def _responses(cast: Cast, *, turn: int) -> Iterator[dict[str, str]]:
    """Yield responses for that which greets, and for that which has variables.

    A variable that is a slot stands for `city`, if it can one for texts; any other for
    `degrees`.
    """
    plain = [name for name, needed in cast.responses if name in cast.plain_texts]
    greet = {"utter_greet": plain[0]} if plain else {}
    with_variables = [*_with_variables(cast)]
    chosen = with_variables[turn % len(with_variables)] if with_variables else {}
    yield {**greet, **chosen}


def _with_variables(cast: Cast) -> Iterator[dict[str, str]]:
    for name, needed in cast.responses:
        written = json.dumps(cast.domain.responses[name], default=str)
        found = nlg.PLACEHOLDER.findall(written)
        variables = [n for n in dict.fromkeys(found) if n.isidentifier()]
        others = [n for n in variables if n not in cast.domain.slots]
        fits = SLOTS["city"][1]
        places = [n for n in needed if n in cast.slots and fits(cast.slots[n])]
        if variables:
            yield {
                "utter_weather": name,
                **({"city": (places or needed)[0]} if needed else {}),
                **({"degrees": others[0]} if others else {}),
            }


_NAMES = re.compile(
    r"\b(?:"
    + "|".join(
        [
            *("action_example", "validate_trip_form", "action_ask_city", "degrees"),
            *STRANGERS,
            *examples.DOMAIN["slots"],
            *examples.DOMAIN["forms"],
            *examples.DOMAIN["intents"],
            *examples.DOMAIN["responses"],
        ]
    )
    + r")\b"
)
# What is said where nothing in a domain can stand for a name of the examples.
LACKS: Mapping[str, str] = {
    **{name: f"no {words}" for name, (words, _) in SLOTS.items()},
    "day": "no text slot besides those of its form",
    "trip_form": "no form",
    "hotel_form": "no second form",
    "validate_trip_form": "no form",
    "action_ask_city": "no action that asks for a slot",
    "greet": "no intent",
    "inform": "no intent",
    "EXTERNAL_reminder": "no intent",
    "utter_greet": "no response that is a plain text",
    "utter_weather": "no response with variables",
    "degrees": "no response with a variable that is no slot",
}
