"""What the three kinds of conformance checks have in common.

The clock of the recorded Rasa stood still, its generated names were all the same, and
two custom slot classes could be imported; all three are imitated here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rasa_mock.clients.base import ActionClient
from rasa_mock.clock import parse_date
from rasa_mock.core.bot import Bot
from rasa_mock.core.diff import ABSENT, Difference, differences
from rasa_mock.core.domain import Domain
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.tracker import Tracker
from rasa_mock.errors import DataError

Json = dict[str, Any]

NOW = 1700000000.125
NEW_ID = "00000000-0000-1000-8000-000000000000"


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    return value


SLOT_TYPES: Mapping[str, Callable[[Any], Any]] = {
    "oracle_slots.PlainSlot": _plain,
    "oracle_slots.UpperSlot": _upper,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """One recorded case and where it differs: it has passed if nowhere."""

    id: str
    family: str
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the checks need from outside.

    `open_client` makes the real client, one that opens a connection for each request;
    `read_yaml` reads a YAML text; `bot` is the one that whole conversations are with.
    """

    open_client: Callable[[Endpoint], ActionClient]
    read_yaml: Callable[[str], Any]
    bot: Bot | None = None


def new_id() -> str:
    """Return the name that every generated reminder had."""
    return NEW_ID


def make_domain(document: Json | None) -> Domain | None:
    """Build a recorded domain; null stands for no domain."""
    if document is None:
        return None
    return Domain.from_dict(document, slot_types=SLOT_TYPES)


def make_tracker(
    case: Json, events: Iterable[Any], *, domain: Domain | None
) -> Tracker:
    """Fold events into a tracker with the settings of a case."""
    tracker = _empty_tracker(case, domain=domain)
    tracker.extend(events)
    return tracker


def make_restored(
    case: Json, events: Iterable[Any], *, domain: Domain | None
) -> Tracker:
    """Make the tracker that a store gives back; see `Tracker.from_store`."""
    tracker = _empty_tracker(case, domain=domain)
    tracker.restore(events)
    return tracker


def _empty_tracker(case: Json, *, domain: Domain | None) -> Tracker:
    return Tracker(
        case["sender_id"],
        domain=domain,
        now=NOW,
        new_id=new_id,
        parse_date=parse_date,
        max_event_history=case.get("max_event_history"),
    )


def compare(
    expected: Json, got: Json, *, ignored: Iterable[str] = (), pointer: str = ""
) -> Iterator[Difference]:
    """Compare what was recorded with what came out, member by member.

    Members of `expected` that `got` does not have are differences; those that only
    `got` has were not recorded for this case.  What came out is compared as JSON has
    it: a slot without a name is called "null" there.
    """
    for name in expected:
        if name not in ignored:
            value = json.loads(json.dumps(got[name])) if name in got else ABSENT
            yield from differences(
                expected[name], value, pointer=f"{pointer}/{name}", ordered=True
            )


def error_of(error: DataError | None) -> Json | None:
    """Say of an error what is compared: phase, class and, if it has one, index."""
    if error is None:
        return None
    said = {"phase": error.phase, "class": error.rasa_class, "index": error.index}
    return {name: value for name, value in said.items() if value is not None}


WORDING = ("mro", "message", "cause")


def recorded_error(error: Json | None) -> Json | None:
    """Reduce a recorded error to what is compared; see `error_of`."""
    if error is None:
        return None
    return {name: value for name, value in error.items() if name not in WORDING}


def need(case: Json, *names: str) -> None:
    """Raise DataError unless the case has these members."""
    for name in names:
        if name not in case:
            raise DataError(
                f"not a recorded case: expected a member {name!r} in "
                f"{case.get('id', 'a case without id')!r}"
            )


def not_understood(case: Json, known: Iterable[str]) -> Iterator[Difference]:
    """Yield a difference for each member that nothing here knows how to compare."""
    for name in case:
        if name not in known:
            yield Difference(
                pointer=f"/{name}", expected=case[name], got="nothing that compares it"
            )


def as_recorded(value: Any) -> Any:
    """Write NaN and the infinities as text, as the recorder did in its own files."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {name: as_recorded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_recorded(item) for item in value]
    return value
