"""`rasa-mock view STORE-URL|FILE...`: look at conversations and runs.

In a browser (a server on this machine), in the terminal (`--text`), or as one page that
needs no server (`--html`).  Nothing is ever written to what is looked at.

Exit codes: 0 it was shown; 2 a file or an option cannot be used, or there is no such
conversation; 3 the store cannot be reached.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rasa_mock.cli.around import LOCALHOST, Ready, is_local
from rasa_mock.cli.view_options import Options
from rasa_mock.core.profile import DEFAULT as DEFAULT_PROFILE
from rasa_mock.core.profile import PROFILES
from rasa_mock.errors import UsageError

if TYPE_CHECKING:
    from rasa_mock.viewer.library import Library

FILE = click.Path(path_type=Path, dir_okay=False)
PORT = 5006
LIMIT = 100


@click.command("view", short_help="look at conversations and runs, in a browser")
@click.argument("sources", metavar="STORE-URL|FILE...", nargs=-1, required=True)
@click.option("--text", is_flag=True, help="Print the list, or with --sender one.")
@click.option("--html", type=FILE, metavar="FILE", help="Write one offline page.")
@click.option(
    "--sender", multiple=True, metavar="ID", help="Show this conversation; repeatable."
)
@click.option("--at", type=int, metavar="N", help="--text: the state after event N.")
@click.option("--search", default="", metavar="TEXT", help="Part of the sender's id.")
@click.option("--intent", metavar="NAME", help="Conversations with this intent.")
@click.option("--action", metavar="NAME", help="Conversations with this action.")
@click.option("--finding", metavar="RULE", help="Conversations with this finding.")
@click.option("--since", metavar="DATE", help="Changed on this day or later.")
@click.option("--until", metavar="DATE", help="Changed on this day or earlier.")
@click.option(
    "--limit",
    default=LIMIT,
    show_default=True,
    type=click.IntRange(min=1),
    help="--text, --html: conversations at most.",
)
@click.option(
    "--domain",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The bot's domain: shows slots that were never set, and their types.",
)
@click.option(
    "--profile",
    default=DEFAULT_PROFILE,
    show_default=True,
    type=click.Choice(sorted(PROFILES)),
    help="Which Rasa wrote the events.",
)
@click.option(
    "-p",
    "--port",
    default=PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port of the page; 0 takes a free one.",
)
@click.option(
    "-i",
    "--interface",
    "host",
    default=LOCALHOST,
    show_default=True,
    metavar="HOST",
    help="Address to listen on.",
)
@click.option(
    "--token",
    envvar="RASA_MOCK_ADMIN_TOKEN",
    metavar="TOKEN",
    help="The page asks for it; needed where others reach the port.",
)
@click.option(
    "--ready-file", type=FILE, metavar="FILE", help="Write the address here when ready."
)
@click.option("--open", "open_browser", is_flag=True, help="Open the browser.")
def command(**options: Any) -> None:
    """Look at conversations of a store, or in files, in a browser.

    Files are trackers, events, recordings, requests, or NDJSON reports of a check; a
    store may also be one that a real Rasa writes.  It is named by its URL (sqlite:FILE,
    redis://HOST, postgresql://...), by an endpoints.yml, or is a database file.  It is
    only read.
    """
    view(Options(**options))


def view(options: Options) -> None:
    """Show what is asked for, in the way that is asked for."""
    if options.text and options.html is not None:
        raise UsageError("expected --text or --html, not both")
    library = _library(options)
    try:
        if options.text:
            from rasa_mock.cli.view_text import print_conversations

            print_conversations(library, options)
        elif options.html is not None:
            from rasa_mock.cli.view_offline import write_page

            write_page(library, options)
        else:
            _serve(library, options)
    finally:
        library.store.close()


def _library(options: Options) -> Library:
    from rasa_mock.cli.view_sources import open_library
    from rasa_mock.core.profile import find_profile

    domain = None
    profile = find_profile(options.profile)
    if options.domain is not None:
        from rasa_mock.files.domain import load_domain

        domain = load_domain(options.domain, profile=profile)
    return open_library(options.sources, domain=domain, profile=profile)


def _serve(library: Library, options: Options) -> None:
    from rasa_mock.server.listen import address_of, bind, make_server
    from rasa_mock.server.viewer import Access, viewer_app

    if options.token is None and not is_local(options.host):
        raise UsageError(
            f"--interface {options.host} needs --token: whoever reaches the port could "
            "read all conversations"
        )
    for note in library.notes:
        click.echo(f"note: {note}", err=True)
    # A store that cannot be read has to say so now.
    library.ask("conversations", {})
    app = viewer_app(library, access=Access(token=options.token))
    listening = bind(options.host, options.port)
    address = f"{address_of(listening)}/__mock__/{_start(options)}"
    ready = Ready(f"viewing on {address}", address=address, path=options.ready_file)
    ready.prepare()

    def on_ready() -> None:
        ready()
        if options.open_browser:
            click.launch(address)

    make_server(app, on_ready=on_ready).run(sockets=[listening])


def _start(options: Options) -> str:
    """Return where the page starts: a conversation, or the list as it was asked for."""
    from urllib.parse import urlencode

    if options.sender:
        return f"#/c?{urlencode({'id': options.sender[0]})}"
    from rasa_mock.viewer.pages import FILTERS

    wanted = {name: getattr(options, name) for name in FILTERS}
    query = urlencode({name: value for name, value in wanted.items() if value})
    return f"#/?{query}" if query else ""
