"""All 700 recorded answers: what running the action gives, and what follows."""

from __future__ import annotations

import gzip
import json

import pytest

from rasa_mock.clock import parse_date
from rasa_mock.core.domain import Domain
from rasa_mock.core.outcome import interpret
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import Reply

NOW = 1700000000.125
NEW_ID = "00000000-0000-1000-8000-000000000000"
OUTSIDE = {"now": NOW, "new_id": lambda: NEW_ID, "parse_date": parse_date}
SLOT_TYPES = {
    "oracle_slots.PlainSlot": lambda value: value,
    "oracle_slots.UpperSlot": lambda value: (
        value.upper() if isinstance(value, str) else value
    ),
}
FAMILIES = {
    "events": 181,
    "bad_event": 138,
    "both": 132,
    "responses": 123,
    "status": 66,
    "shape": 60,
}


@pytest.fixture(scope="module")
def families(root):
    path = root / "fixtures" / "conformance" / "corpus_actions_public.jsonl.gz"
    found = {name: [] for name in FAMILIES}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            found[case["family"]].append(case)
    return found


def reply_to(case):
    answer = case["answer"]
    text = answer["text"] if "text" in answer else json.dumps(answer["body"])
    headers = {"Content-Type": "application/json"}
    return Reply(status=answer["status"], headers=headers, body=text.encode())


def outcome_of(case):
    domain = Domain.from_dict(case["domain"], slot_types=SLOT_TYPES)
    tracker = Tracker.from_events(
        case["sender_id"], case["events"], domain=domain, **OUTSIDE
    )
    before = json.dumps(tracker.current_state())
    outcome = interpret(
        reply_to(case), action=case["action"], tracker=tracker, domain=domain, **OUTSIDE
    )
    assert json.dumps(tracker.current_state()) == before
    return outcome


def run_as_recorded(outcome):
    """Say in the recording's words what running the action gave."""
    if outcome.error is None or outcome.error.phase == "processor":
        return {"events": outcome.returned}
    return {"class": outcome.error.rasa_class}


def expected_run(run):
    return {"class": run["error"]["class"]} if "error" in run else run


def processor_as_recorded(outcome):
    """Say in the recording's words what became of the turn."""
    tracker = outcome.tracker
    position = {id(event): index for index, event in enumerate(tracker.events)}
    failed = outcome.error is not None and outcome.error.phase == "processor"
    return {
        "error": outcome.error.rasa_class if failed else None,
        "predict_again": outcome.predict_again,
        "new_events": outcome.events,
        "applied_idx": [position[id(event)] for event in tracker.applied_events()],
        "state": {**tracker.current_state(), "events": None},
        "messages": outcome.messages,
    }


def expected_processor(processor):
    error = processor.get("error")
    return {
        "error": error["class"] if error else None,
        "predict_again": processor.get("predict_again"),
        "new_events": processor["new_events"],
        "applied_idx": processor["applied_idx"],
        "state": {**processor["state"], "events": None},
        "messages": processor["messages"],
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_every_recorded_answer_of_the_family(families, family):
    cases = families[family]
    differing = []
    for case in cases:
        outcome, expected = outcome_of(case), case["expected"]
        run, processor = run_as_recorded(outcome), processor_as_recorded(outcome)
        if (
            # as text: the order of keys is Rasa's, too
            json.dumps(run) != json.dumps(expected_run(expected["run"]))
            or processor != expected_processor(expected["processor"])
        ):
            differing.append(case["id"])
    assert differing == []
    assert len(cases) == FAMILIES[family]


def test_the_error_of_every_answer_that_the_schema_refuses(families):
    """Which of several errors is reported, where, and in which words."""
    differing = []
    for case in [case for cases in families.values() for case in cases]:
        error = case["expected"]["run"].get("error", {})
        if error.get("class") != "ValidationError":
            continue
        found = outcome_of(case).error
        pointer = "".join(f"/{token}" for token in error["path"])
        if found.pointer != pointer or not found.message.startswith(error["message"]):
            differing.append(case["id"])
    assert differing == []
