"""Wrong answers: each breaks the rule that it is labelled with."""

from __future__ import annotations

import pytest

from rasa_mock.core.domain import Domain
from rasa_mock.errors import UsageError
from rasa_mock.files.domain import load_domain
from rasa_mock.generate.corpus import Recipe
from rasa_mock.rules.catalogue import all_rules
from rasa_mock.run.wrong import (
    EXPECTED,
    INSIDE,
    NO_ANSWER,
    OVER_CALLS,
    TOO_LARGE,
    TOO_SLOW,
)
from rasa_mock.run.wrong_items import still_wrong, wrong_items
from rasa_mock.schema.registry import Registry

NOT_OF_ONE_ANSWER = (OVER_CALLS, NO_ANSWER, INSIDE, TOO_LARGE, TOO_SLOW, EXPECTED)
EVERYTHING = {
    "intents": ["greet", "inform", "EXTERNAL_call"],
    "entities": ["town"],
    "slots": {
        "town": {
            "type": "text",
            "mappings": [{"type": "from_entity", "entity": "town"}],
        },
        "heat": {
            "type": "float",
            "min_value": -50.0,
            "max_value": 60.0,
            "mappings": [{"type": "custom"}],
        },
        "points": {"type": "float", "mappings": [{"type": "custom"}]},
        "agreed": {"type": "bool", "mappings": [{"type": "custom"}]},
        "kitchen": {
            "type": "categorical",
            "values": ["greek", "thai"],
            "mappings": [{"type": "custom"}],
        },
        "meals": {"type": "list", "mappings": [{"type": "custom"}]},
        "weekday": {"type": "text", "mappings": [{"type": "custom"}]},
        "said": {"type": "text", "mappings": [{"type": "from_text"}]},
    },
    "forms": {
        "journey_form": {"required_slots": ["town"]},
        "room_form": {"required_slots": ["weekday"]},
    },
    "responses": {
        "utter_hello": [{"text": "Hello"}],
        "utter_report": [{"text": "{degrees} degrees in {town}"}],
        "utter_ask_weekday": [{"text": "When?"}],
    },
    "actions": [
        *("action_report", "validate_journey_form", "action_ask_town"),
        *("action_validate_slot_mappings", "action_session_start"),
    ],
}


def recipe_for(domain, **more):
    how = {"kind": "responses", "domain": domain, "registry": Registry.load(), **more}
    return Recipe(**how)


@pytest.fixture(scope="module")
def made():
    skipped = []
    recipe = recipe_for(Domain.from_dict(EVERYTHING))
    found = list(wrong_items(recipe, skipped=skipped.append))
    return recipe, [item.document for item in found], skipped


def test_there_is_one_for_every_rule_that_a_single_answer_can_break(made):
    _, documents, skipped = made
    broken = {document["rule"] for document in documents}
    others = {s.rule: s.reason for s in skipped if s.reason not in NOT_OF_ONE_ANSWER}
    assert len(broken) > 80
    assert broken | {each.rule for each in skipped} == {r.id for r in all_rules()}
    assert others == {}


def test_each_breaks_the_rule_that_it_is_labelled_with(made):
    recipe, documents, _ = made
    how = {"domain": recipe.domain, "registry": recipe.registry, "now": recipe.now}
    assert [d["rule"] for d in documents if not still_wrong(d, **how)] == []


def test_each_says_what_is_wrong_in_the_words_of_the_domain(made):
    _, documents, _ = made
    by_rule = {document["rule"]: document for document in documents}
    assert "'heat'" in by_rule["RM303"]["message"]
    assert by_rule["RM303"]["answer"]["events"][-1]["name"] == "heat"
    assert by_rule["RM403"]["action"] == "validate_journey_form"
    assert by_rule["RM111"]["body"] == '{"events": ['
    assert by_rule["RM105"]["status"] == 500


def test_most_break_one_rule_only(made):
    _, documents, _ = made
    assert sum(not document["also"] for document in documents) > 70


def test_a_corrected_answer_is_no_longer_wrong(made):
    recipe, documents, _ = made
    wrong = next(d for d in documents if d["rule"] == "RM303")
    right = {**wrong, "answer": {"events": [], "responses": []}}
    how = {"domain": recipe.domain, "registry": recipe.registry, "now": recipe.now}
    assert not still_wrong(right, **how)


def test_a_domain_without_what_it_takes_has_the_reason_told():
    skipped = []
    recipe = recipe_for(load_domain("examples/weather/domain.yml"))
    assert list(wrong_items(recipe, rules=["RM305"], skipped=skipped.append)) == []
    assert [(each.rule, each.reason) for each in skipped] == [
        ("RM305", "the domain has no categorical slot, so no answer breaks it")
    ]


def test_more_than_there_are_rules_are_given_in_other_states():
    recipe = recipe_for(Domain.from_dict(EVERYTHING))
    found = list(wrong_items(recipe, rules=["RM303", "RM501"], count=6, skipped=print))
    assert [i.document["rule"] for i in found] == ["RM303", "RM501"] * 3
    assert len({item.document["case"] for item in found}) == 3


def test_few_are_of_all_families():
    recipe = recipe_for(Domain.from_dict(EVERYTHING))
    found = list(wrong_items(recipe, count=7, skipped=lambda _: None))
    assert len({item.document["rule"][:3] for item in found}) >= 6


def test_an_unknown_rule_is_refused():
    recipe = recipe_for(Domain.from_dict(EVERYTHING))
    with pytest.raises(UsageError, match="RM999"):
        next(wrong_items(recipe, rules=["RM999"], skipped=print))
