"""What is called: the role that an action plays, and how a conversation opens for it.

Rasa calls an action server in six situations, which differ in what the tracker looks
like (protocol A.1, D.4 to D.6): see `ROLES`.  An opening is everything up to the last
turn; `endings` has that turn, `kinds` the table of both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_mock.core.defaults import VALIDATE_PREFIX
from rasa_mock.generate import history
from rasa_mock.generate.cast import Cast, Rule
from rasa_mock.generate.conversation import Conversation
from rasa_mock.generate.rng import Rng
from rasa_mock.generate.slot_values import edge_value, has_edge, slot_value

ROLES = {
    "plain": "predicted by a policy after a message",
    "form": "a form's name listed under actions: it replaces the form",
    "mapping": "run by slot extraction, for a slot with a custom mapping",
    "mappings": "action_validate_slot_mappings, run after every extraction",
    "validation": "validate_<form>, run by the form",
    "question": "action_ask_<slot>, run by the form",
    "session": "action_session_start, run before the first message",
    "built-in": "one of Rasa's own that the domain overrides, predicted by itself",
}
LONG_TURNS = 40
USUAL_CHANNELS = ("rest",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """The situation in which Rasa calls an action; `forms` are those that run it."""

    name: str
    forms: tuple[str, ...] = ()
    slots: tuple[tuple[str, str], ...] = ()


def role_of(cast: Cast, action: str) -> Role:
    """Find out in which situation Rasa calls an action of this name."""
    form = action.removeprefix(VALIDATE_PREFIX)
    asked = tuple(pair for pair, name in cast.asks.items() if name == action)
    if action in ALWAYS:
        return Role(name=ALWAYS[action])
    if form != action and form in cast.forms:
        return Role(name="validation", forms=(form,))
    if action in cast.forms:
        return Role(name="form", forms=(action,))
    if asked:
        return Role(name="question", forms=(asked[0][0],), slots=asked)
    return Role(name="mapping" if action in cast.mapping_actions else "plain")


ALWAYS = {
    "action_back": "built-in",
    "action_default_ask_affirmation": "built-in",
    "action_default_ask_rephrase": "built-in",
    "action_default_fallback": "built-in",
    "action_restart": "built-in",
    "action_session_start": "session",
    "action_validate_slot_mappings": "mappings",
}


@dataclass(slots=True, kw_only=True)
class Scene:
    """One case in the making: the action, its role, and the choices still to draw."""

    cast: Cast
    action: str
    role: Role
    rng: Rng
    sender_id: str = "default"

    def conversation(
        self,
        *,
        channels: Sequence[str | None] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> Conversation:
        """Begin a conversation that has no event yet, on one of the channels.

        A user's own channels and metadata come before made-up ones.
        """
        own = self.cast.material
        channels = channels or own.channels or USUAL_CHANNELS
        channel = channels[0] if len(channels) == 1 else self.rng.pick(channels)
        if own.metadata:
            metadata = dict(self.rng.pick(own.metadata))
        return Conversation(
            self.cast,
            self.rng,
            sender_id=self.sender_id,
            channel=channel,
            metadata=metadata,
        )

    @property
    def mapping_rule(self) -> Rule | None:
        """The slot mapping that runs this action, if one does."""
        if self.role.name != "mapping":
            return None
        return next(
            rule
            for part in self.cast.fillable
            for rule in part.rules
            if rule.action == self.action
        )

    def free_slots(self) -> list[str]:
        """List the slots that no form of this action asks for."""
        taken = {
            name
            for form in self.role.forms
            for name in self.cast.forms[form].required_slots
        }
        return [
            part.name for part in self.cast.set_by_actions if part.name not in taken
        ]


Opening = Callable[[Scene], Conversation]


def at_once(scene: Scene) -> Conversation:
    """Open with the first session and nothing else."""
    conversation = scene.conversation()
    conversation.start_session()
    return conversation


def after_turns(scene: Scene) -> Conversation:
    """Open with a few turns of any sort."""
    conversation = at_once(scene)
    history.turns(conversation, 1 + scene.rng.below(5))
    return conversation


def after_long(scene: Scene) -> Conversation:
    """Open with a long conversation, some 200 to 300 events."""
    conversation = at_once(scene)
    history.turns(conversation, LONG_TURNS)
    return conversation


def on_channel(name: str | None) -> Opening:
    """Open on another channel; None is a message without one, as the HTTP API adds."""

    def opening(scene: Scene) -> Conversation:
        conversation = scene.conversation(channels=(name,))
        conversation.start_session()
        history.turns(conversation, scene.rng.below(3))
        return conversation

    return opening


def with_metadata(scene: Scene) -> Conversation:
    """Open with metadata that a channel hands over with each message."""
    metadata = {"user_id": f"u-{scene.rng.below(10_000)}", "locale": scene.cast.locale}
    conversation = scene.conversation(metadata=metadata)
    conversation.start_session()
    history.turns(conversation, scene.rng.below(3))
    return conversation


def in_new_session(scene: Scene) -> Conversation:
    """Open with an old session, still in the tracker, and the start of a new one."""
    conversation = at_once(scene)
    history.turns(conversation, 1 + scene.rng.below(3))
    history.new_session(conversation)
    return conversation


def after_restart(scene: Scene) -> Conversation:
    """Open with turns that a restart has wiped out."""
    conversation = at_once(scene)
    history.turns(conversation, 1 + scene.rng.below(3))
    conversation.restart()
    return conversation


def after_rarities(scene: Scene) -> Conversation:
    """Open with the events that actions seldom return."""
    conversation = at_once(scene)
    history.rarities(conversation)
    return conversation


def with_filled_slots(scene: Scene) -> Conversation:
    """Open with every slot filled."""
    conversation = at_once(scene)
    values = {
        name: slot_value(
            scene.cast.slots[name], locale=scene.cast.locale, rng=scene.rng
        )
        for name in scene.free_slots()
    }
    history.grant(conversation, values)
    return conversation


def with_emptied_slots(scene: Scene) -> Conversation:
    """Open with slots that were filled and then reset."""
    conversation = with_filled_slots(scene)
    history.grant(conversation, dict.fromkeys(scene.free_slots()))
    return conversation


def at_edge(edge: str) -> Opening:
    """Open with every slot that has this edge there (see `slot_values.EDGES`)."""

    def opening(scene: Scene) -> Conversation:
        conversation = at_once(scene)
        parts = [scene.cast.slots[name] for name in scene.free_slots()]
        history.grant(
            conversation,
            {
                part.name: edge_value(part, edge)
                for part in parts
                if has_edge(part, edge)
            },
        )
        return conversation

    return opening
