"""Where the data files lie: beside the code in a wheel, at the top of a checkout.

Nothing else may know these places, and what is in the files is their readers' business.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from importlib import metadata
from pathlib import Path

from rasa_mock.errors import UsageError

DEFAULT_PROFILE = "rasa-3.6"
_PACKAGE = Path(__file__).resolve().parent


def profiles() -> tuple[str, ...]:
    """Return the names of the profiles that come with rasa_mock, sorted."""
    folders = _data_folder("schemas").iterdir()
    return tuple(sorted(folder.name for folder in folders if folder.is_dir()))


def schema_folder(profile: str = DEFAULT_PROFILE) -> Path:
    """Return the folder of a profile's schemas; raise UsageError if there is none."""
    known = profiles()
    if profile not in known:
        near = get_close_matches(profile, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(
            f"unknown profile {profile!r}, expected one of {', '.join(known)}{hint}"
        )
    return _data_folder("schemas") / profile


def fixture_folder() -> Path:
    """Return the folder of recorded and generated fixtures."""
    return _data_folder("fixtures")


def package_version() -> str:
    """Return the version of rasa_mock; of a checkout on the path what it says."""
    try:
        return metadata.version("rasa-mock")
    except metadata.PackageNotFoundError:
        project = _PACKAGE.parent / "pyproject.toml"
        text = project.read_text(encoding="utf-8") if project.is_file() else ""
        found = re.search(r'^version = "(.+)"$', text, flags=re.MULTILINE)
        return found[1] if found else "unknown"


def words_file(locale: str) -> Path | None:
    """Return the file with the words of a locale, None if they are not written down."""
    known = {path.stem: path for path in (_PACKAGE / "generate" / "words").iterdir()}
    return known.get(locale)


def _data_folder(name: str) -> Path:
    for parent in (_PACKAGE / "_data", _PACKAGE.parent):
        if (parent / name).is_dir():
            return parent / name
    raise UsageError(
        f"the folder {name!r} is not installed, expected it in {_PACKAGE / '_data'}; "
        "use a checkout of rasa-mock, or install its wheel again"
    )
