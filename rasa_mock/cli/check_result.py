"""What a run of `rasa-mock check` comes to: the exit code, and the baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from rasa_mock.cli.check_options import CheckOptions
from rasa_mock.core.findings import Finding, serious
from rasa_mock.errors import ActionServerError, DataError
from rasa_mock.run.baseline import read_baseline, write_baseline
from rasa_mock.run.events import FindingRaised, RunEvent, RunFinished, RunStarted

FOUND = 1
INTERRUPTED = 130


@dataclass(slots=True, kw_only=True)
class Result:
    """What a run comes to: its exit code, and the baseline to write."""

    options: CheckOptions
    code: int = 0
    complete: bool = True
    found: list[Finding] = field(default_factory=list)
    actions: Sequence[str] = ()

    def take(self, event: RunEvent) -> None:
        """Take note of an event."""
        if isinstance(event, FindingRaised):
            self._found(event.finding)
        elif isinstance(event, RunStarted):
            self.actions = event.actions
        elif isinstance(event, RunFinished):
            self.complete = event.lost is None and event.stopped is None
            if event.lost is not None:
                self.code = ActionServerError.exit_code
            if event.interrupted:
                self.code = INTERRUPTED

    def _found(self, finding: Finding) -> None:
        asked = serious(finding.severity, threshold=self.options.fail_on)
        if asked or finding.severity != "info":
            self.found.append(finding)
        if finding.known or self.options.update_baseline:
            return
        if asked:
            self.code = FOUND

    def finish(self) -> int:
        """Write the baseline if asked to, and return the exit code."""
        path = self.options.baseline
        if path is None:
            return self.code
        if not self.complete:
            if self.options.update_baseline:
                click.echo(f"{path} is left as it was: the run ended early", err=True)
        elif self.options.update_baseline:
            self._update(path)
        else:
            self._tell_gone(path)
        return self.code

    def _update(self, path: Path) -> None:
        others: list[Mapping[str, Any]] = []
        if path.exists():
            with suppress(DataError):  # what is broken is written anew
                others = read_baseline(path).others(**self._scope())
        write_baseline(path, self.found, others=others)
        kept = f", {len(others)} that were not checked are kept" if others else ""
        count = len(self.found)
        findings = "1 finding" if count == 1 else f"{count} findings"
        click.echo(f"{findings} written to {path}{kept}", err=True)

    def _tell_gone(self, path: Path) -> None:
        """Name the known findings that are no longer there."""
        gone = read_baseline(path).gone(self.found, **self._scope())
        for entry in gone:
            click.echo(f"in {path}, and no longer found: {entry}", err=True)
        if gone:
            click.echo("take them out with --update-baseline", err=True)

    def _scope(self) -> dict[str, Sequence[str]]:
        """Return the actions and rules that the run was about."""
        from rasa_mock.rules.catalogue import selected

        chosen = selected(select=self.options.select, ignore=self.options.ignore)
        if self.options.case is not None:
            return {"actions": (), "rules": ()}
        return {"actions": self.actions, "rules": [rule.id for rule in chosen]}
