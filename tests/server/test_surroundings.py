"""endpoints.yml and credentials.yml, served: what others are called with."""

from __future__ import annotations

import json

import pytest

from rasa_mock import DataError, MockRasa, UsageError
from rasa_mock.files.bot import load_bot
from rasa_mock.similar import similar
from tests.run.bots import write_bot
from tests.servers.stub import stub

__all__ = ["stub"]

DOMAIN = """
    intents: [greet, act]
    responses:
      utter_greet: [{text: hello}, {text: for callback, channel: callback}]
    actions: [action_x, {action_dom: {send_domain: true}}]
"""
RULES = """
    rules:
      - rule: greet
        steps: [{intent: greet}, {action: utter_greet}]
      - rule: act
        steps: [{intent: act}, {action: action_x}, {action: action_dom}]
"""
ENDPOINTS = """
action_endpoint:
  url: ${STUB_URL}
  token: ${STUB_TOKEN}
  token_name: key
  headers: {X-Own: "1"}
  params: {a: "2"}
  basic_auth: {username: me, password: hunter2}
  enable_selective_domain: true
nlg:
  url: ${NLG_URL}
  headers: {X-Nlg: "3"}
event_broker:
  type: file
  path: ${LOG_PATH}
nlu: {url: http://localhost:1}
"""
CREDENTIALS = """
rest:
callback:
  url: ${CALLBACK_URL}
  token: hunter4
slack: {slack_token: hunter5}
"""


@pytest.fixture(scope="module")
def bot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bot")
    return load_bot(write_bot(folder, domain=DOMAIN, rules=RULES), similar=similar)


@pytest.fixture
def files(stub, tmp_path, monkeypatch):
    """Write both files, for the stub as action server, NLG server and listener."""
    base = stub.url.removesuffix("/webhook")
    variables = {
        "STUB_URL": stub.url,
        "STUB_TOKEN": "hunter1",
        "NLG_URL": f"{base}/nlg",
        "CALLBACK_URL": f"{base}/bot",
        "LOG_PATH": str(tmp_path / "events.log"),
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "endpoints.yml").write_text(ENDPOINTS)
    (tmp_path / "credentials.yml").write_text(CREDENTIALS)
    return {name: tmp_path / f"{name}.yml" for name in ("endpoints", "credentials")}


def test_others_are_called_as_the_files_say(bot, stub, files, tmp_path):
    stub.answer = lambda asked: (
        {"text": "worded"} if "response" in asked else {"events": [], "responses": []}
    )
    with MockRasa(bot, **files) as mock:
        assert mock.send("/greet") == [{"recipient_id": "default", "text": "worded"}]
        mock.send("/act")
        said = {"sender": "you", "message": "/greet"}
        told = mock.request("POST", "/webhooks/callback/webhook", body=said)
        assert told.status == 200
    nlg, first, second, again, heard = zip(
        stub.paths, stub.headers, stub.bodies, strict=True
    )
    assert (nlg[0], nlg[1]["X-Nlg"]) == ("/nlg", "3")
    assert json.loads(nlg[2])["channel"] == {"name": "collector"}
    assert first[0] == "/webhook?a=2&key=hunter1"
    assert first[1]["X-Own"] == "1"
    assert first[1]["Authorization"].startswith("Basic ")
    assert "domain" not in json.loads(first[2])
    assert "domain" in json.loads(second[2]), "selective, and this action wants it"
    assert json.loads(again[2])["channel"] == {"name": "callback"}
    assert heard[0] == "/bot?token=hunter4"
    assert json.loads(heard[2]) == {"recipient_id": "you", "text": "worded"}
    events = (tmp_path / "events.log").read_text().splitlines()
    assert {json.loads(line)["sender_id"] for line in events} == {"default", "you"}


def test_an_action_server_that_is_down_is_no_reason_not_to_serve(bot):
    with MockRasa(bot, action_server="http://127.0.0.1:9/webhook") as mock:
        assert mock.send("/act") == []
        assert mock.findings[0]["rule"]
        assert mock.send("/greet") == [{"recipient_id": "default", "text": "hello"}]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("credentials", "slakc:", "unknown channel 'slakc'"),
        ("credentials", "rest: [", "not valid YAML"),
        ("credentials", "socketio:\n  jwt_key: a\n  jwt_method: none", "JWT method"),
        ("endpoints", "action_endpoint: 5", "expected keys with values"),
        ("endpoints", "action_endpoint:\n  url: ${UNSET_1}", "UNSET_1"),
        ("endpoints", "action_endpoint:\n  url: https://x/\n  cafile: no.pem", "PEM"),
        ("endpoints", "nlg: {url: nowhere}", "expected something like"),
        ("endpoints", "a:\ntracker_store: {type: mongod}", "endpoints.yml:2: there is"),
        ("endpoints", "lock_store: {type: concurrent_redis}", "endpoints.yml:1: there"),
        ("endpoints", "event_broker: {type: my.Broker}", "classes of your own are not"),
        ("endpoints", "event_broker: {url: x, port: nope}", "expected a number"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(bot, tmp_path, name, text, message):
    path = tmp_path / f"{name}.yml"
    path.write_text(text)
    with pytest.raises((DataError, UsageError)) as caught:
        MockRasa(bot, **{name: path})
    assert message in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_file_that_is_not_there_is_refused(bot, tmp_path):
    with pytest.raises(DataError, match="no such file"):
        MockRasa(bot, credentials=tmp_path / "none.yml")
