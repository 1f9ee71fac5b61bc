"""Files that can be looked at: what their JSON says of conversations and of runs.

Known are trackers (Rasa's and ours: what `GET .../tracker` gives, what the shell saves,
what stores keep), lists of events, events one a line as an event broker writes them,
requests to action servers, recorded conversations, exports of the viewer and the NDJSON
reports of `rasa-mock check`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rasa_mock.core.findings import SEVERITIES

Json = dict[str, Any]

RUN_TYPES = ("run_started", "finding", "action_finished", "run_finished")
UNNAMED = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A conversation in a file, with its records."""

    sender_id: str
    events: list[Json]
    variables: Sequence[Json] = ()

    @property
    def time(self) -> float:
        """When it last changed, in seconds since the epoch; 0 if that is not known."""
        times = [event.get("timestamp") for event in self.events]
        known = [time for time in times if isinstance(time, int | float)]
        return float(known[-1]) if known else 0.0


@dataclass(slots=True, kw_only=True)
class Contents:
    """What was found in files; `left_out` counts what is neither."""

    talks: list[Talk] = field(default_factory=list)
    run: list[Json] = field(default_factory=list)
    loose: dict[str, list[Json]] = field(default_factory=dict)
    left_out: int = 0

    def take(self, value: Any) -> None:
        """Take one document of a file."""
        if isinstance(value, Mapping):
            self._take_object(dict(value))
        elif isinstance(value, list) and value and all(map(_is_event, value)):
            self.talks += _by_sender(value)
        elif isinstance(value, list) and value:
            for item in value:
                self.take(item)
        else:
            self.left_out += 1

    def finished(self) -> Contents:
        """Return this, with loose events gathered to conversations."""
        self.talks += [
            Talk(sender_id=sender_id, events=events)
            for sender_id, events in self.loose.items()
        ]
        self.loose = {}
        return self

    def _take_object(self, value: Json) -> None:
        if value.get("type") in RUN_TYPES:
            self.run.append(value)
        elif _is_event(value):
            self.loose.setdefault(_sender(value), []).append(value)
        else:
            found = list(_talks(value))
            self.talks += found
            self.left_out += not found


def _is_event(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("event"), str)


def _by_sender(events: list[Json]) -> list[Talk]:
    """Part a list of events by what they say of their senders."""
    parts: dict[str, list[Json]] = {}
    for event in events:
        parts.setdefault(_sender(event), []).append(event)
    return [Talk(sender_id=sender, events=part) for sender, part in parts.items()]


def _sender(event: Mapping[str, Any]) -> str:
    return str(event.get("sender_id") or UNNAMED)


def _talks(value: Json) -> Iterator[Talk]:
    for look in KINDS:
        found = look(value)
        if found is not None:
            yield found
            return
    inner = value.get("trackers") or value.get("conversations")
    if isinstance(inner, Mapping):
        inner = list(inner.values())
    for item in inner if isinstance(inner, list) else ():
        if isinstance(item, Mapping):
            yield from _talks(dict(item))


def _tracker(value: Json) -> Talk | None:
    """Read a tracker: a list of events, and a sender."""
    events = value.get("events")
    if not isinstance(events, list) or not all(map(_is_event, events)):
        return None
    sender_id = value.get("sender_id") or value.get("name") or value.get("sender")
    variables = value.get("variables")
    records = variables if isinstance(variables, list) else []
    return Talk(
        sender_id=str(sender_id or UNNAMED),
        events=events,
        variables=[each for each in records if isinstance(each, dict)],
    )


def _request(value: Json) -> Talk | None:
    """Read the tracker of a request to an action server."""
    tracker = value.get("tracker")
    return _tracker(tracker) if isinstance(tracker, dict) else None


def _recording(value: Json) -> Talk | None:
    """Read a recorded conversation: the last tracker that was shown, and the calls."""
    steps = value.get("steps")
    if not isinstance(steps, list):
        return None
    shown = [found for step in steps for found in _trackers_in(step)]
    if not shown:
        return None
    talk = max(shown, key=lambda each: len(each.events))
    sender_id = str(value.get("sender") or talk.sender_id)
    calls = [
        record
        for step in steps
        if isinstance(step, Mapping)
        for call in step.get("action_calls") or ()
        if (record := _call(call)) is not None
    ]
    return Talk(sender_id=sender_id, events=talk.events, variables=calls)


def _trackers_in(step: Any) -> Iterator[Talk]:
    if not isinstance(step, Mapping):
        return
    for name in ("response", "tracker", "tracker_after"):
        found = step.get(name)
        talk = _tracker(found) if isinstance(found, dict) else None
        if talk is not None:
            yield talk


def _call(call: Any) -> Json | None:
    """Make the record of a recorded call of an action."""
    if not isinstance(call, Mapping) or not isinstance(call.get("request"), Mapping):
        return None
    request = call["request"]
    events = (request.get("tracker") or {}).get("events")
    position = len(events) if isinstance(events, list) else 0
    return {
        "kind": "call",
        "turn": 0,
        "index": position,
        "action": request.get("next_action"),
        "status": call.get("status"),
        "request": request,
        "response": call.get("response"),
    }


KINDS: tuple[Callable[[Json], Talk | None], ...] = (_tracker, _request, _recording)


def run_of(lines: Iterable[Json], *, title: str) -> Json:
    """Put the lines of a report together to one run."""
    findings: list[Json] = []
    actions: list[Json] = []
    facts: dict[str, Json] = {}
    for line in lines:
        content = {key: value for key, value in line.items() if key != "type"}
        if line["type"] == "finding":
            findings.append(content)
        elif line["type"] == "action_finished":
            actions.append(content)
        else:
            facts[line["type"]] = content
    counts = dict.fromkeys(SEVERITIES, 0)
    for finding in findings:
        severity = finding.get("severity")
        if isinstance(severity, str):
            counts[severity] = counts.get(severity, 0) + 1
    return {
        "title": title,
        "counts": counts,
        "started": facts.get("run_started", {}),
        "finished": facts.get("run_finished", {}),
        "actions": actions,
        "findings": findings,
    }
