"""The routes that Rasa Pro 3.21 has beyond Open Source.

From its documentation and the protocol reference, not measured.
"""

from __future__ import annotations

from typing import Any

from rasa_mock.core.commands import DeleteTracker, Effects, ListTrackers, LoadTracker
from rasa_mock.core.profile import RASA_PRO_3_21
from rasa_mock.run.api.base import Answer, Desk, Json, Request, Route, bad_request
from rasa_mock.run.api.conversations import unknown_conversation

PRO = (RASA_PRO_3_21.name,)
NO_CONTENT = 204
DEFAULT_LIMIT = 20
CONVERSATION = "/conversations/{conversation_id}"


def delete(_desk: Desk, request: Request) -> Effects[Answer]:
    """Forget a conversation."""
    if not (yield DeleteTracker(sender_id=request.named)):
        raise unknown_conversation()
    return Answer(status=NO_CONTENT)


def capabilities(desk: Desk, _request: Request) -> Effects[Answer]:
    """Tell what the bot can do: its flows."""
    yield from ()
    flows = [
        {"id": name, "name": flow.get("name", name), **_described(flow)}
        for name, flow in _flows(desk).items()
    ]
    return Answer(body={"flows": flows})


def user_trackers(_desk: Desk, request: Request) -> Effects[Answer]:
    """List the conversations of a user: those that say so, or are called so."""
    limit = _whole(request, "limit", default=DEFAULT_LIMIT)
    offset = _whole(request, "offset", default=0)
    found: list[Json] = []
    for name in (yield ListTrackers()):
        tracker = yield LoadTracker(sender_id=name, everything=True)
        if tracker is None:
            continue
        state = tracker.current_state("ALL")
        if (state.get("user_id") or name) == request.named:
            found.append(state)
    body = {
        "conversations": found[offset : offset + limit],
        "limit": limit,
        "offset": offset,
    }
    return Answer(body=body)


def _whole(request: Request, name: str, *, default: int) -> int:
    given = request.params.get(name)
    if given is None:
        return default
    if not given.isascii() or not given.isdigit():
        raise bad_request(
            f"expected a whole number, got {given!r}", parameter=name, place="query"
        )
    return int(given)


def flows(desk: Desk, _request: Request) -> Effects[Answer]:
    """Show the flows."""
    yield from ()
    return Answer(body=[{"id": name, **flow} for name, flow in _flows(desk).items()])


def data(desk: Desk, _request: Request) -> Effects[Answer]:
    """Show what the bot was trained with, as far as it is known here."""
    yield from ()
    bot = desk.processor.bot
    return Answer(body={"domain": bot.domain.as_dict(), "flows": _flows(desk)})


def _flows(desk: Desk) -> Json:
    listed: Any = desk.processor.bot.domain.as_dict().get("flows") or {}
    return listed if isinstance(listed, dict) else {}


def _described(flow: Json) -> Json:
    return {"description": flow["description"]} if "description" in flow else {}


ROUTES: tuple[Route, ...] = (
    Route(
        method="DELETE",
        path=f"{CONVERSATION}/tracker",
        answer=delete,
        title="Forget a conversation",
        turn=True,
        exists=True,
        profiles=PRO,
    ),
    Route(
        method="GET",
        path=f"{CONVERSATION}/capabilities",
        answer=capabilities,
        title="What the bot can do",
        profiles=PRO,
    ),
    Route(
        method="GET",
        path="/users/{conversation_id}/trackers",
        answer=user_trackers,
        title="The conversations of a user",
        params=("limit", "offset"),
        profiles=PRO,
    ),
    Route(method="GET", path="/flows", answer=flows, title="The flows", profiles=PRO),
    Route(
        method="GET", path="/data", answer=data, title="The bot's data", profiles=PRO
    ),
)
