"""Fixtures of the tests of runs."""

from __future__ import annotations

from tests.servers.stub import stub

__all__ = ["stub"]
