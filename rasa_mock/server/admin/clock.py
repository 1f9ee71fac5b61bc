"""A clock that a test can stop, set and put forward."""

from __future__ import annotations

from collections.abc import Callable


class AdminClock:
    """Runs as another clock does, until it is told otherwise."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._ahead = 0.0
        self._frozen: float | None = None

    def __call__(self) -> float:
        """Return the time in seconds since the epoch."""
        return self._now() + self._ahead if self._frozen is None else self._frozen

    @property
    def is_frozen(self) -> bool:
        """Whether it stands still."""
        return self._frozen is not None

    def set(self, time: float) -> None:
        """Show another time; a clock that runs runs on from there."""
        if self._frozen is None:
            self._ahead = time - self._now()
        else:
            self._frozen = time

    def freeze(self) -> None:
        """Stand still."""
        self._frozen = self()

    def run(self) -> None:
        """Go on from the time that is shown."""
        if self._frozen is not None:
            self._ahead, self._frozen = self._frozen - self._now(), None

    def reset(self) -> None:
        """Show the right time again."""
        self._ahead, self._frozen = 0.0, None
