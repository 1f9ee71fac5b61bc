"""Everything recorded from a real Rasa agrees, and a check that is wrong says so."""

from __future__ import annotations

import base64
import copy
import json
import zlib
from functools import cache

import pytest

from rasa_mock.clients.http import HttpClient
from rasa_mock.core.diff import ABSENT
from rasa_mock.errors import DataError
from rasa_mock.files.recordings import read_recording
from rasa_mock.files.yaml import parse_yaml
from rasa_mock.resources import fixture_folder
from rasa_mock.run.conformance.base import Tools
from rasa_mock.run.conformance.listener import Answer, Listener, chunks_of, is_whole
from rasa_mock.run.conformance.recordings import cases_of, check

TOOLS = Tools(
    open_client=lambda endpoint: HttpClient(endpoint, faithful=True),
    read_yaml=lambda text: parse_yaml(text).value,
)


@cache
def recording(name):
    return read_recording(fixture_folder() / "conformance" / name)


EVENTS = "corpus_public.jsonl.gz"
ACTIONS = "corpus_actions_public.jsonl.gz"
PROTOCOL = "action_protocol.json"
FAMILIES = sorted({case["family"] for case in recording(EVENTS)})


def failures(document):
    results = list(check(cases_of(document, tools=TOOLS)))
    return len(results), {r.id: r.differences for r in results if not r.passed}


@pytest.mark.parametrize("family", FAMILIES)
def test_events_do_what_they_do_in_rasa(family):
    cases = [case for case in recording(EVENTS) if case["family"] == family]
    assert failures(cases) == (len(cases), {})


def test_there_are_1500_cases_of_events():
    assert len(recording(EVENTS)) == 1500


def test_answers_do_what_they_do_in_rasa():
    assert failures(recording(ACTIONS)) == (700, {})


def test_the_raw_protocol_is_rasas():
    document = recording(PROTOCOL)
    assert failures(document) == (1 + 25 + 122, {})
    assert len(document["requests"]) == 25
    assert len(document["responses"]) == 122


# A check that cannot fail proves nothing: whatever a recording says, something else
# must be a difference.


def places(value, pointer=()):
    """Yield the path of every innermost value."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from places(item, (*pointer, key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from places(item, (*pointer, index))
    else:
        yield pointer


def changed(document, place):
    """Return the document with another value at one place."""
    document = copy.deepcopy(document)
    parent = document
    for key in place[:-1]:
        parent = parent[key]
    parent[place[-1]] = "something else"
    return document


def pick(name, **wanted):
    """Find the first case that has all of these in `expected`."""
    for case in recording(name):
        expected = case["expected"]
        if all(test(expected.get(key)) for key, test in wanted.items()):
            return case
    raise AssertionError(wanted)


def is_there(value):
    return value is not None


RICH = {
    "a store that changes something": pick(EVENTS, stored=is_there),
    "a full store that changes something": pick(EVENTS, stored_full=is_there),
    "a file is written": pick(EVENTS, files=is_there),
    "an unknown slot": pick(EVENTS, logged=is_there),
    "an event that cannot be read": pick(EVENTS, list_error=is_there),
    "an event that cannot be applied": pick(
        EVENTS, error=lambda error: error and error["phase"] == "apply"
    ),
    "a domain that is refused": pick(
        EVENTS, error=lambda error: error and error["phase"] == "domain"
    ),
    "an event that vanishes": pick(EVENTS, skipped=bool),
}
# The wording of errors, what only names it, and other lines of the log.
WORDING = {"mro", "message", "cause", "phase", "logged", "files"}


@pytest.mark.parametrize("case", RICH.values(), ids=RICH)
def test_anything_else_would_be_a_difference(case):
    missed = [
        place
        for place in places(case["expected"])
        if not WORDING & set(place)
        and failures([changed(case, ("expected", *place))])[1] == {}
    ]
    assert missed == []


@pytest.mark.parametrize("name", ["files", "logged"])
def test_another_file_or_log_line_would_be_a_difference(name):
    case = copy.deepcopy(pick(EVENTS, **{name: is_there}))
    del case["expected"][name]
    (differences,) = failures([case])[1].values()
    assert {difference.pointer.split("/")[1] for difference in differences} == {name}


ANSWERED = {
    "events and messages": pick(
        ACTIONS, processor=lambda said: said["messages"] and said["predict_again"]
    ),
    "an error": pick(ACTIONS, run=lambda run: "path" in run.get("error", {})),
    "an error later on": pick(ACTIONS, processor=lambda said: "error" in said),
}


@pytest.mark.parametrize("case", ANSWERED.values(), ids=ANSWERED)
def test_any_other_reaction_would_be_a_difference(case):
    missed = [
        place
        for place in places(case["expected"])
        if not WORDING & set(place)
        and failures([changed(case, ("expected", *place))])[1] == {}
    ]
    assert missed == []


def test_any_other_request_would_be_a_difference():
    document = recording(PROTOCOL)
    requests = {request["id"]: request for request in document["requests"]}
    for name in ("tiny_domain", "compressed_1", "compressed_yes"):
        case = requests[name]
        for place in places({key: case[key] for key in ("http", "outcome")}):
            if WORDING & set(place) or place[:2] == ("http", "body_base64"):
                continue
            one = {**document, "requests": [changed(case, place)], "responses": []}
            assert failures(one)[1] != {}, place


def test_a_request_that_is_deflated_by_another_zlib_is_the_same():
    document = recording(PROTOCOL)
    (case,) = (r for r in document["requests"] if r["id"] == "compressed_1")
    http = case["http"]
    text = zlib.decompress(base64.b64decode(http["body_base64"]))
    other = zlib.compress(text, 1)
    again = {
        **case,
        "http": {
            **http,
            "body_base64": base64.b64encode(other).decode(),
            "body_bytes": len(other),
            "chunk_sizes": [2, len(other) - 2],
        },
    }
    assert other != base64.b64decode(http["body_base64"])
    one = {**document, "requests": [again], "responses": []}
    assert failures(one)[1] == {}


@pytest.mark.parametrize(
    "name", ["redirect_302_ok", "half_answer", "rs_elements_bad", "connection_refused"]
)
def test_any_other_reaction_to_raw_bytes_would_be_a_difference(name):
    document = recording(PROTOCOL)
    (case,) = (r for r in document["responses"] if r["id"] == name)
    watched = {key: case[key] for key in ("requests_seen", "run", "processor")}
    for place in places(watched):
        if WORDING & set(place):
            continue
        one = {**document, "requests": [], "responses": [changed(case, place)]}
        assert failures(one)[1] != {}, place


def test_the_order_of_keys_counts():
    case = copy.deepcopy(recording(EVENTS)[50])
    state = case["expected"]["state"]
    case["expected"]["state"] = dict(reversed(state.items()))
    (differences,) = failures([case])[1].values()
    assert [difference.pointer for difference in differences] == ["/state"]


def test_a_slot_without_a_name_is_compared_as_json_has_it():
    case = {
        "id": "nameless",
        "sender_id": "u",
        "domain": None,
        "events": [{"event": "slot", "value": 1, "timestamp": 1.0}],
        "expected": {
            "error": None,
            "schema": {"valid": False, "errors": [[0, "oneOf"]]},
            "stored": None,
            "stored_full": None,
            "state_after": [
                {
                    "slots": {"null": 1},
                    "paused": False,
                    "followup": "action_listen",
                    "loop": None,
                    "action": None,
                    "text": None,
                    "n_entities": 0,
                    "bot": None,
                    "n_applied": 1,
                }
            ],
        },
    }
    assert failures([case]) == (1, {})


def test_what_is_not_understood_is_a_difference():
    case = {**recording(EVENTS)[50], "novelty": 1}
    expected = {**case["expected"], "surprise": 2}
    (differences,) = failures([{**case, "expected": expected}])[1].values()
    assert [(d.pointer, d.got) for d in differences] == [
        ("/novelty", "nothing that compares it"),
        ("/surprise", ABSENT),
    ]


@pytest.mark.parametrize("broken", [{"events": 5}, {"max_event_history": -1}])
def test_a_case_that_cannot_be_played_is_a_difference(broken):
    case = {**recording(EVENTS)[50], **broken}
    (differences,) = failures([case])[1].values()
    assert differences[-1].expected == "a case that can be played"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "empty list"),
        ({}, "not a recorded case"),
        (5, "not a recorded case"),
        ([{"events": []}], "not a recorded case"),
        ({"requests": 5, "responses": []}, "expected a list of recorded cases"),
        ([{"events": [], "expected": {}}], "expected a member 'id'"),
    ],
)
def test_what_is_no_recording_is_refused(document, words):
    with pytest.raises(DataError, match=words):
        failures(document)


# The listener.


def test_a_request_is_whole_when_its_body_is_there():
    head = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n"
    assert not is_whole(head[:-2])
    assert not is_whole(head + b"ab")
    assert is_whole(head + b"abc")
    chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
    assert not is_whole(chunked)
    assert is_whole(chunked + b"0\r\n\r\n")
    assert is_whole(b"GET / HTTP/1.1\r\n\r\n")


def test_chunks_are_taken_apart():
    assert list(chunks_of(b"2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n")) == [b"ab", b"c"]


def test_a_listener_that_nobody_asks_ends_at_once():
    with Listener(lambda _port: [Answer()]) as listener:
        assert listener.port > 0
    assert listener.requests == []


def test_a_recording_survives_being_written_and_read(tmp_path):
    path = tmp_path / "one.json"
    case = recording(EVENTS)[50]
    path.write_text(json.dumps(case), encoding="utf-8")
    assert failures(read_recording(path)) == (1, {})
