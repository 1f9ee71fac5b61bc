"""The socket.io channel: what web chats use.  The only user of python-socketio.

A client says `user_uttered` and hears `bot_uttered`.  Where sessions persist it first
asks for one (`session_request`, answered by `session_confirm`) and names it with every
message; otherwise a conversation lasts as long as a connection.

One thing differs from Rasa 3.6.21, whose source answers on the namespace `/` whatever
`namespace` says: here answers go where the client is.  And a page of an origin that was
not let in (`--cors`) cannot connect.

Imitates rasa/core/channels/socketio.py of Rasa 3.6.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.routing import Route, WebSocketRoute

from rasa_mock.core.channel import SOCKET
from rasa_mock.core.commands import Deliver
from rasa_mock.errors import RasaMockError
from rasa_mock.run.api.rest import Incoming, said_to
from rasa_mock.server.auth import BEARER, JwtReader
from rasa_mock.server.channels.base import webhooks
from rasa_mock.server.observed import shown

if TYPE_CHECKING:
    import socketio
    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send

    from rasa_mock.server.agent import Agent

NAME = SOCKET
LOG = logging.getLogger("rasa_mock.server")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketSettings:
    """The keys of `socketio:` in credentials.yml, with Rasa's defaults."""

    user_message_evt: str = "user_uttered"
    bot_message_evt: str = "bot_uttered"
    namespace: str | None = None
    session_persistence: Any = False
    socketio_path: str = "/socket.io"
    jwt_key: str | None = field(default=None, repr=False)
    jwt_method: str = "HS256"
    metadata_key: str = "metadata"

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> SocketSettings:
        """Read the keys; others are ignored, as by Rasa."""
        known = set(cls.__slots__)
        return cls(**{k: v for k, v in options.items() if k in known and v is not None})


class SocketChannel:
    """`socketio:` of credentials.yml."""

    name = NAME

    def __init__(self, settings: SocketSettings | None = None) -> None:
        self.settings = settings or SocketSettings()
        self._jwt = None
        if self.settings.jwt_key:
            self._jwt = JwtReader.of(
                self.settings.jwt_key, method=self.settings.jwt_method
            )

    def routes(self, agent: Agent) -> Sequence[BaseRoute]:
        """Return the path of the sockets, and the channel's health."""
        sockets = _Sockets(agent, settings=self.settings, jwt=self._jwt)
        agent.pushing[NAME] = sockets
        agent.at_the_end.append(sockets.close)
        path = "/" + self.settings.socketio_path.strip("/")
        routes: list[BaseRoute] = webhooks(agent, NAME, handlers={})
        for each in (path, f"{path}/"):
            routes.append(Route(each, endpoint=sockets))
            routes.append(WebSocketRoute(each, endpoint=sockets))
        return routes


class _Sockets:
    """The connections of one agent."""

    def __init__(
        self, agent: Agent, *, settings: SocketSettings, jwt: JwtReader | None
    ) -> None:
        self._agent = agent
        self._settings = settings
        self._jwt = jwt
        self._server = self._make_server()

    def _make_server(self) -> socketio.AsyncServer:
        import socketio

        # Origins are looked at before (`server.cors`); headers of CORS come from there.
        server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins=[])
        namespace = self._settings.namespace or "/"
        server.on("connect", self._connect, namespace=namespace)
        server.on("session_request", self._begin, namespace=namespace)
        said = self._settings.user_message_evt
        server.on(said, self._hear, namespace=namespace)
        return server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection, or one request of it."""
        await self._server.handle_request(scope, receive, send)

    async def close(self) -> None:
        """Let go of all connections."""
        await self._server.shutdown()

    async def send(self, deliver: Deliver) -> None:
        """Bring messages to those who are in the conversation."""
        event = self._settings.bot_message_evt
        for message in deliver.messages:
            await self._emit(event, **message)

    async def _emit(self, event: str, **message: Any) -> None:
        await self._server.emit(
            event, **{"namespace": self._settings.namespace, **message}
        )

    async def _connect(self, _sid: str, _environ: Any, auth: Any = None) -> bool:
        if self._jwt is None:
            return True
        token = auth.get("token") if isinstance(auth, dict) else None
        if not isinstance(token, str):
            return False
        return bool(self._jwt.payload(token.removeprefix(BEARER)))

    async def _begin(self, sid: str, data: Any = None) -> None:
        data = data if isinstance(data, dict) else {}
        session = data.get("session_id")
        if session is None:
            session = uuid.uuid4().hex
        if self._settings.session_persistence:
            namespace = self._settings.namespace
            await self._server.enter_room(sid, session, namespace=namespace)
        await self._emit("session_confirm", data=session, room=sid)

    async def _hear(self, sid: str, data: Any = None) -> None:
        incoming = self._read(sid, data)
        desk = self._agent.desk
        if incoming is None or not desk.model.is_loaded:
            return
        effects = said_to(desk.processor, incoming, output_channel=NAME)
        try:
            await self._agent.turn(effects, sender_id=incoming.sender_id)
        except RasaMockError as error:
            LOG.warning("%s: turn_lost: %s", shown(incoming.sender_id), error)
        except Exception:
            LOG.exception("%s: a message failed", shown(incoming.sender_id))

    def _read(self, sid: str, data: Any) -> Incoming | None:
        """Read a message; None if it is none."""
        settings = self._settings
        if not isinstance(data, dict):
            LOG.warning("expected an object with a message, got %r", data)
            return None
        sender_id = sid
        if settings.session_persistence:
            sender_id = data.get("session_id") or ""
            if not sender_id:
                LOG.warning(
                    "a message without session_id is ignored: ask for one by the event "
                    "session_request"
                )
                return None
        text = data.get("message", "")
        metadata = data.get(settings.metadata_key, {})
        try:
            metadata = json.loads(metadata) if isinstance(metadata, str) else metadata
        except ValueError:
            LOG.warning("expected JSON as %s, got %r", settings.metadata_key, metadata)
            return None
        if not isinstance(text, str):
            LOG.warning("expected a text as message, got %r", text)
            return None
        return Incoming(
            sender_id=str(sender_id),
            text=text,
            input_channel=NAME,
            metadata=metadata,
        )
