"""Which fixtures no longer fit a domain, and what in the domain has changed.

A fixture fits if it is right by the schemas, names nothing that the domain lacks, sets
slots to values that they are meant for, and if its events still add up to the state
that it has.  What does not live here: reading the files (`rasa_mock.cli`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_mock.core.defaults import AUTOMATIC_SLOTS, DEFAULT_ACTIONS, DEFAULT_INTENTS
from rasa_mock.core.diff import ABSENT, differences, shown
from rasa_mock.core.domain import Domain
from rasa_mock.core.profile import find_profile
from rasa_mock.core.tracker import Tracker
from rasa_mock.errors import DataError
from rasa_mock.generate.cast import Cast, cast_of
from rasa_mock.generate.slot_values import fits
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.validate import validate

Json = Mapping[str, Any]
# So many differences of one fixture's state are told.
TOLD = 5
# The parts of a domain that fixtures depend on, and what one of their items is called.
PARTS: Mapping[str, str] = {
    "intents": "intent",
    "entities": "entity",
    "slots": "slot",
    "forms": "form",
    "responses": "response",
    "actions": "action",
}
# What is compared of a slot, before what is left of it.
SETTINGS = ("type", "values", "min_value", "max_value", "initial_value")
SCHEMAS: Mapping[str, str] = {
    "requests": "action_request",
    "trackers": "tracker",
    "events": "tracked_event",
    "responses": "action_response",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """One thing in a fixture that no longer fits, with the JSON pointer to it."""

    pointer: str
    message: str


def changes(old: Json, new: Json) -> Iterator[str]:
    """Say in words what is different in a domain (as its file has it) from before."""
    for part, noun in PARTS.items():
        before, after = _named(old.get(part)), _named(new.get(part))
        for name in before:
            if name not in after:
                yield f"{noun} {name!r} is gone"
            elif before[name] != after[name]:
                how = _change(before[name], after[name])
                yield f"{noun} {name!r}: {how}"
        yield from (f"{noun} {name!r} is new" for name in after if name not in before)
    if old.get("session_config") != new.get("session_config"):
        yield "session_config is different"


def _named(part: Any) -> dict[str, Any]:
    """Return the items of a part by name: it may be a list or an object."""
    if isinstance(part, Mapping):
        return dict(part)
    named: dict[str, Any] = {}
    for item in part or ():
        named.update(item if isinstance(item, Mapping) else {item: None})
    return named


def _change(before: Any, after: Any) -> str:
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return "it is described differently"
    keys = dict.fromkeys((*SETTINGS, *before, *after))
    found = [
        f"{key} {_told(before.get(key))} -> {_told(after.get(key))}"
        for key in keys
        if before.get(key) != after.get(key)
    ]
    return ", ".join(found)


def _told(value: Any) -> str:
    return "(none)" if value is None else shown(value, width=40)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Tells whether fixtures fit a domain and the schemas of a profile."""

    domain: Domain
    registry: Registry
    cast: Cast
    now: float

    def misfits(self, kind: str, document: Any) -> list[Misfit]:
        """List what does not fit in a fixture of a kind, none if it fits."""
        found = [*self._by_schema(kind, document)]
        if found or not isinstance(document, Mapping):
            return found
        found += self._names(kind, document)
        if kind in ("requests", "trackers"):
            found += self._state(kind, document)
        return found

    def _by_schema(self, kind: str, document: Any) -> Iterator[Misfit]:
        """Yield what the schemas say; a domain in a request is its author's affair."""
        if kind == "conversations" and isinstance(document, Mapping):
            for place, event in enumerate(document.get("events") or ()):
                yield from self._issues(
                    "tracked_event", event, under=f"/events/{place}"
                )
        elif kind in SCHEMAS:
            yield from self._issues(SCHEMAS[kind], document, under="")

    def _issues(self, name: str, document: Any, *, under: str) -> Iterator[Misfit]:
        for issue in validate(name, document, registry=self.registry):
            if not issue.pointer.startswith("/domain"):
                message = f"the schema {name} is not met: {issue.message}"
                yield Misfit(pointer=f"{under}{issue.pointer}", message=message)

    def _names(self, kind: str, document: Json) -> Iterator[Misfit]:
        if kind == "requests":
            known = {*self.domain.action_names, *self.domain.server_actions}
            action = document["next_action"]
            if action not in known and action not in DEFAULT_ACTIONS:
                yield _gone("action", action, pointer="/next_action")
        if kind == "events":
            yield from self._event(document, under="")
            return
        under = "/tracker/events" if kind == "requests" else "/events"
        for place, event in enumerate(_events(kind, document)):
            yield from self._event(event, under=f"{under}/{place}")
        for place, said in enumerate(document.get("responses") or ()):
            name = said.get("response")
            if name and name not in self.domain.responses:
                pointer = f"/responses/{place}/response"
                yield _gone("response", name, pointer=pointer)

    def _event(self, event: Json, *, under: str) -> Iterator[Misfit]:
        """Yield the names that the domain lacks, and the values that do not fit."""
        kind, name = event.get("event"), event.get("name")
        if kind == "slot":
            yield from self._slot(event, under=under)
        elif kind in ("action", "followup") and name is not None:
            known = {*self.domain.action_names, *self.domain.server_actions}
            if name not in known and name not in DEFAULT_ACTIONS:
                yield _gone("action", name, pointer=f"{under}/name")
        elif kind in ("active_loop", "form") and name is not None:
            if name not in self.domain.forms:
                yield _gone("form", name, pointer=f"{under}/name")
        elif kind == "user":
            yield from self._message(event, under=under)
        elif kind == "reminder":
            yield from self._intent(event.get("intent"), under=f"{under}/intent")
        elif kind == "bot":
            said_by = (event.get("metadata") or {}).get("utter_action")
            if said_by is not None and said_by not in self.domain.responses:
                pointer = f"{under}/metadata/utter_action"
                yield _gone("response", said_by, pointer=pointer)

    def _slot(self, event: Json, *, under: str) -> Iterator[Misfit]:
        name, value = event["name"], event.get("value")
        part = self.cast.slots.get(name)
        if name not in self.domain.slots and name not in AUTOMATIC_SLOTS:
            yield _gone("slot", name, pointer=f"{under}/name")
        elif part is not None and value not in (None, "") and not fits(part, value):
            message = f"slot {name!r} is not meant for {shown(value, width=40)}"
            yield Misfit(pointer=f"{under}/value", message=message)

    def _message(self, event: Json, *, under: str) -> Iterator[Misfit]:
        parsed = event.get("parse_data") or {}
        intent = (parsed.get("intent") or {}).get("name")
        yield from self._intent(intent, under=f"{under}/parse_data/intent/name")
        for place, entity in enumerate(parsed.get("entities") or ()):
            if entity["entity"] not in self.domain.entities:
                pointer = f"{under}/parse_data/entities/{place}/entity"
                yield _gone("entity", entity["entity"], pointer=pointer)

    def _intent(self, name: str | None, *, under: str) -> Iterator[Misfit]:
        if name and name not in self.domain.intents and name not in DEFAULT_INTENTS:
            yield _gone("intent", name, pointer=under)

    def _state(self, kind: str, document: Json) -> Iterator[Misfit]:
        """Yield where the events add up to something else than the fixture says."""
        state = document["tracker"] if kind == "requests" else document
        under = "/tracker" if kind == "requests" else ""
        try:
            tracker = self._folded(state)
        except DataError as error:
            yield Misfit(pointer=f"{under}/events", message=f"Rasa fails: {error}")
            return
        found = differences(tracker.current_state(), state, pointer=under)
        for count, each in enumerate(found):
            if count == TOLD:
                break
            yield Misfit(
                pointer=each.pointer, message=_differs(each.expected, each.got)
            )

    def _folded(self, state: Json) -> Tracker:
        return Tracker.from_events(
            state["sender_id"],
            state["events"],
            domain=self.domain,
            now=self.now,
            new_id=_no_id,
            parse_date=_as_written,
            known_events=tuple(self.registry.event_types),
            profile=find_profile(self.registry.profile),
        )


def judge_of(domain: Domain, registry: Registry, *, now: float) -> Judge:
    """Return what tells whether fixtures fit; `now` is when they were made."""
    return Judge(domain=domain, registry=registry, cast=cast_of(domain), now=now)


def _events(kind: str, document: Json) -> Sequence[Json]:
    holder = document["tracker"] if kind == "requests" else document
    found: Sequence[Json] = holder.get("events") or ()
    return found


def _gone(noun: str, name: str, *, pointer: str) -> Misfit:
    return Misfit(pointer=pointer, message=f"the domain has no {noun} {name!r}")


def _differs(expected: Any, got: Any) -> str:
    if got is ABSENT:
        return f"Rasa now sends {shown(expected, width=40)} here, which is missing"
    if expected is ABSENT:
        return f"Rasa no longer sends this, got {shown(got, width=40)}"
    wanted = shown(expected, width=40)
    return f"Rasa now sends {wanted} here, got {shown(got, width=40)}"


def _no_id() -> str:
    return "reminder"


def _as_written(text: Any, _now: float) -> str:
    return str(text)
