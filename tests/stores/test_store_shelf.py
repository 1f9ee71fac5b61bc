"""A bot over a store: what a later turn sees, and what is written for it."""

from __future__ import annotations

import pytest

from rasa_mock import Domain
from rasa_mock.clock import new_uuid, parse_date
from rasa_mock.core.tracker import Tracker
from rasa_mock.errors import StoreError, UsageError
from rasa_mock.run.shelves import MemoryShelf, SqlShelf
from rasa_mock.run.store_shelf import StoreShelf
from rasa_mock.stores.memory import MemoryStore
from rasa_mock.stores.registry import open_store

DOMAIN = Domain.from_dict(
    {"slots": {"place": {"type": "text", "mappings": [{"type": "custom"}]}}}
)
SESSION = [{"event": "action", "name": "action_session_start"}, "session_started"]


def new_tracker(sender_id):
    return Tracker(
        sender_id, domain=DOMAIN, now=5.0, new_id=new_uuid, parse_date=parse_date
    )


def shelf_over(store, **options):
    return StoreShelf(store=store, new_tracker=new_tracker, **options)


def said(text):
    parse_data = {"intent": {"name": "inform"}, "entities": [], "text": text}
    return {"event": "user", "text": text, "parse_data": parse_data}


def turn(shelf, *events, sender="anna"):
    """Load a conversation, let it grow, and save it, as a turn does."""
    tracker = shelf.load(sender, everything=False)
    if tracker is None:
        tracker = new_tracker(sender)
        shelf.save(tracker)
    for number, event in enumerate(events, len(tracker.events)):
        wire = {"event": event} if isinstance(event, str) else event
        tracker.update({"timestamp": 10.0 + number, **wire})
    shelf.save(tracker)
    return tracker


TURNS = {
    "a message": [said("hi")],
    "a slot": [{"event": "slot", "name": "place", "value": "Berlin"}],
    "undo": [{"event": "undo"}],
    "a session": SESSION,
    "restart": [{"event": "restart"}],
    "entities": [
        said("in Rome"),
        {"event": "entities", "entities": [{"entity": "x"}]},
    ],
}


@pytest.mark.parametrize("first", TURNS)
@pytest.mark.parametrize("second", TURNS)
def test_turns_see_the_same_as_over_rasas_stores(first, second, tmp_path):
    """In memory, in the layout of Rasa and in ours; loaded anew and kept ready."""
    shelves = [
        MemoryShelf(new_tracker=new_tracker),
        shelf_over(MemoryStore(), forgets=True),
        shelf_over(MemoryStore(layout="rasa")),
        shelf_over(MemoryStore(), most_warm=0),
    ]
    for shelf in shelves:
        for name in ("a session", first, second, "a message"):
            turn(shelf, *TURNS[name])
    states = [shelf.load("anna", everything=False) for shelf in shelves]
    expected = states[0].current_state("ALL")
    assert [state.current_state("ALL") for state in states] == [expected] * 4
    full = shelves[0].load("anna", everything=True).current_state("ALL")
    assert shelves[1].load("anna", everything=True).current_state("ALL") == full


@pytest.mark.parametrize("first", ["a message", "a session", "restart"])
def test_turns_see_the_same_as_over_rasas_sql(first, tmp_path):
    store = open_store(f"sqlite:{tmp_path / 'rasa.db'}", layout="rasa")
    shelves = [SqlShelf(new_tracker=new_tracker), shelf_over(store)]
    for shelf in shelves:
        for name in ("a session", "a slot", first, "a message"):
            turn(shelf, *TURNS[name])
    for everything in (True, False):
        states = [shelf.load("anna", everything=everything) for shelf in shelves]
        assert states[0].current_state("ALL") == states[1].current_state("ALL")
    store.close()


def test_older_sessions_are_in_the_store_even_where_turns_do_not_see_them():
    store = MemoryStore()
    shelf = shelf_over(store, forgets=True)
    for name in ("a session", "a message", "a session", "a message"):
        turn(shelf, *TURNS[name])
    assert len(shelf.load("anna", everything=True).events) == 3
    assert len(store.retrieve_full("anna").events) == 6
    assert [session.start for session in store.sessions("anna")] == [0, 3]


def test_each_turn_writes_its_own_events_only():
    written = []

    class Noting(MemoryStore):
        def save(self, sender_id, turn, *, expected=None):
            written.append(len(turn.events))
            return super().save(sender_id, turn, expected=expected)

    shelf = shelf_over(Noting())
    for _ in range(3):
        turn(shelf, said("hi"), {"event": "action", "name": "action_listen"})
    assert written == [0, 2, 2, 2]


def test_another_servers_events_are_seen_and_kept():
    store = MemoryStore()
    one, other = shelf_over(store), shelf_over(store)
    turn(one, said("a"))
    turn(other, said("b"))
    mine = one.load("anna", everything=False)
    theirs = other.load("anna", everything=False)
    mine.update(said("c"))
    theirs.update(said("d"))
    one.save(mine)
    other.save(theirs)
    texts = [event["text"] for event in store.retrieve_full("anna").events]
    assert texts == ["a", "b", "c", "d"]
    assert other.others == 1
    for shelf in (one, other):
        found = shelf.load("anna", everything=False).events
        assert [event["text"] for event in found] == texts


def test_a_tracker_that_was_never_loaded_takes_the_place_of_the_old_one():
    store = MemoryStore()
    shelf = shelf_over(store)
    turn(shelf, said("old"))
    other = new_tracker("anna")
    other.update(said("new"))
    shelf.save(other)
    found = shelf.load("anna", everything=True).events
    assert [event["text"] for event in found] == ["new"]
    assert store.at("anna", index=0).events[0]["text"] == "old"


def test_a_turn_that_failed_leaves_the_conversation_as_it_was():
    shelf = shelf_over(MemoryStore())
    turn(shelf, said("a"))
    lost = shelf.load("anna", everything=False)
    lost.update(said("lost"))
    found = shelf.load("anna", everything=False).events
    assert [event["text"] for event in found] == ["a"]


def test_a_store_that_fails_is_told_and_the_turn_can_be_saved_again():
    class Failing(MemoryStore):
        broken = False

        def save(self, sender_id, turn, *, expected=None):
            if self.broken:
                raise StoreError("full")
            return super().save(sender_id, turn, expected=expected)

    store = Failing()
    shelf = shelf_over(store)
    tracker = turn(shelf, said("a"))
    tracker.update(said("b"))
    store.broken = True
    with pytest.raises(StoreError, match="full"):
        shelf.save(tracker)
    store.broken = False
    shelf.save(tracker)
    texts = [event["text"] for event in store.retrieve_full("anna").events]
    assert texts == ["a", "b"]


def test_what_was_stored_is_published_with_its_sender():
    published = []
    shelf = shelf_over(MemoryStore(), publish=published.append)
    turn(shelf, said("a"))
    turn(shelf, said("b"))
    assert [list(event)[:2] for event in published] == [["sender_id", "event"]] * 2
    assert [event["text"] for event in published] == ["a", "b"]


def test_few_trackers_are_kept_ready_and_all_conversations_are_known():
    shelf = shelf_over(MemoryStore(), most_warm=2)
    for name in "abc":
        turn(shelf, said(name), sender=name)
    assert list(shelf._warm.entries) == ["b", "c"]
    assert shelf.names() == ["a", "b", "c"]
    assert shelf.load("a", everything=False).events[0]["text"] == "a"
    assert shelf.delete("a")
    assert shelf.load("a", everything=False) is None
    with pytest.raises(UsageError, match="cannot fork"):
        shelf.fork(new_tracker=new_tracker)
