"""The generated fixtures of the repository: made again, they have the same bytes."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from rasa_mock.cli.main import cli
from rasa_mock.resources import fixture_folder

WEATHER = fixture_folder() / "weather"
README = (fixture_folder() / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    shlex.split(line)[1:]
    for line in README.splitlines()
    if line.startswith("rasa-mock generate")
]
LARGEST = 300_000


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory, root):
    """Run the commands of the README into another folder."""
    target = tmp_path_factory.mktemp("fixtures")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        for command in COMMANDS:
            arguments = [*command[:-1], str(target)]
            result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
            assert result.exit_code == 0, result.output
    return files(target)


@pytest.fixture(scope="module")
def root():
    return Path(__file__).parents[2]


def test_the_fixtures_are_what_the_commands_make(made):
    assert len(COMMANDS) == 6
    assert made == files(WEATHER)


def test_the_fixtures_stay_small():
    assert sum(map(len, files(WEATHER).values())) < LARGEST


def test_the_fixtures_fit_the_domain(root):
    domain = root / "examples" / "weather" / "domain.yml"
    result = CliRunner().invoke(
        cli, ["generate", "--check", str(WEATHER), "--domain", str(domain)]
    )
    assert result.exit_code == 0, result.output
    assert result.output.count("all ") == 6


def test_every_line_ends_as_on_unix():
    assert not any(b"\r" in text for text in files(WEATHER).values())
