"""A channel for tests: everything that the bot says is kept, until somebody looks.

`POST /webhooks/collect/webhook` is as with REST.  `GET /webhooks/collect/messages`
gives all that was said on this channel so far, reminders and `output_channel=collect`
included (`?sender=` for one user), and `DELETE` forgets it.  Rasa has no such channel.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rasa_mock.core.commands import Deliver
from rasa_mock.run.api.base import Answer, Refusal, Request, unexpected
from rasa_mock.run.api.conversations import CONVERSATION_ERROR
from rasa_mock.run.api.rest import read_incoming, said_to
from rasa_mock.server.channels.base import webhooks

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from rasa_mock.server.agent import Agent

NAME = "collect"
KEPT = 100_000
Json = dict[str, Any]


class CollectChannel:
    """`collect:` of credentials.yml; it has no keys."""

    name = NAME

    def __init__(self) -> None:
        self.messages: deque[Json] = deque(maxlen=KEPT)

    def routes(self, agent: Agent) -> Sequence[BaseRoute]:
        """Return the webhook, the messages, and the channel's health."""
        agent.pushing[NAME] = self

        async def answer(request: Request) -> Answer:
            return await self._answer(agent, request)

        return webhooks(
            agent,
            NAME,
            handlers={
                "/webhook": {"POST": answer},
                "/messages": {"GET": self._list, "DELETE": self._forget},
            },
        )

    async def send(self, deliver: Deliver) -> None:
        """Keep messages."""
        self.messages.extend(deliver.messages)

    async def _answer(self, agent: Agent, request: Request) -> Answer:
        incoming = read_incoming(agent.desk, request, name=NAME)
        said: list[Json] = []
        if incoming.text is None or not agent.desk.model.is_loaded:
            return Answer(body=said)

        async def gather(deliver: Deliver) -> None:
            said.extend(deliver.messages)
            await self.send(deliver)

        effects = said_to(agent.desk.processor, incoming, output_channel=NAME)
        try:
            await agent.turn(effects, sender_id=incoming.sender_id, send=gather)
        except Refusal:
            raise
        except Exception as error:
            # Whoever tests wants to know.
            raise unexpected(error, CONVERSATION_ERROR) from error
        return Answer(body=said)

    async def _list(self, request: Request) -> Answer:
        return Answer(body=self.heard_by(request.params.get("sender")))

    async def _forget(self, request: Request) -> Answer:
        sender = request.params.get("sender")
        kept = [each for each in self.messages if not _is_of(each, sender)]
        self.messages.clear()
        self.messages.extend(kept)
        return Answer(status=204)

    def heard_by(self, sender_id: str | None = None) -> list[Json]:
        """Return what was said, to one user or to all."""
        return [each for each in self.messages if _is_of(each, sender_id)]


def _is_of(message: Json, sender_id: str | None) -> bool:
    return sender_id is None or message.get("recipient_id") == sender_id
