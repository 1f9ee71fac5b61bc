"""Real servers for the tests of stores, started when the first test asks for one."""

from __future__ import annotations

import pytest

from tests.servers.databases import RedisServer, postgres_server


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory):
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def postgres():
    with postgres_server() as server:
        yield server
