"""Test a Rasa action server without a model: the names that users import.

They are resolved when they are first used (PEP 562), so that `import rasa_mock` and
the pytest plugin cost next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rasa_mock.errors import (
        ActionServerError,
        BadReply,
        DataError,
        RasaMockError,
        StoreError,
        TimedOut,
        Unreachable,
        UsageError,
    )
    from rasa_mock.mock_rasa import MockRasa
    from rasa_mock.public import Domain, Reply, Tracker, interpret
    from rasa_mock.public_conversation import Conversation
    from rasa_mock.testing.contract import contract
    from rasa_mock.tracing import trace

__all__ = [
    "ActionServerError",
    "BadReply",
    "Conversation",
    "DataError",
    "Domain",
    "MockRasa",
    "RasaMockError",
    "Reply",
    "StoreError",
    "TimedOut",
    "Tracker",
    "Unreachable",
    "UsageError",
    "contract",
    "interpret",
    "trace",
]

_HOMES = {
    "Conversation": "rasa_mock.public_conversation",
    "contract": "rasa_mock.testing.contract",
    "MockRasa": "rasa_mock.mock_rasa",
    "trace": "rasa_mock.tracing",
    **dict.fromkeys(("Domain", "Reply", "Tracker", "interpret"), "rasa_mock.public"),
    **dict.fromkeys(
        (
            "ActionServerError",
            "BadReply",
            "DataError",
            "RasaMockError",
            "StoreError",
            "TimedOut",
            "Unreachable",
            "UsageError",
        ),
        "rasa_mock.errors",
    ),
}


# Parts that are used as such: `rasa_mock.respx.mock_rasa()`.
_PARTS = {"respx": "rasa_mock.respx"}


def __getattr__(name: str) -> Any:
    if name in _PARTS:
        return import_module(_PARTS[name])
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
