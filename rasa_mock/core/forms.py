"""Forms: loops that ask for slots until all of them are filled.

A run of a loop, in Rasa's order: if it is not the active loop it is activated (and
then slots are extracted and validated once more); unless it is done by that, it does
its work; if it is done then, it is deactivated.  A form's work is to validate the
slots that the message filled and to ask for the next one.  If the message filled none
of them, the form rejects to run, and the policies predict something else.

Imitates `FormAction` (rasa/core/actions/forms.py) of Rasa 3.6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rasa_mock.core import actions
from rasa_mock.core.actions import Run, Stage, make, since_restart, without_slots_of
from rasa_mock.core.answer import REJECTION, failed
from rasa_mock.core.commands import Effects
from rasa_mock.core.defaults import REQUESTED_SLOT, VALIDATE_PREFIX
from rasa_mock.core.domain import Form
from rasa_mock.core.extraction import slot_event
from rasa_mock.core.loops import play
from rasa_mock.core.state import LISTEN, Wire
from rasa_mock.core.tracker import Tracker

REJECTED = "action_execution_rejected"


def form(spec: Form) -> Run:
    """Return what runs a form of the domain."""
    return lambda stage, tracker: play(_FormLoop(spec), stage=stage, tracker=tracker)


class _FormLoop:
    """A form as a loop."""

    def __init__(self, spec: Form) -> None:
        self.name = spec.name
        self._required = spec.required_slots

    def activate(self, stage: Stage, tracker: Tracker) -> Effects[list[Wire]]:
        """Extract slots with the form active; validate what is filled already."""
        extracted = yield from actions.extract_slots(stage, tracker)
        slots_only = [event for event in extracted if event["event"] == "slot"]
        if not self._is_validated(stage):
            return slots_only
        tracker.extend(extracted)
        slots = tracker.slots
        filled = {
            name: slots.get(name)
            for name in self._required
            if slots.get(name) is not None
        }
        validated = yield from self._validate_slots(stage, tracker, filled=filled)
        return validated + without_slots_of(slots_only, validated)

    def do(
        self, stage: Stage, tracker: Tracker, *, events: list[Wire]
    ) -> Effects[list[Wire]]:
        """Validate what the message filled, unless that is done; ask for more."""
        own: list[Wire] = []
        if all(event["event"] == "active_loop" for event in events):
            own += yield from self._validate_if_required(stage, tracker)
        if not any(event["event"] == REJECTED for event in own):
            own += yield from self._request_next(stage, tracker, events=events + own)
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
        self, stage: Stage, tracker: Tracker, *, events: list[Wire]
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
            return (yield from self._validate_slots(stage, tracker, filled={}))
        return (yield from self._validate(stage, tracker))

    def _validate(self, stage: Stage, tracker: Tracker) -> Effects[list[Wire]]:
        """Validate the slots that the message filled; reject if there are none."""
        filled = self._filled_by_message(tracker)
        validated = yield from self._validate_slots(stage, tracker, filled=filled)
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
        for event in _since_message(tracker):
            if event["event"] == "slot" and event["name"] in wanted:
                filled[event["name"]] = event["value"]
        return filled

    def _validate_slots(
        self, stage: Stage, tracker: Tracker, *, filled: Mapping[str, Any]
    ) -> Effects[list[Wire]]:
        """Show candidates to the form's validation action, if there is one."""
        if not self._is_validated(stage):
            return []
        events = make(stage, *(slot_event(*pair) for pair in filled.items()))
        shown = self._shown(stage, tracker, events=events)
        return (yield from actions.call(stage, shown, name=VALIDATE_PREFIX + self.name))

    def _shown(
        self, stage: Stage, tracker: Tracker, *, events: Sequence[Wire]
    ) -> Tracker:
        """Return the tracker that validation and questions see."""
        before = make(
            stage,
            slot_event(REQUESTED_SLOT, self._requested(tracker)),
            {"event": "action", "name": self.name},
        )
        return since_restart(tracker, before, events)

    def _request_next(
        self, stage: Stage, tracker: Tracker, *, events: list[Wire]
    ) -> Effects[list[Wire]]:
        """Ask for the slot that validation names, or the first that is empty."""
        if self.is_done(tracker, events):
            return make(stage, slot_event(REQUESTED_SLOT, None))
        shown = self._shown(stage, tracker, events=events)
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
        return asked + (yield from actions.run(stage, shown, name=question))

    def _question(self, stage: Stage, slot: str) -> str | None:
        """Name the first action there is that asks for the slot."""
        names = (
            f"action_ask_{self.name}_{slot}",
            f"utter_ask_{self.name}_{slot}",
            f"action_ask_{slot}",
            f"utter_ask_{slot}",
        )
        return next((name for name in names if name in stage.domain.action_names), None)


def _since_message(tracker: Tracker) -> list[Wire]:
    """Return the events since the latest message that counts, even rewound ones.

    Rasa looks for the last message that is equal to it: same text, same intent, same
    keys in each entity.
    """
    message = tracker.latest_user_event
    events = tracker.events
    position = len(events) - 1
    while position > 0:
        event = events[position]
        if event["event"] == "restart" or (
            message is not None
            and event["event"] == "user"
            and (event is message or _look_of(event) == _look_of(message))
        ):
            break
        position -= 1
    return events[max(position, 0) :]


def _look_of(message: Wire) -> tuple[Any, ...]:
    """Return what makes two messages equal for Rasa."""
    parse_data = message["parse_data"]
    entities = [set(entity) for entity in parse_data.get("entities") or ()]
    return message["text"], (parse_data.get("intent") or {}).get("name"), entities
