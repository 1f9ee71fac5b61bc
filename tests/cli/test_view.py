"""`rasa-mock view`: stores and files, in the terminal, as a page, bad input."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from rasa_mock.cli.view import command
from rasa_mock.errors import RasaMockError
from rasa_mock.resources import fixture_folder
from rasa_mock.stores.registry import open_store
from tests.viewer import made

CONFORMANCE = fixture_folder() / "conformance"


def view(*arguments):
    """Run the command; return exit code, output and error as a user has them."""
    done = CliRunner().invoke(command, [str(each) for each in arguments])
    if isinstance(done.exception, RasaMockError):
        return done.exception.exit_code, done.output, str(done.exception)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output, done.output


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    path = tmp_path_factory.mktemp("view") / "store.db"
    store = open_store(f"sqlite:///{path}")
    made.fill(store)
    store.close()
    return path


@pytest.fixture(scope="module")
def run_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "run.ndjson"
    lines = [
        {"type": "run_started", "url": "http://localhost:5055/webhook", "seed": 7},
        {
            "type": "finding",
            "rule": "RM201",
            "severity": "error",
            "action": "action_x",
            "message": "not an event",
        },
        {"type": "run_finished", "calls": 3},
    ]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def written(tmp_path, name, value):
    path = tmp_path / name
    path.write_text(json.dumps(value))
    return path


def test_a_database_is_listed(database):
    code, out, _ = view(database, "--text")
    assert code == 0
    assert "anna" in out
    assert "boris" in out


def test_the_list_is_filtered(database):
    _, out, _ = view(database, "--text", "--finding", "RM302")
    assert "anna" in out
    assert "boris" not in out
    _, out, _ = view(database, "--text", "--until", "2001-01-01")
    assert out.strip() == "no conversation"


def test_a_conversation_is_shown_with_its_records_and_state(database):
    code, out, _ = view(database, "--text", "--sender", "anna")
    assert code == 0
    assert "find me a concert in Berlin  -> search_venues" in out
    assert "call action_search_venues: 200, 483.2 ms" in out
    assert "understood search_venues (0.93)" in out
    assert 'slot venues: null -> ["Quasimodo", "A-Trane"], by action_search' in out
    assert "RM302 warning slot 'venues' is set to a list" in out
    assert "predicted action_search_venues by RulePolicy (1.0)" in out
    assert re.search(r"genre +\"jazz\"", out)


def test_time_travel_in_the_terminal(database):
    _, out, _ = view(database, "--text", "--sender", "anna", "--at", "8")
    assert "state after event 8" in out
    assert re.search(r"\* +city +null -> \"Berlin\"", out)
    assert "jazz" not in out


def test_a_stored_text_cannot_steer_the_terminal(tmp_path):
    evil = "\x1b[2J\x1b]0;pwned\x07[bold]x[/bold]"
    events = [made.message(evil, intent="greet", at=1)]
    path = written(tmp_path, "t.json", {"sender_id": evil, "events": events})
    code, out, _ = view(path, "--text", "--sender", evil)
    assert code == 0
    assert "\x1b[2J" not in out
    assert "[bold]x[/bold]" in out


TRACKER = {"sender_id": "t", "events": made.venues_events(), "slots": {}}
FILES = {
    "tracker": (TRACKER, ["t"]),
    "as_rasa_keeps_it": ({"name": "r", "events": made.venues_events()}, ["r"]),
    "list_of_events": (made.venues_events(), ["default"]),
    "list_of_trackers": ([TRACKER, {**TRACKER, "sender_id": "u"}], ["t", "u"]),
    "twice_the_same_sender": ([TRACKER, TRACKER], ["t", "t (2)"]),
    "request": ({"next_action": "action_x", "tracker": TRACKER}, ["t"]),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_is_looked_at(tmp_path, kind):
    value, senders = FILES[kind]
    path = written(tmp_path, f"{kind}.json", value)
    code, out, _ = view(path, "--text")
    assert code == 0
    assert sorted(re.findall(r"^(\S+(?: \(\d\))?) +23", out, re.MULTILINE)) == senders


def test_events_of_a_broker_one_a_line_are_conversations(tmp_path):
    path = tmp_path / "events.ndjson"
    lines = [
        {**event, "sender_id": sender}
        for event in made.venues_events()
        for sender in ("a", "b")
    ]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    _, out, _ = view(path, "--text")
    assert re.findall(r"^(\w) +23", out, re.MULTILINE) in (["a", "b"], ["b", "a"])


def test_a_recorded_conversation_of_rasa_is_looked_at():
    path = CONFORMANCE / "conversations" / "01_search_venues.json"
    code, out, _ = view(path, "--text", "--sender", "conv-01_search_venues")
    assert code == 0
    assert "call action_search_venues: 200" in out


def test_a_store_that_rasa_wrote_is_looked_at(tmp_path):
    recorded = json.loads((CONFORMANCE / "stores" / "sqlite.json").read_text())
    path = tmp_path / "rasa.db"
    with closing(sqlite3.connect(path)) as database, database:
        rows = rasa_database(database, recorded)
    database.close()
    before = path.read_bytes()
    code, out, _ = view(path, "--text")
    assert code == 0
    for sender in {row["sender_id"] for row in rows}:
        assert sender in out
    _, out, _ = view(path, "--text", "--sender", "sqlite-talk")
    assert re.search(r"location +\"Berlin\"", out)
    assert path.read_bytes() == before


def rasa_database(database, recorded):
    """Make the database of a real Rasa again; return the rows."""
    for each in recorded["schema"]:
        database.execute(each["sql"])
    rows = [row for case in recorded["cases"].values() for row in case["rows"]]
    database.executemany(
        "INSERT OR REPLACE INTO events VALUES (:id, :sender_id, :type_name, "
        ":timestamp, :intent_name, :action_name, :data)",
        [{**row, "id": number, "data": text(row)} for number, row in enumerate(rows)],
    )
    return rows


def text(row):
    """Return the JSON of a row, whichever way it was recorded."""
    data = row["data"]
    return data if isinstance(data, str) else json.dumps(data)


def test_a_run_is_printed(run_file):
    code, out, _ = view(run_file, "--text")
    assert code == 0
    assert "run run.ndjson: 1 error" in out
    assert "RM201 error not an event" in out


def test_an_offline_page_has_everything_and_no_script_of_others(database, tmp_path):
    page = tmp_path / "page.html"
    code, out, _ = view(database, "--html", page)
    assert code == 0
    assert out == f"wrote {page}: 3 conversations, 0 runs\n"
    text = page.read_text(encoding="utf-8")
    assert made.SCRIPT not in text
    assert text.count("<script") == 2
    assert not re.search(r"(src|href)=.https?:", text)
    (policy,) = re.findall(
        r'http-equiv="Content-Security-Policy" content="(.*?)"', text
    )
    assert "unsafe" not in policy
    data = json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])
    assert [page["sender_id"] for page in data["conversations"]][-1] == "anna"
    assert "hidden-token" not in text


def test_an_endpoints_file_names_a_store(database, tmp_path):
    path = tmp_path / "endpoints.yml"
    path.write_text(f"tracker_store:\n  type: sql\n  db: {database}\n")
    code, out, _ = view(path, "--text")
    assert code == 0
    assert "anna" in out


BAD = {
    "missing": (None, 2, "no such file"),
    "empty.json": ("", 2, "expected a recording, got an empty file"),
    "broken.json": ('{"events": [', 2, "not JSON"),
    "other.json": ('{"a": 1}', 2, "expected a tracker, a list of events"),
    "number.json": ("7", 2, "expected a tracker, a list of events"),
    "no_store.yml": ("action_endpoint:\n  url: http://x\n", 2, "tracker_store"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_none_of_these_is_said(tmp_path, name):
    content, expected, said = BAD[name]
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    code, _, error = view(path, "--text")
    assert code == expected
    assert said in error


def test_a_store_that_cannot_be_reached_is_exit_code_3():
    code, _, error = view("redis://localhost:1/0?socket_timeout=1", "--text")
    assert code == 3
    assert "localhost:1" in error


def test_a_database_that_is_not_there_is_not_made(tmp_path):
    path = tmp_path / "none.db"
    code, _, error = view(f"sqlite:///{path}", "--text")
    assert code in (2, 3)
    assert "none.db" in error
    assert not path.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--sender", "nobody", "--text"], "there is no conversation 'nobody'"),
        (["--sender", "nobody", "--html", "x.html"], "there is no conversation"),
        (["--sender", "anna", "--text", "--at", "99"], "expected --at from 0 to 22"),
        (["--text", "--html", "x.html"], "expected --text or --html, not both"),
        (["--text", "--since", "soon"], "expected a date like"),
        (["--search", "zzz", "--html", "x.html"], "no conversation is like that"),
        (["--html", "/no/such/folder/x.html"], "cannot write"),
        (["--interface", "192.0.2.1"], "needs --token"),
    ],
    ids=lambda value: "" if isinstance(value, str) else " ".join(value),
)
def test_options_that_cannot_work_are_said(database, arguments, said):
    code, _, error = view(database, *arguments)
    assert code == 2
    assert said in error


def test_a_password_is_never_shown(database):
    code, _, error = view(
        database, "postgresql://user:hunter2@localhost:1/name", "--text"
    )
    assert code == 2
    assert "hunter2" not in error


def test_a_corrupt_record_is_skipped_counted_and_shown(tmp_path):
    path = tmp_path / "corrupt.db"
    store = open_store(f"sqlite:///{path}?layout=rasa")
    made.fill(store)
    store.close()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE events SET data = '{' WHERE id = 4")
    database.close()
    code, out, _ = view(path, "--text", "--sender", "anna")
    assert code == 0
    assert "skipped" in out
    assert "not JSON" in out
    assert "find me a concert" in out


def test_what_cannot_be_read_is_told_and_the_rest_shown_and_written(tmp_path):
    path = tmp_path / "newer.db"
    store = open_store(f"sqlite:///{path}")
    made.fill(store)
    store.close()
    with closing(sqlite3.connect(path)) as database, database:
        newer = "UPDATE rasa_mock_conversations SET format = 9 WHERE sender = 'boris'"
        database.execute(newer)
        bad = "UPDATE rasa_mock_events SET data = '{' WHERE position = 5"
        database.execute(bad)
    database.close()
    code, out, _ = view(path, "--text")
    assert (code, out.count("boris: written in format 9")) == (0, 1)
    code, out, _ = view(path, "--html", tmp_path / "page.html")
    assert code == 0
    assert "left out 'boris'" in out
    assert "2 conversations" in out
    # Records stand beside their events also where one before them cannot be read.
    _, out, _ = view(path, "--text", "--sender", "anna")
    lines = out.splitlines()
    [at] = [n for n, line in enumerate(lines) if "call action_search_venues" in line]
    events = [line for line in lines[:at] if re.match(r" *\d+ ", line)]
    assert events[-1].split()[-1] == "action_search_venues"
