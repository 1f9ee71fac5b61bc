"""Make schemas quick to check: nothing for people in them, no detours.

Pure functions on the definitions that `schema.compose` returns.  The meaning of a
schema never changes here; a property test holds both engines against each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_mock.schema.compose import DATA, DEFS, NAMED, UNIONS, definition, tokens
from rasa_mock.schema.folder import EVENTS, Document

#: keywords whose meaning hangs on the keywords beside them
_ADJACENT = frozenset(
    {
        *("additionalProperties", "patternProperties", "properties"),
        *("contains", "items", "maxContains", "minContains", "prefixItems"),
        *("else", "if", "then", "unevaluatedItems", "unevaluatedProperties"),
    }
)
_ANNOTATIONS = frozenset(
    {"$comment", "default", "deprecated", "description", "examples", "title"}
)


def without_annotations(schema: Any) -> Any:
    """Return a schema without the words for people, for validators to compile.

    Of `x-rasa` only `expected` is left, which error messages use.
    """
    if isinstance(schema, list):
        return [without_annotations(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if key in NAMED and isinstance(value, dict):
            named = {name: without_annotations(each) for name, each in value.items()}
            # jsonschema forgets the path of an error that a bare `false` makes
            kept[key] = {n: {"not": {}} if s is False else s for n, s in named.items()}
        elif key == "x-rasa":
            kept |= (
                {key: {"expected": value["expected"]}} if "expected" in value else {}
            )
        elif key not in _ANNOTATIONS:
            kept[key] = value if key in DATA else without_annotations(value)
    return kept


def event_references(
    name: str, definitions: Mapping[str, Document], *, form: str
) -> list[Document]:
    """Return the references, in a bundle, to one event type in one form."""
    key = definition(EVENTS + name)
    refs = [f"{DEFS}{key}"]
    if form in definitions[key].get("$defs", {}):
        refs.append(f"{DEFS}{key}/$defs/{form}")
    return [{"$ref": ref} for ref in refs]


def for_yes_or_no(
    compiled: Mapping[str, Document], names: Mapping[str, list[str]]
) -> dict[str, Document]:
    """Return compiled definitions with plain alternatives instead of branches.

    `names` holds the event types of each union.  jsonschema-rs looks at the constants
    of an `anyOf` first and is several times faster so; its errors would be useless.
    """
    changed = dict(compiled)
    for union, form in UNIONS.items():
        base = {key: value for key, value in compiled[union].items() if key != "allOf"}
        properties = {
            key: value for key, value in base["properties"].items() if key != "event"
        }
        alternatives = [
            {"allOf": event_references(name, compiled, form=form)}
            for name in names[union]
        ]
        # An anyOf of nothing allows nothing, but is not a schema.
        rest: Document = {"anyOf": alternatives} if alternatives else {"not": {}}
        changed[union] = {**base, "properties": properties, **rest}
    return changed


def inlined(
    schema: Document, definitions: Mapping[str, Document], *, within: frozenset[str]
) -> Document:
    """Return a compiled schema with what it refers to put in its place.

    jsonschema spends most of its time on references.  One that is in the middle of
    itself (`within`) stays a reference.
    """
    found = _inlined(schema, definitions, within=within)
    return {**found, "$defs": definitions} if _has_reference(found) else found


def _inlined(
    schema: Any, definitions: Mapping[str, Document], *, within: frozenset[str]
) -> Any:
    if isinstance(schema, list):
        return [_inlined(each, definitions, within=within) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept: Document = {}
    for key, value in schema.items():
        if key in NAMED and isinstance(value, dict):
            if key != "$defs":
                kept[key] = {
                    name: _inlined(each, definitions, within=within)
                    for name, each in value.items()
                }
        elif key != "$ref":
            is_data = key in DATA
            kept[key] = (
                value if is_data else _inlined(value, definitions, within=within)
            )
    if "$ref" not in schema:
        return kept
    return _merged(_target_of(schema["$ref"], definitions, within=within), kept)


def _target_of(
    ref: str, definitions: Mapping[str, Document], *, within: frozenset[str]
) -> Document:
    if ref in within:
        return {"$ref": ref}
    target: Any = {"$defs": definitions}
    for token in tokens(ref):
        target = target[int(token)] if isinstance(target, list) else target[token]
    found = _inlined(target, definitions, within=within | {ref})
    return found if isinstance(found, dict) else {"allOf": [found]}


def _merged(target: Document, beside: Document) -> Document:
    """Return both in one schema; in an allOf where they could change each other."""
    if beside.keys() & (_ADJACENT | target.keys()):
        return {**beside, "allOf": [target, *beside.get("allOf", [])]}
    return {**target, **beside}


def _has_reference(schema: Any) -> bool:
    if isinstance(schema, dict):
        inner = (value for key, value in schema.items() if key not in DATA)
        return "$ref" in schema or any(_has_reference(value) for value in inner)
    return isinstance(schema, list) and any(_has_reference(each) for each in schema)
