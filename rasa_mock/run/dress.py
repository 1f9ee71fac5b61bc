"""Fit the generated cases to the user's bot: its metadata, channels, senders, slots.

What the generator makes up, the user may know better: the keys of the metadata that the
bot's own channel sends, the channels there are, ids that exist in a database, slots
that the dialogue guarantees before an action is called.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rasa_mock.errors import DataError

if TYPE_CHECKING:
    from rasa_mock.core.domain import Domain
    from rasa_mock.core.slots import Slot
    from rasa_mock.generate.cases import Case

FRESH = "fresh"
# Kinds of case that are about a channel keep theirs.
ABOUT_CHANNELS = "channel-"
SOME_VALUE: Mapping[str, Any] = {"bool": True, "float": 1, "list": ["something"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dress:
    """What is put on each case; everything empty leaves a case as it is.

    `metadata`, `channels` and `senders` are taken in turn; `slots` are set before the
    last message where they are empty (None: to a value of the slot's type).
    """

    metadata: Sequence[Mapping[str, Any]] = ()
    channels: Sequence[str] = ()
    senders: Sequence[str] = ()
    slots: Mapping[str, Any] = field(default_factory=dict)

    def with_slots(self, slots: Mapping[str, Any]) -> Dress:
        """Return the same with the slots that an action may count on."""
        return replace(self, slots=slots) if slots else self

    def put_on(self, case: Case, *, domain: Domain) -> Case:
        """Return the case with all of it; the same case gets the same every time."""
        if not (self.metadata or self.channels or self.senders or self.slots):
            return case
        events = [*self._granted(case, domain)]
        turn = case.index - 1
        if self.metadata:
            more = self.metadata[turn % len(self.metadata)]
            events = [_with_metadata(event, more) for event in events]
        channel = case.channel
        if self.channels and not case.kind.startswith(ABOUT_CHANNELS):
            channel = self.channels[turn % len(self.channels)]
            events = [_on_channel(event, channel) for event in events]
        sender = self.senders[turn % len(self.senders)] if self.senders else None
        return replace(
            case, events=events, channel=channel, sender_id=sender or case.sender_id
        )

    def _granted(self, case: Case, domain: Domain) -> list[dict[str, Any]]:
        """Set the slots that the action may count on, unless they hold something."""
        last = [n for n, event in enumerate(case.events) if event["event"] == "user"]
        if not self.slots or not last:
            return case.events
        at, when = last[-1], case.events[last[-1]]["timestamp"]
        held = {e["name"]: e["value"] for e in case.events if e["event"] == "slot"}
        unset = [name for name in self.slots if held.get(name) is None]
        added = [
            {
                "event": "slot",
                "timestamp": when,
                "name": name,
                "value": _value(self.slots[name], domain.slots.get(name)),
            }
            for name in unset
        ]
        kept = [
            event
            for event in case.events[at:]
            if event["event"] != "slot" or event["name"] not in unset
        ]
        return [*case.events[:at], *added, *kept]


PLAIN = Dress()


def _value(value: Any, slot: Slot | None) -> Any:
    if value is not None or slot is None:
        return value
    if slot.values:
        return slot.values[0]
    if slot.type == "float" and slot.min_value is not None:
        return slot.min_value
    return SOME_VALUE.get(slot.type, "something")


def _with_metadata(event: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    if event["event"] != "user":
        return event
    return {**event, "metadata": {**deepcopy(more), **(event.get("metadata") or {})}}


def _on_channel(event: dict[str, Any], channel: str) -> dict[str, Any]:
    if event["event"] != "user" or event.get("input_channel") is None:
        return event
    return {**event, "input_channel": channel}


def read_metadata(path: Path) -> list[dict[str, Any]]:
    """Read the metadata of messages: a JSON object, or a list of objects.

    Raises DataError for a file that cannot be read or is something else.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"cannot read the metadata: {error.strerror}"
        raise DataError(message, path=str(path)) from error
    except ValueError as error:
        raise DataError(f"the metadata are no JSON: {error}", path=str(path)) from error
    items = found if isinstance(found, list) else [found]
    if not items or not all(isinstance(item, dict) for item in items):
        message = "expected an object, or a list of objects, as metadata"
        raise DataError(message, path=str(path))
    return items
