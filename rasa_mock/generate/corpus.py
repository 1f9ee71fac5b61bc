"""Sets of fixtures: requests, trackers, events, responses, conversations, by a seed.

A recipe says what is to be made; `items` makes it, one document after the other, the
same ones on every machine.  What does not live here: writing files (`rasa_mock.cli`),
what a set's manifest says (`manifest`), wrong answers (`rasa_mock.run.wrong`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, cycle, islice
from typing import Any

from rasa_mock.core.domain import Domain
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.profile import Profile, find_profile
from rasa_mock.core.state import SESSION_START
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import RequestBuilder
from rasa_mock.errors import DataError, UsageError
from rasa_mock.generate import history
from rasa_mock.generate.cases import (
    DEFAULT_NOW,
    Case,
    Studio,
    sender,
    studio_for,
    tracker_for,
)
from rasa_mock.generate.conversation import Conversation
from rasa_mock.generate.described import cast_for
from rasa_mock.generate.dialects import add_flows, dress, is_calm
from rasa_mock.generate.forms import FormWalk
from rasa_mock.generate.from_schema import Sampler
from rasa_mock.generate.kinds import DEFAULT_COUNT, Kind
from rasa_mock.generate.material import NOTHING, Material
from rasa_mock.generate.provider import DEFAULT_LOCALE
from rasa_mock.generate.replies import Asked, right_answer
from rasa_mock.generate.rng import Rng
from rasa_mock.generate.weave import foreigners, weave
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.validate import validate

Json = dict[str, Any]
# Nobody is called: what stands in an endpoint has no place in a request's body.
NOWHERE = Endpoint(url="http://localhost:5055/webhook")
LONGEST = 6
TRIES = 50
KINDS = {
    "requests": "what Rasa sends to an action server",
    "trackers": "trackers as Rasa writes them, in a request and at GET .../tracker",
    "events": "single events as they stand in trackers",
    "responses": "answers of an action server",
    "conversations": "whole conversations: all events, and the turns in short",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What is to be made, from what, and the seed.

    `actions` are those for which requests, trackers and responses are made, none for
    all; `types` likewise the events.  `size` is how many events a tracker has.  `now`
    is seconds since the epoch.
    """

    kind: str
    domain: Domain
    registry: Registry
    count: int = DEFAULT_COUNT
    seed: int = 0
    locale: str = DEFAULT_LOCALE
    now: float = DEFAULT_NOW
    material: Material = NOTHING
    actions: Sequence[str] = ()
    types: Sequence[str] = ()
    size: int | None = None

    @property
    def profile(self) -> Profile:
        """The Rasa whose messages are made."""
        return find_profile(self.registry.profile)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One fixture: a name that says what it is, the document, perhaps as one line.

    `line` is given where the bytes that Rasa sends are known.
    """

    id: str
    document: Any
    line: str | None = None


def items(recipe: Recipe) -> Iterator[Item]:
    """Make the documents of a recipe, `count` of them.

    Raises UsageError for a kind, action, event type or locale that does not exist.
    """
    if recipe.kind not in _MAKERS:
        expected = ", ".join(KINDS)
        message = f"cannot generate {recipe.kind!r}: expected one of {expected}"
        raise UsageError(message)
    return islice(_MAKERS[recipe.kind](recipe), recipe.count)


def cases_in_turn(recipe: Recipe) -> Iterator[tuple[Studio, Case]]:
    """Yield reachable cases without end, one action after the other."""
    studios = [_studio(recipe, action) for action in called(recipe)]
    streams = [_cases(studio, size=recipe.size) for studio in studios]
    for studio, stream in cycle(zip(studios, streams, strict=True)):
        yield studio, next(stream)


def called(recipe: Recipe) -> tuple[str, ...]:
    """List the actions that are called; those of the domain if none are named."""
    actions = tuple(recipe.actions) or recipe.domain.server_actions
    if not actions:
        message = (
            f"no {recipe.kind} without an action: add some under actions: in the domain"
        )
        raise UsageError(message)
    return actions


def _studio(recipe: Recipe, action: str) -> Studio:
    return studio_for(
        action,
        domain=recipe.domain,
        registry=recipe.registry,
        seed=recipe.seed,
        locale=recipe.locale,
        now=recipe.now,
        material=recipe.material,
    )


def _cases(studio: Studio, *, size: int | None) -> Iterator[Case]:
    kinds = studio.lengthy(size) if size is not None else _reachable(studio)
    seen: dict[str, int] = {}
    for kind in cycle(kinds):
        seen[kind.name] = seen.get(kind.name, 0) + 1
        yield studio.make(kind, seen[kind.name])


def _reachable(studio: Studio) -> list[Kind]:
    return [kind for kind, _ in studio.planned(DEFAULT_COUNT) if kind.reachable]


def _requests(recipe: Recipe) -> Iterator[Item]:
    builder = RequestBuilder(NOWHERE, domain=recipe.domain, profile=recipe.profile)
    for _, case in cases_in_turn(recipe):
        tracker = tracker_for(case, recipe.domain)
        request = builder.build(case.action, tracker)
        yield Item(
            id=f"{case.action}/{case.id}",
            document=request.payload,
            line=request.body.decode(),
        )


def _trackers(recipe: Recipe) -> Iterator[Item]:
    for _, case in cases_in_turn(recipe):
        state = tracker_for(case, recipe.domain).current_state()
        yield Item(id=f"{case.action}/{case.id}", document=state)


def _responses(recipe: Recipe) -> Iterator[Item]:
    for studio, case in cases_in_turn(recipe):
        tracker = tracker_for(case, recipe.domain)
        answer = right_answer(asked_in(studio, case, tracker=tracker))
        yield Item(id=f"{case.action}/{case.id}", document=answer)


def asked_in(
    studio: Studio, case: Case, *, tracker: Tracker, rng: Rng | None = None
) -> Asked:
    """Return what a right answer in a case depends on, with choices of its own."""
    return Asked(
        cast=studio.cast,
        role=studio.role,
        action=case.action,
        rng=rng or Rng(case.seed, case.action, case.id, "answer"),
        events=case.events,
        slots=tracker.slots,
        loop=tracker.active_loop_name,
        now=case.now,
    )


def _conversations(recipe: Recipe) -> Iterator[Item]:
    for number in count(1):
        told = _begun(recipe, "conversation", number)
        turns = 1 + told.rng.below(LONGEST)
        if told.cast.forms and number % 2 == 0:
            history.through_form(told)
        history.turns(told, turns)
        events = _finished(recipe, told)
        document = {
            "sender_id": told.sender_id,
            "channel": told.channel,
            "turns": [*turns_of(events)],
            "events": events,
        }
        yield Item(id=f"conversation-{number}", document=document)


def _begun(recipe: Recipe, *key: object) -> Conversation:
    """Begin a conversation of which no action is the aim."""
    own = recipe.material
    rng = Rng(recipe.seed, *key)
    cast = cast_for(
        recipe.domain,
        recipe.locale,
        registry=recipe.registry,
        seed=recipe.seed,
        material=own,
    )
    told = Conversation(
        cast,
        rng,
        sender_id=rng.pick(own.sender_ids) if own.sender_ids else sender(rng),
        channel=rng.pick(own.channels) if own.channels else "rest",
        metadata=rng.pick(own.metadata) if own.metadata else None,
    )
    told.start_session()
    return told


def _finished(recipe: Recipe, told: Conversation, *, every: bool = False) -> list[Json]:
    weave(told, foreigners(recipe.registry), every=every)
    dress(told, profile=recipe.profile, action=_some_action(recipe))
    return told.finished(recipe.now)


def _some_action(recipe: Recipe) -> str:
    return next(iter(recipe.domain.server_actions), SESSION_START)


def turns_of(events: Sequence[Json]) -> Iterator[Json]:
    """Tell a conversation in short: what the user said, and what the bot did then."""
    turn: Json = {}
    for event in events:
        kind = event["event"]
        if kind == "user":
            if turn:
                yield turn
            parsed = event["parse_data"]
            turn = {
                "user": event["text"],
                "intent": parsed["intent"].get("name"),
                "entities": {e["entity"]: e["value"] for e in parsed["entities"]},
                "slots": {},
                "actions": [],
                "bot": [],
            }
        elif turn and kind == "slot":
            turn["slots"][event["name"]] = event["value"]
        elif turn and kind == "action":
            turn["actions"].append(event["name"])
        elif turn and kind == "bot":
            turn["bot"].append(event["text"])
    if turn:
        yield turn


def _events(recipe: Recipe) -> Iterator[Item]:
    """Yield an event of each type in turn, from conversations that have most of them.

    What no conversation has is made from its schema.
    """
    types = event_types(recipe)
    for number in count(1):
        told = _begun(recipe, "events", number)
        history.rarities(told)
        if told.cast.forms:
            _reject_form(told)
        history.misunderstood(told)
        history.turns(told, 3)
        told.restart()
        if "stack" in types and not is_calm(recipe.domain):
            add_flows(told, action=_some_action(recipe))
        by_type: dict[str, list[Json]] = {}
        for event in _finished(recipe, told, every=True):
            by_type.setdefault(event["event"], []).append(event)
        for name in types:
            known = by_type.get(name)
            event = told.rng.pick(known) if known else _described(recipe, name, told)
            yield Item(id=f"{name}-{number}", document=event)


def _reject_form(told: Conversation) -> None:
    """Log that a form is interrupted, and then left."""
    walk = FormWalk(told, told.rng.pick(tuple(told.cast.forms)))
    walk.begin()
    if walk.is_active:
        told.listen()
        walk.digress()
        told.featurize()
        history.react(told)
        history.leave_form(told)
    told.listen()


def _described(recipe: Recipe, name: str, told: Conversation) -> Json:
    """Make an event from its schema alone.

    A schema may demand what cannot be read from it field by field: then once more.
    """
    schema = recipe.registry.definitions[f"event_{name}"]
    head = {"event": name, "timestamp": recipe.now, "metadata": {**told.identity}}
    event: Json = {}
    for _ in range(TRIES):
        made = Sampler(recipe.registry.definitions, told).event(schema)
        rest = {k: v for k, v in made.items() if k not in ("timestamp", "metadata")}
        event = {**head, **rest}
        if not validate("tracked_event", event, registry=recipe.registry, limit=1):
            return event
    message = f"no event {name!r} can be made of its schema; give it examples"
    raise DataError(message, pointer=f"/events/{name}")


def event_types(recipe: Recipe) -> tuple[str, ...]:
    """List the event types of a profile that stand in trackers, or those asked for."""
    known = tuple(
        name
        for name, schema in recipe.registry.event_types.items()
        if schema.tracked and schema.alias_of is None
    )
    unknown = [name for name in recipe.types if name not in known]
    if unknown:
        message = (
            f"no event type {unknown[0]!r} in profile {recipe.registry.profile}: "
            f"expected one of {', '.join(known)}"
        )
        raise UsageError(message)
    return tuple(recipe.types) or known


_MAKERS: Mapping[str, Callable[[Recipe], Iterator[Item]]] = {
    "requests": _requests,
    "trackers": _trackers,
    "events": _events,
    "responses": _responses,
    "conversations": _conversations,
}
