"""Rules and stories as conversations to learn from.

A `Block` is one rule or story as its file says it: steps as plain mappings
(`{"intent": "greet"}`, `{"action": "utter_greet"}`, ...).  `conversations` turns blocks
into lists of events: alternatives (`or`) are tried one by one, blocks are joined at
their checkpoints, a rule starts after an action that nobody knows (`...`) unless it is
for the start of a conversation, and the bot listens before each message.

Imitates `YAMLStoryReader`, `StoryStep.explicit_events` and `TrainingDataGenerator` of
`rasa.shared.core` (Rasa 3.6), without augmentation: only machine learning uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rasa_mock.core.domain import Domain
from rasa_mock.core.state import LISTEN, Message, Wire
from rasa_mock.errors import DataError

SNIPPET = "..."
# More ways through the checkpoints than this are not followed.
MOST_PATHS = 10_000

ENTITY_KEYS = ("entity", "role", "group")

Step = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One rule or story; `lines` are the lines of its steps, where they are known."""

    name: str
    steps: Sequence[Step]
    is_rule: bool = False
    conditions: Sequence[Step] = ()
    conversation_start: bool = False
    wait_for_user_input: bool = True
    path: str | None = None
    line: int | None = None
    lines: Sequence[int | None] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One way through the training data; events as on the wire, without times.

    `unpredictable` holds the positions of actions that are not to be learned.
    """

    name: str
    is_rule: bool
    events: tuple[Wire, ...]
    unpredictable: frozenset[int] = frozenset()


@dataclass(slots=True, kw_only=True)
class Part:
    """A piece of a story between checkpoints, one alternative of each `or` chosen."""

    block: Block
    events: list[Wire] = field(default_factory=list)
    starts: tuple[Step, ...] = ()
    ends: tuple[Step, ...] = ()

    def twin(self) -> Part:
        """Return a copy that can go on in another way."""
        return Part(
            block=self.block,
            events=list(self.events),
            starts=self.starts,
            ends=self.ends,
        )


def is_end_to_end(step: Step) -> bool:
    """Tell whether a step names a text instead of an intent or action."""
    return "bot" in step or ("user" in step and not step.get("intent"))


def conversations(blocks: Iterable[Block], *, domain: Domain) -> list[Conversation]:
    """Return every way through the blocks, rules first as Rasa has them.

    Blocks with end-to-end steps are left out: what they predict has to be learned.
    """
    parts = [
        part
        for block in blocks
        if not any(is_end_to_end(step) for step in _all_steps(block.steps))
        for part in _parts(block, domain=domain)
    ]
    return [_finish(path) for path in _paths(parts)]


def _all_steps(steps: Iterable[Step]) -> Iterator[Step]:
    for step in steps:
        yield from _all_steps(step["or"]) if "or" in step else (step,)


# From steps to events.


def action_event(name: str) -> Wire:
    """Make the event of an action as training data has it."""
    return {
        "event": "action",
        "name": name,
        "action_text": None,
        "policy": None,
        "confidence": None,
        "hide_rule_turn": False,
    }


def _message(step: Step, domain: Domain) -> list[Wire]:
    entities = [dict(entity) for entity in step.get("entities") or ()]
    parse_data = {"intent": {"name": step["intent"]}, "entities": entities}
    message = Message(event="user", text=step.get("user"), parse_data=parse_data)
    message.entities, message.by_text = entities, None
    return [message, *_slots_of(entities, domain)]


def _slots_of(entities: Sequence[Wire], domain: Domain) -> Iterator[Wire]:
    """Yield the slots that entities of a story fill, where no loop has to be active."""
    if not entities or not domain.stores_entities:
        return
    for slot in domain.slots.values():
        values = [
            entity.get("value")
            for mapping in slot.mappings
            if mapping["type"] == "from_entity" and not _asks_for_loop(mapping)
            for entity in entities
            if all(entity.get(key) == mapping.get(key) for key in ENTITY_KEYS)
        ]
        if values:
            value = values if slot.is_list else values[-1]
            yield {"event": "slot", "name": slot.name, "value": value}


def _asks_for_loop(mapping: Mapping[str, Any]) -> bool:
    """Tell whether the first condition of a mapping names a loop, as Rasa asks."""
    conditions = mapping.get("conditions")
    return conditions is not None and any(
        condition.get("active_loop") is not None for condition in conditions[:1]
    )


def _action(step: Step, _domain: Domain) -> list[Wire]:
    return [action_event(step["action"])]


def _loop(step: Step, _domain: Domain) -> list[Wire]:
    return [{"event": "active_loop", "name": step["active_loop"]}]


# What a slot that is only named stands for, by its type.
DEFAULT_VALUES: Mapping[str, Any] = {"text": "filled", "list": ["filled"]}


def _slots(step: Step, domain: Domain) -> list[Wire]:
    return [
        {"event": "slot", "name": name, "value": value}
        for item in step["slot_was_set"] or ()
        for name, value in _named_values(item, domain)
    ]


def _named_values(item: Any, domain: Domain) -> Iterable[tuple[str, Any]]:
    if isinstance(item, Mapping):
        return item.items()
    slot = domain.slots.get(item)
    return [(item, DEFAULT_VALUES.get(slot.type) if slot else None)]


_READERS: Mapping[str, Callable[[Step, Domain], list[Wire]]] = {
    "intent": _message,
    "action": _action,
    "active_loop": _loop,
    "slot_was_set": _slots,
}


def step_events(step: Step, *, domain: Domain) -> list[Wire]:
    """Return the events that one step stands for."""
    for key, read in _READERS.items():
        if key in step:
            return read(step, domain)
    expected = ", ".join((*_READERS, "checkpoint", "or"))
    raise DataError(f"cannot read the step {dict(step)!r}: expected one of {expected}")


# From blocks to parts.


def _parts(block: Block, *, domain: Domain) -> list[Part]:
    """Cut a block at its checkpoints and spread out its alternatives."""
    current = [Part(block=block, events=_opening(block, domain))]
    done: list[Part] = []
    for step in block.steps:
        if "checkpoint" in step:
            done += _close(current, step)
            current = [Part(block=block, starts=(step,))]
        elif "or" in step:
            current = [
                _grown(part.twin(), choice, domain=domain)
                for choice in step["or"]
                for part in current
            ]
        else:
            current = [_grown(part, step, domain=domain) for part in current]
    if not block.wait_for_user_input:
        for part in current:
            part.events.append(action_event(SNIPPET))
    return done + [part for part in current if part.events or not part.starts]


def _opening(block: Block, domain: Domain) -> list[Wire]:
    """Return what a rule starts with; nothing for a story."""
    if not block.is_rule:
        return []
    events = [
        event for step in block.conditions for event in step_events(step, domain=domain)
    ]
    if not block.conversation_start:
        events.append(action_event(SNIPPET))
    return events


def _grown(part: Part, step: Step, *, domain: Domain) -> Part:
    part.events += step_events(step, domain=domain)
    return part


def _close(parts: list[Part], checkpoint: Step) -> list[Part]:
    """End the parts at a checkpoint; one without events only has a start."""
    closed = [part for part in parts if part.events]
    for part in closed:
        part.ends = (checkpoint,)
    return closed


# From parts to paths.


def _paths(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Yield every way from a start to an end, each part at most once."""
    followers: dict[str, list[Part]] = {}
    for part in parts:
        for checkpoint in part.starts:
            followers.setdefault(checkpoint["checkpoint"], []).append(part)
    count = 0
    stack = [[part] for part in reversed(parts) if not part.starts]
    while stack and count < MOST_PATHS:
        path = stack.pop()
        following = [
            part
            for checkpoint in path[-1].ends
            for part in followers.get(checkpoint["checkpoint"], [])
            if not any(part is visited for visited in path)
            and _is_open(part, checkpoint["checkpoint"], path=path)
        ]
        if following:
            stack += [[*path, part] for part in reversed(following)]
        else:
            count += 1
            yield path


def _is_open(part: Part, name: str, *, path: Sequence[Part]) -> bool:
    """Tell whether the slots have the values that the checkpoint asks for."""
    wanted = [start for start in part.starts if start["checkpoint"] == name]
    slots = {
        event["name"]: event["value"]
        for before in path
        for event in before.events
        if event["event"] == "slot"
    }
    return any(
        all(slots.get(key) == value for key, value in _conditions(start).items())
        for start in wanted
    )


def _conditions(checkpoint: Step) -> Mapping[str, Any]:
    return checkpoint.get("slot_was_set") or {}


def _finish(path: Sequence[Part]) -> Conversation:
    """Join the parts, let the bot listen before each message and at the end.

    At a checkpoint from which nothing goes on the bot does not listen.
    """
    events: list[Wire] = []
    unpredictable = set()
    for part in path:
        is_first = True
        for event in part.events:
            if event["event"] == "user":
                _listen(events)
                is_first = False
            elif event["event"] == "action" and is_first and not part.starts:
                # Nothing came before it from which it could be told.
                unpredictable.add(len(events))
                is_first = False
            events.append(event)
    if not path[-1].ends:
        _listen(events)
    block = path[0].block
    return Conversation(
        name=" + ".join(dict.fromkeys(part.block.name for part in path)),
        is_rule=block.is_rule,
        events=tuple(events),
        unpredictable=frozenset(unpredictable),
    )


def _listen(events: list[Wire]) -> None:
    if not events or events[-1].get("name") != LISTEN:
        events.append(action_event(LISTEN))
