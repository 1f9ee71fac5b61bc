"""Who may call the server at the same time, where actions are checked side by side.

Calls share the server; where a time is taken, or is to be caused, the calls of one
action have it for themselves, so that no other action is taken for the slow one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from rasa_mock.clients.base import ActionClient
    from rasa_mock.core.wire import ActionRequest, Reply


@runtime_checkable
class Waiting(Protocol):
    """A client that knows when it only waits for the server."""

    def call_while(
        self, request: ActionRequest, *, work: Callable[[], object]
    ) -> Reply:
        """Send a request, do `work` once while the server is busy, give the reply."""
        ...


@dataclass(slots=True, kw_only=True)
class Traffic:
    """An `ActionClient` for many threads; `alone` keeps the others away for a while.

    Who wants to be alone goes before those who only want to call.
    """

    client: ActionClient
    _changed: Condition = field(default_factory=Condition)
    _calling: int = 0
    _waiting: int = 0
    _closed: bool = False

    def call(self, request: ActionRequest) -> Reply:
        """Send a request once nobody is alone."""
        with self._shared():
            return self.client.call(request)

    def call_while(
        self, request: ActionRequest, *, work: Callable[[], object]
    ) -> Reply:
        """Do the same, and `work` (which must not raise) while the server is busy.

        Clients that cannot tell when that is leave the work undone.
        """
        if not isinstance(self.client, Waiting):
            return self.call(request)
        with self._shared():
            return self.client.call_while(request, work=work)

    def get(self, path: str) -> Reply:
        """Ask for a path once nobody is alone."""
        with self._shared():
            return self.client.get(path)

    def list_actions(self) -> tuple[str, ...] | None:
        """Give the names that the server reports, or None if it reports none."""
        return self.client.list_actions()

    def close(self) -> None:
        """Close the client's connections."""
        self.client.close()

    @contextmanager
    def alone(self) -> Iterator[ActionClient]:
        """Give the client itself; until the end of the block nobody else calls."""
        with self._changed:
            self._waiting += 1
            self._changed.wait_for(lambda: not (self._closed or self._calling))
            self._waiting -= 1
            self._closed = True
        try:
            yield self.client
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()

    @contextmanager
    def _shared(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not (self._closed or self._waiting))
            self._calling += 1
        try:
            yield
        finally:
            with self._changed:
                self._calling -= 1
                self._changed.notify_all()
