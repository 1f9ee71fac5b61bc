"""The domain in which the catalogue's actions play."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.servers.catalogue.rows import Row

CUSTOM = [{"type": "custom"}]
INTENTS = ["greet", "inform", "affirm", "deny", "book", "EXTERNAL_reminder"]
SLOTS: dict[str, Any] = {
    "city": {"type": "text", "mappings": [{"type": "from_entity", "entity": "city"}]},
    "seats": {
        "type": "float",
        "min_value": 1,
        "max_value": 400,
        "mappings": [{"type": "from_entity", "entity": "number"}],
    },
    "hotel": {"type": "text", "mappings": CUSTOM},
    "name": {"type": "text", "mappings": CUSTOM},
    "age": {"type": "float", "min_value": 0, "max_value": 120, "mappings": CUSTOM},
    "rating": {"type": "float", "mappings": CUSTOM},
    "tries": {"type": "float", "mappings": CUSTOM},
    "vip": {"type": "bool", "mappings": CUSTOM},
    "cuisine": {
        "type": "categorical",
        "values": ["greek", "thai"],
        "mappings": CUSTOM,
    },
    "toppings": {"type": "list", "mappings": CUSTOM},
    "data": {"type": "any", "mappings": CUSTOM},
    "comment": {"type": "text", "mappings": [{"type": "from_text"}]},
    "remark": {
        "type": "text",
        "mappings": [{"type": "from_text", "not_intent": "greet"}],
    },
}
RESPONSES: dict[str, Any] = {
    "utter_greet": [{"text": "Hello"}],
    "utter_weather": [{"text": "{degrees} degrees in {city}"}],
    "utter_braces": [{"text": "Write {{name}} and a {city}"}],
    "utter_card": [{"custom": {"title": "{title}"}}],
    "utter_vip": [
        {
            "text": "Dear {salutation}",
            "condition": [{"type": "slot", "name": "vip", "value": True}],
        },
        {"text": "Hello"},
    ],
    "utter_ask_city": [{"text": "Which city?"}],
    "utter_ask_seats": [{"text": "How many?"}],
    "utter_ask_hotel": [{"text": "Which hotel?"}],
}
FORMS: dict[str, Any] = {"hotel_form": {"required_slots": ["hotel"]}}
OWN = ("action_session_start", "action_restart")


def domain_of(rows: Iterable[Row]) -> dict[str, Any]:
    """Return the domain with the actions of some rows, and a form for each validation.

    A row's own part of the domain is merged in.
    """
    rows = list(rows)
    forms = dict(FORMS)
    slots, responses = dict(SLOTS), dict(RESPONSES)
    for row in rows:
        form = row.name.removeprefix("validate_")
        if form != row.name and row.rule != "RM401":
            forms[form] = {"required_slots": ["city", "seats"]}
        slots.update(row.domain.get("slots", {}))
        forms.update(row.domain.get("forms", {}))
        responses.update(row.domain.get("responses", {}))
    return {
        "version": "3.1",
        "intents": INTENTS,
        "entities": ["city", "number"],
        "slots": slots,
        "forms": forms,
        "responses": responses,
        "actions": [row.name for row in rows],
    }
