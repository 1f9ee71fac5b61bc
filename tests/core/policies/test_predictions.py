"""Every prediction that real Rasa logged in the recorded conversations, made again.

The bot's rules and stories are learned, each recorded conversation is folded event by
event, and before each action the policies are asked what comes next: name, policy,
confidence and `hide_rule_turn` must be what Rasa wrote into the event.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from rasa_mock.core.domain import Domain
from rasa_mock.core.policies.features import Lens, Timeline, visible
from rasa_mock.core.policies.lessons import Moment
from rasa_mock.core.policies.memoization import MemoizationPolicy
from rasa_mock.core.policies.prediction import Choice, choose
from rasa_mock.core.policies.rule import RulePolicy
from rasa_mock.core.policies.training import Block, conversations
from rasa_mock.core.tracker import Tracker
from rasa_mock.files.yaml import read_yaml
from rasa_mock.resources import fixture_folder

CONFORMANCE = fixture_folder() / "conformance"
BOT = CONFORMANCE / "bot"
RECORDINGS = sorted((CONFORMANCE / "conversations").glob("[0-9]*.json"))

# Logged with the action by a client of the HTTP API, not predicted.
NOT_PREDICTED = ("MyPolicy",)


class Brain:
    """The policies of the recorded bot, as its `config.yml` has them."""

    def __init__(self) -> None:
        self.domain = Domain.from_dict(read_yaml(BOT / "domain.yml"))
        rules = read_yaml(BOT / "data" / "rules.yml")["rules"]
        stories = read_yaml(BOT / "data" / "stories.yml")["stories"]
        blocks = [
            Block(
                name=rule["rule"],
                steps=rule["steps"],
                is_rule=True,
                conditions=rule.get("condition", ()),
            )
            for rule in rules
        ]
        blocks += [
            Block(name=story["story"], steps=story["steps"]) for story in stories
        ]
        data = conversations(blocks, domain=self.domain)
        self.rules = RulePolicy.learn(data, domain=self.domain)
        self.stories = MemoizationPolicy.learn(
            data, domain=self.domain, is_augmented=True, max_history=4
        )
        names = self.domain.action_names
        self.order = {name: place for place, name in enumerate(names)}

    def predict(self, tracker: Tracker, timeline: Timeline) -> Choice:
        """Predict from the whole conversation, and anew each time."""
        applied = tracker.history.applied
        now = timeline.follow(tracker.events, applied)
        priors = [*timeline.priors, now]
        moment = Moment([prior.features for prior in priors], tracker.history.state)
        return choose(
            [
                self.stories.predict(
                    tuple(visible(priors, without=self.rules.rule_only)),
                    events=tracker.events,
                    positions=applied.positions,
                    without=self.rules.rule_only,
                ),
                self.rules.predict(moment),
            ],
            order=self.order,
            rejected=_just_rejected(tracker),
        )


@cache
def brain() -> Brain:
    return Brain()


def _just_rejected(tracker: Tracker) -> str | None:
    """Name the action that was rejected last; the prediction's own events aside."""
    own = ("user_featurization", "loop_interrupted")
    last = next(
        event for event in reversed(tracker.events) if event["event"] not in own
    )
    return last["name"] if last["event"] == "action_execution_rejected" else None


def _final_events(recording: dict) -> list[dict]:
    for step in reversed(recording["steps"]):
        answer = step["response"]
        if isinstance(answer, dict):
            events = answer.get("tracker", answer).get("events")
            if events:
                return events
    return []


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_each_logged_prediction_is_made_again(path: Path) -> None:
    mind = brain()
    tracker = Tracker(
        "x", domain=mind.domain, now=1.0, new_id=lambda: "id", parse_date=lambda d, _: d
    )
    timeline = Timeline(tracker.history.book, Lens(mind.domain))
    wrong = []
    events = _final_events(json.loads(path.read_text("utf-8")))
    for index, event in enumerate(events):
        if event["event"] == "action" and event["policy"] not in (
            None,
            "followup_action",
            *NOT_PREDICTED,
        ):
            got = mind.predict(tracker, timeline)
            expected = Choice(
                action=event["name"],
                policy=event["policy"],
                confidence=event["confidence"],
                hide_rule_turn=event["hide_rule_turn"],
                events=got.events,
            )
            if got != expected:
                wrong.append((index, expected, got))
        tracker.update(event)
    assert wrong == []
    assert events
