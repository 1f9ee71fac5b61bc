"""A conversation written as a test story.

Imitates `get_test_stories` (rasa/server.py) and `YAMLStoryWriter` with
`is_test_story` (rasa/shared/core/training_data/story_writer) of Rasa 3.6.21.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from rasa_mock.core.state import SESSION_START, Wire
from rasa_mock.core.story import Quoted, make_test_steps
from rasa_mock.core.tracker import Tracker

VERSION = "3.1"


def stories_of(
    tracker: Tracker,
    sender_id: str,
    *,
    apart: bool,
    cut: Callable[[Tracker], Tracker] | None,
    dump: Callable[[Any], str],
) -> str:
    """Write a conversation; `apart` makes a story of each session."""
    sessions = list(_sessions(tracker)) if apart else [tracker]
    if cut is not None:
        sessions = [each for each in map(cut, sessions) if each.events]
    stories = []
    for number, each in enumerate(sessions, start=1):
        name = f"{sender_id}, story {number}" if len(sessions) > 1 else sender_id
        stories.append({"story": name, "steps": make_test_steps(each.events)})
    return dump({"version": Quoted(VERSION), "stories": stories})


def _sessions(tracker: Tracker) -> Iterator[Tracker]:
    for events in _split(tracker.events):
        twin = tracker.branch()
        del twin.events[:]
        twin.extend(events)
        yield twin


def _split(events: Iterable[Wire]) -> list[list[Wire]]:
    """Part events before each start of a session."""
    parts: list[list[Wire]] = []
    for event in events:
        starts = event["event"] == "action" and event["name"] == SESSION_START
        if starts or not parts:
            parts.append([])
        parts[-1].append(event)
    return parts
