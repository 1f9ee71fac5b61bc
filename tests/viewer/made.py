"""Conversations for the tests of the viewer, with the records of a core beside them."""

from __future__ import annotations

from rasa_mock.stores.base import Turn

START = 1_700_000_000.0
SCRIPT = '<script>window.pwned = 1</script><img src=x onerror="window.pwned = 2">'


def message(text, *, intent, at, entities=(), confidence=0.93):
    intent = {"name": intent, "confidence": confidence}
    ranking = [intent, {"name": "deny", "confidence": 0.05}]
    data = {
        "intent": intent,
        "entities": list(entities),
        "text": text,
        "message_id": f"m{at}",
        "metadata": {},
        "intent_ranking": ranking,
    }
    return {
        "event": "user",
        "timestamp": START + at,
        "text": text,
        "input_channel": "rest",
        "message_id": f"m{at}",
        "metadata": {},
        "parse_data": data,
    }


def action(name, *, at, policy="RulePolicy"):
    return {
        "event": "action",
        "timestamp": START + at,
        "name": name,
        "policy": policy,
        "confidence": 1.0,
        "action_text": None,
        "hide_rule_turn": False,
    }


def bot(text, *, at, response=None, **data):
    return {
        "event": "bot",
        "timestamp": START + at,
        "text": text,
        "data": data,
        "metadata": {"utter_action": response} if response else {},
    }


def slot(name, value, *, at):
    return {"event": "slot", "timestamp": START + at, "name": name, "value": value}


def started(at):
    return [
        action("action_session_start", at=at),
        {"event": "session_started", "timestamp": START + at + 0.1},
        action("action_listen", at=at + 0.2),
    ]


BUTTONS = [{"title": "Jazz", "payload": "/jazz"}, {"title": "Rock", "payload": "/rock"}]


def venues_events():
    """Return a conversation about concerts: a form, slots, an action with a finding."""
    city = {"entity": "city", "value": "Berlin", "start": 19, "end": 25}
    return [
        *started(0),
        message("hello", intent="greet", at=1),
        action("utter_greet", at=1.1),
        bot("Hey! What can I do for you?", at=1.1, response="utter_greet"),
        action("action_listen", at=1.2),
        message(
            "find me a concert in Berlin",
            intent="search_venues",
            at=5,
            entities=[city],
        ),
        slot("city", "Berlin", at=5.1),
        action("booking_form", at=5.2),
        {"event": "active_loop", "timestamp": START + 5.2, "name": "booking_form"},
        slot("requested_slot", "genre", at=5.3),
        bot("Which genre?", at=5.3, response="utter_ask_genre", buttons=BUTTONS),
        action("action_listen", at=5.4),
        message("jazz", intent="inform", at=9, confidence=0.61),
        slot("genre", "jazz", at=9.1),
        action("booking_form", at=9.2),
        slot("requested_slot", None, at=9.2),
        {"event": "active_loop", "timestamp": START + 9.2, "name": None},
        action("action_search_venues", at=9.3),
        bot("I found two venues.", at=9.8),
        slot("venues", ["Quasimodo", "A-Trane"], at=9.8),
        action("action_listen", at=9.9),
    ]


def venues_records():
    """Return what the core computed on the way, by the positions of the events."""
    answer = {"events": [slot("venues", ["Quasimodo"], at=9)], "responses": []}
    scores = {"action_search_venues": 1.0, "action_listen": 0.0}
    return [
        {"kind": "turn", "offset": 3, "elapsed": 0.004},
        {
            "kind": "parse",
            "offset": 7,
            "elapsed": 0.0021,
            "parse_data": venues_events()[7]["parse_data"],
        },
        {
            "kind": "prediction",
            "offset": 19,
            "action": "action_search_venues",
            "policy": "RulePolicy",
            "confidence": 1.0,
            "candidates": [
                {
                    "policy": "RulePolicy",
                    "priority": 6,
                    "scores": scores,
                    "reason": "rule 'submit the booking form'",
                },
                {"policy": "MemoizationPolicy", "priority": 3, "scores": {}},
            ],
        },
        {
            "kind": "call",
            "offset": 19,
            "action": "action_search_venues",
            "url": "http://localhost:5055/webhook?token=hidden-token",
            "status": 200,
            "failure": None,
            "request_bytes": 5210,
            "response_bytes": 164,
            "elapsed": 0.4832,
            "attempts": 1,
            "request": {"next_action": "action_search_venues", "filler": "x" * 30_000},
            "response": answer,
        },
        {
            "kind": "trace",
            "offset": 19,
            "action": "action_search_venues",
            "name": "query",
            "value": {"city": "Berlin", "genre": "jazz", "limit": 2},
        },
        {
            "kind": "finding",
            "offset": 19,
            "rule": "RM302",
            "severity": "warning",
            "message": "slot 'venues' is set to a list, its type is text",
            "action": "action_search_venues",
            "hint": "declare it as list",
            "rasa": "Rasa stores it as it is",
        },
        {
            "kind": "slot",
            "offset": 21,
            "name": "venues",
            "before": None,
            "after": ["Quasimodo", "A-Trane"],
            "cause": "action_search_venues",
        },
        {"kind": "weather", "offset": 19, "mood": "fine"},
    ]


def fill(store):
    """Put the conversations of the tests into a store."""
    store.save("anna", Turn(events=venues_events(), variables=venues_records()))
    other = venues_events()
    other[14] = message("rock", intent="inform", at=9)
    other[15] = slot("genre", "rock", at=9.1)
    store.save("boris", Turn(events=[*other[:19], *other[21:]]))
    store.save(
        "evil " + SCRIPT,
        Turn(
            events=[
                *started(0),
                message(SCRIPT, intent=SCRIPT, at=1),
                slot(SCRIPT, {SCRIPT: SCRIPT}, at=2),
                bot(SCRIPT, at=3, buttons=[{"title": SCRIPT, "payload": SCRIPT}]),
                {"event": SCRIPT, "timestamp": START + 4, "name": SCRIPT},
            ],
            variables=[
                {"kind": SCRIPT, "offset": 3, "value": SCRIPT},
                {"kind": "finding", "offset": 3, "rule": SCRIPT, "message": SCRIPT},
            ],
        ),
    )


def long_events(count):
    """Return a conversation of at least so many events."""
    events = started(0)
    number = 0
    while len(events) < count:
        at = 10.0 * (number + 1)
        events += [
            message(f"message {number}", intent="inform", at=at),
            slot("number", number, at=at + 1),
            action("utter_ok", at=at + 2),
            bot(f"That is number {number}.", at=at + 2, response="utter_ok"),
            action("action_listen", at=at + 3),
        ]
        number += 1
    return events[:count]
