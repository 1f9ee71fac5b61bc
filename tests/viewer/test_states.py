"""Time travel agrees with the tracker, at every event of all recordings."""

from __future__ import annotations

import contextlib
import json

import pytest

from rasa_mock import clock
from rasa_mock.core.domain import Domain
from rasa_mock.core.tracker import Tracker
from rasa_mock.errors import DataError
from rasa_mock.files.domain import load_domain
from rasa_mock.resources import fixture_folder
from rasa_mock.viewer.reading import Contents
from rasa_mock.viewer.states import EVENT, MESSAGE, PARTS, SLOT, fold
from tests.viewer import made

CONFORMANCE = fixture_folder() / "conformance"
RECORDED = sorted(
    path
    for path in (CONFORMANCE / "conversations").glob("*.json")
    if not path.name.startswith("_")
)


@pytest.fixture(scope="module")
def domain() -> Domain:
    return load_domain(CONFORMANCE / "bot" / "domain.yml")


def states(sender_id, events, domain):
    """Yield the state after each event, as a tracker has it."""
    tracker = Tracker(
        sender_id,
        domain=domain,
        now=0.0,
        new_id=clock.new_uuid,
        parse_date=clock.parse_date,
    )
    for event in events:
        with contextlib.suppress(DataError):
            tracker.update(event)
        parts = {name: look(tracker) for name, look in PARTS.items()}
        slots = {f"{SLOT}{name}": value for name, value in tracker.slots.items()}
        yield {**slots, **parts, MESSAGE: tracker.latest_message}


def travelled(events, folded):
    """Yield the state after each event, put together from the changes."""
    state = dict(folded.initial)
    for changes in folded.changes:
        state.update(changes)
        message = state[MESSAGE]
        if isinstance(message, dict) and set(message) == {EVENT}:
            message = events[message[EVENT]]["parse_data"]
        yield {**state, MESSAGE: message}


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_the_state_at_each_event_is_the_trackers(path, domain):
    contents = Contents()
    contents.take(json.loads(path.read_text(encoding="utf-8")))
    for talk in contents.talks:
        for known in (domain, None):
            folded = fold(talk.sender_id, talk.events, domain=known)
            expected = states(talk.sender_id, talk.events, known)
            for got, want in zip(travelled(talk.events, folded), expected, strict=True):
                assert {k: v for k, v in got.items() if k in want} == want


def test_an_undone_slot_goes_back():
    events = [
        *made.started(0),
        made.message("hi", intent="greet", at=1),
        made.action("action_x", at=2),
        made.slot("city", "Berlin", at=3),
        {"event": "rewind", "timestamp": made.START + 4},
    ]
    folded = fold("a", events)
    assert (f"{SLOT}city", "Berlin") in folded.changes[5]
    assert (f"{SLOT}city", None) in folded.changes[6]


def test_an_event_that_rasa_cannot_read_is_noted_and_changes_nothing():
    events = [*made.started(0), {"event": "no_such_event"}, made.slot("a", 1, at=5)]
    folded = fold("a", events)
    assert len(folded.changes) == len(events)
    assert folded.changes[3] == []
    assert [index for index, _ in folded.notes] == [3]
    assert folded.changes[4] == [(f"{SLOT}a", 1)]


def test_the_stack_of_rasa_pro_is_there_at_each_event():
    patch = json.dumps([{"op": "add", "path": "/0", "value": {"frame_id": "A"}}])
    events = [{"event": "stack", "update": patch, "timestamp": 1.0}]
    folded = fold("a", events, profile="rasa-pro-3.21")
    assert folded.changes == [[("stack", [{"frame_id": "A"}])]]
