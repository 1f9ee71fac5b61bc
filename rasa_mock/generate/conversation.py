"""A conversation in the making: events in the order in which Rasa would log them.

The rules (protocol A.3a, C, D, E, L), which every method keeps:

1. A session starts with `action_session_start`, `session_started`, the slots carried
   over, `action_listen`; the metadata of a channel come before it as a slot.
2. A turn is `user`, the slots that the message fills (`extraction`), then, before the
   first action, `user_featurization`; each action is followed by its messages and
   events; the last action is `action_listen`.
3. Events that are logged carry the model's and assistant's id.  What Rasa makes for one
   call only (featurization before an action that is running, candidates of a
   validation) is `fresh` and carries none.
4. The conversation keeps the few things that decide how it can go on: slots, active
   loop, requested slot, last message.  The state that is sent is not made here, but by
   folding the events with `core.tracker`.

Times are microseconds since the start until `finished` puts them before `now`.
What does not live here: forms (`forms`) and which conversations are made (`kinds`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rasa_mock.core import nlg
from rasa_mock.generate import messages
from rasa_mock.generate.cast import Cast, Rule
from rasa_mock.generate.drafts import drafted
from rasa_mock.generate.extraction import candidates
from rasa_mock.generate.messages import Mention
from rasa_mock.generate.parse_data import own_copies, understood
from rasa_mock.generate.rng import Rng
from rasa_mock.generate.slot_values import slot_value
from rasa_mock.generate.values import iso_moment

Event = dict[str, Any]
LISTEN = "action_listen"
SECOND = 1_000_000
# Between two events of a turn.
TICK = 157
ASSISTANT = "assistant"
# policy, confidence, hide_rule_turn of a prediction
PREDICTIONS = (
    ("RulePolicy", 1.0, True),
    ("MemoizationPolicy", 1.0, False),
    ("AugmentedMemoizationPolicy", 1.0, False),
    ("TEDPolicy", 0.8712, False),
)
RULE = PREDICTIONS[0]
FOLLOWUP = ("followup_action", 1.0, False)
NO_POLICY = (None, None, False)


class Conversation:
    """One conversation; call its methods in the order in which things happen."""

    __slots__ = (
        "_clock",
        "_dates",
        "_prediction",
        "actions_fill",
        "carried",
        "cast",
        "channel",
        "entities",
        "events",
        "identity",
        "intent",
        "loop",
        "metadata",
        "rejected",
        "requested",
        "rng",
        "said",
        "sender_id",
        "slots",
        "text",
    )

    def __init__(
        self,
        cast: Cast,
        rng: Rng,
        *,
        sender_id: str = "default",
        channel: str | None = "rest",
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self.cast = cast
        self.rng = rng
        self.sender_id = sender_id
        self.channel = channel
        self.metadata = metadata or {}
        self.events: list[Event] = []
        self.slots: dict[str, Any] = dict(cast.initial)
        self.carried: list[tuple[str, Any]] = []
        self.loop: str | None = None
        self.requested: str | None = None
        self.rejected = False
        # Whether custom actions behind slot mappings set their slots.
        self.actions_fill = True
        self.said = 0
        self.intent: str | None = None
        self.text: str | None = None
        self.entities: list[Event] = []
        self._clock = 0
        self._dates: list[tuple[Event, int]] = []
        # The metadata that Rasa adds to what it logs.
        self.identity = {"model_id": rng.hex(), "assistant_id": ASSISTANT}
        self._prediction = rng.pick(PREDICTIONS)

    # Logging one event.

    def log(self, kind: str, *, fresh: bool = False, **fields: Any) -> Event:
        """Append one event; `fresh` ones have no metadata yet."""
        self._clock += TICK
        event: Event = {"event": kind, "timestamp": self._clock}
        if not fresh:
            event["metadata"] = {**self.identity}
        event.update(fields)
        self.events.append(event)
        return event

    # The commonest events are written out: here generation spends its time.

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self._clock += int(seconds * SECOND)

    def finished(self, now: float) -> list[Event]:
        """Return the events with real times, the last one a moment before `now`."""
        for event in self.events:
            if event["event"] == "user":
                own_copies(event["parse_data"])
        return self.timed(now)

    def timed(self, now: float) -> list[Event]:
        """Return the same with tokens and rankings still shared: only read them."""
        base = round(now * SECOND) - self._clock - 1000
        for event in self.events:
            event["timestamp"] = (base + event["timestamp"]) / SECOND
        for event, due in self._dates:
            event["date_time"] = iso_moment((base + due) // SECOND)
        return self.events

    # Sessions.

    def start_session(
        self, *, prediction: tuple[Any, ...] = (None, 1.0, False)
    ) -> None:
        """Log the start of a session, with the channel's metadata as a slot."""
        if self.metadata:
            self.set_slot("session_started_metadata", dict(self.metadata))
        self.act("action_session_start", prediction)
        self.log("session_started")
        kept = self.carried if self._carries() else []
        self._forget()
        for name, value in kept:
            self.set_slot(name, value)
        self.act(LISTEN, NO_POLICY)

    def restart(self) -> None:
        """Log a user's `/restart` and the new session that follows it."""
        self.say_intent("restart")
        self.featurize()
        self.act("action_restart", RULE)
        self.utter("utter_restart")
        self.log("restart")
        self._forget()
        self.act("action_session_start", FOLLOWUP)
        self.log("session_started")
        self.act(LISTEN, NO_POLICY)

    def _carries(self) -> bool:
        return self.cast.domain.session_config.carry_over_slots_to_new_session

    def _forget(self) -> None:
        self.slots = dict(self.cast.initial)
        self.carried = []
        self.loop = self.requested = None
        self.rejected = False
        self.said = 0

    def forget_before_restart(self) -> None:
        """Drop the events up to the last restart, as a temporary tracker does."""
        for position in range(len(self.events) - 1, -1, -1):
            if self.events[position]["event"] == "restart":
                del self.events[: position + 1]
                return

    # What the user says.

    def say(
        self,
        intent: str | None,
        mentions: Sequence[Mention] = (),
        *,
        text: str | None = None,
        starts: Sequence[int] = (),
    ) -> None:
        """Log a message that went through the NLU; `starts` go with a given `text`."""
        if text is None:
            text, starts = messages.sentence(
                self.cast, intent or "", mentions=mentions, rng=self.rng
            )
        entities = messages.found_entities(mentions, starts, rng=self.rng)
        message_id = self.rng.hex()
        parsed = understood(
            self.cast,
            intent=intent,
            text=text,
            entities=entities,
            message_id=message_id,
            metadata={**self.metadata},
            rng=self.rng,
        )
        self._hear(text, parsed, message_id=message_id, metadata=self.metadata)

    def say_intent(
        self,
        intent: str,
        values: Mapping[str, Any] | None = None,
        *,
        text: str | None = None,
    ) -> None:
        """Log an intent message, `/intent{...}`; `text` is what a button sends."""
        text = text or messages.slash_text(intent, values or {})
        message_id = self.rng.hex()
        parsed = messages.slash_data(
            intent=intent,
            text=text,
            values=values or {},
            message_id=message_id,
            metadata=dict(self.metadata),
        )
        self._hear(text, parsed, message_id=message_id, metadata=self.metadata)

    def trigger(self, intent: str, entities: list[Event]) -> None:
        """Log an external event: a reminder that fired, or `trigger_intent`."""
        parsed = messages.external_data(intent, entities)
        self._hear(
            parsed["text"], parsed, message_id=None, metadata={"is_external": True}
        )

    def _hear(
        self,
        text: str,
        parsed: Event,
        *,
        message_id: str | None,
        metadata: Mapping[str, Any],
    ) -> None:
        self._clock += 2_000_000 + int(self.rng.random() * 30_000_000)
        self.events.append(
            {
                "event": "user",
                "timestamp": self._clock,
                "metadata": {**metadata, **self.identity},
                "text": text,
                "parse_data": parsed,
                "input_channel": self.channel,
                "message_id": message_id,
            }
        )
        self.said += 1
        self.intent = parsed["intent"].get("name")
        self.text = text
        self.entities = parsed["entities"]

    def extract(self, *, fresh: bool = False) -> list[str]:
        """Log the slots that the latest message fills; return their names.

        Custom actions behind mappings set their slots too, if `actions_fill`.
        """
        names: list[str] = []
        done: set[str] = set()
        for part, rule, value in candidates(self.cast, self):
            if rule.action is None:
                self.set_slot(part.name, value, fresh=fresh)
                names.append(part.name)
            elif self.actions_fill and rule.action not in done:
                done.add(rule.action)
                names += self._run_mapping_action(rule, fresh=fresh)
        return names

    def _run_mapping_action(self, rule: Rule, *, fresh: bool) -> list[str]:
        filled = self.cast.mapping_actions[rule.action or ""]
        for part in filled:
            value = slot_value(part, locale=self.cast.locale, rng=self.rng)
            self.set_slot(part.name, value, fresh=fresh)
        return [part.name for part in filled]

    # What the bot does.

    def featurize(self, *, fresh: bool = False) -> None:
        """Log how the message was used for prediction."""
        if fresh:
            self.log("user_featurization", fresh=True, use_text_for_featurization=False)
            return
        self._clock += TICK
        self.events.append(
            {
                "event": "user_featurization",
                "timestamp": self._clock,
                "metadata": {**self.identity},
                "use_text_for_featurization": False,
            }
        )

    def act(self, name: str, prediction: tuple[Any, ...] | None = None) -> None:
        """Log that an action ran, predicted as (policy, confidence, hide_rule_turn)."""
        policy, confidence, hidden = prediction or self._prediction
        self._clock += TICK
        self.events.append(
            {
                "event": "action",
                "timestamp": self._clock,
                "metadata": {**self.identity},
                "name": name,
                "policy": policy,
                "confidence": confidence,
                "action_text": None,
                "hide_rule_turn": hidden,
            }
        )

    def listen(self) -> None:
        """Log that the bot waits for the user."""
        self.act(LISTEN)

    def set_slot(self, name: str, value: Any, *, fresh: bool = False) -> None:
        """Log that a slot is set, and remember it as Rasa stores it."""
        self._clock += TICK
        event: Event = {"event": "slot", "timestamp": self._clock}
        if not fresh:
            event["metadata"] = {**self.identity}
        event["name"] = name
        event["value"] = value
        self.events.append(event)
        slot = self.cast.domain.slots.get(name)
        if slot is not None:
            self.slots[name] = slot.convert(value)
        self.carried.append((name, value))

    def activate(self, form: str, *, fresh: bool = False) -> None:
        """Log that a form becomes the active loop."""
        self.log("active_loop", fresh=fresh, name=form)
        self.loop = form
        self.rejected = False

    def utter(self, name: str, *, fresh: bool = False) -> None:
        """Log the message that a response of the domain makes, if it can be made."""
        texts = self.cast.plain_texts.get(name)
        if texts is not None:
            self._say_text(self.rng.pick(texts), {"utter_action": name}, fresh=fresh)
            return
        draft = drafted(
            name,
            domain=self.cast.domain,
            slots=self.slots,
            arguments={},
            channel=self.channel or "",
            choose=self.rng.pick,
        )
        if draft:
            made = nlg.bot_event({**draft, "utter_action": name}, now=0.0)
            self._say_text(made["text"], made["metadata"], fresh=fresh)
            self.events[-1]["data"] = made["data"]

    def speak(self, text: str) -> None:
        """Log a message of a custom action."""
        self._say_text(text, {})

    def _say_text(
        self, text: str | None, metadata: Event, *, fresh: bool = False
    ) -> None:
        self._clock += TICK
        self.events.append(
            {
                "event": "bot",
                "timestamp": self._clock,
                "metadata": metadata if fresh else {**metadata, **self.identity},
                "text": text,
                "data": dict.fromkeys(nlg.DATA_KEYS),
            }
        )

    def remind(self, *, intent: str, entities: list[Event], seconds: int) -> Event:
        """Log a reminder that is due in some seconds."""
        event = self.log(
            "reminder",
            intent=intent,
            date_time="",
            entities=entities,
            name=f"reminder-{self.rng.hex(8)}",
            kill_on_user_msg=False,
        )
        self._dates.append((event, self._clock + seconds * SECOND))
        return event
