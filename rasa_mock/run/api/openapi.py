"""The API of a server as an OpenAPI 3.1 document, made from the table of routes.

A route without a row in `described` is in it, too, if less exactly.  What is an odd
habit of Rasa (`oddities`) is described where it is kept: the statuses are those that
can come, 500 included.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from rasa_mock.run.api.base import JSON_TYPE, Route
from rasa_mock.run.api.described import (
    ALIVE,
    ANYTHING,
    DETAILS,
    FLAG,
    PARAMETERS,
    REFUSAL,
    SCHEMAS,
    STATUSES,
    STREAM,
    STRING,
    TEXT,
    WEBHOOKS,
    Described,
    Schema,
)

OPENAPI = "3.1.0"
HTML = "text/html"
ID = "conversation_id"
STREAMED = {"name": "stream", "in": "query", "schema": FLAG}


def describe(
    routes: Iterable[Route],
    *,
    version: str,
    odd: Collection[str] = (),
    channels: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the document of a server: its routes, habits and channels."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, odd)
    for name in channels:
        prefix = f"/webhooks/{name}"
        paths[prefix] = {
            "get": _channel_operation(name, place=("GET", ""), details=ALIVE, odd=odd)
        }
        for place, details in WEBHOOKS.get(name, {}).items():
            item = paths.setdefault(prefix + place[1], {})
            item[place[0].lower()] = _channel_operation(
                name, place=place, details=details, odd=odd
            )
    return {
        "openapi": OPENAPI,
        "info": {
            "title": "Mock Rasa",
            "version": version,
            "description": "The HTTP API and the channels of Rasa, as rasa-mock serves "
            "them.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": dict(SCHEMAS),
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "query", "name": "token"},
                "jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    }


def _operation(route: Route, odd: Collection[str]) -> dict[str, Any]:
    place = (route.method, route.path.replace(ID, "id"))
    details = DETAILS.get(place, Described(gives={JSON_TYPE: ANYTHING}))
    follows = {401, 403} if route.auth else set()
    follows |= {409} if route.model else set()
    follows |= {404} if "{" in route.path else set()
    operation = _described(details, odd, statuses=follows | {*details.refuses})
    operation["operationId"] = _operation_id(*place)
    operation["summary"] = route.title
    if route.notes:
        operation["description"] = route.notes
    if route.auth:
        operation["security"] = [{}, {"token": []}, {"jwt": []}]
    parameters = [_parameter(name) for name in route.params]
    if "{" in route.path:
        parameters.insert(0, PATH_ID)
    if parameters:
        operation["parameters"] = parameters
    return operation


PATH_ID = {
    "name": ID,
    "in": "path",
    "required": True,
    "description": "It may contain slashes; what is escaped stays so.",
    "schema": {"type": "string", "minLength": 1},
}


def _channel_operation(
    name: str, *, place: tuple[str, str], details: Described, odd: Collection[str]
) -> dict[str, Any]:
    method, path = place
    operation = _described(details, odd, statuses=set(details.refuses))
    operation["operationId"] = _operation_id(method, f"/webhooks/{name}{path}")
    operation["summary"] = TITLES[path]
    operation["tags"] = ["channels"]
    if details.gives is not None and STREAM in details.gives:
        operation["parameters"] = [STREAMED]
    return operation


TITLES = {
    "": "Say that the channel is there",
    "/webhook": "Answer a message",
    "/messages": "What was said on this channel",
}


def _operation_id(method: str, path: str) -> str:
    words = path.replace("{id}", "").replace("/", " ").replace("_", " ").split()
    return "_".join([method.lower(), *(words or ["root"])])


def _parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": PARAMETERS.get(name, STRING)}


def _described(
    details: Described, odd: Collection[str], *, statuses: set[int]
) -> dict[str, Any]:
    right = 204 if details.gives is None else 200
    responses: dict[str, Any] = {str(right): {"description": STATUSES[right]}}
    if details.gives is not None:
        responses["200"]["content"] = _content(details.gives)
    for status in sorted(statuses - {right}):
        responses[str(status)] = {"description": STATUSES[status]}
        if status != 204:
            responses[str(status)]["content"] = _content(_refused(odd))
    operation: dict[str, Any] = {"responses": responses}
    if details.body is not None:
        content = _content(details.body)
        if details.example is not None:
            content[JSON_TYPE]["example"] = details.example
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _refused(odd: Collection[str]) -> Mapping[str, Schema]:
    """Return what a refusal looks like; the web framework's depends on the request."""
    if "errors_as_pages" not in odd:
        return {JSON_TYPE: REFUSAL}
    return {JSON_TYPE: REFUSAL, HTML: STRING, TEXT: STRING}


def _content(schemas: Mapping[str, Schema]) -> dict[str, Any]:
    return {kind: {"schema": schema} for kind, schema in schemas.items()}
