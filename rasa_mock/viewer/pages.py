"""The list of conversations, and one conversation with all that is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from rasa_mock.core.domain import Domain
from rasa_mock.core.profile import RASA_3_6, Named
from rasa_mock.errors import UsageError
from rasa_mock.stores.base import PAGE, Problem, Query, Stored, TrackerStore
from rasa_mock.viewer.safe import LARGEST, bounded, without_secrets
from rasa_mock.viewer.states import fold

Json = dict[str, Any]

MOST_LISTED = 1_000
"""Conversations on one page of the list, whatever is asked for."""

FILTERS = ("search", "intent", "action", "finding", "since", "until")


def read_query(wanted: Mapping[str, str]) -> Query:
    """Read the filters of a list; dates are ISO 8601 (UTC if not said) or seconds."""
    given = {name: wanted[name] for name in FILTERS if wanted.get(name)}
    times = {
        name: read_time(given.pop(name), end_of_day=name == "until")
        for name in ("since", "until")
        if name in given
    }
    return Query(**given, **times)  # type: ignore[arg-type]  # texts, and two numbers


def read_time(text: str, *, end_of_day: bool = False) -> float:
    """Return seconds since the epoch; a day is its beginning, or its end if asked."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise UsageError(
            f"expected a date like 2024-01-31 or 2024-01-31T12:00, got {text!r}"
        ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    is_day = "T" not in text and " " not in text
    return moment.timestamp() + (86_399.999 if is_day and end_of_day else 0.0)


def list_page(
    store: TrackerStore,
    query: Query,
    *,
    limit: int = PAGE,
    after: str | None = None,
) -> Json:
    """Return one page of the list of conversations."""
    page = store.keys(query, limit=max(1, min(limit, MOST_LISTED)), after=after or None)
    return {
        "items": [asdict(item) for item in page.items],
        "next": page.next,
        "problems": _problems(page.problems),
        "newest_first": store.newest_first,
    }


def conversation_page(
    store: TrackerStore,
    sender_id: str,
    *,
    upto: int | None = None,
    domain: Domain | None = None,
    profile: Named = RASA_3_6,
    largest: int = LARGEST,
) -> Json | None:
    """Return a conversation: events, what each changes, records, sessions.

    `upto` is the position of the last event of a tracker that was replaced.  None if
    the conversation is unknown.
    """
    stored = find(store, sender_id, upto=upto)
    if stored is None:
        return None
    records = records_of(store, stored, upto=upto)
    folded = fold(sender_id, stored.events, domain=domain, profile=profile)
    return {
        "sender_id": sender_id,
        "first": stored.first,
        "version": stored.version,
        "events": stored.events,
        "initial": folded.initial,
        "changes": folded.changes,
        "notes": folded.notes,
        "records": records_shown(records, largest=largest),
        "sessions": [asdict(session) for session in store.sessions(sender_id)],
        "problems": _problems(stored.problems),
    }


def find(
    store: TrackerStore, sender_id: str, *, upto: int | None = None
) -> Stored | None:
    """Return the current tracker, or an older one."""
    if upto is None:
        return store.retrieve_full(sender_id)
    return store.at(sender_id, index=upto)


def records_of(
    store: TrackerStore, stored: Stored, *, upto: int | None = None
) -> list[Json]:
    """Return the records beside the events of a tracker that was found.

    Those of a turn that was lost stand beside the event after which it was lost.
    Events that cannot be read do not count: records stand beside the others as before.
    """
    gone = [each.index for each in stored.problems if each.index is not None]
    last = stored.first + len(stored.events) - 1
    # A turn that is lost begins where the next one will.
    end = None if upto is None else max(last + len(gone) + 1, 1)
    records = store.variables(stored.sender_id, first=stored.first, end=end)
    return [
        {**record, "index": max(stored.first, min(place, last))}
        if place != record["index"]
        else record
        for record in records
        for place in (_place(record, [stored.first + index for index in gone]),)
    ]


def _place(record: Json, gone: Sequence[int]) -> int:
    index: int = record["index"] - (1 if record.get("lost") else 0)
    return index - sum(position < index for position in gone)


def records_shown(records: Sequence[Json], *, largest: int = LARGEST) -> list[Json]:
    """Return records as a page gets them; `number` is what to ask for the whole by."""
    return [
        {**bounded(without_secrets(record), largest=largest), "number": number}
        for number, record in enumerate(records)
    ]


def tail_of(page: Json, *, since: int) -> Json:
    """Leave out of a page the events before the position `since`."""
    known = max(0, since - page["first"])
    return {
        **page,
        "events": page["events"][known:],
        "changes": page["changes"][known:],
        "since": page["first"] + min(known, len(page["events"])),
    }


def record_page(
    store: TrackerStore, sender_id: str, *, number: int, upto: int | None = None
) -> Json | None:
    """Return one record as a whole; None if there is none of that number."""
    stored = find(store, sender_id, upto=upto)
    if stored is None:
        return None
    records = records_of(store, stored, upto=upto)
    if not 0 <= number < len(records):
        return None
    shown: Json = without_secrets(records[number])
    return {**shown, "number": number}


def _problems(problems: Iterable[Problem]) -> list[Json]:
    return [asdict(problem) for problem in problems]
