"""Hold recorded conversations again, over HTTP, with the recorded action server.

Times in what is sent are moved to now: dates of reminders and timestamps of events are
as far from the moment of sending as they were when they were recorded.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from rasa_mock.core.diff import differences
from rasa_mock.run.conformance.aside import comparable
from rasa_mock.run.conformance.timing import Times

if TYPE_CHECKING:
    import httpx

# Written by Rasa itself: the wording quotes Python, the status is compared.
WORDED = ("message", "help")
# Headers that say how an answer was sent, not what it is.
OF_THE_WIRE = ("content-length", "connection")
# A time below is no time of the recording.
PAST = 1_700_000_000


class Recording:
    """A recorded conversation that is held again with a server at `url`."""

    def __init__(self, case, *, client, stub, now, wait):
        self.case = case
        self.client = client
        self.stub = stub
        self.now = now
        self.wait = wait
        self.times = Times(case["steps"])
        self.recorded_at = 0.0
        self.found = []

    def play(self):
        steps = self.case["steps"]
        for index, step in enumerate(steps):
            self.pointer = f"/steps/{index}"
            self.calls = [call for call in step["action_calls"] if "request" in call]
            self.is_cut = len(self.calls) < len(step["action_calls"])
            self.asked = 0
            self.recorded_at = self.time_of(step, later=steps[index + 1 :])
            self.stub.answer = self.answer
            if "wait_s" in step:
                self.wait(step["wait_s"])
            else:
                self.request(step)
            if self.asked != len(self.calls) and not self.is_cut:
                self.differ("/action_calls", len(self.calls), self.asked)
        return self.found

    def time_of(self, step, *, later):
        """Return when a step was recorded, as near as that can be told."""
        if (step.get("request") or {}).get("method") == "PUT":
            # Its events say when they were, not when they were sent.
            step = next(
                (each for each in later if each["request"]["method"] != "GET"), step
            )
        time = self.times.of(step, after=self.recorded_at)
        if time is not None:
            return time
        dates = json.dumps(step).partition('"date_time": "')[2].partition('"')[0]
        # The reminders of the recording were set two seconds ahead.
        at = seconds(dates)
        return self.recorded_at if at is None else at - 2

    def request(self, step):
        request = step["request"]
        body = request["body"]
        text = body if isinstance(body, str) else json.dumps(self.moved(body))
        headers = dict(request["headers"] or {})
        if body is not None and not isinstance(body, str):
            headers["content-type"] = "application/json"
        answer = self.client.request(
            request["method"],
            request["path"],
            params=request["params"],
            content=None if body is None else text,
            headers=headers,
        )
        if self.is_cut:
            return
        if answer.status_code != step["status"]:
            self.differ("/status", step["status"], answer.status_code)
            return
        self.compare(step["response"], body_of(answer), place="/response")
        if step["response_headers"] is not None:
            expected, got = (
                {
                    name.lower(): value
                    for name, value in headers.items()
                    if name.lower() not in OF_THE_WIRE
                }
                for headers in (step["response_headers"], answer.headers)
            )
            self.compare(expected, got, place="/response_headers")

    def answer(self, request):
        """Answer an action as it was answered."""
        index = self.asked
        self.asked += 1
        name = request["next_action"]
        if index >= len(self.calls):
            if not self.is_cut:
                self.differ("/action_calls", "no such call", name)
            same = [c for c in self.calls if c["request"]["next_action"] == name]
            return self.reply((same or self.calls)[-1])
        call = self.calls[index]
        for key in ("next_action", "sender_id", "tracker"):
            place = f"/action_calls/{index}/request/{key}"
            self.compare(call["request"][key], request[key], place=place)
        return self.reply(call)

    def reply(self, call):
        body = call["response"]
        text = body if isinstance(body, str) else json.dumps(self.moved(body))
        return call["status"], text.encode()

    def moved(self, value):
        """Return a value with its times moved from the recording's to ours."""
        if isinstance(value, list):
            return [self.moved(item) for item in value]
        if not isinstance(value, dict):
            return value
        ahead = self.now() - self.recorded_at
        twin = {key: self.moved(item) for key, item in value.items()}
        at = seconds(value.get("date_time"))
        if at is not None:
            at += ahead
            twin["date_time"] = datetime.fromtimestamp(at, tz=timezone.utc).isoformat()
        if isinstance(value.get("timestamp"), float) and value["timestamp"] > PAST:
            twin["timestamp"] = value["timestamp"] + ahead
        return twin

    def compare(self, expected, got, *, place):
        self.found += differences(
            tidied(comparable(expected)),
            tidied(comparable(got)),
            pointer=self.pointer + place,
        )

    def differ(self, place, expected, got):
        self.found.append((self.pointer + place, expected, got))


def tidied(value):
    """Return a JSON value without what differs by the moment of a replay."""
    if isinstance(value, list):
        return [tidied(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: tidied(item) for key, item in value.items() if key != "date_time"}
    if kept.get("status") == "failure":
        kept = {key: item for key, item in kept.items() if key not in WORDED}
    if "model_file" in kept:
        kept.pop("model_file")
    return kept


def body_of(answer: httpx.Response):
    if answer.headers.get("content-type") == "application/json":
        return answer.json()
    return answer.text


def seconds(date):
    """Read a date, None if it is none; the recorder's zone was UTC."""
    try:
        moment = datetime.fromisoformat(date)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment.timestamp()
