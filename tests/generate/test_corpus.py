"""Sets of fixtures: right by the schemas, reachable, and the same everywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from hashlib import sha256

import pytest

from rasa_mock.core.domain import Domain
from rasa_mock.core.wire import Reply
from rasa_mock.errors import UsageError
from rasa_mock.generate.cases import studio_for, tracker_for
from rasa_mock.generate.corpus import KINDS, Recipe, asked_in, items
from rasa_mock.generate.manifest import to_line
from rasa_mock.generate.replies import right_answer
from rasa_mock.rules.catalogue import all_rules
from rasa_mock.rules.judge import judge, rule_set
from rasa_mock.run.judged import exchange_in
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.validate import validate

PROFILES = ("rasa-2.8", "rasa-3.6", "rasa-pro-3.21")
SCHEMAS = {
    "requests": "action_request",
    "trackers": "tracker",
    "events": "tracked_event",
    "responses": "action_response",
}
SMALL = {
    "intents": ["greet", "inform"],
    "entities": ["city"],
    "slots": {
        "city": {
            "type": "text",
            "mappings": [{"type": "from_entity", "entity": "city"}],
        },
        "price": {"type": "float", "mappings": [{"type": "custom"}]},
    },
    "forms": {"trip_form": {"required_slots": ["city"]}},
    "responses": {
        "utter_greet": [{"text": "hi"}],
        "utter_ask_city": [{"text": "where?"}],
        "utter_price": [{"text": "{city} costs {price} {currency}"}],
    },
    "actions": ["action_price", "validate_trip_form"],
}


def recipe_for(kind, *, domain=SMALL, profile="rasa-3.6", **more):
    known = Domain.from_dict(domain, profile=profile)
    return Recipe(
        kind=kind,
        domain=known,
        registry=Registry.load(profile),
        **{"count": 40, **more},
    )


def faults(kind, document, registry):
    found = validate(kind, document, registry=registry)
    return [str(issue) for issue in found if not issue.pointer.startswith("/domain")]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_document_is_right_by_its_schema(kind, profile):
    recipe = recipe_for(kind, profile=profile)
    made = list(items(recipe))
    assert len(made) == 40
    assert len({item.id for item in made}) == 40
    wrong = {i.id: faults(SCHEMAS[kind], i.document, recipe.registry) for i in made}
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.parametrize("profile", PROFILES)
def test_events_of_every_type_are_made(profile):
    recipe = recipe_for("events", profile=profile, count=200)
    made = {item.document["event"] for item in items(recipe)}
    tracked = recipe.registry.event_types.items()
    assert made == {n for n, s in tracked if s.tracked and s.alias_of is None}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("size", [30, 50, 200])
def test_a_tracker_has_as_many_events_as_are_asked_for(size, profile):
    recipe = recipe_for("requests", profile=profile, size=size, count=12)
    for item in items(recipe):
        events = item.document["tracker"]["events"]
        assert len(events) == size, item.id
        times = [event["timestamp"] for event in events]
        assert times == sorted(times)


def test_a_conversation_is_told_in_short_as_well():
    for item in items(recipe_for("conversations", count=6)):
        said = [e["text"] for e in item.document["events"] if e["event"] == "user"]
        assert [turn["user"] for turn in item.document["turns"]] == said
        assert item.document["turns"][0]["actions"]


def test_a_request_is_written_as_rasa_sends_it():
    for item in items(recipe_for("requests", count=4)):
        assert json.loads(item.line) == item.document
        assert json.dumps(item.document) == item.line


def test_another_seed_makes_other_documents():
    first = [to_line(item.document) for item in items(recipe_for("responses"))]
    other = [to_line(i.document) for i in items(recipe_for("responses", seed=1))]
    assert first != other


@pytest.mark.parametrize("kind", ["requests", "trackers", "responses"])
def test_without_an_action_there_is_nothing_to_call(kind):
    bare = recipe_for(kind, domain={"intents": ["greet"]})
    with pytest.raises(UsageError, match="without an action"):
        next(items(bare))


def test_an_unknown_event_type_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match=r"no event type 'slots'.*slot, "):
        next(items(recipe_for("events", types=("slots",))))


def test_no_rule_finds_fault_with_a_right_answer(domain, registry, actions_of):
    rules = rule_set(all_rules())
    found = []
    for action in actions_of(domain)[:8]:
        studio = studio_for(action, domain=domain)
        kinds = [(k, n) for k, n in studio.planned(20) if k.reachable][:10]
        for case in (studio.make(kind, number) for kind, number in kinds):
            tracker = tracker_for(case, domain)
            answer = right_answer(asked_in(studio, case, tracker=tracker))
            reply = Reply(
                status=200,
                headers={"Content-Type": "application/json"},
                body=json.dumps(answer).encode(),
            )
            exchange = exchange_in(
                case, tracker, reply=reply, domain=domain, registry=registry
            )
            found += [
                (case.id, f.rule, f.message) for f in judge(exchange, rules=rules)
            ]
    assert found == []


PROGRAM = """
import json, sys
from hashlib import sha256
from rasa_mock.core.domain import Domain
from rasa_mock.generate.corpus import Recipe, items
from rasa_mock.generate.manifest import to_line
from rasa_mock.schema.registry import Registry
domain = Domain.from_dict(json.loads(sys.argv[1]))
for kind in sys.argv[2].split():
    recipe = Recipe(kind=kind, domain=domain, registry=Registry.load(), count=25)
    lines = "".join(to_line(item.document) for item in items(recipe))
    print(sha256(lines.encode()).hexdigest())
assert "faker" not in sys.modules
"""


def test_the_bytes_depend_on_nothing_but_the_seed():
    """Another process, another order of sets: the same bytes, and no Faker needed."""
    here = []
    for kind in KINDS:
        lines = "".join(
            to_line(item.document) for item in items(recipe_for(kind, count=25))
        )
        here.append(sha256(lines.encode()).hexdigest())
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(SMALL), " ".join(KINDS)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "7", "LC_ALL": "C", "TZ": "Asia/Tokyo"},
        check=False,
    )
    assert result.stdout.split() == here, result.stderr


def test_the_bytes_of_a_seed_never_change():
    """The suite runs on every Python: all of them must make the same."""
    lines = "".join(to_line(i.document) for i in items(recipe_for("trackers", count=5)))
    digest = sha256(lines.encode()).hexdigest()
    assert digest == "6fe1a29167a15b502536b5207e0769821131899d887598856a4b2ff1fd03180a"
