"""RM211 to RM217: what an event says, where its shape is right.

Whether a slot's value fits its slot is for `rasa_mock.rules.slots`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rasa_mock.clock import parse_date
from rasa_mock.core.accepts import verdict
from rasa_mock.core.defaults import UTTER_PREFIX, VALIDATE_PREFIX
from rasa_mock.errors import DataError
from rasa_mock.rules.answer import shown
from rasa_mock.rules.base import Draft, Example, Exchange, Place, rule
from rasa_mock.rules.names import meant

if TYPE_CHECKING:
    from rasa_mock.core.domain import Domain


@rule(
    "RM211",
    "error",
    title="user event that Rasa cannot build",
    wrong=Example(events=[{"event": "user"}]),
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
def user_without_parse_data(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A user event needs `parse_data`, an object with the intent and the entities.

    `UserUttered("...")` of rasa-sdk writes null there unless it is given one.
    """
    data = place.value.get("parse_data")
    if isinstance(data, Mapping):
        return
    got = shown(data) if "parse_data" in place.value else "no parse_data"
    yield Draft(
        message=f"a user event with {got} cannot be built",
        pointer=place.pointer,
        subject="user.parse_data",
        expected='"parse_data": {"intent": {"name": ..., "confidence": ...}, '
        '"entities": [...]}',
        got=got,
        hint="give UserUttered its parse_data, or use a followup instead",
    )


@rule(
    "RM212",
    "error",
    title="reminder with a date that cannot be read",
    wrong=Example(
        events=[
            {"event": "reminder", "intent": "EXTERNAL_reminder", "date_time": "soon"}
        ]
    ),
    right=Example(
        events=[
            {
                "event": "reminder",
                "intent": "EXTERNAL_reminder",
                "date_time": "2030-01-01T09:00:00+01:00",
            }
        ]
    ),
    each="event",
    of=("reminder",),
)
def unreadable_date(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A reminder's `date_time` is missing or no date that Rasa's parser can read."""
    value = place.value.get("date_time")
    if isinstance(value, str) and _is_date(value):
        return
    got = shown(value) if "date_time" in place.value else "no date_time"
    yield Draft(
        message=f"the reminder's date cannot be read: {got}",
        pointer=f"{place.pointer}/date_time",
        subject="reminder.date_time",
        expected="a date and time in ISO 8601, with its zone",
        got=got,
        hint="ReminderScheduled(..., trigger_date_time=a_datetime) writes it right",
    )


def _is_date(text: str) -> bool:
    try:
        parse_date(text, 0.0)
    except DataError:
        return False
    return True


def _is_action(name: str, domain: Domain) -> bool:
    """Tell whether an action exists, be it for a retrieval intent (utter_faq)."""
    retrieval = name.removeprefix(UTTER_PREFIX)
    return name in domain.action_names or (
        retrieval != name
        and (
            retrieval in domain.intents
            or any(key.startswith(f"{name}/") for key in domain.responses)
        )
    )


@rule(
    "RM213",
    "error",
    title="followup to an unknown action",
    wrong=Example(events=[{"event": "followup", "name": "action_that_is_nowhere"}]),
    right=Example(events=[{"event": "followup", "name": "action_listen"}]),
    each="event",
    of=("followup",),
)
def followup_to_unknown(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A followup names an action that the domain does not have.

    The conversation goes on with whatever the policies predict.
    """
    name = place.value.get("name")
    if not isinstance(name, str) or _is_action(name, exchange.domain):
        return
    yield Draft(
        message=f"followup to {shown(name)}, an action that the domain lacks",
        pointer=f"{place.pointer}/name",
        subject=str(name),
        expected="an action, response (utter_...) or form of the domain",
        got=shown(name),
        hint=meant(
            name,
            exchange.domain.action_names,
            otherwise=f"add {shown(name)} to actions: in the domain",
        ),
        rasa="the followup is never run; Rasa logs an error at its next prediction",
    )


@rule(
    "RM214",
    "error",
    title="loop of an unknown form",
    wrong=Example(events=[{"event": "active_loop", "name": "form_that_is_nowhere"}]),
    right=Example(events=[{"event": "active_loop", "name": None}]),
    each="event",
    of=("active_loop", "form"),
)
def loop_of_unknown_form(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """An active_loop event names a form that the domain does not have."""
    name = place.value.get("name")
    if not isinstance(name, str) or _is_loop(name, exchange.domain):
        return
    yield Draft(
        message=f"there is no form {shown(name)} in the domain",
        pointer=f"{place.pointer}/name",
        subject=str(name),
        expected="a form of the domain, or null to end the loop",
        got=shown(name),
        hint=meant(
            name, exchange.domain.forms, otherwise="add it to forms: in the domain"
        ),
        rasa="the loop becomes active, and Rasa fails as soon as it has to run it",
    )


def _is_loop(name: str, domain: Domain) -> bool:
    """Tell whether a loop may have the name: a form's, or an action's of its own."""
    parts_of_forms = (VALIDATE_PREFIX, "action_ask_", UTTER_PREFIX)
    own = name in domain.actions and not name.startswith(parts_of_forms)
    return name in domain.forms or name == "action_two_stage_fallback" or own


@rule(
    "RM215",
    "warning",
    title="action event of an unknown action",
    wrong=Example(events=[{"event": "action", "name": "action_that_is_nowhere"}]),
    right=Example(events=[{"event": "action", "name": "utter_greet"}]),
    each="event",
    of=("action",),
)
def event_of_unknown_action(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """An action event says that an action was run which the domain does not have."""
    name = place.value.get("name")
    if not isinstance(name, str) or _is_action(name, exchange.domain):
        return
    yield Draft(
        message=f"an action event of {shown(name)}, an action that the domain lacks",
        pointer=f"{place.pointer}/name",
        subject=str(name),
        expected="an action of the domain",
        got=shown(name),
        hint=meant(
            name,
            exchange.domain.action_names,
            otherwise="to run an action return a followup; this event only logs it",
        ),
        rasa="the name goes into the history, where no rule or story knows it",
    )


@rule(
    "RM216",
    "warning",
    title="bot event that says nothing",
    wrong=Example(events=[{"event": "bot", "text": None, "data": {}}]),
    right=Example(events=[{"event": "bot", "text": "Hello", "data": {}}]),
    each="event",
    of=("bot",),
)
def silent_bot_event(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A bot event has neither text nor data, so no message is sent."""
    data = place.value.get("data")
    if place.value.get("text") or (isinstance(data, Mapping) and any(data.values())):
        return
    yield Draft(
        message="a bot event with neither text nor data",
        pointer=place.pointer,
        subject="bot",
        expected="text, or data with buttons, image, attachment, elements or custom",
        got=shown(place.value),
        hint="use dispatcher.utter_message(text=...), "
        "or leave the event out if there is nothing to say",
        rasa="it is logged, and the user gets nothing",
    )


@rule(
    "RM217",
    "error",
    title="answer that Rasa fails on",
    wrong=Example(events=[{"event": "action"}]),
    right=Example(events=[{"event": "action", "name": "utter_greet"}]),
)
def fails_in_rasa(exchange: Exchange) -> Iterator[Draft]:
    """Rasa's schema takes the events, but building or applying them raises."""
    error = exchange.outcome.error
    if error is None or not exchange.answer.events or not _accepted_by_schema(exchange):
        return
    if error.phase != "run" and _has_messages(exchange):
        return  # RM509: sending fails, not logging
    if any(_spoken_for(event) for event in exchange.answer.events):
        return
    yield Draft(
        message=f"Rasa fails with {error.rasa_class}: {shown(error.message.encode())}",
        pointer="/events",
        subject=error.rasa_class,
        expected="events that Rasa can build and apply",
        got=error.message,
        hint="compare the events with `rasa-mock schema show NAME`",
    )


def _has_messages(exchange: Exchange) -> bool:
    answer = exchange.answer
    return bool(answer.responses) or any(e.get("event") == "bot" for e in answer.events)


def _accepted_by_schema(exchange: Exchange) -> bool:
    status = exchange.reply.status or 0
    readable = exchange.answer.trouble is None and 200 <= status < 300
    return readable and not verdict(list(exchange.answer.events))


def _spoken_for(event: Any) -> bool:
    """Tell whether a rule of its own explains why Rasa fails on this event."""
    if not isinstance(event, Mapping):
        return True
    name = event.get("event")
    if name == "reminder":
        date = event.get("date_time")
        return not (isinstance(date, str) and _is_date(date))
    return name == "user" and not isinstance(event.get("parse_data"), Mapping)
