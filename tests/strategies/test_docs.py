"""The Python of the pages on fixtures and strategies runs, and finds nothing wrong."""

from __future__ import annotations

import re
import unittest
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[2]
FEW = settings(max_examples=10, stateful_step_count=8, database=None, deadline=None)


def pieces(page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("page", "number"), [("generate.md", 0), ("strategies.md", 0), ("strategies.md", 1)]
)
def test_the_python_of_the_page_runs(page, number, monkeypatch):
    monkeypatch.chdir(ROOT)
    names = {"__name__": "page"}
    exec(compile(pieces(page)[number], page, "exec"), names)  # noqa: S102 - our own page
    for name, value in names.items():
        if name.startswith("test_"):
            FEW(value)()
        elif isinstance(value, type) and issubclass(value, unittest.TestCase):
            value.settings = FEW
            result = unittest.TestResult()
            unittest.defaultTestLoader.loadTestsFromTestCase(value).run(result)
            assert result.testsRun == 1
            assert result.wasSuccessful(), result.errors + result.failures
