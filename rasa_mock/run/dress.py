"""Fit the generated cases to the user's bot: slots that an action may count on.

What the generator leaves open, the user may know better: which slots the dialogue
guarantees before an action is called.  Metadata, channels and senders are handed to the
generator itself (`rasa_mock.generate.material`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rasa_mock.core.domain import Domain
    from rasa_mock.core.slots import Slot
    from rasa_mock.generate.cases import Case

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


def _value(value: Any, slot: Slot | None) -> Any:
    if value is not None or slot is None:
        return value
    if slot.values:
        return slot.values[0]
    if slot.type == "float" and slot.min_value is not None:
        return slot.min_value
    return SOME_VALUE.get(slot.type, "something")
