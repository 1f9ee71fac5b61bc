"""RM116 to RM118: an answer says more than it should, or is larger than it may be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from rasa_mock.rules.base import Draft, Example, Exchange, rule

# How a stack trace looks in Python, JavaScript, Go, Java, C#, PHP and Ruby.
TRACES = re.compile(
    r"Traceback \(most recent call last\)"
    r"|^\s*(?:<br>)?\s*(?:&nbsp;|\s)*at .{1,200}?\(?[\w./\\:<>-]+:\d+(?::\d+)?\)?"
    r"|goroutine \d+ \[|\bFile \"[^\"]+\", line \d+"
    r"|at [\w.$]+\([\w$]+\.java:\d+\)|#\d+ /\S+\.php\(\d+\)|\.rb:\d+:in [`']",
    re.MULTILINE,
)
ESCAPED = re.compile(r"\\+n|<br\s*/?>|\\+u000a", re.IGNORECASE)
LOOKED_AT = 50_000
# Keys of Rasa's request; two of them in an answer are a request that came back.
REQUEST_KEYS = ("next_action", "sender_id", "tracker", "latest_message")
ALL_SLOTS = "all slots"
SDK_KEYS = {"error", "request_body"}
LARGE = 1_000_000
GOOD = Example(status=400, body=b'{"error": "no", "action_name": "action_example"}')
TRACE = b'{"error": "Traceback (most recent call last):\\n  File \\"a.py\\", line 1"}'
ECHO = b'{"message": "boom", "request": {"sender_id": "x", "tracker": {"slots": {}}}}'


def _page(exchange: Exchange) -> str:
    text = exchange.reply.body[:LOOKED_AT].decode("utf-8", "replace")
    return ESCAPED.sub("\n", text).replace('\\"', '"').replace("&quot;", '"')


def _is_error(exchange: Exchange) -> bool:
    """Tell whether the answer is one to a failed call, also if it has status 200."""
    failed = (exchange.reply.status or 0) >= 400
    return failed or bool(exchange.answer.get("error"))


@rule(
    "RM116",
    "warning",
    title="stack trace in an answer",
    wrong=Example(status=500, body=TRACE),
    right=GOOD,
)
def stack_trace(exchange: Exchange) -> Iterator[Draft]:
    """The answer to a failed call shows a stack trace.

    It tells whoever reaches the port how the server is built: paths, versions, at times
    values.  It belongs in the server's log.
    """
    found = TRACES.search(_page(exchange)) if _is_error(exchange) else None
    if found is not None:
        got = " ".join(found[0].split())[:120]
        yield Draft(
            message=f"the answer with status {exchange.reply.status} shows a stack "
            f"trace: {got}",
            subject="stack trace",
            expected="a short message; the trace goes into the server's log",
            got=got,
            hint="switch debug mode off, or catch the error and answer with a message "
            "of your own",
        )


@rule(
    "RM117",
    "warning",
    title="request sent back in an error",
    wrong=Example(status=500, body=ECHO),
    right=GOOD,
)
def echoes_the_request(exchange: Exchange) -> Iterator[Draft]:
    """The answer to a failed call holds the request, with all that the user has said.

    Rasa and whatever stands between write answers to their logs: personal data goes
    where nobody looks for it.  rasa-sdk's own error does it, too; that is an info.
    """
    if not _is_error(exchange):
        return
    body = exchange.answer.document
    held = _held(exchange, body)
    if len(held) < 2 and ALL_SLOTS not in held:
        return
    own = isinstance(body, dict) and set(body) <= {*SDK_KEYS, "action_name"}
    yield Draft(
        message=f"the answer with status {exchange.reply.status} holds the request "
        f"({', '.join(held)})",
        severity="info" if own and "request_body" in body else None,
        subject="echo",
        expected="an error without the user's data",
        got=f"{len(exchange.reply.body)} bytes with {', '.join(held)}",
        hint="rasa-sdk does so by itself: catch the exception in the action, and keep "
        "the port from the outside"
        if own
        else "answer with a message of your own and nothing of the request",
    )


def _held(exchange: Exchange, body: Any) -> list[str]:
    """Return the parts of the request that an answer holds, in any wrapping."""
    text = json.dumps(body) if body is not None else _page(exchange)
    text = text.replace("\\", "").replace("&#34;", '"').replace("&quot;", '"')
    keys = [key for key in REQUEST_KEYS if _has_key(text, key)]
    own_slots = [name for name, slot in exchange.before.slots.items() if slot]
    if len(own_slots) > 1 and all(_has_key(text, name) for name in own_slots):
        keys.append(ALL_SLOTS)
    said = exchange.before.latest_message.get("text")
    if isinstance(said, str) and len(said) > 10 and said in text:
        keys.append("what the user said")
    return keys


def _has_key(text: str, key: str) -> bool:
    return f'"{key}"' in text or f"'{key}'" in text


@rule(
    "RM118",
    "warning",
    title="very large answer",
    wrong=Example(
        events=[{"event": "slot", "name": "city", "value": "x" * (LARGE + 1)}]
    ),
    right=Example(events=[{"event": "slot", "name": "city", "value": "Rome"}]),
)
def large_answer(exchange: Exchange) -> Iterator[Draft]:
    """The answer has more than a million bytes.

    All of it goes into the tracker: the store writes it, and Rasa sends it back with
    every later call of any action in this conversation.
    """
    size = len(exchange.reply.body)
    if exchange.reply.failure is not None or size <= LARGE:
        return
    yield Draft(
        message=f"the answer has {size:,} bytes",
        subject="size",
        expected=f"an answer below {LARGE:,} bytes",
        got=f"{size:,} bytes",
        hint="keep data where it belongs and put its key into the slot; "
        "send a link instead of a picture",
        rasa="it is in the tracker from now on, and is sent with every later call",
    )
