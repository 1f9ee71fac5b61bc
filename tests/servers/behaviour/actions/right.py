"""All of it is right, however odd it looks."""

import asyncio
import random
import time
import uuid
from datetime import datetime, timezone

from rasa_sdk import Action
from rasa_sdk.events import ReminderScheduled, SlotSet


class Stamps(Action):
    def name(self):
        return "right_stamps"

    def run(self, dispatcher, tracker, domain):
        now = datetime.now(timezone.utc)
        return [
            SlotSet("booking_id", str(uuid.uuid4())),
            SlotSet("name", f"Order {random.randrange(10**6)} of {now:%A %H:%M:%S.%f}"),
            SlotSet("attempts", time.time()),
            ReminderScheduled("greet", trigger_date_time=now, name=uuid.uuid4().hex),
        ]


class Words(Action):
    def name(self):
        return "right_words"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text=random.choice(["Hello", "Hi", "Good day"]))
        return [SlotSet("city", "Rome")]


class Waits(Action):
    def name(self):
        return "right_waits"

    async def run(self, dispatcher, tracker, domain):
        city = tracker.get_slot("city")
        await asyncio.sleep(0.15)
        return [SlotSet("city", city)]


class Thread(Action):
    def name(self):
        return "right_thread"

    async def run(self, dispatcher, tracker, domain):
        await asyncio.to_thread(time.sleep, 0.12)
        return [SlotSet("city", "Rome")]


class Long(Action):
    def name(self):
        return "right_long"

    def run(self, dispatcher, tracker, domain):
        said = [e["text"] for e in tracker.events if e["event"] == "user"]
        dispatcher.utter_message(text=f"You said {len(said)} things")
        return []


class Memory(Action):
    """Remembers what its user said before, and tells it beside what is said now."""

    notes = {}

    def name(self):
        return "right_memory"

    def run(self, dispatcher, tracker, domain):
        notes = self.notes.setdefault(tracker.sender_id, [])
        notes.append(tracker.get_slot("city") or "nothing")
        dispatcher.utter_message(text=f"Your cities: {notes}")
        return []


class Orders(Action):
    number = 1000

    def name(self):
        return "right_orders"

    def run(self, dispatcher, tracker, domain):
        Orders.number += 1
        dispatcher.utter_message(text=f"Order {Orders.number}")
        return [SlotSet("booking_id", f"B-{Orders.number}")]


class Cached(Action):
    """Keeps what a service said about a city, for all users."""

    weather = {}

    def name(self):
        return "right_cached"

    def run(self, dispatcher, tracker, domain):
        city = str(tracker.get_slot("city") or "nowhere")
        self.weather.setdefault(city, f"sunny in {city}")
        dispatcher.utter_message(text=self.weather[city])
        return []


class Echo(Action):
    def name(self):
        return "right_echo"

    def run(self, dispatcher, tracker, domain):
        said = tracker.latest_message["text"] or "nothing"
        dispatcher.utter_message(
            text=f"{tracker.sender_id} said {said}",
            json_message={"slots": tracker.current_slot_values()},
        )
        return [SlotSet(n, v) for n, v in tracker.current_slot_values().items() if v]
