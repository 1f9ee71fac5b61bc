"""A custom store for real Rasa goes through the same contract, and what it loses shows.

Rasa is not installed here: the stores below have the methods and the habits of Rasa's
own (asynchronous, whole trackers), and trackers like Rasa's.
"""

from __future__ import annotations

import json

import pytest

from rasa_mock.testing import RasaStore, TrackerStoreContract
from rasa_mock.testing.store_samples import session_start, user


class Event:
    def __init__(self, wire) -> None:
        self.wire = wire

    def as_dict(self):
        return dict(self.wire)


class RasaTracker:
    def __init__(self, sender_id, events) -> None:
        self.sender_id = sender_id
        self.events = [Event(event) for event in events]


class CustomStore:
    """Keeps everything, as Rasa's Redis store does."""

    def __init__(self) -> None:
        self.kept = {}

    async def save(self, tracker):
        known = self.kept.get(tracker.sender_id, [])
        given = [json.dumps(event.as_dict()) for event in tracker.events]
        begins = len(known) - len(self.last_session(known))
        self.kept[tracker.sender_id] = [*known[:begins], *given]

    @staticmethod
    def last_session(texts):
        starts = [n for n, text in enumerate(texts) if "action_session_start" in text]
        return texts[starts[-1] :] if starts else texts

    async def retrieve(self, sender_id):
        return self.made(sender_id, self.last_session(self.kept.get(sender_id, [])))

    async def retrieve_full_tracker(self, sender_id):
        return self.made(sender_id, self.kept.get(sender_id, []))

    def made(self, sender_id, texts):
        if sender_id not in self.kept:
            return None
        return RasaTracker(sender_id, [json.loads(text) for text in texts])

    async def keys(self):
        return [f"bot:{sender}" for sender in self.kept]


class ForgetfulStore(CustomStore):
    """Overwrites a conversation with its last session."""

    async def save(self, tracker):
        given = [json.dumps(event.as_dict()) for event in tracker.events]
        self.kept[tracker.sender_id] = given


class DoublingStore(CustomStore):
    """Stores the whole tracker again at every save."""

    async def save(self, tracker):
        given = [json.dumps(event.as_dict()) for event in tracker.events]
        self.kept[tracker.sender_id] = self.kept.get(tracker.sender_id, []) + given


class OfRasa(TrackerStoreContract):
    """What every custom store for real Rasa says of itself."""

    checks_versions = keeps_variables = keeps_replaced = False
    is_shared = finds_names = False
    huge = 2_000
    made = CustomStore

    def make_store(self):
        return RasaStore(
            self.made(), make_tracker=RasaTracker, key=lambda key: key[len("bot:") :]
        )

    def reopen(self):
        return self.store


class TestCustomStore(OfRasa):
    pass


def outcome(store_class, name):
    suite = type("Suite", (OfRasa,), {"made": store_class})()
    suite.setup_method()
    getattr(suite, name)()


@pytest.mark.parametrize(
    ("store_class", "name"),
    [
        (ForgetfulStore, "test_older_sessions_stay_when_the_conversation_goes_on"),
        (DoublingStore, "test_a_turn_is_added_and_overwrites_nothing"),
        (DoublingStore, "test_a_restart_doubles_nothing"),
    ],
)
def test_a_store_that_loses_or_doubles_events_fails(store_class, name):
    with pytest.raises(AssertionError, match="retrieve"):
        outcome(store_class, name)
    outcome(CustomStore, name)


def test_a_failure_says_where_and_what(capsys):
    suite = type("Suite", (OfRasa,), {"made": DoublingStore})()
    suite.setup_method()
    with pytest.raises(AssertionError) as failed:
        suite.test_a_turn_is_added_and_overwrites_nothing()
    assert str(failed.value).startswith("retrieve_full: at 3 expected ")
    first = json.dumps(session_start(1.0)[0])
    assert first in str(failed.value)
    assert json.dumps(user("two", at=3.0)) in str(failed.value)
