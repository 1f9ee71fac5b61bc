"""Several processes that serve one port.

The processes are forked and take connections off one socket, as they come.  The first
process serves nothing: it says when all are ready, passes on the order to stop, waits
until the last one has ended, and puts a new one in the place of one that died.  POSIX
only.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
from collections.abc import Callable
from types import FrameType

LOG = logging.getLogger("rasa_mock.server")
SIGNALS = (signal.SIGTERM, signal.SIGINT)
# More deaths than this and there is something wrong with all of them.
MOST_DEATHS = 20

Tell = Callable[[], None]
Work = Callable[[Tell], None]


def run_workers(work: Work, *, count: int, on_ready: Tell) -> None:
    """Let `count` processes work until this one is told to stop.

    `work` is called in each, with what it calls when it is ready.
    """
    Workers(work, count=count, on_ready=on_ready).run()


class Workers:
    """The processes, and the one that looks after them."""

    def __init__(self, work: Work, *, count: int, on_ready: Tell) -> None:
        self._work = work
        self._count = count
        self._on_ready = on_ready
        self._children: set[int] = set()
        self._stopped_by: int | None = None
        self._ready, self._tell = os.pipe()

    def run(self) -> None:
        """Start them all, and wait for their end."""
        before = {each: signal.signal(each, self._stop) for each in SIGNALS}
        try:
            for _ in range(self._count):
                self._start()
            if self._all_ready():
                self._on_ready()
            self._look_after()
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
        if self._stopped_by == signal.SIGINT:
            raise KeyboardInterrupt

    def _start(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child:
            self._children.add(child)
            return
        code = 1
        try:
            for each in SIGNALS:
                signal.signal(each, signal.SIG_DFL)
            self._work(self._say_ready)
            code = 0
        except KeyboardInterrupt:
            code = 0
        except BaseException:
            LOG.exception("a worker failed")
        finally:
            os._exit(code)

    def _say_ready(self) -> None:
        os.write(self._tell, b".")

    def _all_ready(self) -> bool:
        """Wait until each has said so; give up when one dies before."""
        for _ in range(self._count):
            while self._stopped_by is None:
                if self._has_said_so():
                    break
                if self._died():
                    self._stop(signal.SIGTERM, None)
        return self._stopped_by is None

    def _has_said_so(self) -> bool:
        readable, _, _ = select.select([self._ready], [], [], 0.05)
        return bool(readable and os.read(self._ready, 1))

    def _died(self) -> bool:
        """Take leave of a process that has ended; tell whether there was one."""
        child, _ = os.waitpid(-1, os.WNOHANG)
        self._children.discard(child)
        return child != 0

    def _look_after(self) -> None:
        deaths = 0
        while self._children:
            child, status = os.wait()
            self._children.discard(child)
            if self._stopped_by is not None:
                continue
            deaths += 1
            LOG.error("worker %s ended with status %s", child, status)
            if deaths > MOST_DEATHS:
                self._stop(signal.SIGTERM, None)
            else:
                self._start()

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self._stopped_by = number
        for child in self._children:
            os.kill(child, signal.SIGTERM)
