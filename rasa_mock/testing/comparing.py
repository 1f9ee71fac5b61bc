"""What pytest shows under a failed `==` of our values: what differs, for Rasa."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_mock.core.tracker import Tracker
from rasa_mock.testing import differences
from rasa_mock.testing.result import ActionResult, Events, Slots


def compared(got: Any, expected: Any) -> list[str] | None:
    """Return lines that explain `got == expected`; None if that is not ours to say."""
    if isinstance(got, ActionResult) and isinstance(expected, ActionResult):
        return ["the results differ:", *expected.differences(got)]
    if isinstance(got, Tracker) and isinstance(expected, Tracker):
        lines = differences.tracker_lines(expected, got)
        if lines:
            return ["the trackers differ:", *lines]
        return ["trackers are compared by identity: compare their current_state()"]
    if isinstance(got, Slots) or isinstance(expected, Slots):
        if isinstance(got, Mapping) and isinstance(expected, Mapping):
            return ["the slots differ:", *differences.all_slot_lines(expected, got)]
    elif isinstance(got, Events) and isinstance(expected, list):
        return ["the events differ:", *differences.event_lines(expected, got)]
    return None
