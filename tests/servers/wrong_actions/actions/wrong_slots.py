"""Actions that set slots wrongly, one mistake each."""

from __future__ import annotations

from rasa_sdk import Action
from rasa_sdk.events import SlotSet


class SlotNotInDomain(Action):
    def name(self):
        return "action_slot_not_in_domain"

    def run(self, dispatcher, tracker, domain):
        return [SlotSet("town", "Rome")]


class TextInFloatSlot(Action):
    def name(self):
        return "action_text_in_float_slot"

    def run(self, dispatcher, tracker, domain):
        return [SlotSet("temperature", "warm")]


class TextInBoolSlot(Action):
    def name(self):
        return "action_text_in_bool_slot"

    def run(self, dispatcher, tracker, domain):
        return [SlotSet("subscribed", "yes")]


class UnlistedCategory(Action):
    def name(self):
        return "action_unlisted_category"

    def run(self, dispatcher, tracker, domain):
        return [SlotSet("cuisine", "polish")]


class FloatBeyondMaximum(Action):
    def name(self):
        return "action_float_beyond_maximum"

    def run(self, dispatcher, tracker, domain):
        return [SlotSet("temperature", 451.0)]


class TextInListSlot(Action):
    def name(self):
        return "action_text_in_list_slot"

    def run(self, dispatcher, tracker, domain):
        return [SlotSet("dishes", "curry")]


class ChangesTrackerSlots(Action):
    def name(self):
        return "action_changes_tracker_slots"

    def run(self, dispatcher, tracker, domain):
        tracker.slots["city"] = "Rome of the seven hills"
        return []
