"""The table of the 23 events that Rasa Open Source 3.6 knows on the wire.

A row says how an event is read and what it does.  Reading makes the dict that Rasa
would write (`as_dict` of each class in `rasa.shared.core.events`): same keys, same
order, defaults filled in, unknown fields gone, old names replaced.  What the events do
stands in `rasa_mock.core.state`; `undo` and `rewind`, which need the whole history, in
`rasa_mock.core.tracker`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from rasa_mock.core import state as effects
from rasa_mock.core.state import Message, Sparse, State, Wire
from rasa_mock.errors import DataError

DateParser = Callable[[Any, float], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an event gets what only the outside world knows.

    `now()` gives seconds since the epoch, `new_id()` the name of a nameless reminder.
    `parse_date(text, now)` gives the date in ISO format; what is missing in the text
    is taken from the day of `now`.  It raises DataError where Rasa's parser fails.
    `known` names the event types that a project adds to Rasa's own: they are kept as
    they are and change nothing.  `vocabulary` are Rasa's own (those of Open Source 3.6
    by default).
    """

    now: Callable[[], float]
    new_id: Callable[[], str]
    parse_date: DateParser
    known: Collection[str] = frozenset()
    vocabulary: Vocabulary = field(default_factory=lambda: OPEN_SOURCE)


Parser = Callable[[Mapping[str, Any], Source], Wire]
Effect = Callable[[State, Wire], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    """One row: how events of this name are read, and what they do.

    `written` is the name that Rasa writes (old names differ).  What a type does is
    None where it takes more than the state: `core.history` sees to these.
    """

    name: str
    parse: Parser
    apply: Effect | None
    written: str


def cannot_read(rasa_class: str, message: str) -> DataError:
    """Make the error for an event that Rasa cannot deserialise."""
    return DataError(message, rasa_class=rasa_class, phase="deserialise")


def fields(written: str, **defaults: Any) -> Parser:
    """Make a reader that lays an event over a template: these fields, these defaults.

    Fields that the template does not have are dropped.  Metadata comes third if there
    is any; without it the key is absent, unless `defaults` names it.
    """
    bare = {"event": written, "timestamp": None, **defaults}
    rich = {"event": written, "timestamp": None, "metadata": None, **defaults}

    def parse(raw: Mapping[str, Any], source: Source) -> Wire:
        template = rich if raw.get("metadata") else bare
        event: Wire = {**template, **raw}
        if len(event) != len(template):
            event = {name: event[name] for name in template}
        if not event["timestamp"]:
            event["timestamp"] = source.now()
        return event

    return parse


def renaming(written: str, **defaults: Any) -> Parser:
    """Make a reader for an event with an old name, which Rasa no longer writes."""
    lay = fields(written, **defaults)

    def parse(raw: Mapping[str, Any], source: Source) -> Wire:
        return {**lay(raw, source), "event": written}

    return parse


def remembering(written: str, *names: str) -> Parser:
    """Make a reader for an event whose fields Rasa reads but never writes."""
    bare = fields(written)

    def parse(raw: Mapping[str, Any], source: Source) -> Wire:
        event = Sparse(bare(raw, source))
        event.unwritten = {name: raw.get(name) for name in names}
        return event

    return parse


_read_user = fields(
    "user",
    text=None,
    parse_data=None,
    input_channel=None,
    message_id=None,
    metadata=None,
)


def parse_user(raw: Mapping[str, Any], source: Source) -> Wire:
    """Read a `user` event; Rasa lays the parse data over what the event itself says."""
    given = raw.get("parse_data")
    if not isinstance(given, dict):
        raise _has_no_get(given)
    intent = given.get("intent") or {}
    if not isinstance(intent, dict):
        raise _has_no_get(intent)
    entities = given.get("entities") or []
    if entities:
        entities = _own(entities)
    event = Message(_read_user(raw, source))
    metadata = event["metadata"] = event["metadata"] or {}
    parse_data = event["parse_data"] = {
        "intent": intent,
        "entities": [],
        "text": event["text"],
        "message_id": event["message_id"],
        "metadata": metadata,
        **given,
    }
    if entities:
        parse_data["entities"] = entities
    event.entities = entities
    text, name = event["text"], intent.get("name")
    event.by_text = None if bool(text) == bool(name) else bool(text)
    return event


def _own(entities: Any) -> Any:
    """Copy the entities, which later events may add to."""
    if not isinstance(entities, (list, dict)):
        kind = type(entities).__name__
        raise cannot_read("AttributeError", f"{kind!r} object has no attribute 'copy'")
    return entities.copy()


def _has_no_get(value: Any) -> DataError:
    kind = type(value).__name__
    return cannot_read("AttributeError", f"{kind!r} object has no attribute 'get'")


_read_bot = fields("bot", text=None, data=None, metadata=None)


def parse_bot(raw: Mapping[str, Any], source: Source) -> Wire:
    """Read a `bot` event, which always has data and metadata."""
    event = _read_bot(raw, source)
    event["data"] = event["data"] or {}
    event["metadata"] = event["metadata"] or {}
    return event


_read_action = fields(
    "action",
    name=None,
    policy=None,
    confidence=None,
    action_text=None,
    hide_rule_turn=False,
)


def parse_action(raw: Mapping[str, Any], source: Source) -> Wire:
    """Read an `action` event, which needs a name or a text."""
    event = _read_action(raw, source)
    if event["name"] is None and event["action_text"] is None:
        raise cannot_read(
            "ValueError",
            "Both the name of the action and the end-to-end predicted text are "
            "missing. The `ActionExecuted` event cannot be initialised.",
        )
    return event


_read_reminder = fields(
    "reminder",
    intent=None,
    date_time=None,
    entities=None,
    name=None,
    kill_on_user_msg=True,
)


def parse_reminder(raw: Mapping[str, Any], source: Source) -> Wire:
    """Read a `reminder`: its date in any usual format, its name new if it has none."""
    event = _read_reminder(raw, source)
    event["date_time"] = source.parse_date(event["date_time"], source.now())
    if event["name"] is None:
        event["name"] = source.new_id()
    return event


_read_validation = renaming("loop_interrupted", is_interrupted=False)


def parse_form_validation(raw: Mapping[str, Any], source: Source) -> Wire:
    """Read the old name of `loop_interrupted`, which says the opposite."""
    event = _read_validation(raw, source)
    event["is_interrupted"] = not raw.get("validate", True)
    return event


def event_row(
    name: str,
    parse: Parser | None = None,
    *,
    apply: Effect | None = effects.ignore,
    written: str | None = None,
) -> tuple[str, EventType]:
    """Make one row of a table of event types, with its name before it."""
    written = written or name
    row = EventType(
        name=name, parse=parse or fields(written), apply=apply, written=written
    )
    return name, row


EVENT_TYPES: Mapping[str, EventType] = dict(
    (
        event_row("action", parse_action, apply=effects.take_action),
        event_row(
            "action_execution_rejected",
            fields(
                "action_execution_rejected", name=None, policy=None, confidence=None
            ),
            apply=effects.reject,
        ),
        event_row(
            "active_loop", fields("active_loop", name=None), apply=effects.change_loop
        ),
        event_row("agent", fields("agent", text=None, data=None)),
        event_row("bot", parse_bot, apply=effects.take_bot),
        event_row(
            "cancel_reminder",
            remembering("cancel_reminder", "name", "intent", "entities"),
        ),
        event_row(
            "entities", fields("entities", entities=None), apply=effects.add_entities
        ),
        event_row("export", remembering("export", "path"), apply=None),
        event_row("followup", fields("followup", name=None), apply=effects.follow_up),
        event_row(
            "form",
            renaming("active_loop", name=None),
            apply=effects.change_loop,
            written="active_loop",
        ),
        event_row(
            "form_validation",
            parse_form_validation,
            apply=effects.interrupt,
            written="loop_interrupted",
        ),
        event_row(
            "loop_interrupted",
            fields("loop_interrupted", is_interrupted=False),
            apply=effects.interrupt,
        ),
        event_row("pause", apply=effects.pause),
        event_row("reminder", parse_reminder),
        event_row("reset_slots", apply=effects.reset_slots),
        event_row("restart", apply=effects.restart),
        event_row("resume", apply=effects.resume),
        event_row("rewind", apply=None),
        event_row("session_started", apply=effects.start_session),
        event_row(
            "slot", fields("slot", name=None, value=None), apply=effects.set_slot
        ),
        event_row("undo", apply=None),
        event_row("user", parse_user, apply=effects.take_message),
        event_row(
            "user_featurization",
            fields("user_featurization", use_text_for_featurization=None),
            apply=effects.go_by,
        ),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The event types of one Rasa; make it with `vocabulary_of`.

    `effects` says what each written event does, `readers` how an event is read by its
    wire name and what it then does.  Types that are not Rasa's own do nothing.
    """

    types: Mapping[str, EventType]
    effects: Mapping[str, Effect | None]
    readers: Mapping[Any, tuple[Parser, Effect | None]]


def vocabulary_of(types: Mapping[str, EventType]) -> Vocabulary:
    """Sort a table of event types by what is looked up in it."""
    return Vocabulary(
        types=types,
        effects={row.written: row.apply for row in types.values()},
        readers={name: (row.parse, row.apply) for name, row in types.items()},
    )


OPEN_SOURCE: Vocabulary = vocabulary_of(EVENT_TYPES)
EFFECTS = OPEN_SOURCE.effects


def read_event(raw: Any, source: Source) -> Wire | None:
    """Turn a wire event into the dict that Rasa would write; None where it skips it.

    Imitates `deserialise_events` for one item: without `event` it vanishes, and so
    does the old type `topic`.  Raises DataError, phase `deserialise`.
    """
    if not isinstance(raw, dict):
        _refuse_no_object(raw)
        return None
    name = raw.get("event")
    types = source.vocabulary.types
    if isinstance(name, str) and name in types:
        return types[name].parse(raw, source)
    if name is None or name == "topic":
        return None
    if isinstance(name, str) and name in source.known:
        return {**raw, "timestamp": raw.get("timestamp") or source.now()}
    raise cannot_read("ValueError", f"Unknown event name '{name}'.")


def _refuse_no_object(raw: Any) -> None:
    """Rasa asks `"event" in item` first, which text and lists can answer."""
    kind = type(raw).__name__
    if not isinstance(raw, (str, list)):
        raise cannot_read("TypeError", f"argument of type {kind!r} is not iterable")
    if "event" in raw:
        raise _has_no_get(raw)
