"""Conversations for tests: the fake core, with the project's bot and action server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rasa_mock.errors import UsageError
from rasa_mock.public_conversation import Conversation
from rasa_mock.run.e2e.told import tell

if TYPE_CHECKING:
    from rasa_mock.testing.workbench import Workbench


# So much of what happened is shown with a failure, the last of it.
LINES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationFactory:
    """Starts conversations; the fixture `conversation_factory`."""

    workbench: Workbench
    server: Callable[[], Any]
    made: list[Conversation] = field(default_factory=list)

    def __call__(self, bot: Any = None, **more: Any) -> Conversation:
        """Start one; takes what `rasa_mock.Conversation` takes.

        Raises UsageError if no bot is configured, DataError for a bad file of it.
        """
        if "action_client" not in more:
            server = self.server()
            if server is not None:
                more["action_client"] = self.workbench.opened(server).client
        if self.workbench.watch is not None:
            from rasa_mock.run.coverage_watch import ConversationWatch
            from rasa_mock.testing.stub import RasaStub

            is_fake = isinstance(more.get("action_client"), RasaStub)
            observer = ConversationWatch(watch=self.workbench.watch, is_fake=is_fake)
            more["observers"] = [*more.get("observers", ()), observer]
        talk = Conversation(self.folder() if bot is None else bot, **more)
        self.made.append(talk)
        return talk

    def told(self) -> str:
        """Tell what was said and done so far, and what was wrong: for failures."""
        lines: list[str] = []
        for talk in self.made:
            lines += tell(talk.tracker.events)
            lines += [
                f"{each.severity} {each.rule}: {each.message}"
                for each in talk.findings
                if each.severity != "info"
            ]
        left_out = [f"... {len(lines) - LINES} lines more"] if lines[LINES:] else []
        return "\n".join([*left_out, *lines[-LINES:]])

    def folder(self) -> Path:
        """Return the bot's folder."""
        settings = self.workbench.settings
        if settings.bot is not None:
            if not settings.bot.is_dir():
                raise UsageError(
                    f"the bot's folder {str(settings.bot)!r} does not exist; correct "
                    "rasa_bot"
                )
            return settings.bot
        return settings.own_domain().parent
