"""The small domain that stands in where a user gives none: booking a table."""

from __future__ import annotations

from functools import cache
from typing import Any

from rasa_mock.core.domain import Domain
from rasa_mock.core.profile import RASA_3_6, Named

SAMPLE: dict[str, Any] = {
    "intents": ["greet", "inform", "goodbye", "EXTERNAL_reminder"],
    "entities": ["city", "number"],
    "slots": {
        "city": {
            "type": "text",
            "mappings": [{"type": "from_entity", "entity": "city"}],
        },
        "guests": {
            "type": "float",
            "min_value": 1,
            "max_value": 9,
            "mappings": [{"type": "from_entity", "entity": "number"}],
        },
        "confirmed": {"type": "bool", "mappings": [{"type": "custom"}]},
        "note": {"type": "any", "mappings": [{"type": "custom"}]},
    },
    "forms": {"booking_form": {"required_slots": ["city", "guests"]}},
    "responses": {
        "utter_greet": [{"text": "Hello!"}],
        "utter_ask_city": [{"text": "Where?"}],
        "utter_ask_guests": [{"text": "How many are you?"}],
    },
    "actions": ["action_book", "action_cancel", "validate_booking_form"],
}


@cache
def sample_domain(profile: Named = RASA_3_6) -> Domain:
    """Return the domain, as a profile's Rasa loads it."""
    return Domain.from_dict(SAMPLE, profile=profile)
