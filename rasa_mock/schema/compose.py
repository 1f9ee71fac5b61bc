"""Put the documents of a profile together: references, event branches, bundles.

Pure functions on plain documents; nothing is read, fetched or validated here.

References (`$ref`) name other files of the folder by relative path or by `$id`, with a
JSON pointer behind the `#`.  In a bundle every document stands under one key, `$defs`
of one file or `components/schemas` of an OpenAPI document, so that every validator can
use it, also those which do not know `$id`s inside a document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from posixpath import dirname, join, normpath
from typing import Any

from rasa_mock.errors import DataError
from rasa_mock.schema.folder import EVENTS, Document

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DEFS = "#/$defs/"

#: the two documents that choose by event type, and the form of event in each
UNIONS = {"event": "returned", "tracked_event": "tracked"}

#: keywords that hold data, where "$ref" is only a word
_DATA = frozenset({"const", "default", "enum", "examples", "x-rasa"})
#: keywords that hold schemas by a name of the author's choice
_NAMED = frozenset(
    {"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"}
)
#: keywords that a bundle cannot carry along
_UNSUPPORTED = ("$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef")
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


def event_names(documents: Mapping[str, Document]) -> list[str]:
    """Return the event types of a folder, sorted."""
    return [name.removeprefix(EVENTS) for name in documents if name.startswith(EVENTS)]


def allows(document: Document, form: str) -> bool:
    """Say whether an event may stand in that form: "tracked" or "returned"."""
    hints = document.get("x-rasa")
    return bool(hints.get(form, True)) if isinstance(hints, dict) else True


def with_branches(documents: Mapping[str, Document]) -> dict[str, Document]:
    """Return the documents with `event` and `tracked_event` choosing among all types.

    Each type has a branch of its own (`if` the name, `then` its schema), so that an
    error names the field and not just "none of 23".
    """
    composed = dict(documents)
    for union, form in UNIONS.items():
        names = [
            name
            for name in event_names(documents)
            if allows(documents[EVENTS + name], form)
        ]
        base = documents.get(union, {})
        properties = base.get("properties", {})
        event = {**properties.get("event", {}), "enum": names}
        composed[union] = {
            **base,
            "properties": {**properties, "event": event},
            "allOf": [_branch(name, documents, form=form) for name in names],
        }
    return composed


def _branch(name: str, documents: Mapping[str, Document], *, form: str) -> Document:
    refs = [f"{EVENTS}{name}.json"]
    if form in documents[EVENTS + name].get("$defs", {}):
        refs.append(f"{EVENTS}{name}.json#/$defs/{form}")
    then = [{"$ref": ref} for ref in refs]
    is_it = {"properties": {"event": {"const": name}}, "required": ["event"]}
    return {"if": is_it, "then": then[0] if len(then) == 1 else {"allOf": then}}


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


def event_references(
    name: str, definitions: Mapping[str, Document], *, form: str
) -> list[Document]:
    """Return the references, in a bundle, to one event type in one form."""
    key = definition(EVENTS + name)
    refs = [f"{DEFS}{key}"]
    if form in definitions[key].get("$defs", {}):
        refs.append(f"{DEFS}{key}/$defs/{form}")
    return [{"$ref": ref} for ref in refs]


def definition(name: str) -> str:
    """Return the key of a document in a bundle: `events/slot` is `event_slot`."""
    return f"event_{name.removeprefix(EVENTS)}" if name.startswith(EVENTS) else name


def definitions(
    documents: Mapping[str, Document], *, prefix: str = DEFS
) -> dict[str, Document]:
    """Return all documents by key, with every `$ref` pointing below `prefix`.

    Raises DataError for a reference that leads nowhere or out of the folder.
    """
    ids = {
        document["$id"]: name
        for name, document in documents.items()
        if "$id" in document
    }
    found: dict[str, Document] = {}
    for name, document in documents.items():
        rewriter = _Rewriter(name=name, documents=documents, ids=ids, prefix=prefix)
        root = {key: document[key] for key in document if key not in ("$id", "$schema")}
        if definition(name) in found:
            message = f"two schemas would be called {definition(name)!r}"
            raise DataError(message, path=f"{name}.json")
        found[definition(name)] = rewriter.schema(root, pointer="")
    return found


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
        if key in _NAMED and isinstance(value, dict):
            named = {name: without_annotations(each) for name, each in value.items()}
            # jsonschema forgets the path of an error that a bare `false` makes
            kept[key] = {n: {"not": {}} if s is False else s for n, s in named.items()}
        elif key == "x-rasa":
            kept |= (
                {key: {"expected": value["expected"]}} if "expected" in value else {}
            )
        elif key not in _ANNOTATIONS:
            kept[key] = value if key in _DATA else without_annotations(value)
    return kept


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
        if key in _NAMED and isinstance(value, dict):
            if key != "$defs":
                kept[key] = {
                    name: _inlined(each, definitions, within=within)
                    for name, each in value.items()
                }
        elif key != "$ref":
            is_data = key in _DATA
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
    for token in _tokens(ref):
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
        inner = (value for key, value in schema.items() if key not in _DATA)
        return "$ref" in schema or any(_has_reference(value) for value in inner)
    return isinstance(schema, list) and any(_has_reference(each) for each in schema)


class _Rewriter:
    """Turns the references of one document into references within a bundle."""

    def __init__(
        self,
        *,
        name: str,
        documents: Mapping[str, Document],
        ids: Mapping[str, str],
        prefix: str,
    ) -> None:
        self.name = name
        self.documents = documents
        self.ids = ids
        self.prefix = prefix

    def schema(self, value: Any, *, pointer: str) -> Any:
        if isinstance(value, list):
            items = enumerate(value)
            return [self.schema(item, pointer=f"{pointer}/{i}") for i, item in items]
        if not isinstance(value, dict):
            return value
        self._refuse_unsupported(value, pointer=pointer)
        return {
            key: self._entry(key, entry, pointer=f"{pointer}/{key}")
            for key, entry in value.items()
        }

    def _entry(self, key: str, value: Any, *, pointer: str) -> Any:
        if key == "$ref" and isinstance(value, str):
            return self.reference(value, pointer=pointer)
        if key in _NAMED and isinstance(value, dict):
            return {
                name: self.schema(each, pointer=f"{pointer}/{name}")
                for name, each in value.items()
            }
        return value if key in _DATA else self.schema(value, pointer=pointer)

    def _refuse_unsupported(self, schema: Document, *, pointer: str) -> None:
        nested = ("$id",) if pointer else ()
        for keyword in (*nested, *_UNSUPPORTED):
            if isinstance(schema.get(keyword), str):
                raise self.error(
                    f"{keyword!r} is not supported here, expected a $ref with a JSON "
                    "pointer",
                    pointer=pointer,
                )

    def reference(self, ref: str, *, pointer: str) -> str:
        """Return where `ref`, found in this document, stands in the bundle."""
        file, _, fragment = ref.partition("#")
        target = self._target(file)
        if target is None or not _leads_somewhere(self.documents[target], fragment):
            raise self.error(
                f"{ref!r} leads nowhere, expected a file of this folder; nothing is "
                "fetched",
                pointer=pointer,
            )
        return f"{self.prefix}{definition(target)}{fragment}"

    def _target(self, file: str) -> str | None:
        if not file:
            return self.name
        if file in self.ids:
            return self.ids[file]
        name = normpath(join(dirname(self.name), file)).removesuffix(".json")
        return name if name in self.documents else None

    def error(self, message: str, *, pointer: str) -> DataError:
        return DataError(message, path=f"{self.name}.json", pointer=pointer)


def _leads_somewhere(document: Document, fragment: str) -> bool:
    value: Any = document
    for token in _tokens(fragment):
        if isinstance(value, list) and token.isdigit() and int(token) < len(value):
            value = value[int(token)]
        elif isinstance(value, dict) and token in value:
            value = value[token]
        else:
            return False
    return True


def _tokens(fragment: str) -> Iterator[str]:
    for token in fragment.split("/")[1:]:
        yield token.replace("~1", "/").replace("~0", "~")
