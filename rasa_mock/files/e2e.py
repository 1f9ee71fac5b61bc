"""Conversation tests in the format of `rasa test e2e`: a YAML file to `CaseFile`.

The shape of the file is checked first (`files.e2e_shapes`), then its names: fixtures,
metadata, stubs.  Fixtures of `conftest.yml` in the file's folder and above it count,
too, the nearer ones more; the file's own count most.

Imitates rasa/e2e_test/{e2e_test_case,stub_custom_action}.py (Rasa Pro 3.21).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rasa_mock.core.e2e import (
    SLOT_WAS_NOT_SET,
    SLOT_WAS_SET,
    USER,
    Assertion,
    Case,
    CaseFile,
    SlotValue,
    Step,
)
from rasa_mock.files.e2e_shapes import CONFTEST, E2E_FILE, STEPS
from rasa_mock.files.shapes import Spot, nearest
from rasa_mock.files.yaml import load_yaml

CONFTESTS = ("conftest.yml", "conftest.yaml")
SECTION = "test_cases"
MOCKED_DATETIME = "mocked_datetime"
SEPARATOR = "::"
# Assertions about slots, and the steps that are.
ABOUT_SLOTS = (SLOT_WAS_SET, SLOT_WAS_NOT_SET)


def load_cases(path: Path | str) -> CaseFile:
    """Read the test cases of a file.

    Raises DataError with path and line for an unknown key (and names the nearest one),
    a wrong type, and the name of a fixture or of metadata that is nowhere defined.
    """
    document = load_yaml(path).filled_in()
    spot = Spot(document=document)
    E2E_FILE(document.value, spot)
    reader = _Reader(spot=spot, path=str(path))
    reader.fixtures = {**_inherited(Path(path)), **_fixtures(spot)}
    reader.metadata = _named(spot, "metadata")
    cases = tuple(reader.cases())
    return CaseFile(
        path=str(path),
        cases=cases,
        shared=reader.shared(),
        notes=tuple(reader.notes(cases)),
    )


# Fixtures.


def _inherited(path: Path) -> dict[str, tuple[SlotValue, ...]]:
    """Return the fixtures of all conftest files from the top down."""
    found: dict[str, tuple[SlotValue, ...]] = {}
    for folder in reversed(path.absolute().parents):
        for name in CONFTESTS:
            place = folder / name
            if place.is_file() and place != path.absolute():
                spot = Spot(document=load_yaml(place).filled_in())
                CONFTEST(spot.document.value or {}, spot)
                found |= _fixtures(spot)
    return found


def _fixtures(spot: Spot) -> dict[str, tuple[SlotValue, ...]]:
    """Return the slots of each fixture in a document."""
    return {
        name: tuple(_presets(slots, spot / "fixtures" / place / name))
        for name, (place, slots) in _placed(spot, "fixtures").items()
    }


def _presets(slots: list[dict[str, Any]], spot: Spot) -> Iterator[SlotValue]:
    for index, item in enumerate(slots):
        for name, value in item.items():
            place = spot / index / name
            given = _moment(value, place) if name == MOCKED_DATETIME else plain(value)
            yield SlotValue(name=name, has_value=True, value=given, line=place.line)


def _moment(value: Any, spot: Spot) -> str:
    """Write the value of `mocked_datetime` as an ISO date and time."""
    given = value.isoformat() if isinstance(value, date) else value
    try:
        return datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", given)).isoformat()
    except (TypeError, ValueError):
        raise spot.wrong(
            f"expected a date such as 2025-03-01 or 2025-03-01T10:00:00+01:00, got "
            f"{value!r}"
        ) from None


def _placed(spot: Spot, section: str) -> dict[str, tuple[int, Any]]:
    """Return the items of a list of named things, and where each stands."""
    found: dict[str, tuple[int, Any]] = {}
    document = spot.document.value or {}
    for index, item in enumerate(document.get(section) or ()):
        for name, value in item.items():
            if name in found:
                raise (spot / section / index / name).wrong(
                    f"{name!r} occurs twice in {section}; rename one of the two"
                )
            found[name] = (index, value)
    return found


def _named(spot: Spot, section: str) -> dict[str, Any]:
    return {name: value for name, (_, value) in _placed(spot, section).items()}


# Cases.


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Reads the cases of one document, which has the right shape."""

    spot: Spot
    path: str
    fixtures: dict[str, tuple[SlotValue, ...]] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> Mapping[str, Any]:
        """The document."""
        value: Mapping[str, Any] = self.spot.document.value
        return value

    def cases(self) -> Iterator[Case]:
        """Yield the cases; of those with the same name the later ones are numbered."""
        seen: dict[str, int] = {}
        for index, raw in enumerate(self.value[SECTION]):
            name = raw["test_case"]
            seen[name] = seen.get(name, 0) + 1
            shown = name if seen[name] == 1 else f"{name} ({seen[name]})"
            yield self._case(raw, self.spot / SECTION / index, name=shown)

    def _case(self, raw: Mapping[str, Any], spot: Spot, *, name: str) -> Case:
        metadata = self._metadata(raw, spot)
        return Case(
            name=name,
            path=self.path,
            line=(spot / "test_case").line,
            fixtures=tuple(self._presets(raw, spot)),
            steps=tuple(
                self._step(step, spot / "steps" / index, metadata=metadata)
                for index, step in enumerate(raw["steps"])
            ),
            stubs=self._stubs(raw["test_case"]),
            source=raw,
        )

    def _presets(self, raw: Mapping[str, Any], spot: Spot) -> Iterator[SlotValue]:
        for index, name in enumerate(raw.get("fixtures") or ()):
            if name not in self.fixtures:
                raise (spot / "fixtures" / index).wrong(
                    self._unknown("fixture", name, known=self.fixtures)
                )
            yield from self.fixtures[name]

    def _metadata(self, raw: Mapping[str, Any], spot: Spot) -> dict[str, Any]:
        name = raw.get("metadata")
        if name is None:
            return {}
        if name not in self.metadata:
            raise (spot / "metadata").wrong(
                self._unknown("metadata", name, known=self.metadata)
            )
        return dict(plain(self.metadata[name]))

    def _unknown(self, kind: str, name: str, *, known: Mapping[str, Any]) -> str:
        names = ", ".join(known) or "none"
        hint = nearest(name, tuple(known)) or f": expected one of {names}"
        section = "metadata" if kind == "metadata" else "fixtures"
        also = " or in a conftest.yml" if kind == "fixture" else ""
        return f"unknown {kind} {name!r}{hint}; define it under {section}{also}"

    def _step(
        self, raw: Mapping[str, Any], spot: Spot, *, metadata: Mapping[str, Any]
    ) -> Step:
        kind = next(key for key in STEPS if key in raw)
        given = raw[kind]
        if kind in ABOUT_SLOTS:
            slots = tuple(_step_slots(given, spot / kind))
            return Step(kind=kind, slots=slots, line=spot.line)
        if kind != USER:
            return Step(kind=kind, text=given, line=spot.line)
        return Step(
            kind=kind,
            text=given,
            metadata={**metadata, **self._metadata(raw, spot)},
            assertions=tuple(
                _assertion(item, spot / "assertions" / index)
                for index, item in enumerate(raw.get("assertions") or ())
            ),
            ordered=raw.get("assertion_order_enabled", False),
            line=spot.line,
        )

    # Stubs.

    def _stubs(self, case: str) -> dict[str, Any]:
        """Return what answers the actions of a case; its own stubs win."""
        shared, own = {}, {}
        for key, stub in (self.value.get("stub_custom_actions") or {}).items():
            name, separator, action = str(key).rpartition(SEPARATOR)
            if not separator:
                shared[action] = plain(stub)
            elif name in (case, case.replace(" ", "_")):
                own[action] = plain(stub)
        return {**shared, **own}

    def notes(self, cases: tuple[Case, ...]) -> Iterator[str]:
        """Yield what is allowed and likely wrong."""
        names = {case.source["test_case"] for case in cases}
        known = names | {name.replace(" ", "_") for name in names}
        for key in self.value.get("stub_custom_actions") or {}:
            name, separator, _ = str(key).rpartition(SEPARATOR)
            if separator and name not in known:
                line = (self.spot / "stub_custom_actions" / key).line
                hint = nearest(name, sorted(known))
                yield f"{self.path}:{line}: no test case {name!r} for this stub{hint}"
        for case in cases:
            yield from _repeated_texts(case)

    def shared(self) -> dict[str, Any]:
        """Return the other sections, so that single cases can be written anew."""
        sections: dict[str, Any] = {
            "fixtures": [
                {name: [{slot.name: slot.value} for slot in slots]}
                for name, slots in self.fixtures.items()
            ],
            "metadata": [{name: value} for name, value in self.metadata.items()],
            "stub_custom_actions": self.value.get("stub_custom_actions") or {},
        }
        return {name: plain(value) for name, value in sections.items() if value}


def _repeated_texts(case: Case) -> Iterator[str]:
    """Warn of a message that occurs twice, as Rasa does where assertions follow it."""
    seen: list[tuple[str, Any]] = []
    for step in case.steps:
        if step.kind != USER or not case.has_assertions:
            continue
        if (step.text, step.metadata) in seen:
            yield (
                f"{case.path}:{step.line}: {step.text!r} occurs twice in "
                f"{case.name!r}: Rasa needs different metadata to tell the turns apart"
            )
        seen.append((step.text, step.metadata))


def _assertion(item: Mapping[str, Any], spot: Spot) -> Assertion:
    ((key, value),) = item.items()
    slots: tuple[SlotValue, ...] = ()
    if key in ABOUT_SLOTS:
        slots = tuple(
            SlotValue(
                name=slot["name"],
                has_value="value" in slot,
                value=plain(slot.get("value")),
                line=(spot / key / index).line,
            )
            for index, slot in enumerate(value)
        )
    return Assertion(key=key, value=plain(value), slots=slots, line=spot.line)


def _step_slots(items: list[Any], spot: Spot) -> Iterator[SlotValue]:
    for index, item in enumerate(items):
        line = (spot / index).line
        if isinstance(item, str):
            yield SlotValue(name=item, line=line)
            continue
        for name, value in item.items():
            yield SlotValue(name=name, has_value=True, value=plain(value), line=line)


def plain(value: Any) -> Any:
    """Return a value as JSON has it: dates as texts."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
