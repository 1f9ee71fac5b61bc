"""Play test stories: whether each message is understood, each action predicted.

A story becomes a tracker, event by event.  Each message with a text goes through the
NLU, and intent and entities have to be those that the story says; before each action,
the `action_listen` at the end of a turn included, the policies are asked.  What was
wrong is noted, and the story goes on as it is written.  No action is run: slots and
loops come from the story.  A form that is predicted where the story says otherwise may
have been rejected: it is, and the policies are asked again.

What only a trained model could tell is not judged: steps that go by a text alone, and
predictions that TEDPolicy would make.

Imitates `_predict_tracker_actions` (rasa/core/test.py, Rasa 3.6).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rasa_mock.core.bot import Bot
from rasa_mock.core.domain import Domain
from rasa_mock.core.e2e import USER
from rasa_mock.core.outcome import REJECTED
from rasa_mock.core.policies.prediction import Choice
from rasa_mock.core.policies.training import (
    Block,
    Conversation,
    conversations,
    is_end_to_end,
)
from rasa_mock.core.state import LISTEN
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.turns import Turn
from rasa_mock.run.conversation import Setup
from rasa_mock.run.e2e.checks import unknown_form, unknown_slot
from rasa_mock.run.e2e.results import CaseResult, Failure, Unjudged
from rasa_mock.run.e2e.told import json_text

Wire = Mapping[str, Any]
END_TO_END = "it goes by a text alone: only a trained TEDPolicy predicts such steps"
DOUBTFUL = "a trained TEDPolicy would decide here"
UNLIKELY = "action_unlikely_intent"
COMPARED = ("entity", "value", "start", "end", "role", "group")


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One way through the test stories, over `blocks` that meet at checkpoints.

    `told` is None where it cannot be played.
    """

    name: str
    path: str
    line: int | None = None
    told: Conversation | None = None
    blocks: Sequence[Block]

    def lines_of(self, kind: str) -> Iterator[int | None]:
        """Yield the line of each step of a kind, in order: `user` or `action`."""
        keys = {USER, "intent"} if kind == USER else {kind}
        for block in self.blocks:
            lines = block.lines or [None] * len(block.steps)
            for step, line in zip(block.steps, lines, strict=True):
                if any(keys & each.keys() for each in _flat([step])):
                    yield line


def find_stories(blocks: Sequence[Block], *, bot: Bot) -> Iterator[Story]:
    """Yield each story; those that meet at a checkpoint are joined, `or` tried out.

    Raises DataError for a slot or form that the domain lacks.
    """
    for block in blocks:
        _check_names(block, domain=bot.domain)
    by_name = {block.name: block for block in reversed(blocks)}
    ready = [_with_messages(block, bot=bot) for block in blocks]
    seen: dict[str, int] = {}
    for told in conversations(ready, domain=bot.domain):
        seen[told.name] = seen.get(told.name, 0) + 1
        more = f" ({seen[told.name]})" if seen[told.name] > 1 else ""
        yield _story(f"{told.name}{more}", _path(told.name, by_name), told=told)
    for block in blocks:
        if is_by_text(block):
            yield _story(block.name, [block], told=None)


def is_by_text(block: Block) -> bool:
    """Tell whether a story has a step that goes by its text alone."""
    return any(map(is_end_to_end, _flat(block.steps)))


def _path(name: str, by_name: Mapping[str, Block]) -> list[Block]:
    """Return the blocks that a way goes through, whose names are joined in its own."""
    if name in by_name:
        return [by_name[name]]
    found = [by_name[part] for part in name.split(" + ") if part in by_name]
    return found or list(by_name.values())[:1]


def _story(name: str, path: Sequence[Block], *, told: Conversation | None) -> Story:
    first = path[0]
    return Story(
        name=name, path=first.path or "", line=first.line, told=told, blocks=path
    )


def _flat(steps: Iterable[Wire]) -> Iterator[Wire]:
    for step in steps:
        yield from _flat(step["or"]) if "or" in step else (step,)


def _check_names(block: Block, *, domain: Domain) -> None:
    """Raise DataError, with the line, for a slot or form that the domain lacks."""
    lines = block.lines or [None] * len(block.steps)
    for step, line in zip(block.steps, lines, strict=True):
        where: dict[str, Any] = {"domain": domain, "path": block.path, "line": line}
        for each in _flat([step]):
            for name in _slot_names(each):
                if name not in domain.slots:
                    raise unknown_slot(name, **where)
            form = each.get("active_loop")
            if form is not None and form not in domain.action_names:
                raise unknown_form(form, **where)


def _slot_names(step: Wire) -> Iterator[str]:
    items = step.get("slot_was_set") or ()
    for item in [items] if isinstance(items, Mapping) else items:
        yield from item if isinstance(item, Mapping) else (item,)


def _with_messages(block: Block, *, bot: Bot) -> Block:
    """Give each message its entities where they are not marked in its text."""
    return replace(block, steps=[_with_entities(step, bot=bot) for step in block.steps])


def _with_entities(step: Wire, *, bot: Bot) -> Wire:
    """Take the entities that `/inform{"city": "Rome"}` names, or those listed beside.

    Rasa overlooks a list of entities beside a text.
    """
    text, listed = str(step.get("user") or ""), step.get("listed")
    if text.startswith("/"):
        return {**step, "entities": bot.interpreter.parse(text)["entities"]}
    if not listed or step.get("entities"):
        return step
    found = bot.interpreter.parse(text)["entities"]
    entities = [_located(entity, text=text, found=found) for entity in listed]
    return {**step, "entities": entities}


def _located(entity: Wire, *, text: str, found: Sequence[Wire]) -> Wire:
    """Say where in the text an entity is; one without a value is any of its name."""
    value = str(entity.get("value") or "")
    if not value:
        same = [each for each in found if each["entity"] == entity["entity"]]
        return same[0] if same else entity
    start = text.find(value)
    return (
        {**entity, "start": start, "end": start + len(value)} if start >= 0 else entity
    )


def play_story(story: Story, *, setup: Setup) -> CaseResult:
    """Play a story with the bot of a setup; its stubs and server are not used."""
    began = time.perf_counter()
    player = _Player(story=story, setup=setup)
    if story.told is None:
        player.leave_out()
    else:
        player.play(story.told)
    return CaseResult(
        name=story.name,
        path=story.path,
        line=story.line,
        failures=player.failures,
        unjudged=player.unjudged,
        difference=player.difference,
        steps=[step for block in story.blocks for step in block.steps],
        elapsed=time.perf_counter() - began,
    )


@dataclass(slots=True, kw_only=True)
class _Player:
    """Goes through the events of a story, and asks before each what would come."""

    story: Story
    setup: Setup
    # Where the step stands that is being played.
    line: int | None = None
    failures: list[Failure] = field(default_factory=list)
    unjudged: list[Unjudged] = field(default_factory=list)
    difference: list[str] = field(default_factory=list)

    def leave_out(self) -> None:
        """Say which steps nobody can judge without a trained model."""
        (block,) = self.story.blocks
        lines = block.lines or [None] * len(block.steps)
        for step, line in zip(block.steps, lines, strict=True):
            for each in filter(is_end_to_end, _flat([step])):
                key = "bot" if "bot" in each else "user"
                self.unjudged.append(Unjudged(key=key, reason=END_TO_END, line=line))

    def play(self, told: Conversation) -> None:
        """Play a story."""
        turn = self._turn()
        messages, actions = self.story.lines_of(USER), self.story.lines_of("action")
        has_begun = False
        for event in told.events:
            if event["event"] == "user":
                has_begun = True
                self.line = next(messages, None)
                self._hear(event, turn.tracker)
            elif event["event"] == "action" and (has_begun or event["name"] != LISTEN):
                if event["name"] != LISTEN:
                    self.line = next(actions, None)
                self._act(event, turn)
            else:
                self._add(event, turn.tracker)

    def _turn(self) -> Turn:
        setup, bot = self.setup, self.setup.bot
        tracker = Tracker(
            self.story.name,
            domain=bot.domain,
            now=setup.now,
            new_id=setup.new_id,
            parse_date=setup.parse_date,
        )
        mind = bot.ensemble.start()
        return Turn(domain=bot.domain, predictor=mind, tracker=tracker)

    def _add(self, event: Wire, tracker: Tracker) -> None:
        if event["event"] == "slot":
            value = json_text(event["value"])
            self.difference.append(f"  slot_was_set: {event['name']}: {value}")
        elif event["event"] == "active_loop":
            self.difference.append(f"  active_loop: {event['name'] or 'null'}")
        tracker.extend([event])

    def _wrong(self, key: str, message: str, *, instead: str) -> None:
        self.failures.append(
            Failure(key=key, message=message, line=self.line, is_assertion=True)
        )
        self.difference[-1] = f"- {self.difference[-1][2:]}  # predicted: {instead}"

    # Messages.

    def _hear(self, event: Wire, tracker: Tracker) -> None:
        """Compare what the NLU makes of a message with what the story says of it."""
        parse_data, text = event["parse_data"], event["text"]
        intent = parse_data["intent"]["name"]
        shown = f"{json_text(text)} (intent {intent})" if text else f"intent {intent}"
        self.difference.append(f"  user: {shown}")
        if text:
            got = self.setup.bot.interpreter.parse(text)
            self._compare_intents(text, intent, got=(got["intent"] or {}).get("name"))
            self._compare_entities(text, parse_data["entities"], got=got["entities"])
        tracker.extend([event])

    def _compare_intents(self, text: str, expected: str, *, got: str | None) -> None:
        if expected != got:
            message = f"intent of {text!r}: expected {expected}, got {got}"
            self._wrong("intent", message, instead=f"intent {got}")

    def _compare_entities(
        self, text: str, expected: Sequence[Wire], *, got: Sequence[Wire]
    ) -> None:
        wanted, found = _cleaned(expected), _cleaned(got)
        if wanted != found:
            message = (
                f"entities of {text!r}: expected {json_text(wanted)}, "
                f"got {json_text(found)}"
            )
            self._wrong("entities", message, instead=json_text(found))

    # Actions.

    def _act(self, event: Wire, turn: Turn) -> None:
        """Compare what the policies predict with the action of the story."""
        expected = event["name"]
        if expected != LISTEN:
            self.difference.append(f"  action: {expected}")
        choice = _choice(turn)
        form = turn.tracker.active_loop_name
        forms = self.setup.bot.domain.forms
        if choice.action != expected and choice.action == form and form in forms:
            turn.tracker.extend([{"event": REJECTED, "name": form}])
            choice = _choice(turn)
        self._judge(expected, choice)
        turn.tracker.extend([event])

    def _judge(self, expected: str, choice: Choice) -> None:
        if expected == UNLIKELY or choice.is_doubtful:
            self.unjudged.append(
                Unjudged(key=f"action {expected}", reason=DOUBTFUL, line=self.line)
            )
        elif choice.action != expected:
            if expected == LISTEN:
                self.difference.append(f"  action: {LISTEN}")
            message = f"action: expected {expected}, got {choice.action}"
            by = f" ({choice.policy})" if choice.policy else ""
            self._wrong("action", message + by, instead=choice.action)


def _choice(turn: Turn) -> Choice:
    """Ask what comes next; nothing has to be done for the answer but to listen."""
    asked = turn.next_choice()
    try:
        while True:
            next(asked)
    except StopIteration as answer:
        choice: Choice = answer.value
        return choice


def _cleaned(entities: Iterable[Wire]) -> list[dict[str, Any]]:
    """Return what is compared of entities, in the order of the text."""
    cleaned = [
        {
            key: str(entity[key]) if key == "value" else entity[key]
            for key in COMPARED
            if entity.get(key) is not None
        }
        for entity in entities
    ]
    return sorted(cleaned, key=lambda entity: (entity.get("start", -1), str(entity)))
