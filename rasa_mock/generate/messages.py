"""What a user says and what NLU makes of it: text, entities, intent, ranking, tokens.

The shapes are those of Rasa's components: DIET and regex entities, Duckling's with
their `additional_info`, `/intent{...}` messages (RegexMessageHandler) and `EXTERNAL:`
triggers, which no component sees.  What does not live here: which slots a message
fills (`extraction`) and when it is said (`conversation`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from rasa_mock.generate.cast import Cast, EntityPart
from rasa_mock.generate.languages import Language
from rasa_mock.generate.lexicon import BY_MODEL, Label, Sentence
from rasa_mock.generate.rng import Rng
from rasa_mock.generate.values import iso_datetime, make_text

SYNONYMS = "EntitySynonymMapper"


class Mention(NamedTuple):
    """An entity that a message is to contain; `written` is how the user writes it."""

    part: EntityPart
    value: Any
    written: str
    role: str | None = None
    group: str | None = None
    # What finds it, if that is not what finds the entity's other values.
    extractor: str | None = None

    @property
    def label(self) -> Label:
        """The entity's name, role and group."""
        return Label(self.part.name, self.role or "", self.group or "")


def mention(
    cast: Cast,
    name: str,
    *,
    rng: Rng,
    role: str | None = None,
    group: str | None = None,
) -> Mention:
    """Choose a value for an entity of the domain."""
    return _mention(cast, cast.entities[name], rng=rng, role=role, group=group)


def any_mention(cast: Cast, *, rng: Rng) -> Mention:
    """Choose any entity of the domain, with one of its roles and groups, if any."""
    part = rng.pick(cast.entity_list)
    role = rng.pick(part.roles) if part.roles and rng.chance(0.8) else None
    group = rng.pick(part.groups) if part.groups and rng.chance(0.8) else None
    return _mention(cast, part, rng=rng, role=role, group=group)


def labelled(cast: Cast, label: Label, *, rng: Rng) -> Mention:
    """Choose a value for an entity of a training sentence."""
    role, group = label.role or None, label.group or None
    return mention(cast, label.entity, rng=rng, role=role, group=group)


def _mention(
    cast: Cast, part: EntityPart, *, rng: Rng, role: str | None, group: str | None
) -> Mention:
    if not part.words or part.dimension:
        value = _value_of(cast, part, rng=rng)
        written = _written(value, language=cast.language)
        return Mention(part, value, written, role, group)
    same = [word for word in part.words if word.label.role == (role or "")]
    word = rng.pick(same or part.words)
    # Patterns know no roles and groups.
    found_by = BY_MODEL if role or group else word.extractor
    return Mention(part, word.value, word.written, role, group, found_by)


def _value_of(cast: Cast, part: EntityPart, *, rng: Rng) -> Any:
    if part.dimension in _DUCKLING:
        return _DUCKLING[part.dimension](part, rng)
    if part.values:
        return rng.pick(part.values)
    if part.slot is not None and part.slot.low is not None:
        return number_within(part.slot.low, part.slot.high, rng=rng)
    return make_text(part.kind, locale=cast.locale, rng=rng)


def number_within(low: float, high: float | None, *, rng: Rng) -> float:
    """Return a number from low to high, whole where the ends are whole."""
    top = low + 10 if high is None else high
    if low == int(low) and top == int(top):
        return rng.between(int(low), int(top))
    return round(low + rng.random() * (top - low), 2)


def _duckling_number(part: EntityPart, rng: Rng) -> Any:
    if part.slot is not None and part.slot.low is not None:
        return number_within(part.slot.low, part.slot.high, rng=rng)
    return rng.between(1, 10)


def _duckling_amount(_part: EntityPart, rng: Rng) -> Any:
    value = rng.between(1, 500)
    # Duckling gives a whole number as int, any other as float.
    return value if value % 4 else value + 0.5


def _duckling_time(_part: EntityPart, rng: Rng) -> Any:
    if rng.chance(0.7):
        return iso_datetime(rng)
    day = iso_datetime(rng)[:11]
    return {"to": f"{day}20:00:00.000+00:00", "from": f"{day}18:00:00.000+00:00"}


_DUCKLING: Mapping[str | None, Callable[[EntityPart, Rng], Any]] = {
    "amount-of-money": _duckling_amount,
    "distance": _duckling_amount,
    "duration": _duckling_number,
    "number": _duckling_number,
    "ordinal": _duckling_number,
    "quantity": _duckling_amount,
    "temperature": _duckling_number,
    "time": _duckling_time,
    "volume": _duckling_amount,
}
_UNITS = {
    "amount-of-money": "EUR",
    "distance": "kilometre",
    "duration": "hour",
    "quantity": "gram",
    "temperature": "degree",
    "volume": "litre",
}


def _written(value: Any, *, language: Language) -> str:
    if isinstance(value, dict):
        return language.evening
    return value if isinstance(value, str) else json.dumps(value)


def sentence(
    cast: Cast, intent: str, *, mentions: Sequence[Mention], rng: Rng
) -> tuple[str, list[int]]:
    """Write a text for an intent; return it and where each mention starts.

    A training sentence with the same entities is taken, else one with none of them.
    """
    text: str | None = None
    if cast.lexicon.sentences:
        known = cast.lexicon.with_labels(intent, [item.label for item in mentions])
        if known:
            return _filled_in(rng.pick(known), mentions)
        plain = cast.lexicon.plain(intent)
        text = rng.pick(plain).texts[0] if plain else None
    text = text or cast.words.get(intent) or cast.language.hello
    starts: list[int] = []
    for item in mentions:
        text += rng.detail(cast.language.joins)
        starts.append(len(text))
        text += item.written
    return text, starts


def _filled_in(
    template: Sentence, mentions: Sequence[Mention]
) -> tuple[str, list[int]]:
    """Put the mentions where a training sentence has entities like them."""
    starts = [0] * len(mentions)
    rest = list(range(len(mentions)))
    text = template.texts[0]
    for label, after in zip(template.labels, template.texts[1:], strict=True):
        place = next(n for n in rest if mentions[n].label == label)
        rest.remove(place)
        starts[place] = len(text)
        text += mentions[place].written + after
    return text, starts


def found_entities(
    mentions: Sequence[Mention], starts: Sequence[int], *, rng: Rng
) -> list[dict[str, Any]]:
    """Describe the mentions as the components of Rasa's pipeline report them."""
    if not mentions:
        return []
    return [_found(*pair, rng=rng) for pair in zip(mentions, starts, strict=True)]


def _found(item: Mention, start: int, *, rng: Rng) -> dict[str, Any]:
    part = item.part
    end = start + len(item.written)
    if part.dimension is not None:
        return {
            "start": start,
            "end": end,
            "text": item.written,
            "value": item.value,
            "confidence": 1.0,
            "additional_info": duckling_info(part.dimension, item.value),
            "entity": part.name,
            "extractor": part.extractor,
        }
    entity: dict[str, Any] = {"entity": part.name, "start": start, "end": end}
    extractor = item.extractor or part.extractor
    if extractor != BY_MODEL:
        entity["value"] = item.value
        _add_labels(entity, item)
    else:
        entity["confidence_entity"] = _sure(rng)
        label_confidence = _sure(rng)
        if item.role is not None or item.group is not None:
            _add_labels(entity, item, confidence=label_confidence)
        entity["value"] = item.value
    entity["extractor"] = extractor
    if part.words and item.value != item.written:
        entity["processors"] = [SYNONYMS]
    return entity


def _sure(rng: Rng) -> float:
    """Return how sure a classifier is of an entity: 0.9 to 0.999."""
    return 0.9 + int(rng.random() * 100) / 1000


def _add_labels(
    entity: dict[str, Any], item: Mention, *, confidence: float | None = None
) -> None:
    for label, value in (("role", item.role), ("group", item.group)):
        if value is not None:
            entity[label] = value
            if confidence is not None:
                entity[f"confidence_{label}"] = confidence


def duckling_info(dimension: str, value: Any) -> dict[str, Any]:
    """Return `additional_info` as Duckling gives it for a value of a dimension."""
    if dimension == "time" and isinstance(value, dict):
        interval = {
            "to": {"value": value["to"], "grain": "hour"},
            "from": {"value": value["from"], "grain": "hour"},
            "type": "interval",
        }
        return {"values": [dict(interval)], **interval}
    if dimension == "time":
        moment = {"value": value, "grain": "minute", "type": "value"}
        return {"values": [dict(moment)], **moment}
    info: dict[str, Any] = {"value": value, "type": "value"}
    if dimension in _UNITS:
        info["unit"] = _UNITS[dimension]
    if dimension == "duration":
        info["hour"] = value
        info["normalized"] = {"value": value * 3600, "unit": "second"}
    return info


def slash_text(intent: str, values: Mapping[str, Any]) -> str:
    """Write an intent message: `/inform{"city": "Rome"}`, as a button sends it."""
    return f"/{intent}{json.dumps(values, ensure_ascii=False) if values else ''}"


def slash_data(
    *,
    intent: str,
    text: str,
    values: Mapping[str, Any],
    message_id: str,
    metadata: dict[str, Any],
) -> dict[str, Any]:
    """Return parse data of an intent message; a list gives one entity per item."""
    span = {"start": text.find("{"), "end": len(text)}
    return {
        "intent": {"name": intent, "confidence": 1.0},
        "entities": [
            {
                "entity": name,
                "value": item,
                **span,
                "extractor": "RegexMessageHandler",
            }
            for name, value in values.items()
            for item in (value if isinstance(value, list) else [value])
        ],
        "text": text,
        "message_id": message_id,
        "metadata": metadata,
        "intent_ranking": [{"name": intent, "confidence": 1.0}],
    }


def external_data(intent: str, entities: list[dict[str, Any]]) -> dict[str, Any]:
    """Return parse data of a fired reminder or of `trigger_intent`.

    As recorded from Rasa 3.6.21, the intent has no confidence there.
    """
    return {
        "intent": {"name": intent},
        "entities": entities,
        "text": f"EXTERNAL: {intent}",
        "message_id": None,
        "metadata": {"is_external": True},
    }
