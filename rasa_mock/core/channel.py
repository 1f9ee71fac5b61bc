"""Turn a bot event into the messages that a user of the REST channel gets.

Imitates `BotUttered.message` (rasa/shared/core/events.py) and `OutputChannel` with
`CollectingOutputChannel` (rasa/core/channels/channel.py).  Rasa looks at no shape
before it sends, so a wrong one makes it stumble over Python (`5 .strip()`); the walk
here takes the same steps and stumbles with the same exception.  What that does to the
turn is the business of core.outcome.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

NAME = "collector"
"""What the channel is called where a response asks for one (`channel: ...`)."""

PARAGRAPH = "\n\n"
"""Rasa makes a message of its own of every part of a text that this separates."""

MESSAGE_KEYS = ("recipient_id", "text", "image", "buttons", "attachment", "custom")


def sent_messages(
    event: Mapping[str, Any], *, recipient_id: str
) -> Iterator[dict[str, Any]]:
    """Yield the messages that one bot event becomes, in the order of sending.

    Raises what Rasa raises (AttributeError, TypeError) for a content that cannot be
    sent; the messages yielded before have reached the user.
    """
    message = _whole_message(event)
    yield from _spoken(message, recipient_id)
    if message.get("custom"):
        yield _plain(message, recipient_id, key="custom", method="send_custom_json")
    if message.get("image"):
        yield _plain(message, recipient_id, key="image", method="send_image_url")
    if message.get("attachment"):
        yield _plain(message, recipient_id, key="attachment", method="send_attachment")
    if message.get("elements"):
        elements = _take(message, "elements", method="OutputChannel.send_elements")
        for element in elements:
            yield _card(element, recipient_id)


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


def _spoken(message: dict[str, Any], recipient_id: str) -> Iterator[dict[str, Any]]:
    """Yield the text, with quick replies or buttons if there are any."""
    for key, method in WITH_BUTTONS.items():
        if message.get(key):
            text, buttons = message.pop("text"), _take(message, key, method=method)
            yield _message(recipient_id, text=text, buttons=buttons)
            return
    if message.get("text"):
        method = "CollectingOutputChannel.send_text_message"
        text = _take(message, "text", method=method)
        for part in text.strip().split(PARAGRAPH):
            yield _message(recipient_id, text=part)


WITH_BUTTONS: Mapping[str, str] = {
    "quick_replies": "OutputChannel.send_quick_replies",
    "buttons": "CollectingOutputChannel.send_text_with_buttons",
}
"""What is sent together with the text, the first that there is, and Rasa's method."""


def _plain(
    message: dict[str, Any], recipient_id: str, *, key: str, method: str
) -> dict[str, Any]:
    value = _take(message, key, method=f"CollectingOutputChannel.{method}")
    return _message(recipient_id, **{key: value})


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


def _card(element: Any, recipient_id: str) -> dict[str, Any]:
    text = f"{element.get('title', '')} : {element.get('subtitle', '')}"
    return _message(recipient_id, text=text, buttons=element.get("buttons", []))


def _message(recipient_id: str, **content: Any) -> dict[str, Any]:
    content["recipient_id"] = recipient_id
    return {key: content[key] for key in MESSAGE_KEYS if content.get(key) is not None}
