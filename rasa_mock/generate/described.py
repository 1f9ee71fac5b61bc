"""Values of slots that a project describes by schemas of its own."""

from __future__ import annotations

import json

from rasa_mock.core.domain import Domain
from rasa_mock.generate.cast import Cast, Pools, cast_of
from rasa_mock.generate.conversation import Conversation
from rasa_mock.generate.from_schema import Sampler
from rasa_mock.generate.material import NOTHING, Material
from rasa_mock.generate.rng import Rng
from rasa_mock.schema.compose import definition
from rasa_mock.schema.registry import Registry

# So many values of each slot are made to choose from.
VALUES = 8


def cast_for(
    domain: Domain,
    locale: str,
    *,
    registry: Registry | None,
    seed: int,
    material: Material = NOTHING,
) -> Cast:
    """Arrange a domain's parts, with the values that schemas of slots describe."""
    cast = cast_of(domain, locale, material=material)
    if registry is None or not registry.slots:
        return cast
    pools = _pools(cast, registry, seed=seed)
    return cast_of(domain, locale, pools=pools, material=material)


def _pools(cast: Cast, registry: Registry, *, seed: int) -> Pools:
    pools = []
    for name in registry.names():
        slot = registry.slot_of(name)
        if slot is None or slot not in cast.slots:
            continue
        conversation = Conversation(cast, Rng(seed, "slot", slot))
        sampler = Sampler(registry.definitions, conversation)
        schema = registry.definitions[definition(name)]
        values = [sampler.value(schema) for _ in range(VALUES)]
        pools.append((slot, json.dumps(values)))
    return tuple(pools)
