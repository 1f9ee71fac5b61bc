"""RM8xx: the server and the domain do not agree.

Names of slots, forms and responses in answers are for the families of those.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rasa_mock.core.defaults import DEFAULT_ACTIONS, DEFAULT_INTENTS
from rasa_mock.rules.answer import shown
from rasa_mock.rules.base import (
    Draft,
    Example,
    Exchange,
    Place,
    ServerRecord,
    rule,
)
from rasa_mock.rules.names import meant, nearest
from rasa_mock.rules.reminders import names_action

if TYPE_CHECKING:
    from rasa_mock.core.domain import Domain

GOOD = Example(events=[{"event": "slot", "name": "city", "value": "Rome"}])


@rule(
    "RM801",
    "warning",
    title="action that the server lacks",
    wrong=Example(
        status=404, body=b'{"error": "No registered action", "action_name": "x"}'
    ),
    right=GOOD,
)
def not_on_the_server(exchange: Exchange) -> Iterator[Draft]:
    """The domain lists an action, and the server answers 404 when Rasa calls it."""
    if exchange.reply.status != 404:
        return
    yield Draft(
        message=f"the server has no action {exchange.action!r} (status 404)",
        subject="404",
        expected="an action of this name on the server",
        got="404",
        hint="is its class in the package that the server loads, and is what its "
        "name() returns spelt as in the domain? otherwise take it out of the domain",
    )


@rule(
    "RM802",
    "warning",
    title="action that the domain lacks",
    wrong=Example(listed=["action_example", "action_forgotten"]),
    right=Example(listed=["action_example"]),
    each="server",
)
def not_in_the_domain(record: ServerRecord) -> Iterator[Draft]:
    """The server has an action that the domain does not list: Rasa never calls it."""
    known = record.domain.server_actions
    for name in record.listed or ():
        if name in known:
            continue
        near = nearest(name, known, cutoff=0.85)
        overrides = " (it would replace Rasa's own)" if name in DEFAULT_ACTIONS else ""
        yield Draft(
            message=f"the server has {name!r}, the domain does not list it{overrides}",
            subject=name,
            action=name,
            expected=f"{name} under actions: in the domain",
            got="no such action in the domain",
            hint=f"the domain has {near!r}: is one of the two misspelt?"
            if near
            else "add it to actions: in the domain, or remove it from the server",
            rasa="Rasa never calls it",
        )


ENTITY = {"entity": "city", "value": "Rome"}


@rule(
    "RM806",
    "warning",
    title="user event of an unknown intent",
    wrong=Example(
        events=[
            {
                "event": "user",
                "text": "/greeet",
                "parse_data": {"intent": {"name": "greeet", "confidence": 1.0}},
            }
        ]
    ),
    right=Example(
        events=[
            {
                "event": "user",
                "text": "/greet",
                "parse_data": {"intent": {"name": "greet", "confidence": 1.0}},
            }
        ]
    ),
    each="event",
    of=("user",),
)
def user_of_unknown_intent(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A user event holds an intent that is not in the domain."""
    data = place.value.get("parse_data")
    intent = data.get("intent") if isinstance(data, Mapping) else None
    name = intent.get("name") if isinstance(intent, Mapping) else None
    if not isinstance(name, str) or knows_intent(exchange.domain, name):
        return
    yield Draft(
        message=f"a user event of {shown(name)}, an intent that the domain lacks",
        pointer=f"{place.pointer}/parse_data/intent/name",
        subject=name,
        expected="an intent of the domain",
        got=name,
        hint=meant(
            name, exchange.domain.intents, otherwise="add it to intents: in the domain"
        ),
        rasa="no rule or story knows the intent: the fallback answers",
    )


@rule(
    "RM807",
    "warning",
    title="event with an unknown entity",
    wrong=Example(
        events=[
            {
                "event": "reminder",
                "intent": "EXTERNAL_reminder",
                "date_time": "2090-01-01T09:00:00+00:00",
                "entities": [{"entity": "town", "value": "Rome"}],
            }
        ]
    ),
    right=Example(
        events=[
            {
                "event": "reminder",
                "intent": "EXTERNAL_reminder",
                "date_time": "2090-01-01T09:00:00+00:00",
                "entities": [ENTITY],
            }
        ]
    ),
    each="event",
    of=("user", "reminder", "entities"),
)
def unknown_entity(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """An event brings an entity that is not in the domain."""
    event = place.value
    held = event.get("parse_data") if event["event"] == "user" else event
    below = "/parse_data" if event["event"] == "user" else ""
    given = held.get("entities") if isinstance(held, Mapping) else None
    for name in _entity_names(given):
        if name not in exchange.domain.entities:
            yield Draft(
                message=f"{event['event']}: the domain has no entity {shown(name)}",
                pointer=f"{place.pointer}{below}/entities",
                subject=name,
                expected="an entity of the domain",
                got=name,
                hint=meant(
                    name,
                    exchange.domain.entities,
                    otherwise="add it to entities: in the domain",
                ),
                rasa="no mapping fills a slot from it, no story sees it",
            )


def _entity_names(given: Any) -> list[str]:
    """List the names of entities, given as a list of them or as name and value."""
    if isinstance(given, Mapping):
        return [name for name in given if isinstance(name, str)]
    items = given if isinstance(given, list) else []
    names = [item.get("entity") for item in items if isinstance(item, Mapping)]
    return [name for name in names if isinstance(name, str)]


def knows_intent(domain: Domain, name: str) -> bool:
    """Tell whether the domain has an intent, or the retrieval intent of `faq/ask`."""
    known = {*domain.intents, *DEFAULT_INTENTS}
    return name in known or name.partition("/")[0] in known


@rule(
    "RM803",
    "warning",
    title="reminder for an unknown intent",
    wrong=Example(
        events=[
            {
                "event": "reminder",
                "intent": "remindd",
                "date_time": "2090-01-01T09:00:00+00:00",
            }
        ]
    ),
    right=Example(
        events=[
            {
                "event": "reminder",
                "intent": "EXTERNAL_reminder",
                "date_time": "2090-01-01T09:00:00+00:00",
            }
        ]
    ),
    each="event",
    of=("reminder",),
)
def reminder_of_unknown_intent(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A reminder triggers an intent that is not in the domain.

    It fires all the same, and the fallback answers the user out of the blue.
    """
    intent = place.value.get("intent")
    known = {*exchange.domain.intents, *DEFAULT_INTENTS}
    if not isinstance(intent, str) or not intent or intent in known:
        return
    if names_action(exchange, intent):
        return  # RM229
    yield Draft(
        message=f"the reminder triggers {shown(intent)}, which the domain lacks",
        pointer=f"{place.pointer}/intent",
        subject=intent,
        expected="an intent of the domain",
        got=intent,
        hint=meant(intent, known, otherwise="add it to intents: in the domain"),
        rasa="the reminder fires, and the fallback answers the user out of the blue",
    )
