"""The actions of the pizza bot."""

from rasa_sdk import Action, FormValidationAction
from rasa_sdk.events import SlotSet

PRICES = {"small": 7.5, "large": 9.5}
MEMBERS_PAY = 0.8


class ActionPrice(Action):
    def name(self):
        return "action_price"

    def run(self, dispatcher, tracker, domain):
        price = PRICES[tracker.get_slot("size")]
        if tracker.get_slot("member"):
            price = round(price * MEMBERS_PAY, 2)
        return [SlotSet("price", price)]


class ActionOpeningHours(Action):
    def name(self):
        return "action_opening_hours"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text="We open at five.")
        return []


class ValidatePizzaForm(FormValidationAction):
    def name(self):
        return "validate_pizza_form"

    def validate_size(self, value, dispatcher, tracker, domain):
        if value in PRICES:
            return {"size": value}
        dispatcher.utter_message(response="utter_no_such_size")
        return {"size": None}
