"""Hold a conversation with a bot, turn by turn: for tests, the shell, and notebooks.

The clock can be moved, so that sessions expire and reminders fire; a conversation can
be forked.  What Rasa would only log, or never get over, is among the findings of the
turn; a turn that Rasa would lose is lost here, too, but the conversation goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Protocol

from rasa_mock.core import nlg
from rasa_mock.core.bot import Bot
from rasa_mock.core.commands import CallAction, Effects, Note
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.events import DateParser, Source
from rasa_mock.core.findings import Finding
from rasa_mock.core.notes import finding_of
from rasa_mock.core.policies.ensemble import Script
from rasa_mock.core.processor import Processor
from rasa_mock.core.tracker import Now, Tracker
from rasa_mock.core.wire import ActionRequest, Reply
from rasa_mock.errors import DataError, UsageError
from rasa_mock.run.answers import Answers, Caller, Stub
from rasa_mock.run.drivers import Agenda, Stage, drive
from rasa_mock.run.shelves import SHELVES, Shelf
from rasa_mock.run.telemetry import headers, is_configured, turn_spans
from rasa_mock.run.turn_results import Snapshot, TurnResult
from rasa_mock.run.variables import Recording, TurnLog

Json = dict[str, Any]
LOCAL_SERVER = "http://localhost:5055/webhook"


class MovingClock:
    """A clock that runs as another one does, and can be put forward."""

    def __init__(self, now: Now, *, ahead: float = 0.0) -> None:
        self._now = now
        self.ahead = ahead

    def __call__(self) -> float:
        """Return the time in seconds since the epoch."""
        now = self._now
        return (now() if callable(now) else now) + self.ahead

    def fork(self) -> MovingClock:
        """Return an independent copy."""
        return MovingClock(self._now, ahead=self.ahead)


class Observer(Protocol):
    """Watches conversations: coverage."""

    def turn(self, turn: TurnResult) -> None:
        """Take note of a turn that is over."""
        ...

    def call(self, request: ActionRequest, reply: Reply) -> None:
        """Take note of a call of the action server; it comes before its turn."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Observed:
    """A client whose calls are told to observers."""

    client: Caller
    observers: Sequence[Observer]

    def call(self, request: ActionRequest) -> Reply:
        reply = self.client.call(request)
        for observer in self.observers:
            observer.call(request, reply)
        return reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a conversation is held with; see `Conversation`."""

    bot: Bot
    now: Now
    new_id: Callable[[], str]
    parse_date: DateParser
    new_message_id: Callable[[], str] | None = None
    action_client: Caller | None = None
    endpoint: Endpoint = field(default_factory=lambda: Endpoint(url=LOCAL_SERVER))
    stubs: Mapping[str, Stub] = field(default_factory=dict)
    nlu_overrides: Mapping[str, Json] = field(default_factory=dict)
    sender_id: str = "default"
    input_channel: str = "rest"
    store: str = "memory"
    choose: nlg.Choose = nlg.first
    # Event types beyond those of Rasa 3.6: kept as they are, without an effect.
    known_events: Collection[str] = frozenset()
    observers: Sequence[Observer] = ()
    # How what turns compute is recorded, if it is.
    recording: Recording | None = None

    def caller(self) -> Caller | None:
        """Return what calls the action server, and tells the observers."""
        if self.action_client is None or not self.observers:
            return self.action_client
        return _Observed(client=self.action_client, observers=self.observers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a fork goes on from."""

    clock: MovingClock
    script: Script
    shelf: Shelf
    agenda: Agenda
    findings: list[Finding]


class Conversation:
    """One conversation with a bot.

    `Setup.stubs` answer actions by name and go before `action_client`; without either
    an action returns nothing.  `nlu_overrides` maps texts to parse data.  `now` is
    seconds since the epoch or a callable, `store` is "memory" or "sql".
    """

    def __init__(self, setup: Setup, *, past: Past | None = None) -> None:
        if setup.store not in SHELVES:
            raise UsageError(
                f"unknown store {setup.store!r}: expected {' or '.join(SHELVES)}"
            )
        self.setup = setup
        self.findings: list[Finding] = list(past.findings) if past else []
        self._clock = past.clock.fork() if past else MovingClock(setup.now)
        self._script = Script(actions=list(past.script.actions) if past else [])
        self._processor = self._make_processor()
        self._answers = Answers(
            domain=setup.bot.domain,
            stubs=dict(setup.stubs),
            live=setup.caller(),
            judges=True,
            keeps=setup.recording is not None,
            headers=headers,
            endpoint=setup.endpoint,
        )
        make = self._processor.new_tracker
        if setup.recording is not None:
            fresh = replace(setup.recording, now=self._clock, judge=self._judged)
            self._recording: Recording | None = fresh
        else:
            self._recording = None
        self._stage = Stage(
            shelf=past.shelf.fork(new_tracker=make)
            if past
            else SHELVES[setup.store](make),
            now=self._clock,
            due=due_time,
            agenda=past.agenda.fork() if past else Agenda(),
        )

    def _make_processor(self) -> Processor:
        setup = self.setup
        return Processor(
            bot=setup.bot,
            source=Source(
                now=self._clock,
                new_id=setup.new_id,
                parse_date=setup.parse_date,
                known=setup.known_events,
            ),
            choose=setup.choose,
            overrides=dict(setup.nlu_overrides),
            script=self._script,
            new_message_id=setup.new_message_id,
            tells=setup.recording is not None or is_configured(),
        )

    def _judged(self, _command: CallAction, _reply: Reply) -> list[Finding]:
        """Return what the rules have said of an answer just now."""
        new = self._answers.found[self._told :]
        self._told += len(new)
        return new

    # Turns.

    def start(self) -> TurnResult:
        """Start a session, as the first message would."""
        return self._turn(self._processor.start(self.setup.sender_id))

    def send(
        self,
        text: str,
        *,
        parse_data: Json | None = None,
        metadata: Mapping[str, Any] | None = None,
        input_channel: str | None = None,
    ) -> TurnResult:
        """Say something; `parse_data` stands for what the NLU would make of it."""
        __tracebackhide__ = True  # in pytest, as in all that a test calls wrongly
        if not isinstance(text, str):
            raise UsageError(f"expected a text to send, got {text!r}")
        return self._turn(
            self._processor.message(
                self.setup.sender_id,
                text=text,
                parse_data=parse_data,
                metadata=metadata,
                input_channel=input_channel or self.setup.input_channel,
            )
        )

    def trigger(self, intent: str, entities: Any = None) -> TurnResult:
        """Let an intent come from outside, as an external event does."""
        return self._turn(
            self._processor.trigger_intent(
                self.setup.sender_id, intent=intent, entities=entities or []
            )
        )

    def execute(self, action: str) -> TurnResult:
        """Run one action, whatever the policies say."""
        return self._turn(self._processor.execute(self.setup.sender_id, action=action))

    def inject(self, events: Iterable[Mapping[str, Any]]) -> TurnResult:
        """Add events to the conversation, reminders included."""
        listed = [dict(event) for event in events]
        return self._turn(
            self._processor.append(self.setup.sender_id, listed, with_side_effects=True)
        )

    def set_slots(self, values: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """Set slots, as events that come from outside."""
        slots = {**(values or {}), **more}
        __tracebackhide__ = True
        _all_known(slots, self.setup.bot.domain.slots, kind="slot")
        return self.inject(
            {"event": "slot", "name": name, "value": value}
            for name, value in slots.items()
        )

    def advance(self, *, seconds: float) -> TurnResult:
        """Let time pass; reminders that are due fire on the way."""
        if seconds < 0:
            raise UsageError(f"expected seconds to go forward, got {seconds!r}")
        until = self._clock() + seconds
        return self._turn(self._pass_time(until))

    def _pass_time(self, until: float) -> Effects[None]:
        while (due := self._stage.agenda.next_due(until)) is not None:
            at, sender_id, reminder = due
            self._clock.ahead += max(0.0, at - self._clock())
            yield from self._processor.remind(sender_id, reminder)
        self._clock.ahead += max(0.0, until - self._clock())

    def script(self, *actions: str) -> None:
        """Say which actions come next, before any policy is asked."""
        __tracebackhide__ = True
        _all_known(actions, self.setup.bot.domain.action_names, kind="action")
        self._script.actions.extend(actions)

    def fork(self) -> Conversation:
        """Return a conversation that goes on from here on its own."""
        past = Past(
            clock=self._clock,
            script=self._script,
            shelf=self._stage.shelf,
            agenda=self._stage.agenda,
            findings=self.findings,
        )
        return Conversation(self.setup, past=past)

    # The state.

    @property
    def tracker(self) -> Tracker:
        """The whole conversation so far; a copy."""
        tracker = self._stage.shelf.load(self.setup.sender_id, everything=True)
        if tracker is None:
            return self._processor.new_tracker(self.setup.sender_id)
        return tracker

    @property
    def slots(self) -> Json:
        """Value of every slot."""
        return self.tracker.slots

    @property
    def waiting(self) -> list[tuple[float, Json]]:
        """The reminders that wait, with their times, the next one first."""
        return self._stage.agenda.waiting()

    def _turn(self, effects: Effects[Any]) -> TurnResult:
        """Drive one turn and gather what came of it."""
        stage = self._stage
        stage.begin()
        self._told = 0
        log = None if self._recording is None else self._recording.log()
        spans = turn_spans()
        stage.watchers = [each for each in (log, spans) if each is not None]
        self._answers.unanswered.clear()
        self._answers.found.clear()
        error: DataError | None = None
        try:
            drive(effects, stage=stage, answer=self._answers)
        except DataError as failure:
            error = failure
            kind = failure.rasa_class or type(failure).__name__
            stage.notes.append(
                Note(kind="turn_lost", message=f"{kind}: {failure.message}")
            )
        for name in dict.fromkeys(self._answers.unanswered):
            stage.note(Note(kind="unanswered", message="nobody answers", action=name))
        for watcher in stage.watchers:
            watcher.ended(error)
        findings = [*map(finding_of, stage.notes), *self._answers.found]
        self.findings += findings
        result = self._result(findings, error=error, log=log)
        for observer in self.setup.observers:
            observer.turn(result)
        return result

    def _result(
        self,
        findings: Sequence[Finding],
        *,
        error: DataError | None,
        log: TurnLog | None,
    ) -> TurnResult:
        stage = self._stage
        tracker = stage.saved or self.tracker
        events = tracker.events[stage.known_events :] if stage.saved else []
        if log is not None:
            log.close(None if error else stage.saved, since=stage.known_events)
        return TurnResult(
            messages=list(stage.messages),
            events=events,
            actions=[event["name"] for event in events if event["event"] == "action"],
            calls=list(stage.calls),
            findings=list(findings),
            snapshot=Snapshot.of(tracker),
            error=error,
            log=log,
        )


def _all_known(names: Iterable[str], known: Iterable[str], *, kind: str) -> None:
    """Raise UsageError for a name that the domain lacks, with the nearest."""
    __tracebackhide__ = True
    listed = [*known]
    for name in names:
        if name not in listed:
            near = get_close_matches(str(name), listed, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "add it to the domain"
            raise UsageError(f"the domain has no {kind} {name!r}; {hint}")


def due_time(date: str) -> float:
    """Return the time of a reminder; a date without a zone is in the local one."""
    return datetime.fromisoformat(date).timestamp()
