"""RM5xx: the messages for the user (`responses` of the answer).

A message that is a bot event is judged with the events.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rasa_mock.rules.answer import json_type, shown
from rasa_mock.rules.base import Draft, Example, Exchange, Place, rule
from rasa_mock.rules.names import meant

CONTENT = (
    "text",
    "image",
    "attachment",
    "buttons",
    "elements",
    "quick_replies",
    "custom",
)
# A button of these types, or with such a key, does something by itself.
OWN_ACTION_KEYS = frozenset({"url", "href", "link", "phone", "phone_number", "value"})
OWN_ACTION_TYPES = frozenset(
    {"web_url", "phone_number", "account_link", "account_unlink", "element_share"}
    | {"location", "user_phone_number", "user_email", "url", "link", "openUrl"}
)
RETRIEVAL_MARK = "/"
BUTTON_LISTS = ("buttons", "quick_replies")


def _saying(**item: Any) -> Example:
    return Example(responses=[item])


def buttons_of(place: Place) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield pointer and value of each button that is an object, also on cards."""
    cards = _objects(place.value.get("elements"), f"{place.pointer}/elements")
    for pointer, holder in [(place.pointer, place.value), *cards]:
        for key in BUTTON_LISTS:
            yield from _objects(holder.get(key), f"{pointer}/{key}")


def _objects(items: Any, pointer: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, Mapping):
            yield f"{pointer}/{index}", item


@rule(
    "RM501",
    "error",
    title="message that is no object",
    wrong=Example(responses=["Hello"]),
    right=_saying(text="Hello"),
)
def not_an_object(exchange: Exchange) -> Iterator[Draft]:
    """An item of `responses` is a string, a list or null."""
    for index, item in enumerate(exchange.answer.responses):
        if not isinstance(item, Mapping):
            yield Draft(
                message=f"message {index} is {json_type(item)}: {shown(item)}",
                pointer=f"/responses/{index}",
                subject="responses",
                expected='an object: {"text": "..."}',
                got=shown(item),
                hint='use dispatcher.utter_message(text="...")',
            )


@rule(
    "RM502",
    "error",
    title="response that the domain lacks",
    wrong=_saying(response="utter_that_is_nowhere"),
    right=_saying(response="utter_greet"),
    each="response",
)
def unknown_response(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A message names a response that is not in the domain, so nothing is said.

    Responses of retrieval intents (`utter_faq/...`) may stand in other files and are
    left alone.
    """
    name = place.value.get("response")
    if not name or _has_response(exchange, name):
        return
    sentence = isinstance(name, str) and " " in name.strip()
    yield Draft(
        message=f"there is no response {shown(name)} in the domain",
        pointer=f"{place.pointer}/response",
        subject=str(name),
        expected="a response of the domain",
        got=shown(name),
        hint="this looks like a text: send it as text=..."
        if sentence
        else meant(
            str(name),
            exchange.domain.responses,
            otherwise="add it to responses: in the domain",
        ),
        rasa="the message is skipped, the user gets nothing",
    )


def _has_response(exchange: Exchange, name: Any) -> bool:
    if not isinstance(name, str):
        return False
    return name in exchange.domain.responses or (
        RETRIEVAL_MARK in name and " " not in name
    )


@rule(
    "RM503",
    "warning",
    title="message that says nothing",
    wrong=_saying(text=""),
    right=_saying(custom={"card": 1}),
    each="response",
)
def empty_message(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A message has no text and nothing else that a channel could show."""
    item = place.value
    if item.get("response") or item.get("template"):
        return
    if any(not _is_blank(item.get(key)) for key in CONTENT):
        return
    odd = [key for key, value in item.items() if value and key not in CONTENT]
    yield Draft(
        message="a message with nothing in it that a channel shows: "
        + shown(dict(item)),
        pointer=place.pointer,
        subject="empty",
        expected=f"at least one of response, {', '.join(CONTENT)}",
        got=shown(dict(item)),
        hint=f"Rasa does not show {', '.join(map(repr, odd))}; "
        "put an object for the channel under custom"
        if odd
        else "leave the message out, or check the value that it was made of",
        rasa="an empty bot message is logged, and the user gets nothing",
    )


def _is_blank(value: Any) -> bool:
    return not value or (isinstance(value, str) and not value.strip())


@rule(
    "RM504",
    "warning",
    title="button without a payload",
    wrong=_saying(text="Sure?", buttons=[{"title": "Yes"}]),
    right=_saying(text="Sure?", buttons=[{"title": "Yes", "payload": "/greet"}]),
    each="message",
)
def button_without_payload(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A button does nothing when it is pressed: it has no payload.

    A button that opens a URL or calls a number needs none.
    """
    for pointer, button in buttons_of(place):
        if button.get("payload") or acts_by_itself(button):
            continue
        yield Draft(
            message=f"the button {shown(button.get('title'))} has no payload",
            pointer=pointer,
            subject="payload",
            expected='"payload": "/intent" or the text to send',
            got=shown(dict(button)),
            hint='add "payload": "/intent", or "url" if it opens a page',
            rasa="it is sent to the channel, where a click sends nothing",
        )


def acts_by_itself(button: Mapping[str, Any]) -> bool:
    """Tell whether a button opens a page or the like, and sends no message."""
    return bool(OWN_ACTION_KEYS & button.keys()) or (
        button.get("type") in OWN_ACTION_TYPES
        or button.get("content_type") in OWN_ACTION_TYPES
    )


@rule(
    "RM505",
    "warning",
    title="button without a title",
    wrong=_saying(text="Sure?", buttons=[{"payload": "/greet"}]),
    right=_saying(text="Sure?", buttons=[{"title": "Yes", "payload": "/greet"}]),
    each="message",
)
def button_without_title(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A button has nothing written on it."""
    for pointer, button in buttons_of(place):
        if not _is_blank(button.get("title")):
            continue
        if button.get("type") in OWN_ACTION_TYPES:
            continue
        if button.get("content_type") in OWN_ACTION_TYPES:
            continue
        yield Draft(
            message=f"a button has no title: {shown(dict(button))}",
            pointer=pointer,
            subject="title",
            expected='"title": what is written on the button',
            got=shown(dict(button)),
            hint='add "title"',
            rasa="it is sent to the channel, which shows an empty button or fails",
        )


@rule(
    "RM506",
    "error",
    title="text that is no string",
    wrong=_saying(text=["Hello", "you"]),
    right=_saying(text="Hello"),
    each="message",
)
def text_of_wrong_type(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """The text of a message is a number, a list or an object."""
    text = place.value.get("text")
    if not text or isinstance(text, str):
        return
    yield Draft(
        message=f"the text of a message is {json_type(text)}: {shown(text)}",
        pointer=f"{place.pointer}/text",
        subject="text",
        expected="a string",
        got=shown(text),
        hint="convert it with str() or an f-string",
        rasa="channels that expect a string fail on it",
    )


# Key of a message: what has to stand there, and how to say it.
SHAPES: Mapping[str, tuple[type, str]] = {
    "buttons": (list, "a list of objects with title and payload"),
    "quick_replies": (list, "a list of objects with title and payload"),
    "elements": (list, "a list of objects"),
    "custom": (dict, "an object"),
    "response": (str, "the name of a response, a string"),
}


@rule(
    "RM507",
    "error",
    title="part of a message that a channel cannot show",
    wrong=_saying(text="Sure?", buttons=["Yes"]),
    right=_saying(text="Sure?", buttons=[{"title": "Yes", "payload": "/greet"}]),
    each="message",
)
def part_of_wrong_type(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """buttons, elements or custom of a message has a type that channels cannot take."""
    for key, (kind, expected) in SHAPES.items():
        value = place.value.get(key)
        if not value:
            continue
        pointer = f"{place.pointer}/{key}"
        if not isinstance(value, kind):
            yield _wrong_part(key, value, pointer=pointer, expected=expected)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if not isinstance(item, Mapping):
                    yield _wrong_part(
                        key, item, pointer=f"{pointer}/{index}", expected="an object"
                    )


def _wrong_part(key: str, value: Any, *, pointer: str, expected: str) -> Draft:
    return Draft(
        message=f"{key!r} of a message holds {json_type(value)}: {shown(value)}",
        pointer=pointer,
        subject=key,
        expected=expected,
        got=shown(value),
        hint=f"see `rasa-mock schema show response` for what {key!r} may hold",
        rasa="it is handed to the channel as it is, and most channels fail on it",
    )


@rule(
    "RM508",
    "error",
    title="template instead of response",
    wrong=_saying(template="utter_greet"),
    right=_saying(response="utter_greet", template="utter_greet"),
    each="response",
)
def template_only(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A message names a response under `template`, which Rasa 3 no longer reads.

    Newer versions of rasa-sdk send both keys.
    """
    item = place.value
    if not item.get("template") or item.get("response") or any(map(item.get, CONTENT)):
        return
    yield Draft(
        message=f"the message has template {shown(item['template'])} but no response",
        pointer=f"{place.pointer}/template",
        subject="template",
        expected=f'"response": {shown(item["template"])}',
        got=shown(dict(item)),
        hint="write response= instead of template=",
        rasa="an empty bot message is logged, and the user gets nothing",
    )


@rule(
    "RM509",
    "error",
    title="message that Rasa fails to send",
    wrong=_saying(text="Hello", recipient_id="42"),
    right=_saying(text="Hello"),
)
def fails_when_sent(exchange: Exchange) -> Iterator[Draft]:
    """Rasa takes the answer, and fails when it makes or sends the messages.

    The whole turn is lost with it: even what the user said is not in the tracker.
    """
    error = exchange.outcome.error
    if error is None or error.phase == "run" or not _has_messages(exchange):
        return
    if any(_misshapen(item) for item in exchange.answer.responses):
        return
    yield Draft(
        message=f"Rasa fails with {error.rasa_class}: {shown(error.message.encode())}",
        pointer="/responses",
        subject=error.rasa_class,
        expected="messages that the REST channel can send",
        got=error.message,
        hint="compare the message with `rasa-mock schema show response`",
    )


def _has_messages(exchange: Exchange) -> bool:
    bots = (e for e in exchange.answer.events if isinstance(e, Mapping))
    return bool(exchange.answer.responses) or any(e.get("event") == "bot" for e in bots)


def _misshapen(item: Any) -> bool:
    """Tell whether RM501, RM506 or RM507 speaks about the message."""
    if not isinstance(item, Mapping):
        return True
    text = item.get("text")
    return bool(text and not isinstance(text, str)) or any(_misshapen_parts(item))


def _misshapen_parts(item: Mapping[str, Any]) -> Iterator[bool]:
    for key, (kind, _) in SHAPES.items():
        value = item.get(key)
        if value:
            parts = value if isinstance(value, list) else ()
            yield not isinstance(value, kind) or any(
                not isinstance(part, Mapping) for part in parts
            )
