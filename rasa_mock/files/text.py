"""Read a text file whole, safely: it exists, is a file, is not too large, is UTF-8.

Imitates `rasa.shared.utils.io.read_file` (Rasa 3.6) for what is accepted; the cap on
the size is our own.
"""

from __future__ import annotations

import io
import stat
from pathlib import Path

from rasa_mock.errors import DataError

MAX_BYTES = 5 * 1024 * 1024


def read_text(path: Path, *, max_bytes: int = MAX_BYTES) -> str:
    """Return the text of the file, line ends as newlines.

    Raises DataError for a file that is missing, not a regular file, larger than
    `max_bytes` (looked at before reading), unreadable or not UTF-8.
    """
    data = _read_bytes(path, max_bytes=max_bytes)
    try:
        with io.TextIOWrapper(io.BytesIO(data), encoding="utf-8") as stream:
            return stream.read()
    except UnicodeDecodeError as error:
        raise DataError(
            f"expected text in UTF-8, got byte 0x{data[error.start]:02x} at offset "
            f"{error.start}; save the file in UTF-8",
            path=str(path),
            line=data.count(b"\n", 0, error.start) + 1,
            rasa_class="FileIOException",
        ) from error


def _read_bytes(path: Path, *, max_bytes: int) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DataError(
                f"expected a file, got {_kind(status.st_mode)}; "
                "give the path of a file",
                path=str(path),
            )
        _check_size(path, status.st_size, max_bytes=max_bytes)
        with path.open("rb") as stream:
            data = stream.read(max_bytes + 1)
    except FileNotFoundError as error:
        raise DataError("no such file; check the path", path=str(path)) from error
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read the file: {error}", path=str(path)) from error
    _check_size(path, len(data), max_bytes=max_bytes)
    return data


def _check_size(path: Path, size: int, *, max_bytes: int) -> None:
    if size > max_bytes:
        raise DataError(
            f"expected at most {max_bytes:,} bytes, got {size:,}; split the file, or "
            "give the path of the right one",
            path=str(path),
        )


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((name for test, name in kinds if test(mode)), "something else")
