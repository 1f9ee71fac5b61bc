"""The `rasa-mock` command: finds the subcommand, and turns errors into exit codes.

What does not live here: what a command does.  Each command is a module of this
package with a click command named `command`; it is imported only when it is asked for,
so `rasa-mock --version` does not pay for the HTTP client.

Exit codes: 0 fine; 1 findings at or above `--fail-on`; 2 wrong usage or a bad input
file; 3 action server or store unreachable; 130 interrupted; 141 nobody reads our output
any more (as in `rasa-mock ... | head -1`).
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

from rasa_mock.errors import RasaMockError

COMMANDS = {
    "apply": "fold events into a tracker and print its state",
    "check": "contract-check every action of an action server",
    "conformance": "replay recordings of a real Rasa and count what agrees",
    "coverage": "add up what tests have exercised",
    "doctor": "say what ails an action server, and what to do",
    "explain": "explain a rule: what it means, a wrong and a right example",
    "generate": "write sets of fixtures: requests, trackers, events, answers",
    "init": "write the first files of a project's own checks",
    "serve": "be a Rasa: REST channel and HTTP API",
    "shell": "talk to a bot on the fake core",
    "schema": "list, show and export the JSON Schemas",
    "test": "play conversation tests on the fake core",
    "validate": "validate documents against a schema",
    "view": "look at conversations and runs, in a browser",
}
INTERRUPTED = 130
PIPE_CLOSED = 141


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used; see `COMMANDS`."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # click would exit with 1, which means findings here.  The interpreter
            # flushes standard output once more when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(PIPE_CLOSED)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"rasa_mock.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rasa-mock", prog_name="rasa-mock")
def cli() -> None:
    """Test a Rasa action server without a model: check, apply, validate, explain."""


def main() -> None:
    """Run the command line and exit with the documented code; never a traceback."""
    try:
        code = cli.main(prog_name="rasa-mock", standalone_mode=False)
    except click.exceptions.Abort:
        code = INTERRUPTED
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except RasaMockError as error:
        click.echo(f"error: {error}", err=True)
        code = error.exit_code
    sys.exit(code if isinstance(code, int) else 0)
