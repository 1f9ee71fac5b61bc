"""Finding schemas, and putting them together into documents that need no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from rasa_mock.errors import DataError, UsageError
from rasa_mock.schema.compose import definitions, tokens
from rasa_mock.schema.lean import inlined, without_annotations
from rasa_mock.schema.openapi import openapi
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.text import to_text
from rasa_mock.schema.validate import validate
from tests.schema.samples import examples, protocol_requests

REGISTRY = Registry.load()
DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("tracker", "tracker"),
        ("tracker.json", "tracker"),
        ("slot", "events/slot"),
        ("events/slot", "events/slot"),
        ("events/slot.json", "events/slot"),
        ("entities", "events/entities"),
        ("entity", "entity"),
    ],
)
def test_a_schema_is_found_as_people_write_it(written: str, found: str):
    assert REGISTRY.find(written) == found


def test_an_unknown_schema_is_a_usage_error_that_names_the_nearest():
    with pytest.raises(UsageError, match=r"no schema 'traker' .* did you mean 'trac"):
        REGISTRY.find("traker")
    with pytest.raises(UsageError, match="see `rasa-mock schema list`"):
        REGISTRY.find("zzz")


def test_an_unknown_profile_is_a_usage_error_that_names_the_known_ones():
    with pytest.raises(
        UsageError, match=r"expected one of rasa-2.*; did you mean .rasa-3"
    ):
        Registry.load("rasa-3.7")


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        inner = [ref for each in value.values() for ref in references(each)]
        return [value["$ref"], *inner] if isinstance(value.get("$ref"), str) else inner
    return (
        [ref for each in value for ref in references(each)]
        if isinstance(value, list)
        else []
    )


def test_every_reference_of_a_bundle_leads_into_it():
    bundle = REGISTRY.bundle()
    refs = references(bundle)
    assert len(refs) > 70
    for ref in refs:
        value: Any = bundle
        assert ref.startswith("#/")
        for token in tokens(ref):
            value = value[token]


def test_a_bundle_works_in_a_plain_validator_that_can_fetch_nothing():
    request = next(iter(protocol_requests())).document
    answer = {"events": [{"event": "slot", "name": "a", "value": 1}], "responses": []}
    validator = Draft202012Validator(REGISTRY.bundle())
    assert validator.is_valid(request)
    assert validator.is_valid(answer)
    assert not validator.is_valid({**request, "tracker": {}})
    assert not validator.is_valid({"events": [{"event": "slot", "name": "a"}]})


def test_a_bundle_of_one_kind_says_what_the_registry_says():
    for sample in examples():
        if sample.source == sample.kind:
            validator = Draft202012Validator(REGISTRY.bundle(sample.kind))
            right = not validate(sample.kind, sample.document, engine="portable")
            assert validator.is_valid(sample.document) == right, sample


def test_a_bundle_has_the_examples_and_the_words():
    slot = REGISTRY.bundle()["$defs"]["event_slot"]
    published = {**REGISTRY.document("slot")}
    del published["$id"], published["$schema"]
    assert slot == published


def test_an_openapi_document_is_valid_openapi_3_1():
    schema = json.loads((DATA / "openapi-3.1.json").read_text("utf-8"))
    document = openapi(REGISTRY)
    errors = list(Draft202012Validator(schema).iter_errors(document))
    assert [error.message for error in errors] == []
    assert document["openapi"] == "3.1.0"


def test_the_openapi_paths_are_those_of_an_action_server():
    paths = openapi(REGISTRY)["paths"]
    statuses = {
        (path, method): set(operation["responses"])
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
    assert statuses == {
        ("/webhook", "post"): {"200", "400", "404", "449", "500"},
        ("/health", "get"): {"200"},
        ("/actions", "get"): {"200"},
    }


def test_every_reference_of_an_openapi_document_leads_into_it():
    document = openapi(REGISTRY)
    for ref in references({"paths": document["paths"], "c": document["components"]}):
        value: Any = document
        assert ref.startswith("#/components/schemas/")
        for token in tokens(ref):
            value = value[token]


def test_the_openapi_examples_of_errors_fit_their_schemas():
    for name, schema in openapi(REGISTRY)["components"]["schemas"].items():
        if name[0].isupper():
            for example in schema["examples"]:
                assert Draft202012Validator(schema).is_valid(example), name


def test_an_openapi_request_schema_says_what_the_registry_says():
    components = openapi(REGISTRY)["components"]
    schema = {"$ref": "#/components/schemas/action_request", "components": components}
    validator = Draft202012Validator(schema)
    for sample in protocol_requests():
        assert validator.is_valid(sample.document), sample.source
    assert not validator.is_valid({})


def test_two_schemas_that_would_share_a_name_are_refused():
    documents = {"event_slot": {}, "events/slot": {}}
    with pytest.raises(DataError, match="two schemas would be called 'event_slot'"):
        definitions(documents)


@pytest.mark.parametrize(
    ("ref", "leads_to"),
    [
        ("#/$defs/inner", "#/$defs/event_a/$defs/inner"),
        ("#", "#/$defs/event_a"),
        ("../b.json", "#/$defs/b"),
        ("../b.json#/anyOf/1", "#/$defs/b/anyOf/1"),
        ("https://example.org/b", "#/$defs/b"),
        ("https://example.org/b#/anyOf/0", "#/$defs/b/anyOf/0"),
    ],
)
def test_references_become_references_into_the_bundle(ref: str, leads_to: str):
    documents = {
        "events/a": {"$ref": ref, "$defs": {"inner": {}}},
        "b": {"$id": "https://example.org/b", "anyOf": [{}, {}]},
    }
    assert definitions(documents)["event_a"]["$ref"] == leads_to


@pytest.mark.parametrize(
    "ref", ["c.json", "../c.json", "#/$defs/none", "../b.json#/anyOf/7", "http://x/y"]
)
def test_references_that_lead_nowhere_are_refused(ref: str):
    documents = {"events/a": {"properties": {"x": {"$ref": ref}}}, "b": {"anyOf": [{}]}}
    with pytest.raises(DataError, match="leads nowhere") as caught:
        definitions(documents)
    assert caught.value.path == "events/a.json"
    assert caught.value.pointer == "/properties/x/$ref"


def test_the_word_ref_in_data_is_not_a_reference():
    data = {"$ref": "nowhere.json"}
    documents = {"a": {"const": data, "examples": [data], "enum": [data]}}
    assert definitions(documents)["a"] == documents["a"]


def test_a_property_may_have_the_name_of_a_keyword():
    named = {"title": {"type": "string"}, "default": {"type": "null"}, "enum": {}}
    schema = {"title": "T", "default": 1, "properties": named, "examples": [1]}
    assert without_annotations(schema) == {"properties": named}


@pytest.mark.parametrize(
    ("schema", "document", "right"),
    [
        ({"$ref": "#/$defs/ab", "required": ["b"]}, {"a": 1}, False),
        ({"$ref": "#/$defs/ab", "required": ["b"]}, {"b": 1}, True),
        ({"$ref": "#/$defs/ab", "additionalProperties": False}, {"a": 1}, False),
        ({"$ref": "#/$defs/ab", "unevaluatedProperties": False}, {"a": 1}, True),
        ({"$ref": "#/$defs/ab", "unevaluatedProperties": False}, {"c": 1}, False),
        ({"$ref": "#/$defs/ab", "properties": {"c": {}}}, {"a": 1, "c": 1}, True),
        ({"$ref": "#/$defs/closed", "properties": {"c": {}}}, {"c": 1}, False),
        ({"$ref": "#/$defs/ab", "type": "array"}, {"a": 1}, False),
        ({"$ref": "#/$defs/no"}, {}, False),
    ],
)
def test_putting_a_reference_in_its_place_changes_no_verdict(
    schema: Any, document: Any, right: bool
):
    defs = {
        "ab": {"type": "object", "properties": {"a": {}, "b": {}}},
        "closed": {"properties": {"a": {}}, "additionalProperties": False},
        "no": False,
    }
    flat = inlined(schema, defs, within=frozenset())
    assert "$ref" not in json.dumps(flat)
    assert Draft202012Validator(flat).is_valid(document) == right
    assert Draft202012Validator({**schema, "$defs": defs}).is_valid(document) == right


def test_text_for_people_is_the_same_json():
    for name in REGISTRY.names():
        text = to_text(REGISTRY.document(name))
        assert json.loads(text) == REGISTRY.document(name)
        assert all(
            len(line) <= 80 for line in text.splitlines() if line.count('"') != 4
        )
