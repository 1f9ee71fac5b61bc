"""Make the case behind a finding smaller while it still shows the finding.

Turns are taken away from the front, then slots go back to their defaults, one after the
other.  Each attempt is one more call, so their number is bounded.  What is left is said
in words: which of the events and slots the mistake needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rasa_mock.generate.cases import Case

Event = dict[str, Any]
MOST_CALLS = 12
MOST_SLOTS_NAMED = 4
LISTEN = "action_listen"


@dataclass(slots=True, kw_only=True)
class Shrinking:
    """One attempt after the other; `shows` calls the action and looks again.

    The `granted` slots are those that the action may count on: they stay set.
    """

    shows: Callable[[Case], bool]
    granted: frozenset[str] = frozenset()
    calls: int = 0
    kept: list[str] = field(default_factory=list)

    def shrink(self, case: Case) -> Case:
        """Return the smallest case found that still shows the finding."""
        best = case
        for smaller in _shorter(case):
            if self._holds(smaller):
                best = smaller
                break
        for name in _slots_set(best):
            if name in self.granted:
                continue
            smaller = _without_slot(best, name)
            if self._holds(smaller):
                best = smaller
            else:
                self.kept.append(name)
        return best

    def _holds(self, case: Case) -> bool:
        if self.calls >= MOST_CALLS:
            return False
        self.calls += 1
        return self.shows(case)


def _shorter(case: Case) -> Iterator[Case]:
    """Yield the case with ever more of its turns, the shortest first.

    A turn begins after `action_listen`; the session's start stays in front.  Forms that
    are under way are left whole.
    """
    starts = [n + 1 for n, e in enumerate(case.events) if e.get("name") == LISTEN]
    if len(starts) < 2 or any(e["event"] == "active_loop" for e in case.events):
        return
    head = case.events[: starts[0]]
    for start in dict.fromkeys([starts[-1], starts[len(starts) // 2]]):
        if start != starts[0]:
            yield replace(case, events=[*head, *case.events[start:]])


def _slots_set(case: Case) -> list[str]:
    """List the slots that are set, but for those of a form's question."""
    names = [e["name"] for e in case.events if e["event"] == "slot"]
    return [name for name in dict.fromkeys(names) if name != "requested_slot"]


def _without_slot(case: Case, name: str) -> Case:
    events = [
        event
        for event in case.events
        if event["event"] != "slot" or event.get("name") != name
    ]
    return replace(case, events=events)


def in_words(before: Case, after: Case, *, kept: list[str]) -> str:
    """Say what of a case is needed."""
    slots = _slots_set(after)
    named = ", ".join(name for name in slots if name in kept) if kept else ""
    if len(after.events) == len(before.events) and not kept:
        return ""
    needed = f"slots needed: {named}" if named else "all slots may be at their defaults"
    if len(slots) > MOST_SLOTS_NAMED and not named:
        needed = f"{len(slots)} slots set"
    return f"{len(after.events)} of {len(before.events)} events show it; {needed}"
