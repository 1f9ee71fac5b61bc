"""Track parcels with the carrier's web service, and remind of picking them up."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import httpx
from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import EventType, ReminderScheduled, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection
from rasa_sdk.types import DomainDict

CARRIER = "https://carrier.example/parcels"
STATES = ("on_its_way", "delivered", "lost")
NUMBER = re.compile(r"[A-Z]{2}\d{4}")


class ActionTrackParcel(Action):
    """Say where the parcel is; keep what the carrier says in a slot."""

    def name(self) -> str:
        return "action_track_parcel"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        parcel = tracker.get_slot("parcel")
        if not isinstance(parcel, str) or not NUMBER.fullmatch(parcel):
            dispatcher.utter_message(response="utter_no_such_number")
            return [SlotSet("parcel_state", None)]
        try:
            async with httpx.AsyncClient(timeout=2) as client:
                answer = await client.get(f"{CARRIER}/{parcel}")
            state = answer.raise_for_status().json()["state"]
        except (httpx.HTTPError, ValueError, KeyError):
            state = None
        if state not in STATES:
            dispatcher.utter_message(response="utter_try_later")
            return [SlotSet("parcel_state", None)]
        dispatcher.utter_message(
            response="utter_parcel_state", parcel=parcel, parcel_state=state
        )
        return [SlotSet("parcel_state", state)]


class ActionRemindOfPickup(Action):
    """Remind of picking up a parcel in half an hour; refuse where none is known."""

    def name(self) -> str:
        return "action_remind_of_pickup"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        if not tracker.get_slot("parcel"):
            raise ActionExecutionRejection(self.name(), "no parcel to remind of")
        due = dt.datetime.now(dt.timezone.utc) + dt.timedelta(minutes=30)
        dispatcher.utter_message(response="utter_reminder_set")
        return [
            ReminderScheduled(
                "EXTERNAL_pickup",
                trigger_date_time=due,
                name=f"pickup-{tracker.sender_id}",
                kill_on_user_message=False,
            )
        ]


class ValidateParcelForm(FormValidationAction):
    """Take a parcel's number however it is written."""

    def name(self) -> str:
        return "validate_parcel_form"

    def validate_parcel(
        self,
        value: Any,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: DomainDict,
    ) -> dict[str, Any]:
        number = re.sub(r"[\s-]", "", str(value or "")).upper()
        if NUMBER.fullmatch(number):
            return {"parcel": number}
        dispatcher.utter_message(response="utter_no_such_number")
        return {"parcel": None}
