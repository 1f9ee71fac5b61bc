"""What of a bot the tests have exercised: actions, slots, responses, form steps.

A `Coverage` counts; it is filled by observers (`rasa_mock.run.coverage_watch`) that the
engines do not know, and written, read and added up as a JSON object, so that processes
and commands can share it.  What there is to exercise comes from the domain: the actions
of its action server, the slots, responses and form steps that are written in it.  Types
of returned events and error paths have no such measure: they are only listed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rasa_mock.core.domain import Domain
from rasa_mock.errors import DataError

FORMAT = "rasa-mock-coverage"
VERSION = 1

ACTIONS = "actions"
SLOTS = "slots"
RESPONSES = "responses"
FORM_STEPS = "form_steps"
EVENTS = "events"
ERRORS = "error_paths"
STUBBED = "stubbed"

# Kind -> what is said of those that no test has exercised.
COUNTED: Mapping[str, str] = {
    ACTIONS: "never called",
    SLOTS: "never set",
    RESPONSES: "never uttered",
    FORM_STEPS: "never asked for",
}
# Kind -> what is said of those that occurred.
LISTED: Mapping[str, str] = {
    EVENTS: "event types returned",
    ERRORS: "error paths taken",
    STUBBED: "answered by a stub only, which does not count",
}
KINDS = (*COUNTED, *LISTED)


@dataclass(slots=True, kw_only=True)
class Coverage:
    """Counts per kind and name; `known` is what there is, in the domain's order."""

    known: dict[str, dict[str, None]] = field(
        default_factory=lambda: {kind: {} for kind in COUNTED}
    )
    hits: dict[str, dict[str, int]] = field(
        default_factory=lambda: {kind: {} for kind in KINDS}
    )

    # Filling it.

    def expect(self, domain: Domain) -> None:
        """Take note of all that there is to exercise in a domain."""
        there: Mapping[str, Iterable[str]] = {
            ACTIONS: domain.server_actions,
            SLOTS: domain.user_slots,
            RESPONSES: domain.responses,
            FORM_STEPS: (
                step_name(form.name, slot)
                for form in domain.forms.values()
                for slot in form.required_slots
            ),
        }
        for kind, names in there.items():
            self.known[kind].update(dict.fromkeys(map(str, names)))

    def hit(self, kind: str, name: str, *, times: int = 1) -> None:
        """Count something that was exercised."""
        counts = self.hits[kind]
        counts[name] = counts.get(name, 0) + times

    def add(self, other: Coverage) -> None:
        """Add what others have counted."""
        for kind, names in other.known.items():
            self.known[kind].update(names)
        for kind, counts in other.hits.items():
            for name, times in counts.items():
                self.hit(kind, name, times=times)

    # Reading it.

    def covered(self, kind: str) -> list[str]:
        """Return what there is of a kind and was exercised."""
        return [name for name in self.known[kind] if name in self.hits[kind]]

    def missing(self, kind: str) -> list[str]:
        """Return what there is of a kind and was not exercised."""
        return [name for name in self.known[kind] if name not in self.hits[kind]]

    def percent(self, *kinds: str) -> float:
        """Return how much of some kinds was exercised, or of all; 0 of nothing."""
        chosen = kinds or tuple(COUNTED)
        there = sum(len(self.known[kind]) for kind in chosen)
        done = sum(len(self.covered(kind)) for kind in chosen)
        return 100.0 * done / there if there else 0.0

    @property
    def never_called(self) -> list[str]:
        """The actions that no test has called."""
        return self.missing(ACTIONS)

    @property
    def only_stubbed(self) -> list[str]:
        """The actions that were answered by stubs and never called."""
        return [name for name in self.hits[STUBBED] if name not in self.hits[ACTIONS]]

    # JSON.

    def as_dict(self) -> dict[str, Any]:
        """Return it as a JSON object: for people under `summary`, the rest for us."""
        summary = {
            kind: {
                "exercised": len(self.covered(kind)),
                "of": len(self.known[kind]),
                "percent": round(self.percent(kind), 1) if self.known[kind] else None,
                "missing": self.missing(kind),
            }
            for kind in COUNTED
        }
        return {
            "format": FORMAT,
            "version": VERSION,
            "percent": round(self.percent(), 1),
            "never_called": self.never_called,
            "only_stubbed": self.only_stubbed,
            "summary": summary,
            "known": {kind: list(names) for kind, names in self.known.items()},
            "hits": {kind: dict(sorted(n.items())) for kind, n in self.hits.items()},
        }

    @classmethod
    def from_dict(cls, value: Any) -> Coverage:
        """Read what `as_dict` made; raises DataError for anything else."""
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise DataError(f"expected a file of coverage, with format {FORMAT!r}")
        if value.get("version") != VERSION:
            raise DataError(
                f"expected version {VERSION} of {FORMAT}, got "
                f"{value.get('version')!r}; write the file again"
            )
        read = cls()
        try:
            for kind in COUNTED:
                read.known[kind].update(dict.fromkeys(map(str, value["known"][kind])))
            for kind in KINDS:
                for name, times in value["hits"][kind].items():
                    read.hit(kind, name, times=int(times))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"a broken file of coverage ({type(error).__name__}: {error}); write "
                "it again"
            ) from error
        return read


def step_name(form: str, slot: str) -> str:
    """Name the step of a form that asks for a slot."""
    return f"{form}: {slot}"


def read_coverage(path: Path) -> Coverage:
    """Read a file of coverage; raises DataError with its path."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise DataError(f"cannot read the coverage: {reason}", path=str(path)) from None
    try:
        return Coverage.from_dict(json.loads(text))
    except ValueError as error:
        raise DataError(f"not JSON: {error}", path=str(path), line=1) from error
    except DataError as error:
        error.path = str(path)
        raise
