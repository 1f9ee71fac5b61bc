"""Say whether real Rasa's schema accepts a list of events or a whole answer.

Rasa checks what an action server sends with a JSON schema before it looks at anything
else, and one violation loses the whole answer.  That schema is loose: this module holds
it as tables and gives Rasa's verdict, error for error.  What a *right* answer looks
like is the business of schemas/, which are much stricter.

Imitates rasa/shared/utils/schemas/events.py, the schema in
`RemoteAction.action_response_format_spec` (rasa/core/actions/action.py), and jsonschema
where its habits show: a boolean is no number, 1.0 is an integer, NaN is a number; only
objects have properties; `best_match` picks the one error that Rasa reports.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One error of the schema: where, which keyword, and what broke it.

    `path` leads from the checked value to the offending `value`; `expected` are the
    right types, or the name of the missing property.  `context` holds, for a oneOf
    that no alternative fulfils, the errors of the alternatives, as far as they matter
    to the choice of the error to report; their paths start where this one ends.
    """

    path: Path
    keyword: str
    value: Any
    expected: tuple[str, ...] = ()
    context: tuple[Violation, ...] = ()

    @property
    def message(self) -> str:
        """Jsonschema's words; they quote the value, so they may be long."""
        return MESSAGES[self.keyword].format(
            value=repr(self.value), expected=", ".join(map(repr, self.expected))
        )


MESSAGES: Mapping[str, str] = {
    "type": "{value} is not of type {expected}",
    "required": "{expected} is a required property",
    "const": "{expected} was expected",
    "oneOf": "{value} is not valid under any of the given schemas",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the schema asks of one value; empty fields ask nothing.

    `patterns` are the shapes of all properties whose name the expression finds;
    exactly one of the shapes in `one_of` has to fit.
    """

    types: tuple[str, ...] = ()
    properties: Mapping[str, Shape] = field(default_factory=dict)
    patterns: tuple[tuple[re.Pattern[str], Shape], ...] = ()
    items: Shape | None = None
    required: tuple[str, ...] = ()
    one_of: tuple[Shape, ...] = ()


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return _is_number(value) and (isinstance(value, int) or value.is_integer())


FITS_TYPES: Mapping[tuple[str, ...], Callable[[Any], bool]] = {
    (): lambda value: True,  # noqa: ARG005
    ("array",): lambda value: isinstance(value, list),
    ("boolean",): lambda value: isinstance(value, bool),
    ("integer",): _is_integer,
    ("number",): _is_number,
    ("number", "null"): lambda value: value is None or _is_number(value),
    ("object",): lambda value: isinstance(value, dict),
    ("object", "null"): lambda value: value is None or isinstance(value, dict),
    ("string",): lambda value: isinstance(value, str),
    ("string", "null"): lambda value: value is None or isinstance(value, str),
}
"""A test for each list of types that the schema has."""

STRING = Shape(types=("string",))
NUMBER = Shape(types=("number",))
INTEGER = Shape(types=("integer",))
OBJECT = Shape(types=("object",))
TEXT = Shape(types=("string", "null"))
FLAG = Shape(types=("boolean",))

ENTITIES = Shape(
    types=("array",),
    items=Shape(
        types=("object",),
        properties={
            "start": INTEGER,
            "end": INTEGER,
            "entity": STRING,
            "confidence": NUMBER,
            "extractor": TEXT,
            "role": TEXT,
            "group": TEXT,
        },
        required=("entity", "value"),
    ),
)
INTENT = Shape(types=("object",), properties={"name": STRING, "confidence": NUMBER})
TEXTS = Shape(
    types=("array",), items=Shape(types=("object",), properties={"text": STRING})
)
SELECTED_RESPONSE = Shape(
    types=("object",),
    properties={
        "responses": TEXTS,
        "response_templates": TEXTS,
        "confidence": NUMBER,
        "intent_response_key": STRING,
        "utter_action": STRING,
        "template_name": STRING,
    },
)
SELECTED_RANKING = Shape(
    types=("array",),
    items=Shape(
        types=("object",),
        properties={"id": NUMBER, "confidence": NUMBER, "intent_response_key": STRING},
    ),
)
RETRIEVAL_INTENT = Shape(
    types=("object",),
    properties={"response": SELECTED_RESPONSE, "ranking": SELECTED_RANKING},
)
RESPONSE_SELECTOR = Shape(
    types=("object",),
    one_of=(
        Shape(properties={"all_retrieval_intents": Shape(types=("array",))}),
        Shape(patterns=((re.compile(r"[\w/]"), RETRIEVAL_INTENT),)),
    ),
)
PARSE_DATA = Shape(
    types=("object",),
    properties={
        "text": TEXT,
        "intent_ranking": Shape(types=("array",), items=INTENT),
        "intent": INTENT,
        "entities": ENTITIES,
        "response_selector": RESPONSE_SELECTOR,
    },
)

ANYTHING = Shape()
"""Most events: nothing beyond their name is looked at."""

EVENTS: Mapping[str, Shape] = {
    "user": Shape(
        properties={
            "text": TEXT,
            "input_channel": TEXT,
            "message_id": TEXT,
            "parse_data": PARSE_DATA,
        }
    ),
    "action": Shape(
        properties={
            "policy": TEXT,
            "confidence": Shape(types=("number", "null")),
            "name": TEXT,
            "hide_rule_turn": FLAG,
            "action_text": TEXT,
        }
    ),
    "slot": Shape(properties={"name": STRING}, required=("name", "value")),
    "entities": Shape(properties={"entities": ENTITIES}, required=("entities",)),
    "user_featurization": ANYTHING,
    "cancel_reminder": ANYTHING,
    "reminder": ANYTHING,
    "action_execution_rejected": ANYTHING,
    "form_validation": ANYTHING,
    "loop_interrupted": ANYTHING,
    "form": ANYTHING,
    "active_loop": ANYTHING,
    "reset_slots": ANYTHING,
    "resume": ANYTHING,
    "pause": ANYTHING,
    "followup": ANYTHING,
    "export": ANYTHING,
    "restart": ANYTHING,
    "undo": ANYTHING,
    "rewind": ANYTHING,
    "bot": ANYTHING,
    "session_started": ANYTHING,
    "agent": ANYTHING,
}
"""The alternatives of the event schema, in its order.

Each fixes the event's name, so at most one can fit an event that has a name."""

ANY_EVENT = Shape(
    types=("object",),
    properties={
        "event": STRING,
        "timestamp": Shape(types=("number", "null")),
        "metadata": Shape(types=("object", "null")),
    },
    required=("event",),
)
ANY_RESPONSES = Shape(types=("array",), items=OBJECT)


OTHER_ALTERNATIVES = tuple(
    Violation(path=("event",), keyword="const", value=None, expected=(name,))
    for name in ("slot", "action")
)
"""Stands for the errors of all alternatives with another name: they are equally deep,
and two of them are as many as matter to the choice of the error to report."""


def verdict(events: list[Any]) -> list[tuple[int, str]]:
    """Return index and keyword of the first error of each event that Rasa refuses.

    An empty list means that the schema accepts all of them, which does not mean that
    Rasa can also build them (core.events).
    """
    refused = []
    for index, event in enumerate(events):
        if not _is_fine(event):
            violation = next(_event_violations(event))
            refused.append((index, violation.keyword))
    return refused


def violations(body: Any) -> Iterator[Violation]:
    """Yield every error of an action server's parsed answer, in jsonschema's order."""
    if not isinstance(body, dict):
        yield _wrong_type(body, OBJECT.types, ())
        return
    for key, check in PARTS.items():
        value = body.get(key, [])
        if not isinstance(value, list):
            yield _wrong_type(value, ("array",), (key,))
            continue
        for index, item in enumerate(value):
            for violation in check(item):
                yield _below((key, index), violation)


def reported(body: Any) -> Violation | None:
    """Return the one error that Rasa reports for an answer, None if it accepts it.

    This is jsonschema's `best_match` (4.17): the error nearest to the root, but the
    deepest of its alternatives' errors if one of them is deeper than all others.
    """
    best = max(violations(body), key=_relevance, default=None)
    while best and best.context:
        deepest, *others = sorted(best.context, key=_relevance)[:2]
        if others and _relevance(others[0]) == _relevance(deepest):
            break
        best = _below(best.path, deepest)
    return best


def _relevance(violation: Violation) -> tuple[int, bool]:
    return -len(violation.path), violation.keyword != "oneOf"


def _below(path: Path, violation: Violation) -> Violation:
    return replace(violation, path=(*path, *violation.path))


def _is_fine(event: Any) -> bool:
    """Tell quickly whether an event has no error: nearly all of them have none."""
    if not isinstance(event, dict) or not _fits(event, ANY_EVENT):
        return False
    shape = EVENTS.get(event["event"])
    return shape is not None and (shape is ANYTHING or _fits(event, shape))


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
            return next(_violations(value, shape, ()), None) is None
    elif isinstance(value, list) and shape.items:
        return all(_fits(item, shape.items) for item in value)
    return True


def _event_violations(event: Any) -> Iterator[Violation]:
    """Yield the errors of one event: the common part's, then its alternative's."""
    if _is_fine(event):
        return
    yield from _violations(event, ANY_EVENT, ())
    if not isinstance(event, dict) or "event" not in event:
        yield _one_of(event, (), ())
        return
    name = event["event"]
    shape = EVENTS.get(name) if isinstance(name, str) else None
    found = tuple(_violations(event, shape, ())) if shape else ()
    if found or shape is None:
        yield _one_of(event, (), (*OTHER_ALTERNATIVES, *found))


def _item_violations(item: Any) -> Iterator[Violation]:
    return _violations(item, OBJECT, ())


PARTS: Mapping[str, Callable[[Any], Iterator[Violation]]] = {
    "events": _event_violations,
    "responses": _item_violations,
}
"""The keys of an answer that the schema knows; all others are free."""


def _violations(value: Any, shape: Shape, path: Path) -> Iterator[Violation]:
    if not FITS_TYPES[shape.types](value):
        yield _wrong_type(value, shape.types, path)
    if isinstance(value, dict):
        yield from _property_violations(value, shape, path)
    elif isinstance(value, list) and shape.items:
        for index, item in enumerate(value):
            yield from _violations(item, shape.items, (*path, index))
    if shape.one_of:
        yield from _one_of_violations(value, shape.one_of, path)


def _property_violations(
    value: dict[str, Any], shape: Shape, path: Path
) -> Iterator[Violation]:
    for name, expected in shape.properties.items():
        if name in value:
            yield from _violations(value[name], expected, (*path, name))
    for pattern, expected in shape.patterns:
        for name in filter(pattern.search, value):
            yield from _violations(value[name], expected, (*path, name))
    for name in shape.required:
        if name not in value:
            yield Violation(
                path=path, keyword="required", value=value, expected=(name,)
            )


def _one_of_violations(
    value: Any, alternatives: tuple[Shape, ...], path: Path
) -> Iterator[Violation]:
    found = [tuple(_violations(value, shape, ())) for shape in alternatives]
    fitting = found.count(())
    if fitting != 1:
        context = () if fitting else tuple(chain.from_iterable(found))
        yield _one_of(value, path, context)


def _wrong_type(value: Any, types: tuple[str, ...], path: Path) -> Violation:
    return Violation(path=path, keyword="type", value=value, expected=types)


def _one_of(value: Any, path: Path, context: tuple[Violation, ...]) -> Violation:
    return Violation(path=path, keyword="oneOf", value=value, context=context)
