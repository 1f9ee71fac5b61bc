"""Redaction: what is not to be written down, by rule.

`email`, `phone`, `iban`, `card` are patterns of text.  `slot:NAME` is the value of a
slot: where the slot stands, and wherever the same text occurs, in any case; and the
words of a message that an entity of that value marks.  A value counts as long as the
conversation's tracker is kept, also if a validation did not take it.

What is found becomes `[rule]`.  Texts that are shorter than `SHORTEST` are only
replaced where the slot, or an entity with the value, stands.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from rasa_mock.core.tracker import Tracker
from rasa_mock.errors import UsageError

Json = dict[str, Any]
Event = Mapping[str, Any]

PATTERNS: Mapping[str, re.Pattern[str]] = {
    "email": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "iban": re.compile(
        r"\b[A-Z]{2}\d{2}(?=(?:[ A-Z]{0,6}\d){6})"
        r"(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?\b",
        re.IGNORECASE,
    ),
    "card": re.compile(r"\b(?:\d[ -]?){12,18}\d\b"),
    # Dates as ISO 8601 writes them are none.
    "phone": re.compile(
        r"(?<![\w.])(?!\d{4}-\d\d-\d\d\b)(?:\+|00)?\(?\d(?:[ ()/.-]{0,2}\d){6,14}(?!\w)"
    ),
}
"""Name of a rule -> what it finds; in this order, the longer things first."""

SLOT = "slot:"
SHORTEST = 3
"""Characters of a slot's value that is looked for in texts; shorter are too many."""

VALUES = ("value", "before", "after")
# Fields of an event that say what it is; and ids, which look like anything.
STRUCTURE = ("event", "timestamp", "name", "message_id", "input_channel", "policy")
IDS = ("model_id", "assistant_id", "session_id", "turn_id")


class Secrets:
    """The texts of slots that are not to be seen, and what becomes of each."""

    def __init__(self) -> None:
        self.shown: dict[str, str] = {}
        self.scanned = 0
        self._pattern: re.Pattern[str] | None = None

    def __contains__(self, value: Any) -> bool:
        return str(value).casefold() in self.shown

    def add(self, value: Any, *, slot: str) -> None:
        """Learn all texts of a value."""
        for text in _texts(value):
            if text.casefold() not in self.shown:
                self.shown[text.casefold()] = f"[{SLOT}{slot}]"
                self._pattern = None

    def shown_for(self, value: Any) -> str:
        """Return what stands for a value that is one of these."""
        return self.shown[str(value).casefold()]

    def cleaned(self, text: str) -> str:
        """Replace the texts, the longest first."""
        if self._pattern is None:
            longest = sorted(
                (text for text in self.shown if len(text) >= SHORTEST),
                key=len,
                reverse=True,
            )
            found = "|".join(map(re.escape, longest)) or "(?!)"
            self._pattern = re.compile(found, re.IGNORECASE)
        return self._pattern.sub(self._shown, text)

    def _shown(self, match: re.Match[str]) -> str:
        # What is equal without regard to case may fold to something else.
        return self.shown.get(match[0].casefold(), f"[{SLOT[:-1]}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """The rules that hold; without any nothing is changed."""

    patterns: tuple[str, ...] = ()
    slots: frozenset[str] = frozenset()
    _known: WeakKeyDictionary[Tracker, Secrets] = field(
        init=False, repr=False, compare=False, default_factory=WeakKeyDictionary
    )

    @classmethod
    def of(cls, rules: Iterable[str]) -> Redaction:
        """Read rules; raise UsageError for one that is unknown."""
        given = [str(rule).strip() for rule in rules]
        for rule in given:
            names_slot = rule.startswith(SLOT) and rule != SLOT
            if rule not in PATTERNS and not names_slot:
                expected = ", ".join(PATTERNS)
                raise UsageError(
                    f"unknown rule of redaction {rule!r}: expected {expected} or "
                    f"{SLOT}NAME"
                )
        return cls(
            patterns=tuple(name for name in PATTERNS if name in given),
            slots=frozenset(
                rule.removeprefix(SLOT) for rule in given if rule.startswith(SLOT)
            ),
        )

    def __bool__(self) -> bool:
        return bool(self.patterns or self.slots)

    def check(self, slots: Collection[str]) -> None:
        """Raise UsageError where a slot is to be redacted that there is not."""
        for name in sorted(self.slots - set(slots)):
            near = difflib.get_close_matches(name, slots, n=1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            raise UsageError(
                f"cannot redact {SLOT + name!r}: the domain has no such slot{meant}"
            )

    # Secrets.

    def secrets_of(self, tracker: Tracker, *, more: Sequence[Event] = ()) -> Secrets:
        """Return what a conversation's slots hold, or have held.

        `more` are slot events that were not logged.  Only what is new is looked at.
        """
        secrets = self._known.get(tracker)
        if secrets is None:
            secrets = self._known[tracker] = Secrets()
        if not self.slots:
            return secrets
        events = tracker.history.events
        new = events[secrets.scanned :]
        secrets.scanned = len(events)
        for event in (*new, *more):
            if event["event"] == "slot" and event["name"] in self.slots:
                secrets.add(event.get("value"), slot=event["name"])
        for name in self.slots:
            secrets.add(tracker.slots.get(name), slot=name)
        for event in new:
            if event["event"] == "user":
                _learn_words(event, secrets)
        return secrets

    # Cleaning.

    def events(self, tracker: Tracker, events: Sequence[Event]) -> list[Json]:
        """Return events of a conversation without what the rules find."""
        secrets = self.secrets_of(tracker)
        return [self._event(event, secrets) for event in events]

    def _event(self, event: Event, secrets: Secrets) -> Json:
        hides = event["event"] == "slot" and event["name"] in self.slots
        return {
            key: value
            if key in STRUCTURE
            else f"[{SLOT}{event['name']}]"
            if hides and key == "value" and value is not None
            else self.cleaned(value, secrets=secrets)
            for key, value in event.items()
        }

    def cleaned(self, value: Any, *, secrets: Secrets) -> Any:
        """Return a JSON value without what the rules find."""
        if isinstance(value, str):
            return self._text(value, secrets)
        if isinstance(value, list | tuple):
            return [self.cleaned(each, secrets=secrets) for each in value]
        if isinstance(value, Mapping):
            return self._object(value, secrets)
        return value

    def _object(self, value: Mapping[Any, Any], secrets: Secrets) -> Json:
        """Clean an object; one that names a slot beside its value, and one of slots."""
        cleaned = {}
        name = value.get("name")
        hides = isinstance(name, str) and name in self.slots
        for key, each in value.items():
            if key in self.slots or (hides and key in VALUES):
                slot = key if key in self.slots else name
                shown = None if each is None else f"[{SLOT}{slot}]"
            elif key in VALUES and _is_plain(each) and each in secrets:
                shown = secrets.shown_for(each)
            elif key in IDS:
                shown = each
            else:
                shown = self.cleaned(each, secrets=secrets)
            cleaned[self._text(key, secrets) if isinstance(key, str) else key] = shown
        return cleaned

    def _text(self, text: str, secrets: Secrets) -> str:
        if secrets.shown:
            text = secrets.cleaned(text)
        for name in self.patterns:
            text = PATTERNS[name].sub(f"[{name}]", text)
        return text


NOTHING = Redaction()


def _learn_words(event: Event, secrets: Secrets) -> None:
    """Learn the words of a message that an entity with a secret value marks."""
    data, text = event.get("parse_data") or {}, event.get("text")
    for entity in data.get("entities") or ():
        if not isinstance(entity, Mapping) or not isinstance(text, str):
            continue
        value, start, end = (entity.get(key) for key in ("value", "start", "end"))
        if not isinstance(start, int) or not isinstance(end, int):
            continue
        if _is_plain(value) and value in secrets:
            slot = secrets.shown_for(value)[len(SLOT) + 1 : -1]
            secrets.add(text[start:end], slot=slot)


def _is_plain(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str) or is_number


def _texts(value: Any) -> list[str]:
    """Return the texts and numbers in a value, at any depth."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [text for each in value for text in _texts(each)]
    return [str(value)] if _is_plain(value) and str(value).strip() else []
