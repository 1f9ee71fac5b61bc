"""Coverage of a pytest run (`--rasa-cov`): counted in each process, added up in one.

With pytest-xdist every worker hands over what it has counted; the controller adds it
up, writes the files and the table, and fails the run if less was exercised than asked
for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rasa_mock.errors import RasaMockError
from rasa_mock.reports.coverage import as_json, page, table, too_little
from rasa_mock.run.coverage import Coverage
from rasa_mock.run.coverage_watch import Watch
from rasa_mock.testing.scripts import read_bot

if TYPE_CHECKING:
    from rasa_mock.testing.workbench import Workbench

NAME = "rasa_mock_coverage"
FAIL_UNDER = "rasa_cov_fail_under"
# File by file: the option, and what writes it.
FILES = {"rasa_cov_json": as_json, "rasa_cov_html": page}
NOTHING = "no bot is known, so nothing can be counted: say which domain (rasa_domain)"


def begin(config: pytest.Config, *, workbench: Workbench) -> None:
    """Count from now on; raises pytest.UsageError for a percentage that is none."""
    watch = Watch(coverage=Coverage())
    workbench.watch = watch
    workbench.observers.append(watch.exchange)
    covering = Covering(config, watch=watch, workbench=workbench)
    config.pluginmanager.register(covering, NAME)


class Covering:
    """The hooks that add up, write and judge."""

    def __init__(
        self, config: pytest.Config, *, watch: Watch, workbench: Workbench
    ) -> None:
        self.config = config
        self.coverage = watch.coverage
        self.workbench = workbench
        self.fail_under = _percent(_given(config, FAIL_UNDER))
        self.files = {
            option: _path(config, value)
            for option in FILES
            if (value := _given(config, option)) is not None
        }

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        """Take over what a worker of pytest-xdist has counted."""
        counted = getattr(node, "workeroutput", {}).get(NAME)
        if counted is not None:
            self.coverage.add(Coverage.from_dict(counted))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: Any) -> None:
        """Hand over the counts, or write the files and judge."""
        output = getattr(self.config, "workeroutput", None)
        if output is not None:
            output[NAME] = self.coverage.as_dict()
            return
        self._expect_all()
        for option, path in self.files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(FILES[option](self.coverage), encoding="utf-8")
        if self.is_too_low and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _expect_all(self) -> None:
        """Know what there is, even if no test has come across it."""
        settings = self.workbench.settings
        try:
            if settings.domain is not None:
                self.coverage.expect(self.workbench.domain)
            elif settings.bot is not None:
                self.coverage.expect(read_bot(settings.bot, beside=settings.bot).domain)
        except RasaMockError:
            return  # whoever needed the domain has said what is wrong with it

    @property
    def is_too_low(self) -> bool:
        """Whether less was exercised than asked for."""
        return self.fail_under is not None and self.coverage.percent() < self.fail_under

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write the table."""
        terminalreporter.section("rasa coverage")
        for line in table(self.coverage):
            terminalreporter.write_line(line)
        if not any(self.coverage.known.values()):
            terminalreporter.write_line(NOTHING, yellow=True)
        for path in self.files.values():
            terminalreporter.write_line(f"written: {path}")
        if self.is_too_low:
            message = too_little(self.coverage, fail_under=self.fail_under or 0.0)
            terminalreporter.write_line(message, red=True)


def _given(config: pytest.Config, option: str) -> Any:
    """Return what is given for an option: on the command line, or in the ini file."""
    value = config.getoption(option, None)
    if isinstance(value, list):
        value = value[-1] if value else None
    return value or config.getini(option) or None


def _percent(value: Any) -> float | None:
    if value is None:
        return None
    try:
        percent = float(value)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        message = (
            f"--rasa-cov-fail-under: expected a number from 0 to 100, got {value!r}"
        )
        raise pytest.UsageError(message)
    return percent


def _path(config: pytest.Config, value: Any) -> Path:
    return config.invocation_params.dir / str(value)
