"""What is kept beside the events of a log, so that nobody has to read all of them.

Where the current tracker and its last session begin, and where every session began.
Plain values and functions; each store of the layout `history` writes them in its way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rasa_mock.errors import StoreConflict, StoreError, UsageError
from rasa_mock.stores.base import Json, Session, Stored, Turn, session_starts, upto

FORMAT = 1
"""Version of the layout `history`; what was written by a newer one is not touched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A session began at a position; with `tracker` a new tracker did."""

    position: int
    time: float | None = None
    tracker: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The state of a log: its length, and where tracker and last session begin."""

    version: int = 0
    base: int = 0
    session: int = 0

    def grown(self, turn: Turn) -> tuple[Log, list[Start]]:
        """Return the state once a turn is appended, and what begins in the turn."""
        begun = {
            self.version + index: turn.events[index].get("timestamp")
            for index in session_starts(turn.events)
        }
        base = self.base
        if turn.replace:
            base = self.version
            first = turn.events[0].get("timestamp") if turn.events else None
            begun = {base: first, **begun}
        starts = [
            Start(
                position=position,
                time=time,
                tracker=turn.replace and position == base,
            )
            for position, time in sorted(begun.items())
        ]
        log = Log(
            version=self.version + len(turn.events),
            base=base,
            session=starts[-1].position if starts else self.session,
        )
        return log, starts


def log_of(events: Sequence[Json]) -> tuple[Log, list[Start]]:
    """Return what would stand beside these events."""
    return Log().grown(Turn(events=events))


def span_at(
    index: int, *, log: Log, starts: Sequence[Start], first: int = 0
) -> tuple[int, int]:
    """Return the range of positions that the tracker after position `index` has.

    A negative index counts from the end of the log.  Empty where there is no such
    position, or it is before `first`.
    """
    position = index + log.version if index < 0 else index
    if not first <= position < log.version:
        return 0, 0
    bases = [start.position for start in starts if start.tracker]
    return max([0, *(base for base in bases if base <= position)]), position + 1


def sessions_of(starts: Sequence[Start], *, log: Log, first: int = 0) -> list[Session]:
    """Return the sessions of a log whose events before `first` are gone."""
    times = {start.position: start.time for start in starts}
    borders = sorted({position for position in times if position > first} | {first})
    borders = [position for position in borders if position < log.version]
    return [
        Session(
            number=number,
            start=start,
            end=end,
            time=times.get(start),
            replaced=start < log.base,
        )
        for number, (start, end) in enumerate(
            zip(borders, [*borders[1:], log.version], strict=True)
        )
    ]


def cut_at(stored: Stored | None, *, time: float) -> Stored | None:
    """Return what was there at a time; None before the first event."""
    if stored is None:
        return None
    events = stored.events[: upto(stored.events, time=time)]
    if not events:
        return None
    return replace(stored, events=events)


def moment_of(
    full: Stored | None, *, time: float | None, index: int | None
) -> Stored | None:
    """Return what a whole conversation was at a time, or after the event at `index`."""
    check_moment(time=time, index=index)
    if full is None or index is None:
        return cut_at(full, time=time or 0.0)
    log, starts = log_of(full.events)
    _, end = span_at(index, log=log, starts=starts)
    return replace(full, events=full.events[:end]) if end else None


def sessions_in(full: Stored | None) -> list[Session]:
    """Return the sessions of a whole conversation."""
    if full is None:
        return []
    log, starts = log_of(full.events)
    return sessions_of(starts, log=log)


def last_session_in(full: Stored | None) -> Stored | None:
    """Return the last session of a whole conversation."""
    if full is None:
        return None
    log, _ = log_of(full.events)
    return replace(full, events=full.events[log.session :], first=log.session)


def check_moment(*, time: float | None, index: int | None) -> None:
    """Refuse to look at no moment, or at two."""
    if (time is None) == (index is None):
        raise UsageError("expected either a time or an index of an event")


def check_version(sender_id: str, *, version: int, expected: int | None) -> None:
    """Raise StoreConflict if the version is not the one that a writer has seen."""
    if expected is not None and expected != version:
        raise conflict(sender_id, version=version, expected=expected)


def check_format(sender_id: str, *, found: int) -> None:
    """Raise StoreError if a conversation was written by a newer release."""
    if found > FORMAT:
        raise StoreError(
            f"conversation {sender_id!r} is in format {found} of the layout 'history': "
            f"this release knows up to {FORMAT}, use a newer rasa_mock"
        )


def conflict(sender_id: str, *, version: object, expected: int) -> StoreConflict:
    """Say that somebody else has written."""
    return StoreConflict(
        f"conversation {sender_id!r} has {version} events: expected {expected}, so "
        "somebody else has written to it since it was loaded"
    )
