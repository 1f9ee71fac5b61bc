"""Recordings of what Rasa makes of an action server's answer, one answer a case.

`run` is what running the action gives (events, or the error that loses the answer),
`processor` what is then logged and sent to the user.  Slots were not extracted again
after the action in these recordings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from rasa_mock.clock import parse_date
from rasa_mock.core.accepts import reported
from rasa_mock.core.diff import ABSENT, Difference, differences
from rasa_mock.core.outcome import Outcome, interpret
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import Reply
from rasa_mock.run.conformance.base import (
    NOW,
    Json,
    Tools,
    as_recorded,
    compare,
    make_domain,
    make_tracker,
    need,
    new_id,
    not_understood,
    recorded_error,
)

KEYS = ("id", "domain", "sender_id", "events", "action", "answer", "expected")
HEADERS = {"Content-Type": "application/json"}


def check_case(case: Json, _tools: Tools) -> Iterator[Difference]:
    """Yield where a case differs from what `interpret` says here."""
    need(case, *KEYS)
    yield from not_understood(case, (*KEYS, "family", "domain_name", "note"))
    domain = make_domain(case["domain"])
    tracker = make_tracker(case, case["events"], domain=domain)
    before = json.dumps(tracker.current_state())
    reply = _reply(case["answer"])
    outcome = judge(reply, action=case["action"], tracker=tracker)
    expected = case["expected"]
    yield from compare_run(expected["run"], outcome)
    yield from compare_refusal(expected["run"].get("error", {}), outcome, reply=reply)
    yield from compare_processor(expected["processor"], outcome)
    if json.dumps(tracker.current_state()) != before:
        yield Difference(pointer="", expected="the tracker as it was", got="changed")


def _reply(answer: Json) -> Reply:
    """Make the reply of a recorded answer: JSON, or text that claims to be JSON."""
    text = answer["text"] if "text" in answer else json.dumps(answer["body"])
    return Reply(status=answer["status"], headers=HEADERS, body=text.encode())


def judge(reply: Reply, *, action: str, tracker: Tracker) -> Outcome:
    """Interpret a reply under the recorder's clock."""
    return interpret(
        reply,
        action=action,
        tracker=tracker,
        now=NOW,
        new_id=new_id,
        parse_date=parse_date,
    )


def compare_run(expected: Json, outcome: Outcome) -> Iterator[Difference]:
    """Compare what running the action gave: events, or the error that lost them."""
    yield from differences(
        recorded_run(expected), judged(outcome), pointer="/run", ordered=True
    )


def judged(outcome: Outcome) -> Json:
    """Say what running the action gave, as the recordings do."""
    error = outcome.error
    if error is None or error.phase != "run":
        return {"events": as_recorded(outcome.returned)}
    return {"error": {"phase": error.phase, "class": error.rasa_class}}


def recorded_run(run: Json) -> Json:
    """Reduce a recorded run to what is compared: see `judged`."""
    known = {name: value for name, value in run.items() if name != "logged"}
    if "error" in run:
        apart = ("path", "validator")
        error = recorded_error(run["error"]) or {}
        known["error"] = {name: error[name] for name in error if name not in apart}
    return known


def compare_refusal(
    expected: Json, outcome: Outcome, *, reply: Reply
) -> Iterator[Difference]:
    """Compare what the schema has refused, and where, if that was recorded."""
    if "path" not in expected and "validator" not in expected:
        return
    refused = reported(json.loads(reply.body))
    pointer = outcome.error.pointer if outcome.error else None
    got = {
        "path": None if pointer is None else pointer.split("/")[1:],
        "validator": None if refused is None else refused.keyword,
    }
    yield from compare(
        {name: expected[name] for name in got if name in expected},
        got,
        pointer="/run/error",
    )


def compare_processor(expected: Json, outcome: Outcome) -> Iterator[Difference]:
    """Compare what was logged and sent, and the tracker after."""
    got = _processed(outcome)
    if "error" in expected:
        expected = {**expected, "error": {"class": expected["error"]["class"]}}
    if "trigger_message" not in expected.get("active_loop", {"trigger_message": ...}):
        # Some recordings leave it out.
        got["active_loop"].pop("trigger_message", None)
    yield from compare(expected, got, pointer="/processor")
    judgement = {name: got[name] for name in ("error", "predict_again") if name in got}
    for name, value in judgement.items():
        if name not in expected:
            yield Difference(pointer=f"/processor/{name}", expected=ABSENT, got=value)


def _processed(outcome: Outcome) -> Json:
    error, tracker = outcome.error, outcome.tracker
    state = tracker.current_state()
    del state["events"]
    got = {
        "new_events": as_recorded(outcome.events),
        "messages": as_recorded(outcome.messages),
        "state": as_recorded(state),
        "applied_idx": _positions(tracker),
        "applied_count": len(tracker.applied_events()),
        **as_recorded(state),
    }
    if outcome.predict_again is not None:
        got["predict_again"] = outcome.predict_again
    if error is not None and error.phase == "processor":
        got["error"] = {"class": error.rasa_class}
    return got


def _positions(tracker: Tracker) -> list[int]:
    """Say where in the list of all events those stand that count."""
    places = {id(event): index for index, event in enumerate(tracker.events)}
    return [places[id(event)] for event in tracker.applied_events()]
