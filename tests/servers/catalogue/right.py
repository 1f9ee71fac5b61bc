"""Right actions, each of which looks wrong to a naive rule; nothing is to be found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.servers.catalogue.rows import (
    Row,
    Said,
    accept,
    button,
    candidates,
    event,
    followup,
    response,
    say,
    slot,
    text,
)

INTENT = {"name": "inform", "confidence": 1.0}
INJECTED = event(
    "user",
    text="/inform",
    parse_data={"intent": INTENT, "entities": [{"entity": "city", "value": "Rome"}]},
    input_channel=None,
)
LISTEN = event("action", name="action_listen")
Tracker = Mapping[str, Any]


def again_while_few(tracker: Tracker) -> list[dict[str, Any]]:
    tries = tracker["slots"].get("tries") or 0
    if tries >= 3:
        return []
    return [slot("tries", tries + 1), followup("action_again_while_few")]


def again_if_empty(tracker: Tracker) -> list[dict[str, Any]]:
    if tracker["slots"].get("hotel"):
        return []
    return [slot("hotel", "Ritz"), followup("action_again_if_empty")]


def in_an_hour(_tracker: Tracker) -> list[dict[str, Any]]:
    when = datetime.now(timezone.utc) + timedelta(hours=1)
    return [
        event(
            "reminder",
            intent="EXTERNAL_reminder",
            date_time=when.isoformat(),
            entities=[{"entity": "city", "value": "Rome"}],
            name=f"call-{_tracker['sender_id']}",
            kill_on_user_msg=False,
        )
    ]


def after_the_message(tracker: Tracker) -> list[dict[str, Any]]:
    said = tracker["latest_event_time"] or 0
    when = datetime.fromtimestamp(said, timezone.utc) + timedelta(days=1)
    return [
        event(
            "reminder",
            intent="EXTERNAL_reminder",
            date_time=when.isoformat(),
            entities=None,
            name=None,
            kill_on_user_msg=True,
        )
    ]


def refuses_party(tracker: Tracker) -> list[dict[str, Any]]:
    wrong = {"seats": None}
    return [slot(n, wrong.get(n, v)) for n, v in candidates(tracker).items()]


def stops(tracker: Tracker) -> list[dict[str, Any]]:
    return [slot("city", None), slot("requested_slot", None)]


def upper(tracker: Tracker) -> list[dict[str, Any]]:
    return [
        slot(n, v.upper() if isinstance(v, str) else v)
        for n, v in candidates(tracker).items()
    ]


def ends_loop(tracker: Tracker) -> list[dict[str, Any]]:
    return [event("active_loop", name=None), slot("requested_slot", None)]


REJECTION = Said(status=400, body=b'{"error": "no", "action_name": "action_rejects"}')
FORM_REJECTION = Said(
    status=400, body=b'{"error": "no", "action_name": "by_name_form"}'
)

RIGHT_TABLE: dict[str, Any] = {
    "nothing": [],
    "writes_about_json": say(text('Send {"a": [1, 2]}, or {{name}} in a template')),
    "none_of_them": say(text("None of the rooms is free. Nonetheless, welcome.")),
    "no_failure": Said(body=b'{"events": [], "success": true, "status": "ok"}'),
    "words_of_programs": say(
        text("The null hypothesis, undefined terms and your nan: 100 %, 20% off."),
        text("Error: the parcel was not found. One exception: Sundays."),
        text("Type print('hi') or [1, 2]; choose 'small' or 'large'"),
    ),
    "sometimes_null_variable": lambda t: say(
        response("utter_weather", degrees=t["slots"].get("age"))
    ),
    "no_error": Said(body=b'{"events": [], "responses": [], "error": null}'),
    "other_placeholder": say(text("Put {placeholder} there, or {0}")),
    "nothing_at_all": Said(body=b"{}"),
    "events_alone": Said(body=b'{"events": []}'),
    "rejects": REJECTION,
    "sometimes": lambda t: [slot("name", "Ann")] if t["slots"].get("vip") else [],
    "again_while_few": again_while_few,
    "again_if_empty": again_if_empty,
    "injects": [LISTEN, INJECTED],
    "rewinds_and_injects": [event("rewind"), LISTEN, INJECTED],
    "rewinds": [event("rewind")],
    "restarts": [event("restart")],
    "restarts_and_follows": [event("restart"), followup("action_session_start")],
    "restarts_and_greets": [event("restart"), followup("utter_greet")],
    "resets": [event("reset_slots")],
    "resets_first": [event("reset_slots"), slot("name", "Ann")],
    "resets_then_null": [event("reset_slots"), slot("name", None)],
    "sets_twice": [slot("name", "Ann"), slot("name", "Bob")],
    "null_then_reset": [slot("name", None), event("reset_slots")],
    "null_text": [slot("name", None)],
    "null_float": [slot("age", None)],
    "null_bool": [slot("vip", None)],
    "null_categorical": [slot("cuisine", None)],
    "null_list": [slot("toppings", None)],
    "none_by_choice": [slot("name", "None")],
    "null_any": [slot("data", None)],
    "null_from_text": [slot("comment", None)],
    "int_in_float": [slot("age", 42)],
    "zero_in_float": [slot("age", 0)],
    "bound_of_range": [slot("age", 120)],
    "no_range_stated": [slot("rating", 25)],
    "other_case": [slot("cuisine", "THAI")],
    "false": [slot("vip", False)],
    "empty_text": [slot("name", "")],
    "empty_list": [slot("toppings", [])],
    "mixed_list": [slot("toppings", [1, "a", None])],
    "object_in_any": [slot("data", {"a": [1, {"b": None}]})],
    "number_in_any": [slot("data", 5)],
    "from_entity_slot": [slot("city", "Rome")],
    "starts_form": [event("active_loop", name="hotel_form"), followup("hotel_form")],
    "follows_form": [followup("hotel_form")],
    "follows_listen": [followup("action_listen")],
    "follows_response": [followup("utter_greet")],
    "follows_restart": [followup("action_restart")],
    "ends_loop": ends_loop,
    "asks_next": [slot("requested_slot", "hotel")],
    "pauses": [event("pause")],
    "resumes": [event("resume")],
    "reminds": in_an_hour,
    "reminds_by_message": after_the_message,
    "cancels": [event("cancel_reminder", name="call")],
    "cancels_all": [event("cancel_reminder")],
    "bot_event": [event("bot", text="Hello", data={}, metadata={})],
    "bot_custom": [event("bot", text=None, data={"custom": {"a": 1}}, metadata={})],
    "hands_over": [event("agent", text="I take over", data=None)],
    "rejects_itself": [
        event("action_execution_rejected", name="action_rejects_itself")
    ],
    "rejects_and_follows": [
        event("action_execution_rejected", name="action_nothing"),
        followup("utter_greet"),
    ],
    "undoes_and_follows": [event("undo"), followup("utter_greet")],
    "new_session": [event("session_started"), slot("name", "Ann"), LISTEN],
    "own_keys": [{**slot("name", "Ann"), "source": "crm"}],
    "own_metadata": [{**slot("name", "Ann"), "metadata": {"source": "crm"}}],
    "no_timestamp": [{"event": "slot", "name": "name", "value": "Ann"}],
    "knowledge_base": [
        slot("knowledge_base_listed_objects", ["1", "2"]),
        slot("knowledge_base_last_object", None),
        slot("knowledge_base_last_object_type", "hotel"),
    ],
    "greets": say(response("utter_greet")),
    "fills": say(response("utter_weather", degrees=21)),
    "says_and_empties": say(
        response("utter_weather", degrees=21), events=[slot("city", None)]
    ),
    "says_what_it_sets": say(
        response("utter_weather", degrees=2, city="Oslo"), events=[slot("city", "Oslo")]
    ),
    "follows_retrieval": [followup("utter_inform")],
    "fills_card": say(response("utter_card", title="Rome")),
    "escaped_braces": say(response("utter_braces")),
    "retrieval": say(response("utter_faq/ask_name")),
    "literal_braces": say(text("Write {name} and {} and {{x}}")),
    "word_none": say(text("None of our shops is open")),
    "word_none_after_colon": say(text("Allergies: None")),
    "says_undefined_behaviour": say(text("That is undefined behaviour")),
    "two_paragraphs": say(text("one\n\ntwo")),
    "emoji": say(text("👍")),
    "zero_text": say(text("0")),
    "url_button": button(payload=None, url="http://x.invalid", type="web_url"),
    "plain_payload": button(payload="yes please"),
    "payload_with_braces": button(payload="show {all} of it"),
    "payload_of_intent": button(payload="/affirm"),
    "payload_with_entity": button(payload='/inform{"city": "Rome"}'),
    "payload_with_blank": button(payload='/inform {"city": "Rome"}'),
    "payload_confidence": button(payload="/affirm@0.9"),
    "payload_empty_object": button(payload="/inform{}"),
    "payload_default_intent": button(payload="/restart"),
    "payload_of_calm": button(payload="/SetSlots(city=Rome)"),
    "url_payload": button(payload="https://x.invalid/a"),
    "payload_list_value": button(payload='/inform{"city": ["Rome", "Oslo"]}'),
    "image": say(text(None, image="http://x.invalid/i.png")),
    "attachment": say(text(None, attachment={"type": "video", "payload": {}})),
    "custom": say(text(None, custom={"card": 1})),
    "elements": say(text(None, elements=[{"title": "a", "subtitle": "b"}])),
    "quick_replies": say(
        {"text": "?", "quick_replies": [{"title": "a", "payload": "/greet"}]}
    ),
    "channel_variable": say(text("x", parse_mode="markdown", button_type="vertical")),
    "many_messages": say(*[text(str(n)) for n in range(5)]),
    "node_style": say(
        {"text": "hi"}, events=[{"event": "slot", "name": "name", "value": "A"}]
    ),
    "validate_accepts_form": accept,
    "validate_refuses_form": refuses_party,
    "validate_changes_form": upper,
    "validate_stops_form": stops,
    "validate_rejects_form": [event("action_execution_rejected", name="rejects_form")],
    "validate_by_name_form": FORM_REJECTION,
    "validate_extends_form": lambda t: [*accept(t), slot("requested_slot", "hotel")],
    "validate_extra_form": lambda t: [*accept(t), slot("vip", True)],
    "validate_ends_and_follows_form": lambda t: [
        *accept(t),
        slot("city", None),
        slot("requested_slot", None),
        followup("utter_greet"),
    ],
    "validate_deactivates_form": lambda t: [
        *accept(t),
        event("active_loop", name=None),
    ],
    "action_ask_city": say(text("Which city?")),
    "action_ask_hotel": [event("bot", text="Which hotel?", data={}, metadata={})],
}


def _rows() -> Iterator[Row]:
    for name, answer in RIGHT_TABLE.items():
        own = name.startswith(("validate_", "action_"))
        yield Row(name=name if own else f"action_{name}", answer=answer)
    yield Row(
        name="action_session_start",
        answer=[event("session_started"), slot("name", "Ann"), LISTEN],
    )
    yield Row(name="action_validate_slot_mappings", answer=accept)
    yield Row(
        name="action_query_knowledge_base",
        answer=[slot("knowledge_base_last_object", 3)],
    )


RIGHT = tuple(_rows())
