"""Cases for an action: named, seeded, reproducible one by one.

`cases_for` makes the list, `case_for` one of them alone with the same bytes, and
`tracker_for` the tracker that is sent.  Each case draws from a stream of its own, made
from the seed, the action and the case's id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rasa_mock.core.domain import Domain
from rasa_mock.core.tracker import Tracker
from rasa_mock.errors import UsageError
from rasa_mock.generate.cast import Cast, cast_of
from rasa_mock.generate.kinds import DEFAULT_COUNT, Kind, plan
from rasa_mock.generate.provider import DEFAULT_LOCALE
from rasa_mock.generate.rng import Rng
from rasa_mock.generate.scene import Scene, role_of
from rasa_mock.schema.registry import Registry

DEFAULT_NOW = 1_700_000_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One state in which an action is called.

    `id` is the kind and a number (`step-city-1`), unique for an action.  `events` are
    what the tracker holds, as Rasa writes them.  `reachable` is false for a state that
    no dialogue would produce.  `seed` and `id` make the same case again.
    """

    id: str
    action: str
    kind: str
    index: int
    events: list[dict[str, Any]]
    reachable: bool
    seed: int
    channel: str | None
    sender_id: str
    now: float


def cases_for(
    action: str,
    *,
    domain: Domain,
    registry: Registry | None = None,
    seed: int = 0,
    count: int = DEFAULT_COUNT,
    locale: str = DEFAULT_LOCALE,
    now: float = DEFAULT_NOW,
) -> list[Case]:
    """Make the cases for an action, at least `count` of them reachable.

    `now` (seconds since the epoch) is when the action is called.  `registry` gives the
    event types that the project has besides Rasa's own.
    """
    cast = cast_of(domain, locale)
    return [
        _make(kind, index, cast=cast, action=action, seed=seed, now=now)
        for kind, index in _numbered(cast, action, count=count)
    ]


def case_for(
    action: str,
    case_id: str,
    *,
    domain: Domain,
    registry: Registry | None = None,
    seed: int = 0,
    count: int = DEFAULT_COUNT,
    locale: str = DEFAULT_LOCALE,
    now: float = DEFAULT_NOW,
) -> Case:
    """Make one case alone, the same bytes as among its siblings.

    Raises `UsageError` if the action has no case of that id.
    """
    cast = cast_of(domain, locale)
    known = []
    for kind, index in _numbered(cast, action, count=count):
        known.append(f"{kind.name}-{index}")
        if known[-1] == case_id:
            return _make(kind, index, cast=cast, action=action, seed=seed, now=now)
    listed = ", ".join(known)
    raise UsageError(f"{action!r} has no case {case_id!r}: expected one of {listed}")


def tracker_for(case: Case, domain: Domain) -> Tracker:
    """Fold a case's events into the tracker that is sent."""
    return Tracker.from_events(
        case.sender_id,
        case.events,
        domain=domain,
        now=case.now,
        new_id=_no_id,
        parse_date=_as_written,
    )


def _no_id() -> str:
    message = "a generated reminder always has a name"
    raise AssertionError(message)


def _as_written(text: Any, _now: float) -> str:
    return str(text)


def _numbered(cast: Cast, action: str, *, count: int) -> Iterator[tuple[Kind, int]]:
    sample = Scene(cast=cast, action=action, role=role_of(cast, action), rng=Rng())
    seen: Counter[str] = Counter()
    for kind in plan(sample, count=count):
        seen[kind.name] += 1
        yield kind, seen[kind.name]


def _make(
    kind: Kind, index: int, *, cast: Cast, action: str, seed: int, now: float
) -> Case:
    case_id = f"{kind.name}-{index}"
    rng = Rng(seed, action, case_id)
    scene = Scene(cast=cast, action=action, role=role_of(cast, action), rng=rng)
    sender_id = sender(rng)
    conversation = kind.opening(scene)
    kind.ending(scene, conversation)
    return Case(
        id=case_id,
        action=action,
        kind=kind.name,
        index=index,
        events=conversation.finished(now),
        reachable=kind.reachable,
        seed=seed,
        channel=conversation.channel,
        sender_id=sender_id,
        now=now,
    )


def sender(rng: Rng) -> str:
    """Make up the id of a user: as channels have them, never the same twice."""
    unique = rng.hex(8)
    return rng.pick(_SENDERS).format(id=unique, number=int(unique, 16))


_SENDERS = (
    "{id}",
    "user-{id}",
    "{number}",
    "+49{number}",
    "whatsapp:+1{number}",
    "ana.{id}@example.com",
    "用户-{id}",
    "Zoë {id}",
)
