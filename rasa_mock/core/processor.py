"""What can be asked of a bot: messages and the operations of Rasa's API, as effects.

Each operation loads the conversation, does its part of a turn (`rasa_mock.core.turns`)
and saves it, in the order in which Rasa does.  An operation that raises has saved
nothing: Rasa loses it, and the conversation stays as it was before.

Imitates `MessageProcessor` (rasa/core/processor.py) and the routes under
`/conversations` (rasa/server.py) of Rasa 3.6.  HTTP itself is not known here: a request
that Rasa refuses raises DataError with the status in `REFUSALS` by its class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rasa_mock.core import channel, nlg
from rasa_mock.core.bot import Bot
from rasa_mock.core.commands import Computed, Effects, LoadTracker, SaveTracker
from rasa_mock.core.events import Source, read_event
from rasa_mock.core.history import History
from rasa_mock.core.policies.ensemble import Mind, Script
from rasa_mock.core.policies.prediction import Choice
from rasa_mock.core.state import SESSION_START, Wire
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.turns import MAX_PREDICTIONS, MOST_ACTIONS, Turn, UserMessage
from rasa_mock.errors import DataError

REFUSALS: Mapping[str, int] = {"BadRequest": 400, "NotFound": 404}
"""Class of a refusal -> HTTP status; any other failure of an operation is a 500."""

ChannelOf = Callable[[Tracker], str]
"""Names the channel that a conversation is spoken to on."""

# Conversations whose predictions are kept ready.
MOST_MINDS = 1_000


@dataclass(slots=True, kw_only=True)
class Processor:
    """Everything that a bot does, for any number of conversations.

    `source` gives times and ids, `choose` picks among equal variations of a response.
    """

    bot: Bot
    source: Source
    choose: nlg.Choose = nlg.first
    max_predictions: int = MAX_PREDICTIONS
    most_actions: int = MOST_ACTIONS
    overrides: Mapping[str, Wire] = field(default_factory=dict)
    script: Script = field(default_factory=Script)
    # Scripts for single conversations, which go before the one for all.
    scripts: dict[str, Script] = field(default_factory=dict)
    # Makes the ids of messages; without it they are made of `source.new_id`.
    new_message_id: Callable[[], str] | None = None
    # Whether to tell what is computed on the way: `commands.Computed`.
    tells: bool = False
    # Whether a server words the responses (`nlg` of endpoints.yml).
    nlg_server: bool = False
    _minds: dict[str, tuple[History, Mind]] = field(default_factory=dict)

    # Messages.

    def start(
        self, sender_id: str, *, output_channel: str = channel.NAME
    ) -> Effects[Tracker]:
        """Start a session if there is none or the last has expired."""
        turn = yield from self._begin(sender_id, output_channel=output_channel)
        yield from turn.start_session()
        yield SaveTracker(tracker=turn.tracker)
        return turn.tracker

    def message(
        self,
        sender_id: str,
        *,
        text: str | None,
        input_channel: str | None = None,
        message_id: str | None = None,
        metadata: Any = None,
        parse_data: Wire | None = None,
        output_channel: str = channel.NAME,
    ) -> Effects[Tracker]:
        """Answer a message of the user, who hears it on `output_channel`."""
        turn = yield from self._begin(sender_id, output_channel=output_channel)
        message = self._user_message(
            text,
            input_channel=input_channel,
            message_id=message_id,
            metadata=metadata,
            parse_data=parse_data,
        )
        yield from turn.handle(message)
        yield SaveTracker(tracker=turn.tracker)
        return turn.tracker

    def add_message(
        self, sender_id: str, *, text: str | None, parse_data: Wire | None = None
    ) -> Effects[Tracker]:
        """Log a message and fill slots from it, without an answer."""
        turn = yield from self._begin(sender_id, output_channel=channel.NAME)
        yield from turn.log_message(self._user_message(text, parse_data=parse_data))
        yield SaveTracker(tracker=turn.tracker)
        return turn.tracker

    def _user_message(
        self,
        text: str | None,
        *,
        input_channel: str | None = None,
        message_id: str | None = None,
        metadata: Any = None,
        parse_data: Wire | None = None,
    ) -> UserMessage:
        text = text.strip() if text else text
        return UserMessage(
            text=text,
            parse=lambda: self.parse(text) if not parse_data else dict(parse_data),
            input_channel=input_channel,
            message_id=message_id or self._message_id(),
            metadata=metadata,
        )

    def _message_id(self) -> str:
        if self.new_message_id is not None:
            return self.new_message_id()
        return self.source.new_id().replace("-", "")

    def parse(self, text: str | None) -> Wire:
        """Return the parse data of a text; scripted ones go first."""
        scripted = self.overrides.get(text or "")
        if scripted is not None:
            return {"intent": {"name": None}, "entities": [], "text": text, **scripted}
        return self.bot.interpreter.parse(text)

    # The API.

    def trigger_intent(
        self,
        sender_id: str,
        *,
        intent: Any,
        entities: Any = (),
        output_channel: ChannelOf | None = None,
    ) -> Effects[Tracker]:
        """Answer an intent that comes from outside."""
        if not intent:
            raise _refused("BadRequest", "expected the name of an intent, got none")
        turn = yield from self._begin(sender_id, output_channel=None)
        yield from turn.start_session()
        if intent not in self.bot.domain.intents:
            raise _refused("NotFound", f"the intent {intent!r} is not in the domain")
        turn.output_channel = _named(output_channel, turn.tracker)
        yield from turn.trigger(
            intent,
            entities=entities,
            input_channel=turn.tracker.latest_input_channel,
        )
        yield SaveTracker(tracker=turn.tracker)
        return turn.tracker

    def execute(
        self,
        sender_id: str,
        *,
        action: Any,
        policy: str | None = None,
        confidence: float | None = None,
        output_channel: ChannelOf | None = None,
    ) -> Effects[Tracker]:
        """Run one action; return the tracker as it was before, as Rasa shows it.

        The conversation is loaded twice, and a session that has to start is started
        twice, first with nobody to speak to and in vain.
        """
        yield from self._need(sender_id)
        if not action:
            raise _refused("BadRequest", "expected the name of an action, got none")
        shown = yield from self._begin(sender_id, output_channel=None)
        yield from shown.start_session()
        before = shown.tracker.branch()
        spoken_to = _named(output_channel, before)
        turn = yield from self._begin(sender_id, output_channel=spoken_to)
        yield from turn.start_session()
        if action not in self.bot.domain.action_names:
            raise DataError(
                f"the action {action!r} is not in the domain",
                rasa_class="ActionNotFoundException",
                phase="processor",
            )
        choice = Choice(action=action, policy=policy, confidence=confidence or 0.0)
        yield from turn.run_action(choice)
        yield SaveTracker(tracker=turn.tracker)
        return before

    def append(
        self,
        sender_id: str,
        events: Sequence[Mapping[str, Any]],
        *,
        with_side_effects: bool = False,
        output_channel: ChannelOf | None = None,
    ) -> Effects[Tracker]:
        """Add events to a conversation as they are, times included."""
        read = [read_event(event, self.source) for event in events]
        known = [event for event in read if event is not None]
        if not known:
            raise DataError(
                f"expected at least one event, got {list(events)!r}",
                rasa_class="ErrorResponse",
                phase="processor",
            )
        turn = yield from self._begin(sender_id, output_channel=None)
        if not turn.tracker.events and not _begins_session(known):
            yield from turn.start_session()
        for event in known:
            turn.diary.add(event)
        if self.tells:
            yield _told_by_api(turn.tracker, known)
        turn.output_channel = _named(output_channel, turn.tracker)
        if with_side_effects:
            yield from turn.side_effects(known)
        yield SaveTracker(tracker=turn.tracker)
        return turn.tracker

    def replace(
        self, sender_id: str, events: Iterable[Mapping[str, Any]]
    ) -> Effects[Tracker]:
        """Put these events in place of the conversation."""
        tracker = self.new_tracker(sender_id)
        if self.tells:
            yield Computed(kind="begun", tracker=tracker)
        tracker.extend(events)
        if self.tells:
            yield _told_by_api(tracker, tracker.events)
        yield SaveTracker(tracker=tracker)
        return tracker

    def predict(self, sender_id: str) -> Effects[tuple[Tracker, Choice]]:
        """Tell what would come next, and save the conversation as it is then."""
        yield from self._need(sender_id)
        turn = yield from self._begin(sender_id, output_channel=None)
        yield from turn.start_session()
        choice = yield from turn.next_choice()
        yield SaveTracker(tracker=turn.tracker)
        return turn.tracker, choice

    def predict_after(
        self, events: Iterable[Mapping[str, Any]]
    ) -> Effects[tuple[Tracker, Choice]]:
        """Tell what would come after these events, of a conversation of their own."""
        tracker = self.new_tracker("default")
        tracker.extend(events)
        mind = self.bot.ensemble.start()
        choice = yield from self._turn(tracker, mind=mind).next_choice()
        return tracker, choice

    def look(self, sender_id: str) -> Effects[Tracker]:
        """Return the whole conversation; one that is new starts a session.

        Rasa does not save that start.
        """
        tracker = yield LoadTracker(sender_id=sender_id, everything=True)
        if tracker is None:
            tracker = self.new_tracker(sender_id)
            yield SaveTracker(tracker=tracker)
        if not tracker.events:
            yield from self._turn(tracker).start_session()
        return tracker  # type: ignore[no-any-return]

    def remind(
        self,
        sender_id: str,
        reminder: Wire,
        *,
        output_channel: ChannelOf | None = None,
    ) -> Effects[None]:
        """Let a reminder fire that is due."""
        turn = yield from self._begin(sender_id, output_channel=channel.NAME)
        turn.output_channel = _named(output_channel, turn.tracker)
        yield from turn.start_session()
        if (yield from turn.remind(reminder)):
            yield SaveTracker(tracker=turn.tracker)

    # Conversations.

    def new_tracker(self, sender_id: str) -> Tracker:
        """Make the tracker of a conversation without events."""
        return Tracker(
            sender_id,
            domain=self.bot.domain,
            now=self.source.now,
            new_id=self.source.new_id,
            parse_date=self.source.parse_date,
            known_events=self.source.known,
        )

    def _begin(self, sender_id: str, *, output_channel: str | None) -> Effects[Turn]:
        """Load a conversation; one that is new is saved at once, without events."""
        tracker = yield LoadTracker(sender_id=sender_id)
        if tracker is None:
            tracker = self.new_tracker(sender_id)
            yield SaveTracker(tracker=tracker)
        if self.tells:
            yield Computed(kind="begun", tracker=tracker)
        turn = self._turn(tracker)
        turn.output_channel = output_channel
        return turn

    def _need(self, sender_id: str) -> Effects[None]:
        if (yield LoadTracker(sender_id=sender_id)) is None:
            raise _refused("NotFound", f"no conversation {sender_id!r}")

    def _turn(self, tracker: Tracker, *, mind: Mind | None = None) -> Turn:
        return Turn(
            domain=self.bot.domain,
            predictor=mind or self._mind(tracker),
            tracker=tracker,
            choose=self.choose,
            ids=self.bot.ids,
            max_predictions=self.max_predictions,
            most_actions=self.most_actions,
            script=self._script_of(tracker.sender_id),
            nlg_server=self.nlg_server,
            tells=self.tells,
        )

    def _script_of(self, sender_id: str) -> Script:
        own = self.scripts.get(sender_id)
        return own if own is not None and own.actions else self.script

    def _mind(self, tracker: Tracker) -> Mind:
        """Return what predicts in a conversation, with what it knows of it already."""
        known = self._minds.get(tracker.sender_id)
        if known is not None and known[0] is tracker.history:
            return known[1]
        while len(self._minds) >= MOST_MINDS:
            del self._minds[next(iter(self._minds))]
        mind = self.bot.ensemble.start()
        self._minds[tracker.sender_id] = (tracker.history, mind)
        return mind


def _named(output_channel: ChannelOf | None, tracker: Tracker) -> str:
    return channel.NAME if output_channel is None else output_channel(tracker)


def _told_by_api(tracker: Tracker, events: Sequence[Wire]) -> Computed:
    data = {"events": events, "cause": {"by": "api"}}
    return Computed(kind="caused", tracker=tracker, data=data)


def _begins_session(events: Sequence[Wire]) -> bool:
    """Tell whether events bring their own start of a session."""
    if len(events) < 2:
        return False
    first, second = events[:2]
    return bool(
        first["event"] == "action"
        and first["name"] == SESSION_START
        and second["event"] == "session_started"
    )


def _refused(kind: str, message: str) -> DataError:
    return DataError(message, rasa_class=kind, phase="processor")
