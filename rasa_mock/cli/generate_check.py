"""`rasa-mock generate --check DIR`: which fixtures no longer fit, and what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from rasa_mock.cli.generate_write import MAX_MANIFEST, read_domain
from rasa_mock.errors import DataError, RasaMockError, UsageError
from rasa_mock.files.text import read_text
from rasa_mock.generate.manifest import (
    NAME,
    command,
    read_manifest,
    schema_digest,
)
from rasa_mock.generate.outdated import Judge, Misfit, changes, judge_of
from rasa_mock.generate.provider import DEFAULT_LOCALE, faker_version
from rasa_mock.resources import package_version
from rasa_mock.run.wrong_items import still_wrong
from rasa_mock.schema.registry import Registry

Json = dict[str, Any]
# So many misfits of a set are told one by one, and of one fixture.
TOLD = 20
TOLD_EACH = 3
FINE, UNFIT = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixture:
    """One fixture that was read: its id, where it is, and the document."""

    id: str
    place: str
    document: Any


def check_folder(
    folder: Path, *, kind: str | None, domain_path: Path, schemas: Sequence[Path]
) -> int:
    """Say which fixtures of a folder no longer fit; return the exit code.

    Raises UsageError where there are no fixtures, DataError for a bad manifest.
    """
    manifest = folder / NAME
    if not manifest.is_file():
        raise UsageError(
            f"no {NAME} in {str(folder)!r}: expected a folder that `rasa-mock "
            "generate` has written"
        )
    sets = read_manifest(
        read_text(manifest, max_bytes=MAX_MANIFEST), path=str(manifest)
    )
    chosen = {n: each for n, each in sets.items() if kind in (None, each["kind"])}
    if not chosen:
        held = ", ".join(sorted({each["kind"] for each in sets.values()})) or "nothing"
        raise UsageError(f"no {kind} in {str(folder)!r}: it holds {held}")
    told: list[str] = []
    verdicts = [
        _check_set(
            folder, name, entry, domain_path=domain_path, schemas=schemas, told=told
        )
        for name, entry in chosen.items()
    ]
    return max(verdicts)


def _check_set(
    folder: Path,
    name: str,
    entry: Json,
    *,
    domain_path: Path,
    schemas: Sequence[Path],
    told: list[str],
) -> int:
    """Check one set; `told` is what has been said to have changed."""
    domain = read_domain(domain_path, profile=entry["profile"])
    registry = Registry.load(entry["profile"], folders=schemas)
    judge = judge_of(domain, registry, now=entry.get("now", 0.0))
    unfit = 0
    lines: list[str] = []
    for fixture in _fixtures(folder, entry):
        misfits = _misfits(judge, name, fixture)
        unfit += bool(misfits)
        if misfits and unfit <= TOLD:
            lines += _told(fixture, misfits)
    total = sum(len(each["ids"]) for each in entry["files"].values())
    noun = name.replace("_", " ")
    if unfit:
        click.echo(f"{unfit} of {total} {noun} no longer fit {domain_path}")
    else:
        click.echo(f"all {total} {noun} fit {domain_path}")
    changed = [
        *changes(entry["domain"], domain.as_dict()),
        *_other_changes(entry, registry),
        *_touched(folder, entry),
    ]
    changed = [line for line in changed if line not in told]
    told += changed
    if changed:
        click.echo("\nwhat has changed since they were made")
        for line in changed:
            click.echo(f"  {line}")
    if unfit:
        click.echo("")
        for line in lines:
            click.echo(line)
        if unfit > TOLD:
            click.echo(f"... and {unfit - TOLD} more")
        again = command(entry, domain=str(domain_path), out=str(folder))
        click.echo(f"\nmake them again: {again}")
    return UNFIT if unfit else FINE


def _misfits(judge: Judge, name: str, fixture: Fixture) -> list[Misfit]:
    if isinstance(fixture.document, DataError):
        return [Misfit(pointer="", message=fixture.document.message)]
    if name.startswith("wrong_"):
        return _wrong_misfits(judge, fixture.document)
    return judge.misfits(name, fixture.document)


def _wrong_misfits(judge: Judge, document: Json) -> list[Misfit]:
    """List what does not fit in the state, and whether the answer is still wrong."""
    try:
        found = judge.misfits("state", {"events": document["tracker_events"]})
        wrong = still_wrong(
            document, domain=judge.domain, registry=judge.registry, now=judge.now
        )
    except (KeyError, TypeError, ValueError):
        return [Misfit(pointer="", message="no longer a wrong answer with its label")]
    except RasaMockError as error:
        return [Misfit(pointer="/rule", message=str(error))]
    if not wrong:
        message = f"{document['rule']} finds nothing in it"
        found.append(Misfit(pointer="/rule", message=message))
    return found


def _told(fixture: Fixture, misfits: Sequence[Misfit]) -> Iterator[str]:
    yield f"{fixture.place}  {fixture.id}"
    for misfit in misfits[:TOLD_EACH]:
        yield f"  {misfit.pointer or '/'}: {misfit.message}"
    if len(misfits) > TOLD_EACH:
        yield f"  ... and {len(misfits) - TOLD_EACH} more"


def _fixtures(folder: Path, entry: Json) -> Iterator[Fixture]:
    """Read the fixtures of a set; one that cannot be read is its error."""
    for file, told in entry["files"].items():
        ids = told["ids"]
        try:
            text = read_text(folder / file, max_bytes=MAX_MANIFEST)
        except DataError as error:
            yield Fixture(id=", ".join(ids[:3]), place=file, document=error)
            continue
        in_lines = file.endswith(".jsonl")
        parts = [line for line in text.split("\n") if line] if in_lines else [text]
        for number in range(max(len(parts), len(ids))):
            place = f"{file}:{number + 1}" if in_lines else file
            name = ids[number] if number < len(ids) else "(not in the manifest)"
            part = parts[number] if number < len(parts) else None
            yield Fixture(id=name, place=place, document=_parsed(part))


def _parsed(text: str | None) -> Any:
    if text is None:
        return DataError("it is gone")
    try:
        document = json.loads(text)
    except ValueError as error:
        return DataError(f"no longer JSON: {error}")
    return document if isinstance(document, dict) else DataError("no JSON object")


def _other_changes(entry: Json, registry: Registry) -> Iterator[str]:
    if entry["schema_digest"] != schema_digest(registry):
        yield f"the schemas of profile {registry.profile} are different"
    versions = entry.get("versions", {})
    now = {"rasa_mock": package_version(), "faker": faker_version()}
    for name, version in now.items():
        known = versions.get(name)
        if known is not None and known != version:
            yield f"{name} {known} -> {version}"
    if "faker" in versions and entry.get("locale") != DEFAULT_LOCALE:
        yield (
            f"note: the words of {entry['locale']} are Faker's, another release may "
            "make others"
        )


def _touched(folder: Path, entry: Json) -> Iterator[str]:
    """Name the files that are no longer as they were written."""
    for file, told in entry["files"].items():
        path = folder / file
        if not path.is_file():
            yield f"{file} is gone"
        elif sha256(path.read_bytes()).hexdigest() != told.get("sha256"):
            yield f"{file} was changed by hand"
