"""What happened: requests and calls of actions, and whether that was expected.

An entry is a JSON object.  A pattern is one, too: what it says must be so in an entry,
objects inside may have more.  Where nothing fits, the entries that come nearest are
told, each with what is different.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rasa_mock.errors import DataError
from rasa_mock.run.answers import NOTHING
from rasa_mock.server.observed import CallSeen, RequestSeen, Seen

Json = dict[str, Any]

KEPT = 10_000
NEAR_MISSES = 3
LONGEST_BODY = 100_000
OWN_PATH = "/__mock__"

REQUEST = "request"
CALL = "call"
SECRET = re.compile(r"token|password|secret|authorization|api_?key", re.IGNORECASE)
HIDDEN = "***"

# What a pattern may ask of an entry; `times` and `only` are about all of them.
FIELDS: Mapping[str, tuple[str, ...]] = {
    CALL: ("action", "sender", "status", "failure", "answered", "slots", "message"),
    REQUEST: ("method", "path", "path_matches", "params", "status", "body", "answer"),
}
ABOUT_ALL = ("kind", "times", "only")
BOUNDS = ("at_least", "at_most")


class Journal:
    """The last entries; an observer of an agent."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        self._entries: deque[Json] = deque(maxlen=KEPT)
        self._count = 0

    def __call__(self, seen: Seen) -> None:
        """Write down a request or a call."""
        entry = None
        if isinstance(seen, CallSeen):
            entry = _call(seen)
        elif isinstance(seen, RequestSeen):
            entry = _request(seen)
        if entry is not None:
            self._count += 1
            self._entries.append({"id": self._count, "at": self._now(), **entry})

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._count = 0

    def entries(self, wanted: Json | None = None) -> list[Json]:
        """Return what fits a pattern, the oldest first."""
        pattern = read_pattern(wanted or {})
        return [entry for entry in self._entries if not differences(pattern, entry)]

    def unmatched(self) -> list[Json]:
        """Return the calls that nobody answered, and requests that led nowhere."""
        return [
            entry
            for entry in self._entries
            if entry.get("answered") is False or entry.get("led_nowhere")
        ]

    def verify(self, wanted: Any) -> Json:
        """Tell whether what was expected arrived, and if not, what came nearest."""
        pattern = read_pattern(wanted)
        if "kind" not in pattern:
            expected = " or ".join(FIELDS)
            raise DataError(f"expected {expected}, got nothing", pointer="/kind")
        least, most = read_times(wanted.get("times"))
        found: list[Json] = []
        others: list[Json] = []
        for entry in self._entries:
            if entry["kind"] == pattern["kind"]:
                (others if differences(pattern, entry) else found).append(entry)
        result: Json = {
            "ok": least <= len(found) and (most is None or len(found) <= most),
            "count": len(found),
            "expected": {"at_least": least, "at_most": most},
        }
        if not result["ok"] and len(found) < least:
            result["near_misses"] = near_misses(pattern, others)
        elif not result["ok"]:
            result["too_many"] = [entry["id"] for entry in found]
        if wanted.get("only"):
            result["not_expected"] = others
            result["ok"] = result["ok"] and not others
        return result


def _call(seen: CallSeen) -> Json:
    tracker = seen.command.tracker
    message = tracker.latest_message
    return {
        "kind": CALL,
        "action": seen.command.action,
        "sender": tracker.sender_id,
        "slots": dict(tracker.slots),
        "message": {
            "text": message.get("text"),
            "intent": (message.get("intent") or {}).get("name"),
        },
        "status": seen.reply.status,
        "failure": seen.reply.failure,
        "answered": seen.reply is not NOTHING,
        "answer": _json_of(seen.reply.body),
        "seconds": round(seen.elapsed, 6),
    }


def _request(seen: RequestSeen) -> Json | None:
    request, answer = seen.request, seen.answer
    if request.path.startswith(OWN_PATH):
        return None
    body = answer.body if isinstance(answer.body, dict) else {}
    return {
        "kind": REQUEST,
        "method": request.method,
        "path": request.path,
        "params": _without_secrets(dict(request.params)),
        "body": _without_secrets(_json_of(request.body)),
        "status": answer.status,
        "answer": answer.body if answer.status >= 400 else None,
        "led_nowhere": answer.status in (404, 405) and "reason" not in body,
        "seconds": round(seen.elapsed, 6),
    }


def _json_of(body: bytes) -> Any:
    if not body:
        return None
    if len(body) > LONGEST_BODY:
        return f"{len(body):,} bytes"
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: HIDDEN
            if SECRET.search(str(key)) and isinstance(each, str)
            else _without_secrets(each)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(each) for each in value]
    return value


def read_pattern(wanted: Any) -> Json:
    """Read a pattern; one that names an action is about calls."""
    if not isinstance(wanted, dict):
        raise DataError(f"expected an object, got {wanted!r}", pointer="")
    about_calls = "action" in wanted
    kind = wanted.get("kind") or (CALL if about_calls else None)
    if kind is None and set(wanted) & set(FIELDS[REQUEST]) - {"status"}:
        kind = REQUEST
    if kind is None and not set(wanted) - set(ABOUT_ALL) - {"sender"}:
        kind = CALL if "sender" in wanted else None
    if kind not in (None, *FIELDS):
        expected = " or ".join(FIELDS)
        raise DataError(f"expected {expected}, got {kind!r}", pointer="/kind")
    known = (*ABOUT_ALL, *FIELDS.get(kind or CALL, ()))
    for key in wanted:
        if key not in known:
            expected = ", ".join(known)
            raise DataError(f"expected {expected}, got {key!r}", pointer=f"/{key}")
    if "path_matches" in wanted:
        _matches(wanted["path_matches"], "")
    asked = {key: value for key, value in wanted.items() if key not in ABOUT_ALL}
    return asked if kind is None else {"kind": kind, **asked}


def read_times(times: Any) -> tuple[int, int | None]:
    """Read how often: a number, or bounds; at least once where nothing is said."""
    if times is None:
        return 1, None
    if isinstance(times, int) and not isinstance(times, bool) and times >= 0:
        return times, times
    if isinstance(times, dict) and times and set(times) <= set(BOUNDS):
        bounds = [times.get(key) for key in BOUNDS]
        if all(each is None or isinstance(each, int) for each in bounds):
            return bounds[0] or 0, bounds[1]
    expected = "a number, or at_least and at_most"
    raise DataError(f"expected {expected}, got {times!r}", pointer="/times")


def differences(pattern: Json, entry: Json) -> list[Json]:
    """Return what of a pattern is not so in an entry."""
    found = []
    for key, wanted in pattern.items():
        got = entry.get("path" if key == "path_matches" else key)
        fits = _matches if key == "path_matches" else contains
        if not fits(wanted, got):
            found.append({"field": key, "expected": wanted, "got": got})
    return found


def contains(wanted: Any, got: Any) -> bool:
    """Tell whether a value is as wanted; objects may have more keys."""
    if isinstance(wanted, dict):
        return isinstance(got, dict) and all(
            key in got and contains(each, got[key]) for key, each in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(got, list)
            and len(wanted) == len(got)
            and all(map(contains, wanted, got))
        )
    return bool(wanted == got) and isinstance(wanted, bool) == isinstance(got, bool)


def _matches(wanted: Any, got: Any) -> bool:
    try:
        return re.search(str(wanted), str(got)) is not None
    except re.error as error:
        message = f"expected a regular expression, got {wanted!r}: {error}"
        raise DataError(message, pointer="/path_matches") from error


def near_misses(pattern: Json, entries: Iterable[Json]) -> list[Json]:
    """Return the entries that come nearest, with what is different in each."""
    told = [
        {"entry": entry, "differences": differences(pattern, entry)}
        for entry in entries
    ]
    return sorted(told, key=lambda miss: len(miss["differences"]))[:NEAR_MISSES]
