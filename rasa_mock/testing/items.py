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
from rasa_mock.run.conversation import Setup
from rasa_mock.run.e2e.results import FAILED, NOT_JUDGED, CaseResult
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
            item.script = script
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

    def setup_of(self) -> Setup:
        """Return with what the tests are played; starts the action server."""
        settings = self.workbench.settings
        server: dict[str, Any] = {}
        if settings.actions is not None or settings.url is not None:
            opened = self.workbench.server
            server = {"action_client": opened.client, "endpoint": opened.endpoint}
        setup = make_setup(self.bot, **server)
        watch = self.workbench.watch
        return setup if watch is None else watched(setup, watch=watch)


class ConversationItem(pytest.Item):
    """One conversation test."""

    script: Script

    def runtest(self) -> None:
        """Play the conversation."""
        file = self.parent
        if not isinstance(file, ConversationFile):
            message = "an item of a file of conversation tests"
            raise TypeError(message)
        result = self.script.play(setup=file.setup_of())
        if result.outcome == FAILED:
            raise ConversationFailed(result)
        if result.outcome == NOT_JUDGED:
            self.user_properties.append((PROPERTY, result.unjudged_keys))
            pytest.skip(f"{NOT_JUDGED}: {result.unjudged_keys}")

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], *more: Any, **given: Any
    ) -> Any:
        """Explain a failure in the terms of the test, without a traceback."""
        error = excinfo.value
        if isinstance(error, ConversationFailed):
            lines = [*error.result.explain(), "", *error.result.difference]
            return "\n".join(lines)
        if isinstance(error, RasaMockError):
            return str(error)
        return super().repr_failure(excinfo, *more, **given)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Say where the test stands."""
        line = self.script.line
        return self.path, None if line is None else line - 1, self.name
