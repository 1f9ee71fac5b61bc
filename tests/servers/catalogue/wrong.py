"""Wrong actions: each makes one mistake, and names the rule that is to find it."""

from __future__ import annotations

import json
from collections.abc import Iterator
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

LATER = "2090-01-01T09:00:00+00:00"
INTENT = {"name": "inform", "confidence": 1.0}
PARSED = {"intent": INTENT, "entities": []}


def reminder(**fields: Any) -> dict[str, Any]:
    given = {"intent": "EXTERNAL_reminder", "entities": None, "name": None}
    given |= {"date_time": LATER, "kill_on_user_msg": True}
    return event("reminder", **given | fields)


def user(words: Any, **parse_data: Any) -> dict[str, Any]:
    return event("user", text=words, parse_data=parse_data, input_channel=None)


def past(_tracker: Any) -> list[dict[str, Any]]:
    when = datetime.now(timezone.utc) - timedelta(minutes=10)
    return [reminder(date_time=when.isoformat())]


def naive(_tracker: Any) -> list[dict[str, Any]]:
    when = datetime.now(timezone.utc).replace(tzinfo=None) + timedelta(days=2)
    return [reminder(date_time=when.isoformat())]


def word(tracker: Any, missing: str) -> str:
    """Return the slot's value, or what a language writes where there is none."""
    return str(tracker["slots"].get("city") or missing)


def context_of(tracker: Any) -> bytes:
    """Return an error with the slots of the request."""
    return json.dumps({"error": "boom", "context": tracker["slots"]}).encode()


TRANSPORT: dict[str, tuple[str, Any]] = {
    "raises": ("RM105", Said(status=500, body=b'{"error": "boom"}')),
    "date_as_value": (
        "RM106",
        Said(status=500, body=b'{"error": "date is not JSON serializable"}'),
    ),
    "refuses_without_name": ("RM107", Said(status=400, body=b'{"error": "no"}')),
    "rejects_another": (
        "RM108",
        Said(status=400, body=b'{"error": "no", "action_name": "action_x"}'),
    ),
    "forbidden": ("RM109", Said(status=403, body=b'{"error": "no"}')),
    "declares_html": ("RM110", Said(content_type="text/html")),
    "declares_nothing": ("RM110", Said(content_type="")),
    "empty_body": ("RM111", Said(body=b"")),
    "echoes_slots": ("RM117", lambda t: Said(status=500, body=context_of(t))),
    "nobody_rejects": ("RM108", Said(status=400, body=b'{"action_name": null}')),
    "trace_in_a_list": (
        "RM116",
        Said(status=500, body=b'{"trace": ["File \\"/srv/a.py\\", line 3"]}'),
    ),
    "trace_with_status_200": (
        "RM116",
        Said(body=b'{"error": "Traceback (most recent call last):"}'),
    ),
    "cut_off": ("RM111", Said(body=b'{"events": [')),
    "null_body": ("RM112", Said(body=b"null")),
    "list_as_body": ("RM112", Said(body=b"[]")),
    "events_null": ("RM113", Said(body=b'{"events": null, "responses": []}')),
    "responses_object": ("RM113", Said(body=b'{"events": [], "responses": {}}')),
    "event_for_events": ("RM114", Said(body=b'{"event": [], "responses": []}')),
    "wrapped": ("RM114", Said(body=b'{"result": {"events": [{"event": "undo"}]}}')),
    "messages": ("RM114", Said(body=b'{"events": [], "messages": [{"text": "hi"}]}')),
    "failed_as_success": ("RM122", Said(body=b'{"status": "error"}')),
    "unsuccessful": ("RM122", Said(body=b'{"success": false, "events": []}')),
    "errors_as_success": ("RM122", Said(body=b'{"errors": [{"code": 7}]}')),
    "nan": (
        "RM115",
        Said(body=b'{"events": [{"event": "slot", "name": "rating", "value": NaN}]}'),
    ),
    "error_as_success": ("RM122", Said(body=b'{"error": "no database"}')),
    "string_event": ("RM201", Said(events=["slot"])),
    "list_in_list": ("RM202", Said(events=[[slot("city", "Rome")]])),
}

EVENTS: dict[str, tuple[str, Any]] = {
    "unknown_event": ("RM203", [event("slott", name="city", value="Rome")]),
    "old_session": ("RM203", [event("session_start")]),
    "capital_event": ("RM203", [event("SlotSet", name="city", value="Rome")]),
    "restarted": ("RM203", [event("restarted")]),
    "nameless_event": ("RM204", [{"name": "city", "value": "Rome"}]),
    "slot_without_name": ("RM205", [event("slot", value="Rome")]),
    "slot_without_value": ("RM206", [event("slot", name="city")]),
    "timestamp_a_word": ("RM207", [{**slot("city", "Rome"), "timestamp": "now"}]),
    "metadata_a_word": ("RM208", [{**slot("city", "Rome"), "metadata": "crm"}]),
    "action_name_number": ("RM209", [event("action", name=7)]),
    "confidence_a_word": (
        "RM209",
        [event("action", name="utter_greet", confidence="high")],
    ),
    "followup_list": ("RM210", [followup(["action_listen"])]),
    "user_null_parse_data": (
        "RM211",
        [event("user", text="hi", parse_data=None, input_channel=None)],
    ),
    "user_bare": ("RM211", [event("user")]),
    "user_intent_a_word": ("RM209", [user("hi", intent="inform", entities=[])]),
    "user_intent_null": (
        "RM209",
        [user("hi", intent={"name": None, "confidence": 0.0}, entities=[])],
    ),
    "entity_without_value": (
        "RM209",
        [user("hi", intent=INTENT, entities=[{"entity": "city"}])],
    ),
    "loop_of_validation": (
        "RM214",
        [event("active_loop", name="validate_half_form")],
    ),
    "bad_date": ("RM212", [reminder(date_time="soon")]),
    "no_date": ("RM212", [reminder(date_time=None)]),
    "unknown_followup": ("RM213", [followup("action_nowhere")]),
    "followup_old_name": ("RM213", [followup("action_deactivate_form")]),
    "followup_intent": ("RM213", [followup("greet")]),
    "unknown_loop": ("RM214", [event("active_loop", name="form_nowhere")]),
    "unknown_action_event": ("RM215", [event("action", name="action_nowhere")]),
    "empty_bot": ("RM216", [event("bot", text=None, data={}, metadata={})]),
    "kill_flag": (
        "RM221",
        [{**reminder(), "kill_on_user_message": False, "kill_on_user_msg": None}],
    ),
    "bot_buttons_outside": (
        "RM221",
        [event("bot", text="x", buttons=[{"title": "a", "payload": "/greet"}])],
    ),
    "followup_action_key": ("RM221", [event("followup", action="action_listen")]),
    "loop_form_key": ("RM221", [event("active_loop", form="hotel_form")]),
    "slot_key_val": ("RM206", [event("slot", name="city", val="Rome")]),
    "old_form": ("RM222", [event("form", name="hotel_form")]),
    "old_form_validation": ("RM222", [event("form_validation", validate=False)]),
    "export_to_file": ("RM223", [event("export", path="/srv/story.md")]),
    "followup_null": ("RM224", [followup(None)]),
    "followup_empty": ("RM224", [followup("")]),
    "loop_without_name": ("RM224", [event("active_loop")]),
    "user_without_text": ("RM225", [user(None, intent=INTENT)]),
    "user_without_intent": ("RM226", [user("hi", entities=[])]),
    "naive_reminder": ("RM227", naive),
    "past_reminder": ("RM228", past),
    "old_reminder": ("RM228", [reminder(date_time="2020-01-01T09:00:00Z")]),
    "action_in_reminder": ("RM229", [reminder(intent="action_raises")]),
    "utter_in_reminder": ("RM229", [reminder(intent="utter_greet")]),
    "reminder_without_intent": ("RM230", [reminder(intent=None)]),
    "reminder_of_nothing": ("RM803", [reminder(intent="EXTERNAL_remind")]),
    "user_unknown_intent": (
        "RM806",
        [user("x", intent={"name": "gret", "confidence": 1.0}, entities=[])],
    ),
    "user_unknown_entity": (
        "RM807",
        [user("x", intent=INTENT, entities=[{"entity": "town", "value": "Rome"}])],
    ),
    "reminder_unknown_entity": (
        "RM807",
        [reminder(entities=[{"entity": "town", "value": "Rome"}])],
    ),
    "entities_of_nobody": (
        "RM807",
        [event("entities", entities=[{"entity": "town", "value": "Rome"}])],
    ),
    "reminder_entity_map": ("RM807", [reminder(entities={"town": "Rome"})]),
}

SLOTS: dict[str, tuple[str, Any]] = {
    "unknown_slot": ("RM301", [slot("town", "Rome")]),
    "slot_other_case": ("RM301", [slot("City", "Rome")]),
    "number_in_text": ("RM302", [slot("name", 7)]),
    "boolean_in_text": ("RM302", [slot("name", True)]),
    "object_in_text": ("RM302", [slot("name", {"first": "Ann"})]),
    "list_in_text": ("RM302", [slot("name", ["Ann"])]),
    "text_in_float": ("RM303", [slot("rating", "4")]),
    "boolean_in_float": ("RM303", [slot("rating", True)]),
    "list_in_float": ("RM303", [slot("rating", [4])]),
    "word_in_bool": ("RM304", [slot("vip", "yes")]),
    "text_true_in_bool": ("RM304", [slot("vip", "True")]),
    "unlisted": ("RM305", [slot("cuisine", "polish")]),
    "list_in_categorical": ("RM305", [slot("cuisine", ["thai"])]),
    "blank_around_category": ("RM305", [slot("cuisine", " thai ")]),
    "above_range": ("RM306", [slot("age", 451)]),
    "below_range": ("RM306", [slot("age", -1)]),
    "text_in_list": ("RM307", [slot("toppings", "olives")]),
    "commas_in_list": ("RM307", [slot("toppings", "olives, onions")]),
    "object_in_list": ("RM307", [slot("toppings", {"a": 1})]),
    "requested_of_no_form": ("RM310", [slot("requested_slot", "toppings")]),
    "requested_unknown": ("RM408", [slot("requested_slot", "passport")]),
    "word_undefined": ("RM312", [slot("name", "undefined")]),
    "word_none": ("RM312", lambda t: [slot("name", str(t["slots"].get("age")))]),
    "overwritten_but_for_one": ("RM311", [slot("remark", "please call")]),
    "overwritten": ("RM311", [slot("comment", "please call")]),
}

FORMS: dict[str, tuple[str, Any]] = {
    "validate_nowhere_form": ("RM401", accept),
    "validate_follows_form": (
        "RM403",
        lambda t: [*accept(t), followup("utter_greet")],
    ),
    "validate_resets_form": ("RM403", lambda t: [event("reset_slots"), *accept(t)]),
    "validate_restarts_form": ("RM403", [event("restart")]),
    "validate_switches_form": (
        "RM403",
        lambda t: [*accept(t), event("active_loop", name="hotel_form")],
    ),
    "validate_listens_form": ("RM403", [event("action", name="action_listen")]),
    "validate_rewinds_form": ("RM403", [event("rewind")]),
    "validate_reminds_form": ("RM403", lambda t: [*accept(t), reminder()]),
    "validate_foreign_form": (
        "RM404",
        lambda t: [*accept(t), slot("hotel", "Ritz")],
    ),
    "validate_silent_form": ("RM405", []),
    "validate_half_form": (
        "RM405",
        lambda t: [e for e in accept(t) if e["name"] != "city"],
    ),
    "validate_empty_form": (
        "RM406",
        lambda t: [slot(n, "" if n == "city" else v) for n, v in candidates(t).items()],
    ),
    "validate_none_text_form": (
        "RM406",
        lambda t: [
            slot(n, "None" if n == "city" else v) for n, v in candidates(t).items()
        ],
    ),
    "validate_false_form": (
        "RM406",
        lambda t: [
            slot(n, False if n == "city" else v) for n, v in candidates(t).items()
        ],
    ),
    "validate_ends_form": (
        "RM407",
        lambda t: accept(t) or [slot("requested_slot", None)],
    ),
    "validate_unknown_form": (
        "RM301",
        lambda t: [*accept(t), slot("town", "Rome")],
    ),
    "validate_passport_form": (
        "RM408",
        lambda t: [*accept(t), slot("requested_slot", "passport")],
    ),
    "validate_number_form": (
        "RM302",
        lambda t: [slot(n, 5 if n == "city" else v) for n, v in candidates(t).items()],
    ),
    "validate_range_form": (
        "RM306",
        lambda t: [
            slot(n, 1000 if n == "seats" else v) for n, v in candidates(t).items()
        ],
    ),
    "validate_own_name_form": (
        "RM602",
        [event("action_execution_rejected", name="validate_own_name_form")],
    ),
    "action_ask_seats": ("RM409", []),
}

MESSAGES: dict[str, tuple[str, Any]] = {
    "string_message": ("RM501", say("Hello")),
    "unknown_response": ("RM502", say(response("utter_nowhere"))),
    "sentence_as_response": ("RM502", say(response("Good morning!"))),
    "empty_text": ("RM503", say(text(""))),
    "blank_text": ("RM503", say(text("   "))),
    "nothing": ("RM503", say(text(None))),
    "empty_object": ("RM503", say({})),
    "no_payload": ("RM504", button(payload=None)),
    "empty_payload": ("RM504", button(payload="")),
    "blank_title": ("RM505", button(title=" ")),
    "slash_forgotten": ("RM804", button(payload='affirm{"city": "Rome"}')),
    "image_none": ("RM519", say(text("x", image="None"))),
    "error_page": ("RM518", say(text("<html><body>502 Bad Gateway</body></html>"))),
    "slash_alone": ("RM804", button(payload="/")),
    "no_title": ("RM505", button(title=None)),
    "number_as_text": ("RM506", say(text(42))),
    "list_as_text": ("RM506", say(text(["a", "b"]))),
    "string_buttons": ("RM507", say(text("?", buttons=["Yes"]))),
    "object_as_buttons": ("RM507", say(text("?", buttons={"title": "Yes"}))),
    "string_elements": ("RM507", say(text("x", elements=["card"]))),
    "string_custom": ("RM507", say(text("x", custom="card"))),
    "list_custom": ("RM507", say(text("x", custom=[{"a": 1}]))),
    "template_alone": ("RM508", say(text(None, template="utter_greet"))),
    "recipient": ("RM509", say({"text": "x", "recipient_id": "7"})),
    "unfilled": ("RM510", say(response("utter_weather"))),
    "misspelt_variable": ("RM510", say(response("utter_weather", degree=21))),
    "unfilled_card": ("RM510", say(response("utter_card"))),
    "says_old_value": (
        "RM520",
        say(response("utter_weather", degrees=2), events=[slot("city", "Zembla")]),
    ),
    "name_as_text": ("RM511", say(text("utter_greet"))),
    "text_and_response": ("RM512", say(response("utter_greet") | {"text": "Hi"})),
    "single_quotes": ("RM513", button(payload="/inform{'city': 'Rome'}")),
    "cut_payload": ("RM513", button(payload='/inform{"city": "Rome"')),
    "list_payload": ("RM513", button(payload='/inform{["Rome"]}')),
    "object_payload": ("RM514", button(payload={"intent": "greet"})),
    "number_title": ("RM514", button(title=5)),
    "unknown_intent_button": ("RM804", button(payload="/afirm")),
    "action_in_button": ("RM804", button(payload="/action_raises")),
    "other_case_button": ("RM804", button(payload="/Affirm")),
    "unknown_entity_button": ("RM805", button(payload='/inform{"town": "Rome"}')),
    "unknown_quick_reply": (
        "RM804",
        say({"text": "?", "quick_replies": [{"title": "a", "payload": "/nix"}]}),
    ),
    "card_button": (
        "RM804",
        say(
            text(
                None,
                elements=[
                    {"title": "a", "buttons": [{"title": "b", "payload": "/nix"}]}
                ],
            )
        ),
    ),
    "json_message": ("RM515", say({"text": "x", "json_message": {"a": 1}})),
    "button_for_buttons": (
        "RM515",
        say(text("x", button=[{"title": "a", "payload": "/greet"}])),
    ),
    "image_url": ("RM515", say(text("x", image_url="http://x.invalid/i.png"))),
    "message_for_text": ("RM503", say({"message": "Hello"})),
    "both_kinds": (
        "RM516",
        say(
            {
                "text": "?",
                "buttons": [{"title": "a", "payload": "/greet"}],
                "quick_replies": [{"title": "b", "payload": "/greet"}],
            }
        ),
    ),
    "says_none": ("RM517", lambda t: say(text(f"Hello {t['slots'].get('nam')}!"))),
    "says_null": ("RM517", lambda t: say(text(f"Due: {word(t, 'null')} today"))),
    "says_undefined": ("RM517", lambda t: say(text(f"{word(t, 'undefined')} is on"))),
    "null_variable": ("RM517", say(response("utter_weather", degrees=None))),
    "greets_null": ("RM518", say(text("Hello null, how are you?"))),
    "says_nan": ("RM518", say(text("The total is nan EUR"))),
    "says_not_a_number": ("RM518", say(text("Total: NaN"))),
    "go_nil": ("RM518", say(text("Your parcel <nil> is on its way"))),
    "go_verb": ("RM518", say(text("Hello %!s(int=7)"))),
    "java_object": ("RM518", say(text("Your order: com.shop.Order@1b6d3586"))),
    "invalid_date": ("RM518", say(text("It arrives on Invalid Date"))),
    "parcel_undefined": ("RM518", say(text("Your parcel undefined is on its way"))),
    "decimal": ("RM518", say(text("Total: Decimal('3.50') EUR"))),
    "bytes": ("RM518", say(text("Hello b'Ann'"))),
    "percent_s": ("RM518", say(text("Hello %s, your parcel is here"))),
    "exception_as_text": ("RM518", say(text("Sorry: KeyError: 'city'"))),
    "trace_as_text": ("RM518", say(text('Sorry: File "a.py", line 3, in run'))),
    "refused_as_text": ("RM518", say(text("connect ECONNREFUSED 10.0.0.3:5432"))),
    "only_none": ("RM517", say(text("None"))),
    "none_in_button": ("RM517", button(title="Book for None")),
    "object_object": ("RM518", say(text("Order: [object Object]"))),
    "python_object": ("RM518", say(text("<actions.Order object at 0x7f3a>"))),
    "python_dict": ("RM518", say(text(str({"city": "Rome", "seats": 2})))),
    "undefined": ("RM518", say(text("Hello undefined!"))),
    "image_object": ("RM519", say(text("x", image={"url": "http://x.invalid"}))),
    "bot_event_button": (
        "RM504",
        [event("bot", text="?", data={"buttons": [{"title": "Yes"}]}, metadata={})],
    ),
}

EFFECTS: dict[str, tuple[str, Any]] = {
    "slot_then_reset": ("RM601", [slot("name", "Ann"), event("reset_slots")]),
    "slot_then_restart": ("RM601", [slot("name", "Ann"), event("restart")]),
    "slot_then_rewind": ("RM601", [slot("name", "Ann"), event("rewind")]),
    "slot_then_undo": ("RM601", [slot("name", "Ann"), event("undo")]),
    "slot_then_session": (
        "RM601",
        [
            slot("name", "Ann"),
            event("session_started"),
            event("action", name="action_listen"),
        ],
    ),
    "followup_then_restart": ("RM601", [followup("utter_greet"), event("restart")]),
    "two_followups": ("RM601", [followup("utter_greet"), followup("action_listen")]),
    "followup_then_user": ("RM601", [followup("utter_greet"), user("hi", **PARSED)]),
    "undo": ("RM602", [event("undo")]),
    "listen": ("RM602", [event("action", name="action_listen")]),
    "rejects_other": (
        "RM602",
        [event("action_execution_rejected", name="action_raises")],
    ),
    "rejects_form": ("RM602", [event("action_execution_rejected", name="hotel_form")]),
    "rejects_nothing": ("RM602", [event("action_execution_rejected")]),
    "follows_itself": ("RM603", [followup("action_follows_itself")]),
    "follows_itself_with_slot": (
        "RM603",
        [slot("name", "Ann"), followup("action_follows_itself_with_slot")],
    ),
    "session_alone": ("RM604", [event("session_started")]),
    "restart_then_listen": (
        "RM604",
        [event("restart"), event("action", name="action_listen")],
    ),
    "leaves_loop": ("RM605", [event("active_loop", name=None)]),
    "pause_and_follow": ("RM606", [followup("utter_greet"), event("pause")]),
    "schedules_and_cancels": (
        "RM607",
        [reminder(name="call"), event("cancel_reminder", name="call")],
    ),
    "cancels_all_then_schedules": ("RM607", [event("cancel_reminder"), reminder()]),
}


def _rows() -> Iterator[Row]:
    tables = (TRANSPORT, EVENTS, SLOTS, FORMS, MESSAGES, EFFECTS)
    for table in tables:
        for name, (rule, answer) in table.items():
            own = name.startswith(("validate_", "action_"))
            yield Row(name=name if own else f"action_{name}", answer=answer, rule=rule)
    yield Row(
        name="action_session_start", answer=[event("session_started")], rule="RM604"
    )
    yield Row(
        name="action_validate_slot_mappings",
        answer=lambda t: [*accept(t), followup("utter_greet")],
        rule="RM402",
    )
    yield Row(
        name="action_fills_nickname",
        answer=[slot("nickname", "x"), event("restart")],
        rule="RM402",
        domain={
            "slots": {
                "nickname": {
                    "type": "text",
                    "mappings": [{"type": "custom", "action": "action_fills_nickname"}],
                }
            }
        },
    )


WRONG = tuple(_rows())
