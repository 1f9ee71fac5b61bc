"""What an action is for in its bot: a form's validation, a mapping's action, ..."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rasa_mock.core.defaults import REQUESTED_SLOT, VALIDATE_PREFIX

if TYPE_CHECKING:
    from rasa_mock.core.domain import Domain
    from rasa_mock.core.domain_parts import Form
    from rasa_mock.rules.base import Exchange

VALIDATE_MAPPINGS = "action_validate_slot_mappings"
SESSION_START = "action_session_start"
LISTEN = "action_listen"


def validated_form(action: str, domain: Domain) -> Form | None:
    """Return the form whose answers an action validates, None for other actions."""
    if not action.startswith(VALIDATE_PREFIX):
        return None
    return domain.forms.get(action.removeprefix(VALIDATE_PREFIX))


def is_validation(action: str, domain: Domain) -> bool:
    """Tell whether an action judges what was extracted from a message."""
    return action == VALIDATE_MAPPINGS or validated_form(action, domain) is not None


def mapped_slots(action: str, domain: Domain) -> list[str]:
    """List the slots that name the action in a custom mapping."""
    return [
        name
        for name, slot in domain.slots.items()
        if any(mapping.get("action") == action for mapping in slot.mappings)
    ]


def candidates(exchange: Exchange) -> dict[str, Any]:
    """Return the slots at the tracker's end, which are what is to be validated."""
    found: dict[str, Any] = {}
    for event in reversed(exchange.before.events):
        if event["event"] != "slot":
            break
        if event["name"] != REQUESTED_SLOT:
            found.setdefault(event["name"], event.get("value"))
    return found


def slots_set(exchange: Exchange) -> dict[str, Any]:
    """Return the slots that an answer sets, each with its last value."""
    return {
        event["name"]: event.get("value")
        for event in exchange.answer.events
        if isinstance(event, dict)
        and event.get("event") == "slot"
        and isinstance(event.get("name"), str)
    }


def event_names(exchange: Exchange) -> list[Any]:
    """List the names of the events of an answer, None for what has no name."""
    names = [
        event.get("event") if isinstance(event, dict) else None
        for event in exchange.answer.events
    ]
    return [name if isinstance(name, str) else None for name in names]


def took_effect(exchange: Exchange) -> bool:
    """Tell whether Rasa logs the whole answer."""
    return exchange.outcome.kind == "applied" and exchange.outcome.error is None
