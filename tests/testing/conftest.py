"""A small shop with its actions in this process, opened once for a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from rasa_mock.clients.inprocess import InProcessClient, load_actions
from rasa_mock.clients.process import find_package
from rasa_mock.testing.bench import domain_of, make_bench
from rasa_mock.testing.runner import Rasa
from rasa_mock.testing.servers import ActionServer
from rasa_mock.testing.settings import IN_PROCESS, Settings

SHOP = Path(__file__).parent / "shop"


@pytest.fixture(scope="session")
def shop():
    return SHOP


@pytest.fixture(scope="module")
def client():
    place = find_package("shop_actions", SHOP)
    with InProcessClient(load_actions(place)) as client:
        yield client


@pytest.fixture(scope="module")
def bench(client):
    server = ActionServer(
        mode=IN_PROCESS,
        client=client,
        endpoint=client.endpoint,
        witness_header="X-Rasa-Mock-Witness",
    )
    settings = Settings(folder=SHOP, domain=SHOP / "domain.yml")
    domain = domain_of(settings.domain, profile=settings.profile)
    return make_bench(settings, domain=domain, server=server)


@pytest.fixture
def shop_rasa(bench):
    return Rasa(lambda: bench, again="pytest this")
