"""Answers that a test gives in place of actions: right ones, slow ones, broken ones.

A stub says what an action answers, for how many calls, and for whom.  Several stubs of
one action are used up one after the other.  What no stub takes goes on to whoever
answered before: the action server, or nobody.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rasa_mock.core.commands import CallAction
from rasa_mock.core.failures import FAILURES
from rasa_mock.core.wire import RASA_VERSION, Reply
from rasa_mock.errors import DataError
from rasa_mock.run.answers import JSON_HEADERS, reply_of
from rasa_mock.run.drivers import AsyncAnswer

Json = dict[str, Any]

# What can be wrong with an answer -> the reply that Rasa gets.
FAULTS: Mapping[str, Reply] = {
    "500": Reply(status=500, headers=JSON_HEADERS, body=b'{"error": "stubbed"}'),
    "rejected": Reply(
        status=400,
        headers=JSON_HEADERS,
        body=b'{"error": "stubbed", "action_name": "stubbed"}',
    ),
    "timeout": Reply(failure="timeout", detail="the answer was not complete in time"),
    "cut": Reply(
        status=200,
        headers=JSON_HEADERS,
        body=b'{"events": [',
        failure="disconnected",
        detail="the connection was cut in the middle of the answer",
    ),
    "refused": Reply(failure="refused", detail=FAILURES["refused"].text),
    "bad_json": Reply(status=200, headers=JSON_HEADERS, body=b'{"events": [}'),
    "empty": Reply(status=200, headers=JSON_HEADERS, body=b""),
}
Heard = Callable[[CallAction, Reply], None]
LONGEST_DELAY = 3600.0
KEYS = (
    *("events", "responses", "status", "headers", "body", "delay", "fault"),
    *("times", "sender"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionStub:
    """What an action answers: a reply, after `delay` seconds.

    `make`, if there is one, makes it from the request.  `times` is for how many calls,
    None for all; `sender` the only conversation it is for.
    """

    reply: Reply = field(default_factory=lambda: reply_of(None))
    make: Callable[[Json], Any] | None = None
    delay: float = 0.0
    times: int | None = None
    sender: str | None = None
    document: Any = None


def read_stub(value: Any) -> ActionStub:
    """Read a stub from JSON: events and responses, or a fault, and more (KEYS).

    A list is taken for events.
    """
    if isinstance(value, list):
        value = {"events": value}
    if not isinstance(value, dict):
        raise _wrong("", f"expected an object or a list of events, got {value!r}")
    for key in value:
        if key not in KEYS:
            raise _wrong(f"/{key}", f"expected one of {', '.join(KEYS)}, got {key!r}")
    return ActionStub(
        reply=_reply(value),
        delay=_number(value, "delay", most=LONGEST_DELAY) or 0.0,
        times=_whole(value, "times"),
        sender=_sender(value),
        document=value,
    )


def read_stubs(values: Sequence[Any]) -> list[ActionStub]:
    """Read stubs that are used up one after the other; the last one stays.

    Each is for one call, unless it says for how many.
    """
    stubs = [read_stub(value) for value in values]
    earlier = [
        replace(stub, times=1) if stub.times is None else stub for stub in stubs[:-1]
    ]
    return [*earlier, *stubs[-1:]]


def _reply(value: Json) -> Reply:
    fault = value.get("fault")
    if fault is not None:
        if str(fault) not in FAULTS:
            known = ", ".join(FAULTS)
            raise _wrong("/fault", f"expected one of {known}, got {fault!r}")
        return FAULTS[str(fault)]
    for key in ("events", "responses"):
        if not isinstance(value.get(key, []), list):
            raise _wrong(f"/{key}", f"expected a list, got {value[key]!r}")
    answer = {key: value[key] for key in ("events", "responses") if key in value}
    reply = reply_of(answer)
    if "body" in value:
        body = value["body"]
        text = body if isinstance(body, str) else json.dumps(body)
        reply = replace(reply, body=text.encode("utf-8", "surrogatepass"))
    headers = value.get("headers", JSON_HEADERS)
    if not isinstance(headers, dict):
        raise _wrong("/headers", f"expected an object, got {headers!r}")
    texts = {str(name): str(text) for name, text in headers.items()}
    status = _whole(value, "status", least=100, most=599)
    return Reply(status=status or 200, headers=texts, body=reply.body)


def _sender(value: Json) -> str | None:
    sender = value.get("sender")
    if not isinstance(sender, str | None):
        raise _wrong("/sender", f"expected the id of a sender, got {sender!r}")
    return sender


def _whole(value: Json, key: str, *, least: int = 0, most: int = 10**9) -> int | None:
    number = _number(value, key, least=least, most=most)
    if number is not None and number != int(number):
        raise _wrong(f"/{key}", f"expected a whole number, got {number!r}")
    return None if number is None else int(number)


def _number(value: Json, key: str, *, least: int = 0, most: float) -> float | None:
    number = value.get(key)
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise _wrong(f"/{key}", f"expected a number, got {number!r}")
    if not least <= number <= most:
        raise _wrong(f"/{key}", f"expected {least} to {most:g}, got {number!r}")
    return number


def _wrong(pointer: str, message: str) -> DataError:
    return DataError(message, pointer=pointer)


class StubbedAnswers:
    """Answers by stubs first, then as before; `heard` is told of the latter."""

    def __init__(self, otherwise: AsyncAnswer, *, heard: Heard) -> None:
        self.otherwise = otherwise
        self._heard = heard
        self._stubs: dict[str, list[ActionStub]] = {}

    async def __call__(self, command: CallAction) -> Reply:
        """Answer one action."""
        stub = self._take(command)
        if stub is None:
            reply = await self.otherwise(command)
            self._heard(command, reply)
            return reply
        if stub.delay:
            await asyncio.sleep(stub.delay)
        if stub.make is None:
            return stub.reply
        return _made(stub.make, command)

    def put(self, action: str, stubs: Sequence[ActionStub]) -> None:
        """Let an action be answered by these, one after the other."""
        self._stubs[action] = list(stubs)

    def all(self) -> dict[str, list[ActionStub]]:
        """Return what is left."""
        return {action: list(stubs) for action, stubs in self._stubs.items()}

    def put_all(self, stubs: Mapping[str, Sequence[ActionStub]]) -> None:
        """Have these stubs and no others."""
        self._stubs = {action: list(each) for action, each in stubs.items()}

    def remove(self, action: str | None = None) -> bool:
        """Forget the stubs of an action, or all; tell whether there were any."""
        if action is not None:
            return self._stubs.pop(action, None) is not None
        found = bool(self._stubs)
        self._stubs.clear()
        return found

    def documents(self) -> dict[str, list[Any]]:
        """Return what is left, as JSON; functions are named only."""
        return {
            action: [_document(stub) for stub in stubs]
            for action, stubs in self._stubs.items()
        }

    def _take(self, command: CallAction) -> ActionStub | None:
        stubs = self._stubs.get(command.action, [])
        for place, stub in enumerate(stubs):
            if stub.sender not in (None, command.tracker.sender_id):
                continue
            if stub.times is None:
                return stub
            if stub.times > 0:
                stubs[place] = replace(stub, times=stub.times - 1)
                return stub
        return None


def _document(stub: ActionStub) -> Any:
    if stub.make is not None:
        return {"function": getattr(stub.make, "__name__", "?")}
    more = {} if stub.times is None else {"times": stub.times}
    return {**(stub.document or {}), **more}


def _made(make: Callable[[Json], Any], command: CallAction) -> Reply:
    request = {
        "next_action": command.action,
        "sender_id": command.tracker.sender_id,
        "tracker": command.tracker.current_state(),
        "version": RASA_VERSION,
    }
    try:
        return reply_of(make(request))
    except Exception as error:  # noqa: BLE001  a stub may fail as a server does
        said = {"error": f"{type(error).__name__}: {error}"}
        return Reply(status=500, headers=JSON_HEADERS, body=json.dumps(said).encode())
