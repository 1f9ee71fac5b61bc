"""A fake action server on routes of respx, for clients that use httpx.

A delay that is longer than the client's own patience becomes its timeout at once.
"""

from __future__ import annotations

import json
import re
import zlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import httpx

if TYPE_CHECKING:
    from rasa_mock.core.wire import Reply
    from rasa_mock.testing.stub import RasaStub

ACTIONS, HEALTH = "/actions", "/health"


def mount(stub: RasaStub, router: Any, *, url: str) -> Any:
    """Add a route for webhook, health and list of actions; return it."""

    def called(request: httpx.Request) -> httpx.Response:
        body = request.content
        if request.headers.get("Content-Encoding") == "deflate":
            body = zlib.decompress(body)
        payload = json.loads(body)
        patience = request.extensions.get("timeout", {}).get("read")
        if patience is not None and stub.delay_of(payload) > patience:
            raise httpx.ReadTimeout("the stub's delay is longer", request=request)
        return _response(stub.respond(payload, headers=dict(request.headers)))

    def answered(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return called(request)
        return _response(stub.get(request.url.path))

    # One route, since respx wants each of its routes to be called.
    urls = [url, *(urljoin(url, path) for path in (HEALTH, ACTIONS))]
    pattern = "|".join(map(re.escape, urls))
    return router.route(url__regex=rf"^({pattern})(\?.*)?$").mock(side_effect=answered)


def _response(reply: Reply) -> httpx.Response:
    return httpx.Response(
        reply.status or 500, headers=dict(reply.headers), content=reply.body
    )
