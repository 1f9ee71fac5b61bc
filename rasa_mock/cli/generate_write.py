"""Make the fixtures of an order and write them: files, a manifest, perhaps tests."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from rasa_mock.core.domain import Domain
from rasa_mock.errors import UsageError
from rasa_mock.files.any_domain import CustomTypes
from rasa_mock.files.domain import load_domain
from rasa_mock.files.nlu import read_nlu
from rasa_mock.files.text import read_text
from rasa_mock.generate.corpus import Item, Recipe, items
from rasa_mock.generate.kinds import DEFAULT_COUNT
from rasa_mock.generate.manifest import (
    NAME,
    manifest_of,
    read_manifest,
    set_of,
    to_line,
    to_text,
)
from rasa_mock.generate.material import Material
from rasa_mock.generate.provider import made_by
from rasa_mock.generate.pytest_files import file_of_tests
from rasa_mock.resources import package_version
from rasa_mock.run.wrong_items import Skipped, wrong_items
from rasa_mock.schema.registry import Registry

Json = dict[str, Any]
# Seconds before a progress bar is worth its place.
PATIENCE = 1.0
# Larger manifests are none that this command wrote.
MAX_MANIFEST = 50_000_000
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The command line of `rasa-mock generate`, read."""

    kind: str
    domain_path: Path
    count: int | None
    seed: int
    locale: str
    profile: str
    layout: str
    out: Path | None
    actions: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    size: int | None = None
    invalid: bool = False
    rules: tuple[str, ...] = ()
    nlu: tuple[Path, ...] = ()
    schemas: tuple[Path, ...] = ()
    now: float

    @property
    def name(self) -> str:
        """What the set is called in the manifest and in the names of files."""
        return f"wrong_{self.kind}" if self.invalid else self.kind


def write(order: Order) -> None:
    """Make what is ordered, and print or write it.

    Raises UsageError and DataError before anything is written.
    """
    _check(order)
    recipe = read_recipe(order)
    skipped: list[Skipped] = []
    if order.invalid:
        made = wrong_items(
            recipe, rules=order.rules, count=order.count, skipped=skipped.append
        )
        total = order.count
    else:
        made, total = items(recipe), recipe.count
    if order.out is None:
        for item in made:
            click.echo(_line(item))
        _tell_skipped(skipped)
        return
    folder = Folder(order.out)
    with _progress(order.name, total=total) as step:
        files = _files(order, _counted(made, step))
    _tell_skipped(skipped)
    more = _more(order, skipped)
    entry = set_of(
        recipe,
        version=package_version(),
        layout=order.layout,
        files={name: each.entry for name, each in files.items() if each.ids},
        more=more,
    )
    folder.write(order.name, entry, files={n: each.text for n, each in files.items()})
    count, noun = entry["count"], order.name.replace("_", " ")
    click.echo(f"{count} {noun} written to {order.out}")


def _check(order: Order) -> None:
    if order.invalid and order.kind != "responses":
        raise UsageError(
            f"--invalid goes with responses only, got {order.kind!r}: wrong answers "
            "are what a rule can be broken by"
        )
    if order.rules and not order.invalid:
        raise UsageError("--rule goes with --invalid only; add it")
    if order.types and order.kind != "events":
        raise UsageError(f"--event goes with events only, got {order.kind!r}")
    if order.size is not None and order.kind not in ("requests", "trackers"):
        message = f"--events goes with requests and trackers only, got {order.kind!r}"
        raise UsageError(message)
    if order.actions and order.kind in ("events", "conversations"):
        raise UsageError(f"--action does not go with {order.kind}")
    if order.out is None and order.layout == "pytest":
        raise UsageError("--format pytest writes several files: say where, --out DIR")
    made_by(order.locale)


def read_recipe(order: Order) -> Recipe:
    """Read the files and say what is to be made."""
    registry = Registry.load(order.profile, folders=order.schemas)
    domain = read_domain(order.domain_path, profile=order.profile)
    tell = partial(click.echo, err=True)
    material = Material(nlu=read_nlu(order.nlu, tell=tell) if order.nlu else None)
    for name in order.actions:
        _check_action(name, domain)
    return Recipe(
        kind=order.kind,
        domain=domain,
        registry=registry,
        count=order.count or DEFAULT_COUNT,
        seed=order.seed,
        locale=order.locale,
        now=order.now,
        material=material,
        actions=order.actions,
        types=order.types,
        size=order.size,
    )


def read_domain(path: Path, *, profile: str) -> Domain:
    """Load a domain; what is worth knowing about it goes to standard error."""
    return load_domain(path, slot_types=CustomTypes(), warn=_note, profile=profile)


def _note(message: str) -> None:
    click.echo(f"note: {message}", err=True)


def _check_action(name: str, domain: Domain) -> None:
    known = [*domain.action_names, *domain.server_actions]
    if name in known or name.removeprefix("validate_") in domain.forms:
        return
    near = get_close_matches(name, domain.server_actions, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "add it to the domain"
    raise UsageError(f"the domain has no action {name!r}; {hint}")


def _tell_skipped(skipped: Sequence[Skipped]) -> None:
    by_reason: dict[str, list[str]] = {}
    for each in skipped:
        by_reason.setdefault(each.reason, []).append(each.rule)
    for reason, rules in by_reason.items():
        _note(f"nothing for {', '.join(rules)}: {reason}")


def _more(order: Order, skipped: Sequence[Skipped]) -> Json:
    if not order.invalid:
        return {}
    left_out = {each.rule: each.reason for each in skipped}
    return {"invalid": True, "rules": list(order.rules), "left_out": left_out}


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """The text of a file, and the ids of the fixtures in it, none for a test file."""

    text: str
    ids: tuple[str, ...] = ()

    @property
    def entry(self) -> Json:
        """What the manifest says of it."""
        digest = sha256(self.text.encode()).hexdigest()
        return {"sha256": digest, "ids": list(self.ids)}


def _files(order: Order, made: Iterable[Item]) -> dict[str, File]:
    """Return the files to be written, by name."""
    if order.layout == "json":
        return {
            f"{order.name}/{number:04d}-{_plain(item.id)}.json": File(
                text=to_text(item.document), ids=(item.id,)
            )
            for number, item in enumerate(made, start=1)
        }
    listed = [(item.id, _line(item)) for item in made]
    lines = "".join(f"{line}\n" for _, line in listed)
    name = f"{order.name}.jsonl"
    files = {name: File(text=lines, ids=tuple(each for each, _ in listed))}
    if order.layout == "pytest":
        text = file_of_tests(order.name, kind=order.kind, file=name, manifest=NAME)
        files[f"test_{order.name}.py"] = File(text=text)
    return files


def _line(item: Item) -> str:
    return to_line(item.document) if item.line is None else item.line


def _plain(name: str) -> str:
    """Write an id as part of a file's name, for any file system."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name)[:LONGEST_NAME].strip("-.") or "x"


class Folder:
    """The folder that fixtures go to, with the manifest of what is in it."""

    def __init__(self, path: Path) -> None:
        if path.exists() and not path.is_dir():
            raise UsageError(f"expected a folder, got a file: --out {str(path)!r}")
        self.path = path
        self.manifest = path / NAME
        self.sets: dict[str, Json] = {}
        if self.manifest.exists():
            text = read_text(self.manifest, max_bytes=MAX_MANIFEST)
            self.sets = read_manifest(text, path=str(self.manifest))

    def write(self, name: str, entry: Json, *, files: Mapping[str, str]) -> None:
        """Write the files of a set in place of those that it had before.

        Raises UsageError for a file that is there and not one of the set's.
        """
        before = _written_by(self.sets.get(name))
        for file in files:
            if (self.path / file).exists() and file not in before:
                raise UsageError(
                    f"{str(self.path / file)!r} is there and was not made by this "
                    "command: move it, or choose another --out"
                )
        self.sets[name] = {**entry, "beside": [n for n in files if n.endswith(".py")]}
        try:
            for file in before - files.keys():
                (self.path / file).unlink(missing_ok=True)
            for file, text in files.items():
                target = self.path / file
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(text.encode())
            self.manifest.write_bytes(to_text(manifest_of(self.sets)).encode())
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UsageError(f"cannot write to {str(self.path)!r}: {reason}") from None


def _written_by(entry: Mapping[str, Any] | None) -> set[str]:
    """Name the files of a set, none of which lies outside its folder."""
    if entry is None:
        return set()
    named = {*entry["files"], *entry.get("beside", ())}
    return {n for n in named if ".." not in Path(n).parts and not Path(n).is_absolute()}


class _Step:
    """Shows how far a long run is; a bar comes only after a moment."""

    def __init__(self, bar: Progress | None, *, name: str, total: int | None) -> None:
        self._bar = bar
        self._began = time.monotonic()
        self._task = None if bar is None else bar.add_task(name, total=total)
        self._shown = False

    def __call__(self) -> None:
        if self._bar is None or self._task is None:
            return
        if not self._shown and time.monotonic() - self._began > PATIENCE:
            self._bar.start()
            self._shown = True
        self._bar.advance(self._task)


@contextmanager
def _progress(name: str, *, total: int | None) -> Iterator[_Step]:
    """Show a progress bar on standard error, if that is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Step(None, name=name, total=total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(*columns, console=console, transient=True)
    try:
        yield _Step(bar, name=name, total=total)
    finally:
        bar.stop()


def _counted(made: Iterable[Item], step: _Step) -> Iterator[Item]:
    for item in made:
        step()
        yield item
