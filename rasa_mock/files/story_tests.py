"""Test stories of Rasa Open Source: the `stories` of a file `test_*.yml`.

Read as training stories are (`files.stories`), but strictly: in a test a key that is
skipped with a warning would prove nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rasa_mock.core.policies.training import Block
from rasa_mock.files.shapes import (
    Check,
    Spot,
    anything,
    either,
    list_of,
    mapping,
    record,
    shown,
    text,
    unknown_key,
)
from rasa_mock.files.stories import read_blocks
from rasa_mock.files.yaml import load_yaml

PREFIX = "test_"
SECTION = "stories"

ENTITIES = list_of(either("an entity", (str, text), (dict, mapping)), of="entities")
SLOTS = either("slots", (list, anything), (dict, anything))
LOOP = either("the name of a form, or null", (str, text), (type(None), anything))
MESSAGE = {"user": text, "intent": text, "entities": ENTITIES, "metadata": anything}
KINDS: Mapping[str, Check] = {
    "user": record("a user step", optional=MESSAGE),
    "intent": record("a user step", optional=MESSAGE),
    "action": record("an action step", needed={"action": text}),
    "bot": record("a bot step", needed={"bot": text}),
    "active_loop": record("a step", needed={"active_loop": LOOP}),
    "checkpoint": record(
        "a checkpoint", needed={"checkpoint": text}, optional={"slot_was_set": SLOTS}
    ),
    "slot_was_set": record("a slot step", needed={"slot_was_set": SLOTS}),
    "or": record("an or step", needed={"or": list_of(anything, of="steps", least=1)}),
}
KEYS = {**KINDS, "entities": anything, "metadata": anything}


def _step(value: object, spot: Spot) -> None:
    """Take a step by the first key that says what it is."""
    if not isinstance(value, dict):
        raise spot.wrong(f"expected a step such as 'intent: greet', got {shown(value)}")
    for key in value:
        if key not in KEYS:
            raise (spot / key).wrong(unknown_key(key, KEYS, noun="a step"))
    for kind, check in KINDS.items():
        if kind in value:
            check(value, spot)
            return
    raise spot.wrong(f"expected one of {', '.join(KINDS)} in a step")


STORY = record(
    "a story",
    needed={"story": text, "steps": list_of(_step, of="steps", least=1)},
    optional={"metadata": anything},
)
FILE = record(
    "a file of test stories",
    needed={SECTION: list_of(STORY, of="stories")},
    optional={"version": anything, "rules": anything},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryFile:
    """The test stories of one file, as blocks; `notes` says what does not count."""

    path: str
    blocks: tuple[Block, ...]
    notes: tuple[str, ...] = ()


def load_stories(path: Path | str) -> StoryFile:
    """Read test stories; raises DataError with path and line for an unknown key."""
    document = load_yaml(path).filled_in()
    spot = Spot(document=document)
    FILE(document.value, spot)
    notes: list[str] = []

    def tell(message: str, pointer: str) -> None:
        notes.append(f"{path}:{document.line_of(pointer)}: {message}")

    blocks = [block for block in read_blocks(document, tell=tell) if not block.is_rule]
    if document.value.get("rules"):
        tell("rules are training data, not tests: they are left out", "/rules")
    return StoryFile(path=str(path), blocks=tuple(blocks), notes=tuple(notes))
