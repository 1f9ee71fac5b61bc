"""Fit the generated cases to the user's bot: slots that an action may count on.

What the generator leaves open, the user may know better: which slots the dialogue
guarantees before an action is called.  Metadata, channels and senders are handed to the
generator itself (`rasa_mock.generate.material`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rasa_mock.generate.cases import tracker_for

if TYPE_CHECKING:
    from rasa_mock.core.domain import Domain
    from rasa_mock.core.slots import Slot
    from rasa_mock.generate.cases import Case

# After one of these all slots are at their defaults.
RESETS = ("reset_slots", "restart")
SOME_VALUE: Mapping[str, Any] = {"bool": True, "float": 1, "list": ["something"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dress:
    """What is put on each case; everything empty leaves a case as it is.

    The `slots` are set before the last message where they are empty (None: to a value
    of the slot's type).
    """

    slots: Mapping[str, Any] = field(default_factory=dict)

    def put_on(self, case: Case, *, domain: Domain) -> Case:
        """Return the case with all of it; the same case gets the same every time."""
        if not self.slots:
            return case
        return replace(case, events=[*self._granted(case, domain)])

    def _granted(self, case: Case, domain: Domain) -> list[dict[str, Any]]:
        """Set the slots that the action may count on, unless they hold something.

        They are set before the last message; after it where it is followed by what
        takes all slots back; at the end where nobody has said anything.
        """
        events = case.events
        held = tracker_for(case, domain).slots
        unset = [name for name in self.slots if held.get(name) is None]
        if not unset or not events:
            return events
        said = [n for n, event in enumerate(events) if event["event"] == "user"]
        reset = [n + 1 for n, event in enumerate(events) if event["event"] in RESETS]
        at = max([*(said[-1:] or [len(events)]), *reset])
        when = events[min(at, len(events) - 1)]["timestamp"]
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
            for event in events[at:]
            if event["event"] != "slot" or event["name"] not in unset
        ]
        return [*events[:at], *added, *kept]


def _value(value: Any, slot: Slot | None) -> Any:
    if value is not None or slot is None:
        return value
    if slot.values:
        return slot.values[0]
    if slot.type == "float" and slot.min_value is not None:
        return slot.min_value
    return SOME_VALUE.get(slot.type, "something")
