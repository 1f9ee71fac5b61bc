"""Ask an application in process, request by request."""

from __future__ import annotations

import asyncio

import httpx


class Asking:
    """Sends requests to an ASGI application; each waits for its answer."""

    def __init__(self, app):
        self.app = app
        self.agent = app.state.agent

    def __call__(self, method, path, **options):
        return asyncio.run(self.ask(method, path, **options))

    async def ask(self, method, path, **options):
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        base = "http://rasa"
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            return await client.request(method, path, **options)

    def say(self, text, *, sender="me", **more):
        body = {"sender": sender, "message": text, **more}
        answer = self("POST", "/webhooks/rest/webhook", json=body)
        return [message.get("text") for message in answer.json()]
