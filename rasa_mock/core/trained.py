"""What stands for trained components: training sentences, and what is like them.

A trained classifier has the intent of a training sentence; for another text that of the
sentence that is most like it, unless none of its words is known.  A trained extractor
marks what the training sentence marks, or the marked texts that it finds again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rasa_mock.core.nlu import (
    Component,
    Example,
    Guess,
    NluData,
    Reading,
    Similar,
    Wire,
)
from rasa_mock.core.tokens import folded

RANKING_LENGTH = 10
# The confidence in a training sentence: no classifier is ever quite sure.
SURE = 0.95
Config = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """What components are made of: the training data, and what stands for training.

    `words` cuts a text into what a trained classifier knows or does not know.
    """

    data: NluData
    similar: Similar
    words: Callable[[str], set[str]]


Make = Callable[[Config, Kit], Component]
"""Makes a component of its settings."""


class Sentences:
    """Stands for a trained classifier: training sentences, or what is near them."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._examples = kit.data.examples
        self._exact: dict[str, Example] = {}
        for example in self._examples:
            self._exact.setdefault(example.text, example)
        for example in self._examples:
            self._exact.setdefault(folded(example.text), example)
        self._folded = [folded(example.text) for example in self._examples]
        self._intents = sorted({example.intent for example in self._examples})
        self._vocabulary: set[str] = set()

    def exact(self, text: str) -> Example | None:
        """Return the training sentence that a text is."""
        return self._exact.get(text) or self._exact.get(folded(text))

    def rank(self, text: str) -> list[Guess]:
        """Return all intents, the best first; equal ones by name."""
        likeness = self._likeness(text)
        ranked = sorted(likeness.items(), key=lambda pair: (-pair[1], pair[0]))
        if not ranked:
            return []
        (best, sure), *others = ranked
        if not sure:
            return [Guess(intent, 1 / len(ranked)) for intent, _ in ranked]
        # The others share what is left, by how like they are, and a little more.
        sure = min(sure, SURE)
        total = sum(value for _, value in others) + len(others)
        left = [(intent, (1 - sure) * (value + 1) / total) for intent, value in others]
        return [Guess(best, sure)] + [
            Guess(intent, min(value, sure)) for intent, value in left
        ]

    def _likeness(self, text: str) -> dict[str, float]:
        """Say how like each intent's best sentence a text is.

        Without a known word all intents are equally unlikely.
        """
        best = dict.fromkeys(self._intents, 0.0)
        example = self.exact(text)
        if example is not None:
            return best | {example.intent: SURE}
        if not self._vocabulary:
            self._vocabulary = set().union(*map(self._kit.words, self._folded))
        if self._kit.words(folded(text)) & self._vocabulary:
            scores = self._kit.similar(folded(text), self._folded)
            for known, score in zip(self._examples, scores, strict=True):
                best[known.intent] = max(best[known.intent], score)
        return best


def classifier(config: Config, kit: Kit) -> Component:
    """Make what stands for a trained intent classifier."""
    sentences = Sentences(kit)
    length = config.get("ranking_length", RANKING_LENGTH)

    def classify(reading: Reading) -> None:
        ranked = [guess._asdict() for guess in sentences.rank(reading.text)]
        ranking = [
            {"name": guess["intent"], "confidence": guess["confidence"]}
            for guess in ranked
        ]
        if ranking:
            reading.intent = dict(ranking[0])
            reading.ranking = ranking[:length] if length else ranking
            reading.is_ranked = True

    return classify


def extractor(name: str) -> Make:
    """Make what stands for a trained entity extractor of that name."""

    def make(_config: Config, kit: Kit) -> Component:
        sentences = Sentences(kit)
        marked = _marked_texts(kit.data)

        def extract(reading: Reading) -> None:
            example = sentences.exact(reading.text)
            if example is not None and len(example.text) == len(reading.text):
                found = _again(example, reading.text)
            else:
                found = _found_texts(reading.text, marked)
            given = [{**entity, "extractor": name} for entity in found]
            reading.entities = [*(reading.entities or ()), *given]

        return extract

    return make


def _again(example: Example, text: str) -> list[Wire]:
    """Mark a text as the training sentence is marked."""
    return [
        {
            **entity,
            "value": text[entity["start"] : entity["end"]]
            if entity["value"] == example.text[entity["start"] : entity["end"]]
            else entity["value"],
        }
        for entity in example.entities
    ]


def _marked_texts(data: NluData) -> dict[str, Wire]:
    """Return the texts that are marked anywhere, with what they are marked as."""
    marked: dict[str, Wire] = {}
    for example in data.examples:
        for entity in example.entities:
            text = example.text[entity["start"] : entity["end"]]
            marked.setdefault(text.lower(), entity)
    return marked


def _found_texts(text: str, marked: Mapping[str, Wire]) -> list[Wire]:
    """Find marked texts again, the longest first, as whole words."""
    found: list[Wire] = []
    taken: set[int] = set()
    for known in sorted(marked, key=len, reverse=True):
        for match in re.finditer(rf"\b{re.escape(known)}\b", text.lower()):
            span = set(range(*match.span()))
            if not span & taken:
                taken |= span
                place = {"start": match.start(), "end": match.end()}
                value = text[match.start() : match.end()]
                found.append({**marked[known], **place, "value": value})
    return sorted(found, key=lambda entity: int(entity["start"]))


def intents_and_entities(config: Config, kit: Kit) -> Component:
    """Make what stands for DIETClassifier, which does both."""
    parts = []
    if config.get("intent_classification", True):
        parts.append(classifier(config, kit))
    if config.get("entity_recognition", True) and kit.data.entity_names:
        parts.append(extractor("DIETClassifier")(config, kit))

    def run(reading: Reading) -> None:
        for part in parts:
            part(reading)

    return run
