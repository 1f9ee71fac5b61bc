"""The last turn: what happens right before the action is called.

An ending takes an opened conversation and leaves it as Rasa sends it.  Those for forms
are in `form_endings`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rasa_mock.generate import answers, history
from rasa_mock.generate.conversation import Conversation
from rasa_mock.generate.forms import FormWalk
from rasa_mock.generate.messages import any_mention
from rasa_mock.generate.provider import pool
from rasa_mock.generate.scene import Scene
from rasa_mock.generate.values import TEXTS

Ending = Callable[[Scene, Conversation], None]
FALLBACK_INTENT = "nlu_fallback"
# The intent message that leads to one of Rasa's own actions; to others, being unsure.
LEADS_TO: Mapping[str, str] = {"action_restart": "restart", "action_back": "back"}


def call(scene: Scene, conversation: Conversation) -> None:
    """Let Rasa come from the message to the call, by the action's role."""
    if scene.role.name == "mapping":
        return
    if scene.role.name == "mappings":
        conversation.forget_before_restart()
        conversation.extract(fresh=True)
        return
    conversation.extract()
    conversation.featurize(fresh=True)


def nothing_said(scene: Scene, conversation: Conversation) -> None:
    """Call right after the session start: `latest_message` is empty."""


def message(scene: Scene, conversation: Conversation) -> None:
    """Call after a message that fits the action."""
    mentions = history.some_mentions(conversation)
    intent = fitting_intent(scene, conversation)
    mentions = history.usual_mentions(conversation, intent, otherwise=mentions)
    conversation.say(intent, mentions)
    call(scene, conversation)


def built_in(scene: Scene, conversation: Conversation) -> None:
    """Call, in place of one of Rasa's own actions, after what leads to that."""
    if scene.action in LEADS_TO:
        conversation.say_intent(LEADS_TO[scene.action])
    else:
        conversation.say(FALLBACK_INTENT, text=_sentence(scene))
    call(scene, conversation)


def bare_message(scene: Scene, conversation: Conversation) -> None:
    """Call after a message without entities."""
    conversation.say(fitting_intent(scene, conversation))
    call(scene, conversation)


def with_entity(scene: Scene, conversation: Conversation) -> None:
    """Call after a message that holds an entity."""
    entity = any_mention(scene.cast, rng=scene.rng)
    intent = fitting_intent(scene, conversation)
    mentions = history.usual_mentions(conversation, intent, otherwise=(entity,))
    conversation.say(intent, mentions or (entity,))
    call(scene, conversation)


def odd_text(edge: str) -> Ending:
    """Call after a message whose text is one of `values.TEXTS`."""

    def ending(scene: Scene, conversation: Conversation) -> None:
        intent = FALLBACK_INTENT if edge == "empty" else None
        intent = intent or fitting_intent(scene, conversation)
        conversation.say(intent, text=TEXTS[edge].strip())
        call(scene, conversation)

    return ending


def intent_message(scene: Scene, conversation: Conversation) -> None:
    """Call after `/intent{...}`, as a button sends it."""
    values = {}
    if scene.cast.entity_list:
        entity = any_mention(scene.cast, rng=scene.rng)
        values[entity.part.name] = entity.value
    conversation.say_intent(fitting_intent(scene, conversation) or "back", values)
    call(scene, conversation)


def unrecognised(scene: Scene, conversation: Conversation) -> None:
    """Call after a message in which NLU recognised nothing: the intent is null."""
    conversation.say(None, text=_sentence(scene))
    call(scene, conversation)


def reminder(scene: Scene, conversation: Conversation) -> None:
    """Call after a reminder has fired."""
    history.remind(conversation)
    call(scene, conversation)


def followup(scene: Scene, conversation: Conversation) -> None:
    """Call after other actions in the same turn."""
    conversation.say(fitting_intent(scene, conversation))
    conversation.extract()
    conversation.featurize()
    history.chain(conversation)


def form_done(scene: Scene, conversation: Conversation) -> None:
    """Call right after a form has filled all its slots."""
    form = scene.rng.pick(fillable_forms(scene))
    history.clear(conversation, form)
    FormWalk(conversation, form).complete()


def form_interrupted(scene: Scene, conversation: Conversation) -> None:
    """Call in the middle of a form, which the user's message has interrupted."""
    form = scene.rng.pick(interruptible_forms(scene))
    history.clear(conversation, form)
    walk = FormWalk(conversation, form)
    walk.begin()
    if walk.is_active:
        conversation.listen()
        walk.digress()
        conversation.featurize(fresh=True)


def form_question(form: str, slot: str) -> Ending:
    """Call extraction when the user answers a form's question."""

    def ending(scene: Scene, conversation: Conversation) -> None:
        history.clear(conversation, form)
        FormWalk(conversation, form).reach(slot)
        if scene.role.name == "mapping" or conversation.requested is None:
            conversation.say(fitting_intent(scene, conversation))
        else:
            answers.answer(conversation, conversation.requested)
        call(scene, conversation)

    return ending


def form_quiet(form: str) -> Ending:
    """Call extraction when a form's question is left unanswered."""

    def ending(scene: Scene, conversation: Conversation) -> None:
        history.clear(conversation, form)
        walk = FormWalk(conversation, form)
        walk.begin()
        conversation.listen()
        if walk.is_active:
            answers.change_subject(conversation, form)
        else:
            conversation.say(fitting_intent(scene, conversation))
        call(scene, conversation)

    return ending


def form_activation(form: str) -> Ending:
    """Call extraction when a form is activated: a second time for that message."""

    def ending(scene: Scene, conversation: Conversation) -> None:
        history.clear(conversation, form)
        FormWalk(conversation, form).trigger()
        conversation.activate(form, fresh=True)
        call(scene, conversation)

    return ending


def fillable_forms(scene: Scene) -> tuple[str, ...]:
    """List the forms whose slots the domain all has."""
    return tuple(
        name
        for name, form in scene.cast.forms.items()
        if all(slot in scene.cast.slots for slot in form.required_slots)
    )


def interruptible_forms(scene: Scene) -> tuple[str, ...]:
    """List the forms whose first question a message can leave unanswered."""
    return tuple(
        name
        for name in fillable_forms(scene)
        if answers.quiet_intents(
            scene.cast, name, slot=scene.cast.forms[name].required_slots[0]
        )
    )


def fitting_intent(scene: Scene, conversation: Conversation) -> str | None:
    """Choose an intent that leads to the action, likely one that sounds like it."""
    rule = scene.mapping_rule
    if rule is not None:
        options = answers.allowed_intents(scene.cast, rule, loop=conversation.loop)
    elif scene.rng.chance(0.75):
        options = scene.cast.leading_to(scene.action)
    else:
        options = scene.cast.intents
    return scene.rng.pick(options) if options else None


def _sentence(scene: Scene) -> str:
    return scene.rng.pick(pool(scene.cast.locale, "sentence"))
