"""The intermediate variables of a turn: seen as it goes, kept beside its events.

A `TurnLog` looks on at one conversation's turn (`run.drivers.Watcher`) and only
remembers; what the records look like (`run.records`), how large they may be and what
is not to be seen in them (`run.redaction`) is decided when the turn is over.  A
`Recorder` has the logs of all turns that are under way in a server, and gives each to
the shelf that saves the turn.

What was seen of a turn that gets lost is recorded, too, without events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from rasa_mock.core.commands import CallAction, Computed, Note
from rasa_mock.core.findings import Finding
from rasa_mock.core.notes import finding_of
from rasa_mock.core.traced import entries_of
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import Reply
from rasa_mock.run.records import (
    LIMITS,
    Limits,
    call_record,
    finding_record,
    finished,
    parse_record,
    prediction_record,
    slot_records,
    state_of,
)
from rasa_mock.run.redaction import Redaction
from rasa_mock.tracing import recorded

if TYPE_CHECKING:
    from rasa_mock.run.drivers import Answered

Json = dict[str, Any]
Judge = Callable[[CallAction, Reply], Sequence[Finding]]
Places = Mapping[tuple[bool, str], tuple[str | None, int | None]]


LOST = "turn_lost"
FEATURIZED = "user_featurization"


class Seen(NamedTuple):
    """One thing that was seen: before which event of the conversation, and when.

    Its record is made of it when somebody wants it.
    """

    position: int
    time: float
    make: Callable[[], Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """How turns are recorded.

    `now` is seconds since the epoch, `clock` seconds since whenever.  `places` says
    where rules and stories stand: (whether it is a rule, name) -> path, line.  `judge`
    says what is wrong with an answer.  With `in_process` actions may run in this very
    process, and trace there.
    """

    now: Callable[[], float]
    clock: Callable[[], float]
    places: Places = field(default_factory=dict)
    judge: Judge | None = None
    redaction: Redaction = field(default_factory=Redaction)
    limits: Limits = LIMITS
    in_process: bool = False
    # The logs of turns that a shelf saves, and what takes those of lost turns.
    logs: Logs | None = None
    keep_lost: Callable[[str, list[Json]], None] | None = None

    def log(self) -> TurnLog:
        """Return what looks on at one turn."""
        return TurnLog(recording=self, begun=self.clock())


@dataclass(slots=True, kw_only=True)
class TurnLog:
    """What was seen of one turn so far."""

    recording: Recording
    begun: float
    tracker: Tracker | None = None
    slots: Mapping[str, Any] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    causes: dict[int, tuple[Any, Json]] = field(default_factory=dict)
    steps: int = 0
    left_out: int = 0
    time: float = 0.0
    _is_lost: bool = False
    _reminder: str | None = None
    _opened: float = 0.0
    _elapsed: float = 0.0
    _saved: tuple[int, Sequence[Json], Mapping[str, Any]] | None = None
    _told: list[Json] | None = None

    # Looking on.

    def computed(self, command: Computed) -> None:
        """Take what the core tells."""
        TAKE[command.kind](self, command)

    def noted(self, note: Note) -> None:
        """Take what Rasa would only log."""
        self._is_lost |= note.kind == LOST
        self.add(partial(finding_record, finding_of(note)))

    @contextmanager
    def calling(self, command: CallAction) -> Iterator[Answered]:
        """Be there while an action is called."""
        begun = self.recording.clock()
        inside: AbstractContextManager[list[Json]] = nullcontext([])
        if self.recording.in_process:
            inside = recorded()
        with inside as entries:

            def answered(reply: Reply) -> None:
                elapsed = self.recording.clock() - begun
                asked = None if reply.sent is not None else state_of(command)
                make = partial(call_record, reply, asked=asked, elapsed=elapsed)
                self.add(partial(make, action=command.action))
                for entry in [*entries_of(reply.headers), *entries]:
                    traced = {"kind": "trace", "action": command.action, **entry}
                    self.add(partial(dict, traced))
                judge = self.recording.judge
                for finding in judge(command, reply) if judge else ():
                    self.add(partial(finding_record, finding))

            yield answered

    def ended(self, error: BaseException | None) -> None:
        """Take that the turn is over; one that has failed is lost.

        Not so if a store had its events before: then they wait for the store.
        """
        if self.tracker is not None and self.recording.logs is not None:
            self.recording.logs.forget(self.tracker)
        if self._saved is not None:
            return
        if isinstance(error, Exception) and not self._is_lost:
            kind = getattr(error, "rasa_class", None) or type(error).__name__
            said = getattr(error, "message", str(error))
            self.noted(Note(kind=LOST, message=f"{kind}: {said}"))
        keep = self.recording.keep_lost
        if self._is_lost and self.tracker is not None and keep is not None:
            self.close(None, since=0)
            keep(self.tracker.sender_id, self.told)

    def add(self, make: Callable[[], Json]) -> None:
        """Remember what makes a record; of too many only how many they were."""
        if len(self.seen) >= self.recording.limits.records:
            self.left_out += 1
            return
        position = 0 if self.tracker is None else len(self.tracker.history.events)
        self.seen.append(Seen(position, self.recording.now(), make))

    def begin(self, command: Computed) -> None:
        """Begin with a conversation; what was seen of another one is forgotten."""
        self.tracker = command.tracker
        self.time = self.recording.now()
        self.slots = command.tracker.slots
        self.seen.clear()
        self.causes.clear()
        self.steps = self.left_out = 0
        if self.recording.logs is not None:
            self.recording.logs.put(command.tracker, self)

    def reminded(self, command: Computed) -> None:
        """Take which reminder fires."""
        self._reminder = str(command.data["reminder"].get("name"))

    def open(self, _command: Computed) -> None:
        """Take the time from which on something is computed."""
        self._opened = self.recording.clock()

    def parsed(self, command: Computed) -> None:
        """Take what a message was understood as."""
        elapsed = self.recording.clock() - self._opened
        self.add(partial(parse_record, command.data, elapsed=elapsed))

    def predicted(self, command: Computed) -> None:
        """Take what is to come next, and why."""
        self.steps += 1
        elapsed = self.recording.clock() - self._opened
        choice, places = command.data["choice"], self.recording.places
        make = partial(prediction_record, choice, places=places, elapsed=elapsed)
        self.add(make)

    def caused(self, command: Computed) -> None:
        """Take where slots come from; who says so first knows best."""
        for event in command.data["events"]:
            if event["event"] == "slot":
                cause = command.data["cause"]
                if self._reminder is not None and "external" in cause:
                    cause = {**cause, "reminder": self._reminder}
                self.causes.setdefault(id(event), (event, cause))

    # Telling.

    def close(self, tracker: Tracker | None, *, since: int) -> None:
        """Take what was saved of the turn, whose new events begin at `since`.

        None stands for a turn that is lost.
        """
        self._elapsed = self.recording.clock() - self.begun
        if tracker is not None and tracker is self.tracker:
            self._saved = (since, tracker.history.events[since:], tracker.slots)

    @property
    def told(self) -> list[Json]:
        """The records of the turn, once it is closed; made when somebody wants them."""
        if self._told is None:
            found = self._lost() if self._saved is None else self._of_saved()
            self._told = self._finished(found)
        return self._told

    def _of_saved(self) -> list[Json]:
        if self._saved is None or self.tracker is None:
            return []
        since, events, after = self._saved
        found = [
            {"offset": _place(each.position - since, events), **_timed(each)}
            for each in self.seen
        ]
        found += slot_records(
            events,
            before=self.slots,
            after=after,
            initial=self.tracker.history.state.book.initial,
            causes={key: cause for key, (_, cause) in self.causes.items()},
        )
        return sorted(found, key=lambda record: int(record["offset"]))

    def _lost(self) -> list[Json]:
        return [{"offset": 0, **_timed(each), "lost": True} for each in self.seen]

    def _finished(self, found: list[Json]) -> list[Json]:
        """Redact records, and cut what is too large."""
        turn = {"kind": "turn", "offset": 0, "time": self.time}
        turn |= {"elapsed": self._elapsed, "steps": self.steps}
        if self.left_out:
            turn["left_out"] = self.left_out
        if self._saved is None:
            turn["lost"] = True
        redaction, tracker = self.recording.redaction, self.tracker
        if redaction and tracker is not None:
            candidates = [event for event, _ in self.causes.values()]
            secrets = redaction.secrets_of(tracker, more=candidates)
            found = [redaction.cleaned(record, secrets=secrets) for record in found]
        return [turn, *finished(found, limits=self.recording.limits)]


def _place(offset: int, events: Sequence[Json]) -> int:
    """Return the offset of the event that something seen before `offset` led to.

    Rasa logs how a message was featurized together with the action, and before it.
    """
    last = max(len(events) - 1, 0)
    place = min(max(offset, 0), last)
    while place < last and events[place]["event"] == FEATURIZED:
        place += 1
    return place


def _timed(seen: Seen) -> Json:
    return {"time": seen.time, **seen.make()}


TAKE: Mapping[str, Callable[[TurnLog, Computed], None]] = {
    "begun": TurnLog.begin,
    "reminded": TurnLog.reminded,
    "parsing": TurnLog.open,
    "parsed": TurnLog.parsed,
    "predicting": TurnLog.open,
    "predicted": TurnLog.predicted,
    "caused": TurnLog.caused,
}


class Logs:
    """The logs of turns that are under way, by their conversations' trackers."""

    def __init__(self) -> None:
        self._of: WeakKeyDictionary[Tracker, TurnLog] = WeakKeyDictionary()
        self._lock = RLock()

    def put(self, tracker: Tracker, log: TurnLog) -> None:
        """Keep a log until its turn is saved."""
        with self._lock:
            self._of[tracker] = log

    def forget(self, tracker: Tracker) -> None:
        """Let go of a turn that is over."""
        with self._lock:
            self._of.pop(tracker, None)

    def records(self, tracker: Tracker, since: int) -> list[Json]:
        """Return the records of a turn whose new events begin at `since`; once."""
        with self._lock:
            log = self._of.pop(tracker, None)
        if log is None or log.tracker is not tracker:
            return []
        log.close(tracker, since=since)
        return log.told
