"""Describe an action server as OpenAPI 3.1, for teams that write one without rasa-sdk.

The paths stand in the profile's folder (`openapi/paths.json`); here they only meet the
schemas, which become `components/schemas`.
"""

from __future__ import annotations

from typing import Any

from rasa_mock.resources import schema_folder
from rasa_mock.schema import compose
from rasa_mock.schema.folder import Document, read_document
from rasa_mock.schema.registry import Registry

COMPONENTS = "#/components/schemas/"
PATHS = "openapi/paths"


def openapi(registry: Registry) -> Document:
    """Return one self-contained OpenAPI 3.1 document of an action server.

    The paths are those of the profile that comes with rasa_mock, the schemas those of
    the registry, so that a project's own event types are in it, too.
    """
    template = read_document(schema_folder(registry.profile) / f"{PATHS}.json")
    together = {**registry.documents(), PATHS: template}
    schemas = compose.definitions(together, prefix=COMPONENTS)
    document: dict[str, Any] = schemas.pop(compose.definition(PATHS))
    parts = {**schemas, **document["components"]["schemas"]}
    document["components"] = {**document["components"], "schemas": parts}
    return document
