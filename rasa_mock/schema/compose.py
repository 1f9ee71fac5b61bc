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
DATA = frozenset({"const", "default", "enum", "examples", "x-rasa"})
#: keywords that hold schemas by a name of the author's choice
NAMED = frozenset(
    {"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"}
)
#: keywords that a bundle cannot carry along
_UNSUPPORTED = ("$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef")


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
        if key in NAMED and isinstance(value, dict):
            return {
                name: self.schema(each, pointer=f"{pointer}/{name}")
                for name, each in value.items()
            }
        return value if key in DATA else self.schema(value, pointer=pointer)

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
    for token in tokens(fragment):
        if isinstance(value, list) and token.isdigit() and int(token) < len(value):
            value = value[int(token)]
        elif isinstance(value, dict) and token in value:
            value = value[token]
        else:
            return False
    return True


def tokens(fragment: str) -> Iterator[str]:
    """Yield the parts of a JSON pointer; what stands before its first / is ignored."""
    for token in fragment.split("/")[1:]:
        yield token.replace("~1", "/").replace("~0", "~")
