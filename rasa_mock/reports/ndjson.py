"""The report for machines: one JSON object a line, written as the run goes on.

Types: `run_started`, `finding`, `action_finished`, `run_finished`.  New keys may come,
old ones stay.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import IO, Any

from rasa_mock.reports.reproduce import Reproduction, folded
from rasa_mock.run.events import (
    ActionFinished,
    FindingRaised,
    RunEvent,
    RunFinished,
    RunStarted,
)

TYPES: dict[type, str] = {
    RunStarted: "run_started",
    FindingRaised: "finding",
    ActionFinished: "action_finished",
    RunFinished: "run_finished",
}


class NdjsonWriter:
    """Writes to an open binary file, which it leaves open."""

    def __init__(self, file: IO[bytes], *, reproduction: Reproduction) -> None:
        self._file = file
        self._reproduction = reproduction

    def write(self, event: RunEvent) -> None:
        """Write one line, if the event is of a type that is reported."""
        if type(event) in TYPES:
            line = {"type": TYPES[type(event)], **self._content(event)}
            self._file.write(json.dumps(line).encode("ascii") + b"\n")
            self._file.flush()

    def close(self) -> None:
        """Have everything written."""
        self._file.flush()

    def _content(self, event: RunEvent) -> dict[str, Any]:
        if isinstance(event, FindingRaised):
            again = folded(self._reproduction.command(event.finding), width=10_000)
            return {**event.finding.as_dict(), "reproduce": again}
        return {field.name: getattr(event, field.name) for field in fields(event)}
