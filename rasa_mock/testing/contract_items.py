"""Contract tests as pytest items, collected from the domain; and parametrised tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rasa_mock.errors import RasaMockError
from rasa_mock.testing.contract import ARGUMENT, ATTRIBUTE, Contract
from rasa_mock.testing.contract_tests import ContractFailed, ContractTest

if TYPE_CHECKING:
    from rasa_mock.testing.workbench import Workbench

MARK = "rasa"


def collect(
    file_path: Path, parent: pytest.Collector, *, workbench: Workbench
) -> pytest.Collector | None:
    """Return the collector of the contract tests, if the file is the domain's."""
    if file_path != workbench.contract_file():
        return None
    collector: ContractFile = ContractFile.from_parent(parent, path=file_path)
    collector.workbench = workbench
    return collector


class ContractFile(pytest.File):
    """The contract tests of the configured domain and server."""

    workbench: Workbench

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for each test; what would fail them all is said once."""
        try:
            if not self.config.option.collectonly:
                self.workbench.check_server()
            for test in Contract().bound(self.workbench).tests():
                item: ContractItem = ContractItem.from_parent(self, name=test.name)
                item.test = test
                item.add_marker(MARK)
                if test.skip is not None:
                    item.add_marker(pytest.mark.skip(reason=test.skip))
                yield item
        except RasaMockError as error:
            raise self.CollectError(str(error)) from error


class ContractItem(pytest.Item):
    """One contract test."""

    test: ContractTest

    def runtest(self) -> None:
        """Make the calls and judge them."""
        expected = self.test.check()
        if expected is not None:
            pytest.xfail(expected.reason)

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None
    ) -> Any:
        """Say what is wrong with the answers, or with the set-up."""
        if isinstance(excinfo.value, ContractFailed | RasaMockError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style=style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the test in reports."""
        return self.path, 0, self.name


class ContractCase:
    """What a parametrised test is given; `check` makes the calls and judges them."""

    def __init__(self, test: ContractTest) -> None:
        self.test = test
        self.action = test.action
        self.title = test.title

    def check(self) -> None:
        """Fail for what the rules say; xfail for what is expected."""
        __tracebackhide__ = True
        expected = self.test.check()
        if expected is not None:
            pytest.xfail(expected.reason)

    def __repr__(self) -> str:
        return repr(self.test)


def parametrize(metafunc: pytest.Metafunc, *, workbench: Workbench) -> None:
    """Make tests of a function under `@contract.parametrize()`.

    Raises pytest.UsageError if the contract cannot be read, or `case` is not taken.
    """
    contract: Contract = getattr(metafunc.function, ATTRIBUTE)
    name = metafunc.function.__name__
    if ARGUMENT not in metafunc.fixturenames:
        message = f"expected {name} to take an argument {ARGUMENT!r}: the contract's"
        raise pytest.UsageError(message)
    try:
        tests = [*contract.bound(workbench).tests()]
    except RasaMockError as error:
        raise pytest.UsageError(f"the contract of {name}: {error}") from error
    rows = [
        pytest.param(
            ContractCase(test),
            id=test.name,
            marks=[getattr(pytest.mark, MARK), *_skipped(test)],
        )
        for test in tests
    ]
    metafunc.parametrize(ARGUMENT, rows)


def _skipped(test: ContractTest) -> list[pytest.MarkDecorator]:
    return [] if test.skip is None else [pytest.mark.skip(reason=test.skip)]
