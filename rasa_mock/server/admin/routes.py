"""The admin API over HTTP: one table of routes, each a method of `Control`.

It is off unless asked for, and has a token of its own.  A page of another origin is
refused whatever it knows: browsers send requests to local servers for anybody.  Without
a token the server has to be asked for by an address, or a name of this network.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from starlette.routing import Route

from rasa_mock.errors import DataError, UsageError
from rasa_mock.run.api.base import Answer, FrameworkError, Refusal, Request
from rasa_mock.server.admin.control import Control
from rasa_mock.server.admin.journal import OWN_PATH
from rasa_mock.server.admin.stubs import read_stubs
from rasa_mock.server.auth import BEARER, same
from rasa_mock.server.doors import Door, Handler

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from rasa_mock.server.agent import Agent

TOKEN_HEADER = "x-mock-token"  # noqa: S105  the name of a header
NOTHING = Answer(status=204)
Reader = Callable[[Control, Request, str], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One route; `{name}` in its path is what `do` gets last.

    `body` says what it takes, `gives` what it answers with, both for people.
    """

    method: str
    path: str
    do: Reader
    title: str
    body: str = ""
    gives: str = ""


def admin_routes(
    control: Control, agent: Agent, *, token: str | None
) -> list[BaseRoute]:
    """Return the routes of the admin API."""
    by_path: dict[str, dict[str, Handler]] = {}
    for row in ROWS:
        handler = _handler(row, control, token=token)
        by_path.setdefault(row.path, {})[row.method] = handler
    return [
        Route(f"{OWN_PATH}{path}{slash}", endpoint=Door(agent, handlers))
        for path, handlers in by_path.items()
        for slash in ("", "/")
    ]


def _handler(row: Row, control: Control, *, token: str | None) -> Handler:
    prefix = f"{OWN_PATH}{row.path.partition('{')[0]}"

    async def answer(request: Request) -> Answer:
        _let_in(request, token)
        name = unquote(request.path.removeprefix(prefix)) if "{" in row.path else ""
        try:
            body = await row.do(control, request, name.rstrip("/"))
        except (DataError, UsageError) as error:
            details = {"pointer": getattr(error, "pointer", None)}
            message = getattr(error, "message", str(error))
            raise Refusal(
                400, "BadRequest", message=message, details=details
            ) from error
        except FrameworkError as error:
            message = f"expected JSON in the body, got {request.body[:100]!r}"
            raise Refusal(error.status, "BadRequest", message=message) from error
        return NOTHING if body is None else Answer(body=body)

    return answer


def _let_in(request: Request, token: str | None) -> None:
    origin = request.headers.get("origin")
    host = request.headers.get("host", "")
    if origin and origin.partition("://")[2].lower() != host.lower():
        message = "The admin API is not for pages of other origins."
        raise Refusal(403, "NotAuthorized", message=message)
    if token is None:
        if not _is_near(host):
            message = f"Without a token the admin API is not there for {host!r}."
            raise Refusal(403, "NotAuthorized", message=message)
        return
    bearer = request.headers.get("authorization", "")
    given = bearer.removeprefix(BEARER) if bearer.startswith(BEARER) else None
    if given is None:
        given = request.headers.get(TOKEN_HEADER) or request.params.get("token")
    if not same(given, token):
        message = "The admin API needs its token."
        raise Refusal(401, "NotAuthenticated", message=message)


def _is_near(host: str) -> bool:
    """Tell whether a host is an address, or a name of this network: without a dot.

    A page of another origin may have its own name pointed here; it has a dot.
    """
    name = host.rpartition("]")[0] or host.partition(":")[0]
    return "." not in name or name.replace(".", "").isdecimal()


def _object(request: Request, *keys: str) -> dict[str, Any]:
    """Return the body, an object with no other keys than these."""
    body = request.json()
    if not isinstance(body, dict):
        raise DataError(f"expected an object, got {body!r}")
    for key in body:
        if key not in keys:
            expected = ", ".join(keys)
            raise DataError(f"expected {expected}, got {key!r}", pointer=f"/{key}")
    return body


def _pattern(request: Request) -> dict[str, Any]:
    """Return the query as a pattern of the journal."""
    found: dict[str, Any] = {k: v for k, v in request.params.items() if k != "token"}
    if found.get("status", "").isdecimal():
        found["status"] = int(found["status"])
    return found


async def _health(control: Control, _request: Request, _name: str) -> Any:
    return {"status": "ok", "conversations": len(await control.conversations())}


async def _reset(control: Control, _request: Request, _name: str) -> None:
    await control.reset()


async def _conversations(control: Control, _request: Request, _name: str) -> Any:
    return await control.conversations()


async def _forget_all(control: Control, _request: Request, _name: str) -> Any:
    return {"forgotten": await control.forget_all()}


async def _forget(control: Control, _request: Request, name: str) -> None:
    if not await control.forget(name):
        raise Refusal(404, "NotFound", message=f"There is no conversation {name!r}.")


async def _time(control: Control, _request: Request, _name: str) -> Any:
    return control.time()


async def _set_time(control: Control, request: Request, _name: str) -> Any:
    body = _object(request, "now", "frozen")
    frozen = body.get("frozen")
    if not isinstance(frozen, bool | None):
        raise DataError(f"expected true or false, got {frozen!r}", pointer="/frozen")
    now = None if body.get("now") is None else _number(body, "now")
    control.set_time(now=now, frozen=frozen)
    return control.time()


async def _advance(control: Control, request: Request, _name: str) -> Any:
    fired = await control.advance(_number(_object(request, "seconds"), "seconds"))
    return {**control.time(), "fired": fired}


def _number(body: dict[str, Any], key: str) -> float:
    value = body.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DataError(f"expected a number, got {value!r}", pointer=f"/{key}")
    if not 0 <= value <= FURTHEST:
        raise DataError(f"expected 0 to {FURTHEST:g}, got {value!r}", pointer=f"/{key}")
    return float(value)


FURTHEST = 1e11
"""Seconds; further away dates have five digits."""


async def _seed(control: Control, request: Request, _name: str) -> None:
    seed = _object(request, "seed").get("seed")
    if not isinstance(seed, int | str | None):
        raise DataError(f"expected a number or text, got {seed!r}", pointer="/seed")
    control.set_seed(seed)


async def _stubs(control: Control, _request: Request, _name: str) -> Any:
    return control.stubs.documents()


async def _stub(control: Control, request: Request, name: str) -> None:
    body = request.json()
    listed = [body]
    if isinstance(body, dict) and set(body) == {"sequence"}:
        listed = body["sequence"]
        if not isinstance(listed, list) or not listed:
            raise DataError(f"expected stubs, got {listed!r}", pointer="/sequence")
    control.stubs.put(name, read_stubs(listed))


async def _unstub(control: Control, _request: Request, name: str) -> None:
    control.stubs.remove(name or None)


async def _scripts(control: Control, _request: Request, _name: str) -> Any:
    return control.scripts()


async def _script(control: Control, request: Request, _name: str) -> None:
    body = _object(request, "turns", "sender")
    turns, sender = body.get("turns"), body.get("sender")
    if not isinstance(turns, list):
        raise DataError(f"expected a list of turns, got {turns!r}", pointer="/turns")
    if not isinstance(sender, str | None):
        raise DataError(f"expected a sender, got {sender!r}", pointer="/sender")
    control.script(turns, sender_id=sender)


async def _unscript(control: Control, _request: Request, _name: str) -> None:
    control.agent.script.actions.clear()
    control.agent.processor.scripts.clear()


async def _nlu(control: Control, request: Request, _name: str) -> None:
    body = _object(request, "text", "parse_data")
    text, parse_data = body.get("text"), body.get("parse_data")
    if not isinstance(text, str):
        raise DataError(f"expected a text, got {text!r}", pointer="/text")
    if not isinstance(parse_data, dict | None):
        raise DataError(
            f"expected an object, got {parse_data!r}", pointer="/parse_data"
        )
    control.understand(text, parse_data)


async def _journal(control: Control, request: Request, _name: str) -> Any:
    return control.journal.entries(_pattern(request))


async def _clear_journal(control: Control, _request: Request, _name: str) -> None:
    control.journal.clear()


async def _unmatched(control: Control, _request: Request, _name: str) -> Any:
    return control.journal.unmatched()


async def _verify(control: Control, request: Request, _name: str) -> Any:
    return control.journal.verify(request.json())


async def _findings(control: Control, _request: Request, _name: str) -> Any:
    return control.findings()


async def _snapshot(control: Control, _request: Request, _name: str) -> Any:
    return await control.snapshot()


async def _restore(control: Control, request: Request, _name: str) -> None:
    await control.restore(request.json())


ROWS: Sequence[Row] = (
    Row(method="GET", path="/health", do=_health, title="Say that it is there"),
    Row(method="POST", path="/reset", do=_reset, title="Be as at the start"),
    Row(
        method="GET",
        path="/conversations",
        do=_conversations,
        title="The ids of all conversations",
    ),
    Row(
        method="DELETE",
        path="/conversations",
        do=_forget_all,
        title="Forget all conversations",
    ),
    Row(
        method="DELETE",
        path="/conversations/{id:path}",
        do=_forget,
        title="Forget one conversation, with its reminders",
    ),
    Row(method="GET", path="/clock", do=_time, title="What the clock shows"),
    Row(
        method="PUT",
        path="/clock",
        do=_set_time,
        title="Set the clock, stop it, or let it run",
        body='{"now": 1700000000, "frozen": true}',
    ),
    Row(
        method="POST",
        path="/clock/advance",
        do=_advance,
        title="Let time pass; what is due fires before the answer comes",
        body='{"seconds": 3600}',
    ),
    Row(
        method="PUT",
        path="/seed",
        do=_seed,
        title="Choose variations and make ids by chance from a seed",
        body='{"seed": 7}',
    ),
    Row(method="GET", path="/stubs", do=_stubs, title="What actions answer"),
    Row(method="DELETE", path="/stubs", do=_unstub, title="Forget all stubs"),
    Row(
        method="PUT",
        path="/stubs/{action:path}",
        do=_stub,
        title="Say what an action answers",
        body='{"events": [], "responses": [{"text": "hi"}], "delay": 0.5, "times": 1}',
    ),
    Row(
        method="DELETE",
        path="/stubs/{action:path}",
        do=_unstub,
        title="Forget the stubs of an action",
    ),
    Row(method="GET", path="/script", do=_scripts, title="What is left of scripts"),
    Row(
        method="POST",
        path="/script",
        do=_script,
        title="Say what the bot does in the next turns",
        body='{"sender": "me", "turns": [{"responses": [{"text": "hi"}]}]}',
    ),
    Row(method="DELETE", path="/script", do=_unscript, title="Forget the scripts"),
    Row(
        method="PUT",
        path="/nlu",
        do=_nlu,
        title="Say what a text means",
        body='{"text": "yo", "parse_data": {"intent": {"name": "greet"}}}',
    ),
    Row(
        method="GET",
        path="/journal",
        do=_journal,
        title="Requests and calls of actions; the query is a pattern",
    ),
    Row(
        method="DELETE",
        path="/journal",
        do=_clear_journal,
        title="Forget what happened",
    ),
    Row(
        method="GET",
        path="/journal/unmatched",
        do=_unmatched,
        title="Calls that nobody answered, requests that led nowhere",
    ),
    Row(
        method="POST",
        path="/verify",
        do=_verify,
        title="Whether something arrived, how often, and what came nearest",
        body='{"action": "action_x", "sender": "me", "times": 1}',
    ),
    Row(method="GET", path="/findings", do=_findings, title="What went wrong so far"),
    Row(
        method="GET",
        path="/snapshot",
        do=_snapshot,
        title="The whole state as one JSON object",
    ),
    Row(
        method="PUT",
        path="/snapshot",
        do=_restore,
        title="Be as at a snapshot",
        body="what GET /snapshot gave",
    ),
)
