"""What users say according to a bot's training data: sentences, entities, their words.

A `Lexicon` is the training data arranged for saying something: sentences by intent and
by the entities in them, cut so that other values can stand there, and the words for
each entity, from the marked sentences, synonyms, lookup tables and regexes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rasa_mock.core.domain import Domain, Slot
from rasa_mock.core.nlu import Example, NluData
from rasa_mock.generate.patterns import matching
from rasa_mock.generate.rng import Rng

BY_MODEL = "DIETClassifier"
BY_PATTERN = "RegexEntityExtractor"


class Label(NamedTuple):
    """What an entity in a sentence is: its name, role and group, "" for none."""

    entity: str
    role: str = ""
    group: str = ""


class Word(NamedTuple):
    """A text that stands for an entity, the value that it means, and what finds it."""

    written: str
    value: Any
    label: Label
    extractor: str = BY_MODEL


class Sentence(NamedTuple):
    """A training sentence cut at its entities: one more text than there are labels."""

    texts: tuple[str, ...]
    labels: tuple[Label, ...]


Labels = tuple[Label, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Sentences by intent and sorted labels, `usual` ones by intent, words by entity.

    `examples` are the values by the name of an entity, a lookup table or a regex.
    """

    sentences: Mapping[tuple[str, Labels], tuple[Sentence, ...]] = field(
        default_factory=dict
    )
    usual: Mapping[str, tuple[Labels, ...]] = field(default_factory=dict)
    words: Mapping[str, tuple[Word, ...]] = field(default_factory=dict)
    examples: Mapping[str, tuple[Word, ...]] = field(default_factory=dict)

    def with_labels(self, intent: str, labels: Iterable[Label]) -> Sequence[Sentence]:
        """List the sentences of an intent that hold just these entities."""
        return self.sentences.get((intent, tuple(sorted(labels))), ())

    def plain(self, intent: str | None) -> Sequence[Sentence]:
        """List the sentences of an intent that hold no entity."""
        return self.sentences.get((intent or "", ()), ())


EMPTY = Lexicon()


def lexicon_of(data: NluData | None, domain: Domain) -> Lexicon:
    """Arrange training data; what the domain does not know is left out."""
    if data is None:
        return EMPTY
    sentences: dict[tuple[str, Labels], dict[Sentence, None]] = {}
    usual: dict[str, list[Labels]] = {}
    for example in data.examples:
        sentence = _cut(example)
        if sentence is None or not _is_known(example, domain):
            continue
        key = (example.intent, tuple(sorted(sentence.labels)))
        sentences.setdefault(key, {})[sentence] = None
        usual.setdefault(example.intent, []).append(sentence.labels)
    examples = _by_entity(_all_words(data))
    return Lexicon(
        sentences={key: tuple(found) for key, found in sentences.items()},
        usual={intent: tuple(found) for intent, found in usual.items()},
        words={name: w for name, w in examples.items() if name in domain.entities},
        examples=examples,
    )


def _is_known(example: Example, domain: Domain) -> bool:
    return example.intent in domain.intents and all(
        entity["entity"] in domain.entities for entity in example.entities
    )


def _label(entity: Mapping[str, Any]) -> Label:
    role, group = entity.get("role") or "", entity.get("group") or ""
    return Label(str(entity["entity"]), str(role), str(group))


def _cut(example: Example) -> Sentence | None:
    """Cut a sentence at its entities; None if two of them share a text."""
    texts: list[str] = []
    end = 0
    entities = sorted(example.entities, key=lambda entity: entity["start"])
    for entity in entities:
        if entity["start"] < end:
            return None
        texts.append(example.text[end : entity["start"]])
        end = entity["end"]
    texts.append(example.text[end:])
    if not example.text.strip() or any(e["entity"] is None for e in entities):
        return None
    return Sentence(tuple(texts), tuple(_label(entity) for entity in entities))


def _all_words(data: NluData) -> Iterator[Word]:
    """Yield the words of marked sentences, then of lookup tables and regexes."""
    seen: dict[Any, Label] = {}
    for example in data.examples:
        for entity in example.entities:
            if entity["entity"] is None:
                continue
            written = example.text[entity["start"] : entity["end"]]
            # A list or an object as value does occur: it is taken as it is.
            value = entity["value"]
            label = _label(entity)
            seen.setdefault(str(value), label)
            yield Word(written, value, label)
    for written, value in data.synonyms.items():
        if value in seen:
            yield Word(written, value, seen[value])
    for name, elements in data.lookups:
        for element in elements:
            value = data.synonyms.get(element, element)
            yield Word(element, value, Label(name), BY_PATTERN)
    for name, pattern in data.regexes:
        for text in matching(pattern, Rng("regex", name, pattern)):
            yield Word(text, text, Label(name), BY_PATTERN)


def _by_entity(words: Iterable[Word]) -> dict[str, tuple[Word, ...]]:
    found: dict[str, dict[str, Word]] = {}
    for word in words:
        if word.written.strip():
            found.setdefault(word.label.entity, {}).setdefault(repr(word), word)
    return {name: tuple(unique.values()) for name, unique in found.items()}


def examples_for(slot: Slot, lexicon: Lexicon) -> tuple[Any, ...]:
    """List the values of the entities that fill a slot, or of a table of its name."""
    fed = [m for m in slot.mappings if m["type"] == "from_entity"]
    found = [
        word.value
        for mapping in fed
        for word in lexicon.examples.get(mapping.get("entity", ""), ())
        if word.label.role in ("", mapping.get("role") or "")
    ]
    return tuple(found or (w.value for w in lexicon.examples.get(slot.name, ())))
