"""What is exported can be used: played again, trained with, run, read back."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from rasa_mock.core.domain import Domain
from rasa_mock.errors import UsageError
from rasa_mock.files.e2e import load_cases
from rasa_mock.files.yaml import load_yaml
from rasa_mock.resources import fixture_folder
from rasa_mock.stores.base import Stored
from rasa_mock.viewer.exports import EXPORTS
from rasa_mock.viewer.reading import Contents
from tests.viewer import made

CONVERSATIONS = fixture_folder() / "conformance" / "conversations"
WEATHER = Path(__file__).resolve().parents[2] / "examples" / "weather"


def stored(events, *, first=0):
    return Stored(sender_id="an/na", events=events, first=first, version=len(events))


def records():
    return [
        {"turn": 0, "index": record["offset"], **record}
        for record in made.venues_records()
    ]


def test_json_comes_back_as_it_was():
    text = EXPORTS["json"](stored(made.venues_events()), records()).text
    contents = Contents()
    contents.take(json.loads(text))
    (talk,) = contents.talks
    assert talk.sender_id == "an/na"
    assert talk.events == made.venues_events()
    assert [each["kind"] for each in talk.variables] == [e["kind"] for e in records()]


def test_positions_count_from_the_first_event_that_is_written():
    text = EXPORTS["json"](
        stored(made.venues_events(), first=10),
        [{"kind": "trace", "turn": 13, "index": 15}],
    ).text
    (record,) = json.loads(text)["variables"]
    assert (record["turn"], record["index"]) == (3, 5)


def test_the_story_is_training_data(tmp_path):
    path = tmp_path / "story.yml"
    path.write_text(EXPORTS["story"](stored(made.venues_events()), []).text)
    content = load_yaml(path).filled_in().value
    (story,) = content["stories"]
    assert story["steps"][:2] == [{"intent": "greet"}, {"action": "utter_greet"}]
    assert {"slot_was_set": [{"genre": "jazz"}]} in story["steps"]
    assert {"active_loop": "booking_form"} in story["steps"]


def test_each_session_is_a_story_of_its_own(tmp_path):
    twice = [*made.venues_events(), *made.venues_events()]
    path = tmp_path / "story.yml"
    path.write_text(EXPORTS["story"](stored(twice), []).text)
    names = [each["story"] for each in load_yaml(path).filled_in().value["stories"]]
    assert names == ["an/na, session 1", "an/na, session 2"]


def test_the_e2e_test_is_what_was_said():
    text = EXPORTS["e2e"](stored(made.venues_events()), []).text
    assert '- user: "find me a concert in Berlin"' in text
    assert "- utter: utter_greet" in text
    assert '- bot: "I found two venues."' in text


def test_the_curl_commands_say_it_again(tmp_path):
    text = EXPORTS["curl"](stored(made.venues_events()), records()).text
    subprocess.run(["/bin/sh", "-n"], input=text, text=True, check=True)
    commands = [shlex.split(line) for line in text.splitlines() if "curl" in line[:5]]
    bodies = [json.loads(words[words.index("-d") + 1]) for words in commands]
    assert [body.get("message") for body in bodies] == [
        *("hello", "find me a concert in Berlin", "jazz", None),
    ]
    assert bodies[3]["next_action"] == "action_search_venues"


def test_events_that_a_record_leaves_out_are_put_back():
    request = {"tracker": {"events": {"left_out": 4}}, "domain": {"left_out": True}}
    call = {"kind": "call", "index": 6, "url": "http://x/webhook", "request": request}
    events = made.venues_events()
    line = EXPORTS["curl"](stored(events), [call]).text.splitlines()[-1]
    body = json.loads(shlex.split(line)[-1])
    assert body == {"tracker": {"events": events[2:6]}, "domain": {}}
    known = {"domain": Domain.from_dict({"version": "3.1", "intents": ["greet"]})}
    line = EXPORTS["curl"](stored(events), [call], **known).text.splitlines()[-1]
    assert json.loads(shlex.split(line)[-1])["domain"]["intents"] == ["greet"]


@pytest.mark.parametrize("text", ["it's", "$(touch x)", "`id`", "a\nb", "\\"])
def test_no_message_escapes_the_shell(text):
    events = [made.message(text, intent="x", at=1)]
    script = EXPORTS["curl"](stored(events), []).text
    printed = script.replace("curl -s", "printf '%s\\0'")
    done = subprocess.run(
        ["/bin/sh"], input=printed, capture_output=True, text=True, check=True
    )
    body = json.loads(done.stdout.split("\0")[6])
    assert body["message"] == text


def test_a_conversation_without_actions_is_no_pytest_file():
    with pytest.raises(UsageError, match="no custom action ran"):
        EXPORTS["pytest"](stored(made.started(0)), [])


def test_a_call_that_went_wrong_is_expected_to():
    finding = {"kind": "finding", "rule": "RM301", "message": 'no slot "x"'}
    told = [{**finding, "severity": "error", "index": 5}]
    text = EXPORTS["pytest"](stored(weather_events()), told).text
    (row,) = [line for line in text.splitlines() if "pytest.param" in line]
    reason = json.dumps('RM301: no slot "x"')
    assert row.endswith(f"marks=pytest.mark.xfail(reason={reason})),")
    warned = [{**told[0], "severity": "warning"}]
    assert (
        "pytest.param" not in EXPORTS["pytest"](stored(weather_events()), warned).text
    )


def weather_events():
    """Return a conversation with the weather bot of the examples."""
    empty = dict.fromkeys(
        ("elements", "quick_replies", "buttons", "attachment", "image", "custom")
    )
    said = made.bot("It is 11.7 °C in Berlin, stormy.", at=6, **empty)
    return [
        *made.started(0),
        made.message("weather in Berlin", intent="ask_weather", at=5),
        made.slot("location", "Berlin", at=5.1),
        made.action("action_tell_weather", at=6),
        {**said, "metadata": {"utter_action": "utter_weather"}},
        made.slot("temperature", 11.7, at=6),
        made.action("action_listen", at=6.1),
    ]


@pytest.fixture(scope="module")
def pytest_runs(tmp_path_factory):
    """Run two exported files against the weather bot: as it was, and another."""
    folder = tmp_path_factory.mktemp("exported")
    wrong = weather_events()
    wrong[6] = made.slot("temperature", 50.0, at=6)
    for name, events in (("test_right.py", weather_events()), ("test_wrong.py", wrong)):
        text = EXPORTS["pytest"](stored(events), []).text
        (folder / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider"),
            *("-p", "no:asyncio", "--rootdir", str(folder), str(folder)),
            *("--rasa-domain", str(WEATHER / "domain.yml")),
            *("--rasa-actions", "actions"),
        ],
        cwd=WEATHER,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_the_pytest_file_holds_the_actions_to_what_they_did(pytest_runs):
    assert re.search(r"PASSED \S*test_right\.py::test_an_action", pytest_runs)
    assert re.search(r"FAILED \S*test_wrong\.py::test_an_action", pytest_runs)
    assert "1 failed, 1 passed" in pytest_runs


@pytest.mark.parametrize(
    "name", ["01_search_venues", "03_form_happy", "13_everything", "15_channel_inputs"]
)
def test_the_e2e_test_of_a_recorded_conversation_can_be_read(name, tmp_path):
    recorded = CONVERSATIONS / f"{name}.json"
    contents = Contents()
    contents.take(json.loads(recorded.read_text(encoding="utf-8")))
    (talk,) = contents.talks
    path = tmp_path / "test_e2e.yml"
    path.write_text(EXPORTS["e2e"](stored(talk.events), talk.variables).text)
    cases = load_cases(path)
    users = [event for event in talk.events if event["event"] == "user"]
    said = [s for case in cases.cases for s in case.steps if s.kind == "user"]
    assert len(said) == len([event for event in users if event["text"] is not None])


def test_an_action_that_always_answers_the_same_is_a_stub(tmp_path):
    path = tmp_path / "test_e2e.yml"
    path.write_text(EXPORTS["e2e"](stored(made.venues_events()), records()).text)
    (case,) = load_cases(path).cases
    events = made.venues_records()[3]["response"]["events"]
    bare = [{k: v for k, v in each.items() if k != "timestamp"} for each in events]
    assert case.stubs == {"action_search_venues": {"events": bare, "responses": []}}


def test_slots_that_a_session_begins_with_are_a_fixture(tmp_path):
    first = [*made.started(0), made.slot("city", "Oslo", at=0.1)]
    first += [made.message("hi", intent="greet", at=1), made.slot("odd", 1, at=2)]
    path = tmp_path / "test_e2e.yml"
    city = {"type": "text", "mappings": []}
    domain = Domain.from_dict({"version": "3.1", "slots": {"city": city}})
    path.write_text(EXPORTS["e2e"](stored(first), [], domain=domain).text)
    (case,) = load_cases(path).cases
    assert [(each.name, each.value) for each in case.fixtures] == [("city", "Oslo")]
    # The slot that the domain does not have is left out.
    assert [step.kind for step in case.steps] == ["user"]
