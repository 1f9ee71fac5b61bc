"""Ticket locks in Redis: the same keys and texts as Rasa's, so that both can queue.

A queue is exchanged only if it is still the one that was read; Rasa does not look.

Imitates `RedisLockStore` of rasa/core/lock_store.py (Rasa 3.6).
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable
from hashlib import sha1

from rasa_mock.errors import StoreError
from rasa_mock.stores.locks import TicketLock
from rasa_mock.stores.redis import scripts
from rasa_mock.stores.redis.connection import Connection
from rasa_mock.stores.redis.names import KeyNames, as_text, key_names
from rasa_mock.stores.redis.opening import open_connection
from rasa_mock.stores.sources import Options, Tell

LOCK_DB = 1

Change = Callable[[TicketLock], TicketLock]


class RedisLockStore:
    """See `LockStore`."""

    def __init__(
        self,
        connection: Connection,
        *,
        names: KeyNames,
        lifetime: float,
        now: Callable[[], float] = clock.time,
    ) -> None:
        self._connection = connection
        self._redis = connection.client
        self._names = names
        self._lifetime = lifetime
        self._now = now
        self._swap = self._redis.register_script(scripts.SWAP)

    @property
    def name(self) -> str:
        return self._connection.name

    def issue(self, conversation_id: str) -> int:
        expires = self._now() + self._lifetime
        queue = self._change(
            conversation_id, lambda queue: queue.issued(expires=expires)[0]
        )
        return queue.tickets[-1].number

    def look(self, conversation_id: str) -> TicketLock:
        return self._read(conversation_id)[1]

    def finish(self, conversation_id: str, number: int) -> None:
        self._change(conversation_id, lambda queue: queue.without(number))

    def _change(self, conversation_id: str, change: Change) -> TicketLock:
        key = self._names.rasa_lock(conversation_id)
        while True:
            old, queue = self._read(conversation_id)
            changed = change(queue)
            seen = sha1(old, usedforsecurity=False).hexdigest() if old else ""
            new = changed.dumps() if changed.tickets else ""
            with self._connection.told():
                if self._swap(keys=[key], args=[seen, new, ""]):
                    return changed

    def _read(self, conversation_id: str) -> tuple[bytes, TicketLock]:
        key = self._names.rasa_lock(conversation_id)
        with self._connection.told():
            text = self._redis.get(key)
        if not text:
            return b"", TicketLock(conversation_id=conversation_id)
        try:
            return text, TicketLock.loads(text).at(self._now())
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(
                f"{self.name}: the key {as_text(key)!r} holds no lock of Rasa's: "
                f"{text[:80]!r}"
            ) from error

    def close(self) -> None:
        self._connection.close()


def open_redis_locks(
    options: Options, *, lifetime: float, tell: Tell
) -> RedisLockStore:
    """Open the lock store; its database is 1 unless told."""
    return RedisLockStore(
        open_connection(options, db=LOCK_DB),
        names=key_names(options.get("key_prefix"), tell=tell),
        lifetime=lifetime,
    )
