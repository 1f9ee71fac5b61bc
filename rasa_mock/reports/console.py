"""The report for people: grouped by action, readable at 80 columns.

Colours, and a progress bar once a run has taken a while, only on a terminal.  Commands
to copy are never broken by the terminal's width.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from rasa_mock.core.findings import SEVERITIES, Finding, serious
from rasa_mock.reports.reproduce import Reproduction, folded
from rasa_mock.run.events import (
    ActionCalled,
    ActionFinished,
    ActionStarted,
    FindingRaised,
    RunEvent,
    RunFinished,
    RunStarted,
)

if TYPE_CHECKING:
    from rich.console import Console

STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}
FINE = "green"
DIM = "dim"
PATIENCE = 1.5
"""Seconds before a progress bar is worth its place."""
BAR_WIDTH = 24
INDENT = 2
CONTROLS = dict.fromkeys((*range(10), *range(11, 32), *range(127, 160)), "\ufffd")
LABELS = ("where", "expected", "got", "effect", "do", "seen in")


class ConsoleWriter:
    """Writes to a rich console as the run goes on."""

    def __init__(
        self, console: Console, *, fail_on: str, reproduction: Reproduction
    ) -> None:
        self._console = console
        self._fail_on = fail_on
        self._reproduction = reproduction
        self._started = time.perf_counter()
        self._progress = _Progress(console)
        self._raised: list[FindingRaised] = []

    def write(self, event: RunEvent) -> None:
        """Show one event."""
        if isinstance(event, RunStarted):
            self._progress.total = len(event.actions)
            self._head(event)
        elif isinstance(event, ActionStarted):
            self._findings()
            self._progress.begin(event)
        elif isinstance(event, ActionCalled):
            self._progress.step()
        elif isinstance(event, FindingRaised):
            self._raised.append(event)
        elif isinstance(event, ActionFinished):
            self._action(event)
        elif isinstance(event, RunFinished):
            self._progress.stop()
            self._foot(event)

    def close(self) -> None:
        """Take the progress bar away, whatever happened."""
        self._progress.stop()

    def _print(self, text: Text, *, indent: int = 0) -> None:
        self._console.print(Padding(text, (0, 0, 0, indent), expand=False))

    def _head(self, event: RunStarted) -> None:
        self._print(Text(f"Checking {event.url}", style="bold"))
        actions = _counted(len(event.actions), "action")
        self._print(
            Text(
                f"{actions}, {event.cases} cases each or more, seed {event.seed}, "
                f"locale {event.locale}, profile {event.profile}",
                style=DIM,
            )
        )
        for note in event.notes:
            self._print(Text(f"note: {note}", style=DIM))
        self._console.print()

    def _action(self, event: ActionFinished) -> None:
        calls = _counted(event.calls, "call")
        skipped = f", {event.skipped} left out: {event.reason}" if event.reason else ""
        head = Text(event.action, style="bold")
        head.append(f"  {calls}{skipped}", style=DIM)
        if not self._raised:
            head.append("  fine", style=FINE)
        self._print(head)
        self._findings()

    def _findings(self) -> None:
        for raised in self._raised:
            self._finding(raised)
        self._raised.clear()

    def _finding(self, raised: FindingRaised) -> None:
        finding = raised.finding
        table = Table.grid(padding=(0, 1))
        table.add_column(no_wrap=True, width=9)
        table.add_column(overflow="fold")
        head = Text(f"{finding.rule}  ", style="bold")
        head.append(printable(finding.message), style="default")
        table.add_row(Text(finding.severity, style=STYLES[finding.severity]), head)
        for label, text in zip(LABELS, _details(finding), strict=True):
            if text:
                table.add_row(Text(label, style=DIM), Text(printable(text)))
        self._console.print(Padding(table, (0, 0, 0, INDENT), expand=False))
        if serious(finding.severity, threshold=self._fail_on):
            self._commands(raised)
        self._console.print()

    def _commands(self, raised: FindingRaised) -> None:
        """Show the commands that make the call again; the terminal may wrap them."""
        if raised.finding.case is None:
            return
        again = self._reproduction.command(raised.finding)
        lines = [folded(again, indent=INDENT * 2)]
        if raised.request is not None:
            body = raised.request.body
            lines.append(
                self._reproduction.curl(raised.finding, body=body, indent=INDENT * 2)
            )
        for line in lines:
            self._console.print(Text(printable(line)), soft_wrap=True)

    def _foot(self, event: RunFinished) -> None:
        self._findings()
        self._console.print()
        rate = event.calls / event.elapsed if event.elapsed else 0.0
        found = Text(style="bold")
        for number, severity in enumerate(SEVERITIES):
            count = event.counts[severity]
            found.append(", " if number else "", style="default")
            name = severity if severity == "info" else _plural(count, severity)
            found.append(f"{count} {name}", style=STYLES[severity] if count else DIM)
        self._print(found)
        self._print(
            Text(
                f"{_counted(event.actions, 'action')}, "
                f"{_counted(event.calls, 'call')} in {event.elapsed:.1f} s "
                f"({rate:.0f} a second)",
                style=DIM,
            )
        )
        if any(event.counts.values()):
            self._print(
                Text("rasa-mock explain RULE says more about a rule", style=DIM)
            )
        if event.known:
            self._print(Text(f"{event.known} of them in the baseline", style=DIM))
        ended = event.lost or event.stopped
        if ended is not None:
            self._print(Text(f"the run ended early: {ended}", style="bold red"))


class _Progress:
    """The progress bar: nothing at all until a run has taken its time."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._since = time.perf_counter()
        self._possible = console.is_terminal
        self._bar: Progress | None = None
        self._task = None
        self._action: ActionStarted | None = None
        self._done = 0
        self.total = 0

    def begin(self, event: ActionStarted) -> None:
        """Begin an action."""
        self._action = event
        self._done = 0

    def step(self) -> None:
        """Count a call."""
        self._done += 1
        if not self._possible:
            return
        if self._bar is None and time.perf_counter() - self._since > PATIENCE:
            self._start()
        if self._bar is not None and self._action is not None:
            self._bar.update(
                self._bar.task_ids[0],
                completed=self._done,
                total=self._action.cases,
                description=self._action.action,
            )

    def stop(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _start(self) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=BAR_WIDTH),
            MofNCompleteColumn(),
            console=self._console,
            transient=True,
        )
        self._bar.add_task("")
        self._bar.start()


def _details(finding: Finding) -> Iterable[str]:
    """Return the texts for LABELS; what is only worth knowing is said in short."""
    brief = finding.severity == "info"
    calls = f"{finding.count} of {_counted(finding.calls, 'call')}"
    small = f"; {finding.shrunk}" if finding.shrunk else ""
    return (
        "" if brief else finding.pointer,
        "" if brief else finding.expected,
        "" if brief else finding.got,
        finding.rasa,
        finding.hint,
        f"{calls}, as in case {finding.case}{small}"
        if finding.case is not None
        else "",
    )


def printable(text: str) -> str:
    """Take out what a server could steer the terminal with."""
    return text.translate(CONTROLS)


def _counted(count: int, noun: str) -> str:
    return f"{count} {_plural(count, noun)}"


def _plural(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"
