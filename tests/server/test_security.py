"""The server against those who mean harm, and against odd data of those who do not."""

from __future__ import annotations

import json
import socket
from urllib.parse import quote

import httpx
import jwt
import pytest

from rasa_mock import MockRasa
from rasa_mock.files.bot import load_bot
from rasa_mock.run.api.oddities import FIDELITIES
from rasa_mock.run.api.table import ROUTES
from rasa_mock.server.limits import MAX_BODY, MAX_HEADERS
from rasa_mock.similar import similar
from tests.run.bots import write_bot

SECRET = "a secret that is long enough for the method that we have here"
SCRIPT = "<script>alert(1)</script>"
DOMAIN = f"""
    intents: [greet]
    responses: {{utter_greet: [{{text: "hello {SCRIPT}"}}]}}
    actions: []
"""
RULES = """
    rules:
      - rule: greet
        steps: [{intent: greet}, {action: utter_greet}]
"""
REST = "/webhooks/rest/webhook"


@pytest.fixture(scope="module")
def bot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bot")
    return load_bot(write_bot(folder, domain=DOMAIN, rules=RULES), similar=similar)


@pytest.fixture(scope="module")
def served(bot):
    """Serve with a token and JWTs, and no origin let in."""
    with MockRasa(bot, auth_token="thecat", jwt_secret=SECRET) as mock:
        yield mock


@pytest.fixture(scope="module")
def client(served):
    with httpx.Client(base_url=served.url, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module", params=FIDELITIES)
def open_mock(bot, request):
    """Serve without a token, with Rasa's odd habits and without."""
    with MockRasa(bot, fidelity=request.param) as mock:
        yield mock


# CORS.


@pytest.mark.parametrize("path", ["/", "/version", "/status?token=thecat", "/nope"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
def test_no_origin_is_let_in_by_default(client, method, path):
    headers = {
        "Origin": "http://evil.example",
        "Access-Control-Request-Method": "POST",
    }
    answer = client.request(method, path, headers=headers)
    assert "access-control-allow-origin" not in answer.headers
    assert "access-control-allow-methods" not in answer.headers


@pytest.mark.parametrize(
    ("cors", "origin", "allowed"),
    [
        (["*"], "http://any.example", True),
        (["http://a.example", "http://b.example"], "http://b.example", True),
        (["http://a.example"], "http://b.example", False),
    ],
)
def test_origins_are_let_in_that_were_named(bot, cors, origin, allowed):
    with (
        MockRasa(bot, cors=cors) as mock,
        httpx.Client(base_url=mock.url, trust_env=False) as client,
    ):
        said = {"sender": "me", "message": "/greet"}
        answer = client.post(REST, json=said, headers={"Origin": origin})
        shown = answer.headers.get_list("access-control-allow-origin")
        assert shown == ([origin] if allowed else [])
        before = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        assert client.options(REST, headers=before).status_code == 200


# Token and JWT, on every route.


def protected():
    rows = [route for route in ROUTES if route.auth and not route.profiles]
    return [
        (route.method, route.path.replace("{conversation_id}", "ann")) for route in rows
    ]


def bearer(role, name="ann"):
    user = {"user": {"username": name, "role": role}}
    return {"Authorization": f"Bearer {jwt.encode(user, SECRET, algorithm='HS256')}"}


@pytest.mark.parametrize(("method", "path"), protected())
def test_every_route_that_needs_it_asks_for_token_or_jwt(client, method, path):
    def status(query="", **headers):
        return client.request(method, f"{path}{query}", headers=headers).status_code

    assert status() == 401
    assert status("?token=thedog") == 401
    assert status("?token=") == 401
    assert status(Authorization="Bearer thecat") == 401
    assert status(**{"X-Mock-Token": "thecat"}) == 401
    assert status(**bearer("nobody")) == 403
    own = path.startswith("/conversations/")
    assert (status(**bearer("user", "bob")) == 403) is True
    if method == "GET":
        assert (status(**bearer("user")) == 403) is not own
        assert status("?token=thecat") not in (401, 403)
        assert status(**bearer("admin")) not in (401, 403)


def test_a_refusal_is_as_rasa_words_it(client):
    answer = client.get("/status")
    body = answer.json()
    assert (body["reason"], body["message"], body["code"]) == (
        "NotAuthenticated",
        "User is not authenticated.",
        401,
    )
    assert "security-considerations" in body["help"]


def test_what_is_open_stays_open(client):
    assert client.get("/").status_code == 200
    assert client.get("/version").status_code == 200
    said = {"sender": "me", "message": "/greet"}
    assert client.post(REST, json=said).status_code == 200


def test_another_conversation_is_not_reached_by_a_trick_with_the_path(client):
    for path in (
        "/conversations/ann/../bob/tracker",
        "/conversations/ann%2F../tracker",
    ):
        raw = httpx.URL(client.base_url.join("/")).copy_with(raw_path=path.encode())
        assert client.get(raw, headers=bearer("user")).status_code in (403, 404)


# Limits.


def exchange(url, data, *, more=b"", times=0):
    """Send raw bytes; return what comes back before the connection is closed."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        try:
            connection.sendall(data)
            for _ in range(times):
                connection.sendall(more)
        except OSError:
            pass
        found = b""
        try:
            while piece := connection.recv(65536):
                found += piece
        except OSError:
            pass
        return found


def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(served):
    head = f"POST {REST} HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n"
    answer = exchange(served.url, head.encode())
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"Request body exceeds the size limit" in answer


def test_headers_that_are_too_large_are_refused(client):
    long = {"X-Long": "x" * MAX_HEADERS}
    answer = client.get("/", headers=long)
    assert answer.status_code == 413
    assert "<h1>⚠️ 413 — Request Entity Too Large</h1>" in answer.text
    answer = client.get("/", headers={"Accept": "application/json", **long})
    assert answer.json() == {
        "description": "Request Entity Too Large",
        "status": 413,
        "message": "Request header exceeds the size limit",
    }
    assert client.get("/", headers={"X-Long": "x" * 10_000}).status_code == 200


def test_headers_that_do_not_end_are_cut_off(served):
    head = b"GET / HTTP/1.1\r\nHost: x\r\n"
    line = b"X-More: " + b"x" * 8000 + b"\r\n"
    answer = exchange(served.url, head, more=line, times=200)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413 ")
    assert served.request("GET", "/").status == 200


# Pages.


@pytest.mark.parametrize(
    "path",
    [
        *("/..", "/../", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd"),
        *("/webhooks", "/webhooks/", "/conversations", "/conversations/", "/static/"),
        *("/domain.yml", "/model.tar.gz", "/docs", "/redoc", "/debug"),
        *("/.git/config", "/config.yml", "/data/", "/endpoints.yml"),
    ],
)
def test_nothing_is_listed_and_no_file_is_given_away(open_mock, path):
    answer = open_mock.request("GET", path)
    assert answer.status == 404
    assert b"root:" not in answer.body
    assert b"Index of" not in answer.body


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/conversations/x/tracker/events", [{"event": "user", "text": 5}]),
        ("POST", "/conversations/x/trigger_intent", {"name": ["a"]}),
        ("POST", "/model/parse", {"text": {"a": 1}}),
        ("POST", "/model/test/stories", b"stories: 5"),
        ("POST", REST, b"[]"),
        ("POST", REST, b"{"),
        ("POST", REST, {"sender": {"a": 1}, "message": "/greet", "metadata": 5}),
        ("PUT", "/model", {"model_file": "../../etc/passwd"}),
        ("POST", "/model/train", b"\xff\xfe"),
    ],
    ids=str,
)
def test_a_failure_shows_nothing_of_the_inside(open_mock, method, path, body):
    answer = open_mock.request(method, path, body=body)
    for inside in (b"Traceback", b".py", b"File \\", b"site-packages", b"rasa_mock"):
        assert inside not in answer.body
    assert open_mock.request("GET", "/").status == 200


@pytest.mark.parametrize("accept", ["text/html", "text/html,*/*", "*/*", ""])
def test_scripts_are_never_anything_but_json_or_escaped(open_mock, accept):
    url = httpx.URL(open_mock.url)
    with httpx.Client(trust_env=False, headers={"Accept": accept}) as client:
        said = {"sender": SCRIPT, "message": "/greet"}
        answers = [
            client.post(url.copy_with(raw_path=REST.encode()), json=said),
            client.get(url.copy_with(raw_path=f"/{SCRIPT}".encode())),
            client.delete(url.copy_with(raw_path=f"{REST}?{SCRIPT}".encode())),
            client.get(url.copy_with(raw_path=f"/conversations/{SCRIPT}/x".encode())),
        ]
    assert SCRIPT in json.dumps(answers[0].json())
    for answer in answers:
        if "json" not in answer.headers["content-type"]:
            assert SCRIPT not in answer.text
        else:
            answer.json()


# Ids of senders.


IDS = {
    **{each: each for each in ("a/b", "..", "../../etc/passwd", ".", "/", "//", "%2F")},
    **{each: each for each in ("%2f..%2f", "a%00b", "%", " ", "null", "__proto__")},
    "a null byte": "a\x00b",
    "a new line": "\r\nX-Evil: 1",
    "control characters": "\t\x07\x1b[31m",
    "right to left": "\u202e\u0000",
    "Chinese": "旅客甲",
    "an emoji": "\U0001f600",
    "half an emoji": "\ud800",
    "SQL": "'; DROP TABLE events; --",
    "templates": "{{7*7}} ${jndi:ldap://x}",
    "a script": SCRIPT,
    "10,000 characters": "x" * 10_000,
}
IN_PATHS = {name: each for name, each in IDS.items() if each != "\ud800"}


@pytest.mark.parametrize("sender", IDS.values(), ids=list(IDS))
def test_an_id_is_data_in_a_message(open_mock, sender):
    open_mock.reset()
    (message,) = open_mock.send("/greet", sender=sender)
    assert message["recipient_id"] == sender
    assert open_mock.tracker(sender)["sender_id"] == sender
    assert open_mock.tracker(sender)["latest_message"]["text"] == "/greet"
    open_mock.reset(sender)
    assert open_mock.tracker(sender)["latest_message"]["text"] is None


@pytest.mark.parametrize("sender", IN_PATHS.values(), ids=list(IN_PATHS))
def test_an_id_is_data_in_a_path(open_mock, sender):
    open_mock.reset()
    path = f"/conversations/{quote(sender, safe='')}"
    body = {"event": "slot", "name": "a", "value": 1}
    added = open_mock.request("POST", f"{path}/tracker/events", body=body)
    assert added.status == 200
    shown = open_mock.request("GET", f"{path}/tracker")
    assert shown.status == 200
    decoded = open_mock.control.agent.desk.odd == frozenset()
    assert shown.json()["sender_id"] == (sender if decoded else quote(sender, safe=""))
    assert "x-evil" not in shown.headers
    story = open_mock.request("GET", f"{path}/story")
    assert story.status == 200
    assert story.headers["content-type"].startswith("text/plain")


def test_a_header_cannot_be_smuggled_in_by_a_path_or_a_name(served):
    path = "/conversations/%0d%0aX-Evil:%201/tracker?token=thecat"
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert b"\r\nx-evil" not in exchange(served.url, head.encode()).lower()


# Secrets.


def test_tokens_are_in_no_log_and_no_page(served, client, caplog):
    with caplog.at_level("DEBUG"):
        client.get("/status?token=thecat")
        client.get("/nope?token=thecat")
        client.get("/status?token=hunter2")
        client.get("/conversations/%2e/x?token=thecat", headers=bearer("admin"))
    shown = caplog.text + json.dumps(served.journal()) + repr(served.asgi)
    # httpx is the client of this test, and logs what it asks for.
    ours = [each for each in shown.splitlines() if "httpx" not in each]
    assert "thecat" not in "\n".join(ours)
    assert "hunter2" not in "\n".join(ours)
    assert SECRET not in shown
    assert "thecat" not in client.get("/nope?token=thecat").text
