"""Actions whose messages are wrong, one mistake each."""

from __future__ import annotations

from rasa_sdk import Action


class UnknownResponse(Action):
    def name(self):
        return "action_unknown_response"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(response="utter_that_is_nowhere")
        return []


class ButtonWithoutPayload(Action):
    def name(self):
        return "action_button_without_payload"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text="Sure?", buttons=[{"title": "Yes"}])
        return []
