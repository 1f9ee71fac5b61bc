"""The pytest plugin: registers the marker `rasa`, so that strict suites may use it.

pytest shows our version in its header by itself (`plugins: rasa-mock-...`).  Nothing
heavy is imported here: this module is loaded in every pytest run of every project that
has rasa-mock installed, also in those that never use it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

MARKERS = {
    "rasa": "a test of a Rasa action server; select these with -m rasa",
}


def pytest_configure(config: pytest.Config) -> None:
    """Register our markers (shown by `pytest --markers`)."""
    for name, text in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {text}")
