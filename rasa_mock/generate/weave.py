"""Event types that a project adds to Rasa's own, put into conversations.

Which types there are, and where they may stand, is said in the profile's folder
(`x-rasa.generate`, see schemas/README.md); their values are made by `from_schema`.
They go into the turns that are over, never into the one in which the action is called:
what Rasa puts last there, such as candidates of a form, has to stay last.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_mock.core.events import EVENT_TYPES
from rasa_mock.core.profile import find_profile
from rasa_mock.generate.conversation import Conversation
from rasa_mock.generate.from_schema import Sampler
from rasa_mock.schema.registry import EventSchema, Registry

AFTER = ("action", "bot", "slot")
SHARE = 0.1
# Microseconds after the event before it; fewer than between two of Rasa's own.
DELAY = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """One event type besides Rasa's own: its schema, and after what how often."""

    name: str
    schema: Mapping[str, Any]
    after: tuple[str, ...]
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreigners:
    """All of them, and the bundle in which their references point."""

    types: tuple[Foreign, ...] = ()
    definitions: Mapping[str, Any]
    known: Collection[str] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the event types that no profile's Rasa has."""
        return tuple(each.name for each in self.types if each.name not in self.known)


def foreigners(registry: Registry | None) -> Foreigners:
    """Find the event types of a profile that the conversation does not know by name."""
    if registry is None:
        return Foreigners(definitions={})
    types = tuple(
        _foreign(schema, registry.definitions[f"event_{name}"])
        for name, schema in registry.event_types.items()
        if name not in EVENT_TYPES and _is_generated(schema)
    )
    return Foreigners(
        types=types,
        definitions=registry.definitions,
        known=find_profile(registry.profile).vocabulary.types,
    )


def _is_generated(schema: EventSchema) -> bool:
    wanted = schema.x_rasa.get("generate", {}) is not False
    return schema.tracked and wanted and schema.alias_of is None


def _foreign(schema: EventSchema, document: Mapping[str, Any]) -> Foreign:
    hints = schema.x_rasa.get("generate") or {}
    return Foreign(
        name=schema.name,
        schema=document,
        after=tuple(hints.get("after", AFTER)),
        share=hints.get("share", SHARE),
    )


def weave(
    conversation: Conversation,
    foreign: Foreigners,
    *,
    every: bool,
    most: int | None = None,
) -> None:
    """Put events of the foreign types into the turns that are over, `most` at most.

    With `every` each type occurs, if there is any place for it.
    """
    before_it = len(conversation.events)
    for kind in foreign.types:
        if most is not None and len(conversation.events) - before_it >= most:
            return
        places = _places(conversation.events, kind.after)
        chosen = [place for place in places if conversation.rng.chance(kind.share)]
        if every and places and not chosen:
            chosen = [conversation.rng.pick(places)]
        if most is not None:
            chosen = chosen[: most - len(conversation.events) + before_it]
        for place in reversed(chosen):
            before = conversation.events[place]
            event = _make(conversation, kind, definitions=foreign.definitions)
            event["timestamp"] = before["timestamp"] + DELAY
            conversation.events.insert(place + 1, event)


def _places(events: Sequence[Mapping[str, Any]], after: Sequence[str]) -> list[int]:
    """List the positions behind which an event may stand: in the turns that are over.

    The session's start before the first message is not one of them.
    """
    users = [place for place, event in enumerate(events) if event["event"] == "user"]
    if not users:
        return []
    return [
        place for place in range(users[0], users[-1]) if events[place]["event"] in after
    ]


def _make(
    conversation: Conversation, kind: Foreign, *, definitions: Mapping[str, Any]
) -> dict[str, Any]:
    made = Sampler(definitions, conversation).event(kind.schema)
    event: dict[str, Any] = {"event": kind.name, "timestamp": 0}
    if _takes_metadata(kind.schema):
        event["metadata"] = {**conversation.identity}
    rest = {k: v for k, v in made.items() if k not in ("timestamp", "metadata")}
    return {**event, **rest}


def _takes_metadata(schema: Mapping[str, Any]) -> bool:
    closed = schema.get("additionalProperties") is False
    return not closed or "metadata" in schema.get("properties", {})
