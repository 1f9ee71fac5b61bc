"""RM8xx: the server and the domain do not agree.

Names of slots, forms and responses in answers are for the families of those.
"""

from __future__ import annotations

from collections.abc import Iterator

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


@rule(
    "RM803",
    "warning",
    title="reminder for an unknown intent",
    wrong=Example(
        events=[
            {"event": "reminder", "intent": "remindd", "date_time": "2030-01-01T09:00"}
        ]
    ),
    right=Example(
        events=[
            {
                "event": "reminder",
                "intent": "EXTERNAL_reminder",
                "date_time": "2030-01-01T09:00",
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
    if not isinstance(intent, str) or intent in known:
        return
    yield Draft(
        message=f"the reminder triggers {shown(intent)}, which the domain lacks",
        pointer=f"{place.pointer}/intent",
        subject=intent,
        expected="an intent of the domain",
        got=intent,
        hint=meant(intent, known, otherwise="add it to intents: in the domain"),
        rasa="the reminder fires, and the fallback answers the user out of the blue",
    )
