"""The files of schemas/rasa-3.6 themselves: complete, and their examples true."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from rasa_mock.resources import schema_folder
from rasa_mock.schema.folder import read_folder
from rasa_mock.schema.registry import KINDS, Registry
from rasa_mock.schema.validate import validate

REGISTRY = Registry.load()
NAMES = REGISTRY.names()
EVENTS = [name for name in NAMES if name.startswith("events/")]

#: C.1 of the protocol reference
OPEN_SOURCE_EVENTS = [
    "action",
    "action_execution_rejected",
    "active_loop",
    "agent",
    "bot",
    "cancel_reminder",
    "entities",
    "export",
    "followup",
    "form",
    "form_validation",
    "loop_interrupted",
    "pause",
    "reminder",
    "reset_slots",
    "restart",
    "resume",
    "rewind",
    "session_started",
    "slot",
    "undo",
    "user",
    "user_featurization",
]

WRONG = [
    pytest.param(name, wrong, id=f"{name}: {wrong['why']}")
    for name in NAMES
    for wrong in REGISTRY.document(name)["x-rasa"]["wrong"]
]
RIGHT = [
    pytest.param(name, example, id=f"{name} {number}")
    for name in NAMES
    for number, example in enumerate(REGISTRY.document(name)["examples"])
]


def test_there_is_a_file_for_each_of_the_23_event_types():
    assert list(REGISTRY.event_types) == OPEN_SOURCE_EVENTS


def test_there_is_a_file_for_each_kind_of_message_and_part():
    assert set(NAMES) == {*KINDS, *EVENTS}


@pytest.mark.parametrize("name", NAMES)
def test_a_file_says_what_it_is(name: str):
    document = REGISTRY.document(name)
    Draft202012Validator.check_schema(document)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["$id"] == f"https://rasa-mock.invalid/rasa-3.6/{name}.json"
    assert document["title"]
    assert document["description"].endswith(".")
    hints = document["x-rasa"]
    assert hints["kind"] == (
        "event"
        if name.startswith("events/")
        else "message"
        if name.startswith("action_re")
        else "part"
    )
    assert hints["edition"] == "both"
    assert hints["since"]


@pytest.mark.parametrize(("name", "example"), RIGHT)
def test_a_right_example_passes(name: str, example: object):
    kinds = [name, "event"] if name.startswith("events/") else [name]
    assert {kind: validate(kind, example) for kind in kinds} == {
        kind: [] for kind in kinds
    }


@pytest.mark.parametrize("name", EVENTS)
def test_a_tracked_event_has_an_example_as_rasa_writes_it(name: str):
    document = REGISTRY.document(name)
    tracked = [
        example
        for example in document["examples"]
        if not validate("tracked_event", example)
    ]
    assert bool(tracked) == document["x-rasa"]["tracked"]


@pytest.mark.parametrize(("name", "wrong"), WRONG)
def test_a_wrong_example_fails(name: str, wrong: dict[str, object]):
    kind = name
    if name.startswith("events/"):
        kind = "tracked_event" if wrong.get("form") == "tracked" else "event"
    found = validate(kind, wrong["example"])
    assert found, wrong["why"]
    assert all(issue.expected and issue.got for issue in found)


def test_the_published_unions_are_what_the_registry_makes_of_the_folder():
    published = read_folder(schema_folder())
    for union in ("event", "tracked_event"):
        assert published[union] == REGISTRY.document(union)


def test_every_property_has_words_or_stands_in_a_part_that_is_about_it(root: Path):
    """Each field of an event and of a message is described where it is defined."""
    for name in (*EVENTS, "action_request", "action_response", "response", "tracker"):
        for field, schema in REGISTRY.document(name)["properties"].items():
            assert field == "event" or "description" in schema, f"{name}: {field}"


def test_a_deprecated_event_names_the_one_that_replaced_it():
    aliases = {
        event.name: event.alias_of
        for event in REGISTRY.event_types.values()
        if event.schema.get("deprecated")
    }
    assert aliases == {"form": "active_loop", "form_validation": "loop_interrupted"}
    assert not any(REGISTRY.event_types[name].tracked for name in aliases)
