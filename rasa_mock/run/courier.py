"""Carry one request after the other while the caller does something else.

The calls stay strictly one after the other, in the order in which they were given; only
the waiting overlaps with the work on the replies before and the requests after.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

Sent = TypeVar("Sent")
Got = TypeVar("Got")


class Courier(Generic[Sent, Got]):
    """A thread that runs `call` on what it is given; a context manager.

    `send` hands over, `receive` waits for the oldest result and raises what the call
    raised.  The thread is a daemon: an interrupted run does not wait for its last call.
    """

    def __init__(self, call: Callable[[Sent], Got]) -> None:
        self._call = call
        self._out: SimpleQueue[Sent | None] = SimpleQueue()
        self._back: SimpleQueue[tuple[Got | None, BaseException | None]] = SimpleQueue()
        self._thread = threading.Thread(target=self._carry, daemon=True)

    def __enter__(self) -> Courier[Sent, Got]:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._out.put(None)

    def send(self, item: Sent) -> None:
        """Hand over one item; returns at once."""
        self._out.put(item)

    def receive(self) -> Got:
        """Wait for the result of the oldest item that was sent."""
        result, error = self._back.get()
        if error is not None:
            raise error
        return result  # type: ignore[return-value] # None only beside an error

    def _carry(self) -> None:
        while (item := self._out.get()) is not None:
            try:
                self._back.put((self._call(item), None))
            except BaseException as error:  # noqa: BLE001, PERF203 - raised by receive
                self._back.put((None, error))
