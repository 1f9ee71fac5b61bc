"""What a domain says, arranged for making conversations: who can say and do what.

A `Cast` is computed once a domain and locale: slots with the values that fit them,
entities with the extractor that finds them, forms with how each slot is asked for, and
the slot mappings indexed by what sets them off.  It holds no randomness.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from rasa_mock.core.defaults import AUTOMATIC_SLOTS
from rasa_mock.core.domain import Domain, EntitySpec, Form, Slot
from rasa_mock.core.slots import FLOAT_RANGE
from rasa_mock.generate.domain_actions import asked_by, plain_actions
from rasa_mock.generate.duckling import DUCKLING, dimension_of
from rasa_mock.generate.languages import Language, language_of
from rasa_mock.generate.lexicon import (
    BY_MODEL,
    BY_PATTERN,
    Lexicon,
    Word,
    examples_for,
    lexicon_of,
)
from rasa_mock.generate.material import NOTHING, Material
from rasa_mock.generate.phrases import (
    Button,
    button_values,
    buttons_of,
    plain_texts,
    rankings,
    related_intents,
    retrieval_keys,
    small_talk,
    spoken_intents,
)
from rasa_mock.generate.provider import DEFAULT_LOCALE
from rasa_mock.generate.values import kind_of

CASTS_KEPT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotPart:
    """One slot: the kind of its values, its categories or range as written."""

    name: str
    type: str
    kind: str
    values: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    is_list: bool = False
    initial: Any = None
    rules: tuple[Rule, ...] = ()
    # Values that the bot's training data have for it.
    examples: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One slot mapping (protocol D.2), its one-or-many settings as sets.

    `shared_in` are the forms in which the mapping is not the only one like it, so that
    it fills the slot there only while the slot is asked for.
    """

    type: str
    entity: str | None = None
    role: str | None = None
    group: str | None = None
    value: Any = None
    intents: tuple[str, ...] = ()
    not_intents: tuple[str, ...] = ()
    conditions: tuple[Mapping[str, Any], ...] = ()
    shared_in: tuple[str, ...] = ()
    action: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityPart:
    """One entity: what its values look like and which component finds them."""

    name: str
    kind: str
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()
    slot: SlotPart | None = None
    extractor: str = BY_MODEL
    words: tuple[Word, ...] = ()
    dimension: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cast:
    """All parts of a domain; see `cast_of`."""

    domain: Domain
    locale: str
    language: Language
    material: Material
    lexicon: Lexicon
    slots: Mapping[str, SlotPart]
    initial: Mapping[str, Any]
    # The slots that messages may fill, in the order in which Rasa tries them, and the
    # positions in it that an entity or an intent sets off, or any message.
    fillable: tuple[SlotPart, ...]
    by_entity: Mapping[str, tuple[int, ...]]
    by_intent: Mapping[str, tuple[int, ...]]
    always: tuple[int, ...]
    intents: tuple[str, ...]
    external: tuple[str, ...]
    words: Mapping[str, str]
    entities: Mapping[str, EntityPart]
    entity_list: tuple[EntityPart, ...]
    # Responses that may be said at any time, with the slots that their texts need.
    responses: tuple[tuple[str, tuple[str, ...]], ...]
    plain_texts: Mapping[str, tuple[str, ...]]
    buttons: Mapping[str, tuple[Button, ...]]
    retrieval: Mapping[str, tuple[str, ...]]
    forms: Mapping[str, Form]
    asks: Mapping[tuple[str, str], str | None]
    actions: tuple[str, ...]
    # Custom actions behind slot mappings, with the slots that they are there for.
    mapping_actions: Mapping[str, tuple[SlotPart, ...]]
    # Some orders in which a ranking may name the intents, by the one that comes first.
    rankings: Mapping[str, tuple[tuple[str, ...], ...]]
    set_by_actions: tuple[SlotPart, ...] = field(default=())

    def leading_to(self, name: str) -> tuple[str, ...]:
        """List the intents that sound as if they led to an action or form."""
        return related_intents(self.intents + self.external, name) or self.intents


Pools = tuple[tuple[str, str], ...]


@lru_cache(maxsize=CASTS_KEPT)
def cast_of(
    domain: Domain,
    locale: str = DEFAULT_LOCALE,
    *,
    pools: Pools = (),
    material: Material = NOTHING,
) -> Cast:
    """Arrange a domain's parts for a locale; kept for the last few domains.

    `pools` names slots with the values to choose from, as the text of a JSON list;
    `material` is what a user hands over.
    """
    language = language_of(locale)
    lexicon = lexicon_of(material.nlu, domain)
    slots = _slots(domain, lexicon, pools=dict(pools))
    fillable = tuple(p for p in slots.values() if p.rules)
    buttons = buttons_of(domain)
    words = None if material.nlu is None else lexicon.words
    sent = button_values(buttons)
    entities = _entities(domain, fillable, sent=sent, words=words)
    intents, external = spoken_intents(domain)
    return Cast(
        domain=domain,
        locale=locale,
        language=language,
        material=material,
        lexicon=lexicon,
        slots=slots,
        initial={n: slot.reset_value() for n, slot in domain.slots.items()},
        fillable=fillable,
        by_entity=_index(fillable, lambda rule: (rule.entity,) if rule.entity else ()),
        by_intent=_index(fillable, _setting_intents),
        always=tuple(i for i, p in enumerate(fillable) if any(map(_always, p.rules))),
        intents=intents,
        external=external,
        words={name: language.phrase(name) for name in domain.intents},
        entities=entities,
        entity_list=tuple(entities.values()),
        responses=tuple(small_talk(domain)),
        plain_texts=plain_texts(domain),
        buttons=buttons,
        retrieval=retrieval_keys(domain),
        forms={n: f for n, f in domain.forms.items() if f.required_slots},
        asks=asked_by(domain),
        actions=plain_actions(domain),
        mapping_actions=_mapping_actions(fillable),
        rankings={name: rankings(name, intents) for name in domain.intents},
        set_by_actions=tuple(p for p in slots.values() if p.name in domain.user_slots),
    )


def _slots(
    domain: Domain, lexicon: Lexicon, *, pools: Mapping[str, str]
) -> dict[str, SlotPart]:
    written = domain.document.get("slots") or {}
    shared = _shared_mappings(domain)
    parts = {
        name: replace(
            _slot(slot, settings=written.get(name) or {}, shared=shared),
            examples=examples_for(slot, lexicon),
        )
        for name, slot in domain.slots.items()
        if name not in AUTOMATIC_SLOTS and name in domain.user_slots
    }
    return {
        name: replace(part, values=tuple(json.loads(pools[name])), is_list=False)
        if name in pools
        else part
        for name, part in parts.items()
    }


def _slot(
    slot: Slot,
    *,
    settings: Mapping[str, Any],
    shared: Mapping[str, Counter[str]],
) -> SlotPart:
    values = settings.get("values")
    # Rasa's default range only scales features: it says nothing about the values.
    bounds = (slot.min_value, slot.max_value)
    ranged = bounds != FLOAT_RANGE and None not in bounds
    return SlotPart(
        name=slot.name,
        type=slot.type if not slot.is_custom else "any",
        kind=kind_of(slot.name),
        values=tuple(values) if isinstance(values, list) else (),
        low=slot.min_value if ranged else None,
        high=slot.max_value if ranged else None,
        is_list=slot.is_list,
        initial=slot.initial_value,
        rules=tuple(_rule(mapping, shared) for mapping in slot.mappings),
    )


# Mappings of Rasa Pro that no message fills by itself: a model or an action does.
FILLED_OTHERWISE = {"from_llm": "custom", "controlled": "custom"}


def _rule(mapping: Mapping[str, Any], shared: Mapping[str, Counter[str]]) -> Rule:
    text = _canonical(mapping)
    return Rule(
        type=FILLED_OTHERWISE.get(mapping["type"], mapping["type"]),
        entity=mapping.get("entity") if mapping["type"] == "from_entity" else None,
        role=mapping.get("role"),
        group=mapping.get("group"),
        value=mapping.get("value"),
        intents=_listed(mapping.get("intent")),
        not_intents=_listed(mapping.get("not_intent")),
        conditions=tuple(
            each for each in mapping.get("conditions") or () if isinstance(each, dict)
        ),
        shared_in=tuple(form for form, seen in shared.items() if seen[text] > 1),
        action=mapping.get("action") if mapping["type"] == "custom" else None,
    )


def _shared_mappings(domain: Domain) -> dict[str, Counter[str]]:
    """Count equal entity mappings among the slots of each form."""
    return {
        form.name: Counter(
            _canonical(mapping)
            for name in form.required_slots
            if name in domain.slots
            for mapping in domain.slots[name].mappings
            if mapping["type"] == "from_entity"
        )
        for form in domain.forms.values()
    }


def _canonical(mapping: Mapping[str, Any]) -> str:
    return json.dumps(mapping, sort_keys=True, default=str)


def _listed(setting: Any) -> tuple[Any, ...]:
    if setting is None:
        return ()
    return tuple(setting) if isinstance(setting, list) else (setting,)


def _setting_intents(rule: Rule) -> tuple[str, ...]:
    return rule.intents if rule.type in ("from_intent", "from_trigger_intent") else ()


def _always(rule: Rule) -> bool:
    """Say whether a rule may fire whatever the message's intent and entities are."""
    if rule.type in ("from_intent", "from_trigger_intent"):
        return not rule.intents
    return rule.type == "from_text" or rule.action is not None


def _index(fillable: Sequence[SlotPart], keys: Any) -> dict[str, tuple[int, ...]]:
    found: dict[str, dict[int, None]] = {}
    for position, part in enumerate(fillable):
        for rule in part.rules:
            for key in keys(rule):
                found.setdefault(key, {})[position] = None
    return {key: tuple(positions) for key, positions in found.items()}


def _entities(
    domain: Domain,
    fillable: Sequence[SlotPart],
    *,
    sent: Mapping[str, tuple[str, ...]],
    words: Mapping[str, tuple[Word, ...]] | None,
) -> dict[str, EntityPart]:
    return {
        name: _entity(
            spec,
            fillable,
            sent=sent.get(name, ()),
            words=None if words is None else words.get(name, ()),
        )
        for name, spec in domain.entities.items()
    }


def _entity(
    spec: EntitySpec,
    fillable: Iterable[SlotPart],
    *,
    sent: tuple[str, ...],
    words: tuple[Word, ...] | None,
) -> EntityPart:
    """Describe an entity by its name, the slot that it fills, what buttons send."""
    fed = [p for p in fillable if any(r.entity == spec.name for r in p.rules)]
    slot = next((p for p in fed if p.values or p.type == "float"), None)
    kind = kind_of(spec.name)
    if kind == "word" and fed:
        kind = fed[0].kind
    values = slot.values if slot and slot.values else sent
    words = _fitting(words, slot) if words else words
    dimension = spec.name if spec.name in DUCKLING else None
    if dimension is None and words == () and not values:
        # Nobody has taught it to a classifier: then Duckling, or one like it, finds it.
        dimension = dimension_of(spec.name, kind=kind)
    found_by = BY_PATTERN if values else BY_MODEL
    return EntityPart(
        name=spec.name,
        kind=kind,
        roles=spec.roles,
        groups=spec.groups,
        values=values,
        slot=slot,
        extractor="DucklingEntityExtractor" if dimension else found_by,
        words=words or (),
        dimension=dimension,
    )


def _fitting(words: tuple[Word, ...], slot: SlotPart | None) -> tuple[Word, ...]:
    """Pick the words whose values the slot is meant for; all if there is no such slot.

    A categorical slot takes its categories in any case of letters.
    """
    if slot is None or not slot.values:
        return words
    known = {str(value).lower() for value in slot.values}
    return tuple(word for word in words if str(word.value).lower() in known)


def _mapping_actions(
    fillable: Sequence[SlotPart],
) -> dict[str, tuple[SlotPart, ...]]:
    names = dict.fromkeys(r.action for p in fillable for r in p.rules if r.action)
    return {
        name: tuple(p for p in fillable if any(r.action == name for r in p.rules))
        for name in names
    }
