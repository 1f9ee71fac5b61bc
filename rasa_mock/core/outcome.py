"""Say what real Rasa makes of an action server's reply: `interpret`.

The rules, in Rasa's order:

1. *Running the action.*  The reply is read and checked (core.answer), its `responses`
   become bot events (core.nlg), its `events` are read (core.events).  Whatever fails
   here loses all of it, and Rasa goes on: the action is logged as if it had succeeded
   and returned nothing.  Only a rejection (status 400 with `action_name`) is not: an
   `action_execution_rejected` is logged instead, and another action is predicted.
2. *Logging.*  The action, then the bot events, then the returned events are appended
   to the tracker and applied, each with the time of logging.  If one of the returned
   events is an `action_execution_rejected` the action itself is not logged.
3. *Side effects*, once everything is logged: every bot event is sent (core.channel),
   then reminders are scheduled.

What fails in 2 or 3 ends the turn with an error (phase `processor`): Rasa does not
save the tracker, so the user's message is lost as well.  `Outcome.tracker` is then the
tracker at the moment of the error, which Rasa throws away.

Imitates `RemoteAction.run` (rasa/core/actions/action.py) and
`MessageProcessor._run_action` (rasa/core/processor.py) of Rasa 3.6.  Not here: the
events that come with a policy's prediction, and the extraction of slots that follows
on a returned `user` event; both are the business of the conversation around this.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from rasa_mock.core import channel, nlg
from rasa_mock.core.answer import (
    NO_DOMAIN,
    REJECTION,
    STUMBLES,
    nests_deeper,
    stumbled,
)
from rasa_mock.core.domain import Domain
from rasa_mock.core.events import DateParser, Source, read_event
from rasa_mock.core.profile import Named, find_profile
from rasa_mock.core.returned import run_reply
from rasa_mock.core.tracker import Now, Tracker
from rasa_mock.core.wire import Reply
from rasa_mock.errors import DataError

ENDS_TURN = ("action_listen", "action_session_start")
"""After these actions Rasa predicts no other one."""

REJECTED = "action_execution_rejected"

RETRY_STATUS = 449
"""With it an action server asks for the request again, with the domain in it.  Rasa
Open Source does not know that and takes it for any other error."""

DEEPEST_COPY = 475
"""About how deep arrays and objects may lie within each other in an event.  Rasa copies
the events for its debug log, whether that is written or not, and Python ends there."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeError:
    """How Rasa fails: its exception, its message, and when.

    `phase` is `run` (the answer is lost, the conversation goes on) or `processor` (the
    whole turn is lost).  `pointer` is a JSON pointer to what the schema refuses.
    """

    rasa_class: str
    message: str
    phase: str
    pointer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What Rasa makes of a reply.

    kind: `applied`, `rejected` (another action is predicted), `failed`, or
    `retry_with_domain` (the server asks for the domain; Open Source Rasa fails).
    events: what is logged for this action, in order, as Rasa writes it.
    returned: what running the action gives before it is logged: bot events, then the
    server's, with their own times; empty if running it failed.
    error: None where nothing fails.
    messages: what a user of the REST channel gets.
    tracker: the tracker after; a new one.
    predict_again: whether Rasa goes on to predict an action; None if the turn is lost.
    """

    kind: str
    events: list[Json]
    returned: list[Json] = field(default_factory=list)
    error: OutcomeError | None = None
    messages: list[Json] = field(default_factory=list)
    tracker: Tracker
    predict_again: bool | None


def interpret(
    reply: Reply,
    *,
    action: str,
    tracker: Tracker,
    domain: Domain | None = None,
    policy: str | None = "RulePolicy",
    confidence: float | None = 1.0,
    hide_rule_turn: bool = False,
    now: Now,
    new_id: Callable[[], str],
    parse_date: DateParser,
    choose: nlg.Choose = nlg.first,
    output_channel: str | None = channel.NAME,
    profile: Named | None = None,
    twin: Callable[[Tracker], Tracker] = Tracker.copy,
) -> Outcome:
    """Return what Rasa makes of a reply to the request to run `action`.

    `tracker` is the one that was sent; it stays as it is.  `domain` (the tracker's, if
    None) has the responses.  `policy`, `confidence` and `hide_rule_turn` are the
    prediction that is logged.  `now` is seconds since the epoch, or gives them;
    `new_id` names nameless reminders; `choose` picks one of several equally suitable
    variations of a response, where Rasa takes a random one.  `profile` is the Rasa that
    gets the reply, the tracker's if None.  `twin` makes the tracker that goes on; with
    `Tracker.branch` it shares the older messages.
    """
    clock = _clock(now)
    tracker = _as_seen_by(profile, tracker)
    source = replace(tracker.source, now=clock, new_id=new_id, parse_date=parse_date)
    turn = _Turn(tracker=twin(tracker), source=source)
    try:
        turn.returned = run_reply(
            reply,
            action=action,
            tracker=tracker,
            source=source,
            responses=_responses(domain or tracker.domain),
            choose=choose,
            output_channel=output_channel,
        )
    except DataError as error:
        turn.lost = error
    prediction = {"name": action, "policy": policy, "confidence": confidence}
    return turn.play(prediction, hide_rule_turn=hide_rule_turn, reply=reply)


def _clock(now: Now) -> Callable[[], float]:
    return now if callable(now) else lambda: now


def _responses(domain: Domain | None) -> nlg.Responses:
    return {} if domain is None else domain.responses


def _as_seen_by(profile: Named | None, tracker: Tracker) -> Tracker:
    """Return the tracker as another Rasa has it; itself if it is that Rasa's."""
    found = tracker.profile if profile is None else find_profile(profile)
    if found is tracker.profile:
        return tracker
    return Tracker.from_events(
        tracker.sender_id,
        tracker.events,
        domain=tracker.domain,
        now=tracker.source.now,
        new_id=tracker.source.new_id,
        parse_date=tracker.source.parse_date,
        max_event_history=tracker.max_event_history,
        known_events=tracker.source.known,
        profile=found,
    )


@dataclass(slots=True, kw_only=True)
class _Turn:
    """What happens once the action has run: rules 2 and 3.

    `returned` is what running it gave, or `lost` why it failed.  `tracker` grows,
    `events` are those logged on it, `messages` those sent.
    """

    tracker: Tracker
    source: Source
    returned: list[Json] = field(default_factory=list)
    lost: DataError | None = None
    events: list[Json] = field(default_factory=list)
    messages: list[Json] = field(default_factory=list)

    def play(self, prediction: Json, *, hide_rule_turn: bool, reply: Reply) -> Outcome:
        """Log and send everything, and gather what came of it."""
        given = [dict(event) for event in self.returned]
        error = _told(self.lost, phase="run")
        kind = _kind(self.lost, status=reply.status)
        predict_again: bool | None = prediction["name"] not in ENDS_TURN
        try:
            if kind == "rejected":
                self.log_new(REJECTED, **prediction)
            else:
                if all(event["event"] != REJECTED for event in given):
                    marks = _marks(self.lost) if self.marks_success else {}
                    self.log_new(
                        "action", **prediction, hide_rule_turn=hide_rule_turn, **marks
                    )
                self.log_trouble()
                self.take_returned(reply.body)
        except DataError as failure:
            kind, predict_again = "failed", None
            error = _told(failure, phase="processor")
        return Outcome(
            kind=kind,
            events=self.events,
            returned=given,
            error=error,
            messages=self.messages,
            tracker=self.tracker,
            predict_again=predict_again,
        )

    @property
    def marks_success(self) -> bool:
        """Whether this Rasa notes with the action how it went."""
        return self.tracker.profile.marks_success

    def log_trouble(self) -> None:
        """Put the pattern of an internal error on the stack of a bot with flows."""
        if self.lost is None or not (self.tracker.profile.calm and self.tracker.stack):
            return
        frame = {
            "frame_id": self.source.new_id()[:8],
            "step_id": "START",
            "flow_id": TROUBLE,
            "type": TROUBLE,
            "error_type": "rasa_internal_error_default",
            "info": {},
        }
        place = f"/{len(self.tracker.stack)}"
        patch = [{"op": "add", "path": place, "value": frame}]
        self.log_new("stack", update=json.dumps(patch))

    def log_new(self, event_type: str, **content: Any) -> None:
        """Log an event of Rasa's own."""
        event = read_event({"event": event_type, **content}, self.source)
        if event is not None:
            self.log(event)

    def log(self, event: Json) -> None:
        """Append an event to the tracker and apply it, as of now."""
        event["timestamp"] = self.source.now()
        self.events.append(event)
        self.tracker.log(event, new_id=self.source.new_id)

    def take_returned(self, text: bytes) -> None:
        """Log what the action returned, then let it have its side effects."""
        if nests_deeper(self.returned, text=text, than=DEEPEST_COPY):
            raise stumbled(RecursionError("maximum recursion depth exceeded"))
        for event in self.returned:
            self.log(event)
        try:
            for event in self.returned:
                if event["event"] == "bot":
                    sent = channel.sent_messages(
                        event, recipient_id=self.tracker.sender_id
                    )
                    self.messages.extend(sent)
            _check_reminders(self.returned)
        except STUMBLES as error:
            raise stumbled(error) from error


TROUBLE = "pattern_internal_error"


def _marks(lost: DataError | None) -> Json:
    """Return what Rasa Pro notes with the action: whether it went well, or why not."""
    if lost is None:
        return {"metadata": {"execution_success": True}}
    why = {"execution_success": False, "execution_error_message": lost.message}
    return {"metadata": why}


def _kind(lost: DataError | None, *, status: int | None) -> str:
    if lost is None:
        return "applied"
    if lost.rasa_class == NO_DOMAIN:
        return "retry_with_domain"
    if lost.rasa_class == REJECTION:
        return "rejected"
    return "retry_with_domain" if status == RETRY_STATUS else "failed"


def _told(error: DataError | None, *, phase: str) -> OutcomeError | None:
    if error is None:
        return None
    return OutcomeError(
        rasa_class=error.rasa_class or type(error).__name__,
        message=error.message,
        phase=phase,
        pointer=error.pointer,
    )


def _check_reminders(events: Iterable[Json]) -> None:
    """Raise what scheduling a reminder raises; nothing is scheduled here.

    Rasa makes a job's name of the hashes of name and intent, its id of the name.
    """
    for event in events:
        if event["event"] == "reminder":
            name = event["name"]
            hash(name)
            hash(event["intent"])
            if name and not isinstance(name, str):
                raise TypeError("id must be a nonempty string")
