import asyncio
import json
import urllib.request
from datetime import datetime, timedelta, timezone

from rasa_sdk import Action
from rasa_sdk.events import ReminderScheduled, SlotSet


def ask(tracker, path, body=None, timeout=30):
    """Ask the Rasa whose address came with the message."""
    url = tracker.latest_message["metadata"]["rasa"] + path
    data = None if body is None else json.dumps(body).encode()
    opened = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    asked = urllib.request.Request(url, data=data)  # noqa: S310 - the test's own
    with opened.open(asked, timeout=timeout) as answer:
        return json.load(answer)


class LookBack(Action):
    def name(self):
        return "action_look_back"

    async def run(self, dispatcher, tracker, domain):
        path = f"/conversations/{tracker.sender_id}/tracker?include_events=ALL"
        seen = await asyncio.to_thread(ask, tracker, path)
        return [SlotSet("seen", len(seen["events"]))]


class TellOther(Action):
    def name(self):
        return "action_tell_other"

    async def run(self, dispatcher, tracker, domain):
        path = "/conversations/other/trigger_intent"
        told = await asyncio.to_thread(ask, tracker, path, {"name": "greet"})
        dispatcher.utter_message(text=f"other heard: {told['messages'][0]['text']}")
        return []


class TellSelf(Action):
    """Triggers an intent of its own conversation, and does not wait for it."""

    def name(self):
        return "action_tell_self"

    async def run(self, dispatcher, tracker, domain):
        path = f"/conversations/{tracker.sender_id}/trigger_intent"
        later = asyncio.to_thread(ask, tracker, path, {"name": "greet"})
        asyncio.get_running_loop().create_task(later)
        # By now Rasa has the request, and lets it wait.
        await asyncio.sleep(0.2)
        dispatcher.utter_message(text="first this")
        return []


class WaitForSelf(Action):
    """Waits for a turn that can only begin when this one is over."""

    def name(self):
        return "action_wait_for_self"

    async def run(self, dispatcher, tracker, domain):
        path = f"/conversations/{tracker.sender_id}/trigger_intent"
        try:
            await asyncio.to_thread(ask, tracker, path, {"name": "greet"}, 0.3)
            text = "it went"
        except OSError:
            text = "it does not come"
        dispatcher.utter_message(text=text)
        return []


class Remind(Action):
    def name(self):
        return "action_remind"

    async def run(self, dispatcher, tracker, domain):
        at = datetime.now(tz=timezone.utc) + timedelta(seconds=0.3)
        return [
            ReminderScheduled(
                "greet", trigger_date_time=at, name="r", kill_on_user_message=False
            )
        ]
