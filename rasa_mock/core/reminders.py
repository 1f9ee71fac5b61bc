"""Whether a reminder that is due still stands.

Imitates `_is_reminder_still_valid` and `_has_message_after_reminder` of
rasa/core/processor.py (Rasa 3.6).
"""

from __future__ import annotations

from rasa_mock.core.state import Wire
from rasa_mock.core.tracker import Tracker


def still_stands(reminder: Wire, tracker: Tracker) -> bool:
    """Tell whether a reminder counts, and no message has come since that kills it."""
    return not _is_gone(reminder, tracker) and not (
        reminder["kill_on_user_msg"] and _is_killed(reminder, tracker)
    )


def _is_gone(reminder: Wire, tracker: Tracker) -> bool:
    """Tell whether the reminder is not among the events that count any more."""
    return not any(
        event["event"] == "reminder" and event["name"] == reminder["name"]
        for event in tracker.applied_events()
    )


def _is_killed(reminder: Wire, tracker: Tracker) -> bool:
    """Tell whether the user has spoken since the reminder was set."""
    for event in reversed(tracker.events):
        if event["event"] == "reminder" and event["name"] == reminder["name"]:
            return False
        if event["event"] == "user" and event["text"]:
            return True
    return True
