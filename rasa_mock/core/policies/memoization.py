"""Memorised stories: the same last rows of features, the same next action.

Rows are compared as a whole, slots included.  The augmented policy, when it knows
nothing, tries again with ever less of the conversation: it forgets the oldest events,
up to the next action, and with them the slots that they had set.

Imitates `MemoizationPolicy` and `AugmentedMemoizationPolicy` of
`rasa.core.policies.memoization` (Rasa 3.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rasa_mock.core.applied import Applied
from rasa_mock.core.domain import Domain
from rasa_mock.core.policies.features import (
    Features,
    Lens,
    Rows,
    RuleOnly,
    all_priors,
    visible,
)
from rasa_mock.core.policies.prediction import Prediction
from rasa_mock.core.policies.training import Conversation
from rasa_mock.core.state import LISTEN, SlotBook, Wire

PRIORITY = 3
MAX_HISTORY = 5


@dataclass(slots=True, kw_only=True)
class MemoizationPolicy:
    """The memorised stories; see `learn`."""

    name: str
    book: SlotBook
    lens: Lens
    max_history: int | None = MAX_HISTORY
    is_augmented: bool = False
    priority: int = PRIORITY
    # Whether the confidence of the intent is the score of what it leads to.
    trusts_nlu: bool = False
    actions: dict[Rows, str] = field(default_factory=dict)
    # The stories that have these rows.
    names: dict[Rows, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def learn(
        cls,
        data: Sequence[Conversation],
        *,
        domain: Domain,
        is_augmented: bool = False,
        max_history: int | None = MAX_HISTORY,
    ) -> MemoizationPolicy:
        """Memorise every action of the stories; contradictions are forgotten."""
        policy = cls(
            name="AugmentedMemoizationPolicy" if is_augmented else "MemoizationPolicy",
            book=SlotBook(domain.slots),
            lens=Lens(domain),
            max_history=max_history,
            is_augmented=is_augmented,
        )
        ambiguous: set[Rows] = set()
        lens = Lens(domain, is_training=True)
        for story in data:
            if not story.is_rule:
                policy._memorise(story, lens=lens, ambiguous=ambiguous)
        return policy

    def _memorise(
        self, story: Conversation, *, lens: Lens, ambiguous: set[Rows]
    ) -> None:
        positions = Applied(story.events, book=self.book).follow()
        priors = all_priors(story.events, positions, book=self.book, lens=lens)
        rows = [prior.features for prior in priors]
        taken = [at for at in positions if story.events[at]["event"] == "action"]
        for count, position in enumerate(taken, start=1):
            if position in story.unpredictable:
                continue
            key = self._latest(rows[:count])
            action = story.events[position]["name"]
            if key in ambiguous:
                continue
            self.names[key] = (*self.names.get(key, ()), story.name)
            if self.actions.setdefault(key, action) != action:
                ambiguous.add(key)
                del self.actions[key]

    def _latest(self, rows: Sequence[Features]) -> Rows:
        kept = rows if self.max_history is None else rows[-self.max_history :]
        return tuple(_as_listened(row) for row in kept)

    def predict(
        self,
        rows: Sequence[Features],
        *,
        events: Sequence[Wire],
        positions: Sequence[int],
        without: RuleOnly,
        confidence: float = 1.0,
    ) -> Prediction:
        """Predict what the story did.

        `rows` are the visible ones, as many as are looked at; `positions` are those of
        the events that count, `confidence` is that of the latest intent.
        """
        key = self._latest(rows)
        if key not in self.actions and self.is_augmented:
            turns = _last_turns(events, positions, max_history=self.max_history)
            key = self._recall(key, turns, without=without)
        action = self.actions.get(key)
        if action is None:
            return self.nothing()
        return Prediction(
            policy=self.name,
            priority=self.priority,
            scores={action: confidence if self.trusts_nlu else 1.0},
            because=tuple(dict.fromkeys(self.names.get(key, ()))),
        )

    def nothing(self) -> Prediction:
        """Predict nothing."""
        return Prediction(policy=self.name, priority=self.priority)

    def _recall(
        self, known: Rows, events: Sequence[Wire], *, without: RuleOnly
    ) -> Rows:
        """Forget ever more of the conversation until it looks like a story.

        Returns the rows that a story has; none if there is no such story.
        """
        again = False
        while True:
            events = _from_action(events, number=2 if again else 1)
            if not events:
                return ()
            priors = all_priors(
                events, range(len(events)), book=self.book, lens=self.lens
            )
            key = self._latest(tuple(visible(priors, without=without)))
            if key != known:
                if key in self.actions:
                    return key
                known = key
            again = True


def _as_listened(row: Features) -> Features:
    """Drop the text of a message: only end-to-end stories go by it."""
    return row._replace(text=None) if row.text and row.action == LISTEN else row


def _last_turns(
    events: Sequence[Wire], positions: Sequence[int], *, max_history: int | None
) -> Sequence[Wire]:
    """Return what counts from the last `action_listen` before `max_history` actions."""
    first, actions = len(positions), 0
    while first > 0:
        first -= 1
        event = events[positions[first]]
        if event["event"] != "action":
            continue
        actions += 1
        if max_history and actions > max_history and event["name"] == LISTEN:
            break
    return [events[position] for position in positions[first:]]


def _from_action(events: Sequence[Wire], *, number: int) -> Sequence[Wire]:
    """Return the events from the given action on; none if there is no such action."""
    for position, event in enumerate(events):
        if event["event"] == "action":
            number -= 1
            if number == 0:
                return events[position:]
    return ()
