"""Check with `--profile all`: whether the server survives the other versions of Rasa.

One run after the other, each with its own reports, and at the end a line for each
profile.  The exit code is the worst of all runs.  A profile whose Rasa cannot load the
domain says nothing about the server and does not count, unless that goes for all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rasa_mock.cli.check_result import INTERRUPTED
from rasa_mock.core.profile import PROFILES, Profile
from rasa_mock.errors import ActionServerError, DataError, UsageError

if TYPE_CHECKING:
    from rasa_mock.cli.check_options import CheckOptions
    from rasa_mock.cli.check_result import Result

STDOUT = "-"
WIDTH = max(map(len, PROFILES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a server does with one profile; `code` is None where it was not checked."""

    profile: Profile
    code: int | None
    words: str


def run_all(options: CheckOptions, *, played: Callable[[CheckOptions], Result]) -> int:
    """Check the server once for each profile and return the worst exit code.

    Raises the last DataError if no profile's Rasa can load the domain.
    """
    verdicts: list[Verdict] = []
    aside = any(report.endswith(f"={STDOUT}") for report in options.reports)
    refused: DataError | None = None
    for profile in PROFILES.values():
        try:
            verdicts.append(_verdict(profile, options, played=played))
        except DataError as error:
            if error.phase != "domain":
                raise
            refused = error
            words = f"not checked: this Rasa cannot load the domain ({error.message})"
            verdicts.append(Verdict(profile=profile, code=None, words=words))
        if verdicts[-1].code == INTERRUPTED:
            break
    codes = [verdict.code for verdict in verdicts if verdict.code is not None]
    if not codes and refused is not None:
        raise refused
    click.echo("\ndoes the server survive the other versions?", err=aside)
    for verdict in verdicts:
        click.echo(f"  {verdict.profile.name:<{WIDTH}}  {verdict.words}", err=aside)
    return max(codes)


def _verdict(
    profile: Profile,
    options: CheckOptions,
    *,
    played: Callable[[CheckOptions], Result],
) -> Verdict:
    reports = [_of_profile(report, profile) for report in options.reports]
    try:
        own = replace(
            options,
            profile=profile.name,
            reports=reports,
            coverage=_own_file(options.coverage, profile),
        )
        result = played(own)
    except ActionServerError as error:
        code = error.exit_code
        return Verdict(profile=profile, code=code, words=f"no: {error}")
    counts = Counter(finding.severity for finding in result.found)
    found = ", ".join(_counted(counts[name], name) for name in ("error", "warning"))
    code = result.finish()
    return Verdict(
        profile=profile, code=code, words=f"{_ANSWERS.get(code, 'no')}: {found}"
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


_ANSWERS = {0: "yes", 1: "no", 3: "no, it went away", INTERRUPTED: "interrupted"}


def _of_profile(report: str, profile: Profile) -> str:
    """Give each profile a report of its own: `a.html` becomes `a-rasa-2.8.html`."""
    kind, _, file = report.partition("=")
    if file == STDOUT:
        if kind != "ndjson":
            raise UsageError(
                f"--report {report} with --profile all would write several documents "
                "into one; give a file, of which each profile gets its own"
            )
        return report
    return f"{kind}={_own_file(Path(file), profile)}"


def _own_file(path: Path | None, profile: Profile) -> Path | None:
    return path and path.with_name(f"{path.stem}-{profile.name}{path.suffix}")
