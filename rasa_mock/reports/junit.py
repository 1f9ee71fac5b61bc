"""The report for CI servers: JUnit XML.

One suite an action.  A finding at or above the threshold is a failed test case, named
after its rule; what lies below stands in the suite's output.  An action without a
failure has one test case that passed: its calls.

Written so that both schemas in use take it: Jenkins' junit-10.xsd and the stricter one
of Ant (windyroad/JUnit-Schema), which wants `package`, `id`, `hostname` and `timestamp`
on every suite, and `properties`, `system-out` and `system-err` inside.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import IO
from xml.etree import ElementTree as ET

from rasa_mock.clock import system_now
from rasa_mock.core.findings import Finding, serious
from rasa_mock.reports.reproduce import Reproduction, folded
from rasa_mock.run.events import (
    ActionFinished,
    ActionStarted,
    FindingRaised,
    RunEvent,
    RunFinished,
    RunStarted,
)

# What XML 1.0 cannot say, not even escaped.
ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SERVER = "server"


@dataclass(slots=True, kw_only=True)
class Suite:
    """The findings of one action, until it is written."""

    name: str
    findings: list[Finding] = field(default_factory=list)
    calls: int = 0
    elapsed: float = 0.0
    error: str | None = None


class JunitWriter:
    """Gathers the run and writes it to an open binary file when it is closed."""

    def __init__(
        self, file: IO[bytes], *, fail_on: str, reproduction: Reproduction
    ) -> None:
        self._file = file
        self._fail_on = fail_on
        self._reproduction = reproduction
        self._suites: dict[str, Suite] = {}
        self._current = SERVER
        self._started: RunStarted | None = None
        self._timestamp = timestamp()

    def write(self, event: RunEvent) -> None:
        """Take note of an event."""
        if isinstance(event, RunStarted):
            self._started = event
        elif isinstance(event, ActionStarted):
            self._current = event.action
            self._suite(event.action)
        elif isinstance(event, FindingRaised):
            self._suite(event.finding.action or SERVER).findings.append(event.finding)
        elif isinstance(event, ActionFinished):
            suite = self._suite(event.action)
            suite.calls, suite.elapsed = event.calls, event.elapsed
        elif isinstance(event, RunFinished) and event.lost is not None:
            self._suite(self._current).error = event.lost

    def close(self) -> None:
        """Write the document."""
        root = ET.Element("testsuites")
        for number, suite in enumerate(self._suites.values()):
            root.append(self._suite_element(suite, number))
        ET.indent(root)
        ET.ElementTree(root).write(self._file, encoding="utf-8", xml_declaration=True)

    def _suite(self, name: str) -> Suite:
        return self._suites.setdefault(name, Suite(name=name))

    def _suite_element(self, suite: Suite, number: int) -> ET.Element:
        failed = [f for f in suite.findings if self._fails(f)]
        quiet = [f for f in suite.findings if not self._fails(f)]
        passed = not failed and suite.error is None
        element = ET.Element(
            "testsuite",
            name=legal(suite.name),
            package="rasa-mock",
            id=str(number),
            hostname=socket.gethostname() or "localhost",
            timestamp=self._timestamp,
            tests=str(len(failed) + (suite.error is not None) + passed),
            failures=str(len(failed)),
            errors=str(int(suite.error is not None)),
            time=f"{suite.elapsed:.3f}",
        )
        element.append(self._properties())
        for finding in failed:
            element.append(self._failure(finding))
        if suite.error is not None:
            element.append(_error(suite.name, suite.error))
        if passed:
            element.append(
                _case(suite.name, f"{suite.calls} calls", seconds=suite.elapsed)
            )
        ET.SubElement(element, "system-out").text = legal(_lines(quiet))
        ET.SubElement(element, "system-err")
        return element

    def _fails(self, finding: Finding) -> bool:
        return serious(finding.severity, threshold=self._fail_on)

    def _properties(self) -> ET.Element:
        element = ET.Element("properties")
        if self._started is not None:
            for name in ("url", "seed", "cases", "locale", "profile"):
                value = legal(str(getattr(self._started, name)))
                ET.SubElement(element, "property", name=name, value=value)
        return element

    def _failure(self, finding: Finding) -> ET.Element:
        case = _case(finding.action, f"{finding.rule} {finding.title}", seconds=0.0)
        failure = ET.SubElement(
            case,
            "failure",
            message=legal(finding.message),
            type=f"{finding.rule} ({finding.severity})",
        )
        again = folded(self._reproduction.command(finding), width=10_000)
        failure.text = legal(
            f"{finding.message}\n"
            f"where:    {finding.pointer or 'the whole answer'}\n"
            f"expected: {finding.expected}\n"
            f"got:      {finding.got}\n"
            f"Rasa:     {finding.rasa}\n"
            f"do:       {finding.hint}\n"
            f"seen in:  {finding.count} of {finding.calls} calls\n"
            f"again:    {again}\n"
        )
        return case


def _case(action: str, name: str, *, seconds: float) -> ET.Element:
    return ET.Element(
        "testcase",
        name=legal(name),
        classname=legal(f"rasa_mock.check.{action}"),
        time=f"{seconds:.3f}",
    )


def _error(action: str, message: str) -> ET.Element:
    case = _case(action, "server lost", seconds=0.0)
    ET.SubElement(case, "error", message=legal(message), type="Unreachable")
    return case


def _lines(findings: Sequence[Finding]) -> str:
    return "\n".join(f"{f.severity} {f.rule}: {f.message}" for f in findings)


def legal(text: str) -> str:
    """Return a text with what XML cannot say replaced."""
    return ILLEGAL.sub("\ufffd", text)


def timestamp() -> str:
    """Return the time as JUnit has it."""
    now = datetime.fromtimestamp(system_now(), tz=timezone.utc)
    return now.strftime("%Y-%m-%dT%H:%M:%S")
