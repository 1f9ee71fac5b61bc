"""What a check must leave alone: a good action and a legal rejection."""

from __future__ import annotations

from rasa_sdk import Action
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.interfaces import ActionExecutionRejection


class Good(Action):
    def name(self):
        return "action_good"

    def run(self, dispatcher, tracker, domain):
        city = tracker.get_slot("city") or "Rome"
        dispatcher.utter_message(response="utter_greet", city=city)
        dispatcher.utter_message(
            text="More?", buttons=[{"title": "Yes", "payload": "/greet"}]
        )
        return [
            SlotSet("city", city),
            SlotSet("temperature", 21.5),
            SlotSet("subscribed", True),
            SlotSet("cuisine", "thai"),
            SlotSet("dishes", ["curry", "rice"]),
            FollowupAction("action_listen"),
        ]


class Rejects(Action):
    def name(self):
        return "action_rejects"

    def run(self, dispatcher, tracker, domain):
        raise ActionExecutionRejection(self.name(), "not now")
