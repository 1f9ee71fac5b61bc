"""Findings: what counts as the same mistake, and which one is kept."""

from __future__ import annotations

import pytest

from rasa_mock.core.findings import (
    Finding,
    count_by_severity,
    gather,
    serious,
)


def finding(**given) -> Finding:
    defaults = {
        "rule": "RM301",
        "severity": "error",
        "title": "slot unknown",
        "action": "action_x",
        "message": "there is no slot 'a'",
        "subject": "a",
        "case": "0",
    }
    return Finding(**{**defaults, **given})


def test_the_same_mistake_in_many_cases_is_one_finding_with_a_count() -> None:
    seen = [finding(case=str(number), size=9 - number) for number in range(3)]
    (kept,) = gather(seen, calls=20)
    assert (kept.count, kept.calls) == (3, 20)
    assert kept.case == "2", "the smallest case is kept"


def test_a_case_that_shows_a_mistake_twice_counts_once() -> None:
    (kept,) = gather(
        [finding(pointer="/events/0"), finding(pointer="/events/1")], calls=1
    )
    assert kept.count == 1


@pytest.mark.parametrize(
    "other",
    [{"rule": "RM302"}, {"action": "action_y"}, {"subject": "b"}],
    ids=["rule", "action", "subject"],
)
def test_another_rule_action_or_subject_is_another_mistake(other) -> None:
    assert len(gather([finding(), finding(**other)], calls=1)) == 2


def test_a_reachable_case_is_shown_before_a_smaller_unreachable_one() -> None:
    small = finding(case="u", size=0, reachable=False, severity="info")
    large = finding(case="r", size=90)
    (kept,) = gather([small, large], calls=2)
    assert (kept.case, kept.severity, kept.count) == ("r", "error", 2)


def test_gathered_findings_come_with_the_most_serious_first() -> None:
    seen = [
        finding(rule="RM302", severity="info"),
        finding(rule="RM303", severity="warning"),
        finding(rule="RM505", severity="error"),
        finding(rule="RM101", severity="error"),
    ]
    assert [f.rule for f in gather(seen, calls=1)] == [
        "RM101",
        "RM505",
        "RM303",
        "RM302",
    ]


@pytest.mark.parametrize(
    ("threshold", "at_or_above"),
    [
        ("error", ["error"]),
        ("warning", ["error", "warning"]),
        ("info", ["error", "warning", "info"]),
        ("never", []),
    ],
)
def test_thresholds(threshold, at_or_above) -> None:
    severities = ["error", "warning", "info"]
    assert [s for s in severities if serious(s, threshold=threshold)] == at_or_above


def test_counts_name_every_severity() -> None:
    assert count_by_severity([finding()]) == {"error": 1, "warning": 0, "info": 0}


def test_a_finding_as_json_has_what_reproduces_it() -> None:
    document = finding(seed=7).as_dict()
    assert document["rule"] == "RM301"
    assert (document["seed"], document["case"]) == (7, "0")
