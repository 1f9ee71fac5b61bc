"""Requests as Rasa writes them, beyond the recorded ones (tests/conformance), and the
values `Endpoint` and `Reply`.  Heads were measured on aiohttp 3.9.5.
"""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rasa_mock.core.domain import Domain
from rasa_mock.core.endpoint import Endpoint, read_compress
from rasa_mock.core.headers import Headers
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import (
    KEPT_TEXTS,
    ActionRequest,
    Reply,
    RequestBuilder,
    build_request,
    domain_digest,
)
from rasa_mock.errors import DataError

URL = "http://localhost:5055/webhook"
HOST = ("Host", "localhost:5055")
TYPE = ("Content-Type", "application/json")
ACCEPT = ("Accept", "*/*")
ENCODING = ("Accept-Encoding", "gzip, deflate")
AGENT = ("User-Agent", "Python/3.10 aiohttp/3.9.5")
LENGTH = ("Content-Length", "88")
DOMAIN_KEYS = ["next_action", "sender_id", "tracker", "version", "domain"]


class Somebody:
    """A tracker with no more than what goes on the wire."""

    sender_id = "u"

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        self.state = state or {}

    def current_state(self) -> dict[str, Any]:
        return self.state


class SomeDomain:
    """A domain with no more than what goes on the wire."""

    send_domain_actions = frozenset({"action_needs_domain"})

    def __init__(self, document: dict[str, Any] | None = None) -> None:
        self.document = document or {}

    def as_dict(self) -> dict[str, Any]:
        return self.document


def request(endpoint: Endpoint, action: str = "a", **parts: Any) -> ActionRequest:
    return build_request(
        endpoint,
        action=action,
        tracker=parts.get("tracker", Somebody()),
        domain=parts.get("domain", SomeDomain()),
    )


@pytest.mark.parametrize(
    ("options", "headers"),
    [
        ({}, [HOST, TYPE, ACCEPT, ENCODING, AGENT, LENGTH]),
        (
            {"headers": {"content-type": "x/y"}},
            [HOST, ("content-type", "x/y"), ACCEPT, ENCODING, AGENT, LENGTH],
        ),
        (
            {
                "headers": {
                    "A": "1",
                    "content-type": "x/y",
                    "Content-Type": "z",
                    "B": "",
                }
            },
            [
                *(HOST, ("A", "1"), ("content-type", "x/y"), ("B", "")),
                *(ACCEPT, ENCODING, AGENT, LENGTH),
            ],
        ),
        (
            {"headers": {"host": "example.org", "X": "1"}},
            [
                *(("host", "example.org"), ("X", "1")),
                *(TYPE, ACCEPT, ENCODING, AGENT, LENGTH),
            ],
        ),
        (
            {"headers": {"accept": "a/b", "user-agent": "me"}},
            [
                *(HOST, ("accept", "a/b"), ("user-agent", "me")),
                *(TYPE, ENCODING, LENGTH),
            ],
        ),
        (
            {"headers": {"Connection": "close", "Cookie": "a=b"}},
            [
                *(HOST, ("Connection", "close"), ("Cookie", "a=b")),
                *(TYPE, ACCEPT, ENCODING, AGENT, LENGTH),
            ],
        ),
        (
            {"headers": {"Authorization": "Bearer x"}},
            [
                *(HOST, ("Authorization", "Bearer x")),
                *(TYPE, ACCEPT, ENCODING, AGENT, LENGTH),
            ],
        ),
        (
            {"basic_auth": {"username": "a", "password": 5}},
            [
                *(HOST, TYPE, ACCEPT, ENCODING, AGENT),
                *(("Authorization", "Basic YTo1"), LENGTH),
            ],
        ),
        (
            {
                "basic_auth": {"username": "a", "password": "b"},
                "url": "http://u%40x:p%3Aw@localhost:5055/webhook",
            },
            [
                *(HOST, TYPE, ACCEPT, ENCODING, AGENT),
                *(("Authorization", "Basic dUB4OnA6dw=="), LENGTH),
            ],
        ),
        (
            {"basic_auth": {"username": "a", "password": "b"}, "compress": True},
            [
                *(HOST, TYPE, ACCEPT, ENCODING, AGENT, ("Content-Encoding", "deflate")),
                *(("Authorization", "Basic YTpi"), ("Transfer-Encoding", "chunked")),
            ],
        ),
        (
            {"user_agent": "mine"},
            [HOST, TYPE, ACCEPT, ENCODING, ("User-Agent", "mine"), LENGTH],
        ),
    ],
)
def test_headers_stand_in_aiohttps_order_and_spelling(options, headers):
    built = request(Endpoint(**{"url": URL, **options}))
    assert list(built.headers) == headers
    assert built.url == URL


@pytest.mark.parametrize(
    ("options", "rasa_class", "words"),
    [
        ({"headers": {"X": 5}}, "TypeError", "header 'X', got 5"),
        ({"headers": {"X": "a\r\nB: c"}}, "ValueError", "on one line"),
        (
            {
                "headers": {"authorization": "Bearer x"},
                "basic_auth": {"username": "a", "password": "b"},
            },
            "ValueError",
            "Cannot combine AUTHORIZATION header",
        ),
        ({"basic_auth": {"username": "a"}}, "KeyError", "no 'password'"),
        ({"basic_auth": {"password": "a"}}, "KeyError", "no 'username'"),
        ({"basic_auth": {"username": "a:b", "password": "c"}}, "ValueError", "'a:b'"),
        ({"basic_auth": {"username": None, "password": "c"}}, "ValueError", "username"),
        (
            {"basic_auth": {"username": "я", "password": "c"}},
            "UnicodeEncodeError",
            "latin-1",
        ),
        ({"params": {"i": True}}, "TypeError", "parameter 'i', got True"),
        ({"params": {"i": None}}, "TypeError", "parameter 'i', got None"),
        (
            {"headers": {"content-encoding": "gzip"}, "compress": True},
            "ValueError",
            "compress can not be set",
        ),
        ({"compress": "yes"}, "RasaException", "Invalid value `yes`"),
        ({"url": "http://[::1/"}, "RasaException", "is no URL"),
        ({"headers": {"Content-Length": "5"}}, None, "leave it out"),
        ({"headers": {"transfer-encoding": "chunked"}}, None, "leave it out"),
    ],
)
def test_what_rasa_cannot_send_is_refused(options, rasa_class, words):
    with pytest.raises(DataError) as caught:
        request(Endpoint(**{"url": URL, **options}))
    assert caught.value.rasa_class == rasa_class
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("selective", "action", "sends_domain"),
    [
        (False, "action_x", True),
        (None, "action_x", True),
        ("", "action_x", True),
        (True, "action_x", False),
        ("false", "action_x", False),
        (True, "action_needs_domain", True),
        (True, "validate_form", True),
        (True, "validate_", True),
        (True, "action_validate_slot_mappings", False),
    ],
)
def test_a_selective_endpoint_gets_the_domain_where_it_is_needed(
    selective, action, sends_domain
):
    built = request(Endpoint(url=URL, enable_selective_domain=selective), action)
    assert list(built.payload) == DOMAIN_KEYS[: 5 if sends_domain else 4]
    assert built.with_domain is None
    assert json.loads(built.body) == built.payload


@pytest.mark.parametrize(
    ("word", "is_true"),
    [
        *((True, True), ("true", True), ("True", True), ("TRUE", True), ("1", True)),
        *((False, False), ("false", False), ("FALSE", False), ("0", False)),
    ],
)
def test_the_variable_for_compression_has_four_words(word, is_true):
    assert read_compress(word) is is_true


@pytest.mark.parametrize("word", ["", "yes", "no", "on", " true", "2"])
def test_other_words_are_told_as_rasa_tells_them(word):
    with pytest.raises(DataError) as caught:
        read_compress(word)
    assert str(caught.value) == (
        f"Invalid value `{word}` for variable `COMPRESS_ACTION_SERVER_REQUEST`. "
        "Available values are `('true', '1', 'false', '0')`"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
EVENTS = st.lists(st.dictionaries(st.text(max_size=5), JSON, max_size=4), max_size=5)


@settings(max_examples=40)
@given(
    events=EVENTS,
    later=EVENTS,
    rest=st.dictionaries(st.text(max_size=5), JSON, max_size=4),
    domain=st.dictionaries(st.text(max_size=5), JSON, max_size=4),
    action=st.text(),
)
def test_a_body_is_json_dumps_of_its_payload(events, later, rest, domain, action):
    builders = [
        RequestBuilder(Endpoint(url=URL), domain=SomeDomain(domain), reuse_events=reuse)
        for reuse in (False, True)
    ]
    for grown in (events, events + later, later, events + later):
        tracker = Somebody({"slots": rest, "events": grown, **rest})
        for builder in builders:
            built = builder.build(action, tracker)
            assert built.body == json.dumps(built.payload).encode()
            assert list(built.payload) == DOMAIN_KEYS
            assert ("Content-Length", str(len(built.body))) in built.headers


def test_texts_of_events_are_not_kept_for_ever():
    builder = RequestBuilder(Endpoint(url=URL), domain=SomeDomain(), reuse_events=True)
    for first in range(0, 3 * KEPT_TEXTS, KEPT_TEXTS // 2):
        events = [{"event": first + i} for i in range(KEPT_TEXTS // 2)]
        built = builder.build("a", Somebody({"events": events}))
        assert json.loads(built.body)["tracker"]["events"] == events
    assert len(builder._known_texts) <= KEPT_TEXTS


@pytest.mark.parametrize("value", [{1, 2}, object(), b"x"])
def test_what_is_no_json_is_refused_with_the_class_rasa_would_raise(value):
    with pytest.raises(DataError, match="not JSON serializable") as caught:
        request(Endpoint(url=URL), tracker=Somebody({"slots": {"x": value}}))
    assert caught.value.rasa_class == "TypeError"


def test_nesting_without_end_is_refused():
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(DataError) as caught:
        request(Endpoint(url=URL), tracker=Somebody({"slots": deep}))
    assert caught.value.rasa_class == "RecursionError"
    while deep:  # taken apart by hand: the interpreter would recurse
        deep = deep.pop()


def test_a_digest_takes_the_place_of_the_domain_until_the_server_asks():
    domain = SomeDomain({"intents": ["greet"]})
    built = request(Endpoint(url=URL, domain_digest=True), domain=domain)
    digest = domain_digest(domain.document)
    assert list(built.payload) == [*DOMAIN_KEYS[:4], "domain_digest"]
    assert built.payload["domain_digest"] == digest
    assert json.dumps(built.payload).encode() == built.body
    full = built.with_domain
    assert full is not None
    assert list(full.payload) == [*DOMAIN_KEYS, "domain_digest"]
    assert json.dumps(full.payload).encode() == full.body
    assert full.payload["domain"] == domain.document


def test_a_digest_is_equal_for_equal_domains_only():
    assert domain_digest({"a": 1, "b": [2]}) == domain_digest({"b": [2], "a": 1})
    assert domain_digest({"a": 1}) != domain_digest({"a": 2})
    assert len(domain_digest({})) == 32


def test_a_selective_endpoint_can_answer_a_449_too():
    endpoint = Endpoint(url=URL, enable_selective_domain=True, retry_with_domain=True)
    built = request(endpoint, "action_x")
    assert "domain" not in built.payload
    assert built.with_domain is not None
    assert list(built.with_domain.payload) == DOMAIN_KEYS
    assert request(endpoint, "validate_x").with_domain is None


def test_an_endpoint_is_read_as_rasa_reads_it():
    mapping = {
        "url": URL,
        "params": {"a": 1},
        "headers": None,
        "token": "",
        "token_name": "key",
        "basic_auth": {"username": "a", "password": "b"},
        "enable_selective_domain": "false",
        "cafile": "ca.pem",
        "timeout": 5,
        "actions_module": "x",
    }
    endpoint = Endpoint.from_dict(mapping, compress="1")
    assert endpoint == Endpoint(
        url=URL,
        params={"a": 1},
        token_name="key",
        basic_auth={"username": "a", "password": "b"},
        enable_selective_domain="false",
        cafile="ca.pem",
        compress="1",
    )
    assert endpoint.timeout == 300.0


@pytest.mark.parametrize(
    ("mapping", "pointer"),
    [
        ({}, "/url"),
        ({"url": None}, "/url"),
        ({"url": 5055}, "/url"),
        ({"url": URL, "headers": ["X: 1"]}, "/headers"),
        ({"url": URL, "params": "a=1"}, "/params"),
        ({"url": URL, "basic_auth": "ann"}, "/basic_auth"),
    ],
)
def test_an_endpoint_of_the_wrong_shape_is_told_with_its_place(mapping, pointer):
    with pytest.raises(DataError) as caught:
        Endpoint.from_dict(mapping)
    assert caught.value.pointer == pointer


def test_headers_of_a_reply_ignore_case_and_keep_order():
    reply = Reply(status=200, headers=Headers([("X-A", "1"), ("x-a", "2"), ("B", "3")]))
    headers = reply.headers
    assert (headers["x-a"], headers.get("X-a"), headers.get("c")) == ("1", "1", None)
    assert ("b" in headers, "C" in headers, 5 in headers) == (True, False, False)
    assert (list(headers), len(headers)) == (["x-a", "b"], 2)
    assert headers.pairs == (("X-A", "1"), ("x-a", "2"), ("B", "3"))


def test_a_reply_takes_any_mapping_and_survives_a_pickle():
    reply = Reply(status=200, headers={"Content-Type": "x"}, body=b"{}")
    assert reply.headers["content-type"] == "x"
    assert pickle.loads(pickle.dumps(reply)) == reply  # noqa: S301 - our own bytes
    with pytest.raises(AttributeError):
        reply.status = 500


def test_requests_and_endpoints_survive_a_pickle():
    built = request(Endpoint(url=URL, domain_digest=True))
    assert pickle.loads(pickle.dumps(built)) == built  # noqa: S301 - our own bytes
    endpoint = Endpoint(url=URL, params={"a": 1})
    assert pickle.loads(pickle.dumps(endpoint)) == endpoint  # noqa: S301


def test_a_message_that_gained_entities_is_written_anew():
    domain = Domain.from_dict({"intents": ["greet"], "entities": ["city"]})
    tracker = Tracker(
        "u", domain=domain, now=1.0, new_id=str, parse_date=lambda d, _: d
    )
    tracker.update({"event": "action", "name": "action_listen"})
    message = {
        "text": "hi",
        "parse_data": {"intent": {"name": "greet"}, "entities": []},
    }
    tracker.update({"event": "user", **message})
    builder = RequestBuilder(Endpoint(url=URL), domain=domain, reuse_events=True)
    builder.build("action_x", tracker)
    entity = {"entity": "city", "value": "Rome"}
    tracker.update({"event": "entities", "entities": [entity]})

    request = builder.build("action_x", tracker)

    assert request.body == json.dumps(request.payload).encode()


def test_a_growing_tracker_is_written_as_if_it_were_new():
    """The text of old events is reused, also where a later event changes a message."""
    domain = Domain.from_dict({"intents": ["greet"], "slots": {}})
    endpoint = Endpoint(url="http://localhost:5055/webhook")
    builder = RequestBuilder(endpoint, domain=domain, reuse_events=True)
    tracker = Tracker(
        "u",
        domain=domain,
        now=1.0,
        new_id=lambda: "id",
        parse_date=lambda text, _now: text,
    )
    said = {
        "event": "user",
        "text": "hi",
        "parse_data": {"intent": {"name": "greet"}, "entities": [{"entity": "a"}]},
    }
    listen = {"event": "action", "name": "action_listen"}
    more = {"event": "entities", "entities": [{"entity": "b"}]}
    for event in (listen, said, listen, said, more, {"event": "rewind"}, more, said):
        tracker.update(event)
        anew = build_request(endpoint, action="x", tracker=tracker, domain=domain)
        assert builder.build("x", tracker).body == anew.body
        assert builder.build("x", tracker.branch()).body == anew.body
