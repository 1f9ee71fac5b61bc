"""What makes a state reachable: the invariants that Rasa keeps, role by role."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import pytest

from rasa_mock.core.defaults import DEFAULT_INTENTS
from rasa_mock.core.domain import Domain
from rasa_mock.generate.cases import cases_for, tracker_for
from rasa_mock.generate.cast import cast_of
from rasa_mock.generate.extraction import Heard, candidates
from rasa_mock.resources import fixture_folder

SEEDS = range(2)
CONVERSATIONS = fixture_folder() / "conformance" / "conversations"


@cache
def reachable(action, domain):
    return [
        (case, tracker_for(case, domain))
        for seed in SEEDS
        for case in cases_for(action, domain=domain, seed=seed)
        if case.reachable
    ]


def fresh_tail(events):
    """The events at the end that Rasa made for this call only: without metadata."""
    tail = []
    for event in reversed(events):
        if "metadata" in event:
            break
        tail.insert(0, event)
    return tail


def slots_in(events):
    return [short(event) for event in events if event["event"] == "slot"]


def short(event):
    return (event["event"], event.get("name"), event.get("value"))


def test_every_slot_is_there_from_the_start(travel):
    case = next(
        c for c in cases_for("action_book_trip", domain=travel) if c.kind == "fresh"
    )
    state = tracker_for(case, travel).current_state()
    assert state["slots"] == {
        "from_city": None,
        "to_city": None,
        "passengers": None,
        "class": None,
        "return_trip": None,
        "purpose": None,
        "stops": None,
        "mood": None,
        "score": 0.5,
        "requested_slot": None,
        "session_started_metadata": None,
    }
    assert state["latest_message"] == {
        "intent": {},
        "entities": [],
        "text": None,
        "message_id": None,
        "metadata": {},
    }
    assert [event["event"] for event in case.events] == [
        "action",
        "session_started",
        "action",
    ]


def test_nothing_is_left_to_follow_when_an_action_is_called(domain, actions_of):
    for action in actions_of(domain):
        for case, tracker in reachable(action, domain):
            # A session that has not started yet still waits for action_listen.
            waiting = "action_listen" if case.kind.startswith("new") else None
            assert tracker.followup_action == waiting, (action, case.id)


def test_users_say_what_the_domain_knows(domain, actions_of):
    intents = {*domain.intents, *DEFAULT_INTENTS, None}
    for action in actions_of(domain):
        for case, _ in reachable(action, domain):
            for event in case.events:
                if event["event"] == "user":
                    parsed = event["parse_data"]
                    assert parsed["intent"]["name"] in intents, case.id
                    names = {entity["entity"] for entity in parsed["entities"]}
                    assert names <= set(domain.entities), case.id


def test_entities_stand_where_they_say(travel, actions_of):
    seen = set()
    for action in actions_of(travel):
        for case, _ in reachable(action, travel):
            for event in case.events:
                parsed = event.get("parse_data", {"entities": [], "text": ""})
                for entity in parsed["entities"]:
                    written = parsed["text"][entity.get("start", 0) : entity.get("end")]
                    extractor = entity.get("extractor")
                    seen.add(extractor)
                    if extractor == "DIETClassifier":
                        assert written == entity["value"]
                        assert 0 < entity["confidence_entity"] <= 1
                        assert ("role" in entity) == ("confidence_role" in entity)
                    elif extractor == "RegexMessageHandler":
                        assert json.loads(written)[entity["entity"]] == entity["value"]
                    elif extractor == "DucklingEntityExtractor":
                        info = entity["additional_info"]
                        assert info["type"] in ("value", "interval")
                        assert written == entity["text"]
    assert seen == {
        *("DIETClassifier", "DucklingEntityExtractor", "RegexEntityExtractor"),
        *("RegexMessageHandler", None),
    }


def test_token_spans_and_ranking_fit_the_message(travel):
    for case, _ in reachable("action_book_trip", travel):
        for event in case.events:
            parsed = event.get("parse_data", {})
            if "text_tokens" not in parsed:
                continue
            words = [parsed["text"][start:end] for start, end in parsed["text_tokens"]]
            assert all(word == word.strip() for word in words)
            ranked = parsed["intent_ranking"]
            assert ranked == sorted(ranked, key=lambda r: -r["confidence"])
            assert ranked[:1] == (
                [parsed["intent"]] if parsed["intent"]["name"] else []
            )
            assert len({item["name"] for item in ranked}) == len(ranked)


def test_custom_actions_are_called_after_the_message_was_used(travel):
    for case, tracker in reachable("action_show_trip", travel):
        kinds = ("fresh", "followup", "form-done")
        if case.kind not in kinds:
            assert short(case.events[-1]) == ("user_featurization", None, None)
            assert "metadata" not in case.events[-1]
            assert tracker.latest_action_name == "action_listen"


def test_after_a_form_all_its_slots_are_filled(travel):
    found = 0
    for case, tracker in reachable("action_show_trip", travel):
        if case.kind == "form-done":
            found += 1
            slots = tracker.slots
            wanted = travel.forms["trip_form"].required_slots
            assert all(slots[name] is not None for name in wanted), case.id
            assert tracker.active_loop_name is None
            assert tracker.latest_action_name == "trip_form"
            assert tracker.requested_slot is None
    assert found == len(SEEDS)


def test_an_interrupting_action_finds_the_form_rejected(travel):
    loops = [
        tracker.active_loop
        for case, tracker in reachable("action_show_trip", travel)
        if case.kind == "form-interrupted"
    ]
    assert [(loop["name"], loop["rejected"]) for loop in loops] == [
        ("trip_form", True)
    ] * len(SEEDS)


def test_a_validation_gets_its_candidates_last(travel):
    """As Rasa's temporary tracker: requested slot, the form, then the candidates."""
    wanted = travel.forms["trip_form"].required_slots
    seen = set()
    for case, tracker in reachable("validate_trip_form", travel):
        tail = [short(event) for event in fresh_tail(case.events)]
        form = tail.index(("action", "trip_form", None))
        assert tail[form - 1] == ("slot", "requested_slot", tracker.requested_slot)
        offered = tail[form + 1 :]
        assert all(kind == "slot" and name in wanted for kind, name, _ in offered)
        assert tracker.latest_action_name == "trip_form"
        assert {name: tracker.slots[name] for _, name, _ in offered} == {
            name: value for _, name, value in offered
        }
        seen.add((tracker.active_loop_name, tracker.requested_slot, bool(offered)))
    steps = {(loop, slot) for loop, slot, _ in seen if slot}
    assert steps == {("trip_form", slot) for slot in wanted}
    assert (None, None, False) in seen
    assert ("trip_form", None, True) in seen
    assert ("trip_form", None, False) in seen


def test_a_form_has_filled_what_it_asked_for_before(travel):
    wanted = travel.forms["trip_form"].required_slots
    for case, tracker in reachable("validate_trip_form", travel):
        requested = tracker.requested_slot
        if requested is not None:
            earlier = wanted[: wanted.index(requested)]
            missing = [name for name in earlier if tracker.slots[name] is None]
            assert missing == [], (case.id, requested)


def test_the_answer_to_a_question_is_the_candidate(travel):
    """Except where no mapping can fill the slot: then validation looks by itself."""
    for case, tracker in reachable("validate_trip_form", travel):
        if case.kind.startswith("step-") and tracker.active_loop_name:
            requested = tracker.requested_slot
            names = [event.get("name") for event in fresh_tail(case.events)]
            assert (requested in names) == (requested != "purpose"), case.id


def test_a_question_is_asked_before_its_slot_is_requested(travel):
    """Rasa sets requested_slot only after the action that asks has answered."""
    for action, slot in (
        ("action_ask_from_city", "from_city"),
        ("action_ask_trip_form_purpose", "purpose"),
    ):
        requested = set()
        for _, tracker in reachable(action, travel):
            assert tracker.active_loop_name == "trip_form"
            assert tracker.latest_action_name == "trip_form"
            assert tracker.slots[slot] is None
            requested.add(tracker.requested_slot)
        before = {
            "from_city": {None, "from_city"},
            "purpose": {"return_trip", "purpose"},
        }
        assert before[slot] <= requested


def test_slot_validation_gets_what_the_message_fills_last(travel):
    cast = cast_of(travel)
    lengths = set()
    for case, tracker in reachable("action_validate_slot_mappings", travel):
        tail = fresh_tail(case.events)
        names = []
        for event in reversed(tail):
            if event["event"] != "slot":
                break
            names.insert(0, event["name"])
        message = tracker.latest_message
        # Candidates do not change what extraction looks at, but requested_slot counts.
        heard = Heard(
            intent=message["intent"].get("name"),
            text=message["text"],
            entities=message["entities"],
            loop=tracker.active_loop_name,
            requested=tracker.requested_slot,
        )
        filled = [part.name for part, _, _ in candidates(cast, heard)]
        assert names == filled, case.id
        lengths.add(len(names))
    assert len(lengths) > 1


def test_a_mapping_action_is_called_where_its_mapping_applies(travel):
    cast = cast_of(travel)
    for action in ("action_feel_mood", "action_score"):
        for case, tracker in reachable(action, travel):
            message = tracker.latest_message
            heard = Heard(
                intent=message["intent"].get("name"),
                text=message["text"],
                entities=message["entities"],
                loop=tracker.active_loop_name,
                requested=tracker.requested_slot,
            )
            run = [rule.action for _, rule, _ in candidates(cast, heard)]
            assert action in run, case.id


def test_a_new_session_is_asked_for_with_an_old_one_or_none(travel):
    minutes = travel.session_config.session_expiration_time
    for case, tracker in reachable("action_session_start", travel):
        if case.kind.startswith("new"):
            assert [event["event"] for event in case.events] in ([], ["slot"])
        elif case.kind.startswith("expired"):
            last = max(e["timestamp"] for e in case.events if e["event"] == "user")
            assert case.now - last > minutes * 60
            assert tracker.latest_action_name == "action_listen"


def test_a_default_action_is_called_after_what_leads_to_it(travel):
    for case, tracker in reachable("action_restart", travel):
        assert tracker.latest_message["text"] == "/restart", case.id
    intents = {
        tracker.latest_message["intent"]["name"]
        for _, tracker in reachable("action_default_fallback", travel)
    }
    assert intents == {"nlu_fallback", None}


@pytest.mark.parametrize(
    ("kind", "slots"),
    [
        ("slots-min", {"passengers": 1, "class": "First"}),
        ("slots-max", {"passengers": 9, "class": "Second"}),
        (
            "slots-empty",
            # Only an entity fills from_city, which is never empty; 0 passengers are
            # below the range.
            {"from_city": None, "to_city": "", "return_trip": False, "stops": []}
            | {"passengers": None, "purpose": ""},
        ),
        ("slots-null", {"from_city": None, "score": None}),
    ],
)
def test_boundary_values_respect_what_a_slot_may_hold(travel, kind, slots):
    for case, tracker in reachable("action_show_trip", travel):
        if case.kind == kind:
            held = tracker.slots
            assert {name: held[name] for name in slots} == slots


def test_texts_of_all_scripts_get_into_slots_and_messages(travel):
    texts = {
        case.kind: json.dumps(case.events, ensure_ascii=False)
        for case, _ in reachable("action_show_trip", travel)
    }
    for kind, sign in (("chinese", "上海"), ("rtl", "حجز"), ("emoji", "🎉")):
        assert sign in texts[f"slots-{kind}"]
        assert sign in texts[f"text-{kind}"]
    assert max(map(len, texts.values())) > 10_000


def test_reachable_slots_hold_what_their_types_say(travel):
    wrong = []
    for action in ("action_show_trip", "validate_trip_form"):
        for case, tracker in reachable(action, travel):
            slots = tracker.slots
            if slots["class"] not in (None, "First", "Second"):
                wrong.append((case.id, slots["class"]))
            if slots["passengers"] is not None and not 1 <= slots["passengers"] <= 9:
                wrong.append((case.id, slots["passengers"]))
            if slots["return_trip"] not in (None, True, False):
                wrong.append((case.id, slots["return_trip"]))
            if not isinstance(slots["stops"], list | None):
                wrong.append((case.id, slots["stops"]))
    assert wrong == []


def test_what_no_dialogue_gives_is_marked_so(travel):
    odd = {
        case.kind
        for action in ("action_show_trip", "validate_trip_form")
        for case in cases_for(action, domain=travel)
        if not case.reachable
    }
    assert odd == {"no-events", "wrong-types", "stray", "out-of-the-blue"}


def test_channels_metadata_and_long_histories_occur(travel):
    cases = {c.kind: c for c, _ in reachable("action_show_trip", travel)}
    channels = {case.channel for case in cases.values()}
    assert {"rest", "facebook", "telegram", None} <= channels
    assert len(cases["long-history"].events) > 150
    tracker = tracker_for(cases["metadata"], travel)
    assert tracker.latest_message["metadata"].keys() == {"user_id", "locale"}
    assert (
        tracker.slots["session_started_metadata"] == tracker.latest_message["metadata"]
    )
    assert tracker_for(cases["channel-none"], travel).latest_input_channel is None


def test_a_new_session_carries_slots_over_and_a_restart_does_not(travel):
    for case, _ in reachable("action_show_trip", travel):
        types = [event["event"] for event in case.events]
        if case.kind == "session":
            start = len(types) - 1 - types[::-1].index("session_started")
            listen = types.index("action", start)
            before = replace(case, events=case.events[: start - 1])
            old = tracker_for(before, travel).applied_events()
            new = case.events[start:listen]
            assert slots_in(new) == slots_in(old)
        elif case.kind == "restart":
            after = types[types.index("restart") + 1 :]
            assert after[:3] == ["action", "session_started", "action"]


def recorded_keys():
    """Return the key orders with which real Rasa wrote each type of event."""
    found = set()
    for path in CONVERSATIONS.glob("[0-9]*.json"):
        for step in json.loads(path.read_text(encoding="utf-8"))["steps"]:
            for call in step.get("action_calls", ()):
                for event in (
                    call.get("request", {}).get("tracker", {}).get("events", ())
                ):
                    found.add((event["event"], tuple(event)))
    return found


def test_events_are_written_as_rasa_writes_them():
    domain = Domain.from_dict(
        json.loads((CONVERSATIONS / "_domain.json").read_text(encoding="utf-8"))
    )
    made = {
        (event["event"], tuple(event))
        for action in domain.server_actions
        for case, _ in reachable(action, domain)
        for event in case.events
    }
    not_recorded = ("export", "loop_interrupted", "restart")
    unknown = {row for row in made - recorded_keys() if row[0] not in not_recorded}
    assert unknown == set()
