"""The rules of the tracker, told as short conversations."""

from __future__ import annotations

import pytest

from rasa_mock import clock
from rasa_mock.core.domain import Domain
from rasa_mock.core.tracker import Tracker
from rasa_mock.errors import DataError, UsageError

UPPER = "my_slots.Upper"
DOMAIN = Domain.from_dict(
    {
        "slots": {
            "city": {"type": "text", "mappings": [{"type": "custom"}]},
            "tags": {
                "type": "list",
                "initial_value": "none",
                "mappings": [{"type": "custom"}],
            },
            "loud": {"type": UPPER, "mappings": [{"type": "custom"}]},
        },
        "forms": {"trip_form": {"required_slots": ["city"]}},
    },
    slot_types={UPPER: lambda value: value and value.upper()},
)
BERLIN = {"entity": "city", "value": "Berlin"}
ROME = {"entity": "city", "value": "Rome"}


def listen():
    return action("action_listen")


def action(name, **fields):
    return {"event": "action", "name": name, **fields}


def user(text, *entities, channel="rest"):
    parse_data = {"intent": {"name": text}, "entities": list(entities)}
    return {
        "event": "user",
        "text": text,
        "input_channel": channel,
        "parse_data": parse_data,
    }


def slot(name, value):
    return {"event": "slot", "name": name, "value": value}


def loop(name):
    return {"event": "active_loop", "name": name}


def added(*entities):
    return {"event": "entities", "entities": list(entities)}


UNDO, REWIND = {"event": "undo"}, {"event": "rewind"}


def tracker_of(*events, domain=DOMAIN, **settings):
    return Tracker.from_events(
        "ann",
        events,
        domain=domain,
        now=1.5,
        new_id=lambda: "id",
        parse_date=clock.parse_date,
        **settings,
    )


def names_of(events):
    return [event.get("name") or event["event"] for event in events]


# The first state.


def test_the_first_state_is_the_one_that_rasa_sends():
    assert list(tracker_of().current_state().items()) == [
        ("sender_id", "ann"),
        (
            "slots",
            {
                "city": None,
                "tags": ["none"],
                "loud": None,
                "requested_slot": None,
                "session_started_metadata": None,
            },
        ),
        (
            "latest_message",
            {
                "intent": {},
                "entities": [],
                "text": None,
                "message_id": None,
                "metadata": {},
            },
        ),
        ("latest_event_time", None),
        ("followup_action", "action_listen"),
        ("paused", False),
        ("events", []),
        ("latest_input_channel", None),
        ("active_loop", {}),
        ("latest_action", {}),
        ("latest_action_name", None),
    ]


def test_time_may_stand_still_or_run():
    ticks = iter([10.0, 11.0])
    tracker = Tracker(
        "ann", now=lambda: next(ticks), new_id=str, parse_date=clock.parse_date
    )
    tracker.update(listen())
    tracker.update(listen())
    assert [event["timestamp"] for event in tracker.events] == [10.0, 11.0]
    assert tracker.current_state()["latest_event_time"] == 11.0


# Messages, actions, pauses.


def test_a_message_and_an_action_clear_the_followup():
    followup = {"event": "followup", "name": "action_x"}
    assert tracker_of(followup).followup_action == "action_x"
    assert tracker_of(followup, user("hi")).followup_action is None
    assert tracker_of(followup, listen()).followup_action is None


def test_a_text_stands_in_for_the_name_of_an_action():
    tracker = tracker_of(action(None, action_text="Hello!"))
    assert tracker.latest_action == {"action_text": "Hello!"}
    assert tracker.latest_action_name == "Hello!"


def test_an_empty_name_is_no_name():
    assert tracker_of(action("")).latest_action == {"action_text": None}


def test_the_channel_is_that_of_the_last_message_even_if_it_was_taken_back():
    tracker = tracker_of(listen(), user("hi"), listen(), user("no", channel="slack"))
    tracker.update(REWIND)
    assert tracker.latest_message["text"] == "hi"
    assert tracker.latest_input_channel == "slack"


def test_a_pause_lasts_until_resumed():
    assert tracker_of({"event": "pause"}).paused
    assert not tracker_of({"event": "pause"}, {"event": "resume"}).paused


def test_the_latest_bot_utterance_is_kept():
    tracker = tracker_of({"event": "bot", "text": "hi", "data": {"image": None}})
    assert tracker.latest_bot_utterance == {
        "text": "hi",
        "data": {"image": None},
        "metadata": {},
    }


# Entities.


def test_entities_are_added_to_the_message_and_stay_when_taken_back():
    tracker = tracker_of(user("hi", BERLIN), listen(), added(BERLIN, ROME))
    assert tracker.latest_message["entities"] == [BERLIN, ROME]
    tracker.update(UNDO)
    assert tracker.latest_message["entities"] == [BERLIN, ROME]
    assert tracker.events[0]["parse_data"]["entities"] == [BERLIN, ROME]


def test_a_message_without_entities_keeps_its_parse_data():
    tracker = tracker_of(user("hi"), listen(), added(ROME))
    assert tracker.latest_message["entities"] == [ROME]
    assert tracker.events[0]["parse_data"]["entities"] == []


def test_entities_are_added_only_while_the_bot_listens():
    tracker = tracker_of(user("hi"), action("action_x"), added(ROME))
    assert tracker.latest_message["entities"] == []


def test_entities_before_any_message_go_when_they_are_taken_back():
    tracker = tracker_of(listen(), added(BERLIN), listen(), added(ROME))
    assert tracker.latest_message["entities"] == [BERLIN, ROME]
    tracker.update(UNDO)
    assert tracker.latest_message["entities"] == [BERLIN]


# Slots.


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("city", 5, 5),
        ("city", {"a": [1]}, {"a": [1]}),
        ("tags", "x", ["x"]),
        ("tags", ["x"], ["x"]),
        ("tags", {"a": 1}, [{"a": 1}]),
        ("tags", "", ""),
        ("tags", 0, 0),
        ("loud", "abc", "ABC"),
        ("loud", None, None),
        ("requested_slot", "city", "city"),
    ],
)
def test_a_slot_stores_what_its_type_makes_of_the_value(name, value, stored):
    assert tracker_of(slot(name, value)).slots[name] == stored


def test_a_slot_that_does_not_exist_changes_nothing_but_is_remembered():
    tracker = tracker_of(slot("nope", 1), slot("nope", 2))
    assert "nope" not in tracker.slots
    assert tracker.unknown_slots == ("nope",)
    assert len(tracker.events) == 2


def test_without_a_domain_a_slot_exists_once_it_is_set():
    tracker = tracker_of(slot("a", 1), listen(), slot("b", 2), UNDO, domain=None)
    assert tracker.slots == {"a": 1, "b": None}
    assert tracker.slots_set == ("a",)


def test_slots_set_are_those_set_since_the_last_reset():
    tracker = tracker_of(slot("city", "Rome"), slot("tags", "x"))
    assert tracker.slots_set == ("city", "tags")
    tracker.update({"event": "reset_slots"})
    assert tracker.slots_set == ()
    assert tracker.slots["tags"] == ["none"]


@pytest.mark.parametrize("name", [["city"], {"a": 1}], ids=["list", "object"])
@pytest.mark.parametrize("domain", [DOMAIN, None], ids=["domain", "no domain"])
def test_a_slot_whose_name_is_no_name_fails_and_stays(name, domain):
    with pytest.raises(DataError) as caught:
        tracker_of(listen(), slot(name, 1), listen(), domain=domain)
    error = caught.value
    assert (error.rasa_class, error.phase, error.index) == ("TypeError", "apply", 1)
    assert len(error.tracker.events) == 2
    assert error.tracker.latest_action_name == "action_listen"


def test_a_slot_class_that_fails_is_reported_as_rasa_would():
    with pytest.raises(DataError) as caught:
        tracker_of(slot("loud", 5))
    assert (caught.value.rasa_class, caught.value.phase) == ("AttributeError", "apply")


# Loops.


def test_a_loop_knows_the_message_that_started_it():
    tracker = tracker_of(user("book", ROME), action("trip_form"), loop("trip_form"))
    assert tracker.active_loop == {
        "name": "trip_form",
        "is_interrupted": False,
        "rejected": False,
        "trigger_message": tracker.events[0]["parse_data"],
    }
    assert tracker.active_loop_name == "trip_form"


def test_only_its_own_run_forgives_a_rejected_loop():
    rejected = {"event": "action_execution_rejected", "name": "trip_form"}
    tracker = tracker_of(loop("trip_form"), rejected)
    assert tracker.active_loop["rejected"]
    tracker.update(action("action_x"))
    assert tracker.active_loop["rejected"]
    tracker.update(action("trip_form"))
    assert not tracker.active_loop["rejected"]


@pytest.mark.parametrize("value", [True, "yes", None, 0])
def test_any_action_ends_an_interruption(value):
    interrupted = {"event": "loop_interrupted", "is_interrupted": value}
    tracker = tracker_of(loop("trip_form"), interrupted)
    assert tracker.active_loop["is_interrupted"] == value
    tracker.update(listen())
    assert tracker.active_loop["is_interrupted"] is False


def test_a_loop_without_a_name_stays_interrupted():
    interrupted = {"event": "loop_interrupted", "is_interrupted": True}
    assert tracker_of(loop(""), interrupted, listen()).active_loop["is_interrupted"]


def test_the_name_that_rasa_reserves_is_no_name():
    rejected = {"event": "action_execution_rejected", "name": None}
    tracker = tracker_of(loop("should_not_be_set"), rejected)
    assert tracker.active_loop_name is None
    assert tracker.active_loop["rejected"]
    tracker.update(action(None, action_text="hi"))
    assert not tracker.active_loop["rejected"]


# What counts.


def test_undo_takes_back_everything_down_to_the_last_action():
    tracker = tracker_of(
        listen(), user("hi"), action("action_x"), slot("city", "Rome"), UNDO
    )
    assert names_of(tracker.applied_events()) == ["action_listen", "user"]
    assert tracker.slots["city"] is None
    assert len(tracker.events) == 5


def test_rewind_takes_back_the_message_and_the_action_before_it():
    tracker = tracker_of(
        listen(), user("hi"), action("action_x"), listen(), user("no"), REWIND
    )
    assert names_of(tracker.applied_events()) == ["action_listen", "user", "action_x"]
    assert tracker.latest_message["text"] == "hi"


def test_taking_back_more_than_there_is_leaves_nothing():
    tracker = tracker_of(slot("city", "Rome"), user("hi"), REWIND)
    assert tracker.applied_events() == []
    assert tracker.followup_action == "action_listen"


@pytest.mark.parametrize(
    ("name", "followup"),
    [("restart", "action_session_start"), ("session_started", "action_listen")],
)
def test_a_new_start_forgets_the_state_but_not_the_events(name, followup):
    tracker = tracker_of(listen(), user("hi"), slot("city", "Rome"), {"event": name})
    assert tracker.slots["city"] is None
    assert tracker.followup_action == followup
    assert tracker.applied_events() == []
    assert len(tracker.events) == 4


def test_a_replay_after_a_restart_forgets_what_it_asked_for():
    tracker = tracker_of({"event": "restart"}, UNDO)
    assert tracker.followup_action == "action_listen"


FORM = [listen(), user("book"), action("trip_form"), loop("trip_form")]


def test_a_form_that_goes_on_leaves_no_trace_but_its_slots():
    answer = [listen(), user("Rome"), slot("city", "Rome"), action("trip_form")]
    tracker = tracker_of(*FORM, *answer)
    assert names_of(tracker.applied_events()) == [
        "action_listen",
        "user",
        "trip_form",
        "trip_form",
        "city",
    ]


@pytest.mark.parametrize(
    "between",
    [
        [listen(), user("why"), action("utter_why")],
        [{"event": "action_execution_rejected", "name": "trip_form"}],
        [loop(None)],
    ],
    ids=["something else ran", "it was rejected", "it had ended"],
)
def test_a_form_that_comes_back_counts(between):
    tracker = tracker_of(*FORM, *between, action("trip_form"))
    assert names_of(tracker.applied_events())[-1] == "trip_form"
    assert len(tracker.applied_events()) == len(tracker.events)


def test_an_action_becomes_a_loop_when_its_name_turns_up_later():
    runs = [action("x"), user("a"), action("x"), slot("city", "Rome"), action("x")]
    tracker = tracker_of(*runs)
    assert len(tracker.applied_events()) == 5
    tracker.update(loop("x"))
    assert names_of(tracker.applied_events()) == ["x", "city", "x"]


# What is shown.


def test_verbosity_says_which_events_are_shown():
    tracker = tracker_of(listen(), {"event": "restart"}, user("hi"), listen(), UNDO)
    shown = {
        verbosity: tracker.current_state(verbosity)["events"]
        for verbosity in ("ALL", "AFTER_RESTART", "APPLIED", "NONE")
    }
    assert names_of(shown["ALL"]) == [
        *("action_listen", "restart", "user", "action_listen", "undo"),
    ]
    assert names_of(shown["AFTER_RESTART"]) == ["user", "action_listen", "undo"]
    assert names_of(shown["APPLIED"]) == ["user"]
    assert shown["NONE"] is None
    with pytest.raises(UsageError, match="expected one of ALL, AFTER_RESTART"):
        tracker.current_state("SOME")


def test_update_says_whether_rasa_takes_notice():
    tracker = tracker_of()
    assert tracker.update(listen()) is True
    assert tracker.update({"event": None}) is False
    assert len(tracker.events) == 1


def test_an_event_that_cannot_be_read_is_not_kept():
    with pytest.raises(DataError) as caught:
        tracker_of(listen(), {"event": "topic"}, {"event": "nope"})
    error = caught.value
    assert (error.rasa_class, error.phase, error.index) == (
        "ValueError",
        "deserialise",
        2,
    )
    assert names_of(error.tracker.events) == ["action_listen"]


def test_a_replay_fails_again_at_what_failed_before():
    tracker = tracker_of(listen())
    with pytest.raises(DataError):
        tracker.update({"event": "entities", "entities": None})
    tracker.update(slot("city", "Rome"))
    tracker.update(action("action_x"))
    with pytest.raises(DataError, match="not iterable"):
        tracker.update(UNDO)
    assert tracker.slots["city"] is None
    assert tracker.latest_action_name == "action_listen"


# Memory.


def test_a_bounded_tracker_forgets_the_oldest_but_not_what_they_did():
    tracker = tracker_of(
        slot("city", "Rome"), user("hi"), listen(), max_event_history=1
    )
    assert names_of(tracker.events) == ["action_listen"]
    assert tracker.slots["city"] == "Rome"
    assert tracker.latest_input_channel is None
    tracker.update(UNDO)
    assert tracker.slots["city"] is None


@pytest.mark.parametrize("limit", [-1, -5])
def test_a_bound_below_zero_is_refused(limit):
    with pytest.raises(UsageError, match="expected 0 or more"):
        tracker_of(max_event_history=limit)


def test_a_store_gives_back_the_last_session():
    start = [action("action_session_start"), {"event": "session_started"}]
    tracker = tracker_of(*start, slot("city", "Rome"), *start, slot("tags", "x"))
    last = tracker.last_session()
    assert names_of(last.events) == ["action_session_start", "session_started", "tags"]
    assert last.slots["city"] is None
    assert last.last_session() is last


def test_the_last_session_knows_the_slots_of_the_others_only():
    start = [action("action_session_start"), {"event": "session_started"}]
    events = [*start, slot("a", 1), *start, slot("b", 2)]
    stored = Tracker.from_store(
        "ann",
        [*events, listen(), slot("c", 3), UNDO],
        now=1.5,
        new_id=str,
        parse_date=clock.parse_date,
    )
    assert stored.slots == {"b": 2}
    last = stored.last_session()
    assert last.slots == {"b": 2}
    assert last.unknown_slots == ("c",)


def test_a_copy_does_not_share_what_can_grow():
    tracker = tracker_of(user("hi", BERLIN), loop("trip_form"), listen())
    copied = tracker.copy()
    copied.update(added(ROME))
    assert tracker.latest_message["entities"] == [BERLIN]
    assert tracker.active_loop["trigger_message"]["entities"] == [BERLIN]
    assert copied.active_loop["trigger_message"]["entities"] == [BERLIN, ROME]
    assert len(tracker.events) == 3
