"""Where a store, a lock or a broker is: a URL, or a section of an endpoints file.

Both become the name of a kind and its options.  Each registry has a table of kinds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlsplit

from rasa_mock.errors import NotInstalled, UsageError

Options = dict[str, Any]
Tell = Callable[[str], None]
T = TypeVar("T")

FILE_ENDINGS = (".db", ".sqlite", ".sqlite3")
URL = "url"

# Options of every tracker store that are ours: no database is to see them in its URL.
OUR_OPTIONS = ("layout", "record_exp", "variables", "redact", "redact_events")

# Type in an endpoints file of Rasa -> why there is none of it here.
ABSENT: Mapping[str, str] = {
    "mongod": "it could not be tested against a real server: use redis or sql",
    "dynamo": "it could not be tested against a real server: use redis or sql",
    "kafka": "it could not be tested against a real broker: use pika, sql or file",
    "concurrent_redis": "the tickets of Rasa Pro are not known: use redis",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[T]):
    """A row: `types` in endpoints files, `schemes` of URLs, and what makes the thing.

    `options` are those that may stand in a URL behind the question mark.
    """

    types: tuple[str, ...]
    schemes: tuple[str, ...]
    make: T
    options: tuple[str, ...] = field(default=())


def log_warning(message: str) -> None:
    """Tell what was ignored, as Rasa does: in the log."""
    logging.getLogger("rasa_mock.stores").warning(message)


def find_kind(
    source: str | Mapping[str, Any] | None, *, kinds: Iterable[Kind[T]], what: str
) -> tuple[Kind[T], Options]:
    """Find the row that a source names, and the options that it gives.

    A URL is among the options as `url`, without its own options.
    """
    rows = list(kinds)
    if source is None:
        return rows[0], {}
    if isinstance(source, str):
        return _by_url(source, rows, what=what)
    options = dict(source)
    kind = options.pop("type", None) or options.pop("store_type", None)
    if kind is None:
        return rows[0], options
    for row in rows:
        if str(kind).lower() in row.types:
            return row, options
    raise _unknown(str(kind), [name for row in rows for name in row.types], what)


def _by_url(url: str, rows: list[Kind[T]], *, what: str) -> tuple[Kind[T], Options]:
    if url.endswith(FILE_ENDINGS) and ":" not in url.partition("/")[0]:
        url = f"sqlite:{url}"
    scheme = urlsplit(url).scheme
    for row in rows:
        if scheme in row.schemes or scheme.partition("+")[0] in row.schemes:
            return row, {URL: url, **_options(url, row)}
    names = [f"{name}:" for row in rows for name in row.schemes]
    raise _unknown(f"{scheme}:" if scheme else url, names, what)


def _options(url: str, row: Kind[Any]) -> Options:
    given = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    return {name: value for name, value in given.items() if name in row.options}


def without_options(url: str, names: Iterable[str]) -> str:
    """Return a URL without those of its options."""
    path, separator, query = url.partition("?")
    left = [
        pair for pair in query.split("&") if pair.partition("=")[0] not in set(names)
    ]
    return path + separator + "&".join(left) if any(left) else path


def _unknown(name: str, known: list[str], what: str) -> UsageError:
    expected = ", ".join(known)
    reason = ABSENT.get(name.rstrip(":").lower())
    if "." in name and ":" not in name:
        reason = f"classes of your own are not loaded: use one of {expected}"
    if reason is not None:
        return UsageError(f"there is no {what} of type {name!r} here: {reason}")
    close = get_close_matches(name.lower(), known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return UsageError(f"unknown {what} {name!r}: expected one of {expected}{hint}")


@contextmanager
def needed(extra: str) -> Iterator[None]:
    """Say which extra of this package brings a library that is not there."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise NotInstalled(error.name, extra=extra) from error


def number(options: Options, name: str, *, default: Any = None) -> Any:
    """Take a number out of options; raise UsageError if it is none."""
    value = options.get(name)
    if value is None or value == "":
        return default
    try:
        return int(value) if float(value) == int(float(value)) else float(value)
    except (TypeError, ValueError):
        raise UsageError(f"expected a number as {name}, got {value!r}") from None


def truth(options: Options, name: str) -> bool:
    """Take a truth value out of options; text counts by what it says."""
    value = options.get(name)
    if isinstance(value, str):
        return value.strip().lower() in ("true", "1", "yes")
    return bool(value)
