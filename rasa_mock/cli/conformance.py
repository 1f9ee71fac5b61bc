"""`rasa-mock conformance FILE...`: replay recordings of a real Rasa, count what agrees.

Exit codes: 0 everything agrees; 1 something differs; 2 a file is no recording.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from rasa_mock.clients.http import HttpClient
from rasa_mock.core.diff import Difference, shown
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.errors import DataError, UsageError
from rasa_mock.files.bot import load_bot
from rasa_mock.files.recordings import read_recording
from rasa_mock.files.yaml import parse_yaml
from rasa_mock.run.conformance.base import CaseResult, Tools
from rasa_mock.run.conformance.recordings import cases_of, check
from rasa_mock.similar import similar

INDENT = "  "


@click.command("conformance")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--bot",
    "bot_folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="The bot that recorded conversations were held with.",
)
@click.option(
    "--case", "only", multiple=True, metavar="ID", help="Check this case only."
)
@click.option(
    "--show",
    default=10,
    show_default=True,
    type=click.IntRange(min=0),
    help="Show the differences of so many cases.",
)
def command(
    files: tuple[str, ...],
    *,
    bot_folder: Path | None,
    only: tuple[str, ...],
    show: int,
) -> None:
    """Replay recordings of a real Rasa and compare everything they say.

    FILE is JSON or JSON lines, perhaps gzipped: events and what they do to a tracker,
    answers and what Rasa makes of them, the raw protocol, or, with --bot, whole
    conversations.
    """
    bot = None if bot_folder is None else load_bot(bot_folder, similar=similar)
    tools = Tools(open_client=_open_client, read_yaml=_read_yaml, bot=bot)
    everything: list[CaseResult] = []
    for name in files:
        results = _check_file(name, tools=tools, only=only)
        _print_counts(name, results)
        _print_differences(results, limit=show)
        everything += results
    if len(files) > 1:
        _print_counts("all files", everything)
    sys.exit(0 if all(result.passed for result in everything) else 1)


def _check_file(name: str, *, tools: Tools, only: tuple[str, ...]) -> list[CaseResult]:
    try:
        cases = cases_of(read_recording(Path(name)), tools=tools)
        if only:
            cases = [case for case in cases if case.id in only]
            if not cases:
                raise UsageError(f"{name}: no case {', '.join(only)}")
        return list(check(_progress(cases)))
    except DataError as error:
        error.path = error.path or name
        raise


def _progress(cases: list[Any]) -> Iterable[Any]:
    """Show on a terminal how far it has come; nothing elsewhere."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(
        cases,
        description="checking",
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _open_client(endpoint: Endpoint) -> HttpClient:
    return HttpClient(endpoint, faithful=True)


def _read_yaml(text: str) -> Any:
    return parse_yaml(text).value


def _print_counts(name: str, results: list[CaseResult]) -> None:
    total = Counter(result.family for result in results)
    passed = Counter(result.family for result in results if result.passed)
    click.echo(f"{name}: {passed.total()} of {total.total()} cases agree")
    width = max(map(len, total))
    for family in sorted(total):
        click.echo(
            f"{INDENT}{family:<{width}}  {passed[family]:>5} of {total[family]:>5}"
        )


def _print_differences(results: list[CaseResult], *, limit: int) -> None:
    wrong = [result for result in results if not result.passed]
    for result in wrong[:limit]:
        first, *others = result.differences
        click.echo(f"{result.id}: {_place(first)}")
        click.echo(f"{INDENT}Rasa: {shown(first.expected)}")
        click.echo(f"{INDENT}here: {shown(first.got)}")
        if others:
            places = ", ".join(_place(other) for other in others[:3])
            more = ", ..." if len(others) > 3 else ""
            click.echo(f"{INDENT}and {len(others)} more: {places}{more}")
    if len(wrong) > limit > 0:
        click.echo(f"... and {len(wrong) - limit} more cases")


def _place(difference: Difference) -> str:
    return difference.pointer or "the case as a whole"
