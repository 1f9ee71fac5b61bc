"""Conversations with a bot, as a strategy: what the user does, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from rasa_mock.clock import parse_date
from rasa_mock.core.bot import Bot
from rasa_mock.files.bot import load_bot
from rasa_mock.generate.cast import Cast, cast_of
from rasa_mock.generate.messages import any_mention, slash_text
from rasa_mock.generate.phrases import Button
from rasa_mock.generate.provider import pool
from rasa_mock.run.answers import Caller, Stub
from rasa_mock.run.conversation import Conversation, Setup
from rasa_mock.run.turn_results import TurnResult
from rasa_mock.similar import similar
from rasa_mock.strategies.drawing import Draw, DrawnRng, below
from rasa_mock.strategies.workshop import NOW

Strategy = st.SearchStrategy[Any]
AnyBot = Bot | str | Path
TURNS = 6
ENDS = 5
# Seconds that a user lets pass: a moment, a coffee, a day.
WAITS = (1, 120, 7_200, 86_400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that the user, or time, does: say, trigger, wait.

    `say` is what is said, `trigger` the intent of an external event, `wait` seconds.
    """

    say: str | None = None
    trigger: str | None = None
    wait: int | None = None

    def take(self, conversation: Conversation) -> TurnResult:
        """Do it, and return what came of it."""
        if self.say is not None:
            return conversation.send(self.say)
        if self.trigger is not None:
            return conversation.trigger(self.trigger)
        return conversation.advance(seconds=float(self.wait or 0))

    def __repr__(self) -> str:
        given = {"say": self.say, "trigger": self.trigger, "wait": self.wait}
        told = [f"{key}={value!r}" for key, value in given.items() if value is not None]
        return f"Step({', '.join(told)})"


@dataclass(slots=True, kw_only=True)
class Held:
    """A conversation that was held: its steps, their results, and where it stands."""

    conversation: Conversation
    steps: list[Step] = field(default_factory=list)
    results: list[TurnResult] = field(default_factory=list)

    def take(self, step: Step) -> TurnResult:
        """Go one step further."""
        result = step.take(self.conversation)
        self.steps.append(step)
        self.results.append(result)
        return result

    def __repr__(self) -> str:
        return f"Held(steps={self.steps!r})"


def bot_of(bot: AnyBot) -> Bot:
    """Return a bot, loaded from its folder if a path is given."""
    return bot if isinstance(bot, Bot) else load_bot(bot, similar=similar)


def open_conversation(
    bot: Bot,
    *,
    stubs: Mapping[str, Stub] | None = None,
    action_client: Caller | None = None,
    sender_id: str = "default",
    store: str = "memory",
) -> Conversation:
    """Begin a conversation in which ids and times are the same in every run."""
    numbers = count(1)
    setup = Setup(
        bot=bot,
        now=NOW,
        new_id=lambda: f"id-{sender_id}-{next(numbers)}",
        parse_date=parse_date,
        stubs=stubs or {},
        action_client=action_client,
        sender_id=sender_id,
        store=store,
    )
    return Conversation(setup)


def steps(bot: AnyBot, *, locale: str = "en_US") -> Strategy:
    """Return a strategy for single steps: messages, buttons, triggers, pauses.

    Messages are intents with entities, as buttons send them, and free text.
    """
    cast = cast_of(bot_of(bot).domain, locale)
    return _step_of(cast)


def _step_of(cast: Cast) -> Strategy:
    makers: list[Callable[[Cast, DrawnRng], Step]] = [_free]
    if cast.intents:
        makers = [_intent, _intent_with_entity, _free]
    if any(cast.buttons.values()):
        makers.append(_button)
    makers.append(_wait)
    if cast.external:
        makers.append(_trigger)

    @st.composite
    def make(draw: Draw) -> Step:
        step: Step = draw(st.sampled_from(makers))(cast, DrawnRng(draw))
        return step

    return make()


def _intent(cast: Cast, rng: DrawnRng) -> Step:
    return Step(say=f"/{rng.pick(cast.intents)}")


def _intent_with_entity(cast: Cast, rng: DrawnRng) -> Step:
    intent = rng.pick(cast.intents)
    if not cast.entity_list:
        return Step(say=f"/{intent}")
    said = any_mention(cast, rng=rng)
    return Step(say=slash_text(intent, {said.part.name: said.value}))


def _button(cast: Cast, rng: DrawnRng) -> Step:
    known: Sequence[Button] = [b for of in cast.buttons.values() for b in of]
    return Step(say=rng.pick(known).payload)


def _free(cast: Cast, rng: DrawnRng) -> Step:
    kind = rng.pick(("word", "city", "sentence", "name"))
    return Step(say=rng.pick(pool(cast.locale, kind)))


def _wait(_cast: Cast, rng: DrawnRng) -> Step:
    return Step(wait=rng.pick(WAITS))


def _trigger(cast: Cast, rng: DrawnRng) -> Step:
    return Step(trigger=rng.pick(cast.external))


def conversations(
    bot: AnyBot,
    *,
    stubs: Mapping[str, Stub] | None = None,
    action_client: Caller | None = None,
    max_turns: int = TURNS,
    locale: str = "en_US",
) -> Strategy:
    """Return a strategy for conversations that were held with a bot: `Held` values.

    `stubs` and `action_client` answer the actions, as in `rasa_mock.Conversation`.
    A failing example shrinks to few steps.  Raises DataError for a bad bot.
    """
    loaded = bot_of(bot)
    one = steps(loaded, locale=locale)

    @st.composite
    def turn(draw: Draw) -> Step | None:
        if draw(below(ENDS)) == 0:
            return None
        step: Step = draw(one)
        return step

    @st.composite
    def make(draw: Draw) -> Held:
        opened = open_conversation(loaded, stubs=stubs, action_client=action_client)
        held = Held(conversation=opened)
        for _ in range(max_turns):
            step = draw(turn())
            if step is None:
                break
            held.take(step)
        return held

    return make()


def secret_text(sender_id: str, number: int) -> str:
    """Return a text that only one sender says, to be found wherever it leaks."""
    return f"secret-{sender_id}-{number}"


def as_text(value: Any) -> str:
    """Write a value as JSON, to look for texts in it."""
    return json.dumps(value, ensure_ascii=False, default=str)
