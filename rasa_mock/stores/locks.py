"""Ticket locks: one turn of a conversation at a time, also among several servers.

A turn takes the next number and waits until it is the first.  A ticket lives for some
seconds, whether it waits or is served: so a server that died blocks nobody for ever,
and a turn that takes longer lets the next one in.

    memory:                    for one process
    redis://host:6379/1        the keys and the text of Rasa's RedisLockStore

Imitates rasa/core/lock.py and rasa/core/lock_store.py of Rasa 3.6.
"""

from __future__ import annotations

import json
import time as clock
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, Protocol

from rasa_mock.errors import StoreError
from rasa_mock.stores.sources import Kind, Options, Tell, find_kind, log_warning, needed

LIFETIME = 60.0
"""Seconds that a ticket lives, unless TICKET_LOCK_LIFETIME says otherwise."""

LOOK_SECONDS = 0.02
"""How often whoever waits looks; Rasa does once a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A place in the queue, until the time it expires."""

    number: int
    expires: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketLock:
    """The queue of a conversation, the one that is served first."""

    conversation_id: str
    tickets: tuple[Ticket, ...] = ()

    @classmethod
    def loads(cls, text: str | bytes) -> TicketLock:
        """Read what Rasa wrote, in which every ticket is a text."""
        value = json.loads(text)
        tickets = [json.loads(ticket) for ticket in value["tickets"]]
        return cls(
            conversation_id=value["conversation_id"],
            tickets=tuple(
                Ticket(number=ticket["number"], expires=ticket["expires"])
                for ticket in tickets
            ),
        )

    def dumps(self) -> str:
        """Write it as Rasa does."""
        tickets = [
            json.dumps({"number": ticket.number, "expires": ticket.expires})
            for ticket in self.tickets
        ]
        return json.dumps({"conversation_id": self.conversation_id, "tickets": tickets})

    def at(self, now: float) -> TicketLock:
        """Return the queue without the tickets that have expired."""
        left = tuple(ticket for ticket in self.tickets if ticket.expires > now)
        return TicketLock(conversation_id=self.conversation_id, tickets=left)

    def issued(self, *, expires: float) -> tuple[TicketLock, int]:
        """Return the queue with one more ticket, and its number."""
        number = self.tickets[-1].number + 1 if self.tickets else 0
        more = Ticket(number=number, expires=expires)
        tickets = (*self.tickets, more)
        return TicketLock(conversation_id=self.conversation_id, tickets=tickets), number

    def without(self, number: int) -> TicketLock:
        """Return the queue without a ticket."""
        left = tuple(ticket for ticket in self.tickets if ticket.number != number)
        return TicketLock(conversation_id=self.conversation_id, tickets=left)

    def has(self, number: int) -> bool:
        """Tell whether a ticket is in the queue."""
        return any(ticket.number == number for ticket in self.tickets)

    def serves(self, number: int) -> bool:
        """Tell whether a ticket is the first."""
        return bool(self.tickets) and self.tickets[0].number == number


class LockStore(Protocol):
    """Keeps the queues; every change of one is a step that nobody comes in between."""

    @property
    def name(self) -> str:
        """The store as people know it, without the password."""
        ...

    def issue(self, conversation_id: str) -> int:
        """Take the next ticket; return its number."""
        ...

    def look(self, conversation_id: str) -> TicketLock:
        """Return the queue without expired tickets."""
        ...

    def finish(self, conversation_id: str, number: int) -> None:
        """Give a ticket back; the queue goes with its last."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass(slots=True, kw_only=True)
class MemoryLockStore:
    """See `LockStore`; for the threads of one process."""

    lifetime: float = LIFETIME
    now: Callable[[], float] = clock.time
    name: str = "memory:"
    _queues: dict[str, TicketLock] = field(init=False, default_factory=dict)
    _lock: RLock = field(init=False, default_factory=RLock)

    def issue(self, conversation_id: str) -> int:
        with self._lock:
            queue = self.look(conversation_id)
            expires = self.now() + self.lifetime
            self._queues[conversation_id], number = queue.issued(expires=expires)
            return number

    def look(self, conversation_id: str) -> TicketLock:
        known = self._queues.get(conversation_id)
        found = known or TicketLock(conversation_id=conversation_id)
        return found.at(self.now())

    def finish(self, conversation_id: str, number: int) -> None:
        with self._lock:
            left = self.look(conversation_id).without(number)
            if left.tickets:
                self._queues[conversation_id] = left
            else:
                self._queues.pop(conversation_id, None)

    def close(self) -> None:
        """Do nothing."""


@contextmanager
def holding(
    store: LockStore,
    conversation_id: str,
    *,
    wait: Callable[[float], Any] = clock.sleep,
) -> Iterator[int]:
    """Hold the conversation's turn inside the block; gives the ticket's number.

    Raises StoreError if the ticket expires before its turn.
    """
    number = store.issue(conversation_id)
    try:
        while not may_begin(store, conversation_id, number=number):
            wait(LOOK_SECONDS)
        yield number
    finally:
        store.finish(conversation_id, number)


def may_begin(store: LockStore, conversation_id: str, *, number: int) -> bool:
    """Tell whether it is a ticket's turn; raise StoreError if it has expired."""
    queue = store.look(conversation_id)
    if not queue.has(number):
        raise StoreError(
            f"could not acquire the lock of conversation {conversation_id!r}: its "
            f"turn did not come in time (ticket {number} in {store.name})"
        )
    return queue.serves(number)


def open_locks(
    source: str | Mapping[str, Any] | None,
    *,
    lifetime: float = LIFETIME,
    tell: Tell = log_warning,
) -> LockStore:
    """Open the lock store of a URL, or of the `lock_store` of an endpoints file.

    Raises StoreUnreachable where nothing answers.
    """
    kind, options = find_kind(source, kinds=KINDS, what="lock store")
    return kind.make(options, lifetime, tell)


def _open_memory(_options: Options, lifetime: float, _tell: Tell) -> LockStore:
    return MemoryLockStore(lifetime=lifetime)


def _open_redis(options: Options, lifetime: float, tell: Tell) -> LockStore:
    with needed("redis"):
        from rasa_mock.stores.redis.locks import open_redis_locks
    return open_redis_locks(options, lifetime=lifetime, tell=tell)


KINDS: tuple[Kind[Callable[[Options, float, Tell], LockStore]], ...] = (
    Kind(types=("in_memory", "memory"), schemes=("memory",), make=_open_memory),
    Kind(
        types=("redis",),
        schemes=("redis", "rediss"),
        make=_open_redis,
        options=("key_prefix", "socket_timeout"),
    ),
)
"""The kinds of lock stores; the first is taken where none is named."""
