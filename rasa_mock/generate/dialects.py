"""Conversations as Rasa 2.8 and Rasa Pro 3.21 log them, made of those of Rasa 3.6.

`dress` changes a finished conversation in place: what a profile's Rasa does not write
goes, and what it adds comes.  For a bot with flows Rasa Pro also has commands at each
message, flows that come and go, and a stack with the flow that is under way.  The last
events stay the last, and the conversation of Rasa 3.6 is not touched.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from rasa_mock.core.domain import Domain
from rasa_mock.core.profile import Profile
from rasa_mock.core.state import SESSION_START
from rasa_mock.generate.conversation import Conversation, Event

MODEL_NAME = "20261101-120000-brisk-river.tar.gz"
FRAME_ID = 8


def dress(conversation: Conversation, *, profile: Profile, action: str) -> None:
    """Write a conversation as the profile's Rasa logs it."""
    _DRESSERS.get(profile.name, _as_it_is)(conversation, action)


def _as_it_is(_conversation: Conversation, _action: str) -> None:
    """Change nothing: the conversation is one of Rasa 3.6."""


def _as_in_2_8(conversation: Conversation, _action: str) -> None:
    """Take away the ids of model and assistant, and the tokens of messages."""
    for event in conversation.events:
        metadata = event.get("metadata")
        if metadata is not None:
            kept = {k: v for k, v in metadata.items() if k not in conversation.identity}
            event["metadata"] = kept
            if not kept and event["event"] not in ("user", "bot"):
                del event["metadata"]
        parse_data = event.get("parse_data")
        if parse_data is not None:
            event["parse_data"] = {
                key: value for key, value in parse_data.items() if key != "text_tokens"
            }


def _as_in_pro(conversation: Conversation, action: str) -> None:
    """Add the fields of Rasa Pro, and for a bot with flows what they leave behind."""
    if is_calm(conversation.cast.domain):
        add_flows(conversation, action=action)
    session = _uuid(conversation)
    answered = False
    for event in conversation.events:
        kind = event["event"]
        if _starts_session(event):
            session = _uuid(conversation)
        answered = kind == "action" or (answered and kind != "user")
        metadata = event.get("metadata")
        if metadata and "model_id" in metadata:
            event["metadata"] = {
                **metadata,
                "model_name": MODEL_NAME,
                "session_id": session,
            }
        if kind == "slot":
            event.setdefault("filled_by", "CUSTOM" if answered else "NLU")
        if kind in ("slot", "user", "bot"):
            event["anonymized_at"] = None


def is_calm(domain: Domain) -> bool:
    """Tell whether a domain is that of a bot with flows."""
    kinds = {
        mapping.get("type")
        for slot in domain.slots.values()
        for mapping in slot.mappings
    }
    return bool(domain.flows) or "from_llm" in kinds


def _starts_session(event: Event) -> bool:
    return event["event"] == "action" and event.get("name") == SESSION_START


def add_flows(conversation: Conversation, *, action: str) -> None:
    """Let the last message start a flow, and the one before it a flow that is over."""
    events, rng = conversation.events, conversation.rng
    users = [place for place, event in enumerate(events) if event["event"] == "user"]
    if not users:
        return
    domain = conversation.cast.domain
    flows = _flows_with(domain, action)
    _put_in(
        conversation,
        users[-1],
        news=_started(conversation, rng.pick(flows), action=action),
    )
    if len(users) > 1:
        over = rng.pick(tuple(domain.flows) or flows)
        _put_in(conversation, users[-2], news=_come_and_gone(conversation, over))


def _flows_with(domain: Domain, action: str) -> tuple[str, ...]:
    """Name the flows that have a step with the action; else any, else one made up."""
    calling = tuple(name for name, flow in domain.flows.items() if _calls(flow, action))
    return calling or tuple(domain.flows) or (f"{action}_flow",)


def _calls(flow: Any, action: str) -> bool:
    if isinstance(flow, Mapping):
        return flow.get("action") == action or any(
            _calls(each, action) for each in flow.values()
        )
    return isinstance(flow, list) and any(_calls(each, action) for each in flow)


def _put_in(conversation: Conversation, place: int, *, news: list[Event]) -> None:
    """Put events behind the message at `place`, and the commands into it."""
    message = conversation.events[place]
    flow = next(event["flow_id"] for event in news if "flow_id" in event)
    commands = [{"command": "start flow", "flow": flow}]
    message["parse_data"] = {**message["parse_data"], "commands": commands}
    for number, event in enumerate(news, start=1):
        event["timestamp"] = message["timestamp"] + number
    conversation.events[place + 1 : place + 1] = news


def _started(conversation: Conversation, flow: str, *, action: str) -> list[Event]:
    frame = {
        "frame_id": conversation.rng.hex(FRAME_ID).upper(),
        "flow_id": flow,
        "step_id": f"0_{action}",
        "frame_type": "regular",
        "type": "flow",
    }
    return [
        _patch(conversation, {"op": "add", "path": "/0", "value": frame}),
        _new(conversation, "flow_started", flow_id=flow),
    ]


def _come_and_gone(conversation: Conversation, flow: str) -> list[Event]:
    return [
        *_started(conversation, flow, action="START"),
        _patch(conversation, {"op": "remove", "path": "/0"}),
        _new(conversation, "flow_completed", flow_id=flow, step_id="END"),
    ]


def _patch(conversation: Conversation, operation: Mapping[str, Any]) -> Event:
    return _new(conversation, "stack", update=json.dumps([operation]))


def _new(conversation: Conversation, kind: str, **fields: Any) -> Event:
    metadata = {**conversation.identity}
    return {"event": kind, "timestamp": 0, "metadata": metadata, **fields}


def _uuid(conversation: Conversation) -> str:
    digits = conversation.rng.hex()
    parts = (digits[:8], digits[8:12], f"4{digits[13:16]}", f"a{digits[17:20]}")
    return "-".join((*parts, digits[20:]))


_DRESSERS: Mapping[str, Callable[[Conversation, str], None]] = {
    "rasa-2.8": _as_in_2_8,
    "rasa-pro-3.21": _as_in_pro,
}
