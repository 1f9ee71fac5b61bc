"""An event type that a project adds to a folder works with no Python changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from rasa_mock.errors import DataError
from rasa_mock.resources import schema_folder
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.validate import validate

PAYMENT = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Payment requested",
    "type": "object",
    "required": ["event", "amount"],
    "properties": {
        "event": {"const": "payment_requested"},
        "amount": {"type": "number", "exclusiveMinimum": 0},
        "to": {"$ref": "../entity.json"},
        "note": False,
    },
    "$defs": {
        "tracked": {"required": ["state"]},
        "returned": {"properties": {"state": {"const": "new"}}},
    },
    "x-rasa": {"kind": "event", "tracked": True, "returned": True},
}
ENGINES = ["portable", "auto"]


@pytest.fixture(params=["a copy of the profile", "a folder with events/ only"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "schemas"
    if request.param == "a copy of the profile":
        shutil.copytree(schema_folder(), folder)
    else:
        (folder / "events").mkdir(parents=True)
    write(folder, "payment_requested", PAYMENT)
    return folder


def write(folder: Path, name: str, document: Any) -> None:
    (folder / "events" / f"{name}.json").write_text(json.dumps(document))


def tracker(*events: dict[str, Any]) -> dict[str, Any]:
    example = Registry.load().document("tracker")["examples"][0]
    return {**example, "events": list(events)}


@pytest.mark.parametrize("engine", ENGINES)
def test_it_is_accepted_in_answers_and_in_trackers(folder: Path, engine: str):
    registry = Registry.load(folder=folder)
    event = {"event": "payment_requested", "amount": 4.5}
    answer = {"events": [event, {"event": "restart"}]}
    in_tracker = {**event, "timestamp": 1.5, "state": "done"}
    known = {"registry": registry, "engine": engine}
    assert validate("action_response", answer, **known) == []
    assert validate("payment_requested", event, **known) == []
    assert validate("tracker", tracker(in_tracker), **known) == []
    assert len(registry.event_types) == 24


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("kind", "event", "pointer"),
    [
        ("event", {"event": "payment_requested"}, ""),
        ("event", {"event": "payment_requested", "amount": 0}, "/amount"),
        ("event", {"event": "payment_requested", "amount": "4"}, "/amount"),
        ("event", {"event": "payment_requested", "amount": 1, "note": 1}, "/note"),
        (
            "event",
            {"event": "payment_requested", "amount": 1, "to": {"entity": "x"}},
            "/to",
        ),
        (
            "event",
            {"event": "payment_requested", "amount": 1, "timestamp": "now"},
            "/timestamp",
        ),
        (
            "event",
            {"event": "payment_requested", "amount": 1, "state": "done"},
            "/state",
        ),
        (
            "tracked_event",
            {"event": "payment_requested", "amount": 1, "timestamp": 1.5},
            "",
        ),
        (
            "tracked_event",
            {"event": "payment_requested", "amount": 1, "state": "done"},
            "",
        ),
    ],
)
def test_its_faults_are_found_in_it(
    folder: Path, engine: str, kind: str, event: Any, pointer: str
):
    registry = Registry.load(folder=folder)
    issues = validate(kind, event, registry=registry, engine=engine)
    assert [(issue.pointer, issue.branch) for issue in issues] == [
        (pointer, "payment_requested")
    ]


def test_the_profile_itself_does_not_know_it():
    (issue,) = validate("event", {"event": "payment_requested", "amount": 4.5})
    assert issue.pointer == "/event"


def test_it_is_in_the_bundle_and_in_the_unions(folder: Path):
    registry = Registry.load(folder=folder)
    assert "event_payment_requested" in registry.bundle()["$defs"]
    for union in ("event", "tracked_event"):
        names = registry.document(union)["properties"]["event"]["enum"]
        assert "payment_requested" in names


@pytest.mark.parametrize(
    ("form", "kind", "other"),
    [("tracked", "tracked_event", "event"), ("returned", "event", "tracked_event")],
)
def test_one_that_may_not_stand_there_is_refused_there_only(
    tmp_path: Path, form: str, kind: str, other: str
):
    (tmp_path / "events").mkdir()
    hints = {"kind": "event", form: False}
    plain = {"properties": {"event": {"const": "sneeze"}}, "x-rasa": hints}
    write(tmp_path, "sneeze", plain)
    registry = Registry.load(folder=tmp_path)
    event = {"event": "sneeze", "timestamp": 1.5}
    (issue,) = validate(kind, event, registry=registry)
    assert issue.pointer == "/event"
    assert issue.got == "'sneeze'"
    assert validate(other, event, registry=registry) == []


def test_the_smallest_file_of_the_readme_works(root: Path, tmp_path: Path):
    text = (root / "schemas" / "README.md").read_text("utf-8")
    document = json.loads(text.split("```json\n")[1].split("```")[0])
    (tmp_path / "events").mkdir()
    write(tmp_path, document["properties"]["event"]["const"], document)
    registry = Registry.load(folder=tmp_path)
    event = {"event": "payment_requested", "amount": 4.5}
    assert validate("event", event, registry=registry) == []


def test_the_name_may_be_the_only_one_of_an_enum(tmp_path: Path):
    (tmp_path / "events").mkdir()
    write(tmp_path, "sneeze", {"properties": {"event": {"enum": ["sneeze"]}}})
    registry = Registry.load(folder=tmp_path)
    assert validate("event", {"event": "sneeze"}, registry=registry) == []


SAYS_SNEEZE = {"properties": {"event": {"const": "sneeze"}}}
REFERS_TO = {"properties": {"event": {"const": "x"}, "a": {"$ref": "nowhere.json"}}}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x", "{", "not JSON"),
        ("x", "[]", "expected a schema, a JSON object, got list"),
        ("x", "[" * 100_000, "nested too deep"),
        ("x", "{}", 'expected "const": "x", the name of the file, got None'),
        ("x", json.dumps(SAYS_SNEEZE), 'expected "const": "x".*got \'sneeze\''),
        ("x", json.dumps(REFERS_TO), "'nowhere.json' leads nowhere"),
        (
            "x",
            '{"type": "objekt", "properties": {"event": {"const": "x"}}}',
            "not a JSON Schema of draft 2020-12",
        ),
        (
            "x",
            '{"properties": {"event": {"const": "x"}, "a": {"pattern": "("}}}',
            "not a JSON Schema of draft 2020-12",
        ),
        (
            "x",
            '{"properties": {"event": {"const": "x"}, "a": {"$dynamicRef": "#b"}}}',
            "'\\$dynamicRef' is not supported",
        ),
        ("x", "\xff", "not UTF-8"),
    ],
    ids=lambda value: value if value == "x" else str(value)[:40],
)
def test_a_file_that_cannot_be_used_is_named(
    tmp_path: Path, name: str, text: str, message: str
):
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / f"{name}.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=message) as caught:
        _ = Registry.load(folder=tmp_path).definitions
    assert f"{name}.json" in str(caught.value)


def test_a_folder_that_lacks_half_of_a_profile_is_refused(tmp_path: Path):
    folder = tmp_path / "schemas"
    shutil.copytree(schema_folder(), folder)
    (folder / "tracker.json").unlink()
    with pytest.raises(DataError, match=r"the profile lacks tracker\.json"):
        Registry.load(folder=folder)


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_without_schemas_is_refused(tmp_path: Path, there: bool):
    folder = tmp_path if there else tmp_path / "nowhere"
    with pytest.raises(DataError, match=r"expected .*schemas"):
        Registry.load(folder=folder)


def test_a_schema_may_refer_to_itself(tmp_path: Path):
    (tmp_path / "events").mkdir()
    tree = {
        "properties": {"event": {"const": "tree"}, "child": {"$ref": "#/$defs/node"}},
        "$defs": {
            "node": {
                "type": "object",
                "properties": {"child": {"$ref": "#/$defs/node"}},
            }
        },
    }
    write(tmp_path, "tree", tree)
    registry = Registry.load(folder=tmp_path)
    right = {"event": "tree", "child": {"child": {"child": {}}}}
    wrong = {"event": "tree", "child": {"child": {"child": 5}}}
    for engine in ENGINES:
        known = {"registry": registry, "engine": engine}
        assert validate("event", right, **known) == []
        (issue,) = validate("event", wrong, **known)
        assert issue.pointer == "/child/child/child"
