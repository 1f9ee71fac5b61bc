"""Long trackers in quantity: as many events as asked for, and they fold."""

from __future__ import annotations

import pytest

from rasa_mock.core.tracker import Tracker
from rasa_mock.generate import history
from rasa_mock.generate.cast import cast_of
from rasa_mock.generate.conversation import Conversation
from rasa_mock.generate.rng import Rng
from rasa_mock.generate.trackers import tracker_events


@pytest.mark.parametrize("n", [1, 3, 50, 1000])
def test_as_many_events_as_asked_for_and_rasa_takes_them(domain, n):
    events = tracker_events(domain, Rng(n), n=n, now=1_700_000_000.0)
    tracker = Tracker.from_events(
        "user",
        events,
        domain=domain,
        now=1_700_000_000.0,
        new_id=str,
        parse_date=lambda text, _now: text,
    )
    assert len(events) == n
    assert tracker.events == events
    times = [event["timestamp"] for event in events]
    assert times == sorted(times)
    assert times[-1] < 1_700_000_000.0


def test_the_same_seed_gives_the_same_tracker(travel):
    made = [tracker_events(travel, Rng(seed)) for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]


def test_slots_known_to_the_conversation_are_those_of_the_tracker(domain):
    """What the generator believes and what folding gives must not drift apart."""
    for seed in range(20):
        conversation = Conversation(cast_of(domain), Rng(seed))
        conversation.start_session()
        history.turns(conversation, 12)
        slots, loop = conversation.slots, conversation.loop
        tracker = Tracker.from_events(
            "user",
            conversation.finished(1_700_000_000.0),
            domain=domain,
            now=1.0,
            new_id=str,
            parse_date=lambda text, _now: text,
        )
        assert tracker.slots == slots
        assert tracker.active_loop_name == loop
