"""docs/server.md is true: admin routes, channels, faults, and its Python."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from rasa_mock.files.credentials import CHANNELS
from rasa_mock.server.admin.journal import FIELDS
from rasa_mock.server.admin.routes import ROWS
from rasa_mock.server.admin.stubs import FAULTS, KEYS
from tests.run.bots import write_bot

PAGE = Path(__file__).resolve().parents[2] / "docs" / "server.md"
DOMAIN = """
    intents: [hello]
    responses: {}
    actions: [action_x]
"""
RULES = """
    rules:
      - rule: hello
        steps: [{intent: hello}, {action: action_x}]
"""
NLU = """
    nlu:
      - intent: hello
        examples: |
          - hello
"""


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


def test_every_admin_route_stands_in_the_page(page):
    rows = [
        f"| `{row.method} /__mock__{row.path.replace(':path', '')}` | {row.title} |"
        for row in ROWS
    ]
    assert [row for row in rows if row not in page] == []
    assert len(re.findall(r"^\| `\w+ /__mock__/", page, re.MULTILINE)) == len(ROWS)


def test_every_channel_and_its_keys_stand_in_the_page(page):
    for name, keys in CHANNELS.items():
        (row,) = re.findall(rf"^\| `{name}` \|.*$", page, re.MULTILINE)
        assert set(re.findall(r"`(\w+)`", row.split("|")[2])) == set(keys)


def test_every_fault_key_and_field_stands_in_the_page(page):
    section = page.partition("## The admin API")[2].partition("## From Python")[0]
    fields = {field for each in FIELDS.values() for field in each} - {"answer"}
    words = {*FAULTS, *KEYS, *fields}
    assert {word for word in words if f"`{word}`" not in section} == set()


def test_the_python_of_the_page_runs(page, tmp_path, monkeypatch):
    (tmp_path / "bot").mkdir()
    write_bot(tmp_path / "bot", domain=DOMAIN, rules=RULES, nlu=NLU)
    monkeypatch.chdir(tmp_path)
    python = page.partition("## From Python")[2]
    code = "\n".join(re.findall(r"```python\n(.*?)```", python, flags=re.DOTALL))
    assert "MockRasa(" in code
    assert "mock_rasa(" in code
    exec(compile(code, "server.md", "exec"), {"httpx": httpx})  # noqa: S102  our page
