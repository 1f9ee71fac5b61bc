"""The cheapest action that a rasa-sdk server can have: it says ok."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict


class ActionTrivial(Action):
    """Utter one text, return no events."""

    def name(self) -> str:
        return "action_trivial"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        dispatcher.utter_message(text="ok")
        return []
