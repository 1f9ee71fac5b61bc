"""The seam of reports: a writer is given the events of a run, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from rasa_mock.run.events import RunEvent


class Writer(Protocol):
    """Writes one report; `close` is called once, also when the run broke off."""

    def write(self, event: RunEvent) -> None:
        """Take note of one event."""

    def close(self) -> None:
        """Finish the report."""


def observed(
    events: Iterable[RunEvent], writers: Iterable[Writer]
) -> Iterator[RunEvent]:
    """Hand each event to every writer, then pass it on; close all at the end."""
    listening = list(writers)
    try:
        for event in events:
            for writer in listening:
                writer.write(event)
            yield event
    finally:
        for writer in listening:
            writer.close()
