"""The components of an NLU pipeline: which are imitated, and how.

`COMPONENTS` says what stands for each component of Rasa.  Tokenizers, keywords, regular
expressions, lookup tables, synonyms and the fallback are plain algorithms and work as
in Rasa.  Trained ones are stood in for (`rasa_mock.core.trained`).

Imitates rasa/nlu/{tokenizers,classifiers,extractors} and
rasa/nlu/utils/pattern_utils.py of Rasa 3.6.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from rasa_mock.core.nlu import Component, NluData, Reading, Similar
from rasa_mock.core.tokens import characters, whitespace_tokens, words
from rasa_mock.core.trained import (
    Config,
    Kit,
    Make,
    classifier,
    extractor,
    intents_and_entities,
)
from rasa_mock.errors import DataError

FALLBACK = "nlu_fallback"


# Tokens.


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
    named: list[tuple[str, str]] = []
    if config.get("use_regexes", True):
        # Rasa sorts them when it reads them; lookup tables keep their order.
        named += sorted(data.regexes, key=lambda pair: f"{pair[0]}+{pair[1]}")
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
    "LogisticRegressionClassifier": Kind(classifier, STANDS_IN),
    "SklearnIntentClassifier": Kind(classifier, STANDS_IN),
    "MitieIntentClassifier": Kind(classifier, STANDS_IN),
    "DIETClassifier": Kind(intents_and_entities, STANDS_IN),
    "RegexEntityExtractor": Kind(_regex_entities),
    "CRFEntityExtractor": Kind(extractor("CRFEntityExtractor"), STANDS_IN),
    "MitieEntityExtractor": Kind(extractor("MitieEntityExtractor"), STANDS_IN),
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
