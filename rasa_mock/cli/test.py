"""`rasa-mock test PATH`: play conversation tests on the fake core.

Exit codes: 0 every test passed, or could not be judged; 1 a test failed; 2 wrong usage
or a bad test file; 3 the action server cannot be reached.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rasa_mock.errors import UsageError
from rasa_mock.resources import DEFAULT_PROFILE

if TYPE_CHECKING:
    from rasa_mock.core.bot import Bot
    from rasa_mock.run.conversation import Setup
    from rasa_mock.run.e2e.results import CaseResult
    from rasa_mock.testing.scripts import Script, Scripts

PATH = click.Path(path_type=Path)
# Where `rasa test e2e` looks if it is told nothing.
USUAL_FILE = Path("tests/e2e_test_cases.yml")
USUAL_FOLDER = Path("tests")
COLOURS = {"passed": "green", "failed": "red", "not judged": "yellow"}


@click.command("test", short_help="play conversation tests")
@click.argument("path", required=False, metavar="[PATH[::NAME]]")
@click.option(
    "--bot",
    type=PATH,
    metavar="BOT",
    help="The bot's folder; by default the nearest one above the tests.",
)
@click.option(
    "--profile",
    default=DEFAULT_PROFILE,
    show_default=True,
    metavar="NAME",
    help="The Rasa that reads the domain: rasa-pro-3.21 for one with flows.",
)
@click.option("--url", metavar="ACTION_SERVER", help="Run actions on this server.")
@click.option(
    "--actions", metavar="PACKAGE", help="Start a rasa-sdk server with this package."
)
@click.option(
    "--stub",
    type=PATH,
    metavar="FILE",
    help="JSON or YAML: what actions answer, by name; stubs of the tests go before it.",
)
@click.option(
    "-o",
    "--e2e-results",
    "results",
    type=PATH,
    is_flag=False,
    flag_value="tests",
    metavar="[DIR]",
    help="Write the results there (default: tests), as Rasa does: *_passed.yml, ...",
)
@click.option(
    "-f",
    "--e2e-failed-tests",
    "failed",
    type=PATH,
    is_flag=False,
    flag_value="tests",
    metavar="[DIR]",
    help="Write the failed tests there (default: tests), ready to be run again.",
)
@click.option("--junit", type=PATH, metavar="FILE", help="Write a JUnit report.")
@click.option(
    "--coverage",
    type=PATH,
    metavar="FILE",
    help="Write what the tests exercise (`rasa-mock coverage combine` reads it).",
)
@click.option("--fail-fast", is_flag=True, help="Stop at the first failed test.")
@click.option(
    "--strict", is_flag=True, help="A test that cannot be judged counts as failed."
)
@click.option("-v", "--verbose", is_flag=True, help="Show each conversation.")
def command(path: str | None, **given: Any) -> None:
    """Play the tests in PATH, a file or a folder; `PATH::NAME` plays one of them.

    Tests are test cases of Rasa Pro (test_cases:), and test stories of Rasa Open Source
    (stories: in test_*.yml). Actions are answered by the stubs of a test, else by the
    server. What only a language model could judge is reported as not judged.
    """
    options = Options(path=path or _usual(), **given)
    sys.exit(run(options))


def _usual() -> str:
    return str(USUAL_FILE if USUAL_FILE.exists() else USUAL_FOLDER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command line of one run."""

    path: str
    bot: Path | None = None
    profile: str = DEFAULT_PROFILE
    url: str | None = None
    actions: str | None = None
    stub: Path | None = None
    results: Path | None = None
    failed: Path | None = None
    junit: Path | None = None
    coverage: Path | None = None
    fail_fast: bool = False
    strict: bool = False
    verbose: bool = False

    def __post_init__(self) -> None:
        if self.url and self.actions:
            raise UsageError("give --url or --actions, not both")


def run(options: Options) -> int:
    """Play the tests, write what is asked for, and return the exit code."""
    from rasa_mock.cli.coverage import write_text
    from rasa_mock.reports.coverage import as_json
    from rasa_mock.run.coverage import Coverage
    from rasa_mock.run.coverage_watch import Watch
    from rasa_mock.testing.scripts import (
        find_files,
        read_bot,
        read_scripts,
        select,
        split_name,
        watched,
    )

    path, name = split_name(options.path)
    files = find_files(path)
    bot = read_bot(options.bot, beside=path, profile=options.profile)
    read = [select(read_scripts(file, bot=bot), name) for file in files]
    _refuse_nothing(read, path=path)
    run = _Run(options=options)
    coverage = Coverage()
    coverage.expect(bot.domain)
    with opened_setup(options, bot) as setup:
        run.play(read, setup=watched(setup, watch=Watch(coverage=coverage)))
    run.write()
    if options.coverage is not None:
        write_text(options.coverage, as_json(coverage))
    return run.code


def _refuse_nothing(read: Sequence[Scripts], *, path: Path) -> None:
    """Raise UsageError where no test was found: nothing would have passed."""
    if not any(file.scripts for file in read):
        notes = [f"; {note}" for file in read for note in file.notes]
        raise UsageError(f"no test to play in {str(path)!r}{''.join(notes)}")


@contextmanager
def opened_setup(options: Options, bot: Bot) -> Iterator[Setup]:
    """Give with what tests are played; a server that is started ends with the block.

    Raises ActionServerError where the action server cannot be used.
    """
    from rasa_mock.testing.scripts import make_setup

    stubs: Mapping[str, Any] = {}
    if options.stub is not None:
        from rasa_mock.assembly import read_stubs

        stubs = read_stubs(options.stub)
    with ExitStack() as stack:
        url = options.url
        if options.actions:
            from rasa_mock.clients.process import ActionServerProcess

            url = stack.enter_context(ActionServerProcess(options.actions)).url
        if url is None:
            yield make_setup(bot, stubs=stubs)
            return
        yield make_setup(bot, stubs=stubs, **_server(url, stack))


def _server(url: str, stack: ExitStack) -> dict[str, Any]:
    """Make the client of an action server that is there."""
    from rasa_mock.clients.http import HttpClient
    from rasa_mock.core.endpoint import Endpoint
    from rasa_mock.core.urls import with_webhook
    from rasa_mock.run.contact import make_contact

    endpoint = Endpoint(url=with_webhook(url))
    client = stack.enter_context(closing(HttpClient(endpoint)))
    make_contact(client)
    return {"action_client": client, "endpoint": endpoint}


@dataclass(slots=True, kw_only=True)
class _Run:
    """What has been played so far."""

    options: Options
    played: list[tuple[Script, CaseResult]] = field(default_factory=list)

    @property
    def results(self) -> list[CaseResult]:
        """The results in order."""
        return [result for _, result in self.played]

    @property
    def code(self) -> int:
        """The exit code."""
        wrong = {"failed", "not judged"} if self.options.strict else {"failed"}
        return int(any(result.outcome in wrong for result in self.results))

    def play(self, files: Sequence[Scripts], *, setup: Setup) -> None:
        """Play the tests of each file and say what comes of them."""
        for file in files:
            click.echo(str(file.path))
            for note in file.notes:
                click.secho(f"  note: {note}", fg="cyan", err=True)
            for script in file.scripts:
                result = script.play(setup=setup)
                self.played.append((script, result))
                for line in _lines(result, verbose=self.options.verbose):
                    click.echo(line)
                if self.options.fail_fast and self.code:
                    click.echo("stopped at the first failed test (--fail-fast)")
                    self._sum_up()
                    return
        self._sum_up()

    def _sum_up(self) -> None:
        outcomes = [result.outcome for result in self.results]
        counts = [
            click.style(f"{outcomes.count(name)} {name}", fg=colour)
            for name, colour in COLOURS.items()
            if name in outcomes or name == "passed"
        ]
        number = len(outcomes)
        click.echo(f"{number} test{'s' * (number != 1)}: {', '.join(counts)}")

    def write(self) -> None:
        """Write the files that are asked for."""
        from rasa_mock.cli.result_files import write_failed, write_results

        options = self.options
        written = []
        if options.results is not None:
            written += write_results(self.results, to=options.results)
        if options.failed is not None:
            written += write_failed(self.played, to=options.failed)
        if options.junit is not None:
            self._write_junit(options.junit)
            written.append(options.junit)
        for path in written:
            click.echo(f"written: {path}", err=True)

    def _write_junit(self, path: Path) -> None:
        from rasa_mock.reports.junit_tests import write_junit

        try:
            with path.open("wb") as file:
                write_junit(self.results, file)
        except OSError as error:
            raise UsageError(
                f"cannot write the report {str(path)!r}: {error.strerror}; give a file "
                "in a folder that exists and can be written to"
            ) from error


def _lines(result: CaseResult, *, verbose: bool) -> Iterator[str]:
    mark = click.style(f"{result.outcome:<10}", fg=COLOURS[result.outcome])
    yield f"  {mark}  {result.name}"
    if result.outcome != "passed" or verbose:
        yield from (f"      {line}" for line in result.explain())
    if verbose:
        yield from (f"        {line}" for line in result.difference)
