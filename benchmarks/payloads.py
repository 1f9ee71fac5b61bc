"""The payloads that are measured: conversations shaped like those of a real Rasa 3.6.

A turn has eight events: the user's message with a full parse (seven intents ranked,
tokens, a response selector), its featurization, a slot, the action, a bot message with
buttons, ... about 410 bytes an event, as in the trackers that real Rasa builds.
"""

from __future__ import annotations

from itertools import chain, count, islice
from typing import Any

from rasa_mock import Domain, Tracker

Event = dict[str, Any]

NOW = 1_700_000_000.125
INTENTS = ("ask_weather", "greet", "goodbye", "inform", "stop", "affirm", "deny")
DOMAIN = {
    "version": "3.1",
    "intents": list(INTENTS),
    "entities": ["location"],
    "slots": {
        "location": {
            "type": "text",
            "mappings": [{"type": "from_entity", "entity": "location"}],
        },
        "temperature": {"type": "float", "mappings": [{"type": "custom"}]},
    },
    "responses": {"utter_ask_location": [{"text": "For which place?"}]},
    "actions": ["action_tell_weather", "validate_weather_form"],
    "forms": {"weather_form": {"required_slots": ["location"]}},
    "session_config": {
        "session_expiration_time": 60,
        "carry_over_slots_to_new_session": True,
    },
}
PLACES = ("Oslo", "Nairobi", "São Paulo", "Kyoto", "Montréal")
OPENING: list[Event] = [
    {"event": "action", "name": "action_session_start", "policy": None},
    {"event": "session_started"},
    {"event": "action", "name": "action_listen", "policy": None},
]


def domain() -> Domain:
    """Return the domain of the payloads."""
    return Domain.from_dict(DOMAIN)


def events(number: int) -> list[Event]:
    """Return a conversation of so many wire events."""
    turns = chain.from_iterable(map(_turn, count()))
    return [_stamped(e, i) for i, e in enumerate(islice(chain(OPENING, turns), number))]


def events_with_rewinds(number: int) -> list[Event]:
    """Return the same conversation with a `rewind` after each tenth event."""
    plain = events(number)
    tens = [plain[start : start + 10] for start in range(0, number, 10)]
    rewind = {"event": "rewind", "timestamp": NOW}
    return [event for ten in tens for event in (*ten, rewind)]


def tracker(number: int) -> Tracker:
    """Return a tracker that holds so many events."""
    return Tracker.from_events("benchmark", events(number), domain=domain(), now=NOW)


def answer(number: int) -> dict[str, Any]:
    """Return an action server's answer with so many events, and one message."""
    names = ("location", "temperature")
    values = ("Oslo", 21.5)
    return {
        "events": [
            {"event": "slot", "timestamp": None, "name": names[i % 2], "value": v}
            for i, v in enumerate(islice(_cycle(values), number))
        ],
        "responses": [
            {
                "text": "It is warm.",
                "buttons": [],
                "elements": [],
                "custom": {},
                "template": None,
                "response": None,
                "image": None,
                "attachment": None,
            }
        ],
    }


def _cycle(values: tuple[Any, ...]) -> Any:
    return chain.from_iterable(values for _ in count())


def _stamped(event: Event, index: int) -> Event:
    metadata = {"model_id": "19e3a1b2c4d54e7f8a9b0c1d2e3f4a5b", "assistant_id": "bench"}
    return {**event, "timestamp": NOW + index * 0.125, "metadata": metadata}


def _turn(number: int) -> list[Event]:
    place = PLACES[number % len(PLACES)]
    return [
        _user(f"how warm is it in {place} today", place=place, number=number),
        {"event": "user_featurization", "use_text_for_featurization": False},
        {"event": "slot", "name": "location", "value": place},
        {
            "event": "action",
            "name": "action_tell_weather",
            "policy": "RulePolicy",
            "confidence": 1.0,
            "action_text": None,
            "hide_rule_turn": True,
        },
        {
            "event": "bot",
            "text": f"It is {number % 40} °C in {place}. Shall I go on?",
            "data": {
                "elements": None,
                "quick_replies": None,
                "buttons": [
                    {"title": "Yes, please", "payload": "/affirm"},
                    {"title": "No, stop", "payload": "/deny"},
                ],
                "attachment": None,
                "image": None,
                "custom": None,
            },
        },
        {"event": "slot", "name": "temperature", "value": float(number % 40)},
        {"event": "active_loop", "name": None},
        {
            "event": "action",
            "name": "action_listen",
            "policy": "RulePolicy",
            "confidence": 1.0,
            "action_text": None,
            "hide_rule_turn": False,
        },
    ]


def _user(text: str, *, place: str, number: int) -> Event:
    start = text.index(place)
    entities = [
        {
            "entity": "location",
            "start": start,
            "end": start + len(place),
            "confidence_entity": 0.9987,
            "value": place,
            "extractor": "DIETClassifier",
        }
    ]
    ranking = [
        {"name": name, "confidence": round(0.97 / 3**index, 6)}
        for index, name in enumerate(INTENTS)
    ]
    words = text.split()
    starts = [sum(len(word) + 1 for word in words[:i]) for i in range(len(words))]
    return {
        "event": "user",
        "text": text,
        "parse_data": {
            "intent": ranking[0],
            "entities": entities,
            "text": text,
            "message_id": f"{number:032x}",
            "metadata": {},
            "text_tokens": [
                [s, s + len(w)] for s, w in zip(starts, words, strict=True)
            ],
            "intent_ranking": ranking,
            "response_selector": {
                "all_retrieval_intents": ["faq"],
                "default": {
                    "response": {
                        "responses": None,
                        "confidence": 0.0,
                        "intent_response_key": None,
                        "utter_action": "utter_None",
                    },
                    "ranking": [],
                },
            },
        },
        "input_channel": "rest",
        "message_id": f"{number:032x}",
    }
