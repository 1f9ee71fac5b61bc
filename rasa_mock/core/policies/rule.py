"""Rules: what a bot does without having learned it.

Learning.  For every action of a rule the rows of features since the rule's start are
kept, with the action, in `rules`.  For the actions inside an active loop `unhappy`
keeps, with at most the row before, whether the loop may run again and whether it then
validates.  Running the learned rules over all training data shows which of them only
occur in rules: the turns they answer are hidden from other policies.

Predicting, the first that has an answer wins: `restart`, `back` and `session_start`;
the active loop, which runs, and then listens, until it rejects; the rules, of which
the longest counts, measured in characters of Rasa's key; the core fallback.

Imitates `rasa.core.policies.rule_policy.RulePolicy` of Rasa 3.6.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rasa_mock.core.domain import Domain
from rasa_mock.core.policies.features import Features, Rows, RuleOnly
from rasa_mock.core.policies.lessons import Lesson, Moment, since_start
from rasa_mock.core.policies.lessons import rule_only as find_rule_only
from rasa_mock.core.policies.prediction import Prediction
from rasa_mock.core.policies.training import SNIPPET, Conversation
from rasa_mock.core.state import LISTEN, NO_LOOP, State, Wire

NAME = "RulePolicy"
PRIORITY = 6

# Intents that Rasa answers by itself, directly after listening.
DEFAULT_ACTION_MAPPINGS: Mapping[str, str] = {
    "restart": "action_restart",
    "back": "action_back",
    "session_start": "action_session_start",
}

# What `unhappy` says of a moment inside a loop.
DO_NOT_VALIDATE = "do not validate"
DO_NOT_RUN_LOOP = "do not run the loop"

INTERRUPTED: Wire = {"event": "loop_interrupted", "is_interrupted": True}


class Contradiction(NamedTuple):
    """A rule or story that a rule contradicts: Rasa refuses to train."""

    name: str
    message: str


class Source(NamedTuple):
    """Where a prediction comes from: a default, a loop, or a rule's rows."""

    kind: str
    key: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSettings:
    """The keys of RulePolicy in `config.yml`, with Rasa's defaults."""

    core_fallback_threshold: float = 0.3
    core_fallback_action_name: str = "action_default_fallback"
    enable_fallback_prediction: bool = True
    priority: int = PRIORITY


class Lookup:
    """Rows of features and what they stand for; finds those that fit a moment."""

    def __init__(self) -> None:
        self._ambiguous: set[Rows] = set()
        self.values: dict[Rows, str] = {}
        self.names: dict[Rows, tuple[str, ...]] = {}
        self._by_action: dict[str | None, list[Rows]] = {}
        self._lengths: dict[Rows, int] = {}

    def __len__(self) -> int:
        return len(self.values)

    def learn(self, rows: Rows, value: str, *, name: str = "") -> None:
        """Note a value; rows that stand for two different ones are forgotten.

        `name` is that of the rule that has them.
        """
        if rows in self._ambiguous:
            return
        self.names[rows] = (*self.names.get(rows, ()), name)
        known = self.values.get(rows)
        if known is not None and known != value:
            self._ambiguous.add(rows)
            del self.values[rows]
        else:
            self.values[rows] = value

    def forget(self, rows: Rows) -> None:
        """Drop what rows stand for."""
        self.values.pop(rows, None)
        self.index()

    def index(self) -> None:
        """Prepare for `fitting`, after the last value was learned."""
        self._by_action = {}
        for rows in self.values:
            self._by_action.setdefault(rows[-1].action, []).append(rows)
            self._lengths[rows] = len(_key_text(rows))

    def fitting(self, rows: Sequence[Features]) -> Iterator[Rows]:
        """Yield what fits the end of a conversation."""
        now = rows[-1].action
        for key in self._by_action.get(now, ()):
            if _fits(key, rows):
                yield key
        if now is not None:
            for key in self._by_action.get(None, ()):
                if key[-1].loop and _fits(key, rows):
                    yield key

    def longest(self, rows: Sequence[Features]) -> Rows | None:
        """Return the longest of what fits."""
        return max(self.fitting(rows), key=self._lengths.__getitem__, default=None)


def _key_text(rows: Rows) -> str:
    """Write rows as Rasa writes its keys."""
    return json.dumps([row.as_state() for row in rows], sort_keys=True)


def _fits(rule: Rows, rows: Sequence[Features]) -> bool:
    """Tell whether the rows of a rule fit the last rows of a conversation."""
    for wanted, found in zip(reversed(rule), reversed(rows), strict=False):
        if not wanted.action and not found.action:
            continue
        if not wanted.action or not found.action or not _matches(wanted, found):
            return False
    return True


def _matches(wanted: Features, found: Features) -> bool:
    """Tell whether a row has what a rule wants; it may have more."""
    if wanted.action != found.action:
        return False
    if wanted.intent and wanted.intent != found.intent:
        return False
    if wanted.entities and wanted.entities != found.entities:
        return False
    if wanted.loop == NO_LOOP:
        if found.loop and found.loop != NO_LOOP:
            return False
    elif wanted.loop and wanted.loop != found.loop:
        return False
    return not wanted.slots or _slots_match(wanted, found)


def _slots_match(wanted: Features, found: Features) -> bool:
    slots = dict(found.slots)
    for name, values in wanted.slots:
        there = slots.get(name)
        if values == NO_LOOP:
            if there and there != NO_LOOP:
                return False
        elif there != values:
            return False
    return True


@dataclass(slots=True, kw_only=True)
class RulePolicy:
    """The learned rules; see `learn`."""

    settings: RuleSettings = field(default_factory=RuleSettings)
    rules: Lookup = field(default_factory=Lookup)
    unhappy: Lookup = field(default_factory=Lookup)
    only_in_rules: frozenset[Source] = frozenset()
    rule_only: RuleOnly = field(default_factory=RuleOnly)
    contradictions: list[Contradiction] = field(default_factory=list)

    @property
    def depth(self) -> int:
        """How many rows, from the last one back, a prediction looks at."""
        lookups = (self.rules, self.unhappy)
        return max((len(rows) for each in lookups for rows in each.values), default=1)

    @classmethod
    def learn(
        cls,
        data: Sequence[Conversation],
        *,
        domain: Domain,
        settings: RuleSettings | None = None,
    ) -> RulePolicy:
        """Learn rules, and from stories what happens inside loops."""
        lessons = [Lesson(conversation, domain=domain) for conversation in data]
        lessons.sort(key=lambda lesson: not lesson.is_rule)
        policy = cls(settings=settings or RuleSettings())
        for lesson in lessons:
            if lesson.is_rule:
                for rows, action in lesson.examples():
                    since = since_start(rows)
                    if since and action != SNIPPET:
                        policy.rules.learn(since, action, name=lesson.name)
        for lesson in lessons:
            for rows, action in lesson.examples():
                policy._learn_loop(rows, action)
        policy.rules.index()
        policy.unhappy.index()
        policy.rule_only = find_rule_only(lessons)
        policy._analyse(lessons, domain=domain)
        return policy

    def _learn_loop(self, rows: Rows, action: str) -> None:
        """Learn from an action inside a loop what the loop must not do there."""
        loop = rows[-1].loop
        if not loop or loop == NO_LOOP:
            return
        before = rows[-2].action if len(rows) > 1 else None
        last = (Features(action=before), rows[-1]) if before else (rows[-1],)
        since = since_start(last)
        if not since:
            return
        listening = rows[-1].action == LISTEN
        if listening and action == loop:
            self.unhappy.values[since] = DO_NOT_VALIDATE
        elif not listening and action != loop:
            self.unhappy.values[since] = DO_NOT_RUN_LOOP

    def _analyse(self, lessons: Sequence[Lesson], *, domain: Domain) -> None:
        """Run over all training data: find what no story uses, and contradictions.

        The rules are run first, on their own, to know whose rules they are.
        """
        taught: dict[Source, list[tuple[str, str]]] = {}
        for lesson in lessons:
            if lesson.is_rule:
                for moment, action in lesson.moments():
                    _, source = self._explain(moment, action)
                    taught.setdefault(source, []).append((lesson.name, action))
        used = set()
        for lesson in lessons:
            for moment, action in lesson.moments():
                predicted, source = self._explain(moment, action)
                if predicted == action and not lesson.is_rule:
                    used.add(source)
                elif predicted not in (None, action) and source.kind == "rule":
                    if not lesson.is_rule and self._is_superfluous(source, predicted):
                        self.rules.forget(source.key)
                    else:
                        self._note(lesson, action, taught=taught.get(source, ()))
        known = {Source("default", intent) for intent in DEFAULT_ACTION_MAPPINGS}
        for name in domain.forms:
            known |= {Source("loop", name), Source("loop listens", name)}
        known |= {source for source in taught if source.key is not None}
        self.only_in_rules = frozenset(known - used)

    def _is_superfluous(self, source: Source, predicted: str | None) -> bool:
        """Tell whether a rule only listens where others of the same start go on.

        It then comes from the first, unpredictable action of a rule.
        """
        if predicted != LISTEN or sum(bool(row.action) for row in source.key) > 1:
            return False
        start = _key_text(source.key)[:-2]
        return any(
            rows != source.key and _key_text(rows).startswith(start)
            for rows in self.rules.values
        )

    def _note(
        self, lesson: Lesson, action: str, *, taught: Sequence[tuple[str, str]]
    ) -> None:
        """Note a rule or story in which other rules predict another action."""
        others = sorted({name for name, other in taught if other != action})
        if others:
            kind = "rule" if lesson.is_rule else "story"
            names = ", ".join(map(repr, others))
            self.contradictions.append(
                Contradiction(
                    name=lesson.name,
                    message=f"{kind} {lesson.name!r} goes on with {action!r}, which "
                    f"contradicts {names}",
                )
            )

    def _explain(self, moment: Moment, action: str) -> tuple[str | None, Source]:
        """Predict a known action; a loop that is not expected rejects, for good."""
        predicted, source, _ = self._find(moment)
        loop = moment.state.loop
        if loop is not None and predicted == loop.known_name and predicted != action:
            moment.state.loop = loop._replace(rejected=True)
            predicted, source, _ = self._find(moment)
        return predicted, source

    def predict(self, moment: Moment) -> Prediction:
        """Predict the next action, or the core fallback."""
        action, source, events = self._find(moment)
        scores = {}
        if self.settings.enable_fallback_prediction:
            name = self.settings.core_fallback_action_name
            scores[name] = self.settings.core_fallback_threshold
        if action is not None:
            scores[action] = 1.0
        return Prediction(
            policy=NAME,
            priority=self.settings.priority,
            scores=scores,
            ignores_message=source.kind in ("loop", "loop listens"),
            hide_rule_turn=source in self.only_in_rules,
            events=events,
            because=() if action is None else self._reason(source),
        )

    def _reason(self, source: Source) -> tuple[str, ...]:
        """Name what a prediction comes from."""
        if source.kind == "rule":
            return tuple(dict.fromkeys(self.rules.names.get(source.key, ())))
        return (f"{source.kind}: {source.key}",)

    def _find(self, moment: Moment) -> tuple[str | None, Source, tuple[Wire, ...]]:
        by_default = _by_default(moment.state)
        if by_default is not None:
            action, intent = by_default
            return action, Source("default", intent), ()
        loop = moment.state.loop
        if loop is not None and loop.known_name and not loop.rejected:
            name = loop.known_name
            if moment.state.action_name == name:
                return LISTEN, Source("loop listens", name), ()
            if moment.state.action_name:
                return name, Source("loop", name), ()
        return self._by_rules(moment)

    def _by_rules(self, moment: Moment) -> tuple[str | None, Source, tuple[Wire, ...]]:
        key = self.rules.longest(moment.rows)
        action = None if key is None else self.rules.values[key]
        source = Source("rule", key)
        loop = moment.state.loop
        name = None if loop is None else loop.known_name
        if not name:
            return action, source, ()
        conditions = {
            self.unhappy.values[found] for found in self.unhappy.fitting(moment.rows)
        }
        if key is not None and action == LISTEN and not _loop_of(key):
            # The rule is over; it does not say that the loop goes on.
            if DO_NOT_RUN_LOOP not in conditions:
                return name, source, ()
            action = None
        events = (INTERRUPTED,) if DO_NOT_VALIDATE in conditions else ()
        return action, source, events


def _loop_of(rows: Rows) -> str | None:
    loop = rows[-1].loop
    return None if loop == NO_LOOP else loop


def _by_default(state: State) -> tuple[str, str] | None:
    if state.action_name != LISTEN or state.message is None:
        return None
    intent = (state.message["parse_data"].get("intent") or {}).get("name")
    if not isinstance(intent, str) or intent not in DEFAULT_ACTION_MAPPINGS:
        return None
    return DEFAULT_ACTION_MAPPINGS[intent], intent
