"""The mock Rasa server: Rasa's HTTP API and channels as an ASGI application.

It comes with the extra: `pip install "rasa-mock[server]"`.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from rasa_mock.errors import NotInstalled

for _library in ("starlette", "uvicorn"):
    if find_spec(_library) is None:
        raise NotInstalled(_library, extra="server")

if TYPE_CHECKING:
    from rasa_mock.server.app import create_app as create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:
    if name == "create_app":
        from rasa_mock.server.app import create_app

        return create_app
    raise AttributeError(name)
