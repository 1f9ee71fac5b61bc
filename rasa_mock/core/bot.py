"""A bot: everything that was read from its folder, ready to hold conversations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rasa_mock.core.domain import Domain
from rasa_mock.core.nlu import Interpreter
from rasa_mock.core.policies.ensemble import Ensemble


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something in a bot's files that is wrong, skipped, or not imitated here."""

    message: str
    path: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.path, self.line) if part)
        return f"{place}: {self.message}" if place else self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """A bot of Rasa, without a trained model.

    `ids` is the metadata that every live event gets (`model_id`, `assistant_id`);
    `notices` says what in its files does not count, or not as with real Rasa.
    """

    domain: Domain
    ensemble: Ensemble
    interpreter: Interpreter
    ids: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
