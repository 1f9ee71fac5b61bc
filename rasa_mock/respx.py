"""A mock Rasa for code that calls Rasa with httpx: no socket, every route answered.

    with mock_rasa("bot", base_url="http://localhost:5005") as rasa:
        httpx.post("http://localhost:5005/webhooks/rest/webhook", json={...})

What goes to `base_url` is answered by the mock, from synchronous and from asynchronous
clients; an event loop waits meanwhile.  Other URLs are as the router of respx has them.
The only user of respx.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from rasa_mock.errors import NotInstalled, UsageError
from rasa_mock.mock_rasa import MockRasa
from rasa_mock.server.background import LoopThread
from rasa_mock.server.inside import ask

if TYPE_CHECKING:
    import httpx
    import respx

    from rasa_mock.core.bot import Bot

T = TypeVar("T")
BASE_URL = "http://localhost:5005"


class RespxRasa(MockRasa):
    """A mock Rasa behind a router of respx; `route` leads to it."""

    route: respx.Route

    def __init__(self, bot: Bot | Path | str | None = None, **options: Any) -> None:
        """Read a bot; takes what `MockRasa` takes."""
        super().__init__(bot, **options)
        self._thread = LoopThread()
        self._prefix = ""

    def mount(self, router: respx.MockRouter, *, base_url: str = BASE_URL) -> None:
        """Answer what a router gets for a URL and all below it."""
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query:
            raise UsageError(f"expected a URL like {BASE_URL}, got {base_url!r}")
        self._prefix = parts.path.rstrip("/")
        below = f"{base_url.rstrip('/')}/"
        self.route = router.route(url__startswith=below)
        self.route.mock(side_effect=self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of httpx."""
        import httpx

        raw, _, query = request.url.raw_path.partition(b"?")
        told = self._wait(
            lambda: ask(
                self.asgi,
                request.method,
                path=raw.decode("ascii").removeprefix(self._prefix),
                query=query,
                body=request.content,
                headers=request.headers.raw,
            )
        )
        return httpx.Response(told.status, headers=told.headers, content=told.body)

    def stop(self) -> None:
        """Let go of the mock."""
        self._wait(self.control.agent.close)
        self._thread.stop()

    def _do(self, work: Callable[[], T]) -> T:
        async def do() -> T:
            return work()

        return self._wait(do)

    def _wait(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return self._thread.wait(work())


@contextmanager
def mock_rasa(
    bot: Bot | Path | str | None = None,
    *,
    base_url: str = BASE_URL,
    router: respx.MockRouter | None = None,
    **options: Any,
) -> Iterator[RespxRasa]:
    """Answer every route of Rasa at `base_url`; `options` are those of MockRasa.

    Without a `router` of your own, requests to other URLs are refused meanwhile, as
    `respx.mock` does.
    """
    try:
        import respx
    except ModuleNotFoundError as error:
        raise NotInstalled(error.name, extra="test") from error
    mock = RespxRasa(bot, **options)
    try:
        if router is not None:
            mock.mount(router, base_url=base_url)
            yield mock
            return
        with respx.mock(assert_all_called=False) as own:
            mock.mount(own, base_url=base_url)
            yield mock
    finally:
        mock.stop()
