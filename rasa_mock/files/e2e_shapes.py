"""The shape of conversation tests, as tables: keys of cases, steps, assertions, stubs.

Imitates the schemas of `rasa test e2e` (rasa/e2e_test/schema, Rasa Pro 3.21), which
refuse every key that they do not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_mock.files.shapes import (
    Check,
    Spot,
    anything,
    either,
    flag,
    list_of,
    mapping,
    not_null,
    number,
    one_of,
    pattern,
    record,
    shown,
    table_of,
    text,
    unknown_key,
)

FIXTURE_NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
METADATA_NAME = r"[A-Za-z_][A-Za-z0-9_]*"

# Assertions.

BUTTON = record("a button", optional={"title": text, "payload": text})
UTTERED = record(
    "the assertion",
    optional={
        "utter_name": text,
        "text_matches": pattern,
        "buttons": list_of(BUTTON, of="buttons"),
    },
    any_of=("utter_name", "text_matches", "buttons"),
)
SLOTS = list_of(
    record("a slot", needed={"name": text}, optional={"value": anything}),
    of="slots such as {name: city, value: Rome}",
    least=1,
)
FLOWS = {
    "operator": one_of("all", "any"),
    "flow_ids": list_of(text, of="flow ids", least=1),
}
FLOW_END = record(
    "the assertion", needed={"flow_id": text}, optional={"flow_step_id": text}
)
JUDGED = {"threshold": number, "utter_name": text, "utter_source": text}
SKILL = record("the assertion", needed={"skill_id": text})
SKILL_STEP = record(
    "the assertion", needed={"skill_id": text}, optional={"step_id": text}
)
BLOCK = {"skill_id": text, "block_id": text}
BLOCK_STEP = record("the assertion", needed=BLOCK, optional={"step_id": text})
MEMORY = list_of(
    record("a memory", needed={"name": text}, optional={"value": not_null}),
    of="memories",
    least=1,
)
CALLED = record(
    "the assertion",
    needed={"tool_name": text, "source": one_of("local", "mcp")},
    optional={
        "mcp_server": text,
        "skill_id": text,
        "arguments": mapping,
        "is_error": flag,
    },
)
ONE_OF_FLOWS = record("the assertion", needed=FLOWS)


def tool(value: Any, spot: Spot) -> None:
    """Take a call of a tool: a server of MCP belongs to the source mcp, and only there.

    As rasa/e2e_test/mantle_assertions.py of Rasa Pro 3.21.
    """
    CALLED(value, spot)
    if (value["source"] == "mcp") != ("mcp_server" in value):
        raise spot.wrong(
            "expected 'mcp_server' where 'source' is 'mcp', and only there"
        )


def one_start(value: Any, spot: Spot) -> None:
    """Take flows of which one starts: with `all` Rasa Pro wants exactly one id."""
    ONE_OF_FLOWS(value, spot)
    count = len(value["flow_ids"])
    if value["operator"] == "all" and count > 1:
        raise (spot / "flow_ids").wrong(
            f"expected one id with the operator 'all', got {count}; write an assertion "
            "for each, or take 'any'"
        )


STARTED = either(
    "the id of a flow, or {operator: all or any, flow_ids: [...]}",
    (str, text),
    (dict, one_start),
)
CLARIFIES = either(
    "a list of flow names, or {operator: all or any, flow_ids: [...]}",
    (list, list_of(text, of="flow names", least=1)),
    (dict, ONE_OF_FLOWS),
)
ASSERTIONS: Mapping[str, Check] = {
    "flow_started": STARTED,
    "flow_completed": FLOW_END,
    "flow_cancelled": FLOW_END,
    "pattern_clarification_contains": CLARIFIES,
    "action_executed": text,
    "slot_was_set": SLOTS,
    "slot_was_not_set": SLOTS,
    "bot_uttered": UTTERED,
    "bot_did_not_utter": UTTERED,
    "generative_response_is_relevant": record("the assertion", optional=JUDGED),
    "generative_response_is_grounded": record(
        "the assertion", optional={**JUDGED, "ground_truth": text}
    ),
    "skill_activated": SKILL,
    "skill_completed": SKILL,
    "skill_cancelled": SKILL_STEP,
    "skill_interrupted": SKILL_STEP,
    "skill_resumed": SKILL_STEP,
    "memory_was_set": MEMORY,
    "memory_was_not_set": MEMORY,
    "memory_was_cleared": list_of(
        record("a memory", needed={"name": text}), of="memories", least=1
    ),
    "ordered_block_entered": record("the assertion", needed=BLOCK),
    "ordered_block_completed": BLOCK_STEP,
    "ordered_block_cancelled": BLOCK_STEP,
    "ordered_block_interrupted": BLOCK_STEP,
    "ordered_block_resumed": BLOCK_STEP,
    "tool_executed": tool,
    "tools_within_one_turn": record(
        "the assertion",
        needed={
            "calls": list_of(
                record("a call", needed={"tool_executed": tool}), of="calls", least=2
            ),
            "allow_extra_calls": flag,
        },
        optional={"ordered": flag},
    ),
}


def assertion(value: Any, spot: Spot) -> None:
    """Take one assertion: an object with the one key that says what it is."""
    if not isinstance(value, dict) or len(value) != 1:
        raise spot.wrong(
            "expected one assertion such as 'action_executed: action_book', got "
            + shown(value)
        )
    for key, given in value.items():
        if key not in ASSERTIONS:
            message = unknown_key(key, ASSERTIONS, noun="assertions")
            raise (spot / key).wrong(message)
        ASSERTIONS[key](given, spot / key)


# Steps.

STEP_SLOTS = list_of(
    either(
        "the name of a slot, or {name: value}",
        (str, text),
        (dict, table_of(anything, of="slots", name=FIXTURE_NAME)),
    ),
    of="slots",
    least=1,
)
STEPS: Mapping[str, Check] = {
    "user": record(
        "a user step",
        needed={"user": text},
        optional={
            "metadata": text,
            "assertions": list_of(assertion, of="assertions", least=1),
            "assertion_order_enabled": flag,
        },
    ),
    "bot": record("a bot step", needed={"bot": text}),
    "utter": record("an utter step", needed={"utter": text}),
    "slot_was_set": record("a slot step", needed={"slot_was_set": STEP_SLOTS}),
    "slot_was_not_set": record("a slot step", needed={"slot_was_not_set": STEP_SLOTS}),
}
ONLY_USER = ("metadata", "assertions", "assertion_order_enabled")
STEP_KEYS = {**STEPS, **dict.fromkeys(ONLY_USER, anything)}


def step(value: Any, spot: Spot) -> None:
    """Take one step, by the one key that says what it is."""
    if not isinstance(value, dict):
        raise spot.wrong(f"expected a step such as 'user: hi', got {shown(value)}")
    for key in value:
        if key not in STEP_KEYS:
            raise (spot / key).wrong(unknown_key(key, STEP_KEYS, noun="a step"))
    kinds = [key for key in STEPS if key in value]
    if len(kinds) != 1:
        got = " and ".join(kinds) or ", ".join(map(str, value)) or "nothing"
        raise spot.wrong(
            f"expected exactly one of {', '.join(STEPS)} in a step, got {got}"
        )
    for key in ONLY_USER:
        if key in value and kinds != ["user"]:
            raise (spot / key).wrong(f"{key!r} belongs to user steps only")
    if "assertion_order_enabled" in value and "assertions" not in value:
        raise (spot / "assertion_order_enabled").wrong(
            "'assertion_order_enabled' needs 'assertions' in the same step"
        )
    STEPS[kinds[0]](value, spot)


# Stubs.

EVENT_NAMES = (
    *("user", "bot", "slot", "session_started", "action", "reset_slots", "restart"),
    *("reminder", "cancel_reminder", "pause", "resume", "followup", "export", "undo"),
    *("rewind", "entities", "active_loop", "agent", "loop_interrupted"),
    "action_execution_rejected",
)
STUB_EVENT = record(
    "an event of a stub",
    needed={"event": one_of(*EVENT_NAMES)},
    optional={
        "timestamp": number,
        "confidence": number,
        **dict.fromkeys(
            (
                *("metadata", "text", "parse_data", "input_channel", "data", "name"),
                *("value", "entities", "intent", "kill_on_user_message", "date_time"),
                *("policy", "is_interrupted"),
            ),
            anything,
        ),
    },
)
STUB_RESPONSE = record(
    "a response of a stub",
    optional={
        "text": text,
        "buttons": list_of(BUTTON, of="buttons"),
        "response": text,
        "image": text,
        "attachment": text,
        "elements": anything,
        "custom": anything,
    },
)
STUB = record(
    "a stub",
    optional={
        "events": list_of(STUB_EVENT, of="events"),
        "responses": list_of(STUB_RESPONSE, of="responses"),
    },
    any_of=("events", "responses"),
)

# Files.

FIXTURES = list_of(
    table_of(
        list_of(
            table_of(anything, of="slots", name=FIXTURE_NAME),
            of="slots such as {city: Rome}",
        ),
        of="fixtures",
        name=FIXTURE_NAME,
    ),
    of="fixtures",
)
CASE = record(
    "a test case",
    needed={"test_case": text, "steps": list_of(step, of="steps", least=1)},
    optional={
        "fixtures": list_of(text, of="names of fixtures"),
        "metadata": text,
    },
)
E2E_FILE = record(
    "a file of test cases",
    needed={"test_cases": list_of(CASE, of="test cases")},
    optional={
        "fixtures": FIXTURES,
        "metadata": list_of(
            table_of(
                table_of(anything, of="metadata", name=METADATA_NAME),
                of="metadata",
                name=METADATA_NAME,
            ),
            of="metadata",
        ),
        "stub_custom_actions": table_of(STUB, of="stubs"),
    },
)
CONFTEST = record(
    "a conftest file",
    optional={
        "fixtures": FIXTURES,
        "llm_judge": record(
            "llm_judge", optional={"llm": mapping, "embeddings": mapping}
        ),
    },
)
