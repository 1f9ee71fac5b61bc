"""Conversation tests as plain values: what `files.e2e` reads and `run.e2e` plays.

The format is that of `rasa test e2e` of Rasa Pro 3.21; see docs/conversation-tests.md.
Fixtures, metadata and stubs are put in where they are named, so that a `Case` is
complete in itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

USER = "user"
BOT = "bot"
UTTER = "utter"
SLOT_WAS_SET = "slot_was_set"
SLOT_WAS_NOT_SET = "slot_was_not_set"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotValue:
    """A slot that is named, with a value or without: `has_value` tells."""

    name: str
    has_value: bool = False
    value: Any = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """One assertion of a user step; `slots` are those that it is about."""

    key: str
    value: Any
    slots: tuple[SlotValue, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: `kind` is the key that says what it is.

    `text` is what the user or the bot says, or the name of a response; `metadata` that
    of the message, the case's included.  With `ordered` each assertion has to come true
    after the one before it.
    """

    kind: str
    text: str = ""
    slots: tuple[SlotValue, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    assertions: tuple[Assertion, ...] = ()
    ordered: bool = False
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test case; `source` is the object in the file that it was read from.

    `fixtures` are the slots that are set before the first step; `stubs` answer actions
    by name.
    """

    name: str
    path: str
    line: int | None = None
    fixtures: tuple[SlotValue, ...] = ()
    steps: tuple[Step, ...] = ()
    stubs: Mapping[str, Any] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_assertions(self) -> bool:
        """Whether any step has assertions; only these count then."""
        return any(step.assertions for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """The test cases of one file; `shared` are its other sections, conftest's in them.

    `notes` says what is allowed and yet likely wrong.
    """

    path: str
    cases: tuple[Case, ...]
    shared: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
