"""A custom tracker store for real Rasa, made to look like one of ours for the contract.

    from rasa.shared.core.trackers import DialogueStateTracker
    from rasa_mock.testing import RasaStore, TrackerStoreContract

    class TestMyStore(TrackerStoreContract):
        checks_versions = keeps_variables = keeps_replaced = is_shared = False
        finds_names = False

        def make_store(self):
            store = MyTrackerStore(domain, host="localhost", db="test")
            return RasaStore(store, make_tracker=lambda sender, events:
                DialogueStateTracker.from_dict(sender, events, domain.slots))

Rasa is not imported here: what the store needs of it comes from you.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Sequence
from typing import Any
from unittest import SkipTest

from rasa_mock.stores.base import (
    EVERYTHING,
    PAGE,
    RASA,
    Json,
    Page,
    Query,
    Session,
    Stored,
    Summary,
    Turn,
)
from rasa_mock.stores.log import check_moment, moment_of, sessions_in

MakeTracker = Callable[[str, list[Json]], Any]


class RasaStore:
    """A `TrackerStore` over a `rasa.core.tracker_store.TrackerStore` (Rasa 2.x, 3.x).

    As Rasa's processor does, a save hands over the tracker of the last session, grown
    by the new events.  `key` tells a sender from what `keys` returns.
    """

    layout = RASA
    blocking = True
    live = True
    newest_first = False

    def __init__(
        self,
        store: Any,
        *,
        make_tracker: MakeTracker,
        key: Callable[[str], str] = lambda key: key,
    ) -> None:
        self._store = store
        self._make_tracker = make_tracker
        self._key = key

    @property
    def name(self) -> str:
        return type(self._store).__name__

    def retrieve(self, sender_id: str) -> Stored | None:
        return self._stored(sender_id, self._ask("retrieve", sender_id))

    def retrieve_full(self, sender_id: str) -> Stored | None:
        method = "retrieve_full_tracker"
        if not hasattr(self._store, method):
            method = "retrieve"
        return self._stored(sender_id, self._ask(method, sender_id))

    def _stored(self, sender_id: str, tracker: Any) -> Stored | None:
        if tracker is None:
            return None
        events = [event.as_dict() for event in tracker.events]
        return Stored(sender_id=sender_id, events=events, version=len(events))

    def save(self, sender_id: str, turn: Turn, *, expected: int | None = None) -> int:
        known = None if turn.replace else self.retrieve(sender_id)
        before = [] if known is None else known.events
        events = [*before, *turn.events]
        self._ask("save", self._make_tracker(sender_id, events))
        full = self.retrieve_full(sender_id)
        return 0 if full is None else full.version

    def version(self, sender_id: str) -> int | None:
        full = self.retrieve_full(sender_id)
        return None if full is None else full.version

    def at(
        self, sender_id: str, *, time: float | None = None, index: int | None = None
    ) -> Stored | None:
        check_moment(time=time, index=index)
        return moment_of(self.retrieve_full(sender_id), time=time, index=index)

    def sessions(self, sender_id: str) -> list[Session]:
        return sessions_in(self.retrieve_full(sender_id))

    def keys(
        self, query: Query = EVERYTHING, *, limit: int = PAGE, after: str | None = None
    ) -> Page:
        found = sorted(self._key(_text(key)) for key in self._ask("keys"))
        listed = [
            name
            for name in found
            if query.fits(name, updated=None) and (after is None or name > after)
        ]
        items = [self._summary(name) for name in listed[:limit]]
        return Page(items=items, next=listed[limit - 1] if listed[limit:] else None)

    def _summary(self, sender_id: str) -> Summary:
        version = self.version(sender_id)
        return Summary(sender_id=sender_id, mark=str(version), version=version)

    def _ask(self, method: str, *values: Any) -> Any:
        """Call a method of the store, which may be a coroutine."""
        answer = getattr(self._store, method)(*values)
        if inspect.isawaitable(answer):
            return asyncio.run(_awaited(answer))
        return answer

    # What Rasa's stores do not have.

    def delete(self, sender_id: str) -> bool:
        raise SkipTest("stores of Rasa forget no single conversation")

    def expire(self, sender_id: str, *, seconds: float | None) -> bool:
        raise SkipTest("stores of Rasa give no single conversation an end")

    def save_variables(
        self, sender_id: str, records: Sequence[Json], *, turn: int
    ) -> None:
        raise SkipTest("stores of Rasa keep no variables")

    def variables(
        self, sender_id: str, *, first: int = 0, end: int | None = None
    ) -> list[Json]:
        raise SkipTest("stores of Rasa keep no variables")

    def close(self) -> None:
        """Do nothing: Rasa closes no store, either."""


async def _awaited(answer: Any) -> Any:
    return await answer


def _text(key: Any) -> str:
    return key.decode() if isinstance(key, bytes) else str(key)
