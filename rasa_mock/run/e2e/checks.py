"""What a test case names and the domain lacks: found before anything is played."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from rasa_mock.core.domain import Domain
from rasa_mock.core.e2e import UTTER, Case, SlotValue
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


def unknown_names(case: Case, *, domain: Domain) -> Iterator[str]:
    """Yield a note for each action and response that a case names, the domain lacks.

    Rasa takes them, and what is never said or run is then always true of them.  A
    domain with flows has names of Rasa's own patterns, too.
    """
    known = {"action": domain.action_names, "response": domain.responses}
    for kind, name, line in _names(case):
        if name not in known[kind] and not domain.flows:
            place = case.path if line is None else f"{case.path}:{line}"
            yield f"{place}: {_lacks(kind, name, known[kind])}"


def _names(case: Case) -> Iterator[tuple[str, str, int | None]]:
    """Yield kind, name and line of what a case names."""
    yield from (("action", name, None) for name in case.stubs)
    for step in case.steps:
        if step.kind == UTTER:
            yield "response", step.text, step.line
        for each in step.assertions:
            if each.key == "action_executed":
                yield "action", each.value, each.line
            elif each.key in ("bot_uttered", "bot_did_not_utter"):
                name = each.value.get("utter_name")
                yield from [("response", name, each.line)] if name else ()


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
