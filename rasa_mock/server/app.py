"""The ASGI application: table of routes, channels, and what is plugged in.

`create_app` puts an agent behind doors.  Nothing is decided here: what a route does
stands in `rasa_mock.run.api`, how a turn is performed in `rasa_mock.server.agent`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route as PathRoute
from starlette.routing import WebSocketRoute

from rasa_mock.core.bot import Bot
from rasa_mock.run.api.base import (
    DOCS,
    Answer,
    Refusal,
    Request,
    Route,
    Workshop,
    unexpected,
)
from rasa_mock.run.api.conversations import CONVERSATION_ERROR
from rasa_mock.run.api.oddities import EXACT, odd_habits
from rasa_mock.run.api.table import ROUTES, Finder
from rasa_mock.server.agent import Agent
from rasa_mock.server.auth import OPEN, Guard
from rasa_mock.server.channels.rest import RestChannel
from rasa_mock.server.cors import Cors
from rasa_mock.server.doors import Door, not_found, serve, too_large, wrong_method
from rasa_mock.server.limits import Limits
from rasa_mock.server.locks import LockError
from rasa_mock.server.wire import NO_CONTENT, encode
from rasa_mock.server.workshop import FileWorkshop, read_bot

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

    from rasa_mock.server.channels.base import Channel
    from rasa_mock.server.observed import Observer

ExtraRoutes = Callable[[Agent], Iterable["BaseRoute"]]
# Without --enable-api only this one, and the channels.
ALWAYS_THERE = ("/",)
CALLBACK = "callback_url"


def create_app(
    bot: Bot | Path | str,
    *,
    channels: Sequence[Channel] | None = None,
    enable_api: bool = True,
    fidelity: str = EXACT,
    guard: Guard = OPEN,
    cors: Sequence[str] = (),
    middleware: Sequence[Middleware] = (),
    extra_routes: ExtraRoutes | None = None,
    observers: Sequence[Observer] = (),
    workshop: Workshop | None = None,
    model_file: str | None = None,
    **working: Any,
) -> Application:
    """Return Rasa's server around a bot, or the bot in a folder: an ASGI application.

    `channels` are REST alone unless they are given.  `fidelity` is "exact" or "sane"
    (`rasa_mock.run.api.oddities`).  `guard` protects the routes that need it, `cors`
    are origins that are let in, `middleware` goes behind our own,
    `extra_routes` go before all others, `observers` are told of requests, calls and
    turns.  `working` is how the agent works: `make_shelf`, `answers`, `clock`,
    `profile` and more (`rasa_mock.server.agent.Agent`); the agent itself is
    `app.state.agent`.
    """
    agent = Agent(bot if isinstance(bot, Bot) else read_bot(bot), **working)
    agent.observers += observers
    # With CORS the headers of CORS come from there.
    odd = odd_habits(fidelity)
    agent.desk.odd = odd - {"cors_headers_always"} if cors else odd
    agent.desk.workshop = workshop or FileWorkshop()
    if model_file is not None:
        agent.desk.model.file = model_file

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        for begin in agent.at_the_start:
            agent.spawn(begin())
        yield {}
        await agent.close()

    routes = list(extra_routes(agent)) if extra_routes is not None else []
    listening = [RestChannel()] if channels is None else channels
    for channel in listening:
        routes += channel.routes(agent)
    names = [channel.name for channel in listening]
    routes.append(_described(agent, names, enable_api=enable_api))
    ours = [Middleware(Limits, page=too_large(agent))]
    if cors or any(isinstance(route, WebSocketRoute) for route in routes):
        # Browsers open WebSockets to any origin: there, too, it decides.
        ours.append(Middleware(Cors, origins=tuple(cors)))
    app = Application(
        routes=routes,
        around=[*ours, *middleware],
        reception=Reception(agent, guard=guard, enable_api=enable_api),
        lifespan=lifespan,
    )
    app.state.agent = agent
    return app


def _described(agent: Agent, channels: Sequence[str], *, enable_api: bool) -> PathRoute:
    """Return the route of the server's own description."""
    document: list[dict[str, Any]] = []

    async def answer(_request: Request) -> Answer:
        if not document:
            from rasa_mock.run.api.openapi import describe

            desk = agent.desk
            rows = [row for row in ROUTES if enable_api or row.path in ALWAYS_THERE]
            described = describe(
                Finder(desk.profile.name, rows).routes,
                version=desk.version,
                odd=desk.odd,
                channels=channels,
            )
            document.append(described)
        return Answer(body=document[0])

    return PathRoute("/openapi.json", endpoint=Door(agent, {"GET": answer}))


class Application(Starlette):
    """Starlette, with a short way to doors at fixed paths.

    A message to a channel takes a third of the time that the way through all of
    Starlette does; `around` goes around both ways.
    """

    def __init__(
        self,
        *,
        routes: Sequence[BaseRoute],
        around: Sequence[Middleware],
        reception: Reception,
        lifespan: Any,
    ) -> None:
        super().__init__(routes=routes, lifespan=lifespan)
        self.router.redirect_slashes = False
        self.router.default = reception
        self._doors: dict[str, Door] = {}
        for route in routes:
            if isinstance(route, PathRoute) and isinstance(route.endpoint, Door):
                self._doors.setdefault(route.path, route.endpoint)
        outer: ASGIApp = self._inside
        for each in reversed(around):
            outer = each.cls(outer, *each.args, **each.kwargs)
        self._outer = outer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        scope["app"] = self
        await self._outer(scope, receive, send)

    async def _inside(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = self._doors.get(scope["path"]) if scope["type"] == "http" else None
        if door is not None:
            await door(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class Reception:
    """Leads every request that no channel takes to its row of the table."""

    def __init__(self, agent: Agent, *, guard: Guard, enable_api: bool) -> None:
        rows = [row for row in ROUTES if enable_api or row.path in ALWAYS_THERE]
        self._agent = agent
        self._guard = guard
        self._find = Finder(agent.desk.profile.name, rows)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await _refuse_socket(scope, receive, send)
            return

        async def answer(request: Request) -> Answer | Response:
            route, names, allowed = self._find(request.method, request.path)
            if route is not None:
                return await self._answer(route, request, names)
            if allowed:
                raise wrong_method(request, allowed)
            raise not_found(scope)

        await serve(self._agent, answer, scope=scope, receive=receive, send=send)

    async def _answer(
        self, route: Route, request: Request, names: tuple[str, ...]
    ) -> Answer:
        desk = self._agent.desk
        if not desk.is_odd("ids_stay_encoded"):
            names = tuple(unquote(name) for name in names)
        sender_id = names[0] if names else None
        if route.auth:
            self._guard.check(
                token=request.params.get("token"),
                authorization=request.headers.get("authorization"),
                conversation_id=sender_id,
            )
        if route.model and not desk.model.is_loaded:
            raise no_model()
        url = request.params.get(CALLBACK)
        if url and CALLBACK in route.params and self._agent.post_later is not None:
            self._agent.spawn(self._answer_later(route, request, url))
            return Answer(status=NO_CONTENT)
        effects = route.answer(desk, replace(request, named=sender_id or ""))
        if sender_id is None or not route.turn:
            return await self._agent.perform(effects, sender_id=sender_id or "")
        try:
            return await self._agent.turn(effects, sender_id=sender_id)
        except LockError as error:
            raise unexpected(error, CONVERSATION_ERROR) from error

    async def _answer_later(self, route: Route, request: Request, url: str) -> None:
        """Post the answer, or the refusal, to where the client wants it."""
        agent = self._agent
        try:
            answer = await agent.perform(route.answer(agent.desk, request))
        except Refusal as refusal:
            answer = Answer(body=refusal.body(agent.desk.version))
        as_ujson = agent.desk.is_odd("slashes_escaped")
        if agent.post_later is not None:
            await agent.post_later(url, encode(answer, as_ujson=as_ujson))


def no_model() -> Refusal:
    """Make the refusal of what needs a model while none is loaded."""
    return Refusal(
        409,
        "Conflict",
        message="No agent loaded. To continue processing, a model of a trained agent "
        "needs to be loaded.",
        help_url=f"{DOCS}/user-guide/configuring-http-api/",
    )


async def _refuse_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """Close a WebSocket that no channel takes."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1000})
