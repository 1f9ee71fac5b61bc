"""Which name was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

CUTOFF = 0.75


def nearest(name: str, known: Iterable[str], *, cutoff: float = CUTOFF) -> str | None:
    """Return the known name most like `name`, None if none is."""
    return _nearest(name, tuple(known), cutoff=cutoff)


@lru_cache(maxsize=256)
def _nearest(name: str, known: tuple[str, ...], *, cutoff: float) -> str | None:
    near = get_close_matches(name, sorted(known), n=1, cutoff=cutoff)
    return near[0] if near else None


def meant(name: str, known: Iterable[str], *, otherwise: str) -> str:
    """Return the question whether the nearest name was meant, or another hint."""
    near = nearest(name, known)
    return f"did you mean {near!r}?" if near else otherwise
