"""The table of the 59 events that Rasa Pro 3.21 knows on the wire.

The 23 of Open Source (`core.events`), some of them with more fields and effects, and
36 of its own.  Most of Pro's own say only that something happened: a row then names
the fields that are written, and which are needed to read it.

Imitates `rasa.shared.core.events` of Rasa Pro 3.21, as the protocol reference has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_mock.core import events as base
from rasa_mock.core import state as effects
from rasa_mock.core.events import (
    EVENT_TYPES,
    EventType,
    Parser,
    Source,
    cannot_read,
    event_row,
    fields,
    vocabulary_of,
)
from rasa_mock.core.json_patch import PatchError, apply_patch
from rasa_mock.core.state import State, Wire, cannot_apply

LOCAL = "local"


def needing(
    written: str,
    *names: str,
    sparse: tuple[str, ...] = (),
    not_null: bool = False,
    **defaults: Any,
) -> Parser:
    """Make a reader that misses fields: `names` must be there.

    `sparse` are further fields that are written only where they are not null.  With
    `not_null` the needed fields may not be null either.
    """
    lay = fields(written, **dict.fromkeys(names), **defaults, **dict.fromkeys(sparse))

    def parse(raw: Mapping[str, Any], source: Source) -> Wire:
        for name in names:
            if name not in raw:
                raise cannot_read("KeyError", f"{name!r}")
            if not_null and raw[name] is None:
                raise cannot_read("ValueError", f"{name!r} of {written!r} is null")
        event = lay(raw, source)
        for name in sparse:
            if event[name] is None:
                del event[name]
        return event

    return parse


def with_extras(parse: Parser, **extras: Any) -> Parser:
    """Add fields that Pro writes at the end of an event of Open Source."""

    def parse_all(raw: Mapping[str, Any], source: Source) -> Wire:
        event = parse(raw, source)
        for name, default in extras.items():
            event[name] = raw.get(name, default)
        return event

    return parse_all


def parse_user(raw: Mapping[str, Any], source: Source) -> Wire:
    """Read a `user` event; Pro loses its `anonymized_at` on the way (its own fault)."""
    event = base.parse_user(raw, source)
    event["anonymized_at"] = None
    return event


_read_entered = needing("ordered_block_entered", "skill_id", "block_id")


def parse_block_entered(raw: Mapping[str, Any], source: Source) -> Wire:
    """Read `ordered_block_entered`, which must not name a step."""
    if "step_id" in raw:
        raise cannot_read("ValueError", "'ordered_block_entered' has no 'step_id'")
    return _read_entered(raw, source)


_read_tool = needing(
    "tool_executed",
    *("tool_name", "arguments", "source"),
    result=None,
    is_error=False,
    error_message=None,
    sparse=("mcp_server",),
)


def parse_tool(raw: Mapping[str, Any], source: Source) -> Wire:
    """Read `tool_executed`; only a tool of an MCP server has one."""
    if raw.get("source") == LOCAL and raw.get("mcp_server") is not None:
        raise cannot_read("ValueError", "a local tool has no 'mcp_server'")
    return _read_tool(raw, source)


def take_message(state: State, event: Wire) -> None:
    """Make a `user` event the latest message, and wake the conversation up."""
    effects.take_message(state, event)
    state.inactive = False


def resume(state: State, event: Wire) -> None:
    """Answer again, and wake the conversation up."""
    effects.resume(state, event)
    state.inactive = False


def fall_asleep(state: State, _event: Wire) -> None:
    """Note that the user has gone quiet."""
    state.inactive = True


def end_session(state: State, _event: Wire) -> None:
    """End the conversation: what comes later is ignored."""
    state.terminated = True


def end_routing(state: State, _event: Wire) -> None:
    """Forget everything but the slots that both systems share."""
    shared = state.book.shared
    kept = {name: value for name, value in state.filled.items() if name in shared}
    state.clear()
    state.filled = kept


def change_stack(state: State, event: Wire) -> None:
    """Apply the patch to the dialogue stack."""
    try:
        stack = apply_patch(state.stack, event["update"])
    except PatchError as error:
        raise cannot_apply(error) from error
    state.stack = stack


def remember(state: State, event: Wire) -> None:
    """Set the slot that a memory is kept in."""
    effects.set_slot(state, {"name": event["key"], "value": event["value"]})


def forget(state: State, event: Wire) -> None:
    """Empty the slot that a memory is kept in."""
    effects.set_slot(state, {"name": event["key"], "value": None})


FLOW = {"flow_id": None}
STEP = {"flow_id": None, "step_id": None}
AGENT = ("agent_id", "flow_id")
BLOCK = ("skill_id", "block_id", "step_id")
TOOL = {"result": None, "is_error": False, "error_message": None}


def _flow(name: str, **defaults: Any) -> tuple[str, EventType]:
    return event_row(name, needing(name, sparse=("skill_id",), **defaults))


def _needing(name: str, *names: str, **defaults: Any) -> tuple[str, EventType]:
    return event_row(name, needing(name, *names, **defaults))


def _memory(name: str, *names: str, **defaults: Any) -> Parser:
    return needing(name, "key", *names, **defaults)


PRO_EVENT_TYPES: Mapping[str, EventType] = {
    **EVENT_TYPES,
    **dict(
        (
            event_row("user", parse_user, apply=take_message),
            event_row(
                "bot",
                with_extras(base.parse_bot, anonymized_at=None),
                apply=effects.take_bot,
            ),
            event_row(
                "slot",
                fields(
                    "slot", name=None, value=None, filled_by=None, anonymized_at=None
                ),
                apply=effects.set_slot,
            ),
            event_row("resume", apply=resume),
            event_row("stack", needing("stack", "update"), apply=change_stack),
            _flow("flow_started", **FLOW),
            _flow("flow_interrupted", **STEP),
            _flow("flow_resumed", **STEP),
            _flow("flow_completed", **STEP),
            _flow("flow_cancelled", **STEP),
            event_row("routing_session_ended", apply=end_routing),
            event_row("session_ended", apply=end_session),
            event_row("inactive", apply=fall_asleep),
            event_row("error", fields("error", error_code=None)),
            _needing("agent_started", *AGENT),
            _needing("agent_completed", *AGENT, status=None),
            _needing("agent_cancelled", *AGENT, reason=None),
            _needing("agent_interrupted", *AGENT),
            _needing("agent_resumed", *AGENT),
            _needing("agent_processing", *AGENT),
            _needing("mcp_tool_executed", "tool_name", "arguments", **TOOL),
            event_row("user_barge_in"),
            event_row("tts_finished"),
            event_row("bot_turn_ended"),
            _needing("user_silence_timeout", "timeout"),
            _needing(
                "user_input_suppressed", "text", "modality", "reason", not_null=True
            ),
            event_row(
                "memory_set",
                _memory("memory_set", "value", anonymized_at=None),
                apply=remember,
            ),
            event_row("memory_cleared", _memory("memory_cleared"), apply=forget),
            _needing("skill_activated", "skill_id"),
            _needing("skill_completed", "skill_id"),
            _needing("skill_cancelled", "skill_id", "step_id"),
            _needing("skill_interrupted", "skill_id", "step_id"),
            _needing("skill_resumed", "skill_id", "step_id"),
            event_row("ordered_block_entered", parse_block_entered),
            _needing("ordered_block_completed", *BLOCK),
            _needing("ordered_block_cancelled", *BLOCK),
            _needing("ordered_block_interrupted", *BLOCK),
            _needing("ordered_block_resumed", *BLOCK),
            event_row("tool_executed", parse_tool),
            _needing(
                "unsupported_request_classified", "label", "reason", "user_message"
            ),
        )
    ),
}

PRO = vocabulary_of(PRO_EVENT_TYPES)
