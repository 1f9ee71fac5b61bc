"""Turns that could not be stored: kept in a file, and stored as soon as can be.

Rasa puts such a turn into a memory that nobody reads.  Here the caller gets the error,
the turn stands in a file that survives the process, and whoever uses the store next
stores it first, in order.  A turn that the store has taken after all is not doubled.
As long as a conversation's turn waits, that conversation fails; others are served.

One JSON object a line: `store`, `sender_id`, `expected` (the version that the writer
had seen), `events`, `variables`, `replace`, `time`, `error`.
"""

from __future__ import annotations

import json
import logging
import os
import time as clock
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import RLock
from typing import Any

from rasa_mock.errors import StoreConflict, StoreError, StoreUnreachable
from rasa_mock.stores.base import (
    EVERYTHING,
    PAGE,
    Json,
    Page,
    Query,
    Session,
    Stored,
    TrackerStore,
    Turn,
    append,
)

LOG = logging.getLogger("rasa_mock.stores")
FOLDER = Path(".rasa_mock")
TAKEN = ".taken-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spilled:
    """A turn that waits."""

    sender_id: str
    expected: int
    turn: Turn


@dataclass(slots=True, kw_only=True)
class Drained:
    """What came of it: how many turns were stored, and whose were not, and why."""

    count: int = 0
    failed: dict[str, StoreError] = field(default_factory=dict)

    def has_to_wait(self, sender_id: str) -> bool:
        """Tell whether to try is in vain, or would change the order."""
        down = any(isinstance(each, StoreUnreachable) for each in self.failed.values())
        if down:
            self.failed.setdefault(sender_id, next(iter(self.failed.values())))
        return sender_id in self.failed


class SpillFile:
    """The file of the turns that wait for one store."""

    def __init__(self, folder: Path, *, store: str) -> None:
        digest = sha256(store.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        self.path = folder / f"unsaved-{digest}.ndjson"
        self._store = store
        self._lock = RLock()

    def is_empty(self) -> bool:
        """Tell whether nothing waits; files that a stopped process took count, too."""
        if not self.path.parent.is_dir():
            return True
        return next(self.path.parent.glob(f"{self.path.name}*"), None) is None

    def add(self, spilled: Spilled, *, time: float, error: str) -> None:
        """Add a turn, and wait until the disk has it."""
        row = {
            "store": self._store,
            "sender_id": spilled.sender_id,
            "expected": spilled.expected,
            "events": list(spilled.turn.events),
            "variables": list(spilled.turn.variables),
            "replace": spilled.turn.replace,
            "time": time,
            "error": error,
        }
        self._write([json.dumps(row)])

    def _write(self, lines: Sequence[str]) -> None:
        text = "".join(f"{line}\n" for line in lines)
        with self._lock:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())

    def drain(self, store: Callable[[Spilled], None]) -> Drained:
        """Hand over the turns in order; those that fail wait on, in order."""
        drained = Drained()
        with self._lock:
            for path in self._take():
                self._drain(path, store, drained)
        return drained

    def _take(self) -> list[Path]:
        """Take the file away from other processes, and what was taken before."""
        taken = sorted(self.path.parent.glob(f"{self.path.name}{TAKEN}*"))
        if self.path.exists():
            mine = self.path.with_name(f"{self.path.name}{TAKEN}{uuid.uuid4().hex}")
            self.path.replace(mine)
            taken.append(mine)
        return taken

    def _drain(
        self, path: Path, store: Callable[[Spilled], None], drained: Drained
    ) -> None:
        try:
            lines = path.read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return  # another process was quicker
        left = [line for line in lines if not self._hand_over(line, store, drained)]
        if left:
            self._write(left)
        path.unlink(missing_ok=True)

    def _hand_over(
        self, line: str, store: Callable[[Spilled], None], drained: Drained
    ) -> bool:
        spilled = _read(line)
        if spilled is None:
            LOG.error("%s has a line that is no turn: %.200s", self.path, line)
            return True
        if drained.has_to_wait(spilled.sender_id):
            return False
        try:
            store(spilled)
        except StoreError as error:
            drained.failed[spilled.sender_id] = error
            return False
        drained.count += 1
        return True


def _read(line: str) -> Spilled | None:
    try:
        row: dict[str, Any] = json.loads(line)
        turn = Turn(
            events=row["events"], variables=row["variables"], replace=row["replace"]
        )
        return Spilled(sender_id=row["sender_id"], expected=row["expected"], turn=turn)
    except (ValueError, KeyError, TypeError):
        return None


class SpillingStore:
    """A store whose failed saves wait in a file; see `TrackerStore`."""

    def __init__(
        self,
        store: TrackerStore,
        *,
        folder: Path = FOLDER,
        now: Callable[[], float] = clock.time,
    ) -> None:
        self.store = store
        self.layout = store.layout
        self.blocking = store.blocking
        self.live = store.live
        self.newest_first = store.newest_first
        self.file = SpillFile(folder, store=f"{store.name} {store.layout}")
        self._now = now

    @property
    def name(self) -> str:
        return self.store.name

    def _first(self, sender_id: str | None = None) -> TrackerStore:
        """Return the store once what waits of this conversation is in it.

        Raises StoreError if it cannot be.
        """
        if self.file.is_empty():
            return self.store
        drained = self.flush()
        error = drained.failed.get(sender_id) if sender_id is not None else None
        if error is not None:
            raise type(error)(
                f"a turn of {sender_id!r} still waits in {self.file.path}: {error}",
                spilled=str(self.file.path),
            ) from error
        return self.store

    def flush(self) -> Drained:
        """Store the turns that wait."""
        drained = self.file.drain(self._restore)
        if drained.count:
            LOG.warning(
                "stored %d turns that had waited in %s", drained.count, self.file.path
            )
        return drained

    def _restore(self, spilled: Spilled) -> None:
        append(
            self.store, spilled.sender_id, turn=spilled.turn, expected=spilled.expected
        )

    def save(self, sender_id: str, turn: Turn, *, expected: int | None = None) -> int:
        try:
            return self._first(sender_id).save(sender_id, turn, expected=expected)
        except StoreConflict:
            raise
        except StoreError as error:
            spilled = Spilled(sender_id=sender_id, expected=expected or 0, turn=turn)
            raise self._spill(spilled, error) from error

    def _spill(self, spilled: Spilled, error: StoreError) -> StoreError:
        if not (spilled.turn.events or spilled.turn.variables):
            return error
        count = len(spilled.turn.events)
        try:
            self.file.add(spilled, time=self._now(), error=str(error))
        except OSError as failure:
            # The log is the last place that is left.
            LOG.critical(
                "events of %r that nobody could keep: %s",
                spilled.sender_id,
                json.dumps(list(spilled.turn.events)),
            )
            return type(error)(
                f"{error}; nor could its {count} events be kept in {self.file.path}: "
                f"{failure}; they are in the log"
            )
        return type(error)(
            f"{error}; the {count} events of the turn wait in {self.file.path}, and "
            "are stored when the store can be used again",
            spilled=str(self.file.path),
        )

    # Everything else is the store's.

    def retrieve(self, sender_id: str) -> Stored | None:
        return self._first(sender_id).retrieve(sender_id)

    def retrieve_full(self, sender_id: str) -> Stored | None:
        return self._first(sender_id).retrieve_full(sender_id)

    def at(
        self, sender_id: str, *, time: float | None = None, index: int | None = None
    ) -> Stored | None:
        return self._first(sender_id).at(sender_id, time=time, index=index)

    def sessions(self, sender_id: str) -> list[Session]:
        return self._first(sender_id).sessions(sender_id)

    def version(self, sender_id: str) -> int | None:
        return self._first(sender_id).version(sender_id)

    def keys(
        self, query: Query = EVERYTHING, *, limit: int = PAGE, after: str | None = None
    ) -> Page:
        return self._first().keys(query, limit=limit, after=after)

    def delete(self, sender_id: str) -> bool:
        return self._first(sender_id).delete(sender_id)

    def expire(self, sender_id: str, *, seconds: float | None) -> bool:
        return self._first(sender_id).expire(sender_id, seconds=seconds)

    def save_variables(
        self, sender_id: str, records: Sequence[Json], *, turn: int
    ) -> None:
        self._first(sender_id).save_variables(sender_id, records, turn=turn)

    def variables(
        self, sender_id: str, *, first: int = 0, end: int | None = None
    ) -> list[Json]:
        return self._first(sender_id).variables(sender_id, first=first, end=end)

    def close(self) -> None:
        self.store.close()
