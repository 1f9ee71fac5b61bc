"""The fixtures of the pytest plugin; each makes one thing of another module.

Loaded in every pytest run: what a fixture needs is imported when it is asked for.  A
project may override `rasa_domain` and `action_server` in its conftest.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rasa_mock.testing.options import said_plainly, workbench_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rasa_mock.core.domain import Domain
    from rasa_mock.public_conversation import Conversation
    from rasa_mock.testing.bench import Bench
    from rasa_mock.testing.contract import BoundContract
    from rasa_mock.testing.factories import (
        EventFactory,
        Factory,
        PayloadFactory,
        TrackerFactory,
    )
    from rasa_mock.testing.runner import Rasa
    from rasa_mock.testing.servers import ActionServer
    from rasa_mock.testing.stub import RasaStub
    from rasa_mock.testing.talks import ConversationFactory

FIXTURES = {
    *("rasa", "rasa_domain", "action_server", "rasa_contract"),
    *("conversation", "conversation_factory"),
    *("tracker_factory", "event_factory", "payload"),
}


@pytest.fixture(scope="session")
def rasa_domain(pytestconfig: pytest.Config) -> Domain:
    """Give the bot's domain, as Rasa loads it: rasa_domain in the ini file.

    A conftest.py may override it and return a path, an object or a Domain.
    """
    with said_plainly():
        return workbench_of(pytestconfig).domain


@pytest.fixture(scope="session")
def action_server(pytestconfig: pytest.Config) -> ActionServer:
    """Give the action server: in process, in a process of its own, or at a URL.

    rasa_actions names a rasa-sdk package, rasa_action_server a URL, rasa_server_mode
    how the package is run.  A conftest.py may override it and return a URL, the name
    of a package, or actions.
    """
    with said_plainly():
        return workbench_of(pytestconfig).server


@pytest.fixture
def rasa(request: pytest.FixtureRequest, rasa_domain: Any) -> Rasa:
    """Call one action in a situation: rasa.run("action_x", slots={...}, text="...").

    Returns a result with slots, messages, events, followup, tracker, rejected and
    findings; fails for an answer of which Rasa would lose something.  In an
    asynchronous test: await rasa.arun(...).
    """
    from rasa_mock.testing.runner import Rasa

    workbench = workbench_of(request.config)
    with said_plainly():
        again = workbench.again(request.node.nodeid)

    def bench() -> Bench:
        with said_plainly():
            return workbench.bench(
                rasa_domain, request.getfixturevalue("action_server")
            )

    return Rasa(bench, again=again)


@pytest.fixture
def conversation_factory(request: pytest.FixtureRequest) -> ConversationFactory:
    """Start conversations with the bot, with stubs or in another sender's name.

    Takes what rasa_mock.Conversation takes; without more it is the bot whose folder
    rasa_bot names (by default that of the domain), with the action server if one is
    configured: conversation_factory(stubs={"action_x": {"events": []}}).
    """
    from rasa_mock.testing.talks import ConversationFactory

    workbench = workbench_of(request.config)
    with said_plainly():
        has_server = workbench.has_server(request)

    def server() -> Any:
        return request.getfixturevalue("action_server") if has_server else None

    return ConversationFactory(workbench=workbench, server=server)


@pytest.fixture
def conversation(conversation_factory: ConversationFactory) -> Conversation:
    """Talk to the fake core: conversation.send("hi").texts, .slots, .tracker."""
    with said_plainly():
        return conversation_factory()


@pytest.fixture
def _rasa_factory(request: pytest.FixtureRequest, rasa_domain: Any) -> Factory:
    """Give what tracker_factory, event_factory and payload share: domain and seed."""
    with said_plainly():
        return workbench_of(request.config).factory(rasa_domain, request.node.nodeid)


@pytest.fixture
def tracker_factory(_rasa_factory: Factory) -> TrackerFactory:
    """Make trackers that dialogues can reach.

    tracker_factory("action_x", slots={...}, size=50): Faker-driven, and the same in
    every run until --rasa-seed says otherwise.
    """
    from rasa_mock.testing.factories import TrackerFactory

    return TrackerFactory(_rasa_factory)


@pytest.fixture
def event_factory(_rasa_factory: Factory) -> EventFactory:
    """Make events as they stand in trackers.

    event_factory("slot", name="city"): Faker-driven, seeded as tracker_factory is.
    """
    from rasa_mock.testing.factories import EventFactory

    return EventFactory(_rasa_factory)


@pytest.fixture
def payload(_rasa_factory: Factory) -> PayloadFactory:
    """Make what Rasa sends to an action server.

    payload("action_x", slots={...}): Faker-driven, seeded as tracker_factory is.
    """
    from rasa_mock.testing.factories import PayloadFactory

    return PayloadFactory(_rasa_factory)


@pytest.fixture
def rasa_contract(request: pytest.FixtureRequest, rasa_domain: Any) -> BoundContract:
    """Hold the action server to its contract: rasa_contract.check("action_x").

    Makes all calls that rasa-mock check makes of the action, or of every action, and
    fails for what its rules say of the answers.
    """
    from rasa_mock.testing.contract import Contract

    with said_plainly():
        server = request.getfixturevalue("action_server")
        workbench = workbench_of(request.config)
        return Contract(domain=rasa_domain, server=server).bound(workbench)


@pytest.fixture
def rasa_stub() -> Iterator[RasaStub]:
    """Be an action server for the test of a bot or of a client: rasa_stub.answer(...).

    On a real port (rasa_stub.url), on routes of respx (rasa_stub.mount(respx_mock)), or
    as the action client of a Conversation.  At the end of the test, answers that nobody
    asked for and calls that nobody expected fail it.
    """
    from rasa_mock.testing.stub import RasaStub

    stub = RasaStub()
    try:
        yield stub
    finally:
        stub.close()
    problems = stub.problems()
    if problems:
        pytest.fail("\n  ".join(["rasa_stub:", *problems]), pytrace=False)
