"""The REST channel: a message goes in, what the bot says comes back.

What a body means is the business of `rasa_mock.run.api.rest`.  With `stream=true` each
message is sent when it is said.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

from starlette.responses import Response, StreamingResponse

from rasa_mock.core.commands import Deliver
from rasa_mock.errors import StoreError
from rasa_mock.run.api.base import Answer, Refusal, Request, unexpected
from rasa_mock.run.api.conversations import CONVERSATION_ERROR
from rasa_mock.run.api.rest import (
    NAME,
    STREAM_TYPE,
    Incoming,
    converse,
    read_incoming,
)
from rasa_mock.server.channels.base import webhooks
from rasa_mock.server.locks import LockError
from rasa_mock.server.observed import shown

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from rasa_mock.server.agent import Agent, Send

Json = dict[str, Any]
LOG = logging.getLogger("rasa_mock.server")


class RestChannel:
    """`rest:` of credentials.yml; it has no keys."""

    name = NAME

    def routes(self, agent: Agent) -> Sequence[BaseRoute]:
        """Return `/webhooks/rest/webhook`, and the channel's health."""
        talk = _Talk(agent)
        return webhooks(agent, NAME, handlers={"/webhook": {"POST": talk.answer}})


class _Talk:
    """The webhook, for one agent."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent

    async def answer(self, request: Request) -> Answer | Response:
        """Answer a message."""
        incoming = read_incoming(self._agent.desk, request)
        if incoming.stream:
            # As a media type it would get a charset, which it has not with Rasa.
            return StreamingResponse(
                self._stream(incoming), headers={"content-type": STREAM_TYPE}
            )
        messages: list[Json] = []

        async def gather(deliver: Deliver) -> None:
            messages.extend(deliver.messages)

        try:
            await self._take(incoming, send=gather)
        except asyncio.CancelledError:
            # It took longer than --response-timeout allows.
            if not self._agent.desk.is_odd("failures_are_silent"):
                raise
            LOG.warning("%s: a message took too long", shown(incoming.sender_id))
        return Answer(body=messages)

    async def _take(self, incoming: Incoming, *, send: Send) -> None:
        agent = self._agent
        if incoming.text is None:
            return
        try:
            await agent.turn(
                converse(agent.desk, incoming), sender_id=incoming.sender_id, send=send
            )
        except Refusal:
            raise
        except StoreError as error:
            raise unexpected(error, CONVERSATION_ERROR) from error
        except Exception as error:
            if not agent.desk.is_odd("failures_are_silent"):
                raise unexpected(error, CONVERSATION_ERROR) from error
            if not isinstance(error, LockError):
                LOG.exception("%s: a message failed", shown(incoming.sender_id))

    async def _stream(self, incoming: Incoming) -> AsyncIterator[str]:
        said: asyncio.Queue[Json | None] = asyncio.Queue()

        async def pass_on(deliver: Deliver) -> None:
            for message in deliver.messages:
                said.put_nowait(message)

        async def take() -> None:
            try:
                await self._take(incoming, send=pass_on)
            except Refusal as refused:
                # The answer has begun: nothing but the log can tell it.
                LOG.warning("%s: %s", shown(incoming.sender_id), refused)
            finally:
                said.put_nowait(None)

        work = self._agent.spawn(take())
        while (message := await said.get()) is not None:
            yield json.dumps(message) + "\n"
        await asyncio.wait({work})
