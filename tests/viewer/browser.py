"""A real browser for the tests of a file; without one they are skipped, and say so."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SLOW = 30_000
"""Milliseconds to wait for something on a machine with much to do."""


def executable(playwright):
    """Return where a Chromium is; None if there is none."""
    for name in NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    own = playwright.chromium.executable_path
    return own if os.path.exists(own) else None  # noqa: PTH110  a plain text


@contextmanager
def browser():
    """Give a Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = executable(playwright)
        if path is None:
            pytest.skip(f"no browser to test with: none of {', '.join(NAMES)} is there")
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        found = playwright.chromium.launch(executable_path=path, args=arguments)
        try:
            yield found
        finally:
            found.close()
