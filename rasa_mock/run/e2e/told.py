"""Events in short, for the explanation of a failed test: what happened in a turn."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Wire = Mapping[str, Any]


def tell(events: Iterable[Wire]) -> Iterator[str]:
    """Yield a line for each event that says something to a reader of the test."""
    for event in events:
        line = _TELLERS.get(event["event"], _name)(event)
        if line:
            yield line


def json_text(value: Any) -> str:
    """Write a value as JSON, in which 5 and "5" look different."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _name(event: Wire) -> str:
    return str(event["event"])


def _nothing(_event: Wire) -> str:
    return ""


def _bot(event: Wire) -> str:
    name = (event.get("metadata") or {}).get("utter_action")
    data = {key: value for key, value in (event.get("data") or {}).items() if value}
    said = [json_text(event.get("text"))] if event.get("text") is not None else []
    said += [json_text(data)] if data else []
    return f"bot {' '.join(said)}" + (f" ({name})" if name else "")


def _action(event: Wire) -> str:
    return f"action {event['name']}"


def _flow(event: Wire) -> str:
    step = event.get("step_id")
    return f"{event['event']} {event.get('flow_id')}" + (f" at {step}" if step else "")


_TELLERS: Mapping[str, Callable[[Wire], str]] = {
    "user": lambda event: (
        f"user {json_text(event.get('text'))} (intent "
        f"{((event.get('parse_data') or {}).get('intent') or {}).get('name')})"
    ),
    "bot": _bot,
    "action": _action,
    "slot": lambda event: f"slot {event['name']}: {json_text(event['value'])}",
    "active_loop": lambda event: f"active_loop {event['name'] or 'null'}",
    "followup": lambda event: f"followup {event['name']}",
    "action_execution_rejected": lambda event: f"rejected {event['name']}",
    "user_featurization": _nothing,
    **dict.fromkeys(
        ("flow_started", "flow_completed", "flow_cancelled", "flow_interrupted"), _flow
    ),
}
