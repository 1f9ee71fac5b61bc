"""A door: an ASGI application at one path, whose handlers speak `Request` and `Answer`.

What goes wrong inside becomes the answer that Rasa gives.  Channels and the table of
routes are behind doors; a channel's handler may answer with a Starlette response, too.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from rasa_mock.run.api.base import (
    INTERNAL,
    Answer,
    FrameworkError,
    Refusal,
    Request,
)
from rasa_mock.server.agent import Agent
from rasa_mock.server.observed import RequestSeen
from rasa_mock.server.pages import page
from rasa_mock.server.wire import (
    ClientGone,
    encode,
    encoded,
    headers_of,
    raw_path,
    read_request,
    send_answer,
)

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from rasa_mock.server.limits import Page as LargePage

LOG = logging.getLogger("rasa_mock.server")
Handler = Callable[[Request], Awaitable[Answer | Response]]

# Rasa sends them whether CORS is on or not.
ALWAYS: Mapping[str, str] = {
    "Access-Control-Expose-Headers": "filename",
    "Access-Control-Allow-Credentials": "true",
}
ALWAYS_RAW = tuple(encoded(ALWAYS))


class Door:
    """Handlers by method; any other method gets 405."""

    def __init__(self, agent: Agent, handlers: Mapping[str, Handler]) -> None:
        self._agent = agent
        self._handlers = dict(handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await serve(self._agent, self._answer, scope=scope, receive=receive, send=send)

    async def _answer(self, request: Request) -> Answer | Response:
        handler = self._handlers.get(request.method)
        if handler is None:
            raise wrong_method(request, tuple(self._handlers))
        return await handler(request)


def wrong_method(request: Request, allowed: tuple[str, ...]) -> FrameworkError:
    """Make the answer to a method that a path does not have."""
    return FrameworkError(
        405,
        f"Method {request.method} not allowed for URL {request.path}",
        allowed=", ".join(allowed),
    )


async def serve(
    agent: Agent, handler: Handler, *, scope: Scope, receive: Receive, send: Send
) -> None:
    """Read a request, let it be answered, and send the answer."""
    begun = time.perf_counter()
    try:
        request = await read_request(scope, receive)
    except ClientGone:
        return
    asked = request
    is_head = request.method == "HEAD" and not agent.desk.is_odd("head_refused")
    if is_head:
        asked = Request(
            method="GET",
            path=request.path,
            params=request.params,
            headers=request.headers,
            body=request.body,
        )
    answer, is_plain = await _answered(agent, handler, asked)
    has_more = is_plain and agent.desk.is_odd("cors_headers_always")

    def tell(seen: Answer) -> None:
        """Tell it before the client has its answer, and may ask what was seen."""
        if agent.observers:
            elapsed = time.perf_counter() - begun
            agent.tell(RequestSeen(request=request, answer=seen, elapsed=elapsed))

    if isinstance(answer, Response):
        if has_more:
            answer.headers.update(ALWAYS)
        # What was streamed is gone.
        streamed = Answer(status=answer.status_code)
        await answer(scope, receive, _telling(send, lambda: tell(streamed)))
        return
    tell(answer)
    await send_answer(
        answer,
        send,
        as_ujson=agent.desk.is_odd("slashes_escaped"),
        headers=ALWAYS_RAW if has_more else (),
        without_body=is_head,
    )


def _telling(send: Send, tell: Callable[[], None]) -> Send:
    """Return a `send` that tells when the last of an answer is about to go."""

    async def send_told(message: Message) -> None:
        is_body = message["type"] == "http.response.body"
        if is_body and not message.get("more_body"):
            tell()
        await send(message)

    return send_told


async def _answered(
    agent: Agent, handler: Handler, request: Request
) -> tuple[Answer | Response, bool]:
    """Return the answer, and whether it is none of the API's refusals."""
    try:
        if agent.response_timeout is None:
            return await handler(request), True
        return await _in_time(handler(request), agent.response_timeout), True
    except Refusal as refusal:
        body = refusal.body(agent.desk.version)
        return Answer(status=refusal.status, body=body), False
    except FrameworkError as error:
        return _page(agent, error, request), True
    except Exception:
        LOG.exception("%s %s failed", request.method, request.path)
        return _page(agent, FrameworkError(500, INTERNAL), request), True


async def _in_time(work: Awaitable[Answer | Response], seconds: float) -> Any:
    """Wait for an answer; what takes too long is given up, as Rasa's framework does."""
    try:
        return await asyncio.wait_for(work, seconds)
    except asyncio.TimeoutError:
        raise FrameworkError(503, "Response Timeout") from None


def _page(agent: Agent, error: FrameworkError, request: Request) -> Answer:
    return page(error, request, as_pages=agent.desk.is_odd("errors_as_pages"))


def too_large(agent: Agent) -> LargePage:
    """Return what makes the answer to a request that is not read to its end."""

    def page_of(scope: Scope, message: str) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        headers = headers_of(scope["headers"])
        request = Request(method=scope["method"], path=raw_path(scope), headers=headers)
        answer = _page(agent, FrameworkError(413, message), request)
        body = encode(answer, as_ujson=agent.desk.is_odd("slashes_escaped"))
        always = ALWAYS_RAW if agent.desk.is_odd("cors_headers_always") else ()
        return body, [*always, (b"content-type", answer.content_type.encode())]

    return page_of


def not_found(scope: Scope) -> FrameworkError:
    """Make the answer to a path that leads nowhere."""
    return FrameworkError(404, f"Requested URL {raw_path(scope)} not found")
