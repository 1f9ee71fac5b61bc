"""The configuration file: `rasa_mock.toml`, or `[tool.rasa_mock]` in pyproject.toml.

The keys stand in `KEYS`, those of a table `[action.NAME]` in `ACTION_KEYS`.  What is
more special wins: defaults < file < environment (`RASA_MOCK_` and the key) < flags; the
command line puts the four together (`rasa_mock.cli.check`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from rasa_mock.errors import DataError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = "rasa_mock.toml"
PYPROJECT = "pyproject.toml"
TABLE = ("tool", "rasa_mock")
ENVIRONMENT = "RASA_MOCK_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key: the types it may have, in words, and whether it is a path."""

    types: tuple[type, ...]
    expected: str
    path: bool = False


TEXT = Key(types=(str,), expected="a text")
PATH = Key(types=(str,), expected="a path", path=True)
NUMBER = Key(types=(int, float), expected="a number")
WHOLE = Key(types=(int,), expected="a whole number")
FLAG = Key(types=(bool,), expected="true or false")
TEXTS = Key(types=(str, list), expected="a list of texts")
PATHS = Key(types=(str, list), expected="a path or a list of paths", path=True)

KEYS: Mapping[str, Key] = {
    "url": TEXT,
    "actions": TEXT,
    "domain": PATH,
    "profile": TEXT,
    "schemas": PATHS,
    "nlu": PATHS,
    "metadata": PATH,
    "channels": TEXTS,
    "sender-ids": TEXTS,
    "locale": TEXT,
    "seed": WHOLE,
    "cases": WHOLE,
    "timeout": NUMBER,
    "headers": TEXTS,
    "token": TEXT,
    "select": TEXTS,
    "ignore": TEXTS,
    "fail-on": TEXT,
    "reports": TEXTS,
    "observe": FLAG,
    "behaviour": FLAG,
    "shrink": FLAG,
    "slow": NUMBER,
    "max-time": NUMBER,
    "stop-after": WHOLE,
    "workers": WHOLE,
    "baseline": PATH,
    "quiet": FLAG,
}
ACTION_KEYS: Mapping[str, Key] = {
    "skip": FLAG,
    "rejects": FLAG,
    "ignore": TEXTS,
    "slots": Key(types=(dict, list), expected="names of slots, or a table of values"),
}
# Keys of the file -> what the command line calls them.
PARAMETERS = {"action": "names"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionConfig:
    """What is known about one action.

    `skip` it; it may `reject` in every case; `ignore` are rules that are off for it;
    `slots` it may count on: name -> value, None where any value will do.
    """

    skip: bool = False
    rejects: bool = False
    ignore: tuple[str, ...] = ()
    slots: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a file says: `options` by the names of the command line's parameters."""

    path: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    per_action: Mapping[str, ActionConfig] = field(default_factory=dict)


def find_config(folder: Path) -> Path | None:
    """Return the nearest configuration file, from the folder upwards."""
    for place in (folder, *folder.parents):
        own = place / FILE
        if own.is_file():
            return own
        project = place / PYPROJECT
        if project.is_file() and "[tool.rasa_mock" in _text(project):
            return project
        if (place / ".git").exists():
            break
    return None


def read_config(path: Path) -> Config:
    """Read a configuration file; relative paths are taken from its folder.

    Raises DataError with path and line for what is no TOML, an unknown key or a value
    of the wrong type.
    """
    text = _text(path)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else None
        message = f"no valid TOML: {error}"
        raise DataError(message, path=str(path), line=line) from error
    prefix: tuple[str, ...] = ()
    if path.name == PYPROJECT:
        prefix = TABLE
        document = document.get("tool", {}).get("rasa_mock", {})
    lines = Lines(text, path=path, prefix=prefix)
    if not isinstance(document, dict):
        raise lines.wrong((), "expected a table [tool.rasa_mock]")
    tables = document.pop("action", {})
    if not isinstance(tables, dict):
        raise lines.wrong(("action",), "expected tables [action.NAME]")
    return Config(
        path=str(path),
        options={
            PARAMETERS.get(key, key.replace("-", "_")): value
            for key, value in _read(document, (), keys=KEYS, lines=lines).items()
        },
        per_action={
            name: _action(name, table, lines=lines) for name, table in tables.items()
        },
    )


@dataclass(frozen=True, slots=True)
class Lines:
    """Where in the file a key stands."""

    text: str
    path: Path = field(kw_only=True)
    prefix: tuple[str, ...] = field(kw_only=True)

    def wrong(self, place: Sequence[str], message: str) -> DataError:
        """Make the error for a key."""
        return DataError(message, path=str(self.path), line=self.number(place))

    def number(self, place: Sequence[str]) -> int | None:
        """Return the line of a key, counted from 1; None if it is not found."""
        wanted = (*self.prefix, *place)
        table: tuple[str, ...] = ()
        for number, line in enumerate(self.text.splitlines(), start=1):
            head = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
            if head:
                table = _dotted(head[1])
                if table == wanted:
                    return number
                continue
            key = re.match(r"\s*([^=#\[]+?)\s*=", line)
            if key and (*table, *_dotted(key[1])) == wanted:
                return number
        return None


def _dotted(text: str) -> tuple[str, ...]:
    parts = re.findall(r'"([^"]*)"|\'([^\']*)\'|([\w-]+)', text)
    return tuple(next(part for part in found if part) for found in parts if any(found))


def _read(
    table: Mapping[str, Any],
    place: tuple[str, ...],
    *,
    keys: Mapping[str, Key],
    lines: Lines,
) -> dict[str, Any]:
    """Check the keys of a table and the types of their values."""
    found: dict[str, Any] = {}
    for written, value in table.items():
        name = written.replace("_", "-")
        here = (*place, written)
        if name not in keys:
            raise lines.wrong(here, _unknown(written, keys, top=not place))
        key = keys[name]
        is_flag = isinstance(value, bool) and bool not in key.types
        if not isinstance(value, key.types) or is_flag:
            raise lines.wrong(
                here, f"expected {key.expected} for {written!r}, got {value!r}"
            )
        if isinstance(value, list) and not all(isinstance(v, str) for v in value):
            raise lines.wrong(here, f"expected texts in {written!r}, got {value!r}")
        found[name] = _completed(key, value, folder=lines.path.parent)
    return found


def _completed(key: Key, value: Any, *, folder: Path) -> Any:
    """Take paths from the file's folder, and make a list where one is expected."""
    full = _paths(value, folder) if key.path else value
    return [full] if key in (TEXTS, PATHS) and isinstance(full, str) else full


def _paths(value: str | list[str], folder: Path) -> str | list[str]:
    if isinstance(value, list):
        return [str(folder / each) for each in value]
    return str(folder / value)


def _unknown(name: str, keys: Mapping[str, Key], *, top: bool) -> str:
    near = get_close_matches(name.replace("_", "-").lower(), keys, n=1)
    if near:
        return f"unknown key {name!r}; did you mean {near[0]!r}?"
    known = ", ".join([*keys, *(["[action.NAME]"] if top else [])])
    return f"unknown key {name!r}; expected one of {known}"


def _action(name: str, table: Any, *, lines: Lines) -> ActionConfig:
    place = ("action", name)
    if not isinstance(table, dict):
        raise lines.wrong(place, f"expected a table [action.{name}], got {table!r}")
    read = _read(table, place, keys=ACTION_KEYS, lines=lines)
    slots = read.get("slots", {})
    return ActionConfig(
        skip=read.get("skip", False),
        rejects=read.get("rejects", False),
        ignore=tuple(read.get("ignore", ())),
        slots=dict.fromkeys(slots) if isinstance(slots, list) else slots,
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        message = f"cannot read the configuration: {reason}"
        raise DataError(message, path=str(path)) from error
