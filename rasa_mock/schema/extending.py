"""Profiles that extend another one, and what a project adds to a profile.

A profile's folder with a `profile.json` holds only what differs from the profile that
it `extends`: new files, whole files that replace one of the same name, and overlays
(`x-rasa.overlay`), which say only what changes in one.  Copies would drift apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rasa_mock.errors import DataError
from rasa_mock.resources import schema_folder
from rasa_mock.schema.folder import (
    EVENTS,
    OVERLAY,
    PROFILE,
    Document,
    overlaid,
    read_document,
    read_folder,
)

BASE_URI = "https://rasa-mock.invalid/"
SETTINGS = ("extends", "without", "unknown_events", "title")
SLOT = "slot"


def read_profile(profile: str) -> dict[str, Document]:
    """Return the documents of a profile that comes with rasa_mock, complete."""
    return complete(schema_folder(profile), profile=profile, seen=(profile,))


def complete(
    folder: Path, *, profile: str, seen: tuple[str, ...] = ()
) -> dict[str, Document]:
    """Return the documents of a folder, with those of the profile that it extends.

    Raises DataError for settings that cannot be, and for circles.
    """
    own = read_folder(folder)
    settings = read_settings(folder)
    base_name = settings.get("extends")
    if base_name is None:
        return own
    if base_name in seen:
        raise DataError(
            f"the profile extends itself: {' -> '.join((*seen, base_name))}",
            path=str(folder / PROFILE),
        )
    base = complete(
        schema_folder(base_name), profile=base_name, seen=(*seen, base_name)
    )
    kept = {
        name: _renamed(document, base_name, profile=profile)
        for name, document in base.items()
        if name not in settings.get("without", ())
    }
    return sorted_documents({**kept, **laid_over(kept, own)})


def file_of(profile: str, path: str) -> Path:
    """Return a file of a profile, or the one of the profile that it extends."""
    folder = schema_folder(profile)
    while not (folder / path).is_file():
        base = read_settings(folder).get("extends")
        if base is None:
            break
        folder = schema_folder(base)
    return folder / path


def read_settings(folder: Path) -> dict[str, Any]:
    """Return what `profile.json` of a folder says; nothing if there is none."""
    path = folder / PROFILE
    if not path.is_file():
        return {}
    settings = read_document(path)
    for key in settings:
        if key not in SETTINGS:
            expected = ", ".join(SETTINGS)
            message = f"unknown key {key!r}, expected one of {expected}"
            raise DataError(message, path=str(path), pointer=f"/{key}")
    return settings


def laid_over(
    base: Mapping[str, Document], own: Mapping[str, Document]
) -> dict[str, Document]:
    """Return a folder's own documents, overlays laid over what they change."""
    return {name: _laid(base.get(name), document) for name, document in own.items()}


def _laid(base: Document | None, document: Document) -> Document:
    hints = document.get("x-rasa")
    if base is None or not isinstance(hints, dict) or not hints.get(OVERLAY):
        return document
    plain = {key: value for key, value in hints.items() if key != OVERLAY}
    laid: Document = overlaid(base, {**document, "x-rasa": plain})
    return laid


def _renamed(document: Document, base: str, *, profile: str) -> Document:
    """Return a document of the base under the name of the profile."""
    uri = document.get("$id")
    if not isinstance(uri, str):
        return document
    old, new = f"{BASE_URI}{base}/", f"{BASE_URI}{profile}/"
    return {**document, "$id": uri.replace(old, new, 1)}


def sorted_documents(documents: Mapping[str, Document]) -> dict[str, Document]:
    """Return documents as reading a folder gives them: sorted, event types last."""
    names = sorted(documents, key=lambda name: (name.startswith(EVENTS), name))
    return {name: documents[name] for name in names}


def is_slot(document: Document) -> bool:
    """Say whether a document describes the value of one slot."""
    hints = document.get("x-rasa")
    return isinstance(hints, dict) and hints.get("kind") == SLOT
