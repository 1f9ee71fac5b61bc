"""A profile: the documents of its folder, its event types, and its validators.

Any file in the folder's `events/` is an event type: no list of them exists in Python.
What a document must look like to pass is said in the folder, how it is checked in
`schema.validate`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from rasa_mock.errors import DataError, UsageError
from rasa_mock.resources import DEFAULT_PROFILE
from rasa_mock.schema import compose, lean
from rasa_mock.schema.extending import (
    complete,
    is_slot,
    laid_over,
    read_profile,
    read_settings,
    sorted_documents,
)
from rasa_mock.schema.folder import EVENTS, OVERLAY, Document

#: what every profile describes; a folder of its own may describe more
KINDS = (
    "action_request",
    "action_response",
    "domain",
    "entity",
    "event",
    "parse_data",
    "response",
    "tracked_event",
    "tracker",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSchema:
    """One event type of a profile: its document, and what `x-rasa` says about it."""

    name: str
    schema: Document
    x_rasa: Mapping[str, Any]

    @property
    def tracked(self) -> bool:
        """Whether Rasa writes it into the trackers that it sends."""
        return compose.allows(self.schema, "tracked")

    @property
    def returned(self) -> bool:
        """Whether an action may return it."""
        return compose.allows(self.schema, "returned")

    @property
    def alias_of(self) -> str | None:
        """The event type as which Rasa writes it back, if it is an old spelling."""
        alias = self.x_rasa.get("alias_of")
        return alias if isinstance(alias, str) else None


class Registry:
    """The schemas of one profile, by name: `tracker`, `events/slot`."""

    def __init__(
        self,
        documents: Mapping[str, Document],
        *,
        profile: str = DEFAULT_PROFILE,
        unknown_events: str | None = None,
    ) -> None:
        missing = [kind for kind in KINDS if kind not in documents]
        if missing:
            raise DataError(
                f"the profile lacks {', '.join(f'{kind}.json' for kind in missing)}; "
                "copy a whole profile, or keep nothing but events/ in the folder"
            )
        self.profile = profile
        self.unknown_events = unknown_events
        self._documents = compose.with_branches(documents)
        self.event_types: Mapping[str, EventSchema] = {
            name: _event_schema(name, documents[EVENTS + name])
            for name in compose.event_names(documents)
        }
        #: slot -> the document that describes its values
        self.slots: Mapping[str, str] = {
            document["x-rasa"].get("slot", name): name
            for name, document in documents.items()
            if is_slot(document)
        }

    @classmethod
    def load(
        cls,
        profile: str = DEFAULT_PROFILE,
        *,
        folder: Path | str | None = None,
        folders: Sequence[Path | str] = (),
    ) -> Registry:
        """Return a profile that comes with rasa_mock, or the one in `folder`.

        A folder that is no whole profile is laid over it, and so are those of
        `folders`, in order.  Raises UsageError for an unknown profile, DataError for a
        folder that cannot be used.
        """
        wanted = [Path(each) for each in (folder, *folders) if each is not None]
        if not wanted:
            return _built_in(profile)
        documents, unknown = read_profile(profile), None
        for each in wanted:
            documents = _with_folder(documents, each, profile=profile)
            unknown = read_settings(each).get("unknown_events", unknown)
        return cls(documents, profile=profile, unknown_events=unknown)

    def names(self) -> tuple[str, ...]:
        """Return the names of all documents, event types last."""
        return tuple(sorted(self._documents, key=lambda name: (EVENTS in name, name)))

    def find(self, name: str) -> str:
        """Return the full name for one as people write it: `slot`, `events/slot.json`.

        Raises UsageError, with the nearest name, if there is none.
        """
        plain = name.removesuffix(".json")
        for candidate in (plain, EVENTS + plain):
            if candidate in self._documents:
                return candidate
        known = [name.removeprefix(EVENTS) for name in self.names()]
        near = get_close_matches(plain.removeprefix(EVENTS), known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "see `rasa-mock schema list`"
        raise UsageError(f"no schema {name!r} in profile {self.profile}; {hint}")

    def document(self, name: str) -> Document:
        """Return one document as published, references to other files in it."""
        return self._documents[self.find(name)]

    def bundle(self, root: str | None = None) -> Document:
        """Return one document that needs no other file.

        Without a root it describes any message on the wire: a request if it has
        `next_action`, otherwise an answer.
        """
        head = self._wire_message() if root is None else self._only(self.find(root))
        return {"$schema": compose.DIALECT, **head, "$defs": dict(self.definitions)}

    def _wire_message(self) -> Document:
        return {
            "title": f"Action server protocol, {self.profile}",
            "description": "A message between Rasa and an action server: a request if "
            "it has next_action, otherwise an answer. Every part of it is in $defs.",
            "if": {"required": ["next_action"]},
            "then": {"$ref": f"{compose.DEFS}action_request"},
            "else": {"$ref": f"{compose.DEFS}action_response"},
        }

    def _only(self, name: str) -> Document:
        document = self._documents[name]
        words = ("title", "description")
        return {
            **{word: document[word] for word in words if word in document},
            "$ref": f"{compose.DEFS}{compose.definition(name)}",
        }

    @cached_property
    def definitions(self) -> Mapping[str, Document]:
        """All documents by their key in a bundle; see `compose.definitions`."""
        return compose.definitions(self._documents)

    @cached_property
    def compiled(self) -> Mapping[str, Document]:
        """The definitions without the words for people."""
        return {
            key: lean.without_annotations(document)
            for key, document in self.definitions.items()
        }

    @cached_property
    def for_yes_or_no(self) -> Mapping[str, Document]:
        """The definitions in the form that jsonschema-rs is fastest with."""
        names = {union: self.names_in(union) for union in compose.UNIONS}
        return lean.for_yes_or_no(self.compiled, names)

    def names_in(self, union: str) -> list[str]:
        """Return the event types that `event` or `tracked_event` chooses among."""
        form = compose.UNIONS[union]
        types = self.event_types.values()
        return [event.name for event in types if compose.allows(event.schema, form)]

    @cached_property
    def checkers(self) -> dict[Any, Any]:
        """The validators built so far; `schema.validate` fills it."""
        return {}

    def slot_of(self, name: str) -> str | None:
        """Return the slot whose values a document describes, None if it does not."""
        found = (slot for slot, document in self.slots.items() if document == name)
        return next(found, None)

    def documents(self) -> Mapping[str, Document]:
        """Return all documents as published, by name."""
        return dict(self._documents)


@cache
def _built_in(profile: str) -> Registry:
    return Registry(read_profile(profile), profile=profile)


def _with_folder(
    documents: Mapping[str, Document], folder: Path, *, profile: str
) -> dict[str, Document]:
    """Lay a project's folder over a profile; a whole profile takes its place."""
    from rasa_mock.schema.engines import check_schema

    extends = read_settings(folder).get("extends")
    own = complete(folder, profile=profile)
    if not own:
        raise DataError(
            "expected schemas, found no file *.json or events/*.json in it",
            path=str(folder),
        )
    for name, document in own.items():
        check_schema(document, path=str(folder / f"{name}.json"))
    whole = [kind for kind in KINDS if kind in own and not _is_overlay(own[kind])]
    missing = [f"{kind}.json" for kind in KINDS if kind not in own]
    if extends is not None or not missing:
        return own
    if whole:
        raise DataError(
            f"the profile lacks {', '.join(missing)}; copy a whole profile, or keep "
            'nothing but events/ and files with x-rasa {"kind": "slot"} in the folder'
        )
    return sorted_documents({**documents, **laid_over(documents, own)})


def _is_overlay(document: Document) -> bool:
    hints = document.get("x-rasa")
    return isinstance(hints, dict) and bool(hints.get(OVERLAY))


def _event_schema(name: str, document: Document) -> EventSchema:
    hints = document.get("x-rasa")
    return EventSchema(
        name=name, schema=document, x_rasa=hints if isinstance(hints, dict) else {}
    )
