"""Replay whole recorded conversations with a trained bot, step by step.

Each step is done here by the bot's own folder: its NLU, policies, forms and actions,
with the recorded answers of the action server.  Compared are every request to the
action server, in order, with its tracker; what the user or client of the API got; and
every tracker that was shown, the last one above all.  `aside` has the table of what is
not compared.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from rasa_mock.clock import parse_date
from rasa_mock.core.bot import Bot
from rasa_mock.core.commands import CallAction, Effects
from rasa_mock.core.diff import Difference, differences
from rasa_mock.core.events import Source
from rasa_mock.core.processor import Processor
from rasa_mock.core.wire import Reply
from rasa_mock.run.conformance.aside import comparable
from rasa_mock.run.conformance.base import NEW_ID, need
from rasa_mock.run.conformance.routes import Desk, answer_to
from rasa_mock.run.conformance.timing import Clock, Times, due_time
from rasa_mock.run.drivers import OffScriptError, RecordedAnswers, Stage, drive
from rasa_mock.run.shelves import SHELVES

Json = dict[str, Any]


class Drive(Protocol):
    """Carries the effects of a step out: `rasa_mock.run.drivers.drive` does."""

    def __call__(
        self,
        effects: Effects[Any],
        /,
        *,
        stage: Stage,
        answer: Callable[[CallAction], Reply],
    ) -> Any: ...


def check_conversation(
    case: Json, *, bot: Bot, drive_with: Drive = drive
) -> Iterator[Difference]:
    """Yield where the replay of a conversation differs from the recording."""
    need(case, "steps")
    replay = Replay.start(case, bot=bot, drive_with=drive_with)
    for index, step in enumerate(case["steps"]):
        yield from replay.play(step, pointer=f"/steps/{index}")


def check_domain(document: Json, *, bot: Bot) -> Iterator[Difference]:
    """Yield where the domain that Rasa sends differs from the bot's."""
    yield from differences(document, bot.domain.as_dict())


@dataclass(slots=True, kw_only=True)
class Replay:
    """A recorded conversation that is being held again."""

    processor: Processor
    stage: Stage
    clock: Clock
    times: Times
    drive_with: Drive
    found: list[Difference] = field(default_factory=list)
    _answers: RecordedAnswers = field(default_factory=lambda: RecordedAnswers(()))
    _pointer: str = ""

    @classmethod
    def start(cls, case: Json, *, bot: Bot, drive_with: Drive) -> Replay:
        """Set the stage for a recorded conversation."""
        clock = Clock(0.0)
        source = Source(now=clock, new_id=lambda: NEW_ID, parse_date=parse_date)
        processor = Processor(bot=bot, source=source)
        kind = case.get("tracker_store") or "mem"
        shelf = SHELVES["sql" if kind == "sql" else "memory"](processor.new_tracker)
        return cls(
            processor=processor,
            stage=Stage(shelf=shelf, now=lambda: clock.time, due=due_time),
            clock=clock,
            times=Times(case["steps"]),
            drive_with=drive_with,
        )

    def play(self, step: Json, *, pointer: str) -> Iterator[Difference]:
        """Do one step again, and compare."""
        self.found, self._pointer = [], pointer
        calls = step.get("action_calls") or []
        is_cut = any("left_out" in call for call in calls)
        recorded = [call for call in calls if "request" in call]
        self._answers = RecordedAnswers(
            recorded, check=self._check_call, repeats=is_cut
        )
        self._set_clock(step)
        if "wait_s" in step:
            self._wait(step)
        elif is_cut:
            self._go_round(step)
        else:
            self._request(step)
        for name in self._answers.left:
            self._differ("/action_calls", expected=name, got="no such call")
        yield from self.found

    def _set_clock(self, step: Json) -> None:
        time = self.times.of(step, after=self.clock.time)
        if time is not None and "wait_s" not in step:
            # A step begins a little before its first event.
            self.clock.reach(time - 0.001)

    # Steps.

    def _wait(self, step: Json) -> None:
        """Let time pass, and reminders fire."""
        until = self.clock.time + step["wait_s"]
        fired = self.times.of(step, after=self.clock.time)
        until = max(until, fired or until)
        while (due := self.stage.agenda.next_due(until)) is not None:
            at, sender_id, reminder = due
            self.clock.reach(at)
            self._perform(self.processor.remind(sender_id, reminder))
        self.clock.reach(until)

    def _go_round(self, step: Json) -> None:
        """Do a step of which Rasa did not find the end, and forget it as Rasa did."""
        shelf = self.stage.shelf.fork(new_tracker=self.processor.new_tracker)
        before = len(self.stage.notes)
        answer_to(self._desk(), step["request"])
        kinds = [note.kind for note in self.stage.notes[before:]]
        if "endless" not in kinds:
            self._differ("", expected="a turn without end", got=kinds)
        self.stage.shelf = shelf

    def _request(self, step: Json) -> None:
        try:
            answer = answer_to(self._desk(), step["request"])
        except OffScriptError as error:
            self._differ("/action_calls", expected="the recorded calls", got=str(error))
            return
        if answer is None:
            return
        if answer.status != step.get("status"):
            self._differ("/status", expected=step.get("status"), got=answer.status)
        elif answer.body is not None:
            self._compare(step.get("response"), answer.body, place="/response")

    def _desk(self) -> Desk:
        return Desk(processor=self.processor, stage=self.stage, perform=self._perform)

    def _perform(self, effects: Effects[Any]) -> Any:
        return self.drive_with(effects, stage=self.stage, answer=self._answers)

    # Comparing.

    def _check_call(self, command: CallAction, call: Mapping[str, Any]) -> None:
        request = call["request"]
        got = {
            "next_action": command.action,
            "sender_id": command.tracker.sender_id,
            "tracker": command.tracker.current_state(),
        }
        expected = {name: request.get(name) for name in got}
        self._compare(
            expected, got, place=f"/action_calls/{self._answers.count - 1}/request"
        )

    def _compare(self, expected: Any, got: Any, *, place: str) -> None:
        self.found += differences(
            comparable(copy.deepcopy(expected)),
            comparable(copy.deepcopy(got)),
            pointer=self._pointer + place,
        )

    def _differ(self, place: str, *, expected: Any, got: Any) -> None:
        self.found.append(
            Difference(pointer=self._pointer + place, expected=expected, got=got)
        )
