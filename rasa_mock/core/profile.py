"""Which Rasa is imitated: one row a profile, and everything else obeys it.

A row says what that Rasa sends (fields and their order, how the domain is written,
whether a digest takes its place), which events it knows, and what it makes of replies.
What its messages look like is said in the folder of the same name under schemas/.

Sources: Rasa 2.8.34, Rasa 3.6.21, and the protocol reference of Rasa Pro 3.21.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeAlias

from rasa_mock.core.event_shapes import EVENTS, Shape
from rasa_mock.core.events import OPEN_SOURCE, Vocabulary
from rasa_mock.core.pro_events import PRO
from rasa_mock.core.pro_shapes import PRO_EVENTS
from rasa_mock.errors import UsageError

DEFAULT = "rasa-3.6"
ALL = "all"

TRACKER_FIELDS = (
    "sender_id",
    "slots",
    "latest_message",
    "latest_event_time",
    "followup_action",
    "paused",
    "events",
    "latest_input_channel",
    "active_loop",
    "latest_action",
    "latest_action_name",
)
PRO_TRACKER_FIELDS = (
    *TRACKER_FIELDS[:6],
    *("inactive", "terminated", "stack"),
    *TRACKER_FIELDS[6:],
    *("user_id", "conversation_started_timestamp", "current_session_id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One row: the habits of one version of Rasa.

    version: the `version` that it sends.  title: how people call it.
    request_fields, tracker_fields: the keys that it sends, in order.
    domain_layout: a name of `core.layouts`.
    domain_digest: it sends a digest, and the domain only after a 449.
    automatic_slots: slots that it has beyond those of Open Source 3.6: name and type.
    slots_need_mappings: a slot without mappings is refused.
    calm: mappings `from_llm` and `controlled`, conditions as text, flows on a stack.
    metadata: the keys that a live event gets, as far as Rasa knows their values.
    session_ids: it numbers sessions, and events carry the number.

    vocabulary, shapes: the events that it knows, and its schema for those returned.

    other_content_is_empty: a body that is not declared as JSON counts as `{}`.
    marks_success: the logged action says in its metadata how it went.
    item_wins: the keys of an answer's item lie over those of the domain's response.
    named_if_not_null: `response: ""` names a response, too.
    reads_template: `template` is an old name of `response`.
    last_resort: the response uttered where no variation is suitable.
    skips_bad_events: an event that it cannot read is left out, not the whole answer.
    tolerated_events: types that pass its schema and then vanish.
    unknown_events: how serious it is to return a type that it does not know.
    """

    name: str
    title: str
    version: str
    request_fields: tuple[str, ...]
    tracker_fields: tuple[str, ...] = TRACKER_FIELDS
    domain_layout: str = "as written"
    domain_digest: bool = False
    automatic_slots: tuple[tuple[str, str], ...] = ()
    slots_need_mappings: bool = True
    calm: bool = False
    metadata: tuple[str, ...] = ("model_id", "assistant_id")
    session_ids: bool = False
    vocabulary: Vocabulary = OPEN_SOURCE
    shapes: Mapping[str, Shape] = field(default_factory=lambda: EVENTS)

    other_content_is_empty: bool = False
    marks_success: bool = False
    item_wins: bool = True
    named_if_not_null: bool = False
    reads_template: bool = False
    last_resort: str | None = None
    skips_bad_events: bool = False
    tolerated_events: tuple[str, ...] = ()
    unknown_events: str = "error"


RASA_2_8 = Profile(
    name="rasa-2.8",
    title="Rasa 2.8",
    version="2.8.34",
    request_fields=("next_action", "sender_id", "tracker", "domain", "version"),
    domain_layout="2.x",
    slots_need_mappings=False,
    metadata=(),
    reads_template=True,
)
RASA_3_6 = Profile(
    name=DEFAULT,
    title="Rasa 3.6.21",
    version="3.6.21",
    request_fields=("next_action", "sender_id", "tracker", "version", "domain"),
)
RASA_PRO_3_21 = Profile(
    name="rasa-pro-3.21",
    title="Rasa Pro 3.21",
    version="3.21.0",
    request_fields=(
        *("next_action", "sender_id", "tracker", "version", "domain", "domain_digest"),
    ),
    tracker_fields=PRO_TRACKER_FIELDS,
    domain_layout="flat",
    domain_digest=True,
    automatic_slots=(("flow_hashes", "any"), ("mocked_datetime", "text")),
    slots_need_mappings=False,
    calm=True,
    metadata=("model_id", "assistant_id", "model_name", "session_id"),
    session_ids=True,
    vocabulary=PRO,
    shapes=PRO_EVENTS,
    other_content_is_empty=True,
    marks_success=True,
    item_wins=False,
    named_if_not_null=True,
    last_resort="utter_internal_error_rasa",
    skips_bad_events=True,
    tolerated_events=("session_paused",),
)

PROFILES: Mapping[str, Profile] = {
    row.name: row for row in (RASA_2_8, RASA_3_6, RASA_PRO_3_21)
}

Named: TypeAlias = Profile | str
"""A profile, or the name of one."""


def find_profile(profile: Named) -> Profile:
    """Return the profile of a name; raise UsageError, naming the nearest one."""
    if isinstance(profile, Profile):
        return profile
    if profile in PROFILES:
        return PROFILES[profile]
    raise UsageError(unknown_profile(profile))


def unknown_profile(name: str, known: tuple[str, ...] = tuple(PROFILES)) -> str:
    """Say that there is no profile of that name, and which is the nearest."""
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"unknown profile {name!r}, expected one of {', '.join(known)}{hint}"
