"""What every tracker store has to do, as tests that any store can inherit.

    class TestMyStore(TrackerStoreContract):
        def make_store(self):
            return MyStore(...)          # empty, a `TrackerStore`

A custom store for real Rasa is put into `RasaStore` (`rasa_mock.testing.rasa_stores`)
first.  Methods that a store can do without are hooks: what is not given is skipped, and
the report says so.  Flags say where a store is meant to differ, as Rasa's own do.
"""

from __future__ import annotations

import threading
import unittest
from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import Any

from rasa_mock.errors import StoreConflict
from rasa_mock.stores.base import Json, Turn, append
from rasa_mock.testing.store_hooks import StoreHooks
from rasa_mock.testing.store_samples import (
    ODD_SENDERS,
    SENDER,
    TEXTS,
    events_of,
    is_told,
    listen,
    raises,
    same,
    session_start,
    user,
)


class TrackerStoreContract(StoreHooks):
    """Inherit, say how to make a store, and let pytest collect it."""

    # Append or overwrite.

    def test_a_new_conversation_is_unknown(self) -> None:
        """Nothing is made by asking."""
        same(self.store.retrieve(SENDER), None, what="retrieve")
        same(self.store.retrieve_full(SENDER), None, what="retrieve_full")
        same(self.store.sessions(SENDER), [], what="sessions")
        same(self.senders(), [], what="keys")

    def test_what_was_saved_comes_back(self) -> None:
        """Every field of every event, in order."""
        events = [*session_start(1.0), user("hi", at=2.0), listen(3.0)]
        self.store.save(SENDER, Turn(events=events))
        self.expect_full(events)

    def test_a_turn_is_added_and_overwrites_nothing(self) -> None:
        """The second save holds only what is new."""
        first = [*session_start(1.0), user("one", at=2.0)]
        second = [user("two", at=3.0), listen(4.0)]
        self.store.save(SENDER, Turn(events=first))
        self.store.save(SENDER, Turn(events=second))
        self.expect_full([*first, *second])

    def test_events_of_equal_times_and_contents_all_stay_in_order(self) -> None:
        """A clock may stand still, and a user may repeat a message."""
        events = [user("same", at=5.0)] * 3 + [user(str(n), at=5.0) for n in range(5)]
        self.store.save(SENDER, Turn(events=events))
        self.expect_full(events)

    def test_events_that_are_older_than_the_last_stay_behind_it(self) -> None:
        """Order is that of saving; an API may add events with old times."""
        events = [*session_start(10.0), user("new", at=20.0), user("old", at=15.0)]
        for event in events:
            self.store.save(SENDER, Turn(events=[event]))
        self.expect_full(events)

    def test_an_empty_save_changes_nothing(self) -> None:
        """Rasa saves a tracker before its first event, and after turns without any."""
        events = [*session_start(1.0), user("hi", at=2.0)]
        self.store.save(SENDER, Turn())
        self.store.save(SENDER, Turn(events=events))
        self.store.save(SENDER, Turn())
        self.expect_full(events)

    def test_conversations_do_not_mix(self) -> None:
        """Nor do those of odd names."""
        for number, sender in enumerate(ODD_SENDERS):
            event = user(f"message {number}", at=float(number))
            self.store.save(sender, Turn(events=[event]))
        for number, sender in enumerate(ODD_SENDERS):
            event = user(f"message {number}", at=float(number))
            same(events_of(self.store.retrieve_full(sender)), [event], what=sender)
        same(set(self.senders()), set(ODD_SENDERS), what="keys")

    # Sessions.

    def test_retrieve_gives_the_last_session_and_retrieve_full_all(self) -> None:
        """A session begins at its `action_session_start`."""
        old = [*session_start(1.0), user("old", at=2.0)]
        new = [*session_start(3.0), user("new", at=4.0)]
        self.store.save(SENDER, Turn(events=old))
        self.store.save(SENDER, Turn(events=new))
        expected = new if self.session_has_its_action else new[1:]
        same(events_of(self.store.retrieve(SENDER)), expected, what="retrieve")
        self.expect_full([*old, *new])

    def test_older_sessions_stay_when_the_conversation_goes_on(self) -> None:
        """Also once the last session has grown; Rasa's store in memory drops them."""
        old = [*session_start(1.0), user("old", at=2.0)]
        new = [*session_start(3.0), user("new", at=4.0)]
        more = [user("more", at=5.0)]
        for events in (old, new, more):
            self.store.save(SENDER, Turn(events=events))
        kept = [*old, *new, *more] if self.keeps_sessions else [*new, *more]
        self.expect_full(kept)
        starts = [1.0, 3.0] if self.keeps_sessions else [3.0]
        times = [session.time for session in self.store.sessions(SENDER)]
        same(times, starts, what="times of sessions")

    def test_events_before_the_first_session_are_a_session(self) -> None:
        """An API can add events to a conversation that never began."""
        early = [user("early", at=1.0)]
        self.store.save(SENDER, Turn(events=early))
        same(events_of(self.store.retrieve(SENDER)), early, what="retrieve")
        spans = [(found.start, found.end) for found in self.store.sessions(SENDER)]
        same(spans, [(0, 1)], what="sessions")

    # Time travel.

    def test_every_moment_can_be_seen_again(self) -> None:
        """By the position of an event, and by time."""
        events = [*session_start(1.0), user("a", at=2.0), user("b", at=3.0)]
        self.store.save(SENDER, Turn(events=events))
        for index in range(len(events)):
            found = events_of(self.store.at(SENDER, index=index))
            same(found, events[: index + 1], what=f"at index {index}")
        same(events_of(self.store.at(SENDER, index=-1)), events, what="at index -1")
        same(self.store.at(SENDER, index=len(events)), None, what="at no index")
        same(events_of(self.store.at(SENDER, time=2.5)), events[:3], what="at 2.5")
        same(self.store.at(SENDER, time=0.5), None, what="before the first")

    def test_a_replaced_tracker_can_still_be_seen(self) -> None:
        """`PUT .../tracker/events` puts another tracker in place of the first."""
        if not self.keeps_replaced:
            raise unittest.SkipTest("this layout does as Rasa does")
        old = [*session_start(1.0), user("old", at=2.0)]
        new = [*session_start(1.5), user("new", at=2.5)]
        self.store.save(SENDER, Turn(events=old))
        self.store.save(SENDER, Turn(events=new, replace=True))
        self.expect_full(new)
        same(events_of(self.store.retrieve(SENDER)), new, what="retrieve")
        same(events_of(self.store.at(SENDER, index=2)), old, what="at index 2")
        replaced = [found.replaced for found in self.store.sessions(SENDER)]
        same(replaced, [True, False], what="sessions")

    # Several writers.

    def test_a_writer_that_is_behind_is_told_and_writes_nothing(self) -> None:
        """Two loaded the same conversation: the second to save learns of the first."""
        if not self.checks_versions:
            raise unittest.SkipTest("this store checks no versions")
        self.store.save(SENDER, Turn(events=[user("a", at=1.0)]), expected=0)
        late = Turn(events=[user("late", at=2.0)])
        for known in (0, 2):
            save = partial(self.store.save, SENDER, late, expected=known)
            raises(StoreConflict, save)
        self.expect_full([user("a", at=1.0)])
        self.store.save(SENDER, late, expected=1)
        self.expect_full([user("a", at=1.0), *late.events])

    def test_two_writers_at_once_lose_nothing(self) -> None:
        """Threads here; that processes do not either depends on the same."""
        if not self.is_shared:
            raise unittest.SkipTest("this store has one user")
        texts = [[f"{writer}-{turn}" for turn in range(10)] for writer in range(4)]
        failed: list[Exception] = []

        def write(mine: Sequence[str]) -> None:
            try:
                for text in mine:
                    version = self.store.version(SENDER) or 0
                    turn = Turn(events=[user(text, at=1.0)])
                    append(self.store, SENDER, turn=turn, expected=version)
            except Exception as error:  # noqa: BLE001 - told below, in the test's thread
                failed.append(error)

        writers = [threading.Thread(target=write, args=(mine,)) for mine in texts]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        same(failed, [], what="errors of writers")
        found = [event["text"] for event in self.full()]
        same(sorted(found), sorted(chain(*texts)), what="texts")
        for mine in texts:
            same([text for text in found if text in mine], mine, what="order of each")

    def test_a_turn_that_was_written_is_not_written_twice(self) -> None:
        """The answer to a save may be lost; whoever tries again must not double it."""
        if not self.checks_versions:
            raise unittest.SkipTest("this store checks no versions")
        turn = Turn(events=[user("a", at=1.0), listen(2.0)])
        self.store.save(SENDER, turn, expected=0)
        append(self.store, SENDER, turn=turn, expected=0)
        self.expect_full(list(turn.events))

    # Contents.

    def test_any_text_comes_back_as_it_was(self) -> None:
        """Unicode, control characters, halves of surrogate pairs."""
        events = [user(text, at=float(n)) for n, text in enumerate(TEXTS)]
        self.store.save(SENDER, Turn(events=events))
        self.expect_full(events)

    def test_numbers_keep_every_digit(self) -> None:
        """Times have microseconds, slots may have large numbers."""
        values: list[Any] = [
            1795298311.695829,
            0.1,
            1e-300,
            2**60,
            -0.5,
            0,
            True,
            None,
            [],
            {},
        ]
        events = [
            {"event": "slot", "timestamp": 1795298311.6958291, "name": "n", "value": v}
            for v in values
        ]
        self.store.save(SENDER, Turn(events=events))
        self.expect_full(events)

    def test_an_event_of_five_megabytes_is_kept(self) -> None:
        """An action may put a whole document into a slot."""
        big = {
            "event": "slot",
            "timestamp": 1.0,
            "name": "doc",
            "value": "x" * 5_000_000,
        }
        self.store.save(SENDER, Turn(events=[big, listen(2.0)]))
        self.expect_full([big, listen(2.0)])

    def test_a_huge_conversation_is_kept_whole(self) -> None:
        """Some conversations never end."""
        events = [user(str(n), at=float(n)) for n in range(self.huge)]
        self.store.save(SENDER, Turn(events=events[:-1]))
        self.store.save(SENDER, Turn(events=events[-1:]))
        self.expect_full(events)

    # Restarts and failures.

    def test_a_restart_doubles_nothing(self) -> None:
        """Rasa had events twice after each restart of a server."""
        events = [*session_start(1.0), user("a", at=2.0)]
        self.store.save(SENDER, Turn(events=events))
        for number in range(2):
            again = self.reopen()
            found = again.retrieve(SENDER)
            version = 0 if found is None else found.version
            more = user(f"after restart {number}", at=3.0 + number)
            append(again, SENDER, turn=Turn(events=[more]), expected=version)
            events.append(more)
            again.close()
        self.expect_full(events)

    def test_a_corrupt_record_is_told_and_the_rest_is_served(self) -> None:
        """It is neither an empty conversation nor the end of all others."""
        self.store.save(SENDER, Turn(events=[user("a", at=1.0), user("b", at=2.0)]))
        self.store.save("other", Turn(events=[user("c", at=3.0)]))
        self.break_record(SENDER)
        told = is_told(lambda: self.store.retrieve_full(SENDER))
        if not told:
            raise AssertionError("a corrupt record is passed over in silence")
        found = events_of(self.store.retrieve_full("other"))
        same(found, [user("c", at=3.0)], what="the other conversation")
        same("other" in self.senders(), expected=True, what="other in keys")

    # The end of conversations.

    def test_a_deleted_conversation_is_gone(self) -> None:
        """With its variables; others stay."""
        self.store.save(SENDER, Turn(events=[user("a", at=1.0)]))
        self.store.save("other", Turn(events=[user("b", at=1.0)]))
        same(self.store.delete(SENDER), expected=True, what="delete")
        same(self.store.delete(SENDER), expected=False, what="delete again")
        same(self.store.retrieve(SENDER), None, what="retrieve")
        same(self.senders(), ["other"], what="keys")
        self.store.save(SENDER, Turn(events=[user("new", at=2.0)]))
        self.expect_full([user("new", at=2.0)])

    def test_a_conversation_ends_by_itself(self) -> None:
        """Its time begins anew with every save."""
        store = self.make_expiring(seconds=1)
        store.save(SENDER, Turn(events=[user("a", at=1.0)]))
        same(events_of(store.retrieve_full(SENDER)), [user("a", at=1.0)], what="before")
        self.let_pass(1.2)
        same(store.retrieve_full(SENDER), None, what="after")
        same([item.sender_id for item in store.keys().items], [], what="keys")
        store.save(SENDER, Turn(events=[user("new", at=2.0)]))
        found = events_of(store.retrieve_full(SENDER))
        same(found, [user("new", at=2.0)], what="a new one")
        store.close()

    def test_a_conversation_can_be_given_an_end(self) -> None:
        """And be freed of it again."""
        self.store.save(SENDER, Turn(events=[user("a", at=1.0)]))
        self.store.save("other", Turn(events=[user("b", at=1.0)]))
        same(self.store.expire(SENDER, seconds=0.2), expected=True, what="expire")
        same(self.store.expire("other", seconds=0.2), expected=True, what="expire")
        same(self.store.expire("other", seconds=None), expected=True, what="free")
        same(self.store.expire("unknown", seconds=1), expected=False, what="unknown")
        self.let_pass(0.4)
        same(self.store.retrieve(SENDER), None, what="retrieve")
        same(self.senders(), ["other"], what="keys")

    def test_a_prefix_keeps_bots_apart(self) -> None:
        """Two bots may share one server."""
        other = self.make_prefixed("bot1")
        self.store.save(SENDER, Turn(events=[user("ours", at=1.0)]))
        other.save(SENDER, Turn(events=[user("theirs", at=1.0)]))
        self.expect_full([user("ours", at=1.0)])
        found = events_of(other.retrieve_full(SENDER))
        same(found, [user("theirs", at=1.0)], what="the other bot's")
        same([item.sender_id for item in other.keys().items], [SENDER], what="keys")
        other.close()

    # The list.

    def test_the_list_comes_in_pages(self) -> None:
        """Each conversation once, none left out."""
        names = [f"sender {number:03}" for number in range(25)]
        for number, name in enumerate(names):
            self.store.save(name, Turn(events=[user("a", at=float(number))]))
        pages = [self.store.keys(limit=10)]
        while pages[-1].next is not None:
            pages.append(self.store.keys(limit=10, after=pages[-1].next))
        same([len(page.items) for page in pages], [10, 10, 5], what="pages")
        found = [item.sender_id for page in pages for item in page.items]
        same(sorted(found), names, what="all")
        if self.store.newest_first:
            same(found, names[::-1], what="order")

    def test_the_list_can_be_searched(self) -> None:
        """By a part of the sender's id, whatever its case."""
        for name in ("Anna", "joanna", "bob", "a%b"):
            self.store.save(name, Turn(events=[user("a", at=1.0)]))
        same(sorted(self.senders(search="ANNA")), ["Anna", "joanna"], what="search")
        same(self.senders(search="%"), ["a%b"], what="search for a sign of patterns")

    def test_the_list_can_be_filtered_by_what_occurs(self) -> None:
        """By intent and by action, both if both are given."""
        if not self.finds_names:
            raise unittest.SkipTest("this store looks for ids only")
        self.store.save("a", Turn(events=[user("x", at=1.0, intent="greet")]))
        both = [user("x", at=1.0, intent="greet"), listen(2.0)]
        self.store.save("b", Turn(events=both))
        same(sorted(self.senders(intent="greet")), ["a", "b"], what="by intent")
        same(self.senders(intent="greet", action="action_listen"), ["b"], what="both")
        same(self.senders(action="action_x"), [], what="by no action")

    def test_a_change_shows_in_the_list(self) -> None:
        """The mark of a conversation changes with it, and of no other."""
        for name in ("a", "b"):
            self.store.save(name, Turn(events=[user("x", at=1.0)]))
        before = {item.sender_id: item.mark for item in self.store.keys().items}
        self.store.save("a", Turn(events=[user("y", at=2.0)]))
        after = {item.sender_id: item.mark for item in self.store.keys().items}
        changed = [name for name in before if before[name] != after[name]]
        same(changed, ["a"], what="changed")

    # Variables.

    def test_variables_stand_beside_the_events(self) -> None:
        """Each with its turn and its event; never among what Rasa reads."""
        if not self.keeps_variables:
            raise unittest.SkipTest("this store keeps no variables")
        events = [user("a", at=1.0), listen(2.0)]
        records: list[Json] = [
            {"kind": "parse", "value": {"ranking": [1, 2]}},
            {"kind": "prediction", "offset": 1, "value": "🙂"},
        ]
        self.store.save(SENDER, Turn(events=events, variables=records))
        self.store.save(SENDER, Turn(events=events, variables=records[:1]))
        self.store.save_variables(SENDER, [{"kind": "late"}], turn=2)
        found = [
            (record["turn"], record["index"], record["kind"])
            for record in self.store.variables(SENDER)
        ]
        expected = [(0, 0, "parse"), (0, 1, "prediction"), (2, 2, "parse")]
        same(found, [*expected, (2, 2, "late")], what="variables")
        same(self.store.variables(SENDER, first=2)[0]["value"], {"ranking": [1, 2]})
        same(len(self.store.variables(SENDER, end=2)), 2, what="of the first turn")
        self.expect_full(events * 2)
        self.store.delete(SENDER)
        same(self.store.variables(SENDER), [], what="after delete")
