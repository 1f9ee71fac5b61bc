"""Turns that lie behind: small talk, custom actions, forms, sessions, rare events.

Each function logs whole turns, so that afterwards the bot listens.  What follows them,
the moment in which the action is called, stands in `endings`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rasa_mock.core.defaults import REQUESTED_SLOT
from rasa_mock.generate.conversation import FOLLOWUP, RULE, Conversation
from rasa_mock.generate.forms import FormWalk
from rasa_mock.generate.messages import Mention, any_mention, labelled
from rasa_mock.generate.provider import pool
from rasa_mock.generate.slot_values import slot_value

FALLBACK = ("RulePolicy", 0.3, False)
MINUTE = 60


def turns(conversation: Conversation, count: int) -> None:
    """Log some turns of any sort."""
    for _ in range(count):
        roll = conversation.rng.below(20)
        if roll == 19 and conversation.cast.forms:
            through_form(conversation)
        elif roll == 18 and conversation.said:
            misunderstood(conversation)
        else:
            chat(conversation)


def chat(conversation: Conversation) -> None:
    """Log one turn: a message and what the bot answers."""
    speak_up(conversation)
    conversation.extract()
    conversation.featurize()
    react(conversation)
    conversation.listen()


def speak_up(conversation: Conversation) -> None:
    """Log some message, with or without entities, typed or by a button."""
    rng, cast = conversation.rng, conversation.cast
    intent = rng.pick(cast.intents) if cast.intents else None
    mentions = some_mentions(conversation)
    if cast.lexicon.usual:
        mentions = usual_mentions(conversation, intent, otherwise=mentions)
    if intent is not None and rng.chance(0.15):
        values = {item.part.name: item.value for item in mentions}
        conversation.say_intent(intent, values)
    else:
        conversation.say(intent, mentions)


def some_mentions(conversation: Conversation) -> tuple[Mention, ...]:
    """Choose no entity, one or two."""
    rng, cast = conversation.rng, conversation.cast
    count = rng.below(3) if cast.entity_list else 0
    if count == 0:
        return ()
    first = any_mention(cast, rng=rng)
    return (first,) if count == 1 else (first, any_mention(cast, rng=rng))


def usual_mentions(
    conversation: Conversation, intent: str | None, *, otherwise: tuple[Mention, ...]
) -> tuple[Mention, ...]:
    """Choose the entities of one of the intent's training sentences, if it has any."""
    cast, rng = conversation.cast, conversation.rng
    usual = cast.lexicon.usual.get(intent or "")
    if not usual:
        return otherwise
    return tuple(labelled(cast, label, rng=rng) for label in rng.pick(usual))


def react(conversation: Conversation) -> None:
    """Log what the bot does: a response, or a custom action that may set a slot."""
    rng, cast = conversation.rng, conversation.cast
    response = None if cast.actions and rng.chance(0.4) else say_able(conversation)
    if response is not None:
        conversation.act(response)
        conversation.utter(response)
    elif not cast.actions:
        # Rasa's own action that does nothing: what else could this bot do?
        conversation.act("action_unlikely_intent")
    else:
        conversation.act(rng.pick(cast.actions))
        say_something(conversation)
        if cast.set_by_actions and rng.chance(0.4):
            part = rng.pick(cast.set_by_actions)
            value = slot_value(part, locale=cast.locale, rng=rng)
            conversation.set_slot(part.name, value)


def say_able(conversation: Conversation) -> str | None:
    """Choose a response whose slots are filled; a few tries, then None."""
    if not conversation.cast.responses:
        return None
    for _ in range(3):
        name, needed = conversation.rng.pick(conversation.cast.responses)
        if not needed or all(conversation.slots[n] is not None for n in needed):
            return name
    return None


def say_something(conversation: Conversation) -> None:
    """Log a message of a custom action."""
    conversation.speak(
        conversation.rng.pick(pool(conversation.cast.locale, "sentence"))
    )


def through_form(conversation: Conversation) -> None:
    """Log a form from its activation to its end."""
    form = conversation.rng.pick(tuple(conversation.cast.forms))
    FormWalk(conversation, form).complete()
    if conversation.loop is not None:
        leave_form(conversation)
    conversation.listen()


def leave_form(conversation: Conversation) -> None:
    """Log that the user stops the form: it is deactivated."""
    conversation.listen()
    conversation.say(None)
    conversation.extract()
    conversation.featurize()
    conversation.act("action_deactivate_loop", RULE)
    conversation.log("active_loop", name=None)
    conversation.set_slot(REQUESTED_SLOT, None)
    conversation.loop = conversation.requested = None


def misunderstood(conversation: Conversation) -> None:
    """Log a message that is not understood, and then taken back."""
    before, carried = dict(conversation.slots), list(conversation.carried)
    conversation.say(None, text=conversation.rng.pick(_noise(conversation)))
    conversation.extract()
    conversation.featurize()
    conversation.act("action_default_fallback", FALLBACK)
    conversation.utter("utter_default")
    conversation.log("rewind")
    conversation.slots, conversation.carried = before, carried
    conversation.listen()


def _noise(conversation: Conversation) -> tuple[str, ...]:
    return pool(conversation.cast.locale, "sentence")


def grant(conversation: Conversation, values: Mapping[str, Any]) -> None:
    """Log a turn in which a custom action sets these slots."""
    cast, rng = conversation.cast, conversation.rng
    conversation.say(rng.pick(cast.intents) if cast.intents else None)
    conversation.extract()
    conversation.featurize()
    conversation.act(rng.pick(cast.actions))
    for name, value in values.items():
        conversation.set_slot(name, value)
    conversation.listen()


def clear(conversation: Conversation, form: str) -> None:
    """Log that an action empties the form's slots, if any is filled."""
    names = conversation.cast.forms[form].required_slots
    filled = [name for name in names if conversation.slots.get(name) is not None]
    if filled and conversation.cast.actions:
        grant(conversation, dict.fromkeys(filled))


def new_session(conversation: Conversation) -> None:
    """Log that the old session expires and a new one starts."""
    minutes = conversation.cast.domain.session_config.session_expiration_time
    if minutes > 0:
        conversation.wait((minutes + 1) * MINUTE)
        conversation.start_session()
        return
    conversation.say_intent("session_start")
    conversation.featurize()
    conversation.start_session(prediction=RULE)


def chain(conversation: Conversation) -> None:
    """Log, within a turn, an action that makes another one follow."""
    cast, rng = conversation.cast, conversation.rng
    conversation.act(rng.pick(cast.actions))
    response = say_able(conversation)
    follower = response or rng.pick(cast.actions)
    conversation.log("followup", name=follower)
    conversation.act(follower, FOLLOWUP)
    if response is None:
        say_something(conversation)
    else:
        conversation.utter(response)


def remind(conversation: Conversation) -> None:
    """Log a turn that sets a reminder, then the moment in which it fires."""
    cast, rng = conversation.cast, conversation.rng
    intent = rng.pick(cast.external or cast.intents)
    entities = [
        {"entity": item.part.name, "value": item.value}
        for item in some_mentions(conversation)[:1]
    ]
    conversation.say(rng.pick(cast.intents) if cast.intents else None)
    conversation.extract()
    conversation.featurize()
    if cast.actions:
        conversation.act(rng.pick(cast.actions))
    conversation.remind(intent=intent, entities=entities, seconds=90)
    conversation.listen()
    conversation.wait(60)
    conversation.trigger(intent, [dict(entity) for entity in entities])


def _agent(conversation: Conversation) -> None:
    conversation.log("agent", text="a colleague takes over", data={"agent": "Kim"})


def _pause(conversation: Conversation) -> None:
    conversation.log("pause")
    conversation.log("resume")


def _entities(conversation: Conversation) -> None:
    """Log that a policy found an entity: it joins those of the message, if any."""
    for part in conversation.cast.entity_list[:1]:
        found = {"entity": part.name, "value": part.name}
        conversation.log("entities", entities=[found])
        if conversation.entities:
            conversation.entities.append(dict(found))


def _reminder(conversation: Conversation) -> None:
    if conversation.cast.intents:
        conversation.remind(
            intent=conversation.cast.intents[0], entities=[], seconds=3600
        )
        conversation.log("cancel_reminder")


def _reset_slots(conversation: Conversation) -> None:
    conversation.log("reset_slots")
    conversation.slots = dict(conversation.cast.initial)


def _interrupted(conversation: Conversation) -> None:
    conversation.log("loop_interrupted", is_interrupted=False)


def _export(conversation: Conversation) -> None:
    conversation.log("export")


RARE: tuple[Callable[[Conversation], None], ...] = (
    _agent,
    _pause,
    _reminder,
    _reset_slots,
    _interrupted,
    _export,
)


def rarities(conversation: Conversation) -> None:
    """Log a turn for each event that actions seldom return, and one with entities."""
    for log_it in RARE:
        speak_up(conversation)
        conversation.extract()
        conversation.featurize()
        react(conversation)
        log_it(conversation)
        conversation.listen()
    speak_up(conversation)
    conversation.extract()
    conversation.featurize()
    _entities(conversation)
    react(conversation)
    conversation.listen()
