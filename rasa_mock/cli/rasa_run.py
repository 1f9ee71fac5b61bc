"""Options of `rasa run` that mean nothing to a mock, and how it takes its origins.

A line that starts Rasa starts the mock as well: what has no meaning here is taken, and
named in a note.  Options that do something stand in `rasa_mock.cli.serve`.

Imitates rasa/cli/arguments/run.py of Rasa 3.6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

import click
from click.core import ParameterSource

F = TypeVar("F", bound=Callable[..., Any])
NOTES = "rasa_mock.notes"
CORS = "--cors"


class Unused(NamedTuple):
    """An option that is taken, and why nothing comes of it."""

    name: str
    why: str
    takes_value: bool = True


LOGS = "logs go to standard error, and to --log-file"
UNUSED: tuple[Unused, ...] = (
    Unused("--request-timeout", "a request has 60 s to arrive"),
    Unused("--remote-storage", "there is no model to be fetched"),
    Unused("--logging-config-file", LOGS),
    Unused("--use-syslog", LOGS, takes_value=False),
    Unused("--syslog-address", LOGS),
    Unused("--syslog-port", LOGS),
    Unused("--syslog-protocol", LOGS),
    Unused("--skip-validation", "nothing is trained", takes_value=False),
    Unused("--inspect", "conversations are shown at /__mock__/", takes_value=False),
)


def unused_options(command: F) -> F:
    """Let a command take what has no meaning here (`UNUSED`)."""
    for each in UNUSED:
        more: dict[str, Any] = {} if each.takes_value else {"is_flag": True}
        command = click.option(
            each.name, expose_value=False, hidden=True, callback=_note(each), **more
        )(command)
    return command


def _note(unused: Unused) -> Callable[[click.Context, click.Parameter, Any], None]:
    def _tell(ctx: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value:
            note = f"{unused.name} has no meaning here: {unused.why}"
            ctx.meta.setdefault(NOTES, []).append(note)

    return _tell


def notes() -> list[str]:
    """Return what there is to say about the options of the command that runs."""
    ctx = click.get_current_context(silent=True)
    return [] if ctx is None else list(ctx.meta.get(NOTES, ()))


def was_given(name: str) -> bool:
    """Tell whether an option stands on the command line, not in the environment."""
    ctx = click.get_current_context(silent=True)
    source = None if ctx is None else ctx.get_parameter_source(name)
    return source is ParameterSource.COMMANDLINE


class RasaCommand(click.Command):
    """A command that takes several origins after one `--cors`, as Rasa does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(_each_origin(args)))


def _each_origin(args: Iterable[str]) -> Iterable[str]:
    """Put `--cors` before each origin; what is neither URL nor `*` is none."""
    before: list[str] = []
    for each in args:
        is_origin = each == "*" or "://" in each
        if is_origin and before[-2:-1] == [CORS]:
            yield CORS
            before.append(CORS)
        before.append(each)
        yield each
