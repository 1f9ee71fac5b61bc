"""RM227 to RM231: reminders that fire never, too late, or for the wrong thing.

A date that cannot be read is RM212, an intent that the domain lacks RM803.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from rasa_mock.clock import parse_date, system_now
from rasa_mock.errors import DataError
from rasa_mock.rules.answer import shown
from rasa_mock.rules.base import ActionRecord, Draft, Example, Exchange, Place, rule

# Seconds that may pass between an answer and the look at it.
LATE = 30.0


def _reminder(**keys: Any) -> Example:
    event = {
        "event": "reminder",
        "intent": "EXTERNAL_reminder",
        "date_time": "2090-01-01T09:00:00+00:00",
        **keys,
    }
    return Example(events=[event])


def _date_of(event: Mapping[str, Any]) -> datetime | None:
    """Return a reminder's date; None where it cannot be read."""
    text = event.get("date_time")
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(parse_date(text, 0.0))
    except (DataError, ValueError):
        return None


@rule(
    "RM227",
    "warning",
    title="reminder without a time zone",
    wrong=_reminder(date_time="2090-01-01T09:00:00"),
    right=_reminder(),
    each="event",
    of=("reminder",),
)
def naive_date(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A reminder's date has no time zone, as `datetime.now()` has none.

    Rasa reads it in the time zone of the machine that it runs on, which in a container
    is hardly ever the one of the action server or the user.
    """
    date = _date_of(place.value)
    if date is None or date.tzinfo is not None:
        return
    got = str(place.value["date_time"])
    yield Draft(
        message=f"the reminder's date has no time zone: {got}",
        pointer=f"{place.pointer}/date_time",
        subject="zone",
        expected=f"{date.replace(microsecond=0).isoformat()}+00:00",
        got=got,
        hint="use datetime.now(timezone.utc) or datetime.now().astimezone()",
        rasa="it is read in Rasa's own time zone, and fires hours off in another",
    )


@rule(
    "RM228",
    "warning",
    title="reminder in the past",
    wrong=_reminder(date_time="2001-01-01T09:00:00+00:00"),
    right=_reminder(),
    each="event",
    of=("reminder",),
)
def past_date(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A reminder's date is over when Rasa gets it, so it never fires.

    The messages of a check have a time of their own.  A date that is nearer to that
    than to the clock was made from the conversation, and is measured by it.
    """
    date = _date_of(place.value)
    if date is None:
        return
    try:
        due = date.timestamp()
    except (OverflowError, ValueError, OSError):
        return
    events = exchange.before.events
    said = float(events[-1]["timestamp"]) if events else system_now()
    clock = system_now()
    now = said if abs(due - said) < abs(due - clock) else clock
    if due >= now - LATE:
        return
    got = str(place.value["date_time"])
    yield Draft(
        message=f"the reminder's date is in the past: {got}",
        pointer=f"{place.pointer}/date_time",
        subject="past",
        expected="a date to come",
        got=got,
        hint="add the interval to the present: "
        "datetime.now(timezone.utc) + timedelta(...)",
        rasa="the reminder is scheduled, never fires, and nothing says so",
    )


@rule(
    "RM229",
    "warning",
    title="reminder that names an action",
    wrong=_reminder(intent="action_example"),
    right=_reminder(),
    each="event",
    of=("reminder",),
)
def action_as_intent(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A reminder has an action's name where the intent belongs, as before Rasa 1.7."""
    if not names_action(exchange, place.value.get("intent")):
        return
    got = str(place.value["intent"])
    yield Draft(
        message=f"the reminder names {shown(got)}, which is an action and no intent",
        pointer=f"{place.pointer}/intent",
        subject=got,
        expected="an intent of the domain, such as EXTERNAL_reminder",
        got=got,
        hint="add an intent EXTERNAL_..., and a rule from it to the action",
        rasa="the reminder fires as a message of an unknown intent; the fallback "
        "answers the user out of the blue",
    )


def names_action(exchange: Exchange, intent: Any) -> bool:
    """Tell whether a reminder's intent is an action's name instead."""
    if not isinstance(intent, str) or intent in exchange.domain.intents:
        return False
    return intent in exchange.domain.action_names or bool(
        re.match(r"(action|utter|validate)_", intent)
    )


@rule(
    "RM230",
    "warning",
    title="reminder without an intent",
    wrong=_reminder(intent=None),
    right=_reminder(),
    each="event",
    of=("reminder",),
)
def no_intent(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A reminder does not say which intent it triggers."""
    intent = place.value.get("intent")
    if isinstance(intent, str) and intent:
        return
    yield Draft(
        message="the reminder has no intent",
        pointer=place.pointer,
        subject="reminder.intent",
        expected='"intent": an intent of the domain',
        got=shown(intent),
        hint='ReminderScheduled("EXTERNAL_reminder", ...)',
        rasa="it fires without an intent; the fallback answers the user out of the "
        "blue",
    )


@rule(
    "RM231",
    "info",
    title="one name for the reminders of all users",
    wrong=_reminder(name="my_reminder"),
    right=_reminder(),
    each="action",
)
def shared_name(record: ActionRecord) -> Iterator[Draft]:
    """A reminder has the same name whoever the user is.

    The name is the job's id in Rasa's scheduler, for all conversations together.
    """
    names = [_names_of(call.exchange) for call in record.calls if call.exchange]
    used = [name for found in names for name in found]
    for name in dict.fromkeys(used):
        if used.count(name) < len([found for found in names if found]):
            continue
        yield Draft(
            message=f"every call schedules its reminder under the name {name!r}",
            pointer="/events",
            subject=name,
            expected="a name with the sender's id in it",
            got=name,
            hint='name=f"call-{tracker.sender_id}", or no name at all',
            rasa="a second user's reminder replaces the first one's, which is "
            "silently gone",
            action=record.action,
        )


def _names_of(exchange: Exchange) -> list[str]:
    return [
        event["name"]
        for event in exchange.answer.events
        if isinstance(event, dict)
        and event.get("event") == "reminder"
        and isinstance(event.get("name"), str)
        and exchange.before.sender_id not in event["name"]
    ]
