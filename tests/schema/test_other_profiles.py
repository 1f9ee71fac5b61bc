"""The profiles that extend rasa-3.6: complete, their examples true, no copies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from rasa_mock.core.event_shapes import EVENTS
from rasa_mock.core.pro_events import PRO_EVENT_TYPES
from rasa_mock.core.profile import PROFILES
from rasa_mock.errors import DataError
from rasa_mock.resources import profiles, schema_folder
from rasa_mock.schema.openapi import openapi
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.validate import validate

OTHERS = ["rasa-2.8", "rasa-pro-3.21"]
REGISTRIES = {profile: Registry.load(profile) for profile in OTHERS}
FILES = [
    pytest.param(profile, name, id=f"{profile}: {name}")
    for profile, registry in REGISTRIES.items()
    for name in registry.names()
]
WRONG = [
    pytest.param(profile, name, wrong, id=f"{profile}: {name}: {wrong['why']}")
    for profile, registry in REGISTRIES.items()
    for name in registry.names()
    for wrong in registry.document(name)["x-rasa"]["wrong"]
]


def test_there_is_a_folder_for_each_row_of_the_table():
    assert set(profiles()) == set(PROFILES)


def test_pro_has_a_file_for_each_of_its_59_event_types():
    assert set(REGISTRIES["rasa-pro-3.21"].event_types) == set(PRO_EVENT_TYPES)
    assert set(REGISTRIES["rasa-2.8"].event_types) == set(EVENTS)


@pytest.mark.parametrize(("profile", "name"), FILES)
def test_a_file_says_what_it_is_and_its_examples_pass(profile: str, name: str):
    registry = REGISTRIES[profile]
    document = registry.document(name)
    Draft202012Validator.check_schema(document)
    assert document["$id"] == f"https://rasa-mock.invalid/{profile}/{name}.json"
    assert document["title"]
    assert document["description"].endswith(".")
    assert document["x-rasa"]["since"]
    kinds = [name, "event"] if name.startswith("events/") else [name]
    for example in document["examples"]:
        for kind in kinds:
            assert validate(kind, example, registry=registry) == []


@pytest.mark.parametrize(("profile", "name", "wrong"), WRONG)
def test_a_wrong_example_fails(profile: str, name: str, wrong: dict[str, object]):
    kind = name
    if name.startswith("events/"):
        kind = "tracked_event" if wrong.get("form") == "tracked" else "event"
    assert validate(kind, wrong["example"], registry=REGISTRIES[profile]), wrong["why"]


@pytest.mark.parametrize("name", sorted(PRO_EVENT_TYPES))
def test_an_event_of_pro_has_an_example_as_rasa_writes_it(name: str):
    event = REGISTRIES["rasa-pro-3.21"].event_types[name]
    tracked = [
        example
        for example in event.schema["examples"]
        if not validate("tracked_event", example, registry=REGISTRIES["rasa-pro-3.21"])
    ]
    assert bool(tracked) == event.tracked


@pytest.mark.parametrize("profile", OTHERS)
def test_a_folder_holds_only_what_differs(profile: str):
    own = {
        path.relative_to(schema_folder(profile))
        for path in schema_folder(profile).rglob("*.json")
    }
    base = {
        path.relative_to(schema_folder()) for path in schema_folder().rglob("*.json")
    }
    for shared in own & base:
        texts = {
            (schema_folder(each) / shared).read_text() for each in (profile, "rasa-3.6")
        }
        assert len(texts) == 2, shared
    assert len(own & base) <= 8


@pytest.mark.parametrize("profile", OTHERS)
def test_a_profile_can_be_bundled_and_described_as_openapi(profile: str):
    registry = REGISTRIES[profile]
    Draft202012Validator.check_schema(registry.bundle())
    described = openapi(registry)
    assert ("event_stack" in described["components"]["schemas"]) == (
        profile != "rasa-2.8"
    )


def test_a_project_may_extend_a_profile_in_a_folder_of_its_own(tmp_path: Path):
    (tmp_path / "profile.json").write_text(
        json.dumps(
            {
                "extends": "rasa-3.6",
                "without": ["events/agent"],
                "unknown_events": "warning",
            }
        )
    )
    (tmp_path / "events").mkdir()
    overlay = {
        "properties": {"event": {"const": "slot"}, "source": {"type": "string"}},
        "required": ["source"],
        "x-rasa": {"overlay": True},
    }
    (tmp_path / "events/slot.json").write_text(json.dumps(overlay))
    registry = Registry.load(folder=tmp_path)
    slot = {"event": "slot", "name": "a", "value": 1}
    assert validate("event", slot, registry=registry)
    assert validate("event", {**slot, "source": "x"}, registry=registry) == []
    assert "agent" not in registry.event_types
    assert registry.unknown_events == "warning"


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"extend": "rasa-3.6"}, "unknown key 'extend'")],
)
def test_a_profile_with_wrong_settings_is_refused(tmp_path: Path, settings, message):
    (tmp_path / "profile.json").write_text(json.dumps(settings))
    with pytest.raises(DataError, match=message):
        Registry.load(folder=tmp_path)


def test_several_folders_are_laid_over_a_profile_in_turn(tmp_path: Path):
    for name in ("one", "two"):
        (tmp_path / name / "events").mkdir(parents=True)
        event = {"properties": {"event": {"const": name}}, "required": ["event"]}
        (tmp_path / name / "events" / f"{name}.json").write_text(json.dumps(event))
    registry = Registry.load(folders=[tmp_path / "one", tmp_path / "two"])
    assert {"one", "two", "slot"} <= set(registry.event_types)


def test_a_project_describes_the_values_of_its_slots(tmp_path: Path):
    document = {
        "type": "object",
        "required": ["street"],
        "properties": {"street": {"type": "string"}},
        "x-rasa": {"kind": "slot", "slot": "address"},
    }
    (tmp_path / "slot_address.json").write_text(json.dumps(document))
    registry = Registry.load(folder=tmp_path)
    assert list(registry.slots) == ["address"]
    assert validate("slot_address", {"street": "x"}, registry=registry) == []
    assert validate("slot_address", {}, registry=registry)
