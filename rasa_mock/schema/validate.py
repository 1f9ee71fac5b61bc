"""Check documents against a profile, and say each fault where it is.

An event is checked by the schema of its own type and form only, never by all types in
turn: errors then name the right field, and 1,000 events take milliseconds.  With
jsonschema-rs installed a right document is recognised at once; only a wrong one, or one
with Python values that JSON does not have, is gone through by jsonschema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from itertools import chain, islice
from typing import Any

from rasa_mock.schema import compose, engines, lean
from rasa_mock.schema.folder import EVENTS
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.values import MAX_DEPTH, Purity, impurities, purity
from rasa_mock.schema.wording import (
    SchemaIssue,
    cut,
    from_error,
    issue,
    to_pointer,
)

#: no more faults of one document are listed
LIMIT = 1_000

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventList:
    """Where a kind of document holds events, and the form in which they stand there."""

    path: tuple[str, ...]
    union: str


#: kinds that are checked in two steps: everything else first, then event by event
EVENT_LISTS: Mapping[str, EventList] = {
    "action_request": EventList(path=("tracker", "events"), union="tracked_event"),
    "action_response": EventList(path=("events",), union="event"),
    "tracker": EventList(path=("events",), union="tracked_event"),
}


def validate(
    kind: str,
    document: Any,
    *,
    registry: Registry | None = None,
    engine: str = "auto",
    limit: int = LIMIT,
) -> list[SchemaIssue]:
    """Return every fault of a document, none if it is right.

    `kind` is a name of the registry: `action_request`, `action_response`, `event` (as
    an action returns it), `tracked_event` (as Rasa sends it), `events/slot`, ...
    Raises UsageError for an unknown kind, never for a document, whatever is in it.
    """
    registry = registry or Registry.load()
    checker = _checker(registry, kind=registry.find(kind), engine=engine)
    purest = purity(document)
    if purest is Purity.PLAIN and not registry.slots and checker.passes(document):
        return []
    faults = checker.faults(document, purest=purest)
    if registry.slots:
        faults = chain(
            faults, _slot_faults(kind, document, registry=registry, engine=engine)
        )
    return list(islice(_with_end(faults, limit=limit), limit + 1))


def _slot_faults(
    kind: str, document: Any, *, registry: Registry, engine: str
) -> Iterator[SchemaIssue]:
    """Yield what the project's own schemas say of the values that an answer sets."""
    where = EVENT_LISTS.get(kind)
    if where is None or where.union != "event":
        return
    for index, event in enumerate(_list_at(document, where.path)):
        if not isinstance(event, dict) or event.get("event") != "slot":
            continue
        name, value = event.get("name"), event.get("value")
        schema = registry.slots.get(name) if isinstance(name, str) else None
        if schema is None or value is None:
            continue
        place = to_pointer((*where.path, index, "value"))
        for fault in validate(schema, value, registry=registry, engine=engine):
            yield replace(fault, pointer=place + fault.pointer, branch="slot")


def is_valid(
    kind: str,
    document: Any,
    *,
    registry: Registry | None = None,
    engine: str = "auto",
) -> bool:
    """Say whether a document is right: `validate` without the details."""
    found = validate(kind, document, registry=registry, engine=engine, limit=1)
    return not found


def _with_end(faults: Iterator[SchemaIssue], *, limit: int) -> Iterator[SchemaIssue]:
    yield from islice(faults, limit)
    if next(faults, None) is not None:
        yield SchemaIssue(
            pointer="",
            message=f"further faults are not listed, there are more than {limit}",
            expected=f"at most {limit} faults",
            got="more",
            branch=None,
            keyword="limit",
        )


def _checker(registry: Registry, *, kind: str, engine: str) -> Checker:
    key = (kind, engine)
    if key not in registry.checkers:
        registry.checkers[key] = Checker(registry, kind=kind, engine=engine)
    checker: Checker = registry.checkers[key]
    return checker


class Checker:
    """The validators of one kind of document, each built once, when it is needed."""

    def __init__(self, registry: Registry, *, kind: str, engine: str) -> None:
        self.registry = registry
        self.start = {"$ref": f"{compose.DEFS}{compose.definition(kind)}"}
        self.fast = engines.fast(
            {**self.start, "$defs": registry.for_yes_or_no}, engine=engine
        )
        self.events = EVENT_LISTS.get(kind)
        self.branch = kind.removeprefix(EVENTS) if kind.startswith(EVENTS) else None
        union = self.events.union if self.events else kind
        self.union = (
            Union(registry, name=union, engine=engine)
            if union in compose.UNIONS
            else None
        )

    @cached_property
    def shell(self) -> Any:
        """The validator of everything but the events, which are left to the union."""
        anything: dict[str, Any] = (
            {union: {} for union in compose.UNIONS} if self.events else {}
        )
        return _portable(self.start, {**self.registry.compiled, **anything})

    def passes(self, document: Any) -> bool:
        """Say whether the fast engine finds the document right; False if unknown."""
        return self.fast is not None and engines.passes(self.fast, document)

    def faults(self, document: Any, *, purest: Purity) -> Iterator[SchemaIssue]:
        """Yield every fault, those in events last."""
        if purest is Purity.DEEP:
            yield _too_deep()
            return
        known = set()
        if purest is Purity.FAULTY:
            for path, got in impurities(document):
                fault = issue(
                    path, expected="a JSON value", got=got, branch=None, keyword="json"
                )
                known.add(fault.pointer)
                yield fault
        try:
            for fault in self._schema_faults(document):
                if fault.pointer not in known:
                    yield fault
        except RecursionError:  # a schema that refers to itself
            yield _too_deep()

    def _schema_faults(self, document: Any) -> Iterator[SchemaIssue]:
        if self.union is None or self.events is not None:
            yield from _unique(self.shell, document, prefix=(), branch=self.branch)
        if self.union is None:
            return
        if self.events is None:
            yield from self.union.faults(document, prefix=())
            return
        path = self.events.path
        for index, event in enumerate(_list_at(document, path)):
            yield from self.union.faults(event, prefix=(*path, index))


class Union:
    """One of the two documents that choose by event type, taken apart by type."""

    def __init__(self, registry: Registry, *, name: str, engine: str) -> None:
        self.registry = registry
        self.form = compose.UNIONS[name]
        self.names = registry.names_in(name)
        self.fast = engines.fast(
            {"$ref": f"{compose.DEFS}{name}", "$defs": registry.for_yes_or_no},
            engine=engine,
        )
        properties = registry.compiled[name]["properties"]
        self.common = {
            **registry.compiled[name],
            "properties": {**properties, "event": {"type": "string"}},
            "allOf": [],
        }
        self._validators: dict[str | None, Any] = {}

    def validator(self, name: str | None) -> Any:
        """Return the validator of one event type, or of what all have in common."""
        if name not in self._validators:
            compiled = self.registry.compiled
            refs = (
                []
                if name is None
                else lean.event_references(name, compiled, form=self.form)
            )
            self._validators[name] = _portable({**self.common, "allOf": refs}, compiled)
        return self._validators[name]

    def faults(self, event: Any, *, prefix: Path) -> Iterator[SchemaIssue]:
        """Yield the faults of one event at `prefix` of the document."""
        name = event.get("event") if isinstance(event, dict) else None
        if not isinstance(name, str):
            yield from _unique(self.validator(None), event, prefix=prefix, branch=None)
        elif name not in self.names:
            yield self._not_allowed(name, path=(*prefix, "event"))
        elif self.fast is None or not engines.passes(self.fast, event):
            yield from _unique(self.validator(name), event, prefix=prefix, branch=name)

    def _not_allowed(self, name: str, *, path: Path) -> SchemaIssue:
        where = "a tracker" if self.form == "tracked" else "an answer"
        expected = (
            f"one of the {len(self.names)} event types of {where} "
            f"(profile {self.registry.profile})"
        )
        got = repr(cut(name))
        return SchemaIssue(
            pointer=to_pointer(path),
            message=f"expected {expected}, got {got}{self._hint(name)}",
            expected=expected,
            got=got,
            branch=None,
            keyword="enum",
        )

    def _hint(self, name: str) -> str:
        known = self.registry.event_types.get(name)
        if known is not None:
            return f"; Rasa writes it as {known.alias_of!r}" if known.alias_of else ""
        near = get_close_matches(name, self.names, n=1)
        return f"; did you mean {near[0]!r}?" if near else ""


def _portable(schema: dict[str, Any], definitions: Mapping[str, dict[str, Any]]) -> Any:
    return engines.portable(lean.inlined(schema, definitions, within=frozenset()))


def _unique(
    validator: Any, document: Any, *, prefix: Path, branch: str | None
) -> Iterator[SchemaIssue]:
    """Yield the faults that a validator finds, the same thing said once.

    Several schemas apply to one event; where two of them restrict a type, the later
    one, which is stricter, speaks.
    """
    found: dict[tuple[str, str, str], SchemaIssue] = {}
    for error in sorted(validator.iter_errors(document), key=_place):
        fault = from_error(error, prefix=prefix, branch=branch)
        what = "" if fault.keyword == "type" else fault.expected
        found[fault.pointer, fault.keyword, what] = fault
    yield from found.values()


def _place(error: Any) -> list[tuple[bool, str | int]]:
    """Return what sorts errors by place; jsonschema's own order may change."""
    return [(isinstance(token, str), token) for token in error.absolute_path]


def _list_at(document: Any, path: tuple[str, ...]) -> Sequence[Any]:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, (list, tuple)) else []


def _too_deep() -> SchemaIssue:
    return issue(
        (),
        expected=f"a document nested at most {MAX_DEPTH} levels deep",
        got="a deeper one",
        branch=None,
        keyword="depth",
    )
