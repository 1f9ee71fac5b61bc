"""`config.yml`: the pipeline and the policies of a bot, with Rasa's defaults.

Imitates the default recipe of rasa/engine/recipes and the default settings of each
policy in rasa/core/policies (Rasa 3.6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rasa_mock.core.domain import Domain
from rasa_mock.core.nlu import Component, NluData, Similar
from rasa_mock.core.pipeline import COMPONENTS, component_name
from rasa_mock.core.pipeline import make_components as make_known
from rasa_mock.core.policies.memoization import MAX_HISTORY, MemoizationPolicy
from rasa_mock.core.policies.rule import RulePolicy, RuleSettings
from rasa_mock.core.policies.training import Conversation
from rasa_mock.errors import DataError
from rasa_mock.files.training_data import Tell
from rasa_mock.files.yaml import Document

Json = Mapping[str, Any]

DEFAULT_PIPELINE: Sequence[Json] = (
    {"name": "WhitespaceTokenizer"},
    {"name": "DIETClassifier"},
    {"name": "EntitySynonymMapper"},
    {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
)
DEFAULT_POLICIES: Sequence[Json] = (
    {"name": "MemoizationPolicy"},
    {"name": "RulePolicy"},
    {"name": "UnexpecTEDIntentPolicy"},
    {"name": "TEDPolicy"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What `config.yml` says, with the defaults where it says nothing."""

    document: Document
    assistant_id: str | None
    pipeline: Sequence[Json]
    policies: Sequence[Json]


def read_config(document: Document, *, tell: Tell) -> Config:
    """Read a `config.yml`."""
    value = document.value or {}
    if not isinstance(value, dict):
        raise document.locate(
            DataError(f"expected a mapping with pipeline and policies, got {value!r}")
        )
    pipeline = _listed(document, "pipeline", default=DEFAULT_PIPELINE)
    policies = _listed(document, "policies", default=DEFAULT_POLICIES)
    for section, known in (("pipeline", COMPONENTS), ("policies", POLICIES)):
        items = pipeline if section == "pipeline" else policies
        for index, item in enumerate(items):
            _tell_of(item, known, pointer=f"/{section}/{index}", tell=tell)
    return Config(
        document=document,
        assistant_id=value.get("assistant_id"),
        pipeline=pipeline,
        policies=policies,
    )


def _listed(
    document: Document, section: str, *, default: Sequence[Json]
) -> Sequence[Json]:
    """Return the items of a section, each an object with a name."""
    items = document.value.get(section) if document.value else None
    if not items:
        return default
    if not isinstance(items, list):
        raise document.locate(
            DataError(f"expected a list, got {items!r}", pointer=f"/{section}")
        )
    named = [{"name": item} if isinstance(item, str) else item for item in items]
    for index, item in enumerate(named):
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            raise document.locate(
                DataError(
                    f"expected an object with a name, got {item!r}",
                    pointer=f"/{section}/{index}",
                )
            )
    return named


def _tell_of(item: Json, known: Mapping[str, Any], *, pointer: str, tell: Tell) -> None:
    name = component_name(item)
    if name not in known:
        kind = "component" if pointer.startswith("/pipeline") else "policy"
        tell(f"unknown {kind} {item['name']!r}: it does nothing here", pointer)
    elif known[name].note:
        tell(f"{name} {known[name].note}", pointer)


def make_components(
    config: Config, *, data: NluData, similar: Similar
) -> list[Component]:
    """Make the components of the pipeline; say where one cannot be made."""
    try:
        return make_known(config.pipeline, data=data, similar=similar)
    except DataError as error:
        error.path = error.path or config.document.path
        raise


# Policies.

Learn = Callable[[Sequence[Conversation], Domain, Json], Any]


class Policy(NamedTuple):
    """What stands for a policy; `note` says where it is not what Rasa does."""

    learn: Learn | None = None
    note: str | None = None


def _rules(data: Sequence[Conversation], domain: Domain, settings: Json) -> RulePolicy:
    defaults = RuleSettings()
    chosen = RuleSettings(
        core_fallback_threshold=settings.get(
            "core_fallback_threshold", defaults.core_fallback_threshold
        ),
        core_fallback_action_name=settings.get(
            "core_fallback_action_name", defaults.core_fallback_action_name
        ),
        enable_fallback_prediction=settings.get(
            "enable_fallback_prediction", defaults.enable_fallback_prediction
        ),
        priority=settings.get("priority", defaults.priority),
    )
    name = chosen.core_fallback_action_name
    if name and name not in domain.action_names:
        raise DataError(
            f"the fallback action {name!r} is not in the domain; list it there",
            rasa_class="InvalidDomain",
        )
    return RulePolicy.learn(data, domain=domain, settings=chosen)


def _memory(*, is_augmented: bool) -> Learn:
    def _learn(
        data: Sequence[Conversation], domain: Domain, settings: Json
    ) -> MemoizationPolicy:
        policy = MemoizationPolicy.learn(
            data,
            domain=domain,
            is_augmented=is_augmented,
            max_history=settings.get("max_history", MAX_HISTORY),
        )
        policy.priority = settings.get("priority", policy.priority)
        policy.trusts_nlu = bool(settings.get("use_nlu_confidence_as_score", False))
        return policy

    return _learn


NEEDS_TRAINING = "is not imitated: it would have to be trained"

POLICIES: Mapping[str, Policy] = {
    "RulePolicy": Policy(_rules),
    "MemoizationPolicy": Policy(_memory(is_augmented=False)),
    "AugmentedMemoizationPolicy": Policy(_memory(is_augmented=True)),
    "TEDPolicy": Policy(None, f"{NEEDS_TRAINING}; where only it knows, others decide"),
    "UnexpecTEDIntentPolicy": Policy(
        None, f"{NEEDS_TRAINING}; action_unlikely_intent is never predicted"
    ),
}


def learn_policies(
    config: Config, data: Sequence[Conversation], *, domain: Domain
) -> list[Any]:
    """Let the policies that are imitated learn; in the order of the file."""
    learned = []
    for index, settings in enumerate(config.policies):
        policy = POLICIES.get(component_name(settings), Policy())
        if policy.learn is None:
            continue
        try:
            learned.append(policy.learn(data, domain, settings))
        except DataError as error:
            error.pointer = error.pointer or f"/policies/{index}"
            raise config.document.locate(error) from error
    return learned
