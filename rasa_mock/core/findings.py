"""What a check has found: one value per mistake, and how equal ones are gathered.

A `Finding` is data, never an exception: what is wrong, where, what was expected, what
came, what real Rasa makes of it, what to do.  Rules (`rasa_mock.rules`) make them,
reports write them.  No judgement lives here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

SEVERITIES = ("error", "warning", "info")
"""From the most to the least serious.

error: Rasa loses the events or the turn, or the user gets a wrong message or none.
warning: Rasa accepts it without a word, and it is likely a mistake.
info: legal, worth knowing.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One mistake of one action.

    `pointer` is a JSON pointer into the answer; `subject` is what the finding is about
    (a slot's name, an event's type): findings of one rule about one subject of one
    action are the same mistake.  `case` and `seed` reproduce the call; `size` is the
    number of events in its tracker.  `count` of `calls` calls of the action showed it.
    `known` findings are in the baseline; `shrunk` says what of the case is needed.
    """

    rule: str
    severity: str
    title: str
    action: str
    message: str
    pointer: str = ""
    subject: str = ""
    expected: str = ""
    got: str = ""
    rasa: str = ""
    hint: str = ""
    case: str | None = None
    seed: int | None = None
    reachable: bool = True
    size: int = 0
    count: int = 1
    calls: int = 1
    known: bool = False
    shrunk: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what two findings share when they are the same mistake."""
        return (self.rule, self.action, self.subject)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as a JSON object, in order."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def serious(severity: str, *, threshold: str) -> bool:
    """Tell whether a severity is at or above a threshold; `never` is above all."""
    if threshold == "never":
        return False
    return SEVERITIES.index(severity) <= SEVERITIES.index(threshold)


def gather(findings: Iterable[Finding], *, calls: int) -> list[Finding]:
    """Make one finding of those that are the same mistake, the most serious first.

    The one kept is from the smallest case that shows it: reachable before unreachable,
    then the fewest events, then the first.  `calls` is how many calls were made.
    """
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.key, []).append(finding)
    gathered = [_one_of(group, calls=calls) for group in groups.values()]
    return sorted(gathered, key=lambda f: (SEVERITIES.index(f.severity), f.rule))


def _one_of(group: Sequence[Finding], *, calls: int) -> Finding:
    smallest = min(
        group,
        key=lambda f: (not f.reachable, SEVERITIES.index(f.severity), f.size),
    )
    cases = {finding.case for finding in group}
    return replace(smallest, count=len(cases), calls=calls)


def count_by_severity(findings: Iterable[Finding]) -> dict[str, int]:
    """Count findings per severity; every severity has an entry."""
    counts = dict.fromkeys(SEVERITIES, 0)
    for finding in findings:
        counts[finding.severity] += 1
    return counts
