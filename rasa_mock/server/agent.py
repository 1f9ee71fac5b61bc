"""The agent: a bot at work, with its conversations, its clock and its reminders.

It performs turns: waits for the conversation's turn, drives the effects, tells the
observers.  HTTP is not known here.  Everything that a test wants to replace is a plain
attribute: `clock`, `answers`, `observers`, `channels`, `desk`.

Imitates `Agent` (rasa/core/agent.py) and the scheduler of reminders of Rasa 3.6.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from rasa_mock import clock as clocks
from rasa_mock.core import channel
from rasa_mock.core.bot import Bot
from rasa_mock.core.commands import CallAction, Deliver, Effects
from rasa_mock.core.events import Source
from rasa_mock.core.policies.ensemble import Script
from rasa_mock.core.processor import Processor
from rasa_mock.core.profile import DEFAULT, find_profile
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import Reply
from rasa_mock.run.answers import NOTHING
from rasa_mock.run.api.base import Desk, Model
from rasa_mock.run.conversation import due_time
from rasa_mock.run.drivers import (
    Agenda,
    AsyncAnswer,
    AsyncWord,
    Stage,
    Watcher,
    drive_async,
)
from rasa_mock.run.shelves import MemoryShelf, NewTracker, Shelf
from rasa_mock.server.locks import TicketLocks
from rasa_mock.server.observed import CallSeen, Observer, Seen, TurnSeen, shown

T = TypeVar("T")
Json = dict[str, Any]
Send = Callable[[Deliver], Awaitable[None]]

PostLater = Callable[[str, bytes], Awaitable[None]]

LOG = logging.getLogger("rasa_mock.server")
# How often, in seconds, a clock that stands still is looked at.
SHORTEST_WAIT = 0.02


class Pushing(Protocol):
    """A channel that can speak of its own accord."""

    async def send(self, deliver: Deliver) -> None:
        """Bring messages to the user."""
        ...


class Agent:
    """A bot and all its conversations."""

    # How long a request may take, in seconds; None is as long as it likes.
    response_timeout: float | None = None

    def __init__(
        self,
        bot: Bot,
        *,
        make_shelf: Callable[[NewTracker], Shelf] | None = None,
        answers: AsyncAnswer | None = None,
        word: AsyncWord | None = None,
        post_later: PostLater | None = None,
        clock: Callable[[], float] = clocks.system_now,
        profile: str = DEFAULT,
        **processing: Any,
    ) -> None:
        self.clock = clock
        self.answers: AsyncAnswer = answers or nobody_answers
        self.word = word
        # Done beside everything else once the server listens.
        self.at_the_start: list[Callable[[], Awaitable[None]]] = []
        # Posts the bytes of an answer that is to come later (`callback_url`).
        self.post_later = post_later
        self.observers: list[Observer] = []
        # Each makes what looks on at a turn, or None.
        self.watch: list[Callable[[], Watcher | None]] = []
        self.pushing: dict[str, Pushing] = {}
        # What steers it for tests, if anything does: `server.admin.control`.
        self.control: Any = None
        self.at_the_end: list[Callable[[], Awaitable[None]]] = []
        self.locks = TicketLocks()
        self.agenda = Agenda()
        self.script = Script()
        source = Source(
            now=self.now, new_id=clocks.new_uuid, parse_date=clocks.parse_date
        )
        self.processor = Processor(
            bot=bot,
            source=source,
            new_message_id=clocks.new_message_id,
            script=self.script,
            nlg_server=word is not None,
            **processing,
        )
        make = make_shelf or (lambda new_tracker: MemoryShelf(new_tracker=new_tracker))
        self.shelf: Shelf = make(self.processor.new_tracker)
        self.desk = Desk(
            processor=self.processor,
            profile=find_profile(profile),
            pushing=self.pushing,
            model=Model(id=str(bot.ids.get("model_id", ""))),
        )
        self._tasks: set[asyncio.Task[Any]] = set()
        self._watch: asyncio.Task[None] | None = None
        self._alarm = asyncio.Event()

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self.clock()

    # Turns.

    async def perform(
        self, effects: Effects[T], *, sender_id: str = "", send: Send | None = None
    ) -> T:
        """Carry effects out at once, whoever else is at it."""
        watchers = [found for make in self.watch if (found := make()) is not None]
        self.processor.tells = bool(watchers)
        stage = Stage(
            shelf=self.shelf,
            now=self.now,
            due=due_time,
            agenda=self.agenda,
            watchers=watchers,
        )
        error: BaseException | None = None
        try:
            return await drive_async(
                effects,
                stage=stage,
                answer=self._answer,
                send=send or self._send,
                word=self.word,
            )
        except BaseException as failure:
            error = failure
            raise
        finally:
            self._after(stage, sender_id=sender_id, error=error)

    async def turn(
        self, effects: Effects[T], *, sender_id: str, send: Send | None = None
    ) -> T:
        """Carry effects out when it is this conversation's turn.

        Raises LockError if that does not come in time.
        """
        async with self.locks.hold(sender_id):
            return await self.perform(effects, sender_id=sender_id, send=send)

    async def _answer(self, command: CallAction) -> Reply:
        begun = time.perf_counter()
        reply = await self.answers(command)
        if self.observers:
            elapsed = time.perf_counter() - begun
            self.tell(CallSeen(command=command, reply=reply, elapsed=elapsed))
        return reply

    async def _send(self, deliver: Deliver) -> None:
        """Bring messages to a channel that can push; elsewhere nobody hears them."""
        channel_of = self.pushing.get(deliver.channel)
        if channel_of is not None:
            await channel_of.send(deliver)

    def _after(
        self, stage: Stage, *, sender_id: str, error: BaseException | None
    ) -> None:
        for watcher in stage.watchers:
            watcher.ended(error)
        for note in stage.notes:
            LOG.warning("%s: %s: %s", shown(sender_id), note.kind, note.message)
        if self.agenda.next_time() is not None:
            self._wake()
        if self.observers and (stage.saved or stage.notes or error):
            self.tell(
                TurnSeen(
                    sender_id=sender_id,
                    tracker=stage.saved,
                    since=stage.known_events,
                    notes=tuple(stage.notes),
                    calls=tuple(stage.calls),
                    error=error,
                )
            )

    def tell(self, seen: Seen) -> None:
        """Tell all observers."""
        for observer in self.observers:
            observer(seen)

    # Reminders.

    def clock_moved(self) -> None:
        """Look again at what is due; for those who move the clock."""
        if self.agenda.next_time() is not None:
            self._wake()

    def _wake(self) -> None:
        if self._watch is not None and not self._watch.done():
            self._alarm.set()
            return
        # A new one: the old may belong to a loop that is over.
        self._alarm = asyncio.Event()
        self._watch = asyncio.get_running_loop().create_task(self._keep_watch())

    async def settle(self) -> None:
        """Wait until all that is due is done; for those who have moved the clock."""
        while self._tasks or self._is_due():
            if self._is_due():
                self._wake()
            await asyncio.sleep(0)
            if self._tasks:
                await asyncio.wait(set(self._tasks))

    def _is_due(self) -> bool:
        at = self.agenda.next_time()
        return at is not None and at <= self.now()

    async def _keep_watch(self) -> None:
        while (at := self.agenda.next_time()) is not None:
            due = self.agenda.next_due(self.now())
            if due is not None:
                self.spawn(self.remind(due[1], due[2]))
                continue
            self._alarm.clear()
            wait = max(at - self.now(), SHORTEST_WAIT)
            try:
                await asyncio.wait_for(self._alarm.wait(), timeout=wait)
            except asyncio.TimeoutError:
                continue

    async def remind(self, sender_id: str, reminder: Json) -> None:
        """Let a reminder fire, now."""
        effects = self.processor.remind(
            sender_id, reminder, output_channel=self._channel_of
        )
        try:
            await self.turn(effects, sender_id=sender_id)
        except Exception:
            LOG.exception("the reminder %r failed", reminder.get("name"))

    def _channel_of(self, tracker: Tracker) -> str:
        latest = tracker.latest_input_channel
        return str(latest) if latest in self.pushing else channel.NAME

    def spawn(self, work: Any) -> asyncio.Task[Any]:
        """Do something beside; it is waited for when the server stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Stop watching for reminders, wait for what is under way, and let go."""
        if self._watch is not None:
            self._watch.cancel()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        for finish in self.at_the_end:
            await finish()


async def nobody_answers(command: CallAction) -> Reply:
    """Answer an action as Rasa does without `action_endpoint`: nothing comes of it."""
    LOG.warning("no action endpoint is configured: %r returns nothing", command.action)
    return NOTHING
