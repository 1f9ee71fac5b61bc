"""The 67 recorded conversations, held again over HTTP with a real server."""

from __future__ import annotations

import asyncio
import json
import time

import httpx
import pytest

from rasa_mock.clients.http import AsyncHttpClient
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.files.bot import load_bot
from rasa_mock.resources import fixture_folder
from rasa_mock.run.answers import Answers, AsyncAnswers
from rasa_mock.run.conversation import MovingClock
from rasa_mock.server import create_app
from rasa_mock.similar import similar
from tests.server.replaying import Recording
from tests.server.served import Served, running
from tests.servers.stub import Stub, serving

CONFORMANCE = fixture_folder() / "conformance"
RECORDINGS = sorted((CONFORMANCE / "conversations").glob("[0-9]*.json"))


@pytest.fixture(scope="module")
def actions():
    with serving(Stub()) as stub:
        yield stub


@pytest.fixture(scope="module")
def server(actions, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    endpoints = folder / "endpoints.yml"
    endpoints.write_text(f"action_endpoint: {{url: {actions.url}}}\n")
    credentials = folder / "credentials.yml"
    credentials.write_text("rest:\n")
    options = ("--enable-api", "--endpoints", endpoints, "--credentials", credentials)
    with Served(CONFORMANCE / "bot", *options, folder=folder) as served:
        yield served


REMINDERS = "07_reminders"
OTHERS = [path for path in RECORDINGS if path.stem != REMINDERS]


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_a_conversation_goes_as_it_went(path, server, actions):
    case = json.loads(path.read_text(encoding="utf-8"))
    replay = Recording(
        case, client=server.client, stub=actions, now=time.time, wait=time.sleep
    )
    assert replay.play() == []


def test_reminders_fire_as_they_did(actions):
    """The clock is moved, since nobody wants to wait for twenty seconds."""
    path = CONFORMANCE / "conversations" / f"{REMINDERS}.json"
    case = json.loads(path.read_text(encoding="utf-8"))
    clock = MovingClock(time.time)
    bot = load_bot(CONFORMANCE / "bot", similar=similar)
    endpoint = Endpoint(url=actions.url)
    answers = AsyncAnswers(
        known=Answers(domain=bot.domain, endpoint=endpoint),
        live=AsyncHttpClient(endpoint),
    )
    app = create_app(bot, clock=clock, answers=answers)
    with running(app) as (url, loop), httpx.Client(base_url=url) as client:

        def wait(seconds):
            for _ in range(20):
                clock.ahead += seconds / 20
                settled = app.state.agent.settle()
                asyncio.run_coroutine_threadsafe(settled, loop).result(60)

        replay = Recording(case, client=client, stub=actions, now=clock, wait=wait)
        assert replay.play() == []
