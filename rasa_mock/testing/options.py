"""The options of the pytest plugin, and the way from pytest to the workbench.

Loaded in every pytest run: nothing heavy is imported here.  What the options mean is
read in `rasa_mock.testing.settings`.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rasa_mock.testing.workbench import Workbench


class Option(NamedTuple):
    """One setting: `--rasa-NAME`, its twin `rasa_NAME` in the ini file, and its key.

    `key` is the one of `[tool.rasa_mock]` (`rasa_mock.config`), empty where there is
    none.  `kind` is `text`, `texts` (may be repeated) or `flag`.
    """

    name: str
    metavar: str
    help: str
    kind: str = "text"
    key: str = ""

    @property
    def flag(self) -> str:
        """The option of the command line."""
        return f"--rasa-{self.name}"

    @property
    def ini(self) -> str:
        """The name in the ini file, and of pytest's own option value."""
        return f"rasa_{self.name.replace('-', '_')}"


OPTIONS = (
    Option("domain", "PATH", "the bot's domain: a file or a folder", key="domain"),
    Option("action-server", "URL", "test the action server that runs there", key="url"),
    Option("actions", "PACKAGE", "test this rasa-sdk package", key="actions"),
    Option(
        "server-mode",
        "MODE",
        "how the package is run: inprocess (default), subprocess; or url",
    ),
    Option("bot", "PATH", "the bot's folder, for the fixture conversation"),
    Option(
        "seed", "N", "makes the same values again (default: 0); or random", key="seed"
    ),
    Option("profile", "NAME", "the Rasa to imitate (default: rasa-3.6)", key="profile"),
    Option("locale", "NAME", "whose names, places and words are made up", key="locale"),
    Option("timeout", "SECONDS", "how long one call may take", key="timeout"),
    Option("contract", "", "collect contract tests of every action", kind="flag"),
    Option("cases", "N", "call each action at least so often", key="cases"),
    Option("fail-on", "SEVERITY", "error, warning or info fail a test", key="fail-on"),
    Option(
        "select", "RULE", "only rules that begin so: RM3", kind="texts", key="select"
    ),
    Option(
        "ignore", "RULE", "no rules that begin so: RM306", kind="texts", key="ignore"
    ),
    Option("skip", "ACTION", "no contract tests of this action", kind="texts"),
    Option("xfail", "ACTION:RULE", "a finding that is expected", kind="texts"),
    Option("cov", "", "say what the tests exercise of the bot", kind="flag"),
    Option("cov-fail-under", "PERCENT", "fail if the tests exercise less"),
    Option("cov-json", "FILE", "write what they exercise, for `rasa-mock coverage`"),
    Option("cov-html", "FILE", "write it as a page"),
    Option("config", "FILE", "read this instead of rasa_mock.toml or pyproject.toml"),
)


def asked_for(name: str, config: pytest.Config) -> bool:
    """Tell whether an option is given, on the command line or in the ini file."""
    ini = f"rasa_{name.replace('-', '_')}"
    return bool(config.getoption(ini, None) or config.getini(ini))


WORKBENCH = pytest.StashKey["Workbench"]()


def workbench_of(config: pytest.Config) -> Workbench:
    """Return what the tests of this run share; made when it is first asked for."""
    if WORKBENCH not in config.stash:
        from rasa_mock.testing.workbench import Workbench

        config.stash[WORKBENCH] = Workbench(config, options=OPTIONS)
    return config.stash[WORKBENCH]


@contextmanager
def as_usage() -> Iterator[None]:
    """Let what is wrong with the set-up end the run with its message (exit code 4)."""
    from rasa_mock.errors import RasaMockError

    try:
        yield
    except RasaMockError as error:
        raise pytest.UsageError(str(error)) from error


@contextmanager
def said_plainly() -> Iterator[None]:
    """Let what is wrong with the set-up fail a test with its message and no more."""
    from rasa_mock.errors import RasaMockError

    try:
        yield
    except RasaMockError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
