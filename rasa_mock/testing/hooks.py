"""The hooks of the pytest plugin, its markers and options; each hands over at once.

Nothing heavy is imported here, nor in the two modules with the options and the
fixtures: all three are loaded in every pytest run of every project that has rasa-mock
installed, also in those that never use it.  What a hook or a fixture needs is imported
when it is used; the substance is in the other modules beside this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rasa_mock.testing import fixtures
from rasa_mock.testing.options import (
    OPTIONS,
    WORKBENCH,
    as_usage,
    asked_for,
    workbench_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARKERS = {
    "rasa": "a test of a Rasa action server; select these with -m rasa",
}
YAML = (".yml", ".yaml")
COVERING = ("cov", "cov-fail-under", "cov-json", "cov-html")
# So much of a YAML file is looked at to see whether it holds conversation tests.
GLANCE = 256 * 1024
# The outcome of a conversation test that only a model could judge.
NOT_JUDGED = "not judged"
# What the ini file may ask for that is settled before anything is collected.
AT_ONCE = ("rasa_contract", "rasa_seed")
INI_TYPES: dict[str, Any] = {"text": "string", "texts": "args", "flag": "bool"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add each option and its twin in the ini file."""
    group = parser.getgroup("rasa", "Rasa action servers")
    for option in OPTIONS:
        how: dict[str, Any] = {"action": "append", "metavar": option.metavar}
        if option.kind == "flag":
            how = {"action": "store_true"}
        group.addoption(
            option.flag, dest=option.ini, default=None, help=option.help, **how
        )
        says = f"{option.help} (as {option.flag})"
        parser.addini(option.ini, says, type=INI_TYPES[option.kind], default=None)


def pytest_configure(config: pytest.Config) -> None:
    """Register our markers (shown by `pytest --markers`); begin what is asked for."""
    for name, text in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {text}")
    given = any(config.getoption(option.ini, None) for option in OPTIONS)
    if given or any(config.getini(name) for name in AT_ONCE):
        with as_usage():
            workbench_of(config).configure()
    if any(asked_for(name, config) for name in COVERING):
        from rasa_mock.testing.covering import begin

        begin(config, workbench=workbench_of(config))


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say what the tests are run with, where that was settled before they began."""
    workbench = config.stash.get(WORKBENCH, None)
    return None if workbench is None else workbench.header()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    workbench = config.stash.get(WORKBENCH, None)
    if workbench is not None:
        workbench.close()


# Collection.  Each of these is asked about a file and may return a collector; it looks
# at name and options first, and imports what it needs only for a file that is its own.


def _contract(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect contract tests from the domain."""
    if not asked_for("contract", parent.config):
        return None
    from rasa_mock.testing.contract_items import collect

    return collect(file_path, parent, workbench=workbench_of(parent.config))


def _conversations(
    file_path: Path, parent: pytest.Collector
) -> pytest.Collector | None:
    """Collect conversation tests: test cases of Rasa Pro, stories of Open Source."""
    try:
        with file_path.open("rb") as file:
            text = file.read(GLANCE)
    except OSError:
        return None
    is_story = b"stories" in text and file_path.name.startswith("test_")
    if b"test_case" not in text and not is_story:
        return None
    from rasa_mock.testing.items import collect

    return collect(file_path, parent, workbench=workbench_of(parent.config))


COLLECTORS = (_contract, _conversations)


def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> pytest.Collector | None:
    """Collect what is tested without a Python file: the domain, conversation tests."""
    if file_path.suffix not in YAML:
        return None
    found = (collector(file_path, parent) for collector in COLLECTORS)
    return next((each for each in found if each is not None), None)


def pytest_report_teststatus(report: Any) -> tuple[str, str, str] | None:
    """Tell what nobody could judge from what was skipped."""
    if report.outcome == "skipped" and _unjudged(report):
        return NOT_JUDGED, "n", NOT_JUDGED.upper()
    return None


def _unjudged(report: Any) -> str:
    properties = dict(getattr(report, "user_properties", ()))
    return str(properties.get("rasa_not_judged", ""))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make tests of what stands under `@contract.parametrize()`."""
    if hasattr(metafunc.function, "rasa_contract"):
        from rasa_mock.testing.contract_items import parametrize

        parametrize(metafunc, workbench=workbench_of(metafunc.config))


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Say now what would keep every test of ours from working."""
    ours = [item for item in items if _uses_ours(item)]
    # Of one process of pytest-xdist pytest would not show it; there each test says it.
    if ours and not hasattr(config, "workerinput"):
        from rasa_mock.testing.collected import check_tests

        with as_usage():
            check_tests(ours, workbench=workbench_of(config))


def _uses_ours(item: pytest.Item) -> bool:
    """Tell whether a test uses one of our fixtures, and not its own of that name."""
    info = getattr(item, "_fixtureinfo", None)
    found = getattr(info, "name2fixturedefs", {})
    return any(
        found[name][-1].func.__module__ == fixtures.__name__
        for name in fixtures.FIXTURES
        if found.get(name)
    )


# Reports.


def pytest_assertrepr_compare(op: str, left: Any, right: Any) -> list[str] | None:
    """Explain a failed comparison of results, slots, events or trackers."""
    ours = any(type(each).__module__.startswith("rasa_mock.") for each in (left, right))
    if op != "==" or not ours:
        return None
    from rasa_mock.testing.comparing import compared

    return compared(left, right)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[None]:
    """Let a failure tell the test's conversations, JUnit what a contract test knows."""
    if call.excinfo is not None:
        item.user_properties.extend(getattr(call.excinfo.value, "properties", ()))
        factory: Any = getattr(item, "funcargs", {}).get("conversation_factory")
        if type(factory).__module__ == "rasa_mock.testing.talks" and factory.made:
            item.add_report_section(call.when, "rasa conversation", factory.told())
    yield


# The end.  Each of these may write a section; it looks at the options first.


def _list_unjudged(reporter: Any, _status: int, _config: pytest.Config) -> None:
    """Name the conversation tests that nobody could judge, and why."""
    reports = reporter.stats.get(NOT_JUDGED, ())
    if reports:
        reporter.section(f"conversation tests {NOT_JUDGED}")
    for report in reports:
        reporter.write_line(f"{report.nodeid}: {_unjudged(report)}")


SUMMARIES: tuple[Any, ...] = (_list_unjudged,)


def pytest_terminal_summary(
    terminalreporter: Any, exitstatus: int, config: pytest.Config
) -> None:
    """Write what is to be said at the end of a run: coverage."""
    for write in SUMMARIES:
        write(terminalreporter, exitstatus, config)
