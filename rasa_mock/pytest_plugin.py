"""The pytest plugin: options, markers, fixtures, hooks; each hands over at once.

Nothing heavy is imported here: this module is loaded in every pytest run of every
project that has rasa-mock installed, also in those that never use it.  What a fixture
or a hook needs is imported when it is used; the substance is in `rasa_mock.testing`.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rasa_mock.core.domain import Domain
    from rasa_mock.public_conversation import Conversation
    from rasa_mock.testing.bench import Bench
    from rasa_mock.testing.contract import BoundContract
    from rasa_mock.testing.factories import (
        EventFactory,
        Factory,
        PayloadFactory,
        TrackerFactory,
    )
    from rasa_mock.testing.runner import Rasa
    from rasa_mock.testing.servers import ActionServer
    from rasa_mock.testing.stub import RasaStub
    from rasa_mock.testing.talks import ConversationFactory
    from rasa_mock.testing.workbench import Workbench

# The entry point's name, and the one under which a conftest.py or `-p` names us.
NAMES = ("rasa_mock", __name__)
MARKERS = {
    "rasa": "a test of a Rasa action server; select these with -m rasa",
}
YAML = (".yml", ".yaml")
COVERING = ("cov", "cov-fail-under", "cov-json", "cov-html")
# The outcome of a conversation test that only a model could judge.
NOT_JUDGED = "not judged"
INI_TYPES: dict[str, Any] = {"text": "string", "texts": "args", "flag": "bool"}


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


def pytest_plugin_registered(
    plugin: object, manager: pytest.PytestPluginManager
) -> None:
    """Let us be loaded once, however often and by whatever name we are asked for."""
    if plugin is sys.modules[__name__]:
        for name in NAMES:
            if manager.get_plugin(name) is None:
                manager.set_blocked(name)


def pytest_configure(config: pytest.Config) -> None:
    """Register our markers (shown by `pytest --markers`); begin what is asked for."""
    for name, text in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {text}")
    if any(config.getoption(option.ini, None) for option in OPTIONS):
        workbench_of(config).configure()
    if any(asked_for(name, config) for name in COVERING):
        from rasa_mock.testing.covering import begin

        begin(config, workbench=workbench_of(config))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    workbench = config.stash.get(WORKBENCH, None)
    if workbench is not None:
        workbench.close()


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
def said_plainly() -> Iterator[None]:
    """Let what is wrong with the set-up fail a test with its message and no more."""
    from rasa_mock.errors import RasaMockError

    try:
        yield
    except RasaMockError as error:
        pytest.fail(str(error), pytrace=False)


# Fixtures.  A project may override rasa_domain and action_server in its conftest.py.


@pytest.fixture(scope="session")
def rasa_domain(pytestconfig: pytest.Config) -> Domain:
    """Give the bot's domain, as Rasa loads it: rasa_domain in the ini file.

    A conftest.py may override it and return a path, an object or a Domain.
    """
    with said_plainly():
        return workbench_of(pytestconfig).domain


@pytest.fixture(scope="session")
def action_server(pytestconfig: pytest.Config) -> ActionServer:
    """Give the action server: in process, in a process of its own, or at a URL.

    rasa_actions names a rasa-sdk package, rasa_action_server a URL, rasa_server_mode
    how the package is run.  A conftest.py may override it and return a URL, the name
    of a package, or actions.
    """
    with said_plainly():
        return workbench_of(pytestconfig).server


@pytest.fixture
def rasa(request: pytest.FixtureRequest) -> Rasa:
    """Call one action in a situation: rasa.run("action_x", slots={...}, text="...").

    Returns a result with slots, messages, events, followup, tracker, rejected and
    findings; fails for an answer of which Rasa would lose something.  In an
    asynchronous test: await rasa.arun(...).
    """
    from rasa_mock.testing.runner import Rasa

    workbench = workbench_of(request.config)
    with said_plainly():
        again = workbench.again(request.node.nodeid)
    domain = request.getfixturevalue("rasa_domain")

    def bench() -> Bench:
        with said_plainly():
            return workbench.bench(domain, request.getfixturevalue("action_server"))

    return Rasa(bench, again=again)


@pytest.fixture
def conversation_factory(request: pytest.FixtureRequest) -> ConversationFactory:
    """Start conversations with the bot, with stubs or in another sender's name.

    Takes what rasa_mock.Conversation takes; without more it is the bot whose folder
    rasa_bot names (by default that of the domain), with the action server if one is
    configured: conversation_factory(stubs={"action_x": {"events": []}}).
    """
    from rasa_mock.testing.talks import ConversationFactory

    workbench = workbench_of(request.config)
    with said_plainly():
        has_server = workbench.has_server(request)

    def server() -> Any:
        return request.getfixturevalue("action_server") if has_server else None

    return ConversationFactory(workbench=workbench, server=server)


@pytest.fixture
def conversation(conversation_factory: ConversationFactory) -> Conversation:
    """Talk to the fake core: conversation.send("hi").texts, .slots, .tracker."""
    with said_plainly():
        return conversation_factory()


@pytest.fixture
def _rasa_factory(request: pytest.FixtureRequest, rasa_domain: Any) -> Factory:
    """Give what tracker_factory, event_factory and payload share: domain and seed."""
    with said_plainly():
        return workbench_of(request.config).factory(rasa_domain, request.node.nodeid)


@pytest.fixture
def tracker_factory(_rasa_factory: Factory) -> TrackerFactory:
    """Make trackers that dialogues can reach.

    tracker_factory("action_x", slots={...}, size=50): Faker-driven, and the same in
    every run until --rasa-seed says otherwise.
    """
    from rasa_mock.testing.factories import TrackerFactory

    return TrackerFactory(_rasa_factory)


@pytest.fixture
def event_factory(_rasa_factory: Factory) -> EventFactory:
    """Make events as they stand in trackers.

    event_factory("slot", name="city"): Faker-driven, seeded as tracker_factory is.
    """
    from rasa_mock.testing.factories import EventFactory

    return EventFactory(_rasa_factory)


@pytest.fixture
def payload(_rasa_factory: Factory) -> PayloadFactory:
    """Make what Rasa sends to an action server.

    payload("action_x", slots={...}): Faker-driven, seeded as tracker_factory is.
    """
    from rasa_mock.testing.factories import PayloadFactory

    return PayloadFactory(_rasa_factory)


@pytest.fixture
def rasa_contract(request: pytest.FixtureRequest, rasa_domain: Any) -> BoundContract:
    """Hold the action server to its contract: rasa_contract.check("action_x").

    Makes all calls that rasa-mock check makes of the action, or of every action, and
    fails for what its rules say of the answers.
    """
    from rasa_mock.testing.contract import Contract

    with said_plainly():
        server = request.getfixturevalue("action_server")
        found = Contract(domain=rasa_domain, server=server)
        return found.bound(workbench_of(request.config))


@pytest.fixture
def rasa_stub() -> Iterator[RasaStub]:
    """Be an action server for the test of a bot or of a client: rasa_stub.answer(...).

    On a real port (rasa_stub.url), on routes of respx (rasa_stub.mount(respx_mock)), or
    as the action client of a Conversation.  At the end of the test, answers that nobody
    asked for and calls that nobody expected fail it.
    """
    from rasa_mock.testing.stub import RasaStub

    stub = RasaStub()
    try:
        yield stub
    finally:
        stub.close()
    problems = stub.problems()
    if problems:
        pytest.fail("\n  ".join(["rasa_stub:", *problems]), pytrace=False)


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
        text = file_path.read_bytes()
    except OSError:
        return None
    is_story = b"stories" in text and file_path.name.startswith("test_")
    if b"test_cases" not in text and not is_story:
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


# Reports.


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[None]:
    """Let JUnit and others carry what a failed contract test knows."""
    if call.excinfo is not None:
        item.user_properties.extend(getattr(call.excinfo.value, "properties", ()))
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
