"""The domain of a bot: what a domain file says, as Rasa 3.6 understands it.

Imitates `rasa.shared.core.domain.Domain`: what `from_dict` accepts and refuses, what
Rasa adds by itself (slots, intents, actions), and `as_dict`, which is what an action
server is sent.  Reading and merging files is the business of `rasa_mock.files`.

Rasa walks over the document in a fixed order and stops at the first thing it cannot
take; the same order is kept here, so that of several faults the same one is named.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rasa_mock.core import defaults
from rasa_mock.core import domain_parts as parts
from rasa_mock.core.defaults import DEFAULT_ACTIONS, DEFAULT_INTENTS
from rasa_mock.core.domain_parts import EntitySpec, Form, IntentSpec, SessionConfig
from rasa_mock.core.profile import RASA_3_6, Named, Profile, find_profile
from rasa_mock.core.refusals import reading, refuse
from rasa_mock.core.slot_dialects import build_slot_for
from rasa_mock.core.slot_mappings import (
    CALM_MAPPING_TYPES,
    MAPPING_TYPES,
    check_all_mappings,
)
from rasa_mock.core.slots import SLOT_TYPES, Slot

__all__ = [
    "DEFAULT_ACTIONS",
    "DEFAULT_INTENTS",
    "Domain",
    "EntitySpec",
    "Form",
    "IntentSpec",
    "SessionConfig",
    "Slot",
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Domain:
    """One domain, immutable; build it with `from_dict`.

    `slots` holds the automatic slots too, in Rasa's order; `user_slots` are the names
    written in the file.  `actions` are the names listed under `actions:`,
    `action_names` all that Rasa can predict, `server_actions` those that it sends to
    an action server.  `document` is what `as_dict` returns: not to be changed.
    `flows` are those of Rasa Pro, by name, as far as they stand beside the domain.
    """

    slots: Mapping[str, Slot]
    user_slots: tuple[str, ...]
    intents: Mapping[str, IntentSpec]
    entities: Mapping[str, EntitySpec]
    responses: Mapping[str, Sequence[Mapping[str, Any]]]
    forms: Mapping[str, Form]
    actions: tuple[str, ...]
    send_domain_actions: frozenset[str]
    action_names: tuple[str, ...]
    server_actions: tuple[str, ...]
    session_config: SessionConfig
    document: Mapping[str, Any]
    flows: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_dict(
        cls,
        mapping: Mapping[str, Any],
        *,
        slot_types: Mapping[str, Callable[[Any], Any]] | None = None,
        profile: Named = RASA_3_6,
    ) -> Domain:
        """Read a domain given as an object, as `Domain.from_dict` of Rasa does.

        `slot_types` maps the path of each custom slot class that Rasa could import to
        what setting a value stores.  `profile` is the Rasa that reads it.  `mapping` is
        not changed.  Raises DataError with Rasa's exception in `rasa_class` and phase
        `domain` where Rasa refuses it.
        """
        with reading("", expected="a mapping of domain sections", got=mapping):
            data = _copy(mapping)
        _check_duplicates(data.pop("duplicates", None))
        found = find_profile(profile)
        return _build(cls, data, slot_types=slot_types or {}, profile=found)

    def as_dict(self) -> dict[str, Any]:
        """Return the domain as Rasa sends it to an action server; a fresh copy."""
        return copy.deepcopy(dict(self.document))

    @property
    def stores_entities(self) -> bool:
        """Tell whether the entities of stories fill slots."""
        config = self.document.get("config") or {}
        return bool(config.get("store_entities_as_slots", True))

    @property
    def is_empty(self) -> bool:
        """Tell whether it says nothing: no section but the defaults."""
        return dict(self.document) == _finish_document({}, session=SessionConfig())


def _build(
    cls: type[Domain],
    data: dict[str, Any],
    *,
    slot_types: Mapping[str, Callable[[Any], Any]],
    profile: Profile,
) -> Domain:
    """Walk over the sections in Rasa's order, then put the domain together."""
    flows = _take_flows(data) if profile.calm else {}
    responses = data.get("responses", {})
    user_slots = _read_slots(
        data.get("slots", {}), slot_types=slot_types, profile=profile
    )
    actions = parts.read_action_names(data.get("actions", []))
    config = _read_config(data.get("config", {}))
    need_domain = parts.read_actions_needing_domain(data.get("actions", []))
    session = parts.read_session_config(data.get("session_config", {}))
    raw_forms = _read_forms(data)
    _check_keywords(config)
    entities = parts.read_entities(data.get("entities", {}))
    intents = parts.read_intents(data.get("intents", {}), entities)
    document = _finish_document(data, session=session)
    action_names = _action_names(
        actions, responses=responses, forms=raw_forms, texts=data.get("e2e_actions", [])
    )
    slots = _with_automatic_slots(
        user_slots,
        has_forms=bool(raw_forms),
        action_names=action_names,
        extra=_slots_of(profile, user_slots, flows=flows),
    )
    _check_sanity(action_names, slots=slots, entities=entities, intents=intents)
    return cls(
        slots={slot.name: slot for slot in slots},
        user_slots=tuple(slot.name for slot in user_slots),
        intents=intents,
        entities={spec.name: spec for spec in entities},
        responses=responses,
        forms={name: parts.read_form(name, form) for name, form in raw_forms.items()},
        actions=tuple(actions),
        send_domain_actions=need_domain,
        action_names=tuple(action_names),
        server_actions=tuple(_server_actions(actions, slots=user_slots)),
        session_config=session,
        document=document,
        flows=flows,
    )


def _take_flows(data: dict[str, Any]) -> dict[str, Any]:
    flows = data.pop("flows", None) or {}
    with reading("/flows", expected="a mapping of flow names to flows", got=flows):
        return dict(flows.items())


def _slots_of(
    profile: Profile, user_slots: Sequence[Slot], *, flows: Mapping[str, Any]
) -> dict[str, str]:
    """Return name and type of the slots that this Rasa adds beyond Rasa 3.6."""
    kinds = {each.get("type") for slot in user_slots for each in slot.mappings}
    is_calm = profile.calm and (flows or "from_llm" in kinds)
    patterns = defaults.PATTERN_SLOTS if is_calm else {}
    return {**dict(profile.automatic_slots), **patterns}


def _copy(mapping: Any) -> dict[str, Any]:
    if isinstance(mapping, list):
        raise TypeError("pop expected at most 1 argument, got 2")  # as in Rasa
    return copy.deepcopy(dict(mapping.items()))


def _read_forms(data: dict[str, Any]) -> dict[str, Any]:
    """Return the forms as Rasa keeps them, in the document too."""
    section = data.get("forms", {})
    parts.check_forms(section)
    forms = parts.normalise_forms(section)
    if section:
        data["forms"] = forms
    return forms


def _read_slots(
    section: Any,
    *,
    slot_types: Mapping[str, Callable[[Any], Any]],
    profile: Profile,
) -> list[Slot]:
    if section:
        check_all_mappings(
            section,
            types=CALM_MAPPING_TYPES if profile.calm else MAPPING_TYPES,
            may_lack=not profile.slots_need_mappings,
        )
    with reading("/slots", expected="a mapping of slot names to settings", got=section):
        return [
            build_slot_for(name, section[name], slot_types=slot_types, profile=profile)
            for name in section
        ]


def _check_duplicates(found: Any) -> None:
    """Walk over what merging files noted as defined twice; Rasa only warns of it."""
    if found:
        with reading("/duplicates", expected="a mapping of lists", got=found):
            for section in _SECTIONS:
                ", ".join(found.get(section) or ())


_SECTIONS = (
    "intents",
    "forms",
    "actions",
    "e2e_actions",
    "responses",
    "slots",
    "entities",
)


def _read_config(section: Any) -> dict[str, Any]:
    with reading("/config", expected="a mapping", got=section):
        return {**section}


# `config:` is handed to the constructor of Rasa's class as keywords, next to these.
_TAKEN_KEYWORDS = (
    "intents",
    "entities",
    "slots",
    "responses",
    "action_names",
    "forms",
    "data",
    "action_texts",
    "session_config",
)


def _check_keywords(config: Mapping[str, Any]) -> None:
    with reading("/config", expected="no names of sections", got=config):
        for key in _TAKEN_KEYWORDS:
            if key in config:
                raise TypeError(
                    "rasa.shared.core.domain.Domain() got multiple values for keyword "
                    f"argument {key!r}"
                )
        if "self" in config:
            raise TypeError("Domain.__init__() got multiple values for argument 'self'")


def _finish_document(
    data: Mapping[str, Any], *, session: SessionConfig
) -> dict[str, Any]:
    """Drop the empty sections, add what Rasa adds (at the end), sort the intents."""
    document = {
        key: value
        for key, value in data.items()
        if value is not None and value not in ({}, [])
    }
    document.setdefault("session_config", session.as_dict())
    document.setdefault("version", defaults.FORMAT_VERSION)
    if document.get("intents"):
        with reading("/intents", expected="a list of intents", got=data["intents"]):
            document["intents"] = parts.sort_intents(document["intents"])
    return document


def _action_names(
    actions: Sequence[str], *, responses: Any, forms: Mapping[str, Any], texts: Any
) -> list[str]:
    """List the names (and bot texts) that Rasa can predict, in its order."""
    with reading("/responses", expected="a mapping of response names", got=responses):
        listed = set(actions)
        utterances = [name for name in sorted(responses.keys()) if name not in listed]
    user_actions = [name for name in actions if name not in DEFAULT_ACTIONS] + [
        name for name in utterances if name not in DEFAULT_ACTIONS
    ]
    names = [*DEFAULT_ACTIONS, *user_actions]
    names += [name for name in forms if name not in listed]
    with reading("/e2e_actions", expected="a list of bot texts", got=texts):
        return names + ([] if texts is None else texts)


def _with_automatic_slots(
    user_slots: Sequence[Slot],
    *,
    has_forms: bool,
    action_names: Sequence[str],
    extra: Mapping[str, str],
) -> list[Slot]:
    """Add the slots that Rasa adds, after the user's and in its order."""
    written = {slot.name for slot in user_slots}
    added = []
    if has_forms and defaults.REQUESTED_SLOT not in written:
        added.append(_automatic_slot(defaults.REQUESTED_SLOT, type_name="text"))
    if defaults.KNOWLEDGE_BASE_ACTION in action_names:
        added += [
            _automatic_slot(name, type_name="text")
            for name in defaults.KNOWLEDGE_BASE_SLOTS
            if name not in written
        ]
    metadata = _automatic_slot(defaults.SESSION_START_METADATA_SLOT, type_name="any")
    more = [
        _automatic_slot(name, type_name=kind)
        for name, kind in extra.items()
        if name not in written
    ]
    return [*user_slots, *added, metadata, *more]


def _automatic_slot(name: str, *, type_name: str) -> Slot:
    return Slot(
        name=name,
        type=type_name,
        converter=SLOT_TYPES[type_name].converter,
        influence_conversation=False,
    )


def _server_actions(actions: Sequence[Any], *, slots: Sequence[Slot]) -> Iterable[str]:
    """List what Rasa sends to an action server: listed names and mapping actions.

    A default action or form that is listed under `actions:` is overridden by it.
    """
    named_in_mappings = [
        mapping.get("action") or mapping.get("run_action_every_turn")
        for slot in slots
        for mapping in slot.mappings
        if mapping["type"] in ("custom", "controlled")
    ]
    texts = [name for name in named_in_mappings if isinstance(name, str)]
    wanted = dict.fromkeys([*actions, *texts])
    return (
        name
        for name in wanted
        if isinstance(name, str) and not name.startswith(defaults.UTTER_PREFIX)
    )


def _check_sanity(
    action_names: Sequence[str],
    *,
    slots: Sequence[Slot],
    entities: Sequence[EntitySpec],
    intents: Mapping[str, IntentSpec],
) -> None:
    """Refuse what occurs twice, and intents that trigger an unknown action."""
    with reading("/e2e_actions", expected="names", got=action_names):
        repeated = {"actions": _repeated(action_names)}
    repeated["slots"] = _repeated(slot.name for slot in slots)
    with reading("/entities", expected="names that sort", got=entities):
        repeated["entities"] = _repeated(sorted(spec.name for spec in entities))
    lines = _duplicate_lines(repeated)
    lines += [
        f"Intent '{spec.name}' is set to trigger action "
        f"'{spec.properties['triggers']}', which is not defined in the domain."
        for spec in intents.values()
        if "triggers" in spec.properties
        and spec.properties["triggers"] not in action_names
    ]
    if lines:
        raise refuse("InvalidDomain", "\n".join(lines))


def _duplicate_lines(repeated: Mapping[str, Sequence[str]]) -> list[str]:
    with reading("", expected="names that are text", got=repeated):
        return [
            f"Duplicate {kind} in domain. These {kind} occur more than once in the "
            f"domain: '{', '.join(names)}'."
            for kind, names in repeated.items()
            if names
        ]


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
