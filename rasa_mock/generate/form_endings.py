"""The last turn inside a form: each step, as the form shows it to an action server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rasa_mock.generate import forms, history
from rasa_mock.generate.conversation import RULE, Conversation
from rasa_mock.generate.scene import Scene
from rasa_mock.generate.slot_values import slot_value, wrong_value
from rasa_mock.generate.values import TEXTS

Ending = Callable[[Scene, Conversation], None]


def activation(scene: Scene, conversation: Conversation) -> None:
    """Validate at activation: the loop is active, what is filled is a candidate."""
    form = _form(scene, conversation)
    _activate(conversation, form)
    forms.call_validation(conversation, form, _filled(conversation, form))


def activation_again(scene: Scene, conversation: Conversation) -> None:
    """Validate a second time at activation: now the loop is not active."""
    form = _form(scene, conversation)
    _trigger(conversation, form)
    forms.call_validation(conversation, form, ())


def prefilled(scene: Scene, conversation: Conversation) -> None:
    """Validate at activation the slots that were filled before."""
    form = _form(scene, conversation)
    known = [n for n in forms.required(conversation, form) if n in scene.cast.slots]
    chosen = scene.rng.sample(known, 1 + scene.rng.below(len(known)))
    history.grant(conversation, {n: _ordinary(scene, n) for n in known if n in chosen})
    _activate(conversation, form)
    forms.call_validation(conversation, form, _filled(conversation, form))


def step(slot: str) -> Ending:
    """Validate the answer to the question for a slot."""

    def ending(scene: Scene, conversation: Conversation) -> None:
        form = _form(scene, conversation)
        _reach(conversation, form, slot)
        if conversation.loop is None:
            _validate_all(conversation, form)
            return
        forms.answer(conversation, form, conversation.requested or slot)
        _validate_message(conversation, form)

    return ending


def odd_answer(slot: str, edge: str) -> Ending:
    """Validate an odd answer (see `values.TEXTS`) to the question for a slot."""

    def ending(scene: Scene, conversation: Conversation) -> None:
        form = _form(scene, conversation)
        _reach(conversation, form, slot)
        if conversation.loop is None:
            _validate_all(conversation, form)
            return
        name = conversation.requested or slot
        forms.answer(conversation, form, name, text=TEXTS[edge].strip())
        _validate_message(conversation, form)

    return ending


def unanswered(slot: str) -> Ending:
    """Validate when the user said something else: there is no candidate."""

    def ending(scene: Scene, conversation: Conversation) -> None:
        form = _form(scene, conversation)
        _reach(conversation, form, slot)
        if conversation.loop is None:
            _validate_all(conversation, form)
            return
        forms.change_subject(conversation, form)
        _validate_message(conversation, form)

    return ending


def returning(slot: str) -> Ending:
    """Validate when the form comes back after another action answered the user."""

    def ending(scene: Scene, conversation: Conversation) -> None:
        form = _form(scene, conversation)
        _reach(conversation, form, slot)
        if conversation.loop is None:
            _validate_all(conversation, form)
            return
        _digress(conversation, form)
        forms.call_validation(conversation, form, ())

    return ending


def asked_first(slot: str) -> Ending:
    """Ask for a slot that is the form's next: right away, or after the one before."""

    def ending(scene: Scene, conversation: Conversation) -> None:
        form = _form(scene, conversation, slot=slot)
        before = _slot_before(conversation, form, slot)
        if before is None:
            _ask_at_activation(conversation, form, slot)
            return
        _reach(conversation, form, before)
        if conversation.requested != before:
            _ask_again(conversation, form, slot)
            return
        forms.answer(conversation, form, before)
        found = {*conversation.extract(), before}
        conversation.featurize(fresh=True)
        names = [n for n in forms.required(conversation, form) if n in found - {slot}]
        accepted = [(name, forms.accepted(conversation, name)) for name in names]
        refused = [(slot, None)] if slot in found else []
        forms.call_question(conversation, form, [*accepted, *refused])

    return ending


def asked_again(slot: str) -> Ending:
    """Ask for a slot once more, as the first answer was refused."""

    def ending(scene: Scene, conversation: Conversation) -> None:
        form = _form(scene, conversation, slot=slot)
        _reach(conversation, form, slot)
        _ask_again(conversation, form, slot)

    return ending


def asked_back(slot: str) -> Ending:
    """Ask for a slot once more, after another action answered the user."""

    def ending(scene: Scene, conversation: Conversation) -> None:
        form = _form(scene, conversation, slot=slot)
        _reach(conversation, form, slot)
        if conversation.requested != slot:
            _ask_again(conversation, form, slot)
            return
        _digress(conversation, form)
        forms.call_question(conversation, form, ())

    return ending


def form_turn(slot: str) -> Ending:
    """Run a form that is a custom action itself, when the user has answered."""

    def ending(scene: Scene, conversation: Conversation) -> None:
        form = _form(scene, conversation)
        _reach(conversation, form, slot)
        if conversation.loop is None:
            return
        forms.answer(conversation, form, conversation.requested or slot)
        conversation.extract()
        conversation.featurize(fresh=True)

    return ending


# States that no dialogue produces.


def stray(scene: Scene, conversation: Conversation) -> None:
    """Validate the form's last slot although those before it are empty."""
    form = _form(scene, conversation)
    known = [n for n in forms.required(conversation, form) if n in scene.cast.slots]
    forms.want(conversation, form)
    conversation.featurize()
    conversation.act(form, RULE)
    conversation.activate(form)
    conversation.set_slot(forms.REQUESTED, known[-1])
    conversation.requested = known[-1]
    conversation.listen()
    forms.answer(conversation, form, known[-1])
    conversation.featurize(fresh=True)
    value = _ordinary(scene, known[-1])
    forms.call_validation(conversation, form, [(known[-1], value)])


def wrong_candidates(scene: Scene, conversation: Conversation) -> None:
    """Validate values of types that the slots never get."""
    form = _form(scene, conversation)
    known = [n for n in forms.required(conversation, form) if n in scene.cast.slots]
    forms.want(conversation, form)
    conversation.featurize(fresh=True)
    conversation.activate(form, fresh=True)
    values = [(name, wrong_value(scene.cast.slots[name])) for name in known]
    forms.call_validation(conversation, form, values)


def out_of_the_blue(scene: Scene, conversation: Conversation) -> None:
    """Validate in a form that nobody has activated and with no message before it."""
    form = _form(scene, conversation)
    conversation.requested = forms.required(conversation, form)[0]
    forms.call_validation(conversation, form, ())


# Steps that the endings share.


def _form(scene: Scene, conversation: Conversation, *, slot: str | None = None) -> str:
    """Choose the form and see to it that its slots are empty."""
    owners = [form for form, name in scene.role.slots if name == slot]
    form = (owners or list(scene.role.forms))[0]
    history.clear(conversation, form)
    return form


def _activate(conversation: Conversation, form: str) -> None:
    _trigger(conversation, form)
    conversation.activate(form, fresh=True)
    conversation.extract(fresh=True)


def _reach(conversation: Conversation, form: str, slot: str) -> None:
    """Log the form up to its question for a slot."""
    forms.complete(conversation, form, until=slot)
    conversation.listen()


def _trigger(conversation: Conversation, form: str) -> None:
    forms.want(conversation, form)
    conversation.extract()
    conversation.featurize(fresh=True)


def _ask_at_activation(conversation: Conversation, form: str, slot: str) -> None:
    """Show a form's first question; what was filled before has been validated."""
    _trigger(conversation, form)
    filled = _filled(conversation, form)
    validated = [(name, None if name == slot else value) for name, value in filled]
    forms.call_question(conversation, form, validated)


def _ask_again(conversation: Conversation, form: str, slot: str) -> None:
    """Show the question for a slot whose value the validation has just refused.

    If the form is over, because all its slots were filled, it is activated once more.
    """
    if conversation.loop is None:
        _ask_at_activation(conversation, form, slot)
        return
    forms.answer(conversation, form, conversation.requested or slot)
    conversation.extract()
    conversation.featurize(fresh=True)
    forms.call_question(conversation, form, [(slot, None)])


def _validate_message(conversation: Conversation, form: str) -> None:
    """Show the slots that the message filled, as candidates, to the validation."""
    found = conversation.extract()
    conversation.featurize(fresh=True)
    wanted = {*forms.required(conversation, form), conversation.requested}
    values = [(n, conversation.slots[n]) for n in dict.fromkeys(found) if n in wanted]
    forms.call_validation(conversation, form, values)


def _validate_all(conversation: Conversation, form: str) -> None:
    """Activate a form all of whose slots are filled by now."""
    _activate(conversation, form)
    forms.call_validation(conversation, form, _filled(conversation, form))


def _filled(conversation: Conversation, form: str) -> list[tuple[str, Any]]:
    return [
        (name, conversation.slots[name])
        for name in forms.required(conversation, form)
        if conversation.slots.get(name) is not None
    ]


def _digress(conversation: Conversation, form: str) -> None:
    forms.digress(conversation, form)
    conversation.featurize()
    history.react(conversation)


def _slot_before(conversation: Conversation, form: str, slot: str) -> str | None:
    names = forms.required(conversation, form)
    place = names.index(slot)
    return names[place - 1] if place else None


def _ordinary(scene: Scene, name: str) -> Any:
    return slot_value(scene.cast.slots[name], locale=scene.cast.locale, rng=scene.rng)
