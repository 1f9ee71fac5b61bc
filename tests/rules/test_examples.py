"""Every rule finds its wrong example and is silent about its right one."""

from __future__ import annotations

import re

import pytest

from rasa_mock.core.findings import SEVERITIES
from rasa_mock.rules.base import EACH
from rasa_mock.rules.catalogue import FAMILIES, all_rules
from rasa_mock.rules.examples import exchange_of, judge_example
from rasa_mock.rules.judge import judge, rule_set

RULES = all_rules()
ALL = rule_set(RULES)
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


@each_rule
def test_the_wrong_example_is_found(rule) -> None:
    found = judge_example(rule, rule.wrong)
    assert [finding.rule for finding in found] == [rule.id]


@each_rule
def test_the_right_example_is_left_alone(rule) -> None:
    assert judge_example(rule, rule.right) == []


@each_rule
def test_no_rule_at_all_objects_to_the_right_example(rule) -> None:
    if rule.each in ("action", "server", "behaviour"):
        return
    found = judge(exchange_of(rule.right), rules=ALL)
    assert [f for f in found if f.severity != "info"] == []


@each_rule
def test_what_is_found_says_all_that_a_reader_needs(rule) -> None:
    (finding,) = judge_example(rule, rule.wrong)
    for text in (finding.message, finding.expected, finding.rasa, finding.hint):
        assert text.strip(), finding
        assert text.endswith("...") or not text.endswith("."), text
    assert finding.subject, "what makes two findings the same mistake"
    assert finding.pointer == "" or finding.pointer.startswith("/")


@each_rule
def test_a_rule_is_documented(rule) -> None:
    assert re.fullmatch(r"RM[1-8]\d\d", rule.id)
    assert rule.severity in SEVERITIES
    assert rule.each in EACH
    assert rule.title == rule.title.rstrip(".")
    assert rule.text.endswith(".")
    assert rule.id[:3] in FAMILIES


def test_ids_are_unique() -> None:
    ids = [rule.id for rule in RULES]
    assert sorted(set(ids)) == ids


@each_rule
def test_an_error_is_what_costs_the_answer_or_the_message(rule) -> None:
    """A rule is no error if Rasa takes its example and every part of it arrives."""
    if rule.severity != "error" or rule.each in ("action", "server", "behaviour"):
        return
    (finding,) = judge_example(rule, rule.wrong)
    taken = "accepts it" in finding.rasa
    lost = ("skip", "lost", "nothing", "drops", "never", "fail", "refuse", "nobody")
    assert not taken or any(word in finding.rasa for word in lost), finding.rasa
