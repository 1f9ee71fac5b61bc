"""What the policies see of a conversation: one row of features before each action.

A row holds the latest message (intent, or text where there is none, and the entities
that count for the intent), the previous action, the slots that influence the
conversation, and the active loop.  `Timeline` keeps the rows of a growing conversation
so that a prediction costs what is new, not the whole history.

Imitates `get_active_state` and `states_for_tracker_history` of
`rasa.shared.core.domain.Domain`, `as_feature` of `rasa.shared.core.slots` and
`generate_all_prior_trackers` of `rasa.shared.core.trackers` (Rasa 3.6).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rasa_mock.core.applied import Applied
from rasa_mock.core.domain import Domain
from rasa_mock.core.events import EFFECTS
from rasa_mock.core.slots import Slot
from rasa_mock.core.state import LISTEN, NO_LOOP, SlotBook, State, Wire, ignore

# An intent of every domain, with no settings of its own.
FALLBACK_INTENT = "nlu_fallback"

Values = tuple[float, ...]
SlotFeatures = tuple[tuple[str, Values | str], ...]


class Features(NamedTuple):
    """One row; equal rows look the same to a policy."""

    intent: str | None = None
    text: str | None = None
    entities: tuple[str, ...] = ()
    action: str | None = None
    slots: SlotFeatures = ()
    loop: str | None = None

    def as_state(self) -> dict[str, Any]:
        """Return the row as Rasa writes it into the keys of its lookups."""
        user = {"intent": self.intent, "text": self.text, "entities": self.entities}
        state = {
            "user": {name: value for name, value in user.items() if value},
            "slots": dict(self.slots),
            "prev_action": {"action_name": self.action} if self.action else {},
            "active_loop": {"name": self.loop} if self.loop else {},
        }
        return {name: part for name, part in state.items() if part}


Rows = tuple[Features, ...]


class Prior(NamedTuple):
    """The conversation as it was before an action, or as it is now.

    `hides` is what the action says of its turn (`hide_rule_turn`); `goes_on` marks the
    moments that leave this as it was: a followup waits, or the loop has just run.
    """

    features: Features
    hides: bool
    goes_on: bool


def bool_from_any(value: Any) -> bool:
    """Read a truth value as Rasa does; raises TypeError or ValueError."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return value == 1.0
    if not isinstance(value, str):
        raise TypeError(f"cannot convert {type(value)!r} to a truth value")
    if value.isnumeric():
        return float(value) == 1.0
    return {"true": True, "false": False}[value.strip().lower()]


def _text(_slot: Slot, value: Any) -> Values:
    return (1.0 if value is not None else 0.0,)


def _bool(_slot: Slot, value: Any) -> Values:
    return (1.0, float(bool_from_any(value))) if value is not None else (0.0, 0.0)


def _float(slot: Slot, value: Any) -> Values:
    low = 0.0 if slot.min_value is None else slot.min_value
    high = 1.0 if slot.max_value is None else slot.max_value
    capped = max(low, min(high, float(value)))
    return (1.0, (capped - low) / (abs(high - low) or 1))


def _list(_slot: Slot, value: Any) -> Values:
    return (1.0 if value is not None and len(value) > 0 else 0.0,)


def _categorical(slot: Slot, value: Any) -> Values:
    if value is None:
        return ()
    word = str(value).lower()
    chosen = slot.values.index(word) if word in slot.values else len(slot.values) - 1
    return tuple(float(index == chosen) for index in range(len(slot.values)))


_FEATURES: Mapping[str, Callable[[Slot, Any], Values]] = {
    "text": _text,
    "bool": _bool,
    "float": _float,
    "list": _list,
    "categorical": _categorical,
}


def slot_features(slot: Slot, value: Any) -> Values:
    """Return the features of a slot's value; empty if it does not count.

    A slot of a custom class counts by being set: what its class makes of the value is
    not known here.
    """
    if not slot.influence_conversation or slot.type == "any":
        return ()
    try:
        values = _FEATURES.get(slot.type.rpartition(".")[2], _text)(slot, value)
    except (TypeError, ValueError, LookupError):
        return ()
    return values if any(values) else ()


class Lens:
    """How the conversations of one domain are looked at.

    With `is_sparse` slots that were not set do not count, even with an initial value
    (Rasa's `omit_unset_slots`, for rules).  With `is_training` every intent is looked
    at with all entities: Rasa trains on a domain that has lost what intents say of
    entities, and predicts on one that has it.
    """

    def __init__(
        self, domain: Domain, *, is_sparse: bool = False, is_training: bool = False
    ) -> None:
        self.domain = domain
        used = {name: spec.used_entities for name, spec in domain.intents.items()}
        if is_training:
            plain = domain.intents[FALLBACK_INTENT].used_entities
            used = dict.fromkeys(used, plain)
        self._used = {name: frozenset(names) for name, names in used.items()}
        self.is_sparse = is_sparse
        self._slots = {
            name: slot
            for name, slot in domain.slots.items()
            if slot.influence_conversation and slot.type != "any"
        }
        initial = {} if is_sparse else self._counting({})
        self._initial: SlotFeatures = tuple(sorted(initial.items()))

    def row(self, state: State) -> Features:
        """Return what the policies see of a state."""
        intent, text, entities = self._message(state)
        return Features(
            intent=intent,
            text=text,
            entities=entities,
            action=state.action_name,
            slots=self._row_of_slots(state.filled),
            loop=None if state.loop is None else state.loop.name,
        )

    def _message(self, state: State) -> tuple[str | None, str | None, tuple[str, ...]]:
        message = state.message
        if message is None:
            return None, None, ()
        intent = (message["parse_data"].get("intent") or {}).get("name")
        if not intent:
            return None, message["text"] or None, ()
        if message.by_text:
            return None, message["text"], ()
        return intent, None, self._entities(intent, message.entities)

    def _entities(self, intent: str, entities: Sequence[Any]) -> tuple[str, ...]:
        """List the entities of a message that count for its intent, roles included."""
        if not entities:
            return ()
        names = set()
        for entity in entities:
            name = entity.get("entity")
            names.add(name)
            for label in (entity.get("role"), entity.get("group")):
                if label:
                    names.add(f"{name}#{label}")
        used = self._used.get(intent)
        return tuple(sorted(names if used is None else names & used))

    def _row_of_slots(self, filled: Mapping[str, Any]) -> SlotFeatures:
        if not filled:
            return self._initial
        return tuple(sorted(self._counting(filled).items()))

    def _counting(self, filled: Mapping[str, Any]) -> dict[str, Values | str]:
        counting: dict[str, Values | str] = {}
        for name, slot in self._slots.items():
            if name in filled:
                value = filled[name]
            elif self.is_sparse:
                continue
            else:
                value = slot.reset_value()
            if value in (NO_LOOP, [NO_LOOP]):
                counting[name] = NO_LOOP
                continue
            features = slot_features(slot, value)
            if features:
                counting[name] = features
        return counting


class Timeline:
    """The rows of one conversation, kept up to date as its events come and go.

    `priors` has the row before each action that counts; `kept` is how many of them
    are still those that were there when it was last set.
    """

    def __init__(self, book: SlotBook, lens: Lens) -> None:
        self.lens = lens
        self._book = book
        self._cuts: Sequence[int] = ()
        self._start()

    def _start(self) -> None:
        self._length = 0
        self._cuts_seen = 0
        self._state = State(self._book)
        self.priors: list[Prior] = []
        self.kept = 0
        # Before each action: how high the stack and what the state was.
        self._marks: list[tuple[int, State]] = []

    def follow(self, events: Sequence[Wire], applied: Applied) -> Prior:
        """Take in what is new; return the row of now."""
        positions = applied.follow()
        if applied.cuts is not self._cuts:
            self._start()
            self._cuts = applied.cuts
        elif len(self._cuts) > self._cuts_seen:
            self._go_back(min(self._cuts[self._cuts_seen :]))
        self._cuts_seen = len(self._cuts)
        return self.fold(events, positions)

    def fold(self, events: Sequence[Wire], positions: Sequence[int]) -> Prior:
        """Take in the events at the positions that are new; return the row of now."""
        state = self._state
        for height in range(self._length, len(positions)):
            event = events[positions[height]]
            if event["event"] == "action":
                self.priors.append(self._prior(state, hides=event["hide_rule_turn"]))
                self._marks.append((height, state.snapshot()))
            effect = EFFECTS.get(event["event"], ignore)
            if effect is not None:
                effect(state, event)
        self._length = len(positions)
        return self._prior(state, hides=False)

    def _prior(self, state: State, *, hides: bool) -> Prior:
        loop = state.loop
        goes_on = bool(state.followup) or (
            state.action_name == (None if loop is None else loop.known_name)
        )
        return Prior(self.lens.row(state), bool(hides), goes_on)

    def _go_back(self, height: int) -> None:
        """Forget what stood at that height of the stack or above."""
        if height >= self._length:
            return
        while self._marks:
            self._length, self._state = self._marks.pop()
            self.priors.pop()
            if self._length <= height:
                self.kept = min(self.kept, len(self.priors))
                return
        cuts, seen = self._cuts, self._cuts_seen
        self._start()
        self._cuts, self._cuts_seen = cuts, seen


def all_priors(
    events: Sequence[Wire], positions: Sequence[int], *, book: SlotBook, lens: Lens
) -> list[Prior]:
    """Return the row before each action, then that of now."""
    timeline = Timeline(book, lens)
    now = timeline.fold(events, positions)
    return [*timeline.priors, now]


class View(NamedTuple):
    """What the eye of `visible` remembers from row to row."""

    last: Features | None = None
    action: str | None = None
    is_hidden: bool = False


def look(view: View, prior: Prior, *, without: RuleOnly) -> tuple[View, bool]:
    """Look at one more row; tell whether it is seen: then it is `last`."""
    action, is_hidden = view.action, view.is_hidden
    if not is_hidden:
        action = prior.features.action
    if not prior.goes_on:
        is_hidden = prior.hides
    if is_hidden:
        return View(view.last, action, is_hidden), False
    row = without.strip(prior.features)
    if view.last is not None and row.action != LISTEN:
        last = view.last
        row = row._replace(intent=last.intent, text=last.text, entities=last.entities)
    if action:
        row = row._replace(action=action)
    return View(row, action, is_hidden), True


def visible(priors: Iterable[Prior], *, without: RuleOnly) -> Iterator[Features]:
    """Yield the rows as policies see them that do not know of the rules.

    Turns that a rule has answered are left out, with their messages and actions, and
    so is what occurs in rules only.  Rasa calls this `ignore_rule_only_turns`.
    """
    view = View()
    for prior in priors:
        view, is_seen = look(view, prior, without=without)
        if is_seen and view.last is not None:
            yield view.last


class Sight:
    """The visible rows of a conversation, kept up to date with its `Timeline`."""

    def __init__(self, without: RuleOnly) -> None:
        self._without = without
        self._rows: list[Features] = []
        # After each prior: the view, and how many rows were seen.
        self._views: list[tuple[View, int]] = []

    def follow(self, timeline: Timeline, now: Prior, *, number: int | None) -> Rows:
        """Return the last `number` of the visible rows, that of now included."""
        del self._views[timeline.kept :]
        view, count = self._views[-1] if self._views else (View(), 0)
        del self._rows[count:]
        for prior in timeline.priors[len(self._views) :]:
            view, is_seen = look(view, prior, without=self._without)
            if is_seen and view.last is not None:
                self._rows.append(view.last)
            self._views.append((view, len(self._rows)))
        timeline.kept = len(timeline.priors)
        view, is_seen = look(view, now, without=self._without)
        rows = self._rows if number is None else self._rows[-number:]
        seen = (*rows, view.last) if is_seen and view.last is not None else tuple(rows)
        return seen if number is None else seen[-number:]


class RuleOnly(NamedTuple):
    """The slots and loops that occur in rules and in no story."""

    slots: frozenset[str] = frozenset()
    loops: frozenset[str] = frozenset()

    def strip(self, row: Features) -> Features:
        """Take them out of a row."""
        if self.slots and row.slots:
            kept = tuple(pair for pair in row.slots if pair[0] not in self.slots)
            row = row._replace(slots=kept)
        return row._replace(loop=None) if row.loop in self.loops else row
