"""The seam of channels.

A channel stands in credentials.yml under its name and brings its own routes.  One that
can speak of its own accord puts itself under `agent.pushing[name]`: reminders and
`output_channel=` of the API then reach it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from starlette.routing import BaseRoute, Route

from rasa_mock.run.api.base import Answer, Request
from rasa_mock.server.doors import Door, Handler

if TYPE_CHECKING:
    from rasa_mock.server.agent import Agent

WEBHOOKS = "/webhooks"


class Channel(Protocol):
    """A way to the bot."""

    @property
    def name(self) -> str:
        """What it is called in credentials.yml and in paths."""
        ...

    def routes(self, agent: Agent) -> Sequence[BaseRoute]:
        """Return the routes, for an agent that this channel is to talk with."""
        ...


def webhooks(
    agent: Agent, name: str, *, handlers: Mapping[str, Mapping[str, Handler]]
) -> list[BaseRoute]:
    """Mount handlers by path below `/webhooks/<name>`, and the channel's health."""
    prefix = f"{WEBHOOKS}/{name}"
    paths = {"": {"GET": _health}, **handlers}
    routes: list[BaseRoute] = []
    for path, by_method in paths.items():
        door = Door(agent, by_method)
        routes += [
            Route(f"{prefix}{path}{slash}", endpoint=door) for slash in ("", "/")
        ]
    return routes


async def _health(_request: Request) -> Answer:
    return Answer(body={"status": "ok"})
