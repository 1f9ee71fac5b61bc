"""Cost grows with what is new, not with what is there: counted in lines executed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rasa_mock import clock
from rasa_mock.core import applied
from rasa_mock.core.tracker import Tracker

CORE = str(Path(applied.__file__).parent)
REWIND = {"event": "rewind"}
UNDO = {"event": "undo"}
LISTEN = {"event": "action", "name": "action_listen"}
USER = {"event": "user", "text": "hi", "parse_data": {"intent": {"name": "x"}}}
SLOT = {"event": "slot", "name": "city", "value": "Rome"}
FORM = {"event": "action", "name": "form"}
LOOP = {"event": "active_loop", "name": "form"}
REJECTED = {"event": "action_execution_rejected", "name": "other_form"}
TURN = [LISTEN, USER, SLOT, {"event": "action", "name": "action_x"}]

STREAMS = {
    "turns": (TURN * 5, 20),
    "turns, a rewind after each tenth": ([*TURN, *TURN, LISTEN, USER, REWIND], 20),
    "turns, an undo after each tenth": ([*TURN, *TURN, LISTEN, USER, UNDO], 20),
    "nothing but rewinds": ([REWIND], 200),
    "a form that goes on": ([LISTEN, USER, SLOT, FORM], 50),
    "a form that goes on, with rewinds": ([LISTEN, USER, SLOT, SLOT, FORM, REWIND], 30),
    "a form that goes on, with undos": ([LISTEN, USER, SLOT, FORM, SLOT, UNDO], 30),
    "many slots between two runs": ([*[SLOT] * 20, LISTEN, FORM, UNDO, FORM], 10),
    "another form is rejected": ([REJECTED, SLOT, FORM, REJECTED, REWIND], 40),
    "sessions": ([*TURN, {"event": "session_started"}, REWIND], 30),
    "entities": ([*TURN, {"event": "entities", "entities": [{"a": 1}]}, UNDO], 30),
}


def lines_executed(run):
    """Count the lines of `core` that run."""
    count = 0

    def trace(frame, _event, _argument):
        if not frame.f_code.co_filename.startswith(CORE):
            return None

        def line(_frame, event, _argument):
            nonlocal count
            count += event == "line"
            return line

        return line

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return count


def fold(events):
    tracker = Tracker.from_events(
        "s", events, now=1.0, new_id=lambda: "id", parse_date=clock.parse_date
    )
    tracker.applied_events()
    tracker.current_state()


@pytest.mark.parametrize(("events", "times"), STREAMS.values(), ids=STREAMS)
def test_twice_the_events_cost_twice_the_work(events, times):
    start = [FORM, LOOP]
    once = lines_executed(lambda: fold(start + events * times))
    fourfold = lines_executed(lambda: fold(start + events * times * 4))
    assert once < fourfold < 4.4 * once


def test_a_rewind_after_each_tenth_costs_no_more_than_the_stream_twice_over():
    plain = TURN * 250
    rewinds = [
        event
        for index, raw in enumerate(plain)
        for event in ([raw, REWIND] if index % 10 == 9 else [raw])
    ]
    assert lines_executed(lambda: fold(rewinds)) < 3 * lines_executed(
        lambda: fold(plain)
    )
