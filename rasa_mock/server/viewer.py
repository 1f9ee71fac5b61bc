"""The viewer over HTTP: the page, its data as JSON, and news as server-sent events.

Used by `serve`, under `/__mock__/`, and by `rasa-mock view`.  It only reads.  Without a
token it is for this machine: requests that name another host, as a page of another
origin makes them when its name is pointed here, are refused.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from rasa_mock.core.profile import find_profile
from rasa_mock.errors import RasaMockError, StoreError, UsageError
from rasa_mock.server.admin.journal import OWN_PATH
from rasa_mock.server.auth import BEARER, same
from rasa_mock.viewer.exports import Exported
from rasa_mock.viewer.library import NEEDED, QUESTIONS, Library
from rasa_mock.viewer.page import POLICY, asset, served_page
from rasa_mock.viewer.safe import to_json

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from rasa_mock.server.app import Application
    from rasa_mock.stores.base import TrackerStore

VIEW = f"{OWN_PATH}/view"
COOKIE = "rasa_mock_viewer"
TOKEN_HEADER = "x-mock-token"  # noqa: S105  the name of a header
JSON = "application/json"
MOST_BODY = 10_000
"""Bytes of a request to sign in."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
NOT_RECORDED = (
    "variables (calls, predictions, traces) are not recorded: --record does, and so "
    "does a tracker store that is named"
)
PULSE = 0.3
"""Seconds between two looks at the store for news."""

LEISURE = 20
"""How much longer than a look at the store took the next one waits."""

SILENCE = 15.0
"""Seconds without news after which a sign of life is sent."""

Find = Callable[[], Library]
Endpoint = Callable[["Request"], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may look: whoever has the token, or this machine if there is none."""

    token: str | None = field(default=None, repr=False)

    @property
    def cookie(self) -> str:
        """What a browser keeps once it has shown the token; it does not tell it."""
        return hashlib.sha256(f"rasa-mock viewer {self.token}".encode()).hexdigest()

    def refusal(self, request: Request) -> Response | None:
        """Return the answer to a request that may not look; None if it may."""
        origin = request.headers.get("origin")
        host = request.headers.get("host", "")
        if origin and origin.partition("://")[2].lower() != host.lower():
            return _error(403, "the viewer is not for pages of other origins")
        if self.token is None:
            if is_here(host):
                return None
            return _error(403, f"without a token the viewer is not served to {host!r}")
        if hmac.compare_digest(
            request.cookies.get(COOKIE, "").encode("utf-8", "replace"),
            self.cookie.encode(),
        ):
            return None
        bearer = request.headers.get("authorization", "")
        given = bearer.removeprefix(BEARER) if bearer.startswith(BEARER) else None
        given = given or request.headers.get(TOKEN_HEADER)
        if same(given or request.query_params.get("token"), self.token):
            return None
        return _error(401, "the viewer needs the admin token")


def is_here(host: str) -> bool:
    """Tell whether the host of a request is an address, or this machine's own name."""
    name = host.rpartition(":")[0] if not host.endswith("]") else host
    name = (name or host).strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Viewer:
    """The routes over a library; `stopping` ends the streams of news."""

    def __init__(self, find: Find, *, access: Access | None = None) -> None:
        self._find = find
        self._access = access or Access()
        self._stopping = False

    def stop(self) -> None:
        """End all streams, so that the server can."""
        self._stopping = True

    def routes(self) -> list[BaseRoute]:
        """Return all routes."""
        return [
            Route(OWN_PATH, self._redirect),
            Route(f"{OWN_PATH}/", self._page),
            Route(f"{VIEW}/assets/{{name}}", self._asset),
            Route(f"{VIEW}/login", self._login, methods=["POST"]),
            Route(f"{VIEW}/live", self._guarded(self._live)),
            Route(f"{VIEW}/api/{{question}}", self._guarded(self._api)),
        ]

    async def _redirect(self, _request: Request) -> Response:
        return RedirectResponse(f"{OWN_PATH}/")

    async def _page(self, request: Request) -> Response:
        root = request.scope.get("root_path", "")
        page = served_page(f"{root}{VIEW}")
        return Response(page, media_type="text/html", headers=dict(HEADERS))

    async def _asset(self, request: Request) -> Response:
        found = asset(request.path_params["name"])
        if found is None:
            return _error(404, "there is no such file")
        return Response(found[0], media_type=found[1], headers=dict(HEADERS))

    async def _login(self, request: Request) -> Response:
        token = self._access.token
        try:
            given = json.loads((await _body(request)) or b"null")
        except ValueError:
            given = None
        given = given.get("token") if isinstance(given, dict) else None
        if token is None or not same(given if isinstance(given, str) else "", token):
            return _error(401, "this is not the admin token")
        answer = _json({"status": "ok"})
        answer.set_cookie(
            COOKIE,
            self._access.cookie,
            path=OWN_PATH,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            refusal = self._access.refusal(request)
            if refusal is not None:
                return refusal
            try:
                return await endpoint(request)
            except StoreError as error:
                return _error(503, str(error))
            except RasaMockError as error:
                return _error(400, str(error))

        return guarded

    async def _api(self, request: Request) -> Response:
        question = request.path_params["question"]
        if question not in QUESTIONS:
            return _error(404, f"there is no question {question!r}")
        params = read_params(request.query_params)
        missing = [name for name in NEEDED.get(question, ()) if name not in params]
        if missing:
            raise UsageError(f"expected the parameter {missing[0]!r}")
        answer = await asyncio.to_thread(self._answer, question, params)
        if isinstance(answer, Exported):
            return _download(answer)
        if answer is None:
            return _error(404, f"there is nothing of this name: {_shown(params)}")
        return Response(answer, media_type=JSON, headers=dict(HEADERS))

    def _answer(self, question: str, params: Mapping[str, str]) -> Any:
        answer = self._find().ask(question, params)
        known = answer is None or isinstance(answer, Exported)
        return answer if known else to_json(answer)

    async def _live(self, request: Request) -> Response:
        sender_id = read_params(request.query_params).get("id")
        mark = await asyncio.to_thread(self._find().mark, sender_id)
        return StreamingResponse(
            self._news(sender_id, mark),
            media_type="text/event-stream",
            headers={**HEADERS, "X-Accel-Buffering": "no"},
        )

    async def _news(self, sender_id: str | None, mark: str) -> AsyncIterator[str]:
        yield f"retry: 1000\n\n{_event('mark', {'mark': mark})}"
        silent, pause = 0.0, PULSE
        while not self._stopping:
            await self._wait(pause)
            silent += pause
            begun = time.perf_counter()
            try:
                now = await asyncio.to_thread(self._find().mark, sender_id)
            except StoreError as error:
                yield _event("trouble", {"message": str(error)})
                return
            pause = max(PULSE, (time.perf_counter() - begun) * LEISURE)
            if now != mark:
                mark, silent = now, 0.0
                yield _event("changed", {"mark": mark})
            elif silent >= SILENCE:
                silent = 0.0
                yield ": still here\n\n"

    async def _wait(self, seconds: float) -> None:
        """Wait, but not once the server stops."""
        while seconds > 0 and not self._stopping:
            await asyncio.sleep(min(PULSE, seconds))
            seconds -= PULSE


def viewer_app(library: Library, *, access: Access | None = None) -> Starlette:
    """Return the application of `rasa-mock view`."""
    viewer = Viewer(lambda: library, access=access)

    async def home(_request: Request) -> Response:
        return RedirectResponse(f"{OWN_PATH}/")

    app = Starlette(routes=[Route("/", home), *viewer.routes()])
    app.state.at_shutdown = [viewer.stop]
    return app


def add_viewer(
    app: Application,
    store: TrackerStore,
    *,
    profile: str,
    token: str | None,
    notes: tuple[str, ...] = (),
) -> None:
    """Serve the viewer beside a mock Rasa, over the store that it writes to."""
    known = find_profile(profile)

    def find() -> Library:
        # A bot can be replaced while the server runs.
        bot = app.state.agent.processor.bot
        return Library(store=store, domain=bot.domain, profile=known, notes=notes)

    viewer = Viewer(find, access=Access(token=token))
    app.router.routes.extend(viewer.routes())
    app.state.at_shutdown = [viewer.stop]


def read_params(query: Mapping[str, str]) -> dict[str, str]:
    """Read parameters; one called `NAME_json` is NAME, written as JSON.

    So an id can have signs that no URL can.
    """
    params = dict(query)
    for name in [each for each in params if each.endswith("_json")]:
        try:
            value = json.loads(params.pop(name))
        except ValueError as error:
            raise UsageError(f"expected JSON as {name}: {error}") from error
        params[name.removesuffix("_json")] = str(value)
    return params


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY:
            return b""
    return body


def _shown(params: Mapping[str, str]) -> str:
    return ", ".join(repr(value)[:200] for name, value in params.items())


def _event(kind: str, value: Any) -> str:
    return f"event: {kind}\ndata: {to_json(value)}\n\n"


def _download(exported: Exported) -> Response:
    headers = {
        **HEADERS,
        "Content-Disposition": f'attachment; filename="{exported.file_name}"',
    }
    content = exported.text.encode("utf-8", "backslashreplace")
    return Response(content, media_type="text/plain; charset=utf-8", headers=headers)


def _json(value: Any, *, status: int = 200) -> Response:
    return Response(
        to_json(value), status_code=status, media_type=JSON, headers=dict(HEADERS)
    )


def _error(status: int, message: str) -> Response:
    return _json({"error": message}, status=status)
