"""What `rasa-mock view` is given: stores by URL, and files of several kinds.

A database file of SQLite and an endpoints.yml name a store.  All other files are read
to a store in memory, so that they can be searched as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rasa_mock.core.domain import Domain
from rasa_mock.core.profile import Named
from rasa_mock.errors import DataError, UsageError
from rasa_mock.files.recordings import read_recording
from rasa_mock.stores.base import TrackerStore, Turn
from rasa_mock.stores.registry import AUTO, open_store
from rasa_mock.viewer.library import Library
from rasa_mock.viewer.reading import Contents, Talk, run_of

SQLITE = b"SQLite format 3\0"
YAML = (".yml", ".yaml")
_URL = re.compile(r"[a-z][a-z0-9+]+:", re.IGNORECASE)
_DRIVE = re.compile(r"[a-z]:[\\/]", re.IGNORECASE)

KNOWN = (
    "a tracker, a list of events, events or requests one a line, a recorded "
    "conversation, an export of the viewer, or an NDJSON report of rasa-mock check"
)


def open_library(
    sources: Sequence[str], *, domain: Domain | None, profile: Named
) -> Library:
    """Open what is to be looked at, a store or files; nothing is written to it.

    Raises StoreUnreachable, UsageError, DataError.
    """
    stores = [source for source in sources if store_of(source) is not None]
    if stores and len(sources) > 1:
        raise UsageError(
            f"expected one store or any number of files, got {len(sources)} sources "
            f"and the store {_shown(stores[0])} among them"
        )
    if stores:
        store = open_store(store_of(sources[0]), layout=_layout(sources[0]), **READING)
        return Library(store=store, domain=domain, profile=profile)
    return _read_files([Path(each) for each in sources], domain=domain, profile=profile)


READING: dict[str, Any] = {"read_only": True}


def _layout(source: str) -> str | None:
    """Return the layout to open a store in: whichever is there, unless it is named."""
    return None if "layout=" in source else AUTO


def store_of(source: str) -> Any:
    """Return what the registry of stores takes; None if it is another file."""
    if _URL.match(source) and not _DRIVE.match(source) and not Path(source).exists():
        return source
    path = Path(source)
    if path.suffix in YAML and path.is_file():
        return _store_of_endpoints(path)
    return f"sqlite:///{path.absolute()}" if _is_database(path) else None


def _is_database(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(len(SQLITE)) == SQLITE
    except OSError:
        return False


def _store_of_endpoints(path: Path) -> Any:
    from rasa_mock.assembly_stores import as_source
    from rasa_mock.files.endpoints import read_endpoints

    source = as_source(read_endpoints(path).tracker_store)
    if source is None:
        raise DataError(
            "expected a tracker_store, which this file does not name; give an "
            "endpoints.yml with one, or the URL of a store",
            path=str(path),
        )
    return source


def _shown(source: str) -> str:
    """Show a source without its password."""
    return repr(re.sub(r"//[^/@]*@", "//***@", source))


def _read_files(
    paths: Sequence[Path], *, domain: Domain | None, profile: Named
) -> Library:
    talks: list[Talk] = []
    runs: dict[str, Any] = {}
    notes: list[str] = []
    for path in paths:
        found = _read(path)
        talks += found.talks
        if found.run:
            runs[_free(path.name, runs)] = run_of(found.run, title=path.name)
        if found.left_out:
            notes.append(
                f"{path.name}: {found.left_out} documents left out, not {KNOWN}"
            )
    return Library(
        store=_in_memory(talks),
        name=", ".join(path.name for path in paths),
        runs=runs,
        domain=domain,
        profile=profile,
        notes=tuple(notes),
    )


def _read(path: Path) -> Contents:
    if path.is_dir():
        raise DataError("expected a file, got a folder", path=str(path))
    contents = Contents()
    contents.take(read_recording(path))
    contents.finished()
    if not contents.talks and not contents.run:
        raise DataError(f"expected {KNOWN}", path=str(path), line=1)
    return contents


def _free(name: str, taken: dict[str, Any]) -> str:
    number, found = 2, name
    while found in taken:
        found = f"{name} ({number})"
        number += 1
    return found


def _in_memory(talks: Sequence[Talk]) -> TrackerStore:
    """Put conversations into a store; of a sender's several ones none is lost."""
    moment = {"now": 0.0}
    store = open_store("memory:", now=lambda: moment["now"])
    taken: set[str] = set()
    for talk in sorted(talks, key=lambda each: each.time):
        moment["now"] = talk.time
        sender_id, number = talk.sender_id, 2
        while sender_id in taken:
            sender_id = f"{talk.sender_id} ({number})"
            number += 1
        taken.add(sender_id)
        store.save(sender_id, Turn(events=talk.events, variables=talk.variables))
    return store
