"""The stories that `export` events write."""

from __future__ import annotations

import pytest

from rasa_mock import clock
from rasa_mock.core.tracker import Tracker
from rasa_mock.errors import DataError

ROME = {"entity": "city", "value": "Rome", "start": 3, "end": 7}
EXPORT = {"event": "export", "path": "story.yml"}
LISTEN = {"event": "action", "name": "action_listen"}


def user(text, *entities, intent="go"):
    parse_data = {"intent": {"name": intent}, "entities": list(entities)}
    return {"event": "user", "text": text, "parse_data": parse_data}


def by_text(flag):
    return {"event": "user_featurization", "use_text_for_featurization": flag}


def exports_of(*events):
    tracker = Tracker.from_events(
        "ann", events, now=1.0, new_id=str, parse_date=clock.parse_date
    )
    return tracker.exports


STEPS = {
    "nothing that is implied": ([LISTEN, {"event": "session_started"}], []),
    "a message": ([user("hi")], [{"intent": "go"}]),
    "the full name of a retrieval intent": (
        [
            {
                "event": "user",
                "parse_data": {
                    "intent": {"name": "faq", "full_retrieval_intent_name": "faq/a"}
                },
            }
        ],
        [{"intent": "faq/a"}],
    ),
    "entities": (
        [user("to Rome", ROME, {"entity": "x"})],
        [{"intent": "go", "entities": [{"city": "Rome"}, "x"]}],
    ),
    "a message that went by its text": (
        [LISTEN, user("to Rome", ROME), by_text(True)],
        [{"entities": [{"city": "Rome"}], "user": "to [Rome](city)"}],
    ),
    "an entity that says more": (
        [LISTEN, user("to Rom", {**ROME, "end": 6, "role": "to"}), by_text(True)],
        [
            {
                "entities": [{"city": "Rome"}],
                "user": 'to [Rom]{"entity": "city", "role": "to", "value": "Rome"}',
            }
        ],
    ),
    "a command is not marked": (
        [LISTEN, user('/go{"city": "Rome"}', ROME), by_text(True)],
        [{"entities": [{"city": "Rome"}], "user": '/go{"city": "Rome"}'}],
    ),
    "a message without an intent": ([user("hi", intent=None)], [{"user": "hi"}]),
    "actions, slots, loops": (
        [
            {"event": "action", "name": "action_x"},
            {"event": "action", "action_text": "Hello!"},
            {"event": "slot", "name": "city", "value": None},
            {"event": "form", "name": "f"},
            {"event": "bot", "text": "not this"},
        ],
        [
            {"action": "action_x"},
            {"bot": "Hello!"},
            {"slot_was_set": [{"city": None}]},
            {"active_loop": "f"},
        ],
    ),
}


@pytest.mark.parametrize(("events", "steps"), STEPS.values(), ids=STEPS)
def test_an_export_writes_these_steps(events, steps):
    assert exports_of(*events, EXPORT) == (("story.yml", steps),)


@pytest.mark.parametrize("path", [None, ""])
def test_without_a_path_nothing_is_written(path):
    assert exports_of({**EXPORT, "path": path}) == ()


def test_a_replay_writes_again_what_still_counts():
    exports = exports_of(user("hi"), EXPORT, LISTEN, {"event": "undo"})
    assert exports == (("story.yml", [{"intent": "go"}]),) * 2
    taken_back = exports_of(LISTEN, EXPORT, {"event": "undo"})
    assert len(taken_back) == 1


@pytest.mark.parametrize(
    ("events", "rasa_class"),
    [
        ([user("x", {"value": 1}), EXPORT], "KeyError"),
        ([LISTEN, user("x", {"entity": "e"}), by_text(True), EXPORT], "KeyError"),
        ([{**EXPORT, "path": ["story.yml"]}], "TypeError"),
    ],
    ids=["entity without a name", "entity without a place", "path a list"],
)
def test_what_rasa_stumbles_over_while_writing(events, rasa_class):
    with pytest.raises(DataError) as caught:
        exports_of(*events)
    assert (caught.value.rasa_class, caught.value.phase) == (rasa_class, "apply")
