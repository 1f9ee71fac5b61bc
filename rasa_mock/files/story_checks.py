"""What rules and stories name and the domain lacks, and what is not predicted here.

Imitates the warnings of the story reader and the errors of training (Rasa 3.6).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rasa_mock.core.bot import Notice
from rasa_mock.core.domain import Domain
from rasa_mock.core.policies.training import Block, Step, is_end_to_end
from rasa_mock.errors import DataError


def check_blocks(blocks: Sequence[Block], *, domain: Domain) -> Iterator[Notice]:
    """Yield what Rasa would warn of; raise DataError where it refuses to train."""
    for block in blocks:
        lines = block.lines or [None] * len(block.steps)
        steps = [*zip(block.steps, lines, strict=True)]
        steps += [(step, block.line) for step in block.conditions]
        for step, line in steps:
            for each in _alternatives(step):
                yield from _check_step(each, block, line=line or block.line, at=domain)
        if sum("intent" in step or "or" in step for step in block.steps) > 1:
            _check_turns(block)
    yield from _loose_ends(blocks)


def _alternatives(step: Step) -> Iterable[Step]:
    alternatives: Iterable[Step] = step.get("or", (step,))
    return alternatives


def _check_step(
    step: Step, block: Block, *, line: int | None, at: Domain
) -> Iterator[Notice]:
    def notice(message: str) -> Notice:
        return Notice(message=message, path=block.path, line=line)

    kind = "rule" if block.is_rule else "story"
    where = f"in the {kind} {block.name!r}"
    if is_end_to_end(step):
        said = step.get("bot") or step.get("user")
        yield notice(f"{said!r} {where} is learned end to end: it is not predicted")
    elif "action" in step and step["action"] not in at.action_names:
        raise DataError(
            f"the action {step['action']!r} {where} is not in the domain; add it to "
            "actions, responses or forms, or correct the name",
            path=block.path,
            line=line,
            rasa_class="ActionNotFoundException",
        )
    elif "intent" in step and step["intent"] not in at.intents:
        yield notice(f"the intent {step['intent']!r} {where} is not in the domain")
    elif "active_loop" in step:
        name = step["active_loop"]
        if name is not None and name not in at.action_names:
            yield notice(f"the form {name!r} {where} is not in the domain")
    elif "slot_was_set" in step:
        for name in _slot_names(step["slot_was_set"]):
            if name not in at.slots:
                yield notice(f"the slot {name!r} {where} is not in the domain")


def _slot_names(items: Any) -> Iterator[str]:
    for item in [items] if isinstance(items, Mapping) else items:
        yield from item if isinstance(item, Mapping) else (item,)


def _check_turns(block: Block) -> None:
    """Refuse a rule with several messages, as RulePolicy does."""
    if block.is_rule:
        raise DataError(
            f"the rule {block.name!r} has more than one message of the user: write a "
            "story instead",
            path=block.path,
            line=block.line,
            rasa_class="InvalidRule",
        )


def _loose_ends(blocks: Sequence[Block]) -> Iterator[Notice]:
    """Yield checkpoints that are only ever left, or only ever reached."""
    starts: dict[str, tuple[Block, int | None]] = {}
    ends: dict[str, tuple[Block, int | None]] = {}
    for block in blocks:
        lines = block.lines or [None] * len(block.steps)
        has_begun = False
        for index, (step, line) in enumerate(zip(block.steps, lines, strict=True)):
            if "checkpoint" not in step:
                has_begun = True
                continue
            place = (block, line)
            if has_begun:
                ends.setdefault(step["checkpoint"], place)
            if index < len(block.steps) - 1:
                starts.setdefault(step["checkpoint"], place)
    for name in sorted(starts.keys() ^ ends.keys()):
        block, line = starts.get(name) or ends[name]
        verb = "starts from" if name in starts else "ends with"
        other = "ends with" if name in starts else "starts from"
        yield Notice(
            message=f"{block.name!r} {verb} the checkpoint {name!r}, but nothing "
            f"{other} it",
            path=block.path,
            line=line,
        )
