"""What users say to a form: what leads to it, answers, and something else."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from rasa_mock.generate.cast import Cast, Rule, SlotPart
from rasa_mock.generate.conversation import Conversation
from rasa_mock.generate.extraction import Heard, candidates, intent_allows
from rasa_mock.generate.lexicon import Label
from rasa_mock.generate.messages import mention
from rasa_mock.generate.slot_values import slot_value
from rasa_mock.generate.values import make_text

ANSWER_INTENT = "inform"
# How often a question's buttons are used.
PRESSED = 0.4


def want(conversation: Conversation, form: str) -> None:
    """Log the message that leads to a form."""
    intents = [
        intent
        for intent in conversation.cast.leading_to(form)
        if intent not in conversation.cast.forms[form].ignored_intents
    ]
    conversation.say(conversation.rng.pick(intents) if intents else None)


def change_subject(conversation: Conversation, form: str) -> None:
    """Log a message that does not answer the form's question."""
    quiet = quiet_intents(conversation.cast, form, slot=conversation.requested)
    conversation.say(conversation.rng.pick(quiet) if quiet else None)


@lru_cache(maxsize=1024)
def quiet_intents(cast: Cast, form: str, *, slot: str | None) -> tuple[str, ...]:
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


def answer(conversation: Conversation, slot: str, *, text: str | None = None) -> None:
    """Log a message that is meant to fill a slot of the active form.

    With `text` it says just that, where a mapping takes the whole text.
    """
    if text is None and _press(conversation, slot):
        return
    part = conversation.cast.slots[slot]
    rules = [rule for rule in part.rules if _may_answer(conversation, rule)]
    if text is not None:
        rules = [rule for rule in rules if rule.type == "from_text"]
    if not rules:
        _answer_freely(conversation, part, text=text)
        return
    rule = conversation.rng.pick(rules)
    intent = _answering_intent(conversation, rule)
    if rule.entity is not None:
        said = mention(
            conversation.cast,
            rule.entity,
            rng=conversation.rng,
            role=rule.role,
            group=rule.group,
        )
        if conversation.cast.lexicon.with_labels(intent or "", [said.label]):
            conversation.say(intent, (said,))
        else:
            conversation.say(intent, (said,), text=said.written, starts=(0,))
    elif rule.type == "from_text":
        if text is None:
            text = _sentence_for(conversation, part, intent=intent)
        conversation.say(intent, text=_text_for(conversation, part, text=text))
    else:
        conversation.say(intent)


def _press(conversation: Conversation, slot: str) -> bool:
    """Press, now and then, a button of the question that fills the slot."""
    cast, rng = conversation.cast, conversation.rng
    asked_by = cast.asks.get((conversation.loop or "", slot))
    buttons = cast.buttons.get(asked_by or "")
    if not buttons or not rng.chance(PRESSED):
        return False
    button = rng.pick(buttons)
    heard = Heard(
        intent=button.intent,
        text=button.payload,
        entities=[{"entity": n, "value": v} for n, v in button.values.items()],
        loop=conversation.loop,
        requested=conversation.requested,
    )
    if all(part.name != slot for part, _, _ in candidates(cast, heard)):
        return False
    conversation.say_intent(button.intent, button.values, text=button.payload)
    return True


def _may_answer(conversation: Conversation, rule: Rule) -> bool:
    if rule.type not in ("from_entity", "from_text", "from_intent"):
        return False
    if rule.type == "from_entity" and rule.entity not in conversation.cast.entities:
        return False
    return not rule.conditions or any(
        condition.get("active_loop") == conversation.loop
        and condition.get("requested_slot") in (None, conversation.requested)
        for condition in rule.conditions
    )


def _answering_intent(conversation: Conversation, rule: Rule) -> str | None:
    known = conversation.cast.domain.intents
    named = [intent for intent in rule.intents if intent in known]
    if named:
        return conversation.rng.pick(named)
    allowed = allowed_intents(conversation.cast, rule, loop=conversation.loop)
    trained = _trained(conversation.cast, rule, intents=allowed)
    if trained:
        return conversation.rng.pick(trained)
    if ANSWER_INTENT in allowed:
        return ANSWER_INTENT
    return conversation.rng.pick(allowed) if allowed else None


def _trained(cast: Cast, rule: Rule, *, intents: Sequence[str]) -> list[str]:
    """List the intents that have a training sentence with just the rule's entity."""
    if rule.entity is None:
        return []
    label = Label(rule.entity, rule.role or "", rule.group or "")
    return [name for name in intents if cast.lexicon.with_labels(name, [label])]


def allowed_intents(cast: Cast, rule: Rule, *, loop: str | None) -> tuple[str, ...]:
    """List the intents with which extraction applies a mapping."""
    return tuple(
        intent
        for intent in cast.intents
        if intent_allows(
            cast, rule, heard=Heard(intent=intent, text="", entities=(), loop=loop)
        )
    )


def _sentence_for(
    conversation: Conversation, part: SlotPart, *, intent: str | None
) -> str | None:
    """Take a training sentence for a slot that takes any text; None if there is none.

    A slot whose name or type asks for something special is answered by that.
    """
    known = conversation.cast.lexicon.plain(intent)
    if not known or part.kind not in ("word", "sentence") or part.examples:
        return None
    is_text = part.type in ("text", "any") and not part.values
    return conversation.rng.pick(known).texts[0] if is_text else None


def _text_for(conversation: Conversation, part: SlotPart, *, text: str | None) -> str:
    if text is not None:
        return text
    if part.values:
        return str(conversation.rng.pick(part.values))
    if part.examples and part.type in ("text", "any", "list"):
        return str(conversation.rng.pick(part.examples))
    if part.type in ("float", "bool"):
        value = slot_value(part, locale=conversation.cast.locale, rng=conversation.rng)
        said = conversation.cast.language.answers
        return said[value] if isinstance(value, bool) else str(value)
    return make_text(part.kind, locale=conversation.cast.locale, rng=conversation.rng)


def _answer_freely(
    conversation: Conversation, part: SlotPart, *, text: str | None
) -> None:
    """Answer a slot that no mapping fills: the validation itself will look."""
    cast = conversation.cast
    intent = ANSWER_INTENT if ANSWER_INTENT in cast.intents else None
    # Not an entity that some other slot is waiting for.
    free = [e for e in cast.entity_list if e.name not in cast.by_entity]
    same = [e.name for e in free if e.name == part.name]
    like = [e.name for e in free if e.kind == part.kind != "word"]
    if text is None and (same or like):
        said = mention(cast, (same or like)[0], rng=conversation.rng)
        conversation.say(intent, (said,), text=said.written, starts=(0,))
        return
    conversation.say(intent, text=_text_for(conversation, part, text=text))
