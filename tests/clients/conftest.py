"""Listeners that are gone after the test, and both clients behind one face."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rasa_mock.clients.http import AsyncHttpClient, HttpClient
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.wire import ActionRequest, Reply, RequestBuilder, SendsDomain
from tests.clients.listener import Answer, Listener


class Somebody:
    """A tracker with no more than what goes on the wire."""

    sender_id = "u"

    def __init__(self, **state: Any) -> None:
        self._state = {"sender_id": "u", **state}

    def current_state(self) -> dict[str, Any]:
        return self._state


class NoDomain:
    """A domain with nothing in it."""

    send_domain_actions: frozenset[str] = frozenset()

    def as_dict(self) -> dict[str, Any]:
        return {}


def request_for(endpoint: Endpoint, *, domain: SendsDomain | None) -> ActionRequest:
    builder = RequestBuilder(endpoint, domain=domain or NoDomain())
    return builder.build("action_a", Somebody())


def call_sync(
    endpoint: Endpoint,
    *,
    times: int = 1,
    domain: SendsDomain | None = None,
    **options: Any,
) -> list[Reply]:
    request = request_for(endpoint, domain=domain)
    with HttpClient(endpoint, **options) as client:
        return [client.call(request) for _ in range(times)]


def call_async(
    endpoint: Endpoint,
    *,
    times: int = 1,
    domain: SendsDomain | None = None,
    **options: Any,
) -> list[Reply]:
    request = request_for(endpoint, domain=domain)

    async def run() -> list[Reply]:
        async with AsyncHttpClient(endpoint, **options) as client:
            return [await client.call(request) for _ in range(times)]

    return asyncio.run(run())


@pytest.fixture
def listen() -> Iterator[Callable[..., Listener]]:
    """Start a listener that plays the answers given."""
    listeners: list[Listener] = []

    def start(*answers: Answer, **options: Any) -> Listener:
        listeners.append(Listener(answers, **options))
        return listeners[-1]

    yield start
    for listener in listeners:
        listener.close()


@pytest.fixture(params=[call_sync, call_async], ids=["threads", "asyncio"])
def calls(request: pytest.FixtureRequest) -> Callable[..., list[Reply]]:
    """Call an endpoint some times with one client; give the replies."""
    chosen: Callable[..., list[Reply]] = request.param
    return chosen


@pytest.fixture
def call(calls: Callable[..., list[Reply]]) -> Callable[..., Reply]:
    """Call an endpoint once."""

    def once(endpoint: Endpoint, **options: Any) -> Reply:
        return calls(endpoint, **options)[0]

    return once
