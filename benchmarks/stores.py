"""What saving one turn costs, at turns 10, 100 and 1,000 of a conversation.

A turn is a recorded one of real Rasa (9 events, 3 kB), with new times; each figure is a
median of several turns around that place, by the clock on the wall, since a store waits
for disks and servers.  Redis counts its own bytes.  SQLite and Redis run here; for
PostgreSQL a server from the wheel is started where it can be.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.harness import Figure, at_most
from rasa_mock.resources import fixture_folder
from rasa_mock.stores.base import TrackerStore, Turn
from rasa_mock.stores.memory import MemoryStore
from rasa_mock.stores.registry import open_store
from tests.servers.databases import RedisServer, postgres_server

PLACES = (10, 100, 1_000)
SAMPLES = 31
SENDER = "bench"

# Measured on real Rasa 3.6.21: RedisTrackerStore, milliseconds a save at those turns,
# and bytes that it read and wrote at the last (docs/stores.md).
RASA_MS = {10: 4.1, 100: 53.0, 1_000: 710.0}
RASA_BYTES = 4_860_000


def figures() -> Iterator[Figure]:
    """Yield milliseconds and bytes of a save, and what length does to them."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = stack.enter_context(RedisServer(folder, appendonly="yes"))
        sqlite = f"sqlite:{folder / 'history.db'}"
        yield from _history("memory", MemoryStore())
        yield from _history("sqlite", open_store(sqlite))
        yield from _history(
            "redis",
            open_store(redis.url),
            traffic=lambda: _traffic(redis),
            rasa=RASA_MS,
        )
        postgres = stack.enter_context(postgres_server())
        yield from _history("postgres", open_store(postgres.get_uri()))
        redis.client().flushall()
        yield from _rasa("redis", open_store(redis.url, layout="rasa"))
        sqlite = f"sqlite:{folder / 'rasa.db'}"
        yield from _rasa("sqlite", open_store(sqlite, layout="rasa"))


def _history(
    name: str,
    store: TrackerStore,
    *,
    traffic: Callable[[], int] | None = None,
    rasa: dict[int, float] | None = None,
) -> Iterator[Figure]:
    taken, moved = _measured(store, traffic)
    for place in PLACES:
        bar = at_most(RASA_MS[place] / 100) if rasa and place == PLACES[-1] else None
        yield Figure(
            name=f"{name}, history: turn {place:,}",
            value=1000 * taken[place],
            unit="ms",
            bar=bar,
            rasa=f"{rasa[place]:g}" if rasa else "",
        )
    yield Figure(
        name=f"{name}, history: turn 1,000 beside turn 10",
        value=taken[1_000] / taken[10],
        unit="times the cost",
        bar=at_most(1.5),
    )
    if traffic is not None:
        yield Figure(
            name=f"{name}, history: turn 1,000",
            value=moved[1_000],
            unit="bytes",
            bar=at_most(RASA_BYTES / 500),
            rasa=f"{RASA_BYTES:,}",
        )
    store.close()


def _rasa(name: str, store: TrackerStore) -> Iterator[Figure]:
    taken, _ = _measured(store, None)
    for place in PLACES:
        yield Figure(
            name=f"{name}, as Rasa: turn {place:,}",
            value=1000 * taken[place],
            unit="ms",
            rasa=f"{RASA_MS[place]:g}" if name == "redis" else "",
        )
    store.close()


def _measured(
    store: TrackerStore, traffic: Callable[[], int] | None
) -> tuple[dict[int, float], dict[int, float]]:
    """Save turns one by one; return the median seconds and bytes at each place."""
    template = _turn()
    version = 0
    seconds: dict[int, float] = {}
    moved: dict[int, float] = {}
    number = 0
    for place in PLACES:
        if number < place - SAMPLES // 2:
            # What lies between costs time and is not measured: it is saved at once.
            missing = place - SAMPLES // 2 - number
            events = [event for n in range(missing) for event in _at(template, n)]
            version = store.save(SENDER, Turn(events=events), expected=version)
            number += missing
        times, sizes = [], []
        for _ in range(SAMPLES):
            turn = Turn(events=_at(template, number))
            before = traffic() if traffic else 0
            begun = time.perf_counter()
            version = store.save(SENDER, turn, expected=version)
            times.append(time.perf_counter() - begun)
            sizes.append(traffic() - before if traffic else 0)
            number += 1
        seconds[place] = statistics.median(times)
        moved[place] = statistics.median(sizes)
    return seconds, moved


def _turn() -> list[dict[str, Any]]:
    """Return the events of a turn that a real Rasa has recorded."""
    path = fixture_folder() / "conformance" / "stores" / "redis_default.json"
    [kept] = json.loads(path.read_text(encoding="utf-8"))["cases"]["talk"][
        "redis"
    ].values()
    events = kept["value"]["events"]
    begins = [n for n, event in enumerate(events) if event["event"] == "user"]
    return list(events[begins[1] : begins[2]])


def _at(template: list[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    return [
        {**event, "timestamp": event["timestamp"] + 10 * number} for event in template
    ]


def _traffic(redis: RedisServer) -> int:
    """Return the bytes that a server has read and written, those of asking included."""
    with redis.client() as client:
        stats = client.info("stats")
    return int(stats["total_net_input_bytes"] + stats["total_net_output_bytes"])
