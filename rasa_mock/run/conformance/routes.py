"""The requests of recorded conversations, and what of the bot answers them.

Only what concerns a conversation: `answer_to` gives None for a request that the HTTP
server answers by itself (see `aside`).  The routes are those of `rasa_mock.run.api`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from rasa_mock.core.commands import Effects
from rasa_mock.core.processor import Processor
from rasa_mock.core.profile import RASA_3_6
from rasa_mock.run.api import base, rest
from rasa_mock.run.api.oddities import EXACT, FIDELITIES
from rasa_mock.run.api.table import Finder
from rasa_mock.run.drivers import Stage

Json = dict[str, Any]

WEBHOOK = "/webhooks/rest/webhook"
# What the replay leaves to the tests of the server.
LEFT_OUT = ("/", "/version", "/status", "/domain")
FIND = Finder(RASA_3_6.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where requests are answered; `perform` carries out the effects."""

    processor: Processor
    stage: Stage
    perform: Callable[[Effects[Any]], Any]


class Answer(NamedTuple):
    """What a client gets; a body of None is not compared."""

    status: int
    body: Any = None


def answer_to(desk: Desk, recorded: Mapping[str, Any]) -> Answer | None:
    """Answer a recorded request."""
    request = request_of(recorded)
    effects = _effects(desk, request)
    if effects is None:
        return None
    messages: list[Json] = []
    try:
        answer = desk.perform(base.gathered(effects, messages))
    except base.Refusal as refusal:
        return Answer(refusal.status)
    except base.FrameworkError:
        return None
    if request.path == WEBHOOK:
        if request.params.get("stream") == base.TRUE:
            return Answer(200, "".join(f"{json.dumps(each)}\n" for each in messages))
        return Answer(200, messages)
    return Answer(answer.status, answer.body)


def _effects(desk: Desk, request: base.Request) -> Effects[Any] | None:
    """Return what answers a request, None if that is no conversation's business."""
    inner = base.Desk(processor=desk.processor, odd=FIDELITIES[EXACT])
    if request.path == WEBHOOK and request.method == "POST":
        if not request.body.startswith(b"{"):
            return None
        return rest.converse(inner, rest.read_incoming(inner, request))
    route, names, _ = FIND(request.method, request.path)
    if route is None or route.path in LEFT_OUT or route.path.endswith("/story"):
        return None
    return route.answer(inner, replace(request, named=names[0] if names else ""))


def request_of(recorded: Mapping[str, Any]) -> base.Request:
    """Return a request as a server gets it."""
    body = recorded.get("body")
    text = body if isinstance(body, str) else json.dumps(body)
    return base.Request(
        method=recorded.get("method") or "",
        path=recorded.get("path") or "",
        params=recorded.get("params") or {},
        headers={
            name.lower(): value
            for name, value in (recorded.get("headers") or {}).items()
        },
        body=b"" if body is None else text.encode(),
    )
