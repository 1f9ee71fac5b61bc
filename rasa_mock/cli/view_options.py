"""The options of `rasa-mock view`, and which conversations they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rasa_mock.stores.base import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says."""

    sources: tuple[str, ...]
    sender: tuple[str, ...]
    search: str
    intent: str | None
    action: str | None
    finding: str | None
    since: str | None
    until: str | None
    limit: int
    at: int | None
    text: bool
    html: Path | None
    domain: Path | None
    profile: str
    host: str
    port: int
    token: str | None
    ready_file: Path | None
    open_browser: bool

    def query(self) -> Query:
        """Return which conversations are asked for."""
        from rasa_mock.viewer.pages import FILTERS, read_query

        wanted = {name: getattr(self, name) for name in FILTERS}
        return read_query({name: value for name, value in wanted.items() if value})
