"""The findings that are known: a run fails only on what is new.

A baseline is a JSON file that `--update-baseline` writes and a team keeps beside its
code.  Two findings are the same if rule, action and subject are; numbers of lines do
not count, for they move.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa_mock.core.findings import Finding
from rasa_mock.errors import DataError, UsageError

FORMAT = "rasa-mock baseline"
VERSION = 1
KEYS = ("rule", "action", "subject")


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The mistakes that are known."""

    known: frozenset[tuple[str, ...]] = frozenset()

    def knows(self, finding: Finding) -> bool:
        """Tell whether a finding is in it."""
        return key_of(finding) in self.known


def key_of(finding: Finding) -> tuple[str, ...]:
    """Return what a finding is recognised by."""
    subject = re.sub(r":\d+", ":*", finding.subject)
    return (finding.rule, finding.action, subject)


def read_baseline(path: Path) -> Baseline:
    """Read a baseline; raises DataError for one that is broken or newer."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise _error(
            path, "there is no such baseline; write it with --update-baseline"
        ) from error
    except OSError as error:
        raise _error(path, f"cannot read the baseline: {error.strerror}") from error
    except ValueError as error:
        raise _error(path, f"the baseline is broken: {error}; write it anew") from error
    _check(path, document)
    entries = document["findings"]
    for index, entry in enumerate(entries):
        texts = isinstance(entry, dict) and [entry.get(key) for key in KEYS]
        if not texts or not all(isinstance(text, str) for text in texts):
            message = "the baseline is broken: expected rule, action and subject"
            raise _error(path, message, pointer=f"/findings/{index}")
    return Baseline(
        known=frozenset(tuple(entry[key] for key in KEYS) for entry in entries)
    )


def _check(path: Path, document: Any) -> None:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _error(path, f"this is no baseline: expected the format {FORMAT!r}")
    version = document.get("version")
    if not isinstance(version, int):
        raise _error(path, f"the baseline is broken: version is {version!r}")
    if version > VERSION:
        raise _error(
            path,
            f"the baseline has version {version}, this rasa-mock reads up to "
            f"{VERSION}; update rasa-mock, or write the baseline anew",
        )
    if not isinstance(document.get("findings"), list):
        raise _error(path, "the baseline is broken: it has no list of findings")


def _error(path: Path, message: str, *, pointer: str | None = None) -> DataError:
    return DataError(message, path=str(path), pointer=pointer)


def write_baseline(path: Path, findings: Iterable[Finding]) -> None:
    """Write the findings as a baseline, in an order that makes diffs short."""
    entries = {
        key_of(finding): {
            **dict(zip(KEYS, key_of(finding), strict=True)),
            "message": finding.message,
        }
        for finding in findings
    }
    document = {
        "format": FORMAT,
        "version": VERSION,
        "findings": [entries[key] for key in sorted(entries)],
    }
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    try:
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(
            f"cannot write the baseline {str(path)!r}: {error.strerror}"
        ) from error


def check_writable(path: Path) -> None:
    """Raise UsageError, before the run, if the baseline could not be written."""
    try:
        with path.open("ab"):
            pass
    except OSError as error:
        raise UsageError(
            f"cannot write the baseline {str(path)!r}: {error.strerror}; give a file "
            "in a folder that exists and can be written to"
        ) from error
