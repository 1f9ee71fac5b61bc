"""What a test can do to a mock while it runs; HTTP is not known here.

Everything is undone by `reset`.  A snapshot is one JSON object, so it can be kept in a
file and put into another mock of the same bot.
"""

from __future__ import annotations

import random
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rasa_mock.core import nlg
from rasa_mock.core.commands import (
    CallAction,
    CancelReminders,
    DeleteTracker,
    Effects,
    ListTrackers,
    LoadTracker,
    SaveTracker,
)
from rasa_mock.core.notes import finding_of
from rasa_mock.core.policies.ensemble import Script
from rasa_mock.core.state import LISTEN
from rasa_mock.core.wire import Reply
from rasa_mock.errors import DataError
from rasa_mock.run.answers import NOTHING
from rasa_mock.run.drivers import Agenda
from rasa_mock.server.admin.clock import AdminClock
from rasa_mock.server.admin.journal import Journal
from rasa_mock.server.admin.stubs import StubbedAnswers, read_stub
from rasa_mock.server.agent import Agent
from rasa_mock.server.observed import Seen, TurnSeen

if TYPE_CHECKING:
    from rasa_mock.run.referee import Referee

Json = dict[str, Any]

KEPT_FINDINGS = 10_000
FORMAT = "rasa-mock-snapshot"
VERSION = 1
# What a snapshot has, and what each is.
PARTS: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("clock", "conversations", "stubs", "scripts", "nlu"), (dict,)),
    "reminders": (list,),
    "seed": (int, str, type(None)),
}


class Control:
    """Takes an agent over: its clock, its answers, and what it sees."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.clock = AdminClock(agent.clock)
        self.stubs = StubbedAnswers(agent.answers, heard=self._judge)
        self.journal = Journal(now=self.clock)
        self._findings: deque[Json] = deque(maxlen=KEPT_FINDINGS)
        self._seed: Any = None
        self._referee: Referee | None = None
        self._first_ids = agent.processor.new_message_id
        self._overrides = dict(agent.processor.overrides)
        agent.clock = self.clock
        agent.answers = self.stubs
        agent.processor.overrides = dict(self._overrides)
        agent.observers += [self.journal, self._watch]

    # Conversations.

    async def conversations(self) -> list[str]:
        """Return the ids of all conversations."""
        return await self.agent.perform(_names())

    async def forget(self, sender_id: str) -> bool:
        """Forget one conversation; tell whether it was there."""
        agent = self.agent
        agent.agenda.cancel(CancelReminders(sender_id=sender_id))
        agent.processor.scripts.pop(sender_id, None)
        return await agent.turn(_delete(sender_id), sender_id=sender_id)

    async def forget_all(self) -> int:
        """Forget all conversations; return how many there were."""
        names = await self.conversations()
        for name in names:
            await self.forget(name)
        self.agent.agenda = Agenda()
        self.agent.processor.scripts.clear()
        return len(names)

    async def reset(self) -> None:
        """Be as at the start."""
        await self.forget_all()
        self.agent.script.actions.clear()
        self.agent.processor.overrides = dict(self._overrides)
        self.stubs.remove()
        self.clock.reset()
        self.set_seed(None)
        self.journal.clear()
        self._findings.clear()

    # Time and chance.

    def time(self) -> Json:
        """Return what the clock shows."""
        return {"now": self.clock(), "frozen": self.clock.is_frozen}

    def set_time(self, *, now: float | None = None, frozen: bool | None = None) -> None:
        """Set the clock, stop it, or let it run; what is due then fires soon."""
        if frozen is not None:
            (self.clock.freeze if frozen else self.clock.run)()
        if now is not None:
            self.clock.set(now)
        self.agent.clock_moved()

    async def advance(self, seconds: float) -> list[str]:
        """Let time pass; reminders that are due fire on the way, at their time.

        Returns their names.
        """
        until = self.clock() + seconds
        fired = []
        while (due := self.agent.agenda.next_due(until)) is not None:
            at, sender_id, reminder = due
            self.clock.set(max(at, self.clock()))
            await self.agent.remind(sender_id, reminder)
            fired.append(str(reminder["name"]))
        self.clock.set(max(until, self.clock()))
        self.agent.clock_moved()
        return fired

    def set_seed(self, seed: Any) -> None:
        """Choose among equal variations, and make ids, by chance from a seed.

        Without a seed the first variation is chosen, as before.
        """
        processor = self.agent.processor
        self._seed = seed
        if seed is None:
            processor.choose, processor.new_message_id = nlg.first, self._first_ids
            return
        dice = random.Random(str(seed))  # noqa: S311  a test wants it so
        processor.choose = dice.choice
        processor.new_message_id = lambda: uuid.UUID(int=dice.getrandbits(128)).hex

    # What the bot does.

    def script(self, steps: Sequence[Any], *, sender_id: str | None = None) -> None:
        """Say what the bot does in the next turns, before any policy is asked.

        A step is a turn: the names of actions, or what is said (`responses`) and
        logged (`events`).  The bot listens after it.
        """
        actions = [action for step in steps for action in self._turn(step)]
        self.script_of(sender_id).actions.extend(actions)

    def script_of(self, sender_id: str | None) -> Script:
        """Return the script of one conversation, or that of all."""
        if sender_id is None:
            return self.agent.script
        return self.agent.processor.scripts.setdefault(sender_id, Script())

    def scripts(self) -> Json:
        """Return how many actions are left of each script."""
        own = self.agent.processor.scripts
        left = {name: len(script.actions) for name, script in own.items()}
        return {"all": len(self.agent.script.actions), "senders": left}

    def _turn(self, step: Any) -> list[str | Reply]:
        names = step.get("actions") if isinstance(step, dict) else step
        if isinstance(names, list) and names:
            return self._named(names)
        if not isinstance(step, dict) or not set(step) <= {"responses", "events"}:
            expected = "actions, or responses and events"
            raise DataError(f"expected a turn with {expected}, got {step!r}")
        said = step.get("responses", [])
        if isinstance(said, list):
            step = {**step, "responses": [self._said(each) for each in said]}
        return [read_stub(step).reply, LISTEN]

    def _said(self, response: Any) -> Any:
        """Return a message as an action sends it; a text may name a response."""
        if not isinstance(response, str):
            return response
        is_named = response in self.agent.processor.bot.domain.responses
        return {"response" if is_named else "text": response}

    def _named(self, names: list[Any]) -> list[str | Reply]:
        known = self.agent.processor.bot.domain.action_names
        for name in names:
            if name not in known:
                raise DataError(f"the domain has no action {name!r}")
        return names if names[-1] == LISTEN else [*names, LISTEN]

    def understand(self, text: str, parse_data: Mapping[str, Any] | None) -> None:
        """Say what a text means; None forgets it."""
        overrides = dict(self.agent.processor.overrides)
        overrides.pop(text, None)
        if parse_data is not None:
            intent = parse_data.get("intent", {})
            if not isinstance(intent, dict):
                expected = 'something like {"name": "greet"}'
                raise DataError(
                    f"expected {expected}, got {intent!r}", pointer="/parse_data/intent"
                )
            overrides[text] = dict(parse_data)
        self.agent.processor.overrides = overrides

    # What was seen.

    def findings(self) -> list[Json]:
        """Return what went wrong so far."""
        return list(self._findings)

    def _watch(self, seen: Seen) -> None:
        if isinstance(seen, TurnSeen):
            for note in seen.notes:
                found = finding_of(note).as_dict()
                self._findings.append({"sender": seen.sender_id, **found})

    def _judge(self, command: CallAction, reply: Reply) -> None:
        """Hold the answer of an action server to the rules of `rasa-mock check`."""
        known = getattr(self.stubs.otherwise, "known", None)
        if reply is NOTHING or known is None or command.action in known.stubs:
            return
        if self._referee is None:
            # Whoever talks to stubs only does not pay for the rules and the schemas.
            from rasa_mock.run.referee import Referee

            domain = self.agent.processor.bot.domain
            profile = self.agent.desk.profile.name
            self._referee = Referee.of(domain, profile=profile)
        for finding in self._referee.judge(command, reply):
            sender = command.tracker.sender_id
            self._findings.append({"sender": sender, **finding.as_dict()})

    # Snapshots.

    async def snapshot(self) -> Json:
        """Return the whole state as one JSON object."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "clock": self.time(),
            "seed": self._seed,
            "conversations": await self.agent.perform(_dump()),
            "reminders": [
                {"at": at, "sender": sender_id, "reminder": reminder}
                for at, sender_id, reminder in self.agent.agenda.entries()
            ],
            "stubs": self.stubs.documents(),
            "scripts": {
                "all": _texts(self.agent.script),
                "senders": {
                    name: _texts(script)
                    for name, script in self.agent.processor.scripts.items()
                },
            },
            "nlu": dict(self.agent.processor.overrides),
        }

    async def restore(self, snapshot: Any) -> None:
        """Be as at a snapshot; journal and findings stay.

        Raises DataError for what is none, and then nothing is changed.
        """
        _check(snapshot)
        before, stubs = await self.snapshot(), self.stubs.all()
        try:
            await self._put(snapshot)
        except Exception as error:
            await self._put(before)
            self.stubs.put_all(stubs)
            if isinstance(error, DataError):
                raise
            said = f"{type(error).__name__}: {error}"
            raise DataError(f"the snapshot is damaged: {said}") from error

    async def _put(self, snapshot: Json) -> None:
        stubs = {
            action: [read_stub(each) for each in listed if "function" not in each]
            for action, listed in snapshot["stubs"].items()
        }
        await self.forget_all()
        self._set_clock(snapshot["clock"])
        self.set_seed(snapshot["seed"])
        await self.agent.perform(_load(self.agent, snapshot["conversations"]))
        for entry in snapshot["reminders"]:
            self.agent.agenda.schedule(
                entry["reminder"], sender_id=entry["sender"], at=entry["at"]
            )
        self.stubs.put_all(stubs)
        scripts = snapshot["scripts"]
        self.agent.script.actions[:] = _actions(scripts["all"])
        for name, texts in scripts["senders"].items():
            self.script_of(name).actions[:] = _actions(texts)
        self.agent.processor.overrides = dict(snapshot["nlu"])
        self.agent.clock_moved()

    def _set_clock(self, shown: Json) -> None:
        (self.clock.freeze if shown["frozen"] else self.clock.run)()
        self.clock.set(float(shown["now"]))


def _names() -> Effects[list[str]]:
    names: list[str] = yield ListTrackers()
    return names


def _delete(sender_id: str) -> Effects[bool]:
    was_there: bool = yield DeleteTracker(sender_id=sender_id)
    return was_there


def _dump() -> Effects[dict[str, list[Json]]]:
    found = {}
    for name in (yield ListTrackers()):
        tracker = yield LoadTracker(sender_id=name, everything=True)
        if tracker is not None:
            found[name] = [dict(event) for event in tracker.events]
    return found


def _load(agent: Agent, conversations: Mapping[str, list[Json]]) -> Effects[None]:
    for name, events in conversations.items():
        tracker = agent.processor.new_tracker(name)
        tracker.restore(events)
        yield SaveTracker(tracker=tracker)


def _texts(script: Script) -> list[Any]:
    """Write what is left of a script."""
    return [
        action if isinstance(action, str) else action.body.decode()
        for action in script.actions
    ]


def _actions(texts: Sequence[str]) -> list[str | Reply]:
    """Read what was left of a script; what is JSON is what an action answers."""
    return [
        read_stub({"body": text}).reply if text.startswith("{") else text
        for text in texts
    ]


def _check(snapshot: Any) -> None:
    if not isinstance(snapshot, dict) or snapshot.get("format") != FORMAT:
        raise DataError(f"expected a snapshot (format {FORMAT!r})")
    if snapshot.get("version") != VERSION:
        got = snapshot.get("version")
        raise DataError(f"expected version {VERSION}, got {got!r}", pointer="/version")
    missing = [part for part in PARTS if part not in snapshot]
    if missing:
        raise DataError(f"the snapshot has no {', '.join(missing)}")
    for part, kinds in PARTS.items():
        if not isinstance(snapshot[part], kinds):
            kind = type(snapshot[part]).__name__
            raise DataError(f"the snapshot is damaged: got {kind}", pointer=f"/{part}")
