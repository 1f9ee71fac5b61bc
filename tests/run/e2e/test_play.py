"""Test cases of Rasa Pro, played on the fake core: what passes, what fails and why."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rasa_mock.core.wire import Reply
from rasa_mock.errors import DataError
from rasa_mock.run.e2e.assertions import UNJUDGED
from rasa_mock.testing.scripts import make_setup, read_bot, read_scripts
from tests.run.e2e.pizza import STUBS, write_pizza_bot, write_tests


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_pizza_bot(tmp_path_factory.mktemp("pizza"))


@pytest.fixture(scope="module")
def bot(folder):
    return read_bot(folder, beside=folder)


@pytest.fixture
def play(folder, bot):
    """Return a function that plays the only case of a text."""

    def run(text, **more):
        path = write_tests(folder, text)
        (script,) = read_scripts(path, bot=bot).scripts
        return script.play(setup=replace(make_setup(bot), **more))

    return run


def case(steps, *, head=STUBS, own=""):
    """Write a file with one case; the steps are indented by the caller."""
    return f"{head}\ntest_cases:\n- test_case: a\n{own}  steps:\n{steps}"


def asserting(*assertions, ordered=False, said="pizza"):
    """Write a case with one message and these assertions."""
    lines = [f"  - user: {said}"]
    if ordered:
        lines.append("    assertion_order_enabled: true")
    lines += ["    assertions:", *(f"    - {each}" for each in assertions)]
    return case("\n".join(lines))


def test_a_whole_order_with_fixtures_metadata_stubs_and_order(play):
    result = play(
        f"""{STUBS}
fixtures: [{{club: [{{member: true}}]}}]
metadata: [{{web: {{channel: web}}}}]
test_cases:
- test_case: order
  fixtures: [club]
  metadata: web
  steps:
  - user: pizza
    assertions:
    - bot_uttered: {{utter_name: utter_ask_size, text_matches: "^Which"}}
    - slot_was_set: [{{name: member, value: true}}]
    - slot_was_not_set: [{{name: size}}]
  - user: small
    assertion_order_enabled: true
    assertions:
    - slot_was_set: [{{name: size, value: small}}]
    - action_executed: action_price
    - slot_was_set: [{{name: price, value: 9.5}}]
    - bot_uttered: {{text_matches: "is 9.5"}}
"""
    )
    assert (result.outcome, [*result.explain()]) == ("passed", [])


HOLDS = [
    "action_executed: pizza_form",
    "slot_was_set: [{name: requested_slot}]",
    "slot_was_set: [{name: requested_slot, value: size}]",
    "slot_was_not_set: [{name: size}, {name: price, value: 5}]",
    "slot_was_not_set: [{name: requested_slot, value: price}]",
    "bot_uttered: {utter_name: utter_ask_size}",
    'bot_uttered: {text_matches: "size\\\\?$"}',
    "bot_uttered: {buttons: [{title: small, payload: /inform}]}",
    "bot_uttered: {buttons: [{title: small}, {payload: /x}]}",
    "bot_did_not_utter: {utter_name: utter_greet, text_matches: Hello}",
    "bot_did_not_utter: {buttons: [{title: huge, payload: /inform}]}",
]
FAILS = {
    "action_executed: action_price": "action_listen, pizza_form",
    "slot_was_set: [{name: price}]": "slot price: expected any value, got no slot",
    "slot_was_set: [{name: requested_slot, value: price}]": 'expected "price", got "s',
    "slot_was_not_set: [{name: requested_slot}]": 'expected not set, got "size"',
    "slot_was_not_set: [{name: requested_slot, value: size}]": "expected not",
    "bot_uttered: {utter_name: utter_greet}": "expected the response 'utter_greet'",
    "bot_uttered: {text_matches: Hello}": "a text that matches 'Hello'",
    "bot_uttered: {buttons: [{title: large, payload: /x}]}": "expected the buttons",
    "bot_did_not_utter: {text_matches: Which}": "expected not a text that matches",
    "flow_started: transfer": "expected the flow transfer to start, started: none",
    "flow_completed: {flow_id: transfer}": "to be completed, completed: none",
    "flow_cancelled: {flow_id: transfer}": "to be cancelled",
    "pattern_clarification_contains: [a]": "expected pattern_clarification to start",
}


@pytest.mark.parametrize("assertion", HOLDS)
def test_an_assertion_holds(assertion, play):
    assert [*play(asserting(assertion)).explain()] == []


@pytest.mark.parametrize("assertion", FAILS)
def test_an_assertion_fails_and_says_what_came_instead(assertion, play):
    result = play(asserting(assertion))
    assert result.outcome == "failed"
    (failure,) = result.failures
    assert FAILS[assertion] in failure.message
    assert "action pizza_form" in failure.seen
    assert failure.line is not None


def test_a_value_of_another_type_is_another_value(play):
    text = "slot_was_set: [{name: size, value: small}, {name: price, value: '9.5'}]"
    steps = f"  - user: pizza\n  - user: small\n    assertions:\n    - {text}\n"
    (failure,) = play(case(steps)).failures
    assert 'slot price: expected "9.5", got 9.5' in failure.message


def test_in_order_each_assertion_is_later_than_the_one_before(play):
    later, sooner = "bot_uttered: {text_matches: Which}", "action_executed: pizza_form"
    assert play(asserting(later, sooner)).outcome == "passed"
    assert play(asserting(sooner, later, ordered=True)).outcome == "passed"
    assert play(asserting(later, sooner, ordered=True)).outcome == "failed"


def test_the_first_failing_assertion_ends_the_case(play):
    steps = (
        "  - user: hi\n    assertions:\n"
        "    - action_executed: action_price\n    - action_executed: action_never\n"
        "  - user: pizza\n    assertions: [{action_executed: action_never}]\n"
    )
    assert len(play(case(steps)).failures) == 1


FLOW = {"event": "flow_started", "flow_id": "transfer"}
ENDED = {"event": "flow_completed", "flow_id": "transfer", "step_id": "done"}
CLARIFIES = {
    "event": "flow_started",
    "flow_id": "pattern_clarification",
    "metadata": {"names": ["send money", "add card"], "clarification_ids": ["a", "b"]},
}
ABOUT_FLOWS = {
    "flow_started: transfer": True,
    "flow_started: {operator: any, flow_ids: [x, transfer]}": True,
    "flow_started: {operator: any, flow_ids: [x, y]}": False,
    "flow_completed: {flow_id: transfer}": True,
    "flow_completed: {flow_id: transfer, flow_step_id: done}": True,
    "flow_completed: {flow_id: transfer, flow_step_id: half}": False,
    "flow_cancelled: {flow_id: transfer}": False,
    "pattern_clarification_contains: [send money, add card]": True,
    "pattern_clarification_contains: [send money]": False,
    "pattern_clarification_contains: {operator: all, flow_ids: [b, a]}": True,
    "pattern_clarification_contains: {operator: any, flow_ids: [b, z]}": True,
    "pattern_clarification_contains: {operator: all, flow_ids: [b]}": False,
}


@pytest.mark.parametrize("assertion", ABOUT_FLOWS)
def test_flows_are_seen_where_an_action_logs_them(assertion, play):
    head = "stub_custom_actions: {validate_pizza_form: {events: []}}"
    steps = (
        "  - user: pizza\n  - user: small\n    assertions:\n"
        f"    - action_executed: action_price\n    - {assertion}\n"
    )
    stub = {"action_price": [FLOW, ENDED, CLARIFIES]}
    result = play(case(steps, head=head), stubs=stub)
    assert (result.outcome == "passed") is ABOUT_FLOWS[assertion], [*result.explain()]


@pytest.mark.parametrize("key", UNJUDGED)
def test_what_only_a_model_can_judge_never_passes(key, play):
    values = {
        "memory": "[{name: a}]",
        "skill": "{skill_id: a}",
        "ordered": "{skill_id: a, block_id: b}",
        "tool": "{tool_name: t, source: local}",
        "generative": "{threshold: 0.5}",
    }
    value = values[key.partition("_")[0].removesuffix("s")]
    if key == "tools_within_one_turn":
        call = "{tool_executed: {tool_name: t, source: local}}"
        value = f"{{calls: [{call}, {call}], allow_extra_calls: true}}"
    result = play(asserting("action_executed: pizza_form", f"{key}: {value}"))
    assert (result.outcome, result.unjudged_keys) == ("not judged", key)
    wrong = play(asserting(f"{key}: {value}", "action_executed: action_never"))
    assert wrong.outcome == "failed"


# Steps without assertions.


def test_steps_are_compared_with_the_turn_whatever_their_order(play):
    steps = """\
  - user: pizza
  - slot_was_set: [requested_slot, {requested_slot: size}]
  - utter: utter_ask_size
  - bot: "Which size?"
  - bot: "Which size?"
  - slot_was_not_set: [size, {requested_slot: price}]
  - user: small
  - bot: priced
  - bot: That is 9.5
"""
    assert [*play(case(steps)).explain()] == []


def test_every_wrong_step_is_told_with_its_line_and_the_turn_once(play):
    steps = """\
  - user: pizza
  - bot: "Which"
  - utter: utter_greet
  - slot_was_set: [{requested_slot: price}, size]
  - slot_was_not_set: [requested_slot]
"""
    result = play(case(steps, head=""), stubs={"validate_pizza_form": []})
    assert [each.message for each in result.failures] == [
        'bot: expected "Which", got "Which size?"',
        "utter: expected utter_greet, got utter_ask_size",
        'slot requested_slot: expected "price", got "size"',
        "slot size: expected any value, got no slot event",
        'slot requested_slot: expected not set, got "size"',
    ]
    assert [bool(each.seen) for each in result.failures] == [True] + [False] * 4
    assert "- bot: Which" in result.difference
    assert '- slot_was_set: requested_slot: "price"' in result.difference
    assert "- slot_was_set: size" in result.difference
    assert "  user: pizza" in result.difference


def test_with_assertions_anywhere_the_other_steps_do_not_count(play):
    steps = """\
  - user: hi
  - bot: nonsense
  - user: pizza
    assertions: [{action_executed: pizza_form}]
"""
    assert play(case(steps)).outcome == "passed"


def test_an_empty_message_is_left_out(play):
    assert (
        play(case('  - user: ""\n  - user: hi\n  - bot: Hello!\n')).outcome == "passed"
    )


# Who answers.


class Server:
    """An action server that is asked for prices only."""

    def __init__(self):
        self.asked = []

    def call(self, request):
        self.asked.append(request.payload["next_action"])
        body = {"events": [{"event": "slot", "name": "price", "value": 3}]}
        return Reply(
            status=200,
            headers={"Content-Type": "application/json"},
            body=json.dumps({**body, "responses": []}).encode(),
        )


def test_stubs_stand_beside_a_live_server(play):
    server = Server()
    steps = "  - user: pizza\n  - user: small\n  - slot_was_set: [{price: 3}]\n"
    head = "stub_custom_actions: {validate_pizza_form: {events: []}}"
    result = play(case(steps, head=head), action_client=server)
    assert [*result.explain()] == []
    assert server.asked == ["action_price"]


def test_an_action_that_nobody_answers_fails_the_case(play):
    steps = "  - user: pizza\n  - user: small\n  - slot_was_set: [price]\n"
    head = "stub_custom_actions: {validate_pizza_form: {events: []}}"
    (failure,) = play(case(steps, head=head)).failures
    assert "nobody answers the action 'action_price'" in failure.message
    assert "--url" in failure.message


def test_a_turn_that_rasa_loses_fails_the_case(play):
    lost = {"event": "active_loop", "name": "no_form"}
    stubs = {"validate_pizza_form": [], "action_price": [lost]}
    steps = "  - user: pizza\n  - user: small\n  - slot_was_not_set: [price]\n"
    (failure,) = play(case(steps, head=""), stubs=stubs).failures
    assert "Rasa loses this turn" in failure.message


@pytest.mark.parametrize(
    "text",
    [
        case("  - user: hi\n  - slot_was_set: [siz]\n"),
        case("  - user: hi\n  - slot_was_not_set: [{siz: 1}]\n"),
        asserting("slot_was_set: [{name: siz}]"),
        asserting("slot_was_not_set: [{name: siz, value: 1}]"),
        case(
            "  - user: hi\n",
            head="fixtures: [{f: [{siz: 1}]}]",
            own="  fixtures: [f]\n",
        ),
    ],
)
def test_a_slot_that_the_domain_lacks_is_told_before_anything_is_played(
    text, folder, bot
):
    path = write_tests(folder, text)
    with pytest.raises(DataError, match="no slot 'siz'; did you mean 'size'") as caught:
        read_scripts(path, bot=bot)
    line = text.splitlines()[caught.value.line - 1]
    assert "siz" in line
