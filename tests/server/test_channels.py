"""The callback channel and the one that collects."""

from __future__ import annotations

import json

import httpx
import pytest
import pytest_asyncio

from rasa_mock.clients.posting import Poster
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.wire import Reply
from rasa_mock.files.bot import load_bot
from rasa_mock.server import create_app
from rasa_mock.server.channels.callback import CallbackChannel
from rasa_mock.server.channels.collect import CollectChannel
from rasa_mock.similar import similar
from tests.run.bots import write_bot
from tests.servers.stub import stub

__all__ = ["stub"]

DOMAIN = """
    intents: [greet, show, later]
    responses:
      utter_greet:
        - text: "for everybody"
        - text: "one\\n\\ntwo"
          channel: callback
        - text: "kept"
          channel: collect
      utter_show:
        - text: "look"
          image: "http://x/1.png"
    actions: [action_later]
"""
RULES = """
    rules:
      - rule: greet
        steps: [{intent: greet}, {action: utter_greet}]
      - rule: show
        steps: [{intent: show}, {action: utter_show}]
      - rule: later
        steps: [{intent: later}, {action: action_later}]
"""
JSON = {"Content-Type": "application/json"}
CALLBACK = "/webhooks/callback/webhook"


@pytest.fixture(scope="module")
def bot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bot")
    return load_bot(write_bot(folder, domain=DOMAIN, rules=RULES), similar=similar)


class Listener:
    """Stands for the server that takes the messages."""

    def __init__(self) -> None:
        self.heard = []
        self.reply = Reply(status=200, headers=JSON, body=b"{}")

    async def __call__(self, message):
        self.heard.append(message)
        return self.reply


@pytest.fixture
def listener():
    return Listener()


@pytest_asyncio.fixture
async def client(bot, listener):
    channels = [CallbackChannel(listener), CollectChannel()]
    app = create_app(bot, channels=channels)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://rasa") as client:
        yield client


def said(text, sender="me"):
    return {"sender": sender, "message": text}


@pytest.mark.parametrize("name", ["callback", "collect"])
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.asyncio
async def test_a_channel_says_that_it_is_there(client, name, slash):
    answer = await client.get(f"/webhooks/{name}{slash}")
    assert answer.json() == {"status": "ok"}


@pytest.mark.asyncio
async def test_a_channel_that_is_not_in_the_credentials_is_not_there(client):
    answer = await client.post("/webhooks/rest/webhook", json=said("/greet"))
    assert answer.status_code == 404


@pytest.mark.asyncio
async def test_messages_are_posted_one_by_one(client, listener):
    answer = await client.post(CALLBACK, json=said("/greet"))
    assert (answer.status_code, answer.text) == (200, "success")
    assert listener.heard == [
        {"recipient_id": "me", "text": "one"},
        {"recipient_id": "me", "text": "two"},
    ]
    await client.post(CALLBACK, json=said("/show"))
    assert listener.heard[2:] == [
        {"recipient_id": "me", "text": "look"},
        {"recipient_id": "me", "image": "http://x/1.png"},
    ]


@pytest.mark.asyncio
async def test_channel_and_metadata_of_the_body_do_not_count(client):
    body = {**said("/greet"), "input_channel": "other", "metadata": {"a": 1}}
    await client.post(CALLBACK, json=body)
    tracker = (await client.get("/conversations/me/tracker")).json()
    assert tracker["latest_input_channel"] == "callback"
    assert tracker["latest_message"]["metadata"] == {}


@pytest.mark.asyncio
async def test_what_the_listener_answers_is_only_logged(client, listener, caplog):
    listener.reply = Reply(status=500, body=b"no")
    answer = await client.post(CALLBACK, json=said("/greet"))
    assert answer.text == "success"
    assert len(listener.heard) == 2
    assert "the callback server answered 500" in caplog.text


@pytest.mark.asyncio
async def test_a_listener_that_is_not_there_loses_the_turn(client, listener, caplog):
    await client.post(CALLBACK, json=said("/show"))
    before = (await client.get("/conversations/me/tracker")).json()["events"]
    listener.reply = Reply(failure="refused", detail="nobody there")
    answer = await client.post(CALLBACK, json=said("/greet"))
    assert answer.status_code == 500
    assert "Traceback" not in answer.text + caplog.text
    assert "me: turn_lost: nobody there" in caplog.text
    after = (await client.get("/conversations/me/tracker")).json()["events"]
    assert after == before


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{}", 500), (b'{"message": 5}', 500), (b"[]", 500), (b"nonsense", 400)],
)
@pytest.mark.asyncio
async def test_a_body_without_a_message_is_a_failure(client, body, status):
    headers = {"Content-Type": "application/json"}
    answer = await client.post(CALLBACK, content=body, headers=headers)
    assert answer.status_code == status


@pytest.mark.asyncio
async def test_an_api_call_reaches_the_channel_of_the_last_message(client, listener):
    await client.post(CALLBACK, json=said("/show"))
    url = "/conversations/me/trigger_intent?output_channel=latest"
    answer = await client.post(url, json={"name": "greet"})
    assert "messages" not in answer.json()
    assert [message["text"] for message in listener.heard[2:]] == ["one", "two"]


@pytest.mark.asyncio
async def test_what_is_said_is_kept_until_somebody_looks(client):
    url = "/webhooks/collect"
    answer = await client.post(f"{url}/webhook", json=said("/greet"))
    assert answer.json() == [{"recipient_id": "me", "text": "kept"}]
    await client.post(f"{url}/webhook", json=said("/show", sender="you"))
    trigger = "/conversations/me/trigger_intent?output_channel=collect"
    await client.post(trigger, json={"name": "greet"})
    mine = (await client.get(f"{url}/messages?sender=me")).json()
    assert [message["text"] for message in mine] == ["kept", "kept"]
    assert len((await client.get(f"{url}/messages")).json()) == 4
    assert (await client.delete(f"{url}/messages?sender=me")).status_code == 204
    left = (await client.get(f"{url}/messages")).json()
    assert {message["recipient_id"] for message in left} == {"you"}


@pytest.mark.asyncio
async def test_the_callback_server_is_called_as_rasa_calls_it(stub, bot):
    url = stub.url.replace("/webhook", "/bot")
    poster = Poster(Endpoint(url=url, token="secret", token_name="key"))
    app = create_app(bot, channels=[CallbackChannel(poster.post)])
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://rasa") as client:
        await client.post(CALLBACK, json=said("/greet"))
    await poster.close()
    assert stub.paths == ["/bot?key=secret"] * 2
    assert json.loads(stub.bodies[0]) == {"recipient_id": "me", "text": "one"}
    assert stub.headers[0]["Content-Type"] == "application/json"
