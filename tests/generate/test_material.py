"""Conversations from a bot's own training data, metadata, channels and sender ids."""

from __future__ import annotations

import re

import pytest

from rasa_mock.core.domain import Domain
from rasa_mock.core.nlu import NluData
from rasa_mock.files.nlu import read_nlu
from rasa_mock.generate.cases import case_for, cases_for, tracker_for
from rasa_mock.generate.duckling import dimension_of
from rasa_mock.generate.languages import spoken_chinese
from rasa_mock.generate.material import Material
from rasa_mock.generate.patterns import matching
from rasa_mock.generate.rng import Rng
from rasa_mock.generate.values import kind_of

NLU = r"""
nlu:
- intent: greet
  examples: |
    - hi there
- intent: book_trip
  examples: |
    - take me from [Bern]{"entity": "city", "role": "from"} to [NYC]{"entity": "city",
    - I want to travel
    - fly from [Bern]{"entity": "city", "role": "from"} to [Kyoto]{"entity": "city", "role": "to"}
- intent: inform
  examples: |
    - to [NYC]{"entity": "city", "role": "to", "value": "New York"} please
    - we are [three](number)
- synonym: New York
  examples: |
    - big apple
- lookup: class
  examples: |
    - First
    - second
- regex: purpose
  examples: |
    - [A-Z]{2}-\d{4}
"""  # noqa: E501 - one example a line
NLU = NLU.replace('to [NYC]{"entity": "city",\n', "Rome\n", 1)
ACTIONS = ("action_book_trip", "validate_trip_form", "action_session_start")
SPOKEN = ("hi there", "I want to travel")


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    path = tmp_path_factory.mktemp("bot") / "nlu.yml"
    path.write_text(NLU, encoding="utf-8")
    return Material(nlu=read_nlu([path], tell=lambda _: None))


def all_cases(domain, **how):
    return [case for a in ACTIONS for case in cases_for(a, domain=domain, **how)]


def messages(cases):
    return [
        event["parse_data"]
        for case in cases
        for event in case.events
        if event["event"] == "user"
    ]


def written(message, entity):
    return message["text"][entity["start"] : entity["end"]]


def test_texts_are_those_of_the_intent(travel, material):
    said = messages(all_cases(travel, material=material))
    greetings = {
        m["text"] for m in said if m["intent"].get("name") == "greet" and m["text"]
    }
    assert "hi there" in greetings
    assert any(m["text"] == "I want to travel" for m in said)
    for message in said:
        if message["text"] in SPOKEN:
            wanted = "greet" if message["text"] == "hi there" else "book_trip"
            assert message["intent"]["name"] in (wanted, "inform", None)


def test_spans_name_what_is_written_and_values_what_is_meant(travel, material):
    pairs = {
        (written(message, entity), entity["value"], tuple(entity.get("processors", ())))
        for message in messages(all_cases(travel, material=material))
        for entity in message["entities"]
        if entity["entity"] == "city" and "start" in entity
        if entity["extractor"] == "DIETClassifier"
    }
    assert ("NYC", "New York", ("EntitySynonymMapper",)) in pairs
    assert ("big apple", "New York", ("EntitySynonymMapper",)) in pairs
    assert {value for _, value, _ in pairs} <= {"New York", "Bern", "Kyoto"}


def test_a_sentence_keeps_its_roles_and_takes_other_values(travel, material):
    trips = [
        message
        for message in messages(all_cases(travel, material=material))
        if message["text"].startswith("fly from ")
    ]
    assert trips
    for trip in trips:
        first, second = trip["entities"][:2]
        assert (first["role"], second["role"]) == ("from", "to")
        origin, goal = written(trip, first), written(trip, second)
        assert trip["text"] == f"fly from {origin} to {goal}"
        assert "confidence_role" in first


def test_lookups_are_found_by_patterns(travel, material):
    found = [
        entity
        for message in messages(all_cases(travel, material=material))
        for entity in message["entities"]
        if entity["entity"] == "class" and "extractor" in entity
        if entity["extractor"] != "RegexMessageHandler"
    ]
    assert found
    assert {entity["extractor"] for entity in found} == {"RegexEntityExtractor"}
    assert {entity["value"] for entity in found} == {"First", "second"}
    assert all("confidence_entity" not in entity for entity in found)


def test_a_slot_takes_what_its_regex_matches(travel, material):
    values = {
        event["value"]
        for case in cases_for("action_book_trip", domain=travel, material=material)
        if case.kind in ("filled", "turn", "long-history")
        for event in case.events
        if event["event"] == "slot" and event["name"] == "purpose" and event["value"]
    }
    assert values
    assert all(re.fullmatch(r"[A-Z]{2}-\d{4}", value) for value in values)


def test_requests_are_valid_and_the_same_every_time(
    travel, material, registry, problems
):
    own = Material(
        nlu=material.nlu,
        metadata=({"user_id": 7}, {"user_id": 8, "tags": ["a"]}),
        channels=("slack", "my channel"),
        sender_ids=("ana", "bob/1"),
    )
    again = Material(
        nlu=own.nlu,
        metadata=own.metadata,
        channels=own.channels,
        sender_ids=own.sender_ids,
    )
    cases = all_cases(travel, material=own, seed=5)
    assert cases == all_cases(travel, material=again, seed=5)
    assert {case.sender_id for case in cases} == {"ana", "bob/1"}
    assert {case.channel for case in cases} == {"slack", "my channel"}
    for case in cases:
        assert problems(case, domain=travel, registry=registry) == []
        alone = case_for(case.action, case.id, domain=travel, material=own, seed=5)
        assert alone == case


def test_metadata_reach_the_latest_message_and_the_session(travel):
    own = Material(metadata=({"user_id": 7, "deep": {"a": None}},))
    for case in all_cases(travel, material=own):
        state = tracker_for(case, travel).current_state()
        for event in state["events"]:
            if event["event"] == "user" and event["parse_data"]["message_id"]:
                assert event["metadata"]["user_id"] == 7
                assert event["parse_data"]["metadata"] == own.metadata[0]
        if case.kind in ("first", "fresh", "new", "turn"):
            assert state["slots"]["session_started_metadata"] == own.metadata[0]


def test_what_no_training_data_mark_is_found_as_duckling_finds_it():
    domain = Domain.from_dict(
        {
            "intents": ["inform"],
            "entities": ["departure_date", "price", "party_size", "flight_duration"],
            "actions": ["action_x"],
        }
    )
    data = Material(nlu=NluData())
    found = {
        entity["entity"]: entity
        for message in messages(
            cases_for("action_x", domain=domain, material=data, count=60)
        )
        for entity in message["entities"]
        if entity.get("extractor") == "DucklingEntityExtractor"
    }
    assert set(found) == set(domain.entities)
    date = found["departure_date"]["additional_info"]
    assert date["type"] in ("value", "interval")
    assert (date if date["type"] == "value" else date["from"])["grain"]
    assert found["price"]["additional_info"]["unit"] == "EUR"
    assert isinstance(found["party_size"]["value"], int)
    duration = found["flight_duration"]["additional_info"]
    assert duration["unit"] == "hour"
    assert duration["normalized"]["unit"] == "second"


@pytest.mark.parametrize(
    ("name", "dimension"),
    [
        ("time", "time"),
        ("birthday", "time"),
        ("budget", "amount-of-money"),
        ("guests", "number"),
        ("duration", "duration"),
        ("city", None),
    ],
)
def test_names_tell_the_dimension(name, dimension):
    assert dimension_of(name, kind=kind_of(name)) == dimension


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d{4}",
        r"[A-Z]{2}-\d+",
        r"(?:yes|no|maybe)",
        r"(?P<a>[ab])x(?P=a)",
        r"\bword\b",
        r"(?=a)abc",
        r"[^a-z]{3}",
        r"\w+@\w+\.(com|org)",
        r"^colou?r$",
        r"(?i)hello",
        r"[一-龥]{2,4}",
    ],
)
def test_texts_match_their_pattern(pattern):
    texts = matching(pattern, Rng("test", pattern))
    assert texts
    assert all(re.fullmatch(pattern, text) for text in texts)
    assert texts == matching(pattern, Rng("test", pattern))


@pytest.mark.parametrize("pattern", ["(", "a(?=b)c", "x{9999}", "[", "$"])
def test_a_pattern_without_texts_gives_none(pattern):
    assert matching(pattern, Rng("test")) == ()


def test_a_chinese_locale_speaks_chinese(travel):
    cases = all_cases(travel, locale="zh_CN")
    said = [m["text"] for m in messages(cases) if m["intent"].get("name") == "greet"]
    assert any(text.startswith("你好") for text in said)
    plain = [
        m["text"]
        for case in cases
        if not case.kind.startswith(("text-", "answer-"))
        for m in messages([case])
        if not m["text"].startswith(("/", "EXTERNAL"))
    ]
    share = sum(bool(re.search(r"[一-龥]", text)) for text in plain) / len(plain)
    assert share > 0.7
    assert spoken_chinese("book_restaurant") == "我想预订餐厅"
    assert spoken_chinese("查询_天气") == "查询天气"
