"""At what time each step of a recorded conversation took place.

Sessions expire and reminders fire by the clock, so a replay needs the recorded one.
Steps do not say when they were; the trackers in them do, in most cases.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

Json = dict[str, Any]

TICK = 1e-5


class Clock:
    """A clock that goes on a little each time it is looked at."""

    def __init__(self, time: float) -> None:
        self.time = time

    def __call__(self) -> float:
        """Return the time."""
        self.time += TICK
        return self.time

    def reach(self, time: float) -> None:
        """Go on to a time, if that is not past."""
        self.time = max(self.time, time)


def due_time(date: str) -> float:
    """Return the time of a reminder; without a zone it is in that of the recorder."""
    moment = datetime.fromisoformat(date)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment.timestamp()


def trackers_of(step: Mapping[str, Any]) -> Iterator[Json]:
    """Yield the trackers in a step, the first first."""
    for call in step.get("action_calls") or ():
        tracker = (call.get("request") or {}).get("tracker")
        if isinstance(tracker, dict):
            yield tracker
    response = step.get("response")
    if isinstance(response, dict):
        tracker = response.get("tracker", response)
        if isinstance(tracker, dict) and "latest_event_time" in tracker:
            yield tracker


def given_times(steps: Sequence[Mapping[str, Any]]) -> set[Any]:
    """Return the times that a client has put on events: nothing happened then."""
    bodies = [(step.get("request") or {}).get("body") for step in steps]
    return {
        event.get("timestamp")
        for body in bodies
        for event in (body if isinstance(body, list) else [body])
        if isinstance(event, dict)
    }


class Times:
    """The times of a recording's messages and steps."""

    def __init__(self, steps: Sequence[Mapping[str, Any]]) -> None:
        self._said: dict[str, list[float]] = {}
        given = given_times(steps)
        seen = set()
        for step in steps:
            for tracker in trackers_of(step):
                for event in tracker.get("events") or ():
                    mark = (event["event"], event["timestamp"])
                    if event["event"] != "user" or event["timestamp"] in given:
                        continue
                    if mark not in seen:
                        seen.add(mark)
                        texts = self._said.setdefault(str(event.get("text")), [])
                        texts.append(event["timestamp"])

    def of(self, step: Mapping[str, Any], *, after: float) -> float | None:
        """Return when a step took place, None if that cannot be told."""
        body = (step.get("request") or {}).get("body")
        text = body.get("message") if isinstance(body, dict) else None
        if isinstance(text, str):
            times = [t for t in self._said.get(text.strip(), ()) if t > after]
            if times:
                return min(times)
        for tracker in trackers_of(step):
            time = tracker.get("latest_event_time")
            if time is not None:
                return float(time)
        return None
