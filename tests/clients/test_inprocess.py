"""Actions called in this process answer as the same package does behind its server."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from rasa_mock.clients.http import HttpClient
from rasa_mock.clients.inprocess import InProcessClient, load_actions, of_actions
from rasa_mock.clients.process import ActionServerProcess, find_package
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.wire import RequestBuilder
from rasa_mock.errors import UsageError
from rasa_mock.files.domain import load_domain
from rasa_mock.public import Tracker

HEADER = "X-Rasa-Mock-Witness"
ACTIONS = (
    *("action_price", "action_slowly", "action_wrong", "action_broken"),
    *("action_refuse", "action_mirror", "action_next", "validate_order_form"),
    "action_that_nobody_has",
)


@pytest.fixture(scope="module")
def shop(root):
    return root / "tests" / "testing" / "shop"


@pytest.fixture(scope="module")
def domain(shop):
    return load_domain(shop / "domain.yml")


@pytest.fixture(scope="module")
def here(shop):
    with InProcessClient(load_actions(find_package("shop_actions", shop))) as client:
        yield client


@pytest.fixture(scope="module")
def there(shop):
    with (
        ActionServerProcess(
            "shop_actions", cwd=shop, module="rasa_mock.clients.witness"
        ) as server,
        HttpClient(Endpoint(url=server.url)) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def request_to(domain):
    """Return a function that writes the request of an action to a client's server."""

    def build(client, action):
        events = [
            {"event": "slot", "name": "fruit", "value": "pear"},
            {"event": "user", "text": "hi", "parse_data": {"text": "hi"}},
        ]
        tracker = Tracker.from_events("ann", events, domain=domain, now=1.0)
        return RequestBuilder(client.endpoint, domain=domain).build(action, tracker)

    return build


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_answers_as_over_http(action, here, there, request_to):
    mine, theirs = (c.call(request_to(c, action)) for c in (here, there))
    assert mine.status == theirs.status
    assert json.loads(mine.body) == json.loads(theirs.body)
    noted = [json.loads(r.headers.get(HEADER, "{}")) for r in (mine, theirs)]
    assert noted[0] == noted[1]


@pytest.mark.parametrize("path", ["/health", "/actions", "/nonsense"])
def test_a_question_is_answered_as_over_http(path, here, there):
    mine, theirs = (client.get(path) for client in (here, there))
    assert mine.status == theirs.status
    if path != "/nonsense":
        assert json.loads(mine.body) == json.loads(theirs.body)


def test_what_an_action_raised_is_kept_until_the_next_call(here, request_to):
    here.call(request_to(here, "action_broken"))
    assert isinstance(here.raised, LookupError)
    here.call(request_to(here, "action_refuse"))
    assert here.raised is None


def test_an_action_cannot_change_what_the_test_holds(request_to):
    class Greedy(action_class()):
        def name(self):
            return "action_greedy"

        def run(self, dispatcher, tracker, domain):
            tracker.slots.clear()
            domain.clear()
            return []

    with InProcessClient(of_actions([Greedy])) as client:
        request = request_to(client, "action_greedy")
        before = json.dumps(request.payload)
        client.call(request)
        assert json.dumps(request.payload) == before


def test_calls_work_inside_a_running_loop(here, request_to):
    async def both():
        beside = here.call(request_to(here, "action_slowly"))
        within = await here.acall(request_to(here, "action_slowly"))
        return beside.body, within.body

    beside, within = asyncio.run(both())
    assert beside == within == here.call(request_to(here, "action_slowly")).body


def test_two_threads_may_call_at_once(here, request_to):
    replies = []

    def call():
        replies.append(here.call(request_to(here, "action_slowly")).status)

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [200, 200]


def test_an_action_that_awaits_for_ever_times_out(request_to):
    class Hangs(action_class()):
        def name(self):
            return "action_hangs"

        async def run(self, dispatcher, tracker, domain):
            await asyncio.Event().wait()

    endpoint = Endpoint(url="http://localhost:5055/webhook", timeout=0.01)
    with InProcessClient(of_actions([Hangs]), endpoint=endpoint) as client:
        reply = client.call(request_to(client, "action_hangs"))
    assert reply.failure == "timeout"
    assert "0.01 s" in reply.detail


def test_closing_ends_what_an_action_has_left_running(request_to):
    left = []

    class Leaves(action_class()):
        def name(self):
            return "action_leaves"

        async def run(self, dispatcher, tracker, domain):
            left.append(asyncio.ensure_future(asyncio.Event().wait()))
            return []

    with InProcessClient(of_actions([Leaves])) as client:
        client.call(request_to(client, "action_leaves"))
    assert left[0].cancelled()


def test_an_action_may_stand_in_for_a_while(here, request_to):
    class Other(action_class()):
        def name(self):
            return "action_price"

        def run(self, dispatcher, tracker, domain):
            dispatcher.utter_message(text="other")
            return []

    before = here.call(request_to(here, "action_price")).body
    with here.lent(Other):
        assert b"other" in here.call(request_to(here, "action_price")).body
    assert here.call(request_to(here, "action_price")).body == before


def test_a_server_that_asks_for_the_domain_gets_it(domain, shop):
    """The handshake of Rasa Pro: first a digest, then, after 449, the domain."""
    endpoint = Endpoint(url="http://localhost:5055/webhook", domain_digest=True)
    executor = load_actions(find_package("shop_actions", shop))
    with InProcessClient(executor, endpoint=endpoint) as client:
        tracker = Tracker.from_events("ann", [], domain=domain, now=1.0)
        builder = RequestBuilder(endpoint, domain=domain)
        request = builder.build("action_price", tracker)
        assert "domain" not in request.payload
        assert client.call(request).status == 200


BAD_PACKAGES = {
    "missing": (None, "there is no package 'missing'"),
    "needs": (
        "import nothing_of_that_name\n",
        "No module named 'nothing_of_that_name'",
    ),
    "syntax": ("def\n", "SyntaxError"),
}


@pytest.mark.parametrize("name", BAD_PACKAGES)
def test_a_package_that_cannot_be_imported_says_why(name, tmp_path):
    source, said = BAD_PACKAGES[name]
    if source is not None:
        (tmp_path / f"{name}.py").write_text(source)
    with pytest.raises(UsageError, match=said):
        load_actions(find_package(name, tmp_path))


def test_only_the_actions_of_the_package_are_served(shop):
    class Stray(action_class()):
        def name(self):
            return "action_stray"

    executor = load_actions(find_package("shop_actions", shop))
    assert Stray.__name__ == "Stray"
    assert "action_stray" not in executor.actions
    assert "action_price" in executor.actions


def action_class():
    from rasa_sdk import Action

    return Action
