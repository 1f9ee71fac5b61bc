"""The actions of the pizza bot."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

PRICES = {"small": 7.5, "large": 9.5}
MEMBERS_PAY = 0.8


def price_of(size: Any) -> float | None:
    """Return the price of a size; None for one that there is not."""
    return PRICES.get(size) if isinstance(size, str) else None


class ActionPrice(Action):
    """Works out the price, which is lower for members."""

    def name(self) -> str:
        return "action_price"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        price = price_of(tracker.get_slot("size"))
        if price is None:
            dispatcher.utter_message(response="utter_no_such_size")
            return [SlotSet("price", None)]
        if tracker.get_slot("member"):
            price = round(price * MEMBERS_PAY, 2)
        return [SlotSet("price", price)]


class ActionOpeningHours(Action):
    """Says when the kitchen opens."""

    def name(self) -> str:
        return "action_opening_hours"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        dispatcher.utter_message(text="We open at five.")
        return []


class ValidatePizzaForm(FormValidationAction):
    """Refuses the sizes that there are not."""

    def name(self) -> str:
        return "validate_pizza_form"

    def validate_size(
        self,
        value: Any,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> dict[str, Any]:
        """Take a size that has a price."""
        if price_of(value) is not None:
            return {"size": value}
        dispatcher.utter_message(response="utter_no_such_size")
        return {"size": None}
