"""The assertions of user steps: one row a key, with what makes it true.

Each check looks at the events of one turn and gives the place of the event that makes
the assertion true (None where no event does, as with things that must not happen), or
raises `Miss`.  Keys that only a model can judge, or that belong to Mantle, are rows of
`UNJUDGED` with the reason.

Imitates rasa/e2e_test/assertions.py (Rasa Pro 3.21).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_mock.core.e2e import Assertion, SlotValue
from rasa_mock.run.e2e.told import json_text

Wire = Mapping[str, Any]
CLARIFICATION = "pattern_clarification"
NO_FLOWS = (
    "the fake core runs no flows: such an event has to come from an action or a stub"
)


class Miss(Exception):
    """An assertion that is not true; the text says what was expected and what came."""


Events = Sequence[Wire]
Check = Callable[[Assertion, Events], int | None]


def _first(events: Events, fits: Callable[[Wire], bool]) -> int | None:
    return next((place for place, event in enumerate(events) if fits(event)), None)


def _named(names: Sequence[Any], *, else_: str = "none") -> str:
    return ", ".join(str(name) for name in dict.fromkeys(names)) or else_


# Flows.


def flow_started(assertion: Assertion, events: Events) -> int | None:
    """Find the start of a flow, or of any of several."""
    value = assertion.value
    wanted = [value] if isinstance(value, str) else value["flow_ids"]
    place = _first(events, lambda e: _is_flow(e, "flow_started", wanted))
    if place is None:
        started = [e["flow_id"] for e in events if e["event"] == "flow_started"]
        raise Miss(
            f"expected the flow {' or '.join(wanted)} to start, started: "
            f"{_named(started)}; {NO_FLOWS}"
        )
    return place


def flow_ended(event_type: str, verb: str) -> Check:
    """Make the check that a flow ended so, at the step that is given."""

    def check(assertion: Assertion, events: Events) -> int | None:
        flow, step = assertion.value["flow_id"], assertion.value.get("flow_step_id")
        place = _first(events, lambda e: _is_flow(e, event_type, [flow]))
        if place is None:
            others = [e["flow_id"] for e in events if e["event"] == event_type]
            raise Miss(
                f"expected the flow {flow!r} to be {verb}, {verb}: {_named(others)}; "
                f"{NO_FLOWS}"
            )
        got = events[place].get("step_id")
        if step is not None and got != step:
            raise Miss(
                f"expected the flow {flow!r} to be {verb} at step {step!r}, got {got!r}"
            )
        return place

    return check


def _is_flow(event: Wire, event_type: str, flows: Sequence[str]) -> bool:
    return bool(event["event"] == event_type and event.get("flow_id") in flows)


def clarification(assertion: Assertion, events: Events) -> int | None:
    """Find the question which flow is meant, with those offered."""
    place = _first(events, lambda e: _is_flow(e, "flow_started", [CLARIFICATION]))
    if place is None:
        raise Miss(f"expected {CLARIFICATION} to start; {NO_FLOWS}")
    metadata = events[place].get("metadata") or {}
    value = assertion.value
    if isinstance(value, list):
        wanted, offered, every = value, metadata.get("names") or [], True
    else:
        wanted = value["flow_ids"]
        offered = metadata.get("clarification_ids") or metadata.get("names") or []
        every = value["operator"] == "all"
    common = set(wanted) & set(offered)
    if (set(wanted) != set(offered)) if every else not common:
        how = "exactly" if every else "any of"
        raise Miss(f"expected {how} {_named(wanted)} offered, got {_named(offered)}")
    return place


# Actions and slots.


def action_executed(assertion: Assertion, events: Events) -> int | None:
    """Find that an action ran."""
    name = assertion.value
    place = _first(events, lambda e: e["event"] == "action" and e["name"] == name)
    if place is None:
        ran = [event["name"] for event in events if event["event"] == "action"]
        raise Miss(f"expected the action {name!r} to run, ran: {_named(ran)}")
    return place


def slot_was_set(assertion: Assertion, events: Events) -> int | None:
    """Find that each slot was set, to its value if there is one."""
    return max(_set_at(slot, events) for slot in assertion.slots)


def _set_at(slot: SlotValue, events: Events) -> int:
    places = _settings(slot.name, events)
    for place in places:
        if not slot.has_value or events[place]["value"] == slot.value:
            return place
    got = _named([json_text(events[place]["value"]) for place in places])
    wanted = json_text(slot.value) if slot.has_value else "any value"
    raise Miss(
        f"slot {slot.name}: expected {wanted}, got "
        + (got if places else "no slot event")
    )


def slot_was_not_set(assertion: Assertion, events: Events) -> int | None:
    """Find that no slot was set, or not to its value."""
    for slot in assertion.slots:
        places = _settings(slot.name, events)
        last = events[places[-1]]["value"] if places else None
        wrong = last == slot.value if slot.has_value else last is not None
        if places and wrong:
            wanted = f"not {json_text(slot.value)}" if slot.has_value else "not set"
            raise Miss(f"slot {slot.name}: expected {wanted}, got {json_text(last)}")
    return None


def _settings(name: str, events: Events) -> list[int]:
    return [
        place
        for place, event in enumerate(events)
        if event["event"] == "slot" and event["name"] == name
    ]


# What the bot says.


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """A part of an assertion about what the bot says; `shown` is it in words."""

    shown: str
    fits: Callable[[Wire], bool]


def _traits(value: Wire) -> Iterator[Trait]:
    if "utter_name" in value:
        name = value["utter_name"]
        yield Trait(
            shown=f"the response {name!r}",
            fits=lambda e: bool((e.get("metadata") or {}).get("utter_action") == name),
        )
    if "text_matches" in value:
        pattern = value["text_matches"]
        yield Trait(
            shown=f"a text that matches {pattern!r}",
            fits=lambda e: re.search(pattern, e.get("text") or "") is not None,
        )
    if "buttons" in value:
        buttons = value["buttons"]
        yield Trait(
            shown=f"the buttons {json_text(buttons)}",
            fits=lambda e: _has_buttons(e, buttons),
        )


def _has_buttons(event: Wire, wanted: Sequence[Wire]) -> bool:
    """Compare pair by pair; what the bot shows beyond those does not count."""
    shown = (event.get("data") or {}).get("buttons") or []
    return len(shown) >= len(wanted) and all(
        all(button.get(key) == value for key, value in each.items())
        for each, button in zip(wanted, shown, strict=False)
    )


def _said(events: Events) -> list[int]:
    return [place for place, event in enumerate(events) if event["event"] == "bot"]


def bot_uttered(assertion: Assertion, events: Events) -> int | None:
    """Find each given part, in one message or in several."""
    places = []
    for trait in _traits(assertion.value):
        found = [place for place in _said(events) if trait.fits(events[place])]
        if not found:
            raise Miss(f"expected {trait.shown}, the bot {_words(events)}")
        places.append(found[0])
    return max(places)


def bot_did_not_utter(assertion: Assertion, events: Events) -> int | None:
    """Find that no given part was said."""
    for trait in _traits(assertion.value):
        if any(trait.fits(events[place]) for place in _said(events)):
            raise Miss(f"expected not {trait.shown}, the bot {_words(events)}")
    return None


def _words(events: Events) -> str:
    said = [
        (e.get("metadata") or {}).get("utter_action") or json_text(e.get("text"))
        for e in (events[place] for place in _said(events))
    ]
    return f"said: {_named(said)}" if said else "said nothing"


CHECKS: Mapping[str, Check] = {
    "flow_started": flow_started,
    "flow_completed": flow_ended("flow_completed", "completed"),
    "flow_cancelled": flow_ended("flow_cancelled", "cancelled"),
    "pattern_clarification_contains": clarification,
    "action_executed": action_executed,
    "slot_was_set": slot_was_set,
    "slot_was_not_set": slot_was_not_set,
    "bot_uttered": bot_uttered,
    "bot_did_not_utter": bot_did_not_utter,
}
"""What makes each key true that can be judged here."""

LOOK_BACK = frozenset(
    (
        *("action_executed", "slot_was_set", "slot_was_not_set"),
        *("bot_uttered", "bot_did_not_utter"),
    )
)
"""Keys that, in the first step, also see what happened before it."""

NEEDS_JUDGE = "a language model has to judge it"
NEEDS_MANTLE = "it is about Mantle's skills, which only Rasa Pro runs"
UNJUDGED: Mapping[str, str] = {
    "generative_response_is_relevant": NEEDS_JUDGE,
    "generative_response_is_grounded": NEEDS_JUDGE,
    **dict.fromkeys(
        (
            *("skill_activated", "skill_completed", "skill_cancelled"),
            *("skill_interrupted", "skill_resumed"),
            *("memory_was_set", "memory_was_not_set", "memory_was_cleared"),
            *("ordered_block_entered", "ordered_block_completed"),
            *("ordered_block_cancelled", "ordered_block_interrupted"),
            *("ordered_block_resumed", "tool_executed", "tools_within_one_turn"),
        ),
        NEEDS_MANTLE,
    ),
}
"""Keys that nobody can judge here, and why."""
