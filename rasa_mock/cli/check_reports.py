"""Open the reports of `rasa-mock check`, all of them before the run begins."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import IO

from rich.console import Console

from rasa_mock.cli.check_options import CheckOptions
from rasa_mock.errors import UsageError
from rasa_mock.reports.amount import Quiet, Verbose
from rasa_mock.reports.base import Writer
from rasa_mock.reports.console import ConsoleWriter
from rasa_mock.reports.coverage import CoverageWriter
from rasa_mock.reports.github import VARIABLE, GithubWriter
from rasa_mock.reports.html import HtmlWriter
from rasa_mock.reports.junit import JunitWriter
from rasa_mock.reports.markdown import MarkdownWriter
from rasa_mock.reports.ndjson import NdjsonWriter
from rasa_mock.reports.reproduce import Reproduction
from rasa_mock.reports.rule_text import RuleText
from rasa_mock.reports.sarif import SarifWriter
from rasa_mock.rules.catalogue import all_rules

STDOUT = "-"
CONTENT_TYPE = ("Content-Type", "application/json")
NARROW = 80


@contextmanager
def open_writers(options: CheckOptions) -> Iterator[list[Writer]]:
    """Give the console and the reports asked for; raises UsageError if one cannot be.

    A report to `-` goes to standard output, and the console to standard error.
    """
    reproduction = Reproduction(
        arguments=options.repeating(), url=options.webhook, headers=[CONTENT_TYPE]
    )
    wanted = options.read_reports()
    taken = any(file == STDOUT for _, file in wanted)
    console = Console(stderr=taken, highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console.width = NARROW
    for stream in (sys.stdout, sys.stderr):
        # An answer may hold what no terminal can show, such as half a character.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    shown: Writer = ConsoleWriter(
        console, fail_on=options.fail_on, reproduction=reproduction
    )
    if options.quiet:
        shown = Quiet(shown, fail_on=options.fail_on)
    writers: list[Writer] = [shown]
    if options.verbose:
        writers.append(Verbose(console))
    if os.environ.get(VARIABLE) == "true" and not taken:
        writers.append(GithubWriter(sys.stdout))
    with ExitStack() as stack:
        for kind, file in wanted:
            binary = stack.enter_context(_opened(file))
            writers.append(WRITERS[kind](binary, options, reproduction))
        if options.coverage is not None:
            binary = stack.enter_context(_opened(str(options.coverage)))
            writers.append(CoverageWriter(binary))
        yield writers


def _ndjson(file: IO[bytes], _options: CheckOptions, again: Reproduction) -> Writer:
    return NdjsonWriter(file, reproduction=again)


def _junit(file: IO[bytes], options: CheckOptions, again: Reproduction) -> Writer:
    return JunitWriter(file, fail_on=options.fail_on, reproduction=again)


def _sarif(file: IO[bytes], options: CheckOptions, again: Reproduction) -> Writer:
    return SarifWriter(
        file,
        reproduction=again,
        rules=rule_texts(),
        domain=options.domain,
        version=version("rasa-mock"),
    )


def _html(file: IO[bytes], options: CheckOptions, again: Reproduction) -> Writer:
    return HtmlWriter(
        file, fail_on=options.fail_on, reproduction=again, rules=rule_texts()
    )


def _markdown(file: IO[bytes], options: CheckOptions, again: Reproduction) -> Writer:
    return MarkdownWriter(file, fail_on=options.fail_on, reproduction=again)


WRITERS: Mapping[str, Callable[[IO[bytes], CheckOptions, Reproduction], Writer]] = {
    "ndjson": _ndjson,
    "junit": _junit,
    "sarif": _sarif,
    "html": _html,
    "markdown": _markdown,
}


def rule_texts() -> dict[str, RuleText]:
    """Return what reports say of each rule."""
    return {
        rule.id: RuleText(
            title=rule.title, severity=rule.severity, explanation=rule.text
        )
        for rule in all_rules()
    }


@contextmanager
def _opened(file: str) -> Iterator[IO[bytes]]:
    if file == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        opened = Path(file).open("wb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise UsageError(
            f"cannot write the report {file!r}: {error.strerror}; give a file in a "
            "folder that exists and can be written to"
        ) from error
    with opened:
        yield opened
