"""The domain against what real Rasa 3.6.21 made of the same objects.

`recorded_domains.jsonl.gz` holds domains changed at random places and what
`Domain.from_dict` of Rasa said of each: its exception, or the domain it made.
"""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rasa_mock.core.domain import DEFAULT_ACTIONS, DEFAULT_INTENTS, Domain
from rasa_mock.core.domain_parts import Form, SessionConfig
from rasa_mock.errors import DataError
from rasa_mock.resources import fixture_folder

HERE = Path(__file__).parent
CONFORMANCE = fixture_folder() / "conformance"

SLOT_TYPES = {
    "oracle_slots.PlainSlot": lambda value: value,
    "oracle_slots.UpperSlot": lambda value: (
        value.upper() if isinstance(value, str) else value
    ),
}

# What Rasa raises on purpose; the text of the others is Python's and its version's.
RASA_CLASSES = {"InvalidDomain", "InvalidSlotTypeException", "InvalidSlotConfigError"}


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        yield from map(json.loads, stream)


def named(cases: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in cases]


RECORDED = list(json_lines(HERE / "recorded_domains.jsonl.gz"))
REFUSED = [case for case in RECORDED if "class" in case["expected"]]
LOADED = [case for case in RECORDED if "class" not in case["expected"]]


def refusal(domain: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        Domain.from_dict(domain, slot_types=SLOT_TYPES)
    assert caught.value.phase == "domain"
    return caught.value


def agrees(error: DataError, recorded: dict[str, Any]) -> bool:
    same_text = recorded["message"] in error.message
    return error.rasa_class == recorded["class"] and (
        same_text or recorded["class"] not in RASA_CLASSES
    )


# --- recorded from real Rasa ---------------------------------------------------------


@pytest.mark.parametrize("corpus", ["corpus_public", "corpus_actions_public"])
def test_every_domain_of_the_corpora_starts_as_in_rasa(corpus: str) -> None:
    differences = []
    for case in json_lines(CONFORMANCE / f"{corpus}.jsonl.gz"):
        if case["domain"] is None:
            continue
        recorded = case["expected"].get("error") or {}
        if recorded.get("phase") == "domain":
            if not agrees(refusal(case["domain"]), recorded):
                differences.append(case["id"])
            continue
        slots = Domain.from_dict(case["domain"], slot_types=SLOT_TYPES).slots
        initial = case["expected"].get("initial")
        values = {slot.name: slot.reset_value() for slot in slots.values()}
        if initial and list(values.items()) != list(initial["slots"].items()):
            differences.append(case["id"])
    assert differences == []


@pytest.mark.parametrize("case", named(REFUSED))
def test_a_domain_that_rasa_refuses_is_refused_alike(case: dict[str, Any]) -> None:
    error = refusal(case["domain"])
    assert agrees(error, case["expected"]), (error.rasa_class, str(error))


@pytest.mark.parametrize("case", named(LOADED))
def test_a_domain_that_rasa_loads_is_loaded_alike(case: dict[str, Any]) -> None:
    expected = case["expected"]
    domain = Domain.from_dict(case["domain"])
    slots = domain.slots
    # As text: the order of the keys counts.
    assert json.dumps(domain.as_dict()) == json.dumps(expected["document"])
    assert json.dumps(
        {name: slot.reset_value() for name, slot in slots.items()}
    ) == json.dumps(expected["slots"])
    assert {
        name: list(slot.values) for name, slot in slots.items() if slot.values
    } == expected["categories"]
    assert [
        name for name, slot in slots.items() if slot.influence_conversation
    ] == expected["influencing"]
    assert list(domain.action_names) == expected["action_names"]
    used = {name: intent.used_entities for name, intent in domain.intents.items()}
    assert json.loads(json.dumps(used)) == expected["used_entities"]
    assert sorted(domain.send_domain_actions) == expected["send_domain"]
    assert list(domain.session_config.as_dict().values()) == expected["session"]


def requests_with_a_domain() -> list[Any]:
    document = json.loads((CONFORMANCE / "action_protocol.json").read_text("utf-8"))
    sent = [case for case in document["requests"] if case["http"]]
    return named([case for case in sent if "domain" in case["http"]["body"]])


@pytest.mark.parametrize("case", requests_with_a_domain())
def test_the_domain_is_sent_as_rasa_sends_it(case: dict[str, Any]) -> None:
    domain = Domain.from_dict(case["domain"], slot_types=SLOT_TYPES)
    assert json.dumps(domain.as_dict()) == json.dumps(case["http"]["body"]["domain"])


def test_the_action_names_are_those_that_rasa_prints() -> None:
    path = CONFORMANCE / "conversations" / "08_trigger_execute.json"
    text = path.read_text("utf-8")
    listing = text.partition("Available actions are: \\n")[2].partition('"')[0]
    names = [line.removeprefix("\\t - ") for line in listing.split("\\n")]
    sent = json.loads((path.parent / "_domain.json").read_text("utf-8"))
    assert list(Domain.from_dict(sent).action_names) == names


# --- what a domain gives -------------------------------------------------------------

MAPPINGS = [{"type": "custom"}]
BOT = {
    "intents": ["bye", {"greet": {"use_entities": ["city"]}}],
    "entities": [{"city": {"roles": ["from", "to"]}}, "name"],
    "slots": {
        "city": {
            "type": "text",
            "mappings": [{"type": "from_entity", "entity": "city"}],
        },
        "mood": {
            "type": "any",
            "mappings": [{"type": "custom", "action": "action_feel_mood"}],
        },
    },
    "responses": {"utter_bye": [{"text": "Bye"}], "utter_ask": [{"text": "Where?"}]},
    "actions": [
        "action_tell",
        "utter_bye",
        {"action_whole": {"send_domain": True}},
        {"action_other": {"send_domain": False}},
        "validate_trip_form",
        "action_session_start",
    ],
    "forms": {"trip_form": {"required_slots": ["city"], "ignored_intents": "bye"}},
}


def test_names_come_in_the_order_of_rasa() -> None:
    domain = Domain.from_dict(BOT)
    assert domain.action_names == (
        *DEFAULT_ACTIONS,
        "action_tell",
        "utter_bye",
        "action_whole",
        "action_other",
        "validate_trip_form",
        "utter_ask",
        "trip_form",
    )
    assert tuple(domain.intents) == ("bye", "greet", *DEFAULT_INTENTS)
    assert domain.intents["greet"].used_entities == ("city", "city#from", "city#to")
    assert domain.entities["city"].roles == ("from", "to")
    assert domain.user_slots == ("city", "mood")


def test_listed_names_and_mapping_actions_go_to_the_action_server() -> None:
    assert Domain.from_dict(BOT).server_actions == (
        "action_tell",
        "action_whole",
        "action_other",
        "validate_trip_form",
        "action_session_start",
        "action_feel_mood",
    )


def test_some_actions_are_always_sent_the_domain() -> None:
    needing = Domain.from_dict(BOT).send_domain_actions
    assert needing == {"action_whole", "validate_trip_form"}


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (None, Form(name="f")),
        ({}, Form(name="f")),
        ({"required_slots": []}, Form(name="f")),
        ({"required_slots": ["a", "b"]}, Form(name="f", required_slots=("a", "b"))),
        (
            {"required_slots": {"a": [], "b": []}},
            Form(name="f", required_slots=("a", "b")),
        ),
        ({"a": [{"type": "from_text"}]}, Form(name="f", required_slots=("a",))),
        (
            {"required_slots": ["a"], "ignored_intents": "x"},
            Form(name="f", required_slots=("a",), ignored_intents=("x",)),
        ),
    ],
)
def test_forms_are_read_in_every_layout(form: Any, expected: Form) -> None:
    assert Domain.from_dict({"forms": {"f": form}}).forms == {"f": expected}


@pytest.mark.parametrize(
    ("section", "minutes", "carried"),
    [
        ({}, 60, True),
        ({"session_expiration_time": None}, 60, True),
        ({"session_expiration_time": 0}, 0, True),
        ({"session_expiration_time": 1.5}, 1.5, True),
        ({"carry_over_slots_to_new_session": False}, 60, False),
    ],
)
def test_sessions_have_defaults(section: Any, minutes: float, carried: bool) -> None:
    assert Domain.from_dict(
        {"session_config": section}
    ).session_config == SessionConfig(
        session_expiration_time=minutes, carry_over_slots_to_new_session=carried
    )


def test_old_sections_are_kept_and_mean_nothing() -> None:
    domain = Domain.from_dict({"templates": {"utter_old": [{"text": "hi"}]}})
    assert domain.responses == {}
    assert "utter_old" not in domain.action_names
    assert list(domain.as_dict()) == ["templates", "session_config", "version"]


def test_the_object_given_is_not_changed() -> None:
    given = {**BOT, "duplicates": {"slots": ["city"]}, "forms": {"f": {}}}
    before = copy.deepcopy(given)
    domain = Domain.from_dict(given)
    domain.as_dict()["slots"]["city"]["type"] = "changed"
    assert given == before
    assert domain.as_dict()["slots"]["city"]["type"] == "text"


def test_a_domain_without_content_is_empty() -> None:
    assert Domain.from_dict({}).is_empty
    assert Domain.from_dict({"slots": {}, "version": "3.1"}).is_empty
    assert not Domain.from_dict(BOT).is_empty


# --- what is refused -----------------------------------------------------------------


def slot(**settings: Any) -> dict[str, Any]:
    return {"slots": {"x": {"mappings": MAPPINGS, **settings}}}


def deep(levels: int) -> dict[str, Any]:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return {"intents": value}


@pytest.mark.parametrize(
    ("domain", "rasa_class", "pointer", "message"),
    [
        (None, "AttributeError", "", "expected a mapping of domain sections, got None"),
        ([], "TypeError", "", "expected a mapping of domain sections, got []"),
        (deep(100_000), "RecursionError", "", "expected a mapping of domain sections"),
        ({"actions": None}, "TypeError", "/actions", "expected a list of actions"),
        ({"actions": [5]}, "AttributeError", "/actions/0", "an action's name, got 5"),
        ({"slots": {"a/b": None}}, "AttributeError", "/slots/a~1b", "slot's settings"),
        (slot(type="text", mappings=None), "TypeError", "/slots/x/mappings", "a list"),
        (slot(type="text", auto_fill=1), "TypeError", "/slots/x", "'auto_fill'"),
        (
            slot(type="word"),
            "InvalidSlotTypeException",
            "/slots/x",
            "'word' is neither",
        ),
        (
            slot(type="text", mappings=[{"type": "from_entity"}]),
            "InvalidDomain",
            "/slots/x/mappings/0",
            "value for the key 'entity'",
        ),
        ({"intents": ["a", "a"]}, "InvalidDomain", "/intents", "name(s) ['a']"),
        (
            {"intents": [{"a": None}]},
            "InvalidDomain",
            "/intents/0",
            "the intent 'a' cannot",
        ),
        ({"entities": [7]}, "InvalidDomain", "/entities/0", "type of entity '7'"),
        ({"entities": ["a", "a"]}, "InvalidDomain", None, "Duplicate entities"),
        ({"forms": ["f"]}, "InvalidDomain", "/forms", "as dictionary"),
        (
            {"forms": {"f": {"ignored_intents": "a"}}},
            "InvalidDomain",
            "/forms/f",
            "`required_slots` is required",
        ),
        ({"responses": []}, "AttributeError", "/responses", "response names, got []"),
        ({"config": {"forms": {}}}, "TypeError", "/config", "multiple values"),
    ],
)
def test_a_refusal_says_where_and_what(
    domain: Any, rasa_class: str, pointer: str | None, message: str
) -> None:
    error = refusal(domain)
    assert (error.rasa_class, error.pointer) == (rasa_class, pointer)
    assert message in error.message


def test_all_names_that_occur_twice_are_told_at_once() -> None:
    error = refusal(
        {
            "actions": ["a", "a"],
            "entities": ["e", "e"],
            "slots": {"session_started_metadata": {"type": "any", "mappings": []}},
            "intents": [{"i": {"triggers": "zip"}}],
        }
    )
    assert [line.split(".")[0] for line in error.message.splitlines()] == [
        "Duplicate actions in domain",
        "Duplicate slots in domain",
        "Duplicate entities in domain",
        "Intent 'i' is set to trigger action 'zip', which is not defined in the domain",
    ]
