"""One turn at a time for each conversation, in the order in which they came.

Imitates `TicketLock` and `InMemoryLockStore` (rasa/core/lock_store.py) of Rasa 3.6:
a ticket lives for some seconds, whether it is being served or waits.  When the one
that is served outlives them, the next is let in; one that waits too long is refused.
Rasa looks once a second; here whoever waits is called.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque

LIFETIME = 60.0
LIFETIME_VARIABLE = "TICKET_LOCK_LIFETIME"


class LockError(Exception):
    """Nobody served this ticket in time."""


class Ticket:
    """A place in the queue of a conversation."""

    __slots__ = ("called", "expires")

    def __init__(self, *, expires: float) -> None:
        self.expires = expires
        self.called: asyncio.Future[None] | None = None


class TicketLocks:
    """The queues of all conversations; one without tickets is forgotten."""

    def __init__(self, *, lifetime: float | None = None) -> None:
        self.lifetime = _lifetime() if lifetime is None else lifetime
        self._queues: dict[str, deque[Ticket]] = {}

    def waiting(self, name: str) -> int:
        """Return how many tickets a conversation has, the one served included."""
        return len(self._queues.get(name, ()))

    def hold(self, name: str) -> Hold:
        """Return what waits for one's turn, and holds it (`async with`)."""
        return Hold(self, name)

    async def enter(self, name: str) -> Ticket:
        """Wait for one's turn; raise LockError if it never comes."""
        ticket = Ticket(expires=asyncio.get_running_loop().time() + self.lifetime)
        queue = self._queues.get(name)
        if queue is None:
            self._queues[name] = deque((ticket,))
            return ticket
        queue.append(ticket)
        try:
            while ticket in queue and queue[0] is not ticket:
                await self._wait(ticket, queue)
        except BaseException:
            self.leave(name, ticket)
            raise
        if ticket not in queue:
            self.leave(name, ticket)
            raise LockError(f"Could not acquire lock for conversation_id '{name}'.")
        return ticket

    def leave(self, name: str, ticket: Ticket) -> None:
        """Let the next one in."""
        queue = self._queues.get(name)
        if queue is None:
            return
        if ticket in queue:
            queue.remove(ticket)
        if queue:
            _call(queue)
        else:
            del self._queues[name]

    async def _wait(self, ticket: Ticket, queue: deque[Ticket]) -> None:
        loop = asyncio.get_running_loop()
        ticket.called = loop.create_future()
        await asyncio.wait({ticket.called}, timeout=queue[0].expires - loop.time())
        now = loop.time()
        while queue and queue[0].expires <= now:
            queue.popleft()
        _call(queue)


class Hold:
    """Holds the turn of a conversation, within `async with`."""

    __slots__ = ("_locks", "_name", "_ticket")

    def __init__(self, locks: TicketLocks, name: str) -> None:
        self._locks = locks
        self._name = name

    async def __aenter__(self) -> None:
        self._ticket = await self._locks.enter(self._name)

    async def __aexit__(self, *_: object) -> None:
        self._locks.leave(self._name, self._ticket)


def _call(queue: deque[Ticket]) -> None:
    """Call the first in the queue, if it waits."""
    called = queue[0].called if queue else None
    if called is not None and not called.done():
        called.set_result(None)


def _lifetime() -> float:
    try:
        return float(os.environ.get(LIFETIME_VARIABLE, LIFETIME))
    except ValueError:
        return LIFETIME
