"""The seam of tracker stores: what is kept of a conversation, and how to ask for it.

The rules that every store obeys; `rasa_mock.testing.TrackerStoreContract` tests them:

1. A conversation is a log of events, by the id of its sender.  An event's *position* is
   its place in the log, from 0.  The *version* of a conversation is the length of the
   log: it grows with every event, and events keep their positions.
2. `save` appends the events of a turn.  With `expected` it does so only if the version
   is still that, else it raises `StoreConflict` and has written nothing.  So of two
   writers at once none is lost: `append` tries again behind the other's events.
3. `replace` puts events in place of the conversation, as `PUT .../tracker/events` does.
   In the layout `history` nothing is overwritten all the same: the log goes on, the
   current tracker begins (`first`) where the new events do, and `at` finds the others.
4. A session begins at an action event named `action_session_start`.  What `retrieve`
   returns begins at the last of them, what `retrieve_full` does at the current
   tracker's first event.
5. Records of what was computed in a turn ("variables") are kept beside the events,
   never in what Rasa would read.
6. A record that cannot be read is skipped, counted and shown (`Problem`), not deleted.
7. What fails is a `StoreError`; a store never answers from somewhere else in silence.

The layout `rasa` is that of Rasa's own store of the same kind, with its habits: which
events `retrieve` gives there, and whether older sessions are kept, is as in Rasa
(rasa/core/tracker_store.py of Rasa 3.6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from rasa_mock.core.state import SESSION_START
from rasa_mock.errors import StoreConflict, StoreError

Json = dict[str, Any]

HISTORY = "history"
RASA = "rasa"
LAYOUTS = (HISTORY, RASA)

PAGE = 100
"""Conversations on a page of `keys`, unless told."""

MOST_ATTEMPTS = 100
"""How often a turn is appended anew behind other writers' before that is an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A record that cannot be used: where it is, and what is wrong with it.

    `index` is that of an event among those that were to be read with it.
    """

    place: str
    message: str
    index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Events of a conversation as they were stored, oldest first.

    `first` is the position of the first of them, `version` the length of the whole log
    when it was read.
    """

    sender_id: str
    events: list[Json]
    first: int = 0
    version: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session: the events from position `start` up to, not including, `end`.

    `number` counts from 0.  `replaced` tells that a later tracker took the place of the
    one that the session belongs to.
    """

    number: int
    start: int
    end: int
    time: float | None
    replaced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A conversation in a list.

    `updated` is when it was last saved, in seconds since the epoch; `mark` changes
    whenever the conversation does.  None where the layout does not tell without reading
    the conversation.
    """

    sender_id: str
    mark: str
    version: int | None = None
    updated: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of the list of conversations; `next` asks for the following one."""

    items: list[Summary]
    next: str | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which conversations to list.

    `search` is part of the sender's id, whatever its case; `intent` and `action` are
    names that occur in it, `finding` the id of a rule that was broken in it; `since`
    and `until` bound the time of its last change.
    """

    search: str = ""
    intent: str | None = None
    action: str | None = None
    finding: str | None = None
    since: float | None = None
    until: float | None = None

    @property
    def names(self) -> frozenset[str]:
        """What has to occur, as `names_of` writes it."""
        wanted = {"intent": self.intent, "action": self.action, "finding": self.finding}
        return frozenset(f"{kind}:{name}" for kind, name in wanted.items() if name)

    def fits(self, sender_id: str, *, updated: float | None) -> bool:
        """Tell whether id and time of a conversation are asked for."""
        if self.search and self.search.casefold() not in sender_id.casefold():
            return False
        if updated is None:
            return True
        early = self.since is not None and updated < self.since
        late = self.until is not None and updated > self.until
        return not (early or late)


EVERYTHING = Query()


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one save appends: events, and the records that were made on the way.

    A record is a JSON object; its `offset` (0 if it has none) is the position of the
    event that it belongs to, counted from the turn's first.
    """

    events: Sequence[Json] = ()
    variables: Sequence[Json] = ()
    replace: bool = False


class TrackerStore(Protocol):
    """Keeps conversations.

    `layout` is one of LAYOUTS.  `blocking` tells that calls wait for a disk or a
    network, so that an asynchronous caller has to make them in a thread.  `live` tells
    that Rasa's store of this kind applies stored events one by one, as they came, not
    all at once.  `newest_first` tells that `keys` begins with what was changed last.
    A store may be used by several threads at once.
    """

    layout: str
    blocking: bool
    live: bool
    newest_first: bool

    @property
    def name(self) -> str:
        """The store as people know it: its URL, without the password."""
        ...

    def retrieve(self, sender_id: str) -> Stored | None:
        """Return the last session; None if the conversation is unknown."""
        ...

    def retrieve_full(self, sender_id: str) -> Stored | None:
        """Return the whole of the current tracker."""
        ...

    def at(
        self, sender_id: str, *, time: float | None = None, index: int | None = None
    ) -> Stored | None:
        """Return the tracker as it was at a time, or after the event at a position.

        A negative `index` counts from the end.  None before the first event.
        """
        ...

    def sessions(self, sender_id: str) -> list[Session]:
        """Return all sessions, the oldest first; those that were replaced as well."""
        ...

    def version(self, sender_id: str) -> int | None:
        """Return the version of a conversation; None if it is unknown."""
        ...

    def save(self, sender_id: str, turn: Turn, *, expected: int | None = None) -> int:
        """Append a turn; return the new version.

        Raises StoreConflict if the version is not the `expected` one (0 for a
        conversation that is to be new).
        """
        ...

    def keys(
        self,
        query: Query = EVERYTHING,
        *,
        limit: int = PAGE,
        after: str | None = None,
    ) -> Page:
        """List conversations; `after` is the `next` of the page before."""
        ...

    def delete(self, sender_id: str) -> bool:
        """Forget a conversation and its variables; tell whether there was one."""
        ...

    def expire(self, sender_id: str, *, seconds: float | None) -> bool:
        """Let a conversation end by itself; None: never.  Tell whether there is one."""
        ...

    def save_variables(
        self, sender_id: str, records: Sequence[Json], *, turn: int
    ) -> None:
        """Keep more records of the turn that began at version `turn`."""
        ...

    def variables(
        self, sender_id: str, *, first: int = 0, end: int | None = None
    ) -> list[Json]:
        """Return the records, oldest first, of the turns that began in that range.

        Each has what it was saved with, and `turn` (the version at which its turn
        began) and `index` (the position of its event).
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


# What the stores have in common, as plain functions of events.


def begins_session(event: Mapping[str, Any]) -> bool:
    """Tell whether a session begins with this event."""
    return event.get("event") == "action" and event.get("name") == SESSION_START


def session_starts(events: Iterable[Json]) -> list[int]:
    """Return the indexes of the events with which sessions begin."""
    return [index for index, event in enumerate(events) if begins_session(event)]


def since_session_started(rows: list[Json]) -> list[Json]:
    """Return the rows not older than the latest `session_started`, as Rasa asks SQL."""
    starts = [row["timestamp"] for row in rows if row["event"] == "session_started"]
    if not starts:
        return rows
    latest = max(starts)
    return [row for row in rows if row["timestamp"] >= latest]


def upto(events: Sequence[Json], *, time: float) -> int:
    """Return how many events come before the first that is later than `time`."""
    for index, event in enumerate(events):
        if event.get("timestamp", 0.0) > time:
            return index
    return len(events)


def stamped(turn: Turn, *, start: int) -> list[Json]:
    """Return the turn's records with the positions they have behind `start` events."""
    return stamped_records(turn.variables, start=start)


def stamped_records(records: Sequence[Json], *, start: int) -> list[Json]:
    """Return records with `turn` and `index` in place of `offset`."""
    return [
        {
            "turn": start,
            "index": start + int(record.get("offset", 0)),
            **{key: value for key, value in record.items() if key != "offset"},
        }
        for record in records
    ]


def names_of(events: Iterable[Json], records: Iterable[Json] = ()) -> set[str]:
    """Return what a query can ask for in events and records, as `kind:name`."""
    names: set[str] = set()
    for event in events:
        kind = event.get("event")
        if kind == "action" and isinstance(event.get("name"), str):
            names.add(f"action:{event['name']}")
        elif kind == "user":
            intent = (event.get("parse_data") or {}).get("intent") or {}
            if isinstance(intent.get("name"), str):
                names.add(f"intent:{intent['name']}")
    for record in records:
        if record.get("kind") == "finding" and record.get("rule"):
            names.add(f"finding:{record['rule']}")
    return names


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """Where a turn has come to stand.

    `others` counts the events that other writers put between what this one knew and the
    turn.
    """

    start: int
    version: int
    others: int = 0


def append(store: TrackerStore, sender_id: str, *, turn: Turn, expected: int) -> Saved:
    """Save a turn whose writer has seen `expected` events; lose nobody's.

    A turn that is there already is not saved again: a connection can break after the
    store has written and before it has said so.
    """
    start = expected
    for _ in range(MOST_ATTEMPTS):
        saved = _try(store, sender_id, turn=turn, start=start)
        if saved is not None:
            return replace(saved, others=saved.start - expected)
        start = store.version(sender_id) or 0
    raise StoreError(
        f"cannot save a turn of {sender_id!r} to {store.name}: others have written to "
        f"it {MOST_ATTEMPTS} times in between"
    )


def _try(
    store: TrackerStore, sender_id: str, *, turn: Turn, start: int
) -> Saved | None:
    """Save a turn behind the event before `start`; None if others were quicker."""
    try:
        version = store.save(sender_id, turn, expected=start)
    except StoreConflict:
        return _find(store, sender_id, turn=turn, start=start)
    return Saved(start=start, version=version)


def _find(
    store: TrackerStore, sender_id: str, *, turn: Turn, start: int
) -> Saved | None:
    """Look whether the turn stands where it was to be put."""
    if not turn.events:
        return None
    end = start + len(turn.events)
    now = store.at(sender_id, index=end - 1)
    if now is None or now.first + len(now.events) != end:
        return None
    if now.events[-len(turn.events) :] != list(turn.events):
        return None
    return Saved(start=start, version=now.version)
