"""Actions whose returned events are wrong, one mistake each."""

from __future__ import annotations

import datetime as dt

from rasa_sdk import Action
from rasa_sdk.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    FollowupAction,
    SlotSet,
)


class UnknownEventName(Action):
    def name(self):
        return "action_unknown_event_name"

    def run(self, dispatcher, tracker, domain):
        return [{"event": "slott", "name": "city", "value": "Rome"}]


class SlotWithoutValue(Action):
    def name(self):
        return "action_slot_without_value"

    def run(self, dispatcher, tracker, domain):
        return [{"event": "slot", "name": "city"}]


class SlotWithoutName(Action):
    def name(self):
        return "action_slot_without_name"

    def run(self, dispatcher, tracker, domain):
        return [{"event": "slot", "value": "Rome"}]


class TimestampIsAWord(Action):
    def name(self):
        return "action_timestamp_is_a_word"

    def run(self, dispatcher, tracker, domain):
        return [SlotSet("city", "Rome", timestamp="yesterday")]


class Raises(Action):
    def name(self):
        return "action_raises"

    def run(self, dispatcher, tracker, domain):
        raise RuntimeError("the weather service is down")


class DateAsSlotValue(Action):
    def name(self):
        return "action_date_as_slot_value"

    def run(self, dispatcher, tracker, domain):
        return [SlotSet("city", dt.date(2024, 2, 29))]


class ReminderWithBadDate(Action):
    def name(self):
        return "action_reminder_with_bad_date"

    def run(self, dispatcher, tracker, domain):
        reminder = {
            "event": "reminder",
            "intent": "EXTERNAL_reminder",
            "date_time": "in a while",
            "name": "my_reminder",
        }
        return [reminder]


class UserWithoutText(Action):
    def name(self):
        return "action_user_without_text"

    def run(self, dispatcher, tracker, domain):
        return [{"event": "user"}]


class FollowupToUnknownAction(Action):
    def name(self):
        return "action_followup_to_unknown_action"

    def run(self, dispatcher, tracker, domain):
        return [FollowupAction("action_that_is_nowhere")]


class ListInList(Action):
    def name(self):
        return "action_list_in_list"

    def run(self, dispatcher, tracker, domain):
        return [[SlotSet("city", "Rome")]]


class StringAsEvent(Action):
    def name(self):
        return "action_string_as_event"

    def run(self, dispatcher, tracker, domain):
        return ["slot"]


class ReturnsNone(Action):
    def name(self):
        return "action_returns_none"

    def run(self, dispatcher, tracker, domain):
        return None


class ActiveLoopOfUnknownForm(Action):
    def name(self):
        return "action_active_loop_of_unknown_form"

    def run(self, dispatcher, tracker, domain):
        return [ActiveLoop("form_that_is_nowhere")]


class EventOfUnknownAction(Action):
    def name(self):
        return "action_event_of_unknown_action"

    def run(self, dispatcher, tracker, domain):
        return [ActionExecuted("action_that_is_nowhere")]


class BotEventWithNothing(Action):
    def name(self):
        return "action_bot_event_with_nothing"

    def run(self, dispatcher, tracker, domain):
        return [BotUttered()]
