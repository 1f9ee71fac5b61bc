"""The mock Rasa server: Rasa's HTTP API and channels as an ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rasa_mock.server.app import create_app as create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:
    if name == "create_app":
        from rasa_mock.server.app import create_app

        return create_app
    raise AttributeError(name)
