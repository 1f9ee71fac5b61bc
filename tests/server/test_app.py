"""The application in process: routes, errors, and what a client sees."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from rasa_mock.files.bot import load_bot
from rasa_mock.resources import fixture_folder
from rasa_mock.server import create_app
from rasa_mock.similar import similar

SMALL = Path(__file__).parents[2] / "benchmarks" / "small_bot"


@pytest.fixture(scope="module")
def bot():
    return load_bot(fixture_folder() / "conformance" / "bot", similar=similar)


@pytest_asyncio.fixture
async def client(bot):
    transport = httpx.ASGITransport(app=create_app(bot))
    async with httpx.AsyncClient(transport=transport, base_url="http://rasa") as client:
        yield client


@pytest.mark.asyncio
async def test_the_server_says_hello(client):
    answer = await client.get("/")
    assert answer.text == "Hello from Rasa: 3.6.21"


@pytest.mark.asyncio
async def test_a_message_is_answered(client):
    said = {"sender": "me", "message": "/greet"}
    answer = await client.post("/webhooks/rest/webhook", json=said)
    assert answer.json() == [{"recipient_id": "me", "text": "Hey there!"}]


@pytest.mark.asyncio
async def test_the_folder_of_a_bot_is_enough():
    transport = httpx.ASGITransport(app=create_app(SMALL))
    async with httpx.AsyncClient(transport=transport, base_url="http://rasa") as client:
        said = {"sender": "me", "message": "/greet"}
        await client.post("/webhooks/rest/webhook", json=said)
        story = await client.get("/conversations/me/story")
        assert story.text.startswith('version: "3.1"\nstories:\n- story: me')
