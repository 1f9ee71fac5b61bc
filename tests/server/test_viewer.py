"""The viewer over HTTP: who may look, what it says, bad questions, news, the end."""

from __future__ import annotations

import asyncio
import json

import pytest

from rasa_mock.errors import StoreUnreachable
from rasa_mock.resources import fixture_folder
from rasa_mock.server.inside import ask
from rasa_mock.server.viewer import COOKIE, Access, Viewer, is_here, viewer_app
from rasa_mock.stores.base import Turn
from rasa_mock.stores.registry import open_store
from rasa_mock.viewer.library import Library
from tests.server.served import Served
from tests.viewer import made

HERE = (b"host", b"localhost:5006")
SECRET = "s3cret-of-the-test"


@pytest.fixture(scope="module")
def store():
    store = open_store("memory:")
    made.fill(store)
    return store


def get(app, path, *headers, method="GET", body=None, **params):
    how = {"params": params, "headers": [HERE, *headers], "body": body}
    return asyncio.run(ask(app, method, path=f"/__mock__{path}", **how))


@pytest.fixture(scope="module")
def app(store):
    return viewer_app(Library(store=store))


@pytest.fixture(scope="module")
def locked(store):
    return viewer_app(Library(store=store), access=Access(token=SECRET))


def test_the_page_allows_no_script_of_its_own(app):
    told = get(app, "/")
    assert told.status == 200
    assert b"<script>" not in told.body
    policy = told.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_every_file_of_the_page_is_there(app):
    page = get(app, "/").body.decode()
    names = [part.split('"')[0] for part in page.split("/__mock__/view/")[1:]]
    assert len(names) > 5
    for name in names:
        told = get(app, f"/view/{name}")
        assert told.status == 200, name
        assert told.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["../page.py", "..%2Fpage.py", "nothing.js", ""])
def test_no_other_file_is_served(app, name):
    assert get(app, f"/view/assets/{name}").status == 404


def test_the_list_and_a_conversation_are_json(app):
    listed = get(app, "/view/api/conversations", search="ann").json()
    assert [item["sender_id"] for item in listed["items"]] == ["anna"]
    page = get(app, "/view/api/conversation", id="anna").json()
    assert len(page["events"]) == len(page["changes"]) == 23
    assert {record["kind"] for record in page["records"]} >= {"call", "prediction"}


def test_only_what_is_new_is_sent_on(app):
    whole = get(app, "/view/api/conversation", id="anna").json()
    tail = get(app, "/view/api/conversation", id="anna", since="20").json()
    assert tail["since"] == 20
    assert tail["events"] == whole["events"][20:]
    assert tail["changes"] == whole["changes"][20:]


def test_tokens_in_records_are_never_sent(app):
    told = get(app, "/view/api/conversation", id="anna")
    assert b"hidden-token" not in told.body
    (call,) = [r for r in told.json()["records"] if r["kind"] == "call"]
    assert call["url"] == "http://localhost:5055/webhook?token=***"
    assert call["request"] == {"$cut": pytest.approx(30_100, rel=0.1)}
    whole = get(app, "/view/api/record", id="anna", number=str(call["number"]))
    assert whole.json()["request"]["filler"] == "x" * 30_000
    assert b"hidden-token" not in whole.body


@pytest.mark.parametrize(
    ("path", "params", "status", "said"),
    [
        ("conversation", {"id": "nobody"}, 404, "nobody"),
        ("conversation", {}, 400, "expected the parameter 'id'"),
        ("conversation", {"id": "anna", "upto": "x"}, 400, "expected a number as upto"),
        ("conversation", {"id_json": "{"}, 400, "expected JSON as id_json"),
        ("conversations", {"since": "soon"}, 400, "expected a date like"),
        ("conversations", {"limit": "many"}, 400, "expected a number as limit"),
        ("export", {"id": "anna", "kind": "pdf"}, 400, "unknown export 'pdf'"),
        ("export", {"id": "boris", "kind": "pytest"}, 400, "no custom action ran"),
        ("compare", {"a": "anna", "b": "nobody"}, 404, "nobody"),
        ("record", {"id": "anna", "number": "999"}, 404, "999"),
        ("run", {"name": "none"}, 404, "none"),
        ("no_such_thing", {}, 404, "no_such_thing"),
    ],
    ids=str,
)
def test_a_bad_question_is_answered_in_words(app, path, params, status, said):
    told = get(app, f"/view/api/{path}", **params)
    assert told.status == status
    assert said in told.json()["error"]


def test_nothing_can_be_changed(app):
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        for path in ("/view/api/conversation", "/view/api/conversations", "/view/live"):
            assert get(app, path, method=method, id="anna").status == 405


def test_a_store_that_is_gone_is_said(store):
    class Gone:
        def __getattr__(self, name):
            raise StoreUnreachable("cannot reach redis://localhost:1")

    told = get(viewer_app(Library(store=Gone())), "/view/api/conversation", id="anna")
    assert told.status == 503
    assert "cannot reach redis" in told.json()["error"]


# Who may look.


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("localhost:5005", True),
        ("bot.localhost:80", True),
        ("127.0.0.1:5005", True),
        ("[::1]:5005", True),
        ("192.168.0.7", True),
        ("evil.example", False),
        ("localhost.evil.example:5005", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
    ],
)
def test_without_a_token_only_this_machine_is_served(host, expected):
    assert is_here(host) is expected


def test_a_page_whose_name_points_here_is_refused(app):
    told = asyncio.run(
        ask(
            app,
            "GET",
            path="/__mock__/view/api/conversations",
            headers=[(b"host", b"evil.example:5006")],
        )
    )
    assert told.status == 403


def test_a_page_of_another_origin_is_refused(app):
    told = get(app, "/view/api/conversations", (b"origin", b"http://evil.example"))
    assert told.status == 403


@pytest.mark.parametrize("path", ["/view/api/conversations", "/view/api/about"])
def test_with_a_token_nothing_is_told_without_it(locked, path):
    assert get(locked, path).status == 401
    assert get(locked, path, (b"x-mock-token", b"wrong")).status == 401
    assert get(locked, path, (b"cookie", f"{COOKIE}={SECRET}".encode())).status == 401
    assert get(locked, path, (b"x-mock-token", SECRET.encode())).status == 200
    assert (
        get(locked, path, (b"authorization", f"Bearer {SECRET}".encode())).status == 200
    )
    assert get(locked, path, token=SECRET).status == 200


def test_news_need_the_token_too(locked):
    assert get(locked, "/view/live").status == 401


def test_signing_in_gives_a_cookie_that_does_not_tell_the_token(locked):
    refused = get(locked, "/view/login", method="POST", body={"token": "wrong"})
    assert refused.status == 401
    told = get(locked, "/view/login", method="POST", body={"token": SECRET})
    cookie = told.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert SECRET not in cookie
    shown = (b"cookie", cookie.partition(";")[0].encode())
    assert get(locked, "/view/api/conversations", shown).status == 200


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b"[]", b'{"token": 7}', b"1" * 20_000]
)
def test_signing_in_with_nonsense_is_refused(locked, body):
    assert get(locked, "/view/login", method="POST", body=body).status == 401


# News.


def test_news_end_when_the_server_does(store):
    viewer = Viewer(lambda: Library(store=store))

    async def listen():
        news = viewer._news("anna", "0")
        told = [await anext(news), await anext(news)]
        viewer.stop()
        return [*told, *[each async for each in news]]

    begun, changed = asyncio.run(listen())
    assert begun.startswith("retry: ")
    mark = Library(store=store).mark("anna")
    assert mark.startswith(str(store.version("anna")))
    kind, _, data = changed.partition("\ndata: ")
    assert (kind, json.loads(data)) == ("event: changed", {"mark": mark})


def test_the_server_shows_its_own_conversations(tmp_path):
    bot = fixture_folder() / "conformance" / "bot"
    with Served(bot, "--enable-api", folder=tmp_path) as served:
        served.client.post(
            "/webhooks/rest/webhook", json={"sender": "me", "message": "hello"}
        )
        page = served.client.get("/__mock__/")
        assert page.headers["content-type"].startswith("text/html")
        told = served.client.get(
            "/__mock__/view/api/conversation", params={"id": "me"}
        ).json()
        texts = [each.get("text") for each in told["events"]]
        assert "hello" in texts
        assert "slot:location" in told["initial"]
        [note] = served.client.get("/__mock__/view/api/about").json()["notes"]
        assert "not recorded: --record does" in note
        with served.client.stream(
            "GET", "/__mock__/view/live", params={"id": "me"}
        ) as news:
            lines = news.iter_lines()
            assert any("event: mark" in line for line in lines)
            served.client.post(
                "/conversations/me/tracker/events",
                json={"event": "slot", "name": "location", "value": "Bonn"},
            )
            assert any("event: changed" in line for line in lines)
            # A stream that nobody has closed does not hold the server up.
            assert served.stop() == 0


def test_no_viewer_where_it_is_not_wanted(tmp_path):
    bot = fixture_folder() / "conformance" / "bot"
    with Served(bot, "--no-viewer", folder=tmp_path) as served:
        assert served.client.get("/__mock__/").status_code == 404


def test_numbers_that_json_does_not_have_do_not_break_a_page():
    store = open_store("memory:")
    odd = {"event": "slot", "name": "x", "value": float("nan"), "timestamp": 1.0}
    store.save("odd", Turn(events=[odd]))
    told = get(viewer_app(Library(store=store)), "/view/api/conversation", id="odd")
    assert json.loads(told.body)["events"][0]["value"] == "nan"
