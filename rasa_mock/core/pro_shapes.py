"""The JSON schema by which Rasa Pro 3.21 checks events: the rows it has beyond 3.6.

See `core.event_shapes` for what a row is.  `session_paused` passes the schema although
no event of that name exists; it then vanishes.

Imitates rasa/shared/utils/schemas/events.py of Rasa Pro 3.21.
"""

from __future__ import annotations

from collections.abc import Mapping

from rasa_mock.core.event_shapes import (
    ANYTHING,
    EVENTS,
    FLAG,
    NUMBER,
    OBJECT,
    STRING,
    TEXT,
    Shape,
)


def _texts(*names: str, required: bool = False) -> Shape:
    properties = dict.fromkeys(names, STRING)
    return Shape(properties=properties, required=names if required else ())


STEP = _texts("flow_id", "step_id")
AGENT = _texts("agent_id", "flow_id")
SKILL = _texts("skill_id", required=True)
SKILL_STEP = _texts("skill_id", "step_id", required=True)
BLOCK = _texts("skill_id", "block_id", required=True)
BLOCK_STEP = _texts("skill_id", "block_id", "step_id", required=True)
TOOL = {
    "tool_name": STRING,
    "arguments": OBJECT,
    "is_error": FLAG,
    "error_message": TEXT,
}
# An enum of texts; which ones is seen when the event is read.
SOURCE = STRING

PRO_EVENTS: Mapping[str, Shape] = {
    **EVENTS,
    "stack": _texts("update"),
    "flow_started": _texts("flow_id"),
    **dict.fromkeys(
        ("flow_interrupted", "flow_resumed", "flow_completed", "flow_cancelled"), STEP
    ),
    **dict.fromkeys(("routing_session_ended", "session_ended", "error"), ANYTHING),
    **dict.fromkeys(
        ("agent_started", "agent_interrupted", "agent_resumed", "agent_processing"),
        AGENT,
    ),
    "agent_completed": _texts("agent_id", "flow_id", "status"),
    "agent_cancelled": _texts("agent_id", "flow_id", "reason"),
    **dict.fromkeys(
        ("inactive", "user_barge_in", "tts_finished", "bot_turn_ended"), ANYTHING
    ),
    "mcp_tool_executed": Shape(properties=TOOL, required=("tool_name", "arguments")),
    "memory_set": Shape(properties={"key": STRING}, required=("key", "value")),
    "memory_cleared": _texts("key", required=True),
    **dict.fromkeys(("skill_activated", "skill_completed"), SKILL),
    **dict.fromkeys(
        ("skill_cancelled", "skill_interrupted", "skill_resumed"), SKILL_STEP
    ),
    "ordered_block_entered": BLOCK,
    **dict.fromkeys(
        (
            "ordered_block_completed",
            "ordered_block_cancelled",
            "ordered_block_interrupted",
            "ordered_block_resumed",
        ),
        BLOCK_STEP,
    ),
    "tool_executed": Shape(
        properties={**TOOL, "source": SOURCE, "mcp_server": TEXT},
        required=("tool_name", "arguments", "source"),
    ),
    "unsupported_request_classified": _texts(
        "label", "reason", "user_message", required=True
    ),
    "user_silence_timeout": Shape(properties={"timeout": NUMBER}),
    "user_input_suppressed": _texts("text", "modality", "reason", required=True),
    "session_paused": Shape(
        properties={"reason": STRING, "timestamp": NUMBER}, required=("reason",)
    ),
}
