"""A conversation written as something else: JSON, story, tests, commands.

What is made can be used as it is: the e2e test by `rasa-mock test`, the pytest file
with the fixture `rasa`, the JSON by `rasa-mock view`, the story by `rasa train`.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_mock import clock
from rasa_mock.core.defaults import (
    DEFAULT_ACTIONS,
    FORMAT_VERSION,
    REQUESTED_SLOT,
    UTTER_PREFIX,
)
from rasa_mock.core.domain import Domain
from rasa_mock.core.story import Quoted, make_steps
from rasa_mock.core.tracker import Tracker
from rasa_mock.errors import DataError, UsageError
from rasa_mock.files.dump import dump_yaml
from rasa_mock.files.e2e_shapes import STUB
from rasa_mock.files.shapes import Spot
from rasa_mock.files.yaml import Document
from rasa_mock.stores.base import Stored, begins_session

Json = dict[str, Any]
Records = Sequence[Json]

SLOT = "slot"

SERVER = "http://localhost:5005"
STUB_KEYS = ("text", "buttons", "response", "image", "attachment", "elements", "custom")
WEBHOOK = f"{SERVER}/webhooks/rest/webhook"

PYTEST = '''"""What happened in the conversation {sender}, as a test of its actions.

Needs rasa-mock[test] and the options `--rasa-domain` and `--rasa-actions` (or
`--rasa-action-server`): each action is called in the situation in which it was called,
and has to have the same effect.
"""

from __future__ import annotations

import json

import pytest

from rasa_mock import Tracker

SENDER = {sender}
EVENTS = json.loads(
    {events}
)
# Where in EVENTS an action ran, and which; `xfail` if its answer was wrong then.
CALLS = {calls}
# What differs each time.
VOLATILE = {{"timestamp", "metadata", "message_id"}}


def lasting(events):
    return [{{k: v for k, v in e.items() if k not in VOLATILE}} for e in events]


def effects(position):
    """Return what was logged after the action, up to the next one or a message."""
    end = position + 1
    while end < len(EVENTS) and EVENTS[end]["event"] not in ("action", "user"):
        end += 1
    return EVENTS[position + 1 : end]


@pytest.mark.parametrize(("position", "action"), CALLS)
def test_an_action_does_what_it_did(position, action, rasa, rasa_domain):
    tracker = Tracker.from_events(SENDER, EVENTS[:position], domain=rasa_domain)
    result = rasa.run(action, tracker=tracker)
    expected = Tracker.from_events(SENDER, effects(position), domain=rasa_domain)
    assert lasting(result.outcome.events[1:]) == lasting(expected.events)
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A file: its name and its text."""

    file_name: str
    text: str


def as_json(stored: Stored, records: Records) -> Exported:
    """Write events and records as JSON; `rasa-mock view` reads it again."""
    value = {
        "sender_id": stored.sender_id,
        "events": stored.events,
        "variables": [_relative(record, stored) for record in records],
    }
    return _file(stored, ".json", json.dumps(value, indent=2) + "\n")


def _relative(record: Json, stored: Stored) -> Json:
    """Count the positions of a record from the first event that is written."""
    moved = {
        key: record[key] - stored.first
        for key in ("turn", "index")
        if isinstance(record.get(key), int)
    }
    return {**record, **moved}


def as_story(stored: Stored, _records: Records) -> Exported:
    """Write a story for each session, as Rasa's training data."""
    stories = []
    for name, events in _sessions(stored):
        try:
            tracker = _fold(stored.sender_id, events)
            steps = make_steps(tracker.events)
        except (DataError, LookupError, TypeError, AttributeError) as error:
            raise UsageError(
                f"this conversation cannot be written as a story: {error}"
            ) from error
        if steps:
            stories.append({"story": name, "steps": steps})
    value = {"version": Quoted(FORMAT_VERSION), "stories": stories}
    return _file(stored, "_story.yml", dump_yaml(value))


def as_e2e(
    stored: Stored, records: Records, *, domain: Domain | None = None
) -> Exported:
    """Write a conversation test for each session, as `rasa test e2e` has them.

    An action that always gave the same answer, as far as that was recorded, is a stub;
    others are left to an action server.  Slots that a session begins with are a
    fixture.  Slots that the domain does not have are left out: no test may name them.
    """
    cases: list[Json] = []
    fixtures: list[Json] = []
    stubs: Json = {}
    start = 0
    for name, events in _sessions(stored):
        end = start + len(events)
        known = [event for event in events if _is_known(event, domain)]
        first = next((i for i, each in enumerate(known) if _is_said(each)), len(known))
        steps = [step for event in known[first:] if (step := _test_step(event))]
        given = {e["name"]: e.get("value") for e in known[:first] if e["event"] == SLOT}
        if steps:
            case: Json = {"test_case": name}
            if given:
                case["fixtures"] = [f"session_{len(cases) + 1}"]
                slots = [{key: value} for key, value in given.items()]
                fixtures.append({case["fixtures"][0]: slots})
            cases.append({**case, "steps": steps})
            prefix = f"{name.replace(' ', '_')}::"
            first = stored.first
            mine = [r for r in records if start <= r.get("index", 0) - first < end]
            stubs |= {f"{prefix}{k}": stub for k, stub in _stubs(mine).items()}
        start = end
    parts = {"fixtures": fixtures, "stub_custom_actions": stubs}
    value = {key: part for key, part in parts.items() if part}
    return _file(stored, "_e2e.yml", dump_yaml({**value, "test_cases": cases}))


def _is_known(event: Json, domain: Domain | None) -> bool:
    """Tell whether tests may speak of the slot that an event sets."""
    return event["event"] != SLOT or domain is None or event.get("name") in domain.slots


def _is_said(event: Json) -> bool:
    return event["event"] == "user" and isinstance(event.get("text"), str)


def _stubs(records: Records) -> Json:
    """Return what each action answered; not those that answered this and that."""
    answers: dict[str, list[Any]] = {}
    for record in records:
        if record.get("kind") == "call" and isinstance(record.get("action"), str):
            answers.setdefault(record["action"], []).append(record.get("response"))
    alike = {
        action: _stub(given[0])
        for action, given in answers.items()
        if isinstance(given[0], Mapping) and all(each == given[0] for each in given)
    }
    return {action: stub for action, stub in alike.items() if _is_stub(stub)}


def _is_stub(stub: Json) -> bool:
    """Tell whether conversation tests can say this: they know texts and numbers."""
    try:
        STUB(stub, Spot(document=Document(value=stub)))
    except DataError:
        return False
    return True


def _stub(answer: Mapping[str, Any]) -> Json:
    """Write an answer as a stub: what rasa-sdk writes out of habit is left away."""
    said = (each for each in answer.get("responses") or () if isinstance(each, Mapping))
    responses = [
        {key: each[key] for key in STUB_KEYS if each.get(key) not in (None, [], {})}
        for each in said
    ]
    events = [
        {key: value for key, value in each.items() if key != "timestamp"}
        for each in answer.get("events") or ()
        if isinstance(each, Mapping)
    ]
    return {"events": events, "responses": responses}


def _test_step(event: Json) -> Json | None:
    kind = event.get("event")
    if _is_said(event):
        return {"user": Quoted(event["text"])}
    if kind == "bot":
        response = (event.get("metadata") or {}).get("utter_action")
        if response:
            return {"utter": response}
        return {"bot": Quoted(event["text"])} if event.get("text") else None
    if kind == SLOT and event.get("name") != REQUESTED_SLOT:
        return {"slot_was_set": [{event.get("name"): event.get("value")}]}
    return None


def as_pytest(stored: Stored, records: Records) -> Exported:
    """Write a test file that calls each action again, where it was called."""
    calls = list(_calls(stored, records))
    if not calls:
        raise UsageError("no custom action ran in this conversation: nothing to test")
    wrong = _wrong(records, first=stored.first)
    rows = "".join(f"    {_row(at, name, wrong.get(at))},\n" for at, name in calls)
    text = PYTEST.format(
        sender=json.dumps(stored.sender_id),
        events="\n    ".join(
            repr(line) for line in json.dumps(stored.events, indent=1).split("\n")
        ),
        calls=f"[\n{rows}]",
    )
    name = f"test_{_stem(stored.sender_id)}.py"
    return Exported(file_name=name, text=text)


def _wrong(records: Records, *, first: int) -> dict[int, str]:
    """Return by the index of an action's event which errors were found in its call."""
    wrong: dict[int, list[str]] = {}
    for record in records:
        if record.get("kind") == "finding" and record.get("severity") == "error":
            said = f"{record.get('rule')}: {record.get('message')}"
            wrong.setdefault(record.get("index", 0) - first, []).append(said)
    return {index: "; ".join(said) for index, said in wrong.items()}


def _row(index: int, name: str, wrong: str | None) -> str:
    """Write a call; one that was wrong then is expected to be wrong still."""
    call = f"{index}, {json.dumps(name)}"
    if wrong is None:
        return f"({call})"
    return f"pytest.param({call}, marks=pytest.mark.xfail(reason={json.dumps(wrong)}))"


def _calls(stored: Stored, records: Records) -> Iterator[tuple[int, str]]:
    """Yield where custom actions ran: those that were called, if that is known."""
    called = {r.get("action") for r in records if r.get("kind") == "call"}
    for index, event in enumerate(stored.events):
        name = event.get("name")
        if event.get("event") != "action" or not isinstance(name, str):
            continue
        ours = name.startswith("action_") and name not in DEFAULT_ACTIONS
        if name in called if called else ours and not name.startswith(UTTER_PREFIX):
            yield index, name


def as_curl(
    stored: Stored, records: Records, *, domain: Domain | None = None
) -> Exported:
    """Write the commands that send the messages again, and call the actions again.

    A request that was recorded without its domain gets the one that is given; else an
    empty one, with which rasa-sdk does not ask for it.
    """
    lines = [
        "#!/bin/sh",
        "# Say it again to a bot; rasa-mock serve BOT is one.",
        *(
            _curl(WEBHOOK, {"sender": stored.sender_id, "message": event["text"]})
            for event in stored.events
            if _is_said(event)
        ),
    ]
    content = domain.as_dict() if domain is not None else {}
    calls = [
        _curl(record["url"], _request(record, stored, domain=content))
        for record in records
        if record.get("kind") == "call"
        and isinstance(record.get("url"), str)
        and isinstance(record.get("request"), Mapping)
    ]
    if calls:
        lines += ["# Call the actions again, as they were called.", *calls]
    return _file(stored, ".sh", "\n".join(lines) + "\n")


def _request(record: Json, stored: Stored, *, domain: Json) -> Json:
    """Return the request of a call, with what its record leaves out."""
    request = dict(record["request"])
    tracker = request.get("tracker")
    tracker = dict(tracker) if isinstance(tracker, Mapping) else {}
    events = tracker.get("events")
    if isinstance(events, Mapping) and isinstance(events.get("left_out"), int):
        end = record.get("index", 0) - stored.first
        start = max(0, end - events["left_out"])
        request["tracker"] = {**tracker, "events": stored.events[start:end]}
    sent = request.get("domain")
    if isinstance(sent, Mapping) and "left_out" in sent:
        request["domain"] = domain
    return request


def _curl(url: str, body: Any) -> str:
    content = shlex.quote(json.dumps(body))
    header = "'Content-Type: application/json'"
    return f"curl -s {shlex.quote(url)} -w '\\n' -H {header} -d {content}"


def _sessions(stored: Stored) -> Iterator[tuple[str, list[Json]]]:
    """Yield the events of each session, with a name for it."""
    parts: list[list[Json]] = []
    for event in stored.events:
        if begins_session(event) or not parts:
            parts.append([])
        parts[-1].append(event)
    for number, events in enumerate(parts, start=1):
        name = stored.sender_id
        yield (f"{name}, session {number}" if len(parts) > 1 else name), events


def _fold(sender_id: str, events: Sequence[Json]) -> Tracker:
    return Tracker.from_events(
        sender_id,
        events,
        now=0.0,
        new_id=clock.new_uuid,
        parse_date=clock.parse_date,
    )


def _file(stored: Stored, ending: str, text: str) -> Exported:
    return Exported(file_name=f"{_stem(stored.sender_id)}{ending}", text=text)


def _stem(sender_id: str) -> str:
    """Return what of an id can stand in the name of a file, and in a module's."""
    return re.sub(r"[^A-Za-z0-9]+", "_", sender_id).strip("_")[:60] or "conversation"


EXPORTS: Mapping[str, Callable[..., Exported]] = {
    "json": as_json,
    "story": as_story,
    "e2e": as_e2e,
    "pytest": as_pytest,
    "curl": as_curl,
}

USE_DOMAIN = ("e2e", "curl")
"""Exports that are given the domain, too, if it is known."""
