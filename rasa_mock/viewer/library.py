"""What there is to be looked at: a store of conversations, and runs of checks.

Each question of a page is a method here; the answers are JSON.  A method may wait for
the store: an asynchronous caller asks in a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rasa_mock.core.domain import Domain
from rasa_mock.core.profile import RASA_3_6, Named
from rasa_mock.errors import UsageError
from rasa_mock.stores.base import TrackerStore
from rasa_mock.viewer.compare import compare_conversations, compare_runs
from rasa_mock.viewer.exports import EXPORTS, USE_DOMAIN, Exported
from rasa_mock.viewer.pages import (
    conversation_page,
    find,
    list_page,
    read_query,
    record_page,
    records_of,
    tail_of,
)
from rasa_mock.viewer.safe import without_secrets

Json = dict[str, Any]
Params = Mapping[str, str]

SEEN = 100
"""Conversations at the head of the list that a live list watches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A store, and runs by name; `domain` and `profile` are those of the bot.

    `notes` says what was left out, for people; `name` is the store's own if empty.
    """

    store: TrackerStore
    runs: Mapping[str, Json] = field(default_factory=dict)
    domain: Domain | None = None
    profile: Named = RASA_3_6
    notes: tuple[str, ...] = ()
    name: str = ""

    def ask(self, question: str, params: Params) -> Any:
        """Answer a question of a page; None if what it is about does not exist.

        Raises UsageError for a question that makes no sense, StoreError.
        """
        return QUESTIONS[question](self, params)

    def about(self, _params: Params) -> Json:
        """Say what there is."""
        runs = [{"name": name, **_head(run)} for name, run in self.runs.items()]
        name = self.name or self.store.name
        return {"store": name, "runs": runs, "notes": list(self.notes)}

    def conversations(self, params: Params) -> Json:
        """Return a page of the list."""
        return list_page(
            self.store,
            read_query(params),
            limit=_number(params, "limit", default=50),
            after=params.get("after"),
        )

    def conversation(self, params: Params) -> Json | None:
        """Return a conversation, or with `since` what is new in it."""
        page = self._conversation(params["id"], upto=_maybe(params, "upto"))
        since = _maybe(params, "since")
        return page if page is None or since is None else tail_of(page, since=since)

    def record(self, params: Params) -> Json | None:
        """Return one record as a whole."""
        return record_page(
            self.store,
            params["id"],
            number=_number(params, "number", default=0),
            upto=_maybe(params, "upto"),
        )

    def compare(self, params: Params) -> Json | None:
        """Return two conversations beside each other."""
        one, other = self._conversation(params["a"]), self._conversation(params["b"])
        if one is None or other is None:
            return None
        return compare_conversations(one, other)

    def run(self, params: Params) -> Json | None:
        """Return a run of checks."""
        run = self.runs.get(params["name"])
        return None if run is None else {"name": params["name"], **run}

    def compare_runs(self, params: Params) -> Json | None:
        """Return what differs between two runs."""
        one, other = self.runs.get(params["a"]), self.runs.get(params["b"])
        if one is None or other is None:
            return None
        return {"a": params["a"], "b": params["b"], **compare_runs(one, other)}

    def export(self, params: Params) -> Exported | None:
        """Write a conversation as something else."""
        kind = params.get("kind", "")
        if kind not in EXPORTS:
            expected = ", ".join(EXPORTS)
            raise UsageError(f"unknown export {kind!r}, expected one of {expected}")
        sender_id = params["id"]
        stored = find(self.store, sender_id, upto=_maybe(params, "upto"))
        if stored is None:
            return None
        records = records_of(self.store, stored, upto=_maybe(params, "upto"))
        known = {"domain": self.domain} if kind in USE_DOMAIN else {}
        return EXPORTS[kind](stored, without_secrets(records), **known)

    def mark(self, sender_id: str | None) -> str:
        """Return what changes when a conversation does, or the head of the list."""
        if sender_id is not None and not self.store.newest_first:
            return str(self.store.version(sender_id))
        page = self.store.keys(limit=SEEN)
        if sender_id is None:
            return str(hash(tuple((item.sender_id, item.mark) for item in page.items)))
        # Records alone change no version; but what was changed is at the head.
        marks = [item.mark for item in page.items if item.sender_id == sender_id]
        return f"{self.store.version(sender_id)} {marks}"

    def _conversation(self, sender_id: str, *, upto: int | None = None) -> Json | None:
        return conversation_page(
            self.store,
            sender_id,
            upto=upto,
            domain=self.domain,
            profile=self.profile,
        )


def _head(run: Json) -> Json:
    return {key: run[key] for key in ("title", "counts")}


def _maybe(params: Params, name: str) -> int | None:
    return None if not params.get(name) else _number(params, name, default=0)


def _number(params: Params, name: str, *, default: int) -> int:
    text = params.get(name) or str(default)
    try:
        return int(text)
    except ValueError as error:
        raise UsageError(f"expected a number as {name}, got {text!r}") from error


QUESTIONS: Mapping[str, Callable[[Library, Params], Any]] = {
    "about": Library.about,
    "conversations": Library.conversations,
    "conversation": Library.conversation,
    "record": Library.record,
    "compare": Library.compare,
    "run": Library.run,
    "compare_runs": Library.compare_runs,
    "export": Library.export,
}
NEEDED: Mapping[str, tuple[str, ...]] = {
    "conversation": ("id",),
    "record": ("id",),
    "compare": ("a", "b"),
    "run": ("name",),
    "compare_runs": ("a", "b"),
    "export": ("id",),
}
"""Parameters without which a question makes no sense."""
