"""More or less on the console: `-q` and `-v`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from rasa_mock.core.findings import serious
from rasa_mock.reports.base import Writer
from rasa_mock.run.events import ActionCalled, FindingRaised, RunEvent, RunFinished

if TYPE_CHECKING:
    from rich.console import Console


class Quiet:
    """Hands on only what counts: new findings at or above `fail_on`, and the end."""

    def __init__(self, writer: Writer, *, fail_on: str) -> None:
        self._writer = writer
        self._fail_on = fail_on

    def write(self, event: RunEvent) -> None:
        """Hand on an event that counts."""
        if isinstance(event, FindingRaised):
            finding = event.finding
            if finding.known or not serious(finding.severity, threshold=self._fail_on):
                return
        elif not isinstance(event, RunFinished):
            return
        self._writer.write(event)

    def close(self) -> None:
        """Close the report."""
        self._writer.close()


class Verbose:
    """Writes a line for each call: action, case, status, milliseconds."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def write(self, event: RunEvent) -> None:
        """Show a call."""
        if isinstance(event, ActionCalled):
            took = f"{1000 * event.elapsed:.1f} ms" if event.elapsed else ""
            end = str(event.status) if event.failure is None else event.failure
            found = f"  findings: {event.findings}" if event.findings else ""
            line = f"  {event.action} {event.case}  {end}  {took}{found}"
            self._console.print(Text(line, style="dim"), soft_wrap=True)

    def close(self) -> None:
        """Do nothing: the console stays open."""
