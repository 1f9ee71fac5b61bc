"""Say whether real Rasa's schema accepts a list of events or a whole answer.

Rasa checks what an action server sends with a JSON schema before it looks at anything
else, and one violation loses the whole answer.  That schema is loose; this module gives
Rasa's verdict by it, error for error.  What a *right* answer looks like is the business
of schemas/, which are much stricter.

Imitates the schema in `RemoteAction.action_response_format_spec`
(rasa/core/actions/action.py), whose tables are in core.event_shapes, and jsonschema
where its habits show: a boolean is no number, 1.0 is an integer, NaN is a number; only
objects have properties; `best_match` picks the one error that Rasa reports.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from rasa_mock.core.event_shapes import (
    ANY_EVENT,
    ANYTHING,
    EVENTS,
    FITS_TYPES,
    OBJECT,
    Shape,
    is_number,
)

Path = tuple[str | int, ...]
Alternatives = Mapping[str, Shape]


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One error of the schema: where, which keyword, and what broke it.

    `path` leads from the checked value to the offending `value`; `expected` are the
    right types, or the name of the missing property.  `context` holds, for a oneOf
    that no alternative fulfils, the two deepest errors of the alternatives: they
    decide which error is reported.  Their paths start where this one ends.
    `right_type` says that the value has the type that is asked for at its place.
    """

    path: Path
    keyword: str
    value: Any
    expected: tuple[str, ...] = ()
    context: tuple[Violation, ...] = ()
    right_type: bool = False

    @property
    def message(self) -> str:
        """Jsonschema's words; they quote the value, so they may be long."""
        key = "ambiguous" if self.keyword == "oneOf" and not self.context else None
        return MESSAGES[key or self.keyword].format(
            value=repr(self.value), expected=", ".join(map(repr, self.expected))
        )


MESSAGES: Mapping[str, str] = {
    "type": "{value} is not of type {expected}",
    "required": "{expected} is a required property",
    "const": "{expected} was expected",
    "oneOf": "{value} is not valid under any of the given schemas",
    "ambiguous": "{value} is valid under each of several of the given schemas",
}

OTHER_ALTERNATIVES = tuple(
    Violation(path=("event",), keyword="const", value=None, expected=(name,))
    for name in ("slot", "action")
)
"""Stands for the errors of all alternatives with another name: all equally deep."""


def alternatives_with(
    names: Collection[str], *, shapes: Alternatives = EVENTS
) -> Alternatives:
    """Return Rasa's alternatives, and for each other name one that asks for nothing.

    Rasa's schema knows nothing of event types that a project has of its own.
    """
    return {**dict.fromkeys(names, ANYTHING), **shapes} if names else shapes


def verdict(
    events: list[Any], *, alternatives: Alternatives = EVENTS
) -> list[tuple[int, str]]:
    """Return index and keyword of the first error of each event that Rasa refuses.

    An empty list means that the schema accepts all of them, which does not mean that
    Rasa can also build them (core.events).
    """
    refused = []
    for index, event in enumerate(events):
        if not _is_fine(event, alternatives):
            violation = next(_event_violations(event, alternatives, path=()))
            refused.append((index, violation.keyword))
    return refused


def violations(
    body: Any, *, alternatives: Alternatives = EVENTS
) -> Iterator[Violation]:
    """Yield every error of an action server's parsed answer, in jsonschema's order."""
    if not isinstance(body, dict):
        yield _wrong_type(body, OBJECT.types, path=())
        return
    for key in LISTS:
        value = body.get(key, [])
        if not isinstance(value, list):
            yield _wrong_type(value, ("array",), path=(key,))
        elif key == "events":
            for index, event in enumerate(value):
                yield from _event_violations(event, alternatives, path=(key, index))
        else:
            for index, item in enumerate(value):
                yield from _violations(item, OBJECT, path=(key, index))


LISTS = ("events", "responses")
"""The keys of an answer that the schema knows; all others are free."""


def reported(body: Any, *, alternatives: Alternatives = EVENTS) -> Violation | None:
    """Return the one error that Rasa reports for an answer, None if it accepts it.

    This is jsonschema's `best_match` (4.17): the error nearest to the root, but the
    deepest of its alternatives' errors if one of them is deeper than all others.
    """
    if _is_fine_body(body, alternatives):
        return None
    best = _nearest(body, alternatives)
    while best and best.context:
        deepest, *others = best.context
        if others and _relevance(others[0]) == _relevance(deepest):
            break
        best = replace(deepest, path=(*best.path, *deepest.path))
    return best


def _nearest(body: Any, alternatives: Alternatives) -> Violation | None:
    """Return the most relevant error, and stop as soon as no other can be more."""
    if isinstance(body, dict):
        for key in LISTS:
            if not isinstance(body.get(key, []), list):
                return _wrong_type(body[key], ("array",), path=(key,))
    best: Violation | None = None
    highest: tuple[int, bool, bool] | None = None
    for violation in violations(body, alternatives=alternatives):
        relevance = _relevance(violation)
        if highest is None or relevance > highest:
            best, highest = violation, relevance
            if highest == WRONG_ITEM:
                break
    return best


def _relevance(violation: Violation) -> tuple[int, bool, bool]:
    return (
        -len(violation.path),
        violation.keyword != "oneOf",
        not violation.right_type,
    )


WRONG_ITEM = (-2, True, True)
"""The relevance of a wrong type of an item; no error inside the lists has more."""


def _deepest(found: Iterable[Violation]) -> tuple[Violation, ...]:
    return tuple(heapq.nsmallest(2, found, key=_relevance))


def _is_fine_body(body: Any, alternatives: Alternatives) -> bool:
    """Tell quickly whether an answer has no error, as most have none."""
    if not isinstance(body, dict):
        return False
    events, items = body.get("events", ()), body.get("responses", ())
    if not isinstance(events, (list, tuple)) or not isinstance(items, (list, tuple)):
        return False
    return all(_is_fine(each, alternatives) for each in events) and all(
        isinstance(each, dict) for each in items
    )


def _is_fine(event: Any, alternatives: Alternatives) -> bool:
    """Tell quickly whether an event has no error: the common part is written out."""
    name = event.get("event") if isinstance(event, dict) else None
    shape = alternatives.get(name) if isinstance(name, str) else None
    if shape is None:
        return False
    timestamp, metadata = event.get("timestamp"), event.get("metadata")
    return (
        (timestamp is None or is_number(timestamp))
        and (metadata is None or isinstance(metadata, dict))
        and (shape is ANYTHING or _fits(event, shape))
    )


def _fits(value: Any, shape: Shape) -> bool:
    """Tell whether `_violations` would find nothing, without saying what and where."""
    if not FITS_TYPES[shape.types](value):
        return False
    if isinstance(value, dict):
        for name in shape.required:
            if name not in value:
                return False
        for name, expected in shape.properties.items():
            if name in value and not _fits(value[name], expected):
                return False
        if shape.patterns or shape.one_of:
            return next(_violations(value, shape, path=()), None) is None
    elif isinstance(value, list) and shape.items:
        return all(_fits(item, shape.items) for item in value)
    return True


def _event_violations(
    event: Any, alternatives: Alternatives, *, path: Path
) -> Iterator[Violation]:
    """Yield the errors of one event: the common part's, then its alternative's."""
    if _is_fine(event, alternatives):
        return
    yield from _violations(event, ANY_EVENT, path=path)
    if not isinstance(event, dict) or "event" not in event:
        yield _one_of(event, (), path=path, right_type=isinstance(event, dict))
        return
    name = event["event"]
    shape = alternatives.get(name) if isinstance(name, str) else None
    if shape is None:
        yield _one_of(event, OTHER_ALTERNATIVES, path=path, right_type=True)
        return
    own = _violations(event, shape, path=())
    first = next(own, None)
    if first is not None:
        context = _deepest(chain(OTHER_ALTERNATIVES, (first,), own))
        yield _one_of(event, context, path=path, right_type=True)


def _violations(value: Any, shape: Shape, *, path: Path) -> Iterator[Violation]:
    if not FITS_TYPES[shape.types](value):
        yield _wrong_type(value, shape.types, path=path)
    if isinstance(value, dict):
        yield from _property_violations(value, shape, path=path)
    elif isinstance(value, list) and shape.items:
        for index, item in enumerate(value):
            yield from _violations(item, shape.items, path=(*path, index))
    if shape.one_of:
        yield from _one_of_violations(value, shape, path=path)


def _property_violations(
    value: dict[str, Any], shape: Shape, *, path: Path
) -> Iterator[Violation]:
    for name, expected in shape.properties.items():
        if name in value:
            yield from _violations(value[name], expected, path=(*path, name))
    for pattern, expected in shape.patterns:
        for name in filter(pattern.search, value):
            yield from _violations(value[name], expected, path=(*path, name))
    for name in shape.required:
        if name not in value:
            yield Violation(
                path=path,
                keyword="required",
                value=value,
                expected=(name,),
                right_type=bool(shape.types),
            )


def _one_of_violations(value: Any, shape: Shape, *, path: Path) -> Iterator[Violation]:
    found = [_deepest(_violations(value, each, path=())) for each in shape.one_of]
    fitting = found.count(())
    if fitting != 1:
        context = () if fitting else _deepest(chain.from_iterable(found))
        right_type = bool(shape.types) and FITS_TYPES[shape.types](value)
        yield _one_of(value, context, path=path, right_type=right_type)


def _wrong_type(value: Any, types: tuple[str, ...], *, path: Path) -> Violation:
    return Violation(path=path, keyword="type", value=value, expected=types)


def _one_of(
    value: Any, context: tuple[Violation, ...], *, path: Path, right_type: bool
) -> Violation:
    return Violation(
        path=path,
        keyword="oneOf",
        value=value,
        context=context,
        right_type=right_type,
    )
