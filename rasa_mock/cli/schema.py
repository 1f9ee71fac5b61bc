"""`rasa-mock schema`: list, show, export and compare the JSON Schemas of profiles."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from rasa_mock.core.profile import PROFILES
from rasa_mock.errors import UsageError
from rasa_mock.resources import DEFAULT_PROFILE
from rasa_mock.schema.difference import as_document, as_text, differences
from rasa_mock.schema.folder import EVENTS, Document
from rasa_mock.schema.registry import EventSchema, Registry
from rasa_mock.schema.text import to_text

WIDTH = 80
Command = TypeVar("Command", bound=Callable[..., Any])


def profile_options(function: Command) -> Command:
    """Add `--profile` and `--schemas` to a command."""
    function = click.option(
        "--profile", default=DEFAULT_PROFILE, show_default=True, metavar="NAME"
    )(function)
    return click.option(
        "--schemas",
        type=click.Path(path_type=Path),
        multiple=True,
        metavar="DIR",
        help="Schemas of your own event types and slots (may be repeated).",
    )(function)


@click.group("schema")
def command() -> None:
    """List, show, export and compare the JSON Schemas (draft 2020-12) of profiles."""


@command.command("list")
@profile_options
@click.option(
    "--format",
    "layout",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
)
def list_(*, profile: str, schemas: Sequence[Path], layout: str) -> None:
    """List what there is a schema for."""
    registry = Registry.load(profile, folders=schemas)
    rows = [_row(registry, name) for name in registry.names()]
    if layout == "json":
        click.echo(json.dumps(rows, indent=2))
        return
    events = [row for row in rows if row["name"].startswith(EVENTS)]
    click.echo(f"profile {profile}\n")
    click.echo("messages and their parts")
    for row in rows:
        if row not in events:
            click.echo(f"  {row['name']:<27}{row['title']}")
    click.echo(f"\n{len(events)} event types")
    for row in events:
        name = row["name"].removeprefix(EVENTS)
        click.echo(f"  {name:<27}{row['title']:<27}{_remark(row)}".rstrip())


def _row(registry: Registry, name: str) -> dict[str, Any]:
    row = {"name": name, "title": registry.document(name).get("title", "")}
    event = registry.event_types.get(name.removeprefix(EVENTS))
    return row if not name.startswith(EVENTS) or event is None else row | _event(event)


def _event(event: EventSchema) -> dict[str, Any]:
    return {
        "tracked": event.tracked,
        "returned": event.returned,
        "alias_of": event.alias_of,
    }


def _remark(row: dict[str, Any]) -> str:
    if row["alias_of"]:
        return f"now {row['alias_of']}"
    if row["tracked"] and row["returned"]:
        return ""
    return "only in trackers" if row["tracked"] else "only in answers"


@command.command("show")
@click.argument("name")
@profile_options
@click.option("--bundle", is_flag=True, help="With everything that it refers to.")
def show(*, name: str, profile: str, schemas: Sequence[Path], bundle: bool) -> None:
    """Print one schema: NAME as in the list, such as tracker or slot."""
    registry = Registry.load(profile, folders=schemas)
    document = registry.bundle(name) if bundle else registry.document(name)
    click.echo(to_text(document), nl=False)


@command.command("profiles")
def profiles_() -> None:
    """List the profiles: the versions of Rasa that can be imitated."""
    for profile in PROFILES.values():
        mark = "  (default)" if profile.name == DEFAULT_PROFILE else ""
        click.echo(f"  {profile.name:<15}{profile.title}{mark}")


@command.command("diff")
@click.argument("old")
@click.argument("new")
@click.option(
    "--format",
    "layout",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
)
def diff(*, old: str, new: str, layout: str) -> None:
    """Say what changes for a server from profile OLD to profile NEW."""
    found = differences(Registry.load(old), Registry.load(new))
    if layout == "json":
        document = as_document(found, old=old, new=new)
        click.echo(json.dumps(document, indent=2))
        return
    for line in as_text(found, old=old, new=new, wrap=_wrapped):
        click.echo(line)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text,
        width=WIDTH,
        initial_indent="  - ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


@command.command("export")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where to write; without it --bundle and --openapi print.",
)
@click.option("--bundle", is_flag=True, help="One document that needs no other.")
@click.option("--openapi", is_flag=True, help="OpenAPI 3.1 of an action server.")
@profile_options
def export(
    *,
    out: Path | None,
    bundle: bool,
    openapi: bool,
    profile: str,
    schemas: Sequence[Path],
) -> None:
    """Write the schemas to a folder: a file each, as one bundle, or as OpenAPI."""
    registry = Registry.load(profile, folders=schemas)
    files = _files(registry, bundle=bundle, openapi=openapi)
    if out is not None:
        for name, document in files.items():
            click.echo(_write(out / name, document))
    elif len(files) == 1:
        click.echo(to_text(*files.values()), nl=False)
    else:
        raise UsageError("several files to write, expected --out DIR")


def _files(registry: Registry, *, bundle: bool, openapi: bool) -> dict[str, Document]:
    files: dict[str, Document] = {}
    if bundle:
        files[f"{registry.profile}.bundle.json"] = registry.bundle()
    if openapi:
        from rasa_mock.schema.openapi import openapi as describe

        files["openapi.json"] = describe(registry)
    return files or {
        f"{name}.json": document for name, document in registry.documents().items()
    }


def _write(path: Path, document: Document) -> str:
    """Write a document and return its path; raise UsageError if that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(to_text(document), encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"cannot write {str(path)!r}: {reason.lower()}") from None
    return str(path)
