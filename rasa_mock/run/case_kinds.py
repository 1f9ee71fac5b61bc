"""What the probes make of one case and its reply: how usual, how it failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rasa_mock.core.wire import ActionRequest, Reply
from rasa_mock.generate.cases import Case
from rasa_mock.rules.observed import Told

# Kinds of case from the middle of a conversation, the best to repeat first.
MIDDLE = ("filled", "turn", "step", "session", "first")
# Kind of case (how its name begins) -> the unusual state in words.
EDGES = (
    ("slots-null", "slots are null"),
    ("slots-empty", "slots are empty, 0 or false"),
    ("slots-long", "slots hold very long texts"),
    ("slots-chinese", "slots hold Chinese texts"),
    ("slots-rtl", "slots hold right-to-left texts"),
    ("slots-emoji", "slots hold emoji"),
    ("slots-markup", "slots hold quotes and markup"),
    ("slots-min", "slots are at their lowest value"),
    ("slots-max", "slots are at their highest value"),
    ("text-empty", "the message is empty"),
    ("text-long", "the message is very long"),
    ("text-chinese", "the message is in Chinese"),
    ("text-rtl", "the message runs from right to left"),
    ("text-emoji", "the message is made of emoji"),
    ("answer-", "the answer to the form's question is unusual"),
    ("empty", "all slots were reset"),
    ("first", "the session has just begun"),
    ("session", "a new session has begun"),
    ("restart", "the conversation was restarted"),
    ("unrecognised", "no intent was recognised"),
    ("intent-message", "the message is /intent"),
    ("channel-", "the channel is another one"),
    ("metadata", "the message has metadata"),
    ("long-history", "the conversation is long"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One call of a case, as far as the probes need it."""

    case: Case
    request: ActionRequest
    reply: Reply
    told: Told


def rank(case: Case) -> int:
    """Say how well a case may be repeated: the lower the better."""
    for rank, kind in enumerate(MIDDLE):
        if case.kind == kind or case.kind.startswith(f"{kind}-"):
            return rank
    return len(MIDDLE)


def edge_of(case: Case) -> str | None:
    """Say in words what is unusual about a case; None if nothing is."""
    return next((name for kind, name in EDGES if case.kind.startswith(kind)), None)


def opening_kind(names: Sequence[str]) -> str | None:
    """Choose the kind of case for the first call among those that are planned."""
    return next(
        (
            name
            for kind in MIDDLE
            for name in names
            if name == kind or name.startswith(f"{kind}-")
        ),
        None,
    )


def error_of(reply: Reply, said: Any) -> str:
    """Say how a call failed; empty if it brought an answer."""
    if reply.failure is not None:
        return f"no answer ({reply.failure})"
    if reply.status is None or reply.status < 500:
        return ""
    return f"status {reply.status}" + (
        f": {said[:80]}" if isinstance(said, str) else ""
    )


def only_own(body: bytes, case: Case) -> bytes:
    """Return the body if it holds a text of the case itself, else nothing."""
    own = [e["value"] for e in case.events if isinstance(e.get("value"), str)]
    held = [text for text in own if len(text) > 3 and text.encode() in body]
    return body if held else b""
