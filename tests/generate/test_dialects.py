"""Cases by profile: as that Rasa logs conversations, and valid by its schemas."""

from __future__ import annotations

import json

import pytest

from rasa_mock.core.domain import Domain
from rasa_mock.core.wire import Endpoint, build_request
from rasa_mock.generate.cases import cases_for, tracker_for
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.validate import validate

PRO = "rasa-pro-3.21"
URL = "http://127.0.0.1:5055/webhook"
WEATHER = {
    "intents": ["greet", "inform"],
    "entities": ["city"],
    "slots": {
        "city": {
            "type": "text",
            "mappings": [{"type": "from_entity", "entity": "city"}],
        },
        "days": {"type": "float", "mappings": [{"type": "custom"}]},
    },
    "responses": {"utter_greet": [{"text": "hi"}]},
    "actions": ["action_weather", "validate_weather_form"],
    "forms": {"weather_form": {"required_slots": ["city"]}},
}
CALM = {
    "slots": {
        "amount": {"type": "float", "mappings": [{"type": "from_llm"}]},
        "kind": {"type": "categorical", "values": ["Gold", "Base"]},
        "iban": {"type": "text", "mappings": [{"type": "controlled"}]},
    },
    "responses": {"utter_done": [{"text": "done", "condition": "slots.amount > 3"}]},
    "actions": ["transfer_money"],
    "flows": {
        "transfer": {"steps": [{"collect": "amount"}, {"action": "transfer_money"}]},
        "list": {"steps": [{"action": "action_list"}]},
    },
}


def made(action, document, profile, *, folder=None):
    registry = Registry.load(profile, folder=folder)
    domain = Domain.from_dict(document, profile=profile)
    cases = cases_for(action, domain=domain, registry=registry, count=30)
    return cases, domain, registry


@pytest.mark.parametrize(
    ("action", "document", "profile"),
    [
        ("action_weather", WEATHER, "rasa-2.8"),
        ("validate_weather_form", WEATHER, "rasa-2.8"),
        ("action_weather", WEATHER, "rasa-3.6"),
        ("action_weather", WEATHER, PRO),
        ("validate_weather_form", WEATHER, PRO),
        ("transfer_money", CALM, PRO),
    ],
)
def test_requests_are_right_by_the_schemas_of_their_profile(action, document, profile):
    cases, domain, registry = made(action, document, profile)
    for case in cases:
        tracker = tracker_for(case, domain)
        assert tracker.events == case.events
        request = build_request(
            Endpoint(url=URL),
            action=action,
            tracker=tracker,
            domain=domain,
            profile=profile,
        )
        sent = [request, *([request.with_domain] if request.with_domain else [])]
        for each in sent:
            assert validate("action_request", each.payload, registry=registry) == []


def test_candidates_stay_last_whatever_the_profile():
    for profile in ("rasa-2.8", "rasa-3.6", PRO):
        cases, _, _ = made("validate_weather_form", WEATHER, profile)
        (step,) = [case for case in cases if case.id == "step-city-1"]
        assert (step.events[-1]["event"], step.events[-1]["name"]) == ("slot", "city")


def test_rasa_2_8_knows_no_ids_of_models_and_no_tokens():
    cases, _, _ = made("action_weather", WEATHER, "rasa-2.8")
    text = json.dumps([case.events for case in cases])
    assert "model_id" not in text
    assert "text_tokens" not in text


def test_a_bot_with_flows_is_in_the_flow_that_calls_the_action():
    cases, domain, _ = made("transfer_money", CALM, PRO)
    stacks = [tracker_for(case, domain).stack for case in cases]
    assert {frame["flow_id"] for stack in stacks for frame in stack} == {"transfer"}
    kinds = {event["event"] for case in cases for event in case.events}
    assert {"stack", "flow_started", "flow_completed"} <= kinds
    commands = [
        command["flow"]
        for case in cases
        for event in case.events
        for command in event.get("parse_data", {}).get("commands", ())
    ]
    assert set(commands) == {"transfer", "list"}


def test_sessions_are_numbered():
    cases, domain, _ = made("action_weather", WEATHER, PRO)
    for case in cases:
        state = tracker_for(case, domain).current_state()
        if case.events:
            assert state["current_session_id"]
            assert (
                state["conversation_started_timestamp"] == case.events[0]["timestamp"]
            )


def test_pros_own_event_types_occur():
    cases, _, _ = made("action_weather", WEATHER, PRO)
    kinds = {event["event"] for case in cases for event in case.events}
    assert {"agent_started", "skill_activated", "mcp_tool_executed"} <= kinds


def test_the_same_seed_makes_the_same_cases():
    one, _, _ = made("transfer_money", CALM, PRO)
    again, _, _ = made("transfer_money", CALM, PRO)
    assert [case.events for case in one] == [case.events for case in again]


def test_the_values_of_a_slot_follow_the_projects_schema(tmp_path):
    schema = {
        "type": "object",
        "required": ["street", "number"],
        "properties": {
            "street": {"type": "string", "x-rasa": {"faker": "street_name"}},
            "number": {"type": "integer", "minimum": 1},
        },
        "x-rasa": {"kind": "slot", "slot": "address"},
    }
    (tmp_path / "address.json").write_text(json.dumps(schema))
    document = {
        **WEATHER,
        "slots": {
            **WEATHER["slots"],
            "address": {"type": "any", "mappings": [{"type": "custom"}]},
        },
    }
    cases, domain, registry = made(
        "action_weather", document, "rasa-3.6", folder=tmp_path
    )
    (filled,) = [case for case in cases if case.id == "filled-1"]
    value = tracker_for(filled, domain).slots["address"]
    assert validate("address", value, registry=registry) == []
    answer = {"events": [{"event": "slot", "name": "address", "value": {"street": 4}}]}
    found = validate("action_response", answer, registry=registry)
    assert {issue.pointer for issue in found} == {
        *("/events/0/value", "/events/0/value/street"),
    }
    answer["events"][0]["value"] = value
    assert validate("action_response", answer, registry=registry) == []
