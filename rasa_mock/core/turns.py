"""One turn of a conversation, from a message to the next time the bot listens.

A turn is a generator: it yields what it wants done (`rasa_mock.core.commands`) and is
sent the results.  It works on a tracker that it is given and changes; whoever drives it
loads that tracker before and saves it after.  If a turn raises DataError, Rasa loses
the turn: the tracker is not saved, and the user gets what was delivered until then.

The rules, in Rasa's order:

1. Without a single event that counts, or if the last message is too old, a session is
   started by `action_session_start`, which can be overridden.
2. The message is parsed and logged, and slots are filled from it.
3. Actions are predicted and run until one is `action_listen` or
   `action_session_start`, or the limit of predictions is reached.  While the
   conversation is paused nothing is predicted, unless the message says `/restart`.
4. A followup comes before any policy.  An action is run in a copy of the tracker that
   has the prediction's events; then those events, the action and what it returned are
   logged with the time of logging, and then its messages are sent, its reminders
   scheduled, its cancellations carried out.  After a returned message slots are filled.
5. An action that rejects is not logged, its rejection is, and the next prediction
   excludes it.  Any other failure of an action loses what it returned, no more.

Where Rasa goes on for ever, since it counts only the actions since it last listened,
this turn stops after `MOST_ACTIONS` and says so in a note.

Imitates `MessageProcessor` (rasa/core/processor.py) of Rasa 3.6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from rasa_mock.core import channel, repertoire
from rasa_mock.core.actions import Stage, answered, run, with_events
from rasa_mock.core.answer import REJECTION, STUMBLES, stumbled
from rasa_mock.core.commands import (
    CancelReminders,
    Computed,
    Deliver,
    Effects,
    Note,
    ScheduleReminder,
)
from rasa_mock.core.diary import Diary
from rasa_mock.core.domain import Domain
from rasa_mock.core.outcome import ENDS_TURN
from rasa_mock.core.policies.ensemble import Script
from rasa_mock.core.policies.prediction import Choice
from rasa_mock.core.reminders import still_stands
from rasa_mock.core.state import LISTEN, SESSION_START, Sparse, Wire
from rasa_mock.core.tracker import Tracker
from rasa_mock.errors import DataError

MAX_PREDICTIONS = 10
"""Rasa's MAX_NUMBER_OF_PREDICTIONS: actions in a row before it listens by force."""

MOST_ACTIONS = 100
"""Actions of one turn after which an endless loop of Rasa is cut off here."""

FOLLOWUP = "followup_action"
METADATA_SLOT = "session_started_metadata"
BY_INTENT = {"event": "user_featurization", "use_text_for_featurization": False}
"""Logged with what follows on a message: its intent counts, not its text."""

NO_CHANNEL = "'NoneType' object has no attribute 'send_response'"


class Predictor(Protocol):
    """What chooses the next action of a conversation: `core.policies.ensemble`."""

    def predict(self, tracker: Tracker) -> Choice: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class UserMessage:
    """A message as a channel hands it over.

    `parse` makes its NLU parse data; it is asked once the session has started.
    """

    text: str | None
    parse: Callable[[], Wire]
    input_channel: str | None = None
    message_id: str | None = None
    metadata: Any = None


@dataclass(slots=True, kw_only=True)
class Turn:
    """One conversation's turns; `tracker` grows.

    `ids` is the metadata that every live event gets (`model_id`, `assistant_id`).
    """

    domain: Domain
    predictor: Predictor
    tracker: Tracker
    # None where Rasa has no channel to speak to: it then stumbles over whatever speaks.
    output_channel: str | None = channel.NAME
    choose: Callable[[Sequence[Any]], Any] = lambda variations: variations[0]
    ids: Mapping[str, Any] = field(default_factory=dict)
    max_predictions: int = MAX_PREDICTIONS
    most_actions: int = MOST_ACTIONS
    script: Script = field(default_factory=Script)
    # Whether a server words the responses.
    nlg_server: bool = False
    # Whether somebody wants to know what is computed.
    tells: bool = False
    diary: Diary = field(init=False)
    # The followup that was just taken: the copy that an action sees still has it.
    _taken: str | None = None

    def __post_init__(self) -> None:
        self.diary = Diary(tracker=self.tracker, ids=self.ids)

    # The parts that a turn is made of; the API of Rasa offers some of them alone.

    def handle(self, message: UserMessage) -> Effects[None]:
        """Answer a message."""
        yield from self.log_message(message)
        yield from self.go_on()

    def log_message(self, message: UserMessage) -> Effects[None]:
        """Take a message in, without answering it."""
        yield from self.start_session(message.metadata)
        yield from self.take(message)
        yield from self.extract_slots()

    def trigger(
        self, intent: str, *, entities: Any = None, input_channel: Any = None
    ) -> Effects[None]:
        """Answer an intent that comes from outside, not from the user."""
        self.diary.log_external(intent, entities=entities, input_channel=input_channel)
        yield from self.extract_slots()
        yield from self.go_on()

    def remind(self, reminder: Wire) -> Effects[bool]:
        """Let a reminder fire, if it still stands; tell whether it does."""
        if not still_stands(reminder, self.tracker):
            return False
        if self.tells:
            data = {"reminder": reminder}
            yield Computed(kind="reminded", tracker=self.tracker, data=data)
        yield from self.trigger(
            reminder["intent"],
            entities=reminder["entities"],
            input_channel=self.tracker.latest_input_channel,
        )
        return True

    def start_session(self, metadata: Any = None) -> Effects[None]:
        """Start a session if there is none or the last has expired."""
        if self.tracker.history.applied.follow() and not self.has_expired():
            return
        if metadata:
            self.diary.log({"event": "slot", "name": METADATA_SLOT, "value": metadata})
            if self.tells:
                yield self._caused(self.tracker.events[-1:], {"by": "metadata"})
        yield from self.run_action(
            Choice(action=SESSION_START, policy=None, confidence=1.0)
        )

    def has_expired(self) -> bool:
        """Tell whether the last message that counts is older than a session."""
        minutes = self.domain.session_config.session_expiration_time
        if minutes <= 0:
            return False
        events = self.tracker.events
        for position in reversed(self.tracker.history.applied.follow()):
            if events[position]["event"] == "user":
                age = self.tracker.source.now() - events[position]["timestamp"]
                return bool(age / 60 > minutes)
        return False

    def take(self, message: UserMessage) -> Effects[None]:
        """Parse a message and log it."""
        if self.tells:
            yield Computed(kind="parsing", tracker=self.tracker)
        parse_data = message.parse()
        if self.tells:
            data = {"text": message.text, "parse_data": parse_data}
            yield Computed(kind="parsed", tracker=self.tracker, data=data)
        if message.metadata and not isinstance(message.metadata, Mapping):
            kind = type(message.metadata).__name__
            raise DataError(
                f"expected an object as metadata, got {kind}",
                rasa_class="TypeError",
                phase="processor",
            )
        self.diary.log(
            {
                "event": "user",
                "text": message.text,
                "parse_data": parse_data,
                "input_channel": message.input_channel,
                "message_id": message.message_id,
                "metadata": dict(message.metadata or {}),
            }
        )

    def extract_slots(self) -> Effects[None]:
        """Fill slots from the latest message."""
        events = yield from run(
            self._stage(), self.tracker, name="action_extract_slots"
        )
        yield from self._send(events)
        for event in events:
            self.diary.log_read(event)

    def go_on(self) -> Effects[None]:
        """Predict and run actions until the bot listens."""
        tracker = self.tracker
        count = 0
        more = True
        while more and self._may_answer():
            if self._is_at_limit():
                yield Note(
                    kind="too_many_predictions",
                    message=f"{self.max_predictions} actions in a row",
                    action=tracker.latest_action_name,
                )
                return
            if count >= self.most_actions:
                yield Note(
                    kind="endless",
                    message=f"{count} actions in one turn; Rasa goes on for ever",
                    action=tracker.latest_action_name,
                )
                return
            count += 1
            if self.tells:
                yield Computed(kind="predicting", tracker=tracker)
            choice = yield from self.next_choice()
            if self.tells:
                data = {"choice": choice}
                yield Computed(kind="predicted", tracker=tracker, data=data)
            more = yield from self.run_action(choice)

    def run_action(self, choice: Choice) -> Effects[bool]:
        """Run one action and log it; tell whether to predict another one."""
        try:
            events = yield from self._run(choice)
        except DataError as error:
            if error.rasa_class == REJECTION:
                self.diary.log_rejection(choice)
                return choice.action not in ENDS_TURN
            yield Note(kind="action_failed", message=str(error), action=choice.action)
            events = []
        except STUMBLES as error:
            # As a requested slot that is an object: whatever a form does fails there.
            kind = type(error).__name__
            said = f"{kind}: {error}"
            yield Note(kind="action_failed", message=said, action=choice.action)
            events = []
        self.diary.log_run(choice, events)
        if any(event["event"] == "user" for event in events):
            yield from self.extract_slots()
        yield from self.side_effects(events)
        return choice.action not in ENDS_TURN

    def _run(self, choice: Choice) -> Effects[list[Wire]]:
        stage, shown, name = self._stage(), self._shown(choice), choice.action
        if choice.answer is not None:
            return answered(stage, shown, name=name, reply=choice.answer)
        return run(stage, shown, name=name)

    def _shown(self, choice: Choice) -> Tracker:
        """Return the tracker that an action sees: a copy, with the prediction's events.

        Rasa makes it of all events anew, also of messages that did not count any more
        when the tracker was loaded.  Where nobody can tell the difference it is a
        branch, or no copy is made.
        """
        taken, self._taken = self._taken, None
        if repertoire.is_plain(choice.action, self.domain):
            return self.tracker
        if not self.tracker.history.is_as_folded():
            shown = with_events(self.tracker, self.tracker.events)
        else:
            shown = self.tracker.branch()
            if taken:
                shown.history.state.followup = taken
        shown.extend(choice.events)
        return shown

    # Side effects.

    def side_effects(self, events: Sequence[Wire]) -> Effects[None]:
        """Send messages, then schedule reminders, then cancel reminders."""
        yield from self._send(events)
        for event in events:
            if event["event"] == "reminder":
                yield ScheduleReminder(reminder=event, sender_id=self.tracker.sender_id)
        for event in events:
            if isinstance(event, Sparse) and event["event"] == "cancel_reminder":
                yield CancelReminders(
                    sender_id=self.tracker.sender_id, **event.unwritten
                )

    def _send(self, events: Iterable[Wire]) -> Effects[None]:
        for event in events:
            if event["event"] != "bot":
                continue
            try:
                spoken_to = self.output_channel
                if spoken_to is None:
                    raise AttributeError(NO_CHANNEL)
                for message in channel.sent_messages(
                    event,
                    recipient_id=self.tracker.sender_id,
                    output_channel=spoken_to,
                ):
                    yield Deliver(messages=[message], channel=spoken_to)
            except STUMBLES as error:
                raise stumbled(error) from error

    def _caused(self, events: Sequence[Wire], cause: Wire) -> Computed:
        data = {"events": events, "cause": cause}
        return Computed(kind="caused", tracker=self.tracker, data=data)

    # Predicting.

    def _stage(self) -> Stage:
        return Stage(
            find=repertoire.find,
            domain=self.domain,
            source=self.tracker.source,
            output_channel=self.output_channel,
            choose=self.choose,
            nlg_server=self.nlg_server,
            tells=self.tells,
        )

    def _may_answer(self) -> bool:
        if not self.tracker.paused:
            return True
        intent = self.tracker.latest_message.get("intent") or {}
        return bool(intent.get("name") == "restart")

    def _is_at_limit(self) -> bool:
        """Tell whether too many actions ran since the bot listened."""
        if self.tracker.latest_action_name in ENDS_TURN:
            return False
        count = 0
        for event in reversed(self.tracker.events):
            if event["event"] == "action":
                if event["name"] in ENDS_TURN:
                    break
                count += 1
        return count >= self.max_predictions

    def next_choice(self) -> Effects[Choice]:
        """Choose the followup, or else what the policies predict."""
        state = self.tracker.history.state
        followup = state.followup
        if followup:
            state.followup, self._taken = None, followup
            if followup in self.domain.action_names:
                return Choice(
                    action=followup,
                    policy=FOLLOWUP,
                    confidence=1.0,
                    scores={followup: 1.0},
                )
            yield Note(
                kind="unknown_followup",
                message=f"the domain has no action {followup!r} to follow up with",
                action=followup,
            )
        choice = self.script.next_choice() or self.predictor.predict(self.tracker)
        if choice.is_doubtful:
            yield Note(
                kind="needs_training",
                message=f"{choice.action} is what the policies known here come to",
                action=choice.action,
            )
        if choice.answer is None and choice.action not in self.domain.action_names:
            raise DataError(
                f"cannot run {choice.action!r}: the domain has no such action or form",
                rasa_class="ActionNotFoundException",
                phase="processor",
            )
        if self.tracker.latest_action_name != LISTEN:
            return choice
        return replace(choice, events=(*choice.events, BY_INTENT))
