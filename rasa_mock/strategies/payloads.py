"""What goes over the wire: events, trackers, requests, answers, as strategies.

Each value is fresh: a test may change it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from hypothesis import strategies as st

from rasa_mock.core.tracker import Tracker
from rasa_mock.errors import DataError, UsageError
from rasa_mock.generate import history
from rasa_mock.generate.cases import Case, sender, tracker_for
from rasa_mock.generate.conversation import Conversation
from rasa_mock.generate.corpus import asked_in
from rasa_mock.generate.replies import right_answer
from rasa_mock.generate.slot_values import slot_value
from rasa_mock.resources import DEFAULT_PROFILE
from rasa_mock.rules.catalogue import selected
from rasa_mock.run.wrong import Forger, Wrong
from rasa_mock.run.wrong_items import labelled
from rasa_mock.schema.validate import is_valid
from rasa_mock.strategies.drawing import Draw, DrawnRng, below
from rasa_mock.strategies.schemas import from_schema
from rasa_mock.strategies.workshop import NOW, AnyDomain, Workshop, workshop_for

Json = dict[str, Any]
Strategy = st.SearchStrategy[Any]
# One in so many times a conversation ends here: it has five turns on average.
ENDS = 6
TURNS = 8
STRAYS = 5
BALLAST = 16
LATER = 0.001
NEVER_TRIED = "no rule is left that a single answer can break"


def events(
    *,
    profile: str = DEFAULT_PROFILE,
    domain: AnyDomain | None = None,
    types: Sequence[str] | None = None,
    returned: bool = False,
) -> Strategy:
    """Return a strategy for single events, each right by its schema.

    Events are as Rasa sends them in a tracker, or with `returned` as an action returns
    them.  `types` are the event types, all of the profile if None.  Names and values
    are those of `domain`, or of a small one of our own.
    """
    shop = workshop_for(domain, profile=profile)
    known = [
        name
        for name, schema in shop.registry.event_types.items()
        if (schema.returned if returned else schema.tracked) and schema.alias_of is None
    ]
    unknown = [name for name in types or () if name not in known]
    if unknown:
        where = "answers" if returned else "trackers"
        message = (
            f"no event type {unknown[0]!r} in {where} of profile {profile}: expected "
            f"some of {', '.join(known)}"
        )
        raise UsageError(message)
    chosen = list(types or known)
    form = "returned" if returned else "tracked"
    return st.sampled_from(chosen).flatmap(_event_maker(shop, form))


def _event_maker(shop: Workshop, form: str) -> Callable[[str], Strategy]:
    @cache
    def make(name: str) -> Strategy:
        known = shop.registry.definitions
        parts: list[Json] = [{"$ref": f"#/$defs/event_{name}"}]
        if form in known[f"event_{name}"].get("$defs", {}):
            parts.append({"$ref": f"#/$defs/event_{name}/$defs/{form}"})
        if form == "tracked":
            parts.append({"required": ["event", "timestamp"]})
        kind = "tracked_event" if form == "tracked" else "event"
        found = from_schema({"allOf": parts}, definitions=known, sources=_sources(shop))
        if name == "slot" and shop.cast.set_by_actions:
            found = st.builds(lambda e, pair: {**e, **pair}, found, _settings(shop))
        return found.filter(lambda e: is_valid(kind, e, registry=shop.registry))

    return make


def _settings(shop: Workshop) -> Strategy:
    """Return slots of the domain, with values that they are meant for."""

    @st.composite
    def make(draw: Draw) -> Json:
        part = draw(st.sampled_from(shop.cast.set_by_actions))
        is_set = draw(st.booleans())
        value = None
        if is_set:
            value = slot_value(part, locale=shop.locale, rng=DrawnRng(draw))
        return {"name": part.name, "value": value}

    return make()


_TIMES = st.integers(0, 10**6).map(lambda steps: NOW + steps / 100)


def _sources(shop: Workshop) -> Mapping[str, Callable[[], Strategy]]:
    """Fill what a schema takes from the domain."""
    domain, cast = shop.domain, shop.cast

    def of(names: Sequence[str], otherwise: str) -> Callable[[], Strategy]:
        return lambda: st.sampled_from(list(names) or [otherwise])

    return {
        "action_name": of(domain.action_names, "action_listen"),
        "entity_name": of(list(cast.entities), "entity"),
        "form_name": of(list(domain.forms), "form"),
        "intent_name": of(cast.intents, "intent"),
        "response_name": of(list(domain.responses), "utter_default"),
        "slot_name": of([part.name for part in cast.set_by_actions], "slot"),
        "timestamp": lambda: _TIMES,
    }


def trackers(
    domain: AnyDomain | None = None,
    *,
    reachable: bool = True,
    profile: str = DEFAULT_PROFILE,
    locale: str = "en_US",
) -> Strategy:
    """Return a strategy for trackers, as Rasa writes them in a request.

    With `reachable=False` any events stand among those of a conversation, in an order
    that no dialogue produces; Rasa takes them all the same.
    """
    shop = workshop_for(domain, profile=profile, locale=locale)
    strays = st.lists(events(profile=profile, domain=shop.domain), max_size=STRAYS)

    @st.composite
    def make(draw: Draw) -> Json:
        told = talked(draw, shop)
        log = told.finished(NOW)
        if not reachable:
            log = _strewn(draw, log, strays=draw(strays))
        tracker = _folded(shop, told.sender_id, log)
        state: Json = json.loads(json.dumps(tracker.current_state()))
        return state

    return make()


def talked(draw: Draw, shop: Workshop) -> Conversation:
    """Draw a conversation, turn by turn: simple turns first, so that it shrinks."""
    rng = DrawnRng(draw)
    told = Conversation(shop.cast, rng, sender_id=sender(rng))
    told.start_session()
    turns = [history.chat, history.misunderstood, _long_pause, Conversation.restart]
    if shop.cast.forms:
        turns.append(_form)

    @st.composite
    def turn(draw: Draw) -> bool:
        if draw(below(ENDS)) == 0:
            return False
        rng.draw = draw
        draw(st.sampled_from(turns))(told)
        return True

    once = turn()
    for _ in range(TURNS):
        if not draw(once):
            break
    rng.draw = draw
    return told


def _form(told: Conversation) -> None:
    """Go through a form.

    It makes many events of few choices, while examples shrink to the fewest choices:
    those that are made here for nothing keep forms out where a message would do.
    """
    for _ in range(BALLAST):
        told.rng.below(2)
    history.through_form(told)


def _long_pause(told: Conversation) -> None:
    history.new_session(told)


def _strewn(draw: Draw, log: list[Json], *, strays: Sequence[Json]) -> list[Json]:
    """Put stray events between those of a conversation."""
    for event in strays:
        place = draw(below(len(log) + 1))
        at = log[place - 1]["timestamp"] if place else NOW
        log.insert(place, {**event, "timestamp": at})
    return log


def _folded(shop: Workshop, sender_id: str, log: Sequence[Json]) -> Tracker:
    """Fold events as Rasa does; what Rasa refuses is left out."""

    def fresh() -> Tracker:
        return Tracker(
            sender_id,
            domain=shop.domain,
            now=NOW,
            new_id=lambda: "reminder",
            parse_date=lambda text, _now: str(text),
            known_events=tuple(shop.registry.event_types),
            profile=shop.registry.profile,
        )

    kept: list[Json] = []
    tracker = fresh()
    for event in log:
        if _takes(tracker, event):
            kept.append(event)
        else:
            tracker = fresh()
            tracker.extend(kept)
    return tracker


def _takes(tracker: Tracker, event: Json) -> bool:
    try:
        tracker.update(event)
        tracker.current_state()
    except DataError:
        return False
    return True


def action_requests(
    domain: AnyDomain | None = None,
    *,
    action: str | None = None,
    profile: str = DEFAULT_PROFILE,
    locale: str = "en_US",
) -> Strategy:
    """Return a strategy for requests to an action server, in reachable states.

    `action` is the one that is called, any of the domain's if None.
    """
    shop = workshop_for(domain, profile=profile, locale=locale)
    actions = shop.actions(action)

    @st.composite
    def make(draw: Draw) -> Json:
        case = _case(draw, shop, actions=actions)
        request = shop.builder.build(case.action, tracker_for(case, shop.domain))
        payload: Json = json.loads(request.body)
        return payload

    return make()


def _case(draw: Draw, shop: Workshop, *, actions: Sequence[str]) -> Case:
    """Draw the case in which an action is called."""
    studio = shop.studio(draw(st.sampled_from(actions)))
    kind = draw(st.sampled_from(shop.kinds_of(studio.action)))
    return studio.make(kind, 1, rng=DrawnRng(draw))


def action_responses(
    domain: AnyDomain | None = None,
    *,
    action: str | None = None,
    valid: bool | None = True,
    profile: str = DEFAULT_PROFILE,
    locale: str = "en_US",
) -> Strategy:
    """Return a strategy for answers of an action server: its `events` and `responses`.

    With `valid=False` each answer breaks one of the rules (`wrong_responses` says
    which), with None both sorts are drawn.
    """
    shop = workshop_for(domain, profile=profile, locale=locale)
    actions = shop.actions(action)

    @st.composite
    def make(draw: Draw) -> Json:
        case = _case(draw, shop, actions=actions)
        studio = shop.studio(case.action)
        tracker = tracker_for(case, shop.domain)
        asked = asked_in(studio, case, tracker=tracker, rng=DrawnRng(draw))
        answer: Json = json.loads(json.dumps(right_answer(asked)))
        return answer

    if valid:
        return make()
    wrong = wrong_responses(
        shop.domain, action=action, profile=profile, locale=locale, bodies=True
    ).map(lambda labelled_one: labelled_one["answer"])
    return wrong if valid is False else make() | wrong


def wrong_responses(
    domain: AnyDomain | None = None,
    *,
    action: str | None = None,
    rules: Sequence[str] = (),
    bodies: bool = False,
    profile: str = DEFAULT_PROFILE,
    locale: str = "en_US",
) -> Strategy:
    """Return a strategy for wrong answers, each labelled with the rule that it breaks.

    A value is an object with `rule`, `message`, `status`, `content_type`, `answer` (or
    `body` where that is no JSON), and the state in which it was given.  `rules` are ids
    or their beginnings; with `bodies` only answers that are objects with status 200.
    """
    shop = workshop_for(domain, profile=profile, locale=locale)
    forger = Forger(
        domain=shop.domain,
        registry=shop.registry,
        locale=locale,
        now=NOW,
        actions=shop.actions(action) if action else (),
    )
    chosen = selected(select=rules)

    @cache
    def forged(place: int, turn: int) -> str | None:
        made = forger.forge(chosen[place], turn=turn)
        if isinstance(made, str) or (bodies and not _has_body(made)):
            return None
        return json.dumps(labelled(made))

    @st.composite
    def make(draw: Draw) -> Json:
        start, turn = draw(below(len(chosen))), draw(below(3))
        for step in range(len(chosen)):
            text = forged((start + step) % len(chosen), turn)
            if text is not None:
                found: Json = json.loads(text)
                return found
        raise UsageError(NEVER_TRIED)

    return make()


def _has_body(made: Wrong) -> bool:
    return made.reply.status == 200 and isinstance(made.document(), dict)
