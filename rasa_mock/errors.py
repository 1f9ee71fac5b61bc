"""Every exception that rasa_mock raises on purpose.

    RasaMockError
    ├── UsageError            the caller asked for something impossible (exit code 2)
    │   └── NotInstalled      an extra of this package is needed; an ImportError, too
    ├── DataError             a file or document is wrong (exit code 2)
    ├── ActionServerError     the action server cannot be used (exit code 3)
    │   ├── Unreachable       no connection, unknown host, TLS failure
    │   ├── TimedOut          it did not answer in time
    │   └── BadReply          it answered with something that is not HTTP
    └── StoreError            a store, lock or broker cannot be used (exit code 3)
        ├── StoreUnreachable  no connection, wrong password, no such database
        └── StoreConflict     somebody else has written there since

What a tested action server does wrong is not an exception but a `Finding`.
Messages are lower case, have no full stop and say what was expected and what to do.
"""

from __future__ import annotations

from typing import Any


class RasaMockError(Exception):
    """The root: catch it to catch everything that rasa_mock raises on purpose."""

    exit_code = 2


class UsageError(RasaMockError):
    """The caller's arguments, options or configuration cannot work."""


class NotInstalled(UsageError, ImportError):
    """A library is missing that an extra of this package brings."""

    def __init__(self, library: str | None, *, extra: str) -> None:
        message = f"{library} is not installed: pip install 'rasa-mock[{extra}]'"
        super().__init__(message, name=library)


class DataError(RasaMockError):
    """A file or document is not what it should be.

    `path`, `line` and `column` (from 1) say where in which file; `pointer` is a JSON
    pointer (RFC 6901) into the document.  Where real Rasa refuses the same input,
    `rasa_class` names the exception that Rasa raises and `phase` the step in which it
    does (`domain`, `deserialise`, `apply`, `serialise`); `index` is then the position
    of the offending event and `tracker` holds what was applied before it.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
        pointer: str | None = None,
        rasa_class: str | None = None,
        phase: str | None = None,
        index: int | None = None,
        tracker: Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.column = column
        self.pointer = pointer
        self.rasa_class = rasa_class
        self.phase = phase
        self.index = index
        self.tracker = tracker

    def __str__(self) -> str:
        parts = (self.path, self.line, self.column)
        place = ":".join(str(part) for part in parts if part is not None)
        pointer = f" at {self.pointer}" if self.pointer else ""
        return f"{place}: {self.message}{pointer}" if place else self.message + pointer


class ActionServerError(RasaMockError):
    """The action server cannot be used at all, so nothing can be said about it."""

    exit_code = 3


class Unreachable(ActionServerError):
    """No connection: nothing listens there, the name is unknown, or TLS failed."""


class TimedOut(ActionServerError):
    """The server took the request and did not answer in time."""


class BadReply(ActionServerError):
    """What answered does not speak HTTP."""


class StoreError(RasaMockError):
    """A tracker store, a lock store or an event broker failed.

    `spilled` is the file in which the events of the turn wait that could not be stored.
    """

    exit_code = 3

    def __init__(self, message: str, *, spilled: str | None = None) -> None:
        super().__init__(message)
        self.spilled = spilled


class StoreUnreachable(StoreError):
    """No connection to the store: it is down, or refuses the password or database."""


class StoreConflict(StoreError):
    """A conversation has another version than expected: somebody else has written."""
