"""`rasa-mock view --html FILE`: conversations and runs as one page without a server."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rasa_mock.errors import UsageError
from rasa_mock.viewer.compare import compare_conversations, compare_runs
from rasa_mock.viewer.exports import EXPORTS
from rasa_mock.viewer.page import offline_page
from rasa_mock.viewer.pages import conversation_page, list_page

if TYPE_CHECKING:
    from rasa_mock.cli.view import Options
    from rasa_mock.viewer.library import Library

Json = dict[str, Any]

WHOLE = 1_000_000
"""Characters of a value of a record that the page holds."""

MOST_COMPARED = 4
"""Up to so many conversations, or runs, each is compared with each."""


def write_page(library: Library, options: Options) -> None:
    """Write the page, and say what is in it."""
    pages, more = _pages(library, options)
    if not pages and not library.runs:
        raise UsageError("no conversation is like that: nothing to write")
    page = offline_page(_data(library, pages))
    path = options.html or Path()
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot write {str(path)!r}: {error.strerror}; give a file that can be "
            "written to"
        ) from error
    click.echo(f"wrote {path}: {len(pages)} conversations, {len(library.runs)} runs")
    if more:
        click.echo(
            f"note: only the first {len(pages)}; --limit takes more, --search and the "
            "like choose",
            err=True,
        )


def _pages(library: Library, options: Options) -> tuple[list[Json], bool]:
    """Return the conversations that the page is to have, and whether there are more."""
    if options.sender:
        return [_page(library, sender) for sender in options.sender], False
    listed, more = listed_items(library, options)
    pages = [
        {**_page(library, item["sender_id"]), "updated": item["updated"]}
        for item in listed
    ]
    return pages, more


def listed_items(library: Library, options: Options) -> tuple[list[Json], bool]:
    """Return the first conversations of the list, and whether there are more."""
    items: list[Json] = []
    after = None
    while len(items) < options.limit:
        left = options.limit - len(items)
        page = list_page(library.store, options.query(), limit=left, after=after)
        items += page["items"]
        after = page["next"]
        if after is None:
            break
    return items, after is not None


def _page(library: Library, sender_id: str) -> Json:
    page = conversation_page(
        library.store,
        sender_id,
        domain=library.domain,
        profile=library.profile,
        largest=WHOLE,
    )
    if page is None:
        raise UsageError(
            f"there is no conversation {sender_id!r} in {library.store.name}"
        )
    return page


def _data(library: Library, pages: list[Json]) -> Json:
    runs = [{"name": name, **run} for name, run in library.runs.items()]
    compared, compared_runs = [], []
    if len(pages) <= MOST_COMPARED:
        compared = [compare_conversations(a, b) for a, b in permutations(pages, 2)]
    if len(runs) <= MOST_COMPARED:
        compared_runs = [
            {"a": a["name"], "b": b["name"], **compare_runs(a, b)}
            for a, b in permutations(runs, 2)
        ]
    return {
        "about": library.ask("about", {}),
        "conversations": pages,
        "runs": runs,
        "compared": compared,
        "compared_runs": compared_runs,
        "exports": [
            _export(library, page["sender_id"], kind)
            for page in pages
            for kind in EXPORTS
        ],
    }


def _export(library: Library, sender_id: str, kind: str) -> Json:
    known = {"id": sender_id, "kind": kind}
    try:
        found = library.ask("export", known)
    except UsageError as error:
        return {**known, "error": str(error)}
    return {**known, "file_name": found.file_name, "text": found.text}
