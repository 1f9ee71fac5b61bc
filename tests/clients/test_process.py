"""Real rasa-sdk packages as servers of our own, and what is left of them: nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from rasa_mock.clients.http import HttpClient
from rasa_mock.clients.process import (
    KEPT_LINES,
    STOP_SECONDS,
    ActionServerProcess,
)
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.errors import TimedOut, Unreachable, UsageError
from tests.clients.conftest import request_for

pytestmark = pytest.mark.slow  # starting rasa-sdk takes one to five seconds

ACTIONS = """
    from rasa_sdk import Action

    class Hello(Action):
        def name(self):
            return "action_a"

        def run(self, dispatcher, tracker, domain):
            dispatcher.utter_message(text="hello " + tracker.sender_id)
            return []
"""


@pytest.fixture
def package(tmp_path: Path) -> Callable[[str], Path]:
    """Write a module of actions; give the folder it lies in."""

    def write(source: str) -> Path:
        path = tmp_path / "bot" / "my_actions.py"
        path.parent.mkdir()
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        return path.parent

    return write


def family(server: ActionServerProcess) -> list[psutil.Process]:
    assert server._process is not None
    keeper = psutil.Process(server._process.pid)
    return [keeper, *keeper.children(recursive=True)]


def survivors(processes: list[psutil.Process], seconds: float = 10) -> list[str]:
    """Tell which live on; a zombie is dead, and waits for init to notice."""
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return [str(process) for process in alive if not is_zombie(process)]


def is_zombie(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def nothing_is_left() -> Iterator[None]:
    """Check that a test leaves no process behind."""
    mine = psutil.Process()
    before = {process.pid for process in mine.children(recursive=True)}
    yield
    now = mine.children(recursive=True)
    assert survivors([p for p in now if p.pid not in before], seconds=0) == []


def test_a_package_is_served_on_127_0_0_1_until_it_is_stopped(package):
    folder = package(ACTIONS)
    with ActionServerProcess("my_actions", cwd=folder, module="rasa_sdk") as server:
        processes = family(server)
        endpoint = Endpoint(url=server.url)
        with HttpClient(endpoint) as client:
            assert client.list_actions() == ("action_a",)
            reply = client.call(request_for(endpoint, domain=SomeDomain()))
        addresses = {
            connection.laddr.ip
            for process in processes
            for connection in process.net_connections()
            if connection.status == psutil.CONN_LISTEN
        }
    assert (reply.status, b"hello u" in reply.body) == (200, True)
    assert addresses == {"127.0.0.1"}
    assert len(processes) > 2
    assert survivors(processes, seconds=1) == []
    with HttpClient(endpoint) as client:
        assert client.get("/health").failure == "refused"


class SomeDomain:
    """A domain that rasa-sdk takes for one."""

    send_domain_actions: frozenset[str] = frozenset()

    def as_dict(self):
        return {"intents": ["greet"]}


@pytest.mark.usefixtures("nothing_is_left")
def test_the_server_can_be_stopped_as_soon_as_it_answers(package):
    """rasa-sdk told to stop at that moment would hang for good."""
    server = ActionServerProcess("my_actions", cwd=package(ACTIONS))
    with server:
        begun = time.monotonic()
    assert 0.2 < time.monotonic() - begun < STOP_SECONDS
    with HttpClient(Endpoint(url=server.url)) as client:
        assert client.get("/health").failure == "refused"
    server.stop()  # twice does no harm


@pytest.mark.usefixtures("nothing_is_left")
def test_control_c_inside_the_block_stops_the_server(package):
    server = ActionServerProcess("my_actions", cwd=package(ACTIONS))
    with pytest.raises(KeyboardInterrupt), server:
        signal.raise_signal(signal.SIGINT)
    with HttpClient(Endpoint(url=server.url)) as client:
        assert client.get("/health").failure == "refused"


KILLED = """
    import sys, time
    from rasa_mock.clients.process import ActionServerProcess

    package, folder = "my_actions", sys.argv[1]
    with ActionServerProcess(package, cwd=folder, module="rasa_sdk") as server:
        print(server._process.pid, flush=True)
        time.sleep(60)
"""


def test_a_server_does_not_outlive_a_killed_starter(package, root):
    starter = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(package(ACTIONS))],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with starter:
        assert starter.stdout is not None
        keeper = psutil.Process(int(starter.stdout.readline()))
        processes = [keeper, *keeper.children(recursive=True)]
        starter.kill()
        starter.wait(10)
    assert len(processes) > 2
    assert survivors(processes) == []


@pytest.mark.parametrize(
    ("source", "exception", "words"),
    [
        (
            "import no_such_module_xyz",
            UsageError,
            "ModuleNotFoundError: No module named 'no_such_module_xyz'",
        ),
        ("def f(:", UsageError, "SyntaxError: invalid syntax"),
        ("import sys; print('bye'); sys.exit(3)", Unreachable, "it printed:\nbye"),
    ],
)
@pytest.mark.usefixtures("nothing_is_left")
def test_a_package_that_does_not_import_is_told_in_one_message(
    source, exception, words, package
):
    server = ActionServerProcess("my_actions", cwd=package(source))
    with pytest.raises(exception) as caught:
        server.start()
    message = str(caught.value)
    assert words in message
    assert "'my_actions'" in message
    assert "Traceback" not in message


@pytest.mark.usefixtures("nothing_is_left")
def test_a_package_that_is_not_there_is_told_with_the_folder(tmp_path):
    with pytest.raises(UsageError, match="there is no package 'no_such_package'") as e:
        ActionServerProcess("no_such_package", cwd=tmp_path).start()
    assert str(tmp_path) in str(e.value)


@pytest.mark.usefixtures("nothing_is_left")
def test_a_package_that_never_answers_is_given_up(package):
    folder = package("import time; print('waiting', flush=True); time.sleep(60)")
    server = ActionServerProcess("my_actions", cwd=folder, start_timeout=4)
    with pytest.raises(TimedOut, match="did not answer within 4 s") as caught:
        server.start()
    assert "waiting" in str(caught.value)


def test_much_output_neither_blocks_the_server_nor_fills_memory(package):
    noise = "for i in range(30_000): print('noise', i, 'x' * 1000)\n"
    folder = package(noise + "print('y' * 5_000_000)" + ACTIONS.replace("\n    ", "\n"))
    with (
        ActionServerProcess("my_actions", cwd=folder) as server,
        HttpClient(Endpoint(url=server.url)) as client,
    ):
        assert client.list_actions() == ("action_a",)
        assert len(server.output.splitlines()) <= KEPT_LINES
        assert len(server.output) < 500_000


def test_an_interpreter_without_rasa_sdk_is_told(tmp_path, package):
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    python = str(tmp_path / "bare/bin/python")
    with pytest.raises(UsageError, match="pip install rasa-sdk") as caught:
        ActionServerProcess("my_actions", cwd=package(ACTIONS), python=python).start()
    assert python in str(caught.value)


@pytest.mark.parametrize(
    ("package_name", "options", "words"),
    [
        ("not a name", {}, "the name of a Python package"),
        ("", {}, "the name of a Python package"),
        ("-m", {}, "the name of a Python package"),
        ("no/such/folder", {}, "a folder or file with actions"),
        ("no_such.py", {}, "a folder or file with actions"),
        ("actions", {"cwd": "/no/such/folder"}, "a folder to start in"),
        ("actions", {"python": "/no/such/python"}, "a Python interpreter"),
    ],
)
def test_what_cannot_be_started_is_told_before_the_start(package_name, options, words):
    with pytest.raises(UsageError, match=words):
        ActionServerProcess(package_name, **options)


def test_a_package_can_be_named_by_its_path_and_given_an_environment(package):
    folder = package(ACTIONS.replace('"action_a"', "__import__('os').environ['NAME']"))
    server = ActionServerProcess(
        "bot/my_actions.py", cwd=folder.parent, env={"NAME": "action_env"}
    )
    with server, HttpClient(Endpoint(url=server.url)) as client:
        assert client.list_actions() == ("action_env",)
    assert "NAME" not in os.environ
