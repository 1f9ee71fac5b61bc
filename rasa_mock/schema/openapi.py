"""Describe an action server as OpenAPI 3.1, for teams that write one without rasa-sdk.

The paths stand in the profile's folder (`openapi/paths.json`); here they only meet the
schemas, which become `components/schemas`.
"""

from __future__ import annotations

from typing import Any

from rasa_mock.schema import compose
from rasa_mock.schema.extending import file_of
from rasa_mock.schema.folder import Document, read_document
from rasa_mock.schema.registry import Registry

COMPONENTS = "#/components/schemas/"
PATHS = "openapi/paths.json"


def openapi(registry: Registry) -> Document:
    """Return one self-contained OpenAPI 3.1 document of an action server.

    The paths are those of the profile that comes with rasa_mock, the schemas those of
    the registry, so that a project's own event types are in it, too.
    """
    document: Document = _pointed(read_document(file_of(registry.profile, PATHS)))
    shared = {
        name: _without_wrong(schema) for name, schema in registry.documents().items()
    }
    parts = {
        **compose.definitions(shared, prefix=COMPONENTS),
        **document["components"]["schemas"],
    }
    document["components"] = {**document["components"], "schemas": parts}
    return document


def _pointed(value: Any) -> Any:
    """Return the paths with references to files turned into ones to components."""
    if isinstance(value, list):
        return [_pointed(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: _place(key, each) for key, each in value.items()}


def _place(key: str, value: Any) -> Any:
    if key != "$ref" or value.startswith("#"):
        return _pointed(value)
    return COMPONENTS + value.removeprefix("../").removesuffix(".json")


def _without_wrong(schema: Document) -> Document:
    """Return a schema without its wrong examples, which a client has no use for."""
    hints = schema.get("x-rasa")
    if not isinstance(hints, dict):
        return schema
    kept = {key: value for key, value in hints.items() if key != "wrong"}
    return {**schema, "x-rasa": kept}
