"""What a message means: NLU without a trained model, deterministic and explained.

The first that has an answer wins:

1. parse data that came with the message, or that a test has scripted for its text;
2. `/intent{...}`, exactly as Rasa reads it, if the domain has the intent;
3. the components of the bot's pipeline that are plain algorithms (keywords, regular
   expressions, lookup tables, synonyms, tokens), exactly as in Rasa;
4. for a trained classifier: an exact training sentence (case, blanks and digits
   folded), else the nearest one by `similar`, which is not Rasa's answer but a guess.

A `FallbackClassifier` in the pipeline then has the last word.

Imitates rasa/core/processor.py, rasa/shared/core/training_data/story_reader and the
components of rasa/nlu that it names (Rasa 3.6).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rasa_mock.core.domain import Domain

Wire = dict[str, Any]
FALLBACK = "nlu_fallback"


class Example(NamedTuple):
    """One training sentence: its plain text, its intent, the entities marked in it."""

    text: str
    intent: str
    entities: tuple[Wire, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NluData:
    """The bot's NLU training data as its files say it.

    `synonyms` maps texts to values; `regexes` and `lookups` are (name, pattern) and
    (name, elements).
    """

    examples: tuple[Example, ...] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    regexes: tuple[tuple[str, str], ...] = ()
    lookups: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def entity_names(self) -> frozenset[str]:
        """Names of the entities marked in examples."""
        return frozenset(
            entity["entity"] for example in self.examples for entity in example.entities
        )


class Guess(NamedTuple):
    """An intent and how sure the classifier is of it."""

    intent: str
    confidence: float


Similar = Callable[[str, Sequence[Example]], Sequence[Guess]]
"""Ranks the intents of a text that is no training sentence; the best comes first."""


# Messages that name their intent.

_MESSAGE = re.compile(
    r"^/(?P<name>[^{@]+)(?:@(?P<confidence>[0-9.]+))?(?P<json>{.*})?(?P<rest>.*)$",
    re.DOTALL,
)


def parse_intent_message(text: str, domain: Domain) -> Wire | None:
    """Read `/intent@0.5{"entity": "value"}`; None if it is plain text.

    Imitates `YAMLStoryReader.unpack_regex_message`.
    """
    match = _MESSAGE.match(text.strip())
    if match is None:
        return None
    name = match["name"].strip()
    if name not in domain.intents:
        return None
    intent = {"name": name, "confidence": _confidence(match["confidence"])}
    return {
        "text": text,
        "intent": intent,
        "intent_ranking": [dict(intent)],
        "entities": _entities(match, domain),
    }


def _confidence(text: str | None) -> float:
    if text is None:
        return 1.0
    try:
        return min(1.0, float(text))
    except ValueError:
        return 0.0


def _entities(match: re.Match[str], domain: Domain) -> list[Wire]:
    """Make one entity of each value of the JSON object, one per element of a list."""
    if not match["json"]:
        return []
    try:
        given = json.loads(match["json"])
    except ValueError:
        return []
    if not isinstance(given, dict):
        return []
    start, end = match.span("json")
    return [
        {
            "entity": name,
            "value": value,
            "start": start,
            "end": end,
            "extractor": "RegexMessageHandler",
        }
        for name, values in given.items()
        if name in domain.entities
        for value in (values if isinstance(values, list) else [values])
    ]


# The parts of a pipeline that are plain algorithms.

_WORDS = re.compile(
    r"[^\w#@&]+(?=\s|$)"
    r"|(\s|^)[^\w#@&]+(?=[^0-9\s])"
    r"|(?<=[^0-9\s])[^\w._~:/?#\[\]()@!$&*+,;=-]+(?=[^0-9\s])"
)


def whitespace_tokens(text: str) -> list[list[int]]:
    """Return where the words of a text start and end, as WhitespaceTokenizer does."""
    words = _WORDS.sub(" ", text).split() or [text]
    spans, offset = [], 0
    for word in words:
        start = text.index(word, offset)
        offset = start + len(word)
        spans.append([start, offset])
    return spans


def lookup_pattern(elements: Iterable[str], *, boundaries: bool = True) -> str:
    """Make the regular expression of a lookup table."""
    escaped = [re.escape(element) for element in elements]
    if boundaries:
        return "(\\b" + "\\b|\\b".join(escaped) + "\\b)"
    return "(" + "|".join(escaped) + ")"


class Keywords:
    """KeywordIntentClassifier: a training sentence that stands in the message."""

    def __init__(self, data: NluData, *, case_sensitive: bool = True) -> None:
        intents: dict[str, str] = {}
        doubtful = set()
        for example in data.examples:
            if intents.setdefault(example.text, example.intent) != example.intent:
                doubtful.add(example.text)
        flags = 0 if case_sensitive else re.IGNORECASE
        self._patterns = [
            (re.compile(rf"\b{text}\b", flags), intent)
            for text, intent in intents.items()
            if text not in doubtful
        ]

    def classify(self, text: str) -> Guess | None:
        """Return the intent of the first keyword found."""
        for pattern, intent in self._patterns:
            if pattern.search(text):
                return Guess(intent, 1.0)
        return None


class Patterns:
    """RegexEntityExtractor: regular expressions and lookup tables of known entities."""

    def __init__(
        self,
        data: NluData,
        *,
        case_sensitive: bool = False,
        use_regexes: bool = True,
        use_lookup_tables: bool = True,
        use_word_boundaries: bool = True,
    ) -> None:
        known = data.entity_names
        patterns = list(data.regexes) if use_regexes else []
        if use_lookup_tables:
            patterns += [
                (name, lookup_pattern(elements, boundaries=use_word_boundaries))
                for name, elements in data.lookups
            ]
        flags = 0 if case_sensitive else re.IGNORECASE
        self._patterns = [
            (name, re.compile(pattern, flags))
            for name, pattern in patterns
            if name in known
        ]

    def extract(self, text: str) -> Iterator[Wire]:
        """Yield the entities found, pattern by pattern."""
        for name, pattern in self._patterns:
            for match in pattern.finditer(text):
                yield {
                    "entity": name,
                    "start": match.start(),
                    "end": match.end(),
                    "value": match.group(),
                    "extractor": "RegexEntityExtractor",
                }


def replace_synonyms(entities: Iterable[Wire], synonyms: Mapping[str, str]) -> None:
    """Give entities the value that their synonym stands for (EntitySynonymMapper)."""
    for entity in entities:
        value = synonyms.get(str(entity["value"]).lower())
        if value is not None:
            entity["value"] = value
            entity["processors"] = [
                *entity.get("processors", ()),
                "EntitySynonymMapper",
            ]


# Trained classifiers, as far as they can be told.

_DIGITS = re.compile(r"\b\d+\b")


def folded(text: str) -> str:
    """Fold case, blanks and whole numbers: trained classifiers do not see them."""
    return _DIGITS.sub("0", " ".join(text.lower().split()))


class Sentences:
    """Stands for a trained classifier: training sentences, or what is near them."""

    def __init__(self, data: NluData, *, similar: Similar) -> None:
        self._examples = data.examples
        self._similar = similar
        self._exact: dict[str, str] = {}
        self._folded: dict[str, str] = {}
        for example in data.examples:
            self._exact.setdefault(example.text, example.intent)
            self._folded.setdefault(folded(example.text), example.intent)
        self._intents = tuple(dict.fromkeys(each.intent for each in data.examples))

    def rank(self, text: str) -> list[Guess]:
        """Return all that the text may mean, the best first; none for nonsense."""
        intent = self._exact.get(text) or self._folded.get(folded(text))
        guesses = list(self._similar(text, self._examples))
        if intent is None:
            return guesses
        others = [guess for guess in guesses if guess.intent != intent]
        return [Guess(intent, 1.0), *_under(others, 1.0)]


def _under(guesses: Sequence[Guess], limit: float) -> Iterator[Guess]:
    """Keep the order of guesses and their sum below what is left."""
    total = sum(guess.confidence for guess in guesses)
    for guess in guesses:
        share = guess.confidence / total if total else 0.0
        yield Guess(guess.intent, min(share * 0.1, limit))
