"""Any bot's domain, also one with slot classes of its own, which nobody here has.

Rasa would import such a class; we let it store what it is given, and say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rasa_mock.core.domain import Domain
from rasa_mock.core.profile import RASA_3_6, Named
from rasa_mock.core.slots import keep
from rasa_mock.files.domain import load_domain

RASAS_OWN = "rasa."


def load_any_domain(
    path: Path, *, notes: list[str], profile: Named = RASA_3_6
) -> Domain:
    """Load the domain; what is worth knowing about it goes into `notes`."""
    custom = CustomTypes()
    domain = load_domain(path, slot_types=custom, warn=notes.append, profile=profile)
    if custom.seen:
        named = ", ".join(sorted(custom.seen))
        notes.append(f"what these slot classes store is not known here: {named}")
    return domain


class CustomTypes(Mapping[str, Callable[[Any], Any]]):
    """Slot classes of the user's own: any dotted path, each stores what it is given.

    Rasa would import them; `seen` are the paths that were asked for.
    """

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def __getitem__(self, path: str) -> Callable[[Any], Any]:
        if "." not in path or path.startswith(RASAS_OWN):
            raise KeyError(path)
        self.seen.add(path)
        return keep

    def __iter__(self) -> Iterator[str]:
        return iter(self.seen)

    def __len__(self) -> int:
        return len(self.seen)

    def __bool__(self) -> bool:
        return True  # it is never without a class, only not asked yet
