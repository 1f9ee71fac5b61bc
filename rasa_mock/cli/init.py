"""`rasa-mock init`: the first files of a project's own checks.

Writes `rasa_mock.toml`, a pytest file and a CI workflow beside each other, and never
over a file that is there.  Exit codes: 0 written; 2 wrong usage or a bad input file;
3 the server at the URL cannot be reached.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from string import Template

import click

from rasa_mock.core.urls import url_problem, with_webhook
from rasa_mock.errors import UsageError

CONFIG = Template("""\
# What `rasa-mock check` goes by here; a flag on the command line wins.
# `rasa-mock check --help` says what each of them means.
domain = $domain
$target
seed = 0
cases = 20
locale = "en_US"
fail-on = "warning"
""")

TESTS = Template('''\
"""The contract between Rasa and the actions of this bot, one test an action.

`rasa-mock check` runs once; a failing test says what is wrong and how to see it again.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
CHECK = $command
ACTIONS = $actions
SERIOUS = ("error", "warning")


@pytest.fixture(scope="session")
def findings(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    report = tmp_path_factory.mktemp("rasa_mock") / "findings.ndjson"
    words = [*CHECK, "--fail-on", "never", "--report", f"ndjson={report}"]
    done = subprocess.run(
        [sys.executable, "-m", "rasa_mock", *words],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr or done.stdout
    lines = [json.loads(line) for line in report.read_text("utf-8").splitlines()]
    return [line for line in lines if line["type"] == "finding"]


@pytest.mark.parametrize("action", ACTIONS)
def test_action_keeps_the_contract(action: str, findings: list[dict]) -> None:
    wrong = [
        "\\n    ".join((each["rule"], each["message"], each["hint"], each["reproduce"]))
        for each in findings
        if each["action"] == action and each["severity"] in SERIOUS
    ]
    assert not wrong, "\\n".join(wrong)
''')

WORKFLOW = Template("""\
name: action server
on: [push, pull_request]
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.11"
$install
      - run: $check --report junit=rasa-mock.xml
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: rasa-mock
          path: rasa-mock.xml
""")
INSTALL_PACKAGE = """\
      - run: pip install rasa-mock rasa-sdk
      - run: if [ -f requirements.txt ]; then pip install -r requirements.txt; fi"""
INSTALL_URL = """\
      - run: pip install rasa-mock
      # Start your action server here, in the background."""


@click.command("init", short_help="write the first files of a project's checks")
@click.argument("url", required=False)
@click.option(
    "--domain",
    type=click.Path(path_type=Path),
    default=Path("domain.yml"),
    show_default=True,
    metavar="PATH",
    help="The bot's domain: a file or a folder.",
)
@click.option(
    "--actions",
    metavar="PACKAGE",
    default="actions",
    show_default=True,
    help="The rasa-sdk package to start, where no URL is given.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    metavar="DIR",
    help="Where to write.  [default: here]",
)
def command(url: str | None, *, domain: Path, actions: str, out: Path) -> None:
    """Write rasa_mock.toml, a pytest file and a CI workflow.

    Give the URL of your action server if it is not a rasa-sdk package.
    """
    files = first_files(url, domain=domain, actions=actions, out=out)
    present = [str(out / name) for name in files if (out / name).exists()]
    if present:
        raise UsageError(
            f"{present[0]!r} is there already and is not written over; move it away, "
            "or write elsewhere with --out"
        )
    for name, text in files.items():
        path = out / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        except OSError as error:
            raise UsageError(f"cannot write {str(path)!r}: {error.strerror}") from error
        click.echo(f"wrote {path}")
    click.echo("\nnow run: rasa-mock check, or pytest tests/test_action_server.py")


def first_files(
    url: str | None, *, domain: Path, actions: str, out: Path
) -> dict[str, str]:
    """Return the files to write, by path; asks the server for its actions."""
    from rasa_mock.files.domain import load_domain

    listed = load_domain(domain, warn=_warn).server_actions
    if url is not None:
        problem = url_problem(url)
        if problem is not None:
            raise UsageError(f"cannot call the URL {url!r}: {problem}")
        url = with_webhook(url)
        listed = tuple(dict.fromkeys([*listed, *_listed_by(url)]))
    if not domain.is_absolute():
        # What is written is read from where it is written to.
        domain = Path(os.path.relpath(domain, out))
    words = ["check", *([url] if url else ["--actions", actions])]
    words += ["--domain", domain.as_posix()]
    target = f"url = {json.dumps(url)}" if url else f"actions = {json.dumps(actions)}"
    return {
        "rasa_mock.toml": CONFIG.substitute(
            domain=json.dumps(domain.as_posix()), target=target
        ),
        "tests/test_action_server.py": TESTS.substitute(
            command=_listing(words), actions=_listing(listed)
        ),
        ".github/workflows/action-server.yml": WORKFLOW.substitute(
            install=INSTALL_URL if url else INSTALL_PACKAGE,
            check=" ".join(["rasa-mock", *words]),
        ),
    }


def _listed_by(url: str) -> tuple[str, ...]:
    from rasa_mock.clients.http import HttpClient
    from rasa_mock.core.endpoint import Endpoint
    from rasa_mock.run.contact import make_contact

    client = HttpClient(Endpoint(url=url, timeout=10.0))
    try:
        return make_contact(client).listed or ()
    finally:
        client.close()


def _listing(words: list[str] | tuple[str, ...]) -> str:
    """Write a list of texts as Python does, one a line."""
    return "[\n" + "".join(f"    {json.dumps(word)},\n" for word in words) + "]"


def _warn(text: str) -> None:
    click.echo(f"warning: {text}", err=True)
