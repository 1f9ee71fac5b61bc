"""The requests of recorded conversations, and what of the bot answers them.

Only what concerns a conversation: `answer_to` gives None for a request that the HTTP
server answers by itself (see `aside`).

Imitates the routes of rasa/server.py and rasa/core/channels/rest.py (Rasa 3.6).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from rasa_mock.core.accepts import verdict
from rasa_mock.core.commands import Effects
from rasa_mock.core.policies.prediction import Choice
from rasa_mock.core.processor import REFUSALS, Processor
from rasa_mock.core.tracker import VERBOSITIES, Tracker
from rasa_mock.errors import DataError
from rasa_mock.run.drivers import OffScriptError, Stage

Json = dict[str, Any]
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where requests are answered; `perform` carries out the effects."""

    processor: Processor
    stage: Stage
    perform: Callable[[Effects[Any]], Any]


class Answer(NamedTuple):
    """What a client gets; a body of None is not compared."""

    status: int
    body: Any = None


def answer_to(desk: Desk, request: Mapping[str, Any]) -> Answer | None:
    """Answer a recorded request."""
    for method, pattern, route in ROUTES:
        match = re.fullmatch(pattern, request.get("path") or "")
        if match and request.get("method") == method:
            desk.stage.messages.clear()
            try:
                return route(desk, request, *match.groups())
            except OffScriptError:
                raise
            except DataError as error:
                return Answer(REFUSALS.get(error.rasa_class or "", SERVER_ERROR))
    return None


# The REST channel.


def _webhook(desk: Desk, request: Mapping[str, Any]) -> Answer | None:
    body = request.get("body")
    if not isinstance(body, dict):
        return None
    sender, text = body.get("sender"), body.get("message")
    messages = desk.stage.messages
    if isinstance(text, str):
        try:
            desk.perform(
                desk.processor.message(
                    "default" if sender is None else str(sender),
                    text=text,
                    input_channel=body.get("input_channel") or "rest",
                    metadata=body.get("metadata"),
                )
            )
        except OffScriptError:
            raise
        except DataError:
            # The turn is lost; what was said before stays said.
            pass
    if (request.get("params") or {}).get("stream") == "true":
        return Answer(200, "".join(f"{json.dumps(each)}\n" for each in messages))
    return Answer(200, list(messages))


# The API.


def _tracker(desk: Desk, request: Mapping[str, Any], sender_id: str) -> Answer:
    state = _shown(request)
    tracker = desk.perform(desk.processor.look(sender_id))
    until = (request.get("params") or {}).get("until")
    if until is not None:
        tracker = _back_to(float(until), tracker, processor=desk.processor)
    return Answer(200, state(tracker))


def _shown(request: Mapping[str, Any]) -> Callable[[Tracker], Json]:
    """Return what shows a tracker with the events that the client asks for."""
    verbosity = (request.get("params") or {}).get("include_events", "AFTER_RESTART")
    if verbosity.upper() not in VERBOSITIES:
        raise DataError("unknown include_events", rasa_class="BadRequest")
    return lambda tracker: tracker.current_state(verbosity.upper())


def _back_to(time: float, tracker: Tracker, *, processor: Processor) -> Tracker:
    twin = processor.new_tracker(tracker.sender_id)
    for event in tracker.events:
        if event["timestamp"] > time:
            break
        twin.update(event)
    return twin


def _append(desk: Desk, request: Mapping[str, Any], sender_id: str) -> Answer:
    events = _events(request)
    state = _shown(request)
    effects = (request.get("params") or {}).get("execute_side_effects", "")
    tracker = desk.perform(
        desk.processor.append(
            sender_id, events, with_side_effects=effects.lower() == "true"
        )
    )
    return Answer(200, state(tracker))


def _events(request: Mapping[str, Any]) -> list[Any]:
    body = request.get("body")
    events = body if isinstance(body, list) else [body]
    if verdict(events):
        raise DataError("not a list of events", rasa_class="BadRequest")
    return events


def _replace(desk: Desk, request: Mapping[str, Any], sender_id: str) -> Answer:
    events = _events(request)
    state = _shown(request)
    if not isinstance(request.get("body"), list):
        return Answer(SERVER_ERROR)
    return Answer(200, state(desk.perform(desk.processor.replace(sender_id, events))))


def _execute(desk: Desk, request: Mapping[str, Any], sender_id: str) -> Answer:
    body = request.get("body") or {}
    tracker = desk.perform(
        desk.processor.execute(
            sender_id,
            action=body.get("name"),
            policy=body.get("policy"),
            confidence=body.get("confidence"),
        )
    )
    return _with_messages(desk, _shown(request)(tracker))


def _trigger(desk: Desk, request: Mapping[str, Any], sender_id: str) -> Answer:
    body = request.get("body") or {}
    tracker = desk.perform(
        desk.processor.trigger_intent(
            sender_id, intent=body.get("name"), entities=body.get("entities", [])
        )
    )
    return _with_messages(desk, _shown(request)(tracker))


def _with_messages(desk: Desk, state: Json) -> Answer:
    return Answer(200, {"tracker": state, "messages": list(desk.stage.messages)})


def _predict(desk: Desk, _request: Mapping[str, Any], sender_id: str) -> Answer:
    tracker, choice = desk.perform(desk.processor.predict(sender_id))
    answer = _predicted(tracker, choice)
    answer.body["scores"].sort(key=lambda each: (-each["score"], each["action"]))
    return answer


def _predict_after(desk: Desk, request: Mapping[str, Any]) -> Answer:
    events = _events(request)
    tracker, choice = desk.perform(desk.processor.predict_after(events))
    return _predicted(tracker, choice)


def _predicted(tracker: Tracker, choice: Choice) -> Answer:
    names = tracker.domain.action_names if tracker.domain else ()
    body = {
        "scores": [
            {"action": name, "score": choice.scores.get(name, 0.0)} for name in names
        ],
        "policy": choice.policy,
        "confidence": choice.confidence,
        "tracker": tracker.current_state("AFTER_RESTART"),
    }
    return Answer(200, body)


def _add_message(desk: Desk, request: Mapping[str, Any], sender_id: str) -> Answer:
    body = request.get("body") or {}
    state = _shown(request)
    if body.get("sender") != "user":
        raise DataError("messages of the user only", rasa_class="BadRequest")
    tracker = desk.perform(
        desk.processor.add_message(
            sender_id, text=body.get("text"), parse_data=body.get("parse_data")
        )
    )
    return Answer(200, state(tracker))


def _parse(desk: Desk, request: Mapping[str, Any]) -> Answer:
    return Answer(200, desk.processor.parse(request["body"]["text"]))


CONVERSATION = "/conversations/(.+)"
Route = Callable[..., Answer | None]

ROUTES: tuple[tuple[str, str, Route], ...] = (
    ("POST", "/webhooks/rest/webhook", _webhook),
    ("GET", f"{CONVERSATION}/tracker", _tracker),
    ("POST", f"{CONVERSATION}/tracker/events", _append),
    ("PUT", f"{CONVERSATION}/tracker/events", _replace),
    ("POST", f"{CONVERSATION}/execute", _execute),
    ("POST", f"{CONVERSATION}/trigger_intent", _trigger),
    ("POST", f"{CONVERSATION}/predict", _predict),
    ("POST", f"{CONVERSATION}/messages", _add_message),
    ("POST", "/model/predict", _predict_after),
    ("POST", "/model/parse", _parse),
)
