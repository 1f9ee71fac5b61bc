"""Turn a bot event into the messages that a user gets, as a channel writes them.

Imitates `BotUttered.message` (rasa/shared/core/events.py) and `OutputChannel` with
`CollectingOutputChannel` (rasa/core/channels/channel.py), which REST and the callback
channel are, and `SocketIOOutput` (rasa/core/channels/socketio.py).  Rasa looks at no
shape before it sends, so a wrong one makes it stumble over Python (`5 .strip()`); the
walk here takes the same steps and stumbles with the same exception.  What that does to
the turn is the business of core.outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

NAME = "collector"
"""What the channel is called where a response asks for one (`channel: ...`)."""

SOCKET = "socketio"
"""The channel whose messages are events: `data`, and the `room` that hears them."""

PARAGRAPH = "\n\n"
"""Rasa makes a message of its own of every part of a text that this separates."""

MESSAGE_KEYS = ("recipient_id", "text", "image", "buttons", "attachment", "custom")


class Voice(NamedTuple):
    """How a channel writes the parts of a message.

    `owner` is Rasa's class; its name is in the exceptions over which Rasa stumbles.
    """

    owner: str
    text: Callable[[Any, str], Iterator[dict[str, Any]]]
    buttons: Callable[[Any, Any, str], Iterator[dict[str, Any]]]
    part: Callable[[str, Any, str], dict[str, Any]]
    element: Callable[[Any, str], dict[str, Any]]
    elements_owner: str = "OutputChannel"


def sent_messages(
    event: Mapping[str, Any], *, recipient_id: str, output_channel: str = NAME
) -> Iterator[dict[str, Any]]:
    """Yield the messages that one bot event becomes, in the order of sending.

    Raises what Rasa raises (AttributeError, TypeError) for a content that cannot be
    sent; the messages yielded before have reached the user.
    """
    voice = VOICES.get(output_channel, COLLECTING)
    message = _whole_message(event)
    yield from _spoken(voice, message, recipient_id)
    for key, method in PARTS.items():
        if message.get(key):
            value = _take(message, key, method=f"{voice.owner}.{method}")
            yield voice.part(key, value, recipient_id)
    if message.get("elements"):
        method = f"{voice.elements_owner}.send_elements"
        for element in _take(message, "elements", method=method):
            yield voice.element(element, recipient_id)


PARTS: Mapping[str, str] = {
    "custom": "send_custom_json",
    "image": "send_image_url",
    "attachment": "send_attachment",
}
"""What is sent after the text, each in a message of its own, and Rasa's method."""


def _whole_message(event: Mapping[str, Any]) -> dict[str, Any]:
    """Lay data, text and metadata on top of each other; the latter wins."""
    message: dict[str, Any] = event["data"].copy()
    message["text"] = event["text"]
    message["timestamp"] = event["timestamp"]
    message.update(event["metadata"])
    if message.get("image") == message.get("attachment"):
        # an image is an attachment too (core.nlg), and should be sent once
        message["attachment"] = None
    return message


def _spoken(
    voice: Voice, message: dict[str, Any], recipient_id: str
) -> Iterator[dict[str, Any]]:
    """Yield the text, with quick replies or buttons if there are any."""
    for key, method in WITH_BUTTONS.items():
        if message.get(key):
            owner = "OutputChannel" if key == "quick_replies" else voice.owner
            text = message.pop("text")
            buttons = _take(message, key, method=f"{owner}.{method}")
            yield from voice.buttons(text, buttons, recipient_id)
            return
    if message.get("text"):
        text = _take(message, "text", method=f"{voice.owner}.send_text_message")
        yield from voice.text(text, recipient_id)


WITH_BUTTONS: Mapping[str, str] = {
    "quick_replies": "send_quick_replies",
    "buttons": "send_text_with_buttons",
}
"""What is sent together with the text, the first that there is, and Rasa's method."""


def _take(message: dict[str, Any], key: str, *, method: str) -> Any:
    """Take one part out of the message, as Rasa does before it calls `method`.

    All that is left goes along as keyword arguments, which fails where a key is the
    name of a parameter: a bot event must not have `recipient_id` in its metadata.
    """
    value = message.pop(key)
    positional = ("self", "recipient_id", "json_message" if key == "custom" else key)
    for name in message:
        if name in positional:
            msg = f"{method}() got multiple values for argument {name!r}"
            raise TypeError(msg)
    return value


# REST, the API and the callback channel: messages are collected.


def _texts(text: Any, recipient_id: str) -> Iterator[dict[str, Any]]:
    for part in text.strip().split(PARAGRAPH):
        yield _message(recipient_id, text=part)


def _question(text: Any, buttons: Any, recipient_id: str) -> Iterator[dict[str, Any]]:
    yield _message(recipient_id, text=text, buttons=buttons)


def _part(key: str, value: Any, recipient_id: str) -> dict[str, Any]:
    return _message(recipient_id, **{key: value})


def _card(element: Any, recipient_id: str) -> dict[str, Any]:
    text = f"{element.get('title', '')} : {element.get('subtitle', '')}"
    return _message(recipient_id, text=text, buttons=element.get("buttons", []))


def _message(recipient_id: str, **content: Any) -> dict[str, Any]:
    content["recipient_id"] = recipient_id
    return {key: content[key] for key in MESSAGE_KEYS if content.get(key) is not None}


COLLECTING = Voice(
    owner="CollectingOutputChannel",
    text=_texts,
    buttons=_question,
    part=_part,
    element=_card,
)


# socket.io: messages are the arguments of `emit`.


def _socket_texts(text: Any, room: str) -> Iterator[dict[str, Any]]:
    for part in text.strip().split(PARAGRAPH):
        yield {"data": {"text": part}, "room": room}


def _socket_question(text: Any, buttons: Any, room: str) -> Iterator[dict[str, Any]]:
    """Put the buttons under the last paragraph."""
    shown = [
        {"text": part, "quick_replies": []} for part in text.strip().split(PARAGRAPH)
    ]
    shown[-1]["quick_replies"] = [
        {
            "content_type": "text",
            "title": button["title"],
            "payload": button["payload"],
        }
        for button in buttons
    ]
    for data in shown:
        yield {"data": data, "room": room}


def _socket_part(key: str, value: Any, room: str) -> dict[str, Any]:
    if key != "custom":
        data = value
        if key == "image":
            data = {"type": "image", "payload": {"src": value}}
        return {"data": {"attachment": data}, "room": room}
    message: dict[str, Any] = value.copy()
    message.setdefault("room", room)
    for name in message:
        if name not in EMIT_KEYS:
            msg = f"AsyncServer.emit() got an unexpected keyword argument {name!r}"
            raise TypeError(msg)
    return message


EMIT_KEYS = ("data", "to", "room", "skip_sid", "namespace", "callback", "ignore_queue")
"""What a custom message may say to `emit`; anything else Rasa stumbles over."""


def _socket_card(element: Any, room: str) -> dict[str, Any]:
    payload = {"template_type": "generic", "elements": element}
    attachment = {"type": "template", "payload": payload}
    return {"data": {"attachment": attachment}, "room": room}


SOCKETS = Voice(
    owner="SocketIOOutput",
    text=_socket_texts,
    buttons=_socket_question,
    part=_socket_part,
    element=_socket_card,
    elements_owner="SocketIOOutput",
)

VOICES: Mapping[str, Voice] = {SOCKET: SOCKETS}
"""The channels that do not write messages as REST does."""
