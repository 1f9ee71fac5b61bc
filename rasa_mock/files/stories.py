"""Rules and stories: the `rules` and `stories` of YAML files, as Rasa reads them.

Every step becomes a plain mapping of one kind (`core.policies.training`): `intent`,
`action`, `active_loop`, `slot_was_set`, `checkpoint`, `or`, and `bot` or `user` for a
step that goes by its text.  What Rasa skips with a warning is skipped and told.

Imitates rasa/shared/core/training_data/story_reader/yaml_story_reader.py (Rasa 3.6).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rasa_mock.core.policies.training import Block
from rasa_mock.errors import DataError
from rasa_mock.files.training_data import Tell, marked_entities, plain_text
from rasa_mock.files.yaml import Document

Step = dict[str, Any]

# Section of a file -> the key that names an item of it.
SECTIONS: Mapping[str, str] = {"stories": "story", "rules": "rule"}


def read_blocks(document: Document, *, tell: Tell) -> Iterator[Block]:
    """Yield the rules and stories of a file."""
    for section, title in SECTIONS.items():
        items = document.value.get(section) or []
        if not isinstance(items, list):
            raise document.locate(
                DataError(
                    f"expected a list of {section}, got {items!r}",
                    pointer=f"/{section}",
                )
            )
        for index, item in enumerate(items):
            pointer = f"/{section}/{index}"
            if not isinstance(item, dict):
                tell(f"expected an object with {title!r}, got {item!r}", pointer)
            elif title in item:
                block = _block(item, document, title=title, pointer=pointer, tell=tell)
                if block is not None:
                    yield block
            else:
                tell(f"expected {title!r}, got {', '.join(map(str, item))}", pointer)


def _block(
    item: Step, document: Document, *, title: str, pointer: str, tell: Tell
) -> Block | None:
    name = item.get(title) or ""
    if not item.get("steps"):
        tell(f"the {title} {name!r} has no steps", pointer)
        return None
    steps = list(_steps(item, "steps", document=document, pointer=pointer, tell=tell))
    conditions = list(
        _steps(item, "condition", document=document, pointer=pointer, tell=tell)
    )
    is_rule = title == "rule"
    return Block(
        name=str(name),
        steps=[step for step, _ in steps],
        lines=[line for _, line in steps],
        is_rule=is_rule,
        conditions=[step for step, _ in conditions] if is_rule else (),
        conversation_start=is_rule and bool(item.get("conversation_start")),
        wait_for_user_input=not is_rule or item.get("wait_for_user_input") is not False,
        path=document.path,
        line=document.line_of(pointer),
    )


def _steps(
    item: Step, key: str, *, document: Document, pointer: str, tell: Tell
) -> Iterator[tuple[Step, int | None]]:
    """Yield the steps that can be read, each with its line."""
    given = item.get(key) or []
    if not isinstance(given, list):
        raise document.locate(
            DataError(f"expected a list of steps, got {given!r}", pointer=pointer)
        )
    for index, step in enumerate(given):
        place = f"{pointer}/{key}/{index}"
        try:
            for read in _read(step):
                yield read, document.line_of(place)
        except SkippedError as skipped:
            tell(f"{skipped}; the step is skipped", place)


class SkippedError(Exception):
    """A step that Rasa skips; the text says why."""


def _read(step: Any) -> list[Step]:
    if not isinstance(step, dict):
        raise SkippedError(
            f"expected a step such as 'action: utter_greet', got {step!r}"
        )
    for key, read in READERS.items():
        if key in step:
            return read(step)
    expected = ", ".join(READERS)
    raise SkippedError(f"expected one of {expected}, got {', '.join(map(str, step))}")


def _message(step: Step) -> list[Step]:
    """Read what the user means, or only says."""
    text = step.get("user")
    intent = step.get("intent", "")
    if not isinstance(intent, str) or (not intent.strip() and not text):
        raise SkippedError(f"expected the name of an intent, got {intent!r}")
    read: Step = {}
    if text is not None:
        read = {"user": plain_text(str(text).strip())}
        read["entities"] = marked_entities(str(text).strip())
        if step.get("entities"):
            # Rasa overlooks them; a test that has them means them.
            read["listed"] = list(_entities(step["entities"]))
    else:
        read = {"entities": list(_entities(step.get("entities") or ()))}
    if "intent" in step:
        # Stories know a retrieval intent by its first part.
        read["intent"] = intent.strip().removeprefix("/").split("/")[0]
    return [read]


def _entities(given: Any) -> Iterator[Step]:
    for entity in given:
        if not isinstance(entity, dict):
            yield {"entity": entity, "value": ""}
            continue
        named = [pair for pair in entity.items() if pair[0] not in ("role", "group")]
        name, value = named[-1] if named else (None, None)
        read = {"entity": name, "value": value}
        read |= {key: entity.get(key) for key in ("role", "group")}
        yield {key: value for key, value in read.items() if value is not None}


def _alternatives(step: Step) -> list[Step]:
    """Read an `or`: of messages, or of slots, each of which is a choice."""
    choices: list[Step] = []
    for item in step["or"] or ():
        if isinstance(item, dict) and "intent" in item:
            choices += _message(item)
        elif isinstance(item, dict) and "slot_was_set" in item:
            choices += [
                {"slot_was_set": [pair]}
                for each in _slot_items(item)
                for pair in (
                    [{name: value} for name, value in each.items()]
                    if isinstance(each, dict)
                    else [each]
                )
            ]
        else:
            raise SkippedError(f"'or' takes intents and slots, got {item!r}")
    return [{"or": choices}] if choices else []


def _action(step: Step) -> list[Step]:
    if not step["action"]:
        raise SkippedError("expected the name of an action, got none")
    return [{"action": str(step["action"])}]


def _bot(step: Step) -> list[Step]:
    return [{"bot": step["bot"]}]


def _checkpoint(step: Step) -> list[Step]:
    conditions: Step = {}
    for item in _slot_items(step):
        if not isinstance(item, dict):
            raise SkippedError(f"a checkpoint's slots need values, got {item!r}")
        conditions |= item
    return [{"checkpoint": str(step["checkpoint"]), "slot_was_set": conditions}]


def _slots(step: Step) -> list[Step]:
    return [{"slot_was_set": _slot_items(step)}]


def _slot_items(step: Step) -> list[Any]:
    items = step.get("slot_was_set") or []
    if isinstance(items, dict):
        items = [items]
    if not isinstance(items, list):
        raise SkippedError(f"expected a list of slots, got {items!r}")
    for item in items:
        if not isinstance(item, (dict, str)):
            raise SkippedError(f"expected a slot, got {item!r}")
    return items


def _active_loop(step: Step) -> list[Step]:
    return [{"active_loop": step["active_loop"]}]


def _nothing(_step: Step) -> list[Step]:
    return []


# In this order: a step with several of the keys is what the first of them says.
READERS: Mapping[str, Callable[[Step], list[Step]]] = {
    "intent": _message,
    "user": _message,
    "or": _alternatives,
    "action": _action,
    "bot": _bot,
    "checkpoint": _checkpoint,
    "slot_was_set": _slots,
    "active_loop": _active_loop,
    "metadata": _nothing,
}
