"""Conversation tests as pytest items: YAML files, one item a case.

Test cases of Rasa Pro and test stories of Open Source (`rasa_mock.testing.scripts`).
What nobody can judge without a model is skipped for pytest, and told as an outcome of
its own in the terminal: it never passes.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rasa_mock.core.bot import Bot
from rasa_mock.errors import RasaMockError
from rasa_mock.run.e2e.results import FAILED, NOT_JUDGED, CaseResult
from rasa_mock.testing.item_fixtures import is_overridden, request_of
from rasa_mock.testing.scripts import (
    Script,
    find_bot,
    is_written,
    kind_of,
    make_setup,
    read_bot,
    read_scripts,
    watched,
)

if TYPE_CHECKING:
    from rasa_mock.testing.workbench import Workbench

# Where a report says what was not judged.
PROPERTY = "rasa_not_judged"
NO_BOT = (
    "no bot to talk to: expected a folder with domain.yml and data/ or config.yml "
    "above the file; name it: rasa_bot in the ini file, or --rasa-bot PATH"
)
SERVER = "action_server"
BOTS = pytest.StashKey[dict[Path, Bot]]()
CONFIGURED = ("rasa_bot", "rasa_domain", "rasa_actions", "rasa_action_server")


class ConversationFailed(AssertionError):
    """A conversation went otherwise than its test says."""

    def __init__(self, result: CaseResult) -> None:
        super().__init__(f"{result.name}: {result.failures[0].message}")
        self.result = result


def collect(
    file_path: Path, parent: pytest.Collector, *, workbench: Workbench
) -> pytest.Collector | None:
    """Return the collector of a file with tests; None if it is none of ours.

    Without a bot it is ours only if it was asked for, or anything is configured.
    """
    named = parent.session.isinitpath(file_path)
    if kind_of(file_path) is None or (is_written(file_path) and not named):
        return None
    has_bot = find_bot(file_path) is not None
    if not has_bot and not _is_meant(file_path, parent):
        return None
    collector: ConversationFile = ConversationFile.from_parent(parent, path=file_path)
    collector.workbench = workbench
    return collector


def _is_meant(file_path: Path, parent: pytest.Collector) -> bool:
    config = parent.config
    asked = any(config.getoption(n, None) or config.getini(n) for n in CONFIGURED)
    return asked or parent.session.isinitpath(file_path)


def _shortly(path: Path) -> Path:
    """Name a file from here, if it is below: failures are told with its name."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


class ConversationFile(pytest.File):
    """A YAML file with conversation tests."""

    workbench: Workbench

    def collect(self) -> Iterator[ConversationItem]:
        """Yield an item for each test; a bad file is an error of collection."""
        try:
            read = read_scripts(_shortly(self.path), bot=self.bot)
        except RasaMockError as error:
            raise self.CollectError(str(error)) from error
        for note in read.notes:
            warnings.warn(pytest.PytestCollectionWarning(note), stacklevel=2)
        for script in read.scripts:
            item: ConversationItem = ConversationItem.from_parent(
                self, name=script.name
            )
            item.script, item.bot, item.workbench = script, self.bot, self.workbench
            item.add_marker("rasa")
            yield item

    @property
    def bot(self) -> Bot:
        """The bot that is talked to: the configured one, or the nearest."""
        settings = self.workbench.settings
        folder = settings.bot or find_bot(self.path)
        if folder is None:
            raise self.CollectError(NO_BOT)
        bots = self.config.stash.setdefault(BOTS, {})
        if folder not in bots:
            bots[folder] = read_bot(folder, beside=self.path, profile=settings.profile)
        return bots[folder]


class ConversationItem(pytest.Item):
    """One conversation test."""

    script: Script
    bot: Bot
    workbench: Workbench
    request: Any = None

    def setup(self) -> None:
        """Set up the fixtures that are for every test."""
        self.request = request_of(self)

    def runtest(self) -> None:
        """Play the conversation."""
        setup = make_setup(self.bot, **self._server())
        if self.workbench.watch is not None:
            setup = watched(setup, watch=self.workbench.watch)
        result = self.script.play(setup=setup)
        if result.outcome == FAILED:
            raise ConversationFailed(result)
        if result.outcome == NOT_JUDGED:
            self.user_properties.append((PROPERTY, result.unjudged_keys))
            pytest.skip(f"{NOT_JUDGED}: {result.unjudged_keys}")

    def _server(self) -> dict[str, Any]:
        """Return the action server's part of the setup: the fixture, if there is one.

        It is started when the first test needs it.
        """
        settings = self.workbench.settings
        is_configured = settings.actions is not None or settings.url is not None
        if not is_configured and not is_overridden(SERVER, self):
            return {}
        server = self.workbench.opened(self.request.getfixturevalue(SERVER))
        return {"action_client": server.client, "endpoint": server.endpoint}

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], *more: Any, **given: Any
    ) -> Any:
        """Explain a failure in the terms of the test, without a traceback."""
        error = excinfo.value
        if isinstance(error, ConversationFailed):
            # What happened in the turn is told by the explanation.
            talk = (x for x in error.result.difference if not x.startswith("+"))
            return "\n".join([*error.result.explain(), "", *talk])
        if isinstance(error, RasaMockError):
            return str(error)
        return super().repr_failure(excinfo, *more, **given)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Say where the test stands."""
        line = self.script.line
        return self.path, None if line is None else line - 1, self.name
