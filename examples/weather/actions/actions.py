"""The weather bot's actions."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection
from rasa_sdk.types import DomainDict

from actions.service import is_place, weather_in

PICTURES = "https://weather.example/skies"


class ActionTellWeather(Action):
    """Say the temperature of the place that was asked for, and remember it."""

    def name(self) -> str:
        return "action_tell_weather"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        location = tracker.get_slot("location")
        if not is_place(location):
            dispatcher.utter_message(response="utter_ask_location")
            return []
        weather = weather_in(location)
        dispatcher.utter_message(
            response="utter_weather",
            location=location,
            temperature=weather.temperature,
            sky=weather.sky,
        )
        return [SlotSet("temperature", weather.temperature)]


class ActionShowSky(Action):
    """Send a picture of the sky, in the form that the user's channel can show."""

    def name(self) -> str:
        return "action_show_sky"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        asked = next(tracker.get_latest_entity_values("location"), None)
        location = asked or tracker.get_slot("location")
        if not is_place(location):
            dispatcher.utter_message(response="utter_ask_location")
            return []
        picture = f"{PICTURES}/{weather_in(location).sky}.png"
        if tracker.get_latest_input_channel() == "facebook":
            dispatcher.utter_message(
                attachment={"type": "image", "payload": {"url": picture}}
            )
        else:
            dispatcher.utter_message(text=f"The sky over {location}:", image=picture)
        return []


class ActionWarnOfStorm(Action):
    """Warn of a storm; refuse to run where no place is known, so another action may."""

    def name(self) -> str:
        return "action_warn_of_storm"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        location = tracker.get_slot("location")
        if not is_place(location):
            raise ActionExecutionRejection(self.name(), "no place to warn of")
        stormy = weather_in(location).stormy
        dispatcher.utter_message(
            response="utter_storm_warning" if stormy else "utter_no_storm",
            location=location,
        )
        return []


class ValidateWeatherForm(FormValidationAction):
    """Accept as location only what can be the name of a place, else ask again."""

    def name(self) -> str:
        return "validate_weather_form"

    def validate_location(
        self,
        slot_value: Any,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: DomainDict,
    ) -> dict[str, Any]:
        if is_place(slot_value):
            return {"location": slot_value.strip()}
        dispatcher.utter_message(response="utter_not_a_place")
        return {"location": None}
