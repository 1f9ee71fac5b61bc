"""Reports that are written when the run is over: SARIF, HTML, Markdown; and GitHub's.

`sarif-2.1.0.json` is the published JSON Schema of SARIF 2.1.0 (OASIS).
"""

from __future__ import annotations

import io
import json
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

import jsonschema
import pytest

from rasa_mock.core.findings import Finding
from rasa_mock.core.wire import ActionRequest
from rasa_mock.reports.base import observed
from rasa_mock.reports.github import GithubWriter
from rasa_mock.reports.html import HtmlWriter
from rasa_mock.reports.markdown import LONGEST, MarkdownWriter
from rasa_mock.reports.reproduce import Reproduction
from rasa_mock.reports.rule_text import RuleText
from rasa_mock.reports.sarif import SarifWriter
from rasa_mock.run.events import (
    ActionFinished,
    ActionStarted,
    Evidence,
    FindingRaised,
    RunEvent,
    RunFinished,
    RunStarted,
)

SARIF_SCHEMA = json.loads(Path(__file__).with_name("sarif-2.1.0.json").read_text())
URL = "http://127.0.0.1:5055/webhook"
AGAIN = Reproduction(arguments=[URL, "--domain", "domain.yml"], url=URL)
TEXTS = {
    rule: RuleText(title=f"title of {rule}", severity=severity, explanation="because")
    for rule, severity in (("RM301", "error"), ("RM504", "warning"), ("RM218", "info"))
}
EVIL = "<script>alert('x')</script>"


def raised(rule: str = "RM301", **given) -> FindingRaised:
    words = {
        "message": f"there is no slot '{EVIL}'",
        "pointer": "/events/0/name",
        "expected": "a slot of the domain",
        "got": EVIL,
        "rasa": "the value is lost",
        "hint": "did you mean 'city'?",
    }
    finding = Finding(
        **{
            "rule": rule,
            "severity": TEXTS[rule].severity,
            "title": TEXTS[rule].title,
            "action": "action_a",
            "case": "turn-1",
            "seed": 7,
            "calls": 20,
            **words,
            **given,
        }
    )
    request = ActionRequest(
        method="POST", url=URL, headers=(), payload={"next_action": EVIL}
    )
    evidence = Evidence(
        status=200,
        body='{"events": []}',
        before={"slots": {"city": None}},
        after={"slots": {"city": EVIL}},
    )
    return FindingRaised(finding=finding, request=request, evidence=evidence)


def run_of(*findings: FindingRaised, lost: str | None = None) -> list[RunEvent]:
    counts = {"error": 0, "warning": 0, "info": 0}
    return [
        RunStarted(
            url=URL,
            actions=["action_a", "action_b"],
            seed=7,
            cases=20,
            locale="en_US",
            profile="rasa-3.6",
        ),
        ActionStarted(action="action_a", cases=20),
        *findings,
        ActionFinished(action="action_a", calls=20, counts=counts, elapsed=1.5),
        ActionFinished(action="action_b", calls=20, counts=counts, elapsed=0.5),
        RunFinished(actions=2, calls=40, counts=counts, elapsed=2.0, lost=lost),
    ]


def sarif(events: list[RunEvent]) -> dict:
    file = io.BytesIO()
    writer = SarifWriter(
        file,
        reproduction=AGAIN,
        rules=TEXTS,
        domain=PurePosixPath("my bot/domain.yml"),
        version="1.0",
    )
    list(observed(events, [writer]))
    return json.loads(file.getvalue())


def html(events: list[RunEvent]) -> str:
    file = io.BytesIO()
    writer = HtmlWriter(file, fail_on="warning", reproduction=AGAIN, rules=TEXTS)
    list(observed(events, [writer]))
    return file.getvalue().decode()


def markdown(events: list[RunEvent]) -> str:
    file = io.BytesIO()
    writer = MarkdownWriter(file, fail_on="warning", reproduction=AGAIN)
    list(observed(events, [writer]))
    return file.getvalue().decode()


def github(events: list[RunEvent]) -> str:
    stream = io.StringIO()
    list(observed(events, [GithubWriter(stream)]))
    return stream.getvalue()


RUNS = {
    "clean": run_of(),
    "findings": run_of(raised(), raised("RM504"), raised("RM218", case=None)),
    "of the server": run_of(raised("RM504", action="", case=None, seed=None)),
    "lost": run_of(raised(), lost="the server went away in case turn-1"),
    "broken off": run_of(raised())[:3],
}


# --- SARIF


@pytest.mark.parametrize("events", RUNS.values(), ids=RUNS)
def test_sarif_is_valid_by_its_published_schema(events: list[RunEvent]) -> None:
    jsonschema.Draft202012Validator(SARIF_SCHEMA).validate(sarif(events))


def test_a_sarif_result_names_rule_level_action_and_domain() -> None:
    (run,) = sarif(RUNS["findings"])["runs"]
    levels = [(each["ruleId"], each["level"]) for each in run["results"]]
    assert levels == [("RM301", "error"), ("RM504", "warning"), ("RM218", "note")]
    for result in run["results"]:
        assert (
            run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"]
            == (result["ruleId"])
        )
    (location,) = run["results"][0]["locations"]
    assert location["logicalLocations"][0]["name"] == "action_a"
    uri = location["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "my%20bot/domain.yml"


def test_a_fingerprint_holds_a_mistake_together_over_runs() -> None:
    def prints(*findings: FindingRaised) -> list[dict]:
        (run,) = sarif(run_of(*findings))["runs"]
        return [each["partialFingerprints"] for each in run["results"]]

    same = prints(raised(case="turn-1"), raised(case="turn-9", seed=1))
    assert same[0] == same[1]
    other = prints(raised(), raised(subject="city"))
    assert other[0] != other[1]


# --- HTML


class Page(HTMLParser):
    """Gathers what a browser would run or fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]


@pytest.mark.parametrize("events", RUNS.values(), ids=RUNS)
def test_the_page_runs_no_script_and_fetches_nothing(events: list[RunEvent]) -> None:
    page = Page(html(events))
    assert "script" not in page.tags
    assert all(link.startswith("#") for link in page.links)


def test_the_page_shows_matrix_request_answer_and_what_changes() -> None:
    text = html(RUNS["findings"])
    for part in (
        "20 calls",
        'title="title of RM301"',
        "&lt;script&gt;",
        "/slots/city: <del>null</del>",
        "answer (status 200)",
        "rasa-mock check",
        "--case turn-1",
    ):
        assert part in text
    assert text.count('<td class="mark error">') == 1
    assert text.count('<td class="mark"></td>') == 3


@pytest.mark.parametrize(
    ("run", "verdict"),
    [("clean", "passed"), ("findings", "failed"), ("lost", "failed")],
)
def test_every_report_says_whether_the_run_failed(run: str, verdict: str) -> None:
    assert verdict in html(RUNS[run])
    assert verdict in markdown(RUNS[run]).splitlines()[0]


# --- Markdown


def test_markdown_shows_texts_as_they_are() -> None:
    text = markdown(RUNS["findings"])
    assert "\\<script\\>" in text
    assert "<script>alert" not in text.replace("`<script>alert('x')</script>`", "")
    assert "3 findings" not in text
    assert text.count("<details>") == text.count("</details>") == 3


def test_markdown_stays_within_a_comment() -> None:
    many = [raised(subject=str(number), got="x" * 2_000) for number in range(60)]
    text = markdown(run_of(*many))
    assert len(text) < LONGEST + 200
    assert "the rest is in the other reports" in text


# --- GitHub


def test_an_annotation_is_one_line_with_its_text_escaped() -> None:
    text = github(run_of(raised(message="50% of\nlines", action="a:b,c")))
    assert text == (
        "::error title=RM301 a%3Ab%2Cc::50%25 of%0Alines%0Adid you mean 'city'?\n"
    )


def test_severities_have_their_own_commands_and_a_lost_server_is_an_error() -> None:
    lines = github(RUNS["findings"]).splitlines() + github(RUNS["lost"]).splitlines()
    commands = [line.split(" ")[0] for line in lines]
    assert commands == ["::error", "::warning", "::notice", "::error", "::error"]
