"""A real `rasa-mock serve` for the tests of a file."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx

from rasa_mock.server.listen import address_of, bind, make_server

PATIENCE = 60.0


class Served:
    """`rasa-mock serve BOT OPTIONS` in a process of its own, on a free port."""

    def __init__(self, bot, *options, folder: Path):
        self.ready = folder / "ready"
        self.log = folder / "log"
        self.out = folder / "out"
        self.command = [
            *(sys.executable, "-m", "rasa_mock", "serve", str(bot), "--port", "0"),
            *("--ready-file", str(self.ready), *map(str, options)),
        ]

    def __enter__(self):
        with self.log.open("w") as log, self.out.open("w") as out:
            self.process = subprocess.Popen(self.command, stdout=out, stderr=log)
        end = time.monotonic() + PATIENCE
        while not self.ready.exists():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise AssertionError(self.log.read_text())
            time.sleep(0.02)
        self.url = self.ready.read_text().strip()
        self.client = httpx.Client(base_url=self.url, timeout=PATIENCE, trust_env=False)
        return self

    def __exit__(self, *_):
        self.client.close()
        self.stop()

    def stop(self, number=signal.SIGTERM):
        """Stop it; return its exit code."""
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
        return self.process.wait(timeout=PATIENCE)


@contextmanager
def running(app):
    """Serve an application in a thread; give its URL and its loop."""
    listening = bind("127.0.0.1", 0)
    ready = threading.Event()
    server = make_server(app, on_ready=ready.set)
    loops = []

    async def serve():
        loops.append(asyncio.get_running_loop())
        await server.serve(sockets=[listening])

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    yield address_of(listening), loops[0]
    server.should_exit = True
    thread.join(PATIENCE)
    listening.close()
