"""A bot's training data and metadata for generated conversations, as files have them.

The NLU data are those of YAML files or of a bot's folder, stories and rules aside.
What does not live here: reading one file's `nlu` section (`training_data`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rasa_mock.core.nlu import NluData
from rasa_mock.errors import DataError
from rasa_mock.files.documents import parse_json
from rasa_mock.files.domain import yaml_files
from rasa_mock.files.training_data import NluReader
from rasa_mock.files.yaml import Document, load_yaml

DATA_FOLDER = "data"
EXPECTED = "expected an nlu.yml with a section nlu:, or the folder of a bot"
Tell = Callable[[str], None]


def read_nlu(paths: Iterable[Path | str], *, tell: Tell) -> NluData:
    """Read training data from files, or from folders at any depth.

    Of a bot's folder only `data/` is read, if there is one.  `tell` is told of what
    Rasa skips.  Raises DataError with path and line for what cannot be read, and for a
    path without any training data.
    """
    reader = NluReader()
    for path in map(Path, paths):
        for document in _documents(path):
            _read(document, reader, tell=tell)
    return reader.data()


def _read(document: Document, reader: NluReader, *, tell: Tell) -> None:
    def note(message: str, pointer: str) -> None:
        tell(f"{document.path}:{document.line_of(pointer)}: {message}")

    reader.read(document, tell=note)
    for index, item in enumerate(document.value["nlu"] or ()):
        if isinstance(item, dict) and isinstance(item.get("regex"), str):
            _check_regexes(item, document=document, pointer=f"/nlu/{index}")


def _check_regexes(
    item: Mapping[str, Any], *, document: Document, pointer: str
) -> None:
    """Refuse what is no regular expression, as Rasa does when it trains."""
    found = NluReader()
    one = replace(document, value={"nlu": [dict(item)]})
    found.read(one, tell=lambda _message, _pointer: None)
    for _, pattern in found.regexes:
        wrong = _trouble(pattern)
        if wrong is not None:
            message = f"no regular expression: {pattern!r} ({wrong}); Rasa cannot train"
            raise document.locate(DataError(message, pointer=pointer))


def _trouble(pattern: str) -> str | None:
    try:
        re.compile(pattern)
    except re.error as error:
        return str(error)
    return None


def _documents(path: Path) -> Iterator[Document]:
    """Yield the files that have a section `nlu`; a path without any is an error."""
    if not path.exists():
        raise DataError(f"no such file or folder: {EXPECTED}", path=str(path))
    folder = path / DATA_FOLDER if (path / DATA_FOLDER).is_dir() else path
    files = sorted(yaml_files(folder), key=str) if path.is_dir() else [path]
    found = False
    for file in files:
        document = load_yaml(file)
        if isinstance(document.value, dict) and "nlu" in document.value:
            found = True
            yield document.filled_in()
    if not found:
        line = None if path.is_dir() else 1
        raise DataError(f"no training data: {EXPECTED}", path=str(path), line=line)


def read_metadata(path: Path | str) -> tuple[dict[str, Any], ...]:
    """Read the metadata that messages carry: a JSON object, or a list of objects.

    Raises DataError with path and line for anything else.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        message = f"cannot read the metadata: {error.strerror}"
        raise DataError(message, path=str(path)) from error
    except UnicodeDecodeError as error:
        message = f"cannot read the metadata: expected UTF-8, got {error.reason}"
        raise DataError(message, path=str(path), line=1) from error
    value = parse_json(text, path=str(path))
    items = value if isinstance(value, list) else [value]
    for place, item in enumerate(items):
        if not isinstance(item, dict):
            line = _line_of_item(text, place) if isinstance(value, list) else 1
            message = (
                "expected metadata as a JSON object, or a list of objects, "
                f"got {item!r}"
            )
            raise DataError(message, path=str(path), line=line)
    if not items:
        message = "expected a JSON object, or a list of them, got an empty list"
        raise DataError(message, path=str(path), line=1)
    return tuple(items)


def _line_of_item(text: str, place: int) -> int:
    """Return the line, from 1, on which an item of a JSON list begins."""
    decoder = json.JSONDecoder()
    at = text.index("[") + 1
    for _ in range(place):
        at = decoder.raw_decode(text, _next_sign(text, at))[1]
        at = text.index(",", at) + 1
    return text.count("\n", 0, _next_sign(text, at)) + 1


def _next_sign(text: str, at: int) -> int:
    return len(text) - len(text[at:].lstrip())
