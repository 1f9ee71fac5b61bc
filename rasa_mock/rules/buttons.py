"""RM513, RM514, RM516, RM804, RM805: what buttons send when they are pressed.

A payload that begins with a slash names an intent; anything else is a text which the
user might have typed, and right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rasa_mock.rules.agreement import knows_intent
from rasa_mock.rules.answer import json_type, shown
from rasa_mock.rules.base import Draft, Example, Exchange, Place, rule
from rasa_mock.rules.names import meant
from rasa_mock.rules.responses import acts_by_itself, buttons_of

# As Rasa reads `/intent@0.5{"entity": "value"}`.
INTENT = re.compile(
    r"/(?P<name>[^{@]*)(?P<confidence>@[0-9.]+)?(?P<json>\{.*)?$", re.DOTALL
)
# The same without its slash; nobody types that.
FORGOTTEN = re.compile(r"(?P<name>\w+)\s*\{\s*[\"'].*\}\s*$", re.DOTALL)
# CALM's commands in payloads: /SetSlots(city=Rome).
COMMAND = re.compile(r"/\s*SetSlots\s*\(")


def _button(payload: Any, *, title: Any = "Yes") -> Example:
    item = {"text": "Sure?", "buttons": [{"title": title, "payload": payload}]}
    return Example(responses=[item])


def _commands(place: Place) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield pointer and parts of each payload that names an intent."""
    for pointer, button in buttons_of(place):
        payload = button.get("payload")
        if not isinstance(payload, str) or acts_by_itself(button):
            continue
        found = INTENT.match(payload.strip())
        if found and not COMMAND.match(payload.strip()):
            yield f"{pointer}/payload", found


def _values(text: str | None) -> Any:
    """Return the JSON object of a payload, None if it is none."""
    if text is None:
        return {}
    try:
        found = json.loads(text[: text.rfind("}") + 1])
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


@rule(
    "RM513",
    "warning",
    title="payload with broken JSON",
    wrong=_button('/inform{"city": Rome}'),
    right=_button('/inform{"city": "Rome"}'),
    each="message",
)
def broken_payload(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """What stands behind the intent in a button's payload is no JSON object.

    `str()` of a dictionary writes single quotes, which JSON does not know.
    """
    for pointer, command in _commands(place):
        if _values(command["json"]) is None:
            yield Draft(
                message=f"the payload's entities are no JSON: {shown(command[0])}",
                pointer=pointer,
                subject=command["name"].strip(),
                expected='/intent{"entity": "value"}',
                got=command[0],
                hint='use json.dumps: f"/inform{json.dumps({...})}"',
                rasa="when it is pressed the intent comes without any entity",
            )


@rule(
    "RM514",
    "error",
    title="button with something other than strings",
    wrong=_button({"intent": "greet"}),
    right=_button("/greet"),
    each="message",
)
def button_of_wrong_type(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A button's title or payload is a number, a list or an object."""
    for pointer, button in buttons_of(place):
        for key in ("title", "payload"):
            value = button.get(key)
            if not value or isinstance(value, str):
                continue
            yield Draft(
                message=f"the {key} of a button is {json_type(value)}: {shown(value)}",
                pointer=f"{pointer}/{key}",
                subject=key,
                expected="a string",
                got=shown(value),
                hint="write the title with str(), the payload as '/intent{...}'",
                rasa="it is handed to the channel as it is, and most channels fail "
                "on it",
            )


@rule(
    "RM516",
    "warning",
    title="buttons beside quick replies",
    wrong=Example(
        responses=[
            {
                "text": "Sure?",
                "buttons": [{"title": "Yes", "payload": "/greet"}],
                "quick_replies": [{"title": "No", "payload": "/inform"}],
            }
        ]
    ),
    right=Example(
        responses=[
            {
                "text": "Sure?",
                "buttons": [],
                "quick_replies": [{"title": "No", "payload": "/inform"}],
            }
        ]
    ),
    each="message",
)
def two_kinds(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A message has both buttons and quick replies: only the latter are sent."""
    if place.value.get("buttons") and place.value.get("quick_replies"):
        yield Draft(
            message="a message with both buttons and quick_replies",
            pointer=f"{place.pointer}/buttons",
            subject="buttons",
            expected="one of buttons and quick_replies",
            got="both",
            hint="put all of them under one of the two, or send two messages",
            rasa="the quick replies are sent, the buttons are not",
        )


@rule(
    "RM804",
    "warning",
    title="button of an unknown intent",
    wrong=_button("/affrim"),
    right=_button("/greet"),
    each="message",
)
def button_of_unknown_intent(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A button's payload names an intent that is not in the domain.

    A payload without a slash is a text like any other, and right, unless an intent of
    the domain and its entities stand there.
    """
    yield from _without_slash(exchange, place)
    for pointer, command in _commands(place):
        name = command["name"].strip()
        if knows_intent(exchange.domain, name):
            continue
        yield Draft(
            message=f"the button sends {shown(command[0])}, and the domain has no "
            f"intent {name!r}",
            pointer=pointer,
            subject=name,
            expected="/ and an intent of the domain",
            got=command[0],
            hint=meant(
                name,
                exchange.domain.intents,
                otherwise="add it to intents: in the domain",
            ),
            rasa="when it is pressed the payload is parsed like a typed text",
        )


def _without_slash(exchange: Exchange, place: Place) -> Iterator[Draft]:
    for pointer, button in buttons_of(place):
        payload = button.get("payload")
        found = FORGOTTEN.match(payload) if isinstance(payload, str) else None
        if found and found["name"] in exchange.domain.intents:
            yield Draft(
                message=f"the button sends {shown(payload)}, which has no slash",
                pointer=f"{pointer}/payload",
                subject=found["name"],
                expected=f"/{payload}",
                got=str(payload),
                hint="begin the payload with a slash",
                rasa="when it is pressed the payload is parsed like a typed text",
            )


@rule(
    "RM805",
    "warning",
    title="button with an unknown entity",
    wrong=_button('/inform{"town": "Rome"}'),
    right=_button('/inform{"city": "Rome"}'),
    each="message",
)
def button_of_unknown_entity(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A button's payload holds an entity that is not in the domain."""
    for pointer, command in _commands(place):
        values = _values(command["json"])
        for name in values if isinstance(values, Mapping) else ():
            if name in exchange.domain.entities:
                continue
            yield Draft(
                message=f"the button sends the entity {name!r}, which the domain lacks",
                pointer=pointer,
                subject=name,
                expected="an entity of the domain",
                got=command[0],
                hint=meant(
                    name,
                    exchange.domain.entities,
                    otherwise="add it to entities: in the domain",
                ),
                rasa="when it is pressed the entity is dropped",
            )
