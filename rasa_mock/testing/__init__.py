"""What tests of an action server are made of; the pytest plugin is its thin face.

For tracker stores: `TrackerStoreContract`, which a test class inherits, and
`RasaStore`, which makes a custom store of real Rasa fit for it.  Names are resolved
when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rasa_mock.testing.rasa_stores import RasaStore
    from rasa_mock.testing.store_contract import TrackerStoreContract

__all__ = ["RasaStore", "TrackerStoreContract"]

_HOMES = {
    "RasaStore": "rasa_mock.testing.rasa_stores",
    "TrackerStoreContract": "rasa_mock.testing.store_contract",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
