"""`rasa-mock doctor`: what ails an action server, in plain words.

Exit codes: 0 nothing bad; 1 something is; 2 wrong usage or a bad input file; 3 the
server cannot be reached.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from shutil import get_terminal_size
from textwrap import fill
from urllib.parse import urlsplit

import click

from rasa_mock.cli.check_options import EXAMPLE_URL
from rasa_mock.core.urls import url_problem, with_webhook
from rasa_mock.errors import ActionServerError, UsageError

FOUND = 1
SIGNS = {"good": ("ok", "green"), "note": ("--", "yellow"), "bad": ("NO", "red")}
LISTENING = "0A"  # the state of a socket in /proc/net/tcp
TIMEOUT = 10.0
MARGIN = " " * 4
WIDEST = 100


@click.command("doctor", short_help="say what ails an action server")
@click.argument("url", default=EXAMPLE_URL)
@click.option(
    "--domain",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Hold its actions against this domain, and send it.",
)
@click.option(
    "--action",
    metavar="NAME",
    help="Run this action to see what works; else a validation action is chosen.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=TIMEOUT,
    show_default=True,
    metavar="SECONDS",
)
def command(
    url: str, *, domain: Path | None, action: str | None, timeout: float
) -> None:
    """Ask an action server what it is and what it can do.

    Each answer comes with what to do about it. The last questions run one action.
    """
    from rasa_mock.clients.http import HttpClient
    from rasa_mock.core.endpoint import Endpoint
    from rasa_mock.files.domain import load_domain
    from rasa_mock.run.doctor import Patient, examine

    problem = url_problem(url)
    if problem is not None:
        raise UsageError(f"cannot call the URL {url!r}: {problem}")
    target = with_webhook(url)
    patient = Patient(
        endpoint=Endpoint(url=target, timeout=timeout),
        connect=HttpClient,
        domain=load_domain(domain, warn=_warn) if domain is not None else None,
        action=action,
        listening=sorted(set(listening_addresses(target))),
    )
    click.echo(f"{target}\n")
    verdicts = []
    for diagnosis in examine(patient):
        verdicts.append(diagnosis.verdict)
        sign, colour = SIGNS[diagnosis.verdict]
        click.secho(sign, fg=colour, bold=True, nl=False)
        click.echo(_indented(f"{diagnosis.question} {diagnosis.answer}")[2:])
        if diagnosis.advice:
            click.echo(_indented(diagnosis.advice))
    if verdicts == ["bad"]:
        sys.exit(ActionServerError.exit_code)
    sys.exit(FOUND if "bad" in verdicts else 0)


def _indented(text: str) -> str:
    width = min(get_terminal_size().columns, WIDEST)
    return fill(text, width, initial_indent=MARGIN, subsequent_indent=MARGIN)


def _warn(text: str) -> None:
    click.echo(f"warning: {text}", err=True)


def listening_addresses(url: str) -> Iterator[str]:
    """Yield the addresses of this machine on which the URL's port is listened on.

    Nothing for another machine, or where the system does not tell (it does on Linux).
    """
    parts = urlsplit(url)
    if parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        return
    port = parts.port or (443 if parts.scheme == "https" else 80)
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            _, local, _, state, *_ = line.split()
            address, _, number = local.partition(":")
            if state == LISTENING and int(number, 16) == port:
                yield str(ip_address(_in_order(bytes.fromhex(address))))


def _in_order(raw: bytes) -> bytes:
    """Turn the kernel's words of four bytes, each written backwards, the right way."""
    words = (raw[at : at + 4] for at in range(0, len(raw), 4))
    return b"".join(bytes(reversed(word)) for word in words)
