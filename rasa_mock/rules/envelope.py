"""RM110 to RM115: the body of an answer that says it went well.

What an event or a message in it holds is for the other families.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rasa_mock.rules.answer import content_type_of, json_type, not_finite, shown
from rasa_mock.rules.base import Draft, Example, Exchange, rule
from rasa_mock.rules.names import nearest

ENVELOPE = ("events", "responses")

GOOD = Example(events=[{"event": "slot", "name": "city", "value": "Rome"}])


def _readable(exchange: Exchange) -> bool:
    """Tell whether the status asks for a body with events and responses."""
    status = exchange.reply.status
    return status is not None and 200 <= status < 300


@rule(
    "RM110",
    "error",
    title="answer not declared as JSON",
    wrong=Example(content_type="text/html", body=b'{"events": [], "responses": []}'),
    right=Example(content_type="application/json; charset=utf-8"),
)
def wrong_content_type(exchange: Exchange) -> Iterator[Draft]:
    """The Content-Type is not application/json, so Rasa does not read the body."""
    if not _readable(exchange) or exchange.answer.trouble != "content_type":
        return
    got = content_type_of(exchange.reply) or "no Content-Type"
    yield Draft(
        message=f"the answer is declared as {got!r}",
        subject="content-type",
        expected="Content-Type: application/json",
        got=got,
        hint="set the header Content-Type: application/json on every answer",
    )


@rule(
    "RM111",
    "error",
    title="body that is not JSON",
    wrong=Example(body=b'{"events": ['),
    right=GOOD,
)
def broken_body(exchange: Exchange) -> Iterator[Draft]:
    """The body is empty, cut off, not JSON, not UTF-8, or nested beyond all measure."""
    answer = exchange.answer
    if not _readable(exchange):
        return
    if answer.trouble in ("empty", "not_utf8", "not_json", "too_deep"):
        yield Draft(
            message=f"the body cannot be read: {answer.detail}",
            subject=answer.trouble,
            expected='a JSON object: {"events": [], "responses": []}',
            got=shown(exchange.reply.body) or "an empty body",
            hint='answer {"events": [], "responses": []} when there is nothing to say',
        )


@rule(
    "RM112",
    "error",
    title="body is not an object",
    wrong=Example(body=b"null"),
    right=Example(body=b"{}"),
)
def not_an_object(exchange: Exchange) -> Iterator[Draft]:
    """The body is JSON, but no object with the keys events and responses."""
    if not _readable(exchange) or exchange.answer.trouble != "not_object":
        return
    got = json_type(exchange.answer.document)
    yield Draft(
        message=f"the body is {got} instead of an object",
        subject=got,
        expected='an object: {"events": [], "responses": []}',
        got=shown(exchange.answer.document),
        hint="a list of events belongs under the key events",
    )


@rule(
    "RM113",
    "error",
    title="events or responses is not a list",
    wrong=Example(body=b'{"events": {"event": "slot"}, "responses": []}'),
    right=Example(body=b'{"events": []}'),
)
def envelope_of_wrong_type(exchange: Exchange) -> Iterator[Draft]:
    """`events` and `responses` may be absent, but not null and nothing but a list."""
    body = exchange.answer.document
    if not _readable(exchange) or not isinstance(body, dict):
        return
    for key in ENVELOPE:
        if key in body and not isinstance(body[key], list):
            got = json_type(body[key])
            yield Draft(
                message=f"{key!r} is {got} instead of a list",
                pointer=f"/{key}",
                subject=key,
                expected="a list, which may be empty",
                got=shown(body[key]),
                hint=f"write {key!r}: [] when there are none",
            )


@rule(
    "RM114",
    "warning",
    title="misspelt key in the answer",
    wrong=Example(body=b'{"event": [], "responses": []}'),
    right=Example(body=b'{"events": [], "responses": [], "trace_id": "a1"}'),
)
def misspelt_key(exchange: Exchange) -> Iterator[Draft]:
    """A key that looks like `events` or `responses` is not one of them, or wraps them.

    Rasa ignores every other key without a word, and with it all that it holds.
    """
    body = exchange.answer.document
    if not _readable(exchange) or not isinstance(body, dict):
        return
    for key in [key for key in body if key not in ENVELOPE]:
        meant = _meant(key, body[key], body=body)
        if meant:
            yield Draft(
                message=f"the key {key!r} means nothing to Rasa",
                pointer=f"/{key}",
                subject=key,
                expected=meant,
                got=key,
                hint=f"write {meant}",
                rasa=f"what {key!r} holds is ignored",
            )


# Other names for the two lists, as other bots' interfaces have them.
OTHER_NAMES: Mapping[str, str] = {
    **dict.fromkeys(("messages", "message", "replies", "utterances"), "responses"),
    **dict.fromkeys(("slots", "actions", "slot_events"), "events"),
}


def _meant(key: str, value: Any, *, body: Mapping[str, Any]) -> str | None:
    """Return what a key should have been: a list that is missing, or both, inside."""
    near = nearest(key.lower(), ENVELOPE, cutoff=0.8)
    if near:
        return near if near not in body else None
    wraps = isinstance(value, dict) and any(value.get(name) for name in ENVELOPE)
    if wraps and not any(body.get(name) for name in ENVELOPE):
        return f"{' and '.join(ENVELOPE)} themselves, not inside {key!r}"
    other = OTHER_NAMES.get(key.lower())
    return other if other and value and not body.get(other) else None


@rule(
    "RM115",
    "warning",
    title="NaN or Infinity in the answer",
    wrong=Example(
        body=b'{"events": [{"event": "slot", "name": "rating", "value": NaN}]}'
    ),
    right=Example(events=[{"event": "slot", "name": "rating", "value": None}]),
)
def not_a_number(exchange: Exchange) -> Iterator[Draft]:
    """NaN and Infinity are not JSON, although Python reads and writes them.

    Rasa takes them, but a tracker store in Postgres, a browser and servers in other
    languages do not.
    """
    body = exchange.reply.body
    if not _readable(exchange) or not (b"NaN" in body or b"Infinity" in body):
        return
    for pointer, value in not_finite(exchange.answer.document, ""):
        yield Draft(
            message=f"{shown(value)} is not JSON",
            pointer=pointer,
            subject=re.sub(r"/[0-9]+", "/*", pointer),
            expected="a finite number or null",
            got=shown(value),
            hint="send null where there is no number",
            rasa="the value goes into the tracker; "
            "stores and readers other than Python's refuse it later",
        )


@rule(
    "RM122",
    "warning",
    title="error in an answer that counts as success",
    wrong=Example(body=b'{"error": "the database is down"}'),
    right=Example(body=b'{"events": [], "responses": [], "error": null}'),
)
def error_with_status_200(exchange: Exchange) -> Iterator[Draft]:
    """The answer has status 200, an `error`, and neither events nor messages.

    Rasa looks at the status alone: to it the action went well.  Other words for an
    error, such as "success": false, count as well.
    """
    body = exchange.answer.document
    if not _readable(exchange) or not isinstance(body, dict):
        return
    key = next((key for key in body if _tells_of_failure(key, body[key])), None)
    if key is None or body.get("events") or body.get("responses"):
        return
    yield Draft(
        message=f"status {exchange.reply.status} with an error: "
        + (shown(body[key]) if key == "error" else shown(body)),
        pointer=f"/{key}",
        subject="error",
        expected="a message that tells the user, or status 400 with action_name",
        got=shown(body[key]),
        hint="tell the user in a message; or reject the execution (status 400 with "
        "action_name), so that another action is tried",
        rasa="the action counts as done, and the user hears nothing",
    )


FAILED = ("error", "failed", "failure", "fail")


def _tells_of_failure(key: str, value: Any) -> bool:
    if key in ("error", "errors", "exception", "traceback"):
        return bool(value)
    if key in ("success", "ok"):
        return value is False
    return key == "status" and isinstance(value, str) and value.lower() in FAILED
