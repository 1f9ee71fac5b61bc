"""`rasa-mock test` as a user sees it: output, files, exit codes."""

from __future__ import annotations

import sys
from xml.etree import ElementTree as ET

import pytest

from rasa_mock.cli import main as command_line
from rasa_mock.files.yaml import read_yaml
from rasa_mock.run.coverage import read_coverage
from tests.run.e2e.pizza import STUBS, write_pizza_bot, write_tests

MIXED = f"""{STUBS}
fixtures: [{{club: [{{member: true}}]}}]
test_cases:
- test_case: order a pizza
  fixtures: [club]
  steps:
  - user: pizza
  - user: small
  - bot: That is 9.5
- test_case: ask for more
  fixtures: [club]
  steps:
  - user: hi
    assertions: [{{bot_uttered: {{text_matches: Goodbye}}}}]
- test_case: be nice
  steps:
  - user: hi
    assertions: [{{generative_response_is_relevant: {{threshold: 0.5}}}}]
"""
GOOD = "test_cases:\n- {test_case: greet, steps: [{user: hi}, {utter: utter_greet}]}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_pizza_bot(tmp_path_factory.mktemp("pizza"))


@pytest.fixture
def run(folder, monkeypatch, capsys):
    """Return a function that runs the command in the bot's folder."""
    monkeypatch.chdir(folder)

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["rasa-mock", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return command


def test_each_test_has_an_outcome_and_each_failure_a_line(run, folder):
    write_tests(folder, MIXED, name="mixed.yml")
    code, out, _ = run("test", "tests/mixed.yml")
    assert code == 1
    assert "passed      order a pizza" in out
    assert "failed      ask for more" in out
    assert "tests/mixed.yml:20: bot_uttered: expected a text that matches" in out
    assert 'bot "Hello!" (utter_greet)' in out
    assert "not judged  be nice" in out
    assert "generative_response_is_relevant: a language model" in out
    assert out.endswith("3 tests: 1 passed, 1 failed, 1 not judged\n")


def test_one_test_is_chosen_by_its_name(run, folder):
    write_tests(folder, MIXED, name="mixed.yml")
    code, out, _ = run("test", "tests/mixed.yml::order a pizza")
    assert (code, out.splitlines()[-1]) == (0, "1 test: 1 passed")


def test_what_is_not_judged_fails_only_where_that_is_asked_for(run, folder):
    write_tests(folder, MIXED, name="mixed.yml")
    assert run("test", "tests/mixed.yml::be nice")[0] == 0
    assert run("test", "tests/mixed.yml::be nice", "--strict")[0] == 1


def test_the_first_failure_may_be_the_last(run, folder):
    write_tests(folder, MIXED, name="mixed.yml")
    _, out, _ = run("test", "tests/mixed.yml", "--fail-fast")
    assert "be nice" not in out


def test_results_are_written_as_rasa_does_and_the_failed_ones_again(
    run, folder, tmp_path
):
    write_tests(folder, MIXED, name="mixed.yml")
    words = ("-o", tmp_path / "out", "-f", tmp_path, "--junit", tmp_path / "j.xml")
    code, _, err = run("test", "tests/mixed.yml", *words)
    assert code == 1
    assert err.count("written:") == 5
    (passed,) = read_yaml(tmp_path / "out" / "e2e_results_passed.yml")["test_results"]
    assert (passed["name"], passed["pass_status"]) == ("order a pizza", True)
    (failed,) = read_yaml(tmp_path / "out" / "e2e_results_failed.yml")["test_results"]
    assert failed["pass_status"] is False
    assert failed["error_path"] == "tests/mixed.yml:20"
    assert failed["assertion_failure"]["assertion"] == "bot_uttered"
    assert any(line.startswith("- bot_uttered") for line in failed["difference"])
    assert failed["expected_steps"][0]["user"] == "hi"
    (left,) = read_yaml(tmp_path / "out" / "e2e_results_not_judged.yml")["test_results"]
    assert left["not_judged"][0]["key"] == "generative_response_is_relevant"
    again = run("test", tmp_path / "failed_mixed.yml", "--bot", folder)
    assert again[0] == 1
    assert "1 test: 0 passed, 1 failed" in again[1]
    cases = ET.parse(tmp_path / "j.xml").getroot().findall(".//testcase")  # noqa: S314
    assert [[part.tag for part in case] for case in cases] == [
        [],
        ["failure"],
        ["skipped"],
    ]


def test_coverage_of_two_runs_is_added_up(run, folder, tmp_path):
    write_tests(folder, MIXED, name="mixed.yml")
    one, two, total = (tmp_path / f"{name}.json" for name in ("one", "two", "total"))
    run("test", "tests/mixed.yml::order a pizza", "--coverage", one)
    run("test", "tests/mixed.yml::ask for more", "--coverage", two)
    assert read_coverage(two).missing("form_steps") == ["pizza_form: size"]
    page = tmp_path / "page.html"
    words = ("--json", total, "--html", page)
    code, out, _ = run("coverage", "combine", one, two, *words)
    assert code == 0
    assert "actions              0     3        0" in out
    assert "slots                3     3      100" in out
    assert (
        "actions never called: action_price, validate_pizza_form, action_never" in out
    )
    assert "answered by a stub only" in out
    assert "utter_unused" in page.read_text(encoding="utf-8")
    combined = read_coverage(total)
    assert combined.hits["responses"]["utter_greet"] == 1
    assert combined.percent() == pytest.approx(700 / 11)
    assert run("coverage", "combine", total, "--fail-under", "63")[0] == 0
    code, _, err = run("coverage", "combine", total, "--fail-under", "64")
    assert code == 1
    assert "expected at least 64 percent, got 63.6" in err


def test_the_package_of_actions_answers_what_no_stub_does(run, folder, tmp_path):
    pytest.importorskip("rasa_sdk")
    text = """
        stub_custom_actions:
          small_one::action_price: {events: [{event: slot, name: price, value: 1}]}
        test_cases:
        - test_case: small one
          steps: [{user: pizza}, {user: small}, {bot: That is 1}]
        - test_case: large one
          steps: [{user: pizza}, {user: large}, {bot: That is 9.5}]
        """
    write_tests(folder, text, name="live.yml")
    file = tmp_path / "c.json"
    words = ("--actions", "actions", "--coverage", file)
    code, out, _ = run("test", "tests/live.yml", *words)
    assert (code, out.splitlines()[-1]) == (0, "2 tests: 2 passed"), out
    coverage = read_coverage(file)
    assert coverage.never_called == ["action_never"]
    assert coverage.hits["stubbed"] == {"action_price": 1}
    # Rasa validates twice when a form begins.
    assert coverage.hits["actions"] == {"action_price": 1, "validate_pizza_form": 6}


def test_a_check_says_what_it_exercises(run, tmp_path):
    pytest.importorskip("rasa_sdk")
    file = tmp_path / "check.json"
    target = ("--actions", "actions", "--domain", "domain.yml")
    one = ("--action", "validate_pizza_form", "--no-behaviour", "--no-shrink")
    run("check", *target, *one, "--coverage", file)
    coverage = read_coverage(file)
    assert coverage.never_called == ["action_price", "action_never"]
    assert coverage.covered("form_steps") == ["pizza_form: size"]
    assert coverage.hits["events"]["slot"] > 0
    assert coverage.covered("responses") == []


WRONG = {
    "no such file": (("tests/no.yml",), 2, "no such file or folder: 'tests/no.yml'"),
    "no tests": (("data",), 2, "no conversation tests in 'data'"),
    "no such test": (("tests/good.yml::gret",), 2, "did you mean 'greet'?"),
    "two servers": (
        ("tests/good.yml", "--url", "http://x", "--actions", "actions"),
        2,
        "give --url or --actions, not both",
    ),
    "no server": (
        ("tests/good.yml", "--url", "http://127.0.0.1:9"),
        3,
        "127.0.0.1:9",
    ),
    "no bot": (("tests/good.yml", "--bot", "data"), 2, "no domain here"),
    "a stub that is none": (
        ("tests/good.yml", "--stub", "data/list.json"),
        2,
        "data/list.json:1: expected an object",
    ),
    "no place for results": (
        ("tests/good.yml", "-o", "domain.yml/x"),
        2,
        "cannot write",
    ),
    "no place for the report": (
        ("tests/good.yml", "--junit", "nowhere/j.xml"),
        2,
        "cannot write the report",
    ),
    "no place for the coverage": (
        ("tests/good.yml", "--coverage", "nowhere/c.json"),
        2,
        "cannot write",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_told_in_one_line(name, run, folder):
    words, code, message = WRONG[name]
    write_tests(folder, GOOD, name="good.yml")
    (folder / "data" / "list.json").write_text("[]", encoding="utf-8")
    got, _, err = run("test", *words)
    assert (got, "Traceback" in err) == (code, False)
    assert message in err.strip().splitlines()[-1]


def test_a_bad_file_is_told_before_anything_is_played(run, folder, tmp_path):
    bad = folder / "bad"
    write_tests(bad, GOOD)
    write_tests(bad, GOOD.replace("utter:", "uter:"), name="zebra.yml")
    code, out, err = run("test", "bad")
    assert (code, out) == (2, "")
    assert "bad/tests/zebra.yml:2: unknown key 'uter' in a step; did you mean 'u" in err


def test_a_file_of_coverage_that_is_none_is_told(run, tmp_path):
    for name, text, message in (
        ("a.json", "{", "not JSON"),
        ("b.json", "[]", "expected a file of coverage"),
        ("c.json", '{"format": "rasa-mock-coverage", "version": 9}', "version 1"),
        ("d.json", '{"format": "rasa-mock-coverage", "version": 1}', "broken"),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
        code, _, err = run("coverage", "combine", tmp_path / name)
        assert (code, message in err, name in err) == (2, True, True), err
    code, _, err = run("coverage", "combine", tmp_path / "none.json")
    assert (code, "cannot read the coverage" in err) == (2, True)


def test_the_failed_tests_of_a_run_are_played_again_by_name_only(run, folder):
    own = folder / "again"
    write_tests(own, GOOD.replace("utter_greet", "utter_price"))
    run("test", "again", "-f", "again")
    assert run("test", "again")[1].endswith("1 test: 0 passed, 1 failed\n")
    code, out, _ = run("test", "again/failed_e2e.yml")
    assert (code, out.splitlines()[0]) == (1, "again/failed_e2e.yml")


def test_a_folder_with_nothing_but_failed_tests_is_played(run, folder):
    write_tests(folder / "red", GOOD.replace("utter_greet", "utter_price"))
    run("test", "red", "-f", "only_failed")
    code, out, _ = run("test", "only_failed")
    assert (code, out.splitlines()[0]) == (1, "only_failed/failed_e2e.yml")


def test_names_that_the_domain_lacks_are_noted_and_no_test_is_an_error(run, folder):
    said_never = """\
stub_custom_actions: {action_prise: {events: []}}
test_cases:
- test_case: names
  steps:
  - user: hi
    assertions:
    - bot_did_not_utter: {utter_name: utter_gret}
"""
    write_tests(folder, said_never, name="names.yml")
    code, _, err = run("test", "tests/names.yml")
    assert code == 0
    assert "no action 'action_prise'; did you mean 'action_price'?" in err
    assert "names.yml:7: the domain has no response 'utter_gret'; did you mean" in err
    write_tests(folder, "test_cases: []\n", name="none.yml")
    code, _, err = run("test", "tests/none.yml")
    assert (code, "no test to play in 'tests/none.yml'" in err) == (2, True)


def test_a_misspelt_list_of_tests_is_told(run, folder):
    write_tests(folder / "typo", GOOD.replace("test_cases", "test_cas"))
    code, _, err = run("test", "typo/tests/e2e.yml")
    assert (code, "did you mean 'test_cases'" in err) == (2, True)


def test_a_domain_of_rasa_pro_is_read_by_its_profile(run, folder):
    domain = "version: '3.1'\nslots: {amount: {type: float}}\nresponses: {}\n"
    calm = folder / "calm"
    write_tests(calm, "test_cases: [{test_case: a, steps: [{user: send 5}]}]")
    (calm / "data").mkdir(exist_ok=True)
    (calm / "domain.yml").write_text(domain, encoding="utf-8")
    assert run("test", "calm/tests")[0] == 2
    assert run("test", "calm/tests", "--profile", "rasa-pro-3.21")[0] == 0
