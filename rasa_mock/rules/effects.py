"""RM601 to RM603, RM605 to RM607: what the events do once Rasa has applied them.

Each event may be right by itself; the tracker after the answer tells what is left of
it.  It is the one that `core.outcome.interpret` folds, so nothing is guessed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rasa_mock.core.defaults import REQUESTED_SLOT
from rasa_mock.rules.answer import shown
from rasa_mock.rules.base import ActionRecord, Draft, Example, Exchange, rule
from rasa_mock.rules.roles import (
    LISTEN,
    SESSION_START,
    event_names,
    is_validation,
    slots_set,
    took_effect,
    validated_form,
)

ROME = {"event": "slot", "name": "city", "value": "Rome"}
RESET = {"event": "reset_slots"}
LISTENING = {"event": "action", "name": LISTEN}
IN_FORM = (
    {"event": "active_loop", "name": "trip_form"},
    {"event": "slot", "name": REQUESTED_SLOT, "value": "city"},
)
# Events after which slots that were set before them are as if they never were.
TAKE_BACK = ("reset_slots", "restart", "session_started", "rewind", "undo")
# Events after which the policies look at another turn than the one that called.
OTHER_TURN = ("user", "rewind", "restart", "session_started")


@rule(
    "RM601",
    "warning",
    title="event that a later one takes back",
    wrong=Example(events=[ROME, RESET]),
    right=Example(events=[RESET, ROME]),
)
def taken_back(exchange: Exchange) -> Iterator[Draft]:
    """A slot, a loop or a followup is set, and a later event of the answer undoes it.

    reset_slots, restart, session_started, rewind and undo take back the slots that
    were set before them; restart, session_started, rewind, undo, action and user take
    back a followup.
    """
    if not took_effect(exchange):
        return
    after = exchange.outcome.tracker
    names = event_names(exchange)
    for index, event in enumerate(exchange.answer.events):
        later = [name for name in names[index + 1 :] if name in TAKE_BACK]
        if event["event"] == "slot" and later and _is_lost(exchange, index):
            yield _lost(index, event, by=later[0])
        wanted = event.get("name") if event["event"] == "followup" else None
        by = _ends_followup(names[index + 1 :])
        if isinstance(wanted, str) and after.followup_action != wanted and by:
            yield _lost(index, event, by=by)


def _is_lost(exchange: Exchange, index: int) -> bool:
    """Tell whether a slot's value is given up, and not for another value."""
    event = exchange.answer.events[index]
    slot = exchange.domain.slots.get(event["name"])
    value = event.get("value")
    if slot is None or value is None or value == slot.initial_value:
        return False
    again = exchange.answer.events[index + 1 :]
    if any(e["event"] == "slot" and e.get("name") == event["name"] for e in again):
        return False
    held = exchange.outcome.tracker.slots.get(event["name"])
    return bool(held != slot.convert(value))


def _ends_followup(later: list[Any]) -> str:
    ends = ("followup", "action", "user", "restart", "session_started", "rewind")
    return next((name for name in later if name in (*ends, "undo")), "")


def _lost(index: int, event: Mapping[str, Any], *, by: str) -> Draft:
    what = f"{event['event']} {shown(event.get('name'))}"
    return Draft(
        message=f"{what} is taken back by the {by} after it",
        pointer=f"/events/{index}",
        subject=f"{event['event']} {event.get('name')}",
        expected=f"{by} before it, or not at all",
        got=f"{event['event']}, then {by}",
        hint=f"return {by} first: the order of the events counts",
        rasa=f"once all events are applied, nothing is left of {what}",
    )


@rule(
    "RM602",
    "error",
    title="answer after which the same action runs again, for ever",
    wrong=Example(events=[{"event": "undo"}]),
    right=Example(
        events=[
            LISTENING,
            {
                "event": "user",
                "text": "/greet",
                "parse_data": {"intent": {"name": "greet", "confidence": 1.0}},
            },
        ]
    ),
)
def endless_loop(exchange: Exchange) -> Iterator[Draft]:
    """The events leave no trace of the action, so Rasa predicts it once more.

    undo takes back the action itself; a rejection in another action's name means that
    the action is not logged, and does not exclude it; an `action` event of
    action_listen makes Rasa believe that the user has just spoken.  Rasa's guard
    against loops counts actions that were logged, and never sees this one.
    """
    cause = _loop_of(exchange)
    if not cause:
        return
    index, why, hint = cause
    changed = exchange.before.slots != exchange.outcome.tracker.slots
    yield Draft(
        message=f"after this answer {exchange.action} runs again: {why}",
        pointer=f"/events/{index}",
        subject=str(event_names(exchange)[index]),
        expected="an answer that leaves the action in the history",
        got=shown(exchange.answer.events[index]),
        hint=hint,
        rasa="the policies see the same state and predict the same action: an endless "
        "loop, the user never gets another turn",
        severity="warning" if changed else None,
    )


def _loop_of(exchange: Exchange) -> tuple[int, str, str] | None:
    """Return index of the event behind an endless loop, why, and what to do."""
    names = event_names(exchange)
    after = exchange.outcome.tracker
    if not took_effect(exchange) or after.paused or exchange.action == SESSION_START:
        return None
    if "followup" in names or after.followup_action not in (None, exchange.action):
        return None
    if any(name in names for name in OTHER_TURN):
        return None
    return next(filter(None, (_looping(exchange, i) for i in range(len(names)))), None)


def _looping(exchange: Exchange, index: int) -> tuple[int, str, str] | None:
    event = exchange.answer.events[index]
    name = event.get("name")
    if event["event"] == "undo":
        return (
            index,
            "undo takes back the action itself",
            "leave undo out; use rewind to take back the user's turn",
        )
    if event["event"] == "action" and name == LISTEN:
        return (
            index,
            "action_listen is logged without a user event after it",
            "leave it out, or return a followup to action_listen to end the turn",
        )
    form = validated_form(exchange.action, exchange.domain)
    own = form.name if form else exchange.action
    if event["event"] == "action_execution_rejected" and name != own:
        return (
            index,
            f"it rejects {shown(name)} instead of {own}",
            f"raise ActionExecutionRejection({own!r}, ...)",
        )
    return None


@rule(
    "RM603",
    "error",
    title="followup to itself in every call",
    wrong=Example(events=[{"event": "followup", "name": "action_example"}]),
    right=Example(events=[{"event": "followup", "name": "action_listen"}]),
    each="action",
)
def followup_to_itself(record: ActionRecord) -> Iterator[Draft]:
    """Each call of the action asks for the action itself as the next one.

    Behind a condition that is a loop with an end, and right; here nothing ended it in
    any call.  Rasa stops after ten actions in a turn.
    """
    calls = [call.exchange for call in record.calls if call.usable and call.exchange]
    if not calls or not all(_follows_itself(call) for call in calls):
        return
    moved = _moves(calls)
    yield Draft(
        message=f"all {len(calls)} calls return a followup to {record.action} itself",
        subject="followup",
        pointer="/events",
        expected="a followup to itself only while a condition holds",
        got="a followup to itself each time",
        hint="return it only while there is something left to do",
        rasa="Rasa runs it ten times and then ends the turn; what would come after it "
        "never runs",
        severity="info" if moved else None,
        action=record.action,
    )


def _follows_itself(exchange: Exchange) -> bool:
    return bool(exchange.outcome.tracker.followup_action == exchange.action) and (
        "followup" in event_names(exchange)
    )


def _moves(calls: Sequence[Exchange]) -> bool:
    """Tell whether a slot is set that may end the loop: a counter, or one to fill.

    A slot that gets the same value in each call, also where it was filled before, ends
    nothing; but a number that goes on from the one before counts.
    """
    names = {name for call in calls for name in slots_set(call)}
    return any(_may_end(calls, name) for name in names)


def _may_end(calls: Sequence[Exchange], name: str) -> bool:
    values = [slots_set(call).get(name) for call in calls]
    held = [call.before.slots.get(name) for call in calls]
    if all(_counts(one, other) for one, other in zip(held, values, strict=True)):
        return True
    filled = any(value is not None for value in held)
    return not filled or any(value != values[0] for value in values)


def _counts(held: Any, value: Any) -> bool:
    numbers = isinstance(held, int | float) and isinstance(value, int | float)
    return numbers and abs(value - held) == 1


@rule(
    "RM605",
    "warning",
    title="loop ended with requested_slot left",
    wrong=Example(before=IN_FORM, events=[{"event": "active_loop", "name": None}]),
    right=Example(
        before=IN_FORM,
        events=[
            {"event": "active_loop", "name": None},
            {"event": "slot", "name": REQUESTED_SLOT, "value": None},
        ],
    ),
)
def left_requested(exchange: Exchange) -> Iterator[Draft]:
    """An action ends a form's loop, and the form's last question stays requested.

    Rasa's own action_deactivate_loop empties requested_slot as well.
    """
    before, after = exchange.before, exchange.outcome.tracker
    if not took_effect(exchange) or is_validation(exchange.action, exchange.domain):
        return
    ended = before.active_loop_name and not after.active_loop_name
    if ended and after.slots.get(REQUESTED_SLOT) is not None:
        yield Draft(
            message=f"the loop {before.active_loop_name} is ended, but requested_slot "
            f"stays {shown(after.slots[REQUESTED_SLOT])}",
            pointer="/events",
            subject=REQUESTED_SLOT,
            expected="ActiveLoop(None) together with SlotSet('requested_slot', None)",
            got="ActiveLoop(None) alone",
            hint='return [ActiveLoop(None), SlotSet("requested_slot", None)]',
            rasa="rules and stories still see the question; started again, the form "
            "takes the next message as its answer",
        )


@rule(
    "RM606",
    "warning",
    title="followup in a paused conversation",
    wrong=Example(
        events=[{"event": "followup", "name": "action_example"}, {"event": "pause"}]
    ),
    right=Example(events=[{"event": "pause"}]),
)
def followup_while_paused(exchange: Exchange) -> Iterator[Draft]:
    """The answer pauses the conversation and asks for another action to be run."""
    if not took_effect(exchange) or "followup" not in event_names(exchange):
        return
    if not exchange.outcome.tracker.paused or "pause" not in event_names(exchange):
        return
    yield Draft(
        message="the conversation is paused, so the followup is not run",
        pointer="/events",
        subject="pause",
        expected="pause or a followup, not both",
        got="both",
        hint="let the action of the followup pause the conversation",
        rasa="nothing is predicted while a conversation is paused",
    )


REMIND = {
    "event": "reminder",
    "intent": "EXTERNAL_reminder",
    "date_time": "2090-01-01T09:00:00+00:00",
    "name": "call",
}


@rule(
    "RM607",
    "warning",
    title="reminder that the same answer cancels",
    wrong=Example(events=[{"event": "cancel_reminder", "name": "call"}, REMIND]),
    right=Example(events=[{"event": "cancel_reminder", "name": "other"}, REMIND]),
)
def cancelled_at_once(exchange: Exchange) -> Iterator[Draft]:
    """A reminder is scheduled and cancelled by one answer, in whatever order.

    Rasa first schedules all reminders of an answer and then cancels.  There is no need
    to cancel: a reminder replaces an older one of its name.
    """
    events = [e for e in exchange.answer.events if isinstance(e, dict)]
    cancelled = [e for e in events if e.get("event") == "cancel_reminder"]
    for event in events:
        if event.get("event") == "reminder" and any(
            _cancels(cancel, event) for cancel in cancelled
        ):
            yield Draft(
                message=f"the reminder {shown(event.get('name'))} is cancelled by the "
                "same answer",
                pointer="/events",
                subject=str(event.get("name")),
                expected="a reminder, or a cancellation of other ones",
                got="both",
                hint="leave the cancellation out: a reminder replaces one of its name",
                rasa="cancellations are done last, whatever the order: "
                "the reminder never fires",
            )


def _cancels(cancel: Mapping[str, Any], reminder: Mapping[str, Any]) -> bool:
    keys = ("name", "intent", "entities")
    return all(
        cancel.get(key) is None or cancel.get(key) == reminder.get(key) for key in keys
    )
