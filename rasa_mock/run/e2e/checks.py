"""What a test case names and the domain lacks: found before anything is played."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from rasa_mock.core.domain import Domain
from rasa_mock.core.e2e import Case, SlotValue
from rasa_mock.errors import DataError

# Slots that Rasa Pro has in every domain.
ALWAYS = ("mocked_datetime", "flow_hashes")


def check_slots(case: Case, *, domain: Domain) -> None:
    """Raise DataError, with the line, for a slot that the domain lacks."""
    for slot in _slots(case):
        if slot.name not in domain.slots and slot.name not in ALWAYS:
            raise unknown_slot(
                slot.name, domain=domain, path=case.path, line=slot.line or case.line
            )


def unknown_slot(
    name: str, *, domain: Domain, path: str | None, line: int | None
) -> DataError:
    """Make the error for a slot that the domain lacks."""
    return DataError(_lacks("slot", name, domain.slots), path=path, line=line)


def unknown_form(
    name: str, *, domain: Domain, path: str | None, line: int | None
) -> DataError:
    """Make the error for a form that the domain lacks."""
    return DataError(_lacks("form", name, domain.forms), path=path, line=line)


def _lacks(kind: str, name: str, known: Iterable[str]) -> str:
    near = get_close_matches(str(name), list(known), n=1)
    hint = f"did you mean {near[0]!r}?" if near else "add it to the domain"
    return f"the domain has no {kind} {name!r}; {hint}"


def _slots(case: Case) -> Iterator[SlotValue]:
    yield from case.fixtures
    for step in case.steps:
        yield from step.slots
        for assertion in step.assertions:
            yield from assertion.slots
