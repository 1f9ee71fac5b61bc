"""Forms, and the other loop of Rasa: the two-stage fallback.

A run of a loop, in Rasa's order: if it is not the active loop it is activated (and
then slots are extracted and validated once more); unless it is done by that, it does
its work; if it is done then, it is deactivated.  A form's work is to validate the
slots that the message filled and to ask for the next one.  If the message filled none
of them, the form rejects to run, and the policies predict something else.

Imitates `LoopAction` (rasa/core/actions/loops.py), `FormAction`
(rasa/core/actions/forms.py) and `TwoStageFallbackAction`
(rasa/core/actions/two_stage_fallback.py) of Rasa 3.6.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from rasa_mock.core import actions
from rasa_mock.core.actions import Run, Stage, make, with_events, without_slots_of
from rasa_mock.core.answer import REJECTION, failed
from rasa_mock.core.commands import Effects
from rasa_mock.core.defaults import REQUESTED_SLOT, VALIDATE_PREFIX
from rasa_mock.core.domain import Form
from rasa_mock.core.extraction import slot_event
from rasa_mock.core.state import LISTEN, Message, Wire
from rasa_mock.core.tracker import Tracker

REJECTED = "action_execution_rejected"
TWO_STAGE_FALLBACK = "action_two_stage_fallback"
FALLBACK_INTENT = "nlu_fallback"
DENIED_INTENT = "out_of_scope"


class Loop(Protocol):
    """What a loop does at each stage of a run; `events` are those of the run so far."""

    name: str

    def activate(self, stage: Stage, tracker: Tracker) -> Effects[list[Wire]]: ...

    def do(
        self, stage: Stage, tracker: Tracker, events: list[Wire]
    ) -> Effects[list[Wire]]: ...

    def is_done(self, tracker: Tracker, events: Sequence[Wire]) -> bool: ...

    def deactivate(
        self, stage: Stage, tracker: Tracker, events: list[Wire]
    ) -> Effects[list[Wire]]: ...


def play(loop: Loop, stage: Stage, tracker: Tracker) -> Effects[list[Wire]]:
    """Run a loop once."""
    events: list[Wire] = []
    if tracker.active_loop_name != loop.name:
        events += make(stage, {"event": "active_loop", "name": loop.name})
        started = tracker.copy()
        started.extend(events)
        events += yield from loop.activate(stage, started)
    if not loop.is_done(tracker, events):
        events += yield from loop.do(stage, tracker, events)
    if loop.is_done(tracker, events):
        events += make(stage, {"event": "active_loop", "name": None})
        events += yield from loop.deactivate(stage, tracker, events)
    return events


def form(spec: Form) -> Run:
    """Return what runs a form of the domain."""
    return lambda stage, tracker: play(_FormLoop(spec), stage, tracker)


class _FormLoop:
    """A form as a loop."""

    def __init__(self, spec: Form) -> None:
        self.name = spec.name
        self._required = spec.required_slots

    def activate(self, stage: Stage, tracker: Tracker) -> Effects[list[Wire]]:
        """Extract slots with the form active; validate what is filled already."""
        extracted = yield from actions.extract_slots(stage, tracker)
        if not self._is_validated(stage):
            return extracted
        tracker.extend(extracted)
        slots = tracker.slots
        filled = {
            name: slots.get(name)
            for name in self._required
            if slots.get(name) is not None
        }
        validated = yield from self._validate_slots(stage, tracker, filled)
        return validated + without_slots_of(extracted, validated)

    def do(
        self, stage: Stage, tracker: Tracker, events: list[Wire]
    ) -> Effects[list[Wire]]:
        """Validate what the message filled, unless that is done; ask for more."""
        own: list[Wire] = []
        if all(event["event"] == "active_loop" for event in events):
            own += yield from self._validate_if_required(stage, tracker)
        if not any(event["event"] == REJECTED for event in own):
            own += yield from self._request_next(stage, tracker, events + own)
        return own

    def is_done(self, tracker: Tracker, events: Sequence[Wire]) -> bool:
        """Tell whether the last word on `requested_slot` or the loop is null."""
        if any(event["event"] == REJECTED for event in events):
            return False
        asked = [
            event["value"]
            for event in events
            if event["event"] == "slot" and event["name"] == REQUESTED_SLOT
        ]
        loops = [event["name"] for event in events if event["event"] == "active_loop"]
        return bool(asked and asked[-1] is None) or bool(loops and loops[-1] is None)

    def deactivate(
        self, stage: Stage, tracker: Tracker, events: list[Wire]
    ) -> Effects[list[Wire]]:
        """Do nothing more."""
        yield from ()
        return []

    def _is_validated(self, stage: Stage) -> bool:
        return VALIDATE_PREFIX + self.name in stage.domain.action_names

    def _requested(self, tracker: Tracker) -> Any:
        """Name the slot that this form asks for; none if another loop is active."""
        return tracker.requested_slot if tracker.active_loop_name == self.name else None

    def _validate_if_required(
        self, stage: Stage, tracker: Tracker
    ) -> Effects[list[Wire]]:
        """Validate the message's slots; after an unhappy path there is nothing new."""
        loop = tracker.active_loop
        listened = tracker.latest_action_name == LISTEN
        if loop and not (listened and not loop["is_interrupted"]):
            return (yield from self._validate_slots(stage, tracker, {}))
        return (yield from self._validate(stage, tracker))

    def _validate(self, stage: Stage, tracker: Tracker) -> Effects[list[Wire]]:
        """Validate the slots that the message filled; reject if there are none."""
        filled = self._filled_by_message(tracker)
        validated = yield from self._validate_slots(stage, tracker, filled)
        asked = self._requested(tracker)
        says_something = any(
            event["event"] == REJECTED
            or (event["event"] == "slot" and event["name"] != REQUESTED_SLOT)
            for event in validated
        )
        if asked and not filled and not says_something:
            raise failed(
                REJECTION, f"Failed to extract slot {asked} with action {self.name}"
            )
        return validated

    def _filled_by_message(self, tracker: Tracker) -> dict[str, Any]:
        """Return the slots of the form that were set since the last message."""
        wanted = {*self._required, self._requested(tracker)}
        filled: dict[str, Any] = {}
        for event in reversed(tracker.applied_events()):
            if event["event"] == "user":
                break
            if event["event"] == "slot" and event["name"] in wanted:
                filled.setdefault(event["name"], event["value"])
        return dict(reversed(filled.items()))

    def _validate_slots(
        self, stage: Stage, tracker: Tracker, filled: Mapping[str, Any]
    ) -> Effects[list[Wire]]:
        """Show candidates to the form's validation action; without one they hold."""
        events = make(stage, *(slot_event(*pair) for pair in filled.items()))
        if not self._is_validated(stage):
            return events
        shown = self._shown(stage, tracker, events)
        return (yield from actions.call(stage, shown, VALIDATE_PREFIX + self.name))

    def _shown(self, stage: Stage, tracker: Tracker, events: Sequence[Wire]) -> Tracker:
        """Return the tracker that validation and questions see."""
        before = make(
            stage,
            slot_event(REQUESTED_SLOT, self._requested(tracker)),
            {"event": "action", "name": self.name},
        )
        return with_events(tracker, tracker.events_after_restart(), before, events)

    def _request_next(
        self, stage: Stage, tracker: Tracker, events: list[Wire]
    ) -> Effects[list[Wire]]:
        """Ask for the slot that validation names, or the first that is empty."""
        if self.is_done(tracker, events):
            return make(stage, slot_event(REQUESTED_SLOT, None))
        shown = self._shown(stage, tracker, events)
        named = [
            event["value"]
            for event in events
            if event["event"] == "slot" and event["name"] == REQUESTED_SLOT
        ]
        wanted = named[0] if named else None
        asked: list[Wire] = []
        if not wanted:
            slots = shown.slots
            empty = (name for name in self._required if slots.get(name) is None)
            wanted = next(empty, None)
            asked = make(stage, slot_event(REQUESTED_SLOT, wanted))
        if not wanted:
            return make(stage, slot_event(REQUESTED_SLOT, None))
        question = self._question(stage, wanted)
        if question is None:
            return asked
        return asked + (yield from actions.run(stage, question, shown))

    def _question(self, stage: Stage, slot: str) -> str | None:
        """Name the first action there is that asks for the slot."""
        names = (
            f"action_ask_{self.name}_{slot}",
            f"utter_ask_{self.name}_{slot}",
            f"action_ask_{slot}",
            f"utter_ask_{slot}",
        )
        return next((name for name in names if name in stage.domain.action_names), None)


# The two-stage fallback.


def intents_so_far(tracker: Tracker, number: int) -> list[Any]:
    """Return the intents of the last messages since the last restart, newest first."""
    intents = [
        (event["parse_data"].get("intent") or {}).get("name")
        for event in tracker.events_after_restart()
        if event["event"] == "user"
    ]
    return intents[: -number - 1 : -1]


def latest_intent(tracker: Tracker) -> Any:
    """Name the intent of the latest message."""
    return (tracker.latest_message.get("intent") or {}).get("name")


def revert_fallback(stage: Stage, tracker: Tracker) -> Effects[list[Wire]]:
    """Take the turns of the fallback back; log again what the user meant."""
    yield from ()
    reverted = make(stage, {"event": "rewind"}, {"event": "rewind"})
    if intents_so_far(tracker, 3)[1:] == [DENIED_INTENT, FALLBACK_INTENT]:
        # The user has put it in other words.
        reverted += make(stage, {"event": "rewind"}, {"event": "rewind"})
    return reverted + clarification(stage, tracker)


def clarification(stage: Stage, tracker: Tracker) -> list[Wire]:
    """Log the latest message again, as one that is certain."""
    message = tracker.history.state.message
    if message is None:
        return []
    again = Message(copy.deepcopy(dict(message)))
    parse_data = again["parse_data"]
    parse_data["intent"] = {**(parse_data.get("intent") or {}), "confidence": 1.0}
    again.entities = copy.deepcopy(message.entities)
    again.by_text = message.by_text
    again["timestamp"] = stage.source.now()
    return [*make(stage, {"event": "action", "name": LISTEN}), again]


class _TwoStageFallback:
    """Ask whether the best intent was meant, then for other words, then give up."""

    name = TWO_STAGE_FALLBACK

    def activate(self, stage: Stage, tracker: Tracker) -> Effects[list[Wire]]:
        """Do nothing yet."""
        yield from ()
        return []

    def do(
        self, stage: Stage, tracker: Tracker, events: list[Wire]
    ) -> Effects[list[Wire]]:
        """Ask for affirmation, or for other words if that was denied."""
        just_started = any(event["event"] == "active_loop" for event in events)
        unsure = latest_intent(tracker) == FALLBACK_INTENT
        name = (
            "action_default_ask_affirmation"
            if just_started or unsure
            else "action_default_ask_rephrase"
        )
        return (yield from actions.run(stage, name, tracker))

    def is_done(self, tracker: Tracker, events: Sequence[Wire]) -> bool:
        """Tell whether the user was understood, or twice was not."""
        understood = latest_intent(tracker) not in (FALLBACK_INTENT, DENIED_INTENT)
        return understood or self._has_failed(tracker)

    def _has_failed(self, tracker: Tracker) -> bool:
        last = intents_so_far(tracker, 3)
        return last[:2] == [FALLBACK_INTENT] * 2 or last == [
            DENIED_INTENT,
            FALLBACK_INTENT,
            DENIED_INTENT,
        ]

    def deactivate(
        self, stage: Stage, tracker: Tracker, events: list[Wire]
    ) -> Effects[list[Wire]]:
        """Give up, or take the questions back and go on with what was meant."""
        if self._has_failed(tracker):
            return (yield from actions.run(stage, "action_default_fallback", tracker))
        reverted = make(stage, {"event": "rewind"}, {"event": "rewind"})
        shown = with_events(tracker, tracker.applied_events(), events, reverted)
        while shown.history.state.message is not None and not self.is_done(shown, ()):
            more = make(stage, {"event": "rewind"})
            shown.extend(more)
            reverted += more
        return reverted + clarification(stage, tracker)


def two_stage_fallback(stage: Stage, tracker: Tracker) -> Effects[list[Wire]]:
    """Run the two-stage fallback once."""
    return (yield from play(_TwoStageFallback(), stage, tracker))
