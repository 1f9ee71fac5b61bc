"""`rasa-mock apply`: fold a file of events, print the tracker."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from rasa_mock.cli.main import cli
from rasa_mock.errors import DataError, RasaMockError

SLOT = {"event": "slot", "name": "city", "value": "Rome"}
LISTEN = {"event": "action", "name": "action_listen"}
UNDO = {"event": "undo"}
DOMAIN = "slots:\n  city:\n    type: text\n    mappings:\n    - type: custom\n"


def apply(*arguments, **options):
    """Run the command; give its exit code, its output, and what it said besides."""
    runner = CliRunner()
    result = runner.invoke(cli, ["apply", *map(str, arguments)], **options)
    if isinstance(result.exception, RasaMockError):
        return result.exception.exit_code, result.stdout, str(result.exception)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def write(tmp_path):
    def write_file(value, name="events.json"):
        path = tmp_path / name
        text = value if isinstance(value, str) else json.dumps(value)
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


def slots(output):
    return json.loads(output)["slots"]


SHAPES = {
    "a list": [SLOT, LISTEN],
    "an object with events": {"sender_id": "ann", "events": [SLOT, LISTEN]},
    "a request": {
        "next_action": "action_x",
        "sender_id": "ann",
        "tracker": {"sender_id": "ann", "events": [SLOT, LISTEN]},
    },
    "one a line": "\n".join(map(json.dumps, [SLOT, LISTEN])),
}


@pytest.mark.parametrize("value", SHAPES.values(), ids=SHAPES)
def test_events_come_in_several_shapes(write, value):
    code, output, said = apply(write(value), "--now", 5)
    assert (code, said) == (0, "")
    state = json.loads(output)
    assert state["slots"] == {"city": "Rome"}
    assert [event["timestamp"] for event in state["events"]] == [5.0, 5.0]
    assert state["sender_id"] == ("ann" if "sender_id" in value else "default")


def test_a_single_event_will_do(write):
    assert slots(apply(write(SLOT))[1]) == {"city": "Rome"}


def test_events_come_from_standard_input():
    code, output, _ = apply("-", input=json.dumps([SLOT]))
    assert (code, slots(output)) == (0, {"city": "Rome"})


def test_the_domain_decides_which_slots_there_are(write):
    domain = write(DOMAIN, "domain.yml")
    events = write([SLOT, {**SLOT, "name": "nope"}])
    code, output, said = apply(events, "--domain", domain)
    assert code == 0
    assert slots(output) == {"city": "Rome", "session_started_metadata": None}
    assert said == "note: event 1 sets 'nope': no such slot, Rasa only logs that\n"


@pytest.mark.parametrize(
    ("verbosity", "count"), [("all", 3), ("APPLIED", 1), ("after_restart", 3)]
)
def test_verbosity_chooses_the_events(write, verbosity, count):
    events = write([SLOT, LISTEN, UNDO])
    _, output, _ = apply(events, "--verbosity", verbosity)
    assert len(json.loads(output)["events"]) == count


def test_the_last_events_only(write):
    events = write([SLOT, LISTEN, UNDO])
    _, output, _ = apply(events, "--max-event-history", 2, "--sender-id", "bob")
    state = json.loads(output)
    assert [event["event"] for event in state["events"]] == ["action", "undo"]
    assert state["sender_id"] == "bob"
    assert state["slots"] == {"city": None}


def test_what_vanishes_is_said(write):
    code, output, said = apply(write([{"event": None}, SLOT]))
    assert (code, slots(output)) == (0, {"city": "Rome"})
    assert said == 'note: event 0 vanishes: Rasa skips {"event": null}\n'


FAILING = {
    "cannot be read": (
        [SLOT, {"event": "nope"}],
        ("event 1", "'nope'", "ValueError", "reads the event", "the whole list"),
    ),
    "cannot be applied": (
        [{**SLOT, "name": ["city"]}],
        ("event 0", "unhashable", "TypeError", "applies the event", "all the same"),
    ),
    "cannot be written": (
        [{"event": "reminder", "date_time": "2030-01-01T00:00+99:00"}],
        ("event 0", "ValueError", "neither be saved nor sent"),
    ),
}


@pytest.mark.parametrize(("events", "words"), FAILING.values(), ids=FAILING)
def test_an_event_that_rasa_fails_at_is_explained(write, events, words):
    path = write(events)
    code, output, said = apply(path)
    assert (code, output) == (2, "")
    assert str(path) in said
    for word in words:
        assert word in said


def test_in_a_file_of_lines_the_line_is_named(write):
    path = write("\n".join(map(json.dumps, [SLOT, {"event": "nope"}])))
    assert apply(path)[2].startswith(f"{path}:2: event 1")


BAD_FILES = {
    "empty": ("", "got nothing"),
    "not JSON": ("[", "not JSON"),
    "a number": ("5", "expected a list of events, got 5"),
    "an object without events": ('{"a": 1}', "expected a list of events"),
    "nested too deep": ('[{"event": "slot", "value": ' + "[" * 100_000, "too deep"),
    "NaN": ('[{"event": "slot", "value": NaN}]', "NaN"),
}


@pytest.mark.parametrize(("text", "words"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_refused(write, text, words):
    path = write(text)
    code, output, said = apply(path)
    assert (code, output) == (2, "")
    assert words in said
    assert str(path) in said


def test_a_file_that_is_not_there_is_refused(tmp_path):
    code, _, said = apply(tmp_path / "nope.json")
    assert code == 2
    assert "no such file" in said


def test_a_bad_domain_is_refused(write):
    domain = write("slots: 5", "domain.yml")
    result = CliRunner().invoke(
        cli, ["apply", str(write([SLOT])), "--domain", str(domain)]
    )
    assert isinstance(result.exception, DataError)
    assert result.exception.exit_code == 2


@pytest.mark.parametrize(
    "arguments", [(), ("-", "--verbosity", "loud"), ("-", "--max-event-history", "-1")]
)
def test_wrong_usage_is_refused(arguments):
    assert apply(*arguments, input="[]")[0] == 2
