"""What the tests of one pytest run share: settings, domain, server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest


class Workbench:
    """Made when it is first asked for; `close` stops what was started."""

    def __init__(self, config: pytest.Config, *, options: Sequence[Any]) -> None:
        self.config = config
        self.options = options

    def configure(self) -> None:
        """Check what can be checked before anything is collected."""

    def close(self) -> None:
        """Stop what was started."""
