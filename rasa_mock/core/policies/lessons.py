"""The training data as the rules see it: what can be learned, and asked, at each step.

Imitates the featurizing and the walk over training trackers of
`rasa.core.policies.rule_policy.RulePolicy` (Rasa 3.6).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rasa_mock.core.applied import Applied
from rasa_mock.core.domain import Domain
from rasa_mock.core.events import EFFECTS
from rasa_mock.core.policies.features import (
    Features,
    Lens,
    Prior,
    Rows,
    RuleOnly,
    all_priors,
)
from rasa_mock.core.policies.training import SNIPPET, Conversation
from rasa_mock.core.state import NO_LOOP, SlotBook, State, Wire, ignore


class Moment(NamedTuple):
    """A moment of a conversation at which an action is to be predicted."""

    rows: Sequence[Features]
    state: State


def since_start(rows: Sequence[Features]) -> Rows:
    """Return the rows since the unknown action with which a rule starts."""
    since: list[Features] = []
    for row in reversed(rows):
        if row.action == SNIPPET:
            break
        since.append(row)
    return tuple(reversed(since))


class Lesson:
    """One conversation of the training data, seen as the rules see it."""

    def __init__(self, conversation: Conversation, *, domain: Domain) -> None:
        self.is_rule = conversation.is_rule
        self.name = conversation.name
        self._book = SlotBook(domain.slots)
        self._lens = Lens(domain, is_sparse=self.is_rule, is_training=True)
        self._unpredictable = conversation.unpredictable
        events = conversation.events
        self._positions = list(Applied(events, book=self._book).follow())
        self._events = [_forbid(event) for event in events] if self.is_rule else events

    def examples(self) -> Iterator[tuple[Rows, str]]:
        """Yield each action that can be learned, with all rows up to it."""
        rows = tuple(prior.features for prior in self._timeline())
        actions = [
            position
            for position in self._positions
            if self._events[position]["event"] == "action"
        ]
        for count, position in enumerate(actions, start=1):
            if position not in self._unpredictable:
                yield rows[:count], self._events[position]["name"]

    def _timeline(self) -> list[Prior]:
        return all_priors(
            self._events, self._positions, book=self._book, lens=self._lens
        )

    def moments(self) -> Iterator[tuple[Moment, str]]:
        """Yield each moment at which a rule can be asked for the known action."""
        state, rows = State(self._book), []
        is_open = True
        lens = Lens(self._lens.domain, is_training=True)
        for position in self._positions:
            event = self._events[position]
            if event["event"] == "action":
                rows.append(lens.row(state))
                name = event["name"]
                if name == SNIPPET:
                    is_open = True
                elif is_open or position in self._unpredictable:
                    is_open = False
                else:
                    yield Moment(rows, state), name
            effect = EFFECTS.get(event["event"], ignore)
            if effect is not None:
                effect(state, event)


def _forbid(event: Wire) -> Wire:
    """Make what a rule sets to null something that must not be set."""
    if event["event"] == "active_loop" and event["name"] is None:
        return {**event, "name": NO_LOOP}
    if event["event"] == "slot" and event["value"] is None:
        return {**event, "value": NO_LOOP}
    return event


def rule_only(lessons: Iterable[Lesson]) -> RuleOnly:
    """Find the slots and loops that occur in rules and in no story."""
    slots: dict[bool, set[str]] = {True: set(), False: set()}
    loops: dict[bool, set[str]] = {True: set(), False: set()}
    for lesson in lessons:
        for rows, _ in lesson.examples():
            slots[lesson.is_rule] |= {name for name, _ in rows[-1].slots}
            if rows[-1].loop and rows[-1].loop != NO_LOOP:
                loops[lesson.is_rule].add(rows[-1].loop)
    return RuleOnly(
        slots=frozenset(slots[True] - slots[False]),
        loops=frozenset(loops[True] - loops[False]),
    )
