"""A run as a whole, for the reports that are written when it is over."""

from __future__ import annotations

from dataclasses import dataclass, field

from rasa_mock.core.findings import SEVERITIES, count_by_severity, serious
from rasa_mock.run.events import (
    ActionFinished,
    FindingRaised,
    RunEvent,
    RunFinished,
    RunStarted,
)


@dataclass(slots=True, kw_only=True)
class RunRecord:
    """What has been seen of a run so far; `take` each event."""

    started: RunStarted | None = None
    raised: list[FindingRaised] = field(default_factory=list)
    actions: list[ActionFinished] = field(default_factory=list)
    finished: RunFinished | None = None

    def take(self, event: RunEvent) -> None:
        """Take note of an event."""
        if isinstance(event, RunStarted):
            self.started = event
        elif isinstance(event, FindingRaised):
            self.raised.append(event)
        elif isinstance(event, ActionFinished):
            self.actions.append(event)
        elif isinstance(event, RunFinished):
            self.finished = event

    @property
    def counts(self) -> dict[str, int]:
        """Number of findings of each severity."""
        return count_by_severity(raised.finding for raised in self.raised)

    @property
    def rules(self) -> list[str]:
        """Ids of the rules that found something."""
        return sorted({raised.finding.rule for raised in self.raised})

    @property
    def names(self) -> list[str]:
        """The actions, in the order of the run, and the server if it was at fault."""
        names = [each.action for each in self.actions]
        others = [raised.finding.action for raised in self.raised]
        return list(dict.fromkeys([*names, *others]))

    def worst(self, action: str, rule: str) -> str | None:
        """Return the highest severity that a rule found in an action."""
        found = {
            raised.finding.severity
            for raised in self.raised
            if (raised.finding.action, raised.finding.rule) == (action, rule)
        }
        return next((each for each in SEVERITIES if each in found), None)

    def fails(self, *, fail_on: str) -> bool:
        """Tell whether a finding is serious enough, or the server was lost."""
        lost = self.finished is not None and self.finished.lost is not None
        return lost or any(
            serious(raised.finding.severity, threshold=fail_on)
            for raised in self.raised
        )

    def summary(self) -> str:
        """Say in one line how the run went."""
        parts = [
            f"{count} {severity}{_plural(severity, count)}"
            for severity, count in self.counts.items()
            if count
        ]
        found = ", ".join(parts) or "no findings"
        if self.finished is None:
            return f"{found}; the run was not finished"
        calls = f"{self.finished.actions} actions, {self.finished.calls} calls"
        return f"{found} in {calls}, {self.finished.elapsed:.1f} s"


def _plural(severity: str, count: int) -> str:
    return "" if severity == "info" or count == 1 else "s"
