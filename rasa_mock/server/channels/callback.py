"""The callback channel: a message goes in, what the bot says is posted to a URL.

Each message is posted on its own, while the turn runs; the answer `success` comes when
the turn is over.  What that URL answers is only logged; where it cannot be reached at
all the turn is lost, as with Rasa.

Imitates rasa/core/channels/callback.py of Rasa 3.6.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rasa_mock.core.commands import Deliver
from rasa_mock.core.wire import Reply
from rasa_mock.errors import DataError, RasaMockError
from rasa_mock.run.api.base import TEXT_TYPE, Answer, Refusal, Request, crash
from rasa_mock.run.api.rest import read_incoming, said_to
from rasa_mock.server.channels.base import webhooks
from rasa_mock.server.observed import shown

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from rasa_mock.server.agent import Agent

NAME = "callback"
LOG = logging.getLogger("rasa_mock.server")
Post = Callable[[Any], Awaitable[Reply]]
"""Posts a JSON value and gives what came back."""


class CallbackChannel:
    """`callback:` of credentials.yml; `post` brings a message to its `url`."""

    name = NAME

    def __init__(self, post: Post) -> None:
        self._post = post

    def routes(self, agent: Agent) -> Sequence[BaseRoute]:
        """Return `/webhooks/callback/webhook`, and the channel's health."""
        agent.pushing[NAME] = self

        async def answer(request: Request) -> Answer:
            return await _answer(agent, request)

        return webhooks(agent, NAME, handlers={"/webhook": {"POST": answer}})

    async def send(self, deliver: Deliver) -> None:
        """Post messages, one after the other."""
        for message in deliver.messages:
            reply = await self._post(message)
            if reply.status is None:
                raise DataError(reply.detail, rasa_class="ClientConnectorError")
            if reply.status >= 400:
                LOG.error("the callback server answered %s", reply.status)


async def _answer(agent: Agent, request: Request) -> Answer:
    incoming = read_incoming(agent.desk, request, name=NAME)
    if incoming.text is None:
        raise crash()
    said = replace(incoming, input_channel=NAME, metadata=None)
    if agent.desk.model.is_loaded:
        effects = said_to(agent.desk.processor, said, output_channel=NAME)
        try:
            await agent.turn(effects, sender_id=said.sender_id)
        except Refusal:
            raise
        except RasaMockError as error:
            LOG.warning("%s: turn_lost: %s", shown(said.sender_id), error)
            raise crash() from error
        except Exception as error:
            LOG.exception("%s: a message failed", shown(said.sender_id))
            raise crash() from error
    return Answer(body="success", content_type=TEXT_TYPE)
