"""The rules over answers of real action servers: each finding was looked at by hand.

Every line of the recordings with an action is judged offline: its request makes the
tracker, its answer the reply.  The table says what is found, and each row is true; an
answer that is not in it has nothing worth a word.
"""

from __future__ import annotations

import json
from collections import defaultdict

import pytest

from rasa_mock import clock
from rasa_mock.core.domain import Domain
from rasa_mock.core.outcome import interpret
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import Reply
from rasa_mock.errors import DataError
from rasa_mock.rules.answer import read_answer
from rasa_mock.rules.base import Exchange
from rasa_mock.rules.catalogue import all_rules
from rasa_mock.rules.judge import judge, rule_set
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.validate import validate

NOW = 1700000000.0
RULES = rule_set(all_rules())
PROBE = "p_"
OLD_FORMS = {"m1_session_only", "m2_one_user_message"}

# What Rasa extracted (text for a float slot, true for a text slot) comes back as it is.
HANDED_BACK = ("num_people", "outdoor_seating")
# (rule, action, subject): the recordings that show it.  Probes, which send what Rasa
# never sends (no tracker, no domain, an unknown action), are judged apart below.
FOUND = {
    "concertbot": {
        # sets likes_music, the domain has music_preference
        ("RM301", "action_set_music_preference", "likes_music"): {"r_pref_affirm"},
    },
    "formbot": {
        # takes int() of a slot that is null
        ("RM105", "validate_restaurant_form", None): {"r_validate_num_none"},
    },
    "formbot-sdk2": {
        (
            "RM105",
            "validate_restaurant_form",
            "500 ⚠️ 0 — Internal Server Error",
        ): {"r_validate_num_none"},
    },
    "helpdesk": {},
    # rasa-sdk 2.8 crashes in every form validation on the 3.x layout of the domain
    "helpdesk-sdk2": {
        (
            "RM105",
            "validate_open_incident_form",
            "500 ⚠️ 0 — Internal Server Error",
        ): {
            "m2_one_user_message",
            "r_val_email",
            "r_val_email_true_prev",
            "r_val_priority_bad",
            "r_val_priority_ok",
        },
        (
            "RM105",
            "validate_incident_status_form",
            "500 ⚠️ 0 — Internal Server Error",
        ): {"m2_one_user_message", "r_val_status_email"},
    },
    "knowledgebasebot": {},
    # the node server's domain lists neither the slot nor the intent
    "node": {
        ("RM301", "action_set_city", "city"): OLD_FORMS | {"m0_bare"},
        ("RM301", "action_events", "city"): OLD_FORMS | {"m0_bare"},
        ("RM803", "action_events", "EXTERNAL_reminder"): OLD_FORMS | {"m0_bare"},
        # every event there is: a reminder and its cancellation, a session's start last
        ("RM604", "action_events", "session"): OLD_FORMS | {"m0_bare"},
        ("RM227", "action_events", "zone"): OLD_FORMS | {"m0_bare"},
        ("RM607", "action_events", "r1"): OLD_FORMS | {"m0_bare"},
        # {} as a message
        ("RM503", "action_meta", "empty"): {"m0_bare"},
        # Express shows where it failed
        ("RM116", "action_domain", "stack trace"): {"m0_bare"},
    },
    # datetime.now() without a zone
    "reminderbot": {
        ("RM227", "action_set_reminder", "zone"): {
            *OLD_FORMS,
            "m0_bare",
            "r_set_no_entity",
            "r_set_with_entity",
        },
    },
}


def calls_of(folder, bot):
    """Yield the recorded calls of a bot's actions, each with its domain."""
    own = json.loads((folder / f"{bot}.domain.json").read_text())
    for line in (folder / f"{bot}.jsonl").read_text().splitlines():
        call = json.loads(line)
        request = call.get("request")
        if call["action"] is not None and request:
            sent = request.get("domain")
            yield call, own if not sent or isinstance(sent, str) else sent


def exchange_of(call, document):
    domain = Domain.from_dict(document)
    state = call["request"].get("tracker") or {}
    how = {"domain": domain, "now": NOW, "new_id": str, "parse_date": clock.parse_date}
    tracker = Tracker.from_events("sender", state.get("events") or [], **how)
    text = call.get("response_text", "")
    body = json.dumps(call["response"]) if "response" in call else text
    headers = {"content-type": call.get("content_type") or ""}
    reply = Reply(status=call["status"], headers=headers, body=body.encode())
    answer = read_answer(reply)
    return Exchange(
        action=call["action"],
        domain=domain,
        before=tracker,
        reply=reply,
        answer=answer,
        outcome=interpret(
            reply,
            action=call["action"],
            tracker=tracker,
            now=NOW,
            new_id=str,
            parse_date=clock.parse_date,
        ),
        issues=validate("action_response", answer.document)
        if call["status"] == 200
        else (),
        known_events=Registry.load().event_types,
        case=call["id"],
    )


@pytest.mark.parametrize("bot", FOUND)
def test_what_is_found_in_the_answers_of_real_servers(recordings, bot) -> None:
    found = defaultdict(set)
    for call, document in calls_of(recordings / "recordings", bot):
        if call["id"].startswith(PROBE):
            continue
        for finding in judge(exchange_of(call, document), rules=RULES):
            if finding.rule == "RM228":
                continue  # what was to come is long past
            if finding.severity == "info":
                assert (
                    finding.subject in HANDED_BACK
                    or "before the user has said" in finding.message
                )
                continue
            key = (finding.rule, finding.action, finding.subject)
            short = (finding.rule, finding.action, None)
            found[short if short in FOUND[bot] else key].add(call["id"])
    assert found == FOUND[bot]


@pytest.mark.parametrize("bot", FOUND)
def test_what_is_found_in_the_answers_to_odd_requests(recordings, bot) -> None:
    """A crash, a 404 or the question for the domain, and nothing else."""
    for call, document in calls_of(recordings / "recordings", bot):
        if call["id"].startswith(PROBE):
            found = judge(exchange_of(call, document), rules=RULES)
            expected = {200: [], 404: ["RM801"], 449: ["RM109"], 500: ["RM105"]}
            rules = [f.rule for f in found if f.subject != "stack trace"]
            assert rules == expected[call["status"]], call["id"]


def test_the_domains_in_the_layout_of_rasa_2_are_not_for_this_profile(
    recordings,
) -> None:
    """Their answers are recorded twice; here are those to the layout of Rasa 3."""
    for path in sorted((recordings / "recordings").glob("*.dialect2.domain.json")):
        with pytest.raises(DataError, match="slot mappings"):
            Domain.from_dict(json.loads(path.read_text()))
