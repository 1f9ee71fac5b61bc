"""`rasa-mock validate`: what it says, and the exit code it says it with."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rasa_mock.cli.main import main
from rasa_mock.schema.registry import Registry

RIGHT = {"events": [{"event": "slot", "name": "a", "value": 1}], "responses": []}
WRONG = {
    "events": [
        {"event": "slot", "timestamp": None, "name": "a", "value": 1},
        {"event": "slot", "name": "b"},
        {"event": "slott", "name": "b", "value": 1},
        {"event": "bot", "text": 5},
    ],
    "responses": [{"text": "hi", "buttons": [{"title": "x"}]}],
}


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
    """Return what runs `rasa-mock validate` in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "argv", ["rasa-mock", "validate", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as caught:
            main()
        out, err = capsys.readouterr()
        code = caught.value.code
        return Result(code if isinstance(code, int) else 0, out, err)

    return run


def write(name: str, *documents: Any) -> str:
    Path(name).write_text("\n".join(json.dumps(each) for each in documents))
    return name


def test_a_right_document_is_said_to_be_right(run: Run):
    result = run("action_response", write("a.json", RIGHT))
    assert result == (
        0,
        "1 document (action_response, rasa-3.6): all right\n",
        "",
    )


def test_faults_name_pointer_branch_expected_and_got(run: Run):
    result = run("action_response", write("a.json", WRONG))
    assert result.code == 1
    assert result.out.splitlines() == [
        "a.json: 4 faults",
        "  /responses/0/buttons/0",
        "      expected a field 'payload', got an object with 'title'",
        "  /events/1",
        (
            "      slot event: expected a field 'value', "
            "got an object with 'event', 'name'"
        ),
        "  /events/2/event",
        "      expected one of the 23 event types of an answer (profile rasa-3.6), got",
        "        'slott'; did you mean 'slot'?",
        "  /events/3/text",
        "      bot event: expected a string or null, got 5",
        "1 document (action_response, rasa-3.6): 1 wrong, 0 right",
    ]


def test_nothing_is_wider_than_80_columns(run: Run):
    registry = Registry.load()
    for name in registry.names():
        for wrong in registry.document(name)["x-rasa"]["wrong"]:
            result = run(name.split("/")[-1], write("a.json", wrong["example"]))
            assert max(map(len, result.out.splitlines())) <= 80


def test_a_document_a_line(run: Run):
    path = write("a.jsonl", RIGHT, WRONG, RIGHT)
    result = run("action_response", path)
    assert result.code == 1
    assert "a.jsonl:2: 4 faults" in result.out
    assert "3 documents" in result.out
    assert "1 wrong, 2 right" in result.out


def test_a_file_without_the_ending_may_hold_one_a_line_too(run: Run):
    result = run("action_response", write("a.json", RIGHT, RIGHT))
    assert result.code == 0
    assert "2 documents" in result.out


@pytest.mark.parametrize("documents", [[RIGHT], [RIGHT, WRONG]])
def test_standard_input(run: Run, documents: list[Any]):
    text = "\n".join(json.dumps(each, indent=None) for each in documents)
    result = run("action_response", "-", stdin=text.encode())
    assert result.code == len(documents) - 1
    assert f"{len(documents)} document" in result.out


def test_indented_json_from_standard_input(run: Run):
    text = json.dumps(WRONG, indent=2)
    result = run("action_response", "-", stdin=text.encode())
    assert result.code == 1
    assert result.out.startswith("standard input: 4 faults")


def test_several_files_are_all_checked(run: Run):
    result = run(
        "action_response", write("a.json", WRONG), "none.json", write("b.json", RIGHT)
    )
    assert result.code == 2
    assert "a.json: 4 faults" in result.out
    assert "2 documents" in result.out
    assert result.err == "error: none.json: no such file; check the path\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.json: expected a JSON document, got nothing"),
        (b" \n\n", "a.json: expected a JSON document, got nothing"),
        (b"{", "a.json:1:2: not JSON: it ends too early; is the file cut off?"),
        (b'{"events": [}', "a.json:1:13: not JSON: expecting value, got '}'"),
        (
            b'{\n "a": 1\n "b": 2\n}',
            "a.json:3:2: not JSON: expecting ',' delimiter, got '\"b\": 2'",
        ),
        (b"{'a': 1}", "a.json:1:2: not JSON: expecting property name enclosed"),
        (
            b'{"a": "NaN",\n "b": [1, NaN]}',
            "a.json:2:11: not JSON: the bare word NaN; write null or a string",
        ),
        (b'{"a": -Infinity}', "a.json:1:7: not JSON: the bare word -Infinity"),
        (b'{"a": "\xff"}', "a.json:1: expected text in UTF-8, got byte 0xff at offset"),
        (b"\xef\xbb\xbf{}", "a.json:1:1: starts with a byte order mark"),
        (b"[" * 100_000, "a.json:1: nested too deep"),
        (b'{"a": ' * 100_000, "a.json:1: nested too deep"),
        (b"9" * 5_000, "a.json:1: a number with too many digits"),
        (b"\x00", "a.json:1:1: not JSON: expecting value, got '\\x00'"),
    ],
    ids=lambda value: repr(value[:16]) if isinstance(value, bytes) else None,
)
def test_a_file_that_is_not_json_is_a_bad_input(run: Run, content: bytes, message: str):
    Path("a.json").write_bytes(content)
    result = run("action_response", "a.json")
    assert result.code == 2
    assert result.err.startswith(f"error: {message}")
    assert result.err.count("\n") == 1
    assert result.out == ""


def test_a_line_that_is_not_json_does_not_hide_the_others(run: Run):
    Path("a.jsonl").write_text(f"{json.dumps(WRONG)}\n{{oops\n\n{json.dumps(RIGHT)}\n")
    result = run("action_response", "a.jsonl")
    assert result.code == 2
    assert "a.jsonl:1: 4 faults" in result.out
    assert "2 documents" in result.out
    assert result.err.startswith("error: a.jsonl:2:2: not JSON")


def test_a_folder_is_not_a_document(run: Run):
    result = run("tracker", ".")
    assert result.code == 2
    assert "expected a file, got a folder" in result.err


def test_a_huge_file_is_refused_before_it_is_read(run: Run):
    with Path("a.json").open("wb") as file:
        os.truncate(file.fileno(), 10 * 2**30)  # a hole: it takes no room on the disk
    result = run("tracker", "a.json")
    assert result.code == 2
    assert "expected at most 67,108,864 bytes, got 10,737,418,240" in result.err


def test_an_unknown_kind_names_the_nearest(run: Run):
    result = run("action_respons", write("a.json", RIGHT))
    assert result.code == 2
    assert "did you mean 'action_response'?" in result.err


def test_an_unknown_profile_names_the_known_ones(run: Run):
    result = run("tracker", write("a.json", {}), "--profile", "rasa-9")
    assert result.code == 2
    assert "unknown profile 'rasa-9', expected one of rasa-2.8, rasa-3.6" in result.err


def test_no_file_is_wrong_usage(run: Run):
    result = run("tracker")
    assert result.code == 2
    assert "Missing argument 'FILE...'" in result.err


def test_as_json_for_programs(run: Run):
    Path("b.json").write_text("{")
    result = run(
        "action_response", write("a.json", WRONG), "b.json", "--format", "json"
    )
    assert result.code == 2
    found = json.loads(result.out)
    assert found["kind"] == "action_response"
    (document,) = found["documents"]
    assert document["place"] == "a.json"
    assert not document["valid"]
    assert document["issues"][1] == {
        "pointer": "/events/1",
        "message": "expected a field 'value', got an object with 'event', 'name'",
        "expected": "a field 'value'",
        "got": "an object with 'event', 'name'",
        "branch": "slot",
        "keyword": "required",
    }
    assert found["unreadable"][0]["path"] == "b.json"


def test_no_more_faults_than_asked_for(run: Run):
    path = write("a.json", {"events": [{}] * 9})
    result = run("action_response", path, "--max-faults", "2")
    assert result.out.count("/events/") == 2
    assert "further faults are not listed" in result.out


def test_a_terminal_is_not_told_what_to_do_by_a_document(run: Run):
    path = write("a.json", {"slots": {"\x1b[2J\ud800": {"type": "text"}}})
    result = run("domain", path)
    assert result.code == 1
    assert "\x1b" not in result.out
    assert r"/slots/\x1b[2J\ud800" in result.out


def test_a_domain_may_be_yaml_and_its_faults_have_lines(run: Run):
    Path("domain.yml").write_text(
        'version: "3.1"\nslots:\n  city:\n    type: text\n  day:\n    mappings: []\n'
    )
    result = run("domain", "domain.yml")
    assert result.code == 1
    assert "  /slots/city (line 3)\n" in result.out
    assert "  /slots/day/mappings (line 6)\n" in result.out


def test_a_domain_may_be_a_folder(run: Run):
    Path("domain").mkdir()
    Path("domain/a.yml").write_text('version: "3.1"\nintents: [greet]\n')
    Path("domain/b.yml").write_text('version: "3.1"\nactions: [action_x]\n')
    result = run("domain", "domain")
    assert result == (0, "1 document (domain, rasa-3.6): all right\n", "")


def test_a_folder_of_own_schemas(run: Run):
    Path("own/events").mkdir(parents=True)
    write("own/events/sneeze.json", {"properties": {"event": {"const": "sneeze"}}})
    answer = write("a.json", {"events": [{"event": "sneeze"}]})
    assert run("action_response", answer, "--schemas", "own").code == 0
    assert run("action_response", answer).code == 1
    result = run("action_response", answer, "--schemas", "nowhere")
    assert result.code == 2
    assert "nowhere: expected a folder of schemas, got nothing" in result.err


def test_the_command_itself_ends_with_the_code(tmp_path: Path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(WRONG))
    command = [sys.executable, "-m", "rasa_mock", "validate", "action_response"]
    result = subprocess.run(
        [*command, str(path)], capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "4 faults" in result.stdout
    assert result.stderr == ""
