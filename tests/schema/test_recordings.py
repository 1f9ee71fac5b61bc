"""What real Rasa and real action servers sent passes; each exception has its reason."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rasa_mock.schema.validate import validate
from tests.schema.samples import (
    MISSING,
    conversation_requests,
    corpus_answers,
    corpus_states,
    protocol_answers,
    protocol_requests,
    recorded,
)

#: recorded requests that are not right: Rasa 3.6.21 sent none of them
#: (beginning of the id, end of the file's name) -> (how many, why)
WRONG_REQUESTS = {
    ("p_", ""): (48, "probes of the protocol: fields missing, null or empty"),
    ("m0_", ""): (34, "made by hand: no message, hardly a tracker"),
    ("c_", "calm-shape"): (3, "made by hand in the shape of Rasa Pro: stack, flow_*"),
    ("", "dialect2"): (39, "the domain is in the layout of Rasa 2"),
}

#: answers with status 200 that are not right
WRONG_ANSWERS = {
    "p_empty_object": "rasa-sdk answers null to a request without next_action",
    "p_null_action": "rasa-sdk answers null to a request without next_action",
}

#: answers that Rasa took without a word, yet the reference calls wrong (parts B, C)
TAKEN_THOUGH_WRONG = {
    "ok_nan": "NaN is not JSON",
    "ev_followup_no_name": "Rasa ignores a followup without a name",
    "rs_text_number": "Rasa fails while it sends a text that is a number",
    "rs_template_key": "Rasa 3 does not read template: an empty message",
    "rs_buttons_object": "Rasa makes a button of each key",
    "rs_button_no_title": "a button that says nothing",
    "rs_elements_bad": "a card is an object",
}

#: answers whose body is right; Rasa refuses them for what stands around it
WRONG_AROUND_IT = {
    "ok_json_as_text_plain": "the content type is text/plain",
    "ok_json_no_type": "there is no content type",
    "slow": "it came too late",
}

#: families of the corpus whose states come from events that are wrong on purpose
FED_WITH_WRONG_EVENTS = {"bad_each", "bad_events", "pause", "reminders", "soup"}


def test_requests_of_recorded_servers_pass_but_for_those_that_rasa_never_sent(
    recordings: Path,
):
    failed: Counter[tuple[str, str]] = Counter()
    passed = 0
    for call in recorded(recordings):
        if call.request is None:
            continue
        exception = next(
            (
                key
                for key in WRONG_REQUESTS
                if call.id.startswith(key[0]) and call.file.endswith(key[1])
            ),
            None,
        )
        issues = validate("action_request", call.request)
        assert bool(issues) == (exception is not None), (call.file, call.id, issues)
        if exception is None:
            passed += 1
        else:
            failed[exception] += 1
    assert failed == {key: count for key, (count, _) in WRONG_REQUESTS.items()}
    assert passed == 128


def test_answers_of_recorded_servers_pass_but_for_the_word_null(recordings: Path):
    passed = 0
    for call in recorded(recordings):
        if call.status == 200 and call.answer is not MISSING:
            issues = validate("action_response", call.answer)
            assert bool(issues) == (call.id in WRONG_ANSWERS), (call, issues)
            passed += not issues
    assert passed > 150


def test_all_requests_of_the_raw_protocol_pass():
    requests = list(protocol_requests())
    assert len(requests) == 24  # the 25th case is refused before anything is sent
    for sample in requests:
        assert validate(sample.kind, sample.document) == [], sample.source


def test_all_requests_of_the_conversations_pass():
    requests = conversation_requests()
    assert len(requests) == 763
    for sample in requests:
        assert validate(sample.kind, sample.document) == [], sample.source


def test_answers_of_the_raw_protocol_pass_if_and_only_if_they_are_right():
    seen = set()
    for case, document in protocol_answers():
        refused = "error" in case["run"]
        expected = (refused or case["id"] in TAKEN_THOUGH_WRONG) and case[
            "id"
        ] not in WRONG_AROUND_IT
        issues = validate("action_response", document)
        assert bool(issues) == expected, (case["id"], issues)
        seen.add(case["id"])
    assert seen >= TAKEN_THOUGH_WRONG.keys() | WRONG_AROUND_IT.keys()
    assert len(seen) == 91


def test_states_that_rasa_folds_from_right_events_pass():
    passed = 0
    for family, state in corpus_states():
        if family not in FED_WITH_WRONG_EVENTS:
            assert validate("tracker", state) == [], family
            passed += 1
    assert passed > 900


def test_what_rasa_refuses_by_its_own_schema_never_passes():
    refused = [
        case["answer"]["body"]
        for case in corpus_answers()
        if case["expected"]["run"].get("error", {}).get("class") == "ValidationError"
        and "body" in case["answer"]
    ]
    assert len(refused) > 90
    for body in refused:
        assert validate("action_response", body) != [], body
