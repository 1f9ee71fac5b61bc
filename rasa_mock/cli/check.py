"""`rasa-mock check`: contract-check every action of an action server.

Exit codes: 0 nothing at or above `--fail-on`; 1 findings; 2 wrong usage or a bad input
file; 3 the action server cannot be used or went away; 130 interrupted.  What is checked
and how is put together in `check_plan`, what is written in `check_reports`.
"""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from rasa_mock.cli.check_config import (
    actions_of_file,
    only_one_target,
    read_defaults,
    take_environment,
)
from rasa_mock.cli.check_options import DEFAULT_CASES, DEFAULT_TIMEOUT, CheckOptions
from rasa_mock.cli.check_result import Result
from rasa_mock.core.profile import ALL
from rasa_mock.resources import DEFAULT_PROFILE
from rasa_mock.run.baseline import check_writable

TERMINATED = 143
# Objects made before the garbage collector looks; Python's own first number is 700.
SELDOM = (100_000, 20, 20)
PATH = click.Path(path_type=Path)
SECONDS = click.FloatRange(min=0, min_open=True)


@click.command("check", short_help="contract-check an action server")
@click.argument("url", required=False)
@click.option(
    "--domain",
    type=PATH,
    required=True,
    metavar="PATH",
    help="The bot's domain: a file, or a folder as Rasa merges it.",
)
@click.option(
    "--actions",
    metavar="PACKAGE",
    help="Start this rasa-sdk package on a free port of 127.0.0.1, and stop it again.",
)
@click.option(
    "--action",
    "names",
    multiple=True,
    metavar="NAME",
    help="Check only this action (may be repeated).",
)
@click.option("--case", metavar="ID", help="Make only this case of the one --action.")
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="The same seed makes the same requests, byte for byte.",
)
@click.option(
    "--cases",
    type=click.IntRange(min=1),
    default=DEFAULT_CASES,
    show_default=True,
    metavar="N",
    help="Call each action at least so often.",
)
@click.option(
    "--locale",
    default="en_US",
    show_default=True,
    help="Whose names, places and words are made up.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=DEFAULT_TIMEOUT,
    show_default=True,
    metavar="SECONDS",
    help="How long one call may take; Rasa waits 300.",
)
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="'NAME: VALUE'",
    help="Send this header with each call (may be repeated).",
)
@click.option("--token", help="Send this token, as endpoints.yml has it.")
@click.option(
    "--profile",
    default=DEFAULT_PROFILE,
    show_default=True,
    metavar="NAME",
    help="The Rasa to imitate (`rasa-mock schema profiles` lists them), or all.",
)
@click.option(
    "--active-form",
    is_flag=True,
    help="Also send the form under its old name, which servers of rasa-sdk 1 read.",
)
@click.option(
    "--schemas",
    type=PATH,
    multiple=True,
    metavar="DIR",
    help="Schemas of your own event types and slots (may be repeated).",
)
@click.option(
    "--select", multiple=True, metavar="RULE", help="Only rules that begin so: RM3."
)
@click.option(
    "--ignore", multiple=True, metavar="RULE", help="No rules that begin so: RM306."
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    default="warning",
    show_default=True,
    help="Exit with 1 for findings of this severity or above.",
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="KIND=FILE",
    help="Also write ndjson=FILE, junit=, sarif=, html= or markdown=FILE.",
)
@click.option(
    "--observe/--no-observe",
    default=True,
    help="With --actions: look into the server's process for what rasa-sdk hides.",
)
@click.option(
    "--behaviour/--no-behaviour",
    default=True,
    help="Also look at several calls together (RM7): repeat, mix users, wait, grow.",
)
@click.option(
    "--shrink/--no-shrink",
    default=True,
    help="Look for the smallest case that shows a finding.",
)
@click.option(
    "--nlu",
    type=PATH,
    multiple=True,
    metavar="PATH",
    help="Training data to take texts and entities from: nlu.yml or the bot's folder.",
)
@click.option(
    "--metadata",
    type=PATH,
    metavar="FILE",
    help="JSON: what your channel sends as metadata, an object or a list of them.",
)
@click.option(
    "--channel",
    "channels",
    multiple=True,
    metavar="NAME",
    help="Your channels instead of rest (may be repeated).",
)
@click.option(
    "--sender-id",
    "sender_ids",
    multiple=True,
    metavar="ID",
    help="Sender ids that exist, instead of fresh ones (may be repeated).",
)
@click.option(
    "--slow",
    type=SECONDS,
    metavar="SECONDS",
    help="A call that takes longer is a finding (RM707).",
)
@click.option(
    "--max-time", type=SECONDS, metavar="SECONDS", help="End the run after so long."
)
@click.option(
    "--stop-after",
    type=click.IntRange(min=1),
    metavar="N",
    help="End the run after N findings that count for --fail-on.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Check N actions side by side; what is found is the same.",
)
@click.option(
    "--baseline",
    type=PATH,
    metavar="FILE",
    help="Known findings: fail only on what is not in this file.",
)
@click.option(
    "--update-baseline", is_flag=True, help="Write what is found to --baseline."
)
@click.option(
    "--coverage",
    type=PATH,
    metavar="FILE",
    help="Write what is exercised (`rasa-mock coverage combine` reads it).",
)
@click.option("-q", "--quiet", is_flag=True, help="Only what counts for --fail-on.")
@click.option("-v", "--verbose", is_flag=True, help="Also a line for each call.")
@click.option(
    "--config",
    type=PATH,
    metavar="FILE",
    is_eager=True,
    expose_value=False,
    callback=read_defaults,
    help="Read this file instead of rasa_mock.toml or pyproject.toml.",
)
@click.option(
    "--show-request",
    is_flag=True,
    help="Print the body of one --action and --case, and call nothing.",
)
def command(**given: Any) -> None:
    """Check every action that the domain lists or the server reports.

    Give the URL of a running action server (http://localhost:5055/webhook), or a
    rasa-sdk package with --actions. Each action is called in states that a dialogue can
    reach; each answer is checked against the protocol and the domain, and each finding
    says what real Rasa makes of it.
    """
    options = CheckOptions(**only_one_target(given), per_action=actions_of_file())
    with ended_by_signal(), seldom_collected():
        if options.show_request:
            _show_request(options)
        else:
            sys.exit(run(options))


take_environment(command)


def run(options: CheckOptions) -> int:
    """Make one run, or one for each profile, and return the exit code."""
    if options.profile == ALL:
        from rasa_mock.cli.check_profiles import run_all

        return run_all(options, played=played)
    return played(options).finish()


def played(options: CheckOptions) -> Result:
    """Make one run and return what it comes to."""
    from rasa_mock.cli.check_plan import opened_plan
    from rasa_mock.cli.check_reports import open_writers
    from rasa_mock.reports.base import observed
    from rasa_mock.run.harness import check

    if options.update_baseline and options.baseline is not None:
        check_writable(options.baseline)
    result = Result(options=options)
    with open_writers(options) as writers, opened_plan(options) as plan:
        for event in observed(check(plan), writers):
            result.take(event)
    return result


def _show_request(options: CheckOptions) -> None:
    from rasa_mock.cli.check_plan import request_body

    sys.stdout.buffer.write(request_body(options))
    sys.stdout.buffer.flush()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look for circles of garbage seldom: a run makes few, and the search is dear."""
    before = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def ended_by_signal() -> Iterator[None]:
    """Make SIGTERM end the run in an orderly way, so that no server is left behind."""

    def end(_number: int, _frame: Any) -> None:
        raise SystemExit(TERMINATED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
