"""Cases of a given length: so many events in the tracker when the action is called.

The history is made of whole turns up to a little less than wanted, then comes the last
turn of an ordinary kind, and what is still missing is made up by custom actions of the
past, which say a few messages more than they did.  So the state stays reachable.
"""

from __future__ import annotations

from collections.abc import Sequence

from rasa_mock.core import nlg
from rasa_mock.generate import endings, history, scene
from rasa_mock.generate.conversation import LISTEN, Conversation, Event
from rasa_mock.generate.kinds import Kind, plan
from rasa_mock.generate.provider import pool
from rasa_mock.generate.scene import Opening, Scene

# A last turn of a plain action has seldom more events than this, one in a form more.
ROOM = 8
FORM_ROOM = 25
# After so many turns at most some action has said something that it can add to.
PATIENCE = 9
# Microseconds between two messages of one action.
DELAY = 20


def lengthy_kinds(sample: Scene, *, size: int) -> list[Kind]:
    """List the kinds of case of an action, each after a history of a length.

    A case has just that many events, or more where its last turn needs them.
    """
    rows = [row for row in plan(sample) if row.reachable]
    ends = [row for row in rows if _ends_alone(row, scene.at_once)]
    ends = ends or [row for row in rows if _ends_alone(row, scene.after_turns)]
    room = ROOM if sample.role.name in ("plain", "built-in") else FORM_ROOM

    def opening(told: Scene) -> Conversation:
        conversation = scene.at_once(told)
        for _ in range(PATIENCE):
            if _places(conversation):
                break
            history.chat(conversation)
        while len(conversation.events) < size - room - 2 * ROOM:
            history.chat(conversation)
        return conversation

    return [
        Kind(
            name=f"{row.name}-of-{size}",
            opening=opening,
            ending=row.ending,
            length=size,
        )
        for row in ends
    ]


def _ends_alone(row: Kind, opening: Opening) -> bool:
    """Say whether a kind is about its ending only, and can follow any history."""
    return row.opening is opening and row.ending is not endings.nothing_said


def room_for_others(conversation: Conversation, *, size: int | None) -> int | None:
    """Say how many events besides Rasa's own there may be; None if any number.

    What a profile's Rasa adds later needs some room, too.
    """
    return None if size is None else max(size - len(conversation.events) - ROOM, 0)


def lengthen(conversation: Conversation, *, size: int) -> None:
    """Add messages to those of custom actions until there are so many events."""
    missing = size - len(conversation.events)
    places = _places(conversation)
    if missing <= 0 or not places:
        return
    words = pool(conversation.cast.locale, "sentence")
    shares = [missing // len(places)] * len(places)
    for place in range(missing % len(places)):
        shares[place] += 1
    for place, share in reversed([*zip(places, shares, strict=True)]):
        before = conversation.events[place]
        conversation.events[place + 1 : place + 1] = [
            {
                "event": "bot",
                "timestamp": before["timestamp"] + DELAY * number // (share + 1) + 1,
                "metadata": {**conversation.identity},
                "text": conversation.rng.pick(words),
                "data": dict.fromkeys(nlg.DATA_KEYS),
            }
            for number in range(share)
        ]


def _places(conversation: Conversation) -> Sequence[int]:
    """List where custom actions of the past have said something, else what said it."""
    events, actions = conversation.events, conversation.cast.actions
    custom: list[int] = []
    ran: list[int] = []
    said: list[int] = []
    over = _end_of_past(events)
    for place in range(over):
        event = events[place]
        if event["event"] == "bot":
            said.append(place)
            if "utter_action" not in event["metadata"]:
                custom.append(place)
        elif event["event"] == "action" and event["name"] in actions:
            ran.append(place)
    return custom or ran or said


def _end_of_past(events: Sequence[Event]) -> int:
    """Return where the bot began to listen the last time."""
    for place in range(len(events) - 1, -1, -1):
        if events[place].get("name") == LISTEN:
            return place
    return 0
