"""Extraction against Rasa: the candidates that real Rasa sent to the action server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rasa_mock.files.domain import load_domain
from rasa_mock.generate.cast import cast_of
from rasa_mock.generate.extraction import Heard, candidates
from rasa_mock.resources import fixture_folder

CONFORMANCE = fixture_folder() / "conformance"


def recorded_extractions() -> list[Any]:
    """Every request to action_validate_slot_mappings, with candidates at its end."""
    found = []
    for path in sorted((CONFORMANCE / "conversations").glob("[0-9]*.json")):
        for step in json.loads(path.read_text(encoding="utf-8"))["steps"]:
            for call in step.get("action_calls", ()):
                request = call.get("request", {})
                if request.get("next_action") == "action_validate_slot_mappings":
                    name = f"{path.stem}-{len(found)}"
                    found.append(pytest.param(request["tracker"], id=name))
    return found


def trailing_candidates(tracker: dict[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for event in reversed(tracker["events"]):
        if event["event"] != "slot" or "metadata" in event:
            break
        found.insert(0, (event["name"], event["value"]))
    return found


@pytest.fixture(scope="module")
def cast():
    return cast_of(load_domain(CONFORMANCE / "bot" / "domain.yml"))


@pytest.mark.parametrize("tracker", recorded_extractions())
def test_a_message_fills_the_slots_that_it_filled_in_rasa(tracker, cast):
    message = tracker["latest_message"]
    loop = tracker["active_loop"]
    heard = Heard(
        intent=message["intent"].get("name"),
        text=message["text"],
        entities=message["entities"],
        loop=loop.get("name"),
        requested=tracker["slots"]["requested_slot"],
        rejected=loop.get("rejected", False),
    )
    found = list(candidates(cast, heard))
    expected = trailing_candidates(tracker)

    assert [part.name for part, _, _ in found] == [name for name, _ in expected]
    # What a custom action behind a mapping sets is its own affair.
    by_rule = {part.name: value for part, rule, value in found if rule.action is None}
    assert by_rule == {name: value for name, value in expected if name in by_rule}


def test_enough_was_recorded_to_learn_from():
    assert len(recorded_extractions()) > 50
