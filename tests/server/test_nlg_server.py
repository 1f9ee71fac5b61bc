"""A server that words the bot's responses: what it is asked, and what may go wrong."""

from __future__ import annotations

import json

import httpx
import pytest
import pytest_asyncio

from rasa_mock.clients.posting import Poster
from rasa_mock.core.commands import AskNlg
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.wire import Reply
from rasa_mock.files.bot import load_bot
from rasa_mock.server import create_app
from rasa_mock.similar import similar
from tests.run.bots import write_bot
from tests.servers.stub import stub

__all__ = ["stub"]

DOMAIN = """
    intents: [greet, bye]
    slots:
      mood:
        type: text
        mappings: [{type: custom}]
    responses:
      utter_greet:
        - text: "hello {mood}"
          id: plain
        - text: "hello from there"
          channel: collector
          id: here
      utter_bye:
        - text: "bye"
    actions: [action_greet]
"""
RULES = """
    rules:
      - rule: greet
        steps: [{intent: greet}, {action: utter_greet}]
      - rule: bye
        steps: [{intent: bye}, {action: action_greet}]
"""
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def bot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bot")
    return load_bot(write_bot(folder, domain=DOMAIN, rules=RULES), similar=similar)


class Words:
    """Stands for the server: keeps what it was asked, and gives what it is told."""

    def __init__(self) -> None:
        self.asked = []
        self.reply = Reply(status=200, headers=JSON, body=b'{"text": "from afar"}')

    async def __call__(self, command: AskNlg) -> Reply:
        self.asked.append(command.question)
        return self.reply


async def act(_command):
    item = {"response": "utter_bye", "name": "Ann", "buttons": [{"title": "x"}]}
    body = {"events": [], "responses": [item, {"text": "plain"}]}
    return Reply(status=200, headers=JSON, body=json.dumps(body).encode())


@pytest.fixture
def words():
    return Words()


@pytest_asyncio.fixture
async def say(bot, words):
    app = create_app(bot, word=words, answers=act)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://rasa") as client:

        async def say(text, sender="me"):
            said = {"sender": sender, "message": text}
            answer = await client.post("/webhooks/rest/webhook", json=said)
            return [
                {k: v for k, v in message.items() if k != "recipient_id"}
                for message in answer.json()
            ]

        yield say


@pytest.mark.asyncio
async def test_a_response_is_worded_elsewhere(say, words):
    assert await say("/greet") == [{"text": "from afar"}]
    (question,) = words.asked
    assert list(question) == ["response", "id", "arguments", "tracker", "channel"]
    assert question["response"] == "utter_greet"
    assert question["id"] == "here"
    assert question["arguments"] == {}
    assert question["channel"] == {"name": "collector"}
    kinds = [event["event"] for event in question["tracker"]["events"]]
    assert kinds[:4] == ["action", "session_started", "action", "user"]
    assert question["tracker"]["sender_id"] == "me"
    json.dumps(question)


@pytest.mark.asyncio
async def test_the_answer_of_an_action_names_responses_too(say, words):
    words.reply = Reply(
        status=200, headers=JSON, body=b'{"text": "far", "buttons": [{"title": "y"}]}'
    )
    both = [{"title": "y"}, {"title": "x"}]
    assert await say("/bye") == [{"text": "far", "buttons": both}, {"text": "plain"}]
    (question,) = words.asked
    assert question["arguments"] == {"name": "Ann", "buttons": [{"title": "x"}]}
    assert question["id"] is None


@pytest.mark.parametrize(
    "reply",
    [
        Reply(failure="refused", detail="nobody there"),
        Reply(status=500, headers=JSON, body=b"{}"),
        Reply(status=200, headers=JSON, body=b"not json"),
        Reply(status=200, headers=JSON, body=b"[]"),
        Reply(status=200, headers=JSON, body=b""),
        Reply(status=200, headers={"Content-Type": "text/plain"}, body=b"{}"),
        Reply(status=200, headers=JSON, body=b'{"text": 5}'),
        Reply(status=200, headers=JSON, body=b'{"buttons": ["x"]}'),
        Reply(status=200, headers=JSON, body=b'{"custom": null}'),
    ],
    ids=lambda reply: f"{reply.status} {reply.body!r}",
)
@pytest.mark.asyncio
async def test_a_wrong_answer_loses_the_response_and_no_more(say, words, reply):
    right, words.reply = words.reply, reply
    assert await say("/greet") == []
    assert await say("/bye") == []
    words.reply = right
    assert await say("/greet") == [{"text": "from afar"}]


@pytest.mark.asyncio
async def test_an_empty_answer_is_nothing_to_say(say, words):
    words.reply = Reply(status=200, headers=JSON, body=b"{}")
    assert await say("/greet") == []
    assert await say("/bye") == [{"text": "plain"}]


@pytest.mark.asyncio
async def test_the_server_is_called_as_rasa_calls_it(stub):
    url = f"{stub.url.partition('/webhook')[0]}/nlg"
    endpoint = Endpoint(url=url, token="secret", headers={"X-Own": "1"})
    stub.answer = lambda _question: {"text": "hi"}
    poster = Poster(endpoint)
    reply = await poster.word(AskNlg(question={"response": "utter_greet"}))
    await poster.close()
    assert json.loads(reply.body) == {"text": "hi"}
    assert stub.paths[-1] == "/nlg?token=secret"
    assert json.loads(stub.bodies[-1]) == {"response": "utter_greet"}
    assert stub.headers[-1]["X-Own"] == "1"
    assert stub.headers[-1]["Content-Type"] == "application/json"
