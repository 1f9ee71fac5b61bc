"""Annotations for GitHub Actions: one workflow command a finding, on standard output.

Imitates nothing; the format is GitHub's "workflow commands" document.
"""

from __future__ import annotations

from typing import TextIO

from rasa_mock.core.findings import Finding
from rasa_mock.run.events import FindingRaised, RunEvent, RunFinished

COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}
VARIABLE = "GITHUB_ACTIONS"
"""The environment variable that says that we run there."""


class GithubWriter:
    """Writes a workflow command as soon as a mistake is found."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, event: RunEvent) -> None:
        """Write what GitHub shows beside the run."""
        if isinstance(event, FindingRaised):
            self._stream.write(_command(event.finding))
        elif isinstance(event, RunFinished) and event.lost is not None:
            self._stream.write(f"::error title=rasa-mock::{_data(event.lost)}\n")

    def close(self) -> None:
        """Have everything written."""
        self._stream.flush()


def _command(finding: Finding) -> str:
    title = _property(f"{finding.rule} {finding.action}".strip())
    text = finding.message
    if finding.hint:
        text += f"\n{finding.hint}"
    return f"::{COMMANDS[finding.severity]} title={title}::{_data(text)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
