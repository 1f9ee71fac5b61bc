"""What came of a conversation test, as values; reports and pytest items show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_mock.core.findings import Finding

PASSED = "passed"
FAILED = "failed"
NOT_JUDGED = "not judged"
OUTCOMES = (PASSED, FAILED, NOT_JUDGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What did not come true: `key` is the step or assertion that says so.

    `seen` is what happened instead, a line each.
    """

    key: str
    message: str
    line: int | None = None
    is_assertion: bool = False
    seen: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged:
    """What nobody can judge without a model, and why."""

    key: str
    reason: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """One conversation test that was played.

    `difference` is the case as it was expected, with what came instead; `steps` are the
    steps as the file has them.  A test with nothing wrong and something unjudged is not
    judged, never passed.
    """

    name: str
    path: str
    line: int | None = None
    failures: Sequence[Failure] = ()
    unjudged: Sequence[Unjudged] = ()
    findings: Sequence[Finding] = ()
    difference: Sequence[str] = ()
    steps: Sequence[Mapping[str, Any]] = ()
    elapsed: float = 0.0

    @property
    def outcome(self) -> str:
        """One of `OUTCOMES`."""
        if self.failures:
            return FAILED
        return NOT_JUDGED if self.unjudged else PASSED

    @property
    def place(self) -> str:
        """File and line of the first failure, or of the test."""
        line = self.failures[0].line if self.failures else None
        return _place(self.path, line or self.line)

    @property
    def unjudged_keys(self) -> str:
        """Names of what was not judged, each once."""
        return ", ".join(dict.fromkeys(each.key for each in self.unjudged))

    def explain(self) -> Iterator[str]:
        """Yield in lines what went wrong, what was not judged, what Rasa would log."""
        for failure in self.failures:
            place = _place(self.path, failure.line or self.line)
            yield f"{place}: {failure.message}"
            yield from (f"    {line}" for line in failure.seen)
        for each in self.unjudged:
            place = _place(self.path, each.line or self.line)
            yield f"{place}: not judged: {each.key}: {each.reason}"
        for finding in self.findings:
            subject = f"{finding.action}: " if finding.action else ""
            does = finding.rasa.removeprefix("Rasa ")
            yield (
                f"{finding.rule} {finding.severity}: {subject}{finding.title}: "
                f"{finding.message}; Rasa {does}"
            )


def _place(path: str, line: int | None) -> str:
    return path if line is None else f"{path}:{line}"
