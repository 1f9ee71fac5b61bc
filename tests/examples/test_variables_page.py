"""The examples of docs/variables.md run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rasa_mock.run.records import LIMITS
from rasa_mock.run.redaction import PATTERNS
from rasa_mock.run.telemetry import ACTION, PREDICT, TURN

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "variables.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_examples_run(number, monkeypatch):
    monkeypatch.chdir(ROOT)
    code = compile(EXAMPLES[number], f"docs/variables.md, example {number}", "exec")
    exec(code, {})  # noqa: S102 - our own page


def test_the_page_says_what_the_code_does():
    assert len(EXAMPLES) == 3
    for rule in PATTERNS:
        assert f"`{rule}`" in PAGE
    for span in (TURN, PREDICT, ACTION):
        assert f"| `{span}` |" in PAGE
    assert f"{LIMITS.record // 1000} kB" in PAGE
    assert f"{LIMITS.turn // 1000} kB" in PAGE
