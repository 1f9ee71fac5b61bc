"""Conversation tests in files: found, read, ready to be played.

What `rasa-mock test` and the items of the pytest plugin share.  A row of `KINDS` a
format; what it means to play one stands in `rasa_mock.run.e2e`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

from rasa_mock import clock
from rasa_mock.core.bot import Bot
from rasa_mock.core.profile import DEFAULT as DEFAULT_PROFILE
from rasa_mock.core.profile import Named
from rasa_mock.errors import UsageError
from rasa_mock.files.bot import CONFIG_NAMES, DOMAIN_NAMES, load_bot
from rasa_mock.files.domain import yaml_files
from rasa_mock.files.e2e import load_cases
from rasa_mock.files.story_checks import check_blocks
from rasa_mock.files.story_tests import PREFIX, load_stories
from rasa_mock.run.conversation import Setup
from rasa_mock.run.coverage_watch import ConversationWatch, Watch
from rasa_mock.run.e2e.checks import check_slots, unknown_names
from rasa_mock.run.e2e.play import play
from rasa_mock.run.e2e.results import CaseResult
from rasa_mock.run.e2e.stories import find_stories, is_by_text, play_story
from rasa_mock.similar import similar

E2E, STORY = "e2e", "story"
YAML = (".yml", ".yaml")
SEPARATOR = "::"
# So much of a file is looked at to see what it is.
GLANCE = 256 * 1024
# By the list of tests or, if its key is misspelt, by the tests in it.
HINTS = {
    E2E: re.compile(r"^test_cases\s*:|^\s*-\s+\{?test_case\s*:", re.MULTILINE),
    STORY: re.compile(r"^stories\s*:|^\s*-\s+\{?story\s*:", re.MULTILINE),
}
# How a file begins that we have written: played only if it is named.
WRITTEN = "# The failed tests of a run of rasa-mock test.\n"
WHAT_IS_ONE = (
    "a YAML file with test_cases: (Rasa Pro), or test_*.yml with stories: (Open Source)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One conversation test; `source` and `shared` are what its file says.

    `play(setup=...)` plays it; see `make_setup`.
    """

    name: str
    path: Path
    line: int | None
    kind: str
    play: Callable[..., CaseResult]
    source: Mapping[str, Any] = field(default_factory=dict)
    shared: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripts:
    """The tests of one file, and what is likely wrong with it."""

    path: Path
    scripts: tuple[Script, ...]
    notes: tuple[str, ...] = ()


def kind_of(path: Path) -> str | None:
    """Tell what kind of tests a file holds, by a glance at it; None for none."""
    if path.suffix not in YAML:
        return None
    text = _glance(path)
    if HINTS[E2E].search(text):
        return E2E
    is_story = path.name.startswith(PREFIX) and HINTS[STORY].search(text)
    return STORY if is_story else None


def is_written(path: Path) -> bool:
    """Tell whether we have written a file: the failed tests of a run."""
    return _glance(path).startswith(WRITTEN)


def _glance(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(GLANCE)
    except OSError:
        return ""


def find_files(path: Path) -> list[Path]:
    """Return the files with tests in a folder, at any depth, or the one file.

    Raises UsageError where there are none.
    """
    if not path.exists():
        raise UsageError(f"no such file or folder: {str(path)!r}; check the path")
    files = [path]
    if path.is_dir():
        files = sorted(map(Path, yaml_files(path)), key=str)
    found = [file for file in files if kind_of(file) is not None]
    # The failed tests of a run are played again where there is nothing else.
    if path.is_dir():
        found = [file for file in found if not is_written(file)] or found
    if not found:
        raise UsageError(
            f"no conversation tests in {str(path)!r}: expected {WHAT_IS_ONE}"
        )
    return found


def read_scripts(path: Path, *, bot: Bot) -> Scripts:
    """Read the tests of a file.

    Raises DataError with path and line for what is wrong with it: an unknown key or
    fixture, a slot that the bot's domain lacks.
    """
    return READERS[kind_of(path) or E2E](path, bot)


def _cases(path: Path, bot: Bot) -> Scripts:
    file = load_cases(path)
    unknown: list[str] = []
    for case in file.cases:
        check_slots(case, domain=bot.domain)
        unknown += unknown_names(case, domain=bot.domain)
    scripts = tuple(
        Script(
            name=case.name,
            path=path,
            line=case.line,
            kind=E2E,
            play=partial(play, case),
            source=case.source,
            shared=file.shared,
        )
        for case in file.cases
    )
    notes = (*file.notes, *dict.fromkeys(unknown))
    return Scripts(path=path, scripts=scripts, notes=notes)


def _stories(path: Path, bot: Bot) -> Scripts:
    file = load_stories(path)
    told = [block for block in file.blocks if not is_by_text(block)]
    notes = [*file.notes, *map(str, check_blocks(told, domain=bot.domain))]
    scripts = tuple(
        Script(
            name=story.name,
            path=path,
            line=story.line,
            kind=STORY,
            play=partial(play_story, story),
        )
        for story in find_stories(file.blocks, bot=bot)
    )
    return Scripts(path=path, scripts=scripts, notes=tuple(notes))


READERS: Mapping[str, Callable[[Path, Bot], Scripts]] = {E2E: _cases, STORY: _stories}
"""Kind of file -> what reads it."""


def select(scripts: Scripts, name: str | None) -> Scripts:
    """Return the test of that name alone; raises UsageError if there is none."""
    if name is None:
        return scripts
    names = [script.name for script in scripts.scripts]
    if name not in names:
        near = get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"expected {', '.join(names)}"
        raise UsageError(f"no test {name!r} in {str(scripts.path)!r}; {hint}")
    chosen = tuple(script for script in scripts.scripts if script.name == name)
    return replace(scripts, scripts=chosen)


def split_name(given: str) -> tuple[Path, str | None]:
    """Part `path::name of a test`."""
    path, separator, name = given.partition(SEPARATOR)
    return Path(path), name if separator else None


# The bot.


def find_bot(path: Path) -> Path | None:
    """Return the folder of the bot to which a file of tests belongs: the nearest."""
    here = path.absolute()
    for folder in (here, *here.parents):
        if _is_bot(folder):
            return folder
        if (folder / ".git").exists():
            break
    return None


def _is_bot(folder: Path) -> bool:
    has_domain = any((folder / name).exists() for name in DOMAIN_NAMES)
    has_more = any((folder / name).exists() for name in (*CONFIG_NAMES, "data"))
    return has_domain and has_more


def read_bot(
    bot: Path | None, *, beside: Path, profile: Named = DEFAULT_PROFILE
) -> Bot:
    """Read the bot of a folder, or the one to which a file of tests belongs.

    `profile` is the Rasa that reads its domain: one of Pro may lack mappings.
    Raises UsageError where there is none, DataError for what is wrong with it.
    """
    folder = bot or find_bot(beside)
    if folder is None:
        raise UsageError(
            f"no bot for {str(beside)!r}: expected a folder with domain.yml and data/ "
            "or config.yml above it; give one (--bot, in pytest rasa_bot)"
        )
    return load_bot(folder, similar=similar, profile=profile)


def make_setup(bot: Bot, **more: Any) -> Setup:
    """Return with what tests are played: the time, fresh ids, and what is given."""
    return Setup(
        bot=bot,
        now=clock.system_now,
        new_id=clock.new_uuid,
        new_message_id=clock.new_message_id,
        parse_date=clock.parse_date,
        **more,
    )


def watched(setup: Setup, *, watch: Watch) -> Setup:
    """Return a setup whose conversations and calls are watched."""
    observer = ConversationWatch(watch=watch)
    return replace(setup, observers=[*setup.observers, observer])
