"""What observers of a server are told of: requests, calls of actions, turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_mock.core.commands import CallAction, Note
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import Reply
from rasa_mock.run.api.base import Answer, Request

Json = dict[str, Any]
LONGEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSeen:
    """A request and its answer; `elapsed` is in seconds."""

    request: Request
    answer: Answer
    elapsed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSeen:
    """An action that was asked for, and what came back."""

    command: CallAction
    reply: Reply
    elapsed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSeen:
    """A turn, or what an operation of the API did to a conversation.

    `tracker` is what was saved last, None if nothing was; its events from `since` on
    are new.  `notes` are what Rasa would only log.
    """

    sender_id: str
    tracker: Tracker | None
    since: int
    notes: Sequence[Note]
    calls: Sequence[str]
    error: BaseException | None = None


Seen = RequestSeen | CallSeen | TurnSeen
Observer = Callable[[Seen], None]


def shown(text: str) -> str:
    """Write a text that a client chose on one line, and not too long."""
    short = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    return short if short.isprintable() else repr(short)
