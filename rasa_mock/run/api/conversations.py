"""The routes under `/conversations`: trackers, events, actions, intents, messages.

Imitates rasa/server.py of Rasa 3.6.21; what each of them does to the conversation is
the business of `rasa_mock.core.processor`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rasa_mock.core.accepts import verdict
from rasa_mock.core.commands import Effects, LoadTracker
from rasa_mock.core.policies.prediction import Choice
from rasa_mock.core.processor import REFUSALS
from rasa_mock.core.tracker import VERBOSITIES, Tracker
from rasa_mock.errors import DataError
from rasa_mock.run.api.base import (
    DOCS,
    NO_TEXT,
    TEXT_TYPE,
    Answer,
    Desk,
    Json,
    Outlet,
    Refusal,
    Request,
    bad_request,
    check_types,
    collected,
    crash,
    lost_if_endless,
    unexpected,
)
from rasa_mock.run.api.stories import stories_of

CONVERSATION_ERROR = "ConversationError"
DEFAULT_VERBOSITY = "AFTER_RESTART"
NO_MESSAGE = (
    "No message defined in request body. Add a message to the request body in order "
    "to add it to the tracker."
)


def unknown_conversation() -> Refusal:
    """Make the refusal of a conversation that is not there."""
    return Refusal(404, "Not found", message="Conversation ID not found.")


def retrieve(desk: Desk, request: Request) -> Effects[Answer]:
    """Show a conversation; one that is new starts a session."""
    show = shown(request)
    until = _until(desk, request)
    if desk.profile.calm and request.params.get("start_session") == "false":
        known = yield LoadTracker(sender_id=request.named, everything=True)
        tracker = known or desk.processor.new_tracker(request.named)
    else:
        tracker = yield from guarded(desk.processor.look(request.named))
    if until is not None:
        tracker = back_to(until, tracker, desk=desk)
    return Answer(body=show(tracker))


def append(desk: Desk, request: Request) -> Effects[Answer]:
    """Add events to a conversation."""
    events = read_events(request)
    show = shown(request)
    if not events and not desk.is_odd("empty_events_crash"):
        raise bad_request("expected at least one event, got an empty list")
    outlet = Outlet(desk, request)
    effects = desk.processor.append(
        request.named,
        events,
        with_side_effects=request.flag("execute_side_effects"),
        output_channel=outlet,
    )
    tracker = yield from guarded(collected(effects, outlet.messages))
    return Answer(body=show(tracker))


def replace(desk: Desk, request: Request) -> Effects[Answer]:
    """Put events in place of a conversation."""
    events = read_events(request)
    show = shown(request)
    if isinstance(request.json(), dict) and desk.is_odd("one_event_crashes"):
        # Rasa walks over the object's keys, and asks a text for its events.
        said = AttributeError("'str' object has no attribute 'get'")
        raise unexpected(said, CONVERSATION_ERROR)
    tracker = yield from guarded(desk.processor.replace(request.named, events))
    return Answer(body=show(tracker))


def story(desk: Desk, request: Request) -> Effects[Answer]:
    """Write a conversation as a test story."""
    until = _until(desk, request)
    everything = request.flag("all_sessions")
    tracker = yield LoadTracker(sender_id=request.named, everything=everything)
    if tracker is None:
        raise unknown_conversation()
    try:
        text = stories_of(
            tracker,
            request.named,
            apart=everything,
            cut=None if until is None else lambda each: back_to(until, each, desk=desk),
            dump=need_workshop(desk).dump,
        )
    except (LookupError, TypeError, AttributeError) as error:
        raise unexpected(error, CONVERSATION_ERROR) from error
    return Answer(body=text, content_type=TEXT_TYPE)


def execute(desk: Desk, request: Request) -> Effects[Answer]:
    """Run one action."""
    body = json_object(desk, request)
    check_types(desk, body, types={"name": str, "policy": str})
    show = shown(request)
    outlet = Outlet(desk, request)
    known = yield LoadTracker(sender_id=request.named)
    if known is None:
        raise unknown_conversation()
    action = body.get("name")
    if not action:
        raise bad_request(
            "Name of the action not provided in request body.", parameter="name"
        )
    effects = desk.processor.execute(
        request.named,
        action=action,
        policy=body.get("policy"),
        confidence=body.get("confidence"),
        output_channel=outlet,
    )
    try:
        state = show((yield from guarded(collected(effects, outlet.messages))))
    except Refusal as refusal:
        raise _no_such_action(desk, action, refusal) from refusal
    if not desk.is_odd("tracker_before_execute"):
        state = show((yield LoadTracker(sender_id=request.named, everything=True)))
    return Answer(body=outlet.body(state))


def _no_such_action(desk: Desk, action: Any, refusal: Refusal) -> Refusal:
    """Say of an unknown action which ones there are, as Rasa does."""
    names = desk.processor.bot.domain.action_names
    if action in names:
        return refusal
    listed = "".join(f"\n\t - {name}" for name in names)
    message = (
        f"Cannot access action '{action}', as that name is not a registered action for "
        f"this domain. Available actions are: {listed}"
    )
    return unexpected(LookupError(message), CONVERSATION_ERROR)


def trigger_intent(desk: Desk, request: Request) -> Effects[Answer]:
    """Answer an intent that comes from outside."""
    body = json_object(desk, request)
    check_types(desk, body, types={"name": str, "entities": list})
    for entity in body.get("entities") or ():
        check_types(desk, {"entities": entity}, types={"entities": dict})
    intent = body.get("name")
    if not intent:
        raise bad_request(
            "Name of the intent not provided in request body.", parameter="name"
        )
    show = shown(request)
    outlet = Outlet(desk, request)
    effects = desk.processor.trigger_intent(
        request.named,
        intent=intent,
        entities=body.get("entities", []),
        output_channel=outlet,
    )
    try:
        tracker = yield from guarded(collected(effects, outlet.messages))
    except Refusal as refusal:
        if refusal.status == REFUSALS["NotFound"]:
            raise _unknown_intent(desk, intent) from refusal
        raise
    return Answer(body=outlet.body(show(tracker)))


def _unknown_intent(desk: Desk, intent: Any) -> Refusal:
    named = intent
    if desk.is_odd("intent_as_function"):
        # The address is one of many: it was different in every run of Rasa.
        named = "<function create_app.<locals>.trigger_intent at 0x7efc10b6e560>"
    message = f"The intent {named} does not exist in the domain."
    return Refusal(404, "NotFound", message=message)


def predict(desk: Desk, request: Request) -> Effects[Answer]:
    """Tell what would come next."""
    known = yield LoadTracker(sender_id=request.named)
    if known is None:
        raise unknown_conversation()
    tracker, choice = yield from guarded(desk.processor.predict(request.named))
    body = predicted(tracker, choice)
    body["scores"].sort(key=lambda each: (-each["score"], each["action"]))
    return Answer(body=body)


def add_message(desk: Desk, request: Request) -> Effects[Answer]:
    """Log a message, without an answer to it."""
    request.need_body(NO_MESSAGE)
    body = json_object(desk, request)
    check_types(desk, body, types={"text": str, "parse_data": dict})
    show = shown(request)
    sender, text, data = body.get("sender"), body.get("text"), body.get("parse_data")
    if sender != "user":
        raise bad_request(
            "Currently, only user messages can be passed to this endpoint. "
            f"Messages of sender '{sender}' cannot be handled.",
            parameter="sender",
        )
    if text is None and not data:
        if desk.is_odd("no_text_crashes"):
            raise unexpected(AttributeError(NO_TEXT), CONVERSATION_ERROR)
        raise bad_request("expected a text or parse_data, got none", parameter="text")
    effects = desk.processor.add_message(request.named, text=text, parse_data=data)
    return Answer(body=show((yield from guarded(effects))))


# What they have in common.


def guarded(effects: Effects[Any], *, reason: str = CONVERSATION_ERROR) -> Effects[Any]:
    """Pass effects on; whatever goes wrong is refused, as Rasa does."""
    try:
        return (yield from lost_if_endless(effects))
    except DataError as error:
        status = REFUSALS.get(error.rasa_class or "")
        if status is not None:
            kind = str(error.rasa_class)
            raise Refusal(status, kind, message=error.message) from error
        raise unexpected(error, reason) from error
    except (Refusal, GeneratorExit):
        raise
    except Exception as error:
        raise unexpected(error, reason) from error


def json_object(desk: Desk, request: Request) -> Json:
    """Return the object in the body."""
    value = request.json()
    if isinstance(value, dict):
        return value
    if desk.is_odd("no_object_crashes"):
        raise crash()
    raise bad_request(f"expected a JSON object, got {type(value).__name__}")


def read_events(request: Request) -> list[Any]:
    """Return the events in the body, if they are such."""
    body = request.json()
    events = body if isinstance(body, list) else [body]
    refused = verdict(events)
    if refused:
        raise Refusal(
            400,
            "BadRequest",
            message="Failed to validate the events format. For more information about "
            f"the format visit the docs. Error: {_complaint(events, refused[0][0])}",
            help_url=f"{DOCS}/pages/http-api",
        )
    return events


def _complaint(events: list[Any], index: int) -> str:
    event = events[index]
    if not isinstance(event, dict):
        said = f"{event!r} is not of type 'object'"
    elif "event" not in event:
        said = "'event' is a required property"
    else:
        said = f"{event!r} is not valid under any of the given schemas"
    return f"{said}\n\nOn instance[{index}]:\n    {event!r}"


def shown(request: Request) -> Callable[[Tracker], Json]:
    """Return what shows a tracker with the events that the client asks for."""
    wanted = request.params.get("include_events", DEFAULT_VERBOSITY).upper()
    if wanted not in VERBOSITIES:
        raise bad_request(
            "Invalid parameter value for 'include_events'. Should be one of "
            "NONE, APPLIED, AFTER_RESTART, ALL",
            parameter="include_events",
            place="query",
        )
    return lambda tracker: tracker.current_state(wanted)


def _until(desk: Desk, request: Request) -> float | None:
    until = request.number("until")
    given = request.params.get("until")
    if until is None and given is not None and not desk.is_odd("bad_until_ignored"):
        raise bad_request(
            f"expected a time in seconds, got {given!r}",
            parameter="until",
            place="query",
        )
    return until


def back_to(time: float, tracker: Tracker, *, desk: Desk) -> Tracker:
    """Return a conversation as it was then."""
    twin = desk.processor.new_tracker(tracker.sender_id)
    for event in tracker.events:
        if event["timestamp"] > time:
            break
        twin.update(event)
    return twin


def predicted(
    tracker: Tracker, choice: Choice, *, verbosity: str = DEFAULT_VERBOSITY
) -> Json:
    """Show a prediction, with the score of every action."""
    names = tracker.domain.action_names if tracker.domain else ()
    return {
        "scores": [
            {"action": name, "score": choice.scores.get(name, 0.0)} for name in names
        ],
        "policy": choice.policy,
        "confidence": choice.confidence,
        "tracker": tracker.current_state(verbosity),
    }


def need_workshop(desk: Desk) -> Any:
    """Return what works with files; without it nothing is written as YAML."""
    if desk.workshop is None:
        raise crash()
    return desk.workshop
