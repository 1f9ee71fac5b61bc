"""The rules of the tracker once more, as plainly as they can be said.

Everything is computed from the start, each time: slow, short, and written without a
look at `rasa_mock.core`.  Events are what `read_event` gives, copied.
"""

from __future__ import annotations

import copy
import itertools
from typing import Any

REMOVABLE = ("action", "user", "user_featurization")
EMPTY = {
    "intent": {},
    "entities": [],
    "text": None,
    "message_id": None,
    "metadata": {},
}


class Naive:
    """A tracker that replays everything whenever it is asked to take something back."""

    def __init__(self, slots: dict[str, Any] | None, limit: int | None = None) -> None:
        self.initial = slots
        self.limit = limit
        self.seen: dict[Any, Any] = {} if slots is None else dict(slots)
        self.events: list[dict[str, Any]] = []
        self.reset()

    def reset(self) -> None:
        self.slots = self.first_slots()
        self.is_set: set[Any] = set()
        self.message = self.said(EMPTY)
        self.action: dict[str, Any] = {}
        self.bot = None
        self.followup = "action_listen"
        self.loop: dict[str, Any] | None = None
        self.paused = False

    def said(self, parse_data: dict[str, Any]) -> dict[str, Any]:
        """A message: its entities are those of the parse data, if there are any."""
        return {"data": parse_data, "entities": parse_data["entities"] or []}

    def add(self, event: dict[str, Any]) -> None:
        event = copy.deepcopy(event)
        if event["event"] == "user":
            event["said"] = self.said(event["parse_data"])
        self.events.append(event)
        if self.limit is not None:
            self.events = self.events[max(0, len(self.events) - self.limit) :]
        if event["event"] in ("undo", "rewind"):
            self.reset()
            for position in self.applied():
                self.apply(self.events[position])
        else:
            self.apply(event)

    def apply(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind == "user":
            self.message, self.followup = event["said"], None
        elif kind == "bot":
            self.bot = event["text"]
        elif kind in ("pause", "resume"):
            self.paused = kind == "pause"
        elif kind == "followup":
            self.followup = event["name"]
        elif kind == "action":
            self.act(event)
        elif kind == "entities":
            self.hear(event["entities"])
        else:
            self.change_slots(event)
            self.change_loop(event)

    def change_slots(self, event: dict[str, Any]) -> None:
        kind, name = event["event"], event.get("name")
        if kind in ("restart", "session_started"):
            self.reset()
            if kind == "restart":
                self.followup = "action_session_start"
        elif kind == "reset_slots":
            self.slots, self.is_set = self.first_slots(), set()
        elif kind == "slot" and (self.initial is None or name in self.initial):
            self.seen[name] = None
            self.slots[name] = event["value"]
            self.is_set.add(name)

    def first_slots(self) -> dict[str, Any]:
        return dict.fromkeys(self.seen) if self.initial is None else dict(self.initial)

    def hear(self, entities: list[Any]) -> None:
        if "action_listen" not in self.action.values():
            return
        for entity in entities:
            if entity not in self.message["entities"]:
                self.message["entities"].append(entity)

    def act(self, event: dict[str, Any]) -> None:
        name = event["name"]
        key = "action_name" if name else "action_text"
        self.action = {key: name or event["action_text"]}
        self.followup = None
        if self.loop and self.loop["name"]:
            self.loop["is_interrupted"] = False
            if self.loop["name"] == name:
                self.loop["rejected"] = False

    def change_loop(self, event: dict[str, Any]) -> None:
        kind, name = event["event"], event.get("name")
        if kind == "active_loop":
            trigger = self.message["data"]
            self.loop = None
            if name is not None:
                self.loop = {
                    "name": name,
                    "is_interrupted": False,
                    "rejected": False,
                    "trigger_message": trigger,
                }
        elif kind == "loop_interrupted" and self.loop:
            self.loop["is_interrupted"] = event["is_interrupted"]
        elif kind == "action_execution_rejected" and self.loop:
            self.loop["rejected"] = self.loop["rejected"] or self.loop["name"] == name

    def applied(self) -> list[int]:
        """Positions of the events that count."""
        loops = {
            event["name"]
            for event in self.events
            if event["event"] == "active_loop" and event["name"]
        }
        left: list[int] = []
        for position, event in enumerate(self.events):
            kind = event["event"]
            if kind in ("restart", "session_started"):
                left = []
            elif kind == "undo":
                self.take_off(left, "action")
            elif kind == "rewind":
                self.take_off(left, "user")
                self.take_off(left, "action")
            elif kind == "action" and event["name"] in loops:
                self.run_loop(left, position)
            else:
                left.append(position)
        return left

    def take_off(self, left: list[int], kind: str) -> None:
        while left and self.events[left.pop()]["event"] != kind:
            pass

    def run_loop(self, left: list[int], position: int) -> None:
        name = self.events[position]["name"]
        if self.is_first_or_unhappy(left, name):
            left.append(position)
            return
        runs = [i for i, p in enumerate(left) if self.is_run(self.events[p], name)]
        tail = left[runs[-1] + 1 :]
        del left[runs[-1] + 1 :]
        left += [p for p in tail if self.events[p]["event"] not in REMOVABLE]

    def is_first_or_unhappy(self, left: list[int], name: str) -> bool:
        following = None
        for event in (self.events[position] for position in reversed(left)):
            kind = event["event"]
            if kind == "active_loop" and event["name"] is None:
                return True
            if kind == "action_execution_rejected" and event["name"] == name:
                return True
            if kind == "user" and following not in (None, name):
                return True
            if self.is_run(event, name):
                return False
            if kind == "action":
                following = event["name"]
        return True

    @staticmethod
    def is_run(event: dict[str, Any], name: str) -> bool:
        return event["event"] == "action" and event["name"] == name

    def state(self) -> dict[str, Any]:
        """What `view` makes of the real tracker."""
        channels = (e["input_channel"] for e in self.events if e["event"] == "user")
        return {
            "slots": self.slots,
            "slots_set": self.is_set,
            "latest_message": {
                **self.message["data"],
                "entities": self.message["entities"],
            },
            "followup_action": self.followup,
            "paused": self.paused,
            "active_loop": self.loop or {},
            "latest_action": self.action,
            "bot": self.bot,
            "latest_input_channel": list(itertools.chain([None], channels))[-1],
            "applied": self.applied(),
            "entities": [
                e["parse_data"]["entities"] for e in self.events if e["event"] == "user"
            ],
        }
