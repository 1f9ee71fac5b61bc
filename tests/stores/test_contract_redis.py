"""The stores in Redis keep the contract, on a real server and on a real cluster."""

from __future__ import annotations

import time

import pytest

from rasa_mock.stores.base import Turn
from rasa_mock.stores.registry import open_store
from rasa_mock.testing.store_contract import TrackerStoreContract
from rasa_mock.testing.store_samples import SENDER, session_start, user
from tests.servers.databases import RedisServer, wait_for


class TestRedisHistory(TrackerStoreContract):
    layout = "history"

    @pytest.fixture(autouse=True)
    def _server(self, redis_server):
        self.server = redis_server
        redis_server.client().flushall()
        self.store = self.make_store()

    def setup_method(self):
        pass

    def make_store(self):
        return self.opened("")

    def reopen(self):
        return self.opened("")

    def opened(self, options):
        return open_store(f"{self.server.url}/0{options}", layout=self.layout)

    def make_expiring(self, *, seconds):
        return self.opened(f"?record_exp={seconds}")

    def make_prefixed(self, prefix):
        return self.opened(f"?key_prefix={prefix}")

    def break_record(self, sender_id):
        key = f"rasa-mock:{{conversation:{sender_id}}}:events"
        assert self.server.client().lset(key, 0, "{")


class TestRedisRasa(TestRedisHistory):
    layout = "rasa"
    huge = 2_000
    keeps_replaced = False
    test_a_replaced_tracker_can_still_be_seen = None  # it cannot, as with Rasa

    def break_record(self, sender_id):
        assert self.server.client().set(f"tracker:{sender_id}", '{"events": [')


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    options = {"cluster_enabled": "yes", "cluster_config_file": "nodes.conf"}
    with RedisServer(tmp_path_factory.mktemp("cluster"), **options) as server:
        client = server.client()
        client.execute_command("CLUSTER", "ADDSLOTS", *range(16384))
        wait_for(lambda: client.cluster("INFO")["cluster_state"] == "ok")
        yield server
        client.close()


class TestRedisCluster(TestRedisHistory):
    """One node that answers for all slots, and refuses keys of several in a command."""

    huge = 2_000

    @pytest.fixture(autouse=True)
    def _server(self, cluster):
        self.server = cluster
        cluster.client().flushall()
        self.store = self.make_store()

    def opened(self, options):
        url = f"redis+cluster://127.0.0.1:{self.server.port}{options}"
        return open_store(url, layout=self.layout)


class TestRedisClusterRasa(TestRedisCluster):
    layout = "rasa"
    keeps_replaced = False
    test_a_replaced_tracker_can_still_be_seen = None  # it cannot, as with Rasa

    def break_record(self, sender_id):
        assert self.server.client().set(f"tracker:{sender_id}", '{"events": [')


def test_all_keys_of_a_conversation_end_with_it(redis_server):
    client = redis_server.client()
    client.flushall()
    store = open_store(f"{redis_server.url}?record_exp=3600")
    store.save(SENDER, turn_with_everything())
    kept = {key: client.ttl(key) for key in client.keys("*")}
    shared = [key for key in kept if key.startswith(b"rasa-mock:index")]
    assert {kept.pop(key) for key in shared} == {-1}
    assert len(kept) == 5
    assert all(3500 < life <= 3600 for life in kept.values())
    store.close()


def test_an_end_that_was_given_holds_for_what_is_added_later(redis_server):
    client = redis_server.client()
    client.flushall()
    store = open_store(redis_server.url)
    store.save(SENDER, turn_with_everything(variables=False))
    store.expire(SENDER, seconds=100)
    store.save(SENDER, turn_with_everything())
    key = f"rasa-mock:{{conversation:{SENDER}}}:variables"
    assert 90_000 < client.pttl(key) <= 100_000
    store.close()


def turn_with_everything(*, variables=True):
    events = [*session_start(1.0), user("a", at=time.time())]
    return Turn(events=events, variables=[{"kind": "parse"}] if variables else ())
