"""What the NLU pipeline makes of a message: intent, ranking, tokens, the best answers.

What does not live here: the text and its entities, and messages that no component sees
(`messages`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from rasa_mock.generate.cast import Cast
from rasa_mock.generate.phrases import RANKED
from rasa_mock.generate.rng import Rng

_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")
# Of so many texts the tokens are kept, and so many rankings: messages repeat them.
TEXTS_KEPT = 2048


@lru_cache(maxsize=TEXTS_KEPT)
def tokens(text: str) -> list[list[int]]:
    """Return the spans of the words, of each character in Chinese and Japanese.

    Messages of the same text share the list: read it, do not change it.
    """
    return [[*match.span()] for match in _TOKEN.finditer(text)] or [[0, 0]]


def ranking(cast: Cast, intent: str, *, rng: Rng) -> list[Any]:
    """Return the ten likeliest intents, the given one first, the others below it.

    Messages may share the list: read it, do not change it.
    """
    orders = cast.rankings.get(intent)
    names = rng.detail(orders) if orders else (intent,)
    return _ranked(names, rng.detail(CONFIDENCES))


@lru_cache(maxsize=TEXTS_KEPT)
def _ranked(names: tuple[str, ...], confidences: tuple[float, ...]) -> list[Any]:
    return [
        {"name": name, "confidence": confidence}
        for name, confidence in zip(names, confidences, strict=False)
    ]


def _falling(best: float) -> tuple[float, ...]:
    """Return confidences that add up to less than 1, each lower than the one before."""
    rest = min(1.0 - best, best)
    return (best, *(rest / 2**place for place in range(1, RANKED)))


CONFIDENCES = tuple(_falling(0.6 + step / 41) for step in range(16))


def understood(
    cast: Cast,
    *,
    intent: str | None,
    text: str,
    entities: list[dict[str, Any]],
    message_id: str,
    metadata: dict[str, Any],
    rng: Rng,
) -> dict[str, Any]:
    """Return parse data of a message that went through the NLU pipeline."""
    ranked = ranking(cast, intent, rng=rng) if intent else []
    parsed: dict[str, Any] = {
        "intent": {
            "name": intent,
            "confidence": ranked[0]["confidence"] if ranked else 0.0,
        },
        "entities": entities,
        "text": text,
        "message_id": message_id,
        "metadata": metadata,
        "text_tokens": tokens(text),
        "intent_ranking": ranked,
    }
    if cast.retrieval:
        parsed["response_selector"] = selected(cast, intent, rng=rng)
    return parsed


def selected(cast: Cast, intent: str | None, *, rng: Rng) -> dict[str, Any]:
    """Return what response selectors add: the retrieval response that fits best."""
    name = intent if intent and intent in cast.retrieval else next(iter(cast.retrieval))
    keys = cast.retrieval[name]
    start = rng.below(len(keys))
    ranked = [
        {"confidence": 0.9 / (place + 1), "intent_response_key": key}
        for place, key in enumerate((keys[start:] + keys[:start])[:RANKED])
    ]
    best = ranked[0]
    variations = cast.domain.responses.get(f"utter_{best['intent_response_key']}") or ()
    return {
        "all_retrieval_intents": list(cast.retrieval),
        name: {
            "response": {
                "responses": [dict(item) for item in variations],
                "confidence": best["confidence"],
                "intent_response_key": best["intent_response_key"],
                "utter_action": f"utter_{best['intent_response_key']}",
            },
            "ranking": ranked,
        },
    }


def own_copies(parsed: dict[str, Any]) -> None:
    """Copy what messages share: the tokens of a text, and a ranking of intents."""
    if "text_tokens" in parsed:
        parsed["text_tokens"] = [[*span] for span in parsed["text_tokens"]]
    if parsed.get("intent_ranking"):
        parsed["intent_ranking"] = [{**each} for each in parsed["intent_ranking"]]
