"""Posts JSON to servers that are no action servers: one that words, one that listens.

The same connections, headers and mishaps as for action servers (`clients.http`).
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rasa_mock.clients.http import AsyncHttpClient
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.exchange import post_bytes, post_request
from rasa_mock.core.urls import place_of

if TYPE_CHECKING:
    from rasa_mock.core.commands import AskNlg
    from rasa_mock.core.wire import Reply


LOG = logging.getLogger("rasa_mock.server")
# How long, in seconds, a server is looked for when another starts.
LOOK_SECONDS = 2.0


class Poster:
    """Posts to one endpoint.  Raises UsageError for a URL that cannot be called."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.client = AsyncHttpClient(endpoint)

    async def post(self, payload: Any) -> Reply:
        """Post a JSON value and give what came back; what went wrong is a value, too.

        Raises DataError for a value that is no JSON.
        """
        reply = await self.client.call(post_request(self.endpoint, payload))
        # It is another server that has to be started.
        detail = reply.detail.replace("the action server", "the server there")
        return replace(reply, detail=detail) if detail != reply.detail else reply

    async def post_bytes(self, body: bytes) -> Reply:
        """Post bytes."""
        return await self.client.call(post_bytes(self.endpoint, body))

    async def word(self, command: AskNlg) -> Reply:
        """Ask the server that words responses."""
        return await self.post(command.question)

    async def close(self) -> None:
        """Close its connections."""
        await self.client.close()


async def post_later(url: str, body: bytes) -> None:
    """Post JSON that is written already to a URL; what comes of it nobody hears.

    Raises UsageError for a URL that cannot be called.
    """
    poster = Poster(Endpoint(url=url))
    try:
        await poster.post_bytes(body)
    finally:
        await poster.close()


async def look_for(endpoint: Endpoint) -> None:
    """Say so if nobody listens where a server should be; for the start of a server."""
    place = place_of(endpoint.url)
    try:
        opening = asyncio.open_connection(place.host, place.port)
        _, writer = await asyncio.wait_for(opening, timeout=LOOK_SECONDS)
        writer.close()
    except (OSError, ValueError, asyncio.TimeoutError):
        LOG.warning(
            "the action server at %s:%s does not answer; the bot is served all the "
            "same, and its actions return nothing until then",
            place.host,
            place.port,
        )
