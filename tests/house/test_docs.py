"""The documentation is true: links, commands, options, code, tables."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from rasa_mock import errors
from rasa_mock.cli.main import INTERRUPTED, PIPE_CLOSED, cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    path.relative_to(ROOT).as_posix()
    for path in (
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("examples/**/*.md"),
        *ROOT.glob("schemas/*.md"),
    )
]


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text_of(page), flags=re.DOTALL)


def commands(page: str) -> list[list[str]]:
    """Return the words of each `rasa-mock ...` command that a page shows."""
    text = text_of(page)
    inline = re.findall(r"`(rasa-mock [^`]+)`", text)
    blocked = re.findall(
        r"^(rasa-mock .*)$", "\n".join(blocks(page, "sh")), re.MULTILINE
    )
    return [
        shlex.split(line.replace("\\|", "|"), comments=True)
        for line in inline + blocked
    ]


def options_of(command: click.Command) -> set[str]:
    names = {name for parameter in command.params for name in parameter.opts}
    return names | {"-h", "--help", "--version"}


def resolve(words: list[str]) -> tuple[click.Command, list[str]]:
    """Follow the words of a command line to the (sub)command; return what is left."""
    command: click.Command = cli
    rest = words[1:]
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(click.Context(command), rest[0])
        assert found is not None, f"no such command: {' '.join(words)}"
        command, rest = found, rest[1:]
    return command, rest


@pytest.mark.parametrize("page", PAGES)
def test_relative_links_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", text_of(page))
    assert [link for link in links if not ((ROOT / page).parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_shown_exist_with_their_options(page):
    unknown = []
    for words in commands(page):
        command, rest = resolve(words)
        used = {word.split("=")[0] for word in rest if word.startswith("-")} - {"-"}
        unknown += [f"{' '.join(words)}: {o}" for o in used - options_of(command)]
    assert unknown == []


def test_the_readme_shows_commands_at_all():
    shown = {words[1] for words in commands("README.md")}
    assert {"check", "explain", "schema", "validate", "conformance"} <= shown


def test_the_python_of_the_readme_runs(monkeypatch):
    (code,) = blocks("README.md", "python")
    monkeypatch.chdir(ROOT / "examples" / "weather")
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - our own page


def test_the_two_commands_of_the_readme_are_make_targets():
    targets = set(re.findall(r"^(\w+):", text_of("Makefile"), flags=re.MULTILINE))
    shown = set(re.findall(r"\bmake (\w+)", "\n".join(blocks("README.md", "sh"))))
    assert shown == {"demo", "test"}
    assert shown | {"check", "bench", "matrix"} <= targets


def test_every_exit_code_stands_in_the_readme():
    tree = [errors.RasaMockError, *errors.RasaMockError.__subclasses__()]
    codes = {0, 1, INTERRUPTED, PIPE_CLOSED} | {error.exit_code for error in tree}
    table = re.findall(r"^\| (\d+) \|", text_of("README.md"), flags=re.MULTILINE)
    assert {int(code) for code in table} == codes


def test_every_library_has_its_reason():
    _, _, rest = text_of("pyproject.toml").partition("\ndependencies = ")
    project, _, _ = rest.partition("\n[tool.")
    declared = re.findall(r'[\[ ]"([\w.-]+?)(?:>=[\d.]+)?"[,\]]', project)
    assert {"httpx", "jsonschema-rs", "hypothesis"} <= set(declared)
    page = text_of("docs/libraries.md").lower()
    reasons = {name.removeprefix("types-").removeprefix("python-") for name in declared}
    assert {name for name in reasons if name.lower() not in page} == set()


def test_the_architecture_names_every_part_of_the_house(modules):
    page = text_of("docs/architecture.md")
    parts = {module.part for module in modules} - {"__init__", "__main__"}
    assert {
        p for p in parts if f"`{p}/`" not in page and f"`{p}.py`" not in page
    } == set()


def test_the_changelog_has_the_version():
    version = re.search(r'^version = "(.+)"', text_of("pyproject.toml"), re.MULTILINE)
    assert version is not None
    assert f"\n## {version[1]} " in text_of("CHANGELOG.md")


def test_no_page_names_a_path_of_somebodys_machine():
    wrong = {
        page for page in PAGES if re.search(r"/(home|root|work|Users)/", text_of(page))
    }
    assert wrong == set()
