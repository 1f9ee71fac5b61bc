"""The list of conversations in Redis, in the layout `history`: walked, and searched."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_mock.errors import StoreError
from rasa_mock.stores.base import Page, Problem, Query, Summary
from rasa_mock.stores.log import FORMAT, Log
from rasa_mock.stores.redis.connection import Connection
from rasa_mock.stores.redis.names import KeyNames, as_bytes, as_text

BATCHES = (500, 5_000)
"""Conversations that are looked at together when the list is walked: first, later."""

FIELDS = ("version", "base", "session", "format", "updated")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The hash of a conversation."""

    log: Log
    format: int
    updated: float


class Listing:
    """Finds conversations by the index, and by the sets of those who have names."""

    def __init__(self, connection: Connection, names: KeyNames) -> None:
        self._connection = connection
        self._redis = connection.client
        self._names = names

    def page(self, query: Query, *, limit: int, after: str | None) -> Page:
        """Return a page; see `TrackerStore.keys`."""
        found: list[Summary] = []
        problems: list[Problem] = []
        for item in self._listed(query, after=after):
            if isinstance(item, Problem):
                problems.append(item)
                continue
            if len(found) == limit:
                last = found[-1]
                following = json.dumps([last.updated, last.sender_id])
                return Page(items=found, next=following, problems=tuple(problems))
            found.append(item)
        return Page(items=found, problems=tuple(problems))

    def _listed(
        self, query: Query, *, after: str | None
    ) -> Iterator[Summary | Problem]:
        """Walk through the index, the conversation that changed last first."""
        for batch in self._batches(query, after=after):
            chosen = [
                (sender, score)
                for sender, score in batch
                if query.fits(as_text(sender), updated=score)
            ]
            for first in range(0, len(chosen), BATCHES[0]):
                yield from self._described(chosen[first : first + BATCHES[0]], query)

    def _batches(
        self, query: Query, *, after: str | None
    ) -> Iterator[list[tuple[bytes, float]]]:
        last: tuple[float, bytes] | None = None
        if after is not None:
            score, sender = json.loads(after)
            last = (score, as_bytes(sender))
        found = self._having_all(query)
        for rows in self._walked(query, last) if found is None else [found]:
            yield [row for row in rows if last is None or (row[1], row[0]) < last]

    def _having_all(self, query: Query) -> list[tuple[bytes, float]] | None:
        """Return the conversations in which all names of a query occur.

        None if there are no names, or nobody keeps sets of them.
        """
        if not query.names or self._connection.is_cluster:
            return None
        sets = {self._names.having(name): 0 for name in query.names}
        keys = {self._names.index(): 1, **sets}
        with self._connection.told():
            rows = self._redis.zinter(keys, withscores=True)
        return [(sender, score) for sender, score in reversed(rows)]

    def _walked(
        self, query: Query, last: tuple[float, bytes] | None
    ) -> Iterator[list[tuple[bytes, float]]]:
        """Walk through the index, down from the last one that was seen."""
        top: Any = "+inf" if query.until is None else query.until
        if last is not None:
            top = last[0]
        low: Any = "-inf" if query.since is None else query.since
        offset, size = 0, BATCHES[0]
        while True:
            with self._connection.told():
                rows = self._redis.zrevrangebyscore(
                    self._names.index(), top, low, offset, size, withscores=True
                )
            if not rows:
                return
            offset, size = offset + len(rows), BATCHES[1]
            yield [(sender, score) for sender, score in rows]

    def _described(
        self, rows: list[tuple[bytes, float]], query: Query
    ) -> Iterator[Summary | Problem]:
        is_known = not self._connection.is_cluster
        names = [] if is_known else [as_bytes(name) for name in sorted(query.names)]
        pipeline = self._redis.pipeline(transaction=False)
        for sender, _ in rows:
            sender_id = as_text(sender)
            pipeline.hmget(self._names.ours(sender_id, "state"), FIELDS)
            for name in names:
                pipeline.sismember(self._names.ours(sender_id, "names"), name)
        with self._connection.told():
            answers = iter(pipeline.execute(raise_on_error=False))
        for sender, score in rows:
            fields = next(answers)
            has = [next(answers) for _ in names]
            described = _described(as_text(sender), fields, score=score)
            if described is not None and all(has):
                yield described


def state_of(fields: Sequence[bytes | None]) -> State | None:
    """Read the hash of a conversation; None if there is none."""
    version, base, session, format_, updated = fields
    if version is None:
        return None
    try:
        return State(
            log=Log(
                version=int(version), base=int(base or 0), session=int(session or 0)
            ),
            format=int(format_ or 1),
            updated=float(updated or 0),
        )
    except ValueError as error:
        raise StoreError(f"the state of a conversation is corrupt: {error}") from error


def _described(
    sender_id: str, fields: Any, *, score: float
) -> Summary | Problem | None:
    """Describe a conversation; None if it has ended since it was listed."""
    if isinstance(fields, Exception):
        return Problem(place=sender_id, message=str(fields))
    try:
        state = state_of(fields)
    except StoreError as error:
        return Problem(place=sender_id, message=str(error))
    if state is None:
        return None
    if state.format > FORMAT:
        return Problem(place=sender_id, message=f"written in format {state.format}")
    return Summary(
        sender_id=sender_id,
        mark=f"{state.log.version}:{state.updated!r}",
        version=state.log.version,
        updated=score,
    )
