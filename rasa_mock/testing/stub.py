"""A fake action server, for tests of a bot or of a client of action servers.

Answers are given per action; calls are recorded; in the end it says which answers were
never asked for, and which calls nobody had expected.  It can be reached in three ways:
as a real port (`url`), on routes of respx (`mount`), and without any network, as the
action client of a `Conversation`.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rasa_mock.core.wire import ActionRequest, Reply
from rasa_mock.errors import UsageError
from rasa_mock.testing.differences import in_paragraph, same, shown, slot_lines
from rasa_mock.testing.stub_server import StubServer

Json = dict[str, Any]
CONTENT_TYPE = "application/json"
HEALTH, ACTIONS, WEBHOOK = "/health", "/actions", "/webhook"
USUAL_URL = f"http://localhost:5055{WEBHOOK}"


@dataclass(slots=True, kw_only=True)
class Answer:
    """What is answered to calls of one action, `times` times (None: from then on).

    `when` is given the request as a JSON object, and says whether it answers that.
    `make` is given the request, too, and makes the body.
    """

    action: str
    status: int = 200
    body: Any = None
    delay: float = 0.0
    times: int | None = None
    when: Callable[[Json], bool] | None = None
    make: Callable[[Json], Any] | None = None
    used: int = 0

    def fits(self, payload: Json) -> bool:
        """Tell whether it answers a request."""
        if self.times is not None and self.used >= self.times:
            return False
        return self.when is None or bool(self.when(payload))

    def written(self, payload: Json) -> Reply:
        """Return the answer to a request."""
        body = self.body if self.make is None else self.make(payload)
        if isinstance(body, Reply):
            return body
        if self.status == 500 and isinstance(body, Mapping):
            body = {**body, "request_body": payload}
        if self.make is not None and isinstance(body, Mapping | list | tuple):
            events = body if isinstance(body, list | tuple) else ()
            given = body if isinstance(body, Mapping) else {}
            body = {"events": [*events], "responses": [], **given}
        return reply_of(self.status, body)


@dataclass(frozen=True, slots=True, kw_only=True)
class StubCall:
    """One call: the request as it came, and whether an answer was there for it."""

    action: str
    payload: Json
    headers: Mapping[str, str] = field(default_factory=dict)
    expected: bool = True

    @property
    def tracker(self) -> Json:
        """The tracker that was sent."""
        tracker = self.payload.get("tracker")
        return tracker if isinstance(tracker, dict) else {}

    @property
    def slots(self) -> Json:
        """The slots that were sent."""
        return self.tracker.get("slots") or {}

    @property
    def text(self) -> str | None:
        """The text of the latest message."""
        text: str | None = (self.tracker.get("latest_message") or {}).get("text")
        return text

    @property
    def sender_id(self) -> str | None:
        """Whose conversation it is."""
        sender: str | None = self.payload.get("sender_id")
        return sender

    def __str__(self) -> str:
        filled = {
            name: value for name, value in self.slots.items() if value is not None
        }
        return f"{self.action} for {self.sender_id!r}, slots {shown(filled)}"


class RasaStub:
    """A fake action server; the fixture `rasa_stub`.

    `allow_unused` and `allow_unexpected` put up with answers that nobody asked for, and
    with calls that have no answer (they get rasa-sdk's 404).
    """

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.calls: list[StubCall] = []
        self.allow_unused = False
        self.allow_unexpected = False
        self._lock = threading.Lock()
        self._server: StubServer | None = None

    # What is answered.

    def answer(
        self,
        action: str,
        *,
        events: Sequence[Mapping[str, Any]] = (),
        responses: Sequence[Mapping[str, Any]] = (),
        slots: Mapping[str, Any] | None = None,
        utters: str | Sequence[str] = (),
        status: int = 200,
        body: Any = None,
        delay: float = 0.0,
        times: int | None = None,
        when: Callable[[Json], bool] | None = None,
        using: Callable[[Json], Any] | None = None,
    ) -> Answer:
        """Answer calls of an action.

        `events` and `responses` are those of the answer; `slots` adds an event for each
        slot, `utters` names responses of the domain.  `body` is the whole answer, JSON
        or bytes, and `status` its status.  `using` makes the answer of the request.
        `delay` is in seconds.  Several answers for one action are used in their order,
        the last one from then on, unless `times` bounds it.
        """
        names = [utters] if isinstance(utters, str) else utters
        whole = {
            "events": [
                *map(dict, events),
                *({"event": "slot", "name": n, "value": v} for n, v in _pairs(slots)),
            ],
            "responses": [*map(dict, responses), *({"response": n} for n in names)],
        }
        return self._add(
            Answer(
                action=action,
                status=status,
                body=whole if body is None else body,
                delay=delay,
                times=times,
                when=when,
                make=using,
            )
        )

    def fail(
        self, action: str, error: Exception | str = "it failed", **how: Any
    ) -> Answer:
        """Answer as rasa-sdk does when an action raises: status 500."""
        body = {"error": str(error)}
        return self._add(Answer(action=action, status=500, body=body, **how))

    def reject(self, action: str, message: str | None = None, **how: Any) -> Answer:
        """Answer as rasa-sdk does when an action rejects its execution: status 400."""
        text = message or f"Custom action '{action}' rejected execution."
        body = {"error": text, "action_name": action}
        return self._add(Answer(action=action, status=400, body=body, **how))

    def _add(self, answer: Answer) -> Answer:
        if not isinstance(answer.action, str):
            raise UsageError(f"expected an action's name, got {answer.action!r}")
        self.answers.append(answer)
        return answer

    # Being called.

    def respond(self, payload: Json, *, headers: Mapping[str, str] = {}) -> Reply:
        """Take a call and answer it."""
        action = str(payload.get("next_action"))
        with self._lock:
            answer = self._chosen(action, payload)
            expected = answer is not None
            self.calls.append(
                StubCall(
                    action=action, payload=payload, headers=headers, expected=expected
                )
            )
            if answer is not None:
                answer.used += 1
        if answer is None:
            error = f"No registered action found for name '{action}'."
            return reply_of(404, {"error": error, "action_name": action})
        if answer.delay:
            time.sleep(answer.delay)
        return answer.written(payload)

    def delay_of(self, payload: Json) -> float:
        """Return how long the next answer to a request takes, in seconds."""
        answer = self._chosen(str(payload.get("next_action")), payload)
        return 0.0 if answer is None else answer.delay

    def _chosen(self, action: str, payload: Json) -> Answer | None:
        """Choose the first answer that was not used; else the last that fits."""
        fitting = [
            each
            for each in self.answers
            if each.action == action and each.fits(payload)
        ]
        fresh = [each for each in fitting if each.times is not None or not each.used]
        return next(iter(fresh or fitting[-1:]), None)

    def get(self, path: str) -> Reply:
        """Answer GET of a path as rasa-sdk does."""
        if path == HEALTH:
            return reply_of(200, {"status": "ok"})
        if path == ACTIONS:
            return reply_of(200, [{"name": name} for name in self.list_actions()])
        return reply_of(500, {"error": f"Requested URL {path} not found"})

    def call(self, request: ActionRequest) -> Reply:
        """Take a call without any network, as the client of a Conversation."""
        payload = json.loads(request.body)
        return self.respond(payload, headers=dict(request.headers))

    def list_actions(self) -> tuple[str, ...]:
        """Give the names of the actions that are answered."""
        return tuple(dict.fromkeys(answer.action for answer in self.answers))

    @property
    def url(self) -> str:
        """The webhook of a real port on 127.0.0.1; opened when it is asked for."""
        if self._server is None:
            self._server = StubServer(self)
        return f"{self._server.origin}{WEBHOOK}"

    def mount(
        self, router: Any, *, url: str = f"http://localhost:5055{WEBHOOK}"
    ) -> Any:
        """Add a route for a webhook's URL to a router of respx; return it."""
        from rasa_mock.testing.stub_routes import mount

        return mount(self, router, url=url)

    def close(self) -> None:
        """Close the port."""
        server, self._server = self._server, None
        if server is not None:
            server.close()

    # What was called.

    def calls_of(self, action: str) -> list[StubCall]:
        """Return the calls of one action, in order."""
        return [call for call in self.calls if call.action == action]

    def assert_called(
        self,
        action: str,
        *,
        times: int | None = None,
        slots: Mapping[str, Any] | None = None,
        text: str | None = None,
        sender_id: str | None = None,
    ) -> None:
        """Demand calls of an action: so many, or at least one.

        The last of them has these slots (others may be any), this text and sender.
        """
        __tracebackhide__ = True
        calls = self.calls_of(action)
        count = len(calls)
        if (not count) if times is None else count != times:
            wanted = "at least 1" if times is None else times
            lines = [f"calls: expected {wanted}, got {count}", *self._journal()]
            headline = f"{action} was not called as told:"
            raise AssertionError(in_paragraph(headline, lines))
        if not calls:
            return
        last = calls[-1]
        lines = slot_lines(slots or {}, last.slots)
        for label, value in (("text", text), ("sender_id", sender_id)):
            got = getattr(last, label)
            if value is not None and not same(value, got):
                lines.append(f"{label}: expected {value!r}, got {got!r}")
        if lines:
            raise AssertionError(in_paragraph(f"{action} was called otherwise:", lines))

    def assert_not_called(self, action: str) -> None:
        """Demand that an action was never called."""
        __tracebackhide__ = True
        self.assert_called(action, times=0)

    def problems(self) -> list[str]:
        """Say which answers were not used, and which calls were not expected."""
        lines: list[str] = []
        unused = [each for each in self.answers if _left(each)]
        unexpected = [call for call in self.calls if not call.expected]
        if unused and not self.allow_unused:
            lines += ["answers that nobody asked for:", *map(_told, unused)]
            lines.append("  take them out, or set rasa_stub.allow_unused = True")
        if unexpected and not self.allow_unexpected:
            lines += ["calls that nobody expected:", *(f"  {c}" for c in unexpected)]
            lines.append(
                "  add rasa_stub.answer(...), or set rasa_stub.allow_unexpected = True"
            )
        return [*lines, *self._journal()] if lines else []

    def assert_as_expected(self) -> None:
        """Demand that every answer was used and every call expected."""
        __tracebackhide__ = True
        problems = self.problems()
        if problems:
            raise AssertionError(in_paragraph("rasa_stub:", problems))

    def reset(self) -> None:
        """Forget answers and calls."""
        with self._lock:
            self.answers.clear()
            self.calls.clear()

    def _journal(self) -> list[str]:
        names = ", ".join(call.action for call in self.calls) or "none"
        return [f"all calls in order: {names}"]


def _pairs(slots: Mapping[str, Any] | None) -> Iterator[tuple[str, Any]]:
    yield from (slots or {}).items()


def _left(answer: Answer) -> bool:
    return answer.used < (1 if answer.times is None else answer.times)


def _told(answer: Answer) -> str:
    wanted = 1 if answer.times is None else answer.times
    return f"  {answer.action} (used {answer.used} of {wanted} times)"


def reply_of(status: int, body: Any) -> Reply:
    """Make a reply of a JSON value, or of bytes as they are."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status=status, headers={"Content-Type": CONTENT_TYPE}, body=raw)
