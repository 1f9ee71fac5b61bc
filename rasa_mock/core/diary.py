"""How events get into a conversation: with the time of logging and the bot's ids.

Imitates `update_with_events` of rasa/shared/core/trackers.py and
`_log_action_on_tracker` of rasa/core/processor.py (Rasa 3.6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rasa_mock.core.events import read_event
from rasa_mock.core.outcome import REJECTED
from rasa_mock.core.policies.prediction import Choice
from rasa_mock.core.state import Wire
from rasa_mock.core.tracker import Tracker

EXTERNAL = "EXTERNAL: "


@dataclass(slots=True, kw_only=True)
class Diary:
    """Writes into one tracker; `ids` is the metadata that every live event gets."""

    tracker: Tracker
    ids: Mapping[str, Any] = field(default_factory=dict)

    def log(self, raw: Mapping[str, Any]) -> None:
        """Log an event as of now."""
        event = read_event(raw, self.tracker.source)
        if event is not None:
            self.log_read(event)

    def log_read(self, event: Wire) -> None:
        """Log an event that `read_event` made, as of now; the dict is kept."""
        event["timestamp"] = self.tracker.source.now()
        put_metadata(event, self.ids)
        self.tracker.log(event)

    def add(self, event: Wire) -> None:
        """Log an event that `read_event` made, with its own time."""
        put_metadata(event, self.ids)
        self.tracker.log(event)

    def log_rejection(self, choice: Choice) -> None:
        """Log that an action refused to run."""
        self.log(
            {
                "event": REJECTED,
                "name": choice.action,
                "policy": choice.policy,
                "confidence": choice.confidence,
            }
        )

    def log_run(self, choice: Choice, events: Iterable[Wire]) -> None:
        """Log the prediction, the action and what it returned."""
        if all(event["event"] != REJECTED for event in events):
            for raw in choice.events:
                self.log(raw)
            self.log(
                {
                    "event": "action",
                    "name": choice.action,
                    "policy": choice.policy,
                    "confidence": choice.confidence,
                    "hide_rule_turn": choice.hide_rule_turn,
                }
            )
        for event in events:
            self.log_read(event)

    def log_external(self, intent: str, *, entities: Any, input_channel: Any) -> None:
        """Log an intent that did not come from the user."""
        if isinstance(entities, Mapping):
            entities = [
                {"entity": name, "value": value} for name, value in entities.items()
            ]
        listed = list(entities) if isinstance(entities, (list, tuple)) else []
        self.log(
            {
                "event": "user",
                "text": f"{EXTERNAL}{intent}",
                "parse_data": {"intent": {"name": intent}, "entities": listed},
                "input_channel": input_channel,
                "metadata": {"is_external": True},
            }
        )


def put_metadata(event: Wire, ids: Mapping[str, Any]) -> None:
    """Add what an event lacks of the ids; metadata stands third where it is new."""
    if not ids:
        return
    metadata = event.get("metadata")
    if metadata:
        event["metadata"] = {**metadata, **_lacking(ids, metadata)}
        return
    if metadata is not None:
        event["metadata"] = dict(ids)
        return
    rest = list(event.items())
    event.clear()
    event.update([*rest[:2], ("metadata", dict(ids)), *rest[2:]])


def _lacking(ids: Mapping[str, Any], metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in ids.items() if name not in metadata}
