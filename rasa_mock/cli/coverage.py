"""`rasa-mock coverage`: add up what several runs have exercised, and show it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from rasa_mock.errors import UsageError
from rasa_mock.reports.coverage import as_json, page, table, too_little
from rasa_mock.run.coverage import Coverage, read_coverage

PATH = click.Path(path_type=Path)
BELOW = 1


@click.group("coverage", short_help="add up what tests have exercised")
def command() -> None:
    """Say what of a bot its tests exercise: actions, slots, responses, form steps."""


@command.command("combine")
@click.argument("files", nargs=-1, required=True, type=PATH, metavar="FILE...")
@click.option(
    "--fail-under",
    type=click.FloatRange(min=0, max=100),
    metavar="PERCENT",
    help="Exit with 1 if less is exercised.",
)
@click.option("--json", "to_json", type=PATH, metavar="FILE", help="Write the sum.")
@click.option("--html", "to_html", type=PATH, metavar="FILE", help="Write a page.")
def combine(
    files: tuple[Path, ...],
    *,
    fail_under: float | None,
    to_json: Path | None,
    to_html: Path | None,
) -> None:
    """Add up the FILEs that --coverage of check and test and --rasa-cov-json wrote."""
    total = Coverage()
    for file in files:
        total.add(read_coverage(file))
    for line in table(total):
        click.echo(line)
    if to_json is not None:
        write_text(to_json, as_json(total))
    if to_html is not None:
        write_text(to_html, page(total))
    if fail_under is not None and total.percent() < fail_under:
        click.echo(too_little(total, fail_under=fail_under), err=True)
        sys.exit(BELOW)


def write_text(path: Path, text: str) -> None:
    """Write a file; raises UsageError if it cannot be."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot write {str(path)!r}: {error.strerror}; give a file in a folder "
            "that exists and can be written to"
        ) from error
