"""The mock Rasa server under load: messages a second, how long they take, memory.

A real server in a process of its own, and a load generator of raw sockets with asyncio,
which takes about a quarter of what the server does.  50 senders at once, each waiting
for its answer before it says the next word.  The bare framework is Starlette on uvicorn
with the same sockets and an answer that stands ready.  On a busy machine the messages
in a second of the server's own CPU say more than those of a second on the wall.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.harness import Bar, Figure, at_least, at_most
from rasa_mock.clients.process import ActionServerProcess

HERE = Path(__file__).parent
BOT = HERE / "small_bot"
PATIENCE = 60.0
SENDERS = 50
MESSAGES = 40
ROUNDS = 3
NEW_SENDERS = 5_000
STARTS = 5
STUBS = "action_trivial: {responses: [{text: ok}]}\n"
BARE = """
import sys
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from rasa_mock.server.listen import address_of, bind, make_server

async def hook(request):
    await request.body()
    said = b'[{"recipient_id":"a","text":"ok"}]'
    return Response(said, media_type="application/json")

app = Starlette(routes=[Route("/webhooks/rest/webhook", hook, methods=["POST"])])
listening = bind("127.0.0.1", 0)
ready = lambda: open(sys.argv[1], "w").write(address_of(listening))
make_server(app, on_ready=ready).run(sockets=[listening])
"""


def figures() -> Iterator[Figure]:
    """Yield rates and times with stubs, behind them a real server, and bare."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stubs, nothing = folder / "stubs.yml", folder / "endpoints.yml"
        stubs.write_text(STUBS)
        nothing.write_text("{}\n")
        bare = [sys.executable, "-c", BARE, str(folder / "ready")]
        with running(bare, folder=folder) as server:
            yield from _under_load(server, title="bare Starlette", bar=None)
        stubbed = serve_command(folder, "--stub", stubs, "--endpoints", nothing)
        with running(stubbed, folder=folder) as server:
            yield from _under_load(server, title="stubs", bar=at_least(2_000))
            yield _memory(server)
        bare_turns = [*stubbed, "--no-record", "--no-viewer"]
        with running(bare_turns, folder=folder) as server:
            title = "stubs, no variables recorded"
            yield from _under_load(server, title=title, bar=at_least(2_000))
        with ActionServerProcess(str(HERE / "trivial_actions")) as actions:
            endpoints = folder / "behind.yml"
            endpoints.write_text(f"action_endpoint: {{url: {actions.url}}}\n")
            behind = serve_command(folder, "--endpoints", endpoints)
            with running(behind, folder=folder) as server:
                yield from _under_load(server, title="rasa-sdk", bar=at_least(400))
        yield _start_up(stubbed, folder)


def serve_command(folder: Path, *options: Any) -> list[str]:
    """Return the command of a server that writes its address when it is ready."""
    return [
        *(sys.executable, "-m", "rasa_mock", "serve", str(BOT), "--port", "0", "-q"),
        *("--ready-file", str(folder / "ready"), *map(str, options)),
    ]


class Running(NamedTuple):
    """A server: its address, and the id of its process."""

    url: str
    pid: int


@contextmanager
def running(command: list[str], *, folder: Path) -> Iterator[Running]:
    """Run a server."""
    ready = folder / "ready"
    ready.unlink(missing_ok=True)
    process = subprocess.Popen(command)
    try:
        end = time.monotonic() + PATIENCE
        while not ready.exists() or not ready.read_text().strip():
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"did not start: {command}")
            time.sleep(0.005)
        yield Running(ready.read_text().strip(), process.pid)
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGTERM)
        process.wait(PATIENCE)


def _under_load(server: Running, *, title: str, bar: Bar | None) -> Iterator[Figure]:
    asyncio.run(load(server.url, senders=SENDERS, messages=5))
    rates, middles, slowest, busy = [], [], [], []
    for _ in range(ROUNDS):
        begun = cpu_seconds(server.pid)
        rate, times = asyncio.run(load(server.url, senders=SENDERS, messages=MESSAGES))
        busy.append((cpu_seconds(server.pid) - begun) / len(times))
        rates.append(rate)
        middles.append(times[len(times) // 2])
        slowest.append(times[int(len(times) * 0.99)])
    yield Figure(
        name=f"{title}: messages, {SENDERS} senders at once",
        value=statistics.median(rates),
        unit="messages/s",
        bar=bar,
    )
    yield Figure(
        name=f"{title}: messages in a second of the server's CPU",
        value=1 / statistics.median(busy),
        unit="messages/s",
        bar=bar,
    )
    for name, values, most in (("p50", middles, None), ("p99", slowest, 50)):
        yield Figure(
            name=f"{title}: {name}",
            value=statistics.median(values) * 1000,
            unit="ms",
            bar=at_most(most) if most and bar else None,
        )


async def load(
    url: str, *, senders: int, messages: int, first: int | None = None
) -> tuple[float, list[float]]:
    """Send messages; return how many a second, and the times sorted.

    With `first` each message is that of a new sender, numbered from there.
    """
    host, _, port = url.rpartition("/")[2].partition(":")
    times: list[float] = []

    async def talk(number: int) -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        for count in range(messages):
            sender = f"s{number}"
            if first is not None:
                sender = f"n{first + number * messages + count}"
            begun = time.perf_counter()
            writer.write(_request(sender))
            head = await reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().partition(b"content-length: ")[2].split(b"\r")[0])
            body = await reader.readexactly(size)
            times.append(time.perf_counter() - begun)
            if not head.startswith(b"HTTP/1.1 200") or b"ok" not in body:
                raise RuntimeError(f"not what was expected: {head + body!r}")
        writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(talk(number) for number in range(senders)))
    return len(times) / (time.perf_counter() - begun), sorted(times)


def _request(sender: str) -> bytes:
    body = json.dumps({"sender": sender, "message": "/run_trivial"}).encode()
    return (
        b"POST /webhooks/rest/webhook HTTP/1.1\r\nHost: rasa\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
        % (len(body), body)
    )


def _memory(server: Running) -> Figure:
    """Measure what 100,000 conversations of one turn would take, from some of them."""
    before = resident(server.pid)
    messages = NEW_SENDERS // SENDERS
    asyncio.run(load(server.url, senders=SENDERS, messages=messages, first=0))
    each = (resident(server.pid) - before) / NEW_SENDERS
    return Figure(
        name="memory of 100,000 new senders",
        value=each * 100_000 / 1e9,
        unit="GB",
        bar=at_most(1.5),
    )


def cpu_seconds(pid: int) -> float:
    """Return the seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> int:
    """Return the bytes of memory that a process has."""
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _start_up(command: list[str], folder: Path) -> Figure:
    seconds = []
    for _ in range(STARTS):
        begun = time.perf_counter()
        with running(command, folder=folder):
            seconds.append(time.perf_counter() - begun)
    return Figure(
        name="start, from the command to the first answer",
        value=statistics.median(seconds),
        unit="s",
        bar=at_most(0.7),
    )
