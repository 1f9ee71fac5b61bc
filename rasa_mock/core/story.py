"""The story that an `export` event writes: a conversation as training data.

Imitates `rasa.shared.core.training_data.story_writer.yaml_story_writer` of Rasa 3.6,
except that the result is a plain value: nothing is written here.  Entity markup that a
user has typed into a message stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rasa_mock.core.state import LISTEN, SESSION_START, Message, Wire

# Not written: every story has them.
IMPLIED_ACTIONS = (LISTEN, SESSION_START, "RULE_SNIPPET_ACTION")
SLASH = "/"


def make_steps(events: Iterable[Wire]) -> list[Wire]:
    """Turn events into the steps of a story; most types leave no trace.

    Raises KeyError, TypeError or AttributeError, as Rasa does, where the entities of a
    message do not look like entities.
    """
    steps = (_STEPS.get(event["event"], _no_step)(event) for event in events)
    return [step for step in steps if step]


class Literal(str):
    """A text that is written as a block of its own (`|-`)."""

    __slots__ = ()


class Quoted(str):
    """A text that is written in double quotes."""

    __slots__ = ()


def make_test_steps(events: Iterable[Wire]) -> list[Wire]:
    """Turn events into the steps of a test story, in which the user's words stand."""
    steps = (_TEST_STEPS.get(event["event"], _no_step)(event) for event in events)
    return [step for step in steps if step]


def _no_step(_event: Wire) -> Wire:
    return {}


def _action_step(event: Wire) -> Wire:
    name, text = event["name"], event["action_text"]
    if name in IMPLIED_ACTIONS:
        return {}
    if name:
        return {"action": name}
    return {"bot": text} if text else {}


def _slot_step(event: Wire) -> Wire:
    return {"slot_was_set": [{event["name"]: event["value"]}]}


def _loop_step(event: Wire) -> Wire:
    return {"active_loop": event["name"]}


def _user_step(event: Wire) -> Wire:
    by_text = event.by_text if isinstance(event, Message) else None
    entities = event.entities if isinstance(event, Message) else []
    intent = event["parse_data"]["intent"] or {}
    step: Wire = {}
    if intent.get("name") and not by_text:
        step["intent"] = intent.get("full_retrieval_intent_name") or intent["name"]
    if entities:
        step["entities"] = [_entity(entity) for entity in entities]
    if event["text"] and by_text:
        step["user"] = _annotated(event["text"], entities)
    return step


def _test_user_step(event: Wire) -> Wire:
    data = event["parse_data"]
    by_text = event.by_text if isinstance(event, Message) else None
    intent = data["intent"] or {}
    step: Wire = {}
    if intent.get("name") and not by_text:
        step["intent"] = intent.get("full_retrieval_intent_name") or intent["name"]
    if event["text"]:
        # An entity that came without its place leaves no mark (measured).
        placed = [each for each in data.get("entities") or [] if "start" in each]
        step["user"] = Literal(_annotated(event["text"], placed))
    return step


def _entity(entity: Any) -> Any:
    name = entity["entity"]
    return {name: entity["value"]} if "value" in entity else name


def _annotated(text: str, entities: Iterable[Any]) -> str:
    """Mark the entities in the text, as training examples do."""
    if text.startswith(SLASH):
        return text
    parts, done = [], 0
    marked = [entity for entity in entities if isinstance(entity, dict)]
    for entity in sorted(marked, key=lambda entity: entity["start"]):
        parts += [text[done : entity["start"]], _marked(text, entity)]
        done = entity["end"]
    return "".join([*parts, text[done:]])


def _marked(text: str, entity: Wire) -> str:
    words = text[entity["start"] : entity["end"]]
    said = {name: entity.get(name) for name in ("entity", "role", "group", "value")}
    if said["value"] == words:
        said["value"] = None
    told = {name: value for name, value in said.items() if value is not None}
    if tuple(told) in ((), ("entity",)):
        return f"[{words}]({said['entity']})"
    return f"[{words}]{json.dumps(told)}"


_STEPS: Mapping[str, Callable[[Wire], Wire]] = {
    "action": _action_step,
    "active_loop": _loop_step,
    "slot": _slot_step,
    "user": _user_step,
}
_TEST_STEPS = {**_STEPS, "user": _test_user_step}
