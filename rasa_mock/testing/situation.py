"""The situation in which a test calls an action: made of a few words, consistent.

What the test says (slots, a message, an active form) becomes a conversation as Rasa
would have logged it, and that is folded: so slots, latest message, active loop and
events agree.  The rules, in the order of the events:

1. A session starts; slots of the test that no form asks about now are carried over.
2. `events` of the test follow, as history; those with a session start of their own
   take the place of 1.
3. If a form is active, a turn in which it was activated and asked for the requested
   slot: by default the first of its slots that is empty.
4. The latest message, if the test says anything of one (text, intent, entities) or the
   action is one that follows upon a message.  It fills slots by the domain's mappings,
   but never one that the test gives itself.
5. What Rasa logs between the message and the call, by the action's role: a validation
   action is shown the form's slots as the last events, since those are what it is to
   validate; with a requested slot only that one, at the activation all that are filled.

Which names exist is checked first: a misspelt slot in a test would prove nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from rasa_mock.core.defaults import (
    DEFAULT_INTENTS,
    REQUESTED_SLOT,
    SESSION_START_METADATA_SLOT,
)
from rasa_mock.core.domain import Domain
from rasa_mock.core.nlu import parse_intent_message
from rasa_mock.core.profile import Profile
from rasa_mock.errors import UsageError
from rasa_mock.generate.cast import Cast
from rasa_mock.generate.conversation import LISTEN, NO_POLICY, RULE, Conversation
from rasa_mock.generate.dialects import dress
from rasa_mock.generate.extraction import candidates
from rasa_mock.generate.forms import FormWalk
from rasa_mock.generate.rng import Rng
from rasa_mock.generate.scene import Role, role_of

Event = dict[str, Any]
SENDER = "default"
CHANNEL = "rest"
GREETING = "hello"
SESSION_STARTS = "session_started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a test says of the moment at which an action is called.

    `entities` are as NLU reports them, at least `entity` and `value`.  `candidates` are
    slots that a validation action is to look at; None leaves that to rule 5.
    """

    action: str
    slots: Mapping[str, Any] = field(default_factory=dict)
    text: str | None = None
    intent: str | None = None
    entities: Sequence[Mapping[str, Any]] = ()
    events: Sequence[Mapping[str, Any]] = ()
    channel: str | None = CHANNEL
    metadata: Mapping[str, Any] = field(default_factory=dict)
    active_loop: str | None = None
    requested_slot: str | None = None
    candidates: Mapping[str, Any] | None = None
    sender_id: str = SENDER

    def check(self, domain: Domain) -> None:
        """Raise UsageError for a name that the domain lacks, and for a wrong type."""
        __tracebackhide__ = True
        self._check_types()
        slots = [*self.slots, *(self.candidates or ())]
        if self.requested_slot is not None:
            slots.append(self.requested_slot)
        for name in slots:
            check_name(name, domain.slots, kind="slot")
        if self.intent is not None:
            check_name(self.intent, [*domain.intents, *DEFAULT_INTENTS], kind="intent")
        if self.active_loop is not None:
            check_name(self.active_loop, domain.forms, kind="form")
        for entity in self.entities:
            if "entity" not in entity or "value" not in entity:
                raise UsageError(
                    "expected entities as {'entity': NAME, 'value': VALUE}, got "
                    f"{dict(entity)!r}"
                )

    def _check_types(self) -> None:
        __tracebackhide__ = True
        for name, (kind, expected) in TYPES.items():
            value = getattr(self, name)
            wrong = value is not None and not isinstance(value, kind)
            if wrong or (kind is Sequence and not _holds_objects(value)):
                raise UsageError(f"expected {name} as {expected}, got {value!r}")


def _holds_objects(value: Any) -> bool:
    return all(isinstance(each, Mapping) for each in value)


# Field -> what it has to be, and how that is said.
TYPES: Mapping[str, tuple[type, str]] = {
    **dict.fromkeys(("slots", "candidates"), (Mapping, "{NAME: VALUE}")),
    "metadata": (Mapping, "an object"),
    **dict.fromkeys(("text", "intent", "channel", "sender_id"), (str, "a text")),
    **dict.fromkeys(("active_loop", "requested_slot"), (str, "a name")),
    "entities": (Sequence, "[{'entity': NAME, 'value': VALUE}, ...]"),
    "events": (Sequence, "[{'event': TYPE, ...}, ...]"),
}


def check_name(name: str, known: Iterable[str], *, kind: str) -> None:
    """Raise UsageError, with the nearest, for a name that the domain lacks."""
    __tracebackhide__ = True
    names = list(known)
    if name not in names:
        near = get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"add it to {kind}s: there"
        raise UsageError(f"the domain has no {kind} {name!r}; {hint}")


def events_of(
    situation: Situation, cast: Cast, *, profile: Profile, now: float
) -> list[Event]:
    """Return the events of the tracker that is sent, the last one just before `now`."""
    told = Conversation(
        cast,
        Rng("situation", situation.action),
        sender_id=situation.sender_id,
        channel=situation.channel,
        metadata=situation.metadata,
    )
    told.actions_fill = False
    stage = _Stage(told=told, situation=situation, role=role_of(cast, situation.action))
    stage.play()
    dress(told, profile=profile, action=situation.action)
    return stage.timed(told.finished(now))


@dataclass(slots=True, kw_only=True)
class _Stage:
    """One conversation in the making."""

    told: Conversation
    situation: Situation
    role: Role
    times: dict[int, float] = field(default_factory=dict)

    def play(self) -> None:
        """Log everything, rule by rule."""
        form = self.form
        last = self.candidates(form)
        self.start({k: v for k, v in self.situation.slots.items() if k not in last})
        self.replay()
        if self.role.name == "session":
            return
        walk = FormWalk(self.told, form) if form is not None else None
        if walk is not None and not self.is_activation(walk):
            self.activate(walk)
        self.hear()
        self.lead_to_the_call(walk, last)

    @property
    def form(self) -> str | None:
        """The form that is active, or is being activated."""
        if self.situation.active_loop is not None:
            return self.situation.active_loop
        return self.role.forms[0] if self.role.name in OF_A_FORM else None

    def candidates(self, form: str | None) -> dict[str, Any]:
        """Return the slots that come last, for a validation action to look at."""
        situation = self.situation
        if situation.candidates is not None:
            return dict(situation.candidates)
        slots = situation.slots
        if self.role.name != "validation" or form is None:
            return {}
        if situation.requested_slot is not None:
            wanted: Sequence[str] = (situation.requested_slot,)
        else:
            wanted = self.told.cast.forms[form].required_slots
        return {name: slots[name] for name in wanted if name in slots}

    def is_activation(self, walk: FormWalk) -> bool:
        """Tell whether the action runs while the form is being activated."""
        asked = self.situation.requested_slot is not None
        return self.role.name in OF_A_FORM and not asked and not walk.is_active

    def start(self, slots: Mapping[str, Any]) -> None:
        """Log the start of the session, and slots that were carried over (rule 1)."""
        told, situation = self.told, self.situation
        if any(each.get("event") == SESSION_STARTS for each in situation.events):
            return
        if situation.metadata:
            told.set_slot(SESSION_START_METADATA_SLOT, dict(situation.metadata))
        if self.role.name != "session":
            told.act("action_session_start", (None, 1.0, False))
            told.log(SESSION_STARTS)
            if situation.metadata and self.carries:
                told.set_slot(SESSION_START_METADATA_SLOT, dict(situation.metadata))
        for name, value in slots.items():
            told.set_slot(name, value)
        if self.role.name != "session":
            told.act(LISTEN, NO_POLICY)

    @property
    def carries(self) -> bool:
        """Whether slots are carried over to a new session."""
        session = self.told.cast.domain.session_config
        return session.carry_over_slots_to_new_session

    def replay(self) -> None:
        """Log the test's own events (rule 2); they keep their times."""
        for event in self.situation.events:
            logged = self.told.log(str(event.get("event")))
            when = event.get("timestamp")
            rest = {k: v for k, v in event.items() if k not in ("event", "timestamp")}
            logged.update(rest)
            if isinstance(when, int | float):
                self.times[id(logged)] = when
            self.follow(event)

    def follow(self, event: Mapping[str, Any]) -> None:
        """Keep in mind what an event of the test changes."""
        told, name = self.told, event.get("name")
        if event.get("event") == "slot" and name in told.slots:
            told.slots[str(name)] = event.get("value")
            if name == REQUESTED_SLOT:
                told.requested = event.get("value")
        elif event.get("event") in ("active_loop", "form"):
            told.loop = name if name in told.cast.forms else None

    def timed(self, events: list[Event]) -> list[Event]:
        """Put the test's own times back."""
        for event in events:
            event["timestamp"] = self.times.get(id(event), event["timestamp"])
        return events

    def activate(self, walk: FormWalk) -> None:
        """Log the turn in which the form was activated and asked (rule 3)."""
        told = self.told
        if walk.is_active:
            return
        told.say(next(iter(told.cast.leading_to(walk.form)), None))
        told.featurize()
        told.act(walk.form, RULE)
        told.activate(walk.form)
        asked = self.situation.requested_slot or next(
            (name for name in walk.known() if told.slots.get(name) is None), None
        )
        told.set_slot(REQUESTED_SLOT, asked)
        told.requested = asked
        question = told.cast.asks.get((walk.form, asked or ""))
        if question is not None and question.startswith("utter_"):
            told.utter(question)
        told.listen()

    def hear(self) -> None:
        """Log the latest message and what it fills (rule 4)."""
        told, situation = self.told, self.situation
        text = situation.text
        intent, entities = situation.intent, [*situation.entities]
        parsed = parse_intent_message(text or "", told.cast.domain)
        if parsed is not None and intent is None:
            intent, entities = parsed["intent"]["name"], parsed["entities"] + entities
        told.say(intent, text=_text(situation) if text is None else text)
        message = told.events[-1]
        found = [_entity(each, message["text"]) for each in entities]
        message["parse_data"]["entities"] = told.entities = found
        if parsed is not None:
            message["parse_data"]["intent"]["confidence"] = 1.0

    def fill(self, *, fresh: bool) -> dict[str, Any]:
        """Log the slots that the message fills, but for those of the test."""
        given = {*self.situation.slots, *(self.situation.candidates or ())}
        filled = {
            part.name: value
            for part, rule, value in candidates(self.told.cast, self.told)
            if rule.action is None and part.name not in given
        }
        for name, value in filled.items():
            self.told.set_slot(name, value, fresh=fresh)
        return filled

    def lead_to_the_call(self, walk: FormWalk | None, last: dict[str, Any]) -> None:
        """Log what comes between the message and the call (rule 5)."""
        told = self.told
        if self.role.name == "mapping":
            self.show(last)
        elif self.role.name == "mappings":
            self.show({**self.fill(fresh=True), **last})
        elif self.role.name in OF_A_FORM and walk is not None:
            self.run_form(walk, last)
        else:
            self.fill(fresh=False)
            self.show(last)
            told.featurize(fresh=True)

    def run_form(self, walk: FormWalk, last: dict[str, Any]) -> None:
        """Log how the form runs, up to its validation or its question."""
        told = self.told
        filled = self.fill(fresh=False)
        told.featurize(fresh=True)
        if self.role.name == "question":
            walk.call_question(last.items())
            return
        if not walk.is_active:
            told.activate(walk.form, fresh=True)
        wanted = {name: filled[name] for name in walk.required if name in filled}
        explicit = self.situation.candidates is not None
        walk.call_validation((last if explicit else {**wanted, **last}).items())

    def show(self, slots: Mapping[str, Any]) -> None:
        """Log slots that were just filled."""
        for name, value in slots.items():
            self.told.set_slot(name, value, fresh=True)


OF_A_FORM = ("validation", "question")


def _text(situation: Situation) -> str:
    """Return what the user may have said; the values of the entities, if there are."""
    values = " ".join(str(each["value"]) for each in situation.entities)
    return values or GREETING


def _entity(given: Mapping[str, Any], text: str) -> Event:
    """Complete an entity to what a component of Rasa's pipeline reports."""
    place = max(text.find(str(given["value"])), 0)
    return {
        "start": place,
        "end": place + len(str(given["value"])),
        "confidence_entity": 0.99,
        "extractor": "DIETClassifier",
        **given,
    }
