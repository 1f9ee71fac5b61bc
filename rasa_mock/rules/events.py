"""RM201 to RM210: the shape of the returned events.

What a well-shaped event says is for `event_contents` and `slots`.  A rasa-sdk server
drops what is no object before it answers; where we own its process, the witness in it
tells what was dropped, and the same rules speak.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from rasa_mock.core.accepts import verdict
from rasa_mock.rules.answer import json_type, shown
from rasa_mock.rules.base import (
    Draft,
    Example,
    Exchange,
    Place,
    rule,
)
from rasa_mock.rules.names import nearest

SLOT = {"event": "slot", "name": "city", "value": "Rome"}
GOOD = Example(events=[SLOT])
DROPPED = "rasa-sdk drops it with a line in its log: Rasa never sees it"


# Python's types of which rasa-sdk drops what is a collection of events.
COLLECTIONS = ("list", "tuple", "set")
OBJECTS = ("dict",)


def _dropped(
    exchange: Exchange, *kinds: str, but: tuple[str, ...] = ()
) -> Iterator[tuple[int, str]]:
    """Yield index and text of what rasa-sdk dropped from the list of events.

    Of the `kinds`, or of all others than those of `but`.
    """
    if exchange.witness.get("returned") in ("list", "tuple"):
        for item in exchange.witness.get("dropped", ()):
            if item["type"] in kinds or (but and item["type"] not in but):
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
    """An item of the list of events is a string, a number or null.

    In Python also a function that was not called, such as AllSlotsReset.
    """
    plain = (str, int, float, type(None))
    for index, event in _on_the_wire(exchange, plain):
        yield _no_object(index, json_type(event), got=shown(event), rasa="")
    for index, text in _dropped(exchange, but=(*COLLECTIONS, *OBJECTS)):
        yield _no_object(index, "not an object", got=text, rasa=DROPPED)


def _no_object(index: int, kind: str, *, got: str, rasa: str) -> Draft:
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
    found += [(i, t, DROPPED) for i, t in _dropped(exchange, *COLLECTIONS)]
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
    if not isinstance(name, str) or not name:
        return
    profile = exchange.before.profile
    if name in profile.vocabulary.types or name in exchange.known_events:
        return
    known = {*profile.vocabulary.types, *exchange.known_events}
    tolerated = name in profile.tolerated_events
    severity = exchange.unknown_events or profile.unknown_events
    near = nearest(name.lower(), known, cutoff=0.6)
    yield Draft(
        message=f"there is no event named {name!r}",
        severity="warning" if tolerated else severity,
        pointer=f"{place.pointer}/event",
        subject=name,
        expected=near or f"one of {', '.join(sorted(known))}",
        got=name,
        hint=f"did you mean {near!r}?"
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
)
def nameless_event(exchange: Exchange) -> Iterator[Draft]:
    """An event's object lacks the key `event`, or it is empty or no string."""
    found = [
        (index, shown(event), "")
        for index, event in enumerate(exchange.answer.events)
        if isinstance(event, Mapping) and not _has_name(event)
    ]
    found += [(i, text, DROPPED) for i, text in _dropped(exchange, *OBJECTS)]
    for index, got, rasa in found:
        yield Draft(
            message=f"event {index} has no name: {got}",
            pointer=f"/events/{index}",
            subject="event",
            expected='the key "event" with the name of the event',
            got=got,
            hint="use the classes of rasa_sdk.events, which write the key themselves",
            rasa=rasa,
        )


def _has_name(event: Mapping[str, Any]) -> bool:
    return bool(event.get("event")) and isinstance(event["event"], str)


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
        name, _, inside = field.partition("/")
        name = name or _missing(issue)
        # Below an object that is there, only Rasa's own schema knows what is wrong.
        if inside or not {("", name), (event.get("event"), name)} & CLAIMED:
            yield int(number), issue


def _missing(issue: Any) -> str:
    """Return the field that a `required` issue misses; the schemas name it so."""
    found = re.fullmatch(r"a field '(.*?)'(?: beside the others)?", issue.expected)
    return found[1] if found else ""


def _of_field(exchange: Exchange, index: int, *, issue: Any) -> Draft:
    event = str(exchange.answer.events[index].get("event"))
    field = issue.pointer.split("/", 3)[3:] or [_missing(issue)]
    absent = issue.keyword in ("required", "dependentRequired") or issue.got == "null"
    return Draft(
        message=f"{event}: {issue.message}",
        pointer=issue.pointer,
        subject=f"{event}.{_without_numbers(field[0])}",
        expected=issue.expected,
        got=issue.got,
        hint=f"`rasa-mock schema show {event}` prints what the event may hold",
        severity="info" if absent else None,
    )


def _verdict(exchange: Exchange) -> list[tuple[int, str]]:
    shapes = exchange.before.profile.shapes
    return verdict(list(exchange.answer.events), alternatives=shapes)


def _without_numbers(field: str) -> str:
    return "/".join("*" if part.isdigit() else part for part in field.split("/"))


@rule(
    "RM209",
    "error",
    title="field that makes Rasa refuse the answer",
    wrong=Example(events=[{"event": "action", "name": 7}]),
    right=Example(events=[{"event": "action", "name": "utter_greet"}]),
)
def refused_field(exchange: Exchange) -> Iterator[Draft]:
    """A field of an event is missing or of a type that Rasa's own schema refuses."""
    issues = list(_unclaimed(exchange))
    refused = {index for index, _ in _verdict(exchange)} if issues else ()
    for index, issue in issues:
        if index in refused:
            yield replace(_of_field(exchange, index, issue=issue), severity=None)


@rule(
    "RM210",
    "warning",
    title="field that contradicts the event's contract",
    wrong=Example(events=[{"event": "followup", "name": ["action_listen"]}]),
    right=Example(events=[{"event": "followup", "name": "action_listen"}]),
)
def contract_field(exchange: Exchange) -> Iterator[Draft]:
    """A field of an event is not what the documentation says, but Rasa lets it pass.

    A field that is merely absent or null, and for which Rasa has a default, is only
    worth knowing.
    """
    issues = list(_unclaimed(exchange))
    refused = {index for index, _ in _verdict(exchange)} if issues else ()
    for index, issue in issues:
        draft = _of_field(exchange, index, issue=issue)
        # Where Rasa fails in any case, an absent field is the least of it.
        if index not in refused and not (draft.severity and exchange.outcome.error):
            yield draft
