"""Every action that Rasa can run: on the server, a response, a form, its own.

`run` executes an action in the state of a tracker, which it does not change, and
returns the events that it gives, not yet logged.  It raises DataError (phase `run`)
where Rasa raises; a rejection has `rasa_class` ActionExecutionRejection.  Forms and
loops are in `rasa_mock.core.forms`, which action a name stands for is decided in
`rasa_mock.core.repertoire`, and logging happens in `rasa_mock.core.turns`.

Imitates rasa/core/actions/action.py of Rasa 3.6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_mock.core import nlg, nlg_server
from rasa_mock.core.answer import STUMBLES, stumbled
from rasa_mock.core.commands import AskNlg, CallAction, Computed, Effects, Note
from rasa_mock.core.defaults import (
    REQUESTED_SLOT,
)
from rasa_mock.core.domain import Domain
from rasa_mock.core.events import Source, read_event
from rasa_mock.core.extraction import Found, candidates, slot_event
from rasa_mock.core.returned import replying, run_reply
from rasa_mock.core.state import LISTEN, Wire
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import Reply
from rasa_mock.errors import DataError

Run = Callable[["Stage", Tracker], Effects[list[Wire]]]

VALIDATE_SLOTS = "action_validate_slot_mappings"
# What extraction only warns about; anything else ends the turn.
SHRUGGED_OFF = ("RasaException", "ActionExecutionRejection")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What actions are run with: the domain, time and ids, the channel, the dice.

    `find` returns what runs the action of a name (`core.repertoire`).  With
    `nlg_server` a server words the responses, not the domain.  With `tells` somebody
    wants to know where slots come from.
    """

    find: Callable[[Domain, str], Run]
    domain: Domain
    source: Source
    output_channel: str | None
    choose: nlg.Choose = nlg.first
    nlg_server: bool = False
    tells: bool = False


def run(stage: Stage, tracker: Tracker, *, name: str) -> Effects[list[Wire]]:
    """Run the action of that name, as the domain has it."""
    return (yield from stage.find(stage.domain, name)(stage, tracker))


def call(stage: Stage, tracker: Tracker, *, name: str) -> Effects[list[Wire]]:
    """Run an action on the action server."""
    reply = yield CallAction(action=name, tracker=tracker)
    events = yield from answered(stage, tracker, name=name, reply=reply)
    if stage.tells:
        yield _caused(tracker, events, {"by": "action", "action": name})
    return events


def _caused(tracker: Tracker, events: Sequence[Wire], cause: Wire) -> Computed:
    data = {"events": events, "cause": cause}
    return Computed(kind="caused", tracker=tracker, data=data)


def answered(
    stage: Stage, tracker: Tracker, *, name: str, reply: Reply
) -> Effects[list[Wire]]:
    """Take what an action has answered."""
    if stage.nlg_server:
        steps = replying(
            reply,
            action=name,
            tracker=tracker,
            source=stage.source,
            responses=stage.domain.responses,
        )
        return (yield from _worded_elsewhere(stage, tracker, steps))
    return run_reply(
        reply,
        action=name,
        tracker=tracker,
        source=stage.source,
        responses=stage.domain.responses,
        choose=stage.choose,
        output_channel=stage.output_channel,
    )


def respond(stage: Stage, tracker: Tracker, *, name: str) -> Effects[list[Wire]]:
    """Utter a response of the domain; nothing if there is no suitable variation."""
    said = yield from _said(stage, tracker, item={"response": name})
    if not said:
        yield Note(
            kind="no_response",
            message=f"no variation of {name!r} suits the channel and the slots",
            action=name,
        )
    return said


def _said(
    stage: Stage, tracker: Tracker, *, item: Mapping[str, Any]
) -> Effects[list[Wire]]:
    try:
        if stage.nlg_server:
            steps = nlg.uttering(
                [item],
                responses=stage.domain.responses,
                now=stage.source.now(),
                keeps_empty=True,
            )
            return (yield from _worded_elsewhere(stage, tracker, steps))
        return nlg.utter(
            [item],
            responses=stage.domain.responses,
            slots=tracker.slots,
            now=stage.source.now(),
            output_channel=stage.output_channel,
            choose=stage.choose,
        )
    except STUMBLES as error:
        raise stumbled(error) from error


def _worded_elsewhere(
    stage: Stage, tracker: Tracker, steps: nlg.Uttering
) -> Effects[list[Wire]]:
    """Ask the NLG server for each response; a failure is raised where it is needed."""
    try:
        wanted = next(steps)
        while True:
            question = nlg_server.question(
                wanted,
                tracker=tracker,
                output_channel=stage.output_channel,
                responses=stage.domain.responses,
            )
            reply = yield AskNlg(question=question)
            wanted = steps.send(nlg_server.read_draft(reply))
    except StopIteration as end:
        events: list[Wire] = end.value
        return events
    except STUMBLES as error:
        raise stumbled(error) from error


def make(stage: Stage, *raw: Mapping[str, Any]) -> list[Wire]:
    """Make events as they are before they are logged."""
    read = (read_event(event, stage.source) for event in raw)
    return [event for event in read if event is not None]


# Rasa's own actions.


def nothing(_stage: Stage, _tracker: Tracker) -> Effects[list[Wire]]:
    """Do nothing, as `action_listen` does."""
    yield from ()
    return []


def with_response(name: str, *event_types: str) -> Run:
    """Make an action that utters a response, if there is one, and returns events."""

    def play(stage: Stage, tracker: Tracker) -> Effects[list[Wire]]:
        yield from ()
        said = yield from _said(stage, tracker, item={"response": name})
        return said + make(stage, *({"event": kind} for kind in event_types))

    return play


def deactivate(stage: Stage, _tracker: Tracker) -> Effects[list[Wire]]:
    """Leave the active loop, and ask for nothing."""
    yield from ()
    return make(
        stage,
        {"event": "active_loop", "name": None},
        slot_event(REQUESTED_SLOT, None),
    )


def start_session(stage: Stage, tracker: Tracker) -> Effects[list[Wire]]:
    """Start anew; carry the slots over, event by event, if the domain says so."""
    yield from ()
    carried: list[Mapping[str, Any]] = []
    if stage.domain.session_config.carry_over_slots_to_new_session:
        carried = [
            {key: value for key, value in event.items() if key != "timestamp"}
            for event in tracker.applied_events()
            if event["event"] == "slot"
        ]
    listen = {"event": "action", "name": LISTEN}
    return make(stage, {"event": "session_started"}, *carried, listen)


def ask_affirmation(stage: Stage, tracker: Tracker) -> Effects[list[Wire]]:
    """Ask whether the user meant the best intent; after `nlu_fallback` the second."""
    yield from ()
    message = tracker.latest_message
    intent = (message.get("intent") or {}).get("name")
    ranking = message.get("intent_ranking") or []
    if intent == "nlu_fallback" and len(ranking) > 1:
        intent = ranking[1].get("name")
    buttons = [
        {"title": "Yes", "payload": f"/{intent}"},
        {"title": "No", "payload": "/out_of_scope"},
    ]
    item = {"text": f"Did you mean '{intent}'?", "buttons": buttons}
    name = "action_default_ask_affirmation"
    return (yield from _said(stage, tracker, item={**item, "utter_action": name}))


def extract_slots(stage: Stage, tracker: Tracker) -> Effects[list[Wire]]:
    """Fill slots from the latest message, and let them be validated.

    What actions of custom mappings say is dropped; only the validation may speak.
    """
    events: list[Wire] = []
    ran: set[str] = set()
    for found in candidates(tracker, stage.domain):
        if found.event is not None:
            made = make(stage, found.event)
            if stage.tells:
                yield _caused(tracker, made, _mapped(found, tracker))
            events += made
        elif found.action is not None and found.action not in ran:
            ran.add(found.action)
            events += yield from _call_for_slots(stage, tracker, name=found.action)
    slots = [event for event in events if event["event"] == "slot"]
    if VALIDATE_SLOTS not in stage.domain.actions:
        return slots
    shown = since_restart(tracker, slots)
    returned = yield from _call_for_slots(stage, shown, name=VALIDATE_SLOTS)
    return returned + without_slots_of(slots, returned)


def _mapped(found: Found, tracker: Tracker) -> Wire:
    """Say by which mapping a slot is filled; of a message from outside that, too."""
    cause: Wire = {"by": "mapping", "mapping": dict(found.mapping or {})}
    message = tracker.latest_user_event
    if message is not None and (message.get("metadata") or {}).get("is_external"):
        cause["external"] = True
    return cause


def _call_for_slots(
    stage: Stage, tracker: Tracker, *, name: str
) -> Effects[list[Wire]]:
    """Call an action that may only fill slots and speak; failures are shrugged off."""
    try:
        events = yield from call(stage, tracker, name=name)
    except DataError as error:
        if error.rasa_class not in SHRUGGED_OFF:
            raise
        yield Note(kind="slot_action_failed", message=error.message, action=name)
        return []
    return [event for event in events if event["event"] in ("slot", "bot")]


def without_slots_of(events: Sequence[Wire], returned: Sequence[Wire]) -> list[Wire]:
    """Return the events less the slots that a validation has returned."""
    names = [event["name"] for event in returned if event["event"] == "slot"]
    return [
        event
        for event in events
        if event["event"] != "slot" or event["name"] not in names
    ]


def since_restart(tracker: Tracker, *parts: Sequence[Wire]) -> Tracker:
    """Return a new tracker: the events after the last restart, and some more."""
    if not tracker.history.is_as_folded():
        return with_events(tracker, tracker.events_after_restart(), *parts)
    twin = tracker.branch()
    for events in parts:
        twin.extend(events)
    return twin


def with_events(tracker: Tracker, *parts: Sequence[Wire]) -> Tracker:
    """Return a new tracker of the same conversation with other events."""
    twin = Tracker(
        tracker.sender_id,
        domain=tracker.domain,
        now=tracker.source.now,
        new_id=tracker.source.new_id,
        parse_date=tracker.source.parse_date,
        known_events=tracker.source.known,
    )
    for events in parts:
        for event in events:
            twin.update(event)
    return twin
