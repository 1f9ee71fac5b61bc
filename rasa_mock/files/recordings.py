"""Read recordings of a real Rasa: JSON or JSON lines, perhaps compressed with gzip.

Rasa writes `NaN` and `Infinity`, so they are read here.  What a recording means is the
business of `rasa_mock.run.conformance`.
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from pathlib import Path
from typing import Any

from rasa_mock.errors import DataError

MAX_BYTES = 512 * 2**20
GZIP = b"\x1f\x8b"


def read_recording(path: Path) -> Any:
    """Return the value of a JSON file, or the list of the values of its lines.

    Raises DataError for a file that is missing, too large, cut off, or not JSON.
    """
    data = _unpacked(_read(path), path=path)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"expected text in UTF-8, got byte 0x{data[error.start]:02x} at offset "
            f"{error.start}",
            path=str(path),
        ) from error
    if not text.strip():
        raise DataError("expected a recording, got an empty file", path=str(path))
    first, _, rest = text.strip().partition("\n")
    if rest and _is_value(first):
        return [
            _value(line, path=path, line=number)
            for number, line in enumerate(text.split("\n"), start=1)
            if line.strip()
        ]
    return _value(text, path=path, line=1)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise DataError("no such file; check the path", path=str(path)) from error
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read the file: {error}", path=str(path)) from error
    return _bounded(data, path=path)


def _unpacked(data: bytes, *, path: Path) -> bytes:
    if not data.startswith(GZIP):
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return _bounded(stream.read(MAX_BYTES + 1), path=path)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"a broken gzip file: {error}", path=str(path)) from error


def _bounded(data: bytes, *, path: Path) -> bytes:
    if len(data) > MAX_BYTES:
        raise DataError(
            f"expected at most {MAX_BYTES:,} bytes; split the file", path=str(path)
        )
    return data


def _is_value(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _value(text: str, *, path: Path, line: int) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(
            f"not JSON: {error.msg}",
            path=str(path),
            line=line + error.lineno - 1,
            column=error.colno,
        ) from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"not JSON: {error}", path=str(path), line=line) from error
