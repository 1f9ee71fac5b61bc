"""Test cases as files have them: what is read, and what is refused at which line."""

from __future__ import annotations

import textwrap

import pytest

from rasa_mock.errors import DataError
from rasa_mock.files.e2e import load_cases
from rasa_mock.files.e2e_shapes import ASSERTIONS
from rasa_mock.run.e2e.assertions import CHECKS, UNJUDGED

CASE = "test_cases:\n- test_case: a\n  steps:\n"


def read(folder, text, *, name="e2e.yml"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return load_cases(path)


def test_every_assertion_key_is_judged_or_said_not_to_be():
    assert set(ASSERTIONS) == set(CHECKS) | set(UNJUDGED)
    assert not set(CHECKS) & set(UNJUDGED)


def test_fixtures_metadata_and_stubs_are_put_in_where_they_are_named(tmp_path):
    file = read(
        tmp_path,
        """
        fixtures:
        - ann: [{name: Ann}, {age: 5}]
        metadata:
        - web: {channel: web, lang: en}
        - app: {channel: app}
        stub_custom_actions:
          action_a: {events: []}
          buy_it::action_a: {responses: [{text: bought}]}
        test_cases:
        - test_case: buy it
          fixtures: [ann]
          metadata: web
          steps:
          - user: hi
            metadata: app
          - slot_was_set: [name, {age: 5}]
        - test_case: leave it
          steps: [{user: bye}]
        """,
    )
    buy, leave = file.cases
    assert [(slot.name, slot.value) for slot in buy.fixtures] == [
        ("name", "Ann"),
        ("age", 5),
    ]
    assert buy.steps[0].metadata == {"channel": "app", "lang": "en"}
    assert [(s.name, s.has_value, s.value) for s in buy.steps[1].slots] == [
        ("name", False, None),
        ("age", True, 5),
    ]
    assert buy.stubs == {"action_a": {"responses": [{"text": "bought"}]}}
    assert leave.stubs == {"action_a": {"events": []}}


def test_conftest_files_lend_their_fixtures_the_nearer_the_stronger(tmp_path):
    above, here = tmp_path, tmp_path / "tests" / "deep"
    here.mkdir(parents=True)
    (above / "conftest.yml").write_text(
        "fixtures:\n- far: [{a: 1}]\n- near: [{a: 2}]\n- own: [{a: 3}]\n"
    )
    (here.parent / "conftest.yaml").write_text(
        "fixtures: [{near: [{a: 20}]}, {own: [{a: 30}]}]\n"
        "llm_judge: {llm: {provider: openai, model: m}}\n"
    )
    text = """
        fixtures: [{own: [{a: 300}]}]
        test_cases:
        - test_case: a
          fixtures: [far, near, own]
          steps: [{user: hi}]
        """
    (case,) = read(here, text).cases
    assert [slot.value for slot in case.fixtures] == [1, 20, 300]


@pytest.mark.parametrize(
    ("given", "read_as"),
    [
        ("2025-03-01", "2025-03-01T00:00:00"),
        ('"2025-03-01 10:20:30"', "2025-03-01T10:20:30"),
        ('"2025-03-01T10:20:30+02:00"', "2025-03-01T10:20:30+02:00"),
        ('"2025-03-01T10:20:30Z"', "2025-03-01T10:20:30+00:00"),
    ],
)
def test_a_mocked_datetime_is_written_in_one_way(given, read_as, tmp_path):
    text = f"fixtures: [{{t: [{{mocked_datetime: {given}}}]}}]\n{CASE}  - user: hi\n"
    text = text.replace("- test_case: a\n", "- test_case: a\n  fixtures: [t]\n")
    (case,) = read(tmp_path, text).cases
    assert case.fixtures[0].value == read_as


def test_cases_with_the_same_name_are_told_apart(tmp_path):
    text = (
        "test_cases:\n- {test_case: a, steps: [{user: x}]}\n"
        "- {test_case: a, steps: [{user: y}]}\n"
    )
    assert [case.name for case in read(tmp_path, text).cases] == ["a", "a (2)"]


BAD = {
    "an unknown key on top": (
        f"test_case: []\n{CASE}  - user: hi\n",
        1,
        "unknown key 'test_case' in a file of test cases; did you mean 'test_cases'?",
    ),
    "an unknown key of a case": (
        "test_cases:\n- test_case: a\n  fixture: [x]\n  steps: [{user: hi}]\n",
        3,
        "unknown key 'fixture' in a test case; did you mean 'fixtures'?",
    ),
    "an unknown key of a step": (
        f"{CASE}  - user: hi\n    assertion:\n    - action_executed: a\n",
        5,
        "unknown key 'assertion' in a step; did you mean 'assertions'?",
    ),
    "an unknown assertion": (
        f"{CASE}  - user: hi\n    assertions:\n    - action_execute: a\n",
        6,
        "did you mean 'action_executed'?",
    ),
    "an unknown key of an assertion": (
        (
            f"{CASE}  - user: hi\n    assertions:\n    - bot_uttered:\n"
            "        utter_name: utter_x\n        text_match: y\n"
        ),
        8,
        "unknown key 'text_match' in the assertion; did you mean 'text_matches'?",
    ),
    "an unknown key of a slot": (
        (
            f"{CASE}  - user: hi\n    assertions:\n    - slot_was_set:\n"
            "      - name: city\n        val: y\n"
        ),
        8,
        "did you mean 'value'?",
    ),
    "an assertion of nothing": (
        f"{CASE}  - user: hi\n    assertions:\n    - bot_uttered: {{}}\n",
        6,
        "expected one of utter_name, text_matches, buttons",
    ),
    "no regular expression": (
        (
            f"{CASE}  - user: hi\n    assertions:\n    - bot_uttered:\n"
            "        text_matches: '(x'\n"
        ),
        7,
        "no regular expression: '(x'",
    ),
    "all of several starts": (
        (
            f"{CASE}  - user: hi\n    assertions:\n    - flow_started:\n"
            "        {operator: all, flow_ids: [a, b]}\n"
        ),
        7,
        "expected one id with the operator 'all', got 2",
    ),
    "a server for a local tool": (
        (
            f"{CASE}  - user: hi\n    assertions:\n    - tool_executed:\n"
            "        {tool_name: a, source: local, mcp_server: s}\n"
        ),
        6,
        "expected 'mcp_server' where 'source' is 'mcp', and only there",
    ),
    "two kinds in one step": (
        f"{CASE}  - slot_was_set: [a]\n    slot_was_not_set: [b]\n",
        4,
        "expected exactly one of user, bot, utter, slot_was_set, slot_was_not_set",
    ),
    "assertions of the bot": (
        f"{CASE}  - bot: hi\n    assertions: [{{action_executed: a}}]\n",
        5,
        "'assertions' belongs to user steps only",
    ),
    "an order of nothing": (
        f"{CASE}  - user: hi\n    assertion_order_enabled: true\n",
        5,
        "'assertion_order_enabled' needs 'assertions'",
    ),
    "an unknown fixture": (
        (
            "fixtures: [{premium: [{a: 1}]}]\n"
            "test_cases:\n- test_case: a\n  fixtures:\n  - premum\n"
            "  steps: [{user: x}]\n"
        ),
        5,
        "unknown fixture 'premum'; did you mean 'premium'?",
    ),
    "unknown metadata": (
        "test_cases:\n- test_case: a\n  metadata: web\n  steps: [{user: hi}]\n",
        3,
        "unknown metadata 'web'",
    ),
    "a fixture twice": (
        f"fixtures:\n- a: [{{x: 1}}]\n- a: [{{x: 2}}]\n{CASE}  - user: hi\n",
        3,
        "'a' occurs twice in fixtures",
    ),
    "a wrong date": (
        f"fixtures:\n- a: [{{mocked_datetime: tomorrow}}]\n{CASE}  - user: hi\n",
        2,
        "expected a date such as 2025-03-01",
    ),
    "an unknown event of a stub": (
        (
            "stub_custom_actions:\n  action_a:\n    events:\n    - event: slots\n"
            f"{CASE}  - user: hi\n"
        ),
        4,
        "did you mean 'slot'?",
    ),
    "an unknown key of a stub's event": (
        (
            "stub_custom_actions:\n  action_a:\n    events:\n    - event: slot\n"
            f"      nam: x\n{CASE}  - user: hi\n"
        ),
        5,
        "unknown key 'nam' in an event of a stub; did you mean 'name'?",
    ),
    "a text that is none": (f"{CASE}  - user: 5\n", 4, "expected a text, got 5"),
    "no steps": (
        "test_cases:\n- test_case: a\n  steps: []\n",
        3,
        "expected at least 1 steps, got 0",
    ),
    "cases that are no list": (
        "test_cases: 5\n",
        1,
        "expected a list of test cases, got 5",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_with_its_line_and_what_is_meant(name, tmp_path):
    text, line, message = BAD[name]
    with pytest.raises(DataError) as caught:
        read(tmp_path, text)
    assert message in caught.value.message
    assert (caught.value.line, caught.value.path) == (line, str(tmp_path / "e2e.yml"))


def test_an_unknown_key_of_a_conftest_is_told_in_its_file(tmp_path):
    (tmp_path / "conftest.yml").write_text("fixture: []\n")
    with pytest.raises(DataError, match="did you mean 'fixtures'") as caught:
        read(tmp_path, f"{CASE}  - user: hi\n")
    assert caught.value.path == str(tmp_path / "conftest.yml")


def test_a_stub_for_a_case_that_does_not_exist_is_noted(tmp_path):
    text = f"stub_custom_actions:\n  b::action_a: {{events: []}}\n{CASE}  - user: hi\n"
    (note,) = read(tmp_path, text).notes
    assert ":2: no test case 'b' for this stub" in note
