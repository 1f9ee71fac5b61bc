"""Every event as it comes over the wire and as Rasa writes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasa_mock import clock
from rasa_mock.core.events import EVENT_TYPES, Source, read_event
from rasa_mock.errors import DataError

SOURCE = Source(now=lambda: 1.5, new_id=lambda: "new id", parse_date=clock.parse_date)
PROFILE = Path(__file__).parents[2] / "schemas" / "rasa-3.6" / "events"

# What a `user` event without parse data of its own gets.
BARE_PARSE_DATA = {
    "intent": {},
    "entities": [],
    "text": None,
    "message_id": None,
    "metadata": {},
}

# wire -> written, both without `timestamp`, which is 1.5
WRITTEN = {
    "action: all defaults": (
        {"event": "action", "name": "a"},
        {
            "event": "action",
            "name": "a",
            "policy": None,
            "confidence": None,
            "action_text": None,
            "hide_rule_turn": False,
        },
    ),
    "action: a text alone will do": (
        {"event": "action", "action_text": "", "hide_rule_turn": None},
        {
            "event": "action",
            "name": None,
            "policy": None,
            "confidence": None,
            "action_text": "",
            "hide_rule_turn": None,
        },
    ),
    "action_execution_rejected": (
        {"event": "action_execution_rejected"},
        {
            "event": "action_execution_rejected",
            "name": None,
            "policy": None,
            "confidence": None,
        },
    ),
    "active_loop": (
        {"event": "active_loop", "name": "f"},
        {"event": "active_loop", "name": "f"},
    ),
    "agent": (
        {"event": "agent", "data": [1]},
        {"event": "agent", "text": None, "data": [1]},
    ),
    "bot: falsy data becomes an object": (
        {"event": "bot", "data": []},
        {"event": "bot", "text": None, "data": {}, "metadata": {}},
    ),
    "bot: metadata comes third if there is any": (
        {"event": "bot", "text": "hi", "metadata": {"m": 1}},
        {"event": "bot", "metadata": {"m": 1}, "text": "hi", "data": {}},
    ),
    "cancel_reminder loses everything": (
        {"event": "cancel_reminder", "name": "n", "intent": "i", "entities": []},
        {"event": "cancel_reminder"},
    ),
    "entities": (
        {"event": "entities"},
        {"event": "entities", "entities": None},
    ),
    "export loses its path": (
        {"event": "export", "path": "story.yml"},
        {"event": "export"},
    ),
    "followup": (
        {"event": "followup", "name": "action_x"},
        {"event": "followup", "name": "action_x"},
    ),
    "form is active_loop now": (
        {"event": "form", "name": None},
        {"event": "active_loop", "name": None},
    ),
    "form_validation is loop_interrupted now, the other way round": (
        {"event": "form_validation", "validate": False},
        {"event": "loop_interrupted", "is_interrupted": True},
    ),
    "form_validation: true if nothing is said": (
        {"event": "form_validation"},
        {"event": "loop_interrupted", "is_interrupted": False},
    ),
    "form_validation: null is no": (
        {"event": "form_validation", "validate": None},
        {"event": "loop_interrupted", "is_interrupted": True},
    ),
    "loop_interrupted": (
        {"event": "loop_interrupted", "is_interrupted": "maybe"},
        {"event": "loop_interrupted", "is_interrupted": "maybe"},
    ),
    "pause: what Rasa does not know is dropped": (
        {"event": "pause", "name": "x"},
        {"event": "pause"},
    ),
    "reminder: a new name, a date in ISO format": (
        {"event": "reminder", "intent": "i", "date_time": "3 Sep 2031 08:00"},
        {
            "event": "reminder",
            "intent": "i",
            "date_time": "2031-09-03T08:00:00",
            "entities": None,
            "name": "new id",
            "kill_on_user_msg": True,
        },
    ),
    "reminder: an empty name is a name": (
        {
            "event": "reminder",
            "date_time": "2031-09-03T08:00:00Z",
            "name": "",
            "kill_on_user_msg": None,
        },
        {
            "event": "reminder",
            "intent": None,
            "date_time": "2031-09-03T08:00:00+00:00",
            "entities": None,
            "name": "",
            "kill_on_user_msg": None,
        },
    ),
    "reset_slots": ({"event": "reset_slots"}, {"event": "reset_slots"}),
    "restart": ({"event": "restart", "metadata": {}}, {"event": "restart"}),
    "resume": ({"event": "resume", "metadata": None}, {"event": "resume"}),
    "rewind": (
        {"event": "rewind", "metadata": [1]},
        {"event": "rewind", "metadata": [1]},
    ),
    "session_started": ({"event": "session_started"}, {"event": "session_started"}),
    "slot: it needs nothing": (
        {"event": "slot", "key": "city"},
        {"event": "slot", "name": None, "value": None},
    ),
    "slot: metadata comes third": (
        {"value": 1, "name": "city", "metadata": {"m": 1}, "event": "slot"},
        {"event": "slot", "metadata": {"m": 1}, "name": "city", "value": 1},
    ),
    "undo": ({"event": "undo"}, {"event": "undo"}),
    "user: empty parse data is filled in": (
        {"event": "user", "text": "hi", "message_id": "m", "parse_data": {}},
        {
            "event": "user",
            "text": "hi",
            "parse_data": {**BARE_PARSE_DATA, "text": "hi", "message_id": "m"},
            "input_channel": None,
            "message_id": "m",
            "metadata": {},
        },
    ),
    "user: parse data wins, and its own keys come last": (
        {
            "event": "user",
            "text": "hi",
            "metadata": {"m": 1},
            "input_channel": "rest",
            "parse_data": {"x": 1, "text": "other", "intent": None},
        },
        {
            "event": "user",
            "metadata": {"m": 1},
            "text": "hi",
            "parse_data": {
                **BARE_PARSE_DATA,
                "intent": None,
                "text": "other",
                "metadata": {"m": 1},
                "x": 1,
            },
            "input_channel": "rest",
            "message_id": None,
        },
    ),
    "user: entities that are none are kept as they are": (
        {"event": "user", "parse_data": {"entities": None}},
        {
            "event": "user",
            "text": None,
            "parse_data": {**BARE_PARSE_DATA, "entities": None},
            "input_channel": None,
            "message_id": None,
            "metadata": {},
        },
    ),
    "user_featurization": (
        {"event": "user_featurization"},
        {"event": "user_featurization", "use_text_for_featurization": None},
    ),
}


@pytest.mark.parametrize(("wire", "written"), WRITTEN.values(), ids=WRITTEN)
def test_an_event_is_written_with_these_keys_in_this_order(wire, written):
    read = read_event(wire, SOURCE)
    name, *rest = written.items()
    expected = dict([name, ("timestamp", 1.5), *rest])
    assert json.dumps(read) == json.dumps(expected)


def test_the_table_above_has_every_type():
    assert {wire["event"] for wire, _ in WRITTEN.values()} == set(EVENT_TYPES)
    assert len(EVENT_TYPES) == 23


def test_the_types_are_those_of_the_profile():
    assert {path.stem for path in PROFILE.glob("*.json")} == set(EVENT_TYPES)


@pytest.mark.parametrize("timestamp", [None, 0, 0.0, "", False, []])
def test_a_falsy_time_is_now(timestamp):
    read = read_event({"event": "undo", "timestamp": timestamp}, SOURCE)
    assert read["timestamp"] == 1.5


@pytest.mark.parametrize("timestamp", [1, -1.5, "yesterday", True, [0]])
def test_any_other_time_is_kept(timestamp):
    read = read_event({"event": "undo", "timestamp": timestamp}, SOURCE)
    assert read["timestamp"] == timestamp


VANISHING = {
    "no event key": {"name": "x"},
    "empty": {},
    "null": {"event": None},
    "topic": {"event": "topic", "topic": "x"},
    "text": "slot",
    "empty text": "",
    "a list": ["slot"],
}


@pytest.mark.parametrize("wire", VANISHING.values(), ids=VANISHING)
def test_these_vanish(wire):
    assert read_event(wire, SOURCE) is None


def user(**parse_data):
    return {"event": "user", "text": "hi", "parse_data": parse_data}


def reminder(date):
    return {"event": "reminder", "intent": "i", "date_time": date}


REFUSED = {
    "unknown": ({"event": "nope"}, "ValueError", "Unknown event name 'nope'."),
    "empty name": ({"event": ""}, "ValueError", "Unknown event name ''."),
    "base class": ({"event": "event"}, "ValueError", "Unknown event name 'event'."),
    "upper case": ({"event": "Slot"}, "ValueError", "Unknown event name 'Slot'."),
    "number": ({"event": 3}, "ValueError", "Unknown event name '3'."),
    "false": ({"event": False}, "ValueError", "Unknown event name 'False'."),
    "list": ({"event": ["a"]}, "ValueError", "Unknown event name '['a']'."),
    "object": ({"event": {}}, "ValueError", "Unknown event name '{}'."),
    "Pro": ({"event": "flow_started"}, "ValueError", "'flow_started'"),
    "number for an event": (5, "TypeError", "argument of type 'int'"),
    "null for an event": (None, "TypeError", "argument of type 'NoneType'"),
    "text that holds the word": ("event", "AttributeError", "'str' object has no"),
    "list that holds the word": (["event"], "AttributeError", "'list' object has no"),
    "action with nothing": ({"event": "action"}, "ValueError", "are missing"),
    "user without parse data": ({"event": "user"}, "AttributeError", "'NoneType'"),
    "parse data a list": (
        {"event": "user", "parse_data": []},
        "AttributeError",
        "'list' object has no attribute 'get'",
    ),
    "intent a text": (user(intent="i"), "AttributeError", "'str'"),
    "intent a list": (user(intent=[1]), "AttributeError", "'list'"),
    "entities a text": (user(entities="x"), "AttributeError", "attribute 'copy'"),
    "entities a number": (user(entities=1), "AttributeError", "attribute 'copy'"),
    "no date": (reminder(None), "TypeError", "not NoneType"),
    "date a number": (reminder(5), "TypeError", "not int"),
    "date a list": (reminder([]), "TypeError", "not list"),
    "empty date": (reminder(""), "ParserError", "does not contain a date"),
    "no such date": (reminder("soon"), "ParserError", "Unknown string format: soon"),
    "month 13": (reminder("2030-13-01"), "ParserError", "month must be in 1..12"),
    "a year too large": (reminder("9" * 30), "OverflowError", "too large"),
}


@pytest.mark.parametrize(("wire", "rasa_class", "words"), REFUSED.values(), ids=REFUSED)
def test_these_rasa_cannot_read(wire, rasa_class, words):
    with pytest.raises(DataError) as caught:
        read_event(wire, SOURCE)
    assert (caught.value.rasa_class, caught.value.phase) == (rasa_class, "deserialise")
    assert words in caught.value.message


def test_a_date_that_cannot_be_written_fails_when_it_is_written():
    with pytest.raises(DataError) as caught:
        read_event(reminder("2030-01-01T00:00+99:00"), SOURCE)
    assert (caught.value.rasa_class, caught.value.phase) == ("ValueError", "serialise")


def test_the_wire_event_is_not_touched():
    wire = user(entities=[{"entity": "city", "value": "Rome"}])
    before = json.dumps(wire)
    read = read_event(wire, SOURCE)
    read["parse_data"]["entities"].append({"entity": "more"})
    read["text"] = "changed"
    assert json.dumps(wire) == before


def test_types_of_a_project_are_kept_as_they_are():
    source = Source(
        now=lambda: 1.5,
        new_id=str,
        parse_date=clock.parse_date,
        known=frozenset({"flow_started"}),
    )
    assert read_event({"event": "flow_started", "flow_id": "f"}, source) == {
        "event": "flow_started",
        "flow_id": "f",
        "timestamp": 1.5,
    }
    with pytest.raises(DataError, match="Unknown event name"):
        read_event({"event": ["flow_started"]}, source)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
FIELDS = (
    *("timestamp", "metadata", "name", "value", "text", "data", "policy", "entities"),
    *("confidence", "action_text", "hide_rule_turn", "parse_data", "input_channel"),
    *("message_id", "intent", "date_time", "kill_on_user_msg", "is_interrupted"),
    *("validate", "path", "use_text_for_featurization", "surprise"),
)
wire_events = st.builds(
    lambda kind, fields: {"event": kind, **fields},
    st.sampled_from(sorted(EVENT_TYPES)),
    st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=8),
)


@given(wire_events)
def test_what_is_written_is_read_as_the_same(wire):
    try:
        written = read_event(wire, SOURCE)
    except DataError:
        return
    stored = json.loads(json.dumps(written))
    again = json.dumps(read_event(stored, SOURCE))
    # A second reading may still fill in what the first took from the event itself.
    assert again == json.dumps(read_event(json.loads(again), SOURCE))
    assert again == json.dumps(written)
