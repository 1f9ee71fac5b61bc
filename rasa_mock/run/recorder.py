"""What the bot computes on the way to an answer: recorded beside the events of a turn.

A record is a JSON object with `kind`, `offset` (which of the turn's events it belongs
to) and, where it has one, `time`:

    parse       the message: intent, ranking, entities, and the slots that it filled
    prediction  the action, the policy, its confidence, the rules or stories that
                decided, and what every policy had proposed
    call        an action: the request without what the conversation has anyway, the
                answer, status, bytes, seconds
    trace       a variable that an action told by `rasa_mock.trace`
    slot        a slot that was set: its value, and what set it
    timing      seconds of the turn, and of its calls

Values that are large are cut (`summary`), what redaction finds is not written.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from rasa_mock.core.commands import CallAction
from rasa_mock.core.policies.prediction import Choice, Prediction
from rasa_mock.core.traced import entries_of, entry_of
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import Reply
from rasa_mock.run.redaction import Redaction

Json = dict[str, Any]

MOST_RECORDS = 1_000
"""Records of one turn; later ones are counted, and not kept."""

MOST_TURNS = 10_000
"""Conversations whose turns are under way."""

MOST_SCORES = 10
LONGEST_ANSWER = 200_000
"""Bytes of an answer that is read; of a longer one the beginning is kept."""


@dataclass(slots=True, kw_only=True)
class _Turn:
    """What was seen of a turn that has not been saved."""

    begun: float
    records: list[tuple[int, Json]] = field(default_factory=list)
    left_out: int = 0
    calls: dict[str, float] = field(default_factory=dict)

    def add(self, position: int, record: Json) -> None:
        if len(self.records) < MOST_RECORDS:
            self.records.append((position, record))
        else:
            self.left_out += 1


@dataclass(slots=True, kw_only=True)
class Recorder:
    """Gathers records of turns; `decided`, `called` and `records` are its ears.

    Records belong to conversations, so that turns of several may be under way.
    """

    redaction: Redaction = field(default_factory=Redaction)
    now: Callable[[], float] = time.time
    clock: Callable[[], float] = time.perf_counter
    _turns: dict[str, _Turn] = field(init=False, default_factory=dict)
    _lock: RLock = field(init=False, default_factory=RLock)

    def decided(self, tracker: Tracker, choice: Choice) -> None:
        """Note that an action was chosen."""
        record = {
            "kind": "prediction",
            "time": self.now(),
            "action": choice.action,
            "policy": choice.policy,
            "confidence": choice.confidence,
            "because": list(choice.because),
            "candidates": [_candidate(each) for each in choice.considered],
        }
        self._add(tracker, record)

    def called(self, command: CallAction, reply: Reply, elapsed: float) -> None:
        """Note that an action was asked for, and what came back."""
        tracker, action = command.tracker, command.action
        record = {
            "kind": "call",
            "time": self.now(),
            "action": action,
            "seconds": elapsed,
            "status": reply.status,
            "failure": reply.failure,
            "detail": reply.detail,
            "bytes": len(reply.body),
            "request": _request(command),
            **_bounded("answer", _body(reply)),
        }
        self._add(tracker, record)
        with self._lock:
            calls = self._turn(tracker).calls
            calls[action] = calls.get(action, 0.0) + elapsed
        for entry in entries_of(reply.headers):
            traced = {"kind": "trace", "time": self.now(), "action": action, **entry}
            self._add(tracker, traced)

    def _add(self, tracker: Tracker, record: Json) -> None:
        with self._lock:
            self._turn(tracker).add(len(tracker.events), record)

    def _turn(self, tracker: Tracker) -> _Turn:
        turn = self._turns.get(tracker.sender_id)
        if turn is None:
            while len(self._turns) >= MOST_TURNS:
                del self._turns[next(iter(self._turns))]
            turn = self._turns[tracker.sender_id] = _Turn(begun=self.clock())
        return turn

    def records(self, tracker: Tracker, since: int) -> list[Json]:
        """Return the records of a turn whose new events begin at `since`; once."""
        new = tracker.events[since:]
        if not new:
            return []
        with self._lock:
            turn = self._turns.pop(tracker.sender_id, None)
        made = [*_of_events(new), *_seen(turn, since=since, length=len(new))]
        if turn is not None:
            seconds = self.clock() - turn.begun
            timing = {"kind": "timing", "seconds": seconds, "calls": turn.calls}
            made.append({**timing, "left_out": turn.left_out})
        made.sort(key=lambda record: int(record.get("offset", 0)))
        if not self.redaction:
            return made
        secrets = self.redaction.secrets(tracker.slots)
        return [self.redaction.cleaned(record, secrets=secrets) for record in made]


def _seen(turn: _Turn | None, *, since: int, length: int) -> Iterator[Json]:
    """Yield what was noted of the turn; not what was of one that got lost."""
    for position, record in turn.records if turn else ():
        if since <= position <= since + length:
            yield {**record, "offset": min(position - since, length - 1)}


def _of_events(events: Sequence[Mapping[str, Any]]) -> Iterator[Json]:
    """Yield what the events themselves tell: messages, and causes of slots."""
    cause = "event"
    for offset, event in enumerate(events):
        kind = event["event"]
        if kind == "user":
            cause = "message"
            yield _parse(event, offset=offset, slots=_filled(events[offset + 1 :]))
        elif kind == "action":
            cause = str(event["name"])
        elif kind == "slot":
            yield {
                "kind": "slot",
                "offset": offset,
                "time": event.get("timestamp"),
                "name": event["name"],
                "cause": cause,
                **_bounded("value", event.get("value")),
            }


def _parse(event: Mapping[str, Any], *, offset: int, slots: Json) -> Json:
    data = event.get("parse_data") or {}
    intent = data.get("intent") or {}
    return {
        "kind": "parse",
        "offset": offset,
        "time": event.get("timestamp"),
        "text": event.get("text"),
        "intent": intent.get("name"),
        "confidence": intent.get("confidence"),
        "ranking": data.get("intent_ranking") or [],
        "entities": data.get("entities") or [],
        "slots": slots,
    }


def _filled(events: Sequence[Mapping[str, Any]]) -> Json:
    """Return the slots that are set before any action runs: the message filled them."""
    slots: Json = {}
    for event in events:
        if event["event"] in ("action", "user"):
            break
        if event["event"] == "slot":
            slots |= {event["name"]: entry_of("", event.get("value"))["value"]}
    return slots


def _candidate(prediction: Prediction) -> Json:
    best = sorted(prediction.scores.items(), key=lambda pair: -pair[1])[:MOST_SCORES]
    return {
        "policy": prediction.policy,
        "priority": prediction.priority,
        "scores": dict(best),
        "because": list(prediction.because),
    }


def _request(command: CallAction) -> Json:
    """Describe a request: the tracker without its events, which are in the store."""
    tracker = command.tracker
    state = tracker.current_state("NONE")
    state["events"] = len(tracker.events)
    return {
        "next_action": command.action,
        "sender_id": tracker.sender_id,
        "tracker": entry_of("", state)["value"],
    }


def _body(reply: Reply) -> Any:
    text = reply.body[:LONGEST_ANSWER].decode("utf-8", "replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _bounded(key: str, value: Any) -> Json:
    """Return a value under a key, cut if it is large."""
    entry = entry_of("", value)
    summary = {"summary": True} if "summary" in entry else {}
    return {key: entry["value"], **summary}
