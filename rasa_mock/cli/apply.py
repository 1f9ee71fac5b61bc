"""`rasa-mock apply FILE`: fold events into a tracker and print its state.

Exit codes: 0 the state was printed; 2 wrong usage, a bad file, or an event that real
Rasa fails at.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from rasa_mock import clock
from rasa_mock.core.diff import shown
from rasa_mock.core.tracker import VERBOSITIES, Tracker
from rasa_mock.errors import DataError
from rasa_mock.files.documents import JsonDocument, read_documents, read_stream
from rasa_mock.files.domain import load_domain

STDIN = "-"
DEFAULT_SENDER = "default"

# What real Rasa does about an event that it fails at, by the phase.
CONSEQUENCES = {
    "deserialise": "Rasa raises {rasa_class} while it reads the event, and loses the "
    "whole list that it came in",
    "apply": "Rasa raises {rasa_class} while it applies the event, which is then in "
    "the tracker all the same; those after it are lost",
    "serialise": "Rasa takes the event, but raises {rasa_class} whenever it writes the "
    "tracker: it can neither be saved nor sent",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One wire event and where it was read."""

    event: Any
    path: str
    line: int | None = None


@click.command("apply")
@click.argument("file", metavar="FILE")
@click.option(
    "--domain",
    "domain_path",
    metavar="PATH",
    help="The domain, a file or a folder; without it every slot exists.",
)
@click.option(
    "--verbosity",
    type=click.Choice(tuple(VERBOSITIES), case_sensitive=False),
    default="ALL",
    show_default=True,
    help="Which events the state has.",
)
@click.option("--sender-id", metavar="ID", help="Else that of the file, or 'default'.")
@click.option(
    "--now",
    type=float,
    metavar="SECONDS",
    help="The time of events without one, in seconds since 1970; else the clock's.",
)
@click.option(
    "--max-event-history",
    type=click.IntRange(min=0),
    metavar="N",
    help="Keep only the last N events.",
)
def command(
    file: str,
    *,
    domain_path: str | None,
    verbosity: str,
    sender_id: str | None,
    now: float | None,
    max_event_history: int | None,
) -> None:
    """Fold events as Rasa does, and print the tracker that an action server gets.

    FILE holds JSON: a list of events, an object with events (a tracker, or a request to
    an action server), or one event a line; - is standard input.
    """
    domain = None if domain_path is None else load_domain(domain_path, warn=_note)
    found_sender, events = _read(file)
    tracker = Tracker(
        sender_id or found_sender or DEFAULT_SENDER,
        domain=domain,
        now=clock.system_now if now is None else now,
        new_id=clock.new_uuid,
        parse_date=clock.parse_date,
        max_event_history=max_event_history,
    )
    _fold(tracker, events)
    click.echo(_written(tracker.current_state(verbosity.upper()), path=file))


def _written(state: dict[str, Any], *, path: str) -> str:
    try:
        return json.dumps(state, indent=2, ensure_ascii=False)
    except RecursionError:
        raise DataError("nested too deep to be printed", path=path) from None


def _fold(tracker: Tracker, events: list[Placed]) -> None:
    """Add the events; say on standard error what Rasa would not say."""
    for index, placed in enumerate(events):
        unknown = tracker.unknown_slots
        try:
            logged = tracker.update(placed.event)
        except DataError as error:
            raise _explained(error, placed, index=index) from error
        if not logged:
            _note(f"event {index} vanishes: Rasa skips {shown(placed.event, width=60)}")
        for name in tracker.unknown_slots[len(unknown) :]:
            _note(f"event {index} sets {name!r}: no such slot, Rasa only logs that")


def _explained(error: DataError, placed: Placed, *, index: int) -> DataError:
    """Say which event it was, and what real Rasa does about it."""
    consequence = CONSEQUENCES.get(error.phase or "", "Rasa raises {rasa_class}")
    told = consequence.format(rasa_class=error.rasa_class)
    return DataError(
        f"event {index}, {shown(placed.event, width=60)}: "
        f"{error.message.rstrip('. ')}; {told}",
        path=placed.path,
        line=placed.line,
        rasa_class=error.rasa_class,
        phase=error.phase,
        index=index,
    )


def _note(message: str) -> None:
    click.echo(f"note: {message}", err=True)


def _read(file: str) -> tuple[str | None, list[Placed]]:
    """Read the sender, if the file names one, and the events."""
    if file == STDIN:
        documents = list(read_stream(sys.stdin.buffer, name="standard input"))
    else:
        documents = list(read_documents(Path(file)))
    for document in documents:
        if isinstance(document, DataError):
            raise document
    read = [document for document in documents if isinstance(document, JsonDocument)]
    sender = _sender(read[0].value) if len(read) == 1 else None
    return sender, [placed for document in read for placed in _placed(document)]


def _sender(value: Any) -> str | None:
    sender = value.get("sender_id") if isinstance(value, dict) else None
    return sender if isinstance(sender, str) else None


def _placed(document: JsonDocument) -> Iterator[Placed]:
    """Find the events of a document: one, a list, or those of a tracker or request."""
    value = document.value
    for name in ("tracker", "events"):
        if isinstance(value, dict) and name in value and "event" not in value:
            value = value[name]
    is_event = isinstance(value, dict) and (
        "event" in value or document.line is not None
    )
    if not is_event and not isinstance(value, list):
        raise DataError(
            f"expected a list of events, got {shown(value, width=60)}; give a list, an "
            "object with 'events', or one event a line",
            path=document.path,
            line=document.line,
        )
    for event in [value] if is_event else value:
        yield Placed(event=event, path=document.path, line=document.line)
