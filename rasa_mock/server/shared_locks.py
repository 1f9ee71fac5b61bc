"""Turns of a conversation in order, among several servers that share a lock store.

Within this process they queue as ever (`locks`), so that one ticket a conversation is
enough; the store is asked in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from rasa_mock.server.locks import LockError, TicketLocks

LOOK_SECONDS = 0.02
"""How often whoever waits looks; Rasa does once a second."""


class Queue(Protocol):
    """Who waits for a conversation."""

    def has(self, number: int) -> bool:
        """Tell whether a ticket is in the queue."""
        ...

    def serves(self, number: int) -> bool:
        """Tell whether a ticket is the first."""
        ...


class LockStore(Protocol):
    """The part of `rasa_mock.stores.locks.LockStore` that is needed here."""

    def issue(self, conversation_id: str) -> int:
        """Take the next ticket; return its number."""
        ...

    def look(self, conversation_id: str) -> Queue:
        """Return the queue without expired tickets."""
        ...

    def finish(self, conversation_id: str, number: int) -> None:
        """Give a ticket back."""
        ...


class SharedLocks(TicketLocks):
    """Ticket locks that other servers see, too."""

    def __init__(self, store: LockStore, *, lifetime: float | None = None) -> None:
        super().__init__(lifetime=lifetime)
        self._store = store

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[None]:  # type: ignore[override]
        """Wait for one's turn, and hold it; raise LockError if it never comes."""
        async with super().hold(name):
            number = await asyncio.to_thread(self._store.issue, name)
            try:
                await self._wait_for(name, number)
                yield
            finally:
                await asyncio.to_thread(self._store.finish, name, number)

    async def _wait_for(self, name: str, number: int) -> None:
        while True:
            queue = await asyncio.to_thread(self._store.look, name)
            if queue.serves(number):
                return
            if not queue.has(number):
                raise LockError(f"Could not acquire lock for conversation_id '{name}'.")
            await asyncio.sleep(LOOK_SECONDS)
