"""`rasa_mock.trace(name, value)`: tell of an action's variables from inside it.

Without a recorder this does nothing.  A recorder is a request of ours that asks for it
(a header that real Rasa never sends), or `recorded` around a call in this process.  The
answer's payload stays as it is: what was traced goes into headers of the answer.

With rasa-sdk nothing has to be set up: the request that is being answered is known to
Sanic, and the headers are put on when it responds.  Threads that an action starts are
followed.  Where OpenTelemetry records a span, each variable is an event of it, too.
"""

from __future__ import annotations

import contextvars
import functools
import json
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

from rasa_mock.core.traced import ASKS, entry_of, headers_of

Json = dict[str, Any]
Entries = list[Json]

MOST_ENTRIES = 1_000
"""Variables that one call may trace; later ones are counted, and not kept."""

ON_REQUEST = "rasa_mock_entries"

_entries: ContextVar[Entries | None] = ContextVar("rasa_mock_entries", default=None)
_followed = threading.Event()


def trace(name: str, value: Any) -> None:
    """Tell of a variable of the action that runs.

    `value` is copied as it is now.  What is large is cut, what is no JSON is described.
    Never raises; without a recorder and without a span it does nothing.
    """
    entries = _recorder()
    span = _span()
    if entries is None and span is None:
        return
    entry = entry_of(name, value)
    if entries is not None:
        _keep(entry, entries)
    if span is not None:
        span.add_event(entry["name"], {"value": json.dumps(entry["value"])})


@contextmanager
def recorded() -> Iterator[Entries]:
    """Record what is traced inside the block, in this process; gives the entries."""
    install()
    entries: Entries = []
    token = _entries.set(entries)
    try:
        yield entries
    finally:
        _entries.reset(token)


def install() -> None:
    """Follow the threads that are started from now on, and rasa-sdk's answers."""
    if not _followed.is_set():
        _followed.set()
        threading.Thread.start = _with_context(threading.Thread.start)  # type: ignore[method-assign]
        ThreadPoolExecutor.submit = _submitting(ThreadPoolExecutor.submit)  # type: ignore[method-assign]
    _tell_in_answers()


def _keep(entry: Json, entries: Entries) -> None:
    if len(entries) < MOST_ENTRIES:
        entries.append(entry)
    elif "left_out" in entries[-1]:
        entries[-1]["left_out"] += 1
    else:
        entries.append({"left_out": 1})


def _recorder() -> Entries | None:
    """Return where the variables of the call that is being answered go."""
    entries = _entries.get()
    if entries is not None or "sanic" not in sys.modules:
        return entries
    from sanic import Request
    from sanic.exceptions import SanicException

    try:
        request = Request.get_current()
    except (SanicException, AttributeError):  # none is answered; Sanic before 22.6
        return None
    if ASKS.lower() not in request.headers:
        return None
    install()
    # One list for a request, whichever of its threads comes first.  It is kept by the
    # request alone: all requests of a connection have one context.
    return cast("Entries", vars(request.ctx).setdefault(ON_REQUEST, []))


def _span() -> Any:
    """Return the span that OpenTelemetry records just now, if there is one."""
    telemetry = sys.modules.get("opentelemetry.trace")
    span = telemetry.get_current_span() if telemetry else None
    return span if span is not None and span.is_recording() else None


def _with_context(start: Callable[..., None]) -> Callable[..., None]:
    """Let a thread run in the context of the one that starts it."""

    @functools.wraps(start)
    def starting(self: threading.Thread) -> None:
        context = contextvars.copy_context()
        self.run = functools.partial(context.run, self.run)  # type: ignore[method-assign]
        start(self)

    return starting


def _submitting(submit: Callable[..., Any]) -> Callable[..., Any]:
    """Let a pool's thread run each task in the context of who submits it."""

    @functools.wraps(submit)
    def submitting(
        self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Any:
        return submit(self, contextvars.copy_context().run, fn, *args, **kwargs)

    return submitting


def _tell_in_answers() -> None:
    """Let Sanic put the headers on the answer of a request that was traced."""
    if "sanic" not in sys.modules:
        return
    from sanic import Request

    respond = Request.respond
    if hasattr(respond, "tells_traces"):
        return

    @functools.wraps(respond)
    async def telling(self: Any, response: Any = None, **kwargs: Any) -> Any:
        entries = vars(self.ctx).get(ON_REQUEST)
        if entries and response is not None:
            response.headers.update(headers_of(entries))
        return await respond(self, response, **kwargs)

    setattr(telling, "tells_traces", True)  # noqa: B010 - functions have no such field
    setattr(Request, "respond", telling)  # noqa: B010 - nor methods another value


# The one thing that is done on import, and in an action server only: the first to trace
# may be a thread, and then it is too late to follow it.
if "rasa_sdk" in sys.modules:
    install()
