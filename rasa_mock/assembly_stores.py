"""Where a mock Rasa keeps its conversations: chosen from options and endpoints.yml.

Without a tracker store conversations stay in memory, in the layout `history`; turns see
them as with Rasa's store in memory all the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa_mock.errors import DataError, UsageError
from rasa_mock.files.endpoints import Backend, Endpoints
from rasa_mock.run.redaction import NOTHING, Redaction
from rasa_mock.run.shelves import NewTracker, Shelf
from rasa_mock.run.store_shelf import (
    MOST_WARM,
    StoreShelf,
    as_they_are,
    unheard,
    unseen,
)
from rasa_mock.run.variables import Logs
from rasa_mock.stores.base import HISTORY, TrackerStore
from rasa_mock.stores.brokers import Broker
from rasa_mock.stores.locks import LIFETIME, LockStore

LOG = logging.getLogger("rasa_mock.stores")

# Memory holds every tracker that it keeps; of stores the latest are kept ready.
NO_LIMIT = 2**31
# What Rasa takes the section `event_broker` for where it names no type.
DEFAULT_BROKER = "pika"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """The stores and the broker of a server; `store` is what others may look at.

    `locks` is None where one process has all turns, `logs` where nobody wants the
    variables of turns.  `redaction` holds for those, with `redacts_events` for events.
    """

    store: TrackerStore
    broker: Broker | None = None
    locks: LockStore | None = None
    logs: Logs | None = None
    redaction: Redaction = NOTHING
    redacts_events: bool = False
    most: int | None = None

    def make_shelf(self, new_tracker: NewTracker) -> Shelf:
        """Make the shelf over the store."""
        in_memory = not self.store.blocking
        return StoreShelf(
            store=self.store,
            new_tracker=new_tracker,
            forgets=in_memory,
            most_warm=self.most or (NO_LIMIT if in_memory else MOST_WARM),
            publish=unheard if self.broker is None else self.broker.publish,
            records=unseen if self.logs is None else self.logs.records,
            written=self.redaction.events if self.redacts_events else as_they_are,
        )

    async def close(self) -> None:
        """Let go of connections; publish what still waits."""
        self.store.close()
        if self.broker is not None:
            self.broker.close()
        if self.locks is not None:
            self.locks.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What options say about records; what they leave open endpoints.yml may say.

    If that says nothing either, they are kept where a store is named, or `by_default`.
    """

    record: bool | None = None
    by_default: bool = False
    redact: Sequence[str] = ()
    redact_events: bool = False


def open_keeping(
    endpoints: Endpoints,
    *,
    tracker_store: str | None = None,
    spill: Path | None = None,
    most: int | None = None,
    lifetime: float = LIFETIME,
    recorded: Recorded = Recorded(),
    tell: Callable[[str], None] = LOG.warning,
) -> Keeping:
    """Open stores and broker, so that what cannot be reached fails at the start.

    `lifetime` is that of the tickets of locks, in seconds.
    Raises StoreUnreachable, UsageError.
    """
    from rasa_mock.stores.brokers import open_broker
    from rasa_mock.stores.locks import open_locks
    from rasa_mock.stores.registry import open_store, recording_of
    from rasa_mock.stores.spill import FOLDER, SpillingStore

    source = tracker_store or as_source(endpoints.tracker_store)
    named = None if tracker_store else endpoints.tracker_store
    with _placed(named):
        told = recording_of(source)
    redaction = Redaction.of([*told.redact, *recorded.redact])
    said = (recorded.record, told.variables, recorded.by_default or bool(source))
    wanted = next(each for each in said if each is not None)
    with _placed(named):
        store = open_store(source or _memory(most), tell=tell)
    if store.blocking:
        store = SpillingStore(store, folder=spill or FOLDER)
    events = as_source(endpoints.event_broker, otherwise=DEFAULT_BROKER)
    queues = as_source(endpoints.lock_store)
    with _placed(endpoints.event_broker):
        broker = None if events is None else open_broker(events)
    with _placed(endpoints.lock_store):
        locks = None if queues is None else open_locks(queues, lifetime=lifetime)
    return Keeping(
        store=store,
        broker=broker,
        locks=locks,
        logs=Logs() if wanted else None,
        redaction=redaction,
        redacts_events=_redacts(store, wanted=recorded.redact_events or told.events),
        most=most,
    )


def _redacts(store: TrackerStore, *, wanted: bool) -> bool:
    """Tell whether events are redacted, too; not where Rasa would read them."""
    if wanted and store.layout != HISTORY:
        raise UsageError(
            "cannot redact events in the layout 'rasa': Rasa would go on with what is "
            "left of them; use the layout 'history', or redact the variables only"
        )
    return wanted


def _memory(most: int | None) -> dict[str, Any]:
    return {"type": "memory", "max_conversations": most}


def as_source(
    backend: Backend | None, *, otherwise: str | None = None
) -> dict[str, Any] | None:
    """Return the section of an endpoints file as the registries of stores take it.

    `otherwise` is the type of a section that names none.
    """
    kind = None if backend is None else backend.type or otherwise
    if backend is None or kind is None:
        return None
    return {"type": kind, **backend.options}


def in_memory(source: str | Mapping[str, Any] | None) -> bool:
    """Tell whether a source is the store in memory, which each process has alone."""
    kind = source if isinstance(source, str | None) else source.get("type")
    return kind is None or str(kind).lower().partition(":")[0] == "memory"


@contextmanager
def _placed(backend: Backend | None) -> Iterator[None]:
    """Say where in which file stands what cannot be used."""
    try:
        yield
    except UsageError as error:
        if backend is None:
            raise
        raise DataError(str(error), path=backend.path, line=backend.line) from error
