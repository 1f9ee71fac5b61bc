"""Forms in a conversation: activated, asked, answered, refused, interrupted, finished.

Two sorts of function stand here.  The first log what a form did, as Rasa's
`FormAction` does (protocol D.6).  The second, `call_...`, leave the conversation as the
form shows it to an action server while it runs: the events so far, `requested_slot`,
the form's own action, and, as the last events, the slots to look at.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from rasa_mock.generate.cast import Cast, Rule, SlotPart
from rasa_mock.generate.conversation import RULE, Conversation
from rasa_mock.generate.extraction import Heard, candidates, intent_allows
from rasa_mock.generate.messages import mention
from rasa_mock.generate.provider import pool
from rasa_mock.generate.slot_values import slot_value
from rasa_mock.generate.values import make_text

REQUESTED = "requested_slot"
_WORDS = {True: "yes", False: "no"}
# How often a validation rejects the first answer.
REFUSED = 0.15


def required(conversation: Conversation, form: str) -> tuple[str, ...]:
    """Return the slots that a form asks for, in order."""
    return conversation.cast.forms[form].required_slots


def next_slot(conversation: Conversation, form: str) -> str | None:
    """Return the first slot of the form that is not filled."""
    return next(
        (name for name in required(conversation, form) if _is_open(conversation, name)),
        None,
    )


def _is_open(conversation: Conversation, name: str) -> bool:
    return conversation.slots.get(name) is None


# What a form did.


def begin(conversation: Conversation, form: str) -> None:
    """Log how the form is activated and asks for its first open slot.

    Here as below the bot's turn stays open: `listen` ends it.
    """
    want(conversation, form)
    conversation.extract()
    conversation.featurize()
    conversation.act(form, RULE)
    conversation.activate(form)
    conversation.extract()
    prefilled = [
        n for n in required(conversation, form) if not _is_open(conversation, n)
    ]
    for name in prefilled:
        conversation.set_slot(name, conversation.slots[name])
    ask(conversation, form)


def want(conversation: Conversation, form: str) -> None:
    """Log the message that leads to a form."""
    intents = [
        intent
        for intent in conversation.cast.leading_to(form)
        if intent not in conversation.cast.forms[form].ignored_intents
    ]
    conversation.say(conversation.rng.pick(intents) if intents else None)


def ask(conversation: Conversation, form: str) -> None:
    """Log that the form asks for its next open slot, or that it is finished."""
    name = next_slot(conversation, form)
    conversation.set_slot(REQUESTED, name)
    conversation.requested = name
    if name is None:
        conversation.log("active_loop", name=None)
        conversation.loop = None
    else:
        _put_question(conversation, conversation.cast.asks.get((form, name)))


def _put_question(conversation: Conversation, asked_by: str | None) -> None:
    if asked_by is None:
        return
    if asked_by.startswith("utter_"):
        conversation.utter(asked_by)
    else:
        conversation.speak(_sentence(conversation))


def _sentence(conversation: Conversation) -> str:
    return conversation.rng.pick(pool(conversation.cast.locale, "sentence"))


def fill(conversation: Conversation, form: str, name: str) -> None:
    """Log that the user answers, the form takes it and asks for the next slot."""
    answer(conversation, form, name)
    found = conversation.extract()
    take(conversation, form, [*found, name])


def take(conversation: Conversation, form: str, names: Sequence[str]) -> None:
    """Log that the form accepts these slots as they are, and goes on."""
    conversation.featurize()
    conversation.act(form, RULE)
    for name in required(conversation, form):
        if name in names:
            conversation.set_slot(name, accepted(conversation, name))
    ask(conversation, form)


def accepted(conversation: Conversation, name: str) -> Any:
    """Return what a validation makes of a candidate: a number of a number's text."""
    value = conversation.slots.get(name)
    part = conversation.cast.slots.get(name)
    if part is None:
        return value
    if value is None or (part.type == "float" and isinstance(value, str)):
        return slot_value(part, locale=conversation.cast.locale, rng=conversation.rng)
    return value


def refuse(conversation: Conversation, form: str, name: str) -> None:
    """Log that the validation rejects the user's answer and the form asks again."""
    answer(conversation, form, name)
    conversation.extract()
    conversation.featurize()
    conversation.act(form, RULE)
    conversation.speak(_sentence(conversation))
    conversation.set_slot(name, None)
    ask(conversation, form)


def change_subject(conversation: Conversation, form: str) -> None:
    """Log a message that does not answer the form's question."""
    quiet = quiet_intents(conversation.cast, form, conversation.requested)
    conversation.say(conversation.rng.pick(quiet) if quiet else None)


def digress(conversation: Conversation, form: str) -> None:
    """Log that the user says something else, whereupon the form is rejected."""
    change_subject(conversation, form)
    conversation.extract()
    conversation.log(
        "action_execution_rejected", name=form, policy=RULE[0], confidence=RULE[1]
    )
    conversation.rejected = True


def resume(conversation: Conversation, form: str) -> None:
    """Log that the form is run again after a digression, and repeats its question."""
    conversation.act(form, RULE)
    conversation.rejected = False
    ask(conversation, form)


def complete(
    conversation: Conversation, form: str, *, until: str | None = None
) -> None:
    """Log the form's turns up to its question for `until`, or to its end.

    If that slot is filled already, up to the next question.
    """
    names = required(conversation, form)
    last = len(names) if until is None else names.index(until)
    begin(conversation, form)
    # Not more turns than slots: one that the domain lacks can never be filled.
    for _ in names:
        name = conversation.requested
        if conversation.loop is None or name is None or names.index(name) >= last:
            return
        if name not in conversation.cast.slots:
            return
        conversation.listen()
        if conversation.rng.chance(REFUSED):
            refuse(conversation, form, name)
            conversation.listen()
        fill(conversation, form, name)


# What the user answers.


def answer(
    conversation: Conversation, form: str, name: str, *, text: str | None = None
) -> None:
    """Log a message that is meant to fill the slot; `text` replaces a from_text one."""
    part = conversation.cast.slots[name]
    rules = [rule for rule in part.rules if _may_answer(conversation, rule)]
    if text is not None:
        rules = [rule for rule in rules if rule.type == "from_text"]
    if not rules:
        _answer_freely(conversation, part, text=text)
        return
    rule = conversation.rng.pick(rules)
    intent = _answering_intent(conversation, form, rule)
    if rule.entity is not None:
        said = mention(
            conversation.cast,
            rule.entity,
            rng=conversation.rng,
            role=rule.role,
            group=rule.group,
        )
        conversation.say(intent, (said,), text=said.written, starts=(0,))
    elif rule.type == "from_text":
        conversation.say(intent, text=_text_for(conversation, part, text=text))
    else:
        conversation.say(intent)


def _may_answer(conversation: Conversation, rule: Rule) -> bool:
    if rule.type not in ("from_entity", "from_text", "from_intent"):
        return False
    if rule.type == "from_entity" and rule.entity not in conversation.cast.entities:
        return False
    return not rule.conditions or any(
        c.get("active_loop") == conversation.loop
        and c.get("requested_slot") in (None, conversation.requested)
        for c in rule.conditions
    )


def _answering_intent(conversation: Conversation, form: str, rule: Rule) -> str | None:
    known = conversation.cast.domain.intents
    named = [intent for intent in rule.intents if intent in known]
    if named:
        return conversation.rng.pick(named)
    allowed = [
        intent
        for intent in conversation.cast.intents
        if intent_allows(
            conversation.cast,
            rule,
            heard=Heard(intent=intent, text="", entities=(), loop=form),
        )
    ]
    if "inform" in allowed:
        return "inform"
    return conversation.rng.pick(allowed) if allowed else None


def _text_for(conversation: Conversation, part: SlotPart, *, text: str | None) -> str:
    if text is not None:
        return text
    if part.values:
        return str(conversation.rng.pick(part.values))
    if part.type in ("float", "bool"):
        value = slot_value(part, locale=conversation.cast.locale, rng=conversation.rng)
        return _WORDS.get(value, "") if isinstance(value, bool) else str(value)
    return make_text(part.kind, locale=conversation.cast.locale, rng=conversation.rng)


def _answer_freely(
    conversation: Conversation, part: SlotPart, *, text: str | None
) -> None:
    """Answer a slot that no mapping fills: the validation itself will look."""
    cast = conversation.cast
    intent = "inform" if "inform" in cast.intents else None
    same = [e.name for e in cast.entity_list if e.name == part.name]
    like = [e.name for e in cast.entity_list if e.kind == part.kind != "word"]
    if text is None and (same or like):
        said = mention(cast, (same or like)[0], rng=conversation.rng)
        conversation.say(intent, (said,), text=said.written, starts=(0,))
        return
    conversation.say(intent, text=_text_for(conversation, part, text=text))


@lru_cache(maxsize=1024)
def quiet_intents(cast: Cast, form: str, slot: str | None) -> tuple[str, ...]:
    """List the intents that leave the form's question for a slot unanswered."""
    wanted = cast.forms[form].required_slots
    return tuple(
        intent
        for intent in cast.intents
        if not any(
            part.name in wanted
            for part, _, _ in candidates(
                cast,
                Heard(intent=intent, text="", entities=(), loop=form, requested=slot),
            )
        )
    )


# What an action server is shown while the form runs.


def call_validation(
    conversation: Conversation, form: str, slots: Sequence[tuple[str, Any]]
) -> None:
    """Leave the conversation as `validate_<form>` sees it, the candidates last."""
    active = conversation.loop == form
    _run_for_call(conversation, form, conversation.requested if active else None)
    for name, value in slots:
        conversation.set_slot(name, value, fresh=True)


def call_question(
    conversation: Conversation, form: str, slots: Sequence[tuple[str, Any]]
) -> None:
    """Leave the conversation as `action_ask_<slot>` sees it, after the validation.

    The slot that is about to be asked for is not yet in `requested_slot`.
    """
    activating = conversation.loop != form
    requested = None if activating else conversation.requested
    _run_for_call(conversation, form, requested)
    if activating:
        conversation.activate(form, fresh=True)
    for name, value in slots:
        conversation.set_slot(name, value, fresh=True)


def _run_for_call(conversation: Conversation, form: str, requested: str | None) -> None:
    conversation.forget_before_restart()
    conversation.set_slot(REQUESTED, requested, fresh=True)
    conversation.log(
        "action",
        fresh=True,
        name=form,
        policy=None,
        confidence=None,
        action_text=None,
        hide_rule_turn=False,
    )
