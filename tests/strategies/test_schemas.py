"""`from_schema`: every value that it makes is right by the schema."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from rasa_mock.errors import DataError
from rasa_mock.strategies import from_schema

QUICK = settings(max_examples=15, database=None, deadline=None, derandomize=True)
SCHEMAS = {
    "true": True,
    "const": {"const": {"a": [1, None]}},
    "enum": {"enum": ["a", 1, None]},
    "types": {"type": ["null", "boolean", "integer", "number", "string"]},
    "integer": {"type": "integer", "minimum": -3, "maximum": 12, "multipleOf": 3},
    "open ends": {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 3},
    "number": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    "multiple": {"type": "number", "multipleOf": 5, "minimum": 1},
    "string": {"type": "string", "minLength": 2, "maxLength": 4},
    "long": {"type": "string", "minLength": 300},
    "pattern": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{4}$"},
    "date-time": {"type": "string", "format": "date-time"},
    "array": {"type": "array", "items": {"type": "integer"}, "uniqueItems": True},
    "tuple": {
        "type": "array",
        "prefixItems": [{"type": "string"}, {"type": "boolean"}],
        "items": False,
        "minItems": 2,
    },
    "tail": {
        "type": "array",
        "prefixItems": [{"type": "integer"}],
        "items": {"type": "string"},
        "minItems": 3,
    },
    "object": {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
        "additionalProperties": False,
    },
    "more": {"type": "object", "minProperties": 2},
    "named": {
        "type": "object",
        "patternProperties": {"^x-[a-z]+$": {"type": "integer"}},
        "additionalProperties": False,
        "minProperties": 1,
    },
    "anyOf": {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 5}]},
    "allOf": {
        "allOf": [
            {"type": "object", "required": ["a"], "properties": {"a": {"minimum": 3}}},
            {"properties": {"a": {"type": "integer", "maximum": 4}}},
        ]
    },
    "if": {
        "type": "object",
        "properties": {"kind": {"enum": ["a", "b"]}, "size": {"type": "integer"}},
        "required": ["kind"],
        "if": {"properties": {"kind": {"const": "a"}}},
        "then": {"required": ["size"]},
        "else": {"properties": {"size": False}},
    },
    "not": {"type": "integer", "minimum": 0, "maximum": 9, "not": {"const": 0}},
    "dependent": {
        "type": "object",
        "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}},
        "dependentRequired": {"x": ["y"]},
    },
    "reference": {
        "$defs": {"n": {"type": ["number", "null"], "minimum": 1}},
        "type": "object",
        "required": ["n"],
        "properties": {"n": {"$ref": "#/$defs/n"}},
    },
    "itself": {
        "type": "object",
        "properties": {"next": {"$ref": "#"}, "value": {"type": "integer"}},
        "required": ["value"],
        "additionalProperties": False,
    },
    "itself below": {
        "$defs": {
            "tree": {
                "type": "object",
                "properties": {
                    "leaves": {"type": "array", "items": {"$ref": "#/$defs/tree"}}
                },
            }
        },
        "$ref": "#/$defs/tree",
    },
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_value_is_right_by_the_schema(name):
    schema = SCHEMAS[name]
    validator = Draft202012Validator(schema)

    @QUICK
    @given(from_schema(schema))
    def check(value):
        assert validator.is_valid(value), value

    check()


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "text"}, "not a JSON Schema"),
        ({"$ref": "#/$defs/nowhere"}, "leads nowhere"),
        ({"$ref": "https://example.com/other.json"}, "only references within"),
        ({"$ref": "#"}, "refers to itself and to nothing else"),
    ],
    ids=["type", "nowhere", "elsewhere", "circle"],
)
def test_what_is_no_schema_is_refused(schema, message):
    with pytest.raises(DataError, match=message):
        from_schema(schema).example()
