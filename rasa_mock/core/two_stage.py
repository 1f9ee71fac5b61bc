"""The two-stage fallback: a loop that asks what the user meant, twice at most.

Imitates `TwoStageFallbackAction` (rasa/core/actions/two_stage_fallback.py) and
`ActionRevertFallbackEvents` of Rasa 3.6.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from rasa_mock.core import actions
from rasa_mock.core.actions import Stage, make
from rasa_mock.core.answer import failed
from rasa_mock.core.commands import Effects
from rasa_mock.core.loops import play
from rasa_mock.core.state import LISTEN, Message, Wire
from rasa_mock.core.tracker import Tracker

TWO_STAGE_FALLBACK = "action_two_stage_fallback"
FALLBACK_INTENT = "nlu_fallback"
DENIED_INTENT = "out_of_scope"


def intents_so_far(tracker: Tracker, number: int) -> list[Any]:
    """Return the intents of the last messages since the restart, newest first.

    Of the last `number` messages and rewinds those that are messages.
    """
    found = [
        event
        for event in tracker.events_after_restart()
        if event["event"] in ("user", "rewind")
    ]
    return [
        (event["parse_data"].get("intent") or {}).get("name")
        for event in found[: -number - 1 : -1]
        if event["event"] == "user"
    ]


def latest_intent(tracker: Tracker) -> Any:
    """Name the intent of the latest message."""
    return (tracker.latest_message.get("intent") or {}).get("name")


def clarification(stage: Stage, tracker: Tracker) -> list[Wire]:
    """Log the latest message again, as one that is certain."""
    message = tracker.history.state.message
    if message is None:
        raise failed("KeyError", "'confidence'")
    again = Message(copy.deepcopy(dict(message)))
    parse_data = again["parse_data"]
    parse_data["intent"] = {**(parse_data.get("intent") or {}), "confidence": 1.0}
    again.entities = copy.deepcopy(message.entities)
    if parse_data.get("entities"):
        again.entities = parse_data["entities"]
    again.by_text = message.by_text
    again["timestamp"] = stage.source.now()
    return [*make(stage, {"event": "action", "name": LISTEN}), again]


class _TwoStageFallback:
    """Ask whether the best intent was meant, then for other words, then give up."""

    name = TWO_STAGE_FALLBACK

    def activate(self, stage: Stage, tracker: Tracker) -> Effects[list[Wire]]:
        """Do nothing yet."""
        yield from ()
        return []

    def do(
        self, stage: Stage, tracker: Tracker, *, events: list[Wire]
    ) -> Effects[list[Wire]]:
        """Ask for affirmation, or for other words if that was denied."""
        just_started = any(event["event"] == "active_loop" for event in events)
        unsure = latest_intent(tracker) == FALLBACK_INTENT
        name = (
            "action_default_ask_affirmation"
            if just_started or unsure
            else "action_default_ask_rephrase"
        )
        return (yield from actions.run(stage, tracker, name=name))

    def is_done(self, tracker: Tracker, events: Sequence[Wire]) -> bool:
        """Tell whether the user was understood, or twice was not."""
        understood = latest_intent(tracker) not in (FALLBACK_INTENT, DENIED_INTENT)
        return understood or self._has_failed(tracker)

    def _has_failed(self, tracker: Tracker) -> bool:
        return intents_so_far(tracker, 2) == [FALLBACK_INTENT] * 2 or intents_so_far(
            tracker, 3
        ) == [DENIED_INTENT, FALLBACK_INTENT, DENIED_INTENT]

    def deactivate(
        self, stage: Stage, tracker: Tracker, *, events: list[Wire]
    ) -> Effects[list[Wire]]:
        """Give up, or take the message back and log it again as one that is certain."""
        if self._has_failed(tracker):
            return (
                yield from actions.run(stage, tracker, name="action_default_fallback")
            )
        rewind = make(stage, {"event": "rewind"})
        return rewind + clarification(stage, tracker)


def two_stage_fallback(stage: Stage, tracker: Tracker) -> Effects[list[Wire]]:
    """Run the two-stage fallback once."""
    return (yield from play(_TwoStageFallback(), stage=stage, tracker=tracker))


def revert_fallback(_stage: Stage, _tracker: Tracker) -> Effects[list[Wire]]:
    """Fail: Rasa 3.6 has the action still, but not the policy that it belongs to."""
    yield from ()
    name = "rasa.core.policies.two_stage_fallback"
    raise failed("ModuleNotFoundError", f"No module named '{name}'")
