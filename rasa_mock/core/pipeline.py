"""The components of an NLU pipeline: which are imitated, and how.

`COMPONENTS` says what stands for each component of Rasa.  Tokenizers, keywords, regular
expressions, lookup tables, synonyms and the fallback are plain algorithms and work as
in Rasa.  A trained classifier is stood in for: a training sentence (case, blanks and
whole numbers folded) has its intent with confidence 0.95, any other text the intent of
the sentence that is most like it, unless none of its words is known; a trained entity
extractor marks what the training sentence marks, or the marked texts that it finds
again.  That is a guess, not what a model would say; docs/fidelity.md has the list.

Imitates rasa/nlu/{tokenizers,classifiers,extractors} and
rasa/nlu/utils/pattern_utils.py of Rasa 3.6.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rasa_mock.core.nlu import (
    Component,
    Example,
    Guess,
    NluData,
    Reading,
    Similar,
    Wire,
)
from rasa_mock.errors import DataError

FALLBACK = "nlu_fallback"
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


# Tokens.

_WORDS = re.compile(
    r"[^\w#@&]+(?=\s|$)"
    r"|(\s|^)[^\w#@&]+(?=[^0-9\s])"
    r"|(?<=[^0-9\s])[^\w._~:/?#\[\]()@!$&*+,;=-]+(?=[^0-9\s])"
)
# Rasa's own range of emoji: it holds Chinese, Japanese and Korean as well, so that
# their words are dropped, and a text of nothing else becomes a single token.
_EMOJI = re.compile(
    "[\U0001f600-\U0001f64f\U0001f300-\U0001f5ff\U0001f680-\U0001f6ff"
    "\U0001f1e0-\U0001f1ff\u2702-\u27b0\u24c2-\U0001f251\u200c\u200d]+"
)
_IDEOGRAPHS = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\u3040-\u30ff]|[^\\W_]+")


def whitespace_tokens(text: str) -> list[list[int]]:
    """Return where the words of a text start and end, as WhitespaceTokenizer does."""
    words = [word for word in _WORDS.sub(" ", text).split() if not _is_emoji(word)]
    spans, offset = [], 0
    for word in words or [text]:
        start = text.index(word, offset)
        offset = start + len(word)
        spans.append([start, offset])
    return spans


def _is_emoji(word: str) -> bool:
    return _EMOJI.fullmatch(word) is not None


def _whitespace(_config: Config, _kit: Kit) -> Component:
    def tokenize(reading: Reading) -> None:
        reading.tokens = whitespace_tokens(reading.text)

    return tokenize


# Patterns.


def lookup_pattern(elements: Iterable[str], *, boundaries: bool = True) -> str:
    """Make the regular expression of a lookup table."""
    escaped = [re.escape(element) for element in elements]
    if boundaries:
        return "(\\b" + "\\b|\\b".join(escaped) + "\\b)"
    return "(" + "|".join(escaped) + ")"


def _compiled(pattern: str, *, ignore_case: bool) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    except (re.error, RecursionError, OverflowError) as error:
        raise DataError(
            f"not a regular expression: {pattern!r} ({error}); correct it",
            rasa_class="InvalidConfigException",
        ) from error


def keywords(
    data: NluData, *, case_sensitive: bool = True
) -> list[tuple[re.Pattern[str], str]]:
    """Return the keywords that Rasa keeps: in doubt of two intents it drops them."""
    intents: dict[str, str] = {}
    doubtful = set()
    for example in data.examples:
        if intents.setdefault(example.text, example.intent) != example.intent:
            doubtful.add(example.text)
    kept = {text: intent for text, intent in intents.items() if text not in doubtful}
    patterns = {
        text: _compiled(rf"\b{text}\b", ignore_case=not case_sensitive) for text in kept
    }
    return [
        (patterns[text], intent)
        for text, intent in kept.items()
        if not any(
            intent != other and patterns[text].search(longer)
            for longer, other in kept.items()
        )
    ]


def _keyword_intent(config: Config, kit: Kit) -> Component:
    known = keywords(kit.data, case_sensitive=bool(config.get("case_sensitive", True)))

    def classify(reading: Reading) -> None:
        found = (intent for pattern, intent in known if pattern.search(reading.text))
        name = next(found, None)
        if reading.intent is None or name is not None:
            confidence = 0.0 if name is None else 1.0
            reading.intent = {"name": name, "confidence": confidence}

    return classify


def entity_patterns(
    data: NluData, config: Config
) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield the names and patterns that RegexEntityExtractor goes by."""
    known = data.entity_names
    named = list(data.regexes) if config.get("use_regexes", True) else []
    if config.get("use_lookup_tables", True):
        boundaries = bool(config.get("use_word_boundaries", True))
        named += [
            (name, lookup_pattern(elements, boundaries=boundaries))
            for name, elements in data.lookups
        ]
    ignore_case = not config.get("case_sensitive", False)
    for name, pattern in named:
        if name in known:
            yield name, _compiled(pattern, ignore_case=ignore_case)


def _regex_entities(config: Config, kit: Kit) -> Component:
    patterns = list(entity_patterns(kit.data, config))

    def extract(reading: Reading) -> None:
        if not patterns:
            return
        found = [
            {
                "entity": name,
                "start": match.start(),
                "end": match.end(),
                "value": match.group(),
                "extractor": "RegexEntityExtractor",
            }
            for name, pattern in patterns
            for match in pattern.finditer(reading.text)
        ]
        reading.entities = [*(reading.entities or ()), *found]

    return extract


# Synonyms.


def synonym_table(data: NluData) -> dict[str, str]:
    """Return what texts, in lower case, stand for; values also for themselves."""
    table: dict[str, str] = {}
    marked = (
        (example.text[entity["start"] : entity["end"]], str(entity["value"]))
        for example in data.examples
        for entity in example.entities
    )
    for text, value in (*data.synonyms.items(), *marked):
        if text != value:
            table[text.lower()] = value
        table.setdefault(value.lower(), value)
    return table


def _synonyms(_config: Config, kit: Kit) -> Component:
    table = synonym_table(kit.data)

    def replace(reading: Reading) -> None:
        reading.entities = reading.entities or []
        for entity in reading.entities:
            value = table.get(str(entity["value"]).lower())
            if value is not None:
                entity["value"] = value
                processors = entity.get("processors", [])
                entity["processors"] = [*processors, "EntitySynonymMapper"]

    return replace


# Trained components, as far as they can be told.

_NUMBERS = re.compile(r"\b\d+\b")


def folded(text: str) -> str:
    """Fold case, blanks and whole numbers: trained classifiers do not see them."""
    return _NUMBERS.sub("0", " ".join(text.lower().split()))


def words(text: str) -> set[str]:
    """Return the words of a text as WhitespaceTokenizer finds them."""
    return {text[start:end] for start, end in whitespace_tokens(text)}


def characters(text: str) -> set[str]:
    """Return the words of a text, of Chinese and Japanese the characters."""
    return set(_IDEOGRAPHS.findall(text))


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


def _classifier(config: Config, kit: Kit) -> Component:
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


def _extractor(name: str) -> Make:
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


def _intents_and_entities(config: Config, kit: Kit) -> Component:
    """Make what stands for DIETClassifier, which does both."""
    parts = []
    if config.get("intent_classification", True):
        parts.append(_classifier(config, kit))
    if config.get("entity_recognition", True) and kit.data.entity_names:
        parts.append(_extractor("DIETClassifier")(config, kit))

    def run(reading: Reading) -> None:
        for part in parts:
            part(reading)

    return run


# The last word.


def _fallback(config: Config, _kit: Kit) -> Component:
    threshold = config.get("threshold", 0.3)
    ambiguity = config.get("ambiguity_threshold", 0.1)

    def doubt(reading: Reading) -> None:
        ranking = reading.ranking or []
        confidence = (reading.intent or {"confidence": 0.0})["confidence"]
        is_close = len(ranking) > 1 and (
            ranking[0]["confidence"] - ranking[1]["confidence"] < ambiguity
        )
        if confidence < threshold or is_close:
            reading.intent = {"name": FALLBACK, "confidence": threshold}
            reading.ranking = [dict(reading.intent), *ranking]

    return doubt


# The table.

Make = Callable[[Config, Kit], Component]


class Kind(NamedTuple):
    """What stands for a component; `note` says where it is not what Rasa does."""

    make: Make | None = None
    note: str | None = None


STANDS_IN = "is not trained here: training sentences, or what is most like them, count"
NO_FEATURES = Kind()

COMPONENTS: Mapping[str, Kind] = {
    "WhitespaceTokenizer": Kind(_whitespace),
    "JiebaTokenizer": Kind(_whitespace, "splits at blanks here, not into words"),
    "SpacyTokenizer": Kind(_whitespace, "splits at blanks and punctuation here"),
    "MitieTokenizer": Kind(_whitespace, "splits at blanks and punctuation here"),
    "RegexFeaturizer": NO_FEATURES,
    "LexicalSyntacticFeaturizer": NO_FEATURES,
    "CountVectorsFeaturizer": NO_FEATURES,
    "LanguageModelFeaturizer": NO_FEATURES,
    "ConveRTFeaturizer": NO_FEATURES,
    "SpacyFeaturizer": NO_FEATURES,
    "MitieFeaturizer": NO_FEATURES,
    "SpacyNLP": NO_FEATURES,
    "MitieNLP": NO_FEATURES,
    "KeywordIntentClassifier": Kind(_keyword_intent),
    "LogisticRegressionClassifier": Kind(_classifier, STANDS_IN),
    "SklearnIntentClassifier": Kind(_classifier, STANDS_IN),
    "MitieIntentClassifier": Kind(_classifier, STANDS_IN),
    "DIETClassifier": Kind(_intents_and_entities, STANDS_IN),
    "RegexEntityExtractor": Kind(_regex_entities),
    "CRFEntityExtractor": Kind(_extractor("CRFEntityExtractor"), STANDS_IN),
    "MitieEntityExtractor": Kind(_extractor("MitieEntityExtractor"), STANDS_IN),
    "SpacyEntityExtractor": Kind(None, "finds nothing here: its model is not loaded"),
    "DucklingEntityExtractor": Kind(None, "finds nothing here: no Duckling is asked"),
    "EntitySynonymMapper": Kind(_synonyms),
    "FallbackClassifier": Kind(_fallback),
    "ResponseSelector": Kind(None, "selects nothing here: it would have to be trained"),
}


def make_components(
    pipeline: Sequence[Config], *, data: NluData, similar: Similar
) -> list[Component]:
    """Make the components of a pipeline that do something, in its order."""
    names = {component_name(each) for each in pipeline}
    by_blanks = "WhitespaceTokenizer" in names and not any(
        str(each.get("analyzer", "word")).startswith("char") for each in pipeline
    )
    kit = Kit(data=data, similar=similar, words=words if by_blanks else characters)
    kinds = ((COMPONENTS.get(component_name(each)), each) for each in pipeline)
    return [
        kind.make(config, kit)
        for kind, config in kinds
        if kind is not None and kind.make is not None
    ]


def component_name(config: Config) -> str:
    """Return the name of a component, without the path of its module."""
    return str(config.get("name", "")).rpartition(".")[2]
