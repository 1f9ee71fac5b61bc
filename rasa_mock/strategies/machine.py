"""A state machine that talks to a bot and holds it to what must always be true.

    class MyBot(ConversationMachine):
        bot = "path/to/bot"
        stubs = {"action_book": {"events": [], "responses": []}}

    TestMyBot = MyBot.TestCase

Two senders talk to the bot, in any order.  After every step the invariants are looked
at; each is a method, which a subclass may override, or add others to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rasa_mock.clock import parse_date
from rasa_mock.core.bot import Bot
from rasa_mock.core.defaults import AUTOMATIC_SLOTS, VALIDATE_PREFIX
from rasa_mock.core.diff import differences, shown
from rasa_mock.core.domain import Domain
from rasa_mock.core.findings import serious
from rasa_mock.core.tracker import Tracker
from rasa_mock.errors import UsageError
from rasa_mock.generate.cast import Cast, Rule, SlotPart, cast_of
from rasa_mock.generate.messages import mention, slash_text
from rasa_mock.generate.rng import Rng
from rasa_mock.generate.slot_values import slot_value
from rasa_mock.run.answers import Caller, Stub
from rasa_mock.run.conversation import Conversation
from rasa_mock.run.turn_results import TurnResult
from rasa_mock.strategies.talks import (
    AnyBot,
    Held,
    Step,
    as_text,
    bot_of,
    open_conversation,
    secret_text,
    steps,
)
from rasa_mock.strategies.workshop import NOW

SENDERS = ("ana", "ben")
# After so many answers to each question a form must be over.
PATIENCE = 3
Json = dict[str, Any]


class ConversationMachine(RuleBasedStateMachine):
    """Talks to `bot` (a folder or a loaded bot): subclass it and set that.

    `stubs` and `action_client` answer the actions, as in `rasa_mock.Conversation`.
    `answers` maps slots to messages that fill them, for the proof that forms end.
    `fail_on` is the severity of findings of a turn that fail, None for none.
    """

    bot: ClassVar[AnyBot | None] = None
    stubs: ClassVar[Mapping[str, Stub]] = {}
    action_client: ClassVar[Caller | None] = None
    answers: ClassVar[Mapping[str, str]] = {}
    fail_on: ClassVar[str | None] = "error"
    store: ClassVar[str] = "memory"

    def __init__(self) -> None:
        super().__init__()
        if self.bot is None:
            name = type(self).__name__
            message = f"{name}.bot is not set: give it the folder of a bot"
            raise UsageError(message)
        self.loaded, self.step_strategy = _prepared(type(self), self.bot)
        self.domain = self.loaded.domain
        self.held = {sender: self._open(sender) for sender in SENDERS}
        self.secrets: dict[str, list[str]] = {sender: [] for sender in SENDERS}
        self.trackers = {
            sender: self.conversation(sender).tracker for sender in SENDERS
        }
        self.last: tuple[str, Step, TurnResult] | None = None
        self.before = self.trackers[SENDERS[0]]

    def _open(self, sender: str) -> Held:
        conversation = open_conversation(
            self.loaded,
            stubs=self.stubs,
            action_client=self.action_client,
            sender_id=sender,
            store=self.store,
        )
        return Held(conversation=conversation)

    def conversation(self, sender: str) -> Conversation:
        """Return the conversation of a sender, `ana` or `ben`."""
        return self.held[sender].conversation

    # What happens.

    @rule(sender=st.sampled_from(SENDERS), data=st.data())
    def step(self, sender: str, data: st.DataObject) -> None:
        """Let a sender say something, press a button, or wait."""
        self.take(sender, data.draw(self.step_strategy))

    @rule(sender=st.sampled_from(SENDERS))
    def tell_a_secret(self, sender: str) -> None:
        """Let a sender say what nobody else says."""
        text = secret_text(sender, len(self.secrets[sender]) + 1)
        self.secrets[sender].append(text)
        self.take(sender, Step(say=text))

    @rule(sender=st.sampled_from(SENDERS))
    def answer_the_question(self, sender: str) -> None:
        """Let a sender answer what a form has asked, if one has."""
        tracker = self.trackers[sender]
        asked, form = tracker.requested_slot, tracker.active_loop_name
        answer = self.answer(form, asked) if form and asked else None
        if answer is not None:
            self.take(sender, Step(say=answer))

    def take(self, sender: str, step: Step) -> TurnResult:
        """Let a sender take a step, and remember how things were before it."""
        self.before = self.trackers[sender]
        result = self.held[sender].take(step)
        self.trackers[sender] = self.conversation(sender).tracker
        self.last = (sender, step, result)
        return result

    # What must be true after every step.

    @invariant()
    def no_turn_goes_wrong(self) -> None:
        """Demand that no turn has a finding as serious as `fail_on`."""
        if self.last is None or self.fail_on is None:
            return
        _, step, result = self.last
        found = [
            f for f in result.findings if serious(f.severity, threshold=self.fail_on)
        ]
        told = "; ".join(f"{f.rule} {f.message}" for f in found)
        assert not found, f"after {step!r}: {told}"  # noqa: S101 - it is a test

    @invariant()
    def no_unknown_slot(self) -> None:
        """Demand that no event sets a slot that the domain lacks."""
        if self.last is None:
            return
        _, step, result = self.last
        known = {*self.domain.slots, *AUTOMATIC_SLOTS}
        names = [e["name"] for e in result.events if e["event"] == "slot"]
        unknown = [name for name in names if name not in known]
        assert not unknown, (  # noqa: S101
            f"after {step!r}: the slots {unknown} are set, which the domain lacks"
        )

    @invariant()
    def a_form_ends(self) -> None:
        """Demand that an active form asks for something: else it has to be over."""
        for sender in self._acted():
            tracker = self.trackers[sender]
            form = self.domain.forms.get(tracker.active_loop_name or "")
            if form is None or tracker.requested_slot is not None:
                continue
            message = (
                f"the form {form.name!r} of {sender} is active and asks for nothing"
            )
            raise AssertionError(message)

    @invariant()
    def replay_equals_live(self) -> None:
        """Demand that the events alone add up to the slots and loop that grew live.

        The latest message and action may differ: a store replays no turn of a loop.
        """
        for sender in self._acted():
            live = self.trackers[sender]
            again = Tracker.from_events(
                sender,
                live.events,
                domain=self.domain,
                now=NOW,
                new_id=_no_id,
                parse_date=parse_date,
            )
            state, replayed = _replayed(live), _replayed(again)
            found = next(differences(state, replayed), None)
            if found is not None:
                message = (
                    f"the replay of {sender}'s events differs at {found.pointer}: live "
                    f"{shown(found.expected)}, replayed {shown(found.got)}"
                )
                raise AssertionError(message)

    @invariant()
    def rejected_turns_change_nothing(self) -> None:
        """Demand that a turn which is lost leaves the conversation as it was."""
        if self.last is None:
            return
        sender, step, result = self.last
        if result.error is None or step.wait is not None:
            return
        now = self.trackers[sender]
        found = next(differences(self.before.events, now.events), None)
        found = found or next(differences(_replayed(self.before), _replayed(now)), None)
        if found is not None:
            message = (
                f"{step!r} of {sender} was lost ({result.error.message}), but changed "
                f"{found.pointer}: {shown(found.expected)} -> {shown(found.got)}"
            )
            raise AssertionError(message)

    @invariant()
    def no_data_of_another_sender(self) -> None:
        """Demand that nothing a sender has said is told to the other."""
        for sender in self._acted():
            text = as_text(self.trackers[sender].current_state())
            text += as_text(self.last[2].messages) if self.last else ""
            for other in SENDERS:
                leaked = [s for s in self.secrets[other] if s in text]
                if other != sender and leaked:
                    message = f"{sender} is told what {other} said: {leaked[0]!r}"
                    raise AssertionError(message)

    def _acted(self) -> tuple[str, ...]:
        return (self.last[0],) if self.last else ()

    # What must be possible in the end.

    def teardown(self) -> None:
        """Answer the questions of a form that is under way: it must end."""
        for sender in SENDERS:
            self._finish(sender)
        super().teardown()

    def _finish(self, sender: str) -> None:
        tracker = self.trackers[sender]
        form = self.domain.forms.get(tracker.active_loop_name or "")
        if form is None:
            return
        told = self.conversation(sender).fork()
        for _ in range(PATIENCE * (len(form.required_slots) + 1)):
            asked = tracker.requested_slot
            if tracker.active_loop_name != form.name or asked is None:
                return
            answer = self.answer(form.name, asked)
            if answer is None or not self._is_certain(form.name, asked):
                return
            tracker = told.send(answer).tracker
        message = (
            f"the form {form.name!r} of {sender} does not end: it still asks for "
            f"{tracker.requested_slot!r}, however often it is answered"
        )
        raise AssertionError(message)

    def answer(self, form: str, slot: str) -> str | None:
        """Return a message that fills a slot of a form; None if none is known.

        It is that of `answers`, else one that the slot's mapping takes.
        """
        if slot in self.answers:
            return self.answers[slot]
        part = cast_of(self.domain).slots.get(slot)
        return None if part is None else _answer(part, self.domain, form=form)

    def _is_certain(self, form: str, slot: str) -> bool:
        """Say whether an answer is taken: a validation may refuse one made up here."""
        validated = f"{VALIDATE_PREFIX}{form}" in self.domain.action_names
        return slot in self.answers or not validated


def _answer(part: SlotPart, domain: Domain, *, form: str) -> str | None:
    """Write a message from which a mapping of the slot fills it."""
    cast, rng = cast_of(domain), Rng("answer", part.name)
    for mapping in part.rules:
        if mapping.conditions and all(
            condition.get("active_loop") != form for condition in mapping.conditions
        ):
            continue
        intents = _usable(mapping, cast)
        if mapping.type == "from_text" and not mapping.intents:
            return str(slot_value(part, locale=cast.locale, rng=rng))
        if mapping.type == "from_intent" and intents:
            return f"/{intents[0]}"
        named = mapping.type == "from_entity" and mapping.entity in cast.entities
        if named and intents and mapping.role is None and mapping.group is None:
            said = mention(cast, str(mapping.entity), rng=rng)
            return slash_text(intents[0], {said.part.name: said.value})
    return None


def _usable(mapping: Rule, cast: Cast) -> list[str]:
    """List the intents with which a mapping fills its slot."""
    wanted = mapping.intents or cast.intents
    return [i for i in wanted if i in cast.intents and i not in mapping.not_intents]


def _replayed(tracker: Tracker) -> Json:
    """Return what the events alone add up to in any case."""
    return {
        "slots": tracker.slots,
        "active_loop": tracker.active_loop_name,
        "paused": tracker.paused,
    }


_kept: dict[type, tuple[Bot, st.SearchStrategy[Step]]] = {}


def _prepared(machine: type, bot: AnyBot) -> tuple[Bot, st.SearchStrategy[Step]]:
    """Load the bot of a machine, once for all its runs."""
    if machine not in _kept:
        loaded = bot_of(bot)
        _kept[machine] = (loaded, steps(loaded))
    return _kept[machine]


def _no_id() -> str:
    return "reminder"
