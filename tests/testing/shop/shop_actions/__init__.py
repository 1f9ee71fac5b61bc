"""A small shop's actions: right ones, and some that are wrong on purpose."""

from __future__ import annotations

import asyncio
from typing import Any

from rasa_sdk import Action, FormValidationAction
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.interfaces import ActionExecutionRejection

PRICES = {"apple": 1.5, "pear": 2.0}


def price_of(fruit: str | None) -> float:
    """Return the price of one; a test may put another function here."""
    return PRICES.get(fruit or "", 0.0)


class Named:
    """What is named in its class."""

    called = ""

    def name(self) -> str:
        return self.called


class Price(Named, Action):
    called = "action_price"

    def __init__(self, price: Any = None) -> None:
        self.price = price

    def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
        price = (self.price or price_of)(tracker.get_slot("fruit"))
        dispatcher.utter_message(response="utter_price", price=price)
        return [SlotSet("price", price)]


class Slowly(Named, Action):
    called = "action_slowly"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
        await asyncio.sleep(0)
        dispatcher.utter_message(text="done")
        return []


class Wrong(Named, Action):
    called = "action_wrong"

    def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
        return [SlotSet("prize", 1.0), {"event": "slot", "timestamp": None}]


class Broken(Named, Action):
    called = "action_broken"

    def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
        raise LookupError("no price list")


class Refuse(Named, Action):
    called = "action_refuse"

    def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
        raise ActionExecutionRejection(self.called, "closed today")


class Mirror(Named, Action):
    """Says what it was sent."""

    called = "action_mirror"

    def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
        dispatcher.utter_message(
            text=str(tracker.latest_message.get("text")),
            json_message={
                "slots": tracker.slots,
                "channel": tracker.get_latest_input_channel(),
                "intent": tracker.get_intent_of_latest_message(),
                "entities": [*tracker.get_latest_entity_values("fruit")],
                "loop": tracker.active_loop.get("name"),
                "metadata": tracker.latest_message.get("metadata", {}),
            },
        )
        return []


class Next(Named, Action):
    called = "action_next"

    def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
        return [FollowupAction("action_price")]


class ValidateOrder(FormValidationAction):
    """Amounts are numbers."""

    def name(self) -> str:
        return "validate_order_form"

    def validate_amount(
        self, value: Any, dispatcher: Any, tracker: Any, domain: Any
    ) -> dict[str, Any]:
        try:
            return {"amount": float(value)}
        except (TypeError, ValueError):
            dispatcher.utter_message(text="That is no number.")
            return {"amount": None}

    def validate_fruit(
        self, value: Any, dispatcher: Any, tracker: Any, domain: Any
    ) -> dict[str, Any]:
        return {"fruit": str(value).lower()}
