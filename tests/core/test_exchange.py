"""One exchange, without a network: what is sent next, given what came back.

Every row about redirects was measured on aiohttp 3.9.5.
"""

from __future__ import annotations

from typing import Any

import pytest

from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.exchange import MAX_REDIRECTS, exchange, get_request, leads_on
from rasa_mock.core.failures import FAILURES
from rasa_mock.core.headers import Headers
from rasa_mock.core.wire import ActionRequest, Reply, build_request

URL = "http://here:5055/a/webhook?x=1"
OK = Reply(status=200, headers={"Content-Type": "application/json"}, body=b"{}")
TYPE = ("Content-Type", "application/json")
ACCEPT = ("Accept", "*/*")
ENCODING = ("Accept-Encoding", "gzip, deflate")
AGENT = ("User-Agent", "Python/3.10 aiohttp/3.9.5")
BASIC = {"username": "a", "password": "b"}


class Nobody:
    sender_id = "u"
    send_domain_actions: frozenset[str] = frozenset()

    def current_state(self) -> dict[str, Any]:
        return {}

    def as_dict(self) -> dict[str, Any]:
        return {"intents": ["greet"]}


def redirect(status: int, location: str = "/m", **headers: str) -> Reply:
    return Reply(status=status, headers={"Location": location, **headers})


def run(
    endpoint: Endpoint, *replies: Reply, get: str | None = None
) -> tuple[list[ActionRequest], Reply]:
    """Drive an exchange with these replies, the last one over and over."""
    request = build_request(endpoint, action="a", tracker=Nobody(), domain=Nobody())
    steps = exchange(get_request(endpoint, get) if get else request, endpoint=endpoint)
    sent = [next(steps)]
    try:
        while len(sent) < 50:
            sent.append(steps.send(replies[min(len(sent), len(replies)) - 1]))
    except StopIteration as stop:
        return sent, stop.value
    raise AssertionError("the exchange does not end")


def header(request: ActionRequest, name: str) -> str | None:
    found = [value for known, value in request.headers if known == name]
    assert len(found) < 2
    return found[0] if found else None


@pytest.mark.parametrize("status", [200, 201, 204, 300, 304, 305, 400, 404, 449, 500])
def test_most_statuses_end_the_exchange(status):
    reply = redirect(status)
    sent, last = run(Endpoint(url=URL), reply)
    assert (len(sent), last) == (1, reply)


@pytest.mark.parametrize(
    ("status", "method"),
    [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")],
)
def test_a_redirect_is_followed_with_or_without_the_body(status, method):
    (first, second), last = run(Endpoint(url=URL), redirect(status), OK)
    assert last == OK
    assert (second.method, second.url) == (method, "http://here:5055/m")
    general = [("Host", "here:5055"), TYPE, ACCEPT, ENCODING, AGENT]
    if method == "GET":
        assert (list(second.headers), second.body) == (general, b"")
    else:
        length = ("Content-Length", str(len(first.body)))
        assert (list(second.headers), second.body) == ([*general, length], first.body)


def test_a_deflated_request_is_repeated_deflated_or_becomes_a_bare_get():
    endpoint = Endpoint(url=URL, compress=True)
    (first, again, bare), _ = run(endpoint, redirect(307), redirect(302), OK)
    assert again.headers == first.headers
    assert (again.body, again.chunks) == (first.body, first.chunks)
    assert bare.headers == (("Host", "here:5055"), TYPE, ACCEPT, ENCODING, AGENT)
    assert (bare.body, bare.chunks) == (b"", ())


def test_after_a_get_comes_a_get():
    sent, _ = run(Endpoint(url=URL), redirect(302), redirect(307, "/n"), OK)
    assert [request.method for request in sent] == ["POST", "GET", "GET"]


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/m", "http://here:5055/m"),
        ("sub?z=1#f", "http://here:5055/a/sub?z=1"),
        ("?z=1", "http://here:5055/a/webhook?z=1"),
        ("../x y", "http://here:5055/x%20y"),
        ("//other/m", "http://other/m"),
        ("/mé ü", "http://here:5055/m%C3%A9%20%C3%BC"),
    ],
)
def test_a_location_is_seen_from_where_it_came(location, target):
    endpoint = Endpoint(url=URL, params={"a": "1"}, token="t")
    (first, second), _ = run(endpoint, redirect(307, location), OK)
    assert first.url == "http://here:5055/a/webhook?x=1&a=1&token=t"
    assert second.url == target


def test_the_header_uri_stands_in_for_location():
    sent, _ = run(Endpoint(url=URL), Reply(status=302, headers={"URI": "/m"}), OK)
    assert sent[1].url == "http://here:5055/m"


@pytest.mark.parametrize("location", [{}, {"Location": ""}])
def test_a_redirect_without_location_is_the_reply(location):
    reply = Reply(status=302, headers=location, body=b"x")
    sent, last = run(Endpoint(url=URL), reply)
    assert (len(sent), last) == (1, reply)


def test_ten_redirects_are_one_too_many():
    assert MAX_REDIRECTS == 10
    sent, last = run(Endpoint(url=URL), *[redirect(307)] * 9, OK)
    assert (len(sent), last) == (10, OK)
    sent, last = run(Endpoint(url=URL), redirect(307))
    assert (len(sent), last.failure, last.status) == (10, "redirect_loop", 307)


@pytest.mark.parametrize(
    ("options", "location", "authorization"),
    [
        ({"headers": {"Authorization": "Bearer x"}}, "/m", "Bearer x"),
        ({"headers": {"Authorization": "Bearer x"}}, "http://there/m", None),
        ({"headers": {"Authorization": "Bearer x"}}, "https://here:5055/m", None),
        ({"headers": {"Authorization": "Bearer x"}}, "http://here:5056/m", None),
        ({"basic_auth": BASIC}, "/m", "Basic YTpi"),
        ({"basic_auth": BASIC}, "http://there/m", "Basic YTpi"),
        ({"url": "http://q:w@here/"}, "/m", "Basic cTp3"),
        ({"url": "http://q:w@here/"}, "http://there/m", None),
        ({}, "http://q:w@here:5055/m", "Basic cTp3"),
        ({"basic_auth": BASIC}, "http://q:w@there/m", "Basic cTp3"),
    ],
)
def test_credentials_go_where_aiohttp_sends_them(options, location, authorization):
    endpoint = Endpoint(**{"url": URL, **options})
    (_, second), _ = run(endpoint, redirect(307, location), OK)
    assert header(second, "Authorization") == authorization
    assert "@" not in second.url


def test_what_was_dropped_does_not_come_back():
    endpoint = Endpoint(url=URL, headers={"Authorization": "Bearer x", "X": "1"})
    sent, _ = run(endpoint, redirect(307, "http://there/"), redirect(307, URL), OK)
    assert [header(request, "Authorization") for request in sent] == [
        *("Bearer x", None, None)
    ]
    assert [header(request, "X") for request in sent] == ["1", "1", "1"]


def test_a_host_of_the_endpoints_own_stays():
    endpoint = Endpoint(url=URL, headers={"Host": "x.y"})
    sent, _ = run(endpoint, redirect(307, "http://there/"), OK)
    assert [header(request, "Host") for request in sent] == ["x.y", "x.y"]


@pytest.mark.parametrize(
    ("location", "failure", "words"),
    [
        ("ftp://host/x", "bad_redirect", "'ftp://host/x' is neither http nor https"),
        ("http:///x", "bad_redirect", "'http:///x' names no host"),
        ("http://[::1/x", "bad_url", "'http://[::1/x'"),
        ("http://q:w@here:5055/m", "bad_redirect", "credentials of its own"),
    ],
)
def test_a_redirect_into_nowhere_is_a_failure(location, failure, words):
    endpoint = Endpoint(url=URL, basic_auth=BASIC)
    sent, last = run(endpoint, redirect(307, location))
    assert (len(sent), last.status, last.failure) == (1, 307, failure)
    assert words in last.detail


def test_a_failure_ends_the_exchange():
    broken = Reply(failure="refused", detail="x")
    sent, last = run(Endpoint(url=URL), redirect(307), broken)
    assert (len(sent), last) == (2, broken)


def with_cookies(*lines: str, location: str = "/m") -> Reply:
    pairs = [("Location", location), *(("Set-Cookie", line) for line in lines)]
    return Reply(status=302, headers=Headers(pairs))


@pytest.mark.parametrize(
    ("lines", "location", "cookie"),
    [
        (["b=2; Path=/", 'a="d e"'], "/a/m", 'a="d e"; b=2'),
        (["a=1; Path=/a"], "/ab", None),
        (["a=1; Path=/a"], "/a", "a=1"),
        (["a=1"], "/m", None),
        (["a=1; Path=/; Secure"], "/m", None),
        (["a=1; Path=/"], "http://there/m", None),
        (["a=1; Path=/; Domain=here"], "http://sub.here/m", "a=1"),
        (["a=1; Path=/; Domain=there"], "http://there/m", None),
        (["a=1; Path=/; HttpOnly; Max-Age=60"], "/m", "a=1"),
        (["nonsense"], "/m", None),
    ],
)
def test_cookies_come_back_where_they_belong(lines, location, cookie):
    sent, _ = run(Endpoint(url=URL), with_cookies(*lines, location=location), OK)
    assert header(sent[1], "Cookie") == cookie


def test_a_cookie_is_kept_over_several_redirects_and_joins_the_endpoints_own():
    endpoint = Endpoint(url=URL, headers={"Cookie": "z=0"})
    cookies = with_cookies("a=1; Path=/"), with_cookies("b=2; Path=/")
    sent, _ = run(endpoint, *cookies, OK)
    assert [header(request, "Cookie") for request in sent] == [
        *("z=0", "a=1; z=0", "a=1; b=2; z=0")
    ]
    assert [name for name, _ in sent[1].headers] == [
        *("Host", "Content-Type", "Accept", "Accept-Encoding", "User-Agent", "Cookie")
    ]


def test_hosts_that_are_numbers_set_no_cookies():
    endpoint = Endpoint(url="http://127.0.0.1:5055/")
    sent, _ = run(endpoint, with_cookies("a=1; Path=/"), OK)
    assert header(sent[1], "Cookie") is None


ASKS = Reply(status=449, body=b'{"error": "Missing domain context"}')


def test_a_server_that_asks_for_the_domain_gets_it_once():
    endpoint = Endpoint(url=URL, domain_digest=True)
    (first, second), last = run(endpoint, ASKS, OK)
    assert ("domain" in first.payload, "domain" in second.payload) == (False, True)
    assert last == OK
    sent, last = run(endpoint, ASKS)
    assert (len(sent), last) == (2, ASKS)


def test_rasa_3_6_does_not_answer_a_449():
    sent, last = run(Endpoint(url=URL, enable_selective_domain=True), ASKS, OK)
    assert (len(sent), last) == (1, ASKS)


def test_the_retry_with_the_domain_starts_where_the_first_try_did():
    endpoint = Endpoint(url=URL, domain_digest=True)
    sent, _ = run(endpoint, redirect(307), ASKS, OK)
    assert [request.url for request in sent] == [URL, "http://here:5055/m", URL]


def test_a_get_has_no_body_and_another_path():
    endpoint = Endpoint(url=URL, token="t", headers={"X": "1"}, basic_auth=BASIC)
    (request, again), _ = run(endpoint, redirect(307), OK, get="/health")
    assert (request.method, request.url) == ("GET", "http://here:5055/health?token=t")
    assert (again.method, again.body) == ("GET", b"")
    assert (
        request.headers
        == again.headers
        == (
            *(("Host", "here:5055"), ("X", "1"), ACCEPT, ENCODING, AGENT),
            ("Authorization", "Basic YTpi"),
        )
    )


@pytest.mark.parametrize("failure", FAILURES)
def test_every_failure_says_what_to_do_and_what_rasa_makes_of_it(failure):
    row = FAILURES[failure]
    assert row.error in {"connection", "status", "TimeoutError", "ValueError"}
    assert row.status in {None, 0}
    for text in (row.text, row.hint):
        assert text[0].islower() or text.startswith("no TLS"), text
        assert not text.endswith(".")


@pytest.mark.parametrize(
    ("status", "headers", "follows"),
    [
        (302, {"Location": "/x"}, True),
        (308, {"location": "/x"}, True),
        (302, {}, False),
        (304, {"Location": "/x"}, False),
        (200, {"Location": "/x"}, False),
    ],
)
def test_only_a_redirect_that_leads_on_has_a_body_that_does_not_matter(
    status, headers, follows
):
    assert leads_on(status, Reply(headers=headers).headers) is follows
