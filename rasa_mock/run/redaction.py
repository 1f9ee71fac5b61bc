"""Redaction: what is not to be written down, by rule.

`email`, `phone`, `iban`, `card` are patterns of text; `slot:NAME` is the value of a
slot, wherever it occurs.  Whole values and parts of texts become `[rule]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rasa_mock.errors import UsageError

PATTERNS: Mapping[str, re.Pattern[str]] = {
    "email": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "iban": re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"),
    "card": re.compile(r"\b(?:\d[ -]?){12,18}\d\b"),
    "phone": re.compile(r"(?<![\w.])(?:\+|00)?\d(?:[ ()/-]{0,2}\d){6,14}(?![\w.])"),
}
"""Name of a rule -> what it finds; in this order, the longer things first."""

SLOT = "slot:"
SHORTEST = 3
"""Characters of a slot's value that is looked for in texts; shorter are too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """The rules that hold; without any nothing is changed."""

    patterns: tuple[str, ...] = ()
    slots: frozenset[str] = frozenset()

    @classmethod
    def of(cls, rules: Iterable[str]) -> Redaction:
        """Read rules; raise UsageError for one that is unknown."""
        given = [str(rule).strip() for rule in rules]
        for rule in given:
            if rule not in PATTERNS and not rule.startswith(SLOT):
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

    def secrets(self, slots: Mapping[str, Any]) -> dict[str, str]:
        """Return the texts of slots that are not to be seen, and what they become."""
        return {
            text: f"[{SLOT}{name}]"
            for name in sorted(self.slots)
            for text in _texts(slots.get(name))
            if len(text) >= SHORTEST
        }

    def cleaned(self, value: Any, *, secrets: Mapping[str, str]) -> Any:
        """Return a JSON value without what the rules find."""
        if isinstance(value, str):
            return self._text(value, secrets)
        if isinstance(value, list):
            return [self.cleaned(each, secrets=secrets) for each in value]
        if isinstance(value, Mapping):
            return self._object(value, secrets)
        return value

    def _object(self, value: Mapping[str, Any], secrets: Mapping[str, str]) -> Any:
        """Clean an object; one that names a slot beside its value, and one of slots."""
        name = value.get("name")
        hides = isinstance(name, str) and name in self.slots
        return {
            self._text(key, secrets): f"[{SLOT}{key if key in self.slots else name}]"
            if key in self.slots or (hides and key == "value")
            else self.cleaned(each, secrets=secrets)
            for key, each in value.items()
        }

    def _text(self, text: str, secrets: Mapping[str, str]) -> str:
        for secret, shown in secrets.items():
            text = text.replace(secret, shown)
        for name in self.patterns:
            text = PATTERNS[name].sub(f"[{name}]", text)
        return text


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    if value is None or isinstance(value, bool | Mapping):
        return []
    return [str(value)]
