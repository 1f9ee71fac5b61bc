"""Loops: what a form and the two-stage fallback have in common.

A run of a loop: if it is not the active loop it is activated; unless it is done by
that, it does its work; if it is done then, it is deactivated.

Imitates `LoopAction` (rasa/core/actions/loops.py) of Rasa 3.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rasa_mock.core.actions import Stage, make
from rasa_mock.core.commands import Effects
from rasa_mock.core.state import Wire
from rasa_mock.core.tracker import Tracker


class Loop(Protocol):
    """What a loop does at each stage of a run; `events` are those of the run so far."""

    name: str

    def activate(self, stage: Stage, tracker: Tracker) -> Effects[list[Wire]]: ...

    def do(
        self, stage: Stage, tracker: Tracker, *, events: list[Wire]
    ) -> Effects[list[Wire]]: ...

    def is_done(self, tracker: Tracker, events: Sequence[Wire]) -> bool: ...

    def deactivate(
        self, stage: Stage, tracker: Tracker, *, events: list[Wire]
    ) -> Effects[list[Wire]]: ...


def play(loop: Loop, *, stage: Stage, tracker: Tracker) -> Effects[list[Wire]]:
    """Run a loop once."""
    events: list[Wire] = []
    if tracker.active_loop_name != loop.name:
        events += make(stage, {"event": "active_loop", "name": loop.name})
        started = tracker.branch()
        started.extend(events)
        events += yield from loop.activate(stage, started)
    if not loop.is_done(tracker, events):
        events += yield from loop.do(stage, tracker, events=events)
    if loop.is_done(tracker, events):
        events += make(stage, {"event": "active_loop", "name": None})
        events += yield from loop.deactivate(stage, tracker, events=events)
    return events
