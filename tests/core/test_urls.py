"""URLs as aiohttp 3.9.5 (yarl 1.9.4) writes them; every row was measured on it."""

from __future__ import annotations

import pytest

from rasa_mock.core.urls import (
    host_header,
    joined_url,
    place_of,
    public_url,
    quoted_url,
    split_credentials,
    url_problem,
    with_path,
)

BASE = "http://127.0.0.1:5055"


@pytest.mark.parametrize(
    ("url", "params", "target"),
    [
        ("", None, "/"),
        ("?x=1", None, "/?x=1"),
        ("/webhook", None, "/webhook"),
        ("/webhook#fragment", None, "/webhook"),
        ("//webhook//", None, "//webhook//"),
        ("/a/../webhook/./b", None, "/webhook/b"),
        ("/a/..", None, "/"),
        ("/wéb hook/%41%2f%c3%a9", None, "/w%C3%A9b%20hook/A%2F%C3%A9"),
        ("/a;b=c&d+e@f:g,h!$'()*~", None, "/a;b=c&d+e@f:g,h!$'()*~"),
        ('/"<>{}|\\^`[]%zz', None, "/%22%3C%3E%7B%7D%7C%5C%5E%60%5B%5D%25zz"),
        ("/c%2B%2e", None, "/c%2B."),
        ("/w?x=1%20a+b&y=ü%c3%bc&z", None, "/w?x=1%20a+b&y=%C3%BC%C3%BC&z"),
        (
            "/w?q='()\"<> {}|\\^`;[]@:$,!~*%zz",
            None,
            "/w?q='()%22%3C%3E+%7B%7D%7C%5C%5E%60;%5B%5D@:$,!~*%25zz",
        ),
        ("/w?a=%26%3D%2B%3B%41", None, "/w?a=%26%3D%2B%3BA"),
        ("/w", {"i": 1, "f": 1.5}, "/w?i=1&f=1.5"),
        ("/w", {"i": [1, 2]}, "/w?i=1&i=2"),
        ("/w", {"access key": "s3cret"}, "/w?access+key=s3cret"),
        (
            "/w",
            {"s": "ü&=+;/?:@!$'()*,~\"<>#[]^`{|}\\%20 x"},
            (
                "/w?s=%C3%BC%26%3D%2B%3B/?:@!$'()*,~%22%3C%3E%23%5B%5D%5E%60%7B%7C%7D"
                "%5C%2520+x"
            ),
        ),
        ("/w?x=1%20a+b&y=%C3%BC&z", {"a": "1"}, "/w?x=1+a+b&y=%C3%BC&z=&a=1"),
        ("/w?a=0", {"a": "1"}, "/w?a=0&a=1"),
    ],
)
def test_paths_and_queries_are_requoted(url, params, target):
    assert place_of(quoted_url(BASE + url, params)).target == target


@pytest.mark.parametrize(
    ("url", "header"),
    [
        ("http://127.0.0.1:5055/x", "127.0.0.1:5055"),
        ("http://LOCALHOST:5055/x", "localhost:5055"),
        ("http://localhost:80/x", "localhost"),
        ("https://localhost:443/x", "localhost"),
        ("https://localhost:80/x", "localhost:80"),
        ("http://localhost.:5055/x", "localhost:5055"),
        ("http://ann:p%40ss@localhost:5055/x", "localhost:5055"),
        ("http://[::1]:5055/x", "[::1]:5055"),
        ("http://[::1]/x", "[::1]"),
        ("http://bücher.example/x", "xn--bcher-kva.example"),
    ],
)
def test_the_host_header_has_no_default_port(url, header):
    assert host_header(quoted_url(url)) == header


def test_places_have_a_port():
    assert place_of("https://localhost/x?y=1") == ("https", "localhost", 443, "/x?y=1")
    assert place_of("http://[::1]:9") == ("http", "::1", 9, "/")


@pytest.mark.parametrize(
    ("url", "rest"),
    [
        ("http://h/x", ("http://h/x", None)),
        ("http://u%40x:p%3Aw@h/x", ("http://h/x", ("u@x", "p:w"))),
        ("http://u@h/x", ("http://h/x", ("u", ""))),
        ("http://@h/x", ("http://h/x", None)),
    ],
)
def test_credentials_come_off_a_url(url, rest):
    assert split_credentials(url) == rest


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/m", "http://h:1/m"),
        ("sub?z=1#f", "http://h:1/a/sub?z=1"),
        ("?z=1", "http://h:1/a/b?z=1"),
        ("../x y", "http://h:1/x%20y"),
        ("//other:2/m", "http://other:2/m"),
        ("https://other/mé", "https://other/m%C3%A9"),
    ],
)
def test_a_redirect_leads_somewhere_seen_from_where_one_is(location, target):
    assert joined_url("http://h:1/a/b?q=1", location) == target


def test_the_path_for_health_replaces_path_and_query():
    assert (
        with_path("http://u:p@h:1/webhook?x=1#y", "/health") == "http://u:p@h:1/health"
    )


def test_what_a_message_shows_has_no_secrets():
    assert public_url("http://u:p@h:1/webhook?token=s") == "http://h:1/webhook"


@pytest.mark.parametrize(
    "url",
    [
        *("http://localhost:5055/webhook", "https://[::1]/", "HTTP://localhost"),
        "http://host_with_underscores/x",
    ],
)
def test_urls_that_can_be_called_have_no_problem(url):
    assert url_problem(url) is None


@pytest.mark.parametrize(
    "url",
    [
        *("", "webhook", "localhost:5055/webhook", "127.0.0.1:5055/webhook"),
        *("http://", "http:///x", "http://h:99999/", "http://h:abc/", "http://[::1/x"),
        *("ftp://h/x", "http://h:0/"),
    ],
)
def test_a_problem_is_told_with_what_was_expected(url):
    problem = url_problem(url)
    assert problem is not None
    assert problem.startswith(
        f"expected something like http://localhost:5055/webhook, got {url!r}"
    )
