"""The configuration file: `rasa_mock.toml`, or `[tool.rasa_mock]` in pyproject.toml.

The keys stand in `KEYS`, those of a table `[action.NAME]` in `ACTION_KEYS`;
docs/configuration.md is written from both.  What is more special wins: defaults < file
< environment (`RASA_MOCK_` and the key) < flags; the command line puts the four
together (`rasa_mock.cli.check_config`).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
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
    """One key: the types it may have, in words, and how its value is completed.

    `complete` is given each text and the file's folder; `listed` makes a list of what
    is one text; a table becomes a list of `name`, `joint`, `value`.  `says` stands
    where no flag of the same name says what the key means.
    """

    types: tuple[type, ...]
    expected: str
    complete: Callable[[str, Path], str] | None = None
    listed: bool = False
    joint: str = ""
    says: str = ""


def _path(value: str, folder: Path) -> str:
    """Take a path from the file's folder; as it is written where that is here."""
    return value if folder == Path.cwd() else str(folder / value)


def _report(value: str, folder: Path) -> str:
    kind, equals, file = value.partition("=")
    return f"{kind}={_path(file, folder)}" if equals and file != "-" else value


def _package(value: str, folder: Path) -> str:
    """Find a package beside the file, wherever the command is called."""
    place = folder.joinpath(*value.split("."))
    for found in (place, place.with_suffix(".py")):
        if folder != Path.cwd() and found.exists():
            return str(found)
    return value if os.sep not in value else _path(value, folder)


def _filled(value: str, _folder: Path) -> str:
    """Put the environment's values for ${NAME}; raises KeyError for one that is not."""
    return VARIABLE.sub(lambda found: os.environ[found[1]], value)


VARIABLE = re.compile(r"\$\{(\w+)\}")
TEXT = Key(types=(str,), expected="a text")
SECRET = Key(types=(str,), expected="a text", complete=_filled)
PATH = Key(types=(str,), expected="a path", complete=_path)
NUMBER = Key(types=(int, float), expected="a number")
WHOLE = Key(types=(int,), expected="a whole number")
FLAG = Key(types=(bool,), expected="true or false")
TEXTS = Key(types=(str, list), expected="a list of texts", listed=True)
PATHS = Key(
    types=(str, list), expected="a path or a list of paths", complete=_path, listed=True
)

KEYS: Mapping[str, Key] = {
    "url": SECRET,
    "actions": Key(types=(str,), expected="a package", complete=_package),
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
    "headers": Key(
        types=(dict, list, str),
        expected="a table of texts",
        complete=_filled,
        listed=True,
        joint=": ",
    ),
    "token": SECRET,
    "select": TEXTS,
    "ignore": TEXTS,
    "fail-on": TEXT,
    "reports": Key(
        types=(list, dict, str),
        expected="a list of texts",
        complete=_report,
        listed=True,
        joint="=",
    ),
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
    "skip": Key(
        types=(bool, str),
        expected="true, or the reason as a text",
        says="Do not call the action; a text says why, and is shown.",
    ),
    "rejects": Key(
        types=(bool, str, list),
        expected="true, false or a list of cases",
        says="It rejects its execution: in one case at least, or in each case whose "
        "name begins so (`slots-null`). A rejection is never a finding; an expected "
        "one that does not happen is (RM121).",
    ),
    "ignore": Key(
        types=(str, list),
        expected="a list of texts",
        listed=True,
        says="No rules that begin so, for this action.",
    ),
    "slots": Key(
        types=(dict, list),
        expected="names of slots, or a table of values",
        says="Slots that are always set when it is called; names alone: to any value.",
    ),
    "xfail": Key(
        types=(bool, str, list),
        expected="true or a list of rules",
        says="pytest: findings of rules that begin so are expected, of all with true; "
        "its contract tests xfail then. `rasa-mock check` reports them all the same.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionConfig:
    """What is known about one action.

    `skip` it, for a `reason`; it `rejects` in the cases that begin so ("" for some
    case); `ignore` are rules that are off for it; `slots` it may count on: name ->
    value, None for any value.  `xfail` are rules whose findings are expected ("" for
    any).
    """

    skip: bool = False
    reason: str = ""
    rejects: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    slots: Mapping[str, Any] = field(default_factory=dict)
    xfail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a file says: `options` by the names of the command line's parameters.

    `lines` says where each of them stands.
    """

    path: str | None = None
    lines: Mapping[str, int | None] = field(default_factory=dict)
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
        document = tomllib.loads(text + "\n")
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else len(text.splitlines())
        message = f"no valid TOML: {error}"
        raise DataError(message, path=str(path), line=line) from error
    tool = document.get("tool")
    in_table = path.name == PYPROJECT or (isinstance(tool, dict) and TABLE[1] in tool)
    prefix = TABLE if in_table else ()
    lines = Lines(text, path=path, prefix=prefix)
    if in_table:
        others = [key for key in document if key != TABLE[0]]
        if others and path.name != PYPROJECT:
            message = f"expected all keys under [tool.rasa_mock], got {others[0]!r}"
            raise DataError(
                message, path=str(path), line=Lines(text, path=path).number(others[:1])
            )
        document = tool.get(TABLE[1], {}) if isinstance(tool, dict) else {}
    if not isinstance(document, dict):
        raise lines.wrong((), "expected a table [tool.rasa_mock]")
    tables = document.pop("action", {})
    if not isinstance(tables, dict):
        raise lines.wrong(("action",), "expected tables [action.NAME]")
    return Config(
        path=str(path),
        lines={key.replace("-", "_"): lines.number((key,)) for key in document},
        options={
            key.replace("-", "_"): value
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
    prefix: tuple[str, ...] = field(kw_only=True, default=())

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
                if table[: len(wanted)] == wanted:
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
            raise lines.wrong(here, _unknown(written, value, keys=keys))
        key = keys[name]
        is_flag = isinstance(value, bool) and bool not in key.types
        if not isinstance(value, key.types) or is_flag:
            raise lines.wrong(
                here, f"expected {key.expected} for {written!r}, got {value!r}"
            )
        found[name] = _completed(key, value, place=here, lines=lines)
    return found


def _completed(
    key: Key, value: Any, *, place: tuple[str, ...], lines: Lines
) -> str | list[str] | Any:
    """Make texts of tables, a list where one is expected, and complete each text."""
    if isinstance(value, list) or (isinstance(value, dict) and key.joint):
        texts = value if isinstance(value, list) else list(value.values())
        if not all(isinstance(text, str) for text in texts):
            raise lines.wrong(place, f"expected texts in {place[-1]!r}, got {value!r}")
    if isinstance(value, dict) and key.joint:
        value = [f"{name}{key.joint}{text}" for name, text in value.items()]
    if key.listed and isinstance(value, str):
        value = [value]
    if key.complete is None:
        return value
    try:
        folder = lines.path.absolute().parent
        if isinstance(value, list):
            return [key.complete(each, folder) for each in value]
        return key.complete(value, folder)
    except KeyError as error:
        raise lines.wrong(
            place,
            f"the environment has no {error.args[0]!r}, which {place[-1]!r} needs; "
            "set it, or write the value",
        ) from error


def _unknown(name: str, value: Any, *, keys: Mapping[str, Key]) -> str:
    tables = ["action"] if keys is KEYS and isinstance(value, dict) else []
    wanted = name.replace("_", "-").lower()
    near = get_close_matches(wanted, [*tables, "headers"] if tables else keys, n=1)
    if near:
        meant = near[0].replace("-", "_") if "_" in name else near[0]
        return f"unknown key {name!r}; did you mean {meant!r}?"
    known = ", ".join([*keys, *(["[action.NAME]"] if keys is KEYS else [])])
    return f"unknown key {name!r}; expected one of {known}"


def _action(name: str, table: Any, *, lines: Lines) -> ActionConfig:
    place = ("action", name)
    if not isinstance(table, dict):
        raise lines.wrong(place, f"expected a table [action.{name}], got {table!r}")
    read = _read(table, place, keys=ACTION_KEYS, lines=lines)
    slots, skip = read.get("slots", {}), read.get("skip", False)
    return ActionConfig(
        skip=skip is not False,
        reason=skip if isinstance(skip, str) else "",
        rejects=_cases(read.get("rejects", False)),
        xfail=tuple(rule.upper() for rule in _cases(read.get("xfail", False))),
        ignore=tuple(rule.upper() for rule in read.get("ignore", ())),
        slots=dict.fromkeys(slots) if isinstance(slots, list) else slots,
    )


def _cases(rejects: Any) -> tuple[str, ...]:
    """Read which cases are rejected: true is some case, which "" stands for."""
    if isinstance(rejects, bool):
        return ("",) if rejects else ()
    return (rejects,) if isinstance(rejects, str) else tuple(rejects)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        message = f"cannot read the configuration: {reason}"
        raise DataError(message, path=str(path)) from error
