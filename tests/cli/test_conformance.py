"""`rasa-mock conformance`: replay recordings of a real Rasa."""

from __future__ import annotations

import copy
import gzip
import json

import pytest
from click.testing import CliRunner

from rasa_mock.cli.main import cli
from rasa_mock.errors import RasaMockError
from rasa_mock.files.recordings import read_recording
from rasa_mock.resources import fixture_folder

RECORDED = fixture_folder() / "conformance"
EVENTS = read_recording(RECORDED / "corpus_public.jsonl.gz")[200:206]
ANSWERS = read_recording(RECORDED / "corpus_actions_public.jsonl.gz")[:4]


def conformance(*arguments):
    """Run the command; give its exit code, and what it printed or failed with."""
    result = CliRunner().invoke(cli, ["conformance", *map(str, arguments)])
    if isinstance(result.exception, RasaMockError):
        return result.exception.exit_code, str(result.exception)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture
def write(tmp_path):
    def write_file(text, name="recording.json"):
        path = tmp_path / name
        data = text if isinstance(text, bytes) else text.encode()
        path.write_bytes(data)
        return path

    return write_file


def lines(cases):
    return "".join(json.dumps(case) + "\n" for case in cases)


def spoiled(case):
    """Return a case with two places that do not agree."""
    case = copy.deepcopy(case)
    case["expected"]["state"]["paused"] = "perhaps"
    case["expected"]["slots_set"] = ["nothing"]
    return case


SHAPES = {
    "JSON": (json.dumps(EVENTS), "a.json"),
    "JSON lines": (lines(EVENTS), "a.jsonl"),
    "JSON lines of any name": (lines(EVENTS), "a.txt"),
    "gzip": (gzip.compress(lines(EVENTS).encode()), "a.jsonl.gz"),
    "two gzip files in one": (
        gzip.compress(lines(EVENTS[:2]).encode())
        + gzip.compress(lines(EVENTS[2:]).encode()),
        "a.gz",
    ),
    "indented": (json.dumps(EVENTS, indent=1), "a.json"),
}


@pytest.mark.parametrize(("data", "name"), SHAPES.values(), ids=SHAPES)
def test_recordings_come_in_several_shapes(write, data, name):
    path = write(data, name)
    code, output = conformance(path)
    assert code == 0
    assert output.startswith(f"{path}: 6 of 6 cases agree\n")


def test_the_cases_are_counted_by_family(write):
    code, output = conformance(write(json.dumps(ANSWERS)))
    assert code == 0
    for family in {case["family"] for case in ANSWERS}:
        assert f"\n  {family}" in output


def test_the_raw_protocol_is_known_by_its_content(write):
    document = read_recording(RECORDED / "action_protocol.json")
    small = {
        **document,
        "requests": document["requests"][:2],
        "responses": document["responses"][:3],
    }
    code, output = conformance(write(json.dumps(small)))
    assert code == 0
    rows = [line.split() for line in output.splitlines()[1:]]
    assert ["requests", "2", "of", "2"] in rows
    assert ["responses", "3", "of", "3"] in rows


def test_a_difference_is_shown_and_fails(write):
    cases = [*EVENTS[:2], spoiled(EVENTS[2]), *EVENTS[3:]]
    path = write(lines(cases))
    code, output = conformance(path)
    assert code == 1
    assert output.startswith(f"{path}: 5 of 6 cases agree\n")
    place = output.split(f"{EVENTS[2]['id']}: ")[1]
    assert place.startswith('/state/paused\n  Rasa: "perhaps"\n  here: false\n')
    assert "more: /" in place


def test_only_the_first_differences_are_shown(write):
    path = write(lines([spoiled(case) for case in EVENTS]))
    code, output = conformance(path, "--show", 2)
    assert code == 1
    assert output.count("Rasa: ") == 2
    assert "... and 4 more cases" in output
    assert conformance(path, "--show", 0)[1].count("Rasa: ") == 0


def test_one_case_can_be_chosen(write):
    path = write(lines([EVENTS[0], spoiled(EVENTS[1])]))
    assert conformance(path, "--case", EVENTS[0]["id"])[0] == 0
    assert conformance(path, "--case", EVENTS[1]["id"])[0] == 1
    code, said = conformance(path, "--case", "nope")
    assert code == 2
    assert "no case nope" in said


def test_each_file_is_reported(write):
    good = write(lines(EVENTS), "good.jsonl")
    bad = write(lines([spoiled(EVENTS[0])]), "bad.jsonl")
    code, output = conformance(good, bad)
    assert code == 1
    assert f"{good}: 6 of 6 cases agree" in output
    assert f"{bad}: 0 of 1 cases agree" in output


BAD_FILES = {
    "empty": (b"", "empty file"),
    "not JSON": (b"{", "not JSON"),
    "a broken line": (lines(EVENTS[:2]).encode() + b'{"id"\n', "not JSON"),
    "not UTF-8": (b"\xff\xfe", "UTF-8"),
    "half a gzip file": (gzip.compress(lines(EVENTS).encode())[:99], "broken gzip"),
    "gzip in name only": (b"\x1f\x8b nothing", "broken gzip"),
    "no recording": (b"[5]", "not a recorded case"),
    "no cases": (b"[]", "empty list"),
    "nested too deep": (b"[" * 100_000, "not JSON"),
}


@pytest.mark.parametrize(("data", "words"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_refused(write, data, words):
    path = write(data)
    code, said = conformance(path)
    assert code == 2
    assert words in said
    assert str(path) in said


def test_a_broken_line_is_named(write):
    path = write(lines(EVENTS[:2]).encode() + b'{"id"\n')
    assert conformance(path)[1].startswith(f"{path}:3:")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    code, said = conformance(tmp_path / "nope.gz")
    assert code == 2
    assert "no such file" in said
    assert conformance(tmp_path)[0] == 2
    assert conformance()[0] == 2
