"""Read JSON strictly: one document a file, or one a line (`.jsonl`, `.ndjson`).

Strictly means as RFC 8259 has it: `NaN` and `Infinity` are not JSON, though Python's
own reader takes them.  A file is never trusted: its size, its depth and the length of
its numbers are limited, and every refusal says where and what to do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from rasa_mock.errors import DataError
from rasa_mock.files.text import read_text

MAX_BYTES = 64 * 2**20
LINES = frozenset({".jsonl", ".ndjson"})

_STRING_OR_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|(?P<word>-?Infinity|NaN)')
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonDocument:
    """One document, and where it was read from; `line` only where one file has many."""

    value: Any
    path: str
    line: int | None = None

    @property
    def place(self) -> str:
        """The file, and the line behind a colon if there are many in it."""
        return self.path if self.line is None else f"{self.path}:{self.line}"


def read_documents(path: Path) -> Iterator[JsonDocument | DataError]:
    """Yield the documents of a file; one of many that cannot be read is its error.

    Raises DataError if the file as a whole cannot be read.
    """
    text = read_text(path, max_bytes=MAX_BYTES)
    in_lines = path.suffix.lower() in LINES
    return parse_documents(text, path=str(path), in_lines=in_lines)


def read_stream(stream: BinaryIO, *, name: str) -> Iterator[JsonDocument | DataError]:
    """Yield the documents of a stream (standard input) as `read_documents` does."""
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        message = f"expected at most {MAX_BYTES:,} bytes; give it in parts"
        raise DataError(message, path=name)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"expected text in UTF-8, got byte 0x{data[error.start]:02x} at offset "
            f"{error.start}",
            path=name,
            line=data.count(b"\n", 0, error.start) + 1,
        ) from None
    return parse_documents(text, path=name)


def parse_documents(
    text: str, *, path: str, in_lines: bool = False
) -> Iterator[JsonDocument | DataError]:
    """Yield the documents of a text: one, or one a line.

    A text that is not known to be lines is taken as such if its first line is a
    document of its own and more follow.
    """
    if not text.strip():
        raise DataError("expected a JSON document, got nothing", path=path)
    if in_lines or _has_lines(text):
        return _of_lines(text, path=path)
    return iter([JsonDocument(value=parse_json(text, path=path), path=path)])


def _has_lines(text: str) -> bool:
    first, _, rest = text.lstrip().partition("\n")
    if not rest.strip() or first[:1] not in ("{", "["):
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


def _of_lines(text: str, *, path: str) -> Iterator[JsonDocument | DataError]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield _of_line(line, path=path, number=number)


def _of_line(line: str, *, path: str, number: int) -> JsonDocument | DataError:
    try:
        value = parse_json(line, path=path, line=number)
    except DataError as error:
        return error
    return JsonDocument(value=value, path=path, line=number)


def parse_json(text: str, *, path: str | None = None, line: int = 1) -> Any:
    """Return the value of a JSON text whose first line has the number `line`.

    Raises DataError, with line and column, if it is not JSON.
    """
    if text.startswith(_BOM):
        message = "starts with a byte order mark; save it as UTF-8 without one"
        raise DataError(message, path=path, line=line, column=1)
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        found = _describe(text, error)
        raise _at(text, error.pos, message=found, path=path, line=line) from None
    except _NotJsonError as error:
        message = f"not JSON: the bare word {error}; write null or a string"
        position = _find_word(text, str(error))
        raise _at(text, position, message=message, path=path, line=line) from None
    except RecursionError:
        message = "nested too deep to be read; nothing that Rasa sends is"
        raise DataError(message, path=path, line=line) from None
    except ValueError:  # Python's limit on the digits of an integer
        message = "a number with too many digits; write it as a string"
        raise DataError(message, path=path, line=line) from None


class _NotJsonError(Exception):
    """A word that Python's JSON reader takes for a number."""


def _refuse(word: str) -> NoReturn:
    raise _NotJsonError(word)


def _find_word(text: str, word: str) -> int:
    """Return where a bare word stands, strings left aside."""
    for match in _STRING_OR_WORD.finditer(text):
        if match["word"] == word:
            return match.start()
    return 0


def _describe(text: str, error: json.JSONDecodeError) -> str:
    if error.pos >= len(text.rstrip()):
        return "not JSON: it ends too early; is the file cut off?"
    message = error.msg[0].lower() + error.msg[1:]
    got = text[error.pos : error.pos + 12].split("\n", maxsplit=1)[0]
    return f"not JSON: {message}, got {got!r}"


def _at(
    text: str, position: int, *, message: str, path: str | None, line: int
) -> DataError:
    before = text[:position]
    return DataError(
        message,
        path=path,
        line=line + before.count("\n"),
        column=position - before.rfind("\n"),
    )
