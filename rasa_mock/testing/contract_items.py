"""Contract tests as pytest items: one for each action and kind of case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def collect(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Return the collector of the contract tests, if the file is the domain's."""
    return None if file_path else parent
