"""How a domain is written into a request: each Rasa has its own layout.

"as written": the sections as in the files, which is what Rasa 3.6 sends.
"2.x": normalised, as Rasa 2.8 does: every intent an object, forms with the mappings of
their slots, slots by the path of their class, empty sections there.
"flat": as Rasa Pro sends it, whose fingerprint has edited it before: intents are names,
`actions` are all that can be predicted.

Imitates `Domain.as_dict` of Rasa 2.8.34, `Domain.fingerprint` of Rasa 3, and
`get_dictionary_fingerprint` of `rasa.shared.utils.io`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from rasa_mock.core.domain import Domain
from rasa_mock.core.domain_parts import LABEL_SEPARATOR, Form, IntentSpec
from rasa_mock.core.slots import MODULE, SLOT_TYPES, Slot

Document = dict[str, Any]


class SendsDomain(Protocol):
    """What a domain must offer to be sent: `core.domain.Domain` does."""

    @property
    def send_domain_actions(self) -> frozenset[str]: ...
    def as_dict(self) -> dict[str, Any]: ...


def laid_out(domain: SendsDomain, *, layout: str) -> Document:
    """Return the domain in one of the LAYOUTS; a fresh copy."""
    return LAYOUTS[layout](domain)


def _as_written(domain: SendsDomain) -> Document:
    return domain.as_dict()


def _flat(domain: SendsDomain) -> Document:
    document = domain.as_dict()
    document["intents"] = sorted(
        name
        for item in document.get("intents", ())
        for name in (item if isinstance(item, dict) else (item,))
    )
    names = domain.action_names if isinstance(domain, Domain) else ()
    document["actions"] = list(names) or list(document.get("actions", ()))
    return document


def _normalised(domain: SendsDomain) -> Document:
    if not isinstance(domain, Domain):
        return domain.as_dict()
    document = domain.as_dict()
    session = domain.session_config
    return {
        "config": {"store_entities_as_slots": domain.stores_entities},
        "session_config": session.as_dict(),
        "intents": [
            {name: _intent(spec, domain)}
            for name, spec in sorted(domain.intents.items())
            if not spec.is_default
        ],
        "entities": [_entity(item) for item in document.get("entities", ())],
        "slots": {name: _slot(domain.slots[name]) for name in domain.user_slots},
        "responses": document.get("responses", {}),
        "actions": list(domain.actions),
        "forms": {name: _form(form, domain) for name, form in domain.forms.items()},
        "e2e_actions": list(document.get("e2e_actions") or ()),
    }


def _intent(spec: IntentSpec, domain: Domain) -> Document:
    """Say which entities count: all, those listed, or all but those listed."""
    used = [name for name in spec.used_entities if LABEL_SEPARATOR not in name]
    if len(used) == len(domain.entities):
        return {**spec.properties, "use_entities": True}
    if len(used) <= len(domain.entities) / 2:
        return {**spec.properties, "use_entities": sorted(used)}
    return {**spec.properties, "ignore_entities": sorted({*domain.entities} - {*used})}


def _entity(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    found = {}
    for name, settings in item.items():
        kept = {key: settings[key] for key in ("groups", "roles") if settings.get(key)}
        found[name] = kept
    return found if any(found.values()) else next(iter(found))


def _slot(slot: Slot) -> Document:
    row = SLOT_TYPES.get(slot.type)
    document: Document = {
        "type": f"{MODULE}.{row.class_name}" if row else slot.type,
        "initial_value": slot.initial_value,
        "auto_fill": True,
        "influence_conversation": slot.influence_conversation,
    }
    if slot.type == "float":
        document |= {"max_value": slot.max_value, "min_value": slot.min_value}
    if slot.values:
        document["values"] = list(slot.values[:-1])
    return document


def _form(form: Form, domain: Domain) -> Document:
    slots = {
        name: _mappings(name, form=form, domain=domain) for name in form.required_slots
    }
    document: Document = {"required_slots": slots}
    if form.ignored_intents:
        document["ignored_intents"] = list(form.ignored_intents)
    return document


def _mappings(name: str, *, form: Form, domain: Domain) -> list[Document]:
    """List how a form fills a slot: Rasa 2 asks the form and knows no conditions."""
    slot = domain.slots.get(name)
    found = [
        {key: value for key, value in mapping.items() if key != "conditions"}
        for mapping in (slot.mappings if slot else ())
        if _holds_in(form, mapping)
    ]
    return found or [{"type": "from_entity", "entity": name}]


def _holds_in(form: Form, mapping: Mapping[str, Any]) -> bool:
    conditions = mapping.get("conditions") or ()
    loops = [each.get("active_loop") for each in conditions if isinstance(each, dict)]
    return not loops or form.name in loops


LAYOUTS: Mapping[str, Callable[[SendsDomain], Document]] = {
    "as written": _as_written,
    "2.x": _normalised,
    "flat": _flat,
}


def domain_digest(domain: Mapping[str, Any]) -> str:
    """Fingerprint a domain: 32 hex digits that are equal for equal domains.

    Every key and value of an object is replaced by its own fingerprint first.
    """
    return _fingerprint(dict(domain))


def _fingerprint(value: Any) -> str:
    if isinstance(value, dict):
        inner = {_fingerprint(key): _fingerprint(each) for key, each in value.items()}
        return _md5(json.dumps(inner, sort_keys=True))
    if isinstance(value, list):
        return _md5(json.dumps([_fingerprint(each) for each in value]))
    return _md5(str(value))


def _md5(text: str) -> str:
    data = text.encode("utf-8", "surrogatepass")
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
