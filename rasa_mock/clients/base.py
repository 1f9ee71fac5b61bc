"""The seam to an action server: whoever calls one knows this and no more.

A mishap is a value, a `Reply` with a `failure`.  Whoever cannot go on without the
server turns it into an exception with `raise_for_failure`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from rasa_mock.errors import (
    BadReply,
    RasaMockError,
    TimedOut,
    Unreachable,
    UsageError,
)

if TYPE_CHECKING:
    from rasa_mock.core.wire import ActionRequest, Reply

HEALTH = "/health"
ACTIONS = "/actions"


class ActionClient(Protocol):
    """Something that carries requests to an action server, one at a time."""

    def call(self, request: ActionRequest) -> Reply:
        """Send a request and give what came back; never raises for what went wrong."""
        ...

    def get(self, path: str) -> Reply:
        """Ask for the endpoint's URL with its path replaced, such as `/health`."""
        ...

    def list_actions(self) -> tuple[str, ...] | None:
        """Give the names that the server reports, or None if it reports none."""
        ...

    def close(self) -> None:
        """Close its connections."""
        ...


class AsyncActionClient(Protocol):
    """The same for asyncio; many calls may be under way at once."""

    async def call(self, request: ActionRequest) -> Reply:
        """Send a request and give what came back; never raises for what went wrong."""
        ...

    async def get(self, path: str) -> Reply:
        """Ask for the endpoint's URL with its path replaced, such as `/health`."""
        ...

    async def list_actions(self) -> tuple[str, ...] | None:
        """Give the names that the server reports, or None if it reports none."""
        ...

    async def close(self) -> None:
        """Close its connections."""
        ...


# The exception for a failure after which there is no point in going on; what the
# server made of a single answer is not among them.
EXCEPTIONS: dict[str, type[RasaMockError]] = {
    "bad_url": UsageError,
    "bad_request": UsageError,
    "refused": Unreachable,
    "unknown_host": Unreachable,
    "unreachable": Unreachable,
    "tls": Unreachable,
    "timeout": TimedOut,
    "redirect_loop": Unreachable,
    "bad_redirect": Unreachable,
}


def raise_for_failure(reply: Reply) -> None:
    """Raise what a failed reply means for someone who needs the server.

    UsageError for a URL or header that cannot be sent, Unreachable, TimedOut, or
    BadReply where something answered, but not in HTTP.
    """
    if reply.failure is not None:
        raise EXCEPTIONS.get(reply.failure, BadReply)(reply.detail)


def action_names(reply: Reply) -> tuple[str, ...] | None:
    """Read the answer to `GET /actions` (`[{"name": ...}]`); None if it is none."""
    if reply.failure is not None or reply.status != 200:
        return None
    try:
        listed = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(listed, list):
        return None
    names: list[Any] = [item.get("name") for item in listed if isinstance(item, dict)]
    named = len(names) == len(listed) and all(isinstance(name, str) for name in names)
    return tuple(names) if named else None
