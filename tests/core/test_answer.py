"""Reading a reply: statuses, content types, charsets, broken JSON, failures."""

from __future__ import annotations

import math

import pytest

from rasa_mock.core.answer import read_answer
from rasa_mock.core.wire import FAILURES, Reply
from rasa_mock.errors import DataError, UsageError

FINE = b'{"events": []}'


def read(body=FINE, *, status=200, content_type="application/json"):
    headers = {} if content_type is None else {"Content-Type": content_type}
    reply = Reply(status=status, headers=headers, body=body)
    return read_answer(reply, action="action_x")


def refused(*args, **kwargs):
    with pytest.raises(DataError) as caught:
        read(*args, **kwargs)
    assert caught.value.phase == "run"
    return caught.value


@pytest.mark.parametrize("status", [200, 201, 202, 203, 206, 226, 299, 300, 302, 304])
def test_every_status_below_400_may_carry_an_answer(status):
    assert read(status=status) == {"events": []}


NOT_JSON = "None is not of type 'object'"
CONTENT_TYPES = [
    ("application/json", True),
    ("Application/JSON", True),
    ("application/json; charset=utf-8", True),
    ("application/json ;charset=ascii", True),
    ('application/json; foo=1; CHARSET = "UTF-8"', True),
    ("application/json; charset=", True),
    ("application/json; charset=no-such", True),
    ("application/vnd.api+json", True),
    ("application/a.b-c+d+json; charset=cp1252", True),
    ("application/jsonp", True),
    ("application/json-seq", True),
    (None, False),
    ("", False),
    ("*/*", False),
    ("text/json", False),
    ("text/plain", False),
    ("text/html; charset=utf-8", False),
    ("application/x-json", False),
    ("application/octet-stream", False),
    ("image/svg+json", False),
]


@pytest.mark.parametrize(("content_type", "is_json"), CONTENT_TYPES)
def test_the_content_type_decides_whether_it_is_json(content_type, is_json):
    if is_json:
        assert read(content_type=content_type) == {"events": []}
    else:
        error = refused(content_type=content_type)
        assert error.rasa_class == "ValidationError"
        assert error.message.startswith(NOT_JSON)


CHARSETS = [
    ("utf-8", "é".encode()),
    ("latin-1", b"\xe9"),
    ("ISO-8859-1", b"\xe9"),
    ("cp1252", b"\xe9"),
    ("utf-7", b"+AOk-"),
    ("no-such", "é".encode()),
]


@pytest.mark.parametrize(("charset", "letter"), CHARSETS)
def test_the_charset_decodes_it(charset, letter):
    body = b'{"responses": [{"text": "' + letter + b'"}]}'
    answer = read(body, content_type=f"application/json; charset={charset}")
    assert answer == {"responses": [{"text": "é"}]}


BROKEN = [
    ("nothing", b"", "ValidationError", NOT_JSON),
    ("blanks", b" \r\n\t", "ValidationError", NOT_JSON),
    ("null", b"null", "ValidationError", NOT_JSON),
    ("cut off", b'{"events": [', "JSONDecodeError", "Expecting value"),
    ("not JSON", b"{not json", "JSONDecodeError", "Expecting property name"),
    ("single quotes", b"{'events': []}", "JSONDecodeError", "Expecting property name"),
    ("two values", b"{}{}", "JSONDecodeError", "Extra data"),
    ("a byte order mark", b"\xef\xbb\xbf{}", "JSONDecodeError", "Unexpected UTF-8 BOM"),
    (
        "not UTF-8",
        b'{"a": "\xff"}',
        "UnicodeDecodeError",
        "codec can't decode byte 0xff",
    ),
    ("UTF-16", '{"a": 1}'.encode("utf-16"), "UnicodeDecodeError", "codec can't decode"),
    ("a huge integer", b'{"a": ' + b"1" * 5000 + b"}", "ValueError", "integer string"),
    ("depth", b"[" * 100_000 + b"]" * 100_000, "RecursionError", "recursion depth"),
    (
        "depth of objects",
        b'{"a":' * 2000 + b"1" + b"}" * 2000,
        "RecursionError",
        "recursion depth",
    ),
    ("endless depth", b"[" * 100_000, "RecursionError", "recursion depth"),
]


@pytest.mark.parametrize(
    ("body", "rasa_class", "message"),
    [row[1:] for row in BROKEN],
    ids=[row[0] for row in BROKEN],
)
def test_a_body_that_rasa_cannot_parse(body, rasa_class, message):
    error = refused(body)
    assert error.rasa_class == rasa_class
    assert message in error.message


def test_what_python_reads_beyond_json_is_read():
    body = b'\n{"responses": [{"a": NaN, "b": -Infinity}], "responses": [{"a": NaN}]}'
    (item,) = read(body)["responses"]
    assert math.isnan(item["a"])
    assert "b" not in item
    assert read(b'{"responses": [{"text": "\\ud800"}]}')["responses"][0]["text"]
    brackets_in_text = b'{"responses": [{"text": "' + b"[{" * 1000 + b'"}]}'
    assert read(brackets_in_text)["responses"]


def test_a_charset_that_is_no_text_fails():
    error = refused(content_type="application/json; charset=base64")
    assert error.rasa_class == "LookupError"


def test_a_violation_says_where():
    error = refused(b'{"events": [{"event": "slot", "name": "s"}, {"a~b/c": 1}]}')
    assert (error.rasa_class, error.pointer) == ("ValidationError", "/events/1")
    assert "'event' is a required property. Failed to validate" in error.message


def test_event_types_of_a_project_pass():
    body = b'{"events": [{"event": "mine", "x": 1}]}'
    assert refused(body).rasa_class == "ValidationError"
    reply = Reply(status=200, headers={"content-type": "application/json"}, body=body)
    answer = read_answer(reply, action="action_x", known_events={"mine"})
    assert answer == {"events": [{"event": "mine", "x": 1}]}


REJECTIONS = [
    (b'{"action_name": "action_x", "error": "no"}', "no"),
    (b'{"action_name": "other"}', "Custom action 'other' rejected to run"),
    (b'{"action_name": null, "error": ""}', "Custom action 'None' rejected to run"),
    (b'{"action_name": ["x"], "error": {"a": 1}}', "{'a': 1}"),
    (b'\xef\xbb\xbf{"action_name": "action_x", "error": "bom"}', "bom"),
    ('{"action_name": "x", "error": "é"}'.encode("utf-16"), "é"),
]


@pytest.mark.parametrize(("body", "message"), REJECTIONS, ids=repr)
@pytest.mark.parametrize("content_type", ["application/json", "text/html", None])
def test_status_400_with_an_action_name_is_a_rejection(body, message, content_type):
    error = refused(body, status=400, content_type=content_type)
    assert (error.rasa_class, error.message) == ("ActionExecutionRejection", message)


NO_REJECTIONS = [
    (b"", "JSONDecodeError", "Expecting value"),
    (b"bad request", "JSONDecodeError", "Expecting value"),
    (b'{"error": "x"}', "KeyError", "'action_name'"),
    (b"[]", "TypeError", "list indices must be integers"),
    (b'"action_name"', "TypeError", "string indices must be integers"),
    (b"null", "TypeError", "not subscriptable"),
    (b"5", "TypeError", "not subscriptable"),
    (b'{"action_name": "\xff"}', "UnicodeDecodeError", "codec can't decode"),
    (b"[" * 100_000, "RecursionError", "recursion depth"),
]


@pytest.mark.parametrize(
    ("body", "rasa_class", "message"),
    NO_REJECTIONS,
    ids=[str(row[0][:20]) for row in NO_REJECTIONS],
)
def test_status_400_with_anything_else_is_a_failure(body, rasa_class, message):
    error = refused(body, status=400)
    assert error.rasa_class == rasa_class
    assert message in error.message


@pytest.mark.parametrize("status", [401, 403, 404, 405, 418, 422, 449, 500, 503, 599])
def test_any_other_error_status_is_a_failure_whatever_it_says(status):
    error = refused(b'{"action_name": "action_x", "events": []}', status=status)
    assert error.rasa_class == "RasaException"
    assert error.message == "Failed to execute custom action 'action_x'"


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("status", [None, 200, 400])
def test_a_failure_on_the_way_is_told_in_rasas_words(failure, status):
    reply = Reply(status=status, failure=failure, detail="the detail", body=FINE)
    with pytest.raises(DataError, match="the detail") as caught:
        read_answer(reply, action="action_x")
    kind = FAILURES[failure]
    through = kind.error not in ("connection", "status")
    assert caught.value.rasa_class == (kind.error if through else "RasaException")
    assert ("Couldn't connect" in caught.value.message) == (kind.error == "connection")
    assert (f"status code of {kind.status}." in caught.value.message) == (
        kind.error == "status"
    )


def test_a_reply_that_is_none_is_the_callers_mistake():
    with pytest.raises(UsageError, match="a status or a failure"):
        read_answer(Reply(), action="action_x")
    with pytest.raises(UsageError, match="unknown failure 'nope'"):
        read_answer(Reply(failure="nope"), action="action_x")
