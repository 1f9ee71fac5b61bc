"""The example with conversation tests, and the two pages of documentation about it."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from rasa_mock.cli import main as command_line
from rasa_mock.clients.process import ActionServerProcess

ROOT = Path(__file__).resolve().parents[2]
PIZZA = ROOT / "examples" / "pizza"
PAGES = ("docs/conversation-tests.md", "docs/coverage.md")
SHOWN = re.compile(r"```sh\n(rasa-mock [^\n]*)\n```\n\n```text\n(.*?)```", re.DOTALL)


def shown(page):
    """Return each command of a page, and what it is said to print."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [match.groups() for match in SHOWN.finditer(text)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A copy of the example, into which the commands of a page may write."""
    folder = tmp_path_factory.mktemp("example") / "pizza"
    shutil.copytree(PIZZA, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(scope="module")
def server(folder):
    """The example's action server, started once for all commands."""
    pytest.importorskip("rasa_sdk")
    with ActionServerProcess("actions", cwd=folder) as server:
        yield server


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_shows_is_what_comes(page, folder, server, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    examples = shown(page)
    assert len(examples) >= 2
    for command, expected in examples:
        words = command.replace("--actions actions", f"--url {server.url}")
        monkeypatch.setattr(sys, "argv", shlex.split(words))
        with pytest.raises(SystemExit):
            command_line.main()
        assert capsys.readouterr().out == expected


@pytest.mark.parametrize("page", PAGES)
def test_the_yaml_of_a_page_stands_in_the_example(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    files = [file.read_text(encoding="utf-8") for file in PIZZA.rglob("*.yml")]
    for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        assert any(block in file for file in files), block
