"""A rasa-sdk server in one process: half the time and work to start, a sure stop.

`python -m rasa_mock.clients.single --actions PACKAGE -p PORT` is `python -m rasa_sdk`,
but for this: with recent rasa-sdk the main process imports everything, only to start a
worker that does so again.  Here the main process serves.  Actions and answers stay as
they are.  Where that joint is missing (before rasa-sdk 3.14), nothing is changed.
"""

from __future__ import annotations

from typing import Any


def install() -> None:
    """Let Sanic serve in the process that prepared the application."""
    from sanic import Sanic

    if not hasattr(Sanic, "serve_single"):
        return

    def serve(primary: Any = None, **_: Any) -> None:
        Sanic.serve_single(primary=primary)

    setattr(Sanic, "serve", staticmethod(serve))  # noqa: B010 - no method for mypy


def main() -> None:
    """Run a rasa-sdk server."""
    from rasa_sdk.__main__ import main as serve

    serve()


if __name__ == "__main__":
    install()
    main()
