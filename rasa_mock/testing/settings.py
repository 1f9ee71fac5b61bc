"""What the tests of a project are configured to: read once, checked before use.

What is more special wins: the command line (`--rasa-domain`), the environment
(`RASA_MOCK_DOMAIN`), then pytest's ini file (`rasa_domain`) and the project's own
configuration (`domain` in rasa_mock.toml or `[tool.rasa_mock]`).  The last two stand
beside each other: if both name a domain or a server, they have to agree.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from rasa_mock.config import ENVIRONMENT, ActionConfig, Config, find_config, read_config
from rasa_mock.core.findings import SEVERITIES
from rasa_mock.core.profile import find_profile
from rasa_mock.core.urls import url_problem
from rasa_mock.errors import UsageError
from rasa_mock.resources import DEFAULT_PROFILE

if TYPE_CHECKING:
    import pytest

RANDOM = "random"
IN_PROCESS, SUBPROCESS, URL = "inprocess", "subprocess", "url"
MODES = (IN_PROCESS, SUBPROCESS, URL)
DEFAULT_CASES = 20
DEFAULT_TIMEOUT = 10.0
DEFAULT_LOCALE = "en_US"
DEFAULT_FAIL_ON = "warning"
# These are looked for beside the rest, to say what to write where nothing is written.
USUAL_DOMAINS = ("domain.yml", "domain", "domain.yaml")
HOW_TO_SET_DOMAIN = (
    'write `rasa_domain = "domain.yml"` under [tool.pytest.ini_options] in '
    "pyproject.toml (in pytest.ini: `rasa_domain = domain.yml`), or give "
    "--rasa-domain PATH"
)
HOW_TO_SET_SERVER = (
    'write `rasa_actions = "actions"` (a rasa-sdk package) or `rasa_action_server = '
    '"http://localhost:5055/webhook"` under [tool.pytest.ini_options] in '
    "pyproject.toml, or give --rasa-actions PACKAGE or --rasa-action-server URL"
)


class Row(Protocol):
    """One option of the plugin (`rasa_mock.pytest_plugin.Option`)."""

    @property
    def name(self) -> str: ...
    @property
    def flag(self) -> str: ...
    @property
    def ini(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def key(self) -> str: ...


class Given(NamedTuple):
    """A value, where it was given, and the folder from which its paths are taken."""

    value: Any
    place: str
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is configured; None where nothing is.

    `folder` is where a package is looked for.  `xfail` are the findings that are
    expected, as (action or "", rule or "").
    """

    folder: Path
    domain: Path | None = None
    url: str | None = None
    actions: str | None = None
    mode: str | None = None
    bot: Path | None = None
    seed: int = 0
    profile: str = DEFAULT_PROFILE
    locale: str = DEFAULT_LOCALE
    timeout: float = DEFAULT_TIMEOUT
    cases: int = DEFAULT_CASES
    fail_on: str = DEFAULT_FAIL_ON
    contract: bool = False
    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    skip: Sequence[str] = ()
    xfail: Sequence[tuple[str, str]] = ()
    project: Config = field(default_factory=Config)

    @property
    def per_action(self) -> Mapping[str, ActionConfig]:
        """What the project's configuration says of single actions."""
        return self.project.per_action

    def own_domain(self) -> Path:
        """Return where the domain is; raises UsageError if that is not said."""
        if self.domain is None:
            raise UsageError(f"no domain is configured: {self._near_domain()}")
        if not self.domain.exists():
            raise UsageError(
                f"the domain {str(self.domain)!r} does not exist; correct rasa_domain"
            )
        return self.domain

    def _near_domain(self) -> str:
        for name in USUAL_DOMAINS:
            if (self.folder / name).exists():
                return f"there is {name!r}, so " + HOW_TO_SET_DOMAIN.replace(
                    "domain.yml", name
                )
        return (
            f"{HOW_TO_SET_DOMAIN}; {str(self.folder)!r} does not look like a Rasa "
            "project, so see, too, that pytest runs in the right folder"
        )

    def server_mode(self) -> str:
        """Return how the action server is run; raises UsageError if that is unclear."""
        given = {IN_PROCESS: self.actions, SUBPROCESS: self.actions, URL: self.url}
        if self.mode is not None:
            if given[self.mode] is None:
                missing = "rasa_action_server" if self.mode == URL else "rasa_actions"
                raise UsageError(
                    f"rasa_server_mode is {self.mode!r}, but {missing} is not given; "
                    f"{HOW_TO_SET_SERVER}"
                )
            return self.mode
        if self.actions is None and self.url is None:
            raise UsageError(f"no action server is configured: {HOW_TO_SET_SERVER}")
        return IN_PROCESS if self.url is None else URL


def read_settings(config: pytest.Config, *, rows: Sequence[Row]) -> Settings:
    """Put together what is configured.

    Raises UsageError or DataError for what cannot be, naming where it stands.
    """
    sources = _Sources(config=config, project=_project(config))
    found = {row.name: found for row in rows if (found := sources.given(row))}
    _settle_server(found)
    read: dict[str, Any] = {
        name.replace("-", "_"): _read(name, given) for name, given in found.items()
    }
    read["url"] = read.pop("action_server", None)
    read["mode"] = read.pop("server_mode", None)
    known = {key: value for key, value in read.items() if key in READERS_TO}
    settings = Settings(folder=config.rootpath, project=sources.project, **known)
    if settings.mode is not None:
        settings.server_mode()
    return settings


def _project(config: pytest.Config) -> Config:
    named = config.getoption("rasa_config") or config.getini("rasa_config")
    if isinstance(named, list):
        named = named[-1] if named else None
    path = Path(named) if named else find_config(config.rootpath)
    return Config() if path is None else read_config(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sources:
    """Where settings come from."""

    config: pytest.Config
    project: Config

    def given(self, row: Row) -> Given | None:
        """Return the most special value of an option."""
        for level in (self.flag, self.environment, self.files):
            found = [*level(row)]
            _only_one(row, found)
            if found:
                return found[0]
        return None

    def flag(self, row: Row) -> Iterator[Given]:
        """Look at the command line."""
        value = self.config.getoption(row.ini, None)
        here = self.config.invocation_params.dir
        if row.kind == "text":
            yield from (Given(each, row.flag, here) for each in value or ())
        elif value:
            yield Given(value, row.flag, here)

    def environment(self, row: Row) -> Iterator[Given]:
        """Look at the environment."""
        name = ENVIRONMENT + (row.key or row.name).upper().replace("-", "_")
        value = os.environ.get(name)
        if value:
            here = self.config.invocation_params.dir
            yield Given(value.split() if row.kind == "texts" else value, name, here)

    def files(self, row: Row) -> Iterator[Given]:
        """Look at pytest's ini file and at the project's configuration."""
        value = self.config.getini(row.ini)
        file = self.config.inipath
        if value:
            name = f"{row.ini} in {file.name if file else 'the ini file'}"
            yield Given(value, name, file.parent if file else self.config.rootpath)
        key = row.key.replace("-", "_")
        if key and key in self.project.options:
            place = f"{key} in {Path(self.project.path or '').name}"
            yield Given(self.project.options[key], place, Path.cwd())


def _only_one(row: Row, found: Sequence[Given]) -> None:
    """Raise UsageError where one level says two things of what there is one of."""
    values = {_comparable(row, each) for each in found}
    if len(values) > 1 and row.kind == "text":
        listed = " and ".join(f"{each.value!r} ({each.place})" for each in found)
        raise UsageError(
            f"two values for {row.ini} are configured: {listed}; keep one of them"
        )


def _comparable(row: Row, given: Given) -> str:
    if row.name in PATHS:
        return str((given.folder / given.value).resolve())
    return str(given.value)


def _settle_server(found: dict[str, Given]) -> None:
    """Let the command line's server replace that of a file; two at a time are wrong."""
    url, actions = found.get("action-server"), found.get("actions")
    if url is None or actions is None or "server-mode" in found:
        return
    special = [given.place.startswith("--") for given in (url, actions)]
    if special[0] == special[1]:
        raise UsageError(
            f"two action servers are configured: {url.value!r} ({url.place}) and "
            f"{actions.value!r} ({actions.place}); keep one of them, or say which with "
            "rasa_server_mode (inprocess, subprocess or url)"
        )
    del found["actions" if special[0] else "action-server"]


def _read(name: str, given: Given) -> Any:
    reader = READERS.get(name)
    return given.value if reader is None else reader(given)


def _path(given: Given) -> Path:
    return given.folder / str(given.value)


def _package(given: Given) -> str:
    """Take a path to a package from where it is given; a dotted name as it is."""
    value = str(given.value)
    return str(given.folder / value) if os.sep in value else value


def _number(given: Given) -> float:
    try:
        number = float(given.value)
    except (TypeError, ValueError):
        number = 0.0
    if number <= 0:
        raise _wrong(given, "a number above 0")
    return number


def _whole(given: Given) -> int:
    if not re.fullmatch(r"[1-9]\d*", str(given.value).strip()):
        raise _wrong(given, "a whole number above 0")
    return int(given.value)


def _seed(given: Given) -> int:
    text = str(given.value).strip()
    if text == RANDOM:
        return secrets.randbelow(2**32)
    if not re.fullmatch(r"-?\d+", text):
        raise _wrong(given, f"a whole number or {RANDOM!r}")
    return int(text)


def _one_of(*names: str) -> Callable[[Given], str]:
    def read(given: Given) -> str:
        if given.value not in names:
            raise _wrong(given, f"one of {', '.join(names)}")
        return str(given.value)

    return read


def _url(given: Given) -> str:
    problem = url_problem(given.value)
    if problem is not None:
        raise UsageError(f"{given.place}: cannot call {given.value!r}: {problem}")
    return str(given.value)


def _profile(given: Given) -> str:
    return find_profile(given.value).name


def _expected(given: Given) -> tuple[tuple[str, str], ...]:
    """Read `RM306`, `action_x` or `action_x:RM306`."""
    pairs = []
    for text in given.value:
        action, colon, rule = text.partition(":")
        if not colon and re.fullmatch(r"RM\d*", action, re.IGNORECASE):
            action, rule = "", action
        pairs.append((action, rule.upper()))
    return tuple(pairs)


def _wrong(given: Given, expected: str) -> UsageError:
    return UsageError(f"{given.place}: expected {expected}, got {given.value!r}")


READERS: Mapping[str, Callable[[Given], Any]] = {
    "domain": _path,
    "bot": _path,
    "action-server": _url,
    "actions": _package,
    "server-mode": _one_of(*MODES),
    "seed": _seed,
    "profile": _profile,
    "timeout": _number,
    "cases": _whole,
    "fail-on": _one_of(*SEVERITIES, "never"),
    "xfail": _expected,
}
PATHS = ("domain", "bot")
READERS_TO = frozenset(Settings.__dataclass_fields__)


def near(path: str | Path) -> str:
    """Write a path as one would type it here."""
    found = Path(path)
    here = Path.cwd()
    return str(found.relative_to(here) if found.is_relative_to(here) else found)
