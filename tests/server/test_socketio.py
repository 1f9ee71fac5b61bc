"""The socket.io channel, spoken to by the real JavaScript client."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import httpx
import jwt
import pytest

from rasa_mock.files.bot import load_bot
from rasa_mock.server import create_app
from rasa_mock.server.background import Background
from rasa_mock.server.channels.socketio import SocketChannel, SocketSettings
from rasa_mock.similar import similar
from tests.run.bots import write_bot

SCRIPT = Path(__file__).with_name("socketio_client.cjs")
SECRET = "a secret that is long enough for the method that we have in these tests"
DOMAIN = """
    intents: [greet, ask]
    responses:
      utter_greet:
        - text: "for everybody"
        - text: "one\\n\\ntwo"
          channel: socketio
      utter_ask:
        - text: "which?"
          image: "http://x/1.png"
          buttons: [{title: A, payload: /greet}]
    actions: []
"""
RULES = """
    rules:
      - rule: greet
        steps: [{intent: greet}, {action: utter_greet}]
      - rule: ask
        steps: [{intent: ask}, {action: utter_ask}]
"""
GREETED = [["bot_uttered", {"text": "one"}], ["bot_uttered", {"text": "two"}]]


@pytest.fixture(scope="module")
def bot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bot")
    return load_bot(write_bot(folder, domain=DOMAIN, rules=RULES), similar=similar)


def serve(bot, **settings):
    channel = SocketChannel(SocketSettings.of(settings))
    return Background(create_app(bot, channels=[channel], cors=["http://let.in"]))


@pytest.fixture(scope="module")
def plain(bot):
    """Serve with Rasa's defaults."""
    server = serve(bot)
    server.start()
    yield server.address
    server.stop()


@pytest.fixture(scope="module")
def own(bot):
    """Serve with every key set to something else."""
    server = serve(
        bot,
        user_message_evt="said",
        bot_message_evt="heard",
        namespace="/chat",
        session_persistence=True,
        socketio_path="/own.path",
        jwt_key=SECRET,
        jwt_method="HS512",
        metadata_key="about",
    )
    server.start()
    yield server.address
    server.stop()


@pytest.fixture(scope="module")
def talk(node_modules):
    """Return a function that lets a web chat talk: `[event, data, heard by then]`."""

    node = shutil.which("node") or "node"

    def talk(url, *steps, **options):
        order = json.dumps({"url": url, "options": options, "steps": steps})
        done = subprocess.run(
            [node, str(SCRIPT), order],
            capture_output=True,
            text=True,
            env={**os.environ, "NODE_PATH": str(node_modules)},
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    return talk


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_web_chat_is_answered(plain, talk, transport):
    said = talk(
        plain,
        ["user_uttered", {"message": "/greet"}, 2],
        ["user_uttered", {"message": "/ask", "metadata": {"page": 1}}, 4],
        transports=[transport],
    )
    reply = {"content_type": "text", "title": "A", "payload": "/greet"}
    image = {"type": "image", "payload": {"src": "http://x/1.png"}}
    assert said["heard"] == [
        *GREETED,
        ["bot_uttered", {"text": "which?", "quick_replies": [reply]}],
        ["bot_uttered", {"attachment": image}],
    ]
    url = f"{plain}/conversations/{said['id']}/tracker"
    tracker = httpx.get(url, trust_env=False).json()
    assert tracker["latest_input_channel"] == "socketio"
    assert tracker["latest_message"]["metadata"] == {"page": 1}


def test_sessions_persist_in_a_namespace_with_every_key_set(own, talk):
    options = {
        "path": "/own.path/",
        "transports": ["websocket"],
        "auth": {"token": "Bearer " + jwt.encode({"a": 1}, SECRET, algorithm="HS512")},
    }
    heard = [["heard", data] for _, data in GREETED]
    about = json.dumps({"page": 2})
    first = talk(
        f"{own}/chat",
        ["said", {"message": "/greet"}, 0],
        ["session_request", {}, 1],
        ["said", {"message": "/greet", "session_id": "$SESSION", "about": about}, 3],
        **options,
    )["heard"]
    assert first[0][0] == "session_confirm"
    session = first[0][1]
    assert len(session) == 32
    assert first[1:] == heard
    again = talk(
        f"{own}/chat",
        ["session_request", {"session_id": session}, 1],
        ["said", {"message": "/greet", "session_id": session}, 3],
        **options,
    )["heard"]
    assert again == [["session_confirm", session], *heard]
    url = f"{own}/conversations/{session}/tracker?include_events=ALL"
    events = httpx.get(url, trust_env=False).json()["events"]
    spoken = [event for event in events if event["event"] == "user"]
    assert [event["metadata"].get("page") for event in spoken] == [2, None]


@pytest.mark.parametrize(
    "token",
    [
        None,
        # What else is no genuine token is tested in test_auth.py.
        jwt.encode({"a": 1}, SECRET, algorithm="HS256"),
    ],
    ids=["none", "other method"],
)
def test_nobody_gets_in_without_a_genuine_token(own, talk, token):
    auth = {} if token is None else {"token": token}
    options = {"path": "/own.path/", "transports": ["websocket"], "auth": auth}
    ((event, _message),) = talk(f"{own}/chat", ["said", {}, 0], **options)["heard"]
    assert event == "connect_error"


def test_an_api_call_reaches_whoever_is_connected(plain, talk):
    said = talk(
        plain, ["user_uttered", {"message": "/greet"}, 2], transports=["polling"]
    )
    trigger = f"{plain}/conversations/{said['id']}/trigger_intent"
    answer = httpx.post(
        trigger,
        params={"output_channel": "latest"},
        json={"name": "greet"},
        trust_env=False,
    )
    assert "messages" not in answer.json()


def test_rubbish_is_ignored(plain, talk):
    said = talk(
        plain,
        ["user_uttered", None, 0],
        ["user_uttered", "text", 0],
        ["user_uttered", {"message": 5}, 0],
        ["user_uttered", {"message": "/greet", "metadata": "{no json"}, 0],
        ["no_such_event", {"a": [1]}, 0],
        ["user_uttered", {"message": "/greet"}, 2],
        transports=["websocket"],
    )
    assert said["heard"] == GREETED


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://let.in", "bot_uttered"),
        ("http://evil.example", "connect_error"),
    ],
)
def test_a_page_of_another_origin_cannot_connect(plain, talk, origin, expected):
    headers = {} if origin is None else {"Origin": origin}
    heard = talk(
        plain,
        ["user_uttered", {"message": "/greet"}, 2],
        transports=["websocket"],
        extraHeaders=headers,
    )["heard"]
    assert heard[0][0] == expected


def test_the_channel_says_that_it_is_there(plain):
    answer = httpx.get(f"{plain}/webhooks/socketio/", trust_env=False)
    assert answer.json() == {"status": "ok"}
