"""Conversations for tests: the fake core, with the project's bot and action server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rasa_mock.errors import UsageError
from rasa_mock.public_conversation import Conversation

if TYPE_CHECKING:
    from rasa_mock.testing.workbench import Workbench


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationFactory:
    """Starts conversations; the fixture `conversation_factory`."""

    workbench: Workbench
    server: Callable[[], Any]

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
        return Conversation(self.folder() if bot is None else bot, **more)

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
