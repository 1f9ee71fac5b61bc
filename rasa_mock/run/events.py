"""What happens in a run, as a stream: the engine yields it, observers listen.

Console, NDJSON and JUnit reports are observers that the engine does not know.  The
order is: `RunStarted`, `FindingRaised` about the server as a whole, then for each
action `ActionStarted`, `ActionCalled` for each call, `FindingRaised` for each mistake,
`ActionFinished`; `RunFinished` at the end, whatever happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_mock.core.findings import Finding
from rasa_mock.core.wire import ActionRequest
from rasa_mock.rules.base import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A run begins: what is checked, and what makes the same run again."""

    url: str
    actions: Sequence[str]
    seed: int
    cases: int
    locale: str
    profile: str
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionStarted:
    """The calls of one action begin; `cases` is how many are planned."""

    action: str
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCalled:
    """One call was answered, or failed: `failure` says how; `elapsed` is in seconds.

    `exchange` is the whole of it, for observers that look closer.
    """

    action: str
    case: str
    status: int | None
    failure: str | None
    elapsed: float | None
    findings: int
    exchange: Exchange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was answered to the call that shows a mistake, and what Rasa makes of it.

    `body` is the answer as text, cut if it is long; `before` and `after` are the
    tracker's state without its events.
    """

    status: int | None
    body: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRaised:
    """One mistake, gathered over the calls of an action.

    `request` is the one that shows it, `evidence` what came of it; both are None where
    no single call does.
    """

    finding: Finding
    request: ActionRequest | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionFinished:
    """The calls of one action are over; `skipped` cases were not called, and why.

    `probes` calls were made beside the cases, to see how the action behaves.
    """

    action: str
    calls: int
    counts: Mapping[str, int]
    elapsed: float
    skipped: int = 0
    reason: str = ""
    probes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """The run is over; `lost` says, in words, that the server went away midway.

    `stopped` says why the run ended before all was checked, `known` how many of the
    findings are in the baseline.
    """

    actions: int
    calls: int
    counts: Mapping[str, int]
    elapsed: float
    lost: str | None = None
    stopped: str | None = None
    known: int = 0
    interrupted: bool = False


RunEvent = (
    RunStarted
    | ActionStarted
    | ActionCalled
    | FindingRaised
    | ActionFinished
    | RunFinished
)
