"""Domains for the generator: recorded ones, the example's, and one with everything."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from rasa_mock.core.domain import Domain
from rasa_mock.core.wire import Endpoint, build_request
from rasa_mock.errors import DataError
from rasa_mock.files.domain import load_domain
from rasa_mock.generate.cases import tracker_for
from rasa_mock.resources import fixture_folder
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.validate import validate

CONFORMANCE = fixture_folder() / "conformance"
SLOT_TYPES = {"oracle_slots.PlainSlot": str, "oracle_slots.UpperSlot": str.upper}
FORM = {"active_loop": "trip_form"}
TRAVEL: dict[str, Any] = {
    "intents": [
        "greet",
        "inform",
        "book_trip",
        "affirm",
        "deny",
        "faq",
        "EXTERNAL_tip",
    ],
    "entities": [
        {"city": {"roles": ["from", "to"], "groups": ["1", "2"]}},
        "time",
        "number",
        "amount-of-money",
        "class",
    ],
    "slots": {
        "from_city": {
            "type": "text",
            "mappings": [{"type": "from_entity", "entity": "city", "role": "from"}],
        },
        "to_city": {
            "type": "text",
            "mappings": [
                {"type": "from_entity", "entity": "city", "role": "to"},
                {
                    "type": "from_text",
                    "conditions": [FORM | {"requested_slot": "to_city"}],
                },
            ],
        },
        "passengers": {
            "type": "float",
            "min_value": 1,
            "max_value": 9,
            "mappings": [{"type": "from_entity", "entity": "number"}],
        },
        "class": {
            "type": "categorical",
            "values": ["First", "Second"],
            "mappings": [{"type": "from_entity", "entity": "class"}],
        },
        "return_trip": {
            "type": "bool",
            "mappings": [
                {"type": "from_intent", "intent": "affirm", "value": True}
                | {"conditions": [FORM | {"requested_slot": "return_trip"}]},
                {"type": "from_intent", "intent": "deny", "value": False}
                | {"conditions": [FORM | {"requested_slot": "return_trip"}]},
            ],
        },
        "purpose": {"type": "text", "mappings": [{"type": "custom"}]},
        "stops": {"type": "list", "mappings": [{"type": "custom"}]},
        "mood": {
            "type": "any",
            "mappings": [{"type": "custom", "action": "action_feel_mood"}],
        },
        "score": {
            "type": "float",
            "initial_value": 0.5,
            "mappings": [
                {
                    "type": "custom",
                    "action": "action_score",
                    "conditions": [FORM | {"requested_slot": "purpose"}],
                }
            ],
        },
    },
    "forms": {
        "trip_form": {
            "required_slots": [
                *(
                    "from_city",
                    "to_city",
                    "passengers",
                    "class",
                    "return_trip",
                    "purpose",
                )
            ],
            "ignored_intents": ["greet"],
        }
    },
    "responses": {
        "utter_greet": [{"text": "hi"}, {"text": "hello"}],
        "utter_ask_to_city": [{"text": "from {from_city} to where?"}],
        "utter_ask_class": [
            {
                "text": "which class?",
                "buttons": [{"title": "1", "payload": '/inform{{"class": "First"}}'}],
            }
        ],
        "utter_trip": [{"text": "{from_city} to {to_city}"}],
        "utter_picture": [{"text": "look", "image": "http://127.0.0.1/a.png"}],
        "utter_faq/ask_name": [{"text": "I am a bot"}],
        "utter_faq/ask_age": [{"text": "young"}],
        "utter_broken": [{"text": "a lone { brace"}],
    },
    "actions": [
        "action_book_trip",
        "action_show_trip",
        "action_ask_from_city",
        "action_ask_trip_form_purpose",
        "action_session_start",
        "action_restart",
        "action_default_fallback",
        "action_validate_slot_mappings",
        "validate_trip_form",
    ],
}
BARE: dict[str, Any] = {"actions": ["action_hello"]}
FORM_AS_ACTION: dict[str, Any] = {
    "intents": ["book"],
    "slots": {
        "note": {"type": "text", "mappings": [{"type": "from_text"}]},
        "extra": {"type": "text", "mappings": [{"type": "custom"}]},
    },
    "forms": {"note_form": {"required_slots": ["note", "extra"]}},
    "actions": ["note_form"],
    "session_config": {
        "session_expiration_time": 0,
        "carry_over_slots_to_new_session": False,
    },
}


def corpus_domains() -> dict[str, dict[str, Any]]:
    """The domains of the corpus that Rasa loads, by name, one each."""
    found: dict[str, dict[str, Any]] = {}
    path = CONFORMANCE / "corpus_actions_public.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            name = case.get("domain_name")
            if case.get("domain") and name not in found and _loads(case["domain"]):
                found[name] = case["domain"]
    return found


def _loads(document: dict[str, Any]) -> bool:
    try:
        Domain.from_dict(document, slot_types=SLOT_TYPES)
    except DataError:
        return False
    return True


DOMAINS: dict[str, dict[str, Any]] = {
    "travel": TRAVEL,
    "bare": BARE,
    "form-as-action": FORM_AS_ACTION,
    "bot": load_domain(CONFORMANCE / "bot" / "domain.yml").as_dict(),
    **{f"corpus-{name}": document for name, document in corpus_domains().items()},
}


@pytest.fixture(scope="session", params=list(DOMAINS))
def domain(request):
    return Domain.from_dict(DOMAINS[request.param], slot_types=SLOT_TYPES)


@pytest.fixture(scope="session")
def travel():
    return Domain.from_dict(TRAVEL)


@pytest.fixture(scope="session")
def registry():
    return Registry.load()


@pytest.fixture(scope="session")
def problems():
    """Return a function: what the request schema says against a case's request."""

    def find(case, *, domain, registry):
        tracker = tracker_for(case, domain)
        request = build_request(
            Endpoint(url="http://127.0.0.1:5055/webhook"),
            action=case.action,
            tracker=tracker,
            domain=domain,
        )
        found = validate("action_request", request.payload, registry=registry)
        # The domain is what its author wrote, not what is made here.
        return [issue for issue in found if not issue.pointer.startswith("/domain")]

    return find


@pytest.fixture(scope="session")
def actions_of():
    """Return a function: every action that can be called with a domain."""

    def listed(domain):
        extra = ("action_only_on_the_server", "action_session_start", "action_back")
        forms = [f"validate_{form}" for form in domain.forms]
        return list(dict.fromkeys((*domain.server_actions, *forms, *extra)))

    return listed
