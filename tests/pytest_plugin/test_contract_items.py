"""Contract tests as pytest collects, selects, skips and reports them."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

FRESH = "action_wrong[[]fresh session]"


def names(result):
    return [line for line in result.outlines if line.startswith("domain.yml::")]


def test_without_any_test_file_each_action_and_kind_of_case_is_a_test(run):
    result = run("", "--rasa-contract", "--collect-only", "-q")
    found = names(result)
    assert "domain.yml::action_price[fresh session]" in found
    assert "domain.yml::validate_order_form[form step amount]" in found
    assert "domain.yml::server[agrees with the domain]" in found
    assert len(found) == len(set(found)) > 100
    assert names(run("", "--collect-only", "-q")) == []


def test_the_ini_file_may_ask_for_them_and_the_folder_may_hold_the_domain(run, project):
    (project.path / "bot").mkdir()
    (project.path / "domain.yml").rename(project.path / "bot" / "domain.yml")
    project.makefile(
        ".ini",
        pytest="[pytest]\nrasa_domain = bot\nrasa_actions = shop_actions\n"
        "rasa_contract = true\nasyncio_default_fixture_loop_scope = function\n",
    )
    result = run("def test_own(): pass", "-k", "refuse and fresh or own")
    result.assert_outcomes(passed=2, deselected=result.parseoutcomes()["deselected"])


def test_one_is_run_by_its_id(run):
    result = run("", "--rasa-contract", "domain.yml::action_price[fresh session]")
    result.assert_outcomes(passed=1)


def test_a_failure_says_all_in_the_terminal_and_in_junit(run, project):
    result = run(
        "",
        "--rasa-contract",
        "-k",
        "wrong and fresh",
        "--junitxml=junit.xml",
        "-m=rasa",
    )
    result.stdout.fnmatch_lines(
        [
            f"RM*, RM* in {FRESH}",
            "  error RM*",
            "*Rasa: *",
            "request: *action_wrong for *",
            "answer: *status 200",
            "again: *rasa-mock check --actions shop_actions --domain domain.yml *",
            "more: *rasa-mock explain RM*",
            f"FAILED domain.yml::{FRESH}*",
        ]
    )
    document = ET.parse(project.path / "junit.xml")  # noqa: S314 - written here
    (case,) = document.iter("testcase")
    assert case.get("name") == "action_wrong[fresh session]"
    told = {each.get("name"): each.get("value") for each in case.iter("property")}
    assert told["rasa_action"] == "action_wrong"
    assert "RM" in told["rasa_rules"]
    assert told["rasa_again"].startswith("rasa-mock check --actions shop_actions")
    assert "request:  action_wrong" in case.find("failure").text


CONFIGURED = {
    "skip in the ini file": ("rasa_skip = action_wrong\n", "", "skipped"),
    "skip of an action": ("", '[action.action_wrong]\nskip = "no till"\n', "skipped"),
    "ignore of an action": ("", '[action.action_wrong]\nignore = ["RM"]\n', "passed"),
    "ignore of rules": ("rasa_ignore = RM2 RM301 RM302\n", "", "passed"),
    "xfail of an action": ("", "[action.action_wrong]\nxfail = true\n", "xfailed"),
    "xfail of its rules": ("", '[action.action_wrong]\nxfail = ["RM"]\n', "xfailed"),
    "xfail in the ini file": ("rasa_xfail = action_wrong:RM\n", "", "xfailed"),
    "xfail of rules": ("rasa_xfail = RM205 RM3 RM2\n", "", "xfailed"),
    "another rule": ("rasa_xfail = RM9\n", "", "failed"),
}


@pytest.mark.parametrize("name", CONFIGURED)
def test_skips_and_expected_failures_by_configuration(run, project, name):
    ini, toml, outcome = CONFIGURED[name]
    scope = "asyncio_default_fixture_loop_scope = function\n"
    project.makefile(
        ".ini",
        pytest=f"[pytest]\nrasa_domain = domain.yml\nrasa_actions = shop_actions\n"
        f"{scope}{ini}",
    )
    (project.path / "rasa_mock.toml").write_text(toml)
    result = run("", "--rasa-contract", "domain.yml::action_wrong[fresh session]")
    assert result.parseoutcomes() == {outcome: 1}


def test_a_decorated_function_is_a_test_of_each(run):
    result = run(
        """
import rasa_mock

contract = rasa_mock.contract(
    domain="domain.yml", server="shop_actions", actions=["action_refuse"], cases=5
)

@contract.parametrize()
def test_contract(case):
    case.check()

wrong = rasa_mock.contract(actions=["action_wrong"], cases=1)

@wrong.parametrize()
def test_wrong(case):
    case.check()
""",
        "-v",
    )
    result.stdout.fnmatch_lines(
        [
            "*::test_contract[[]action_refuse[[]fresh session]] PASSED*",
            "*::test_wrong[[]action_wrong[[]first message]] FAILED*",
            "E*RM* in action_wrong[[]first message]",
            "E*rasa-mock check --actions shop_actions --domain domain.yml*",
        ]
    )
    outcomes = result.parseoutcomes()
    assert (outcomes["passed"], outcomes["failed"]) == (7, 1)


def test_with_the_option_and_a_walk_through_the_folder_each_is_there_once(run):
    found = names(run("", "--rasa-contract", "--collect-only", "-q", "."))
    assert len(found) == len(set(found)) > 100
