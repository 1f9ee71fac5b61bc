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
from rasa_mock.core.profile import RASA_3_6, Profile, find_profile
from rasa_mock.core.tracker import Tracker
from rasa_mock.errors import UsageError
from rasa_mock.generate.cast import Cast
from rasa_mock.generate.described import cast_for
from rasa_mock.generate.dialects import dress
from rasa_mock.generate.kinds import DEFAULT_COUNT, Kind, plan
from rasa_mock.generate.lengthy import lengthen, lengthy_kinds, room_for_others
from rasa_mock.generate.material import NOTHING, Material
from rasa_mock.generate.provider import DEFAULT_LOCALE
from rasa_mock.generate.rng import Rng
from rasa_mock.generate.scene import Role, Scene, role_of
from rasa_mock.generate.weave import Foreigners, foreigners, weave
from rasa_mock.schema.registry import Registry

DEFAULT_NOW = 1_700_000_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One state in which an action is called.

    `id` is the kind and a number (`step-city-1`), unique for an action.  `events` are
    what the tracker holds, as Rasa writes them.  `reachable` is false for a state that
    no dialogue would produce.  `seed` and `id` make the same case again.
    `known_events` are the event types besides Rasa's own that may be among the events,
    `profile` the Rasa that logs them.
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
    known_events: tuple[str, ...] = ()
    profile: Profile = RASA_3_6


def cases_for(
    action: str,
    *,
    domain: Domain,
    registry: Registry | None = None,
    seed: int = 0,
    count: int = DEFAULT_COUNT,
    locale: str = DEFAULT_LOCALE,
    now: float = DEFAULT_NOW,
    material: Material = NOTHING,
) -> list[Case]:
    """Make the cases for an action, at least `count` of them reachable.

    `now` (seconds since the epoch) is when the action is called.  `registry` has the
    event types that the project adds to Rasa's own, `material` what is to be used in
    place of made-up values.  Raises `UsageError` for a locale that Faker does not have.
    """
    studio = studio_for(
        action,
        domain=domain,
        registry=registry,
        seed=seed,
        locale=locale,
        now=now,
        material=material,
    )
    return [studio.make(kind, index) for kind, index in studio.planned(count)]


def case_for(
    action: str,
    case_id: str,
    *,
    domain: Domain,
    registry: Registry | None = None,
    seed: int = 0,
    locale: str = DEFAULT_LOCALE,
    now: float = DEFAULT_NOW,
    material: Material = NOTHING,
) -> Case:
    """Make one case alone, the same bytes as among its siblings, however many.

    Raises `UsageError` if the action has no case of that id.
    """
    studio = studio_for(
        action,
        domain=domain,
        registry=registry,
        seed=seed,
        locale=locale,
        now=now,
        material=material,
    )
    kinds = {kind.name: kind for kind, _ in studio.planned(DEFAULT_COUNT)}
    name, _, number = case_id.rpartition("-")
    if name not in kinds or not number.isdecimal() or int(number) == 0:
        listed = ", ".join(f"{kind}-1" for kind in kinds)
        message = f"{action!r} has no case {case_id!r}: expected one of {listed}"
        raise UsageError(message)
    return studio.make(kinds[name], int(number))


def studio_for(
    action: str,
    *,
    domain: Domain,
    registry: Registry | None = None,
    seed: int = 0,
    locale: str = DEFAULT_LOCALE,
    now: float = DEFAULT_NOW,
    material: Material = NOTHING,
) -> Studio:
    """Prepare to make the cases of an action one by one, as `cases_for` makes them."""
    cast = cast_for(domain, locale, registry=registry, seed=seed, material=material)
    return Studio(
        cast=cast,
        action=action,
        role=role_of(cast, action),
        foreign=foreigners(registry),
        profile=RASA_3_6 if registry is None else find_profile(registry.profile),
        seed=seed,
        now=now,
    )


def tracker_for(case: Case, domain: Domain) -> Tracker:
    """Fold a case's events into the tracker that is sent."""
    return Tracker.from_events(
        case.sender_id,
        case.events,
        domain=domain,
        now=case.now,
        new_id=_no_id,
        parse_date=_as_written,
        known_events=case.known_events,
        profile=case.profile,
    )


def _no_id() -> str:
    message = "a generated reminder always has a name"
    raise AssertionError(message)


def _as_written(text: Any, _now: float) -> str:
    return str(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """Where the cases of one action are made."""

    cast: Cast
    action: str
    role: Role
    foreign: Foreigners
    seed: int
    now: float
    profile: Profile = RASA_3_6

    def scene(self, rng: Rng, *, sender_id: str = "") -> Scene:
        """Set the scene for one case."""
        return Scene(
            cast=self.cast,
            action=self.action,
            role=self.role,
            rng=rng,
            sender_id=sender_id,
        )

    def planned(self, count: int) -> Iterator[tuple[Kind, int]]:
        """Yield the kinds of case in order, numbered among those of the same name."""
        seen: Counter[str] = Counter()
        for kind in plan(self.scene(Rng()), count=count):
            seen[kind.name] += 1
            yield kind, seen[kind.name]

    def lengthy(self, size: int) -> list[Kind]:
        """List the kinds of case whose tracker has so many events, or a few more."""
        return lengthy_kinds(self.scene(Rng()), size=size)

    def make(self, kind: Kind, index: int, *, rng: Rng | None = None) -> Case:
        """Make one case, from its own stream of choices or from a given one."""
        case_id = f"{kind.name}-{index}"
        rng = rng or Rng(self.seed, self.action, case_id)
        own = self.cast.material.sender_ids
        scene = self.scene(rng, sender_id=rng.pick(own) if own else sender(rng))
        conversation = kind.opening(scene)
        kind.ending(scene, conversation)
        room = room_for_others(conversation, size=kind.length)
        weave(conversation, self.foreign, every=kind.shows_all, most=room)
        dress(conversation, profile=self.profile, action=self.action)
        if kind.length is not None:
            lengthen(conversation, size=kind.length)
        return Case(
            id=case_id,
            action=self.action,
            kind=kind.name,
            index=index,
            events=conversation.finished(self.now),
            reachable=kind.reachable,
            seed=self.seed,
            channel=conversation.channel,
            sender_id=scene.sender_id,
            now=self.now,
            known_events=self.foreign.names,
            profile=self.profile,
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
