"""The report for code scanning: SARIF 2.1.0.

A result names the action by a logical location, since an action server has no files
here; code scanning wants a physical one, too, and gets the domain.  The fingerprint
holds a mistake together over runs: rule, action, subject.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import IO, Any
from urllib.parse import quote

from rasa_mock.core.findings import Finding
from rasa_mock.reports.reproduce import Reproduction, folded
from rasa_mock.reports.rule_text import RuleText
from rasa_mock.reports.run_record import RunRecord
from rasa_mock.run.events import RunEvent

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: Mapping[str, str] = {"error": "error", "warning": "warning", "info": "note"}


class SarifWriter:
    """Gathers the run and writes it to an open binary file when it is closed."""

    def __init__(
        self,
        file: IO[bytes],
        *,
        reproduction: Reproduction,
        rules: Mapping[str, RuleText],
        domain: PurePath,
        version: str,
    ) -> None:
        self._file = file
        self._reproduction = reproduction
        self._rules = rules
        self._domain = domain
        self._version = version
        self._record = RunRecord()

    def write(self, event: RunEvent) -> None:
        """Take note of an event."""
        self._record.take(event)

    def close(self) -> None:
        """Write the document."""
        finished = self._record.finished
        run = {
            "tool": {"driver": self._driver()},
            "invocations": [
                {"executionSuccessful": finished is not None and finished.lost is None}
            ],
            "results": [self._result(each.finding) for each in self._record.raised],
        }
        document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
        self._file.write(json.dumps(document, indent=1).encode("ascii") + b"\n")

    def _driver(self) -> dict[str, Any]:
        return {
            "name": "rasa-mock",
            "version": self._version,
            "rules": [self._rule(rule) for rule in self._record.rules],
        }

    def _rule(self, rule: str) -> dict[str, Any]:
        text = self._rules[rule]
        return {
            "id": rule,
            "shortDescription": {"text": text.title},
            "fullDescription": {"text": text.explanation},
            "defaultConfiguration": {"level": LEVELS[text.severity]},
            "help": {"text": f"{text.explanation}\n\nrasa-mock explain {rule}"},
        }

    def _result(self, finding: Finding) -> dict[str, Any]:
        command = folded(self._reproduction.command(finding), width=10_000)
        details = {
            "where": finding.pointer or "the whole answer",
            "expected": finding.expected,
            "got": finding.got,
            "effect": finding.rasa,
            "do": finding.hint,
            "again": command,
        }
        lines = [f"{name}: {text}" for name, text in details.items() if text]
        return {
            "ruleId": finding.rule,
            "ruleIndex": self._record.rules.index(finding.rule),
            "level": LEVELS[finding.severity],
            "message": {"text": "\n".join([finding.message, *lines])},
            "locations": [self._location(finding)],
            "partialFingerprints": {"rasaMock/v1": _fingerprint(finding)},
            "properties": {
                "action": finding.action,
                "case": finding.case,
                "seed": finding.seed,
                "count": finding.count,
                "calls": finding.calls,
                "reachable": finding.reachable,
            },
        }

    def _location(self, finding: Finding) -> dict[str, Any]:
        return {
            "physicalLocation": {
                "artifactLocation": {"uri": _uri(self._domain)},
                "region": {"startLine": 1},
            },
            "logicalLocations": [
                {"name": finding.action or "server", "kind": "function"}
            ],
        }


def _fingerprint(finding: Finding) -> str:
    key = json.dumps(finding.key).encode("ascii")
    return hashlib.sha256(key).hexdigest()


def _uri(path: PurePath) -> str:
    return quote(path.as_posix())
