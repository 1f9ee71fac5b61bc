"""RM101 to RM109: the connection and the status.

The body of an answer that says it went well is for `rasa_mock.rules.envelope`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from rasa_mock.core.defaults import DEFAULT_ACTIONS
from rasa_mock.rules.answer import shown
from rasa_mock.rules.base import Draft, Example, Exchange, rule
from rasa_mock.rules.roles import validated_form

NOT_SERIALISABLE = re.compile(
    r"not (?:JSON )?seriali[sz]able|cannot (?:be )?seriali[sz]e|circular reference",
    re.IGNORECASE,
)
# How much of an error page is looked at, and what in it is not its text.
PAGE = 20_000
NOT_TEXT = re.compile(
    r"<(style|script)\b.*?(?:</\1>|\Z)|<[^>]*>", re.DOTALL | re.IGNORECASE
)
REDIRECTS = ("redirect_loop", "bad_redirect")
# Transport failures that have a rule of their own; RM101 takes all others.
OWN_RULE = (*REDIRECTS, "timeout", "too_large")

GOOD = Example(events=[{"event": "slot", "name": "city", "value": "Rome"}])
REJECTION = b'{"error": "not now", "action_name": "action_example"}'


def _error_text(exchange: Exchange) -> str:
    """Return what the server says went wrong, in one line."""
    said = exchange.answer.get("error") or exchange.answer.get("message")
    if isinstance(said, str) and said.strip():
        return " ".join(said.split())
    page = exchange.reply.body[:PAGE].decode("utf-8", "replace")
    return " ".join(unescape(NOT_TEXT.sub(" ", page)).split())


def _raised(exchange: Exchange) -> dict[str, Any]:
    found = exchange.witness.get("raised")
    return found if isinstance(found, dict) else {}


def _unserialisable(exchange: Exchange) -> bool:
    """Tell whether the action ended well and writing its answer as JSON failed."""
    if (exchange.reply.status or 0) < 500 or _raised(exchange):
        return False
    return bool(NOT_SERIALISABLE.search(_error_text(exchange)))


@rule(
    "RM101",
    "error",
    title="no usable HTTP answer",
    wrong=Example(status=None, failure="disconnected"),
    right=GOOD,
)
def broken_connection(exchange: Exchange) -> Iterator[Draft]:
    """The connection closed before the answer was complete, or the answer is not HTTP.

    A worker that dies, an exit() in an action or a proxy in between does this.
    """
    reply = exchange.reply
    if reply.failure is not None and reply.failure not in OWN_RULE:
        yield Draft(
            message=f"no usable answer: {reply.detail or reply.failure}",
            subject=reply.failure,
            expected="an HTTP answer with a JSON body",
            got=reply.detail or reply.failure,
            hint="look at the server's own log: did its process end?",
        )


@rule(
    "RM102",
    "error",
    title="no answer in time",
    wrong=Example(status=None, failure="timeout"),
    right=GOOD,
)
def too_slow(exchange: Exchange) -> Iterator[Draft]:
    """The server took the request and did not answer within the time limit.

    Rasa waits 300 seconds by default; during that time the conversation is locked and
    the user waits.
    """
    if exchange.reply.failure == "timeout":
        yield Draft(
            message=f"no answer in time: {exchange.reply.detail}".rstrip(": "),
            subject="timeout",
            expected="an answer within the time limit (--timeout)",
            got=exchange.reply.detail or "silence",
            hint="give calls to other services a time limit of their own, "
            "and answer the user when it runs out",
        )


@rule(
    "RM103",
    "error",
    title="redirect that leads nowhere",
    wrong=Example(status=None, failure="redirect_loop"),
    right=GOOD,
)
def redirected(exchange: Exchange) -> Iterator[Draft]:
    """The server redirects in a circle, or to something that cannot be called."""
    reply = exchange.reply
    circle = reply.failure in REDIRECTS
    if circle or (reply.status is not None and 300 <= reply.status < 400):
        yield Draft(
            message=f"redirect instead of an answer: {reply.detail or reply.status}",
            subject="redirect",
            expected="status 200",
            got=reply.detail or str(reply.status),
            hint="give the final URL of the webhook to rasa-mock and in endpoints.yml",
        )


@rule(
    "RM104",
    "error",
    title="answer too large",
    wrong=Example(status=None, failure="too_large"),
    right=GOOD,
)
def too_large(exchange: Exchange) -> Iterator[Draft]:
    """The answer is larger than the limit, or does not end.

    Rasa has no limit: it reads all of it into memory, and an answer without an end
    takes the whole process with it.
    """
    if exchange.reply.failure == "too_large":
        yield Draft(
            message=f"the answer is too large: {exchange.reply.detail}".rstrip(": "),
            subject="too_large",
            expected="an answer below the size limit",
            got=exchange.reply.detail,
            hint="send a link or a page of the data instead of all of it",
        )


@rule(
    "RM105",
    "error",
    title="the action raised an exception",
    wrong=Example(status=500, body=b'{"error": "division by zero"}'),
    right=Example(status=400, body=REJECTION),
)
def server_error(exchange: Exchange) -> Iterator[Draft]:
    """The server answered with a status of 500 or above.

    In a rasa-sdk server this is an exception that the action did not catch.  The user
    gets no message and nobody tells the conversation that something failed.  An action
    that only fails before the user's first message is hardly ever called so.
    """
    status = exchange.reply.status or 0
    if status < 500 or _unserialisable(exchange):
        return
    raised = _raised(exchange)
    error = shown(_error_text(exchange).encode(), limit=160)
    words = (raised["type"], raised["message"]) if raised else (error,)
    what = ": ".join(filter(None, words))
    where = f" ({raised['where']})" if raised.get("where") else ""
    early = _before_any_message(exchange)
    when = " (before the user has said anything)" if early else ""
    yield Draft(
        message=f"status {status}: {what}{where}{when}",
        severity="info" if early else None,
        pointer="/error" if exchange.answer.get("error") else "",
        subject=raised.get("where") or f"{status} {_kind_of(error)}",
        expected="status 200 with events and responses, "
        "or 400 with action_name for a rejection",
        got=f"{status} {error}",
        hint="catch the exception and tell the user, or raise ActionExecutionRejection "
        "to let another action run",
    )


def _kind_of(error: str) -> str:
    """Return what two errors share that differ in what they are about."""
    words = re.split(r"[\"'{}\[\]():=,]", error, maxsplit=1)[0]
    return re.sub(r"[0-9]+", "0", words).strip()[:60]


def _before_any_message(exchange: Exchange) -> bool:
    """Tell whether the action was called in a session without a user's message."""
    own = exchange.action in DEFAULT_ACTIONS
    return not own and not exchange.before.latest_message.get("intent")


@rule(
    "RM106",
    "error",
    title="result that cannot be written as JSON",
    wrong=Example(status=500, body=b'{"error": "Type is not JSON serializable: date"}'),
    right=Example(events=[{"event": "slot", "name": "city", "value": "2024-02-29"}]),
)
def not_json_serialisable(exchange: Exchange) -> Iterator[Draft]:
    """The action ended well, but its result is no JSON: a date, a set, bytes.

    rasa-sdk notices when it writes the answer, after the action has done its work.
    """
    if not _unserialisable(exchange):
        return
    error = _error_text(exchange)
    yield Draft(
        message=f"the result cannot be written as JSON: {shown(error.encode())}",
        pointer="/error",
        subject=re.sub(r"[0-9]+", "0", error)[:80],
        expected="strings, numbers, booleans, null, lists and objects only",
        got=error[:160],
        hint="convert it before it goes into a slot or a message: "
        "date.isoformat(), list(a_set), float(a_decimal)",
    )


@rule(
    "RM107",
    "error",
    title="status 400 that is not a rejection",
    wrong=Example(status=400, body=b'{"error": "bad request"}'),
    right=Example(status=400, body=REJECTION),
)
def refusal_without_name(exchange: Exchange) -> Iterator[Draft]:
    """Status 400 means that the action rejects its execution, if the body says which.

    Rasa looks for the key `action_name` in the body; without it this is an error like
    any other.
    """
    body = exchange.answer.document
    if exchange.reply.status != 400 or (
        isinstance(body, dict) and "action_name" in body
    ):
        return
    text = _error_text(exchange)
    yield Draft(
        message=f"status 400 without action_name: {shown(text.encode())}",
        subject="400",
        expected=f'{{"error": "...", "action_name": "{exchange.action}"}}',
        got=shown(exchange.reply.body, limit=160) or "an empty body",
        hint="a rejection needs action_name in its JSON body; "
        "if the server could not read the request, look at its log",
    )


@rule(
    "RM108",
    "warning",
    title="rejection in another action's name",
    wrong=Example(
        status=400, body=b'{"error": "not now", "action_name": "action_other"}'
    ),
    right=Example(status=400, body=REJECTION),
)
def rejection_of_another(exchange: Exchange) -> Iterator[Draft]:
    """A rejection names an action other than the one that was called, or none.

    Rasa does not compare: it logs a rejection of the action that it called.  A form's
    validation may name the form.
    """
    body = exchange.answer.document
    if exchange.reply.status != 400 or not isinstance(body, dict):
        return
    named = body.get("action_name")
    form = validated_form(exchange.action, exchange.domain)
    own = (exchange.action, form.name if form else exchange.action)
    if named in own or "action_name" not in body:
        return
    yield Draft(
        message=f"the rejection names {shown(named)}, "
        f"but {exchange.action!r} was called",
        pointer="/action_name",
        subject="action_name",
        expected=exchange.action,
        got=shown(named),
        hint="raise ActionExecutionRejection(self.name(), ...)",
        rasa=f"Rasa logs a rejection of {exchange.action!r} all the same",
    )


@rule(
    "RM109",
    "error",
    title="unexpected HTTP status",
    wrong=Example(status=403, body=b'{"error": "forbidden"}'),
    right=GOOD,
)
def other_status(exchange: Exchange) -> Iterator[Draft]:
    """The server answered with a client error other than 400 (rejection) and 404."""
    status = exchange.reply.status or 0
    if not 400 < status < 500 or status == 404:
        return
    text = _error_text(exchange)
    yield Draft(
        message=f"status {status}: {shown(text.encode(), limit=160)}".rstrip(": "),
        subject=str(status),
        expected="status 200",
        got=str(status),
        hint=STATUS_HINTS.get(status, "look at the server's log"),
    )


STATUS_HINTS = {
    401: "give the credentials with --header or --token, as in endpoints.yml",
    403: "give the credentials with --header or --token, as in endpoints.yml",
    405: "is this the URL of the webhook? it has to take POST",
    413: "raise the server's limit for request bodies: trackers grow",
    449: "the request holds the domain; an open source Rasa never sends it twice",
}
