"""What changes for an action server from one profile to another, in plain words.

Two sources: the rows of `core.profile` (what is sent when, and what becomes of
replies) and the schemas (fields, event types).  A profile of one's own that extends
another is compared by its schemas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rasa_mock.core.profile import Profile, find_profile
from rasa_mock.schema.folder import EVENTS, Document
from rasa_mock.schema.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that changes: `area` is a key of AREAS, `names` what it is about."""

    area: str
    text: str
    names: tuple[str, ...] = ()


AREAS: Mapping[str, str] = {
    "request": "the request",
    "tracker": "the tracker in it",
    "domain": "the domain in it",
    "events": "events in trackers and answers",
    "reply": "what becomes of answers",
}
LAYOUTS: Mapping[str, str] = {
    "as written": "the domain is written as in the files: intents are names or "
    "objects, `required_slots` a list, empty sections are left out",
    "2.x": "the domain is normalised: every intent an object, `required_slots` a "
    "mapping of slots to their mappings, slots with the path of their class and "
    "`auto_fill`, `config`, `entities` and all other sections always there",
    "flat": "the domain's `intents` are plain names and `actions` are all that can be "
    "predicted, Rasa's own among them",
}
# Field of a profile -> what it means where it is set, and where it is not.
HABITS: Mapping[str, tuple[str, str]] = {
    "other_content_is_empty": (
        "a body that is not declared as JSON counts as `{}`: success, no events",
        "a body that is not declared as JSON makes the action fail",
    ),
    "marks_success": (
        "the logged `action` says in its metadata whether it failed, and why",
        "the logged `action` does not say whether it failed",
    ),
    "item_wins": (
        "an item's own text and image win over those of the response that it names",
        "the domain's response wins over what the item that names it says itself",
    ),
    "named_if_not_null": (
        "an item with an empty `response` is skipped: leave the key out, or send null",
        "an empty `response` is none: the item's own text is sent",
    ),
    "reads_template": (
        "`template` still names a response where `response` is empty",
        "`template` names no response any more",
    ),
    "last_resort": (
        "where no variation is suitable, `utter_internal_error_rasa` is said",
        "where no variation is suitable, the item is skipped in silence",
    ),
    "skips_bad_events": (
        "an event that passes the schema but cannot be read is left out alone",
        "an event that passes the schema but cannot be read loses the whole answer",
    ),
}


def differences(old: Registry, new: Registry) -> list[Difference]:
    """List what changes for a server that knows `old` and meets `new`."""
    one, two = find_profile(old.profile), find_profile(new.profile)
    return [
        *_of_request(one, two),
        *_of_tracker(one, two),
        *_of_messages(old, new),
        *_of_domain(one, two),
        *_of_events(old, new),
        *_of_replies(one, two),
    ]


def _of_request(old: Profile, new: Profile) -> Iterator[Difference]:
    def said(text: str, *names: str) -> Difference:
        return Difference(area="request", text=text, names=names)

    if old.version != new.version:
        yield said(
            f"`version` is {new.version!r} instead of {old.version!r}", "version"
        )
    more, less = _apart(old.request_fields, new.request_fields)
    if more:
        yield said(f"new: {_listed(more)}", *more)
    if less:
        yield said(f"gone: {_listed(less)}", *less)
    common = [name for name in old.request_fields if name in new.request_fields]
    if common != [name for name in new.request_fields if name in common]:
        yield said(f"the keys come in another order: {', '.join(new.request_fields)}")
    if new.domain_digest and not old.domain_digest:
        yield said(
            "`domain` is not sent at first, only its digest; answer with status 449 to "
            "get the same request again with the domain in it; a second 449 fails",
            "domain",
            "domain_digest",
        )
    if old.domain_digest and not new.domain_digest:
        yield said(
            "`domain` is in every request, without a digest; status 449 makes the "
            "action fail",
            "domain",
        )


def _of_tracker(old: Profile, new: Profile) -> Iterator[Difference]:
    more, less = _apart(old.tracker_fields, new.tracker_fields)
    slots, fewer = _apart(*([n for n, _ in p.automatic_slots] for p in (old, new)))
    for names, what in (
        (more, "new fields"),
        (less, "gone"),
        (slots, "slots that are always there"),
        (fewer, "slots that are not there by themselves"),
    ):
        if names:
            text = f"{what}: {_listed(names)}"
            yield Difference(area="tracker", text=text, names=names)
    keys, without = _apart(old.metadata, new.metadata)
    for names, verb in ((keys, "has"), (without, "lacks")):
        if names:
            text = f"the metadata of events {verb} {_listed(names)}"
            yield Difference(area="tracker", text=text, names=names)


def _of_messages(old: Registry, new: Registry) -> Iterator[Difference]:
    fields, gone = _apart(*(_parse_data(registry) for registry in (old, new)))
    for names, verb in ((fields, "may have"), (gone, "no longer has")):
        if names:
            text = f"`latest_message` and `parse_data` {verb} {_listed(names)}"
            yield Difference(area="tracker", text=text, names=names)


def _parse_data(registry: Registry) -> tuple[str, ...]:
    document = registry.document("parse_data")
    return _fields(document.get("$defs", {}).get("fields", document))


def _of_domain(old: Profile, new: Profile) -> Iterator[Difference]:
    if old.domain_layout != new.domain_layout:
        yield Difference(area="domain", text=LAYOUTS[new.domain_layout])
    if old.slots_need_mappings and not new.slots_need_mappings:
        text = "a slot may have no `mappings`"
        yield Difference(area="domain", text=text, names=("mappings",))
    if new.slots_need_mappings and not old.slots_need_mappings:
        text = "every slot has `mappings`"
        yield Difference(area="domain", text=text, names=("mappings",))
    if new.calm and not old.calm:
        yield Difference(
            area="domain",
            text="slots may have mappings of type `from_llm` or `controlled`, "
            "responses and mappings conditions that are texts",
            names=("from_llm", "controlled"),
        )


def _of_events(old: Registry, new: Registry) -> Iterator[Difference]:
    more, less = _apart(tuple(old.event_types), tuple(new.event_types))
    if more:
        text = (
            f"{len(more)} new types, which a tracker may hold and an action may return"
        )
        yield Difference(area="events", text=f"{text}: {_listed(more)}", names=more)
    if less:
        text = f"{len(less)} types are unknown: returning one loses the whole answer"
        yield Difference(area="events", text=f"{text}: {_listed(less)}", names=less)
    for name in (name for name in new.event_types if name in old.event_types):
        key = EVENTS + name
        fields, gone = _apart(_fields(old.document(key)), _fields(new.document(key)))
        for names, text in ((fields, "also has"), (gone, "no longer has")):
            if names:
                yield Difference(
                    area="events",
                    text=f"`{name}` {text} {_listed(names)}",
                    names=(name, *names),
                )


def _of_replies(old: Profile, new: Profile) -> Iterator[Difference]:
    for field, (yes, no) in HABITS.items():
        before, after = bool(getattr(old, field)), bool(getattr(new, field))
        if before != after:
            yield Difference(area="reply", text=yes if after else no, names=(field,))
    more, _ = _apart(old.tolerated_events, new.tolerated_events)
    if more:
        text = f"{_listed(more)} is let in and then dropped"
        yield Difference(area="reply", text=text, names=more)


def _fields(document: Document) -> tuple[str, ...]:
    properties: Any = document.get("properties", {})
    return tuple(name for name, schema in properties.items() if schema is not False)


def _apart(old: Any, new: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what only the new one has, and what only the old one has."""
    return (
        tuple(name for name in new if name not in old),
        tuple(name for name in old if name not in new),
    )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def as_document(found: list[Difference], *, old: str, new: str) -> Document:
    """Return the differences as JSON."""
    rows = [
        {"area": each.area, "text": each.text, "names": list(each.names)}
        for each in found
    ]
    return {"from": old, "to": new, "differences": rows}


def as_text(
    found: list[Difference],
    *,
    old: str,
    new: str,
    wrap: Callable[[str], list[str]],
) -> Iterator[str]:
    """Yield the lines of a report; `wrap` breaks one text into lines that fit."""
    if not found:
        yield f"nothing changes for a server from {old} to {new}"
        return
    yield f"what changes for a server from {old} to {new}"
    for area, title in AREAS.items():
        own = [each for each in found if each.area == area]
        if own:
            yield ""
            yield title
        for each in own:
            yield from wrap(each.text)
