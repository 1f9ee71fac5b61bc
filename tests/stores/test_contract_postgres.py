"""The stores in PostgreSQL keep the contract, on a real server."""

from __future__ import annotations

import psycopg
import pytest

from rasa_mock.stores.registry import open_store
from rasa_mock.testing.store_contract import TrackerStoreContract


@pytest.fixture(scope="class")
def opened(postgres, request):
    """Open one store for all tests of a class: making its tables takes longest."""
    with psycopg.connect(postgres.get_uri()) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    store = open_store(postgres.get_uri(), layout=request.cls.layout)
    yield store
    store.close()


class TestPostgresHistory(TrackerStoreContract):
    layout = "history"
    huge = 5_000
    test_a_prefix_keeps_bots_apart = None  # each bot has its database
    broken = "UPDATE rasa_mock_events SET data = '{' WHERE position = 0 AND sender = %s"

    @pytest.fixture(autouse=True)
    def _server(self, postgres, opened):
        self.server = postgres
        self.store = opened
        with psycopg.connect(postgres.get_uri()) as connection:
            tables = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            ).fetchall()
            for (table,) in tables:
                connection.execute(f'TRUNCATE "{table}" RESTART IDENTITY')

    def setup_method(self):
        pass

    def teardown_method(self):
        pass

    def reopen(self):
        return open_store(self.server.get_uri(), layout=self.layout)

    def make_expiring(self, *, seconds):
        uri = f"{self.server.get_uri()}&record_exp={seconds}"
        return open_store(uri, layout=self.layout)

    def break_record(self, sender_id):
        with psycopg.connect(self.server.get_uri()) as connection:
            connection.execute(self.broken, (sender_id,))


class TestPostgresRasa(TestPostgresHistory):
    layout = "rasa"
    huge = 2_000
    keeps_replaced = False
    test_a_replaced_tracker_can_still_be_seen = None  # it cannot, as with Rasa
    session_has_its_action = False
    broken = "UPDATE events SET data = '{' WHERE id = 1 AND sender_id = %s"
    test_a_conversation_ends_by_itself = None  # SQL of Rasa's has no record_exp
