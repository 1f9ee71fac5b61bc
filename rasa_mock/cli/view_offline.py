"""`rasa-mock view --html FILE`: conversations and runs as one page without a server."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rasa_mock.errors import StoreError, StoreUnreachable, UsageError
from rasa_mock.viewer.compare import compare_conversations, compare_runs
from rasa_mock.viewer.exports import EXPORTS
from rasa_mock.viewer.page import offline_page
from rasa_mock.viewer.pages import conversation_page, list_page

if TYPE_CHECKING:
    from rasa_mock.cli.view_options import Options
    from rasa_mock.viewer.library import Library

Json = dict[str, Any]

WHOLE = 1_000_000
"""Characters of a value of a record that the page holds."""

MOST_COMPARED = 4
"""Up to so many conversations, or runs, each is compared with each."""


def write_page(library: Library, options: Options) -> None:
    """Write the page, and say what is in it."""
    pages, listed = _pages(library, options)
    for problem in listed.problems:
        click.echo(f"note: left out {_said(problem)}", err=True)
    if not pages and not library.runs:
        raise UsageError("no conversation is like that: nothing to write")
    page = offline_page(_data(library, pages, listed.problems))
    path = options.html or Path()
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot write {str(path)!r}: {error.strerror}; give a file that can be "
            "written to"
        ) from error
    click.echo(f"wrote {path}: {len(pages)} conversations, {len(library.runs)} runs")
    if listed.more:
        click.echo(
            f"note: only the first {len(pages)}; --limit takes more, --search and the "
            "like choose",
            err=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """The first conversations of a list; if there are more; what cannot be read."""

    items: list[Json] = field(default_factory=list)
    more: bool = False
    problems: list[Json] = field(default_factory=list)


def _pages(library: Library, options: Options) -> tuple[list[Json], Listed]:
    """Return the conversations that the page is to have, and what they are of.

    One of the list that cannot be read is left out; one that is named has to be there.
    """
    if options.sender:
        named = [_page(library, sender) for sender in options.sender]
        return [{**page, "updated": _last_time(page)} for page in named], Listed()
    listed = listed_items(library, options)
    known = {problem["place"] for problem in listed.problems}
    pages = []
    for item in listed.items:
        sender_id = item["sender_id"]
        try:
            page = _page(library, sender_id)
        except StoreUnreachable:
            raise
        except StoreError as error:
            if sender_id not in known:
                problem = {"place": sender_id, "message": str(error)}
                listed.problems.append(problem)
        else:
            pages.append({**page, "updated": item["updated"]})
    return pages, listed


def _last_time(page: Json) -> Any:
    return page["events"][-1].get("timestamp") if page["events"] else None


def _said(problem: Json) -> str:
    return f"{problem['place']!r}: {problem['message']}"


def listed_items(library: Library, options: Options) -> Listed:
    """Return the first conversations of the list."""
    items: list[Json] = []
    problems: list[Json] = []
    after = None
    while len(items) < options.limit:
        left = options.limit - len(items)
        page = list_page(library.store, options.query(), limit=left, after=after)
        items += page["items"]
        problems += page["problems"]
        after = page["next"]
        if after is None:
            break
    return Listed(items=items, more=after is not None, problems=problems)


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


def _data(library: Library, pages: list[Json], problems: list[Json]) -> Json:
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
        "problems": problems,
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
