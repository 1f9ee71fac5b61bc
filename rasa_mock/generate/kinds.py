"""The table of kinds of case: which openings and endings, for which role.

A row of the plan is one case.  Its kind is the opening's name, the ending's name, or
both (`restart-step-city`); the index counts rows of the same kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from rasa_mock.generate import answers, endings, form_endings, history, scene
from rasa_mock.generate.conversation import Conversation
from rasa_mock.generate.endings import Ending
from rasa_mock.generate.scene import Opening, Role, Scene
from rasa_mock.generate.slot_values import EDGES, has_edge, wrong_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One row: how the conversation opens and ends, and whether that can happen.

    `length` is how many events there are to be, if that is asked for.
    """

    name: str
    opening: Opening
    ending: Ending
    reachable: bool = True
    length: int | None = None

    @property
    def shows_all(self) -> bool:
        """Whether every event type of the project is to occur."""
        return self.opening is scene.after_rarities


Rows = Iterator[Kind]
OPENINGS: tuple[tuple[str, Opening], ...] = (
    ("turn", scene.after_turns),
    ("filled", scene.with_filled_slots),
    ("empty", scene.with_emptied_slots),
    ("session", scene.in_new_session),
    ("restart", scene.after_restart),
    ("long-history", scene.after_long),
    ("channel-facebook", scene.on_channel("facebook")),
    ("channel-telegram", scene.on_channel("telegram")),
    ("channel-none", scene.on_channel(None)),
    ("metadata", scene.with_metadata),
    ("rare-events", scene.after_rarities),
    *((f"slots-{edge}", scene.at_edge(edge)) for edge in EDGES),
)
ODD_TEXTS = ("empty", "long", "chinese", "rtl", "emoji")
STEP_TEXTS = ("empty", "zero", "long", "chinese", "rtl", "emoji")
DEFAULT_COUNT = 20


def plan(sample: Scene, *, count: int = DEFAULT_COUNT) -> list[Kind]:
    """List the kinds of case for an action, the most telling first.

    At least `count` rows are reachable; where the table has fewer, its first kinds come
    again.  A `count` below the default cuts the list instead.
    """
    rows = list(_PLANS[sample.role.name](sample))
    if count < DEFAULT_COUNT:
        return rows[:count]
    reachable = [row for row in rows if row.reachable]
    missing = count - len(reachable)
    again = cycle(row for row in reachable if row.opening is not scene.at_once)
    return rows + [next(again) for _ in range(missing)]


def _plain(sample: Scene) -> Rows:
    yield _row("first", endings.message)
    yield _row("fresh", endings.nothing_said)
    yield from _messages(sample)
    if sample.cast.actions:
        yield _row("followup", endings.followup, opening=scene.after_turns)
    yield from _around_forms(sample)
    yield from _unreachable(sample)


def _messages(sample: Scene) -> Rows:
    """Yield the kinds that differ in what was said before the call."""
    if sample.cast.entity_list:
        yield _row("entity", endings.with_entity)
    for name, opening in _openings(sample):
        # A message without entities leaves the slots as the opening has set them.
        about_slots = name.startswith("slots-") or name in ("filled", "empty")
        ending = endings.bare_message if about_slots else endings.message
        yield _row(name, ending, opening=opening)
    yield _row("turn", endings.message, opening=scene.after_turns)
    yield _row("turn", endings.message, opening=scene.after_turns)
    yield _row("intent-message", endings.intent_message, opening=scene.after_turns)
    yield _row("unrecognised", endings.unrecognised, opening=scene.after_turns)
    for edge in ODD_TEXTS:
        yield _row(f"text-{edge}", endings.odd_text(edge), opening=scene.after_turns)
    if sample.cast.intents or sample.cast.external:
        yield _row("reminder", endings.reminder, opening=scene.after_turns)


def _around_forms(sample: Scene) -> Rows:
    if endings.fillable_forms(sample):
        yield _row("form-done", endings.form_done, opening=scene.after_turns)
    if endings.interruptible_forms(sample):
        yield _row(
            "form-interrupted", endings.form_interrupted, opening=scene.after_turns
        )


def _unreachable(sample: Scene) -> Rows:
    yield _row(
        "no-events",
        endings.nothing_said,
        opening=Scene.conversation,
        reachable=False,
    )
    if sample.free_slots() and sample.cast.actions:
        yield _row(
            "wrong-types", endings.message, opening=_with_wrong_slots, reachable=False
        )


def _with_wrong_slots(sample: Scene) -> Conversation:
    conversation = scene.at_once(sample)
    values = {
        name: wrong_value(sample.cast.slots[name]) for name in sample.free_slots()
    }
    history.grant(conversation, values)
    return conversation


def _mappings(sample: Scene) -> Rows:
    """Yield the kinds for action_validate_slot_mappings, in and out of forms."""
    yield _row("first", endings.message)
    for form in endings.fillable_forms(sample):
        yield _row(f"activation-{form}", endings.form_activation(form))
        if form in endings.interruptible_forms(sample):
            yield _row(f"unanswered-{form}", endings.form_quiet(form))
        for slot in _steps(sample, form):
            ending = endings.form_question(form, slot)
            yield _row(f"step-{slot}", ending)
    yield from _messages(sample)
    yield from _unreachable(sample)


def _mapping(sample: Scene) -> Rows:
    """Yield the kinds for a mapping's action: where its conditions and intents hold."""
    rule = sample.mapping_rule
    loops = [c.get("active_loop") for c in rule.conditions] if rule else []
    outside = not loops or None in loops
    inside = [f for f in endings.fillable_forms(sample) if not loops or f in loops]
    if outside:
        yield _row("first", endings.bare_message)
        for name, opening in _openings(sample):
            yield _row(name, endings.bare_message, opening=opening)
        for edge in ODD_TEXTS[1:]:
            yield _row(
                f"text-{edge}", endings.odd_text(edge), opening=scene.after_turns
            )
    for form in inside:
        if rule is None or not (loops or rule.intents or rule.not_intents):
            ending = endings.form_activation(form)
            yield _row(f"activation-{form}", ending)
        last = [
            (f"step-{slot}", endings.form_question(form, slot))
            for slot in _asked_in(sample, form)
        ]
        yield from (
            _crossed(sample, last)
            if not outside
            else (_row(name, ending) for name, ending in last)
        )
    yield from _unreachable(sample)


def _asked_in(sample: Scene, form: str) -> list[str]:
    """List the form's slots during whose question the mapping's conditions hold."""
    rule = sample.mapping_rule
    asked = [
        condition.get("requested_slot")
        for condition in (rule.conditions if rule else ())
        if condition.get("active_loop") == form
    ]
    everywhere = not asked or None in asked
    return [s for s in _steps(sample, form) if everywhere or s in asked]


def _built_in(sample: Scene) -> Rows:
    yield _row("first", endings.built_in)
    for name, opening in _openings(sample):
        yield _row(name, endings.built_in, opening=opening)
    if sample.action not in endings.LEADS_TO:
        yield _row("unrecognised", endings.unrecognised, opening=scene.after_turns)
    yield from _unreachable(sample)


def _form(sample: Scene) -> Rows:
    yield _row("first", endings.message)
    for slot in _steps(sample, sample.role.forms[0]):
        yield _row(f"step-{slot}", form_endings.form_turn(slot))
    yield from _messages(sample)
    yield from _unreachable(sample)


def _validation(sample: Scene) -> Rows:
    form = sample.role.forms[0]
    steps = _steps(sample, form)
    last: list[tuple[str, Ending]] = [
        ("activation", form_endings.activation),
        ("activation-again", form_endings.activation_again),
    ]
    if sample.cast.actions and steps:
        last.append(("prefilled", form_endings.prefilled))
    for slot in steps:
        last.append((f"step-{slot}", form_endings.step(slot)))
        if answers.quiet_intents(sample.cast, form, slot=slot):
            last.append((f"unanswered-{slot}", form_endings.unanswered(slot)))
            last.append((f"returning-{slot}", form_endings.returning(slot)))
    yield from _crossed(sample, last)
    for slot in steps:
        if any(rule.type == "from_text" for rule in sample.cast.slots[slot].rules):
            for edge in STEP_TEXTS:
                ending = form_endings.odd_answer(slot, edge)
                yield _row(f"answer-{edge}-{slot}", ending)
    if steps:
        yield _row("stray", form_endings.stray, reachable=False)
        yield _row("wrong-types", form_endings.wrong_candidates, reachable=False)
    yield _row("out-of-the-blue", form_endings.out_of_the_blue, reachable=False)


def _question(sample: Scene) -> Rows:
    last: list[tuple[str, Ending]] = []
    for form, slot in sample.role.slots:
        last.append((f"ask-{slot}", form_endings.asked_first(slot)))
        last.append((f"ask-again-{slot}", form_endings.asked_again(slot)))
        if answers.quiet_intents(sample.cast, form, slot=slot):
            last.append((f"ask-back-{slot}", form_endings.asked_back(slot)))
    yield from _crossed(sample, last)
    yield _row("out-of-the-blue", form_endings.out_of_the_blue, reachable=False)


def _session(sample: Scene) -> Rows:
    yield _row("new", endings.nothing_said, opening=_unstarted)
    yield _row("new-metadata", endings.nothing_said, opening=_greeted_by_metadata)
    expires = sample.cast.domain.session_config.session_expiration_time > 0
    for name, opening in _openings(sample):
        if expires:
            yield _row(f"expired-{name}", _expired, opening=opening)
        else:
            yield _row(f"asked-for-{name}", _asked_for_session, opening=opening)
    yield _row("asked-for", _asked_for_session, opening=scene.after_turns)


def _unstarted(
    sample: Scene, *, metadata: dict[str, Any] | None = None
) -> Conversation:
    """Open a conversation whose first session is about to start."""
    conversation = sample.conversation(metadata=metadata)
    if conversation.metadata:
        known = dict(conversation.metadata)
        conversation.set_slot("session_started_metadata", known)
    return conversation


def _greeted_by_metadata(sample: Scene) -> Conversation:
    return _unstarted(sample, metadata={"user_id": "u-1"})


def _expired(sample: Scene, conversation: Conversation) -> None:
    """Call before a message that comes too late for the old session."""
    if not conversation.said:
        history.chat(conversation)
    minutes = sample.cast.domain.session_config.session_expiration_time
    conversation.wait((minutes + 1) * history.MINUTE)
    if conversation.metadata:
        metadata = dict(conversation.metadata)
        conversation.set_slot("session_started_metadata", metadata)


def _asked_for_session(sample: Scene, conversation: Conversation) -> None:
    conversation.say_intent("session_start")
    endings.call(sample, conversation)


_PLANS: dict[str, Callable[[Scene], Rows]] = {
    "plain": _plain,
    "form": _form,
    "mapping": _mapping,
    "mappings": _mappings,
    "validation": _validation,
    "question": _question,
    "session": _session,
    "built-in": _built_in,
}


def _row(
    name: str,
    ending: Ending,
    *,
    opening: Opening = scene.at_once,
    reachable: bool = True,
) -> Kind:
    return Kind(name=name, opening=opening, ending=ending, reachable=reachable)


def _crossed(sample: Scene, last: Sequence[tuple[str, Ending]]) -> Rows:
    """Yield each ending in a plain conversation, then each opening with some ending."""
    for name, ending in last:
        yield _row(name, ending)
    for (before, opening), (name, ending) in zip(_openings(sample), cycle(last)):
        yield _row(f"{before}-{name}", ending, opening=opening)


def _openings(sample: Scene) -> Iterator[tuple[str, Opening]]:
    """Yield the openings that the domain allows: slots are set by custom actions."""
    parts = [sample.cast.slots[name] for name in sample.free_slots()]
    for name, opening in _on_own_channels(sample):
        if name in ("filled", "empty") and not (parts and sample.cast.actions):
            continue
        edge = name.removeprefix("slots-")
        if edge != name and not (
            sample.cast.actions and any(has_edge(part, edge) for part in parts)
        ):
            continue
        yield name, opening


def _on_own_channels(sample: Scene) -> Iterator[tuple[str, Opening]]:
    """Yield all openings, on a user's channels in place of the made-up ones."""
    own = sample.cast.material.channels
    for name in own:
        yield f"channel-{name}", scene.on_channel(name)
    for name, opening in OPENINGS:
        if not own or not name.startswith("channel-"):
            yield name, opening


def _steps(sample: Scene, form: str) -> list[str]:
    """List the slots that the form gets to: those before one that the domain lacks."""
    known: list[str] = []
    for slot in sample.cast.forms[form].required_slots:
        if slot not in sample.cast.slots:
            break
        known.append(slot)
    return known


__all__ = ["DEFAULT_COUNT", "Kind", "Role", "plan"]
