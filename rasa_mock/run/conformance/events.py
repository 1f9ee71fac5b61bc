"""Recordings of what events do to a tracker: one case is a domain and a list of events.

Imitated is the recorder, too: it added the events one at a time, looked at the tracker
after each, saved it in a store at the end, and read it back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rasa_mock.core.accepts import verdict
from rasa_mock.core.diff import Difference, differences
from rasa_mock.core.domain import Domain
from rasa_mock.core.events import read_event
from rasa_mock.core.tracker import Tracker
from rasa_mock.errors import DataError
from rasa_mock.run.conformance.base import (
    Json,
    Tools,
    compare,
    error_of,
    make_domain,
    make_restored,
    make_tracker,
    need,
    not_understood,
    recorded_error,
)

UNKNOWN_SLOT = (
    "Tried to set non existent slot '{name}'. Make sure you added all your slots to "
    "your domain file."
)
KEYS = ("id", "domain", "sender_id", "events", "expected")
OTHER_KEYS = ("family", "domain_name", "note", "max_event_history")
# Compared on their own, or, like most log lines, not at all.
APART = ("error", "list_error", "logged", "files", "stored", "stored_full")


def check_case(case: Json, tools: Tools) -> Iterator[Difference]:
    """Yield where a case differs from what came out here."""
    need(case, *KEYS)
    yield from not_understood(case, (*KEYS, *OTHER_KEYS))
    expected = case["expected"]
    need(expected, "error", "schema")
    yield from compare({"schema": expected["schema"]}, {"schema": _schema(case)})
    failure: DataError | None = None
    domain = None
    try:
        domain = make_domain(case["domain"])
    except DataError as error:
        failure = error
    if failure is None:
        run = _Run(case=case, domain=domain)
        failure = run.play()
        yield from compare(expected, run.report(), ignored=("schema", *APART))
        yield from _compare_rest(expected, run, tools=tools)
    elif "state" in expected:
        yield Difference(pointer="/state", expected="a state", got=str(failure))
    yield from compare(
        {"error": recorded_error(expected["error"])}, {"error": error_of(failure)}
    )


def _schema(case: Json) -> Json:
    refused = [list(pair) for pair in verdict(case["events"])]
    return {"valid": not refused, "errors": refused}


@dataclass(slots=True, kw_only=True)
class _Run:
    """One case, played event by event.

    `indexes` says which input event stands behind each logged one; an event that
    could not be applied is logged, but stands behind none.
    """

    case: Json
    domain: Domain | None
    tracker: Tracker = field(init=False)
    initial: Json = field(init=False)
    skipped: list[int] = field(default_factory=list)
    state_after: list[Json | None] = field(default_factory=list)
    indexes: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tracker = make_tracker(self.case, (), domain=self.domain)
        self.initial = self.tracker.current_state()

    def play(self) -> DataError | None:
        """Add the events; return the error that stopped it."""
        tracker = self.tracker
        for index, event in enumerate(self.case["events"]):
            try:
                logged = tracker.update(event)
            except DataError as error:
                error.index = index
                return error
            if not logged:
                self.skipped.append(index)
                self.state_after.append(None)
                continue
            if tracker.events:
                self.indexes[id(tracker.events[-1])] = index
            self.state_after.append(_summary(tracker))
        return None

    def report(self) -> Json:
        """Return what is compared with the recording, by its names."""
        tracker = self.tracker
        return {
            "initial": self.initial,
            "skipped": self.skipped,
            "state_after": self.state_after,
            "state": tracker.current_state(),
            "applied_idx": self._indexes_of(tracker.applied_events()),
            "after_restart_idx": self._indexes_of(tracker.events_after_restart()),
            "active_loop_name": tracker.active_loop_name,
            "requested_slot": tracker.requested_slot,
            "slots_set": sorted(tracker.slots_set, key=str),
            "latest_bot": tracker.latest_bot_utterance,
        }

    def _indexes_of(self, events: list[Json]) -> list[int | None]:
        return [self.indexes.get(id(event)) for event in events]


def _summary(tracker: Tracker) -> Json:
    loop = tracker.active_loop
    message = tracker.latest_user_event
    return {
        "slots": tracker.slots,
        "paused": tracker.paused,
        "followup": tracker.followup_action,
        "loop": [loop["name"], loop["is_interrupted"], loop["rejected"]]
        if loop
        else None,
        "action": tracker.latest_action_name,
        "text": None if message is None else message["text"],
        "n_entities": len(tracker.latest_message["entities"]),
        "bot": tracker.latest_bot_utterance["text"],
        "n_applied": len(tracker.applied_events()),
    }


def _compare_rest(expected: Json, run: _Run, *, tools: Tools) -> Iterator[Difference]:
    """Compare what needs more than a look at the tracker."""
    unknown = list(run.tracker.unknown_slots)
    if "stored" in expected or "stored_full" in expected:
        full, last = _stored(run)
        unknown += [*full.unknown_slots, *last.unknown_slots]
        state = run.tracker.current_state()
        for name, tracker in (("stored_full", full), ("stored", last)):
            got = _changed(state, tracker.current_state())
            yield from compare({name: expected[name]}, {name: got})
    yield from differences(
        _unknown_slot_lines(expected.get("logged", [])),
        sorted({UNKNOWN_SLOT.format(name=name) for name in unknown}),
        pointer="/logged",
    )
    yield from differences(
        recorded_error(expected.get("list_error")),
        error_of(_list_error(run.case["events"], run.tracker)),
        pointer="/list_error",
    )
    written = {
        name: tools.read_yaml(text) for name, text in expected.get("files", {}).items()
    }
    yield from differences(written, _files(run.tracker), pointer="/files")


def _stored(run: _Run) -> tuple[Tracker, Tracker]:
    """Save the tracker and read it back: whole, and its last session."""
    kept = json.loads(json.dumps(run.tracker.events))
    full = make_restored(run.case, kept, domain=run.domain)
    return full, full.last_session()


def _changed(before: Json, after: Json) -> Json | None:
    return {name: after[name] for name in after if after[name] != before[name]} or None


def _unknown_slot_lines(logged: list[list[str]]) -> list[str]:
    start = UNKNOWN_SLOT.partition("{")[0]
    return sorted(line for _, line in logged if line.startswith(start))


def _list_error(events: list[Any], tracker: Tracker) -> DataError | None:
    try:
        for event in events:
            read_event(event, tracker.source)
    except DataError as error:
        return error
    return None


def _files(tracker: Tracker) -> Json:
    files: Json = {}
    for path, steps in tracker.exports:
        story = {"story": tracker.sender_id, "steps": steps}
        files.setdefault(path, {"version": "3.1", "stories": []})
        files[path]["stories"].append(story)
    return files
