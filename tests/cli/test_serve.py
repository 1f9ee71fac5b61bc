"""`rasa-mock serve`: start, stop, and what cannot be served."""

from __future__ import annotations

import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from rasa_mock.cli.around import Ready, make_tls
from rasa_mock.cli.rasa_run import notes
from rasa_mock.cli.serve import command
from rasa_mock.errors import RasaMockError, UsageError
from rasa_mock.resources import fixture_folder
from rasa_mock.server.listen import Tls
from tests.server.served import PATIENCE, Served
from tests.servers.stub import Stub, serving

BOT = fixture_folder() / "conformance" / "bot"
SMALL = Path(__file__).parents[2] / "benchmarks" / "small_bot"
WEBHOOK = "/webhooks/rest/webhook"


def refused(*arguments):
    """Run the command in process; return what it says of a mistake, and its code."""
    result = CliRunner().invoke(command, [str(each) for each in arguments])
    error = result.exception
    if isinstance(error, RasaMockError):
        return str(error), error.exit_code
    return result.output, result.exit_code


@pytest.fixture
def files(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


# What cannot be served.


def test_a_folder_without_a_domain(tmp_path):
    said, code = refused(tmp_path)
    assert "no domain here: expected domain.yml" in said
    assert code == 2


def test_a_folder_that_is_not_there(tmp_path):
    said, code = refused(tmp_path / "nowhere")
    assert "expected the folder of a bot" in said
    assert code == 2


def test_a_port_that_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said, code = refused(SMALL, "--port", port)
    assert f"cannot listen on 127.0.0.1:{port}" in said
    assert "choose another --port" in said
    assert code == 2


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--credentials", "rest: [", "expected"),
        ("--credentials", "restt:\n", "unknown channel 'restt'; did you mean 'rest'?"),
        ("--credentials", "rest: 5\n", "expected the keys of the channel"),
        ("--endpoints", "action_endpoint: 5\n", "expected keys with values"),
        ("--endpoints", "action_endpoint: {url: ftp://x}\n", "url"),
        ("--stub", "- a\n", "expected an object"),
    ],
)
def test_files_that_cannot_be_read(files, option, text, said):
    path = files("given.yml", text)
    output, code = refused(SMALL, "--port", 0, option, path)
    assert said in output
    assert "given.yml" in output
    assert code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("--port", "70000"),
        ("--profile", "rasa-9"),
        ("--fidelity", "loose"),
        ("--workers", "0"),
        ("--workers", "2"),
        ("--ssl-certificate", "cert.pem"),
        ("--ssl-certificate", "cert.pem", "--ssl-keyfile", "key.pem"),
        ("--ssl-keyfile", "key.pem"),
        ("--workers", "2", "--tracker-store", "memory:"),
        ("--jwt-secret", "s", "--jwt-method", "none"),
        ("--jwt-private-key", "k"),
        ("--response-timeout", "0"),
        ("--ready-file", "/no/such/folder/ready"),
        ("--log-file", "/no/such/folder/log"),
        ("--connector", "nope"),
    ],
    ids=" ".join,
)
def test_options_that_cannot_be(arguments):
    said, code = refused(SMALL, "--port", "0", *arguments)
    assert code == 2
    assert said
    assert "Traceback" not in said


# What `rasa run` takes.


def parsed(*arguments):
    with command.make_context("serve", ["bot", *arguments]) as ctx:
        return ctx.params, notes()


@pytest.mark.parametrize(
    ("arguments", "origins"),
    [
        (["--cors", "*"], ["*"]),
        (["--cors", "http://a", "https://b:1", "--debug"], ["http://a", "https://b:1"]),
        (
            ["--cors", "http://a", "--cors", "*", "http://b"],
            ["http://a", "*", "http://b"],
        ),
    ],
    ids=["one", "several", "twice"],
)
def test_origins_are_given_as_to_rasa(arguments, origins):
    assert list(parsed(*arguments)[0]["cors"]) == origins


def test_a_bot_may_come_after_the_origins():
    with command.make_context("serve", ["--cors", "*", "bot"]) as ctx:
        assert ctx.params["bot"] == Path("bot")


def test_without_a_bot_it_is_the_folder_that_one_is_in():
    with command.make_context("serve", ["--enable-api"]) as ctx:
        assert ctx.params["bot"] == Path()


def test_variables_of_rasa_are_read(monkeypatch):
    given = {"AUTH_TOKEN": "t", "JWT_SECRET": "s", "JWT_METHOD": "HS512"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    params, _ = parsed()
    assert [params[name.lower()] for name in given] == ["t", "s", "HS512"]
    assert parsed("-t", "own")[0]["auth_token"] == "own"


def test_what_has_no_meaning_here_is_taken_and_named():
    arguments = ["--use-syslog", "--syslog-port", "514", "--remote-storage", "aws"]
    params, told = parsed(*arguments, "-m", "models/a.tar.gz", "-vv")
    assert (params["model"], params["verbose"]) == (Path("models/a.tar.gz"), 2)
    named = ["--use-syslog", "--syslog-port", "--remote-storage"]
    assert [each.partition(" ")[0] for each in told] == named
    assert parsed()[1] == []


def test_a_ready_file_of_an_earlier_run_is_taken_away(tmp_path):
    path = tmp_path / "ready"
    path.write_text("http://127.0.0.1:1")
    ready = Ready(None, address="http://127.0.0.1:2", path=path)
    ready.prepare()
    assert not path.exists()
    ready()
    assert path.read_text() == "http://127.0.0.1:2\n"


# A server.


def test_it_says_where_it_is_and_stops_when_told(tmp_path):
    with Served(SMALL, folder=tmp_path) as served:
        assert served.client.get("/").text == "Hello from Rasa: 3.6.21"
        # Without --enable-api there is no API.
        assert served.client.get("/version").status_code == 404
        assert served.url.startswith("http://127.0.0.1:")
        assert served.out.read_text() == f"serving {SMALL} on {served.url}\n"
        assert served.stop() == 0
    assert "Traceback" not in served.log.read_text()


def test_ctrl_c_ends_it_with_130(tmp_path):
    with Served(SMALL, folder=tmp_path) as served:
        assert served.stop(signal.SIGINT) == 130
    assert "Traceback" not in served.log.read_text()


def test_the_turn_under_way_ends_before_the_server_does(tmp_path, files):
    stub, asked, go_on = Stub(), threading.Event(), threading.Event()

    def answer(_request):
        asked.set()
        go_on.wait(PATIENCE)
        return {"events": [], "responses": [{"text": "just in time"}]}

    stub.answer = answer
    answers = []
    with serving(stub):
        endpoints = files("e.yml", f"action_endpoint: {{url: {stub.url}}}\n")
        with Served(SMALL, "--endpoints", endpoints, folder=tmp_path) as served:

            def say():
                body = {"sender": "me", "message": "/run_trivial"}
                answers.append(served.client.post(WEBHOOK, json=body).json())

            saying = threading.Thread(target=say)
            saying.start()
            assert asked.wait(PATIENCE)
            served.process.send_signal(signal.SIGTERM)
            wait_until_closed(served.url)
            go_on.set()
            saying.join(PATIENCE)
            assert served.process.wait(PATIENCE) == 0
    assert answers == [[{"recipient_id": "me", "text": "just in time"}]]


def wait_until_closed(url):
    """Wait until nobody is let in any more."""
    host, _, port = url.rpartition("/")[2].partition(":")
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            return
        time.sleep(0.02)


def test_an_action_server_that_is_down_is_named_and_the_bot_served(tmp_path, files):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"http://127.0.0.1:{port}/webhook?token=secret"
    endpoints = files("e.yml", f"action_endpoint: {{url: '{url}', token: secret}}\n")
    with Served(SMALL, "--endpoints", endpoints, folder=tmp_path) as served:
        for message, said in (("/greet", ["Hey there!"]), ("/run_trivial", [])):
            body = {"sender": "me", "message": message}
            answer = served.client.post(WEBHOOK, json=body).json()
            assert [each["text"] for each in answer] == said
        end = time.monotonic() + PATIENCE
        while "does not answer" not in served.log.read_text():
            assert time.monotonic() < end
            time.sleep(0.02)
    log = served.log.read_text()
    assert f"127.0.0.1:{port}" in log
    assert "secret" not in log


def test_stubs_go_before_everything(tmp_path, files):
    stubs = files("s.yml", "action_trivial: {responses: [{text: from a file}]}\n")
    with Served(SMALL, "--stub", stubs, folder=tmp_path) as served:
        body = {"sender": "me", "message": "/run_trivial"}
        answer = served.client.post(WEBHOOK, json=body).json()
        assert [each["text"] for each in answer] == ["from a file"]


def test_a_token_is_needed_if_there_is_one(tmp_path):
    options = (
        *("--enable-api", "--auth-token", "s3cret", "--max-conversations", "2"),
        *("--debug", "--log-file", tmp_path / "own.log"),
    )
    with Served(SMALL, *options, folder=tmp_path) as served:
        get = served.client.get
        assert get("/status").status_code == 401
        assert get("/status?token=s3cret").status_code == 200
        for sender in "abc":
            served.client.post(WEBHOOK, json={"sender": sender, "message": "/greet"})
        path = "/conversations/{}/story?token=s3cret"
        known = [get(path.format(sender)).status_code for sender in "abc"]
        # The one that was silent longest is forgotten.
        assert known == [404, 200, 200]
    own = (tmp_path / "own.log").read_text()
    assert "GET /status: 401 in" in own
    assert "rasa_mock.seen  - a: action action_session_start, session_started" in own
    assert "s3cret" not in served.log.read_text() + served.out.read_text() + own


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    made = subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        ],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return folder


def test_it_speaks_tls(tmp_path, certificate):
    options = (
        *("--ssl-certificate", certificate / "cert.pem"),
        *("--ssl-keyfile", certificate / "key.pem"),
    )
    with Served(SMALL, *options, folder=tmp_path) as served:
        assert served.url.startswith("https://127.0.0.1:")
        trusted = str(certificate / "cert.pem")
        context = ssl.create_default_context(cafile=trusted)
        answer = httpx.get(served.url, verify=context, trust_env=False)
        assert answer.text == "Hello from Rasa: 3.6.21"


def test_the_key_may_be_in_the_file_of_the_certificate(certificate, tmp_path):
    both = tmp_path / "both.pem"
    parts = [(certificate / name).read_text() for name in ("key.pem", "cert.pem")]
    both.write_text("".join(parts))
    assert make_tls(both) == Tls(certificate=str(both))
    with pytest.raises(UsageError, match="--ssl-password if the key has one"):
        make_tls(certificate / "cert.pem")


def test_several_workers_share_a_port_and_a_store(tmp_path, files):
    endpoints = files(
        "e.yml",
        f"tracker_store: {{type: sql, dialect: sqlite, db: {tmp_path / 'a.db'}}}\n",
    )
    options = ("--workers", "2", "--enable-api", "--endpoints", endpoints)
    with Served(SMALL, *options, folder=tmp_path) as served:
        for _ in range(6):
            # Each over a connection of its own, to whoever takes it.
            body = {"sender": "me", "message": "/greet"}
            url = served.url + WEBHOOK
            answer = httpx.post(url, json=body, trust_env=False, timeout=PATIENCE)
            assert [each["text"] for each in answer.json()] == ["Hey there!"]
        url = f"{served.url}/conversations/me/tracker?include_events=ALL"
        events = httpx.get(url, trust_env=False).json()["events"]
        assert len([each for each in events if each["event"] == "user"]) == 6
        assert served.stop() == 0


def test_the_help_says_what_there_is():
    text = subprocess.run(
        [sys.executable, "-m", "rasa_mock", "serve", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for option in ("--enable-api", "--auth-token", "--cors", "--fidelity", "--workers"):
        assert option in text
