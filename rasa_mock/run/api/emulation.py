"""Parse data in the words of other services: WIT, LUIS and Dialogflow.

Imitates rasa/nlu/emulators of Rasa 3.6.21.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]


def _as_it_is(data: Json) -> Json:
    return data


def _as_wit(data: Json) -> Json:
    intent = data["intent"]
    entities: Json = {}
    for entity in data.get("entities", []):
        name = entity["entity"]
        role = entity.get("role", name)
        entities[f"{name}:{role}"] = {
            "name": name,
            "role": role,
            "start": entity.get("start"),
            "end": entity.get("end"),
            "body": data["text"][entity["start"] : entity["end"]],
            "confidence": entity.get("confidence_entity"),
            "entities": [],
            "value": entity["value"],
        }
    return {
        "text": data["text"],
        "intents": [{"name": intent["name"], "confidence": intent["confidence"]}],
        "entities": entities,
        "traits": {},
    }


def _as_luis(data: Json) -> Json:
    ranking = data.get("intent_ranking", [data["intent"]])
    entities: dict[str, list[Any]] = {}
    instances: dict[str, list[Json]] = {}
    for entity in data.get("entities", []):
        name = entity["entity"]
        role = entity.get("role") or name
        entities.setdefault(role, []).append(entity["value"])
        instances.setdefault(role, []).append(
            {
                "role": entity.get("role"),
                "type": name,
                "text": entity["value"],
                "startIndex": entity.get("start"),
                "length": len(str(entity["value"])),
                "score": entity.get("confidence_entity"),
                "modelType": entity.get("extractor"),
            }
        )
    return {
        "query": data["text"],
        "prediction": {
            "normalizedQuery": data["text"],
            "topIntent": data["intent"]["name"],
            "intents": {
                each["name"]: {"score": each["confidence"]} for each in ranking
            },
            "entities": {**entities, "$instance": instances} if entities else {},
        },
    }


def _as_dialogflow(data: Json) -> Json:
    parameters: dict[str, list[Any]] = {}
    for entity in data.get("entities", []):
        parameters.setdefault(entity["entity"], []).append(entity["value"])
    return {
        "responseId": "",
        "queryResult": {
            "resolvedQuery": data["text"],
            "action": data["intent"]["name"],
            "actionIncomplete": False,
            "parameters": parameters,
            "contexts": [],
            "metadata": {
                "intentId": "",
                "webhookUsed": "false",
                "intentName": data["intent"]["name"],
            },
            "fulfillment": {},
            "outputContexts": [],
            "intent": {
                "name": data["intent"]["name"],
                "displayName": data["intent"]["name"],
            },
            "intentDetectionConfidence": data["intent"]["confidence"],
        },
    }


EMULATIONS: Mapping[str | None, Callable[[Json], Json]] = {
    None: _as_it_is,
    "WIT": _as_wit,
    "LUIS": _as_luis,
    "DIALOGFLOW": _as_dialogflow,
}
"""By `emulation_mode`."""
