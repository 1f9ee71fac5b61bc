"""What the actions of a domain are there for: asking for slots, or a plain turn."""

from __future__ import annotations

from rasa_mock.core.defaults import DEFAULT_ACTIONS
from rasa_mock.core.domain import Domain
from rasa_mock.generate.phrases import ask_names


def asked_by(domain: Domain) -> dict[tuple[str, str], str | None]:
    """Name what asks for each slot of each form, as Rasa searches for it (D.6)."""
    known = set(domain.action_names) | set(domain.responses)
    return {
        (form.name, slot): next(
            (name for name in ask_names(form.name, slot) if name in known), None
        )
        for form in domain.forms.values()
        for slot in form.required_slots
    }


def plain_actions(domain: Domain) -> tuple[str, ...]:
    """List the custom actions that a policy predicts: no form, no default action."""
    special = {*DEFAULT_ACTIONS, *domain.forms, "action_validate_slot_mappings"}
    special |= {f"validate_{form}" for form in domain.forms}
    special |= {
        mapping["action"]
        for slot in domain.slots.values()
        for mapping in slot.mappings
        if mapping.get("action")
    }
    special |= {
        name
        for form in domain.forms.values()
        for slot in form.required_slots
        for name in ask_names(form.name, slot)
    }
    return tuple(name for name in domain.actions if _is_plain(name, special))


def _is_plain(name: str, special: set[str]) -> bool:
    return name not in special and not name.startswith("utter_")
