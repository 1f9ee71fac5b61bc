"""Conversation tests as JUnit XML: one suite a file, one test case a conversation.

What was not judged is skipped there, with the reason: it did not pass.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from typing import IO
from xml.etree import ElementTree as ET

from rasa_mock.reports.junit import legal, timestamp
from rasa_mock.run.e2e.results import FAILED, NOT_JUDGED, CaseResult


def write_junit(results: Iterable[CaseResult], file: IO[bytes]) -> None:
    """Write the document to an open binary file."""
    suites: dict[str, list[CaseResult]] = {}
    for result in results:
        suites.setdefault(result.path, []).append(result)
    root = ET.Element("testsuites")
    for number, (path, found) in enumerate(suites.items()):
        root.append(_suite(path, found, number=number))
    ET.indent(root)
    ET.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)


def _suite(path: str, results: Sequence[CaseResult], *, number: int) -> ET.Element:
    outcomes = [result.outcome for result in results]
    element = ET.Element(
        "testsuite",
        name=legal(path),
        package="rasa-mock",
        id=str(number),
        hostname=socket.gethostname() or "localhost",
        timestamp=timestamp(),
        tests=str(len(results)),
        failures=str(outcomes.count(FAILED)),
        errors="0",
        skipped=str(outcomes.count(NOT_JUDGED)),
        time=f"{sum(result.elapsed for result in results):.3f}",
    )
    ET.SubElement(element, "properties")
    for result in results:
        element.append(_case(result))
    ET.SubElement(element, "system-out")
    ET.SubElement(element, "system-err")
    return element


def _case(result: CaseResult) -> ET.Element:
    case = ET.Element(
        "testcase",
        name=legal(result.name),
        classname=legal(result.path),
        time=f"{result.elapsed:.3f}",
    )
    if result.outcome == FAILED:
        message = legal(result.failures[0].message)
        failure = ET.SubElement(case, "failure", message=message, type=FAILED)
        lines = [*result.explain(), "", *result.difference]
        failure.text = legal("\n".join(lines))
    elif result.outcome == NOT_JUDGED:
        reason = f"{NOT_JUDGED}: {result.unjudged_keys}"
        ET.SubElement(case, "skipped", message=legal(reason))
    return case
