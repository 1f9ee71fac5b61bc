"""How well a bot knows given stories and examples: the reports of `/model/test/...`.

Imitates rasa/core/test.py and rasa/nlu/test.py of Rasa 3.6 in what is reported; the
figures are plain counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from rasa_mock.core.commands import Effects
from rasa_mock.core.nlu import Example
from rasa_mock.core.policies.prediction import Choice
from rasa_mock.core.policies.training import Conversation
from rasa_mock.core.processor import Processor

Json = dict[str, Any]


class Pair(NamedTuple):
    """What was expected, and what came."""

    expected: str | None
    got: str | None


def grade_stories(
    processor: Processor, stories: Iterable[Conversation], *, is_end_to_end: bool
) -> Effects[Json]:
    """Ask at each action of each story what the bot would do."""
    pairs: list[Pair] = []
    actions: list[Json] = []
    right = total = 0
    for story in stories:
        begun = len(pairs)
        for position, event in enumerate(story.events):
            if event["event"] != "action" or position in story.unpredictable:
                continue
            before = [dict(each) for each in story.events[:position]]
            if not before:
                # A story begins with the bot listening; nobody predicts that.
                continue
            choice = yield from _predicted(processor, before, wanted=event["name"])
            pairs.append(Pair(event["name"], choice.action))
            actions.append(
                {
                    "action": event["name"],
                    "predicted": choice.action,
                    "policy": choice.policy,
                    "confidence": choice.confidence,
                }
            )
        total += 1
        right += all(pair.expected == pair.got for pair in pairs[begun:])
    table = report(pairs)
    table["conversation_accuracy"] = {
        "accuracy": right / total if total else 0.0,
        "correct": right,
        "with_warnings": 0,
        "total": total,
    }
    return {
        "report": table,
        "precision": table["weighted avg"]["precision"],
        "f1": table["weighted avg"]["f1-score"],
        "accuracy": table["accuracy"],
        "actions": actions,
        "in_training_data_fraction": 0.0,
        "is_end_to_end_evaluation": is_end_to_end,
    }


def _predicted(
    processor: Processor, before: list[Json], *, wanted: str
) -> Effects[Choice]:
    """Predict the next action; a form that is not what is wanted may have rejected."""
    tracker, choice = yield from processor.predict_after(before)
    if choice.action == wanted or choice.action != tracker.active_loop_name:
        return choice
    rejection = {"event": "action_execution_rejected", "name": choice.action}
    _, again = yield from processor.predict_after([*before, rejection])
    return again


def grade_intents(
    parse: Callable[[str | None], Json], examples: Mapping[str, Example]
) -> Json:
    """Let the bot say which intent and entities each example has."""
    parsed = {text: parse(text) for text in examples}
    pairs = {
        text: Pair(example.intent, parsed[text]["intent"].get("name"))
        for text, example in examples.items()
    }
    table = report(list(pairs.values()))
    return {
        "intent_evaluation": {
            "predictions": [
                {
                    "text": text,
                    "intent": pair.expected,
                    "predicted": pair.got,
                    "confidence": parsed[text]["intent"].get("confidence"),
                }
                for text, pair in pairs.items()
            ],
            "report": table,
            "precision": table["weighted avg"]["precision"],
            "f1_score": table["weighted avg"]["f1-score"],
            "accuracy": table["accuracy"],
            "errors": [
                {
                    "text": text,
                    "intent": pair.expected,
                    "intent_prediction": parsed[text]["intent"],
                }
                for text, pair in pairs.items()
                if pair.expected != pair.got
            ],
        },
        "response_selection_evaluation": None,
        "entity_evaluation": _entities(examples, parsed),
    }


def _entities(examples: Mapping[str, Example], parsed: Mapping[str, Json]) -> Json:
    """Report on entities, for each component that found some."""
    found: dict[str, dict[str, list[Json]]] = {}
    for text, data in parsed.items():
        for entity in data.get("entities", []):
            by_text = found.setdefault(str(entity.get("extractor")), {})
            by_text.setdefault(text, []).append(entity)
    return {
        extractor: _entity_report(examples, by_text)
        for extractor, by_text in found.items()
    }


def _entity_report(
    examples: Mapping[str, Example], found: Mapping[str, Sequence[Json]]
) -> Json:
    pairs = []
    for text, example in examples.items():
        marked = {_place(entity): entity["entity"] for entity in example.entities}
        got = {_place(entity): entity["entity"] for entity in found.get(text, ())}
        pairs += [
            Pair(marked.get(place), got.get(place)) for place in {**marked, **got}
        ]
    table = report(pairs)
    return {
        "report": table,
        "precision": table["weighted avg"]["precision"],
        "f1_score": table["weighted avg"]["f1-score"],
        "accuracy": table["accuracy"],
    }


def _place(entity: Mapping[str, Any]) -> tuple[Any, Any]:
    return entity.get("start"), entity.get("end")


def report(pairs: Sequence[Pair]) -> Json:
    """Count per name: precision, recall, f1-score, support, and what it is taken for.

    The keys are those of scikit-learn's `classification_report`.
    """
    expected = Counter(pair.expected for pair in pairs if pair.expected)
    got = Counter(pair.got for pair in pairs if pair.got)
    right = Counter(pair.expected for pair in pairs if pair.expected == pair.got)
    table: Json = {}
    for name in sorted({*expected, *got}):
        precision = right[name] / got[name] if got[name] else 0.0
        recall = right[name] / expected[name] if expected[name] else 0.0
        both = precision + recall
        confused = Counter(
            pair.got
            for pair in pairs
            if pair.expected == name and pair.got not in (name, None)
        )
        table[name] = {
            "precision": precision,
            "recall": recall,
            "f1-score": 2 * precision * recall / both if both else 0.0,
            "support": expected[name],
            "confused_with": dict(confused),
        }
    number = sum(expected.values())
    accuracy = sum(right.values()) / number if number else 0.0
    names = list(table)
    return {
        **table,
        "accuracy": accuracy,
        "macro avg": _average(table, dict.fromkeys(names, 1), number),
        "weighted avg": _average(table, expected, number),
    }


def _average(table: Json, weights: Mapping[Any, int], number: int) -> Json:
    total = sum(weights.values())
    figures = {
        key: sum(row[key] * weights.get(name, 0) for name, row in table.items()) / total
        if total
        else 0.0
        for key in ("precision", "recall", "f1-score")
    }
    return {**figures, "support": number}
