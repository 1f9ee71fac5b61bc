"""Turns a second of the fake core: in process, over HTTP, and in long conversations.

The bot is `small_bot`: a rule, one trivial action.  In process a stub answers it; over
HTTP a real rasa-sdk server does.  Start-up is the shell, from the command to its first
reply.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.harness import Figure, at_least, at_most
from rasa_mock import Conversation
from rasa_mock.clients.process import ActionServerProcess

HERE = Path(__file__).parent
BOT = HERE / "small_bot"
STUBS: dict[str, Any] = {"action_trivial": {"responses": [{"text": "ok"}]}}
TURNS = 100
ROUNDS = 10
SHORT = 10
STARTS = 5


def figures() -> Iterator[Figure]:
    """Yield turns a second, the cost of length, and start-up."""
    yield from _in_process()
    yield from _over_http()
    yield from _start_up()


def _seconds(
    chat: Conversation, number: int, *, clock: Callable[[], float] = time.process_time
) -> float:
    begun = clock()
    for _ in range(number):
        chat.send("run it")
    return clock() - begun


def _in_process() -> Iterator[Figure]:
    """Measure ten spans of a hundred turns, in several conversations."""
    rounds = []
    for _ in range(ROUNDS):
        chat = Conversation(BOT, stubs=STUBS)
        rounds.append([_seconds(chat, TURNS) for _ in range(10)])
    spans = [statistics.median(column) for column in zip(*rounds, strict=True)]
    for place, bar in ((0, at_least(3000)), (2, None), (9, None)):
        first = place * TURNS + 1
        yield Figure(
            name=f"in process, turns {first:,} to {first + TURNS - 1:,}",
            value=TURNS / spans[place],
            unit="turns/s",
            bar=bar,
        )
    yield Figure(
        name="turns 901 to 1,000 beside turns 1 to 100",
        value=spans[9] / spans[0],
        unit="times the cost",
        bar=at_most(2),
    )


def _over_http() -> Iterator[Figure]:
    with ActionServerProcess("trivial_actions", cwd=HERE) as server:
        yield _short(server.url)
        chat = Conversation(BOT, action_client=server.url)
        for first in (1, 201, 901):
            while _turns(chat) < first - 1:
                chat.send("run it")
            yield Figure(
                name=f"over HTTP, turns {first:,} to {first + TURNS - 1:,}",
                value=TURNS / _seconds(chat, TURNS, clock=time.perf_counter),
                unit="turns/s",
            )


def _short(url: str) -> Figure:
    """Measure conversations of ten turns: later the server reads 1 MB for each."""
    rates = []
    for _ in range(ROUNDS):
        chat = Conversation(BOT, action_client=url)
        rates.append(SHORT / _seconds(chat, SHORT, clock=time.perf_counter))
    return Figure(
        name=f"over HTTP, new conversations of {SHORT} turns",
        value=statistics.median(rates),
        unit="turns/s",
        bar=at_least(400),
        rasa="20",
    )


def _turns(chat: Conversation) -> int:
    return sum(event["event"] == "user" for event in chat.tracker.events)


def _start_up() -> Iterator[Figure]:
    spans = []
    for _ in range(STARTS):
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "rasa_mock", "shell", str(BOT)],
            input="hello\n",
            capture_output=True,
            text=True,
            check=True,
        )
        spans.append(time.perf_counter() - begun)
    # Of all children so far, the largest: in KiB on Linux.
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    yield Figure(
        name="first reply of the shell",
        value=statistics.median(spans),
        unit="s",
        bar=at_most(0.7),
        rasa="5 to 18",
    )
    yield Figure(
        name="memory of the shell, at most",
        value=memory,
        unit="MB",
        bar=at_most(90),
        rasa="500",
    )
