"""The REST channel: what of a request is a message, and what a turn makes of it.

Imitates rasa/core/channels/rest.py of Rasa 3.6.21.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rasa_mock.core.commands import Effects, Note
from rasa_mock.core.processor import Processor
from rasa_mock.errors import DataError, StoreError
from rasa_mock.run.api.base import (
    Answer,
    Desk,
    Json,
    Request,
    bad_request,
    check_types,
    gathered,
    lost_if_endless,
    unexpected,
)
from rasa_mock.run.api.conversations import CONVERSATION_ERROR, json_object

NAME = "rest"
DEFAULT_SENDER = "default"
STREAM_TYPE = "text/event-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """What a client says; without `text` nothing happens."""

    sender_id: str = DEFAULT_SENDER
    text: str | None = None
    input_channel: str = NAME
    metadata: Any = None
    stream: bool = False


def read_incoming(desk: Desk, request: Request, *, name: str = NAME) -> Incoming:
    """Read the body of a message."""
    body = json_object(desk, request)
    check_types(desk, body, types={"metadata": dict})
    sender, text = body.get("sender"), body.get("message")
    if not isinstance(text, str) and not desk.is_odd("failures_are_silent"):
        raise bad_request(
            f"expected a text as message, got {text!r}", parameter="message"
        )
    return Incoming(
        sender_id=DEFAULT_SENDER if sender is None else str(sender),
        text=text if isinstance(text, str) else None,
        input_channel=body.get("input_channel") or name,
        metadata=body.get("metadata"),
        stream=request.flag("stream"),
    )


def converse(desk: Desk, incoming: Incoming) -> Effects[None]:
    """Answer a message; a turn that fails is lost without a word."""
    if incoming.text is None or not desk.model.is_loaded:
        return
    effects = said_to(desk.processor, incoming)
    try:
        yield from lost_if_endless(effects)
    except GeneratorExit:
        raise
    except StoreError as error:
        # Rasa would go on without the conversation; what waits in a file was answered.
        if error.spilled is None:
            raise unexpected(error, CONVERSATION_ERROR) from error
        yield lost(error)
    except Exception as error:
        if not desk.is_odd("failures_are_silent"):
            raise unexpected(error, CONVERSATION_ERROR) from error
        yield lost(error)


def said_to(processor: Processor, incoming: Incoming, **options: Any) -> Effects[Any]:
    """Return the turn that a message makes."""
    return processor.message(
        incoming.sender_id,
        text=incoming.text,
        input_channel=incoming.input_channel,
        metadata=incoming.metadata,
        **options,
    )


def lost(error: Exception) -> Note:
    """Say why a turn was lost."""
    kind = type(error).__name__
    if isinstance(error, DataError):
        kind = error.rasa_class or kind
    return Note(kind="turn_lost", message=f"{kind}: {error}")


def webhook(desk: Desk, request: Request) -> Effects[Answer]:
    """Answer a message with all that is said."""
    incoming = read_incoming(desk, request)
    messages: list[Json] = []
    yield from gathered(converse(desk, incoming), messages)
    return Answer(body=messages)
