"""The records of a turn: JSON objects that say what was computed.

Each has `kind` and `offset`, the index of the event among the turn's new ones that it
belongs to; most have `time`, in seconds since the epoch.  Spans (`elapsed`) are in
seconds.  docs/variables.md says what each kind has.

What is too large is cut, and marked `cut`: at first single texts and lists, then the
whole.  Of a request the events are left out, since they are in the store anyway, and
the domain.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_mock.core.commands import CallAction
from rasa_mock.core.findings import Finding
from rasa_mock.core.policies.prediction import Choice, Prediction
from rasa_mock.core.traced import entry_of
from rasa_mock.core.urls import public_url
from rasa_mock.core.wire import Reply

Json = dict[str, Any]
Events = Sequence[Mapping[str, Any]]

MOST_SCORES = 10
LONGEST_BODY = 1_000_000
"""Bytes of an answer that are read as JSON; of a longer one the beginning is shown."""

RULES = "RulePolicy"
# Knows no NaN, which is no JSON.
STRICT = json.JSONEncoder(allow_nan=False)
RESETS = ("restart", "reset_slots", "session_started")
LOOKS_BACK = ("undo", "rewind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How large records may be: bytes of one, bytes and number of those of a turn."""

    record: int = 32_000
    turn: int = 256_000
    records: int = 1_000


LIMITS = Limits()
# Of a record that is cut these stay, whatever the others are.
HEAD = (
    *("kind", "offset", "time", "action", "name", "elapsed", "lost"),
    *("status", "failure", "request_bytes", "response_bytes", "attempts", "url"),
    *("rule", "severity", "policy", "confidence", "cause"),
)


# One kind each.


def parse_record(data: Mapping[str, Any], *, elapsed: float) -> Json:
    """Say what a message was understood as."""
    return {"kind": "parse", **data, "elapsed": elapsed}


def prediction_record(
    choice: Choice,
    *,
    places: Mapping[tuple[bool, str], tuple[str | None, int | None]],
    elapsed: float,
) -> Json:
    """Say what was predicted, and what every policy has proposed."""
    candidates = [_candidate(each, places) for each in choice.considered]
    record = {
        "kind": "prediction",
        "action": choice.action,
        "policy": choice.policy,
        "confidence": choice.confidence,
        "candidates": candidates,
        "elapsed": elapsed,
    }
    if choice.because:
        by_rule = choice.policy == RULES
        record["reason"] = _reason(choice.because, places, by_rule=by_rule)
    elif not choice.considered:
        record["reason"] = choice.policy
    return record


def _candidate(prediction: Prediction, places: Any) -> Json:
    best = sorted(prediction.scores.items(), key=lambda pair: -pair[1])[:MOST_SCORES]
    candidate: Json = {
        "policy": prediction.policy,
        "priority": prediction.priority,
        "scores": dict(best),
    }
    if len(prediction.scores) > MOST_SCORES:
        candidate["left_out"] = len(prediction.scores) - MOST_SCORES
    if prediction.because:
        by_rule = prediction.policy == RULES
        candidate["reason"] = _reason(prediction.because, places, by_rule=by_rule)
    return candidate


def _reason(names: Iterable[str], places: Any, *, by_rule: bool) -> str:
    """Name the rules or stories that decided, with file and line."""
    kind = "rule" if by_rule else "story"
    return "; ".join(_placed(name, places, kind=kind) for name in names)


def _placed(name: str, places: Any, *, kind: str) -> str:
    """Write a rule, a story, or several that are joined at checkpoints."""
    known = [places.get((kind == "rule", part)) for part in name.split(" + ")]
    if not any(known):
        return name
    where = ", ".join(f"{place[0]}:{place[1]}" for place in known if place)
    return f"{kind} {name!r} ({where})"


def state_of(command: CallAction) -> Json:
    """Return what an action is asked that nobody is sent: a stub, say."""
    tracker = command.tracker
    return {
        "next_action": command.action,
        "sender_id": tracker.sender_id,
        "tracker": {
            "sender_id": tracker.sender_id,
            "slots": tracker.slots,
            "latest_message": tracker.latest_message,
            "latest_action_name": tracker.latest_action_name,
            "active_loop": dict(tracker.active_loop),
            "events": range(len(tracker.history.events)),
        },
    }


def call_record(
    reply: Reply, *, action: str, asked: Mapping[str, Any] | None, elapsed: float
) -> Json:
    """Say what an action was asked, and what it answered.

    `asked` stands for a request that nobody was sent.
    """
    sent = reply.sent
    payload = asked if sent is None else sent.payload
    return {
        "kind": "call",
        "action": action,
        "url": None if sent is None else public_url(sent.url),
        "status": reply.status,
        "failure": reply.failure,
        **({"detail": reply.detail} if reply.detail else {}),
        "request_bytes": None if sent is None else len(sent.body),
        "response_bytes": len(reply.body),
        "elapsed": elapsed,
        "attempts": reply.attempts,
        "request": _request(payload or {}),
        "response": _body(reply),
    }


def _request(payload: Mapping[str, Any]) -> Json:
    """Return a request without what is known anyway: its events and its domain."""
    request = dict(payload)
    state = request.get("tracker")
    if isinstance(state, Mapping) and "events" in state:
        events = {"left_out": len(state["events"] or ())}
        request["tracker"] = {**state, "events": events}
    if "domain" in request:
        request["domain"] = {"left_out": True}
    return request


def _body(reply: Reply) -> Any:
    text = reply.body[:LONGEST_BODY].decode("utf-8", "replace")
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return text


def finding_record(finding: Finding) -> Json:
    """Say what is wrong."""
    told = ("rule", "severity", "title", "message", "action", "pointer", "hint", "rasa")
    return {"kind": "finding", **{name: getattr(finding, name) for name in told}}


# Slots.


def slot_records(
    events: Events,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    initial: Mapping[str, Any],
    causes: Mapping[int, Json],
) -> Iterator[Json]:
    """Yield how slots have changed, event by event, and why.

    `causes` are those that the core told, by the event's identity; what it did not tell
    comes from the action that was logged before.
    """
    slots, action, latest = dict(before), "", 0
    for offset, event in enumerate(events):
        kind = event["event"]
        if kind == "action":
            action = str(event["name"])
        elif kind == "slot":
            name, value = event["name"], event.get("value")
            cause = causes.get(id(event)) or _of_action(action)
            change = _change(name, slots.get(name), value)
            yield {**change, "offset": offset, **_told(cause), **_time_of(event)}
            slots[name] = value
        elif kind in RESETS or kind in LOOKS_BACK:
            latest = offset
            if kind in RESETS:
                yield from _reset(event, slots, initial=initial, offset=offset)
    if any(event["event"] in LOOKS_BACK for event in events):
        yield from _gone_back(events, slots, after=after, offset=latest)


def _change(name: str, before: Any, after: Any) -> Json:
    return {"kind": "slot", "name": name, "before": before, "after": after}


def _time_of(event: Mapping[str, Any]) -> Json:
    return {"time": event["timestamp"]} if "timestamp" in event else {}


def _of_action(action: str) -> Json:
    return {"by": "action", "action": action} if action else {"by": "event"}


def _told(cause: Json) -> Json:
    """Write a cause in words, and the mapping as the domain has it."""
    by = cause["by"]
    if by == "action":
        return {"cause": f"action {cause['action']}"}
    if by != "mapping":
        return {"cause": by}
    mapping = cause["mapping"]
    what = mapping.get("entity") or mapping.get("intent") or ""
    outside = " of an intent from outside" if cause.get("external") else ""
    if "reminder" in cause:
        outside = f" of the reminder {cause['reminder']}"
    said = f"mapping {mapping.get('type')} {what}".strip()
    return {"cause": f"{said}{outside}", "mapping": mapping}


def _reset(
    event: Mapping[str, Any],
    slots: dict[str, Any],
    *,
    initial: Mapping[str, Any],
    offset: int,
) -> Iterator[Json]:
    """Yield the slots to which an event has given back their first values."""
    cause = {"cause": event["event"], **_time_of(event)}
    for name, value in list(slots.items()):
        first = initial.get(name)
        if value != first:
            yield {**_change(name, value, first), "offset": offset, **cause}
            slots[name] = first


def _gone_back(
    events: Events, slots: Mapping[str, Any], *, after: Mapping[str, Any], offset: int
) -> Iterator[Json]:
    """Yield what an event that takes others back has changed."""
    cause = {"cause": events[offset]["event"], **_time_of(events[offset])}
    for name, value in after.items():
        if slots.get(name) != value:
            yield {**_change(name, slots.get(name), value), "offset": offset, **cause}


# Sizes.


def finished(records: Iterable[Json], *, limits: Limits) -> Iterator[Json]:
    """Yield records that are JSON and no larger than they may be."""
    left = limits.turn
    for record in records:
        small, size = _bounded(record, limit=min(limits.record, max(left, 0)))
        left -= size
        yield small


def _bounded(record: Json, *, limit: int) -> tuple[Json, int]:
    """Return a record within its limit, and its size."""
    size = _size(record)
    if size is not None and size <= limit:
        return record, size
    summed = _summed(record)
    size = _size(summed) or 0
    if size > limit:
        summed = _head(record)
        size = _size(summed) or 0
    return summed, size


def _size(value: Any) -> int | None:
    """Return the size as JSON; None for what is none."""
    try:
        return len(STRICT.encode(value))
    except (TypeError, ValueError, RecursionError):
        return None


def _summed(record: Json) -> Json:
    """Cut long texts and lists, and describe what is no JSON."""
    fields: Json = {}
    for key, value in record.items():
        entry = entry_of("", value)
        fields[key] = entry["value"]
        if "summary" in entry:
            fields["cut"] = True
    return fields


def _head(record: Json) -> Json:
    """Return what a record is about, without what it says."""
    small = {
        key: value
        for key, value in _summed(record).items()
        if key in HEAD and len(str(value)) <= LONGEST_HEAD
    }
    return {**small, "cut": True}


LONGEST_HEAD = 300
