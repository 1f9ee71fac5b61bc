"""Requests by profile: fields and their order, layout of the domain, digest, 449."""

from __future__ import annotations

import json

import pytest

from rasa_mock.core.domain import Domain
from rasa_mock.core.layouts import domain_digest, laid_out
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import Endpoint, build_request

URL = "http://localhost:5055/webhook"
PRO = "rasa-pro-3.21"
DOMAIN = {
    "version": "3.1",
    "intents": [{"inform": {"use_entities": ["city"]}}, "greet"],
    "entities": ["city", {"number": {"roles": ["from", "to"]}}],
    "slots": {
        "city": {
            "type": "text",
            "mappings": [
                {"type": "from_entity", "entity": "city"},
                {"type": "from_text", "conditions": [{"active_loop": "trip_form"}]},
                {"type": "from_text", "conditions": [{"active_loop": "other_form"}]},
            ],
        },
        "size": {
            "type": "categorical",
            "values": ["S", "L"],
            "mappings": [{"type": "custom"}],
        },
        "price": {"type": "float", "mappings": [{"type": "custom"}]},
    },
    "responses": {"utter_hi": [{"text": "hi"}]},
    "actions": ["action_x", {"action_y": {"send_domain": True}}],
    "forms": {"trip_form": {"required_slots": ["city", "size"]}},
}


def tracker_of(domain, *, profile):
    return Tracker.from_events(
        "ann",
        [
            {"event": "active_loop", "name": "trip_form", "timestamp": 1.0},
            {"event": "slot", "name": "city", "value": "Rome", "timestamp": 2.0},
        ],
        domain=domain,
        now=5.0,
        new_id=lambda: "id",
        parse_date=lambda text, _now: str(text),
        profile=profile,
    )


def request(profile, *, document=DOMAIN, action="action_x", **endpoint):
    domain = Domain.from_dict(document, profile=profile)
    return build_request(
        Endpoint(url=URL, **endpoint),
        action=action,
        tracker=tracker_of(domain, profile=profile),
        domain=domain,
        profile=profile,
    )


@pytest.mark.parametrize(
    ("profile", "fields", "version"),
    [
        ("rasa-2.8", "next_action sender_id tracker domain version", "2.8.34"),
        ("rasa-3.6", "next_action sender_id tracker version domain", "3.6.21"),
        (PRO, "next_action sender_id tracker version domain_digest", "3.21.0"),
    ],
)
def test_fields_come_in_the_order_of_the_profile(profile, fields, version):
    built = request(profile)
    assert list(json.loads(built.body)) == fields.split()
    assert built.payload["version"] == version
    assert json.loads(built.body) == built.payload


def test_pro_sends_the_domain_only_when_it_is_asked_for():
    built = request(PRO)
    full = json.loads(built.with_domain.body)
    assert list(full) == [
        *("next_action", "sender_id", "tracker", "version", "domain", "domain_digest"),
    ]
    assert full["domain_digest"] == built.payload["domain_digest"]
    assert full["domain_digest"] == domain_digest(full["domain"])


def test_pro_leaves_out_a_domain_that_an_action_does_not_need_even_when_asked():
    second = request(PRO, enable_selective_domain=True).with_domain
    assert "domain" not in second.payload
    needing = request(PRO, action="action_y", enable_selective_domain=True).with_domain
    assert "domain" in needing.payload


def test_the_digest_is_made_of_the_fingerprints_of_keys_and_values():
    # md5 of the text {"<md5 of a>": "<md5 of 1>"}
    assert domain_digest({"a": 1}) == "e32afd5e3eb9708c4662078267978cc6"
    assert domain_digest({"a": [1, {"b": None}]}) != domain_digest({"a": [1, {"b": 0}]})
    assert domain_digest({"a": "1"}) == domain_digest({"a": 1})


def test_the_flat_layout_has_names_of_intents_and_all_actions():
    domain = Domain.from_dict(DOMAIN, profile=PRO)
    document = laid_out(domain, layout="flat")
    assert document["intents"] == ["greet", "inform"]
    assert document["actions"] == list(domain.action_names)
    assert {"action_listen", "...", "action_y", "utter_hi", "trip_form"} <= {
        *document["actions"]
    }
    assert document["slots"] == DOMAIN["slots"]
    # what the domain itself says is not touched
    assert domain.as_dict()["intents"][0] == "greet"


def test_the_2_x_layout_is_normalised():
    document = request("rasa-2.8").payload["domain"]
    assert list(document) == [
        *("config", "session_config", "intents", "entities", "slots"),
        *("responses", "actions", "forms", "e2e_actions"),
    ]
    assert document["config"] == {"store_entities_as_slots": True}
    assert document["intents"] == [
        {"greet": {"use_entities": True}},
        {"inform": {"use_entities": ["city"]}},
    ]
    assert document["entities"] == ["city", {"number": {"roles": ["from", "to"]}}]
    assert document["actions"] == ["action_x", "action_y"]
    assert document["forms"] == {
        "trip_form": {
            "required_slots": {
                "city": [
                    {"type": "from_entity", "entity": "city"},
                    {"type": "from_text"},
                ],
                "size": [{"type": "custom"}],
            }
        }
    }
    assert document["slots"]["size"] == {
        "type": "rasa.shared.core.slots.CategoricalSlot",
        "initial_value": None,
        "auto_fill": True,
        "influence_conversation": True,
        "values": ["s", "l"],
    }
    assert document["slots"]["price"]["max_value"] == 1.0
    assert document["e2e_actions"] == []


def test_a_1_x_server_finds_the_form_under_its_old_name():
    state = request("rasa-2.8", active_form=True).payload["tracker"]
    assert state["active_form"] == {
        "name": "trip_form",
        "validate": True,
        "rejected": False,
        "trigger_message": state["active_loop"]["trigger_message"],
    }
    assert "active_form" not in request("rasa-2.8").payload["tracker"]


def test_the_3_6_layout_is_the_file_as_written():
    document = request("rasa-3.6").payload["domain"]
    assert document["actions"] == DOMAIN["actions"]
    assert document["intents"] == ["greet", {"inform": {"use_entities": ["city"]}}]


CALM = {
    "intents": [],
    "slots": {
        "amount": {"type": "float", "mappings": [{"type": "from_llm"}]},
        "kind": {"type": "strict_categorical", "values": ["Gold", "Base"]},
        "checked": {"type": "bool", "mappings": [{"type": "controlled"}]},
        "colour": {
            "type": "categorical",
            "values": ["Red"],
            "validation": {"rejections": [{"if": "slots.colour = 'x'", "utter": "u"}]},
        },
        "on": {
            "type": "text",
            "mappings": [
                {"type": "controlled", "run_action_every_turn": "action_every_turn"}
            ],
        },
    },
    "responses": {"utter_a": [{"text": "a", "condition": "slots.checked"}]},
    "actions": ["transfer_money"],
    "flows": {
        "transfer": {"description": "d", "steps": [{"action": "transfer_money"}]}
    },
}


def test_a_calm_domain_loads_under_the_pro_profile_only():
    domain = Domain.from_dict(CALM, profile=PRO)
    assert tuple(domain.flows) == ("transfer",)
    assert "flows" not in domain.as_dict()
    assert domain.server_actions == ("transfer_money", "action_every_turn")
    assert {"flow_hashes", "mocked_datetime", "csat_score"} <= set(domain.slots)
    assert domain.slots["amount"].max_value is None
    with pytest.raises(Exception, match="mapping"):
        Domain.from_dict(CALM)


def test_only_a_bot_with_flows_has_the_slots_of_patterns():
    slots = Domain.from_dict(DOMAIN, profile=PRO).slots
    assert list(slots)[-3:] == [
        "session_started_metadata",
        "flow_hashes",
        "mocked_datetime",
    ]


@pytest.mark.parametrize(
    ("slot", "value", "stored"),
    [
        ("colour", "rED", "Red"),
        ("colour", "blue", "blue"),
        ("kind", "gold", "Gold"),
        ("kind", None, None),
        ("amount", "4", "4"),
    ],
)
def test_categorical_slots_are_stored_as_configured(slot, value, stored):
    domain = Domain.from_dict(CALM, profile=PRO)
    assert domain.slots[slot].convert(value) == stored


@pytest.mark.parametrize(
    ("value", "error"), [("x", "InvalidSlotValueError"), (4, "AttributeError")]
)
def test_a_strict_slot_takes_no_other_value(value, error):
    domain = Domain.from_dict(CALM, profile=PRO)
    tracker = tracker_of(domain, profile=PRO)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - its class is compared
        tracker.update({"event": "slot", "name": "kind", "value": value})
    assert caught.value.rasa_class == error
