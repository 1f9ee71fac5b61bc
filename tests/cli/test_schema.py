"""`rasa-mock schema`: list, show and export."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from jsonschema import Draft202012Validator

from rasa_mock.cli.main import main
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.validate import validate


class Result(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Run:
    """Return what runs `rasa-mock schema` in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["rasa-mock", "schema", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        code = caught.value.code
        return Result(code if isinstance(code, int) else 0, *capsys.readouterr())

    return run


def test_list_names_every_schema_in_80_columns(run: Run):
    result = run("list")
    assert result.code == 0
    lines = result.out.splitlines()
    assert max(map(len, lines)) <= 80
    named = {line.split()[0] for line in lines if line.startswith("  ")}
    assert named == {name.split("/")[-1] for name in Registry.load().names()}
    assert "now active_loop" in result.out


def test_list_for_programs(run: Run):
    rows = {row["name"]: row for row in json.loads(run("list", "--format", "json").out)}
    assert rows["tracker"] == {"name": "tracker", "title": "Tracker"}
    assert rows["events/form"]["alias_of"] == "active_loop"
    assert rows["events/form"]["tracked"] is False


@pytest.mark.parametrize("name", ["slot", "events/slot", "tracker", "tracker.json"])
def test_show_prints_the_schema(run: Run, name: str):
    result = run("show", name)
    assert result.code == 0
    assert json.loads(result.out) == Registry.load().document(name)


def test_show_with_all_it_refers_to(run: Run):
    schema = json.loads(run("show", "tracker", "--bundle").out)
    validator = Draft202012Validator(schema)
    tracker = Registry.load().document("tracker")["examples"][1]
    assert validator.is_valid(tracker)
    assert not validator.is_valid({**tracker, "events": [{}]})


def test_show_of_an_unknown_name_names_the_nearest(run: Run):
    result = run("show", "slotz")
    assert result.code == 2
    assert result.err == (
        "error: no schema 'slotz' in profile rasa-3.6; did you mean 'slot'?\n"
    )


def test_export_writes_a_file_each_that_can_be_loaded_again(run: Run):
    result = run("export", "--out", "out/deep")
    assert result.code == 0
    registry = Registry.load(folder="out/deep")
    original = Registry.load()
    assert registry.names() == original.names()
    assert registry.documents() == original.documents()
    written = {Path(line) for line in result.out.splitlines()}
    assert written == set(Path("out/deep").rglob("*.json"))


def test_export_of_a_bundle_is_one_document_that_needs_no_other(run: Run):
    assert run("export", "--out", "out", "--bundle").code == 0
    (path,) = Path("out").rglob("*.json")
    schema = json.loads(path.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    request = Registry.load().document("action_request")["examples"][0]
    assert Draft202012Validator(schema).is_valid(request)
    assert not Draft202012Validator(schema).is_valid({**request, "tracker": 1})


def test_export_of_openapi(run: Run):
    assert run("export", "--out", "out", "--openapi").code == 0
    printed = json.loads(run("export", "--openapi").out)
    assert json.loads(Path("out/openapi.json").read_text("utf-8")) == printed
    assert printed["openapi"].startswith("3.1")
    assert set(printed["paths"]) == {"/webhook", "/health", "/actions"}


def test_a_bundle_is_printed_without_a_folder(run: Run):
    assert "$defs" in json.loads(run("export", "--bundle").out)


def test_an_exported_folder_keeps_working_with_bundle_and_openapi_in_it(run: Run):
    run("export", "--out", "out")
    run("export", "--out", "out", "--bundle", "--openapi")
    assert Registry.load(folder="out").names() == Registry.load().names()


@pytest.mark.parametrize("arguments", [[], ["--bundle", "--openapi"]])
def test_several_files_need_a_folder(run: Run, arguments: list[str]):
    result = run("export", *arguments)
    assert result.code == 2
    assert result.err == "error: several files to write, expected --out DIR\n"


def test_a_file_where_the_folder_should_be_is_said_to_be_in_the_way(run: Run):
    Path("out").write_text("")
    result = run("export", "--out", "out")
    assert result.code == 2
    assert result.err.startswith("error: cannot write 'out/")


def test_own_event_types_are_listed_shown_and_exported(run: Run):
    Path("own/events").mkdir(parents=True)
    own = {"title": "Sneeze", "properties": {"event": {"const": "sneeze"}}}
    Path("own/events/sneeze.json").write_text(json.dumps(own))
    assert "24 event types" in run("list", "--schemas", "own").out
    assert json.loads(run("show", "sneeze", "--schemas", "own").out) == own
    run("export", "--out", "out", "--schemas", "own")
    registry = Registry.load(folder="out")
    assert validate("event", {"event": "sneeze"}, registry=registry) == []
    schema = json.loads(run("export", "--bundle", "--schemas", "own").out)
    answer = {"events": [{"event": "sneeze"}]}
    assert Draft202012Validator(schema).is_valid(answer)


@pytest.mark.parametrize("arguments", [["list"], ["show", "slot"], ["export"]])
def test_an_unknown_profile_is_wrong_usage(run: Run, arguments: list[str]):
    result = run(*arguments, "--profile", "rasa-1")
    assert result.code == 2
    assert "expected one of rasa-2.8, rasa-3.6, rasa-pro-3.21" in result.err
