"""What the whole suite shares: the hypothesis profile and the reference material."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Runs of pytest inside a test: tests/pytest_plugin.
pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("RASA_MOCK_SHARED", ROOT.parent / "shared"))

# Two cores, shared with other work: a deadline would test the machine.  The same
# examples in every run: a red suite must be red again.
settings.register_profile(
    "suite",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")


# What changes the shape of a program's output: pytest folds no line where CI is set.
SHAPING = ("BUILD_NUMBER", "CI", "COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "TERM")


@pytest.fixture(scope="session", autouse=True)
def same_output_everywhere() -> Iterator[None]:
    """Take away what would make programs in tests print differently on CI."""
    with pytest.MonkeyPatch.context() as environment:
        for name in SHAPING:
            environment.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def heard_interrupts() -> None:
    """Let Ctrl-C be heard, also by children, where a shell has the suite ignore it."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Return the recordings of real action servers, which are not copied into here."""
    folder = SHARED / "recordings"
    if not folder.is_dir():
        pytest.skip(f"the recordings of real action servers are not at {folder}")
    return folder
