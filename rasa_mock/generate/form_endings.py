"""The last turn inside a form: each step, as the form shows it to an action server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rasa_mock.core.defaults import REQUESTED_SLOT
from rasa_mock.generate import answers, history
from rasa_mock.generate.conversation import RULE, Conversation
from rasa_mock.generate.forms import FormWalk
from rasa_mock.generate.scene import Scene
from rasa_mock.generate.slot_values import slot_value, wrong_value
from rasa_mock.generate.values import TEXTS

Ending = Callable[[Scene, Conversation], None]


def activation(scene: Scene, conversation: Conversation) -> None:
    """Validate at activation: the loop is active, what is filled is a candidate."""
    walk = _walk(scene, conversation)
    walk.activate()
    walk.call_validation(walk.filled())


def activation_again(scene: Scene, conversation: Conversation) -> None:
    """Validate a second time at activation: now the loop is not active.

    Rasa does so only if activation found nothing at all.
    """
    walk = _walk(scene, conversation)
    conversation.actions_fill = False
    walk.trigger()
    if walk.fills_at_activation():
        conversation.activate(walk.form, fresh=True)
        conversation.extract(fresh=True)
        walk.call_validation(walk.filled())
    else:
        walk.call_validation()


def prefilled(scene: Scene, conversation: Conversation) -> None:
    """Validate at activation the slots that were filled before."""
    walk = _walk(scene, conversation)
    known = walk.known()
    chosen = scene.rng.sample(known, 1 + scene.rng.below(len(known)))
    history.grant(conversation, {n: _ordinary(scene, n) for n in known if n in chosen})
    walk.activate()
    walk.call_validation(walk.filled())


def step(slot: str) -> Ending:
    """Validate the answer to the question for a slot."""

    def ending(scene: Scene, conversation: Conversation) -> None:
        walk = _reached(scene, conversation, slot=slot)
        if walk is not None:
            answers.answer(conversation, conversation.requested or slot)
            _validate_message(walk)

    return ending


def odd_answer(slot: str, edge: str) -> Ending:
    """Validate an odd answer (see `values.TEXTS`) to the question for a slot."""

    def ending(scene: Scene, conversation: Conversation) -> None:
        walk = _reached(scene, conversation, slot=slot)
        if walk is not None:
            asked = conversation.requested or slot
            answers.answer(conversation, asked, text=TEXTS[edge].strip())
            _validate_message(walk)

    return ending


def unanswered(slot: str) -> Ending:
    """Validate when the user said something else: there is no candidate."""

    def ending(scene: Scene, conversation: Conversation) -> None:
        walk = _reached(scene, conversation, slot=slot)
        if walk is not None:
            answers.change_subject(conversation, walk.form)
            _validate_message(walk)

    return ending


def returning(slot: str) -> Ending:
    """Validate when the form comes back after another action answered the user."""

    def ending(scene: Scene, conversation: Conversation) -> None:
        walk = _reached(scene, conversation, slot=slot)
        if walk is not None:
            _digress(walk)
            walk.call_validation()

    return ending


def asked_first(slot: str) -> Ending:
    """Ask for a slot that is the form's next: right away, or after the one before."""

    def ending(scene: Scene, conversation: Conversation) -> None:
        walk = _walk(scene, conversation, slot=slot)
        before = walk.before(slot)
        if before is None:
            _ask_at_activation(walk, slot)
            return
        walk.reach(before)
        if conversation.requested != before:
            _ask_again(walk, slot)
            return
        answers.answer(conversation, before)
        found = {*conversation.extract(), before}
        conversation.featurize(fresh=True)
        names = [name for name in walk.required if name in found - {slot}]
        refused = [(slot, None)] if slot in found else []
        walk.call_question([*((n, walk.accepted(n)) for n in names), *refused])

    return ending


def asked_again(slot: str) -> Ending:
    """Ask for a slot once more, as the first answer was refused."""

    def ending(scene: Scene, conversation: Conversation) -> None:
        walk = _walk(scene, conversation, slot=slot)
        walk.reach(slot)
        _ask_again(walk, slot)

    return ending


def asked_back(slot: str) -> Ending:
    """Ask for a slot once more, after another action answered the user."""

    def ending(scene: Scene, conversation: Conversation) -> None:
        walk = _walk(scene, conversation, slot=slot)
        walk.reach(slot)
        if conversation.requested != slot:
            _ask_again(walk, slot)
            return
        _digress(walk)
        walk.call_question()

    return ending


def form_turn(slot: str) -> Ending:
    """Run a form that is a custom action itself, when the user has answered."""

    def ending(scene: Scene, conversation: Conversation) -> None:
        walk = _walk(scene, conversation)
        walk.reach(slot)
        if walk.is_active:
            answers.answer(conversation, conversation.requested or slot)
        else:
            answers.want(conversation, walk.form)
        conversation.extract()
        conversation.featurize(fresh=True)

    return ending


# States that no dialogue produces.


def stray(scene: Scene, conversation: Conversation) -> None:
    """Validate the form's last slot although those before it are empty."""
    walk = _walk(scene, conversation)
    last = walk.known()[-1]
    answers.want(conversation, walk.form)
    conversation.featurize()
    conversation.act(walk.form, RULE)
    conversation.activate(walk.form)
    conversation.set_slot(REQUESTED_SLOT, last)
    conversation.requested = last
    conversation.listen()
    answers.answer(conversation, last)
    conversation.featurize(fresh=True)
    walk.call_validation([(last, _ordinary(scene, last))])


def wrong_candidates(scene: Scene, conversation: Conversation) -> None:
    """Validate values of types that the slots never get."""
    walk = _walk(scene, conversation)
    walk.activate()
    slots = scene.cast.slots
    walk.call_validation((name, wrong_value(slots[name])) for name in walk.known())


def out_of_the_blue(scene: Scene, conversation: Conversation) -> None:
    """Validate in a form that nobody has activated and with no message before it."""
    _walk(scene, conversation).call_validation()


# Steps that the endings share.


def _walk(
    scene: Scene, conversation: Conversation, *, slot: str | None = None
) -> FormWalk:
    """Choose the form and see to it that its slots are empty."""
    owners = [form for form, name in scene.role.slots if name == slot]
    form = (owners or list(scene.role.forms))[0]
    history.clear(conversation, form)
    return FormWalk(conversation, form)


def _reached(scene: Scene, conversation: Conversation, *, slot: str) -> FormWalk | None:
    """Get to the form's question for a slot; None if the form is over before that.

    Then all its slots were filled without a question, and are validated as such.
    """
    walk = _walk(scene, conversation)
    walk.reach(slot)
    if walk.is_active:
        return walk
    walk.activate()
    walk.call_validation(walk.filled())
    return None


def _ask_at_activation(walk: FormWalk, slot: str) -> None:
    """Show a form's first question; what was filled before has been validated."""
    walk.trigger()
    validated = [(n, None if n == slot else value) for n, value in walk.filled()]
    walk.call_question(validated)


def _ask_again(walk: FormWalk, slot: str) -> None:
    """Show the question for a slot whose value the validation has just refused.

    If the form is over, because all its slots were filled, it is activated once more.
    """
    if not walk.is_active:
        _ask_at_activation(walk, slot)
        return
    answers.answer(walk.conversation, walk.conversation.requested or slot)
    walk.conversation.extract()
    walk.conversation.featurize(fresh=True)
    walk.call_question([(slot, None)])


def _validate_message(walk: FormWalk) -> None:
    """Show the slots that the message filled, as candidates, to the validation."""
    found = walk.conversation.extract()
    walk.conversation.featurize(fresh=True)
    walk.call_validation(walk.answered(found))


def _digress(walk: FormWalk) -> None:
    walk.digress()
    walk.conversation.featurize()
    history.react(walk.conversation)


def _ordinary(scene: Scene, name: str) -> Any:
    return slot_value(scene.cast.slots[name], locale=scene.cast.locale, rng=scene.rng)
