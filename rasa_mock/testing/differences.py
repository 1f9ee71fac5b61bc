"""Two states of a conversation side by side, in the terms of Rasa: what differs.

`slot temperature: expected 30.0, got '30'`.  Times and ids never count.  A value given
by a test may be anything with its own `==`, such as `unittest.mock.ANY` or an
`approx`; among plain values 30 and 30.0 are the same number, 1 and True are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rasa_mock.core.tracker import Tracker

Json = Mapping[str, Any]
# What differs from run to run and says nothing.
TIMES_AND_IDS = ("timestamp", "message_id", "model_id", "assistant_id", "sender_id")
# Rasa makes these up where they are not given.
MADE_UP = {"reminder": ("name",), "user": ("parse_data",), "undo": ()}
PLAIN = (str, int, float, bool, type(None), list, tuple, dict)
MISSING = object()
LONGEST = 200


def same(expected: Any, got: Any) -> bool:
    """Tell whether a value is the one that was expected."""
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got or (
            not isinstance(expected, PLAIN) and bool(expected == got)
        )
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        return expected.keys() == got.keys() and all(
            same(value, got[key]) for key, value in expected.items()
        )
    if isinstance(expected, list | tuple) and isinstance(got, list | tuple):
        return len(expected) == len(got) and all(map(same, expected, got))
    return bool(expected == got)


def shown(value: Any) -> str:
    """Show a value on one line."""
    text = "nothing" if value is MISSING else repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def slot_lines(expected: Json, got: Json) -> list[str]:
    """Compare the slots that are expected."""
    return [
        f"slot {name}: expected {shown(value)}, got {shown(got.get(name, MISSING))}"
        for name, value in expected.items()
        if name not in got or not same(value, got[name])
    ]


def all_slot_lines(expected: Json, got: Json) -> list[str]:
    """Compare all slots; one that only one side has counts as empty there."""
    names = dict.fromkeys([*expected, *got])
    return slot_lines(
        {name: expected.get(name) for name in names},
        {name: got.get(name) for name in names},
    )


def event_name(event: Json) -> str:
    """Name an event as a reader would: `slot temperature`, `followup action_x`."""
    name = event.get("name")
    return f"{event.get('event')} {name}" if name is not None else str(event["event"])


def event_lines(expected: Sequence[Any], got: Sequence[Json]) -> list[str]:
    """Compare events in order; each expected one is an object, or the name of a type.

    Of an object only the fields count that it has, and of these not the times and ids.
    """
    lines = [
        f"event {number}: {difference}"
        for number, (wanted, event) in enumerate(zip(expected, got, strict=False))
        if (difference := _event_difference(_as_event(wanted), event))
    ]
    rest = range(min(len(expected), len(got)), max(len(expected), len(got)))
    for number in rest:
        if number < len(expected):
            missing = event_name(_as_event(expected[number]))
            lines.append(f"event {number}: expected {missing}, got nothing")
        else:
            lines.append(f"event {number}: unexpected {_summary(got[number])}")
    return lines


def _as_event(wanted: Any) -> Json:
    return wanted if isinstance(wanted, Mapping) else {"event": wanted}


def _summary(event: Json) -> str:
    value = f" = {shown(event['value'])}" if "value" in event else ""
    return event_name(event) + value


def _event_difference(expected: Json, got: Json) -> str:
    kind = expected.get("event")
    names = [got.get("name"), expected.get("name", got.get("name"))]
    if kind != got.get("event") or (kind in NAMED and not same(*reversed(names))):
        return f"expected {event_name(expected)}, got {_summary(got)}"
    optional = MADE_UP.get(str(kind), ())
    parts = [
        _part(event_name(got), key, expected=value, got=got.get(key, MISSING))
        for key, value in expected.items()
        if key not in TIMES_AND_IDS and not (value is None and key in optional)
    ]
    return "; ".join(part for part in parts if part)


NAMED = ("slot", "action", "followup", "active_loop")


def _part(name: str, key: str, *, expected: Any, got: Any) -> str:
    if expected is None and got is MISSING:
        return ""
    if key == "metadata" and isinstance(got, Mapping) and isinstance(expected, Mapping):
        got = {k: v for k, v in got.items() if k not in TIMES_AND_IDS}
    if same(expected, got):
        return ""
    field = "" if key == "value" else f", {key}"
    return f"{name}{field}: expected {shown(expected)}, got {shown(got)}"


def message_lines(expected: Sequence[Any], got: Sequence[Json]) -> list[str]:
    """Compare what the bot says, in order; see `says` for what may be expected."""
    lines = [
        f"message {number}: expected {shown_wanted(wanted)}, got {shown_message(bot)}"
        for number, (wanted, bot) in enumerate(zip(expected, got, strict=False))
        if not says(wanted, bot)
    ]
    for number in range(len(got), len(expected)):
        wanted = shown_wanted(expected[number])
        lines.append(f"message {number}: expected {wanted}, got nothing")
    return lines + [
        f"message {number}: unexpected {shown_message(got[number])}"
        for number in range(len(expected), len(got))
    ]


def says(wanted: Any, bot: Json) -> bool:
    """Tell whether a bot event says what is wanted.

    A text is the name of a response or the message itself; a pattern is searched in the
    message; an object has fields of the message: text, buttons, image, custom, ...
    """
    response = (bot.get("metadata") or {}).get("utter_action")
    text = bot.get("text")
    if isinstance(wanted, re.Pattern):
        return text is not None and wanted.search(text) is not None
    if isinstance(wanted, Mapping):
        held = {**(bot.get("data") or {}), "text": text, "response": response}
        return all(same(value, held.get(key)) for key, value in wanted.items())
    return wanted in (text, response)


def shown_wanted(wanted: Any) -> str:
    """Show what a message was expected to be."""
    if isinstance(wanted, re.Pattern):
        return f"/{wanted.pattern}/"
    return shown(dict(wanted) if isinstance(wanted, Mapping) else wanted)


def shown_message(bot: Json) -> str:
    """Show a message, with the response that it is made of."""
    response = (bot.get("metadata") or {}).get("utter_action")
    data = {k: v for k, v in (bot.get("data") or {}).items() if v is not None}
    parts = [shown(bot["text"])] if bot.get("text") is not None else []
    parts += [f"{key} {shown(value)}" for key, value in data.items()]
    said = " with ".join(parts) or "an empty message"
    return f"{response} ({said})" if response else said


def tracker_lines(expected: Tracker, got: Tracker) -> list[str]:
    """Compare two trackers: slots, loop, followup, messages, then the events."""
    lines = all_slot_lines(expected.slots, got.slots)
    for label, name in STATE:
        left, right = getattr(expected, name), getattr(got, name)
        if not same(left, right):
            lines.append(f"{label}: expected {shown(left)}, got {shown(right)}")
    lines += event_lines(*(list(_without_ids(t.events)) for t in (expected, got)))
    return lines


STATE = (
    ("active loop", "active_loop_name"),
    ("followup action", "followup_action"),
    ("latest action", "latest_action_name"),
    ("paused", "paused"),
)


def _without_ids(events: Iterable[Json]) -> Iterator[Json]:
    for event in events:
        kept = {k: v for k, v in event.items() if k not in TIMES_AND_IDS}
        if isinstance(kept.get("metadata"), Mapping):
            metadata = kept["metadata"]
            kept["metadata"] = {
                k: v for k, v in metadata.items() if k not in TIMES_AND_IDS
            }
        if isinstance(kept.get("parse_data"), Mapping):
            parsed = kept["parse_data"]
            kept["parse_data"] = {
                k: v for k, v in parsed.items() if k not in TIMES_AND_IDS
            }
        yield kept


def in_paragraph(headline: str, lines: Sequence[str]) -> str:
    """Put a headline over indented lines."""
    return "\n".join([headline, *(f"  {line}" for line in lines)])
