"""Right answers of an action server: what a well-made action says in a state.

An answer depends on the role in which the action is called (`scene.ROLES`): a
validation judges the candidates, a question asks, a plain action sets slots and speaks.
No rule finds fault with any of them; the tests hold every role to that.  What does not
live here: wrong answers (`rasa_mock.run.wrong`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_mock.core import nlg
from rasa_mock.core.defaults import REQUESTED_SLOT
from rasa_mock.generate.cast import Cast, SlotPart
from rasa_mock.generate.drafts import drafted
from rasa_mock.generate.provider import pool
from rasa_mock.generate.rng import Rng
from rasa_mock.generate.scene import Role
from rasa_mock.generate.slot_values import fits, slot_value
from rasa_mock.generate.values import iso_moment

Json = dict[str, Any]
LISTEN = "action_listen"
DAY = 86_400
# How often: a candidate is taken, a plain action sets a slot, reminds, follows up.
TAKEN = 0.8
SETS = 0.6
REMINDS = 0.1
FOLLOWS = 0.15
SPEAKS = 0.85
# How often an answer has all keys, as rasa-sdk writes them.
WRITTEN_OUT = 0.5
BLANK: Mapping[str, Any] = {
    "text": None,
    "buttons": [],
    "elements": [],
    "custom": {},
    "template": None,
    "response": None,
    "image": None,
    "attachment": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An action that is called: in which role, with which tracker, and the choices.

    `events` and `slots` are the tracker's, `now` is seconds since the epoch.
    """

    cast: Cast
    role: Role
    action: str
    rng: Rng
    events: Sequence[Mapping[str, Any]]
    slots: Mapping[str, Any]
    loop: str | None
    now: float

    @property
    def candidates(self) -> dict[str, Any]:
        """The slots at the tracker's end: what a validation is to judge."""
        found: Json = {}
        for event in reversed(self.events):
            if event["event"] != "slot":
                break
            if event["name"] != REQUESTED_SLOT:
                found.setdefault(event["name"], event["value"])
        return dict(reversed(found.items()))

    def word(self, kind: str = "sentence") -> str:
        """Choose a text of a kind."""
        return self.rng.pick(pool(self.cast.locale, kind))

    def value(self, part: SlotPart) -> Any:
        """Choose an ordinary value of a slot."""
        return slot_value(part, locale=self.cast.locale, rng=self.rng)


def right_answer(asked: Asked) -> Json:
    """Make the answer of an action that does nothing wrong: events and responses."""
    events, responses = _BY_ROLE[asked.role.name](asked)
    if asked.rng.chance(WRITTEN_OUT):
        events = [_with_time(event) for event in events]
        responses = [{**BLANK, **response} for response in responses]
    return {"events": events, "responses": responses}


def _with_time(event: Json) -> Json:
    return {"event": event["event"], "timestamp": None, **event}


Answer = tuple[list[Json], list[Json]]


def _plain(asked: Asked) -> Answer:
    events = [*_settings(asked)]
    if asked.rng.chance(REMINDS):
        events += _reminders(asked)
    if asked.rng.chance(FOLLOWS):
        events += _followups(asked)
    speaks = asked.rng.chance(SPEAKS) or not events
    return events, [_message(asked, events)] if speaks else []


def _settings(asked: Asked) -> Iterator[Json]:
    """Set one or two slots that no message overwrites."""
    parts = [part for part in asked.cast.set_by_actions if not _is_volatile(part)]
    if asked.rng.chance(SETS):
        for part in asked.rng.sample(parts, 1 + asked.rng.below(2)):
            yield slot_set(part.name, asked.value(part))


def _is_volatile(part: SlotPart) -> bool:
    """Say whether the next message may overwrite the slot whatever it says."""
    return any(
        rule.type in ("from_text", "from_intent") and not rule.conditions
        for rule in part.rules
    )


def _reminders(asked: Asked) -> list[Json]:
    intents = asked.cast.external or asked.cast.intents
    if not intents:
        return []
    due = int(asked.now) + DAY + asked.rng.below(DAY)
    return [
        {
            "event": "reminder",
            "intent": asked.rng.pick(intents),
            "entities": [],
            "date_time": iso_moment(due),
            "name": f"reminder-{asked.rng.hex(8)}",
            "kill_on_user_msg": asked.rng.chance(0.5),
        }
    ]


def _followups(asked: Asked) -> list[Json]:
    responses = [name for name, needed in asked.cast.responses if not needed]
    known = [n for n in responses if n in asked.cast.domain.action_names]
    return [{"event": "followup", "name": asked.rng.pick([*known, LISTEN])}]


def _message(asked: Asked, events: Sequence[Mapping[str, Any]]) -> Json:
    """Say something: a response of the domain, a text, a question with buttons."""
    roll = asked.rng.below(20)
    named = _named(asked, events) if roll >= 10 else None
    if named is not None:
        return named
    if roll in (7, 8, 9) and asked.cast.intents:
        return {"text": asked.word(), "buttons": _buttons(asked)}
    if roll == 6:
        picture = f"https://example.com/{asked.rng.hex(8)}.png"
        return {"text": asked.word(), "image": picture}
    return {"text": asked.word()}


def _named(asked: Asked, events: Sequence[Mapping[str, Any]]) -> Json | None:
    """Choose a response whose slots have values, and fill its other variables."""
    domain = asked.cast.domain
    changed = {event["name"] for event in events if event["event"] == "slot"}
    options = [
        (name, needed)
        for name, needed in asked.cast.responses
        if all(asked.slots.get(n) is not None and n not in changed for n in needed)
    ]
    if not options:
        return None
    name, needed = asked.rng.pick(options)
    written = json.dumps(domain.responses[name], ensure_ascii=False, default=str)
    others = [n for n in nlg.PLACEHOLDER.findall(written) if n not in needed]
    values = {n: asked.word("word") for n in others}
    return {"response": name, **values} if _can_be_said(asked, name, values) else None


def _can_be_said(asked: Asked, name: str, values: Mapping[str, Any]) -> bool:
    """Say whether Rasa makes a message of a response: it may be broken itself."""
    domain, slots = asked.cast.domain, asked.slots
    return bool(drafted(name, domain=domain, slots=slots, arguments=values))


def _buttons(asked: Asked) -> list[Json]:
    """Offer two intents to press."""
    return [
        {"title": asked.cast.words[intent], "payload": f"/{intent}"}
        for intent in asked.rng.sample(asked.cast.intents, 2)
    ]


def _validation(asked: Asked) -> Answer:
    """Judge each candidate: take it as it is, or as it should be, or refuse it."""
    events: list[Json] = []
    responses: list[Json] = []
    for name, value in asked.candidates.items():
        part = asked.cast.slots.get(name)
        if part is None or value is None:
            continue
        taken = asked.rng.chance(TAKEN)
        fitting = value if fits(part, value) else asked.value(part)
        events.append(slot_set(name, fitting if taken else None))
        if not taken:
            responses.append({"text": asked.word()})
    return events, responses


def _mapping(asked: Asked) -> Answer:
    parts = asked.cast.mapping_actions.get(asked.action, ())
    return [slot_set(part.name, asked.value(part)) for part in parts], []


def _question(asked: Asked) -> Answer:
    asking: Json = {"text": asked.word()}
    if asked.cast.intents and asked.rng.chance(0.4):
        asking["buttons"] = _buttons(asked)
    return [], [asking]


def _session(asked: Asked) -> Answer:
    """Start a session as Rasa does: with the slots that are carried over."""
    config = asked.cast.domain.session_config
    kept = [
        slot_set(name, value)
        for name, value in asked.slots.items()
        if value is not None and config.carry_over_slots_to_new_session
        if name in asked.cast.slots
    ]
    listen = {"event": "action", "name": LISTEN}
    return [{"event": "session_started"}, *kept, listen], []


def _built_in(asked: Asked) -> Answer:
    events = [{"event": name} for name in _DONE_BY.get(asked.action, ())]
    return events, [{"text": asked.word()}]


_DONE_BY: Mapping[str, tuple[str, ...]] = {
    "action_back": ("rewind", "rewind"),
    "action_default_fallback": ("rewind",),
    "action_restart": ("restart",),
}


def _form(asked: Asked) -> Answer:
    """Go on with a form that is a custom action: ask, or end the loop."""
    form = asked.role.forms[0]
    wanted = asked.cast.forms[form].required_slots
    missing = next((n for n in wanted if asked.slots.get(n) is None), None)
    if missing is None:
        over = {"event": "active_loop", "name": None}
        return [over, slot_set(REQUESTED_SLOT, None)], []
    begun = [] if asked.loop == form else [{"event": "active_loop", "name": form}]
    return [*begun, slot_set(REQUESTED_SLOT, missing)], [{"text": asked.word()}]


def slot_set(name: str, value: Any) -> Json:
    """Write the event that sets a slot."""
    return {"event": "slot", "name": name, "value": value}


_BY_ROLE: Mapping[str, Callable[[Asked], Answer]] = {
    "plain": _plain,
    "form": _form,
    "mapping": _mapping,
    "mappings": _validation,
    "validation": _validation,
    "question": _question,
    "session": _session,
    "built-in": _built_in,
}
