"""endpoints.yml: read as Rasa reads it, and nothing secret shown."""

from __future__ import annotations

import pytest

from rasa_mock.errors import DataError
from rasa_mock.files.endpoints import parse_endpoints, read_endpoints

WHOLE = """
action_endpoint:
  url: "http://user:hunter1@localhost:5055/webhook"
  token: hunter2
  token_name: key
  headers: {X-Secret: hunter3}
  basic_auth: {username: me, password: hunter4}
  params: {a: hunter5}
  cafile: ca.pem
  enable_selective_domain: true
nlg:
  url: http://localhost:5056/nlg
  token: hunter6
tracker_store:
  type: redis
  url: localhost
  port: 6379
  db: 0
  password: hunter7
  key_prefix: bot1
  record_exp: 3600
lock_store: {type: in_memory}
event_broker: {type: file, path: events.log}
"""


def test_every_section_is_read():
    read = parse_endpoints(WHOLE)
    action = read.action
    assert action is not None
    assert (action.token, action.token_name) == ("hunter2", "key")
    assert action.headers == {"X-Secret": "hunter3"}
    assert action.basic_auth == {"username": "me", "password": "hunter4"}
    assert action.params == {"a": "hunter5"}
    assert action.cafile == "ca.pem"
    assert action.enable_selective_domain is True
    assert read.nlg is not None
    assert read.nlg.url == "http://localhost:5056/nlg"
    assert read.tracker_store is not None
    assert read.tracker_store.type == "redis"
    assert read.tracker_store.line == 14
    assert read.tracker_store.options["record_exp"] == 3600
    assert "type" not in read.tracker_store.options
    assert read.lock_store is not None
    assert read.lock_store.type == "in_memory"
    assert read.event_broker is not None
    assert read.event_broker.options == {"path": "events.log"}
    assert read.notices == ()


def test_no_secret_is_shown():
    assert "hunter" not in repr(parse_endpoints(WHOLE))


@pytest.mark.parametrize("text", ["", "action_endpoint:\n", "{}"])
def test_a_section_that_is_not_there_is_none(text):
    read = parse_endpoints(text)
    assert read.action is None
    assert read.tracker_store is None
    assert read.notices == ()


def test_the_environment_fills_values_in(monkeypatch):
    monkeypatch.setenv("SERVER", "http://actions:5055/webhook")
    monkeypatch.setenv("SECRET", "hunter2")
    text = "action_endpoint: {url: ${SERVER}, token: ${SECRET}}"
    read = parse_endpoints(text.replace("{url", "\n  url").replace(", t", "\n  t")[:-1])
    assert read.action is not None
    assert read.action.url == "http://actions:5055/webhook"
    assert read.action.token == "hunter2"


def test_an_unset_variable_is_refused_with_its_line(tmp_path):
    path = tmp_path / "endpoints.yml"
    path.write_text(
        "action_endpoint:\n  url: http://x/webhook\n  token: ${NOT_SET_1}\n"
    )
    with pytest.raises(DataError, match="NOT_SET_1") as caught:
        read_endpoints(path)
    assert str(caught.value).startswith(f"{path}:3")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("- a", 1, "expected sections such as action_endpoint, got a list"),
        ("action_endpoint: hunter", 1, "expected keys with values"),
        ("action_endpoint: {token: hunter}", 1, "expected the URL of the server"),
        ("action_endpoint:\n  url: hunter", 2, "expected something like http://"),
        ("action_endpoint:\n  url: grpc://a:1", 2, "gRPC is not spoken here"),
        (
            "action_endpoint:\n  url: http://x/\n  headers: hunter",
            3,
            "expected keys with values, got a str",
        ),
        ("nlg: {type: callback}", 1, "expected the URL of the server, got nothing"),
        ("tracker_store:\n  type: 5", 2, "expected the name of a type, got a int"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line_and_no_secret(text, line, message):
    with pytest.raises(DataError) as caught:
        parse_endpoints(text, path="endpoints.yml")
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"endpoints.yml:{line}: ")
    assert "hunter" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("nlu: {url: http://x}", 1, "'nlu' is not imitated"),
        ("models: {url: http://x}", 1, "'models' is not imitated"),
        ("action_endpont: {url: http://x}", 1, "did you mean 'action_endpoint'?"),
        ("nlg:\n  type: my.own.Generator", 2, "worded by the domain"),
        (
            "action_endpoint:\n  url: http://x/\n  tokn: hunter",
            3,
            "did you mean 'token'?",
        ),
        (
            "action_endpoint:\n  url: http://x/\n  actions_module: actions",
            3,
            "'actions_module' is not imitated",
        ),
        ("tracker_store:\n  type: redis\n  prefix: a", 3, "'key_prefix'"),
    ],
)
def test_what_does_nothing_is_said(text, line, words):
    (notice,) = parse_endpoints(text, path="endpoints.yml").notices
    assert words in str(notice)
    assert str(notice).startswith(f"endpoints.yml:{line}: ")
    assert "hunter" not in str(notice)


@pytest.mark.parametrize("kind", ["response", "template", "Response"])
def test_responses_of_the_domain_need_no_server(kind):
    read = parse_endpoints(f"nlg: {{type: {kind}}}")
    assert read.nlg is None
    assert read.notices == ()


def test_a_variable_in_quotes_is_told_of():
    text = """
    action_endpoint:
      url: http://localhost:5055/webhook
      token: "${TOKEN}"
      headers: {X: 'a ${TOKEN}'}
    """
    read = parse_endpoints(text, path="endpoints.yml")
    first, second = read.notices
    assert str(first).startswith("endpoints.yml:4: '${TOKEN}' is in quotes, so neither")
    assert second.line == 5
    assert read.action is not None
    assert read.action.token == "${TOKEN}"
