"""NLU training data: the `nlu` section of YAML files, as Rasa reads it.

Imitates rasa/shared/nlu/training_data/formats/rasa_yaml.py, entities_parser.py and
lookup_tables_parser.py (Rasa 3.6).  What Rasa skips with a warning is skipped and told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rasa_mock.core.nlu import Example, NluData
from rasa_mock.errors import DataError
from rasa_mock.files.yaml import Document

Json = dict[str, Any]
Tell = Callable[[str, str], None]
"""Told of what is skipped: why, and the JSON pointer of it."""

STRIPPED = "\n\r "
LEADING = "-"

# `[text](entity)`, `[text](entity:value)`, `[text]{"entity": ...}`, `[text][{...}]`
_MARK = re.compile(
    r"\[(?P<text>[^\]]+?)\]"
    r"(?:\((?P<entity>[^:)]+?)(?:\:(?P<value>[^)]+))?\)"
    r"|\{(?P<one>[^}]+?)\}"
    r"|\[(?P<many>.*?)\])"
)
_OBJECT = re.compile(r"{(?P<one>[^}]+?)\}")


def plain_text(example: str) -> str:
    """Return a training sentence without the marks of its entities."""
    return _MARK.sub(lambda match: match["text"], example)


def marked_entities(example: str) -> list[Json]:
    """Return the entities that are marked in a training sentence."""
    entities: list[Json] = []
    offset = 0
    for match in _MARK.finditer(example):
        text = match["text"]
        start = match.start() - offset
        offset += len(match.group()) - len(text)
        for said in _said(match):
            entity: Json = {"start": start, "end": start + len(text)}
            entity["value"] = said.get("value", text)
            entity["entity"] = said.get("entity")
            entity |= {key: said[key] for key in ("role", "group") if said.get(key)}
            entities.append(entity)
    return entities


def _said(match: re.Match[str]) -> Iterator[Mapping[str, Any]]:
    """Yield what a mark says of its text, once per entity."""
    if match["entity"]:
        value = {"value": match["value"]} if match["value"] else {}
        yield {"entity": match["entity"], **value}
    elif match["one"]:
        yield _object(match["one"])
    else:
        yield from (_object(found["one"]) for found in _OBJECT.finditer(match["many"]))


def _object(text: str) -> Mapping[str, Any]:
    try:
        value: Json = json.loads("{" + text + "}")
    except ValueError as error:
        raise DataError(
            f"cannot read the entity {{{text}}} ({error}): expected a JSON object "
            'such as {"entity": "city", "role": "to"}',
            rasa_class="InvalidEntityFormatException",
        ) from error
    return value


class Item(NamedTuple):
    """One item of the section; `tables` are the lookup tables of the same file."""

    name: str
    lines: list[str]
    tables: dict[str, list[str]]


@dataclass(slots=True, kw_only=True)
class NluReader:
    """Gathers the training data of any number of files."""

    examples: dict[str, Example] = field(default_factory=dict)
    synonyms: dict[str, str] = field(default_factory=dict)
    regexes: list[tuple[str, str]] = field(default_factory=list)
    lookups: list[tuple[str, list[str]]] = field(default_factory=list)

    def read(self, document: Document, *, tell: Tell) -> None:
        """Take in the `nlu` section of a file."""
        items = document.value.get("nlu") or []
        if not isinstance(items, list):
            raise document.locate(
                DataError(f"expected a list, got {items!r}", pointer="/nlu")
            )
        tables: dict[str, list[str]] = {}
        for index, item in enumerate(items):
            pointer = f"/nlu/{index}"
            try:
                self._take(item, tables=tables, tell=tell, pointer=pointer)
            except DataError as error:
                error.pointer = error.pointer or pointer
                raise document.locate(error) from error
        self.lookups += tables.items()

    def _take(
        self, item: Any, *, tables: dict[str, list[str]], tell: Tell, pointer: str
    ) -> None:
        if not isinstance(item, dict):
            tell(f"expected an object with 'intent' or so, got {item!r}", pointer)
            return
        kind = next((kind for kind in KINDS if kind in item), None)
        if kind is None:
            expected = ", ".join(KINDS)
            tell(f"expected one of {expected}, got {', '.join(item)}", pointer)
        elif not item[kind]:
            tell(f"the {kind} has no name", pointer)
        else:
            lines = list(_lines(item.get("examples"), tell=tell, pointer=pointer))
            if not lines:
                tell(f"the {kind} {item[kind]!r} has no examples", pointer)
            KINDS[kind](self, Item(str(item[kind]), lines, tables))

    def take_intent(self, item: Item) -> None:
        """Take in training sentences of an intent, and the entities in them."""
        for line in item.lines:
            entities = marked_entities(line)
            text = plain_text(line)
            for entity in entities:
                marked = text[entity["start"] : entity["end"]]
                if marked != entity["value"]:
                    self.synonyms[marked] = str(entity["value"])
            # A retrieval intent is known by its first part.
            name = item.name.split("/", maxsplit=1)[0]
            example = Example(text, name, tuple(entities))
            self.examples.setdefault(repr(example), example)

    def take_synonym(self, item: Item) -> None:
        """Take in texts that stand for a value."""
        self.synonyms.update(dict.fromkeys(item.lines, item.name))

    def take_regex(self, item: Item) -> None:
        """Take in regular expressions of a name."""
        self.regexes += [(item.name, line) for line in item.lines]

    def take_lookup(self, item: Item) -> None:
        """Take in the elements of a lookup table."""
        if item.lines:
            item.tables.setdefault(item.name, []).extend(item.lines)

    def data(self) -> NluData:
        """Return what was gathered."""
        return NluData(
            examples=tuple(self.examples.values()),
            synonyms=self.synonyms,
            regexes=tuple(self.regexes),
            lookups=tuple((name, tuple(texts)) for name, texts in self.lookups),
        )


KINDS: Mapping[str, Callable[[NluReader, Item], None]]
KINDS = {
    "intent": NluReader.take_intent,
    "synonym": NluReader.take_synonym,
    "regex": NluReader.take_regex,
    "lookup": NluReader.take_lookup,
}


def _lines(examples: Any, *, tell: Tell, pointer: str) -> Iterator[str]:
    """Yield the examples: lines of a text, or the texts of a list of objects."""
    if isinstance(examples, str):
        for line in examples.splitlines():
            if line.startswith(LEADING):
                yield line[1:].strip(STRIPPED)
            elif line.strip():
                tell(f"expected an example that starts with '-', got {line!r}", pointer)
    elif isinstance(examples, list):
        for example in examples:
            text = example.get("text", "") if isinstance(example, dict) else example
            yield str(text).strip(STRIPPED)
    elif examples is not None:
        tell(f"expected examples as text with '-' lines, got {examples!r}", pointer)
