"""The report for a pull request's comment: Markdown, short enough to be read there."""

from __future__ import annotations

import re
from typing import IO

from rasa_mock.core.findings import Finding
from rasa_mock.reports.reproduce import Reproduction, folded
from rasa_mock.reports.run_record import RunRecord
from rasa_mock.run.events import RunEvent

# GitHub takes 65,536 characters in a comment.
LONGEST = 60_000
MARKS = {"error": "❌", "warning": "⚠️", "info": "ℹ️"}  # noqa: RUF001 - shown so
# What Markdown or HTML would take for its own.
SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$@-])")


class MarkdownWriter:
    """Gathers the run and writes it to an open binary file when it is closed."""

    def __init__(
        self, file: IO[bytes], *, fail_on: str, reproduction: Reproduction
    ) -> None:
        self._file = file
        self._fail_on = fail_on
        self._reproduction = reproduction
        self._record = RunRecord()

    def write(self, event: RunEvent) -> None:
        """Take note of an event."""
        self._record.take(event)

    def close(self) -> None:
        """Write the document."""
        record = self._record
        verdict = "failed" if record.fails(fail_on=self._fail_on) else "passed"
        text = f"### Action server check {verdict}\n\n{record.summary()}\n"
        if record.finished is not None and record.finished.lost:
            text += f"\n**{_plain(record.finished.lost)}**\n"
        findings = [each.finding for each in record.raised]
        if findings:
            text += "\n| | rule | action | what | calls |\n|---|---|---|---|---|\n"
            text += "".join(_row(finding) for finding in findings)
        for finding in findings:
            details = self._details(finding)
            if len(text) + len(details) > LONGEST:
                text += "\n… the rest is in the other reports.\n"
                break
            text += details
        self._file.write(text.encode("utf-8", "backslashreplace"))

    def _details(self, finding: Finding) -> str:
        rows = {
            "where": finding.pointer or "the whole answer",
            "expected": finding.expected,
            "got": finding.got,
            "effect": finding.rasa,
            "do": finding.hint,
        }
        lines = [
            f"- {name}: {_code(text) if name in _EXACT else _plain(text)}"
            for name, text in rows.items()
            if text
        ]
        head = f"{finding.rule} {_plain(finding.action)}: {_plain(finding.message)}"
        command = folded(self._reproduction.command(finding))
        return (
            f"\n<details><summary>{head}</summary>\n\n"
            + "\n".join(lines)
            + f"\n\n```sh\n{command}\n```\n\n</details>\n"
        )


_EXACT = ("where", "got")


def _row(finding: Finding) -> str:
    cells = (
        MARKS[finding.severity],
        finding.rule,
        _code(finding.action),
        _plain(finding.message),
        f"{finding.count} of {finding.calls}",
    )
    return f"| {' | '.join(cells)} |\n"


def _plain(text: str) -> str:
    """Write a text so that it is shown as it is, on one line."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    """Write a text in backquotes, more of them than it has itself."""
    line = " ".join(text.split()).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{space}{line}{space}{fence}"
