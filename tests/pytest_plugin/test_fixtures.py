"""The fixtures, in a project of their own: one switch, the same tests."""

from __future__ import annotations

import pytest

from rasa_mock.clients.process import ActionServerProcess

SAME_TESTS = """
def test_price(rasa):
    result = rasa.run("action_price", slots={"fruit": "apple"}, text="how much?")
    result.assert_slots(price=1.5).assert_utters("utter_price")

def test_rejection(rasa):
    assert rasa.run("action_refuse").rejected

def test_async_action(rasa):
    assert rasa.run("action_slowly").texts == ["done"]

def test_talk(conversation):
    conversation.set_slots(fruit="apple")
    assert conversation.execute("action_price").slots["price"] == 1.5

def test_server(action_server, rasa_domain):
    assert set(action_server.actions) >= set(rasa_domain.server_actions)
    print("mode", action_server.mode, action_server.url)
"""


@pytest.fixture(scope="module")
def served(root):
    """Return the URL of the shop's server, run by somebody else."""
    with ActionServerProcess("shop_actions", cwd=root / "tests/testing/shop") as server:
        yield server.url


def test_the_same_tests_pass_in_process(run):
    result = run(SAME_TESTS, "-rP")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["mode inprocess None"])


def test_the_same_tests_pass_in_a_process_of_their_own(run):
    result = run(SAME_TESTS, "-rP", "--rasa-server-mode", "subprocess")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["mode subprocess http://127.0.0.1:*/webhook"])


def test_the_same_tests_pass_with_a_url(run, served):
    result = run(SAME_TESTS, "-rP", "--rasa-action-server", served)
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines([f"mode url {served}"])


def test_mocks_of_a_test_reach_the_action(run):
    run(
        """
import shop_actions

def test_price(rasa, monkeypatch):
    monkeypatch.setattr(shop_actions, "price_of", lambda fruit: 7.0)
    rasa.run("action_price").assert_slots(price=7.0)
"""
    ).assert_outcomes(passed=1)


def test_asynchronous_tests_work_with_pytest_asyncio(run):
    run(
        """
import asyncio, pytest

@pytest.mark.asyncio
async def test_both(rasa):
    assert rasa.run("action_slowly").texts == ["done"]
    assert (await rasa.arun("action_slowly")).texts == ["done"]
    both = await asyncio.gather(rasa.arun("action_slowly"), rasa.arun("action_price"))
    assert [result.action for result in both] == ["action_slowly", "action_price"]
"""
    ).assert_outcomes(passed=1)


def test_a_conversation_has_the_bot_and_its_actions(run, project):
    (project.path / "data").mkdir()
    (project.path / "data" / "rules.yml").write_text(
        "rules:\n- rule: price\n  steps:\n  - intent: order\n  - action: action_price\n"
    )
    run(
        """
def test_talk(conversation):
    turn = conversation.send('/order{"fruit": "pear"}')
    assert turn.texts == ["That is 2.0 euros."]
    assert conversation.slots["price"] == 2.0

def test_stubs(conversation_factory):
    talk = conversation_factory(stubs={"action_price": []}, sender_id="ann")
    assert talk.send("/order").texts == []
    assert talk.tracker.sender_id == "ann"
"""
    ).assert_outcomes(passed=2)


def test_factories_give_the_same_in_every_run(run):
    text = """
import json

def test_made(tracker_factory, event_factory, payload):
    made = [tracker_factory().current_state(), event_factory(), payload("action_price")]
    print("MADE", json.dumps(made))
"""

    def made(*options):
        result = run(text, "-rP", *options)
        result.assert_outcomes(passed=1)
        return next(line for line in result.outlines if line.startswith("MADE"))

    assert made() == made()
    assert made("--rasa-seed", "7") == made("--rasa-seed=7") != made()


def test_a_random_seed_is_said_and_makes_the_same_again(run):
    text = "def test_seed(rasa): rasa.run('action_broken')"
    result = run(text, "--rasa-seed", "random")
    header = next(
        line for line in result.outlines if line.startswith("rasa-mock: seed")
    )
    seed = header.split()[2].rstrip(",")
    result.stdout.fnmatch_lines([f"*again: *--rasa-seed {seed}"])


def test_a_project_may_bring_its_own_domain_and_actions(run, project):
    project.makeconftest(
        """
import pytest
from rasa_sdk import Action

class Own(Action):
    def name(self): return "action_own"
    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text="own")
        return []

@pytest.fixture(scope="session")
def rasa_domain():
    return {"intents": ["greet"], "actions": ["action_own"]}

@pytest.fixture(scope="session")
def action_server():
    return [Own]
"""
    )
    project.makefile(
        ".ini", pytest="[pytest]\nasyncio_default_fixture_loop_scope = function\n"
    )
    run(
        """
def test_own(rasa, payload):
    assert rasa.run("action_own").texts == ["own"]
    assert payload()["next_action"] == "action_own"

def test_contract(rasa_contract):
    rasa_contract.check()
"""
    ).assert_outcomes(passed=2)


def test_a_stub_fails_the_test_for_what_was_left_over(run):
    result = run(
        """
def test_left(rasa_stub):
    rasa_stub.answer("action_x")

def test_fine(rasa_stub):
    rasa_stub.answer("action_x")
    assert rasa_stub.respond({"next_action": "action_x"}).status == 200
"""
    )
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*action_x (used 0 of 1 times)"])


def test_a_failed_comparison_speaks_rasas_language(run):
    result = run(
        """
def test_slots(rasa):
    assert rasa.run("action_price", slots={"fruit": "pear"}).slots == {"price": "2.0"}
"""
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*slot price: expected '2.0', got 2.0"])


def test_a_failure_shows_the_test_and_the_action_but_nothing_of_ours(run):
    result = run("def test_x(rasa):\n    rasa.run('action_broken')\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*raise LookupError*no price list*",
            "*The above exception was the direct cause*",
            ">*rasa.run('action_broken')",
            "E*RM105 in the answer of action_broken",
            "E*again: *pytest test_*::test_x",
        ]
    )
    assert not [line for line in result.outlines if "runner.py" in line]


def test_several_processes_share_nothing(run):
    """Contract items, too: their ids are the same in each process."""
    text = """
import pytest

@pytest.mark.parametrize("number", range(4))
def test_price(rasa, rasa_stub, payload, number):
    rasa.run("action_price", slots={"fruit": "apple"}).assert_slots(price=1.5)
    rasa_stub.answer("action_x")
    assert rasa_stub.url
    rasa_stub.allow_unused = True
"""
    quick = ("--assert=plain", "-p", "no:hypothesispytest", "-p", "no:faker")
    contract = ("--rasa-contract", "--rasa-cases=5", "--rasa-seed=random")
    result = run(text, "-n", "2", "-k", "price", *quick, *contract)
    outcomes = result.parseoutcomes()
    assert outcomes["passed"] >= 9
    assert "failed" not in outcomes
    assert "errors" not in outcomes


def test_pytest_documents_the_fixtures(run):
    result = run("", "--fixtures")
    text = "\n".join(result.outlines)
    for name in (
        *("rasa_domain", "action_server", "rasa", "conversation", "tracker_factory"),
        *("event_factory", "payload", "rasa_contract", "rasa_stub"),
    ):
        documented = [
            after.strip()
            for line, after in zip(result.outlines, result.outlines[1:], strict=False)
            if line.split(" ")[0] == name
        ]
        assert documented, text
        assert "no docstring" not in documented[0]


def test_a_failure_tells_the_conversation_and_what_was_wrong_in_it(run):
    result = run(
        """
def test_talk(conversation):
    conversation.script("action_wrong")
    turn = conversation.send("/order")
    assert turn.texts == ["done"]

def test_names(conversation):
    conversation.set_slots(friut="pear")
"""
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "*rasa conversation call*",
            'user "/order" (intent order)',
            "action action_wrong",
            "error RM*",
            "*the domain has no slot 'friut'; did you mean 'fruit'?",
        ]
    )
    result.stdout.no_fnmatch_line("*_all_known*")
