"""What a store under test says of itself: how to make it, and where it differs."""

from __future__ import annotations

import time
import unittest
from collections.abc import Sequence
from typing import Any

from rasa_mock.stores.base import Json, Query, TrackerStore
from rasa_mock.testing.store_samples import SENDER, events_of, same


class StoreHooks:
    """Flags, hooks, and the few words that the tests are written with."""

    keeps_sessions = True  # Rasa's store in memory forgets all but the last session
    keeps_replaced = True  # a tracker that another one took the place of can be seen
    session_has_its_action = True  # Rasa's SQL begins one at `session_started`
    checks_versions = True  # `expected` is looked at; Rasa's own stores do not
    is_shared = True  # threads may use it at once without losing events
    keeps_variables = True
    finds_names = True  # `keys` can be asked for intents and actions
    huge = 20_000  # events of the longest conversation, as users have reported one

    store: TrackerStore

    # Hooks.

    def make_store(self) -> TrackerStore:
        """Return an empty store."""
        raise NotImplementedError("make_store: return an empty store")

    def reopen(self) -> TrackerStore:
        """Return another store of the same data, as after a restart."""
        raise unittest.SkipTest("reopen() is not given")

    def make_expiring(self, *, seconds: float) -> TrackerStore:
        """Return an empty store whose conversations end by themselves."""
        raise unittest.SkipTest("make_expiring() is not given")

    def make_prefixed(self, prefix: str) -> TrackerStore:
        """Return a store beside `self.store` whose keys have a prefix."""
        raise unittest.SkipTest("make_prefixed() is not given")

    def break_record(self, sender_id: str) -> None:
        """Put something that is no JSON in place of the conversation's first record."""
        raise unittest.SkipTest("break_record() is not given")

    def let_pass(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)

    def setup_method(self) -> None:
        """Make the store before each test."""
        self.store = self.make_store()

    def teardown_method(self) -> None:
        """Close it after each test."""
        self.store.close()

    # What the tests are written with.

    def full(self) -> list[Json]:
        """Return all events of the conversation."""
        return events_of(self.store.retrieve_full(SENDER))

    def expect_full(self, events: Sequence[Json]) -> None:
        """Compare all events of the conversation."""
        same(self.full(), list(events), what="retrieve_full")

    def senders(self, **query: Any) -> list[str]:
        """Return the ids of the conversations that a query finds."""
        return [item.sender_id for item in self.store.keys(Query(**query)).items]
