"""The policies of a bot together: what comes next in a conversation.

Imitates `DefaultPolicyPredictionEnsemble` of Rasa 3.6 for the policies that are known
here.  A followup comes before all of them; see `rasa_mock.core.turns`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from rasa_mock.core.domain import Domain
from rasa_mock.core.outcome import REJECTED
from rasa_mock.core.policies.features import Lens, Prior, RuleOnly, Sight, Timeline
from rasa_mock.core.policies.lessons import Moment
from rasa_mock.core.policies.memoization import MemoizationPolicy
from rasa_mock.core.policies.prediction import Choice, Prediction, choose
from rasa_mock.core.policies.rule import RulePolicy
from rasa_mock.core.state import LISTEN, SlotBook, Wire
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import Reply
from rasa_mock.errors import DataError

Place = tuple[str | None, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """What was learned, for any number of conversations of one domain."""

    domain: Domain
    rules: RulePolicy | None = None
    memories: tuple[MemoizationPolicy, ...] = ()
    # Path and line of each rule and story, by (whether it is a rule, name).
    places: Mapping[tuple[bool, str], Place] = field(default_factory=dict)
    # Whether there is a policy that would have to be trained.
    learned_elsewhere: bool = False

    def start(self) -> Mind:
        """Return what predicts in one conversation."""
        timeline = Timeline(SlotBook(self.domain.slots), Lens(self.domain))
        return Mind(ensemble=self, timeline=timeline, sight=Sight(self.rule_only))

    @property
    def rule_only(self) -> RuleOnly:
        """What occurs in rules and in no story."""
        return RuleOnly() if self.rules is None else self.rules.rule_only


@dataclass(slots=True, kw_only=True)
class Script:
    """Actions that a test wants next, before any policy is asked.

    A reply in place of a name is what an action answers that no domain has.
    """

    actions: list[str | Reply] = field(default_factory=list)

    def next_choice(self) -> Choice | None:
        """Take the next action; None if there is none."""
        if not self.actions:
            return None
        wanted = self.actions.pop(0)
        if isinstance(wanted, str):
            return Choice(action=wanted, policy=SCRIPTED, confidence=1.0)
        return Choice(
            action=SCRIPTED_ACTION, policy=SCRIPTED, confidence=1.0, answer=wanted
        )


SCRIPTED_ACTION = "action_scripted"
SCRIPTED = "scripted"
"""The name that stands for a policy where a test has said what comes next."""


@dataclass(slots=True, kw_only=True)
class Mind:
    """The predictions in one conversation, with what is known of it so far."""

    ensemble: Ensemble
    timeline: Timeline
    sight: Sight
    _order: dict[str, int] = field(default_factory=dict)
    _depth: int = 0

    def __post_init__(self) -> None:
        rules = self.ensemble.rules
        self._depth = 0 if rules is None else rules.depth

    def predict(self, tracker: Tracker) -> Choice:
        """Predict the next action; `tracker` may have grown, or lost turns."""
        events, applied = tracker.events, tracker.history.applied
        now = self.timeline.follow(events, applied)
        predictions = self._remembered(now, tracker)
        rules = self.ensemble.rules
        if rules is not None:
            priors = self.timeline.priors[-self._depth :]
            rows = [*(prior.features for prior in priors), now.features]
            predictions.append(rules.predict(Moment(rows, tracker.history.state)))
        if not self._order:
            names = self.ensemble.domain.action_names
            self._order = {name: place for place, name in enumerate(names)}
        if not predictions:
            return Choice(action=LISTEN, policy=None, confidence=0.0, is_doubtful=True)
        rejected = just_rejected(events)
        if rejected is not None and rejected not in self._order:
            raise DataError(
                f"cannot rule out {rejected!r}, which was rejected: the domain has no "
                "such action or form",
                rasa_class="ActionNotFoundException",
                phase="processor",
            )
        choice = choose(predictions, order=self._order, rejected=rejected)
        if self.ensemble.learned_elsewhere and (choice.confidence or 0.0) < 1.0:
            return replace(choice, is_doubtful=True)
        return choice

    def _remembered(self, now: Prior, tracker: Tracker) -> list[Prediction]:
        """Ask the memories; all of them see the conversation without the rules."""
        memories = self.ensemble.memories
        if not any(memory.actions for memory in memories):
            return [memory.nothing() for memory in memories]
        lengths = [memory.max_history for memory in memories]
        longest = None if None in lengths else max(each or 0 for each in lengths)
        rows = self.sight.follow(self.timeline, now, number=longest)
        confidence = (tracker.latest_message.get("intent") or {}).get("confidence")
        return [
            memory.predict(
                rows,
                events=tracker.events,
                positions=tracker.history.applied.positions,
                without=self.ensemble.rule_only,
                confidence=1.0 if confidence is None else confidence,
            )
            for memory in memories
        ]


def just_rejected(events: Sequence[Wire]) -> str | None:
    """Name the action that has rejected to run, if none has run since."""
    for event in reversed(events):
        if event["event"] == REJECTED:
            name: str | None = event["name"]
            return name or None
        if event["event"] == "action":
            return None
    return None
