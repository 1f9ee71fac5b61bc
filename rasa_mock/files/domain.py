"""Domain files: one file, or a folder of them, as Rasa loads and merges them.

Imitates `Domain.load`, `from_yaml` and `from_directory` of `rasa.shared.core.domain`
(Rasa 3.6).  A domain file passes three gates: YAML (`files.yaml`), its shape
(`files.domain_schema`) and what it says (`core.domain`).

In a folder every YAML file that has one of the sections of a domain is a domain file,
at any depth.  Rasa takes them in the order of the file system, which differs between
machines; here they come by name, files before folders.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rasa_mock.core.defaults import FORMAT_VERSION
from rasa_mock.core.domain import Domain
from rasa_mock.core.domain_merge import merge_domains, repeated_names
from rasa_mock.core.profile import RASA_3_6, Named, Profile, find_profile
from rasa_mock.core.refusals import PHASE, pointer_token
from rasa_mock.errors import DataError
from rasa_mock.files.domain_schema import check_domain_shape
from rasa_mock.files.text import read_text
from rasa_mock.files.yaml import Document, load_yaml, parse_yaml

SlotTypes = Mapping[str, Callable[[Any], Any]]
Warn = Callable[[str], None]

SUFFIXES = (".yml", ".yaml")
MAX_FILES = 2_000

# A YAML file with one of these is a domain file.
SECTIONS = (
    "slots",
    "forms",
    "actions",
    "entities",
    "intents",
    "responses",
    "e2e_actions",
    "session_config",
)


class DomainWarning(UserWarning):
    """Rasa loads the domain, but not all of it, or not as written."""


def warn_user(message: str) -> None:
    """Emit a DomainWarning; the default of `warn` everywhere here."""
    warnings.warn(message, DomainWarning, stacklevel=2)


def load_domain(
    path: Path | str,
    *,
    slot_types: SlotTypes | None = None,
    warn: Warn = warn_user,
    profile: Named = RASA_3_6,
) -> Domain:
    """Load a domain from a file or folder, as `Domain.load` of Rasa does.

    `slot_types` maps the paths of custom slot classes to their conversions; `warn`
    is told what Rasa only warns about; `profile` is the Rasa that loads it.  Raises
    DataError with path, line and `rasa_class` for what Rasa refuses.
    """
    path = Path(path)
    profile = find_profile(profile)
    data = read_domain(path, slot_types=slot_types, warn=warn, profile=profile)
    try:
        return Domain.from_dict(data, slot_types=slot_types, profile=profile)
    except DataError as error:
        error.path = error.path or str(path)
        raise


def read_domain(
    path: Path | str,
    *,
    slot_types: SlotTypes | None = None,
    warn: Warn = warn_user,
    profile: Named = RASA_3_6,
) -> dict[str, Any]:
    """Read a domain from a file or folder and return it as one merged object.

    Each file is checked as if it were alone, as Rasa does.  Raises DataError.
    """
    path, profile = Path(path), find_profile(profile)
    if path.is_dir():
        return _read_folder(path, slot_types=slot_types, warn=warn, profile=profile)
    if not path.exists():
        raise DataError(
            "no such file or folder; give the path of domain.yml or of a folder with "
            "domain files",
            path=str(path),
            rasa_class="InvalidDomain",
            phase=PHASE,
        )
    try:
        document = load_yaml(path)
        document = _checked(document, slot_types=slot_types, profile=profile)
    except DataError as error:
        error.phase = PHASE
        raise
    data: dict[str, Any] = document.value
    if not _is_newer(data.get("version")):
        return data
    warn(
        f"{path}: version {data['version']!r} is newer than {FORMAT_VERSION!r}: Rasa "
        "3.6 skips the file, so the domain is empty"
    )
    return {}


def _checked(
    document: Document, *, slot_types: SlotTypes | None, profile: Profile
) -> Document:
    """Return the document of a domain file, filled in, if Rasa takes it alone.

    Raises DataError with path and line for what Rasa refuses.
    """
    try:
        check_domain_shape(document.value, profile=profile)
        document = document.filled_in()
        if not _is_newer(document.value.get("version")):
            Domain.from_dict(document.value, slot_types=slot_types, profile=profile)
        _check_sendable(document.value)
    except DataError as error:
        raise document.locate(error) from error.__cause__
    return document


def _is_newer(version: Any) -> bool:
    """Tell whether Rasa skips a file of this version; what is no version it reads."""
    if not isinstance(version, str):
        return False
    release = re.match(r"\s*v?(\d+(?:\.\d+)*)", version.strip("\"'"))
    return release is not None and _numbers(release[1]) > _numbers(FORMAT_VERSION)


def _numbers(release: str) -> list[int]:
    numbers = [int(part[:9]) for part in release.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return numbers


def _read_folder(
    folder: Path, *, slot_types: SlotTypes | None, warn: Warn, profile: Profile
) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    flows: dict[str, Any] = {}
    for document in _domain_files(folder, warn=warn):
        if profile.calm:
            flows.update(_flows_of(document))
        try:
            checked = _checked(document, slot_types=slot_types, profile=profile)
            merged = _merge_file(merged, checked, warn=warn)
        except DataError as error:
            error.path, error.phase = error.path or document.path, PHASE
            raise
    if not merged:
        raise DataError(
            f"no domain file in this folder; expected a {' or '.join(SUFFIXES)} file "
            f"with one of the sections {', '.join(SECTIONS)}",
            path=str(folder),
            phase=PHASE,
        )
    return {**merged, "flows": flows} if flows else merged


def _flows_of(document: Document) -> dict[str, Any]:
    """Return the flows that stand in a domain file, of which merging knows nothing."""
    value = document.value
    flows = value.get("flows") if isinstance(value, dict) else None
    return flows if isinstance(flows, dict) else {}


def _merge_file(
    merged: Mapping[str, Any], document: Document, *, warn: Warn
) -> dict[str, Any]:
    if not merged:
        return dict(document.value)
    for section, names in repeated_names(merged, document.value).items():
        warn(
            f"{document.path}: {', '.join(names)} of {section} also in an earlier "
            "file; Rasa keeps the one it reads first"
        )
    return merge_domains(merged, document.value)


def _domain_files(folder: Path, *, warn: Warn) -> Iterator[Document]:
    """Yield the domain files of a folder; like Rasa, warn of what cannot be read."""
    for path in yaml_files(folder):
        try:
            text = read_text(path)
            if not any(section in text for section in SECTIONS):
                continue  # spares parsing large files of training data
            document = parse_yaml(text, path=str(path))
            is_domain = _has_sections(document.filled_in().value)
        except DataError as error:
            warn(f"{error}; Rasa skips a file that it cannot read")
            continue
        if is_domain:
            yield document


def _has_sections(value: Any) -> bool:
    return isinstance(value, (dict, list)) and any(key in value for key in SECTIONS)


def yaml_files(folder: Path) -> list[Path]:
    """List the YAML files at any depth, through links, each folder once."""
    found: list[Path] = []
    seen: set[str] = set()
    for root, folders, files in os.walk(folder, followlinks=True):
        folders.sort()
        if (real := os.path.realpath(root)) in seen:
            folders.clear()
            continue
        seen.add(real)
        found += [Path(root, name) for name in sorted(files) if _is_yaml(name)]
        if len(found) > MAX_FILES:
            raise DataError(
                f"more than {MAX_FILES:,} YAML files in this folder; give the path of "
                "the folder with the domain files alone",
                path=str(folder),
                phase=PHASE,
            )
    return found


def _is_yaml(name: str) -> bool:
    return Path(name).suffix in SUFFIXES


def _check_sendable(document: Mapping[str, Any]) -> None:
    """Refuse what YAML can say and JSON cannot: Rasa could never call an action."""
    todo: list[tuple[str, Any]] = [("", document)]
    seen: set[int] = set()
    while todo:
        pointer, value = todo.pop()
        if isinstance(value, (dict, list)):
            if id(value) in seen:
                continue
            seen.add(id(value))
            items = value.items() if isinstance(value, dict) else enumerate(value)
            todo += [(f"{pointer}/{pointer_token(key)}", item) for key, item in items]
        elif isinstance(value, (dt.date, bytes, set)):
            kind = type(value).__name__
            raise DataError(
                f"expected a value that JSON has, got {kind} {value!r}, which Rasa "
                "cannot send to an action server; quote it",
                pointer=pointer,
                rasa_class="TypeError",
            )
