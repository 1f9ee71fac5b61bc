"""Conversations as a strategy, and the state machine with its invariants."""

from __future__ import annotations

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis.stateful import run_state_machine_as_test

from rasa_mock.errors import UsageError
from rasa_mock.strategies import ConversationMachine, Step, conversations, steps

QUICK = settings(max_examples=15, database=None, deadline=None, derandomize=True)
# What fails need not be shrunk here: that costs, and is Hypothesis's own affair.
MACHINE = settings(
    QUICK, stateful_step_count=15, phases=[Phase.generate], max_examples=40
)
SAVED = {"events": [{"event": "slot", "name": "note", "value": "ok"}], "responses": []}


def test_conversations_are_held_to_their_end(bot):
    seen = []

    @QUICK
    @given(conversations(bot, stubs={"action_save": SAVED}))
    def check(held):
        seen.append(len(held.steps))
        assert len(held.results) == len(held.steps) <= 6
        said = [step.say for step in held.steps if step.say is not None]
        events = held.conversation.tracker.events
        logged = {event["text"] for event in events if event["event"] == "user"}
        assert logged <= set(said)

    check()
    assert max(seen) > 1


def test_a_conversation_shrinks_to_few_steps(bot):
    def has_asked(held):
        return any("where?" in result.texts for result in held.results)

    found = find(
        conversations(bot),
        has_asked,
        settings=settings(QUICK, max_examples=300),
    )
    assert [step.say for step in found.steps] == ["/book"]
    assert repr(found) == "Held(steps=[Step(say='/book')])"


def test_steps_are_those_of_the_bot(bot):
    seen = []

    @settings(QUICK, max_examples=60)
    @given(steps(bot))
    def check(step):
        seen.append(step)

    check()
    said = " ".join(step.say or "" for step in seen)
    assert "/book" in said
    assert '{"city"' in said or '{"number"' in said
    assert any(step.wait for step in seen)


# The state machine.


def machine(bot, stub, **attributes):
    """Make a machine whose only action answers so."""
    own = {"bot": bot, "stubs": {"action_save": stub}, **attributes}
    return type("Machine", (ConversationMachine,), own)


@pytest.mark.parametrize("store", ["memory", "sql"])
def test_a_bot_that_does_nothing_wrong_passes(bot, store):
    good = machine(bot, SAVED, store=store)
    run_state_machine_as_test(good, settings=settings(MACHINE, max_examples=12))


def slot(name, value):
    return {"event": "slot", "name": name, "value": value}


def leaking():
    """Answer with what anybody has ever said."""
    said = []

    def answer(request):
        events = request["tracker"]["events"]
        said.extend(e["text"] for e in events if e["event"] == "user")
        return {"events": [], "responses": [{"text": " ".join(map(str, said))}]}

    return answer


FORM_AGAIN = {"event": "active_loop", "name": "book_form"}


@pytest.mark.parametrize(
    ("stub", "message"),
    [
        ([slot("nope", 1)], r"the slots \['nope'\] are set, which the domain lacks"),
        ([FORM_AGAIN, slot("requested_slot", None)], "is active and asks for nothing"),
        (
            [FORM_AGAIN, slot("city", None), slot("requested_slot", "city")],
            "does not end: it still asks for 'city'",
        ),
        ([{"event": "slot"}], "RM654"),
    ],
    ids=["unknown slot", "asks for nothing", "never ends", "refused answer"],
)
def test_what_is_wrong_with_an_action_is_found(bot, stub, message):
    with pytest.raises(AssertionError, match=message):
        run_state_machine_as_test(machine(bot, stub), settings=MACHINE)


BOOKING = ("/book", '/inform{"city": "Rome"}', '/inform{"number": 2}')


def test_data_of_another_sender_is_found(bot):
    leaky = machine(bot, leaking())()
    leaky.tell_a_secret(sender="ana")
    for sender in ("ana", "ben"):
        leaky.no_data_of_another_sender()
        for said in BOOKING:
            leaky.take(sender, Step(say=said))
    with pytest.raises(AssertionError, match="ben is told what ana said: 'secret-ana"):
        leaky.no_data_of_another_sender()


def test_a_lost_turn_changes_nothing_and_may_be_allowed(bot):
    """A message that Rasa cannot send loses the turn; the form then never ends."""
    lost = machine(
        bot,
        {"events": [], "responses": [{"text": 4}]},
        fail_on=None,
        answer=lambda *_: None,
    )
    run_state_machine_as_test(lost, settings=settings(MACHINE, max_examples=10))


def test_a_turn_that_was_lost_and_changed_something_is_found(bot):
    """The invariant itself: no bot of ours does that, so it is done by hand."""
    broken = machine(bot, {"events": [], "responses": [{"text": 4}]}, fail_on=None)()
    for said in BOOKING:
        broken.take("ana", Step(say=said))
    assert broken.last[2].error is not None
    broken.rejected_turns_change_nothing()
    broken.trackers["ana"].update(slot("note", "changed"))
    with pytest.raises(AssertionError, match=r"was lost .* but changed /17"):
        broken.rejected_turns_change_nothing()


def test_a_replay_that_differs_is_found(bot):
    broken = machine(bot, SAVED)()
    broken.take("ana", Step(say='/inform{"city": "Rome"}'))
    broken.replay_equals_live()
    broken.trackers["ana"].history.state.filled["city"] = "Paris"
    with pytest.raises(
        AssertionError, match='/slots/city: live "Paris", replayed null'
    ):
        broken.replay_equals_live()


def test_a_machine_without_a_bot_says_so():
    with pytest.raises(UsageError, match=r"Machine\.bot is not set"):
        machine(None, SAVED)()
