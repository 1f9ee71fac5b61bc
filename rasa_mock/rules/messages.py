"""RM510 to RM512, RM515, RM519, RM520: messages that reach the user, but wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rasa_mock.core.nlg import INTERPOLATED, PLACEHOLDER, suitable_variations
from rasa_mock.rules.answer import json_type, shown
from rasa_mock.rules.base import Draft, Example, Exchange, Place, rule
from rasa_mock.rules.names import nearest
from rasa_mock.rules.nothing import WORDS
from rasa_mock.rules.responses import CONTENT
from rasa_mock.rules.roles import slots_set

NAME = re.compile(r"\w[\w.\- ]*")


def _saying(**item: Any) -> Example:
    return Example(responses=[item])


@rule(
    "RM510",
    "error",
    title="variable of a response that nobody fills",
    wrong=_saying(response="utter_weather", city="Rome"),
    right=_saying(response="utter_weather", city="Rome", degrees=21),
    each="response",
)
def unfilled_variable(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A response's text needs a variable that is no slot and that is not sent.

    Rasa then fills none of the variables of this text.
    """
    item = place.value
    name = item.get("response")
    variations = exchange.domain.responses.get(name) if isinstance(name, str) else None
    if not variations:
        return
    known = {*exchange.before.slots, *item}
    suitable = suitable_variations(variations, slots=exchange.before.slots)
    for variable in dict.fromkeys(v for each in suitable for v in _needed(each)):
        if variable in known:
            continue
        yield Draft(
            message=f"{name} needs {variable!r}, which is no slot and is not sent",
            pointer=place.pointer,
            subject=f"{name} {variable}",
            expected=f"utter_message(response={name!r}, {variable}=...)",
            got=shown(sorted(key for key in item if key not in (*CONTENT, "template"))),
            hint=_variable_hint(variable, item),
            rasa="none of the text's variables is filled: the user gets a text with "
            "braces in it, which is a wrong message, and nothing says so",
        )


def _variable_hint(variable: str, item: Mapping[str, Any]) -> str:
    near = nearest(variable, [key for key in item if key not in CONTENT], cutoff=0.6)
    if near:
        return f"the message has {near!r}: is one of the two misspelt?"
    return f"send {variable}= with the response, or add a slot of this name"


def _needed(variation: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the variables of a variation."""
    for key in INTERPOLATED:
        for text in _strings(variation.get(key)):
            for found in PLACEHOLDER.findall(re.sub(r"\{\{|\}\}", "", text)):
                if NAME.fullmatch(found):
                    yield found


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


@rule(
    "RM520",
    "warning",
    title="response that shows a slot's old value",
    wrong=Example(
        events=[{"event": "slot", "name": "city", "value": "Rome"}],
        responses=[{"response": "utter_weather", "degrees": 21}],
    ),
    right=Example(
        events=[{"event": "slot", "name": "city", "value": "Rome"}],
        responses=[{"response": "utter_weather", "degrees": 21, "city": "Rome"}],
    ),
    each="response",
)
def old_value(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A response has a variable which the same answer sets as a slot, and not sent.

    Rasa fills the messages of an answer before it applies its events.  Emptying a slot
    after it was said is right.
    """
    held, given = exchange.before.slots, slots_set(exchange)
    for name in sorted(variables_of(exchange, place.value.get("response"))):
        value = given.get(name)
        if name in place.value or value is None or value == held.get(name):
            continue
        if name not in held:
            continue
        yield Draft(
            message=f"{place.value['response']} shows {name!r} as it was before: "
            f"{shown(held[name])}, not {shown(value)}",
            pointer=place.pointer,
            subject=name,
            expected=f"{name}=... sent with the response",
            got=shown(held[name]),
            hint=f"utter_message(response=..., {name}=value)",
            rasa="messages are made before the slots are set: "
            "the user reads the old value",
        )


@rule(
    "RM511",
    "warning",
    title="name of a response sent as a text",
    wrong=_saying(text="utter_greet"),
    right=_saying(response="utter_greet"),
    each="message",
)
def name_as_text(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """The text of a message is the name of a response, which the user then reads.

    The first argument of rasa-sdk's utter_message is the text.
    """
    text = place.value.get("text")
    if not isinstance(text, str):
        return
    if text in exchange.domain.responses or re.fullmatch(r"utter_[\w/]+", text):
        yield Draft(
            message=f"the text of a message is {text!r}",
            pointer=f"{place.pointer}/text",
            subject=text,
            expected=f'"response": {shown(text)}',
            got=f'"text": {shown(text)}',
            hint=f"utter_message(response={text!r})",
            rasa=f"the user reads the word {text!r}",
        )


@rule(
    "RM512",
    "warning",
    title="text and response together",
    wrong=_saying(text="Hello", response="utter_greet"),
    right=_saying(text=None, response="utter_greet"),
    each="response",
)
def text_and_response(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A message has both a text and a response, and only one of them is said."""
    if place.value.get("text") and place.value.get("response"):
        yield Draft(
            message=f"a message with a text and the response "
            f"{shown(place.value['response'])}",
            pointer=place.pointer,
            subject="text",
            expected="a text or a response",
            got=shown(dict(place.value)),
            hint="send two messages, or give the text to the response as a variable",
            rasa="the text replaces the response's own; Rasa Pro does the opposite",
        )


# Wrong names of a message's parts that are not like the right ones.
WRONG_KEYS: Mapping[str, str] = {
    "json_message": "custom",
    "json": "custom",
    "payload": "custom",
    "message": "text",
    "msg": "text",
    "utterance": "text",
    "img": "image",
    "image_url": "image",
    "picture": "image",
    "cards": "elements",
    "utter": "response",
    "response_name": "response",
    "choices": "buttons",
    "options": "buttons",
}
KEYS = (*CONTENT, "response", "template")


@rule(
    "RM515",
    "warning",
    title="misspelt key of a message",
    wrong=_saying(text="Sure?", button=[{"title": "Yes", "payload": "/greet"}]),
    right=_saying(text="Sure?", buttons=[{"title": "Yes", "payload": "/greet"}]),
    each="response",
)
def misspelt_part(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A message has a key that looks like one of Rasa's, and lacks that.

    Keys of one's own are right: they fill a response's variables, and channels may
    read them.
    """
    item = place.value
    needed = variables_of(exchange, item.get("response"))
    for key, value in item.items():
        if key in KEYS or key in needed or not value:
            continue
        wanted = WRONG_KEYS.get(key) or nearest(key.lower(), KEYS, cutoff=0.82)
        if wanted is None or item.get(wanted):
            continue
        # Beside a response a plain value may be meant for one of its variables.
        if item.get("response") and not isinstance(value, list | dict):
            continue
        yield Draft(
            message=f"Rasa does not know the key {key!r} of a message",
            pointer=f"{place.pointer}/{key.replace('~', '~0').replace('/', '~1')}",
            subject=key,
            expected=wanted,
            got=key,
            hint=f"write {wanted!r}",
            rasa=f"{key!r} is kept in the metadata of the bot's message; "
            "the user does not see it",
        )


def variables_of(exchange: Exchange, name: Any) -> set[str]:
    """Return the names of the variables in all variations of a response."""
    variations: Sequence[Mapping[str, Any]] = ()
    if isinstance(name, str):
        variations = exchange.domain.responses.get(name, ())
    return {variable for each in variations for variable in _needed(each)}


@rule(
    "RM519",
    "warning",
    title="image or attachment that is none",
    wrong=_saying(text="Look", image={"url": "http://x.invalid/i.png"}),
    right=_saying(text="Look", image="http://x.invalid/i.png"),
    each="message",
)
def no_image(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """An image is no string, or an attachment neither a string nor an object.

    Words for nothing, such as "None", are no address either.
    """
    for key, kinds in (("image", str), ("attachment", (str, dict))):
        value = place.value.get(key)
        if value and (not isinstance(value, kinds) or value in WORDS):
            yield Draft(
                message=f"the {key} of a message is {json_type(value)}: {shown(value)}",
                pointer=f"{place.pointer}/{key}",
                subject=key,
                expected="the address, a string",
                got=shown(value),
                hint=f"send the address alone under {key!r}; the rest under custom",
                rasa="it is handed to the channel as it is, and most channels fail "
                "on it",
            )
