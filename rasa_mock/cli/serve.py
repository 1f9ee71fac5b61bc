"""`rasa-mock serve BOT`: a mock Rasa on a port.

Options are called as those of `rasa run`, where that has them.  Here the parts are
chosen and put together; what they do is the business of `rasa_mock.server`.

Exit codes: 0 it was stopped; 2 the bot, a file or an option cannot be used, or the port
is taken.
"""

from __future__ import annotations

import gc
import logging
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rasa_mock.cli.around import (
    LOCALHOST,
    Ready,
    begin_logging,
    is_local,
    lift_limits,
    make_tls,
)
from rasa_mock.cli.rasa_run import RasaCommand, notes, unused_options, was_given
from rasa_mock.core.profile import DEFAULT as DEFAULT_PROFILE
from rasa_mock.core.profile import PROFILES
from rasa_mock.errors import UsageError
from rasa_mock.run.api.oddities import EXACT, FIDELITIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from rasa_mock.assembly import Parts, Wanted

FILE = click.Path(path_type=Path, dir_okay=False)
PORT = 5005
# Turns make many objects that live as long as their conversation.
GC_THRESHOLDS = (20_000, 20, 50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says."""

    bot: Path
    host: str
    port: int
    endpoints: Path | None
    credentials: Path | None
    connector: str | None
    enable_api: bool
    auth_token: str | None
    jwt_secret: str | None
    jwt_method: str
    jwt_private_key: str | None
    response_timeout: float | None
    model: Path | None
    cors: tuple[str, ...]
    ssl_certificate: Path | None
    ssl_keyfile: Path | None
    ssl_ca_file: Path | None
    ssl_password: str | None
    profile: str
    fidelity: str
    stub: Path | None
    workers: int
    ready_file: Path | None
    max_conversations: int | None
    tracker_store: str | None
    spill: Path | None
    record: bool | None
    redact: tuple[str, ...]
    redact_events: bool
    admin: bool
    admin_token: str | None
    viewer: bool | None
    log_file: Path | None
    verbose: int
    debug: bool
    quiet: bool

    @property
    def level(self) -> int:
        """How much is logged."""
        if self.quiet:
            return logging.ERROR
        if self.debug or self.verbose > 1:
            return logging.DEBUG
        return logging.INFO if self.verbose else logging.WARNING

    def wanted(self) -> Wanted:
        """Return what is not about listening."""
        from rasa_mock.assembly import Wanted, read_stubs

        stubs = {} if self.stub is None else read_stubs(self.stub)
        taken = {each.name for each in fields(Wanted)} & set(self.__slots__)
        given = {name: getattr(self, name) for name in taken}
        if self.viewer is None:
            given["viewer"] = is_local(self.host) or self.admin_token is not None
        return Wanted(stubs=stubs, **given)


@click.command(
    "serve", cls=RasaCommand, short_help="be a Rasa: REST channel and HTTP API"
)
@click.argument("bot", metavar="[BOT]", default=".", type=click.Path(path_type=Path))
@click.option(
    "-p",
    "--port",
    default=PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port; 0 takes a free one.",
)
@click.option(
    "-i",
    "--interface",
    "host",
    default=LOCALHOST,
    show_default=True,
    metavar="HOST",
    help="Address to listen on; 0.0.0.0 for all, as Rasa does.",
)
@click.option("--endpoints", type=FILE, metavar="FILE", help="An endpoints.yml.")
@click.option("--credentials", type=FILE, metavar="FILE", help="A credentials.yml.")
@click.option("--connector", metavar="NAME", help="Serve this channel only.")
@click.option("--enable-api", is_flag=True, help="Serve the HTTP API.")
@click.option(
    "-t",
    "--auth-token",
    envvar="AUTH_TOKEN",
    show_envvar=True,
    metavar="TOKEN",
    help="The API needs ?token=TOKEN.",
)
@click.option(
    "--jwt-secret",
    envvar="JWT_SECRET",
    show_envvar=True,
    metavar="SECRET",
    help="The API takes JWTs of this key: a shared secret, a public key, or its file.",
)
@click.option(
    "--jwt-method",
    envvar="JWT_METHOD",
    show_envvar=True,
    default="HS256",
    show_default=True,
    metavar="METHOD",
)
@click.option(
    "--jwt-private-key",
    envvar="JWT_PRIVATE_KEY",
    show_envvar=True,
    metavar="KEY",
    help="Looked at only whether it fits: no tokens are made here.",
)
@click.option(
    "--cors",
    multiple=True,
    metavar="ORIGIN...",
    help="Origins to let in, or *.",
)
@click.option(
    "--response-timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Answer 503 to what takes longer.",
)
@click.option("--ssl-certificate", type=FILE, metavar="FILE")
@click.option(
    "--ssl-keyfile",
    type=FILE,
    metavar="FILE",
    help="Its key, if it is not in the same file.",
)
@click.option("--ssl-ca-file", type=FILE, metavar="FILE")
@click.option("--ssl-password", metavar="PASSWORD", help="That of the key.")
@click.option(
    "-m",
    "--model",
    type=click.Path(path_type=Path),
    metavar="NAME",
    help="What /status calls the model; nothing is read there.",
)
@click.option(
    "--profile",
    default=DEFAULT_PROFILE,
    show_default=True,
    type=click.Choice(sorted(PROFILES)),
    help="Which Rasa to be.",
)
@click.option(
    "--fidelity",
    default=EXACT,
    show_default=True,
    type=click.Choice(list(FIDELITIES)),
    help="With Rasa's odd habits, or as its documentation says.",
)
@click.option(
    "--stub",
    type=FILE,
    metavar="FILE",
    help="JSON or YAML: what actions answer, by name; goes before a server.",
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(min=1),
    help="Processes; more than one need a tracker store that they share.",
)
@click.option(
    "--ready-file", type=FILE, metavar="FILE", help="Write the address here when ready."
)
@click.option(
    "--max-conversations",
    type=click.IntRange(min=1),
    metavar="N",
    help="Keep so many in memory; the one that was silent longest is forgotten.",
)
@click.option(
    "--tracker-store",
    metavar="URL",
    help="Keep conversations there: sqlite:FILE, redis://..., postgresql://...",
)
@click.option(
    "--spill",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where turns wait that the store could not take.  [default: .rasa_mock]",
)
@click.option(
    "--record/--no-record",
    default=None,
    help="Keep what turns compute beside their events.  [default: with a tracker "
    "store, or --admin]",
)
@click.option(
    "--redact",
    multiple=True,
    metavar="RULE",
    help="Not to be seen in what is recorded: email, phone, iban, card, slot:NAME.",
)
@click.option("--redact-events", is_flag=True, help="Nor in the events that are kept.")
@click.option(
    "--admin",
    is_flag=True,
    help="Serve the admin API under /__mock__/: clock, stubs, scripts, journal.",
)
@click.option(
    "--admin-token",
    envvar="RASA_MOCK_ADMIN_TOKEN",
    metavar="TOKEN",
    help="The admin API needs this token.",
)
@click.option(
    "--viewer/--no-viewer",
    default=None,
    help="Show conversations at /__mock__/.  [default: only on this machine, or with "
    "--admin-token]",
)
@click.option("--log-file", type=FILE, metavar="FILE", help="Write the log there, too.")
@click.option(
    "-v", "--verbose", count=True, help="Log each request and call of an action."
)
@click.option("--debug", is_flag=True, help="Log what turns do as well; -vv is short.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@unused_options
def command(**options: Any) -> None:
    """Serve the bot in the folder BOT (domain.yml, data/, config.yml), as Rasa does.

    Without BOT it is the folder that you are in.
    The folder's own endpoints.yml and credentials.yml are read, unless others are
    named; without credentials there is the REST channel.  Options of `rasa run` that
    mean nothing here are taken all the same, and named in a note.
    """
    serve(Options(**options))


def serve(options: Options) -> None:
    """Put the parts together, and listen until the process is told to stop."""
    from rasa_mock.assembly import read_parts
    from rasa_mock.server.listen import bind

    begin_logging(options.level, file=options.log_file)
    wanted = options.wanted()
    parts = read_parts(wanted)
    _check_options(options, parts)
    if not options.quiet:
        for notice in [*notes(), *parts.notices()]:
            click.echo(f"note: {notice}", err=True)
    tls = make_tls(
        options.ssl_certificate,
        key=options.ssl_keyfile,
        ca=options.ssl_ca_file,
        password=options.ssl_password,
    )
    lift_limits()
    with bind(options.host, options.port) as listening:
        _run(options, wanted, parts, listening=listening, tls=tls)


def _check_options(options: Options, parts: Parts) -> None:
    """Refuse options that do not go together."""
    from rasa_mock.assembly_stores import as_source, in_memory

    if was_given("jwt_private_key") and options.jwt_secret is None:
        raise UsageError("--jwt-private-key needs --jwt-secret, the public key")
    if options.viewer and options.admin_token is None and not is_local(options.host):
        raise UsageError(
            f"--viewer on {options.host} needs --admin-token: whoever reaches the port "
            "could read all conversations"
        )
    if options.admin and options.admin_token is None and not is_local(options.host):
        raise UsageError(
            f"--admin on {options.host} needs --admin-token: whoever reaches the port "
            "could do anything with the mock"
        )
    if options.workers > 1 and options.admin:
        raise UsageError("--admin steers one process: leave --workers away")
    source = options.tracker_store or as_source(parts.endpoints.tracker_store)
    if options.workers > 1 and in_memory(source):
        raise UsageError(
            "several --workers need conversations that they share: name a "
            "tracker_store in endpoints.yml, or --tracker-store"
        )


def _run(
    options: Options, wanted: Wanted, parts: Parts, *, listening: Any, tls: Any
) -> None:
    from rasa_mock.assembly import make_application
    from rasa_mock.server.listen import address_of, make_server

    address = address_of(listening, secure=tls is not None)
    told = None if options.quiet else f"serving {options.bot} on {address}"
    ready = Ready(told, address=address, path=options.ready_file)
    ready.prepare()

    def work(tell: Callable[[], None]) -> None:
        app = make_application(wanted, parts)
        if options.level < logging.WARNING:
            from rasa_mock.server.logged import log_seen

            app.state.agent.observers.append(log_seen)
        # What was read stays: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        make_server(app, tls=tls, on_ready=tell).run(sockets=[listening])

    if options.workers == 1:
        work(ready)
        return
    from rasa_mock.server.workers import run_workers

    run_workers(work, count=options.workers, on_ready=ready)
