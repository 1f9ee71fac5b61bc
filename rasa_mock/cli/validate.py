"""`rasa-mock validate KIND FILE...`: check documents against a profile's schemas.

Exit codes: 0 all are right; 1 one is not; 2 a file cannot be read, or wrong usage.
What a right document looks like is said in `schemas/`, not here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from textwrap import wrap
from typing import Any, Protocol

import click

from rasa_mock.errors import DataError
from rasa_mock.files.documents import read_documents, read_stream
from rasa_mock.resources import DEFAULT_PROFILE
from rasa_mock.schema.folder import EVENTS
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.validate import LIMIT, validate
from rasa_mock.schema.wording import SchemaIssue

STDIN = "-"
YAML = frozenset({".yml", ".yaml"})
WIDTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One document, the place it is from, and where in its file a pointer is."""

    value: Any
    place: str
    line_of: Callable[[str], int | None] | None = None


class Layout(Protocol):
    """How results are shown."""

    def checked(self, source: Source, issues: list[SchemaIssue]) -> None:
        """Take the result of one document."""

    def unreadable(self, error: DataError) -> None:
        """Take the error of a document that cannot be read."""

    def done(self) -> None:
        """Show what is left to show."""


@click.command("validate")
@click.argument("kind")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--profile", default=DEFAULT_PROFILE, show_default=True, metavar="NAME")
@click.option(
    "--schemas",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="DIR",
    help="Schemas of your own event types and slots (may be repeated).",
)
@click.option(
    "--format",
    "layout",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
)
@click.option(
    "--max-faults",
    type=click.IntRange(min=1),
    default=LIMIT,
    show_default=True,
    metavar="N",
    help="List no more faults of one document.",
)
def command(
    *,
    kind: str,
    files: tuple[str, ...],
    profile: str,
    schemas: Sequence[Path],
    layout: str,
    max_faults: int,
) -> None:
    """Check documents: requests, answers, trackers, events, domains.

    KIND is a name of `rasa-mock schema list`, such as action_request, action_response,
    tracker, event or slot. FILE holds one JSON document, or one a line; - is standard
    input. YAML is read too, and a domain may be a folder.
    """
    registry = Registry.load(profile, folders=schemas)
    name = registry.find(kind)
    show: Layout = _LAYOUTS[layout](kind=name, profile=profile)
    codes = {0}
    is_domain = name == "domain"
    for source in chain.from_iterable(
        _sources(file, is_domain=is_domain) for file in files
    ):
        if isinstance(source, DataError):
            show.unreadable(source)
            codes.add(2)
        else:
            issues = validate(name, source.value, registry=registry, limit=max_faults)
            show.checked(source, issues)
            codes.add(1 if issues else 0)
    show.done()
    sys.exit(max(codes))


def _sources(file: str, *, is_domain: bool) -> Iterator[Source | DataError]:
    """Yield the documents of a file, or the errors of those that cannot be read."""
    try:
        yield from _read(file, is_domain=is_domain)
    except DataError as error:
        yield error


def _read(file: str, *, is_domain: bool) -> Iterator[Source | DataError]:
    path = Path(file)
    if file != STDIN and (path.suffix.lower() in YAML or (is_domain and path.is_dir())):
        yield _read_yaml(path)
        return
    documents = (
        read_stream(sys.stdin.buffer, name="standard input")
        if file == STDIN
        else read_documents(path)
    )
    for document in documents:
        if isinstance(document, DataError):
            yield document
        else:
            yield Source(value=document.value, place=document.place)


def _read_yaml(path: Path) -> Source:
    if path.is_dir():
        from rasa_mock.files.domain import read_domain

        return Source(value=read_domain(path), place=str(path))
    from rasa_mock.files.yaml import load_yaml

    document = load_yaml(path)
    return Source(value=document.value, place=str(path), line_of=document.line_of)


class _Text:
    """Faults below the document they are in, for people; 80 columns."""

    def __init__(self, *, kind: str, profile: str) -> None:
        self.what = f"{kind.removeprefix(EVENTS)}, {profile}"
        self.documents = 0
        self.wrong = 0

    def checked(self, source: Source, issues: list[SchemaIssue]) -> None:
        self.documents += 1
        if not issues:
            return
        self.wrong += 1
        click.echo(f"{_printable(source.place)}: {_count(len(issues), 'fault')}")
        for issue in issues:
            self._fault(source, issue)

    def _fault(self, source: Source, issue: SchemaIssue) -> None:
        line = source.line_of(issue.pointer) if source.line_of else None
        behind = f" (line {line})" if line else ""
        click.echo(f"  {_printable(issue.pointer) or '(the document)'}{behind}")
        branch = f"{issue.branch} event: " if issue.branch else ""
        indent = " " * 6
        text = _printable(branch + issue.message)
        for row in wrap(
            text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  "
        ):
            click.echo(row)

    def unreadable(self, error: DataError) -> None:
        click.echo(f"error: {_printable(str(error))}", err=True)

    def done(self) -> None:
        if not self.documents:
            return
        right = self.documents - self.wrong
        verdict = f"{self.wrong} wrong, {right} right" if self.wrong else "all right"
        click.echo(f"{_count(self.documents, 'document')} ({self.what}): {verdict}")


class _Json:
    """One JSON object with everything, for programs."""

    def __init__(self, *, kind: str, profile: str) -> None:
        self.result: dict[str, Any] = {
            "kind": kind,
            "profile": profile,
            "documents": [],
            "unreadable": [],
        }

    def checked(self, source: Source, issues: list[SchemaIssue]) -> None:
        found = {"place": source.place, "valid": not issues}
        rows = [asdict(issue) for issue in issues]
        self.result["documents"].append({**found, "issues": rows})

    def unreadable(self, error: DataError) -> None:
        place = {"path": error.path, "line": error.line, "column": error.column}
        self.result["unreadable"].append({**place, "message": error.message})

    def done(self) -> None:
        click.echo(json.dumps(self.result, indent=2))


_LAYOUTS: dict[str, Any] = {"json": _Json, "text": _Text}


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _printable(text: str) -> str:
    """Return a text with control characters and broken ones written as escapes."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
