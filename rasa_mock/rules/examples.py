"""The small bot in which the rules' examples play, and how one is judged.

The tests judge every example, and `rasa-mock explain` prints what comes of it, so no
documented reaction of Rasa is written by hand.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from rasa_mock import clock
from rasa_mock.core.domain import Domain
from rasa_mock.core.findings import Finding
from rasa_mock.core.outcome import interpret
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import Reply
from rasa_mock.rules.answer import read_answer
from rasa_mock.rules.base import ActionRecord, Example, Exchange, Rule, ServerRecord
from rasa_mock.rules.judge import (
    answered,
    judge,
    judge_action,
    judge_behaviour,
    judge_server,
    rule_set,
)
from rasa_mock.rules.observed import Behaviour
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.validate import validate

ACTION = "action_example"
NOW = 1700000000.0
CUSTOM = [{"type": "custom"}]

DOMAIN: dict[str, Any] = {
    "version": "3.1",
    "intents": ["greet", "inform", "EXTERNAL_reminder"],
    "entities": ["city"],
    "slots": {
        "city": {
            "type": "text",
            "mappings": [{"type": "from_entity", "entity": "city"}],
        },
        "temperature": {
            "type": "float",
            "min_value": -50.0,
            "max_value": 60.0,
            "mappings": CUSTOM,
        },
        "rating": {"type": "float", "mappings": CUSTOM},
        "subscribed": {"type": "bool", "mappings": CUSTOM},
        "cuisine": {
            "type": "categorical",
            "values": ["greek", "thai"],
            "mappings": CUSTOM,
        },
        "dishes": {"type": "list", "mappings": CUSTOM},
        "day": {"type": "text", "mappings": CUSTOM},
        "note": {"type": "text", "mappings": [{"type": "from_text"}]},
    },
    "forms": {
        "trip_form": {"required_slots": ["city"]},
        "hotel_form": {"required_slots": ["day"]},
    },
    "responses": {
        "utter_greet": [{"text": "Hello"}],
        "utter_weather": [{"text": "{degrees} degrees in {city}"}],
    },
    "actions": [
        ACTION,
        "validate_trip_form",
        "action_validate_slot_mappings",
        "action_session_start",
        "action_ask_city",
    ],
}


GREETING = {
    "event": "user",
    "text": "hello",
    "parse_data": {"intent": {"name": "greet", "confidence": 0.9}, "entities": []},
}


@cache
def example_domain() -> Domain:
    """Return the domain of all examples."""
    return Domain.from_dict(DOMAIN)


def body_of(example: Example) -> bytes:
    """Return the body of an example's answer."""
    if example.body is not None:
        return example.body
    answer = {"events": list(example.events), "responses": list(example.responses)}
    return json.dumps(answer).encode()


def exchange_of(example: Example) -> Exchange:
    """Play an example: the answer, and what Rasa makes of it."""
    failed = example.failure is not None
    reply = Reply(
        status=example.status,
        headers={} if failed else {"Content-Type": example.content_type},
        body=b"" if failed else body_of(example),
        failure=example.failure,
        elapsed=example.elapsed,
    )
    tracker = Tracker.from_events(
        "example",
        [GREETING, *example.before],
        domain=example_domain(),
        now=NOW,
        new_id=clock.new_uuid,
        parse_date=clock.parse_date,
    )
    answer, action = read_answer(reply), example.action or ACTION
    return Exchange(
        action=action,
        domain=example_domain(),
        before=tracker,
        reply=reply,
        answer=answer,
        outcome=interpret(
            reply,
            action=action,
            tracker=tracker,
            now=NOW,
            new_id=clock.new_uuid,
            parse_date=clock.parse_date,
        ),
        issues=()
        if answer.document is None
        else validate("action_response", answer.document),
        known_events=Registry.load().event_types,
        witness=example.witness,
        case="0",
        seed=0,
        limit=example.limit,
    )


def judge_example(rule: Rule, example: Example) -> list[Finding]:
    """Return what one rule finds in an example."""
    only = rule_set([rule])
    if rule.each == "server":
        record = ServerRecord(
            domain=example_domain(),
            listed=example.listed,
            health=_status(example.health),
            unknown=_status(example.unknown),
        )
        return judge_server(record, rules=only)
    if rule.each == "behaviour":
        observed = dict(example.observed or {})
        seen = Behaviour(action=ACTION, domain=example_domain(), now=NOW, **observed)
        return judge_behaviour(seen, rules=only)
    exchange = exchange_of(example)
    if rule.each == "action":
        record_of_calls = ActionRecord(
            action=exchange.action,
            domain=example_domain(),
            calls=[answered(exchange)],
            rejects=example.rejects,
        )
        return judge_action(record_of_calls, rules=only)
    return judge(exchange, rules=only)


def _status(status: int | None) -> Reply | None:
    return None if status is None else Reply(status=status)
