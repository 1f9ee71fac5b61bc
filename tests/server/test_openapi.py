"""The server's own description, and a fuzzer that holds the server to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import jsonschema
import pytest

from rasa_mock import MockRasa
from rasa_mock.core.profile import PROFILES
from rasa_mock.files.bot import load_bot
from rasa_mock.resources import fixture_folder
from rasa_mock.run.api.described import DETAILS
from rasa_mock.run.api.oddities import FIDELITIES
from rasa_mock.run.api.openapi import describe
from rasa_mock.run.api.table import ROUTES, Finder
from rasa_mock.similar import similar

# Requests of the fuzzer for each operation.
EXAMPLES = 2
CHECKS = (
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# Without a model everything else is 409: it is asked for on its own.
APART = "delete_model"
CHANNELS = "rest:\ncollect:\n"


@pytest.fixture(scope="module")
def bot():
    return load_bot(fixture_folder() / "conformance" / "bot", similar=similar)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("fidelity", FIDELITIES)
def test_every_route_is_described(profile, fidelity):
    routes = Finder(profile).routes
    odd = FIDELITIES[fidelity]
    document = describe(routes, version="3.6.21", odd=odd, channels=["rest"])
    for route in routes:
        operation = document["paths"][route.path][route.method.lower()]
        asked = {each["name"] for each in operation.get("parameters", ())}
        assert set(route.params) <= asked
        assert route.auth == ("security" in operation)
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    ids = [each["operationId"] for each in operations(document)]
    assert len(set(ids)) == len(ids)
    html = "text/html" in json.dumps(document)
    assert html == ("errors_as_pages" in odd)


def operations(document):
    return [
        operation for item in document["paths"].values() for operation in item.values()
    ]


def test_the_details_are_of_routes_that_exist():
    paths = {
        (route.method, route.path.replace("{conversation_id}", "{id}"))
        for route in ROUTES
    }
    assert set(DETAILS) == paths


def test_what_is_not_served_is_not_described(bot):
    mock = MockRasa(bot, enable_api=False)
    document = mock.request("GET", "/openapi.json").json()
    paths = ["/", "/webhooks/rest", "/webhooks/rest/webhook"]
    assert list(document["paths"]) == paths
    mock.stop()


def test_the_server_answers_as_it_is_described(bot, tmp_path, schemathesis):
    """No status that is not listed (so no other 5xx), and every answer conforms."""
    credentials = tmp_path / "credentials.yml"
    credentials.write_text(CHANNELS)
    with MockRasa(bot, max_conversations=50, credentials=credentials) as mock:
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run"),
            f"{mock.url}/openapi.json",
            *("--checks", ",".join(CHECKS), "--exclude-operation-id", APART),
            *("--phases", "fuzzing", "--max-examples", str(EXAMPLES)),
            *("--seed", "1", "--no-shrink", "--continue-on-failure"),
            *("--warnings", "off", "--suppress-health-check", "all"),
        ]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(schemathesis), "NO_PROXY": "*"},
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        asked = mock.journal(kind="request")
    routes = {route.path for route in Finder("rasa-3.6").routes}
    assert len(asked) > len(routes), "the fuzzer asked for everything"
