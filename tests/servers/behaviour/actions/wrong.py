"""One mistake each."""

import asyncio
import json
import random
import time
from pathlib import PurePosixPath

from rasa_sdk import Action
from rasa_sdk.events import SlotSet


class ByChance(Action):
    def name(self):
        return "action_by_chance"

    def run(self, dispatcher, tracker, domain):
        return [SlotSet("cuisine", random.choice(["greek", "thai"]))]


class ChanceOfEvents(Action):
    def name(self):
        return "action_chance_of_events"

    def run(self, dispatcher, tracker, domain):
        return [SlotSet("city", "Rome")] if random.random() < 0.5 else []


class Counts(Action):
    count = 0

    def name(self):
        return "action_counts"

    def run(self, dispatcher, tracker, domain):
        Counts.count += 1
        return [SlotSet("attempts", Counts.count)]


class BooksOnce(Action):
    booked = set()

    def name(self):
        return "action_books_once"

    def run(self, dispatcher, tracker, domain):
        if tracker.sender_id in self.booked:
            dispatcher.utter_message(text="You have booked before.")
            return []
        self.booked.add(tracker.sender_id)
        return [SlotSet("subscribed", True)]


class FailsAgain(Action):
    seen = set()

    def name(self):
        return "action_fails_again"

    def run(self, dispatcher, tracker, domain):
        key = (tracker.sender_id, len(tracker.events))
        if key in self.seen:
            raise ValueError("duplicate key")
        self.seen.add(key)
        return [SlotSet("subscribed", True)]


class KeepsName(Action):
    last = None

    def name(self):
        return "action_keeps_name"

    def run(self, dispatcher, tracker, domain):
        KeepsName.last = tracker.get_slot("name") or KeepsName.last or "you"
        dispatcher.utter_message(text=f"Hello {KeepsName.last}")
        return []


class KeepsList(Action):
    def __init__(self):
        self.names = []

    def name(self):
        return "action_keeps_list"

    def run(self, dispatcher, tracker, domain):
        self.names.append(tracker.get_slot("city") or "nowhere")
        dispatcher.utter_message(text=f"Cities: {self.names[-3:]}")
        return []


class MixesUsers(Action):
    def name(self):
        return "action_mixes_users"

    async def run(self, dispatcher, tracker, domain):
        self.city = tracker.get_slot("city")
        await asyncio.sleep(0.15)
        dispatcher.utter_message(text=f"You go to {self.city or 'nowhere'}")
        return [SlotSet("city", self.city)]


class KeepsDomain(Action):
    domain = None

    def name(self):
        return "action_keeps_domain"

    def run(self, dispatcher, tracker, domain):
        KeepsDomain.domain = KeepsDomain.domain or domain
        dispatcher.utter_message(
            text=KeepsDomain.domain["responses"]["utter_greet"][0]["text"]
        )
        return []


class KeepsSlots(Action):
    slots = {}

    def name(self):
        return "action_keeps_slots"

    def run(self, dispatcher, tracker, domain):
        slots = self.slots.setdefault(tracker.sender_id, tracker.current_slot_values())
        return [SlotSet("city", slots["city"])]


class Blocks(Action):
    def name(self):
        return "action_blocks"

    async def run(self, dispatcher, tracker, domain):
        time.sleep(0.15)  # noqa: ASYNC251 - the fault that this action has
        return [SlotSet("city", "Rome")]


class Quadratic(Action):
    def name(self):
        return "action_quadratic"

    def run(self, dispatcher, tracker, domain):
        pairs = sum(
            json.dumps(one["event"]) == json.dumps(other["event"])
            for one in tracker.events
            for other in tracker.events
        )
        dispatcher.utter_message(text=f"{pairs} pairs")
        return []


class SenderAsPath(Action):
    def name(self):
        return "action_sender_as_path"

    def run(self, dispatcher, tracker, domain):
        if len(PurePosixPath(tracker.sender_id).parts) > 1:
            raise OSError("no such folder")
        return [SlotSet("city", "Rome")]


class RecentEvents(Action):
    def name(self):
        return "action_recent_events"

    def run(self, dispatcher, tracker, domain):
        if len(tracker.events) > 500:
            raise MemoryError("too many events")
        return [SlotSet("city", "Rome")]


class NullSlot(Action):
    def name(self):
        return "action_null_slot"

    def run(self, dispatcher, tracker, domain):
        said = tracker.latest_message["text"]
        if said and "\u0600" <= said[0] <= "\u06ff":
            raise UnicodeError("cannot encode")
        return [SlotSet("city", "Rome")]


class Flag(Action):
    done = False

    def name(self):
        return "action_flag"

    def run(self, dispatcher, tracker, domain):
        if Flag.done:
            return []
        Flag.done = True
        return [SlotSet("subscribed", True)]
