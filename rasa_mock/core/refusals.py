"""How a domain that real Rasa refuses is reported.

Rasa checks little of a domain itself; most wrong shapes make it stumble over Python
(a `TypeError` while it walks over a `null`).  The readers of the domain walk over the
document as Rasa does, so the same thing stumbles here, and `reading` turns that into a
`DataError` that says what stands where and what was expected.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rasa_mock.errors import DataError

PHASE = "domain"

# What wrong shapes make Python raise inside Rasa.  `InvalidDomain` and the like are
# raised here as DataError and pass through.
_STUMBLES = (TypeError, AttributeError, LookupError, ValueError, RecursionError)


def refuse(rasa_class: str, message: str, *, pointer: str | None = None) -> DataError:
    """Make the error for a domain that Rasa refuses with `rasa_class`.

    `message` is Rasa's wording, so that it can be found in Rasa's forum and issues.
    """
    return DataError(message, rasa_class=rasa_class, phase=PHASE, pointer=pointer)


@contextmanager
def reading(pointer: str, *, expected: str, got: Any) -> Iterator[None]:
    """Turn a stumble over the shape of `got` into a DataError that says so.

    A refusal raised inside without a pointer gets this one.
    """
    try:
        yield
    except DataError as error:
        if error.pointer is None:
            error.pointer = pointer
        raise
    except _STUMBLES as error:
        kind = type(error).__name__
        raise refuse(
            kind,
            f"expected {expected}, got {reprlib.repr(got)}; "
            f"Rasa stops here with {kind}: {error}",
            pointer=pointer,
        ) from error


def pointer_token(name: object) -> str:
    """Escape one name for a JSON pointer (RFC 6901)."""
    return str(name).replace("~", "~0").replace("/", "~1")
