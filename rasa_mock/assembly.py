"""Puts a mock Rasa together: the files of a bot, its surroundings, and the server.

Here the concrete clients, channels and stores are chosen, for the command line and for
`MockRasa` alike.  Nothing listens here.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rasa_mock.core.bot import Bot, Notice
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.profile import DEFAULT as DEFAULT_PROFILE
from rasa_mock.core.profile import find_profile
from rasa_mock.errors import DataError, StoreError
from rasa_mock.files.credentials import (
    CREDENTIALS_NAME,
    DEFAULT,
    Credentials,
    only_channel,
    read_credentials,
)
from rasa_mock.files.endpoints import ENDPOINTS_NAME, Endpoints, read_endpoints
from rasa_mock.run.answers import Stub, reply_of
from rasa_mock.run.api.oddities import EXACT
from rasa_mock.run.drivers import AsyncWord

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rasa_mock.assembly_stores import Keeping
    from rasa_mock.core.commands import CallAction
    from rasa_mock.core.findings import Finding
    from rasa_mock.core.wire import Reply
    from rasa_mock.run.answers import AsyncCaller
    from rasa_mock.run.referee import Referee
    from rasa_mock.server.agent import Agent
    from rasa_mock.server.app import Application, ExtraRoutes
    from rasa_mock.server.auth import Guard
    from rasa_mock.server.channels.callback import Post

COMPRESS = "COMPRESS_ACTION_SERVER_REQUEST"
LOG = logging.getLogger("rasa_mock.server")
ERRORS = 400
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a server is to be: options of `rasa-mock serve` that are not about a port.

    `bot` is a folder, or a bot that was read.  `action_server` goes before the
    `action_endpoint` of endpoints.yml, the URL `tracker_store` before its section;
    `spill` is the folder of turns that the store could not take.  `record` says whether
    variables are kept beside events, `redact` what is not to be seen in them.
    `model` is only what `/status` says, `response_timeout` in seconds.
    """

    bot: Path | Bot
    endpoints: Path | None = None
    credentials: Path | None = None
    connector: str | None = None
    action_server: str | None = None
    stubs: Mapping[str, Stub] = field(default_factory=dict)
    enable_api: bool = True
    auth_token: str | None = field(default=None, repr=False)
    jwt_secret: str | None = field(default=None, repr=False)
    jwt_method: str = "HS256"
    jwt_private_key: str | None = field(default=None, repr=False)
    response_timeout: float | None = None
    model: Path | None = None
    cors: Sequence[str] = ()
    profile: str = DEFAULT_PROFILE
    fidelity: str = EXACT
    max_conversations: int | None = None
    tracker_store: str | None = field(default=None, repr=False)
    spill: Path | None = None
    record: bool | None = None
    redact: Sequence[str] = ()
    redact_events: bool = False
    admin: bool = False
    admin_token: str | None = field(default=None, repr=False)
    viewer: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What was read: the bot, and the files about what surrounds it."""

    bot: Bot
    endpoints: Endpoints
    credentials: Credentials

    def notices(self) -> list[Notice]:
        """Return what does not count, or not as with Rasa."""
        return [
            *self.bot.notices,
            *self.endpoints.notices,
            *self.credentials.notices,
        ]


def read_parts(wanted: Wanted) -> Parts:
    """Read all files; those of the bot's folder where no others are named."""
    bot, folder = wanted.bot, None
    if not isinstance(bot, Bot):
        from rasa_mock.files.bot import load_bot
        from rasa_mock.similar import similar

        folder = bot
        bot = load_bot(folder, similar=similar)
    found = wanted.endpoints or _in(folder, ENDPOINTS_NAME)
    compress = os.environ.get(COMPRESS, "false")
    endpoints = read_endpoints(found, compress=compress) if found else Endpoints()
    known = wanted.credentials or _in(folder, CREDENTIALS_NAME)
    credentials = DEFAULT
    if known:
        credentials = read_credentials(known, connector=wanted.connector)
    elif wanted.connector:
        credentials = only_channel(wanted.connector)
    return Parts(bot=bot, endpoints=endpoints, credentials=credentials)


def _in(folder: Path | None, name: str) -> Path | None:
    path = None if folder is None else folder / name
    return path if path is not None and path.is_file() else None


def read_stubs(path: Path) -> Mapping[str, Any]:
    """Read a file that says what actions answer, by name."""
    from rasa_mock.files.yaml import load_yaml

    stubs = load_yaml(path).filled_in().value
    if not isinstance(stubs, dict):
        raise DataError(
            "expected an object from names of actions to what they answer",
            path=str(path),
            line=1,
        )
    return {name: _fixed(stub, name=name, path=path) for name, stub in stubs.items()}


def _fixed(stub: Any, *, name: str, path: Path) -> Reply:
    """Make the reply of a stub once, since a file does not change."""
    if not isinstance(stub, dict | list | None):
        raise DataError(
            f"expected what {name!r} answers, a list of events or an object with "
            f"events and responses, got {stub!r}",
            path=str(path),
            line=1,
        )
    return reply_of(stub)


def make_application(wanted: Wanted, parts: Parts) -> Application:
    """Make the ASGI application of the parts."""
    from rasa_mock.server.app import create_app
    from rasa_mock.server.channels.table import make_channels
    from rasa_mock.server.shared_locks import SharedLocks

    settings = [(each.name, each.options) for each in parts.credentials.channels]
    keeping = _keeping(wanted, parts)
    callers = _Callers()
    model = wanted.model
    app = create_app(
        parts.bot,
        extra_routes=_admin(wanted) if wanted.admin else None,
        channels=make_channels(settings, post_to=callers.post_to),
        enable_api=wanted.enable_api,
        fidelity=wanted.fidelity,
        guard=_guard(wanted),
        cors=wanted.cors,
        profile=wanted.profile,
        answers=_answers(wanted, parts, callers, records=keeping.logs is not None),
        word=callers.word(parts.endpoints.nlg),
        post_later=_post_later,
        make_shelf=keeping.make_shelf,
        model_file=model.name if model and model.suffix == ".gz" else None,
    )
    app.state.agent.response_timeout = wanted.response_timeout
    app.state.store = keeping.store
    if wanted.viewer:
        _show(app, keeping, wanted=wanted)
    if keeping.locks is not None:
        app.state.agent.locks = SharedLocks(keeping.locks)
    _look_on(app.state.agent, keeping, parts.bot)
    app.state.control = app.state.agent.control
    app.state.agent.at_the_start += callers.looks
    app.state.agent.at_the_end += [callers.close, keeping.close]
    return app


def _show(app: Application, keeping: Keeping, *, wanted: Wanted) -> None:
    """Add the pages on which conversations are looked at."""
    from rasa_mock.server.viewer import NOT_RECORDED, add_viewer

    add_viewer(
        app,
        keeping.store,
        profile=wanted.profile,
        token=wanted.admin_token,
        notes=() if keeping.logs is not None else (NOT_RECORDED,),
    )


def _guard(wanted: Wanted) -> Guard:
    from rasa_mock.server.auth import Guard, JwtReader

    jwt = None
    if wanted.jwt_secret:
        jwt = JwtReader.of(
            wanted.jwt_secret,
            method=wanted.jwt_method,
            private_key=wanted.jwt_private_key,
        )
    return Guard(token=wanted.auth_token, jwt=jwt)


def _admin(wanted: Wanted) -> ExtraRoutes:
    from rasa_mock.server.admin.control import Control
    from rasa_mock.server.admin.routes import admin_routes

    def routes(agent: Agent) -> list[Any]:
        agent.control = control = Control(agent)
        return admin_routes(control, agent, token=wanted.admin_token)

    return routes


async def _post_later(url: str, body: bytes) -> None:
    """Post an answer that was asked for with `callback_url`."""
    from rasa_mock.clients.posting import post_later

    await post_later(url, body)


class _Callers:
    """The clients that a server calls others with, to be closed in the end."""

    def __init__(self) -> None:
        self._clients: list[Any] = []
        self.looks: list[Callable[[], Awaitable[None]]] = []

    def post_to(self, endpoint: Endpoint) -> Post:
        """Return what posts to an endpoint."""
        from rasa_mock.clients.posting import Poster

        poster = Poster(endpoint)
        self._clients.append(poster)
        return poster.post

    def word(self, endpoint: Endpoint | None) -> AsyncWord | None:
        """Return what words responses: a server, or None for the domain."""
        if endpoint is None:
            return None
        from rasa_mock.clients.posting import Poster

        poster = Poster(endpoint)
        self._clients.append(poster)
        return poster.word

    def live(self, endpoint: Endpoint) -> AsyncCaller:
        """Return what calls an action server."""
        from rasa_mock.clients.http import AsyncHttpClient
        from rasa_mock.clients.posting import look_for

        client = AsyncHttpClient(endpoint)
        self._clients.append(client)
        self.looks.append(lambda: look_for(endpoint))
        return client

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients:
            await client.close()


def _answers(wanted: Wanted, parts: Parts, callers: _Callers, *, records: bool) -> Any:
    """Choose who answers actions: stubs, then the action server, if there is one."""
    from rasa_mock.core.traced import ASKS
    from rasa_mock.run.answers import Answers, AsyncAnswers
    from rasa_mock.run.telemetry import headers
    from rasa_mock.server.agent import nobody_answers

    endpoint = parts.endpoints.action
    if wanted.action_server is not None:
        endpoint = Endpoint(url=wanted.action_server)
    if endpoint is not None and records:
        endpoint = replace(endpoint, headers={**endpoint.headers, ASKS: "1"})
    if endpoint is None and not wanted.stubs:
        return nobody_answers
    more: dict[str, Any] = {} if endpoint is None else {"endpoint": endpoint}
    known = Answers(
        domain=parts.bot.domain,
        stubs=wanted.stubs,
        profile=find_profile(wanted.profile),
        keeps=records,
        headers=headers,
        **more,
    )
    if endpoint is None:
        return AsyncAnswers(known=known, nobody=nobody_answers)
    return AsyncAnswers(known=known, live=callers.live(endpoint))


def _look_on(agent: Agent, keeping: Keeping, bot: Bot) -> None:
    """Let recorder and OpenTelemetry see what the bot computes."""
    from rasa_mock.run.telemetry import turn_spans
    from rasa_mock.run.variables import Recording

    agent.watch.append(turn_spans)
    keeping.redaction.check(bot.domain.slots)
    if keeping.logs is None:
        return
    recording = Recording(
        now=agent.now,
        clock=time.perf_counter,
        places=bot.ensemble.places,
        judge=_judge(bot, profile=agent.desk.profile.name),
        redaction=keeping.redaction,
        logs=keeping.logs,
        keep_lost=lambda sender_id, records: _keep_lost(
            agent, keeping, sender_id=sender_id, records=records
        ),
    )
    agent.watch.append(recording.log)


def _judge(
    bot: Bot, *, profile: str
) -> Callable[[CallAction, Reply], Sequence[Finding]]:
    """Return what says what is wrong with live answers."""

    @cache
    def referee() -> Referee:
        from rasa_mock.run.referee import Referee

        return Referee.of(bot.domain, profile=profile)

    return lambda command, reply: (
        referee().judge(command, reply) if reply.sent is not None else ()
    )


def _keep_lost(
    agent: Agent, keeping: Keeping, *, sender_id: str, records: Sequence[Json]
) -> None:
    """Keep what was seen of a turn that is not saved, beside everything else."""

    def keep() -> None:
        try:
            version = keeping.store.version(sender_id)
            if version is not None:
                keeping.store.save_variables(sender_id, records, turn=version)
        except StoreError as error:
            LOG.warning("the variables of a lost turn are lost, too: %s", error)

    async def keep_beside() -> None:
        await asyncio.to_thread(keep)

    if keeping.store.blocking:
        agent.spawn(keep_beside())
    else:
        keep()


def _keeping(wanted: Wanted, parts: Parts) -> Keeping:
    """Open the tracker store and the event broker."""
    from rasa_mock.assembly_stores import Recorded, open_keeping
    from rasa_mock.server.locks import TicketLocks

    return open_keeping(
        parts.endpoints,
        recorded=Recorded(
            record=wanted.record,
            by_default=wanted.admin,
            redact=wanted.redact,
            redact_events=wanted.redact_events,
        ),
        tracker_store=wanted.tracker_store,
        spill=wanted.spill,
        most=wanted.max_conversations,
        lifetime=TicketLocks().lifetime,
    )
