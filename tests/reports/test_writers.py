"""Reports of one and the same run: console, NDJSON, JUnit."""

from __future__ import annotations

import io
import json
import shlex
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from rasa_mock.core.findings import Finding
from rasa_mock.core.wire import ActionRequest
from rasa_mock.reports.base import observed
from rasa_mock.reports.console import ConsoleWriter
from rasa_mock.reports.junit import JunitWriter
from rasa_mock.reports.ndjson import NdjsonWriter
from rasa_mock.reports.reproduce import Reproduction, folded
from rasa_mock.run.events import (
    ActionCalled,
    ActionFinished,
    ActionStarted,
    FindingRaised,
    RunFinished,
    RunStarted,
)

URL = "http://127.0.0.1:5055/webhook"
REPRODUCTION = Reproduction(
    arguments=[URL, "--domain", "my bot/domain.yml"],
    url=URL,
    headers=[("Content-Type", "application/json")],
)
LONG = ActionRequest(
    method="POST", url=URL, headers=(), body=b'{"next_action": "x"}' * 99
)
SHORT = ActionRequest(
    method="POST", url=URL, headers=(), body=b'{"next_action": "it\'s"}'
)


def finding(**given) -> Finding:
    defaults = {
        "rule": "RM301",
        "severity": "error",
        "title": "slot that the domain lacks",
        "action": "action_a",
        "message": "there is no slot 'town' in the domain",
        "pointer": "/events/0/name",
        "subject": "town",
        "expected": "a slot of the domain",
        "got": "town",
        "rasa": "Rasa 3.6.21 accepts it: the value is lost",
        "hint": "did you mean 'city'?",
        "case": "turn-1",
        "seed": 7,
        "count": 3,
        "calls": 20,
    }
    return Finding(**{**defaults, **given})


def run_of(*raised, lost=None):
    """Yield the events of a run of one action with these findings."""
    counts = {"error": 0, "warning": 0, "info": 0}
    for event in raised:
        counts[event.finding.severity] += 1
    yield RunStarted(
        url=URL,
        actions=["action_a"],
        seed=7,
        cases=20,
        locale="en_US",
        profile="rasa-3.6",
        notes=["slots of your own are taken as they are"],
    )
    yield ActionStarted(action="action_a", cases=20)
    yield ActionCalled(
        action="action_a",
        case="turn-1",
        status=200,
        failure=None,
        elapsed=0.01,
        findings=0,
    )
    yield from raised
    yield ActionFinished(action="action_a", calls=20, counts=counts, elapsed=1.5)
    yield RunFinished(actions=1, calls=20, counts=counts, elapsed=2.0, lost=lost)


def raised(request=None, **given) -> FindingRaised:
    return FindingRaised(finding=finding(**given), request=request)


def on_console(events, **how) -> str:
    text = io.StringIO()
    how = {"width": 80, "highlight": False, **how}
    console = Console(file=text, **how)
    writer = ConsoleWriter(console, fail_on="warning", reproduction=REPRODUCTION)
    list(observed(events, [writer]))
    return text.getvalue()


# --- console


def test_the_console_groups_by_action_and_says_all_about_a_finding() -> None:
    said = on_console(run_of(raised(LONG)))
    lines = said.splitlines()
    assert lines.index("action_a  20 calls") < next(
        number for number, line in enumerate(lines) if "RM301" in line
    )
    for part in (
        "error",
        "there is no slot 'town' in the domain",
        "/events/0/name",
        "a slot of the domain",
        "the value is lost",
        "did you mean 'city'?",
        "3 of 20 calls",
        "1 error, 0 warnings, 0 info",
        "seed 7",
    ):
        assert part in said


def test_the_console_is_readable_at_80_columns() -> None:
    wide = raised(LONG, message="x " * 200, expected="y " * 200, rasa="z" * 300)
    said = on_console(run_of(wide))
    assert max(len(line) for line in said.splitlines()) <= 80


def test_an_action_without_findings_is_fine() -> None:
    assert "action_a  20 calls  fine" in on_console(run_of())


def test_no_colours_where_there_is_no_terminal() -> None:
    assert "\x1b" not in on_console(run_of(raised()))


def test_colours_and_no_colours_on_a_terminal(monkeypatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[1;31m" in on_console(run_of(raised()), force_terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1;31m" not in on_console(run_of(raised()), force_terminal=True)


def test_what_is_below_the_threshold_has_no_commands() -> None:
    said = on_console(run_of(raised(LONG, severity="info")))
    assert "RM301" in said
    assert "--show-request" not in said


def test_a_run_that_ended_early_says_why() -> None:
    assert "ended early: it went away" in on_console(run_of(lost="it went away"))


def test_the_console_is_not_markup() -> None:
    said = on_console(run_of(raised(message="[red]a[/red] :smile: [/]")))
    assert "[red]a[/red] :smile: [/]" in said


def test_a_server_cannot_steer_the_terminal() -> None:
    said = on_console(run_of(raised(message="a\x1b[2Jb\x07c\x9bd", got="\x1b]0;x\x07")))
    assert "a\ufffd[2Jb\ufffdc\ufffdd" in said
    assert "\x1b" not in said


# --- the commands


def test_the_command_makes_the_same_call_again() -> None:
    words = REPRODUCTION.command(finding())
    assert words[:2] == ["rasa-mock", "check"]
    assert words[-6:] == ["--action", "action_a", "--seed", "7", "--case", "turn-1"]


@pytest.mark.parametrize("indent", [0, 4])
def test_folded_commands_are_what_they_were_to_a_shell(indent) -> None:
    words = ["rasa-mock", "check", "--domain", "it's here/d.yml", *["--x", "a b"] * 20]
    text = folded(words, indent=indent)
    assert len(text.splitlines()) > 3
    assert max(map(len, text.splitlines())) <= 80
    assert shlex.split(text.replace("\\\n", " ")) == words


def test_curl_gets_a_short_body_in_the_line_and_a_long_one_from_us() -> None:
    inline = REPRODUCTION.curl(finding(), body=SHORT.body)
    words = shlex.split(inline.replace("\\\n", " "))
    assert words[words.index("--data-binary") + 1].encode() == SHORT.body
    piped = REPRODUCTION.curl(finding(), body=LONG.body)
    ours, curl = piped.replace("\\\n", " ").split("|")
    assert shlex.split(ours)[-1] == "--show-request"
    assert shlex.split(curl)[-1] == URL
    assert "@-" in curl


# --- NDJSON


def test_ndjson_has_one_object_a_line() -> None:
    file = io.BytesIO()
    writer = NdjsonWriter(file, reproduction=REPRODUCTION)
    list(observed(run_of(raised(message="名前 \u2028")), [writer]))
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    types = ["run_started", "finding", "action_finished", "run_finished"]
    assert [line["type"] for line in lines] == types
    found = lines[1]
    assert found["rule"] == "RM301"
    assert found["message"] == "名前 \u2028"
    for key in ("severity", "action", "case", "pointer", "hint", "rasa", "seed"):
        assert found[key], key
    assert found["reproduce"].endswith("--seed 7 --case turn-1")


# --- JUnit


def junit_of(events, *, fail_on="warning"):
    file = io.BytesIO()
    writer = JunitWriter(file, fail_on=fail_on, reproduction=REPRODUCTION)
    list(observed(events, [writer]))
    return ET.fromstring(file.getvalue())  # noqa: S314 - our own


def test_a_finding_is_a_failed_test_case_of_its_action() -> None:
    (suite,) = junit_of(run_of(raised(), raised(rule="RM203", severity="info")))
    assert (suite.get("name"), suite.get("tests")) == ("action_a", "1")
    assert (suite.get("failures"), suite.get("errors")) == ("1", "0")
    (failure,) = suite.iter("failure")
    assert failure.get("message") == "there is no slot 'town' in the domain"
    assert "--case turn-1" in failure.text
    assert "RM203" in suite.findtext("system-out")


def test_an_action_without_findings_is_a_passed_test_case() -> None:
    (suite,) = junit_of(run_of())
    assert (suite.get("tests"), suite.get("failures")) == ("1", "0")
    assert [case.get("name") for case in suite.iter("testcase")] == ["20 calls"]


def test_the_threshold_decides_what_fails() -> None:
    (suite,) = junit_of(run_of(raised(severity="warning")), fail_on="error")
    assert suite.get("failures") == "0"


def test_a_server_that_went_away_is_an_error() -> None:
    (suite,) = junit_of(run_of(lost="it went away"))
    assert suite.get("errors") == "1"
    assert next(suite.iter("error")).get("message") == "it went away"


def test_what_xml_cannot_say_is_replaced() -> None:
    (suite,) = junit_of(run_of(raised(message="a\x00b\x1b[0m\ud800", got="\x08")))
    assert next(suite.iter("failure")).get("message") == "a\ufffdb\ufffd[0m\ufffd"


# Both schemas in use, as far as they say what has to be there: the element, its
# attributes (required, then allowed) and its children in order.
JENKINS_AND_ANT = {
    "testsuites": ((), (), ("testsuite",)),
    "testsuite": (
        (
            *("name", "tests", "failures", "errors", "time", "hostname"),
            *("timestamp", "id", "package"),
        ),
        (),
        ("properties", "testcase", "system-out", "system-err"),
    ),
    "properties": ((), (), ("property",)),
    "property": (("name", "value"), (), ()),
    "testcase": (("name", "classname", "time"), (), ("failure", "error")),
    "failure": (("type", "message"), (), ()),
    "error": (("type", "message"), (), ()),
    "system-out": ((), (), ()),
    "system-err": ((), (), ()),
}


@pytest.mark.parametrize(
    "events",
    [
        [],
        [raised()],
        [raised(), raised(rule="RM203", action="action_b", case=None)],
        [raised(severity="info")],
    ],
    ids=["nothing", "one", "two", "info"],
)
@pytest.mark.parametrize("lost", [None, "gone"])
def test_the_document_obeys_both_junit_schemas(events, lost) -> None:
    root = junit_of(run_of(*events, lost=lost))
    for element in root.iter():
        required, allowed, children = JENKINS_AND_ANT[element.tag]
        assert set(required) <= set(element.keys()) <= {*required, *allowed}
        places = [children.index(child.tag) for child in element]
        assert places == sorted(places), element.tag
    for suite in root:
        for tag in ("properties", "system-out", "system-err"):
            assert len(suite.findall(tag)) == 1, "the stricter schema wants exactly one"
        cases = suite.findall("testcase")
        assert int(suite.get("tests")) == len(cases) > 0
        failed = [case for case in cases if case.find("failure") is not None]
        assert int(suite.get("failures")) == len(failed)


def test_a_report_is_finished_also_when_the_run_breaks_off() -> None:
    def broken():
        events = run_of(raised())
        yield next(events)
        yield next(events)
        yield raised()
        raise KeyboardInterrupt

    file = io.BytesIO()
    writer = JunitWriter(file, fail_on="warning", reproduction=REPRODUCTION)
    with pytest.raises(KeyboardInterrupt):
        list(observed(broken(), [writer]))
    assert b"<failure" in file.getvalue()
    assert file.getvalue().rstrip().endswith(b"</testsuites>")
