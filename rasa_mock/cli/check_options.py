"""What `rasa-mock check` was asked for, checked as far as no file has to be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rasa_mock.config import ActionConfig
from rasa_mock.core.profile import ALL, find_profile
from rasa_mock.core.urls import WEBHOOK, url_problem, with_webhook
from rasa_mock.errors import UsageError

DEFAULT_CASES = 20
DEFAULT_TIMEOUT = 10.0
DEFAULT_LOCALE = "en_US"
DEFAULT_PROFILE = "rasa-3.6"
EXAMPLE_URL = f"http://localhost:5055{WEBHOOK}"
REPORT_KINDS = ("ndjson", "junit", "sarif", "html", "markdown")
HIDDEN = "..."
FRESH = "fresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """The command line of one run; raises UsageError for what cannot go together."""

    url: str | None
    domain: Path
    actions: str | None
    names: Sequence[str]
    case: str | None
    seed: int
    cases: int
    locale: str
    timeout: float
    headers: Sequence[str]
    token: str | None
    profile: str
    schemas: Sequence[Path]
    select: Sequence[str]
    ignore: Sequence[str]
    fail_on: str
    reports: Sequence[str]
    observe: bool
    show_request: bool
    active_form: bool = False
    nlu: Sequence[Path] = ()
    metadata: Path | None = None
    channels: Sequence[str] = ()
    # None of these, or FRESH as the last: a new one for each case.
    sender_ids: Sequence[str] = ()
    behaviour: bool = True
    shrink: bool = True
    slow: float | None = None
    max_time: float | None = None
    stop_after: int | None = None
    workers: int = 1
    baseline: Path | None = None
    update_baseline: bool = False
    coverage: Path | None = None
    quiet: bool = False
    verbose: bool = False
    per_action: Mapping[str, ActionConfig] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.url is None) == (self.actions is None):
            raise UsageError(
                "expected either the URL of a running action server or --actions "
                f"PACKAGE, got {'neither' if self.url is None else 'both'}; "
                f"a URL looks like {EXAMPLE_URL}"
            )
        problem = url_problem(self.url) if self.url is not None else None
        if problem is not None:
            raise UsageError(f"cannot call the URL {self.url!r}: {problem}")
        if self.case is not None and len(self.names) != 1:
            raise UsageError("--case needs the one --action that it belongs to")
        if self.show_request and self.case is None:
            raise UsageError("--show-request needs --action and --case")
        if self.update_baseline and self.baseline is None:
            raise UsageError("--update-baseline needs --baseline FILE to write to")
        if self.quiet and self.verbose:
            raise UsageError("expected either --quiet or --verbose, got both")
        if self.profile != ALL:
            find_profile(self.profile)
        elif self.update_baseline or self.show_request:
            raise UsageError(
                f"--profile {ALL} cannot go with a baseline to write, or "
                "with --show-request; name one profile"
            )
        self.read_headers()
        self.read_reports()

    @property
    def webhook(self) -> str:
        """The URL to call; without a path it is the one of rasa-sdk's webhook."""
        return EXAMPLE_URL if self.url is None else with_webhook(self.url)

    def read_headers(self) -> dict[str, str]:
        """Read the headers to send."""
        found = {}
        for header in self.headers:
            name, colon, value = header.partition(":")
            if not colon or not name.strip():
                raise UsageError(f"expected --header 'Name: value', got {header!r}")
            found[name.strip()] = value.strip()
        return found

    def read_reports(self) -> list[tuple[str, str]]:
        """Read kind and file of the reports."""
        found = []
        for report in self.reports:
            kind, equals, file = report.partition("=")
            if kind not in REPORT_KINDS or not equals or not file:
                kinds = " or ".join(f"{known}=FILE" for known in REPORT_KINDS)
                raise UsageError(f"expected --report {kinds}, got {report!r}")
            found.append((kind, file))
        return found

    def repeating(self) -> list[str]:
        """Return the arguments that make the same requests, without any secret."""
        target = ["--actions", self.actions] if self.actions else [self.webhook]
        words = [*target, "--domain", str(self.domain)]
        if self.cases != DEFAULT_CASES:
            words += ["--cases", str(self.cases)]
        if self.locale != DEFAULT_LOCALE:
            words += ["--locale", self.locale]
        if self.profile != DEFAULT_PROFILE:
            words += ["--profile", self.profile]
        for folder in self.schemas:
            words += ["--schemas", str(folder)]
        if self.active_form:
            words.append("--active-form")
        words += self._repeating_material()
        for name in self.read_headers():
            words += ["--header", f"{name}: {HIDDEN}"]
        return [*words, "--token", HIDDEN] if self.token else words

    @property
    def own_sender_ids(self) -> tuple[str, ...]:
        """The ids that exist; empty where each case is to have a fresh one."""
        fresh = [FRESH, *self.sender_ids][-1] == FRESH
        return () if fresh else tuple(name for name in self.sender_ids if name != FRESH)

    def _repeating_material(self) -> list[str]:
        words = []
        for path in self.nlu:
            words += ["--nlu", str(path)]
        if self.metadata is not None:
            words += ["--metadata", str(self.metadata)]
        for name in self.channels:
            words += ["--channel", name]
        for name in self.own_sender_ids:
            words += ["--sender-id", name]
        return words
