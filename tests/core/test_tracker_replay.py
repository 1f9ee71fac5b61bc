"""Whatever the events: going on step by step is the same as starting anew."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rasa_mock import clock
from rasa_mock.core.domain import Domain
from rasa_mock.core.events import read_event
from rasa_mock.core.tracker import Tracker
from tests.core.naive import Naive

SLOTS = {"city": "Oslo", "size": None}
DOMAIN = Domain.from_dict(
    {
        "slots": {
            name: {
                "type": "text",
                "initial_value": value,
                "mappings": [{"type": "custom"}],
            }
            for name, value in SLOTS.items()
        }
    }
)
ALL_SLOTS = {**SLOTS, "session_started_metadata": None}

names = st.sampled_from(["form_a", "form_b", "action_x", "action_listen"])
loops = st.sampled_from(["form_a", "form_b", "action_x", None])
entity = st.fixed_dictionaries(
    {"entity": st.just("city"), "value": st.sampled_from(["Rome", "Bonn"])}
)
entities = st.lists(entity, max_size=2)


def event(kind, **fields):
    return st.fixed_dictionaries({"event": st.just(kind), **fields})


user = event(
    "user",
    text=st.sampled_from(["hi", "yes"]),
    input_channel=st.sampled_from(["rest", None]),
    parse_data=st.fixed_dictionaries(
        {"intent": st.just({"name": "greet"}), "entities": entities}
    ),
)
action = event("action", name=names)
said = event("action", action_text=st.just("hello"))
run = event("active_loop", name=loops)
slot = event(
    "slot", name=st.sampled_from(["city", "size", "shoe"]), value=st.integers(0, 3)
)
plain = st.sampled_from(
    ["undo", "rewind", "restart", "session_started", "reset_slots", "pause", "resume"]
)
anything = st.one_of(
    user,
    action,
    said,
    run,
    slot,
    event("action_execution_rejected", name=names),
    event("loop_interrupted", is_interrupted=st.sampled_from([True, False, None, 0])),
    event("user_featurization", use_text_for_featurization=st.booleans()),
    event("entities", entities=entities),
    event("bot", text=st.sampled_from(["a", "b"])),
    event("followup", name=names),
    st.builds(lambda kind: {"event": kind}, plain),
)
# Mostly what makes histories long and twisted: turns, loops, and taking back.
twisted = st.one_of(
    user,
    action,
    action,
    run,
    slot,
    event("entities", entities=entities),
    event("action_execution_rejected", name=names),
    st.sampled_from([{"event": "undo"}, {"event": "rewind"}]),
)


def new_tracker(domain, **settings):
    return Tracker(
        "s",
        domain=domain,
        now=1.5,
        new_id=lambda: "id",
        parse_date=clock.parse_date,
        **settings,
    )


def view(tracker):
    state = tracker.current_state("NONE")
    places = {id(event): index for index, event in enumerate(tracker.events)}
    return {
        "slots": state["slots"],
        "slots_set": set(tracker.slots_set),
        "latest_message": state["latest_message"],
        "followup_action": state["followup_action"],
        "paused": state["paused"],
        "active_loop": state["active_loop"],
        "latest_action": state["latest_action"],
        "bot": tracker.latest_bot_utterance["text"],
        "latest_input_channel": state["latest_input_channel"],
        "applied": [places[id(event)] for event in tracker.applied_events()],
        "entities": [
            event["parse_data"]["entities"]
            for event in tracker.events
            if event["event"] == "user"
        ],
    }


def text(value):
    return json.dumps(value, default=sorted, sort_keys=True)


@pytest.mark.parametrize("domain", [DOMAIN, None], ids=["domain", "no domain"])
@pytest.mark.parametrize("events", [anything, twisted], ids=["anything", "twisted"])
@pytest.mark.parametrize("looked_at", ["after each event", "at the end"])
def test_going_on_is_the_same_as_starting_anew(domain, events, looked_at):
    @settings(max_examples=60)
    @given(st.lists(events, max_size=30))
    def check(history):
        tracker = new_tracker(domain)
        naive = Naive(None if domain is None else ALL_SLOTS)
        for raw in history:
            tracker.update(raw)
            naive.add(tracker.events[-1])
            if looked_at == "after each event":
                assert text(view(tracker)) == text(naive.state())
        assert text(view(tracker)) == text(naive.state())

    check()


@given(st.lists(anything, max_size=30), st.lists(anything, max_size=10))
def test_a_copy_goes_its_own_way(history, later):
    tracker, alone = new_tracker(DOMAIN), new_tracker(DOMAIN)
    tracker.extend(history)
    alone.extend(history)
    copied = tracker.copy()
    before = text(view(tracker))
    copied.extend(later)
    assert text(view(tracker)) == before
    alone.extend(later)
    assert text(view(copied)) == text(view(alone))
    tracker.extend(later)
    assert text(view(tracker)) == text(view(copied))


@given(st.lists(anything | twisted, max_size=30), st.integers(0, 12))
def test_a_bounded_tracker_replays_what_it_still_has(history, limit):
    tracker = new_tracker(DOMAIN, max_event_history=limit)
    naive = Naive(ALL_SLOTS, limit)
    reader = new_tracker(DOMAIN)
    for raw in history:
        tracker.update(raw)
        naive.add(read_event(raw, reader.source))
        assert len(tracker.events) <= limit
        assert text(view(tracker)) == text(naive.state())


@given(st.lists(anything, max_size=30))
def test_a_stored_tracker_is_a_replay(history):
    tracker = new_tracker(DOMAIN)
    tracker.extend(history)
    stored = new_tracker(DOMAIN)
    stored.restore(json.loads(json.dumps(tracker.events)))
    naive = Naive(ALL_SLOTS)
    for raw in stored.events:
        naive.events.append({**raw, "said": naive.said(raw.get("parse_data", EMPTY))})
    for position in naive.applied():
        naive.apply(naive.events[position])
    assert text(view(stored)) == text(naive.state())


EMPTY = {"entities": []}
