"""Run a command as somebody else would: without sight of the checkout."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command that must not see the checkout."""
    hidden = ("PYTHONPATH", "VIRTUAL_ENV")
    environment = {k: v for k, v in os.environ.items() if k not in hidden}
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        check=False,
    )
