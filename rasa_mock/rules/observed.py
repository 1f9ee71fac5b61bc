"""What several calls of one action showed together: values, no judgement.

`rasa_mock.run.probes` makes the calls and fills a `Behaviour`; the rules of
`rasa_mock.rules.behaviour` read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rasa_mock.core.domain import Domain


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One answer, as far as answers are compared: how it ended, and its events."""

    kind: str
    status: int | None = 200
    events: Sequence[Any] = ()
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """The answers to one request, sent again and again.

    `first` is the first answer, `again` those that came when it was sent anew, right
    after one another.  `fresh` are two more for another sender in the same state, made
    only where `first` differs.
    """

    case: str
    first: Told
    again: Sequence[Told]
    fresh: Sequence[Told] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """Data of one call in the answer to another one.

    `owner` is "sender" (another user's), "call" (the same user's, out of date) or
    "domain" (of a domain sent before); `what` names it, `pointer` where it came.
    """

    owner: str
    what: str
    pointer: str = ""
    case: str = ""
    at_once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What a call of the action does to others: seconds.

    `slow` is how long the action took, `alone` how long GET /health takes otherwise,
    `during` how long it took while the action ran.
    """

    slow: float
    alone: float
    during: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Seconds for a short and a long tracker; `transport` is what carrying it costs."""

    few: int
    short: float
    many: int
    long: float
    transport: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A legal, unusual state, and how the action failed in it ("" if it did not)."""

    name: str
    case: str
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """All that was observed about one action over its calls."""

    action: str
    domain: Domain
    now: float = 0.0
    works: bool = True
    repeats: Sequence[Repeat] = ()
    leaks: Sequence[Leak] = ()
    wait: Wait | None = None
    growth: Growth | None = None
    edges: Sequence[Edge] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)
