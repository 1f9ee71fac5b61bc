"""What a message means: NLU without a trained model, deterministic and explained.

The first that has an answer wins:

1. parse data that came with the message, or that a test has scripted for its text;
2. `/intent{...}`, exactly as Rasa reads it, if the domain has the intent;
3. the components of the bot's pipeline, in their order (`rasa_mock.core.pipeline`):
   those that are plain algorithms work exactly as in Rasa, a trained classifier is
   stood in for by the training sentences and, for other texts, by an approximation.

Imitates rasa/core/processor.py and `unpack_regex_message` of
rasa/shared/core/training_data/story_reader/yaml_story_reader.py (Rasa 3.6).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rasa_mock.core.domain import Domain

Wire = dict[str, Any]


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


Similar = Callable[[str, Sequence[str]], Sequence[float]]
"""Says how like a text each of some sentences is: 0.0 not at all, 1.0 the same."""


@dataclass(slots=True, kw_only=True)
class Reading:
    """A message on its way through the pipeline; None is what nobody has said yet."""

    text: str
    intent: Wire | None = None
    ranking: list[Wire] | None = None
    entities: list[Wire] | None = None
    tokens: list[list[int]] | None = None
    # Whether the ranking is shown; one that only a fallback has begun is not.
    is_ranked: bool = False

    def parse_data(self) -> Wire:
        """Return what Rasa's NLU gives out."""
        data: Wire = {"text": self.text}
        data["intent"] = self.intent or {"name": None, "confidence": 0.0}
        data["entities"] = [] if self.entities is None else self.entities
        if self.tokens is not None:
            data["text_tokens"] = self.tokens
        if self.is_ranked:
            data["intent_ranking"] = self.ranking or []
        return data


Component = Callable[[Reading], None]
"""One part of a pipeline; it changes the reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """The NLU of one bot."""

    domain: Domain
    components: Sequence[Component] = ()

    def parse(self, text: str | None) -> Wire:
        """Return the parse data of a text."""
        if text is None:
            text = ""
        told = parse_intent_message(text, self.domain)
        if told is not None:
            return told
        reading = Reading(text=text)
        for component in self.components:
            component(reading)
        return reading.parse_data()


# Messages that name their intent.

_MESSAGE = re.compile(
    r"^/(?P<name>[^{@]+)(?P<confidence>@[0-9.]+)?(?P<json>{.+})?(?P<rest>.*)"
)


def parse_intent_message(text: str, domain: Domain) -> Wire | None:
    """Read `/intent@0.5{"entity": "value"}`; None if it is plain text."""
    text = text.strip()
    match = _MESSAGE.match(text)
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
        return min(1.0, float(text[1:]))
    except ValueError:
        return 0.0


def _entities(match: re.Match[str], domain: Domain) -> list[Wire]:
    """Make one entity of each value of the JSON object, one per element of a list."""
    if not match["json"]:
        return []
    try:
        given = json.loads(match["json"])
    except (ValueError, RecursionError):
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
