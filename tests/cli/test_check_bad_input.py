"""Bad input for `rasa-mock check`: one clear message, the documented exit code.

The real command in a subprocess, against servers on real sockets that misbehave.  No
traceback, nothing left running, and memory stays bounded.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import zlib
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
WRONG_ACTIONS = ROOT / "tests" / "servers" / "wrong_actions"
# A bare run takes about 80 MB.  What asks for too much dies of a MemoryError, with a
# traceback.
ENOUGH_MEMORY = 300 * 1024 * 1024
BOUNDED = f"""
import resource, runpy
resource.setrlimit(resource.RLIMIT_DATA, ({ENOUGH_MEMORY}, {ENOUGH_MEMORY}))
runpy.run_module("rasa_mock", run_name="__main__", alter_sys=True)
"""
DOMAIN = """\
version: "3.1"
responses:
  utter_greet:
    - text: hi
actions:
  - action_one
  - action_two
"""


@pytest.fixture
def domain(tmp_path):
    path = tmp_path / "domain.yml"
    path.write_text(DOMAIN)
    return path


def check(*arguments, cwd=None, timeout=60):
    """Run the command in bounded memory; return it once it has ended."""
    done = subprocess.run(
        [sys.executable, "-c", BOUNDED, "check", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


@pytest.fixture
def raw():
    """Serve each connection with a function of the socket, on a free port."""
    listeners = []

    def serve(answer):
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=accept, args=(listener, answer), daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/webhook"

    def accept(listener, answer):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=run, args=(answer, connection), daemon=True).start()

    def run(answer, connection):
        with connection, suppress(OSError):
            answer(connection)
            connection.shutdown(socket.SHUT_RDWR)

    yield serve
    for listener in listeners:
        listener.close()


def each_request(connection):
    """Yield once for each request on a connection, its first line and body."""
    stream = connection.makefile("rb")
    while line := stream.readline():
        length = 0
        while (header := stream.readline().strip()) != b"":
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        yield line.decode(), stream.read(length)


def answering(body, *, head=b"Content-Type: application/json"):
    """Answer every request with status 200 and the same bytes."""

    def answer(connection):
        for _ in each_request(connection):
            length = b"Content-Length: %d" % len(body)
            connection.sendall(b"HTTP/1.1 200 OK\r\n%s\r\n%s\r\n\r\n" % (head, length))
            connection.sendall(body)

    return answer


# --- the URL


@pytest.mark.parametrize(
    "url",
    ["localhost:5055", "nonsense", "ftp://localhost/webhook", "http://", "http://x:y/"],
)
def test_what_is_no_url(domain, url) -> None:
    done = check(url, "--domain", domain)
    assert done.returncode == 2
    assert repr(url) in done.stderr
    assert "http://localhost:5055/webhook" in done.stderr


def test_nothing_listens(domain) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}/webhook"
    done = check(url, "--domain", domain)
    assert done.returncode == 3
    assert "nothing listens" in done.stderr
    assert url in done.stderr or url.replace("/webhook", "/health") in done.stderr
    assert done.stderr.count("\n") == 1, "one message, one line"


def test_an_unknown_host(domain) -> None:
    done = check("http://nowhere.invalid:5055/webhook", "--domain", domain)
    assert done.returncode == 3
    assert "nowhere.invalid" in done.stderr


def test_https_where_there_is_none(domain, raw) -> None:
    def plain(connection):
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    url = raw(plain).replace("http:", "https:")
    done = check(url, "--domain", domain)
    assert done.returncode == 3
    assert "TLS" in done.stderr


def test_something_that_is_not_http(domain, raw) -> None:
    def ssh(connection):
        connection.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n")
        connection.recv(1000)

    done = check(raw(ssh), "--domain", domain)
    assert done.returncode == 3
    assert "does not speak HTTP" in done.stderr


def test_a_server_that_hangs(domain, raw) -> None:
    def hang(connection):
        while connection.recv(65536):
            pass

    done = check(raw(hang), "--domain", domain, "--timeout", "0.5")
    assert done.returncode == 3
    assert "in time" in done.stderr


def test_a_server_that_hangs_up(domain, raw) -> None:
    def hang_up(connection):
        connection.recv(10)

    done = check(raw(hang_up), "--domain", domain)
    assert done.returncode == 3
    assert "without an answer" in done.stderr


def test_a_redirect_in_a_circle(domain, raw) -> None:
    def circle(connection):
        for line, _ in each_request(connection):
            path = line.split()[1].encode()
            head = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: %s\r\n" % path
            connection.sendall(head + b"Content-Length: 0\r\n\r\n")

    done = check(raw(circle), "--domain", domain)
    assert done.returncode == 3
    assert "redirects" in done.stderr


def test_the_wrong_path_of_a_rasa_sdk_server(domain, raw) -> None:
    error = b'{"error": "Requested URL  not found", "request_body": null}'

    def not_found(connection):
        for line, _ in each_request(connection):
            if line.startswith("GET /health"):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            else:
                head = b"HTTP/1.1 500 Error\r\nContent-Type: application/json\r\n"
                length = b"Content-Length: %d\r\n\r\n" % len(error)
                connection.sendall(head + length + error)

    done = check(raw(not_found) + "s", "--domain", domain)
    assert done.returncode == 2
    assert "/webhook" in done.stderr


# --- the answers: what they are is found, and nothing breaks


def rules_of(done, report):
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    found = {line["rule"] for line in lines if line["type"] == "finding"}
    assert done.stderr == ""
    return found


ODD_BODIES = {
    "invalid UTF-8": (b'{"events": [{"event": "slot\xff"}]}', "RM111"),
    "NaN": (
        b'{"events": [{"event": "slot", "name": "s", "value": NaN}]}',
        "RM115",
    ),
    "100,000 lists deep": (
        b'{"events": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        None,
    ),
    "100,000 objects deep": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, None),
    "empty": (b"", "RM111"),
    "half": (b'{"events": [', "RM111"),
    "null": (b"null", "RM112"),
    "a list": (b"[]", "RM112"),
    "a huge number": (b'{"events": [' + b"9" * 10_000 + b"]}", None),
}


@pytest.mark.parametrize(("body", "rule"), ODD_BODIES.values(), ids=ODD_BODIES)
def test_odd_bodies(domain, raw, tmp_path, body, rule) -> None:
    report = tmp_path / "out.ndjson"
    url = raw(answering(body))
    few = ["--domain", domain, "--cases", 2, "--no-behaviour"]
    done = check(url, *few, "--report", f"ndjson={report}")
    found = rules_of(done, report)
    assert done.returncode == 1
    assert found & {rule} if rule else found & {"RM111", "RM201"}


def test_an_answer_without_an_end(domain, raw, tmp_path) -> None:
    def endless(connection):
        for line, _ in each_request(connection):
            if line.startswith("GET"):
                connection.sendall(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
                continue
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
            while True:
                connection.sendall(b"10000\r\n" + b" " * 0x10000 + b"\r\n")

    report = tmp_path / "out.ndjson"
    done = check(raw(endless), "--domain", domain, "--report", f"ndjson={report}")
    assert done.returncode == 1
    # What it says to an unknown action has no end either, and it has no /health.
    assert rules_of(done, report) == {"RM104", "RM119", "RM120"}


def test_a_deflate_bomb(domain, raw, tmp_path) -> None:
    press = zlib.compressobj(1)
    spaces = b" " * 1_000_000
    bomb = b"".join(press.compress(spaces) for _ in range(500)) + press.flush()
    head = b"Content-Type: application/json\r\nContent-Encoding: deflate"
    report = tmp_path / "out.ndjson"
    url = raw(answering(bomb, head=head))
    few = ["--domain", domain, "--cases", 2]
    done = check(url, *few, "--report", f"ndjson={report}")
    assert done.returncode == 1
    assert rules_of(done, report) == {"RM104"}


def test_a_server_that_dies_midway(domain, raw, tmp_path) -> None:
    calls = []

    def mortal(connection):
        for line, _ in each_request(connection):
            if line.startswith("POST"):
                calls.append(line)
            if len(calls) > 30:
                return
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
            connection.sendall(b"Content-Length: 2\r\n\r\n{}")

    report = tmp_path / "out.ndjson"
    words = ["--domain", domain, "--no-behaviour", "--report", f"ndjson={report}"]
    done = check(raw(mortal), *words)
    assert done.returncode == 3
    last = json.loads(report.read_text().splitlines()[-1])
    assert last["type"] == "run_finished"
    assert "went away in case" in last["lost"]
    assert last["lost"] in " ".join(done.stdout.split())


# --- the server's package


PACKAGES = {
    "does not exist": ("nowhere", {}),
    "does not compile": ("broken", {"broken/__init__.py": "def ("}),
    "needs what is not there": (
        "needy",
        {"needy/__init__.py": "import a_module_that_is_nowhere"},
    ),
    "is no name": ("no-name!", {}),
}


@pytest.mark.parametrize(("package", "files"), PACKAGES.values(), ids=PACKAGES)
def test_a_package_that_cannot_be_started(domain, package, files) -> None:
    for name, text in files.items():
        (domain.parent / name).parent.mkdir()
        (domain.parent / name).write_text(text)
    done = check("--actions", package, "--domain", domain, cwd=domain.parent)
    assert done.returncode in (2, 3)
    assert package in done.stderr
    assert left_running(package) == []


def left_running(word):
    """Return the command lines of processes that were started for a package."""
    lines = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            lines.append(process.cmdline())
    return [line for line in lines if "--actions" in line and word in line]


SLOW = """\
import time
from rasa_sdk import Action

class Slow(Action):
    def name(self):
        return "action_one"

    def run(self, dispatcher, tracker, domain):
        print("called", flush=True)
        time.sleep(30)
        return []
"""


@pytest.mark.parametrize(
    ("ending", "code"), [("SIGTERM", 143), ("SIGINT", 130)], ids=["TERM", "Ctrl-C"]
)
def test_a_run_that_is_ended_leaves_nothing_running(domain, ending, code) -> None:
    import signal

    package = f"slow_{ending.lower()}"
    (domain.parent / f"{package}.py").write_text(SLOW)
    command = ["check", "--actions", package, "--domain", str(domain)]
    run = subprocess.Popen(
        [sys.executable, "-m", "rasa_mock", *command],
        cwd=domain.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert "Checking" in run.stdout.readline()
    run.send_signal(getattr(signal, ending))
    said, _ = run.communicate(timeout=30)
    assert run.returncode == code
    assert "Traceback" not in said
    assert left_running(package) == []


# --- the domain


BAD_DOMAINS = {
    "not YAML": ("actions: [", "domain.yml:"),
    "a list": ("- action_one", "domain.yml"),
    "the wrong shape": ("version: '3.1'\nslots: 7\n", "slots"),
    "a key twice": ("version: '3.1'\nactions: []\nactions: []\n", "actions"),
    "an alias of itself": ("version: '3.1'\nslots: &a\n  x: *a\n", "domain.yml"),
}


@pytest.mark.parametrize(("text", "named"), BAD_DOMAINS.values(), ids=BAD_DOMAINS)
def test_a_domain_that_cannot_be_used(domain, text, named) -> None:
    domain.write_text(text)
    done = check("http://127.0.0.1:9/webhook", "--domain", domain)
    assert done.returncode == 2
    assert named in done.stderr
    assert str(domain) in done.stderr


def test_a_domain_that_is_not_there(tmp_path) -> None:
    missing = tmp_path / "nowhere.yml"
    done = check("http://127.0.0.1:9/webhook", "--domain", missing)
    assert done.returncode == 2
    assert str(missing) in done.stderr


def test_a_domain_of_50_mb(domain) -> None:
    domain.write_text("version: '3.1'\nactions:\n" + "  - action_x\n" * 4_000_000)
    done = check("http://127.0.0.1:9/webhook", "--domain", domain)
    assert done.returncode == 2
    assert "52,000,024" in done.stderr


# --- options


USAGE = {
    "neither URL nor package": ([], "either the URL"),
    "both": (["http://127.0.0.1:9/", "--actions", "actions"], "both"),
    "a case without its action": (
        ["http://127.0.0.1:9/", "--case", "turn-1"],
        "--action",
    ),
    "a report of no kind": (
        ["http://127.0.0.1:9/", "--report", "pdf=x"],
        "ndjson=FILE",
    ),
    "a report without a file": (["http://127.0.0.1:9/", "--report", "junit"], "junit"),
    "a report that cannot be written": (
        ["http://127.0.0.1:9/", "--report", "junit=/nowhere/out.xml"],
        "/nowhere/out.xml",
    ),
    "a rule that is not there": (["http://127.0.0.1:9/", "--select", "RM999"], "RM999"),
    "a header without a colon": (["http://127.0.0.1:9/", "--header", "Token"], "Token"),
    "an unknown profile": (["http://127.0.0.1:9/", "--profile", "rasa-9"], "rasa-9"),
    "an unknown threshold": (["http://127.0.0.1:9/", "--fail-on", "fatal"], "fatal"),
    "a locale that is none": (["http://127.0.0.1:9/", "--locale", "xx_YY"], "xx_YY"),
    "no time at all": (["http://127.0.0.1:9/", "--timeout", "0"], "--timeout"),
}


@pytest.mark.parametrize(("arguments", "named"), USAGE.values(), ids=USAGE)
def test_options_that_cannot_work(domain, arguments, named) -> None:
    done = check(*arguments, "--domain", domain)
    assert done.returncode == 2
    assert named in done.stderr
    assert done.stdout == ""


def test_an_unknown_action_and_an_unknown_case(domain, raw) -> None:
    url = raw(answering(b"{}"))
    done = check(url, "--domain", domain, "--action", "action_on")
    assert done.returncode == 2
    assert "did you mean 'action_one'" in done.stderr
    done = check(url, "--domain", domain, "--action", "action_one", "--case", "turm-9")
    assert done.returncode == 2
    assert "turm-9" in done.stderr
    assert "turn-1" in done.stderr
