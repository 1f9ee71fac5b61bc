"""What Rasa Pro's events do to a tracker: stack, sleep, sessions, the end."""

from __future__ import annotations

import json
from itertools import count

import pytest

from rasa_mock.core.domain import Domain
from rasa_mock.core.json_patch import PatchError, apply_patch
from rasa_mock.core.pro_events import PRO_EVENT_TYPES
from rasa_mock.core.profile import PRO_TRACKER_FIELDS, find_profile
from rasa_mock.core.tracker import Tracker
from rasa_mock.errors import DataError, UsageError

PRO = "rasa-pro-3.21"
FRAME = {
    "frame_id": "ABCDEFGH",
    "flow_id": "transfer",
    "step_id": "START",
    "frame_type": "regular",
    "type": "flow",
}
PUSH = json.dumps([{"op": "add", "path": "/0", "value": FRAME}])
MESSAGE = {"event": "user", "text": "hi", "parse_data": {"intent": {"name": "greet"}}}


def fold(*events, domain=None, profile=PRO):
    ids = (f"id-{number}" for number in count(1))
    return Tracker.from_events(
        "ann",
        [{"timestamp": 1.0, **event} for event in events],
        domain=domain,
        now=5.0,
        new_id=lambda: next(ids),
        parse_date=lambda text, _now: str(text),
        profile=profile,
    )


def test_pro_knows_59_event_types_and_open_source_only_23_of_them():
    assert len(PRO_EVENT_TYPES) == 59
    with pytest.raises(DataError, match="Unknown event name 'stack'"):
        fold({"event": "stack", "update": PUSH}, profile="rasa-3.6")


def test_an_unknown_profile_is_named_with_the_nearest():
    with pytest.raises(UsageError, match=r"did you mean 'rasa-pro-3\.21'"):
        fold(profile="rasa-pro-3.20")


def test_the_state_has_pros_fields_in_their_order():
    state = fold().current_state()
    assert tuple(state) == PRO_TRACKER_FIELDS
    assert state["stack"] == []
    assert state["current_session_id"] is None
    assert "stack" not in fold(profile="rasa-3.6").current_state()


@pytest.mark.parametrize(
    ("event", "written"),
    [
        ({"event": "slot", "name": "a", "value": 1}, ["filled_by", "anonymized_at"]),
        ({"event": "bot", "text": "x"}, ["anonymized_at"]),
        ({**MESSAGE, "anonymized_at": 3.5}, ["anonymized_at"]),
    ],
    ids=lambda value: value["event"] if isinstance(value, dict) else "",
)
def test_some_events_of_open_source_have_more_fields(event, written):
    (kept,) = fold(event).events
    assert [kept[name] for name in written] == [None] * len(written)
    (plain,) = fold(event, profile="rasa-3.6").events
    assert not set(written) & set(plain)


@pytest.mark.parametrize(
    ("event", "rasa_class"),
    [
        ({"event": "stack"}, "KeyError"),
        ({"event": "agent_started", "agent_id": "a"}, "KeyError"),
        ({"event": "memory_set", "key": "a"}, "KeyError"),
        (
            {
                "event": "user_input_suppressed",
                "text": "",
                "modality": "v",
                "reason": None,
            },
            "ValueError",
        ),
        (
            {
                "event": "ordered_block_entered",
                "skill_id": "s",
                "block_id": "b",
                "step_id": "1",
            },
            "ValueError",
        ),
        (
            {
                "event": "tool_executed",
                "tool_name": "t",
                "arguments": {},
                "source": "local",
                "mcp_server": "m",
            },
            "ValueError",
        ),
    ],
    ids=lambda value: value["event"] if isinstance(value, dict) else "",
)
def test_what_pro_cannot_read(event, rasa_class):
    with pytest.raises(DataError) as caught:
        fold(event)
    assert (caught.value.rasa_class, caught.value.phase) == (rasa_class, "deserialise")


def test_stack_events_change_the_stack_and_a_reset_empties_it():
    pop = json.dumps([{"op": "remove", "path": "/0"}])
    step = json.dumps([{"op": "replace", "path": "/0/step_id", "value": "ask"}])
    stack = [{"event": "stack", "update": patch} for patch in (PUSH, step, pop)]
    assert fold(stack[0]).stack == [FRAME]
    assert fold(*stack[:2]).stack == [{**FRAME, "step_id": "ask"}]
    assert fold(*stack).stack == []
    assert fold(stack[0], {"event": "restart"}).stack == []


def test_rewind_takes_the_stack_back():
    listen = {"event": "action", "name": "action_listen"}
    tracker = fold(
        listen, MESSAGE, {"event": "stack", "update": PUSH}, {"event": "rewind"}
    )
    assert tracker.stack == []


def test_a_patch_that_does_not_fit_is_told():
    with pytest.raises(DataError) as caught:
        fold({"event": "stack", "update": '[{"op": "remove", "path": "/3"}]'})
    assert caught.value.phase == "apply"


@pytest.mark.parametrize(
    ("document", "operations", "expected"),
    [
        ([1], [{"op": "add", "path": "/-", "value": 2}], [1, 2]),
        ([1, 2], [{"op": "move", "from": "/0", "path": "/1"}], [2, 1]),
        (
            {"a/b": 1},
            [{"op": "copy", "from": "/a~1b", "path": "/c"}],
            {"a/b": 1, "c": 1},
        ),
        ({"a": [1]}, [{"op": "test", "path": "/a/0", "value": 1}], {"a": [1]}),
        ([1], [{"op": "replace", "path": "", "value": []}], []),
    ],
)
def test_json_patches(document, operations, expected):
    assert apply_patch(document, json.dumps(operations)) == expected


@pytest.mark.parametrize(
    "patch",
    ["nothing", "{}", '[{"op": "fly"}]', '[{"op": "test", "path": "/0", "value": 2}]'],
)
def test_what_is_no_patch(patch):
    with pytest.raises(PatchError):
        apply_patch([1], patch)


def test_after_the_end_of_a_session_everything_is_ignored():
    tracker = fold({"event": "session_ended"}, MESSAGE)
    assert tracker.current_state()["terminated"] is True
    assert len(tracker.events) == 1
    assert tracker.update(MESSAGE) is False


def test_a_quiet_user_is_inactive_until_the_next_message():
    assert fold({"event": "inactive"}).current_state()["inactive"] is True
    assert fold({"event": "inactive"}, MESSAGE).current_state()["inactive"] is False
    assert (
        fold({"event": "inactive"}, {"event": "resume"}).current_state()["inactive"]
        is False
    )


def test_slots_shared_between_systems_outlive_a_routing_session():
    slots = {
        name: {"type": "text", "mappings": [], **extra}
        for name, extra in {
            "kept": {"shared_for_coexistence": True},
            "lost": {},
        }.items()
    }
    domain = Domain.from_dict({"slots": slots}, profile=PRO)
    sets = [{"event": "slot", "name": name, "value": 1} for name in slots]
    tracker = fold(*sets, {"event": "routing_session_ended"}, domain=domain)
    assert (tracker.slots["kept"], tracker.slots["lost"]) == (1, None)


def test_memories_are_slots():
    remembered = {"event": "memory_set", "key": "city", "value": "Rome"}
    assert fold(remembered).slots["city"] == "Rome"
    assert (
        fold(remembered, {"event": "memory_cleared", "key": "city"}).slots["city"]
        is None
    )


def test_live_sessions_get_numbers_and_replayed_ones_keep_theirs():
    tracker = fold()
    for event in (
        {"event": "action", "name": "action_session_start"},
        {"event": "session_started"},
    ):
        tracker.update(event)
    assert {event["metadata"]["session_id"] for event in tracker.events} == {"id-1"}
    tracker.update({"event": "inactive"})
    tracker.update(MESSAGE)
    state = tracker.current_state()
    assert state["current_session_id"] == "id-2"
    assert tracker.events[-1]["metadata"] == {"session_id": "id-2"}
    assert state["conversation_started_timestamp"] == 5.0

    again = fold(*tracker.events)
    assert again.events == tracker.events
    assert again.current_state()["current_session_id"] == "id-2"
    assert fold(MESSAGE).current_state()["current_session_id"] is None


def test_a_session_id_that_is_there_is_taken():
    tracker = fold()
    tracker.update({"event": "session_started", "metadata": {"session_id": "given"}})
    tracker.update({"event": "pause"})
    assert list(tracker.events[-1]) == ["event", "timestamp", "metadata"]
    assert tracker.events[-1]["metadata"] == {"session_id": "given"}


def test_profiles_say_who_they_are():
    assert find_profile("rasa-2.8").version == "2.8.34"
    assert find_profile(find_profile(PRO)).vocabulary.types is PRO_EVENT_TYPES
