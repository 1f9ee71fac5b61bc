"""Ticket locks: in memory, and in a real Redis as Rasa writes them."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from rasa_mock.errors import StoreError
from rasa_mock.server.locks import LockError
from rasa_mock.server.shared_locks import SharedLocks
from rasa_mock.stores.locks import (
    MemoryLockStore,
    TicketLock,
    holding,
    may_begin,
    open_locks,
)


@pytest.fixture(params=["memory", "redis"])
def locks(request):
    if request.param == "memory":
        yield open_locks(None)
        return
    server = request.getfixturevalue("redis_server")
    server.client(1).flushall()
    store = open_locks({"type": "redis", "url": "127.0.0.1", "port": server.port})
    yield store
    store.close()


def test_tickets_are_served_in_order(locks):
    first, second = locks.issue("a"), locks.issue("a")
    assert (first, second) == (0, 1)
    assert may_begin(locks, "a", number=first)
    assert not may_begin(locks, "a", number=second)
    locks.finish("a", first)
    assert may_begin(locks, "a", number=second)
    locks.finish("a", second)
    assert locks.issue("a") == 0


def test_conversations_do_not_wait_for_each_other(locks):
    assert may_begin(locks, "a", number=locks.issue("a"))
    assert may_begin(locks, "b", number=locks.issue("b"))


def test_threads_come_one_after_the_other(locks):
    inside, seen = [], []

    def work(name):
        for _ in range(3):
            with holding(locks, "a"):
                inside.append(name)
                seen.append(len(inside))
                inside.remove(name)

    workers = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert seen == [1] * 12
    assert not locks.look("a").tickets


def test_a_ticket_that_expires_lets_the_next_one_in():
    now = [100.0]
    locks = MemoryLockStore(lifetime=60.0, now=lambda: now[0])
    dead = locks.issue("a")
    now[0] += 30
    alive = locks.issue("a")
    assert not may_begin(locks, "a", number=alive)
    now[0] += 31
    assert may_begin(locks, "a", number=alive)
    with pytest.raises(StoreError, match="its turn did not come in time"):
        may_begin(locks, "a", number=dead)


@pytest.mark.parametrize("prefix", [None, "bot1"])
def test_redis_has_rasas_key_and_text_without_an_end(redis_server, prefix):
    client = redis_server.client(1)
    client.flushall()
    source = {"type": "redis", "port": redis_server.port, "key_prefix": prefix}
    locks = open_locks(source)
    number = locks.issue("anna")
    key = b"bot1:lock:anna" if prefix else b"lock:anna"
    assert client.keys("*") == [key]
    assert client.ttl(key) == -1
    kept = json.loads(client.get(key))
    assert list(kept) == ["conversation_id", "tickets"]
    assert [list(json.loads(ticket)) for ticket in kept["tickets"]] == [
        ["number", "expires"]
    ]
    locks.finish("anna", number)
    assert client.keys("*") == []
    locks.close()


def test_a_ticket_that_rasa_holds_is_waited_for(redis_server):
    client = redis_server.client(1)
    client.flushall()
    ticket = json.dumps({"number": 0, "expires": 1e12})
    text = json.dumps({"conversation_id": "anna", "tickets": [ticket]})
    client.set("lock:anna", text)
    assert TicketLock.loads(text).serves(0)
    locks = open_locks(f"{redis_server.url}/1")
    number = locks.issue("anna")
    assert (number, may_begin(locks, "anna", number=number)) == (1, False)
    locks.finish("anna", 0)
    assert may_begin(locks, "anna", number=number)
    locks.close()


def test_something_else_under_the_key_is_told_and_left(redis_server):
    client = redis_server.client(1)
    client.flushall()
    client.set("lock:anna", "mine")
    locks = open_locks(f"{redis_server.url}/1")
    with pytest.raises(StoreError, match="holds no lock"):
        locks.issue("anna")
    assert client.get("lock:anna") == b"mine"
    locks.close()


def test_servers_that_share_a_store_take_turns(redis_server):
    redis_server.client(1).flushall()
    locks = open_locks(f"{redis_server.url}/1")
    servers = [SharedLocks(locks), SharedLocks(locks)]
    inside, seen = [], []

    async def turn(server):
        async with server.hold("anna"):
            inside.append(server)
            seen.append(len(inside))
            await asyncio.sleep(0)
            inside.remove(server)

    async def talk():
        await asyncio.gather(*(turn(server) for server in servers * 5))

    asyncio.run(talk())
    assert seen == [1] * 10
    assert not locks.look("anna").tickets
    locks.close()


def test_a_server_whose_turn_never_comes_is_refused(redis_server):
    redis_server.client(1).flushall()
    locks = open_locks(f"{redis_server.url}/1", lifetime=0.2)
    forgotten = locks.issue("anna")
    late = SharedLocks(locks)

    async def talk():
        async with late.hold("anna"):
            raise AssertionError("let in")

    other = open_locks(f"{redis_server.url}/1", lifetime=60)
    assert other.issue("anna") == forgotten + 1
    with pytest.raises(LockError):
        asyncio.run(talk())
    locks.close()
    other.close()
