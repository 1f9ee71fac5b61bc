"""Do several jobs side by side and hand on what each yields, in the order of the jobs.

The first job's items come as they are made; those of the others wait for their turn.
So whoever listens sees what they would see if one job came after the other.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

# Seconds that are waited for workers whose jobs are to end.
PATIENCE = 2.0
Item = TypeVar("Item")
Job = Callable[[], Iterator[Item]]


@dataclass(frozen=True, slots=True)
class End:
    """The last of a job's items; `error` is what ended it early."""

    error: BaseException | None = None


@dataclass(slots=True, kw_only=True)
class SideBySide(Generic[Item]):
    """The jobs of a run, done by so many `workers`; `start` before the first is read.

    A worker is a daemon: a call that hangs keeps nobody from leaving.
    """

    jobs: Sequence[Job[Item]]
    workers: int
    _queues: list[SimpleQueue[Any]] = field(default_factory=list)
    _todo: deque[int] = field(default_factory=deque)
    _threads: list[Thread] = field(default_factory=list)

    def start(self) -> None:
        """Let the workers begin."""
        self._queues = [SimpleQueue() for _ in self.jobs]
        self._todo = deque(range(len(self.jobs)))
        for _ in range(min(self.workers, len(self.jobs))):
            self._threads.append(Thread(target=self._work, daemon=True))
            self._threads[-1].start()

    def items(self, number: int) -> Iterator[Item]:
        """Yield what a job yields, waiting for it; raise what it raised."""
        while True:
            item = self._queues[number].get()
            if isinstance(item, End):
                if item.error is not None:
                    raise item.error
                return
            yield item

    def ready(self, number: int) -> Iterator[Item]:
        """Yield what a job has made so far, waiting for nothing."""
        while True:
            try:
                item = self._queues[number].get_nowait()
            except Empty:
                return
            if isinstance(item, End):
                return
            yield item

    def no_more(self) -> None:
        """Let no worker begin another job; wait a moment for what is under way."""
        self._todo.clear()
        end = time.monotonic() + PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _work(self) -> None:
        while True:
            try:
                number = self._todo.popleft()
            except IndexError:
                return
            queue = self._queues[number]
            try:
                for item in self.jobs[number]():
                    queue.put(item)
            except BaseException as error:  # noqa: BLE001  raised where it is read
                queue.put(End(error))
            else:
                queue.put(End())
