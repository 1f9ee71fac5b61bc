"""RM2xx: the returned events.

Whether a slot's value fits its slot is for `rasa_mock.rules.slots`.  A rasa-sdk server
drops what is no object before it answers; where we own its process, the witness in it
tells what was dropped, and the same rules speak.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from rasa_mock.clock import parse_date
from rasa_mock.core.accepts import verdict
from rasa_mock.core.events import EVENT_TYPES
from rasa_mock.errors import DataError
from rasa_mock.rules.answer import json_type, shown
from rasa_mock.rules.base import (
    ActionRecord,
    Draft,
    Example,
    Exchange,
    Place,
    rule,
)

SLOT = {"event": "slot", "name": "city", "value": "Rome"}
GOOD = Example(events=[SLOT])
DROPPED = "rasa-sdk drops it with a line in its log: Rasa never sees it"


def _dropped(exchange: Exchange, *kinds: str) -> Iterator[tuple[int, str]]:
    """Yield index and text of what rasa-sdk dropped from the list of events."""
    if exchange.witness.get("returned") in ("list", "tuple"):
        for item in exchange.witness.get("dropped", ()):
            if item["type"] in kinds:
                yield item["index"], item["shown"]


def _on_the_wire(
    exchange: Exchange, kinds: tuple[type, ...]
) -> Iterator[tuple[int, Any]]:
    for index, event in enumerate(exchange.answer.events):
        if isinstance(event, kinds):
            yield index, event


@rule(
    "RM201",
    "error",
    title="event that is no object",
    wrong=Example(events=["slot"]),
    right=GOOD,
)
def not_an_object(exchange: Exchange) -> Iterator[Draft]:
    """An item of the list of events is a string, a number or null."""
    plain = (str, int, float, type(None))
    for index, event in _on_the_wire(exchange, plain):
        yield _no_object(index, json_type(event), shown(event), rasa="")
    for index, text in _dropped(exchange, "str", "int", "float", "bool", "NoneType"):
        yield _no_object(index, "not an object", text, rasa=DROPPED)


def _no_object(index: int, kind: str, got: str, *, rasa: str) -> Draft:
    return Draft(
        message=f"event {index} is {kind}: {got}",
        pointer=f"/events/{index}",
        subject="not an object",
        expected='an object: {"event": "...", ...}',
        got=got,
        hint='return event objects, such as SlotSet("city", "Rome"), not their names',
        rasa=rasa,
    )


@rule(
    "RM202",
    "error",
    title="list inside the list of events",
    wrong=Example(events=[[SLOT]]),
    right=GOOD,
)
def list_in_list(exchange: Exchange) -> Iterator[Draft]:
    """The list of events holds another list, as `[[SlotSet(...)]]` does."""
    found = [(i, shown(e), "") for i, e in _on_the_wire(exchange, (list,))]
    found += [(i, t, DROPPED) for i, t in _dropped(exchange, "list", "tuple", "set")]
    for index, got, rasa in found:
        yield Draft(
            message=f"event {index} is a list: {got}",
            pointer=f"/events/{index}",
            subject="list",
            expected="one flat list of events",
            got=got,
            hint="return events + more_events instead of [events, more_events]",
            rasa=rasa,
        )


@rule(
    "RM203",
    "error",
    title="unknown event name",
    wrong=Example(events=[{"event": "slott", "name": "city", "value": "Rome"}]),
    right=GOOD,
    each="event",
)
def unknown_event(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """The event's name is none that Rasa knows."""
    name = place.value.get("event")
    known = {*EVENT_TYPES, *exchange.known_events}
    if not isinstance(name, str) or not name or name in known:
        return
    near = get_close_matches(name.lower(), known, n=1)
    yield Draft(
        message=f"there is no event named {name!r}",
        pointer=f"{place.pointer}/event",
        subject=name,
        expected=near[0] if near else f"one of {', '.join(sorted(known))}",
        got=name,
        hint=f"did you mean {near[0]!r}?"
        if near
        else "use the classes of "
        "rasa_sdk.events, or the names that `rasa-mock schema list` shows",
    )


@rule(
    "RM204",
    "error",
    title="event without a name",
    wrong=Example(events=[{"name": "city", "value": "Rome"}]),
    right=GOOD,
    each="event",
)
def nameless_event(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """An event's object lacks the key `event`, or it is empty or no string."""
    name = place.value.get("event")
    if isinstance(name, str) and name:
        return
    yield Draft(
        message=f"event {place.index} has no name: {shown(place.value)}",
        pointer=place.pointer,
        subject="event",
        expected='the key "event" with the name of the event',
        got=shown(place.value),
        hint="use the classes of rasa_sdk.events, which write the key themselves",
    )


@rule(
    "RM205",
    "error",
    title="slot event without a slot's name",
    wrong=Example(events=[{"event": "slot", "value": "Rome"}]),
    right=GOOD,
    each="event",
    of=("slot",),
)
def slot_without_name(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A slot event does not say, as a string, which slot it sets."""
    event = place.value
    if isinstance(event.get("name"), str):
        return
    got = shown(event["name"]) if "name" in event else "no name"
    yield Draft(
        message=f"a slot event with {got} does not say which slot to set",
        pointer=f"{place.pointer}/name" if "name" in event else place.pointer,
        subject="slot.name",
        expected='"name": the slot\'s name, a string',
        got=got,
        hint='SlotSet("city", "Rome") writes both name and value',
    )


@rule(
    "RM206",
    "error",
    title="slot event without a value",
    wrong=Example(events=[{"event": "slot", "name": "city"}]),
    right=Example(events=[{"event": "slot", "name": "city", "value": None}]),
    each="event",
    of=("slot",),
)
def slot_without_value(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A slot event lacks the key `value`; null is a value, a missing key is none."""
    if "value" in place.value:
        return
    name = place.value.get("name")
    yield Draft(
        message=f"the slot event of {shown(name)} has no value",
        pointer=place.pointer,
        subject="slot.value",
        expected='the key "value"; null empties the slot',
        got=shown(place.value),
        hint='send "value": null to empty a slot',
    )


@rule(
    "RM207",
    "error",
    title="timestamp that is no number",
    wrong=Example(events=[{**SLOT, "timestamp": "yesterday"}]),
    right=Example(events=[{**SLOT, "timestamp": 1700000000.5}]),
    each="event",
)
def timestamp_of_wrong_type(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A timestamp has to be a number (seconds since 1970), null or absent.

    Rasa overwrites it with its own time in any case.
    """
    value = place.value.get("timestamp")
    if value is None or (
        isinstance(value, int | float) and not isinstance(value, bool)
    ):
        return
    yield Draft(
        message=f"the timestamp is {json_type(value)}: {shown(value)}",
        pointer=f"{place.pointer}/timestamp",
        subject="timestamp",
        expected="seconds since 1970 as a number, null, or no timestamp",
        got=shown(value),
        hint="leave it out: Rasa sets its own",
    )


@rule(
    "RM208",
    "error",
    title="metadata that is no object",
    wrong=Example(events=[{**SLOT, "metadata": "from the weather service"}]),
    right=Example(events=[{**SLOT, "metadata": {"source": "weather service"}}]),
    each="event",
)
def metadata_of_wrong_type(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """An event's metadata has to be an object, null or absent."""
    value = place.value.get("metadata")
    if value is None or isinstance(value, Mapping):
        return
    yield Draft(
        message=f"the metadata is {json_type(value)}: {shown(value)}",
        pointer=f"{place.pointer}/metadata",
        subject="metadata",
        expected="an object, null, or no metadata",
        got=shown(value),
        hint='put it into an object: {"source": ...}',
    )


# What a rule of its own speaks about: event (or any) and the field below it.
CLAIMED = {
    ("", "event"),
    ("", "timestamp"),
    ("", "metadata"),
    ("slot", "name"),
    ("slot", "value"),
    ("user", "parse_data"),
    ("reminder", "date_time"),
}


def _unclaimed(exchange: Exchange) -> Iterator[tuple[int, Any]]:
    """Yield index and issue of what the schemas say and no other rule does."""
    for issue in exchange.issues:
        section, _, rest = issue.pointer.lstrip("/").partition("/")
        number, _, field = rest.partition("/")
        if section != "events" or not number.isdigit():
            continue
        event = exchange.answer.events[int(number)]
        if not isinstance(event, Mapping) or not issue.branch:
            continue
        name = field.partition("/")[0] or _missing(issue)
        if not {("", name), (event.get("event"), name)} & CLAIMED:
            yield int(number), issue


def _missing(issue: Any) -> str:
    """Return the field that a `required` issue misses; the schemas name it so."""
    found = re.fullmatch(r"a field '(.*?)'(?: beside the others)?", issue.expected)
    return found[1] if found else ""


def _of_field(exchange: Exchange, index: int, issue: Any) -> Draft:
    event = str(exchange.answer.events[index].get("event"))
    field = issue.pointer.split("/", 3)[3:] or [_missing(issue)]
    absent = issue.keyword in ("required", "dependentRequired")
    return Draft(
        message=f"{event}: {issue.message}",
        pointer=issue.pointer,
        subject=f"{event}.{_without_numbers(field[0])}",
        expected=issue.expected,
        got=issue.got,
        hint=f"`rasa-mock schema show {event}` prints what the event may hold",
        severity="info" if absent else None,
    )


def _without_numbers(field: str) -> str:
    return "/".join("*" if part.isdigit() else part for part in field.split("/"))


@rule(
    "RM209",
    "error",
    title="field that makes Rasa refuse the answer",
    wrong=Example(events=[{"event": "action", "name": 7}]),
    right=Example(events=[{"event": "action", "name": "action_listen"}]),
)
def refused_field(exchange: Exchange) -> Iterator[Draft]:
    """A field of an event is missing or of a type that Rasa's own schema refuses."""
    issues = list(_unclaimed(exchange))
    refused = (
        {index for index, _ in verdict(list(exchange.answer.events))} if issues else ()
    )
    for index, issue in issues:
        if index in refused:
            yield replace(_of_field(exchange, index, issue), severity=None)


@rule(
    "RM210",
    "warning",
    title="field that contradicts the event's contract",
    wrong=Example(events=[{"event": "followup", "name": ["action_listen"]}]),
    right=Example(events=[{"event": "followup", "name": "action_listen"}]),
)
def contract_field(exchange: Exchange) -> Iterator[Draft]:
    """A field of an event is not what the documentation says, but Rasa lets it pass.

    A field that is merely absent, and for which Rasa has a default, is only worth
    knowing.
    """
    issues = list(_unclaimed(exchange))
    refused = (
        {index for index, _ in verdict(list(exchange.answer.events))} if issues else ()
    )
    for index, issue in issues:
        if index not in refused:
            yield _of_field(exchange, index, issue)


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


def _near(name: Any, known: Any) -> str:
    near = get_close_matches(str(name), list(known), n=1, cutoff=0.75)
    return f"did you mean {near[0]!r}?" if near else ""


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
    if not isinstance(name, str) or name in exchange.domain.action_names:
        return
    yield Draft(
        message=f"followup to {shown(name)}, an action that the domain lacks",
        pointer=f"{place.pointer}/name",
        subject=str(name),
        expected="an action, response (utter_...) or form of the domain",
        got=shown(name),
        hint=_near(name, exchange.domain.action_names)
        or f"add {shown(name)} to actions: in the domain",
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
    known = {*exchange.domain.forms, *exchange.domain.actions}
    if not isinstance(name, str) or name in known:
        return
    yield Draft(
        message=f"there is no form {shown(name)} in the domain",
        pointer=f"{place.pointer}/name",
        subject=str(name),
        expected="a form of the domain, or null to end the loop",
        got=shown(name),
        hint=_near(name, exchange.domain.forms) or "add it to forms: in the domain",
        rasa="the loop becomes active, and Rasa fails as soon as it has to run it",
    )


@rule(
    "RM215",
    "warning",
    title="action event of an unknown action",
    wrong=Example(events=[{"event": "action", "name": "action_that_is_nowhere"}]),
    right=Example(events=[{"event": "action", "name": "action_listen"}]),
    each="event",
    of=("action",),
)
def event_of_unknown_action(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """An action event says that an action was run which the domain does not have."""
    name = place.value.get("name")
    if not isinstance(name, str) or name in exchange.domain.action_names:
        return
    yield Draft(
        message=f"an action event of {shown(name)}, an action that the domain lacks",
        pointer=f"{place.pointer}/name",
        subject=str(name),
        expected="an action of the domain",
        got=shown(name),
        hint=_near(name, exchange.domain.action_names)
        or "return a followup to run an action; an action event only logs it",
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
    right=Example(events=[{"event": "action", "name": "action_listen"}]),
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


@rule(
    "RM218",
    "info",
    title="run returned None",
    wrong=Example(witness={"returned": "NoneType"}),
    right=Example(witness={"returned": "list"}),
)
def returned_none(exchange: Exchange) -> Iterator[Draft]:
    """`run` returned None; often a `return []` or the events were forgotten.

    rasa-sdk takes it as an empty list.  Only seen with --actions, where we look into
    the server's process.
    """
    if exchange.witness.get("returned") == "NoneType":
        yield Draft(
            message="run returned None instead of a list of events",
            subject="None",
            expected="a list of events, which may be empty",
            got="None",
            hint="end run with `return []`, and return the events that it made",
            rasa="rasa-sdk makes an empty list of it, so no event reaches Rasa",
        )


@rule(
    "RM219",
    "error",
    title="run returned something other than a list",
    wrong=Example(witness={"returned": "str", "dropped": [], "shown": "'slot'"}),
    right=Example(witness={"returned": "tuple"}),
)
def returned_no_list(exchange: Exchange) -> Iterator[Draft]:
    """`run` returned a string, an object or one event instead of a list of events.

    rasa-sdk goes through it item by item, through a string letter by letter and
    through an object key by key, and drops every one.  Only seen with --actions.
    """
    returned = exchange.witness.get("returned")
    if returned is None or returned not in ("str", "dict", "bytes", "int", "bool"):
        return
    got = str(exchange.witness.get("shown", returned))
    yield Draft(
        message=f"run returned {got} instead of a list of events",
        subject=returned,
        expected="a list of events",
        got=got,
        hint="put the event into a list: return [SlotSet(...)]",
        rasa="rasa-sdk drops all of it, so no event reaches Rasa",
    )


@rule(
    "RM220",
    "info",
    title="action that never answers anything",
    wrong=Example(),
    right=GOOD,
    each="action",
)
def never_says_anything(record: ActionRecord) -> Iterator[Draft]:
    """No call of the action brought an event or a message.

    That is legal: an action may work behind the scenes.  But it is also what four
    mistakes look like from outside, because rasa-sdk hides them: run returns None;
    the events are strings or a list in a list, which rasa-sdk drops; tracker.slots was
    changed in place; the messages were never handed to the dispatcher.  With --actions
    the check looks into the server's process and tells them apart.
    """
    answered = [call for call in record.calls if call.status == 200]
    if not answered or record.action.startswith(VALIDATES):
        return
    if any(call.events or call.responses or call.rejected for call in record.calls):
        return
    if any(_explained(call.witness) for call in answered):
        return
    yield Draft(
        message=f"no event and no message in any of {len(answered)} calls",
        subject="silence",
        expected="an event or a message, unless it only works behind the scenes",
        got='{"events": [], "responses": []} each time',
        hint="if it should set a slot or say something: return the events as a flat "
        "list of event objects, change no slot in tracker.slots, and check with "
        "--actions PACKAGE to see what run really returns",
        rasa="Rasa logs the action and goes on",
        action=record.action,
    )


VALIDATES = ("validate_", "action_validate_slot_mappings")


def _explained(witness: Mapping[str, Any]) -> bool:
    """Tell whether the witness in the process saw why nothing came."""
    return bool(
        witness.get("dropped")
        or witness.get("changed")
        or witness.get("returned")
        in ("NoneType", "str", "dict", "bytes", "int", "bool")
    )
