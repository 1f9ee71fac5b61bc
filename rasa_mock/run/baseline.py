"""The findings that are known: a run fails only on what is new.

A baseline is a JSON file that `--update-baseline` writes and a team keeps beside its
code.  Two findings are the same if rule, action and subject are; numbers of lines do
not count, for they move.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rasa_mock.core.findings import Finding
from rasa_mock.errors import DataError, UsageError

FORMAT = "rasa-mock baseline"
VERSION = 1
KEYS = ("rule", "action", "subject")


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The mistakes that are known: what each is recognised by -> its entry."""

    known: Mapping[tuple[str, ...], Mapping[str, Any]] = field(default_factory=dict)

    def knows(self, finding: Finding) -> bool:
        """Tell whether a finding is in it."""
        return key_of(finding) in self.known

    def gone(
        self, found: Iterable[Finding], *, actions: Iterable[str], rules: Iterable[str]
    ) -> list[str]:
        """Name the entries that a run over these actions and rules did not show."""
        seen, checked, judged = set(map(key_of, found)), {"", *actions}, set(rules)
        return [
            " ".join(part for part in key if part)
            for key in sorted(self.known)
            if key not in seen and key[0] in judged and key[1] in checked
        ]

    def others(
        self, *, actions: Iterable[str], rules: Iterable[str]
    ) -> list[Mapping[str, Any]]:
        """Return the entries that a run over these actions and rules cannot show."""
        checked, judged = {"", *actions}, set(rules)
        return [
            entry
            for key, entry in self.known.items()
            if key[0] not in judged or key[1] not in checked
        ]


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
        known={tuple(entry[key] for key in KEYS): entry for entry in entries}
    )


def _check(path: Path, document: Any) -> None:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _error(path, f"this is no baseline: expected the format {FORMAT!r}")
    version = document.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
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


def write_baseline(
    path: Path,
    findings: Iterable[Finding],
    *,
    others: Iterable[Mapping[str, Any]] = (),
) -> None:
    """Write the findings as a baseline, in an order that makes diffs short.

    `others` are entries of the baseline before that are kept.
    """
    entries: dict[tuple[str, ...], Mapping[str, Any]] = {
        tuple(entry[key] for key in KEYS): entry for entry in others
    }
    entries |= {
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
    was_there = path.exists()
    try:
        with path.open("ab"):
            pass
        if not was_there:
            path.unlink()
    except OSError as error:
        raise UsageError(
            f"cannot write the baseline {str(path)!r}: {error.strerror}; give a file "
            "in a folder that exists and can be written to"
        ) from error
