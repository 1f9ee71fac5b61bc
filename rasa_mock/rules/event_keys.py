"""RM221 to RM226: keys and names of events that Rasa takes and makes nothing of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rasa_mock.rules.answer import shown
from rasa_mock.rules.base import Draft, Example, Exchange, Place, rule
from rasa_mock.rules.names import nearest

COMMON = ("event", "timestamp", "metadata")
# The keys that Rasa reads, by event.
KEYS: Mapping[str, tuple[str, ...]] = {
    "slot": ("name", "value", "filled_by", "anonymized_at"),
    "followup": ("name",),
    "active_loop": ("name",),
    "form": ("name",),
    "form_validation": ("validate",),
    "loop_interrupted": ("is_interrupted",),
    "action": ("name", "policy", "confidence", "action_text", "hide_rule_turn"),
    "action_execution_rejected": ("name", "policy", "confidence"),
    "user": ("text", "parse_data", "input_channel", "message_id", "anonymized_at"),
    "bot": ("text", "data", "anonymized_at"),
    "agent": ("text", "data"),
    "reminder": ("intent", "entities", "date_time", "name", "kill_on_user_msg"),
    "cancel_reminder": ("name", "intent", "entities", "date_time", "kill_on_user_msg"),
    "export": ("path",),
    "entities": ("entities",),
    "user_featurization": ("use_text_for_featurization",),
    "restart": (),
    "session_started": (),
    "reset_slots": (),
    "rewind": (),
    "undo": (),
    "pause": (),
    "resume": (),
}
# Wrong names that are not like the right one.
WRONG_KEYS: Mapping[tuple[str, str], str] = {
    ("slot", "slot"): "name",
    ("slot", "key"): "name",
    ("followup", "action"): "name",
    ("followup", "followup_action"): "name",
    ("active_loop", "form"): "name",
    ("active_loop", "loop"): "name",
    ("form", "form"): "name",
    ("action", "action"): "name",
    ("user", "message"): "text",
    ("user", "intent"): "parse_data",
    ("user", "entities"): "parse_data",
    ("bot", "message"): "text",
    ("bot", "buttons"): "data",
    ("bot", "quick_replies"): "data",
    ("bot", "elements"): "data",
    ("bot", "custom"): "data",
    ("bot", "image"): "data",
    ("bot", "attachment"): "data",
    ("agent", "message"): "text",
    ("reminder", "kill_on_user_message"): "kill_on_user_msg",
    ("reminder", "trigger_date_time"): "date_time",
    ("reminder", "date"): "date_time",
    ("reminder", "time"): "date_time",
    ("reminder", "intent_name"): "intent",
    ("reminder", "action"): "intent",
    ("reminder", "action_name"): "intent",
    ("cancel_reminder", "intent_name"): "intent",
    ("loop_interrupted", "interrupted"): "is_interrupted",
}


@rule(
    "RM221",
    "warning",
    title="key of an event that Rasa ignores",
    wrong=Example(
        events=[
            {
                "event": "reminder",
                "intent": "EXTERNAL_reminder",
                "date_time": "2090-01-01T09:00:00+00:00",
                "kill_on_user_message": False,
            }
        ]
    ),
    right=Example(
        events=[
            {
                "event": "reminder",
                "intent": "EXTERNAL_reminder",
                "date_time": "2090-01-01T09:00:00+00:00",
                "kill_on_user_msg": False,
            }
        ]
    ),
    each="event",
    of=tuple(KEYS),
)
def ignored_key(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """An event has a key that Rasa does not read, and lacks the one that was meant.

    Rasa takes its default for what is missing.  A key that is like none of its own is
    only worth knowing.
    """
    event = place.value
    name = str(event.get("event"))
    for key in event:
        if key in COMMON or key in KEYS[name]:
            continue
        wanted = _meant_key(name, key, event=event)
        yield Draft(
            message=f"{name}: Rasa does not read the key {key!r}",
            pointer=f"{place.pointer}/{key.replace('~', '~0').replace('/', '~1')}",
            subject=f"{name}.{key}",
            expected=wanted or f"one of {', '.join((*COMMON, *KEYS[name]))}",
            got=key,
            hint=f"write {wanted!r} instead"
            if wanted
            else "put what is for yourself under metadata, which Rasa keeps",
            rasa=f"{key!r} is ignored"
            + (f", and {wanted!r} has its default" if wanted else ""),
            severity=None if wanted else "info",
        )


def _meant_key(name: str, key: str, *, event: Mapping[str, Any]) -> str | None:
    """Return the key that was meant: one that the event lacks."""
    wanted = WRONG_KEYS.get((name, key))
    free = [own for own in (*COMMON, *KEYS[name]) if event.get(own) is None]
    if wanted in free or (wanted == "data" and not event.get("data")):
        return wanted
    near = nearest(key.lower().replace("-", "_"), free, cutoff=0.72)
    inside = [own for own in free if own in key.lower().split("_")]
    return near or (inside[0] if inside else None)


@rule(
    "RM222",
    "warning",
    title="deprecated name of an event",
    wrong=Example(events=[{"event": "form", "name": "trip_form"}]),
    right=Example(events=[{"event": "active_loop", "name": "trip_form"}]),
    each="event",
    of=("form", "form_validation"),
)
def old_name(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """Rasa 1 called events of loops form and form_validation."""
    name = str(place.value["event"])
    new = {"form": "active_loop", "form_validation": "loop_interrupted"}[name]
    yield Draft(
        message=f"{name} is the old name of {new}",
        pointer=f"{place.pointer}/event",
        subject=name,
        expected=new,
        got=name,
        hint="return ActiveLoop(name) of rasa_sdk.events"
        if name == "form"
        else "return LoopInterrupted(...), which says the opposite of `validate`",
        rasa=f"it is logged as {new}; newer versions may no longer know it",
    )


@rule(
    "RM223",
    "warning",
    title="export to a file",
    wrong=Example(events=[{"event": "export", "path": "story.md"}]),
    right=Example(events=[{"event": "export"}]),
    each="event",
    of=("export",),
)
def export_with_path(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """An export event with a path makes Rasa write a file on its own host.

    It appends the conversation, personal data and all, and does so again each time the
    tracker is loaded.
    """
    path = place.value.get("path")
    if not path:
        return
    yield Draft(
        message=f"the export event makes Rasa write to {shown(path)}",
        pointer=f"{place.pointer}/path",
        subject="export",
        expected="no path, or no export event",
        got=shown(path),
        hint="fetch the story from Rasa's HTTP API (/conversations/<id>/story)",
        rasa="the file is written on Rasa's host, and again at every replay",
    )


@rule(
    "RM224",
    "warning",
    title="event that does not say of what",
    wrong=Example(events=[{"event": "followup", "name": None}]),
    right=Example(events=[{"event": "active_loop", "name": None}]),
    each="event",
    of=("followup", "active_loop", "form"),
)
def nothing_named(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A followup names no action, or a loop's event lacks the key `name`.

    null is right for active_loop, and ends the loop; so does a missing key.
    """
    event, name = place.value, str(place.value["event"])
    if event.get("name") or (name != "followup" and "name" in event):
        return
    yield Draft(
        message=f"{name} names nothing: {shown(dict(event))}",
        pointer=place.pointer,
        subject=f"{name}.name",
        expected='"name" with the name of an action'
        if name == "followup"
        else '"name" with the name of a form, or null to end the loop',
        got=shown(dict(event)),
        hint="check the value that the name was taken from",
        rasa="it is logged and without effect"
        if name == "followup"
        else "the active loop is ended",
    )


HELLO = {"intent": {"name": "greet", "confidence": 1.0}, "entities": []}


@rule(
    "RM225",
    "warning",
    title="user event without a text",
    wrong=Example(events=[{"event": "user", "text": None, "parse_data": HELLO}]),
    right=Example(events=[{"event": "user", "text": "/greet", "parse_data": HELLO}]),
    each="event",
    of=("user",),
)
def silent_user(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A user event with parse data has no text, so the user has said nothing."""
    if place.value.get("text") or not isinstance(place.value.get("parse_data"), dict):
        return
    yield Draft(
        message="a user event without a text",
        pointer=place.pointer,
        subject="user.text",
        expected='"text": what the user said, or "/intent"',
        got=shown(dict(place.value)),
        hint='write "/" and the intent\'s name where there was no text',
        rasa="actions and from_text mappings that read the message's text get null",
    )


@rule(
    "RM226",
    "warning",
    title="user event without an intent",
    wrong=Example(
        events=[{"event": "user", "text": "hello", "parse_data": {"entities": []}}]
    ),
    right=Example(events=[{"event": "user", "text": "hello", "parse_data": HELLO}]),
    each="event",
    of=("user",),
)
def user_without_intent(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A user event's parse data holds no intent: Rasa does not parse the text again."""
    data = place.value.get("parse_data")
    if not isinstance(data, dict):
        return
    intent = data.get("intent", {})
    if not isinstance(intent, Mapping) or intent.get("name", "") != "":
        return  # what is there and no name is refused: RM209
    yield Draft(
        message="a user event whose parse_data has no intent",
        pointer=f"{place.pointer}/parse_data",
        subject="user.intent",
        expected='"intent": {"name": ..., "confidence": ...}',
        got=shown(intent),
        hint="name the intent that the message has; Rasa's NLU is not asked",
        rasa="no rule or story fits a message without an intent: the fallback answers",
    )
