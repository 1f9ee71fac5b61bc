"""The command itself: lazy commands, and errors that become exit codes."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from rasa_mock.cli import main as command_line
from rasa_mock.errors import (
    BadReply,
    DataError,
    RasaMockError,
    TimedOut,
    Unreachable,
    UsageError,
)


@pytest.fixture
def rasa_mock(root, tmp_path):
    """Return a function that runs `python -m rasa_mock` in another folder."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        program = (
            f"import sys; sys.path.insert(0, {str(root)!r});"
            "from rasa_mock.cli.main import main; main()"
        )
        return subprocess.run(
            [sys.executable, "-c", program, *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )

    return run


def test_help_lists_every_command_with_what_it_does(rasa_mock):
    result = rasa_mock("--help")
    assert result.returncode == 0
    for name in command_line.COMMANDS:
        assert f"\n  {name} " in result.stdout


@pytest.mark.parametrize("name", command_line.COMMANDS)
def test_every_command_has_a_help_text(rasa_mock, name):
    result = rasa_mock(name, "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(f"Usage: rasa-mock {name}")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["chekc"], "No such command 'chekc'"),
        (["--nonsense"], "No such option"),
        (["check"], "Missing option '--domain'"),
        (["validate", "action_response"], "FILE"),
        (["schema", "show"], "NAME"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_wrong_usage_exits_2_and_says_what_is_wrong(rasa_mock, arguments, says):
    result = rasa_mock(*arguments)
    assert result.returncode == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UsageError("no such rule 'RM9'"), 2, "error: no such rule 'RM9'\n"),
        (
            DataError("duplicate key 'slots'", path="domain.yml", line=3),
            2,
            "error: domain.yml:3: duplicate key 'slots'\n",
        ),
        (Unreachable("refused"), 3, "error: refused\n"),
        (TimedOut("no answer in 300 s"), 3, "error: no answer in 300 s\n"),
        (BadReply("not HTTP"), 3, "error: not HTTP\n"),
        (RasaMockError("anything else"), 2, "error: anything else\n"),
        (click.exceptions.Abort(), 130, ""),
        (KeyboardInterrupt(), 130, ""),
        (click.UsageError("two domains"), 2, "Error: two domains\n"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_errors_become_exit_codes(monkeypatch, capsys, error, code, line):
    """The error is raised by a real command of the real group."""

    @click.command()
    def failing() -> None:
        raise error

    monkeypatch.setattr(command_line.cli, "get_command", lambda *_: failing)
    monkeypatch.setattr(sys, "argv", ["rasa-mock", "failing"])
    with pytest.raises(SystemExit) as stopped:
        command_line.main()
    assert stopped.value.code == code
    assert capsys.readouterr().err.strip("\n").endswith(line.strip("\n"))


def test_a_reader_that_has_enough_causes_no_traceback(root):
    """`rasa-mock schema show action_request | head -1`, with the pipe really closed."""
    command = [sys.executable, "-m", "rasa_mock", "schema", "show", "action_request"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=root
    ) as process:
        process.stdout.close()
        complaint = process.stderr.read()
    assert (process.returncode, complaint) == (141, b"")
