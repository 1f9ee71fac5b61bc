"""What a policy predicts, and which of several predictions counts.

Imitates `PolicyPrediction` and `DefaultPolicyPredictionEnsemble` of
`rasa.core.policies` (Rasa 3.6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rasa_mock.core.state import Wire
from rasa_mock.core.wire import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Scores of one policy: of the actions named, all others have 0.

    `ignores_message` marks the prediction of an active loop, which beats any that
    looks at the message.  `events` are logged whoever wins.  `hide_rule_turn` says
    that other policies are not to see the turn.
    """

    policy: str
    priority: int
    scores: Mapping[str, float] = field(default_factory=dict)
    ignores_message: bool = False
    hide_rule_turn: bool = False
    events: tuple[Wire, ...] = ()
    # The rules or stories that say so, a loop, or an intent with an action of its own.
    because: tuple[str, ...] = ()

    def best(self, order: Mapping[str, int]) -> tuple[str, float]:
        """Return the best action and its score; `order` is the domain's, ascending.

        Of equal ones the first in the domain wins, `action_listen` if there is none.
        """
        best, score = next(iter(order)), 0.0
        place = 0
        for name, value in self.scores.items():
            there = order.get(name, len(order))
            if value > score or (value == score and there < place):
                best, score, place = name, value, there
        return best, score


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The action to run next, and what is logged of its prediction."""

    action: str
    policy: str | None
    confidence: float | None
    hide_rule_turn: bool = False
    events: tuple[Wire, ...] = ()
    # Whether a policy that would have to be trained might choose another action.
    is_doubtful: bool = False
    # What the action answers, where a test has said that, too.
    answer: Reply | None = None
    # What the winning policy gives each action; those not named have 0.
    scores: Mapping[str, float] = field(default_factory=dict, compare=False)
    # Why the winning policy says so, and what every policy has said.
    because: tuple[str, ...] = field(default=(), compare=False)
    considered: tuple[Prediction, ...] = field(default=(), compare=False)


def choose(
    predictions: Sequence[Prediction],
    *,
    order: Mapping[str, int],
    rejected: str | None = None,
) -> Choice:
    """Pick the best prediction; an action that was just rejected counts as 0.

    A loop's own prediction beats all others, then the score, then the priority of the
    policy.  `order` gives the place of each action in the domain.
    """
    loop_decides = any(prediction.ignores_message for prediction in predictions)
    best: tuple[float, int] = (-1.0, -1)
    winner: tuple[Prediction, str] | None = None
    for prediction in predictions:
        if prediction.ignores_message != loop_decides:
            continue
        name, score = _without(prediction, rejected).best(order)
        if (score, prediction.priority) > best:
            best = (score, prediction.priority)
            winner = (prediction, name)
    if winner is None:
        raise AssertionError("an ensemble has at least one policy")
    prediction, name = winner
    return Choice(
        action=name,
        policy=prediction.policy,
        confidence=best[0],
        hide_rule_turn=prediction.hide_rule_turn,
        events=tuple(event for each in predictions for event in each.events),
        scores=_without(prediction, rejected).scores,
        because=prediction.because,
        considered=tuple(predictions),
    )


def _without(prediction: Prediction, rejected: str | None) -> Prediction:
    if rejected not in prediction.scores:
        return prediction
    return Prediction(
        policy=prediction.policy,
        priority=prediction.priority,
        scores={
            name: score for name, score in prediction.scores.items() if name != rejected
        },
    )
