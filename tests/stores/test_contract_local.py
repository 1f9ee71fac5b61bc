"""Every store that needs no server keeps the contract, in both layouts."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from rasa_mock.stores.memory import MemoryStore
from rasa_mock.stores.registry import open_store
from rasa_mock.testing.store_contract import TrackerStoreContract


class Clock:
    def __init__(self) -> None:
        self.time = 1_700_000_000.0

    def __call__(self) -> float:
        self.time += 0.001
        return self.time


class TestMemoryHistory(TrackerStoreContract):
    layout = "history"
    test_a_prefix_keeps_bots_apart = None  # there is nobody to share it with

    def make_store(self):
        self.clock = Clock()
        return MemoryStore(layout=self.layout, now=self.clock)

    def make_expiring(self, *, seconds):
        return MemoryStore(layout=self.layout, record_exp=seconds, now=self.clock)

    def let_pass(self, seconds):
        self.clock.time += seconds

    def reopen(self):
        return self.store

    def break_record(self, sender_id):
        self.store._entries[sender_id].events[0] = "{"


class TestMemoryRasa(TestMemoryHistory):
    layout = "rasa"
    huge = 2_000
    keeps_sessions = False
    keeps_replaced = False
    test_a_replaced_tracker_can_still_be_seen = None  # it cannot, as with Rasa


class TestSqliteHistory(TrackerStoreContract):
    layout = "history"
    test_a_prefix_keeps_bots_apart = None  # each bot has its file
    broken = "UPDATE rasa_mock_events SET data = '{' WHERE position = 0 AND sender = ?"

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.path = tmp_path / "store.db"
        # The contract makes its store before fixtures run; ours needs the folder.
        self.store = self.make_store()

    def setup_method(self):
        self.clock = Clock()

    def make_store(self):
        return self.reopen()

    def reopen(self):
        return open_store(f"sqlite:{self.path}", layout=self.layout, now=self.clock)

    def make_expiring(self, *, seconds):
        url = f"sqlite:{self.path}?record_exp={seconds}"
        return open_store(url, layout=self.layout, now=self.clock)

    def let_pass(self, seconds):
        self.clock.time += seconds

    def break_record(self, sender_id):
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(self.broken, (sender_id,))
        connection.close()


class TestSqliteRasa(TestSqliteHistory):
    layout = "rasa"
    huge = 2_000
    keeps_replaced = False
    test_a_replaced_tracker_can_still_be_seen = None  # it cannot, as with Rasa
    session_has_its_action = False
    broken = "UPDATE events SET data = '{' WHERE id = 1 AND sender_id = ?"
    test_a_conversation_ends_by_itself = None  # SQL of Rasa's has no record_exp


class TestSqliteInMemory(TrackerStoreContract):
    """For tests that want SQL and no file; all threads share its one connection."""

    huge = 2_000
    test_a_prefix_keeps_bots_apart = None  # each bot has its own
    test_a_conversation_ends_by_itself = None  # as with a file
    test_a_corrupt_record_is_told_and_the_rest_is_served = None  # as with a file

    def make_store(self):
        return open_store("sqlite::memory:")

    def reopen(self):
        return self.store

    def teardown_method(self):
        self.store.close()

    def test_a_restart_doubles_nothing(self):
        """It forgets everything, and says nothing else."""
        assert self.reopen().keys().items == []
