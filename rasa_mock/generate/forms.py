"""Forms in a conversation: activated, asked, answered, refused, interrupted, finished.

Two sorts of method stand here.  The first log what a form did, as Rasa's `FormAction`
does (protocol D.6).  The second, `call_...`, leave the conversation as the form shows
it to an action server while it runs: the events so far, `requested_slot`, the form's
own action, and, as the last events, the slots to look at.

What does not live here: what users answer (`answers`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rasa_mock.core.defaults import REQUESTED_SLOT, VALIDATE_PREFIX
from rasa_mock.generate import answers
from rasa_mock.generate.conversation import RULE, Conversation
from rasa_mock.generate.extraction import Heard, candidates
from rasa_mock.generate.provider import pool
from rasa_mock.generate.slot_values import as_number, fits, slot_value

# How often a validation rejects the first answer.
REFUSED = 0.15
Candidates = Iterable[tuple[str, Any]]


class FormWalk:
    """One form in one conversation.

    Each method that logs what the form did leaves the bot's turn open: `listen` of the
    conversation ends it.
    """

    __slots__ = ("conversation", "form", "required", "validates")

    def __init__(self, conversation: Conversation, form: str) -> None:
        cast = conversation.cast
        self.conversation = conversation
        self.form = form
        self.required = cast.forms[form].required_slots
        self.validates = f"{VALIDATE_PREFIX}{form}" in cast.domain.action_names

    # How it stands.

    @property
    def is_active(self) -> bool:
        """Whether the form is the active loop."""
        return self.conversation.loop == self.form

    def filled(self) -> list[tuple[str, Any]]:
        """List the form's slots that have a value, with it."""
        slots = self.conversation.slots
        return [(n, slots[n]) for n in self.required if slots.get(n) is not None]

    def known(self) -> list[str]:
        """List the form's slots that the domain has."""
        return [name for name in self.required if name in self.conversation.cast.slots]

    def before(self, slot: str) -> str | None:
        """Return the slot that is asked for before another one."""
        place = self.required.index(slot)
        return self.required[place - 1] if place else None

    def fills_at_activation(self) -> bool:
        """Say whether activation would find a slot filled, or fill one."""
        told = self.conversation
        heard = Heard(
            intent=told.intent, text=told.text, entities=told.entities, loop=self.form
        )
        return bool(self.filled()) or any(
            rule.action is None or told.actions_fill
            for _, rule, _ in candidates(told.cast, heard)
        )

    # What it did.

    def begin(self) -> None:
        """Log how the form is activated and asks for its first open slot."""
        told = self.conversation
        answers.want(told, self.form)
        told.extract()
        told.featurize()
        told.act(self.form, RULE)
        told.activate(self.form)
        told.extract()
        for name, value in self.filled():
            told.set_slot(name, value)
        self.ask()

    def ask(self) -> None:
        """Log that the form asks for its next open slot, or that it is finished."""
        told = self.conversation
        name = next((n for n in self.required if told.slots.get(n) is None), None)
        told.set_slot(REQUESTED_SLOT, name)
        told.requested = name
        if name is None:
            told.log("active_loop", name=None)
            told.loop = None
            return
        asked_by = told.cast.asks.get((self.form, name))
        if asked_by is not None and asked_by.startswith("utter_"):
            told.utter(asked_by)
        elif asked_by is not None:
            self._say_something()

    def _say_something(self) -> None:
        told = self.conversation
        told.speak(told.rng.pick(pool(told.cast.locale, "sentence")))

    def fill(self, slot: str) -> None:
        """Log that the user answers, the form takes it and asks for the next slot."""
        told = self.conversation
        answers.answer(told, slot)
        names = [*told.extract(), slot]
        told.featurize()
        told.act(self.form, RULE)
        for name in self.required:
            if name in names:
                told.set_slot(name, self.accepted(name))
        self.ask()

    def accepted(self, slot: str) -> Any:
        """Return what a validation makes of a candidate: a number of a number's text.

        A slot that no mapping could fill gets its value here.
        """
        told = self.conversation
        value = told.slots.get(slot)
        part = told.cast.slots.get(slot)
        if part is None or not (value is None or self.validates):
            return value
        if value is None:
            value = told.entities[0]["value"] if told.entities else told.text
        if fits(part, value):
            return value
        if part.type == "float" and fits(part, as_number(value)):
            return as_number(value)
        return slot_value(part, locale=told.cast.locale, rng=told.rng)

    def refuse(self, slot: str) -> None:
        """Log that the validation rejects the user's answer and the form asks again."""
        told = self.conversation
        answers.answer(told, slot)
        told.extract()
        told.featurize()
        told.act(self.form, RULE)
        self._say_something()
        told.set_slot(slot, None)
        self.ask()

    def digress(self) -> None:
        """Log that the user says something else, whereupon the form is rejected."""
        told = self.conversation
        answers.change_subject(told, self.form)
        told.extract()
        told.log(
            "action_execution_rejected",
            name=self.form,
            policy=RULE[0],
            confidence=RULE[1],
        )
        told.rejected = True

    def complete(self, *, until: str | None = None) -> None:
        """Log the form's turns up to its question for `until`, or to its end.

        If that slot is filled already, up to the next question.
        """
        told = self.conversation
        last = len(self.required) if until is None else self.required.index(until)
        self.begin()
        # Not more turns than slots: one that the domain lacks can never be filled.
        for _ in self.required:
            name = told.requested
            if name is None or not self.is_active or name not in told.cast.slots:
                return
            if self.required.index(name) >= last:
                return
            told.listen()
            if self.validates and told.rng.chance(REFUSED):
                self.refuse(name)
                told.listen()
            self.fill(name)

    def reach(self, slot: str) -> None:
        """Log the form up to its question for a slot; the bot then listens."""
        self.complete(until=slot)
        self.conversation.listen()

    # What an action server is shown while it runs.

    def trigger(self) -> None:
        """Log the message that leads to the form, which is about to be activated."""
        answers.want(self.conversation, self.form)
        self.conversation.extract()
        self.conversation.featurize(fresh=True)

    def activate(self) -> None:
        """Leave the conversation as it is while the form is being activated."""
        self.trigger()
        self.conversation.activate(self.form, fresh=True)
        self.conversation.extract(fresh=True)

    def call_validation(self, slots: Candidates = ()) -> None:
        """Leave the conversation as `validate_<form>` sees it, the candidates last."""
        self._run(self.conversation.requested if self.is_active else None)
        self._show(slots)

    def call_question(self, slots: Candidates = ()) -> None:
        """Leave the conversation as `action_ask_<slot>` sees it, after the validation.

        The slot that is about to be asked for is not yet in `requested_slot`.
        """
        activating = not self.is_active
        self._run(None if activating else self.conversation.requested)
        if activating:
            self.conversation.activate(self.form, fresh=True)
        self._show(slots)

    def _run(self, requested: str | None) -> None:
        told = self.conversation
        told.forget_before_restart()
        told.set_slot(REQUESTED_SLOT, requested, fresh=True)
        told.log(
            "action",
            fresh=True,
            name=self.form,
            policy=None,
            confidence=None,
            action_text=None,
            hide_rule_turn=False,
        )

    def _show(self, slots: Candidates) -> None:
        for name, value in slots:
            self.conversation.set_slot(name, value, fresh=True)

    def answered(self, names: Sequence[str]) -> list[tuple[str, Any]]:
        """List those of the slots that the form wants, with their values."""
        told = self.conversation
        wanted = {*self.required, told.requested}
        return [(n, told.slots[n]) for n in dict.fromkeys(names) if n in wanted]
