"""A rasa-sdk package, run as an action server of our own for as long as it is needed.

Known traps of rasa-sdk 3.21, and what is done about them: it listens on all addresses
unless SANIC_HOST says otherwise; stopped within moments of its first answer it hangs
for good; killing its main process leaves workers on the port.  So: 127.0.0.1 and a free
port, a pause before stopping, and a group of processes of its own which `keeper` ends
as a whole, even if this process is killed.  POSIX only.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from rasa_mock.clients import keeper
from rasa_mock.clients.base import HEALTH
from rasa_mock.clients.http import HttpClient
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.errors import TimedOut, Unreachable, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

HOST = "127.0.0.1"
SDK = "rasa_sdk"
SINGLE = "rasa_mock.clients.single"
START_SECONDS = 60.0
STOP_SECONDS = 5.0
PROBE_SECONDS = 2.0
PAUSE = 0.05
# A server that is told to stop sooner after its first answer may never do so.
SETTLED = 0.3
KEPT_LINES = 200
KEPT_OF_LINE = 2_000
SHOWN_LINES = 15
# What rasa-sdk prints when it cannot import a package: its own words, or a traceback.
IMPORT_MARKS = ("Failed to register package", "importlib.import_module(name)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where Python finds a package: the folder to start in, and the dotted name."""

    folder: Path
    module: str


class ActionServerProcess:
    """Runs rasa-sdk with `--actions PACKAGE`; a context manager.

    `package` is a dotted name, or the path of a folder or `.py` file.  `python` is the
    interpreter that has rasa-sdk (2.8 to 3.21), by default the one that runs this.
    `cwd` is the folder in which a dotted name is found.  `module` is what is run: by
    default rasa_sdk, in one process (`rasa_mock.clients.single`) where the interpreter
    is ours.  `url` is known once it runs.
    Entering raises UsageError if the package cannot be imported or rasa-sdk is missing,
    Unreachable if the server ends, and TimedOut if it does not answer in
    `start_timeout` seconds; nothing is left running then.
    """

    def __init__(
        self,
        package: str,
        *,
        python: str | None = None,
        cwd: str | os.PathLike[str] | None = None,
        module: str | None = None,
        env: Mapping[str, str] | None = None,
        start_timeout: float = START_SECONDS,
    ) -> None:
        self.package = package
        self.url = ""
        self._place = find_package(
            package, Path(cwd) if cwd is not None else Path.cwd()
        )
        self._python = _interpreter(python or sys.executable)
        self._module = module or (SDK if python else SINGLE)
        self._env = dict(env or {})
        self._start_timeout = start_timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._listener: threading.Thread | None = None
        self._ready_at = 0.0

    @property
    def output(self) -> str:
        """What the server printed; of much of it the last lines."""
        return "\n".join(self._lines)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        port = _free_port()
        self.url = f"http://{HOST}:{port}/webhook"
        self._launch(port)
        try:
            self._await_answer()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server and all of its processes; fine if it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            since_ready = time.monotonic() - self._ready_at
            if process.poll() is None and since_ready < SETTLED:
                time.sleep(SETTLED - since_ready)
            _close(process.stdin)
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS + 2)
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if self._listener is not None:
                self._listener.join(PROBE_SECONDS)
            _close(process.stdout)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _launch(self, port: int) -> None:
        server = [self._python, "-m", self._module, "--actions", self._place.module]
        keep = [sys.executable, "-I", "-S", keeper.__file__, str(STOP_SECONDS)]
        self._process = subprocess.Popen(  # noqa: S603 - the user's own package
            [*keep, *server, "--port", str(port)],
            cwd=self._place.folder,
            env={
                **os.environ,
                **({} if self._module == SDK else {"PYTHONPATH": _python_path()}),
                "SANIC_HOST": HOST,
                "PYTHONUNBUFFERED": "1",
                **self._env,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._listener = threading.Thread(
            target=_listen, args=(self._process.stdout, self._lines), daemon=True
        )
        self._listener.start()

    def _await_answer(self) -> None:
        end = time.monotonic() + self._start_timeout
        endpoint = Endpoint(url=self.url, timeout=PROBE_SECONDS)
        with HttpClient(endpoint, faithful=True) as client:
            while time.monotonic() < end:
                if self._has_ended():
                    raise self._why_it_ended()
                if client.get(HEALTH).status is not None:
                    self._ready_at = time.monotonic()
                    return
                time.sleep(PAUSE)
        raise TimedOut(
            f"the action server of {self.package!r} did not answer within "
            f"{self._start_timeout:g} s; does the package wait for something when it "
            f"is imported? {self._last_words()}"
        )

    def _has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _why_it_ended(self) -> UsageError | Unreachable:
        if self._listener is not None:
            self._listener.join(PROBE_SECONDS)
        said = [line.strip() for line in self._lines if line.strip()]
        last = said[-1] if said else ""
        if last.endswith(("No module named rasa_sdk", "No module named 'rasa_sdk'")):
            return UsageError(
                f"{self._python} has no rasa-sdk; pip install rasa-sdk, or name the "
                "Python that has it"
            )
        if any(mark in line for line in said for mark in IMPORT_MARKS):
            return UsageError(self._not_imported(last, said))
        return Unreachable(
            f"the action server of {self.package!r} ended before it answered; "
            f"{self._last_words()}"
        )

    def _not_imported(self, last: str, said: list[str]) -> str:
        place = self._place
        if last.endswith(f"No module named {place.module!r}"):
            return (
                f"there is no package {place.module!r} in {str(place.folder)!r}; "
                "expected what follows --actions when rasa-sdk is started by hand"
            )
        places = [line for line in said if line.startswith('File "')]
        where = f" ({places[-1]})" if places else ""
        return (
            f"the package {self.package!r} cannot be imported: {last}{where}; correct "
            "it, or install what it needs, and try `python -m rasa_sdk --actions "
            f"{place.module}`"
        )

    def _last_words(self) -> str:
        if not self._lines:
            return "it printed nothing"
        return "it printed:\n" + "\n".join(list(self._lines)[-SHOWN_LINES:])


def _python_path() -> str:
    """Let a module of ours be found, which may not be installed for that Python.

    Only for such a module: another Python's packages come before the server's own.
    """
    ours = Path(__file__).resolve().parents[2]
    return os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(ours)]))


def find_package(package: str, folder: Path) -> Place:
    """Tell a path from a dotted name, and check that a path is there."""
    if not folder.is_dir():
        raise UsageError(f"expected a folder to start in, got {str(folder)!r}")
    if os.sep not in package and not package.endswith(".py"):
        if not all(part.isidentifier() for part in package.split(".")):
            raise UsageError(
                f"expected the name of a Python package with actions, got {package!r}"
            )
        return Place(folder=folder, module=package)
    path = folder / package
    if not path.exists():
        raise UsageError(f"expected a folder or file with actions, got {package!r}")
    path = path.resolve()
    return Place(folder=path.parent, module=path.stem if path.is_file() else path.name)


def _interpreter(python: str) -> str:
    if shutil.which(python) is None:
        raise UsageError(f"expected a Python interpreter, got {python!r}")
    return python


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _listen(stream: IO[bytes], lines: deque[str]) -> None:
    """Keep the last lines of what comes, and never let a pipe fill up."""
    with suppress(ValueError):  # closed under our hands: it was told to stop
        while line := stream.readline(KEPT_OF_LINE):
            lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))


def _close(stream: IO[bytes] | None) -> None:
    if stream is not None:
        with suppress(OSError):
            stream.close()
