"""Drive turns: carry out the effects that a turn yields, and hand back the results.

One turn, three ways: `drive` waits for each action, `drive_async` lets others run
meanwhile, and either takes its actions' answers from a recording if it is given
`RecordedAnswers`.  What a turn does is the same in all of them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from rasa_mock.core.commands import (
    AskNlg,
    CallAction,
    CancelReminders,
    Command,
    Computed,
    DeleteTracker,
    Deliver,
    Effects,
    ListTrackers,
    LoadTracker,
    Note,
    SaveTracker,
    ScheduleReminder,
)
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import Reply
from rasa_mock.errors import DataError
from rasa_mock.run.shelves import Shelf

T = TypeVar("T")
Wire = dict[str, Any]
Answer = Callable[[CallAction], Reply]
AsyncAnswer = Callable[[CallAction], Awaitable[Reply]]
AsyncWord = Callable[[AskNlg], Awaitable[Reply]]


class Agenda:
    """The reminders that wait, by name: scheduling a name again replaces it.

    Names are those of all senders together, as the jobs of Rasa's scheduler are.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[float, str, Wire]] = {}

    def next_time(self) -> float | None:
        """Return when the first reminder is due, None if none waits."""
        return min((at for at, *_ in self._waiting.values()), default=None)

    def schedule(self, reminder: Wire, *, sender_id: str, at: float) -> None:
        """Remember a reminder."""
        self._waiting[reminder["name"]] = (at, sender_id, reminder)

    def cancel(self, command: CancelReminders) -> None:
        """Forget the reminders of a sender that have what the command names."""
        wanted = {
            "name": command.name,
            "intent": command.intent,
            "entities": command.entities,
        }
        given = {key: value for key, value in wanted.items() if value}
        for name, (_, sender_id, reminder) in list(self._waiting.items()):
            if sender_id == command.sender_id and all(
                _alike(reminder[key], value) for key, value in given.items()
            ):
                del self._waiting[name]

    def next_due(self, until: float) -> tuple[float, str, Wire] | None:
        """Take out the first reminder that is due by then."""
        due = [(at, name) for name, (at, *_) in self._waiting.items() if at <= until]
        return self._waiting.pop(min(due)[1]) if due else None

    def waiting(self) -> list[tuple[float, Wire]]:
        """Return the reminders that wait, the next one first."""
        listed = [(at, reminder) for at, _, reminder in self._waiting.values()]
        return sorted(listed, key=lambda pair: pair[0])

    def entries(self) -> list[tuple[float, str, Wire]]:
        """Return time, sender and reminder of all that wait, the next one first."""
        return sorted(self._waiting.values(), key=lambda entry: entry[0])

    def fork(self) -> Agenda:
        """Return an independent copy."""
        twin = Agenda()
        twin._waiting = dict(self._waiting)
        return twin


def _alike(left: Any, right: Any) -> bool:
    """Compare as Rasa does, which hashes names and intents, and texts of entities."""
    return str(left) == str(right)


Answered = Callable[[Reply], None]


class Watcher(Protocol):
    """Looks on at turns: is told what is computed, asked and noted."""

    def computed(self, command: Computed) -> None:
        """Take what the core tells."""
        ...

    def calling(self, command: CallAction) -> AbstractContextManager[Answered]:
        """Be there while an action is called; gives what takes the answer."""
        ...

    def noted(self, note: Note) -> None:
        """Take what Rasa would only log."""
        ...

    def ended(self, error: BaseException | None) -> None:
        """Take that the turn is over, and why it is lost."""
        ...


@dataclass(slots=True, kw_only=True)
class Stage:
    """What the effects of a turn act on; what came of them is gathered here.

    `due` gives the time of a reminder from its date, `now` the time.
    """

    shelf: Shelf
    now: Callable[[], float]
    due: Callable[[str], float]
    agenda: Agenda = field(default_factory=Agenda)
    messages: list[Wire] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    watchers: Sequence[Watcher] = ()
    # What was saved last, and how many events it had when it was loaded.
    saved: Tracker | None = None
    known_events: int = 0

    def begin(self) -> None:
        """Forget what came of the turn before."""
        self.messages.clear()
        self.notes.clear()
        self.calls.clear()
        self.saved = None
        self.known_events = 0

    def perform(self, command: Command) -> Any:
        """Carry out any command but the call of an action."""
        return PERFORM[type(command)](self, command)

    def deliver(self, command: Deliver) -> None:
        """Collect messages."""
        self.messages.extend(command.messages)

    def schedule(self, command: ScheduleReminder) -> None:
        """Set a reminder, unless its time is past."""
        at = self.due(command.reminder["date_time"])
        if at >= self.now() - GRACE:
            self.agenda.schedule(command.reminder, sender_id=command.sender_id, at=at)

    def cancel(self, command: CancelReminders) -> None:
        """Cancel reminders."""
        self.agenda.cancel(command)

    def load(self, command: LoadTracker) -> Tracker | None:
        """Get a conversation."""
        tracker = self.shelf.load(command.sender_id, everything=command.everything)
        self.known_events = 0 if tracker is None else len(tracker.events)
        return tracker

    def save(self, command: SaveTracker) -> None:
        """Keep a conversation."""
        self.shelf.save(command.tracker)
        self.saved = command.tracker

    def delete(self, command: DeleteTracker) -> bool:
        """Forget a conversation."""
        return self.shelf.delete(command.sender_id)

    def names(self, _command: ListTrackers) -> list[str]:
        """Tell which conversations there are."""
        return self.shelf.names()

    def note(self, command: Note) -> None:
        """Remember what Rasa would only log."""
        self.notes.append(command)
        for watcher in self.watchers:
            watcher.noted(command)

    def computed(self, command: Computed) -> None:
        """Tell those who look on."""
        for watcher in self.watchers:
            watcher.computed(command)

    def watch(self, command: CallAction, stack: ExitStack) -> list[Answered]:
        """Let all look on at a call, until the stack is closed."""
        return [stack.enter_context(each.calling(command)) for each in self.watchers]


GRACE = 1.0
"""Seconds by which a reminder may be late; Rasa's scheduler skips it after that."""

PERFORM: Mapping[type, Callable[[Stage, Any], Any]] = {
    Deliver: Stage.deliver,
    ScheduleReminder: Stage.schedule,
    CancelReminders: Stage.cancel,
    LoadTracker: Stage.load,
    SaveTracker: Stage.save,
    DeleteTracker: Stage.delete,
    ListTrackers: Stage.names,
    Note: Stage.note,
    Computed: Stage.computed,
}


def drive(effects: Effects[T], *, stage: Stage, answer: Answer) -> T:
    """Carry out all effects, one after the other; return what the turn returns."""
    result: Any = None
    try:
        while True:
            command = effects.send(result)
            if isinstance(command, CallAction):
                stage.calls.append(command.action)
                if stage.watchers:
                    result = _watched(command, stage=stage, answer=answer)
                else:
                    result = answer(command)
            else:
                result = stage.perform(command)
    except StopIteration as end:
        value: T = end.value
        return value


def _watched(command: CallAction, *, stage: Stage, answer: Answer) -> Reply:
    with ExitStack() as stack:
        tell = stage.watch(command, stack)
        reply = answer(command)
        for each in tell:
            each(reply)
    return reply


async def _watched_async(
    command: CallAction, *, stage: Stage, answer: AsyncAnswer
) -> Reply:
    with ExitStack() as stack:
        tell = stage.watch(command, stack)
        reply = await answer(command)
        for each in tell:
            each(reply)
    return reply


AsyncSend = Callable[[Deliver], Awaitable[None]]

STORING = (LoadTracker, SaveTracker, DeleteTracker, ListTrackers)
"""What a shelf does: it may wait for a database, and it may fail."""


async def drive_async(
    effects: Effects[T],
    *,
    stage: Stage,
    answer: AsyncAnswer,
    send: AsyncSend | None = None,
    word: AsyncWord | None = None,
) -> T:
    """Carry out all effects; while an action runs, others may.

    `send` takes the messages instead of the stage, `word` asks the server that words
    responses.  Where a shelf or `send` fails, the turn is told, as Rasa's would be.
    """
    blocking = getattr(stage.shelf, "blocking", False)
    result: Any = None
    error: Exception | None = None
    try:
        while True:
            command = effects.send(result) if error is None else effects.throw(error)
            error = None
            try:
                if isinstance(command, CallAction):
                    stage.calls.append(command.action)
                    if stage.watchers:
                        asking = _watched_async(command, stage=stage, answer=answer)
                        result = await asking
                    else:
                        result = await answer(command)
                elif isinstance(command, AskNlg):
                    result = await (word or _nobody_words)(command)
                elif send is not None and isinstance(command, Deliver):
                    result = None
                    await send(command)
                elif blocking and isinstance(command, STORING):
                    result = await asyncio.to_thread(stage.perform, command)
                else:
                    result = stage.perform(command)
            except OffScriptError:
                raise
            except Exception as failure:  # noqa: BLE001  the turn says what it means
                error = failure
    except StopIteration as end:
        value: T = end.value
        return value


async def _nobody_words(_command: AskNlg) -> Reply:
    return Reply(failure="refused", detail="there is no server that words responses")


class RecordedAnswers:
    """Answers actions from a recording, in its order.

    `check` is told of each call and the recorded one before the answer is given.  A
    recording that was cut, as that of an endless turn, `repeats` its answers.
    Raises DataError where another action is called than was recorded.
    """

    def __init__(
        self,
        calls: Iterable[Mapping[str, Any]],
        *,
        check: Callable[[CallAction, Mapping[str, Any]], None] | None = None,
        repeats: bool = False,
    ) -> None:
        self._calls = list(calls)
        self._check = check
        self._repeats = repeats
        self.count = 0

    @property
    def left(self) -> list[str]:
        """Names of the actions that were recorded and not yet called."""
        return [str(name_of(call)) for call in self._calls[self.count :]]

    def __call__(self, command: CallAction) -> Reply:
        """Give the next recorded answer."""
        if self.count >= len(self._calls):
            if self._repeats:
                return self._again(command)
            raise OffScriptError(f"a call of {command.action!r}, which is not recorded")
        call = self._calls[self.count]
        self.count += 1
        if name_of(call) != command.action:
            raise OffScriptError(
                f"a call of {command.action!r}, where {name_of(call)!r} is recorded"
            )
        if self._check is not None:
            self._check(command, call)
        return recorded_reply(call)

    def _again(self, command: CallAction) -> Reply:
        """Answer as the action was answered last, where the recording was cut."""
        for call in reversed(self._calls):
            if name_of(call) == command.action:
                return recorded_reply(call)
        raise OffScriptError(f"a call of {command.action!r}, which is not recorded")


class OffScriptError(DataError):
    """A turn calls another action than the recording has."""


def name_of(call: Mapping[str, Any]) -> Any:
    """Name the action of a recorded call."""
    return (call.get("request") or {}).get("next_action")


def recorded_reply(call: Mapping[str, Any]) -> Reply:
    """Make the reply of a recorded call."""
    body = call.get("response")
    text = body if isinstance(body, str) else json.dumps(body)
    status = call.get("status")
    return Reply(
        status=status,
        headers=call.get("response_headers") or {"Content-Type": "application/json"},
        body=text.encode(),
        failure=None if status is not None else "disconnected",
    )
